"""Writes Tests/Goldens/PyTorch: small checkpoints as torch saves them, and the numbers that torch.load finds in them.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/pytorch.py

`NAME.pth` is the checkpoint, `NAME.safetensors` the same tensors as torch reads them, in order and as F32. `sam.pth` has the authors' names, and
`sam.safetensors` what transformers' model of the same weights computes.
"""

import collections
import json
import pathlib
import warnings

import torch
from safetensors.torch import save_file
from torch.serialization import set_crc32_options
from transformers import Sam2Config, Sam2Model, SamConfig, SamModel

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "PyTorch"
OUT.mkdir(exist_ok=True)
torch.manual_seed(20)


def numbers(tensors):
    return {name: t.detach().float().contiguous().clone() for name, t in tensors.items() if t.is_floating_point()}


def save(name, value, tensors):
    torch.save(value, OUT / f"{name}.pth")
    save_file(numbers(tensors), OUT / f"{name}.safetensors")


# Every type, a scalar, an empty tensor, a Parameter; then views: a slice, a transposed matrix, a step, two tensors in one storage.
base = torch.randn(6, 4)
kinds = {
    "float": torch.randn(3, 2), "double": torch.randn(5, dtype=torch.float64), "half": torch.randn(7).half(), "bfloat": torch.randn(7).bfloat16(),
    "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 3), "parameter": torch.nn.Parameter(torch.randn(2, 2)),
    "byte": torch.arange(4, dtype=torch.uint8), "char": torch.arange(-2, 2, dtype=torch.int8), "short": torch.arange(3, dtype=torch.int16),
    "int": torch.arange(3, dtype=torch.int32), "long": torch.tensor([1 << 40, -5]), "bool": torch.tensor([True, False]),
}
save("kinds", kinds, kinds)
views = {
    "base": base, "rows": base[2:5], "columns": base[:, 1:3], "transposed": base.t(), "stepped": base[::2, ::3], "last": base[5, 3],
    "permuted": torch.randn(2, 3, 4).permute(2, 0, 1), "channels_last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "half": torch.randn(4, 3).half().t(),
}
save("views", views, views)

# What training scripts save, and what a module's own state dict carries (its `_metadata`).
module = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(1, 2, 3), norm=torch.nn.BatchNorm2d(2)))
optimizer = torch.optim.AdamW(module.parameters())
module(torch.randn(1, 1, 4, 4)).sum().backward()
optimizer.step()
save(
    "training",
    {"epoch": 3, "best": 0.5, "lr": [0.1, 0.01], "arch": "tiny", "state_dict": torch.nn.DataParallel(module).state_dict(), "optimizer": optimizer.state_dict()},
    module.state_dict(),
)


class Whole(torch.nn.Module):
    """A module of TorchScript with a parameter of its own, a buffer, a list of integers and an inner module."""

    sizes: list[int]

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(2.5))
        self.register_buffer("side", torch.tensor(32))
        self.inner = torch.nn.ModuleList([torch.nn.Linear(3, 2), torch.nn.Linear(2, 1).half()])
        self.sizes = [1, 2, 3]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.inner:
            x = layer(x.to(layer.weight.dtype))
        return x * self.scale


whole = torch.jit.script(Whole())
torch.jit.save(whole, OUT / "script.pth")
save_file(numbers(dict(whole.state_dict())), OUT / "script.safetensors")

# The same tensors without checksums, which torch writes as zeros.
set_crc32_options(False)
torch.save({"float": kinds["float"]}, OUT / "unchecked.pth")
set_crc32_options(True)

# A tiny SAM under the authors' names. Eight heads in the decoder, as every published one has.
config = SamConfig(
    vision_config=dict(
        image_size=32, patch_size=8, hidden_size=12, num_attention_heads=2, num_hidden_layers=3, global_attn_indexes=[1], window_size=3,
        mlp_dim=20, output_channels=16, num_pos_feats=8),
    prompt_encoder_config=dict(image_size=32, patch_size=8, hidden_size=16, mask_input_channels=8),
    mask_decoder_config=dict(hidden_size=16, mlp_dim=24, num_attention_heads=8, iou_head_hidden_dim=20),
)
torch.manual_seed(21)
model = SamModel(config).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        p.copy_(torch.randn_like(p) * (0.1 if "norm" in name else 0.3) + (1 if "norm" in name and name.endswith("weight") else 0))
    model.prompt_encoder.shared_embedding.positional_embedding.copy_(model.shared_image_embedding.positional_embedding)


def sam_name(name):
    """The authors' name of a tensor of the hub's, the other way round than transformers' convert_sam_to_hf.py."""
    pairs = [
        ("vision_encoder.layers.", "image_encoder.blocks."), ("vision_encoder", "image_encoder"), ("patch_embed.projection", "patch_embed.proj"),
        ("neck.conv1", "neck.0"), ("neck.layer_norm1", "neck.1"), ("neck.conv2", "neck.2"), ("neck.layer_norm2", "neck.3"),
        ("shared_embedding.positional_embedding", "pe_layer.positional_encoding_gaussian_matrix"), (".point_embed.", ".point_embeddings."),
        ("mask_embed.conv1", "mask_downscaling.0"), ("mask_embed.layer_norm1", "mask_downscaling.1"), ("mask_embed.conv2", "mask_downscaling.3"),
        ("mask_embed.layer_norm2", "mask_downscaling.4"), ("mask_embed.conv3", "mask_downscaling.6"), ("upscale_conv1", "output_upscaling.0"),
        ("upscale_layer_norm", "output_upscaling.1"), ("upscale_conv2", "output_upscaling.3"),
    ]
    for hub, original in pairs:
        name = name.replace(hub, original)
    if "hypernetworks" in name or "iou_prediction_head" in name:
        name = name.replace(".layers.0.", ".layers.1.").replace("proj_in", "layers.0").replace("proj_out", "layers.2")
    return name.replace(".layer_norm", ".norm")


state = {sam_name(n): t for n, t in model.state_dict().items() if not n.startswith("shared_image_embedding")}
torch.save(state, OUT / "sam.pth")
torch.manual_seed(22)
pixels = torch.randn(1, 3, 32, 32)
with torch.no_grad():
    answer = model(pixel_values=pixels, input_points=torch.tensor([[[[9.0, 14.0]]]]), input_labels=torch.tensor([[[1]]]), multimask_output=True)
    save_file(
        {"pixel_values": pixels, "image_embeddings": model.get_image_embeddings(pixels).contiguous(), "low_res_masks": answer.pred_masks[0, 0], "iou_scores": answer.iou_scores[0, 0]},
        OUT / "sam.safetensors")

# The names and shapes of transformers' Sam2Model of each size.
sizes = {
    "tiny": dict(blocks_per_stage=[1, 2, 7, 2], global_attention_blocks=[5, 7, 9]),
    "small": dict(blocks_per_stage=[1, 2, 11, 2], global_attention_blocks=[7, 10, 13]),
}
with torch.device("meta"):
    for name, size in sizes.items():
        config = Sam2Config(vision_config=dict(backbone_config=dict(model_type="sam2_hiera_det_model", **size)))
        shapes = {n: list(t.shape) for n, t in Sam2Model(config).state_dict().items()}
        (OUT / f"sam2-{name}.json").write_text(json.dumps(shapes, separators=(",", ":")) + "\n")

for file in OUT.iterdir():
    file.chmod(0o644)
