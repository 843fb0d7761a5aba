"""Writes Tests/Goldens/SAM2: two tiny seeded SAM 2 models in the hub's layout, and what transformers computes with them, block by block.

Made with: python 3.11, torch 2.15.0, torchvision 0.29.2, transformers 5.23.0, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/sam2.py

Every activation is stored channels last, as our blocks take it. `steps.safetensors` beside each model holds them; a name reads `block.in` or
`block.out`. transformers resizes pictures with torchvision for this model, which differs from Pillow by one level in a few places; the
pictures here are resized by Pillow, and the processor does the rest. The PerSAM entries (`guided.*`) follow the original code's arithmetic.
"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from transformers import Sam2Config, Sam2Model
from transformers.models.sam2.image_processing_sam2 import Sam2ImageProcessor
from transformers.models.sam2.modeling_sam2 import do_pool, window_partition, window_unpartition
from transformers.models.sam2.processing_sam2 import Sam2Processor

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "SAM2"

# The shape of the published models, small: three poolings, windows that do not divide their grid (8 in 6, 4 in 6, 2 in 3), a global block.
TINY = dict(
    vision_config=dict(
        backbone_config=dict(
            model_type="sam2_hiera_det_model",
            hidden_size=8, image_size=[64, 64], blocks_per_stage=[1, 2, 3, 1], embed_dim_per_stage=[8, 12, 16, 24],
            num_attention_heads_per_stage=[1, 2, 2, 3], window_size_per_stage=[4, 6, 6, 3], global_attention_blocks=[4],
            window_positional_embedding_background_size=[3, 3],
        ),
        backbone_channel_list=[24, 16, 12, 8], backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=16,
    ),
    prompt_encoder_config=dict(image_size=64, patch_size=16, hidden_size=16, mask_input_channels=16),
    mask_decoder_config=dict(hidden_size=16, mlp_dim=24, num_attention_heads=2, iou_head_hidden_dim=20),
)
# Everything else: three stages, other patches, positions that are not square, top-down sums on another level, other depths, no fallback.
ODD = dict(
    vision_config=dict(
        backbone_config=dict(
            model_type="sam2_hiera_det_model",
            hidden_size=6, image_size=[32, 32], patch_kernel_size=[3, 3], patch_stride=[2, 2], patch_padding=[1, 1],
            blocks_per_stage=[2, 1, 2], embed_dim_per_stage=[6, 12, 18], num_attention_heads_per_stage=[1, 1, 3],
            window_size_per_stage=[2, 4, 3], global_attention_blocks=[1], num_query_pool_stages=2,
            window_positional_embedding_background_size=[5, 3], mlp_ratio=3.0, hidden_act="relu", layer_norm_eps=1e-3,
        ),
        backbone_channel_list=[18, 12, 6], backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]], fpn_hidden_size=24, fpn_top_down_levels=[1, 2],
    ),
    prompt_encoder_config=dict(image_size=32, patch_size=8, hidden_size=24, mask_input_channels=12, hidden_act="relu", layer_norm_eps=1e-3),
    mask_decoder_config=dict(
        hidden_size=24, mlp_dim=10, num_attention_heads=2, iou_head_hidden_dim=5, iou_head_depth=4, num_hidden_layers=1,
        attention_downsample_rate=1, num_multimask_outputs=2, dynamic_multimask_via_stability=False,
    ),
)


def build(settings, seed):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    model = Sam2Model(Sam2Config(**settings, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif name.endswith("bias"):
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embed" in name and "conv" not in name and "projection" not in name or "token" in name and "attn" not in name:
                p.copy_(torch.randn_like(p) * 0.5)
            elif "output_hypernetworks_mlps.0.proj_out" in name:  # logits far from zero: some single masks are stable, others are not
                p.copy_(torch.randn_like(p) * 8 / p[0].numel() ** 0.5)
            else:
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
        matrix = model.shared_image_embedding.positional_embedding
        matrix.copy_(torch.randn_like(matrix))
        model.prompt_encoder.shared_embedding.positional_embedding.copy_(matrix)
    return model.half().float()  # the files store half precision


def last(x):
    """[B, C, H, W] to [B, H, W, C]."""
    return x.permute(0, 2, 3, 1)


class Recorder:
    def __init__(self):
        self.tensors = {}

    def put(self, name, value):
        value = torch.as_tensor(value).detach()
        self.tensors[name] = value.to(torch.float32).contiguous().clone()

    def save(self, path):
        save_file(self.tensors, path)


def guided_decoder(d, tokens, image, position, levels, target, similarity):
    """PerSAM's guidance (Personalize-SAM's code) in SAM 2's decoder: the target is added to the tokens in place, so that it is in the queries'
    positions too, and once more in the last attention; a second softmax over what the first gave plus the similarity, in the tokens' attention
    to the image. tokens [1, N, C], image and position [1, HW, C], target [C], similarity [HW]. -> every mask, every score"""

    def attend(a, q, k, v, similarity=None):
        def split(x):
            return x.reshape(x.shape[0], x.shape[1], a.num_attention_heads, -1).transpose(1, 2)

        q, k, v = split(a.q_proj(q)), split(a.k_proj(k)), split(a.v_proj(v))
        w = torch.softmax(q @ k.transpose(2, 3) / q.shape[-1] ** 0.5, -1)
        if similarity is not None:
            w = torch.softmax(w + similarity, -1)
        return a.o_proj((w @ v).transpose(1, 2).reshape(q.shape[0], q.shape[2], -1))

    t = d.transformer
    q, k, pe = tokens, image, tokens + target
    for i, layer in enumerate(t.layers):
        q = q + target
        q = layer.layer_norm1(attend(layer.self_attn, q, q, q) if i == 0 else q + attend(layer.self_attn, q + pe, q + pe, q))
        q = layer.layer_norm2(q + attend(layer.cross_attn_token_to_image, q + pe, k + position, k, similarity))
        q = layer.layer_norm3(q + layer.mlp(q))
        k = layer.layer_norm4(k + attend(layer.cross_attn_image_to_token, k + position, q + pe, q))
    q = t.layer_norm_final_attn(q + attend(t.final_attn_token_to_image, q + pe + target, k + position, k))
    side = int(k.shape[1] ** 0.5)
    up = d.upscale_conv1(k.transpose(1, 2).reshape(1, -1, side, side)) + levels[1]
    up = d.activation(d.upscale_conv2(d.activation(d.upscale_layer_norm(up))) + levels[0])
    hyper = torch.stack([m(q[:, 2 + i]) for i, m in enumerate(d.output_hypernetworks_mlps)], 1)
    return (hyper @ up.flatten(2)).reshape(-1, up.shape[2], up.shape[3]), d.iou_prediction_head(q[0, 1])


def prompts(width, height, low):
    """Every mix of points, background points, box and mask; points are x, y, label."""
    rng = np.random.default_rng(5)

    def point(label):
        return [rng.uniform(0, width), rng.uniform(0, height), label]

    box = [width * 0.2, height * 0.1, width * 0.9, height * 0.75]
    mask = rng.normal(0, 4, (low, low)).astype(np.float32)
    return [
        dict(points=[point(1)], multimask=True),
        dict(points=[point(1)], multimask=False),
        dict(points=[point(1), point(0), point(1)], multimask=True),
        dict(points=[point(0)], multimask=False),
        dict(box=box, multimask=True),
        dict(box=box, multimask=False),
        dict(points=[point(1), point(0)], box=box, multimask=True),
        dict(mask=mask, multimask=True),
        dict(points=[point(1)], mask=mask, multimask=True),
        dict(points=[point(1), point(0)], box=box, mask=mask, multimask=False),
        dict(points=[[0, 0, 1], [width - 1, height - 1, 0]], multimask=False),
    ]


def run(name, settings, seed):
    folder = OUT / name
    model = build(settings, seed)
    S = settings["prompt_encoder_config"]["image_size"]
    grid = S // settings["prompt_encoder_config"]["patch_size"]
    C = settings["prompt_encoder_config"]["hidden_size"]
    proc = Sam2Processor(Sam2ImageProcessor(size={"height": S, "width": S}, mask_size={"height": 4 * grid, "width": 4 * grid}))
    model.half().save_pretrained(folder)
    model.float()
    proc.image_processor.save_pretrained(folder)
    rng = np.random.default_rng(seed)
    r = Recorder()

    with torch.no_grad():
        # Preprocessing: wide, tall, enlarged, a line.
        for i, (w, h) in enumerate([(61, 43), (30, 97), (9, 5), (S * 7 // 4, 1)][: 1 if S > 50 else 4]):
            picture = Image.fromarray(rng.integers(0, 256, (h, w, 3), dtype=np.uint8))
            out = proc.image_processor(picture.resize((S, S), Image.BILINEAR), do_resize=False, return_tensors="pt")
            r.put(f"picture.{i}", np.asarray(picture))
            r.put(f"pixels.{i}", last(out["pixel_values"]))
            if i == 0:
                pixels, first = out["pixel_values"], picture

        # The image encoder, block by block.
        v = model.vision_encoder.backbone
        x = v.patch_embed(pixels)
        r.put("patches.out", x)
        x = x + v._get_pos_embed(x.shape[1:3])
        r.put("positions.out", x)
        stages = []
        for i, block in enumerate(v.blocks):  # a block's input is the one's before it, or positions.out
            if block.query_stride:
                y = block.layer_norm1(x)
                r.put(f"pooling.{i}.out", do_pool(block.proj(y), block.query_stride))
            x = block(x)
            r.put(f"block.{i}.out", x)
            if i in v.stage_ends:
                stages.append(x)
        levels, _ = model.vision_encoder.neck(stages)
        feature = levels[-3:][::-1][2]
        r.put("neck.out", last(feature))
        embeddings = model.get_image_embeddings(pixels)
        assert torch.allclose(embeddings[2], feature + model.no_memory_embedding.reshape(1, -1, 1, 1))
        for i, level in enumerate(embeddings):
            r.put(f"level.{i}", last(level))

        # Prompts, and the decoder for each.
        position = model.get_image_wide_positional_embeddings()
        r.put("position", last(position))
        d = model.mask_decoder
        for i, p in enumerate(prompts(61, 43, 4 * grid)):
            r.put(f"prompt.{i}.multimask", [float(p["multimask"])])
            given = {}
            if "points" in p:
                r.put(f"prompt.{i}.points", p["points"])
                given["input_points"] = [[[q[:2] for q in p["points"]]]]
                given["input_labels"] = [[[int(q[2]) for q in p["points"]]]]
            if "box" in p:
                r.put(f"prompt.{i}.box", p["box"])
                given["input_boxes"] = [[p["box"]]]
            inputs = proc(first, return_tensors="pt", **given)
            inputs = {k: inputs.get(k) for k in ("input_points", "input_labels", "input_boxes")}
            mask = None
            if "mask" in p:
                r.put(f"prompt.{i}.mask", p["mask"])
                mask = torch.from_numpy(p["mask"])[None, None]
            seen = {}
            handle = model.prompt_encoder.register_forward_hook(lambda m, a, k, out: seen.update(sparse=out[0], dense=out[1]), with_kwargs=True)
            out = model(image_embeddings=list(embeddings), input_masks=mask, multimask_output=p["multimask"], **inputs)
            handle.remove()
            r.put(f"prompt.{i}.sparse", seen["sparse"][0, 0])
            if mask is not None:
                r.put(f"prompt.{i}.dense", last(seen["dense"])[0])
            r.put(f"prompt.{i}.logits", out.pred_masks[0, 0])
            r.put(f"prompt.{i}.scores", out.iou_scores[0, 0])
            r.put(f"prompt.{i}.presence", out.object_score_logits[0, 0])
            if not p["multimask"]:
                arguments = dict(input_masks=mask, **inputs)
                d.dynamic_multimask_via_stability = False
                single = model(image_embeddings=list(embeddings), multimask_output=False, **arguments).pred_masks
                d.dynamic_multimask_via_stability = settings["mask_decoder_config"].get("dynamic_multimask_via_stability", True)
                falls = not torch.equal(single, out.pred_masks)
                r.put(f"prompt.{i}.falls", [float(falls)])
                print(f"  prompt {i}: stability {float(d._get_stability_scores(single)):.3f}, falls back: {falls}")
            if i == 2:
                full = proc.image_processor.post_process_masks([out.pred_masks[0]], [[43, 61]], binarize=False)[0]
                r.put("prompt.2.full", full[0])

                # One two-way layer of each kind, and the upscaling.
                tokens = torch.cat([d.obj_score_token.weight, d.iou_token.weight, d.mask_tokens.weight, seen["sparse"][0, 0]])[None, None]
                keys = (embeddings[2] + seen["dense"]).flatten(2).transpose(1, 2)[:, None]
                place = position.flatten(2).transpose(1, 2)[:, None]
                image, q = keys, tokens
                for j, layer in enumerate(d.transformer.layers):
                    r.put(f"twoway.{j}.tokens.in", q[0])
                    r.put(f"twoway.{j}.image.in", keys[0])
                    q, keys, _ = layer(q, keys, tokens, place, None)
                    r.put(f"twoway.{j}.tokens.out", q[0])
                    r.put(f"twoway.{j}.image.out", keys[0])
                up = keys[:, 0].transpose(1, 2).reshape(1, C, grid, grid)
                r.put("upscale.in", last(up))
                up = d.activation(d.upscale_layer_norm(d.upscale_conv1(up) + embeddings[1]))
                r.put("upscale.out", last(d.activation(d.upscale_conv2(up) + embeddings[0])))

                # PerSAM's guidance.
                generator = torch.Generator().manual_seed(seed)
                target = torch.randn(C, generator=generator) * 0.5
                similarity = torch.sigmoid(torch.randn(grid * grid, generator=generator) * 2)
                r.put("guided.target", target)
                r.put("guided.attention", similarity)
                masks, scores = guided_decoder(d, tokens[0], image[0], place[0], embeddings[:2], target, similarity)
                r.put("guided.logits", masks[1:])
                r.put("guided.scores", scores[1:])
    r.save(folder / "steps.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", len(r.tensors), "tensors")
    for key in ["neck.out", "level.0", "prompt.0.logits", "prompt.9.logits", "guided.logits"]:
        print(" ", key, list(r.tensors[key].shape), float(r.tensors[key].std()))
    print("  presence", [round(float(r.tensors[f"prompt.{i}.presence"]), 2) for i in range(11)])


if __name__ == "__main__":
    run("tiny", TINY, 1)
    run("odd", ODD, 2)
