"""Writes a run's averaged weights in the hub's layout: config.json, model.safetensors (F16), preprocessor_config.json, tokenizer.

    python export.py sam-nano                                   # the run sam-nano → ../sam-nano
    python export.py sam-photo --out DIR                        # layer scales folded in
    python export.py owlvit-nano --run DIR --out DIR            # at any time, also while the run goes on

clipseg-nano and owlvit-nano both come from the run words-nano. The written folder is opened with transformers and compared with the
run's weights before it replaces the old one.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import torch
from transformers import OwlViTImageProcessor, SamImageProcessor, ViTImageProcessor

from fetch import default_root
from runs import MODELS, load, run_folder
from sam_photo import PATCH
from words_nano import MEAN, STD


def processor(name, side):
    if name in ("sam-nano", "sam-photo"):
        low = side // 4 if name == "sam-nano" else side // PATCH * 4
        return SamImageProcessor(
            size={"longest_edge": side}, pad_size={"height": side, "width": side},
            mask_size={"longest_edge": low}, mask_pad_size={"height": low, "width": low},
        )  # fmt: skip
    kind = OwlViTImageProcessor if name == "owlvit-nano" else ViTImageProcessor
    return kind(size={"height": side, "width": side}, image_mean=MEAN, image_std=STD)


def write_vocabulary(folder):
    """vocab.json and merges.txt, CLIP's older form of the tokenizer, from tokenizer.json."""
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False) + "\n")
    merges = (pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MODELS, nargs="?", default="sam-nano")
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--run", type=Path, help="default <root>/sam-nano, <root>/sam-photo or <root>/words-nano")
    parser.add_argument("--out", type=Path, help="default ../<model>")
    parser.add_argument("--side", type=int, help="pictures of this side, where the run is at another: position tables are stretched")
    arguments = parser.parse_args()
    name = arguments.model
    out = arguments.out or Path(__file__).resolve().parent.parent / name
    model, step, tokenizer = load(run_folder(name, arguments.root, arguments.run), name, arguments.side)
    side = model.config.vision_config.image_size
    partial = out.with_name(out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial)
    processor(name, side).save_pretrained(partial)
    settings = json.loads((partial / "preprocessor_config.json").read_text())
    settings["image_processor_type"] = settings["image_processor_type"].removesuffix("Pil").removesuffix("Fast")
    (partial / "preprocessor_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    if tokenizer:
        tokenizer.save_pretrained(partial)
        write_vocabulary(partial)
        assert (partial / "tokenizer.json").exists()

    again = MODELS[name][0].from_pretrained(partial, dtype=torch.float16).state_dict()
    for key, tensor in model.state_dict().items():
        assert torch.isfinite(tensor).all() and torch.equal(tensor, again[key]), key
    size = sum(file.stat().st_size for file in partial.iterdir())
    out.mkdir(parents=True, exist_ok=True)
    for file in partial.iterdir():
        file.chmod(0o644)
        os.replace(file, out / file.name)
    partial.rmdir()
    print(f"{out}: step {step}, {side} pixels, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
