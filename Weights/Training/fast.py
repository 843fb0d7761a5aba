"""SAM's encoder and decoder, and CLIP's layers, for training on a processor: transformers' numbers from fewer and cheaper kernels.

check_fast.py compares both, values and gradients.

Every weight is cast once a step; patches, windows and upscaling are plain matrix products; the relative positions are further
channels of queries and keys; heads are kept apart by zeros where one side has few tokens. Tokens run by windows in the encoder, pixels
of a mask by cells (`by_cells`) in the decoder and the losses.
"""

import torch
import torch.nn.functional as F

from sam_nano import MEAN, PATCH, STD


class Cast:
    """A parameter in the precision of the products, cast once; make a new one for every step."""

    def __init__(self, dtype=torch.bfloat16):
        self.dtype, self.known = dtype, {}

    def __call__(self, parameter, factor=1):
        if parameter is None:
            return None
        key = id(parameter), factor
        if key not in self.known:
            self.known[key] = (parameter if factor == 1 else parameter * factor).to(self.dtype)
        return self.known[key]


def linear(cast, layer, x, factor=1):
    return F.linear(x, cast(layer.weight, factor), cast(layer.bias, factor))


def norm(cast, layer, x):
    """A layer norm of x as it comes; the result in the products' precision."""
    if x.dtype != layer.weight.dtype:
        return F.layer_norm(x, layer.normalized_shape, cast(layer.weight), cast(layer.bias), layer.eps)
    return F.layer_norm(x, layer.normalized_shape, layer.weight, layer.bias, layer.eps).to(cast.dtype)


# --- CLIP's layers ---------------------------------------------------------------------------------------------------

QUICK = 1.702  # quick_gelu(x) = silu(1.702 x) / 1.702; both factors go into the weights


