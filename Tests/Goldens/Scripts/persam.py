"""Writes Tests/Goldens/PerSAM: the example's pictures made small, and what the original code's arithmetic finds in them with sam-nano.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/persam.py
"""

import pathlib
import sys

import torch
from PIL import Image
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Parity"))
from persam_original import Original, fit_weights, read_rgb

OUT = ROOT / "Tests" / "Goldens" / "PerSAM"
SIZE = (203, 150)  # not square, and no multiple of anything


def main():
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    for name in ("boot", "crowd"):
        Image.open(ROOT / "Examples" / f"{name}.jpg").convert("RGB").resize(SIZE, Image.BILINEAR).save(OUT / f"{name}.png")
    Image.open(ROOT / "Examples" / "boot-mask.png").convert("L").resize(SIZE, Image.NEAREST).save(OUT / "boot-mask.png")
    sam = Original(ROOT / "Weights" / "sam-nano")
    reference, mask, scene = (read_rgb(OUT / f"{name}.png") for name in ("boot", "boot-mask", "crowd"))
    for fine_tune in (False, True):
        embedding, feature = sam.learn(reference, mask, fine_tune)
        if fine_tune:
            found = sam.find_fitted(sam.fit(reference, mask, feature), feature, scene)
        else:
            found = sam.find(embedding, feature, scene)
        tensors = {name: value.detach().contiguous().float() for name, value in found.items()}
        save_file(tensors, OUT / ("fitted.safetensors" if fine_tune else "guided.safetensors"))
    # The fit alone, on maps of no model.
    generator = torch.Generator().manual_seed(0)
    maps = 3 * torch.randn(3, 500, generator=generator)
    truth = (maps[1] + torch.randn(500, generator=generator) > 0).float()
    save_file({"maps": maps, "truth": truth, "weights": fit_weights(maps, truth)}, OUT / "fit.safetensors")


if __name__ == "__main__":
    main()
