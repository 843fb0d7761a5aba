"""Compares `spaniel tensors find --features` with the same search in Python: transformers' Sam and Dinov2, and the arithmetic in numpy.

    python features.py --spaniel PATH [--models FOLDER] [--tiny] [--time]

Seeded random models of full size, SAM ViT-B and DINOv2-small, and the model that ships with DINOv2-small; the boot of Examples/ as the example, the
shelf as the picture; the last layer alone and several together. --tiny takes the tiny DINOv2 of the goldens. Passes: the same prompting and points, and every number
within 1e-3 of the largest of its kind (a search is a chain of decisions; its first numbers, the feature and the similarity, within 1e-4).
--time prints how long the Python takes to encode and to search, in the same run as ours.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file

from persam_original import Original, read_rgb

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "Examples"
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
PLAIN, NEGATIVE, GUIDED = range(3)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def half_away(x):
    return math.floor(x + 0.5) if x >= 0 else math.ceil(x - 0.5)


def noise(side):
    """The picture whose features are positions alone: the high bytes of SplitMix64 from seed 0, [side, side, 3]."""
    golden = 0x9E3779B97F4A7C15
    with np.errstate(over="ignore"):
        z = (np.arange(2, 3 * side * side + 2, dtype=np.uint64)) * np.uint64(golden)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(56)).astype(np.uint8).reshape(side, side, 3)


class Dino:
    """DINOv2's patches: each layer normalised, without the directions that noise spans, at length one, one after another."""

    def __init__(self, folder, layers, longest):
        config = json.loads((folder / "config.json").read_text())
        kind = {"dinov2": "Dinov2Model", "dinov2_with_registers": "Dinov2WithRegistersModel"}[config["model_type"]]
        self.model = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32).eval()
        self.patch, self.first = config["patch_size"], 1 + config.get("num_register_tokens", 0)
        self.layers, self.longest = layers or [config["num_hidden_layers"]], longest
        given = folder / "preprocessor_config.json"
        settings = json.loads(given.read_text()) if given.exists() else {}
        self.mean, self.deviation = (np.array(settings.get(f"image_{name}", usual), np.float32) for name, usual in (("mean", MEAN), ("std", DEVIATION)))
        side, self.positions = config["image_size"] // self.patch * self.patch, []
        for rows in self.tokens(noise(side), side):
            flat = unit(rows).reshape(-1, rows.shape[2])
            count = max(1, min(16, min(flat.shape) // 8))
            self.positions.append(np.linalg.svd(flat.astype(np.float64), full_matrices=False)[2][:count])

    def __call__(self, rgb):
        parts = [unit(tokens) for tokens in self.tokens(rgb, self.longest)]
        return np.concatenate([unit(x - x @ p.T @ p) for x, p in zip(parts, self.positions)], axis=-1).astype(np.float32)

    @torch.no_grad()
    def tokens(self, rgb, longest):
        """Of each layer the normalised tokens, [rows, columns, C]."""
        height, width = rgb.shape[:2]
        columns, rows = (max(1, half_away(n * longest / max(height, width) / self.patch)) for n in (width, height))
        image = Image.fromarray(rgb).resize((columns * self.patch, rows * self.patch), Image.BICUBIC)
        pixels = torch.from_numpy((np.asarray(image, np.float32) / 255 - self.mean) / self.deviation).permute(2, 0, 1)[None]
        states = self.model(pixel_values=pixels, output_hidden_states=True).hidden_states
        return [self.model.layernorm(states[n])[0, self.first :].numpy().reshape(rows, columns, -1) for n in self.layers]


def shares(count, cell, length, pixel):
    """[count, length]: what share of each cell every pixel covers."""
    low, high = np.arange(length) * pixel / cell, (np.arange(length) + 1) * pixel / cell
    cells = np.arange(count)[:, None]
    return np.clip(np.minimum(high, cells + 1) - np.maximum(low, cells), 0, None)


class Sam(Original):
    epsilon = 1e-6  # the config's, as in the search that is no copy of the authors'


class Grid:
    """Cells over a picture, their size in pixels of SAM's input."""

    def __init__(self, values, size, frame, cell):
        self.rows, self.columns = values.shape[:2]
        self.size, self.frame, self.cell = size, frame, cell  # height first
        self.values = values.reshape(-1, values.shape[2])
        self.directions = unit(self.values)

    def coverage(self, mask):
        height, width = mask.shape
        down = shares(self.rows, self.cell[0], height, self.frame[0] / height)
        across = shares(self.columns, self.cell[1], width, self.frame[1] / width)
        return np.minimum(1, down @ mask @ across.T).ravel()

    def mean(self, coverage):
        weights = coverage**2
        return (weights @ self.values / max(weights.sum(), 1e-38)).astype(np.float32)

    def similarity(self, direction):
        return self.directions @ direction

    def middle(self, cell):
        y, x = divmod(cell, self.columns)
        place = [(x + 0.5) * self.cell[1] - 0.5, (y + 0.5) * self.cell[0] - 0.5]
        return [min(n - 1, p * n / f) for p, n, f in zip(place, self.size[::-1], self.frame[::-1])]


class Search:
    """PerSAM with the features of another model: what `Sources/PerSAM` does, one class, one example."""

    def __init__(self, sam, dino):
        self.sam, self.dino, self.seconds = sam, dino, {}
        self.low = 4 * sam.grid

    def timed(self, name, work):
        start = time.perf_counter()
        result = work()
        self.seconds[name] = time.perf_counter() - start
        return result

    def encode(self, rgb):
        size = rgb.shape[:2]
        embedding = self.timed("sam", lambda: self.sam.encode(rgb))
        values = self.timed("features", lambda: self.dino(rgb))
        frame = self.sam.frame(*size)
        return embedding, Grid(values, size, frame, (frame[0] / values.shape[0], frame[1] / values.shape[1]))

    # Learning

    def closer(self, rgb, mask):
        y, x = np.nonzero(mask)
        box = x.min(), y.min(), x.max() + 1, y.max() + 1
        side = math.ceil(12 * max(box[2] - box[0], box[3] - box[1]))
        if side >= max(mask.shape):
            return rgb, mask

        def part(centre, length):
            extent = min(side, length)
            start = max(0, min(length - extent, half_away(centre - extent / 2)))
            return slice(start, start + extent)

        rows, columns = part((box[1] + box[3]) / 2, mask.shape[0]), part((box[0] + box[2]) / 2, mask.shape[1])
        return rgb[rows, columns].copy(), mask[rows, columns]

    def learn(self, rgb, mask):
        rgb, mask = self.closer(rgb, mask)
        embedding, grid = self.encode(rgb)
        coverage = grid.coverage(mask)
        self.feature = grid.mean(coverage)
        self.direction = unit(self.feature)
        cell = self.sam.side / self.sam.grid
        own = Grid(embedding.permute(1, 2, 0).numpy(), mask.shape, grid.frame, (cell, cell))
        self.target = own.mean(own.coverage(mask))
        similarity = grid.similarity(self.direction)
        on = similarity[(coverage >= min(0.5, coverage.max())) & (coverage > 0)]
        beside = similarity[coverage < 0.05]
        self.background, self.inside = max(0, beside.mean() if beside.size else 0), np.median(on)
        self.floor = self.background + (self.inside - self.background) / 2
        covered = np.where(coverage > 0.3 * coverage.max(), similarity, -np.inf)
        best = None
        for self.prompting in (PLAIN, NEGATIVE, GUIDED):
            self.enter(embedding, grid)
            found = self.segment([int(covered.argmax())])
            overlap = 0
            if found:
                drawn = self.sam.upsample(found["logits"][None, None], *mask.shape)[0, 0].numpy() > 0
                overlap = (drawn & mask).sum() / (drawn | mask).sum()
            if best is None or overlap > best[1] + 0.02:
                best = self.prompting, overlap
        self.prompting = best[0]

    # A picture

    def enter(self, embedding, grid):
        self.embedding, self.grid = embedding, grid
        self.map = grid.similarity(self.direction)
        self.negative = grid.middle(int(self.map.argmin()))
        pixel = self.sam.side / self.low
        self.down = shares(grid.rows, grid.cell[0], self.low, pixel)
        self.across = shares(grid.columns, grid.cell[1], self.low, pixel)
        rows, columns = (min(self.low, -(-n * self.low // self.sam.side)) for n in grid.frame)
        self.visible = np.zeros((self.low, self.low), bool)
        self.visible[:rows, :columns] = True
        self.guidance = self.attention() if self.prompting == GUIDED else {}

    def attention(self):
        """The similarity between the nearest four cells at the middles of SAM's, standardised over those in the picture."""
        cell, grid = self.sam.side / self.sam.grid, self.grid
        middles = (np.arange(self.sam.grid) + 0.5) * cell

        def line(count, size):
            place = np.clip(middles / size - 0.5, 0, count - 1)
            first = place.astype(int)
            weights = np.zeros((self.sam.grid, count))
            weights[np.arange(self.sam.grid), first] += 1 - (place - first)
            weights[np.arange(self.sam.grid), np.minimum(count - 1, first + 1)] += place - first
            return weights

        values = line(grid.rows, grid.cell[0]) @ self.map.reshape(grid.rows, grid.columns) @ line(grid.columns, grid.cell[1]).T
        seen = (middles[:, None] < grid.frame[0]) & (middles[None] < grid.frame[1])
        standard = np.where(seen, (values - values[seen].mean()) / max(1e-6, values[seen].std(ddof=1)), -100)
        attention = 1 / (1 + np.exp(-standard))
        return dict(
            similarity=torch.from_numpy(attention).float().reshape(1, 1, 1, -1), target=torch.from_numpy(self.target).reshape(1, 1, -1))

    def likeness(self, similarity):
        return float(np.clip((similarity - self.background) / max(1e-6, 1 - self.background), 0, 1))

    def decode(self, seed, multimask, guidance=None, low=None, box=None):
        points, labels = [self.grid.middle(seed)], [1]
        if self.prompting != PLAIN:
            points, labels = points + [self.negative], [1, 0]
        sparse, dense = self.sam.encode_prompt(*self.grid.size, points, labels, box, None if low is None else low[None])
        logits, scores = self.sam.decode(self.embedding, sparse, dense, multimask, **(guidance or {}))
        return [found for found in map(lambda m, s: self.judge(m, float(s), seed), logits, scores) if found]

    def judge(self, logits, iou, seed):
        values = logits.numpy()
        area, strict, lax = (((values > t) & self.visible).sum() for t in (0, 1, -1))
        if area < 4:
            return None
        coverage = np.minimum(1, self.down @ torch.sigmoid(logits).numpy() @ self.across.T).ravel()
        direction = unit(self.grid.mean(coverage))
        similarity, stability = float(direction @ self.direction), strict / max(1, lax)
        quality = self.likeness(similarity) * math.sqrt(stability)
        return dict(
            logits=logits, iou=iou, similarity=similarity, certainty=math.sqrt(stability), direction=direction,
            coverage=coverage, quality=quality, whole=quality * max(0, iou), seed=seed)

    def box(self, logits):
        y, x = np.nonzero((logits.numpy() > 0) & self.visible)
        if not y.size:
            return None
        step = self.sam.side / self.low
        across, down = (step * n / f for n, f in zip(self.grid.size[::-1], self.grid.frame[::-1]))
        height, width = self.grid.size
        return [x.min() * across, y.min() * down, min(width, (x.max() + 1) * across) - 1, min(height, (y.max() + 1) * down) - 1]

    def segment(self, seeds, refining=True):
        best_of = lambda all: max(all, key=lambda found: found["whole"]) if all else None
        kinds = [False, True] if self.guidance else [True]
        best = best_of([found for kind in kinds for seed in seeds for found in self.decode(seed, kind, self.guidance)])
        if best is None or not refining:
            return best
        current = best
        for with_box in (False, True):
            box = self.box(current["logits"]) if with_box else None
            answer = best_of(self.decode(current["seed"], True, None, current["logits"], box))
            if answer is None:
                break
            current = answer
            if answer["whole"] > best["whole"]:
                best = answer
        return best

    def segment_at(self, cell):
        first = self.segment([cell], refining=False)
        if first is None:
            return None
        seeds, columns = [cell], self.grid.columns
        inside = [i for i in np.flatnonzero(first["coverage"] > 0.5) if i != cell]
        for _ in range(2):
            def worth(i):
                return self.map[i] * min(3, min(math.hypot(i % columns - s % columns, i // columns - s // columns) for s in seeds))

            chosen = max(inside, key=worth, default=None)
            if chosen is None or chosen in seeds:
                break
            seeds.append(int(chosen))
        return self.segment(seeds)

    def same(self, a, b):
        x, y = ((found["logits"].numpy() > 0) & self.visible for found in (a, b))
        return (x & y).sum() > 0.5 * min(x.sum(), y.sum())

    def find(self, rgb):
        return self.find_in(*self.encode(rgb))

    def find_in(self, embedding, grid, threshold=0.65, most=100):
        self.enter(embedding, grid)
        start = time.perf_counter()
        left, attempts, misses = np.ones(self.map.size, bool), [], 0
        while left.any():
            cell = int(np.where(left, self.map, -np.inf).argmax())
            if self.map[cell] < self.floor or misses >= 16:
                break
            found = self.segment_at(cell)
            new = found is not None and not any(other and self.same(other, found) for _, other in attempts)
            misses = 0 if new and found["quality"] >= threshold / 2 else misses + 1
            attempts.append((cell, found))
            left[cell] = False
            if found:
                left &= ~(found["coverage"] > 0.3)
            if len(attempts) >= 4 * max(8, most):
                break
        best = max((found for _, found in attempts if found), key=lambda found: found["quality"], default=None)

        def score(found):
            if found["seed"] == best["seed"]:
                return min(1, found["quality"])
            to_best = self.likeness(float(found["direction"] @ best["direction"]))
            return min(1, (0.5 * self.likeness(found["similarity"]) + 0.5 * to_best) * found["certainty"])

        self.seconds["search"] = time.perf_counter() - start
        part = lambda name: np.array([found[name] if found else np.nan for _, found in attempts])
        out = {
            "prompting": np.array([self.prompting]), "feature": self.feature,
            "levels": np.array([self.background, self.inside, self.floor]),
            "similarity": self.map.reshape(self.grid.rows, self.grid.columns),
        }
        if attempts:
            out |= {
                "points": np.array([self.grid.middle(cell) for cell, _ in attempts]), "peaks": np.array([self.map[cell] for cell, _ in attempts]),
                "scores": np.array([score(found) if found else np.nan for _, found in attempts]),
                "similarities": part("similarity"), "ious": part("iou"),
            }
        return out


def ours(tool, model, features, layers, longest, folder):
    out = pathlib.Path(folder) / "ours.safetensors"
    example = f"boot={EXAMPLES / 'boot.jpg'}#{EXAMPLES / 'boot-mask.png'}"
    words = [tool, "tensors", "find", "--model", model, "--features", features, "--feature-size", longest, "--image", EXAMPLES / "shelf.jpg"]
    words += ["--example", example, "--precision", "float32", "-o", out] + (["--feature-layers", ",".join(map(str, layers))] if layers else [])
    subprocess.run(list(map(str, words)), check=True)
    return {name: value.double().numpy() for name, value in load_file(out).items()}


def compare(name, found, expected):
    passed = True
    for key, truth in expected.items():
        value = found.get(key)
        if value is None or value.shape != truth.shape:
            print(f"  {name}: {key} is {None if value is None else value.shape}, expected {truth.shape}   FAILS")
            passed = False
            continue
        figure = np.nanmax(np.abs(value - truth)) / np.nanmax(np.abs(truth)) if np.nanmax(np.abs(truth)) > 0 else np.nanmax(np.abs(value - truth))
        good = bool((np.isnan(value) == np.isnan(truth)).all()) and figure <= (1e-4 if key in ("feature", "similarity", "levels", "prompting", "points") else 1e-3)
        passed &= good
        print(f"  {name}: {key:13} {list(truth.shape)} {figure:.1e} of the largest{'' if good else '   FAILS'}", flush=True)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--models", help="where the random models are kept; without it, the tiny ones alone")
    parser.add_argument("--tiny", action="store_true", help="the tiny DINOv2 alone")
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(2)
    nano, goldens = ROOT / "Weights/sam-nano", ROOT / "Tests/Goldens/DINOv2"
    cases = [(nano, goldens / "plain", [], 112), (nano, goldens / "registers", [1, 2], 112)]
    if options.models and not options.tiny:
        from models import build as build_model
        from sam_models import build as build_sam

        keep = pathlib.Path(options.models)
        small = build_model(keep, "dinov2-small")
        cases += [(nano, small, [9], 518), (build_sam(keep / "sam-vit-base", "base"), small, [], 518)]
        cases += [(keep / "sam-vit-base", build_model(keep, "dinov2-with-registers-small"), [8, 10, 12], 518)]
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        for model, features, layers, longest in cases:
            search = Search(Sam(model), Dino(features, layers, longest))
            search.learn(read_rgb(EXAMPLES / "boot.jpg"), np.array(Image.open(EXAMPLES / "boot-mask.png").convert("L")) > 0)
            expected = search.find(read_rgb(EXAMPLES / "shelf.jpg"))
            name = f"{model.name}, {features.name}, layers {layers or 'last'}"
            passed &= compare(name, ours(options.spaniel, model, features, layers, longest, folder), expected)
            if options.time:
                print(f"  {name}: Python takes " + ", ".join(f"{part} {1000 * seconds:.0f} ms" for part, seconds in search.seconds.items()))
    print("features: passed" if passed else "features: FAILED")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
