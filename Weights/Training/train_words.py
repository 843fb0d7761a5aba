"""Trains the two models that read words, clipseg-nano and owlvit-nano, together from nothing.

    python train_words.py                               # two CPU cores
    python train_words.py --device cuda --alone 4000 --stages 128x256:4000,256x64:100000 --rate 2e-3 --workers 12

Both are a CLIP of the same shape with a head, so one CLIP is trained under both heads and export.py writes it twice: half the
time of two runs. Every picture is asked
  - every name there is, of every covered cell (by owlvit-nano's class head, and by the CLIP's projection), plainer and faster to learn than
    masks and boxes;
  - every text of the batch, of every cell (owlvit-nano's class head as it is used, with its thresholds);
  - every object of the batch by the class embedding of one instance in another picture (one-shot detection);
  - two texts that fit something in it, one that fits nothing, and a crop of one of its objects or a mix of that crop with a fitting
    text (clipseg-nano's masks; the text weighted above a half in a mix, as the original was trained).
What is hard to say (an apple for "red apple") counts neither way.

Words are learned by way of a table: every name has a vector of its own, a row that no model keeps. Cells learn against all rows, like a
classifier; the text encoder learns to say the row for the name, from texts alone; masks and boxes are asked for with what it says. Learned
together from nothing, all texts fall onto one embedding: all cells look alike at first, so the pictures pull every text along one direction.
The first steps (`--alone`) are nothing but that, on small pictures, and of the later ones every second: a batch of whole questions has few
objects in it, and of its cells' names little but noise would reach the encoder.

Boxes: every cell that an instance covers for the most part predicts its box; of them the one with the least cost (box and class) has to
say yes, those with a good box may, all others must not. Masks: one of the 16 pixels of each 4 x 4 block, another one for
each picture and question, so the last layer learns the full resolution at a sixteenth of the cost.
"""

import argparse
import copy
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, OwlViTConfig, OwlViTForObjectDetection

import fast
from fetch import default_root
from text_batches import HIDDEN, LENGTH, MOST, NONE, TextBatches, answers, every_name, named_library, trained_tokenizer
from trainer import add_arguments, train

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PATCH = 16
TEACHERS = ("name_embedding", "object_head")  # what serves training alone
GROUPING = (2, 3, 4)  # layers whose first head learns to look at the cells of its own instance
CELLS = 1024  # compared with all names in a step
FITTING = 2  # texts asked of each picture that fit something in it
ASKED = FITTING + 2  # and one that fits nothing, and a crop or a mix


# --- the models -------------------------------------------------------------------------------------------------------


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


# --- the losses -------------------------------------------------------------------------------------------------------


def focal(logits, target, ignore, alpha=0.3, gamma=2.0):
    """The focal loss, summed over everything not ignored."""
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    missed = torch.where(target > 0, 1 - p, p)
    return (entropy * missed**gamma * torch.where(target > 0, alpha, 1 - alpha)).masked_fill(ignore, 0).sum()


def contrast(logits, fits, weight):
    """Every fitting text against those that do not fit: logits and fits [N, T], weight [N] → the weighted mean, and how often the best is one."""
    others = logits.masked_fill(fits != 0, -1e4)
    against = others.logsumexp(1)
    row, text = torch.where(fits == 1)
    own = logits[row, text]
    count = torch.bincount(row, minlength=len(logits))
    loss = torch.zeros_like(against).index_add(0, row, F.softplus(against[row] - own)) / count.clamp(min=1)
    best = torch.full_like(against, -1e4).scatter_reduce(0, row, own.detach(), "amax") > others.detach().amax(1)
    weight = weight * (count > 0)
    total = weight.sum().clamp(min=1e-6)
    return (loss * weight).sum() / total, (best * weight).sum() / total


