"""Compares `spaniel tensors sam2` with transformers on full-size models and photographs that are not square.

    python sam2.py --spaniel PATH --models FOLDER [--size tiny --size base-plus] [--model FOLDER]

Without --size and --model: the tiny golden models, and random models of the sizes tiny and base-plus, built in --models.

The rule is that of agreement.py. transformers resizes pictures with torchvision for this model, which differs from Pillow by one level in
few places: the reference's pictures are resized by Pillow, and how far its own way is off is printed.
"""

import argparse
import json
import os
import pathlib
import sys
import tempfile
import time

import torch
from PIL import Image
from transformers import Sam2Model
from transformers.models.sam2.image_processing_sam2 import Sam2ImageProcessor
from transformers.models.sam2.processing_sam2 import Sam2Processor

from agreement import ROOT, Judge, bytes_of, kept, photograph, stamp_of, tensors
from sam import arguments, words
from sam2_models import build

# Wide, tall (a turned copy), large; every kind of prompt. Points are x, y, label.
CASES = [
    dict(
        picture="coffee.png",
        prompts=[
            dict(points=[[310.5, 190.25, 1]]),
            dict(points=[[310.5, 190.25, 1]], multimask=True),
            dict(points=[[80, 300, 1], [590, 20, 0], [0, 0, 1]], multimask=True),
        ],
    ),
    dict(
        picture="rocket.jpg",
        turned=True,
        prompts=[
            dict(points=[[200, 310, 1], [20, 600, 0]]),
            dict(box=[30.5, 40, 390, 620.75], points=[[210, 333, 0]], multimask=True),
            dict(box=[30.5, 40, 390, 620.75]),
        ],
    ),
    dict(picture="retina.jpg", only="tiny", prompts=[dict(box=[400.0, 300.0, 1000.0, 990.0], points=[[700.0, 650.0, 1]], multimask=True)]),
]
LEVELS = ["high_res_features.0", "high_res_features.1", "image_embeddings"]
ANSWERS = {"low_res_masks": "pred_masks", "iou_scores": "iou_scores", "object_score_logits": "object_score_logits"}


def reference(model_folder, case, path, keep):
    """transformers in float32 and float64, on Pillow's pixels."""
    def make():
        images = Sam2ImageProcessor.from_pretrained(model_folder)
        side = images.size["height"]
        image = Image.open(path)
        processor = Sam2Processor(images)
        pixels = images(image.resize((side, side), Image.BILINEAR), do_resize=False, return_tensors="pt")["pixel_values"]
        result = {"pixel_values": pixels, "own_pixel_values": images(image, return_tensors="pt")["pixel_values"]}
        model = Sam2Model.from_pretrained(model_folder, dtype=torch.float32).eval()
        for kind, dtype in [("32", torch.float32), ("64", torch.float64)]:
            model = model.to(dtype)
            start = time.time()
            levels = model.get_image_embeddings(pixels.to(dtype))
            print(f"    (PyTorch float{kind}: {time.time() - start:.1f} s)", flush=True)
            result |= {f"{name}.{kind}": level for name, level in zip(LEVELS, levels)}
            for i, prompt in enumerate(case["prompts"]):
                inputs = processor(image, return_tensors="pt", **arguments(prompt))
                given = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items() if k.startswith("input_")}
                out = model(image_embeddings=list(levels), multimask_output=prompt.get("multimask", False), **given)
                result |= {f"{name}.{i}.{kind}": out[key] for name, key in ANSWERS.items()}
        return result

    return kept(keep / f"reference.{model_folder.parent.name}.{model_folder.name}.{path.stem}.safetensors", json.dumps(case, sort_keys=True) + stamp_of(model_folder), make)


def compare(spaniel, model_folder, cases, keep):
    judge, settings = Judge(model_folder.name), Sam2ImageProcessor.from_pretrained(model_folder)
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            path = photograph(case, folder)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference(model_folder, case, path, keep)
            off = (bytes_of(expected["own_pixel_values"], settings) - bytes_of(expected["pixel_values"], settings)).abs()
            print(f"    (torchvision's pixels are off in {int((off > 0).sum())} of {off.numel()}, by {int(off.max())} at most)")
            for i, prompt in enumerate(case["prompts"]):
                got = tensors(spaniel, "sam2", model_folder, *words(prompt, path))
                names = {name: f"{name}.{i}" for name in ANSWERS}
                if i == 0:
                    names |= {name: name for name in LEVELS}
                    judge.pixels(got.get("pixel_values"), expected["pixel_values"], settings)
                for name, key in names.items():
                    judge.tensor(name, got.get(name), expected[f"{key}.32"], expected[f"{key}.64"], key)
    judge.errors()
    return judge.failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--models", default=os.path.expanduser("~/.cache/spaniel/parity"))
    parser.add_argument("--size", action="append")
    parser.add_argument("--model", action="append", default=[], help="further model folders")
    options = parser.parse_args()
    keep = pathlib.Path(options.models)
    keep.mkdir(parents=True, exist_ok=True)
    sizes, folders = options.size or [], [pathlib.Path(f) for f in options.model]
    if not sizes and not folders:
        sizes, folders = ["tiny", "base-plus"], [ROOT / "Tests/Goldens/SAM2/tiny", ROOT / "Tests/Goldens/SAM2/odd"]
    failures = []
    for folder in folders:
        failures += compare(options.spaniel, folder, CASES[:2], keep)
    for size in sizes:
        failures += compare(options.spaniel, build(keep, size), [c for c in CASES if c.get("only", size) == size], keep)
    print("\n".join(["all agree"] if not failures else ["", "disagreements:"] + failures))
    sys.exit(bool(failures))
