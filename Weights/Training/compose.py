"""Composes scenes of cut-out objects on backgrounds, with every instance's visible mask, box and name.

    python compose.py --out sheet.png                # a contact sheet to look at
    python compose.py --out sheet.png --held-out     # from the held-out objects and backgrounds

A scene draws 2 to 10 instances from a small pool of objects, so the same object occurs several times in a scene and, as
neighbouring scenes share the pool, in several pictures of a batch.
"""

import argparse
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from fetch import default_root

SMALLEST, LARGEST = 0.08, 0.65  # an instance's longer side as a share of the picture's side
LEAST_VISIBLE = 0.25  # an instance hidden more than this is no target


@dataclass
class Instance:
    object: int  # index into Library.objects
    mask: np.ndarray  # [side, side] bool, the visible part
    box: tuple  # x0, y0, x1, y1 in pixels, x1 and y1 exclusive


@dataclass
class Scene:
    picture: np.ndarray  # [side, side, 3] uint8
    instances: list = field(default_factory=list)
    unsure: np.ndarray | None = None  # [side, side] bool, visible bits of instances too hidden to be targets

    def cut(self, side, random):
        """A square of `side` pixels at a random place, mirrored half the time: the scene once more, a little different."""
        y, x = random.integers(0, self.picture.shape[0] - side + 1, 2)
        turn = slice(None, None, 1 if random.random() < 0.5 else -1)
        part = lambda pixels: pixels[y : y + side, x : x + side][:, turn]
        out = Scene(part(self.picture), unsure=part(self.unsure).copy())
        for instance in self.instances:
            mask = part(instance.mask)
            if mask.sum() >= max(least(side), LEAST_VISIBLE * instance.mask.sum()):
                out.instances.append(Instance(instance.object, mask, box_of(mask)))
            else:
                out.unsure |= mask
        return out


def least(side):
    """The fewest visible pixels of a target."""
    return 24 * (side / 256) ** 2


def box_of(mask):
    ys, xs = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
    return int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1


