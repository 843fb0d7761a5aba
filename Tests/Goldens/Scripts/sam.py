"""Writes Tests/Goldens/SAM: two tiny seeded SAM models in the hub's layout, and what transformers computes with them, block by block.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/sam.py

Every activation is stored channels last, as our blocks take it. `steps.safetensors` beside each model holds them; a name reads `block.in` or
`block.out`. The PerSAM entries (`guided.*`) follow the original code's arithmetic, which transformers does not have (see `original_decoder`).
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from transformers import SamConfig, SamModel
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil
from transformers.models.sam.processing_sam import SamProcessor

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "SAM"

# No layer norm is over fewer than three channels: of two it is almost a sign, and any rounding becomes a jump.
# A grid of 7 in windows of 3 is padded to 9; the head's six channels are no multiple of a vector.
TINY = dict(
    vision_config=dict(
        image_size=56, patch_size=8, hidden_size=12, num_attention_heads=2, num_hidden_layers=3, global_attn_indexes=[1], window_size=3,
        mlp_dim=30, output_channels=16, num_pos_feats=8,
    ),
    prompt_encoder_config=dict(image_size=56, patch_size=8, hidden_size=16, mask_input_channels=16),
    mask_decoder_config=dict(hidden_size=16, mlp_dim=24, num_attention_heads=2, iou_head_hidden_dim=20),
)
# Every switch the other way: no absolute or relative positions, no bias, other activations, depths, epsilons, a window larger than the grid.
ODD = dict(
    vision_config=dict(
        image_size=20, patch_size=4, hidden_size=15, num_attention_heads=3, num_hidden_layers=2, global_attn_indexes=[0], window_size=6,
        mlp_ratio=1.5, mlp_dim=None, output_channels=24, num_pos_feats=12, use_abs_pos=False, use_rel_pos=False, qkv_bias=False,
        hidden_act="relu", layer_norm_eps=1e-3,
    ),
    prompt_encoder_config=dict(image_size=20, patch_size=4, hidden_size=24, mask_input_channels=12, hidden_act="relu", layer_norm_eps=1e-3),
    mask_decoder_config=dict(
        hidden_size=24, mlp_dim=10, num_attention_heads=2, iou_head_hidden_dim=5, iou_head_depth=4, num_hidden_layers=3, hidden_act="gelu",
        attention_downsample_rate=1, num_multimask_outputs=2, layer_norm_eps=1e-3,
    ),
)


def build(settings, seed):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    model = SamModel(SamConfig(**settings, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif name.endswith("bias"):
                p.copy_(torch.randn_like(p) * 0.2)
            elif "positional_embedding" in name:
                p.copy_(torch.randn_like(p))
            elif "embed" in name and "conv" not in name and "projection" not in name or "token" in name and "attn" not in name or "rel_pos" in name:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
        model.prompt_encoder.shared_embedding.positional_embedding.copy_(model.shared_image_embedding.positional_embedding)
    return model


def processor(size):
    grid = {"height": size, "width": size}
    return SamProcessor(SamImageProcessorPil(size={"longest_edge": size}, pad_size=grid, mask_size={"longest_edge": size}, mask_pad_size=grid))


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


def original_attention(a, q, k, v, similarity=None):
    """The original PerSAM's attention: a second softmax over what the first gave plus the similarity."""
    heads = a.num_attention_heads

    def split(x):
        return x.reshape(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)

    q, k, v = split(a.q_proj(q)), split(a.k_proj(k)), split(a.v_proj(v))
    w = torch.softmax(q @ k.transpose(2, 3) / q.shape[-1] ** 0.5, -1)
    if similarity is not None:
        w = torch.softmax(w + similarity, -1)
    return a.out_proj((w @ v).transpose(1, 2).reshape(q.shape[0], q.shape[2], -1))