def step_loss(model, batch, cast, fits_all):
    pictures, device = len(batch["pictures"]), batch["pictures"].device
    taps, tokens, scores = fast.see(model.clip, torch.cat([batch["pictures"], batch["crops"]]), model.taps, cast, watched=GROUPING)
    fits, which, count = batch["fits"].long(), batch["which"], batch["fits"].shape[1]
    by_name, texts, figures = text_loss(model, batch, cast)
    texts = texts[:count]
    answers = fits[which] * batch["present"][..., None]  # [B, 10, T]
    owner = batch["owner"].long()  # [B, cells], NONE where no instance covers the cell for the most part
    picture, cell = torch.where(owner < NONE)
    by_cell, seen = cell_loss(model, tokens, picture, cell, owner, batch["objects"][which], fits_all, cast)

    crops = F.linear(tokens[pictures:, 0], cast(model.clip.visual_projection.weight)).float()
    crop_fits = fits[batch["cropped"]]
    logits = model.clip.logit_scale.exp().clamp(max=100) * F.normalize(crops, dim=1) @ F.normalize(texts, dim=1).T
    by_crop, _ = contrast(logits, crop_fits, torch.ones(len(crops), device=device))

    instance = owner[picture, cell]
    number = picture * MOST + instance
    share = 1 / torch.bincount(number, minlength=pictures * MOST)[number]  # an instance's cells share its weight
    masks, masked = mask_loss(model, batch, [tap[:pictures] for tap in taps], texts, crops, answers, cast)
    boxes, found = box_loss(model, batch, tokens[:pictures], texts, answers, (picture, cell, instance, share), cast)
    group = group_loss([each[:pictures] for each in scores], owner, picture, cell, share)
    return 0.1 * by_cell + by_name + 0.25 * by_crop + masks + boxes + group, figures | seen | dict(crop=by_crop, group=group) | masked | found


def group_loss(scores, owner, picture, cell, share):
    """How far the watched heads are from looking at all cells of the own instance alike, the cross-entropy beyond the least possible: scores, for each
    layer, [B, 1 + cells, 1 + cells]; owner [B, cells]; of the covered cells at `picture`, `cell`, weighted by `share`.

    What a cell is a part of, and how far that reaches, is what masks and boxes need; from boxes alone it is hardly learned.
    """
    owner = owner[picture]  # [N, cells]
    same = (owner == owner.gather(1, cell[:, None])).float()
    count = same.sum(1)
    seen = sum(((each[picture, 1 + cell].float().log_softmax(1)[:, 1:] * same).sum(1) for each in scores))
    return ((-seen / count - len(scores) * count.log()) * share).sum() / share.sum()


def cell_loss(model, tokens, picture, cell, owner, objects, fits, cast):
    """Some of the covered cells against all names' vectors, by the CLIP's projection and by owlvit-nano's class head, and which object each is
    on, by a head of its own: owner [B, cells] the instance, objects [B, 10] its number in the library, fits [objects, names]."""
    some = torch.randperm(len(picture), device=picture.device)[:CELLS]
    picture, cell = picture[some], cell[some]
    instance = owner[picture, cell]
    number = picture * MOST + instance
    share = torch.bincount(number)[number] ** -0.5  # else the largest instances would count alone
    fits, rows = fits[objects[picture, instance]], F.normalize(model.rows(), dim=1).to(cast.dtype)
    seen, first = tokens[picture, 1 + cell], tokens[picture, 0]
    # what all covered cells have in common would be most of each: taken off here, in training; no model has this product
    projected = F.batch_norm(F.linear(seen, cast(model.clip.visual_projection.weight)).float(), None, None, training=True)
    embeds = fast.linear(cast, model.class_head.dense0, fast.norm(cast, model.layer_norm, seen * first)).float()
    scale, figures, total = model.clip.logit_scale.exp().clamp(max=30), {}, 0
    for name, cells in (("cell", projected), ("class", embeds)):
        logits = ((scale * F.normalize(cells, dim=1)).to(cast.dtype) @ rows.T).float()
        loss, hit = contrast(logits, fits, share)
        total, figures = total + loss, figures | {name: loss, name + "_hit": hit}
    logits = fast.linear(cast, model.object_head, seen).float()
    which = objects[picture, instance]
    loss = (F.cross_entropy(logits, which, reduction="none") * share).sum() / share.sum()
    hit = ((logits.detach().argmax(1) == which) * share).sum() / share.sum()
    return total + loss, figures | dict(object=loss, object_hit=hit)


