"""Trains sam-nano from nothing on composed scenes; resumes by itself when started again.

    python train_sam.py                                   # two CPU cores: about eight hours when idle
    python train_sam.py --device cuda --batch 64 --rate 1.5e-3 --workers 12 --compile

Each picture gives several objects to segment, in rounds: a click, then a corrective click with the first mask as prompt; a box,
then box, mask and click; and PerSAM's own cascade, guided by the mean feature of the same object in another picture of the
batch. Beside the masks the features learn to find the same object elsewhere (contrast and a fixed operating point).
A run's folder (--run) holds checkpoint.pt, log.jsonl and pid; see trainer.py for pausing. export.py writes the weights.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from compose import Composer, Library
from fetch import default_root
from sam_nano import PATCH, build, decode, encode, image_positions, prompt, resized, similarity_map
from trainer import add_arguments, train

GROUP = 4  # pictures that share a pool of objects
POOL = 6
CLICKED, BOXED, GUIDED = 2, 1, 1  # objects a picture gives to each kind of prompt
SLOTS = CLICKED + BOXED + GUIDED
TEMPERATURE = 0.07
OPERATING_POINT = 0.6  # the cosine that should divide the same object's cells from all others

# --- batches ---------------------------------------------------------------------------------------------------------


class Batches:
    """make(k): the k-th batch of scenes as arrays; the same for the same seed and k."""

    def __init__(self, root, batch, side, seed):
        self.root, self.batch, self.side, self.seed = root, batch, side, seed
        self.composer = None

    def __call__(self, index):
        if self.composer is None:
            self.composer = Composer(Library(self.root), self.side)
        composer, side, batch = self.composer, self.side, self.batch
        random = composer.random = np.random.default_rng([self.seed, side, index])
        low, grid, objects = side // 4, side // PATCH, batch // GROUP * POOL
        out = dict(
            pictures=np.empty((batch, side, side, 3), np.uint8),
            masks=np.zeros((batch, SLOTS, low, low), np.uint8),  # coverage 0…16
            clicks=np.zeros((batch, SLOTS, 2), np.float32),
            boxes=np.zeros((batch, SLOTS, 4), np.float32),
            which=np.full((batch, SLOTS), -1, np.int64),  # the object's number within the batch
            cover=np.zeros((batch, objects, grid, grid), np.uint8),  # of each object in the batch, 0…256
            strongest=np.zeros((batch, objects, grid, grid), bool),  # each instance's best covered cell
            unsure=np.zeros((batch, grid, grid), bool),
        )
        for b in range(batch):
            if b % GROUP == 0:
                pool = composer.pool(POOL)
            while True:
                scene = composer.scene(composer.choose(pool))
                if scene.instances:
                    break
            out["pictures"][b] = scene.picture
            out["unsure"][b] = scene.unsure.reshape(grid, PATCH, grid, PATCH).any((1, 3))
            order = random.permutation(len(scene.instances))
            for slot in range(SLOTS):
                instance = scene.instances[order[slot % len(order)]]
                out["masks"][b, slot] = instance.mask.reshape(low, 4, low, 4).sum((1, 3))
                inside = np.flatnonzero(instance.mask)
                at = inside[random.integers(len(inside))]
                out["clicks"][b, slot] = at % side, at // side
                out["boxes"][b, slot] = instance.box
                out["which"][b, slot] = b // GROUP * POOL + pool.index(instance.object)
            for instance in scene.instances:
                number = b // GROUP * POOL + pool.index(instance.object)
                cover = instance.mask.reshape(grid, PATCH, grid, PATCH).sum((1, 3))
                out["cover"][b, number] = np.minimum(out["cover"][b, number] + cover, 255)
                if cover.max() > 40:
                    out["strongest"][b, number].flat[cover.argmax()] = True
        return out


# --- losses ----------------------------------------------------------------------------------------------------------


def mask_losses(logits, truth):
    """Binary cross-entropy + dice of [N, K, h, w] against [N, 1, h, w] coverage, and the thresholded IoU; each [N, K]."""
    truth = truth.expand_as(logits)
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").mean((2, 3))
    p = logits.sigmoid()
    dice = 1 - (2 * (p * truth).sum((2, 3)) + 1) / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)
    found, real = logits > 0, truth > 0.5
    iou = (found & real).sum((2, 3)) / (found | real).sum((2, 3)).clamp(min=1)
    return entropy + dice, iou


def contrast(features, batch):
    """A mean feature over an object's mask must score that object's cells in the other pictures above all others.

    → the contrastive loss (each positive cell against all negative ones), the loss against the operating point, and how often a
    query's best cell among the other pictures that hold its object is on it.
    """
    pictures, channels, grid, _ = features.shape
    weight = F.avg_pool2d(batch["masks"].float().flatten(0, 1)[:, None] / 16, PATCH // 4).flatten(1)  # [Q, cells]
    solid = weight * (weight > 0.5)
    weight = torch.where(solid.sum(1, keepdim=True) > 0, solid, weight)
    own = torch.arange(pictures, device=features.device).repeat_interleave(SLOTS)
    cells = features.flatten(2).transpose(1, 2)  # [B, cells, C]
    queries = torch.einsum("qn,qnc->qc", weight / weight.sum(1, keepdim=True).clamp(min=1e-6), cells[own])
    scores = F.normalize(queries, dim=1) @ F.normalize(cells, dim=2).flatten(0, 1).T  # [Q, B·cells]

    which = batch["which"].flatten()
    cover = batch["cover"][:, which].transpose(0, 1).flatten(2)  # [Q, B, cells]
    strongest = batch["strongest"][:, which].transpose(0, 1).flatten(2)
    elsewhere = (own[:, None] != torch.arange(pictures, device=own.device))[..., None]
    positive = ((cover > 128) | strongest) & elsewhere
    negative = (cover == 0) & ~batch["unsure"].flatten(1) & elsewhere
    positive, negative = positive.flatten(1), negative.flatten(1)
    asked = positive.any(1)

    scaled = scores.float() / TEMPERATURE
    against = scaled.masked_fill(~negative, -1e4).logsumexp(1, keepdim=True)
    per_query = (F.softplus(against - scaled) * positive).sum(1) / positive.sum(1).clamp(min=1)
    contrastive = (per_query * asked).sum() / asked.sum().clamp(min=1)

    offset = (scores.float() - OPERATING_POINT) / TEMPERATURE
    miss = (F.softplus(-offset) * positive).sum(1) / positive.sum(1).clamp(min=1)
    hardest = offset.masked_fill(~negative, -1e4).topk(32, 1).values
    point = ((miss + F.softplus(hardest).mean(1)) * asked).sum() / asked.sum().clamp(min=1)

    held = positive.unflatten(1, (pictures, -1)).any(2)  # pictures with the object
    best = scaled.detach().unflatten(1, (pictures, -1)).argmax(2, keepdim=True)
    hit = cover.gather(2, best)[..., 0] > 40
    return contrastive, point, (hit & held).sum() / held.sum().clamp(min=1)


# --- prompts ---------------------------------------------------------------------------------------------------------


def correction(logits, truth, side):
    """A click on a wrong low-resolution pixel, label 1 where the object is; inside the object where nothing is wrong."""
    real = truth[:, 0] > 0.5
    wrong = (logits > 0) != real
    choices = torch.where(wrong.flatten(1).any(1)[:, None], wrong.flatten(1), real.flatten(1)).float() + 1e-9
    at = torch.multinomial(choices, 1)[:, 0]
    width = real.shape[-1]
    points = torch.stack([at % width, at // width], 1).float()
    points = (points + torch.rand_like(points)) * (side / width) - 0.5
    return points[:, None], real.flatten(1).gather(1, at[:, None]).long()


def jittered(boxes, side):
    """Boxes with a normal error of a twentieth of their sides, for half of them."""
    sizes = torch.cat([boxes[:, 2:] - boxes[:, :2]] * 2, 1)
    noise = torch.randn_like(boxes) * 0.05 * sizes * (torch.rand_like(boxes[:, :1]) < 0.5)
    return (boxes + noise.clamp(-8, 8)).clamp(0, side)


def box_of(logits, fallback, side):
    """The inclusive box of each mask in model pixels; the fallback where the mask is empty."""
    found = logits > 0
    width = found.shape[-1]
    scale = side / width
    columns, rows = found.any(1), found.any(2)
    first = lambda line: line.float().argmax(1).float() * scale
    last = lambda line: (width - line.flip(1).float().argmax(1).float()) * scale - 1
    boxes = torch.stack([first(columns), first(rows), last(columns), last(rows)], 1)
    return torch.where(found.flatten(1).any(1)[:, None], boxes, fallback)


def guidance(features, targets, truth, clicks, side):
    """PerSAM's prompts: the peak of the similarity inside the object, its least place anywhere, and the guided attention's map."""
    similar = similarity_map(features, targets)
    low = F.interpolate(similar[:, None], truth.shape[-2:], mode="bilinear")[:, 0]
    width = low.shape[-1]
    real = truth[:, 0] > 0.5
    place = lambda index: torch.stack([index % width, index // width], 1).float() * (side / width) + 1.5
    peak = place(low.masked_fill(~real, -2).flatten(1).argmax(1))
    free = (torch.rand(len(peak), 1, device=peak.device) < 0.25) | ~real.flatten(1).any(1, keepdim=True)
    points = torch.stack([torch.where(free, clicks, peak), place(low.flatten(1).argmin(1))], 1)
    flat = similar.flatten(1)
    standard = (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True).clamp(min=1e-6)
    return points, standard.sigmoid()[:, None, None]


def step_loss(model, batch, side, encode=encode, decode_and_compare=None):
    """All rounds on one batch → the loss and the figures to log. The rounds go through the decoder together:

    1  a click on objects A · a box on objects B                                   (two tokens each)
    G  PerSAM's guided first mask on objects C, the target from another picture    (three tokens)
    2  A: mask, click, corrective click · B: mask, box, corrective click · C: mask and both points
    3  C: mask, both points and the box of the mask so far
    """
    decode_and_compare = decode_and_compare or decoded_loss
    features = encode(model, batch["pictures"])
    positions = image_positions(model)
    contrastive, point, hit = contrast(features.float(), batch)
    figures = dict(contrast=contrastive, point=point, hit=hit)
    pictures, device = len(features), features.device
    truth = batch["masks"].float() / 16
    ones = lambda rows, value=1: torch.full((rows, 1), value, device=device, dtype=torch.long)

    def part(first, count):
        take = lambda t: t[:, first : first + count].flatten(0, 1)
        return features.repeat_interleave(count, 0), take(truth)[:, None], take(batch["clicks"]), take(batch["boxes"])

    losses = []

    def run(names, features, truth, sparse, dense, similarity=None, target=None):
        """One pass over rows that belong to `names` (name → rows), the loss weighted as if each name had its own pass."""
        logits, iou, loss, single, best = decode_and_compare(model, features, sparse, dense, positions, truth, similarity, target)
        first = 0
        for name, rows in names.items():
            losses.append(loss[first : first + rows].mean())
            figures[name] = single[first : first + rows].mean()
            figures[name + "_best"] = best[first : first + rows].mean()
            first += rows
        return logits.detach(), iou.detach()

    def joined(*prompts):
        return (torch.cat(each) for each in zip(*prompts))

    def chosen(logits, iou):
        """The mask to go on with: token 0 or the best by predicted IoU, by chance."""
        best = 1 + iou[:, 1:].argmax(1)
        index = torch.where(torch.rand(len(best), device=device) < 0.5, best, 0)
        return logits[torch.arange(len(best), device=device), index]

    fa, ta, clicks_a, _ = part(0, CLICKED)
    fb, tb, _, boxes_b = part(CLICKED, BOXED)
    fc, tc, clicks_c, boxes_c = part(CLICKED + BOXED, GUIDED)
    a, b, c = len(fa), len(fb), len(fc)
    boxes_b = jittered(boxes_b, side)

    first = joined(prompt(model, points=clicks_a[:, None], labels=ones(a)), prompt(model, box=boxes_b))
    logits_ab, iou_ab = run(dict(click=a, box=b), torch.cat([fa, fb]), torch.cat([ta, tb]), *first)
    with torch.no_grad():
        points_c, similarity, targets = guided_prompts(features, batch, fc, tc, truth, clicks_c, side)
    labels_c = torch.cat([ones(c), ones(c, 0)], 1)
    logits_c, _ = run(dict(guided=c), fc, tc, *prompt(model, points=points_c, labels=labels_c), similarity, targets[:, None])

    masks_ab = chosen(logits_ab, iou_ab)
    at, label = correction(masks_ab, torch.cat([ta, tb]), side)
    points_a, labels_a = torch.cat([clicks_a[:, None], at[:a]], 1), torch.cat([ones(a), label[:a]], 1)
    second = joined(
        prompt(model, points=points_a, labels=labels_a, mask=masks_ab[:a, None]),
        prompt(model, points=at[a:], labels=label[a:], box=boxes_b, mask=masks_ab[a:, None]),
        prompt(model, points=points_c, labels=labels_c, mask=logits_c[:, :1]),
    )
    logits, iou = run(dict(click2=a, box2=b, guided2=c), torch.cat([fa, fb, fc]), torch.cat([ta, tb, tc]), *second)
    logits, iou = logits[a + b :], iou[a + b :]
    logits = logits[torch.arange(c, device=device), 1 + iou[:, 1:].argmax(1)]
    run(dict(guided3=c), fc, tc, *prompt(model, points=points_c, labels=labels_c, box=box_of(logits, boxes_c, side), mask=logits[:, None]))
    return sum(losses) + 0.5 * contrastive + 0.2 * point, figures


def decoded_loss(model, features, sparse, dense, positions, truth, similarity=None, target=None):
    """One decoder pass and its loss per row: logits, predicted IoU, loss, IoU of token 0, IoU of the best by prediction."""
    logits, iou = decode(model, features, sparse, dense, positions, similarity, target)
    losses, real = mask_losses(logits, truth)
    loss = losses[:, 0] + losses[:, 1:].amin(1) + (iou - real).square().mean(1)
    return logits, iou, loss, real[:, 0], real[:, 1:].gather(1, iou[:, 1:].argmax(1, keepdim=True))[:, 0]


def guided_prompts(features, batch, rows, truth, truths, clicks, side):
    """For objects C: the mean feature of the same object in another picture where there is one, and what PerSAM makes of it."""
    pictures, device = len(features), features.device
    own = torch.arange(pictures, device=device)
    picture, mine = own.repeat_interleave(SLOTS), own.repeat_interleave(GUIDED)
    which = batch["which"][:, CLICKED + BOXED :].flatten()
    same = (which[:, None] == batch["which"].flatten()[None]) & (mine[:, None] != picture[None])
    slot = CLICKED + BOXED + torch.arange(GUIDED, device=device).repeat(pictures)
    itself = F.one_hot(mine * SLOTS + slot, same.shape[1]).bool()
    reference = torch.multinomial(torch.where(same.any(1, keepdim=True), same, itself).float(), 1)[:, 0]
    weight = F.avg_pool2d(truths.flatten(0, 1)[:, None], PATCH // 4).flatten(1)[reference]
    weight = weight * (weight >= 0.5 * weight.amax(1, keepdim=True))
    weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
    targets = torch.einsum("qn,qcn->qc", weight, features.flatten(2)[picture[reference]].float())
    points, similarity = guidance(rows.float(), targets, truth, clicks, side)
    return points, similarity, targets


# --- the run ---------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "sam-nano", stages="256:26000,384:9000", batch=16, rate=8e-4)
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=False, help="torch.compile; on a Zen 5 CPU it was slower")
    arguments = parser.parse_args()
    parts = dict(encode=encode, decode_and_compare=decoded_loss)
    if arguments.compile:  # the two heavy parts; the rest is short and would make the graph many times larger
        parts = {name: torch.compile(part, dynamic=False) for name, part in parts.items()}
    train(
        arguments,
        build=build,
        resized=resized,
        batches=lambda side: Batches(arguments.root, arguments.batch, side, arguments.seed),
        loss=lambda model, batch, side: step_loss(model, batch, side, **parts),
    )


if __name__ == "__main__":
    main()
