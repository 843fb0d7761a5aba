"""The CLIP that words-nano trains under CLIPSeg's decoder and OWL-ViT's heads: its shape, its first weights, and its parts by PyTorch.

clipseg-nano and owlvit-nano are both written from it. `see` and `read` are its encoders as transformers has them; what training runs is in fast.py.
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, OwlViTConfig, OwlViTForObjectDetection

import fast
from vocabulary import LENGTH

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PATCH = 16
TEACHERS = ("name_embedding", "object_head")  # what serves training alone


def configurations(side, tokenizer):
    text = dict(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4,
        max_position_embeddings=LENGTH, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=0,
    )  # fmt: skip
    vision = dict(hidden_size=192, intermediate_size=768, num_hidden_layers=6, num_attention_heads=3, image_size=side, patch_size=PATCH)
    both = dict(text_config=text, vision_config=vision, projection_dim=128)
    segmenting = dict(
        extract_layers=[1, 3, 5], reduce_dim=32, decoder_num_attention_heads=4, decoder_intermediate_size=256, use_complex_transposed_convolution=True
    )  # fmt: skip
    return CLIPSegConfig(**copy.deepcopy(both), **segmenting), OwlViTConfig(**copy.deepcopy(both))


class Words(nn.Module):
    """A CLIP with CLIPSeg's decoder and OWL-ViT's heads; and, where `names` are given, the table of their vectors and a head that tells objects."""

    def __init__(self, side, tokenizer, names=(), objects=0):
        super().__init__()
        segmenting, detecting = configurations(side, tokenizer)
        detector, segmenter = OwlViTForObjectDetection(detecting), CLIPSegForImageSegmentation(segmenting)
        self.clip, self.decoder = segmenter.clip, segmenter.decoder
        self.layer_norm, self.class_head, self.box_head = detector.layer_norm, detector.class_head, detector.box_head
        self.register_buffer("box_bias", detector.box_bias, persistent=False)
        self.tokenizer, self.side, self.taps = tokenizer, side, segmenting.extract_layers
        self.initialise()
        if names:
            self.name_embedding = nn.Parameter(rows_by_words(names, segmenting.projection_dim))
            self.object_head = nn.Linear(detecting.vision_config.hidden_size, objects)
            nn.init.zeros_(self.object_head.weight)

    def initialise(self):
        """A layer's outputs as large as its inputs, whatever the width; a block adds its share of the depth to the residual.

        With the usual 0.02, made for 768 channels, all texts get one embedding at these widths, and no word is learned for hundreds of steps.
        """
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=module.in_features**-0.5 * (0.3 if name.endswith(("out_proj", "fc2")) else 1))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                module.reset_parameters()
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.1 if "vision" in name else 0.02)
        for module in (self.class_head.logit_shift, self.class_head.logit_scale, self.box_head.dense2):
            nn.init.normal_(module.weight, std=0.02)
        nn.init.ones_(self.decoder.film_mul.bias)  # at first the features pass as they are
        # with places at random the model never learns which cells lie together: boxes stay at the cells' own places
        places = self.clip.vision_model.embeddings.position_embedding.weight
        places.data[1:] = waves(round((len(places) - 1) ** 0.5), places.shape[1])
        last = self.decoder.transposed_convolution[4].weight  # at first one value for a whole block
        last.data.copy_(last.data[:, :, :1, :1].expand_as(last))
        # logit = 10 · (cosine - 1.3) at first: no to all, as nearly every pair of cell and text deserves; else the first steps only push
        # all texts away from all cells, and so onto each other
        nn.init.constant_(self.class_head.logit_shift.bias, -1.3)
        nn.init.constant_(self.class_head.logit_scale.bias, 9.0)

    def clipseg(self):
        model = CLIPSegForImageSegmentation(configurations(self.side, self.tokenizer)[0])
        model.load_state_dict({name: value for name, value in self.state_dict().items() if name.startswith(("clip.", "decoder."))})
        return model.eval()

    def owlvit(self):
        model = OwlViTForObjectDetection(configurations(self.side, self.tokenizer)[1])
        named = lambda name: name.replace("clip.", "owlvit.", 1).replace("pre_layrnorm", "pre_layernorm") if name.startswith("clip.") else name
        model.load_state_dict({named(name): value for name, value in self.state_dict().items() if not name.startswith(("decoder.", *TEACHERS))})
        return model.eval()

    def rows(self):
        """The names' vectors, as long as a projection with initial weights: √channels."""
        return F.normalize(self.name_embedding.float(), dim=1) * self.name_embedding.shape[1] ** 0.5


