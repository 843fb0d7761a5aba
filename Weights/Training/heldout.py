"""Makes the evaluation set that is small and free enough to be in the repository: composed scenes and their truth.

    python heldout.py                    # → heldout/, about 4 MB

Objects: only OpenClipart's, which their artists gave to the public domain. Grounds: plain colours and noise, drawn here. Scenes of 384 pixels as JPEG, drawn
by compose.py with one seed. What is asked of them is in cases.json, the visible masks and boxes in truth.coco.json:

find    An object no training ever saw: a reference with one instance among others, a picture with 1 to 4, a picture with none.
        {"reference": file, "example": annotation id, "present": file, "instances": [annotation ids], "absent": file}
words   Objects that were trained on, in new scenes: {"image": file, "texts": [{"text", "fits": [ids], "unsure": [ids]}]}; up to three texts fit
        nothing. `unsure`: instances of which it is hard to say whether the text fits; neither right nor wrong.

An instance of which less than a quarter is visible is no target, and not in the truth.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as run_lengths

from compose import LARGEST, SMALLEST, Composer, Library
from fetch import default_root
from named_library import named_library

SEED, SIDE = 20260102, 384
FIND, WORDS = 36, 40
FREE = "openclipart-png"


class Drawn(Composer):
    """Scenes on grounds that nobody else owns: noise of several sizes, added up, or a plain colour."""

    def ground(self):
        random, side = self.random, self.side
        out = np.empty((side, side, 3), np.float32)
        out[:] = random.uniform(30, 225, 3)
        if random.random() < 0.15:
            return out
        cells, strength, fade = int(random.integers(2, 6)), random.uniform(15, 70), random.uniform(0.4, 0.8)
        while cells < side // 3:
            noise = random.normal(0, strength, (cells, cells, 3)).astype(np.float32)
            noise = 0.7 * noise.mean(-1, keepdims=True) + 0.3 * noise
            out += np.stack([np.asarray(Image.fromarray(noise[..., c]).resize((side, side), Image.Resampling.BICUBIC)) for c in range(3)], -1)
            cells, strength = cells * 2, strength * fade
        return np.clip(out, 0, 255)


class Truth:
    """COCO's pictures, annotations and categories, as scenes are added."""

    def __init__(self, folder):
        self.folder, self.images, self.annotations, self.categories, self.sources = folder, [], [], {}, {}

    def add(self, name, scene, library):
        """Writes the picture; returns the annotation ids by instance."""
        Image.fromarray(scene.picture).save(self.folder / name, quality=88, optimize=True)
        self.images.append(dict(id=len(self.images) + 1, file_name=name, width=SIDE, height=SIDE))
        ids = []
        for instance in scene.instances:
            record = library.objects[instance.object]
            category = self.categories.setdefault(record["id"].split("/")[-1].removesuffix(".png"), len(self.categories) + 1)
            self.sources[record["id"]] = True
            packed = run_lengths.encode(np.asfortranarray(instance.mask))
            x0, y0, x1, y1 = instance.box
            ids.append(len(self.annotations) + 1)
            self.annotations.append(
                dict(
                    id=ids[-1], image_id=len(self.images), category_id=category, bbox=[x0, y0, x1 - x0, y1 - y0], area=int(instance.mask.sum()), iscrowd=0,
                    segmentation=dict(size=[SIDE, SIDE], counts=packed["counts"].decode()),
                )
            )  # fmt: skip
        return ids


def place(composer, target, others, wanted, count, least):
    """A scene with `wanted` instances of the target, `count` of the others; and the target's instances' places in scene.instances."""
    random = composer.random
    while True:
        chosen = [target] * wanted + [others[i] for i in random.integers(len(others), size=count)]
        scales = [float(np.exp(random.uniform(*np.log((least if o == target else SMALLEST, LARGEST))))) for o in chosen]
        order = random.permutation(len(chosen))
        scene = composer.scene([chosen[i] for i in order], [scales[i] for i in order])
        mine = [k for k, i in enumerate(scene.instances) if i.object == target]
        if len(mine) == wanted and len(scene.instances) >= wanted + min(2, count):
            return scene, mine


