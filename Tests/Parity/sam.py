"""Compares `spaniel tensors sam` with transformers on full-size models and photographs that are not square.

    python sam.py --spaniel PATH --models FOLDER [--size base --size large] [--model FOLDER]

Without --size and --model: the tiny golden model, the shipped sam-nano, and random models of the sizes base and large, built in --models.

For each tensor: the largest difference from PyTorch's float32, as a part of the tensor's largest value, and the relative L2 error against a
float64 run beside PyTorch's own. float32 passes with a largest difference of at most 1e-4 and an error of at most twice PyTorch's.
Pixel values are compared by themselves: before normalising they must be the same bytes, after it within 1e-6.
The references are kept in --models, since a float64 run takes minutes.
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
import skimage
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import SamModel
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil
from transformers.models.sam.processing_sam import SamProcessor

from sam_models import build

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(skimage.__file__).parent / "data"
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


def picture(case, folder):
    """The photograph as a file, with the top and left cut to sizes that no power of two divides."""
    image = Image.open(DATA / case["picture"]).convert("RGB")
    image = image.crop((3, 7, image.width, image.height - (100 if case["picture"] == "retina.jpg" else 0)))
    if case.get("turned"):
        image = image.transpose(Image.Transpose.ROTATE_90)
    path = pathlib.Path(folder) / (pathlib.Path(case["picture"]).stem + ".png")
    image.save(path)
    return path


def arguments(prompt):
    """What transformers' processor takes."""
    given = {}
    if "points" in prompt:
        given["input_points"] = [[[p[:2] for p in prompt["points"]]]]
        given["input_labels"] = [[[p[2] for p in prompt["points"]]]]
    if "box" in prompt:
        given["input_boxes"] = [[prompt["box"]]]
    return given


def stamp_of(model_folder):
    digest = hashlib.sha256()
    for name in ("config.json", "preprocessor_config.json", "model.safetensors"):
        with open(model_folder / name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def reference(model_folder, case, path, keep):
    """transformers in float32 and float64, on the Pillow processor's pixels."""
    kept = keep / f"reference.{model_folder.name}.{path.stem}.safetensors"
    stamp = json.dumps(case, sort_keys=True) + stamp_of(model_folder)
    if kept.exists():
        from safetensors import safe_open

        with safe_open(kept, "pt") as f:
            if (f.metadata() or {}).get("case") == stamp:
                return load_file(kept)
    image_processor = SamImageProcessorPil.from_pretrained(model_folder)
    image = Image.open(path)
    processor = SamProcessor(image_processor)
    pixels = image_processor(image, return_tensors="pt")["pixel_values"]
    result = {"pixel_values": pixels}
    model = SamModel.from_pretrained(model_folder, dtype=torch.float32).eval()
    for kind, dtype in [("32", torch.float32), ("64", torch.float64)]:
        model = model.to(dtype)
        start = time.time()
        with torch.no_grad():
            embeddings = model.get_image_embeddings(pixels.to(dtype))
            print(f"    (PyTorch float{kind}: {time.time() - start:.1f} s)", flush=True)
            result[f"image_embeddings.{kind}"] = embeddings
            for i, prompt in enumerate(case["prompts"]):
                inputs = processor(image, return_tensors="pt", **arguments(prompt))
                given = {k: v.to(dtype) if v.is_floating_point() else v for k, v in inputs.items() if k.startswith("input_")}
                out = model(image_embeddings=embeddings, multimask_output=prompt.get("multimask", False), **given)
                result |= {f"low_res_masks.{i}.{kind}": out.pred_masks, f"iou_scores.{i}.{kind}": out.iou_scores}
    result = {k: v.detach().contiguous() for k, v in result.items()}
    save_file(result, kept, {"case": stamp})
    return result


def ours(spaniel, model_folder, prompt, path, out):
    command = [spaniel, "tensors", "sam", "--model", str(model_folder), "--image", str(path), "--precision", "float32", "-o", str(out)]
    for x, y, label in prompt.get("points", []):
        command += ["--point" if label else "--background-point", f"{x},{y}"]
    if "box" in prompt:
        command += ["--box", ",".join(map(str, prompt["box"]))]
    if prompt.get("multimask"):
        command += ["--multimask"]
    start = time.time()
    subprocess.run(command, check=True)
    print(f"    (spaniel, loading included: {time.time() - start:.1f} s)", flush=True)
    return load_file(out)


def bytes_of(pixel_values, model_folder):
    """The bytes a normalised picture came from, if it came from bytes: the inverse of the processor, rounded."""
    settings = SamImageProcessorPil.from_pretrained(model_folder)
    mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (settings.image_mean, settings.image_std))
    return ((pixel_values[0].double() * std + mean) / settings.rescale_factor).round().to(torch.int64)