def waves(cells, channels, height=0.3, longest=100.0):
    """First vectors of the places [cells², channels]: sines and cosines of row and column (Vaswani et al. 2017, 3.5, for both axes)."""
    place = torch.arange(cells)[:, None] * longest ** -(torch.arange(channels // 4) / (channels // 4))
    each = torch.cat([place.sin(), place.cos()], 1)
    row, column = each[:, None].expand(-1, cells, -1), each[None].expand(cells, -1, -1)
    return height * torch.cat([row, column], 2).flatten(0, 1)


def rows_by_words(names, channels):
    """First vectors [names, channels] of length 1: the sum of random vectors of a name's words, so names that share a word are alike."""
    words = sorted({word for name in names for word in name.split()})
    vectors = dict(zip(words, torch.randn(len(words), channels)))
    return F.normalize(torch.stack([sum(vectors[word] for word in name.split()) for name in names]), dim=1)


def resized(state, side):
    """The state with the vision model's position table stretched to a picture of `side`."""
    name, cells = "clip.vision_model.embeddings.position_embedding.weight", side // PATCH
    table = state.get(name)
    if table is None or len(table) == 1 + cells**2:
        return state
    before = round((len(table) - 1) ** 0.5)
    grid = table[1:].float().T.reshape(1, -1, before, before)
    grid = F.interpolate(grid, (cells, cells), mode="bicubic", align_corners=False).flatten(2)[0].T
    return state | {name: torch.cat([table[:1].float(), grid])}


def decoded(decoder, taps, conditions, count, pixel, cast):
    """CLIPSeg's decoder for `count` conditions per picture: taps [B, tokens, C], conditions [B·count, D], the pixel of each 4 x 4 block to
    compute, 0…15 [B·count] → logits [B·count, s/4, s/4]."""
    out, conditions = None, conditions.to(cast.dtype)
    for i, (activation, layer, reduce) in enumerate(zip(taps[::-1], decoder.layers, decoder.reduces)):
        reduced = fast.linear(cast, reduce, activation.to(cast.dtype)).repeat_interleave(count, 0)
        out = reduced if out is None else out + reduced
        if i == decoder.conditional_layer:
            out = fast.linear(cast, decoder.film_mul, conditions)[:, None] * out + fast.linear(cast, decoder.film_add, conditions)[:, None]
        out = fast.clip_decoder_layer(cast, layer, out)
    side = round((out.shape[1] - 1) ** 0.5)
    first, second, last = decoder.transposed_convolution[::2]
    spread = out[:, 1:].transpose(1, 2).unflatten(2, (side, side))
    spread = F.relu(F.conv2d(spread, cast(first.weight), cast(first.bias), padding=1)).flatten(2).transpose(1, 2)  # [N, cells, C]
    # a transposed convolution whose stride is its kernel: a linear layer for each cell
    weight = cast(second.weight).permute(2, 3, 1, 0).flatten(0, 2)  # [16 · c, C]
    spread = F.relu(F.linear(spread, weight, cast(second.bias).repeat(16))).unflatten(2, (16, -1)).flatten(1, 2)
    logits = (spread @ cast(last.weight)[:, 0].flatten(1).T[pixel][..., None]).float() + last.bias
    return logits.view(-1, side, side, 4, 4).transpose(2, 3).flatten(3).flatten(1, 2)


def corners(boxes):
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], -1)


def overlap(a, b):
    """IoU and generalised IoU of boxes given by corners; broadcasts."""
    least, most = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (most - least).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    iou = shared / union.clamp(min=1e-9)
    return iou, iou - (hull - union) / hull.clamp(min=1e-9)


def apart(boxes, real):
    """Of boxes by centre and size: the sum of the four differences, IoU and generalised IoU."""
    return (boxes - real).abs().sum(-1), *overlap(corners(boxes), corners(real))


def whole_features(model, tokens, cast):
    """OWL-ViT's features of cells, each times the class token: tokens [B, 1 + cells, C] → [B, cells, C]."""
    return fast.norm(cast, model.layer_norm, tokens[:, 1:] * tokens[:, :1])


def boxes_of(model, features, bias, cast):
    """OWL-ViT's box head: features [..., C], the cells' own boxes as `bias` [..., 4] → centre and size in 0…1."""
    head = model.box_head
    inner = F.gelu(fast.linear(cast, head.dense1, F.gelu(fast.linear(cast, head.dense0, features))))
    return (fast.linear(cast, head.dense2, inner).float() + bias).sigmoid()


def scores(embeds, queries, shift, scale):
    """OWL-ViT's class head after its dense layer: embeds [B, cells, C], queries [Q, C] → logits [B, cells, Q]."""
    cosine = F.normalize(embeds.float(), dim=-1) @ F.normalize(queries.float(), dim=-1).T
    return (cosine + shift.float()) * (F.elu(scale.float()) + 1)


# --- the encoders as transformers has them ---------------------------------------------------------------------------


def see(clip, pixels, taps):
    """The vision encoder's activations at the taps, shallow first."""
    vision = clip.vision_model
    hidden, tapped = vision.pre_layrnorm(vision.embeddings(pixels)), []
    for i, layer in enumerate(vision.encoder.layers):
        hidden = layer(hidden, attention_mask=None)
        if i in taps:
            tapped.append(hidden)
    return tapped


def read(clip, ids):
    return clip.text_projection(clip.text_model(input_ids=ids, attention_mask=(ids > 0).long()).pooler_output)