def text_loss(model, batch, cast):
    """The text encoder against the names' vectors: the loss, what it says [texts, D] (no gradient), and the figures."""
    rows, said = model.rows(), fast.read(model.clip, batch["texts"], cast)
    loss, named = name_loss(said, rows, batch["named"])
    said = said.detach()
    return loss, said, dict(name=loss, named=named, close=F.cosine_similarity(said, rows[batch["named"]]).mean())


def easy_loss(model, batch, cast, fits):
    """The easy batches' loss: cells and texts against the names' vectors, cells with their instances' boxes; at first the shapes alone."""
    _, tokens, scores = fast.see(model.clip, batch["pictures"], (), cast, batch["kept"], GROUPING)
    owner = batch["owner"].long()
    picture, cell = torch.where(owner < NONE)
    instance = owner[picture, cell]
    number = picture * MOST + instance
    share = 1 / torch.bincount(number, minlength=len(owner) * MOST)[number]
    boxes = boxes_of(model, whole_features(model, tokens, cast)[picture, cell], model.box_bias[batch["kept"][picture, cell]], cast)
    distance, iou, giou = apart(boxes, batch["boxes"][picture, instance])
    box = ((5 * distance + 2 * (1 - giou)) * share).sum() / share.sum()
    group = group_loss(scores, owner, picture, cell, share)
    shapes, figures = 2 * box + group, dict(easy_group=group, easy_box=box, easy_box_iou=(iou * share).sum() / share.sum())
    if "texts" not in batch:
        return shapes, figures
    by_cell, seen = cell_loss(model, tokens, picture, cell, owner, batch["object"], fits, cast)
    by_name, _, said = text_loss(model, batch, cast)
    return shapes + 0.3 * by_cell + by_name, seen | said | figures


def name_loss(said, rows, named, scale=10.0):
    """The text encoder learns the table: said [T, C], rows [names, C], named [T] → squared error and the contrast among all names; the share
    of texts whose own row is the nearest."""
    logits = scale * F.normalize(said, dim=1) @ F.normalize(rows.detach(), dim=1).T
    nearest = (logits.detach().argmax(1) == named).float().mean()
    return F.mse_loss(said, rows.detach()[named]) + F.mse_loss(said.detach(), rows[named]) + F.cross_entropy(logits, named), nearest


