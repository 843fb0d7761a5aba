"""Writes Tests/Goldens/DINOv2: what transformers computes with tiny seeded DINOv2 models, plain, with registers, and with gated MLPs.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/dinov2.py

Pixels are stored channels last, as our blocks take them.
"""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import Dinov2Config, Dinov2Model, Dinov2WithRegistersConfig, Dinov2WithRegistersModel
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

torch.set_num_threads(1)
torch.set_grad_enabled(False)
OUT = Path(__file__).resolve().parent.parent / "DINOv2"
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])

# Grids of patches, rows first: as trained, smaller, larger, and neither square nor one or the other.
GRIDS = {"trained": (5, 5), "smaller": (2, 3), "larger": (6, 8), "mixed": (7, 3)}
MODELS = {
    "plain": (Dinov2Config, Dinov2Model, dict(image_size=20, patch_size=4, hidden_size=16, num_attention_heads=2, num_hidden_layers=3, mlp_ratio=2)),
    "registers": (
        Dinov2WithRegistersConfig, Dinov2WithRegistersModel,
        dict(image_size=20, patch_size=4, hidden_size=16, num_attention_heads=2, num_hidden_layers=2, mlp_ratio=2, num_register_tokens=3),
    ),
    # Every switch the other way, a width that the rounding to a multiple of eight changes, and pixels that fill no patch.
    "gated": (
        Dinov2Config, Dinov2Model,
        dict(
            image_size=21, patch_size=4, hidden_size=14, num_attention_heads=2, num_hidden_layers=2, mlp_ratio=3, use_swiglu_ffn=True, qkv_bias=False,
            layer_norm_eps=1e-3, use_mask_token=False, hidden_act="relu",
        ),
    ),
}


def put(tensors, name, value):
    tensors[name] = torch.as_tensor(np.asarray(value)).detach().to(torch.float32).contiguous().clone()


def initialise(model, seed):
    """Every weight is large enough to matter."""
    torch.manual_seed(seed)
    for name, p in model.named_parameters():
        if "norm" in name:
            p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
        elif "lambda1" in name:
            p.copy_(torch.randn_like(p) * 0.3 + 0.7)
        elif name.endswith("bias"):
            p.copy_(torch.randn_like(p) * 0.2)
        elif "token" in name or "position" in name:
            p.copy_(torch.randn_like(p) * 0.5)
        else:
            p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)


def model(name, seed):
    config, kind, settings = MODELS[name]
    folder = OUT / name
    network = kind(config(**settings, attn_implementation="eager")).eval()
    initialise(network, seed)
    half = name == "gated"
    if half:
        network = network.half().float()
    network.save_pretrained(folder)
    if half:
        tensors = load_file(folder / "model.safetensors")
        assert "encoder.layer.0.mlp.weights_in.weight" in tensors, sorted(tensors)
        save_file({k: v.half() for k, v in tensors.items()}, folder / "model.safetensors", {"format": "pt"})
    else:
        processor = BitImageProcessorPil(size=dict(shortest_edge=23), crop_size=dict(height=20, width=16), **IMAGENET)
        processor.save_pretrained(folder)
    # The modules' own names, as `state_dict` has them.
    if name == "gated":
        (folder.parent / "modules").mkdir(exist_ok=True)
        (folder.parent / "modules/config.json").write_text((folder / "config.json").read_text())
        save_file({k: v.half().contiguous() for k, v in network.state_dict().items()}, folder.parent / "modules/model.safetensors")

    steps = {}
    picture = np.random.default_rng(seed).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    put(steps, "picture", picture)
    if not half:
        put(steps, "published", processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"].permute(0, 2, 3, 1))
    random = torch.Generator().manual_seed(seed)
    for grid, (rows, columns) in GRIDS.items():
        pixels = torch.randn(1, 3, 4 * rows, 4 * columns, generator=random)
        out = network(pixels, output_hidden_states=True)
        put(steps, f"{grid}.pixels", pixels.permute(0, 2, 3, 1))
        for n, state in enumerate(out.hidden_states[1:], 1):
            put(steps, f"{grid}.layer.{n}", state)
        put(steps, f"{grid}.last", out.last_hidden_state)
    save_file(steps, folder / "steps.safetensors")


def positions():
    """A ViT's positions at other sizes, with and without antialiasing."""
    tensors = {}
    table = torch.randn(1, 2, 9, 7, generator=torch.Generator().manual_seed(5))
    put(tensors, "table", table[0].permute(1, 2, 0))
    for h, w in ((9, 7), (4, 3), (1, 1), (20, 15), (3, 18), (13, 7)):
        for antialias in (False, True):
            out = torch.nn.functional.interpolate(table, size=(h, w), mode="bicubic", align_corners=False, antialias=antialias)
            put(tensors, f"{h}x{w}.{'antialias' if antialias else 'plain'}", out[0].permute(1, 2, 0))
    save_file(tensors, OUT / "positions.safetensors")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for seed, name in enumerate(MODELS, 1):
        model(name, seed)
    positions()
    for file in sorted(OUT.rglob("*")):
        if file.is_file():
            file.chmod(0o644)
            print(file.relative_to(OUT), file.stat().st_size)
