"""Trains sam-nano from nothing on composed scenes; resumes by itself when started again.

    python train_sam.py                                   # two CPU cores: about six hours when idle
    python train_sam.py --device cuda --stages 128x128:10000,256x64:10000 --rate 1.5e-3 --workers 12

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

import fast
from compose import Composer, Library, Reuse
from fetch import default_root
from fast import Cast, MaskLoss, by_cells, in_rows
from sam_nano import PATCH, build, image_positions, prompt, resized, similarity_map
from trainer import add_arguments, train

GROUP = 4  # pictures that share a pool of objects
POOL = 6
CLICKED, BOXED, GUIDED = 2, 1, 1  # objects a picture gives to each kind of prompt
SLOTS = CLICKED + BOXED + GUIDED
CELL = 4  # a low-resolution mask's pixels along a cell
TEMPERATURE = 0.07
OPERATING_POINT = 0.6  # the cosine that should divide the same object's cells from all others

# --- batches ---------------------------------------------------------------------------------------------------------


class Batches:
    """make(k): the k-th batch of scenes as arrays; the same for the same seed and k. Each scene serves four times (compose.Reuse), with other
    prompts: composing would take a third of the time."""

    def __init__(self, root, batch, side, seed):
        self.root, self.batch, self.side, self.seed = root, batch, side, seed
        self.reuse = None

    def draw(self, composer):
        out = []
        for b in range(self.batch):
            if b % GROUP == 0:
                pool = composer.pool(POOL)
            scene = self.scene(composer, pool)
            while not scene.instances:
                scene = self.scene(composer, pool)
            out.append((pool, scene))
        return out

    def composer(self):
        return Composer(Library(self.root), self.side)

    def seen(self, scene, random):
        """What is made of a scene each time it serves."""
        return scene

    def scene(self, composer, pool):
        """A scene of the pool's objects; below 256 pixels rather a part of one, with fewer and larger objects."""
        chosen, scales = composer.choose(pool), None
        if self.side < 256:
            chosen = chosen[:5]
            scales = np.exp(composer.random.uniform(np.log(0.12), np.log(0.9), len(chosen)))
        return composer.scene(chosen, scales)

    def __call__(self, index):
        if self.reuse is None:
            self.reuse = Reuse(self.composer())
        side, batch, (scenes, random) = self.side, self.batch, self.reuse(index, self.seed, self.draw)
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
            guided=np.array(index % 2 == 1),  # which of the second rounds follows
        )
        for b, (pool, scene) in enumerate(scenes):
            scene = self.seen(scene, random)
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


def mask_iou(logits, truth):
    """The thresholded IoU of [N, K, p] logits with [N, p] coverage, [N, K]."""
    found, real = (logits > 0).float(), (truth > 0.5).float()
    both = (found @ real[..., None])[..., 0]
    return both / (found.sum(2) + real.sum(1, keepdim=True) - both).clamp(min=1)


def means(features, masks):
    """The mean feature over each mask: features [B, C, g, g], masks [B, SLOTS, 4g, 4g] coverage 0…16 → [B·SLOTS, C]."""
    weight = F.avg_pool2d(masks.float().flatten(0, 1)[:, None] / 16, CELL).flatten(1)  # [Q, cells]
    solid = weight * (weight > 0.5)
    weight = torch.where(solid.sum(1, keepdim=True) > 0, solid, weight)
    weight = (weight / weight.sum(1, keepdim=True).clamp(min=1e-6)).unflatten(0, (len(features), -1))
    return torch.einsum("bqn,bcn->bqc", weight, features.flatten(2)).flatten(0, 1)


def contrast(features, batch):
    """A mean feature over an object's mask must score that object's cells in the other pictures above all others.

    → the contrastive loss (each positive cell against all negative ones), the loss against the operating point, and how often a
    query's best cell among the other pictures that hold its object is on it.
    """
    pictures = len(features)
    own = torch.arange(pictures, device=features.device).repeat_interleave(SLOTS)
    cells = features.flatten(2).transpose(1, 2)  # [B, cells, C]
    queries = means(features, batch["masks"])
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


def group_loss(scores, masks, window):
    """How far the watched heads are from looking at all cells of the own instance alike, the cross-entropy beyond the least possible: scores, for each
    global layer, [B, cells, cells], cells by windows; masks [B, SLOTS, s, s] coverage 0…16.

    What a cell is a part of, and how far that reaches, is hardly learned from masks alone.
    """
    cover = F.avg_pool2d(masks.float(), CELL)  # [B, SLOTS, g, g]
    across = cover.shape[-1] // window
    cover = cover.unflatten(3, (across, window)).unflatten(2, (across, window)).transpose(3, 4).flatten(2)
    solid = (cover > 8).float()
    count = solid.sum(2, keepdim=True)
    share = solid / count.clamp(min=1)
    asked = (count > 0).sum().clamp(min=1)
    loss = 0
    for each in scores:
        seen = each.float().log_softmax(2)
        loss = loss - torch.einsum("bsi,bij,bsj->", share, seen, share) / asked
    return loss - len(scores) * count.clamp(min=1).log().sum() / asked


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


