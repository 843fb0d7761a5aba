"""How many multiplications a model needs, from its config.json: what `bench.py` divides by the time."""


def encode_macs(config: dict) -> float:
    """Multiplications of one encode of the image, none for the padding of windows."""
    vision = {
        "hidden_size": 768, "num_hidden_layers": 12, "image_size": 1024, "patch_size": 16, "window_size": 14, "mlp_dim": None,
        "mlp_ratio": 4.0, "num_attention_heads": 12, "output_channels": 256, "global_attn_indexes": [2, 5, 8, 11], "num_channels": 3,
    } | config.get("vision_config", {})
    side = vision["image_size"] // vision["patch_size"]
    tokens, channels, out = side * side, vision["hidden_size"], vision["output_channels"]
    hidden = vision["mlp_dim"] or int(channels * vision["mlp_ratio"])
    total = tokens * channels * (vision["num_channels"] * vision["patch_size"] ** 2 + out) + tokens * out * out * 9
    for layer in range(vision["num_hidden_layers"]):
        reach = side if layer in vision["global_attn_indexes"] else vision["window_size"]
        total += tokens * channels * (4 * channels + 2 * hidden)
        total += tokens * channels * (2 * reach * reach + 2 * reach)  # scores, values, the two relative positions
    return total


def mobilesam_macs(config: dict) -> float:
    """Multiplications of one encode of MobileSAM's image, none for the padding of windows."""
    vision = config["vision_config"]
    widths, out = vision["embed_dims"], vision["output_channels"]
    side = vision["image_size"] // 4
    first, expanded = widths[0], int(widths[0] * vision["mbconv_expand_ratio"])
    total = 4 * side * side * 27 * first // 2 + side * side * 9 * first // 2 * first
    total += vision["depths"][0] * side * side * expanded * (2 * first + 9)
    for stage in range(1, 4):
        before, width = widths[stage - 1 : stage + 1]
        total += side * side * before * width
        side //= 1 if stage == 3 else 2
        total += side * side * width * (9 + width)
        reach = 2 * vision["window_sizes"][stage] ** 2
        total += vision["depths"][stage] * side * side * width * (4 * width + 2 * int(width * vision["mlp_ratio"]) + 9 + reach)
    return total + side * side * out * (widths[3] + 9 * out)


def hiera_macs(config: dict) -> float:
    """Multiplications of one encode of SAM 2's image encoder, none for the padding of windows."""
    vision = config.get("vision_config", {})
    backbone = {
        "blocks_per_stage": [1, 2, 7, 2], "embed_dim_per_stage": [96, 192, 384, 768], "window_size_per_stage": [8, 4, 14, 7],
        "global_attention_blocks": [5, 7, 9], "num_query_pool_stages": 3, "image_size": [1024, 1024], "mlp_ratio": 4.0,
    } | vision.get("backbone_config", {})
    width = vision.get("fpn_hidden_size", 256)
    side, widths = backbone["image_size"][0] // 4, backbone["embed_dim_per_stage"]
    total, block, former = side * side * widths[0] * 3 * 49, 0, 0
    for stage, channels in enumerate(widths):
        for first in [True] + [False] * (backbone["blocks_per_stage"][stage] - 1):
            before = former if first and stage > 0 else stage
            keys, taken = side * side, widths[before]
            if first and 0 < stage <= backbone["num_query_pool_stages"]:
                side //= 2
            queries = side * side
            reach = keys if block in backbone["global_attention_blocks"] else backbone["window_size_per_stage"][before] ** 2
            total += keys * taken * channels * (3 + (taken != channels)) + 2 * queries * reach * channels
            total += queries * channels * channels * (1 + 2 * backbone["mlp_ratio"])
            block += 1
        # A level of the pyramid; the two finest go straight to the decoder's width.
        total += side * side * channels * (width if stage > 1 else width // (8 >> stage))
        former = stage
    return total


def layers_macs(tokens: int, channels: int, hidden: int, layers: int) -> int:
    """Of transformer layers: the projections and the MLP, the scores and the values."""
    return layers * tokens * (4 * channels * channels + 2 * channels * hidden + 2 * tokens * channels)


def answer_macs(config: dict) -> float:
    """Multiplications that one answer of ViT, DINOv2, CLIPSeg or OWL-ViT needs: its picture's, as a text has a hundredth of them."""
    vision = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "patch_size": 32 if "text_config" in config else 16}
    kind = config["model_type"]
    vision |= {"image_size": 768 if kind == "owlvit" else 224} | config.get("vision_config", config)
    channels, patch = vision["hidden_size"], vision["patch_size"]
    hidden_channels = channels * vision["mlp_ratio"] if kind == "dinov2" else vision["intermediate_size"]
    side = 352 if kind == "clipseg" else vision["image_size"]
    cells = (side // patch) ** 2
    layers = vision["num_hidden_layers"]
    heads = 0
    if kind == "clipseg":  # the layers after the last one that is looked at are not needed; the decoder has one for each
        looked, width, hidden = config["extract_layers"], config["reduce_dim"], config["decoder_intermediate_size"]
        layers = max(looked) + 1
        heads = layers_macs(cells + 1, width, hidden, len(looked)) + len(looked) * (cells + 1) * channels * width
        heads += cells * (width * width * 9 + 16 * width * width // 2 + 256 * width // 2)
    elif kind == "owlvit":
        heads = cells * channels * (config.get("text_config", {}).get("hidden_size", 512) + 2 * channels + 4)
    return cells * channels * 3 * patch * patch + layers_macs(cells + 1, channels, hidden_channels, layers) + heads
