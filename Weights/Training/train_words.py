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
from pathlib import Path

import torch
import torch.nn.functional as F

import fast
from fetch import default_root
from named_library import answers, every_name, named_library, trained_tokenizer
from text_batches import MOST, NONE, TextBatches
from trainer import add_arguments, train
from words_nano import Words, apart, boxes_of, corners, decoded, overlap, resized, scores, whole_features

GROUPING = (2, 3, 4)  # layers whose first head learns to look at the cells of its own instance
CELLS = 1024  # compared with all names in a step
FITTING = 2  # texts asked of each picture that fit something in it
ASKED = FITTING + 2  # and one that fits nothing, and a crop or a mix


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