def mask_loss(model, batch, taps, texts, crops, answers, cast):
    """clipseg-nano's: entropy and dice of the masks of ASKED questions per picture."""
    pictures, side, device = len(answers), batch["pictures"].shape[1], answers.device
    which, present = batch["which"], batch["present"]
    pick = lambda allowed, count=1: torch.multinomial(allowed.float() + 1e-9, count)
    positive, nothing = (answers == 1).any(1), ~(answers != 0).any(1)
    words = torch.cat([pick(positive, FITTING), pick(nothing)], 1)  # [B, 3]
    wanted = answers.gather(2, words[:, None].expand(-1, MOST, -1))  # [B, 10, 3]

    # a crop of an object of the picture, from another picture where there is one; of an absent object now and then
    same = batch["same"].long()[:, batch["cropped"]][which] * present[..., None]  # [B, 10, crops]
    holds = (same == 1).any(1)
    own = batch["cropped_from"][None] == torch.arange(pictures, device=device)[:, None]
    rather = holds * torch.where(own, 0.1, 1.0) + ~(same != 0).any(1) * torch.where(holds.any(1, keepdim=True), 0.02, 1.0)
    crop = pick(rather)[:, 0]
    fitting = pick(batch["fits"][batch["cropped"]] == 1)[:, 0][crop]  # a text that fits the crop
    rows = torch.arange(pictures, device=device)
    weight = torch.where(torch.rand(pictures, 1, device=device) < 0.5, 0.0, 0.5 + 0.5 * torch.rand(pictures, 1, device=device))
    mixed = weight * texts[fitting] + (1 - weight) * crops[crop].float()
    a, b = same[rows, :, crop], torch.where(weight > 0, answers[rows, :, fitting], same[rows, :, crop])
    either = torch.where((a == 1) | (b == 1), 1, torch.where((a == 0) & (b == 0), 0, -1))
    wanted = torch.cat([wanted, either[..., None]], 2)  # [B, 10, ASKED]
    conditions = torch.cat([texts[words], mixed[:, None].to(texts.dtype)], 1).flatten(0, 1)

    pixel = torch.randint(16, (pictures * ASKED,), device=device)
    logits = decoded(model.decoder, taps, conditions, ASKED, pixel, cast)
    # which instance each compared pixel belongs to → whether it is asked for; NONE: no, HIDDEN: hard to say
    table = torch.cat([wanted, torch.zeros_like(wanted[:, :1]), torch.full_like(wanted[:, :1], -1)], 1).transpose(1, 2).flatten(0, 1)  # [N, 12]
    blocks = batch["map"].view(pictures, 1, side // 4, 4, side // 4, 4).permute(0, 1, 3, 5, 2, 4).flatten(2, 3)  # [B, 1, 16, h, w]
    at = blocks.expand(-1, ASKED, -1, -1, -1).flatten(0, 1)[torch.arange(len(pixel), device=device), pixel].long()
    answer = table.gather(1, at.flatten(1)).view_as(logits)
    truth, unsure = (answer == 1).float(), answer < 0
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").masked_fill(unsure, 0)
    p = logits.sigmoid().masked_fill(unsure, 0)
    dice = 1 - (2 * (p * truth).sum((1, 2)) + 1) / (p.sum((1, 2)) + truth.sum((1, 2)) + 1)
    exists = truth.flatten(1).any(1)
    loss = entropy.mean() * 3 + (dice * exists).sum() / exists.sum().clamp(min=1)
    with torch.no_grad():
        found = (logits > 0) & ~unsure
        both, either = (found & (truth > 0)).flatten(1).sum(1), (found | (truth > 0)).flatten(1).sum(1)
        iou, there = (both / either.clamp(min=1)).view(pictures, ASKED), exists.view(pictures, ASKED)
        mean = lambda of: (iou[:, of] * there[:, of]).sum() / there[:, of].sum().clamp(min=1)
        quiet = (found.flatten(1).sum(1).view(pictures, ASKED)[:, FITTING] == 0).float().mean()
    return loss, dict(mask=loss, text_iou=mean(slice(0, FITTING)), crop_iou=mean(slice(ASKED - 1, ASKED)), quiet=quiet)


def box_loss(model, batch, tokens, texts, answers, covered, cast):
    """owlvit-nano's: boxes of all cells on an instance, classes by text, classes by example."""
    pictures, which, present = len(answers), batch["which"], batch["present"]
    picture, cell, instance, share = covered
    image = whole_features(model, tokens, cast)
    boxes = boxes_of(model, image, model.box_bias, cast)
    head = model.class_head
    embeds, shift, scale = (fast.linear(cast, layer, image).float() for layer in (head.dense0, head.logit_shift, head.logit_scale))
    logits = scores(embeds, texts, shift, scale)  # [B, cells, T]

    count = present.sum().clamp(min=1)
    predicted, real = boxes[picture, cell], batch["boxes"][picture, instance]
    distance, iou, giou = apart(predicted, real)
    box = (5 * distance * share + 2 * (1 - giou) * share).sum() / count

    fit = answers[picture, instance]  # [N, T]
    with torch.no_grad():  # of an instance's cells the one with the least cost says yes
        yes = fit == 1
        sure = (logits[picture, cell].sigmoid() * yes).sum(1) / yes.sum(1).clamp(min=1)
        cost = boxes.new_full((pictures, MOST, boxes.shape[1]), float("inf"))
        cost[picture, instance, cell] = 5 * distance - 2 * giou - 2 * sure
        least, at = cost.min(2)  # [B, 10]
        row, column = torch.where(least < float("inf"))
        at = at[row, column]
        matched = torch.zeros(boxes.shape[:2], dtype=torch.bool, device=boxes.device)
        matched[row, at] = True
        may = ~matched[picture, cell] & (iou >= 0.5)

    def class_loss(logits, fit, more_ignored=None):
        """logits [B, cells, Q], fit [N, Q]: for every covered cell whether it fits; the others fit nothing."""
        target, ignore = torch.zeros_like(logits), torch.zeros_like(logits, dtype=torch.bool)
        target[picture, cell] = ((fit == 1) & matched[picture, cell][:, None]).float()
        ignore[picture, cell] = (fit == -1) | ((fit == 1) & may[:, None])
        return focal(logits, target, ignore if more_ignored is None else ignore | more_ignored) / count

    by_text = class_loss(logits, fit)

    # by example: for every object of the batch the matched cell of one instance; asked of the other pictures
    owner = which[row, column]
    order = torch.randperm(len(owner), device=owner.device)
    example = torch.full((len(batch["same"]),), -1, dtype=torch.long, device=owner.device).scatter(0, owner[order], order)
    asked = torch.where(example >= 0)[0]
    example = example[asked]
    logits = scores(embeds, embeds[row[example], at[example]], shift, scale)
    same = batch["same"].long()[:, asked][which]  # [B, 10, asked]
    here = torch.arange(pictures, device=owner.device)[:, None] == row[example][None]  # [B, asked]
    by_example = class_loss(logits, same[picture, instance], here[:, None].expand_as(logits))

    with torch.no_grad():
        best = logits.masked_fill(here[:, None], -1e4).argmax(1)  # [B, asked]: the cell the example points to
        holds = ((same == 1) & present[..., None]).any(1) & ~here
        pointed = batch["owner"].long().gather(1, best)  # [B, asked]
        right = F.pad(same, (0, 0, 0, 1)).gather(1, pointed.clamp(max=MOST)[:, None])[:, 0] == 1
        hit = (right & holds).sum() / holds.sum().clamp(min=1)
        matched_iou = overlap(corners(boxes[row, at]), corners(batch["boxes"][row, column]))[0].mean()
    figures = dict(by_text=by_text, by_example=by_example, box=box, box_iou=matched_iou, example_hit=hit)
    return 2 * by_text + 2 * by_example + 2 * box, figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "words-nano", stages="192x20:10000,192x16:14000", batch=16, rate=1e-3, decay=0.3)
    parser.add_argument("--shapes", type=int, default=3000, help="first steps, in which only instances and their boxes are learned, no names")
    parser.add_argument("--alone", type=int, default=10000, help="first steps, in which nothing is learned but these and names, from cells alone")
    arguments = parser.parse_args()
    library, known = named_library(arguments.root)
    names = every_name(known)
    fits = torch.from_numpy(answers(known, names)).to(arguments.device)
    tokenizer = trained_tokenizer(arguments.root)
    tokenizer.save_pretrained((arguments.run or arguments.root / "words-nano") / "tokenizer")
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32

    def loss(model, batch, side):
        cast = fast.Cast(dtype)
        return easy_loss(model, batch, cast, fits) if "object" in batch else step_loss(model, batch, cast, fits)

    train(
        arguments,
        build=lambda side: Words(side, tokenizer, names, len(library.objects)),
        resized=resized,
        batches=lambda side, pictures: TextBatches(arguments.root, pictures, side, arguments.seed, tokenizer, arguments.shapes, arguments.alone),
        loss=loss,
    )


if __name__ == "__main__":
    main()