def original_decoder(decoder, tokens, image, position, target, similarity, multimask):
    """Personalize-SAM's decoder, from the paper and the description of its code: epsilon 1e-5; the target is added to the tokens in place, so
    that it is in the queries' positions too, and once more in the last attention; the similarity enters the tokens' attention to the image.
    tokens [1, N, C], image and position [1, HW, C], target [C], similarity [HW]."""
    t = decoder.transformer

    def norm(n, x):
        return F.layer_norm(x, (x.shape[-1],), n.weight, n.bias, 1e-5)

    q, k = tokens, image
    pe = tokens if target is None else tokens + target
    extra = 0 if target is None else target
    for i, layer in enumerate(t.layers):
        q = q + extra
        if i == 0:
            q = norm(layer.layer_norm1, original_attention(layer.self_attn, q, q, q))
        else:
            q = norm(layer.layer_norm1, q + original_attention(layer.self_attn, q + pe, q + pe, q))
        q = norm(layer.layer_norm2, q + original_attention(layer.cross_attn_token_to_image, q + pe, k + position, k, similarity))
        q = norm(layer.layer_norm3, q + layer.mlp(q))
        k = norm(layer.layer_norm4, k + original_attention(layer.cross_attn_image_to_token, k + position, q + pe, q))
    q = norm(t.layer_norm_final_attn, q + original_attention(t.final_attn_token_to_image, q + pe + extra, k + position, k))
    side = int(k.shape[1] ** 0.5)
    up = k.transpose(1, 2).reshape(1, -1, side, side)
    up = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(up)))
    up = decoder.activation(decoder.upscale_conv2(up))
    hyper = torch.stack([m(q[:, 1 + i]) for i, m in enumerate(decoder.output_hypernetworks_mlps)], 1)
    masks = (hyper @ up.flatten(2)).reshape(-1, up.shape[2], up.shape[3])
    scores = decoder.iou_prediction_head(q[0, 0])
    return (masks[1:], scores[1:]) if multimask else (masks[:1], scores[:1])


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
        dict(points=[point(0)], multimask=True),
        dict(box=box, multimask=True),
        dict(box=box, multimask=False),
        dict(points=[point(1), point(0)], box=box, multimask=True),
        dict(mask=mask, multimask=True),
        dict(points=[point(1)], mask=mask, multimask=True),
        dict(points=[point(1), point(0)], box=box, mask=mask, multimask=False),
        dict(points=[[0, 0, 1], [width - 1, height - 1, 0]], multimask=True),
    ]