class Reuse:
    """Scenes that serve `times` times, `apart` batches apart: composed `margin` pixels larger than `composer.side`, cut and mirrored anew each time."""

    def __init__(self, composer, times=4, apart=8, margin=16):
        self.composer, self.times, self.apart, self.margin, self.kept = composer, times, apart, margin, {}

    def __call__(self, index, seed, draw):
        """draw(composer) → [(anything, scene)] → the same of batch `index`, from its own generator; and that generator."""
        composer, side, slot = self.composer, self.composer.side, index % self.apart
        number = (index // self.apart + slot) // self.times * self.apart + slot  # + slot: a few are new at any time, not all at once
        if self.kept.get(slot, (None,))[0] != (number, draw):
            composer.side, composer.random = side + self.margin, np.random.default_rng([seed, side, number])
            self.kept[slot] = (number, draw), draw(composer)
            composer.side = side
        random, out = np.random.default_rng([seed, side, index, 1]), []
        for given, scene in self.kept[slot][1]:
            once = scene.cut(side, random)
            while not once.instances:
                once = scene.cut(side, random)
            out.append((given, once))
        return out, random


class Library:
    """The object and background sets that fetch.py wrote, one split of them, memory-mapped."""

    def __init__(self, root: Path | None = None, held_out=False, only=None):
        data = (root or default_root()) / "data"
        index = json.loads((data / "index.json").read_text())
        keep = lambda record: record["held_out"] == held_out and (only is None or only(record))
        self.objects = [record for record in index["objects"] if keep(record)]
        self.backgrounds = [record for record in index["backgrounds"] if keep(record)]
        self.object_pixels = np.memmap(data / "objects.bin", np.uint8, "r")
        self.background_pixels = np.memmap(data / "backgrounds.bin", np.uint8, "r")
        self.groups = {}
        for i, record in enumerate(self.objects):
            self.groups.setdefault(record["group"], []).append(i)
        self.photographs = [r for r in self.backgrounds if r["kind"] == "photograph"]
        self.textures = [r for r in self.backgrounds if r["kind"] == "texture"]
        self.packages = {}
        for i, record in enumerate(self.objects):
            self.packages.setdefault(record["package"], []).append(i)

    def level(self, index, side):
        """The smallest stored size of an object whose longer side is at least `side`, as a premultiplied RGBA image."""
        offset, height, width = next(
            (level for level in reversed(self.objects[index]["levels"]) if max(level[1:]) >= side), self.objects[index]["levels"][0]
        )
        pixels = self.object_pixels[offset : offset + height * width * 4]
        return Image.frombuffer("RGBa", (width, height), pixels.tobytes(), "raw", "RGBa", 0, 1)

    def background(self, record):
        offset, height, width = record["levels"][0]
        return Image.frombuffer("RGB", (width, height), self.background_pixels[offset : offset + height * width * 3].tobytes(), "raw", "RGB", 0, 1)


class Composer:
    """Draws scenes from one generator, so that one seed gives one set of scenes."""

    def __init__(self, library: Library, side=256, seed=0):
        self.library, self.side, self.random = library, side, np.random.default_rng(seed)

    # what to draw

    def any_object(self):
        """An object: half the time any, half the time by package, since photographic stamps are the fewest."""
        random, library = self.random, self.library
        if random.random() < 0.5:
            return int(random.integers(len(library.objects)))
        members = library.packages[list(library.packages)[random.integers(len(library.packages))]]
        return int(members[random.integers(len(members))])

    def pool(self, size):
        """`size` different objects; neighbours of one group among them half the time, to be told apart."""
        random, chosen = self.random, [self.any_object()]
        while len(chosen) < size:
            candidate = self.any_object()
            if random.random() < 0.3:
                group = self.library.groups[self.library.objects[chosen[random.integers(len(chosen))]]["group"]]
                candidate = int(group[random.integers(len(group))])
            if candidate not in chosen or random.random() < 0.02:
                chosen.append(candidate)
        return chosen

    def choose(self, pool):
        """2 to 10 instances of the pool's objects, repeats included."""
        random = self.random
        count = int(random.integers(2, 11))
        weights = random.dirichlet(np.full(len(pool), 0.8))
        chosen = [pool[i] for i in random.choice(len(pool), count, p=weights)]
        if len(set(chosen)) == 1:
            chosen[0] = pool[(pool.index(chosen[0]) + 1) % len(pool)]
        return chosen

    # drawing

    def ground(self):
        """A background: a crop of a photograph, a tiled texture, smooth noise or a plain colour; [side, side, 3] float32."""
        random, side, library = self.random, self.side, self.library
        kind = random.random()
        if kind < 0.4 and library.photographs:
            picture = library.background(library.photographs[random.integers(len(library.photographs))])
            crop = min(picture.size) * math.exp(random.uniform(math.log(0.25), 0))
            x, y = (random.uniform(0, total - crop) for total in picture.size)
            out = np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR, (x, y, x + crop, y + crop), reducing_gap=2), np.float32)
        elif kind < 0.8 and library.textures:
            picture = library.background(library.textures[random.integers(len(library.textures))])
            tile = max(24, round(side * math.exp(random.uniform(math.log(0.15), math.log(1.2)))))
            size = (tile, max(8, round(tile * picture.size[1] / picture.size[0])))
            picture = np.asarray(picture.resize(size, Image.Resampling.BILINEAR, reducing_gap=2))
            x, y = random.integers(size[0]), random.integers(size[1])
            rows, columns = (np.arange(side) + y) % size[1], (np.arange(side) + x) % size[0]
            out = picture[rows[:, None], columns].astype(np.float32)
        else:
            out = np.empty((side, side, 3), np.float32)
            out[:] = random.uniform(0, 255, 3)
            if kind < 0.93:
                cells = int(random.integers(2, 9))
                noise = random.normal(0, random.uniform(8, 70), (cells, cells, 3)).astype(np.float32)
                out += np.stack([np.asarray(Image.fromarray(noise[..., c]).resize((side, side), Image.Resampling.BICUBIC)) for c in range(3)], -1)
        if random.random() < 0.4:
            out = (out - 128) * random.uniform(0.4, 1.1) + 128 + random.uniform(-40, 40, 3).astype(np.float32)
        return out[:, ::-1] if random.random() < 0.5 else out

    def render(self, index, scale):
        """An object turned, sheared, mirrored and scaled to `scale` of the side; premultiplied [h, w, 4] float32 in 0…255."""
        random = self.random
        longer = scale * self.side
        level = self.library.level(index, longer)
        width, height = level.size
        angle = random.normal(0, 0.35) if random.random() < 0.8 else random.uniform(-math.pi, math.pi)
        shear, stretch = random.normal(0, 0.08), math.exp(random.normal(0, 0.08))
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        matrix = turn @ np.array([[stretch, shear], [0, 1 / stretch]])
        if random.random() < 0.5:
            matrix = matrix @ np.diag([-1.0, 1.0])
        corners = np.abs(matrix) @ np.array([width, height])  # the turned picture's extent before scaling
        matrix = matrix * (longer / corners.max())
        out_width, out_height = (max(3, math.ceil(extent)) + 1 for extent in np.abs(matrix) @ np.array([width, height]))
        inverse = np.linalg.inv(matrix)
        offset = np.array([width, height]) / 2 - inverse @ (np.array([out_width, out_height]) / 2)
        drawn = level.transform((out_width, out_height), Image.Transform.AFFINE, (*inverse[0], offset[0], *inverse[1], offset[1]), Image.Resampling.BILINEAR)
        out = np.frombuffer(drawn.tobytes(), np.uint8).reshape(out_height, out_width, 4).astype(np.float32)
        alpha = out[..., 3:] / 255
        gain = np.exp(random.normal(0, 0.06, 3) + random.normal(0, 0.12)).astype(np.float32)
        contrast = np.float32(math.exp(random.normal(0, 0.12)))
        out[..., :3] = np.clip(((out[..., :3] - 128 * alpha) * contrast + 128 * alpha) * gain, 0, 255 * alpha)
        return out

    def shadow(self, canvas, alpha, x, y):
        """Darkens the canvas softly beside an object to be drawn at x, y."""
        random, side = self.random, self.side
        height, width = alpha.shape
        reach = max(2.0, 0.12 * max(height, width))
        margin = math.ceil(2 * reach)
        dx, dy = (round(v) for v in random.normal(0, 0.5 * reach, 2))
        padded = np.pad(alpha, margin)
        blurred = np.asarray(Image.fromarray(padded.astype(np.uint8)).filter(ImageFilter.BoxBlur(reach * random.uniform(0.2, 0.8))), np.float32)
        x, y = x + dx - margin, y + dy - margin
        inside, outside = clip(x, y, blurred.shape, side)
        if inside:
            canvas[outside] *= 1 - blurred[inside][..., None] * np.float32(random.uniform(0.1, 0.55) / 255)

    def scene(self, chosen, scales=None) -> Scene:
        """A scene with an instance of each object index in `chosen` (repeats welcome), the last on top."""
        random, side = self.random, self.side
        canvas = np.ascontiguousarray(self.ground())
        owner = np.full((side, side), -1, np.int16)
        whole = []
        shadows = random.random() < 0.6
        for i, index in enumerate(chosen):
            scale = scales[i] if scales is not None else math.exp(random.uniform(math.log(SMALLEST), math.log(LARGEST)))
            drawn = self.render(index, scale)
            height, width = drawn.shape[:2]
            solid = drawn[..., 3] > 127
            best = None
            for _ in range(3):  # the place of three that hides least
                centre = random.uniform(0.02, 0.98, 2) * side
                x, y = round(centre[0] - width / 2), round(centre[1] - height / 2)
                inside, outside = clip(x, y, (height, width), side)
                if inside is None:
                    continue
                cost = ((owner[outside] >= 0) & solid[inside]).sum() + (solid.sum() - solid[inside].sum())
                if best is None or cost < best[0]:
                    best = (cost, x, y, inside, outside)
            if best is None:
                whole.append(0)
                continue
            _, x, y, inside, outside = best
            if shadows:
                self.shadow(canvas, drawn[..., 3], x, y)
            patch = drawn[inside]
            canvas[outside] *= 1 - patch[..., 3:] / 255
            canvas[outside] += patch[..., :3]
            owner[outside][solid[inside]] = i
            whole.append(int(solid.sum()))
        scene = Scene(self.finish(canvas))
        scene.unsure = np.zeros((side, side), bool)
        for i, index in enumerate(chosen):
            mask = owner == i
            if mask.sum() >= max(least(side), LEAST_VISIBLE * whole[i]):
                scene.instances.append(Instance(index, mask, box_of(mask)))
            else:
                scene.unsure |= mask
        return scene

    def finish(self, canvas):
        """Light, blur and noise over the whole picture; uint8."""
        random, side = self.random, self.side
        if random.random() < 0.4:
            across, down = np.linspace(-1, 1, side, dtype=np.float32), np.linspace(-1, 1, side, dtype=np.float32)[:, None]
            canvas = canvas * (1 + np.float32(random.normal(0, 0.2)) * across + np.float32(random.normal(0, 0.2)) * down)[..., None]
        if random.random() < 0.2:
            canvas = canvas * np.exp(random.normal(0, 0.1, 3)).astype(np.float32)
        if random.random() < 0.03:
            canvas = np.repeat(canvas.mean(-1, keepdims=True), 3, -1)
        if random.random() < 0.4:
            noise = random.standard_normal((side, side, 1 if random.random() < 0.5 else 3), np.float32)
            canvas = canvas + noise * np.float32(random.exponential(5))
        out = np.clip(canvas, 0, 255).astype(np.uint8)
        if random.random() < 0.3:
            out = np.asarray(Image.fromarray(out).filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.3) * side / 256)))
        return out


