"""sam-photo: sam-nano's neck, prompts and decoder on the first layers of an encoder that has seen photographs (dinov2.py).

The encoder is SAM's own architecture with patches of 14, every layer global and no relative positions. DINOv2's layer scales stay parameters of their own
while it trains (Adam would move folded weights too far) and go into the output projections at the end, so that what is written is a plain `SamModel`.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig

from compose import Composer, Library
from dinov2 import PLACES, backbone
from fast import linear, norm
from sam_nano import MEAN, STD, encode as encode_nano
from trainer import save_atomically

PATCH = 14
CHANNELS, HEADS, DEPTH = 384, 6, 8
FROZEN = 2  # layers that stay as they came, with patches and positions
WATCHED = 6  # the layer whose first head learns to look at its own instance
NANO = Path(__file__).resolve().parent.parent / "sam-nano"


def configuration(side, depth=DEPTH):
    return SamConfig(
        vision_config=SamVisionConfig(
            hidden_size=CHANNELS, output_channels=128, num_hidden_layers=depth, num_attention_heads=HEADS, image_size=side, patch_size=PATCH,
            mlp_dim=4 * CHANNELS, num_pos_feats=64, window_size=0, global_attn_indexes=list(range(depth)), use_rel_pos=False,
        ),
        prompt_encoder_config=SamPromptEncoderConfig(
            hidden_size=128, image_size=side, patch_size=PATCH, image_embedding_size=side // PATCH, mask_input_channels=16
        ),
        mask_decoder_config=SamMaskDecoderConfig(hidden_size=128, mlp_dim=512, num_attention_heads=4, iou_head_hidden_dim=128),
    )  # fmt: skip


def build(side, depth=DEPTH):
    """An empty model with layer scales, and gradients where it is to learn."""
    model = SamModel(configuration(side, depth))
    positions = model.shared_image_embedding.positional_embedding.requires_grad_(False)
    model.prompt_encoder.shared_embedding.positional_embedding = positions
    encoder = model.vision_encoder
    for layer in encoder.layers:
        layer.scale1, layer.scale2 = (nn.Parameter(torch.ones(CHANNELS)) for _ in range(2))
    for part in (encoder.patch_embed, *encoder.layers[:FROZEN]):
        part.requires_grad_(False)
    encoder.pos_embed.requires_grad_(False)
    return model


def folded(model):
    """The same model without layer scales."""
    with torch.no_grad():
        for layer in model.vision_encoder.layers:
            for scale, projection in ((layer.scale1, layer.attn.proj), (layer.scale2, layer.mlp.lin2)):
                projection.weight.mul_(scale[:, None])
                projection.bias.mul_(scale)
            del layer.scale1, layer.scale2
    return model


def placed(table, side):
    """Positions [1, h, w, C] for another picture size: bicubic, as DINOv2 has it."""
    grid = side // PATCH
    if table.shape[1:3] == (grid, grid):
        return table
    return F.interpolate(table.permute(0, 3, 1, 2).float(), (grid, grid), mode="bicubic").permute(0, 2, 3, 1).contiguous()


# --- the start -------------------------------------------------------------------------------------------------------


def resized(state, side):
    """A state for another picture size; positions are frozen, so they are stretched from DINOv2's own table, kept as `places`."""
    out = dict(state)
    if "vision_encoder.pos_embed" in state:
        out["vision_encoder.pos_embed"] = placed(state.get("places", state["vision_encoder.pos_embed"]), side)
    out.pop("places", None)
    return out


def of_dinov2(tensors, depth):
    """DINOv2's tensors by SAM's names."""
    out = {f"vision_encoder.patch_embed.projection.{end}": tensors[f"embeddings.patch_embeddings.projection.{end}"] for end in ("weight", "bias")}
    for i in range(depth):
        old, new = f"encoder.layer.{i}.", f"vision_encoder.layers.{i}."
        for end in ("weight", "bias"):
            out[f"{new}attn.qkv.{end}"] = torch.cat([tensors[f"{old}attention.attention.{part}.{end}"] for part in ("query", "key", "value")])
            for mine, theirs in (
                ("layer_norm1", "norm1"), ("layer_norm2", "norm2"), ("attn.proj", "attention.output.dense"), ("mlp.lin1", "mlp.fc1"), ("mlp.lin2", "mlp.fc2"),
            ):  # fmt: skip
                out[f"{new}{mine}.{end}"] = tensors[f"{old}{theirs}.{end}"]
        out[f"{new}scale1"], out[f"{new}scale2"] = tensors[f"{old}layer_scale1.lambda1"], tensors[f"{old}layer_scale2.lambda1"]
    return out