def find_cases(root, truth):
    composer, cases = Drawn(Library(root, held_out=True, only=lambda r: r["package"] == FREE), SIDE), []
    targets = np.random.default_rng(SEED).permutation(len(composer.library.objects))[:FIND]
    for k, target in enumerate(int(t) for t in targets):
        random = composer.random = np.random.default_rng([SEED, 1, k])
        others = [o for o in composer.pool(6) if o != target]
        case = {}
        for role, wanted, count, least in (
            ("reference", 1, int(random.integers(1, 4)), 0.25), ("present", 1 + k % 4, int(random.integers(2, 6)), 0.12), ("absent", 0, int(random.integers(2, 6)), 0.12),
        ):  # fmt: skip
            scene, mine = place(composer, target, others, wanted, count, least)
            case[role] = f"find-{k:02}-{role}.jpg"
            ids = truth.add(case[role], scene, composer.library)
            if role == "reference":
                case["example"] = ids[mine[0]]
            elif role == "present":
                case["instances"] = [ids[i] for i in mine]
        cases.append(case)
    return cases


def word_cases(root, truth):
    library, names = named_library(root)
    free = [i for i, record in enumerate(library.objects) if record["package"] == FREE]
    library.objects, names.names = [library.objects[i] for i in free], [names.names[i] for i in free]
    names.sets, names.bags = [names.sets[i] for i in free], [names.bags[i] for i in free]
    library.packages, library.groups = {FREE: list(range(len(free)))}, {}
    for i, record in enumerate(library.objects):
        library.groups.setdefault(record["group"], []).append(i)
    every, composer, cases = sorted({name for each in names.names for name in each}), Drawn(library, SIDE), []
    for k in range(WORDS):
        random = composer.random = np.random.default_rng([SEED, 2, k])
        scene = composer.scene(composer.choose(composer.pool(6)))
        while not scene.instances:
            scene = composer.scene(composer.choose(composer.pool(6)))
        texts = {names.names[i.object][random.integers(len(names.names[i.object]))] for i in scene.instances}
        fitting = len(texts)
        while len(texts) < fitting + 3:
            text = every[random.integers(len(every))]
            if all(names.fits(text, i.object) == 0 for i in scene.instances):
                texts.add(text)
        name = f"words-{k:02}.jpg"
        ids = truth.add(name, scene, library)
        pick = lambda text, answer: [ids[i] for i, each in enumerate(scene.instances) if names.fits(text, each.object) is answer]
        cases.append(dict(image=name, texts=[dict(text=text, fits=pick(text, 1), unsure=pick(text, None)) for text in sorted(texts)]))
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "heldout")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for old in arguments.out.glob("*.jpg"):
        old.unlink()
    truth = Truth(arguments.out)
    cases = dict(find=find_cases(arguments.root, truth), words=word_cases(arguments.root, truth))
    (arguments.out / "cases.json").write_text("{\n" + ",\n".join(f'"{kind}": [\n' + ",\n".join(map(json.dumps, each)) + "\n]" for kind, each in cases.items()) + "\n}\n")
    info = dict(description="Composed scenes; every object from OpenClipart (public domain), Debian package openclipart-png 1:0.18+dfsg-19")
    lists = dict(
        images=truth.images, annotations=truth.annotations, categories=[dict(id=i, name=name) for name, i in truth.categories.items()], sources=sorted(truth.sources)
    )  # fmt: skip
    body = ",\n".join(f'"{name}": [\n' + ",\n".join(json.dumps(each, separators=(",", ":")) for each in values) + "\n]" for name, values in lists.items())
    (arguments.out / "truth.coco.json").write_text(f'{{\n"info": {json.dumps(info)},\n{body}\n}}\n')
    size = sum(file.stat().st_size for file in arguments.out.iterdir())
    print(f"{arguments.out}: {len(truth.images)} pictures, {len(truth.annotations)} instances of {len(truth.sources)} objects, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