def clip(x, y, shape, side):
    """The parts of a patch at x, y and of the canvas that overlap, as index pairs; None, None if nowhere."""
    height, width = shape
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, side), min(y + height, side)
    if x1 <= x0 or y1 <= y0:
        return None, None
    return (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)), (slice(y0, y1), slice(x0, x1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--held-out", action="store_true")
    arguments = parser.parse_args()
    composer = Composer(Library(arguments.root, arguments.held_out), arguments.side, arguments.seed)
    side, sheet = arguments.side, Image.new("RGB", (arguments.side * 8, arguments.side * 4))
    for row in range(4):
        pool = composer.pool(6)
        for column in range(4):
            scene = composer.scene(composer.choose(pool))
            sheet.paste(Image.fromarray(scene.picture), (column * 2 * side, row * side))
            colours = np.random.default_rng(1).integers(60, 255, (32, 3))
            masks = np.zeros((side, side, 3), np.uint8)
            for instance in scene.instances:
                masks[instance.mask] = colours[pool.index(instance.object)]
                x0, y0, x1, y1 = instance.box
                masks[[y0, y1 - 1], x0:x1] = masks[y0:y1, [x0, x1 - 1]] = 255
            sheet.paste(Image.fromarray(masks), ((column * 2 + 1) * side, row * side))
    sheet.save(arguments.out)


if __name__ == "__main__":
    main()
