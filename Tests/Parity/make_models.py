"""Makes a seeded random model in the hub's layout: config.json, model.safetensors, preprocessor_config.json.

    python Tests/Parity/make_models.py sam-vit-base FOLDER [--seed N] [--dtype float32|float16|bfloat16]

The values come from NumPy's PCG64, one stream per tensor name, so that they are the same bits on every machine and for every
version of PyTorch. They are "sane": transformers' own initial values (1e-10 in SAM's image encoder) would hide any difference.

Needs torch==2.15.0 transformers==5.23.0 safetensors==0.8.0 numpy.
"""

import argparse
import json
import zlib
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from transformers import SamConfig, SamImageProcessor, SamModel, SamVisionConfig

# What config.json says of the three published sizes; everything else is the class's default.
SAM = {
    "sam-vit-base": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, global_attn_indexes=[2, 5, 8, 11]),
    "sam-vit-large": dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, global_attn_indexes=[5, 11, 17, 23]),
    "sam-vit-huge": dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=16, global_attn_indexes=[7, 15, 23, 31]),
}


def scale_of(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """The mean and the standard deviation of one tensor's values."""
    if "layer_norm" in name or "layernorm" in name:
        return (1.0, 0.1) if name.endswith("weight") else (0.0, 0.1)
    if name.endswith("bias"):
        return 0.0, 0.02
    if name.endswith("positional_embedding"):
        return 0.0, 1.0
    if "token" in name and len(shape) == 2 and shape[0] <= 4 or "_embed." in name and len(shape) == 2:
        return 0.0, 0.5  # the decoder's tokens and the prompts' embeddings
    if name.endswith("pos_embed") or "rel_pos" in name:
        return 0.0, 0.1
    if len(shape) == 4:
        fan_in = shape[0] if "upscale" in name else int(numpy.prod(shape[1:]))  # a transposed convolution's inputs come first
        return 0.0, fan_in**-0.5
    # 0.02 at 768 inputs, and the same gain where a layer has fewer: otherwise a narrow decoder fades to its biases.
    return 0.0, 0.02 * (768 / shape[-1]) ** 0.5


def values(name: str, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    generator = numpy.random.Generator(numpy.random.PCG64([seed, zlib.crc32(name.encode())]))
    mean, deviation = scale_of(name, shape)
    return torch.from_numpy(generator.standard_normal(shape, dtype=numpy.float32) * numpy.float32(deviation) + numpy.float32(mean))


def make_sam(name: str, folder: Path, seed: int, dtype: torch.dtype) -> None:
    config = SamConfig(vision_config=SamVisionConfig(**SAM[name]))
    with torch.device("meta"):
        model = SamModel(config)
    state = {key: values(key, tuple(tensor.shape), seed) for key, tensor in model.state_dict().items()}
    # One matrix under two names, as the hub's files have it.
    state["shared_image_embedding.positional_embedding"] = state["prompt_encoder.shared_embedding.positional_embedding"].clone()
    state = {key: tensor.to(dtype).contiguous() for key, tensor in state.items()}

    folder.mkdir(parents=True, exist_ok=True)
    config.architectures = ["SamModel"]
    config.save_pretrained(folder)
    SamImageProcessor().save_pretrained(folder)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(SAM))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float32")
    arguments = parser.parse_args()
    make_sam(arguments.model, arguments.folder, arguments.seed, getattr(torch, arguments.dtype))
    print(json.dumps({"model": arguments.model, "folder": str(arguments.folder), "seed": arguments.seed}))


if __name__ == "__main__":
    main()
