"""Builds SAM 2.1 models of the published sizes with seeded random weights, in the hub's layout.

    python sam2_models.py FOLDER [tiny small base-plus large]        writes FOLDER/sam2.1-hiera-tiny, …

As in sam_models.py, the values keep every part of the network at work, where transformers' own leave positions at zero. Like the published
folders they are a video model's, whose config says `sam2_video`, with the keys of the part that follows objects through a video. A folder that is
already complete is left alone.
"""

import pathlib
import sys

import torch
from transformers import Sam2VideoConfig, Sam2VideoModel
from transformers.models.sam2.image_processing_sam2 import Sam2ImageProcessor


def hiera(width, heads, blocks, whole, positions=7, windows=(8, 4, 14, 7)):
    widths = [width << i for i in range(4)]
    backbone = dict(
        model_type="sam2_hiera_det_model", hidden_size=width, num_attention_heads=heads, blocks_per_stage=blocks, embed_dim_per_stage=widths,
        num_attention_heads_per_stage=[heads << i for i in range(4)], global_attention_blocks=whole, window_size_per_stage=list(windows),
        window_positional_embedding_background_size=[positions, positions],
    )
    return dict(backbone_config=backbone, backbone_channel_list=widths[::-1])


VISION = {
    "tiny": hiera(96, 1, [1, 2, 7, 2], [5, 7, 9]),
    "small": hiera(96, 1, [1, 2, 11, 2], [7, 10, 13]),
    "base-plus": hiera(112, 2, [2, 3, 16, 3], [12, 16, 20], positions=14),
    "large": hiera(144, 2, [2, 6, 36, 4], [23, 33, 43], windows=(8, 4, 16, 8)),
}


def initialise(model, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(p, deviation, mean=0.0):
        p.copy_(torch.randn(p.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        matrix = model.shared_image_embedding.positional_embedding
        normal(matrix, 1.0)
        model.prompt_encoder.shared_embedding.positional_embedding.copy_(matrix)
        for name, p in model.named_parameters():
            if "norm" in name:
                normal(p, 0.1, 1.0 if name.endswith("weight") else 0.0)
            elif "pos_embed" in name or p.ndim < 2 and not name.endswith("bias"):
                normal(p, 0.1)
            elif name.endswith(("token.weight", "tokens.weight", "embed.weight", "embedding")) or "point_embed" in name:
                normal(p, 0.5)
            elif name == "mask_decoder.pred_obj_score_head.proj_out.bias":  # a logit of nearly zero would be all rounding
                normal(p, 0.02, 1.0)
            elif name.endswith("bias"):
                normal(p, 0.02)
            else:  # as wide as their inputs allow
                fan_in = p.shape[0] if "upscale_conv" in name else p[0].numel()
                normal(p, (0.7 if "backbone" in name else 1.0) * fan_in**-0.5)


def build(root, size, seed=0):
    folder = pathlib.Path(root) / f"sam2.1-hiera-{size}"
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    model = Sam2VideoModel(Sam2VideoConfig(vision_config=VISION[size])).eval()
    initialise(model, seed)
    model.save_pretrained(folder)
    Sam2ImageProcessor().save_pretrained(folder)
    (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    for size in sys.argv[2:] or ["tiny", "base-plus"]:
        print(build(sys.argv[1], size))