def judge_pixels(found, expected, model_folder, judge):
    if found.shape != expected["pixel_values"].shape:
        judge(f"pixel_values is {list(found.shape)}, expected {list(expected['pixel_values'].shape)}", False)
        return
    wrong = bytes_of(found, model_folder) != bytes_of(expected["pixel_values"], model_folder)
    judge(f"pixel_values resized: {int(wrong.sum())} bytes differ", not wrong.any())
    difference = float((found - expected["pixel_values"]).abs().max())
    judge(f"pixel_values normalised: largest difference {difference:.2e}", difference <= 1e-6)


def compare(spaniel, model_folder, cases, keep):
    print(model_folder.name)
    failures = []
    found, truth32, truth64 = ({n: [] for n in NAMES} for _ in range(3))

    def judge(text, passed):
        print(f"  {'ok  ' if passed else 'FAIL'} {text}", flush=True)
        if not passed:
            failures.append(f"{model_folder.name}: {text}")

    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            path = picture(case, folder)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference(model_folder, case, path, keep)
            for i, prompt in enumerate(case["prompts"]):
                got = ours(spaniel, model_folder, prompt, path, pathlib.Path(folder) / "out.safetensors")
                names = {name: f"{name}.{i}" for name in NAMES[1:]}
                if i == 0:
                    names["image_embeddings"] = "image_embeddings"
                    judge_pixels(got["pixel_values"], expected, model_folder, judge)
                for name, key in names.items():
                    a, b = got[name], expected[f"{key}.32"]
                    if a.shape != b.shape:
                        judge(f"{key} is {list(a.shape)}, expected {list(b.shape)}", False)
                        continue
                    found[name].append(a.double().flatten())
                    truth32[name].append(b.double().flatten())
                    truth64[name].append(expected[f"{key}.64"].flatten())
                    part = float((found[name][-1] - truth32[name][-1]).abs().max() / truth32[name][-1].abs().max())
                    judge(f"{key}: largest difference {part:.2e} of the largest value", part <= 1e-4)
    # The error of one score is chance: what a tensor of that name has is judged over all pictures and prompts together.
    for name in NAMES:
        if not found[name]:
            continue
        a, b, c = (torch.cat(v[name]) for v in (found, truth32, truth64))
        own, theirs = float((a - c).norm() / c.norm()), float((b - c).norm() / c.norm())
        judge(f"{name}: relative error against float64 {own:.2e}, PyTorch's own {theirs:.2e}, ratio {own / theirs:.2f}", own <= 2 * theirs)
    return failures


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
        sizes, folders = ["base", "large"], [ROOT / "Tests/Goldens/SAM/tiny", ROOT / "Weights/sam-nano"]
    failures = []
    for folder in folders:
        failures += compare(options.spaniel, folder, CASES, keep)
    for size in sizes:
        folder = build(keep / f"sam-vit-{size}", size)
        failures += compare(options.spaniel, folder, [c for c in CASES if c.get("only", size) == size], keep)
    print("\n".join(["all agree"] if not failures else ["", "disagreements:"] + failures))
    sys.exit(bool(failures))
