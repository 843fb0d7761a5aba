"""Builds MobileSAM from its published code with seeded random weights, in the hub's layout.

    python mobilesam_models.py FOLDER [mobile]        writes FOLDER/mobilesam

The published code is mobilesam-mirror 1.0.0, of which only `mobile_sam.modeling` is read: the package itself wants torchvision. It takes four
small functions from timm, which stand in here. The batch norms' statistics are those of the network on a picture of noise, a little changed, so
that every activation keeps to a sane size; a folder that is already complete is left alone.
"""

import importlib.machinery
import importlib.util
import json
import pathlib
import re
import sys
import types

import torch
from safetensors.torch import save_file
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil


def published():
    """The module mobile_sam.modeling."""
    if "mobile_sam.modeling" in sys.modules:
        return sys.modules["mobile_sam.modeling"]

    class DropPath(torch.nn.Identity):
        def __init__(self, drop_prob=None):
            super().__init__()

    layers, registry = types.ModuleType("timm.models.layers"), types.ModuleType("timm.models.registry")
    layers.DropPath, layers.trunc_normal_ = DropPath, torch.nn.init.trunc_normal_
    layers.to_2tuple = lambda x: x if isinstance(x, tuple) else (x, x)
    registry.register_model = lambda function: function
    stand_ins = {"timm": types.ModuleType("timm"), "timm.models": types.ModuleType("timm.models"), "timm.models.layers": layers, "timm.models.registry": registry}
    package = types.ModuleType("mobile_sam")
    package.__path__ = importlib.util.find_spec("mobile_sam").submodule_search_locations
    sys.modules.update({"mobile_sam": package, **stand_ins})
    import mobile_sam.modeling

    for name in stand_ins:
        del sys.modules[name]
    return mobile_sam.modeling


# The published names' parts, and the hub's for them; the image encoder keeps its own below `vision_encoder`.
RULES = [
    (r"^image_encoder\.neck\.0\.", "vision_encoder.neck.conv1."), (r"^image_encoder\.neck\.1\.", "vision_encoder.neck.layer_norm1."),
    (r"^image_encoder\.neck\.2\.", "vision_encoder.neck.conv2."), (r"^image_encoder\.neck\.3\.", "vision_encoder.neck.layer_norm2."),
    (r"^image_encoder\.", "vision_encoder."),
    (r"^prompt_encoder\.pe_layer\.positional_encoding_gaussian_matrix$", "shared_image_embedding.positional_embedding"),
    (r"^prompt_encoder\.point_embeddings\.", "prompt_encoder.point_embed."),
    (r"\.mask_downscaling\.0\.", ".mask_embed.conv1."), (r"\.mask_downscaling\.1\.", ".mask_embed.layer_norm1."),
    (r"\.mask_downscaling\.3\.", ".mask_embed.conv2."), (r"\.mask_downscaling\.4\.", ".mask_embed.layer_norm2."),
    (r"\.mask_downscaling\.6\.", ".mask_embed.conv3."),
    (r"\.output_upscaling\.0\.", ".upscale_conv1."), (r"\.output_upscaling\.1\.", ".upscale_layer_norm."), (r"\.output_upscaling\.3\.", ".upscale_conv2."),
    (r"(mask_decoder\.transformer.*)\.norm_final_attn\.", r"\1.layer_norm_final_attn."), (r"(mask_decoder\.transformer.*)\.norm(\d)\.", r"\1.layer_norm\2."),
]
UNUSED = re.compile(r"num_batches_tracked$|attention_bias_idxs$|^image_encoder\.(norm_head|head)\.")


def hub_names(state, depth):
    """The published state dict under the hub's names, without what is never used. `depth` of the score's perceptron."""
    def perceptron(name):
        found = re.match(r"(.*\.(?:iou_prediction_head|output_hypernetworks_mlps\.\d+))\.layers\.(\d+)\.(\w+)$", name)
        if not found:
            return name
        last = depth - 1 if "iou" in found[1] else 2
        i = int(found[2])
        return f"{found[1]}.{'proj_in' if i == 0 else 'proj_out' if i == last else f'layers.{i - 1}'}.{found[3]}"

    result = {}
    for name, value in state.items():
        if UNUSED.search(name):
            continue
        for pattern, replacement in RULES:
            name = re.sub(pattern, replacement, name)
        result[perceptron(name)] = value.detach().clone().contiguous()
    return result


FULL = dict(
    image_size=1024, embed_dims=[64, 128, 160, 320], depths=[2, 2, 6, 2], num_heads=[2, 4, 5, 10], window_sizes=[7, 7, 14, 7], mlp_ratio=4.0,
    mbconv_expand_ratio=4.0, local_conv_size=3, output_channels=256,
)
DECODER = dict(num_hidden_layers=2, mlp_dim=2048, num_attention_heads=8, num_multimask_outputs=3, iou_head_depth=3, iou_head_hidden_dim=256)


