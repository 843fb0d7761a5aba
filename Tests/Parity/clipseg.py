"""Compares `spaniel tensors clipseg` with transformers' CLIPSegForImageSegmentation on photographs that are not square.

    python clipseg.py --spaniel PATH [--models FOLDER] [--all] [--name NAME] [--model FOLDER]

Without options the tiny models and rd64-refined, with --all rd64 too. By agreement.py's rule; and once for each of: an example picture instead of words,
position ids in the file.
"""

import pathlib
import tempfile

import torch
from PIL import Image
from transformers import CLIPSegForImageSegmentation
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

import texts
from agreement import NEARLY_SQUARE, TALL, WIDE, Judge, as_arguments, identical, main, photograph, reference, rewritten, tensors

NAMES = ["conditional_embeddings", "logits"]
QUERIES = ["a cup", "a photo of a cat with whiskers", "Rauch, Feuer & 🚀"]


def load(folder):
    return CLIPSegForImageSegmentation.from_pretrained(folder, dtype=torch.float32).eval()


def run(model, inputs):
    inputs = dict(inputs)
    count = len(inputs["input_ids"])
    pixels = inputs.pop("pixel_values")
    by_text = model(pixel_values=pixels.expand(count, -1, -1, -1), **inputs)
    result = {name: by_text[name] for name in NAMES}
    # The picture itself, as an example of what it shows.
    by_example = model(pixel_values=pixels, conditional_pixel_values=pixels)
    return result | {f"example.{name}": by_example[name] for name in NAMES}


def given(folder, path, settings):
    return {"pixel_values": settings(Image.open(path), return_tensors="pt")["pixel_values"], "input_ids": texts.ids(folder, QUERIES)}


def logits_of(value):
    """transformers drops the prompts' axis where there is one prompt."""
    return value[None] if value.ndim == 2 else value


def variants(judge, tool, folder, path, base, temporary):
    """The same model written otherwise."""
    positions = {f"clip.{part}_model.embeddings.position_ids": torch.arange(n)[None] for part, n in (("text", 77), ("vision", 197))}
    other = rewritten(folder, temporary / "position ids", lambda t: t | positions)
    identical(judge, "position ids in the file", tensors(tool, "clipseg", other, "--image", path, *as_arguments(QUERIES)), base)


def compare(tool, folder, keep):
    judge, settings = Judge(folder.name), ViTImageProcessorPil.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for case in (TALL, NEARLY_SQUARE, WIDE):
            path = photograph(case, temporary)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference("clipseg", folder, case | dict(texts=QUERIES), path, keep, lambda: load(folder), lambda: given(folder, path, settings), run)
            found = tensors(tool, "clipseg", folder, "--image", path, *as_arguments(QUERIES))
            judge.pixels(found.get("pixel_values"), expected["pixel_values"], settings)
            texts.judge_ids(judge, found.get("input_ids"), expected["input_ids"], folder)
            for name in NAMES:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"])
            by_example = tensors(tool, "clipseg", folder, "--image", path, "--example", path)
            for name in NAMES:
                truth32, truth64 = (expected[f"example.{name}.{kind}"] for kind in ("32", "64"))
                if name == "logits":
                    truth32, truth64 = logits_of(truth32), logits_of(truth64)
                judge.tensor(name, by_example.get(name), truth32, truth64, f"example: {name}")
        variants(judge, tool, folder, path, found, temporary)
    judge.errors()
    return judge.failures


if __name__ == "__main__":
    main(__doc__, compare, "CLIPSeg", ["clipseg-rd64-refined"], ["clipseg-rd64-refined", "clipseg-rd64"])
