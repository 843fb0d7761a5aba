"""Compares `spaniel tensors dinov2` with transformers' Dinov2Model on photographs, at the published and at other sizes.

    python dinov2.py --spaniel PATH [--models FOLDER] [--all] [--name NAME] [--model FOLDER]

Without options the tiny models, DINOv2-small, -base, -small with registers, and four layers of giant's shape. By agreement.py's rule, for the last hidden
state and for layers in between. Two ways in: the published preprocessing, whose pixels must be the same bytes, and pixel values of 518², 896 × 672 and
224 × 308 that Pillow resized here. And once for each of: the key names that transformers' modules have instead of the hub's, a missing mask token, F16
weights.
"""

import json
import pathlib
import tempfile

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

from agreement import NEARLY_SQUARE, TALL, WIDE, LARGE, Judge, identical, main, photograph, reference, rewritten, tensors

PATCHES = {"37x37": (37, 37), "48x64": (48, 64), "22x16": (22, 16)}  # rows first: as trained, larger, smaller
SPELLINGS = [  # the hub's, and that of transformers' modules
    ("attention.attention.query", "attention.q_proj"),
    ("attention.attention.key", "attention.k_proj"),
    ("attention.attention.value", "attention.v_proj"),
    ("attention.output.dense", "attention.o_proj"),
    ("mlp.weights_out", "mlp.down_proj"),
]


def configuration(folder):
    return json.loads((folder / "config.json").read_text())


def load(folder):
    kind = {"dinov2": "Dinov2Model", "dinov2_with_registers": "Dinov2WithRegistersModel"}[configuration(folder)["model_type"]]
    return getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32).eval()


def numbers(folder):
    """The layers that are compared: an early one, the one before the last quarter, and the last."""
    count = configuration(folder)["num_hidden_layers"]
    return sorted({1, max(1, 3 * count // 4), count})


def respelt(values):
    found = {}
    for name, value in values.items():
        for old, new in SPELLINGS:
            name = name.replace(old, new)
        if "mlp.weights_in" in name:
            for part, half in zip(("gate_proj", "up_proj"), value.chunk(2)):
                found[name.replace("weights_in", part)] = half.clone()
        else:
            found[name] = value
    return found


def resized(path, rows, columns, patch, temporary):
    """A photograph as pixel values of whole patches, in a file of its own."""
    image = Image.open(path).resize((columns * patch, rows * patch), Image.Resampling.BICUBIC)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = ((torch.from_numpy(np.array(image)) / 255 - mean) / std).permute(2, 0, 1)[None].contiguous()
    file = temporary / f"{path.stem}-{rows}x{columns}.safetensors"
    save_file({"pixel_values": pixels}, file)
    return file, pixels


def compare(tool, folder, keep):
    judge, settings = Judge(folder.name), BitImageProcessorPil.from_pretrained(folder)
    layers, patch = numbers(folder), configuration(folder)["patch_size"]
    asked = [word for n in layers for word in ("--layer", n)]
    names = ["last_hidden_state"] + [f"layers.{n}" for n in layers]

    def run(model, inputs):
        out = model(**inputs, output_hidden_states=True)
        return {"last_hidden_state": out.last_hidden_state} | {f"layers.{n}": out.hidden_states[n] for n in layers}

    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for case in (WIDE, TALL, NEARLY_SQUARE, LARGE):
            path = photograph(case, temporary)
            print(f"  {path.stem} {Image.open(path).size}, as published")
            expected = reference("dinov2", folder, case, path, keep, lambda: load(folder), lambda: dict(settings(Image.open(path), return_tensors="pt")), run)
            found = tensors(tool, "dinov2", folder, "--image", path, *asked)
            judge.pixels(found.get("pixel_values"), expected["pixel_values"], settings)
            for name in names:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"])
        judge.errors()
        judge.seen.clear()
        for (label, (rows, columns)), case in zip(PATCHES.items(), (WIDE, LARGE, TALL)):
            path = photograph(case, temporary)
            file, pixels = resized(path, rows, columns, patch, temporary)
            print(f"  {file.stem}: {columns * patch} × {rows * patch}")
            expected = reference("dinov2", folder, case | {"patches": label}, file, keep, lambda: load(folder), lambda: {"pixel_values": pixels}, run)
            found = tensors(tool, "dinov2", folder, "--pixel-values", file, *asked)
            for name in names:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"], f"{name}, {label}")
            judge.errors()
            judge.seen.clear()
        for name, change in (
            ("the modules' key names", respelt),
            ("no mask token", lambda values: {k: v for k, v in values.items() if k != "embeddings.mask_token"}),
        ):
            other = rewritten(folder, temporary / name, change)
            identical(judge, name, tensors(tool, "dinov2", other, "--pixel-values", file, *asked), found)
        half = rewritten(folder, temporary / "F16", lambda values: {k: v.half() for k, v in values.items()})
        expected = run(load(half), {"pixel_values": pixels})
        found = tensors(tool, "dinov2", half, "--pixel-values", file, *asked)
        for name in names:
            judge.tensor(name, found.get(name), expected[name], key=f"F16 weights: {name}")
    return judge.failures


if __name__ == "__main__":
    usual = ["dinov2-small", "dinov2-base", "dinov2-with-registers-small", "dinov2-giant-4-layers"]
    main(__doc__, compare, "DINOv2", usual, usual + ["dinov2-large", "dinov2-with-registers-base"])