def run(name, settings, seed):
    folder = OUT / name
    model = build(settings, seed)
    S = settings["vision_config"]["image_size"]
    grid = S // settings["vision_config"]["patch_size"]
    C = settings["prompt_encoder_config"]["hidden_size"]
    proc = processor(S)
    model.save_pretrained(folder)
    proc.image_processor.save_pretrained(folder)
    rng = np.random.default_rng(seed)
    r = Recorder()

    with torch.no_grad():
        # Preprocessing: wide, tall, square, enlarged, a line.
        for i, (w, h) in enumerate([(61, 43), (30, 97), (56, 56), (9, 5), (S * 7 // 4, 1)]):
            picture = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
            out = proc.image_processor(Image.fromarray(picture), return_tensors="pt")
            r.put(f"picture.{i}", picture)
            r.put(f"pixels.{i}", last(out["pixel_values"]))
            r.put(f"resized.{i}", out["reshaped_input_sizes"][0])
            if i == 0:
                pixels, original, resized = out["pixel_values"], out["original_sizes"], out["reshaped_input_sizes"]

        # The image encoder, layer by layer.
        v = model.vision_encoder
        x = v.patch_embed(pixels)
        r.put("patches.out", x)
        if v.pos_embed is not None:
            x = x + v.pos_embed
        for i, layer in enumerate(v.layers):
            r.put(f"layer.{i}.in", x)
            y = layer.layer_norm1(x)
            r.put(f"attention.{i}.in", y)
            if layer.window_size > 0:
                y, padded = layer.window_partition(y, layer.window_size)
            y, _ = layer.attn(y)
            if layer.window_size > 0:
                y = layer.window_unpartition(y, layer.window_size, padded, (grid, grid))
            r.put(f"attention.{i}.out", y)
            x = layer(x)
            r.put(f"layer.{i}.out", x)
        r.put("neck.in", x)
        embedding = v.neck(x)
        r.put("neck.out", last(embedding))
        assert torch.equal(embedding, model.get_image_embeddings(pixels))

        # Prompts, and the decoder for each.
        position = model.get_image_wide_positional_embeddings()
        r.put("position", last(position))
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
            inputs = proc(Image.fromarray(r.tensors["picture.0"].numpy().astype(np.uint8)), return_tensors="pt", **given)
            points, labels, boxes = inputs.get("input_points"), inputs.get("input_labels"), inputs.get("input_boxes")
            mask = None
            if "mask" in p:
                r.put(f"prompt.{i}.mask", p["mask"])
                mask = torch.from_numpy(p["mask"])[None, None]
            sparse, dense = model.prompt_encoder(input_points=points, input_labels=labels, input_boxes=boxes, input_masks=mask)
            if sparse is not None:
                r.put(f"prompt.{i}.sparse", sparse[0, 0])
            r.put(f"prompt.{i}.dense", last(dense)[0])
            out = model(
                image_embeddings=embedding, input_points=points, input_labels=labels, input_boxes=boxes, input_masks=mask,
                multimask_output=p["multimask"],
            )
            r.put(f"prompt.{i}.logits", out.pred_masks[0, 0])
            r.put(f"prompt.{i}.scores", out.iou_scores[0, 0])
            if i == 2:
                full = proc.image_processor.post_process_masks(out.pred_masks, original, resized, binarize=False)[0]
                r.put(f"prompt.{i}.full", full[0])

                # One two-way layer of each kind, and the upscaling.
                tokens = torch.cat([model.mask_decoder.iou_token.weight, model.mask_decoder.mask_tokens.weight, sparse[0, 0]])[None, None]
                keys = (embedding + dense).flatten(2).transpose(1, 2)[:, None]
                place = position.flatten(2).transpose(1, 2)[:, None]
                q = tokens
                for j, layer in enumerate(model.mask_decoder.transformer.layers):
                    r.put(f"twoway.{j}.tokens.in", q[0])
                    r.put(f"twoway.{j}.image.in", keys[0])
                    q, keys, _ = layer(q, keys, tokens, place, None)
                    r.put(f"twoway.{j}.tokens.out", q[0])
                    r.put(f"twoway.{j}.image.out", keys[0])
                up = keys[:, 0].transpose(1, 2).reshape(1, C, grid, grid)
                r.put("upscale.in", last(up))
                d = model.mask_decoder
                up = d.activation(d.upscale_conv2(d.activation(d.upscale_layer_norm(d.upscale_conv1(up)))))
                r.put("upscale.out", last(up))

                # PerSAM's guidance, and the original's epsilon without guidance.
                generator = torch.Generator().manual_seed(seed)
                target = torch.randn(C, generator=generator) * 0.5
                similarity = torch.sigmoid(torch.randn(grid * grid, generator=generator) * 2)
                r.put("guided.target", target)
                r.put("guided.attention", similarity)
                image = (embedding + dense).flatten(2).transpose(1, 2)
                arguments = d, tokens[0], image, position.flatten(2).transpose(1, 2)
                for kind, t, s in [("guided", target, similarity), ("original", None, None)]:
                    for multimask in [True, False]:
                        masks, scores = original_decoder(*arguments, t, s, multimask)
                        r.put(f"{kind}.{int(multimask)}.logits", masks)
                        r.put(f"{kind}.{int(multimask)}.scores", scores)
    r.save(folder / "steps.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", len(r.tensors), "tensors")
    for key in ["neck.out", "prompt.0.logits", "prompt.9.logits", "guided.1.logits", "original.1.logits"]:
        print(" ", key, list(r.tensors[key].shape), float(r.tensors[key].std()))
    print("  guidance changes logits by", float((r.tensors["guided.1.logits"] - r.tensors["original.1.logits"]).abs().max()))
    print("  the original's epsilon changes logits by", float((r.tensors["original.1.logits"] - r.tensors["prompt.2.logits"]).abs().max()))


if __name__ == "__main__":
    run("tiny", TINY, 1)
    run("odd", ODD, 2)
