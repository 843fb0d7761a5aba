"""Compares `spaniel tensors persam --faithful` with the original code's arithmetic (persam_original.py) on the same weights.

    python persam.py --spaniel PATH [--models FOLDER]

The model that ships, on the pictures of Examples/, with and without PerSAM-F; with --models also a seeded random model of SAM ViT-B's size on one
picture. Passes: the same points, every tensor within 1e-4 of its largest value, masks with an intersection over union of at least 0.999.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file

from persam_original import Original, read_rgb

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "Examples"


def theirs(sam, scene, fine_tune):
    reference, mask = read_rgb(EXAMPLES / "boot.jpg"), read_rgb(EXAMPLES / "boot-mask.png")
    embedding, feature = sam.learn(reference, mask, fine_tune)
    if fine_tune:
        return sam.find_fitted(sam.fit(reference, mask, feature), feature, read_rgb(scene))
    return sam.find(embedding, feature, read_rgb(scene))


def ours(tool, model, scene, fine_tune, folder):
    out = pathlib.Path(folder) / "ours.safetensors"
    example = f"boot={EXAMPLES / 'boot.jpg'}#{EXAMPLES / 'boot-mask.png'}"
    command = [tool, "tensors", "persam", "--faithful", "--model", model, "--image", scene, "--example", example, "--precision", "float32"]
    subprocess.run(list(map(str, command + (["--fine-tune"] if fine_tune else []) + ["-o", out])), check=True)
    return load_file(out)


def compare(name, found, expected):
    passed = True
    for key, truth in expected.items():
        value = found.get(key)
        if value is None or value.numel() != truth.numel():
            print(f"  {name}: {key} is missing, or of another shape")
            passed = False
            continue
        value, truth = value.double().flatten(), truth.double().flatten()
        if key == "mask":
            union = ((value > 0) | (truth > 0)).sum().item()
            figure = 1 if union == 0 else ((value > 0) & (truth > 0)).sum().item() / union
            good, text = figure >= 0.999, f"IoU {figure:.5f}"
        elif key == "points":
            good, text = bool((value == truth).all()), "same" if (value == truth).all() else f"{value.tolist()} for {truth.tolist()}"
        else:
            figure = ((value - truth).abs().max() / truth.abs().max()).item()
            good, text = figure <= 1e-4, f"{figure:.1e} of the largest"
        passed &= good
        print(f"  {name}: {key:22} {text}{'' if good else '   FAILS'}")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--models", help="where sam.py keeps its random models")
    options = parser.parse_args()
    torch.set_num_threads(2)
    cases = [(ROOT / "Weights" / "sam-nano", scene, fine) for scene in ("shelf", "lawn", "crowd", "path") for fine in (False, True)]
    if options.models:
        from sam_models import build

        folder = build(pathlib.Path(options.models) / "sam-vit-base", "base")
        cases.append((folder, "shelf", False))
    passed = True
    with tempfile.TemporaryDirectory() as folder:
        for model, scene, fine in cases:
            name = f"{model.name}, {scene}{', PerSAM-F' if fine else ''}"
            path = EXAMPLES / f"{scene}.jpg"
            passed &= compare(name, ours(options.spaniel, model, path, fine, folder), theirs(Original(model), path, fine))
    print("persam: passed" if passed else "persam: FAILED")
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
