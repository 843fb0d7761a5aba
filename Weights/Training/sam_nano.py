"""sam-nano: its configuration, its initial values, and a decoder that takes PerSAM's guidance in the original arithmetic."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig
from transformers.models.sam.modeling_sam import SamPositionalEmbedding

PATCH = 16
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def configuration(side):
    return SamConfig(
        vision_config=SamVisionConfig(
            hidden_size=192, output_channels=128, num_hidden_layers=6, num_attention_heads=3, image_size=side, patch_size=PATCH,
            mlp_dim=768, num_pos_feats=64, window_size=8, global_attn_indexes=[2, 5],
        ),
        prompt_encoder_config=SamPromptEncoderConfig(
            hidden_size=128, image_size=side, patch_size=PATCH, image_embedding_size=side // PATCH, mask_input_channels=16
        ),
        mask_decoder_config=SamMaskDecoderConfig(hidden_size=128, mlp_dim=512, num_attention_heads=4, iou_head_hidden_dim=128),
    )  # fmt: skip


def build(side):
    """A SamModel with initial values that train: transformers' own give the encoder weights of 1e-10 and a Fourier matrix of noise."""
    model = SamModel(configuration(side))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.reset_parameters()
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.5)
        elif isinstance(module, SamPositionalEmbedding):
            nn.init.normal_(module.positional_embedding, std=1.0)
    nn.init.normal_(model.vision_encoder.pos_embed, std=0.02)
    positions = model.shared_image_embedding.positional_embedding.requires_grad_(False)
    model.prompt_encoder.shared_embedding.positional_embedding = positions
    return model


def resized(state, side):
    """A state (or optimiser moments by the same names) for another picture size: position tables stretched bilinearly."""
    model = build(side)
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    out = {}
    for name, tensor in state.items():
        shape = wanted[name]
        if tensor.shape != shape and name.endswith("pos_embed"):
            tensor = F.interpolate(tensor.permute(0, 3, 1, 2).float(), shape[1:3], mode="bilinear").permute(0, 2, 3, 1).contiguous()
        elif tensor.shape != shape:  # rel_pos_h, rel_pos_w of the global layers: [2·grid-1, head channels]
            tensor = F.interpolate(tensor.T[None].float(), shape[0], mode="linear")[0].T.contiguous()
        out[name] = tensor
    return out


def encode(model, pictures):
    """pictures [B, side, side, 3] uint8 → features [B, 128, g, g]."""
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    pixels = (pictures.permute(0, 3, 1, 2).float() / 255 - mean) / std
    encoder = model.vision_encoder
    hidden = encoder.patch_embed(pixels) + encoder.pos_embed
    for layer in encoder.layers:
        hidden = layer(hidden)
    return encoder.neck(hidden)


# --- the decoder, one prompt per row ---------------------------------------------------------------------------------


def attend(layer, query, key, value, similarity=None):
    """transformers' SamAttention; with `similarity` [N, 1, 1, keys], PerSAM's softmax(softmax(qk) + similarity)."""

    def heads(tensor):
        return tensor.unflatten(-1, (layer.num_attention_heads, -1)).transpose(1, 2)

    query, key, value = heads(layer.q_proj(query)), heads(layer.k_proj(key)), heads(layer.v_proj(value))
    weights = torch.softmax((query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2), -1, torch.float32)
    if similarity is not None:
        weights = torch.softmax(weights + similarity, -1)
    out = weights.to(value.dtype) @ value
    return layer.out_proj(out.transpose(1, 2).flatten(2))


def decode(model, features, sparse, dense, positions, similarity=None, target=None):
    """Masks and predicted IoU for one prompt per row; all four mask tokens.

    features [N, C, g, g] · sparse [N, points, C] · dense [N, C, g, g] · positions [1, C, g, g] · similarity [N, 1, 1, g·g],
    target [N, 1, C] (PerSAM's guidance, sections 1.5 and 1.6 of the paper's code: the target also joins the query positions,
    because the original adds it in place) → logits [N, 4, 4g, 4g], IoU [N, 4]
    """
    decoder = model.mask_decoder
    count, channels, grid, _ = features.shape
    output = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([output.expand(count, -1, -1).to(sparse.dtype), sparse], 1)
    keys = (features + dense).flatten(2).transpose(1, 2)
    key_pe = positions.flatten(2).transpose(1, 2)
    pe = tokens if target is None else tokens + target
    queries = tokens
    for block in decoder.transformer.layers:
        if target is not None:
            queries = queries + target
        if block.skip_first_layer_pe:
            queries = attend(block.self_attn, queries, queries, queries)
        else:
            queries = queries + attend(block.self_attn, queries + pe, queries + pe, queries)
        queries = block.layer_norm1(queries)
        queries = block.layer_norm2(queries + attend(block.cross_attn_token_to_image, queries + pe, keys + key_pe, keys, similarity))
        queries = block.layer_norm3(queries + block.mlp(queries))
        keys = block.layer_norm4(keys + attend(block.cross_attn_image_to_token, keys + key_pe, queries + pe, queries))
    query = queries + pe if target is None else queries + pe + target
    transformer = decoder.transformer
    queries = transformer.layer_norm_final_attn(queries + attend(transformer.final_attn_token_to_image, query, keys + key_pe, keys))
    image = keys.transpose(1, 2).unflatten(2, (grid, grid))
    image = decoder.activation(decoder.upscale_layer_norm(decoder.upscale_conv1(image)))
    image = decoder.activation(decoder.upscale_conv2(image))
    hyper = torch.stack([decoder.output_hypernetworks_mlps[i](queries[:, 1 + i]) for i in range(4)], 1)
    logits = (hyper @ image.flatten(2)).unflatten(2, image.shape[2:])
    return logits.float(), decoder.iou_prediction_head(queries[:, 0]).float()


def prompt(model, points=None, labels=None, box=None, mask=None):
    """Prompt embeddings of one prompt per row: points [N, n, 2], labels [N, n], box [N, 4] in model pixels, mask [N, 1, 4g, 4g]."""
    encoder = model.prompt_encoder
    parts = []
    with torch.autocast("cuda" if torch.cuda.is_available() else "cpu", enabled=False):  # bf16 cannot tell neighbouring pixels apart
        if points is not None:
            parts.append(encoder._embed_points(points[:, None], labels[:, None], pad=box is None)[:, 0])
        if box is not None:
            parts.append(encoder._embed_boxes(box[:, None])[:, 0])
    sparse = torch.cat(parts, 1)
    if mask is not None:
        dense = encoder.mask_embed(mask)
    else:
        grid = encoder.image_embedding_size[0]
        dense = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(len(sparse), -1, grid, grid)
    return sparse, dense


def image_positions(model):
    """The Fourier positions of the grid's cells, [1, C, g, g]."""
    with torch.autocast("cuda" if torch.cuda.is_available() else "cpu", enabled=False):
        return model.get_image_wide_positional_embeddings()


def similarity_map(features, target):
    """Cosine of every cell with the target: features [N, C, g, g], target [N, C] → [N, g, g]."""
    return torch.einsum("nchw,nc->nhw", F.normalize(features, dim=1), F.normalize(target, dim=1))
