#!/usr/bin/env python3
"""Composes scenes to label: objects cut out of Examples/ by their masks, turned and scaled, on grounds drawn here.

    Tests/Web/compose.py FOLDER [--scenes 100] [--seed 1]

Writes FOLDER/scene-000.jpg … and FOLDER/truth.json, the boxes of the four classes in COCO's format. The other
objects of Examples/ lie about as what the classes must not be taken for.
"""
import argparse
import json
import pathlib

import numpy
from PIL import Image, ImageEnhance, ImageFilter

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent.parent / "Examples"
CLASSES = ["boot", "teapot", "turtle", "pumpkin"]
WIDTH, HEIGHT = 640, 480
LEAST_VISIBLE = 0.7  # an object hidden more than this is composed anew


def mask_of(segmentation):
    """COCO's run lengths as an array [height, width] of bool."""
    height, width = segmentation["size"]
    counts, text, place = [], segmentation["counts"], 0
    while place < len(text):
        value, shift, more = 0, 0, True
        while more:
            char = ord(text[place]) - 48
            value |= (char & 31) << shift
            more, shift, place = char & 32, shift + 5, place + 1
            if not more and char & 16:
                value |= -1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    flat = numpy.repeat(numpy.arange(len(counts)) % 2 == 1, counts)
    return flat.reshape(width, height).T


def cut_outs():
    """The largest view of each class of Examples/, as pictures with alpha."""
    truth = json.loads((EXAMPLES / "truth.coco.json").read_text())
    files = {image["id"]: image["file_name"] for image in truth["images"]}
    names = {category["id"]: category["name"] for category in truth["categories"]}
    best = {}
    for annotation in truth["annotations"]:
        name = names[annotation["category_id"]]
        if name not in best or annotation["area"] > best[name]["area"]:
            best[name] = annotation
    found = {}
    for name, annotation in best.items():
        picture = Image.open(EXAMPLES / files[annotation["image_id"]]).convert("RGB")
        alpha = Image.fromarray((mask_of(annotation["segmentation"]) * 255).astype("uint8"))
        picture.putalpha(alpha)
        found[name] = picture.crop(alpha.getbbox())
    return found


def ground(random):
    """A plain colour with soft noise in it, of some coarseness."""
    colour = random.integers(70, 215, 3)
    coarse = int(random.integers(8, 60))
    noise = random.normal(0, 22, (HEIGHT // coarse + 2, WIDTH // coarse + 2, 3)).clip(-60, 60) + colour
    picture = Image.fromarray(noise.clip(0, 255).astype("uint8")).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    grain = random.normal(0, 6, (HEIGHT, WIDTH, 1))
    return Image.fromarray((numpy.asarray(picture) + grain).clip(0, 255).astype("uint8"))


def changed(cut_out, random):
    """The object at some size, turn and brightness."""
    scale = float(random.uniform(90, 190)) / max(cut_out.size)
    size = [max(8, round(side * scale)) for side in cut_out.size]
    picture = cut_out.resize(size, Image.Resampling.LANCZOS)
    picture = picture.rotate(float(random.uniform(-30, 30)), Image.Resampling.BICUBIC, expand=True)
    if random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    alpha = picture.getchannel("A")
    picture = ImageEnhance.Brightness(picture.convert("RGB")).enhance(float(random.uniform(0.75, 1.2)))
    picture.putalpha(alpha)
    return picture.crop(alpha.point(lambda value: 255 if value > 127 else 0).getbbox())


def scene(objects, random):
    """A picture and its targets [(class, box x, y, width, height)]."""
    names = [str(random.choice(CLASSES)) for _ in range(int(random.integers(1, 5)))]
    others = [name for name in objects if name not in CLASSES]
    names += [str(random.choice(others)) for _ in range(int(random.integers(1, 4)))]
    picture = ground(random)
    owner = numpy.full((HEIGHT, WIDTH), -1)
    whole = []
    for index in random.permutation(len(names)):
        cut_out = changed(objects[names[index]], random)
        x = int(random.integers(0, WIDTH - cut_out.width))
        y = int(random.integers(0, HEIGHT - cut_out.height))
        picture.paste(cut_out, (x, y), cut_out)
        solid = numpy.asarray(cut_out.getchannel("A")) > 127
        owner[y : y + cut_out.height, x : x + cut_out.width][solid] = index
        whole.append((int(index), int(solid.sum())))
    targets = []
    for index, size in whole:
        seen = owner == index
        if seen.sum() < LEAST_VISIBLE * size:
            return scene(objects, random)
        if names[index] in CLASSES:
            rows, columns = numpy.where(seen.any(1))[0], numpy.where(seen.any(0))[0]
            box = [int(columns[0]), int(rows[0]), int(columns[-1] - columns[0] + 1), int(rows[-1] - rows[0] + 1)]
            targets.append((names[index], box))
    return picture.filter(ImageFilter.GaussianBlur(0.5)), targets


def compose(folder, count, seed):
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(seed)
    objects = cut_outs()
    truth = {"images": [], "annotations": [], "categories": [
        {"id": place + 1, "name": name} for place, name in enumerate(CLASSES)]}
    for number in range(count):
        picture, targets = scene(objects, random)
        name = f"scene-{number:03}.jpg"
        picture.save(folder / name, quality=90)
        truth["images"].append({"id": number + 1, "file_name": name, "width": WIDTH, "height": HEIGHT})
        for kind, box in targets:
            truth["annotations"].append({
                "id": len(truth["annotations"]) + 1, "image_id": number + 1,
                "category_id": CLASSES.index(kind) + 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
    (folder / "truth.json").write_text(json.dumps(truth))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--scenes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    compose(arguments.folder, arguments.scenes, arguments.seed)
