"""PerSAM in PyTorch for measuring: the original's single object, and the loop that finds every instance.

The features are SAM's own, the arithmetic the original's (double softmax, target joined to the query positions); the attention
map lies on the padded grid, as the features do.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from sam_nano import decode, encode, image_positions, prompt

THRESHOLD = 0.6  # of the similarity's peak and of a mask's mean similarity ×0.8
MOST = 10
MISSES = 3


@dataclass
class Picture:
    """An encoded picture: features [1, C, g, g], its size and the size it was scaled to."""

    features: torch.Tensor
    height: int
    width: int
    scaled: tuple  # height, width within the model's square
    side: int


@dataclass
class Found:
    mask: np.ndarray  # [height, width] bool
    score: float  # similarity × predicted IoU
    similarity: float
    iou: float


@torch.no_grad()
def open_picture(model, picture) -> Picture:
    """picture [h, w, 3] uint8: scaled to the model's side by Pillow's bilinear, normalised, padded with zeros, encoded."""
    side = model.config.vision_config.image_size
    height, width = picture.shape[:2]
    factor = side / max(height, width)
    scaled = (int(height * factor + 0.5), int(width * factor + 0.5))
    small = np.asarray(Image.fromarray(picture).resize(scaled[::-1], Image.Resampling.BILINEAR))
    if scaled != (side, side):  # encode() normalises, so pad with the mean: zero after normalising up to rounding
        square = np.full((side, side, 3), (124, 116, 104), np.uint8)
        square[: scaled[0], : scaled[1]] = small
        small = square
    return Picture(encode(model, torch.from_numpy(small.copy())[None]).float(), height, width, scaled, side)


def enlarge(low, picture):
    """[N, 4g, 4g] logits → [N, height, width]."""
    out = F.interpolate(low[:, None], (picture.side, picture.side), mode="bilinear")[..., : picture.scaled[0], : picture.scaled[1]]
    return F.interpolate(out, (picture.height, picture.width), mode="bilinear")[:, 0]


def to_model(points, picture):
    """Picture pixels (x, y) → the model's, [1, n, 2]."""
    factor = torch.tensor([picture.scaled[1] / picture.width, picture.scaled[0] / picture.height])
    return torch.as_tensor(points, dtype=torch.float32).reshape(1, -1, 2) * factor


@torch.no_grad()
def segment(model, picture, points=None, labels=None, box=None, mask=None, similarity=None, target=None):
    """One decoder pass → low-resolution logits [4, 4g, 4g] and predicted IoU [4]; token 0 is the single mask."""
    prompts = {}
    if points is not None:
        prompts = dict(points=to_model(points, picture), labels=torch.as_tensor(labels)[None])
    if box is not None:
        prompts["box"] = to_model(box, picture).reshape(1, 4)
    if mask is not None:
        prompts["mask"] = mask[None, None]
    logits, iou = decode(model, picture.features, *prompt(model, **prompts), image_positions(model), similarity, target)
    return logits[0], iou[0]


@torch.no_grad()
def learn(model, picture, mask):
    """The mean feature [C] over the cells whose centre lies in the mask; the best covered cells where none does."""
    full = torch.zeros(1, 1, picture.side, picture.side)
    scaled = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize(picture.scaled[::-1], Image.Resampling.BILINEAR), np.float32) / 255
    full[0, 0, : picture.scaled[0], : picture.scaled[1]] = torch.from_numpy(scaled.copy())
    grid = picture.features.shape[-1]
    cells = F.interpolate(full, (grid, grid), mode="bilinear")[0, 0] > 0.5
    if not cells.any():
        cover = F.avg_pool2d(full, picture.side // grid)[0, 0]
        cells = cover >= 0.5 * cover.max()
    return picture.features[0][:, cells].mean(1)


@torch.no_grad()
def similarity_of(picture, target):
    """Cosine with the target: the grid's [g, g] and the picture's [height, width]."""
    cells = torch.einsum("chw,c->hw", F.normalize(picture.features[0], dim=0), F.normalize(target, dim=0))
    low = F.interpolate(cells[None, None], scale_factor=4, mode="bilinear")[0]
    return cells, enlarge(low, picture)[0]


def at(index, width):
    return [int(index % width), int(index // width)]


@torch.no_grad()
def cascade(model, picture, target, cells, positive, negative):
    """The guided first mask, then two refinements → mask [height, width] bool and its predicted IoU; None where it is empty."""
    flat = cells.flatten()
    attention = ((flat - flat.mean()) / flat.std().clamp(min=1e-6)).sigmoid()[None, None, None]
    points, labels = [positive, negative], [1, 0]
    logits, _ = segment(model, picture, points, labels, similarity=attention, target=target[None, None])
    logits, iou = segment(model, picture, points, labels, mask=logits[0])
    best = 1 + int(iou[1:].argmax())
    first = enlarge(logits[best : best + 1], picture)[0] > 0
    if not first.any():
        return None
    ys, xs = torch.where(first)
    box = [xs.min(), ys.min(), xs.max(), ys.max()]
    logits, iou = segment(model, picture, points, labels, box=torch.stack(box).float(), mask=logits[best])
    best = 1 + int(iou[1:].argmax())
    final = (enlarge(logits[best : best + 1], picture)[0] > 0).numpy()
    return (final, float(iou[best])) if final.any() else None


def single(model, picture, target):
    """The paper's one object: the mask at the peak of the similarity, and whatever the peak is."""
    cells, similar = similarity_of(picture, target)
    found = cascade(model, picture, target, cells, at(similar.argmax(), picture.width), at(similar.argmin(), picture.width))
    return found[0] if found else np.zeros((picture.height, picture.width), bool)


def every(model, picture, target, threshold=THRESHOLD):
    """Every instance, by peaks of the similarity until one is below the threshold → instances by score, and the first peak."""
    cells, similar = similarity_of(picture, target)
    left, out, misses = similar.clone(), [], 0
    negative = at(similar.argmin(), picture.width)
    reach = max(2, round(16 * max(picture.height, picture.width) / picture.side / 2))
    while len(out) < MOST and misses < MISSES:
        peak = float(left.max())
        if peak < threshold:
            break
        x, y = at(left.argmax(), picture.width)
        found = cascade(model, picture, target, cells, [x, y], negative)
        accepted = False
        if found:
            mask, iou = found
            inside = float(similar[torch.from_numpy(mask)].mean())
            overlaps = [(mask & o.mask).sum() / min(mask.sum(), o.mask.sum()) for o in out]
            accepted = mask[y, x] and inside > 0.8 * threshold and max(overlaps, default=0) < 0.5
        if accepted:
            out.append(Found(mask, peak * min(iou, 1.0), peak, iou))
            wide = F.max_pool2d(torch.from_numpy(mask)[None, None].float(), 2 * (reach // 2) + 1, 1, reach // 2)[0, 0] > 0
            left[wide] = -1
        else:
            misses += 1
        left[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = -1
    return sorted(out, key=lambda f: -f.score), float(similar.max())