def step_loss(model, batch, side, dtype=torch.bfloat16, encode=fast.encode, further=None):
    """`encode` gives the features, `further(features, batch)` more terms as (loss, figures).

    Two rounds or three on one batch → the loss and the figures to log:

    1  a click on objects A · a box on objects B                                   (two tokens each)
    and then, of one batch
    2  A: mask, click, corrective click · B: mask, box, corrective click
    or, of the next, PerSAM's cascade on objects C, the target from another picture
    G  the guided first mask                                                       (three tokens)
    2  mask and both points
    3  mask, both points and the box of the mask so far
    """
    cast = Cast(dtype)
    scores = []
    features = encode(model, batch["pictures"], cast, scores)
    exact = features.float()
    contrastive, point, hit = contrast(exact, batch)
    group = group_loss(scores, batch["masks"], max(1, *(layer.window_size for layer in model.vision_encoder.layers)))
    figures = dict(contrast=contrastive, point=point, hit=hit, group=group)
    pictures, device = len(features), features.device
    cells, positions = (each.flatten(2).transpose(1, 2).to(dtype) for each in (features, image_positions(model)))
    truth = batch["masks"].float() / 16
    pixels = by_cells(truth)
    ones = lambda rows, value=1: torch.full((rows, 1), value, device=device, dtype=torch.long)

    def part(first, count):
        take = lambda t: t[:, first : first + count].flatten(0, 1)
        return cells.repeat_interleave(count, 0), take(pixels), take(batch["clicks"]), take(batch["boxes"])

    losses = []

    def run(names, keys, truth, sparse, mask=None, similarity=None, target=None):
        """One decoder pass over rows that belong to `names` (name → rows), the loss weighted as if each name had its own pass; the masks and
        predicted IoU to go on with."""
        dense = cast(model.prompt_encoder.no_mask_embed.weight) if mask is None else fast.mask_prompt(model, mask, cast)
        hyper, image, iou = fast.decode(model, keys + dense, sparse, positions, cast, similarity, target)
        logits = fast.masks_of(hyper, image)
        loss, real = MaskLoss.apply(logits, truth), mask_iou(logits.detach(), truth)
        loss = loss[:, 0] + loss[:, 1:].amin(1) + (iou - real).square().mean(1)
        best, first = real[:, 1:].gather(1, iou[:, 1:].argmax(1, keepdim=True))[:, 0], 0
        for name, rows in names.items():
            losses.append(loss[first : first + rows].mean())
            figures[name] = real[first : first + rows, 0].mean()
            figures[name + "_best"] = best[first : first + rows].mean()
            first += rows
        return logits.detach(), iou.detach()

    fa, ta, clicks_a, _ = part(0, CLICKED)
    fb, tb, _, boxes_b = part(CLICKED, BOXED)
    a, b = len(fa), len(fb)
    boxes_b = jittered(boxes_b, side)
    fab, tab = torch.cat([fa, fb]), torch.cat([ta, tb])
    sparse = [prompt(model, points=clicks_a[:, None], labels=ones(a))[0], prompt(model, box=boxes_b)[0]]
    logits, iou = run(dict(click=a, box=b), fab, tab, torch.cat(sparse))

    if not batch["guided"]:
        best = 1 + iou[:, 1:].argmax(1)  # go on with token 0 or the best by predicted IoU, by chance
        index = torch.where(torch.rand(len(best), device=device) < 0.5, best, 0)
        masks = logits[torch.arange(len(best), device=device), index]
        at, label = correction(in_rows(masks), in_rows(tab)[:, None], side)
        points, labels = torch.cat([clicks_a[:, None], at[:a]], 1), torch.cat([ones(a), label[:a]], 1)
        sparse = [prompt(model, points=points, labels=labels)[0], prompt(model, points=at[a:], labels=label[a:], box=boxes_b)[0]]
        run(dict(click2=a, box2=b), fab, tab, torch.cat(sparse), masks)
    else:
        fc, tc, clicks_c, boxes_c = part(CLICKED + BOXED, GUIDED)
        c = len(fc)
        with torch.no_grad():
            rows = exact.repeat_interleave(GUIDED, 0)
            points, similarity, targets = guided_prompts(exact, batch, rows, in_rows(tc)[:, None], truth, clicks_c, side)
        labels = torch.cat([ones(c), ones(c, 0)], 1)
        sparse, _ = prompt(model, points=points, labels=labels)
        logits, _ = run(dict(guided=c), fc, tc, sparse, None, similarity[:, 0].to(dtype), targets[:, None])
        logits, iou = run(dict(guided2=c), fc, tc, sparse, logits[:, 0])
        masks = logits[torch.arange(c, device=device), 1 + iou[:, 1:].argmax(1)]
        sparse, _ = prompt(model, points=points, labels=labels, box=box_of(in_rows(masks), boxes_c, side))
        run(dict(guided3=c), fc, tc, sparse, masks)
    if further:
        more, named = further(exact, batch)
        losses.append(more)
        figures |= named
    return sum(losses) + 0.5 * contrastive + 0.2 * point + 0.3 * group, figures


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
    weight = F.avg_pool2d(truths.flatten(0, 1)[:, None], CELL).flatten(1)[reference]
    weight = weight * (weight >= 0.5 * weight.amax(1, keepdim=True))
    weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
    targets = torch.einsum("qn,qcn->qc", weight, features.flatten(2)[picture[reference]].float())
    points, similarity = guidance(rows.float(), targets, truth, clicks, side)
    return points, similarity, targets


# --- the run ---------------------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "sam-nano", stages="128x32:8000,256x16:9100,384x8:2400", batch=16, rate=8e-4, decay=0.124)
    arguments = parser.parse_args()
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    train(
        arguments,
        build=build,
        resized=resized,
        batches=lambda side, pictures: Batches(arguments.root, pictures, side, arguments.seed),
        loss=lambda model, batch, side: step_loss(model, batch, side, dtype),
    )


if __name__ == "__main__":
    main()
