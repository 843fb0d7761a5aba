"""Writes Tests/Goldens/MobileSAM: two tiny seeded MobileSAMs in our layout, and what the published code computes with them, block by block.

Made with: python 3.11, mobilesam-mirror 1.0.0, torch 2.15.0, transformers 5.23.0 (its resizing), numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/mobilesam.py

Every activation is stored channels last, as our blocks take it. `steps.safetensors` beside each model holds them; a name reads `block.in` or
`block.out`.
"""

import pathlib
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2] / "Parity"))
from mobilesam_models import make, save  # noqa: E402

torch.set_num_threads(1)
torch.set_grad_enabled(False)
OUT = HERE.parents[1] / "MobileSAM"

# Grids of 12, 6, 3 and 3 cells: windows of 4 are padded to 8 and of 2 to 4, the last is the whole grid.
TINY = dict(
    image_size=48, embed_dims=[8, 12, 20, 18], depths=[2, 1, 2, 1], num_heads=[1, 2, 2, 3], window_sizes=[3, 4, 2, 3], mlp_ratio=4.0,
    mbconv_expand_ratio=4.0, local_conv_size=3, output_channels=16,
)
TINY_DECODER = dict(num_hidden_layers=2, mlp_dim=24, num_attention_heads=2, num_multimask_outputs=3, iou_head_depth=3, iou_head_hidden_dim=12)
# Odd numbers of channels, other ratios, windows larger than the grid.
ODD = dict(
    image_size=32, embed_dims=[6, 18, 15, 19], depths=[1, 2, 1, 1], num_heads=[1, 3, 5, 1], window_sizes=[1, 5, 2, 3], mlp_ratio=1.5,
    mbconv_expand_ratio=2.9, local_conv_size=3, output_channels=8,
)
ODD_DECODER = dict(num_hidden_layers=1, mlp_dim=10, num_attention_heads=2, num_multimask_outputs=2, iou_head_depth=4, iou_head_hidden_dim=5)


def run(name, vision, decoder, seed):
    folder, steps = OUT / name, {}
    model = make(vision, decoder, seed)
    save(model, folder, vision, decoder)

    def put(key, value):
        steps[key] = torch.as_tensor(value).detach().to(torch.float32).contiguous().clone()

    def last(x):
        return x.permute(0, 2, 3, 1)

    S = vision["image_size"]
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (43, 61, 3), dtype=np.uint8)
    pixels = SamImageProcessorPil.from_pretrained(folder)(Image.fromarray(picture), return_tensors="pt")["pixel_values"]
    put("picture.0", picture)
    put("pixels.0", last(pixels))
    encoder = model.image_encoder
    x = encoder.patch_embed(pixels)
    put("patches.out", last(x))
    for i, stage in enumerate(encoder.layers):
        def grid(x):
            return last(x) if x.ndim == 4 else x.view(1, *stage.input_resolution, -1)

        for j, block in enumerate(stage.blocks):
            if j == 0:
                put(f"block.{i}.in", grid(x))
            if i > 0 and j == 0:
                kept = {}
                hook = block.attn.register_forward_hook(lambda m, given, out: kept.update(out=out))
                conv = block.local_conv.register_forward_hook(lambda m, given, out: kept.update(middle=given[0], conv=out))
            x = block(x)
            if i > 0 and j == 0:
                put(f"mixed.{i}", last(kept["middle"]))
                put(f"local.{i}", last(kept["conv"]))
                hook.remove()
                conv.remove()
            put(f"block.{i}.{j}.out", grid(x))
        if stage.downsample is not None:
            x = stage.downsample(x)
            side = stage.input_resolution[0] // (1 if i == 2 else 2)
            put(f"merging.{i}.out", x.view(1, side, side, -1))
    embedding = encoder(pixels)
    put("embedding", last(embedding))

    # The published predictor's prompts, in the scaled picture's pixels.
    scale = S / 61
    size = torch.tensor([round(61 * scale), int(43 * scale + 0.5)]) / torch.tensor([61, 43])
    low = 4 * (S // 16)
    mask = rng.normal(0, 4, (low, low)).astype(np.float32)
    cases = [
        dict(points=[[31.5, 20.25, 1]], multimask=True),
        dict(points=[[5, 40, 1], [50, 3, 0]], multimask=False),
        dict(box=[9.5, 4, 55, 33.25], multimask=True),
        dict(points=[[44, 12, 0]], box=[9.5, 4, 55, 33.25], mask=mask, multimask=False),
    ]
    # The odd model's decoder has a norm of two channels, which is almost a sign.
    for i, case in enumerate(cases if name == "tiny" else []):
        put(f"prompt.{i}.multimask", [float(case["multimask"])])
        points = box = masks = None
        if "points" in case:
            put(f"prompt.{i}.points", case["points"])
            given = torch.tensor(case["points"], dtype=torch.float64)
            points = (given[None, :, :2] * size).float(), given[None, :, 2].int()
        if "box" in case:
            put(f"prompt.{i}.box", case["box"])
            box = (torch.tensor(case["box"], dtype=torch.float64).view(2, 2) * size).float().view(1, 4)
        if "mask" in case:
            put(f"prompt.{i}.mask", case["mask"])
            masks = torch.from_numpy(case["mask"])[None, None]
        sparse, dense = model.prompt_encoder(points=points, boxes=box, masks=masks)
        logits, scores = model.mask_decoder(
            image_embeddings=embedding, image_pe=model.prompt_encoder.get_dense_pe(), sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense,
            multimask_output=case["multimask"],
        )
        put(f"prompt.{i}.logits", logits[0])
        put(f"prompt.{i}.scores", scores[0])
    save_file(steps, folder / "steps.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", len(steps), "tensors")
    for key in ["patches.out", "merging.2.out", "embedding"]:
        print(" ", key, list(steps[key].shape), float(steps[key].std()))


if __name__ == "__main__":
    run("tiny", TINY, TINY_DECODER, 1)
    run("odd", ODD, ODD_DECODER, 2)
