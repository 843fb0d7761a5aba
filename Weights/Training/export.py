"""Writes a run's averaged weights in the hub's layout: config.json, model.safetensors (F16), preprocessor_config.json.

    python export.py                                            # <root>/sam-nano → ../sam-nano
    python export.py --run DIR --out DIR                        # at any time, also while the run goes on

The written folder is opened with transformers and compared with the run's weights before it counts.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import torch
from transformers import SamImageProcessor, SamModel

from fetch import default_root
from sam_nano import build, resized


def load(run: Path, averaged=True):
    """The model of a run's checkpoint, in float32, and the step it is from."""
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    model = build(state["side"])
    model.load_state_dict(resized(state["model"], state["side"]))
    if averaged:
        missing = model.load_state_dict(state["average"], strict=False).unexpected_keys
        assert not missing, missing
    return model.eval(), state["step"]


def processor(side):
    return SamImageProcessor(
        size={"longest_edge": side}, pad_size={"height": side, "width": side},
        mask_size={"longest_edge": side // 4}, mask_pad_size={"height": side // 4, "width": side // 4},
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--run", type=Path, help="default <root>/sam-nano")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "sam-nano")
    arguments = parser.parse_args()
    model, step = load(arguments.run or arguments.root / "sam-nano")
    side = model.config.vision_config.image_size
    partial = arguments.out.with_name(arguments.out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    model.half().save_pretrained(partial)
    processor(side).save_pretrained(partial)
    for name in ("preprocessor_config.json", "processor_config.json"):  # nothing here that depends on the machine
        path = partial / name
        if path.exists():
            settings = {k: v for k, v in json.loads(path.read_text()).items() if k not in ("device", "disable_grouping", "return_tensors") or v}
            path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")

    again = SamModel.from_pretrained(partial, dtype=torch.float16)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    size = sum(f.stat().st_size for f in partial.iterdir())
    arguments.out.mkdir(parents=True, exist_ok=True)
    for file in partial.iterdir():
        os.replace(file, arguments.out / file.name)
    partial.rmdir()
    print(f"{arguments.out}: step {step}, {side} pixels, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
