"""Builds SAM models of the published sizes with seeded random weights, in the hub's layout.

    python sam_models.py FOLDER [base large huge slimsam-77]        writes FOLDER/sam-vit-base, …, FOLDER/slimsam-77

transformers' own initial values make a poor test: the image encoder's weights have a standard deviation of 1e-10, its positions are zero, and the
matrix of the positional encoding is so large that neighbouring pixels get unrelated codes. The values here keep every part of the network at
work: the result changes when any weight, position or prompt does. A folder that is already complete is left alone.
"""

import pathlib
import sys

import torch
from transformers import SamConfig, SamModel
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

VISION = {
    "base": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, global_attn_indexes=[2, 5, 8, 11]),
    "large": dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, global_attn_indexes=[5, 11, 17, 23]),
    "huge": dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=16, global_attn_indexes=[7, 15, 23, 31]),
    # Zigeng/SlimSAM-uniform-77: SAM-B after pruning, with heads of 14 channels.
    "slimsam-77": dict(hidden_size=168, num_hidden_layers=12, num_attention_heads=12, mlp_dim=696, global_attn_indexes=[2, 5, 8, 11]),
}


def folder_of(root, size):
    """FOLDER/sam-vit-base; what is known by another name goes by it."""
    return pathlib.Path(root) / (size if size.startswith("slimsam") else f"sam-vit-{size}")


def initialise(model, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(p, deviation, mean=0.0):
        p.copy_(torch.randn(p.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        for name, p in model.named_parameters():
            if "positional_embedding" in name:
                normal(p, 1.0)
            elif "norm" in name:
                normal(p, 0.1, 1.0 if name.endswith("weight") else 0.0)
            elif "rel_pos" in name or "pos_embed" in name:
                normal(p, 0.1)
            elif name.endswith(("token.weight", "tokens.weight", "embed.weight")) or "point_embed" in name:
                normal(p, 0.5)
            elif name.endswith("bias"):
                normal(p, 0.02)
            elif "vision_encoder.layers" in name:
                normal(p, 0.03)
            else:  # decoder, prompts, convolutions: as wide as their inputs allow
                fan_in = p.shape[0] if "upscale_conv" in name else p[0].numel()
                normal(p, fan_in**-0.5)


def build(folder, size, seed=0):
    folder = pathlib.Path(folder)
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    model = SamModel(SamConfig(vision_config=VISION[size])).eval()
    initialise(model, seed)
    model.save_pretrained(folder)
    SamImageProcessorPil().save_pretrained(folder)
    (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for size in sys.argv[2:] or ["base", "large"]:
        print(build(folder_of(root, size), size))
