"""Compares `spaniel tensors sam` with transformers on full-size models and photographs that are not square.

    python sam.py --spaniel PATH --models FOLDER [--size base --size large --size slimsam-77] [--model FOLDER]

Without --size and --model: the tiny golden model, the shipped sam-nano, and random models of the sizes base and large and of SlimSAM-77's shape, built in
--models.

The rule is that of agreement.py. Pixel values are compared by themselves: before normalising they must be the same bytes, after it within 1e-6.
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
from transformers import SamModel
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil
from transformers.models.sam.processing_sam import SamProcessor

from agreement import ROOT, Judge, kept, photograph, stamp_of, tensors
from sam_models import build, folder_of

# Wide, tall (a turned copy), nearly square; every kind of prompt. Points are x, y, label.
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
            dict(points=[[200, 310, 1], [20, 600, 0]], multimask=True),
            dict(box=[30.5, 40, 390, 620.75], points=[[210, 333, 0]], multimask=True),
            dict(box=[30.5, 40, 390, 620.75]),
        ],
    ),
    dict(
        picture="chelsea.png",
        prompts=[
            dict(box=[120.0, 60.0, 330.5, 250.0], multimask=True),
            dict(points=[[447, 292, 1]], multimask=True),
            dict(points=[[200, 140, 1], [250, 140, 1], [300, 200, 1]]),
        ],
    ),
    dict(picture="retina.jpg", only="base", prompts=[dict(box=[400.0, 300.0, 1000.0, 990.0], points=[[700.0, 650.0, 1]], multimask=True)]),
]
NAMES = ["image_embeddings", "low_res_masks", "iou_scores"]


def arguments(prompt):
    """What transformers' processor takes."""
    given = {}
    if "points" in prompt:
        given["input_points"] = [[[p[:2] for p in prompt["points"]]]]
        given["input_labels"] = [[[p[2] for p in prompt["points"]]]]
    if "box" in prompt:
        given["input_boxes"] = [[prompt["box"]]]
    return given


def reference(model_folder, case, path, keep):
    """transformers in float32 and float64, on the Pillow processor's pixels."""
    def make():
        image_processor = SamImageProcessorPil.from_pretrained(model_folder)
        image = Image.open(path)
        processor = SamProcessor(image_processor)
        pixels = image_processor(image, return_tensors="pt")["pixel_values"]
        result = {"pixel_values": pixels}
        model = SamModel.from_pretrained(model_folder, dtype=torch.float32).eval()
        for kind, dtype in [("32", torch.float32), ("64", torch.float64)]:
            model = model.to(dtype)
            start = time.time()
            embeddings = model.get_image_embeddings(pixels.to(dtype))
            print(f"    (PyTorch float{kind}: {time.time() - start:.1f} s)", flush=True)
            result[f"image_embeddings.{kind}"] = embeddings
            for i, prompt in enumerate(case["prompts"]):
                inputs = processor(image, return_tensors="pt", **arguments(prompt))
                given = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items() if k.startswith("input_")}
                out = model(image_embeddings=embeddings, multimask_output=prompt.get("multimask", False), **given)
                result |= {f"low_res_masks.{i}.{kind}": out.pred_masks, f"iou_scores.{i}.{kind}": out.iou_scores}
        return result

    return kept(keep / f"reference.{model_folder.name}.{path.stem}.safetensors", json.dumps(case, sort_keys=True) + stamp_of(model_folder), make)


def words(prompt, path):
    """The tool's."""
    said = ["--image", path]
    for x, y, label in prompt.get("points", []):
        said += ["--point" if label else "--background-point", f"{x},{y}"]
    if "box" in prompt:
        said += ["--box", ",".join(map(str, prompt["box"]))]
    return said + (["--multimask"] if prompt.get("multimask") else [])


def compare(spaniel, model_folder, cases, keep):
    judge, settings = Judge(model_folder.name), SamImageProcessorPil.from_pretrained(model_folder)
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            path = photograph(case, folder)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference(model_folder, case, path, keep)
            for i, prompt in enumerate(case["prompts"]):
                got = tensors(spaniel, "sam", model_folder, *words(prompt, path))
                names = {name: f"{name}.{i}" for name in NAMES[1:]}
                if i == 0:
                    names["image_embeddings"] = "image_embeddings"
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
        sizes, folders = ["base", "large", "slimsam-77"], [ROOT / "Tests/Goldens/SAM/tiny", ROOT / "Weights/sam-nano"]
    failures = []
    for folder in folders:
        failures += compare(options.spaniel, folder, CASES, keep)
    for size in sizes:
        folder = build(folder_of(keep, size), size)
        failures += compare(options.spaniel, folder, [c for c in CASES if c.get("only", size) == size], keep)
    print("\n".join(["all agree"] if not failures else ["", "disagreements:"] + failures))
    sys.exit(bool(failures))