def start(root: Path, depth=DEPTH, scenes=48):
    """The state a run begins with: DINOv2's layers, sam-nano's other parts, and a first product of the neck that says of `scenes` composed scenes, by
    least squares, what sam-nano's says. It is made once and kept."""
    file = root / "sam-photo-start" / f"start-{depth}.pt"
    if file.exists():
        return torch.load(file, map_location="cpu", weights_only=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    tensors = backbone(root / "packages")
    nano = SamModel.from_pretrained(NANO, dtype=torch.float32).eval()
    state = {name: value for name, value in nano.state_dict().items() if not name.startswith("vision_encoder.") or name.startswith("vision_encoder.neck.")}
    state |= of_dinov2(tensors, depth)
    state["places"] = tensors["places"][None]
    grid = nano.config.vision_config.image_size // nano.config.vision_config.patch_size
    state["vision_encoder.neck.conv1.weight"] = torch.zeros(128, CHANNELS, 1, 1)
    state["vision_encoder.pos_embed"] = state["places"]
    model = build(grid * PATCH, depth)
    model.load_state_dict(resized(state, grid * PATCH))
    folded(model.eval())

    composer, said, seen = Composer(Library(root), grid * 16, seed=7), [], []
    nano.vision_encoder.neck.conv1.register_forward_hook(lambda _, __, value: said.append(value))
    model.vision_encoder.neck.conv1.register_forward_hook(lambda _, values, __: seen.append(values[0]))
    with torch.no_grad():
        for _ in range(scenes):
            picture = composer.scene(composer.choose(composer.pool(6))).picture
            encode_nano(nano, torch.from_numpy(picture.copy())[None])
            encode_nano(model, torch.from_numpy(smaller(picture, grid * PATCH))[None])
        cells, wanted = (torch.cat(each).permute(0, 2, 3, 1).flatten(0, 2).double() for each in (seen, said))
        ridge = 1e-3 * cells.square().mean() * len(cells) * torch.eye(CHANNELS, dtype=torch.double)
        fit = torch.linalg.solve(cells.T @ cells + ridge, cells.T @ wanted)
        left = (cells @ fit - wanted).square().mean() / wanted.var(0).mean()
    print(f"the neck's start leaves {float(left):.2f} of sam-nano's variance", flush=True)
    state["vision_encoder.neck.conv1.weight"] = fit.T.float()[..., None, None].contiguous()
    save_atomically(state, file)
    return state


def smaller(picture, side):
    """A picture [s, s, 3] uint8 scaled to `side`."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BILINEAR)).copy()


# --- the encoder, for training ---------------------------------------------------------------------------------------


def patches(pictures, dtype):
    """[B, side, side, 3] uint8 → [B, cells, 588] normalised, a patch's values by row, column, channel."""
    count, side = pictures.shape[:2]
    rows = pictures.view(count, side // PATCH, PATCH, side // PATCH, PATCH * 3).permute(0, 1, 3, 2, 4)
    scale = (1 / 255 / torch.tensor(STD)).repeat(PATCH * PATCH).to(pictures.device)
    shift = (torch.tensor(MEAN) / torch.tensor(STD)).repeat(PATCH * PATCH).to(pictures.device)
    return rows.reshape(count, -1, PATCH * PATCH * 3).float().mul_(scale).sub_(shift).to(dtype)


def layer_of(cast, layer, hidden, watched=None):
    """One layer over hidden [B, cells, C] float32; the first head's scores [B, cells, cells] are added to the list `watched`."""
    heads = layer.attn.num_attention_heads
    qkv = linear(cast, layer.attn.qkv, norm(cast, layer.layer_norm1, hidden))
    query, key, value = qkv.unflatten(2, (3, heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
    if watched is not None:
        watched.append((query[:, 0] * layer.attn.scale) @ key[:, 0].transpose(1, 2))
    seen = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
    hidden = hidden + linear(cast, layer.attn.proj, seen).float() * layer.scale1
    inner = F.gelu(linear(cast, layer.mlp.lin1, norm(cast, layer.layer_norm2, hidden)))
    return hidden + linear(cast, layer.mlp.lin2, inner).float() * layer.scale2


def encode(model, pictures, cast, watched=None):
    """pictures [B, side, side, 3] uint8 → features [B, 128, g, g] in the products' precision; the scores of the watched layer's first head are added
    to the list `watched`."""
    encoder, grid = model.vision_encoder, pictures.shape[1] // PATCH
    with torch.no_grad():
        projection = encoder.patch_embed.projection
        hidden = F.linear(patches(pictures, cast.dtype), cast(projection.weight).permute(0, 2, 3, 1).flatten(1), cast(projection.bias)).float()
        hidden = hidden + encoder.pos_embed.flatten(1, 2)
        for layer in encoder.layers[:FROZEN]:
            hidden = layer_of(cast, layer, hidden)
    for i, layer in enumerate(encoder.layers[FROZEN:], FROZEN):
        hidden = layer_of(cast, layer, hidden, watched if i == WATCHED else None)
    neck = encoder.neck
    x = F.linear(hidden.to(cast.dtype), cast(neck.conv1.weight).flatten(1))
    x = norm(cast, neck.layer_norm1, x).unflatten(1, (grid, grid))
    x = F.conv2d(x.permute(0, 3, 1, 2), cast(neck.conv2.weight), padding=1)
    return norm(cast, neck.layer_norm2, x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
