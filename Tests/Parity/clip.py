"""Compares `spaniel tensors clip` with transformers' CLIPModel on photographs that are not square and on texts of every kind.

    python clip.py --spaniel PATH [--models FOLDER] [--all] [--name NAME] [--model FOLDER]

Without options the tiny models and B/32, with --all B/16 and L/14 too. By agreement.py's rule, the token ids equal; and once for each of: position ids in
the file, BF16 weights.
"""

import pathlib
import tempfile

import torch
from PIL import Image
from transformers import CLIPModel
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import texts
from agreement import LARGE, NEARLY_SQUARE, TALL, WIDE, Judge, as_arguments, identical, main, photograph, reference, rewritten, tensors

NAMES = ["image_embeds", "text_embeds", "logits_per_image"]
# Several, as the error of a few logits is chance.
QUERIES = [
    "a photo of a cat", "a cup of coffee on a wooden table, seen from above", "rocket", "Voilà: 2 Äpfel & ½ pear!", "dog", "a red mug", "東京の夜",
    "the eye's retina, photographed through the pupil", "nothing", "a launch pad at dawn 🚀", "spoon", "many small whiskers",
]


def load(folder):
    return CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()


def run(model, inputs):
    out = model(**inputs)
    return {name: out[name] for name in NAMES}


def given(folder, path, settings):
    return {"pixel_values": settings(Image.open(path), return_tensors="pt")["pixel_values"], "input_ids": texts.ids(folder, QUERIES)}


def variants(judge, tool, folder, path, base, settings, temporary):
    """The same model written otherwise."""
    positions = {f"{part}_model.embeddings.position_ids": torch.arange(n)[None] for part, n in (("text", 77), ("vision", 50))}
    other = rewritten(folder, temporary / "position ids", lambda t: t | positions)
    words = ["--image", path, *as_arguments(QUERIES)]
    identical(judge, "position ids in the file", tensors(tool, "clip", other, *words), base)
    brain = rewritten(folder, temporary / "BF16", lambda t: {k: v.bfloat16() for k, v in t.items()})
    expected, found = run(load(brain), given(folder, path, settings)), tensors(tool, "clip", brain, *words)
    for name in NAMES:
        judge.tensor(name, found.get(name), expected[name], key=f"BF16 weights: {name}")


def compare(tool, folder, keep):
    judge, settings = Judge(folder.name), CLIPImageProcessorPil.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for case in (LARGE, TALL, NEARLY_SQUARE, WIDE):
            path = photograph(case, temporary)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference("clip", folder, case | dict(texts=QUERIES), path, keep, lambda: load(folder), lambda: given(folder, path, settings), run)
            found = tensors(tool, "clip", folder, "--image", path, *as_arguments(QUERIES))
            judge.pixels(found.get("pixel_values"), expected["pixel_values"], settings)
            texts.judge_ids(judge, found.get("input_ids"), expected["input_ids"], folder)
            for name in NAMES:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"])
        variants(judge, tool, folder, path, found, settings, temporary)
        found = tensors(tool, "clip", folder, "--image", path, *as_arguments(texts.ODD))
        texts.judge_ids(judge, found.get("input_ids"), texts.ids(folder, texts.ODD), folder, texts.ODD)
    judge.errors()
    return judge.failures


if __name__ == "__main__":
    main(__doc__, compare, "CLIP", ["clip-vit-base-patch32"], ["clip-vit-base-patch32", "clip-vit-base-patch16", "clip-vit-large-patch14"])