class Encoder(torch.nn.Module):
    """The published TinyViT at any size: it has 64 × 64 cells, 256 channels and the strides of its three widths written into it."""

    def __init__(self, vision):
        super().__init__()
        code = sys.modules[published().TinyViT.__module__]
        inner = code.TinyViT(
            img_size=vision["image_size"], embed_dims=vision["embed_dims"], depths=vision["depths"], num_heads=vision["num_heads"],
            window_sizes=vision["window_sizes"], mlp_ratio=vision["mlp_ratio"], mbconv_expand_ratio=vision["mbconv_expand_ratio"], drop_path_rate=0.0, num_classes=1,
        )
        width, out = vision["embed_dims"][-1], vision["output_channels"]
        if out != 256:
            inner.neck = torch.nn.Sequential(
                torch.nn.Conv2d(width, out, 1, bias=False), code.LayerNorm2d(out), torch.nn.Conv2d(out, out, 3, padding=1, bias=False), code.LayerNorm2d(out)
            )
        inner.layers[2].downsample.conv2.c.stride = (1, 1)
        for name, child in inner.named_children():
            self.add_module(name, child)
        self.img_size, self.grid = vision["image_size"], vision["image_size"] // 16

    def trunk(self, x):
        """[1, 3, S, S] to the neck's input, [1, C, h, w]."""
        x = self.patch_embed(x)
        for layer in self.layers:
            x = layer(x)
        return x.view(x.shape[0], self.grid, self.grid, -1).permute(0, 3, 1, 2)

    def forward(self, x):
        return self.neck(self.trunk(x))


def make(vision, decoder, seed, mask_channels=16):
    """A published `Sam` around the published TinyViT, every weight of which is at work."""
    code, out, grid = published(), vision["output_channels"], vision["image_size"] // 16
    model = code.Sam(
        image_encoder=Encoder(vision),
        prompt_encoder=code.PromptEncoder(embed_dim=out, image_embedding_size=(grid, grid), input_image_size=(vision["image_size"],) * 2, mask_in_chans=mask_channels),
        mask_decoder=code.MaskDecoder(
            num_multimask_outputs=decoder["num_multimask_outputs"], transformer_dim=out, iou_head_depth=decoder["iou_head_depth"],
            iou_head_hidden_dim=decoder["iou_head_hidden_dim"],
            transformer=code.TwoWayTransformer(depth=decoder["num_hidden_layers"], embedding_dim=out, mlp_dim=decoder["mlp_dim"], num_heads=decoder["num_attention_heads"]),
        ),
    ).eval()
    generator = torch.Generator().manual_seed(seed)

    def normal(p, deviation, mean=0.0):
        p.copy_(torch.randn(p.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        for name, p in model.named_parameters():
            if "attention_biases" in name:
                normal(p, 0.5)
            elif ".bn." in name or "norm" in name or re.search(r"neck\.[13]\.|downscaling\.[14]\.|upscaling\.1\.", name):
                normal(p, 0.15, 1.0 if name.endswith("weight") else 0.0)
            elif "token" in name and "attn" not in name or "point_embed" in name or "_embed.weight" in name:
                normal(p, 0.5)
            elif name.endswith("bias"):
                normal(p, 0.1)
            else:
                fan_in = p.shape[0] if "upscaling" in name else p[0].numel()
                normal(p, fan_in**-0.5)
        normal(model.prompt_encoder.pe_layer.positional_encoding_gaussian_matrix, 1.0)
        # One training pass over noise sets the running statistics to what passes there.
        norms = [m for m in model.image_encoder.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
            norm.train()
        model.image_encoder.trunk(torch.randn(1, 3, vision["image_size"], vision["image_size"], generator=generator))
        for norm in norms:
            norm.eval()
            norm.running_mean += torch.randn(norm.running_mean.shape, generator=generator) * 0.1 * norm.running_var.sqrt()
            norm.running_var *= torch.exp(torch.randn(norm.running_var.shape, generator=generator) * 0.3)
        for m in model.image_encoder.modules():  # the biases by place were kept from before they were drawn
            if hasattr(m, "ab"):
                m.train(False)
    return model


def configuration(vision, decoder, mask_channels=16):
    """config.json; a published size needs none of the prompt encoder's and decoder's."""
    config = dict(model_type="mobile_sam", vision_config=dict(model_type="tiny_vit", **vision), prompt_encoder_config={}, mask_decoder_config={})
    if vision != FULL:
        out = vision["output_channels"]
        config["prompt_encoder_config"] = dict(image_size=vision["image_size"], hidden_size=out, mask_input_channels=mask_channels)
        config["mask_decoder_config"] = dict(hidden_size=out, **decoder)
    return config


def save(model, folder, vision, decoder, mask_channels=16):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(configuration(vision, decoder, mask_channels), indent=2) + "\n")
    save_file(hub_names(model.state_dict(), decoder["iou_head_depth"]), folder / "model.safetensors", {"format": "pt"})
    size = vision["image_size"]
    SamImageProcessorPil(size={"longest_edge": size}, pad_size={"height": size, "width": size}).save_pretrained(folder)


def build(folder, seed=0):
    folder = pathlib.Path(folder)
    if not (folder / "complete").exists():
        model = make(FULL, DECODER, seed)
        save(model, folder, FULL, DECODER)
        torch.save(model.state_dict(), folder / "mobile_sam.pt")
        (folder / "complete").touch()
    return folder


def load(folder):
    """The model of a folder that `build` wrote."""
    model = make(FULL, DECODER, 0)
    model.load_state_dict(torch.load(pathlib.Path(folder) / "mobile_sam.pt", weights_only=True))
    for m in model.image_encoder.modules():
        if hasattr(m, "ab"):
            m.train(False)
    return model.eval()


if __name__ == "__main__":
    print(build(pathlib.Path(sys.argv[1]) / "mobilesam"))