def attend(cast, layer, x, hidden=None, watched=None):
    """CLIPAttention of x [N, t, C]; hidden [t, t] or [N, 1, t, t]: what a score loses, for a causal or padded sequence; the first head's scores
    [N, t, t] are added to the list `watched`."""
    heads, (count, tokens, channels) = layer.num_heads, x.shape
    weight = torch.cat([cast(layer.q_proj.weight, layer.scale), cast(layer.k_proj.weight), cast(layer.v_proj.weight)])
    bias = torch.cat([cast(layer.q_proj.bias, layer.scale), cast(layer.k_proj.bias), cast(layer.v_proj.bias)])
    query, key, value = F.linear(x, weight, bias).view(count, tokens, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
    scores = query @ key.transpose(2, 3)
    if watched is not None:
        watched.append(scores[:, 0])
    if hidden is not None:
        scores = scores + hidden
    return linear(cast, layer.out_proj, (scores.softmax(-1) @ value).transpose(1, 2).flatten(2))


def clip_mlp(cast, mlp, x):
    return F.linear(F.silu(linear(cast, mlp.fc1, x, QUICK)), cast(mlp.fc2.weight, 1 / QUICK), cast(mlp.fc2.bias))


def clip_layer(cast, layer, x, hidden=None, watched=None):
    """CLIPEncoderLayer: x [N, t, C] float32."""
    x = x + attend(cast, layer.self_attn, norm(cast, layer.layer_norm1, x), hidden, watched).float()
    return x + clip_mlp(cast, layer.mlp, norm(cast, layer.layer_norm2, x)).float()


def clip_decoder_layer(cast, layer, x):
    """CLIPSegDecoderLayer, which norms after each part and has a ReLU: x [N, t, C] in the products' precision."""
    x = norm(cast, layer.layer_norm1, x + attend(cast, layer.self_attn, x))
    return norm(cast, layer.layer_norm2, x + linear(cast, layer.mlp.fc2, F.relu(linear(cast, layer.mlp.fc1, x))))


def see(clip, pictures, taps, cast, kept=None, watched=()):
    """CLIP's vision encoder: pictures [B, side, side, 3] uint8 → activations at the taps, shallow first, all tokens after the last norm
    in the products' precision, the class token first, and the first heads' scores [B, 1 + cells, 1 + cells] in the layers `watched`; of
    cells `kept` [B, n] alone, where given."""
    vision, grid = clip.vision_model, pictures.shape[1] // PATCH
    embed, places = vision.embeddings, vision.embeddings.position_embedding.weight
    cells = F.linear(patches(pictures, grid, cast.dtype), cast(embed.patch_embedding.weight).permute(0, 2, 3, 1).flatten(1)).float() + places[1:]
    if kept is not None:
        cells = cells.gather(1, kept[..., None].expand(-1, -1, cells.shape[2]))
    hidden = torch.cat([(embed.class_embedding + places[0]).expand(len(cells), 1, -1), cells], 1)
    first = vision.pre_layrnorm
    hidden, tapped = F.layer_norm(hidden, first.normalized_shape, first.weight, first.bias, first.eps), []
    scores = []
    for i, layer in enumerate(vision.encoder.layers):
        hidden = clip_layer(cast, layer, hidden, watched=scores if i in watched else None)
        if i in taps:
            tapped.append(hidden)
    return tapped, norm(cast, vision.post_layernorm, hidden), scores


def read(clip, ids, cast):
    """CLIP's text encoder: ids [T, t] → embeddings [T, D]."""
    text, tokens = clip.text_model, ids.shape[1]
    hidden = F.embedding(ids, text.embeddings.token_embedding.weight) + text.embeddings.position_embedding.weight[:tokens]
    later = torch.ones(tokens, tokens, dtype=torch.bool, device=ids.device).triu(1)
    lost = torch.zeros(len(ids), 1, tokens, tokens, dtype=cast.dtype, device=ids.device).masked_fill_(later | (ids == 0)[:, None, None], -1e4)
    for layer in text.encoder.layers:
        hidden = clip_layer(cast, layer, hidden, lost)
    end = (ids == text.eos_token_id).int().argmax(1)
    pooled = hidden[torch.arange(len(ids), device=ids.device), end]
    return linear(cast, clip.text_projection, norm(cast, text.final_layer_norm, pooled)).float()


# --- SAM's encoder ---------------------------------------------------------------------------------------------------


def patches(pictures, window, dtype):
    """[B, side, side, 3] uint8 → [B, cells, 768] normalised, cells by windows, a patch's values by row, column, channel."""
    count, side = pictures.shape[:2]
    across = side // PATCH // window
    rows = pictures.view(count, across, window, PATCH, across, window, PATCH * 3).permute(0, 1, 4, 2, 5, 3, 6)
    scale = (1 / 255 / torch.tensor(STD)).repeat(PATCH * PATCH).to(pictures.device)
    shift = (torch.tensor(MEAN) / torch.tensor(STD)).repeat(PATCH * PATCH).to(pictures.device)
    return rows.reshape(count, -1, PATCH * PATCH * 3).float().mul_(scale).sub_(shift).to(dtype)


def relative(cast, table, size, scale):
    """[query place, key place, channels] of one axis, for queries that are already scaled."""
    place = torch.arange(size, device=table.device)
    return cast(table)[place[:, None] - place + size - 1] * (1 / scale)


def attend_vision(cast, layer, x, across, window, watched=None):
    """SamVisionAttention over x [N, across²·window², C], `across` windows a side in each sequence; the first head's scores [N, cells, cells] are
    added to the list `watched`."""
    heads, size = layer.num_attention_heads, across * window
    count, cells, channels = x.shape
    scaled = torch.cat([torch.full((channels, 1), layer.scale), torch.ones(2 * channels, 1)]).to(x.device, cast.dtype)
    qkv = F.linear(x, cast(layer.qkv.weight) * scaled, cast(layer.qkv.bias) * scaled[:, 0])
    query, key, value = qkv.view(count, cells, 3, heads, -1).permute(2, 0, 3, 1, 4).flatten(1, 2).unbind(0)
    places = query.view(-1, across, across, window, window, query.shape[-1])
    down = relative(cast, layer.rel_pos_h, size, layer.scale).view(across, window, size, -1)
    right = relative(cast, layer.rel_pos_w, size, layer.scale).view(across, window, size, -1)
    down = torch.einsum("nyxijc,yikc->nyxijk", places, down).reshape(-1, cells, size)
    right = torch.einsum("nyxijc,xjkc->nyxijk", places, right).reshape(-1, cells, size)
    place = torch.arange(size, device=x.device).view(across, window)
    one = torch.eye(size, dtype=cast.dtype, device=x.device)
    shape = (across, across, window, window, size)
    is_down, is_right = (one[p].expand(shape).reshape(cells, size) for p in (place[:, None, :, None], place[None, :, None, :]))
    selects = torch.cat([is_down, is_right], 1).expand(len(key), -1, -1)
    scores = torch.cat([query, down, right], 2) @ torch.cat([key, selects], 2).transpose(1, 2)
    if watched is not None:
        watched.append(scores.view(count, heads, cells, cells)[:, 0])
    out = scores.softmax(-1) @ value
    return linear(cast, layer.proj, out.view(count, heads, cells, -1).transpose(1, 2).flatten(2))


def encode(model, pictures, cast, watched=None):
    """pictures [B, side, side, 3] uint8, side a multiple of the windows' → features [B, C, g, g] in the products' precision; the first heads' scores
    [B, cells, cells] of the global layers, cells by windows, are added to the list `watched`."""
    encoder, count, grid = model.vision_encoder, len(pictures), pictures.shape[1] // PATCH
    window = max(layer.window_size for layer in encoder.layers)
    across = grid // window
    projection = encoder.patch_embed.projection
    hidden = F.linear(patches(pictures, window, cast.dtype), cast(projection.weight).permute(0, 2, 3, 1).flatten(1), cast(projection.bias))
    positions = encoder.pos_embed.view(1, across, window, across, window, -1).transpose(2, 3).flatten(1, 4)
    hidden = hidden.float() + positions
    for layer in encoder.layers:
        x = norm(cast, layer.layer_norm1, hidden)
        if layer.window_size:
            x = attend_vision(cast, layer.attn, x.view(count * across**2, window**2, -1), 1, window).view_as(x)
        else:
            x = attend_vision(cast, layer.attn, x, across, window, watched)
        hidden = hidden + x.float()
        x = linear(cast, layer.mlp.lin1, norm(cast, layer.layer_norm2, hidden))
        hidden = hidden + linear(cast, layer.mlp.lin2, F.gelu(x)).float()
    neck = encoder.neck
    x = F.linear(hidden.to(cast.dtype), cast(neck.conv1.weight).flatten(1))
    x = norm(cast, neck.layer_norm1, x).view(count, across, across, window, window, -1).transpose(2, 3).reshape(count, grid, grid, -1)
    x = F.conv2d(x.permute(0, 3, 1, 2), cast(neck.conv2.weight), padding=1)
    return norm(cast, neck.layer_norm2, x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# --- SAM's decoder, one prompt per row ---------------------------------------------------------------------------


def by_cells(masks):
    """[…, 4g, 4g] → […, 16·g²]: cell, its quarter, the quarter's quarter, as the upscaling makes them."""
    grid = masks.shape[-1] // 4
    shape = masks.shape[:-2]
    split = masks.reshape(-1, grid, 2, 2, grid, 2, 2)  # y: cell, half, half; x likewise
    return split.permute(0, 1, 4, 2, 5, 3, 6).reshape(*shape, -1)


def in_rows(values):
    """The inverse of by_cells."""
    grid = round((values.shape[-1] // 16) ** 0.5)
    shape = values.shape[:-1]
    return values.reshape(-1, grid, grid, 2, 2, 2, 2).permute(0, 1, 3, 5, 2, 4, 6).reshape(*shape, 4 * grid, 4 * grid)


def of_heads(tokens, heads):
    """Which channels are a head's: [heads, 1, C] of zeros and ones."""
    return torch.eye(heads, dtype=tokens.dtype, device=tokens.device).repeat_interleave(tokens.shape[-1] // heads, 1)[:, None]


def apart(tokens, heads):
    """[N, t, C] → [N, heads·t, C]: once per head, zero outside the head's channels."""
    return (tokens[:, None] * of_heads(tokens, heads)).flatten(1, 2)


def together(tokens, heads):
    """The inverse: of each head's tokens its own channels, [N, heads·t, C] → [N, t, C]."""
    return (tokens.unflatten(1, (heads, -1)) * of_heads(tokens, heads)).sum(1)


def from_tokens(cast, layer, query, key, value, similarity=None):
    """SamAttention of a few tokens (to tokens or to the image); key and value before their projections."""
    heads = layer.num_attention_heads
    query, key, value = linear(cast, layer.q_proj, query), linear(cast, layer.k_proj, key), linear(cast, layer.v_proj, value)
    query = apart(query * (query.shape[-1] // heads) ** -0.5, heads)
    weights = (query @ key.transpose(1, 2)).softmax(-1)
    if similarity is not None:
        weights = torch.softmax(weights + similarity, -1)
    return linear(cast, layer.out_proj, together(weights @ value, heads))


def from_image(cast, layer, query, key, value):
    """SamAttention of the image's cells to a few tokens."""
    heads, tokens = layer.num_attention_heads, key.shape[1]
    query, key, value = linear(cast, layer.q_proj, query), linear(cast, layer.k_proj, key), linear(cast, layer.v_proj, value)
    key = apart(key * (key.shape[-1] // heads) ** -0.5, heads)
    weights = (query @ key.transpose(1, 2)).unflatten(2, (heads, tokens)).softmax(-1)
    return linear(cast, layer.out_proj, weights.flatten(2) @ apart(value, heads))


def decode(model, keys, sparse, key_pe, cast, similarity=None, target=None):
    """The decoder up to the masks' factors: keys [N, cells, C] (features and dense prompts), sparse [N, points, C], key_pe [1, cells, C],
    similarity [N, 1, cells] and target [N, 1, C] (PerSAM's guidance) → hyper [N, 4, c], pixels [N, 16·cells, c], IoU [N, 4]."""
    decoder = model.mask_decoder
    transformer, count = decoder.transformer, len(sparse)
    output = torch.cat([cast(decoder.iou_token.weight), cast(decoder.mask_tokens.weight)])
    pe = tokens = torch.cat([output.expand(count, -1, -1), sparse.to(cast.dtype)], 1)
    if target is not None:
        target = target.to(cast.dtype)
        pe = tokens + target
    queries, layer_norm = tokens, lambda layer, x: norm(cast, layer, x)
    for block in transformer.layers:
        if target is not None:
            queries = queries + target
        if block.skip_first_layer_pe:
            queries = from_tokens(cast, block.self_attn, queries, queries, queries)
        else:
            queries = queries + from_tokens(cast, block.self_attn, queries + pe, queries + pe, queries)
        queries, placed = layer_norm(block.layer_norm1, queries), keys + key_pe
        queries = layer_norm(block.layer_norm2, queries + from_tokens(cast, block.cross_attn_token_to_image, queries + pe, placed, keys, similarity))
        inner = F.relu(linear(cast, block.mlp.lin1, queries))
        queries = layer_norm(block.layer_norm3, queries + linear(cast, block.mlp.lin2, inner))
        keys = layer_norm(block.layer_norm4, keys + from_image(cast, block.cross_attn_image_to_token, placed, queries + pe, queries))
    query = queries + pe if target is None else queries + pe + target
    queries = queries + from_tokens(cast, transformer.final_attn_token_to_image, query, keys + key_pe, keys)
    queries = layer_norm(transformer.layer_norm_final_attn, queries)

    def upscaled(layer, x):  # a transposed convolution whose stride is its kernel: a product for each cell
        weight = cast(layer.weight).permute(2, 3, 1, 0).flatten(0, 2)
        return F.linear(x, weight, cast(layer.bias).repeat(4)).unflatten(-1, (4, -1)).flatten(1, 2)

    pixels = F.gelu(layer_norm(decoder.upscale_layer_norm, upscaled(decoder.upscale_conv1, keys)))
    pixels = F.gelu(upscaled(decoder.upscale_conv2, pixels))

    def head(mlp, x):
        x = F.relu(linear(cast, mlp.proj_in, x))
        for layer in mlp.layers:
            x = F.relu(linear(cast, layer, x))
        return linear(cast, mlp.proj_out, x)

    hyper = torch.stack([head(mlp, queries[:, 1 + i]) for i, mlp in enumerate(decoder.output_hypernetworks_mlps)], 1)
    return hyper, pixels, head(decoder.iou_prediction_head, queries[:, 0]).float()


def mask_prompt(model, mask, cast):
    """SamMaskEmbedding of masks by cells [N, 16·cells] → [N, cells, C]."""
    embed = model.prompt_encoder.mask_embed
    convolution = lambda layer, x: F.linear(x, cast(layer.weight).permute(0, 2, 3, 1).flatten(1), cast(layer.bias))
    x = convolution(embed.conv1, mask.to(cast.dtype).unflatten(1, (-1, 4)))  # [N, 4·cells, 4]
    x = F.gelu(norm(cast, embed.layer_norm1, x)).flatten(1).unflatten(1, (-1, 4 * x.shape[-1]))  # quarter, channel
    x = F.gelu(norm(cast, embed.layer_norm2, convolution(embed.conv2, x)))
    return convolution(embed.conv3, x)


def masks_of(hyper, pixels):
    """hyper [N, K, c], pixels [N, p, c] → float32 logits [N, K, p]; in this order the gradient by the pixels lies as they do, which its kernels need."""
    return (pixels @ hyper.transpose(1, 2)).transpose(1, 2).contiguous().float()


class MaskLoss(torch.autograd.Function):
    """Binary cross-entropy + dice of logits [N, K, p] against coverage [N, p] → [N, K]."""

    @staticmethod
    def forward(context, logits, truth):
        p = logits.sigmoid()
        sure = torch.maximum(p, 1 - p).log_()  # -log(1 + exp(-|x|))
        overlap = (p @ truth[..., None])[..., 0]
        entropy = (logits.clamp(min=0).sub_(sure).sum(2) - (logits @ truth[..., None])[..., 0]) / logits.shape[2]
        total = p.sum(2) + truth.sum(1, keepdim=True) + 1
        context.save_for_backward(p, truth, overlap, total)
        return entropy + 1 - (2 * overlap + 1) / total

    @staticmethod
    def backward(context, grad):
        p, truth, overlap, total = context.saved_tensors
        grad, truth = grad[..., None], truth[:, None]
        of_p, of_both = ((2 * overlap + 1) / total**2)[..., None], (2 / total)[..., None]
        inner = torch.addcmul(of_p, of_both, truth, value=-1).mul_(p).mul_(1 - p)  # the dice's, by the logits
        return inner.add_(p - truth, alpha=1 / p.shape[2]).mul_(grad), None
