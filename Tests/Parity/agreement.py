"""What the comparisons with transformers share: photographs, references that are kept, and the rule.

The rule for float32, of every tensor: the largest difference from PyTorch's float32 is at most 1e-4 of the tensor's largest value, and the relative
L2 error against a float64 run at most twice PyTorch's own. References are kept beside the models, since a float64 run takes minutes.
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

import skimage
import torch
import transformers
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(skimage.__file__).parent / "data"
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_grad_enabled(False)

# Wide, tall (a turned copy), nearly square, large.
WIDE, TALL, NEARLY_SQUARE, LARGE = dict(picture="coffee.png"), dict(picture="rocket.jpg", turned=True), dict(picture="chelsea.png"), dict(picture="retina.jpg")


def photograph(case, folder):
    """The photograph as a file, with the top and left cut to sizes that no power of two divides."""
    image = Image.open(DATA / case["picture"]).convert("RGB")
    image = image.crop((3, 7, image.width, image.height - (100 if case["picture"] == "retina.jpg" else 0)))
    if case.get("turned"):
        image = image.transpose(Image.Transpose.ROTATE_90)
    path = pathlib.Path(folder) / (pathlib.Path(case["picture"]).stem + ".png")
    image.save(path)
    return path


def stamp_of(model_folder):
    """Changes when a file that the model is read from does."""
    digest = hashlib.sha256()
    names = "config.json preprocessor_config.json model.safetensors processor_config.json tokenizer.json vocab.json merges.txt".split()
    for path in (model_folder / name for name in names):
        if path.exists():
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def kept(path, stamp, make):
    """The tensors of the file if it was written for the same stamp, else those that `make` returns, written to it."""
    if path.exists():
        with safe_open(path, "pt") as file:
            if (file.metadata() or {}).get("case") == stamp:
                return load_file(path)
    tensors = {name: value.detach().clone().contiguous() for name, value in make().items()}
    save_file(tensors, path, {"case": stamp})
    return tensors


def reference(kind, folder, case, path, keep, load, inputs, run):
    """transformers in float32 and float64: `NAME.32` and `NAME.64`, and the inputs by their own names.

    `load` returns the model, `inputs` its inputs, `run` the tensors of a model and its inputs.
    """
    def make():
        given = inputs()
        result, model = dict(given), load()
        for kind, dtype in (("32", torch.float32), ("64", torch.float64)):
            model = model.to(dtype)
            start = time.time()
            out = run(model, {k: v.to(dtype) if v.is_floating_point() else v for k, v in given.items()})
            print(f"    (PyTorch float{kind}: {time.time() - start:.1f} s)", flush=True)
            result |= {f"{name}.{kind}": value for name, value in out.items()}
        return result

    return kept(keep / f"reference.{kind}.{folder.name}.{path.stem}.safetensors", json.dumps(case, sort_keys=True) + stamp_of(folder), make)


def spaniel(tool, *words):
    """Runs the tool and returns what it says on stdout."""
    done = subprocess.run([str(tool), *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f"spaniel {words[0]} {words[1]}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def tensors(tool, kind, model_folder, *words, precision="float32"):
    """What `spaniel tensors KIND` writes."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.safetensors"
        start = time.time()
        spaniel(tool, "tensors", kind, "--model", model_folder, "--precision", precision, "-o", out, *words)
        print(f"    (spaniel, loading included: {time.time() - start:.1f} s)", flush=True)
        return load_file(out)


def as_arguments(texts):
    """Texts as the tool takes them; each feeds a class of its own, so that an equals sign stays in the text."""
    return [word for i, text in enumerate(texts) for word in ("--text", f"t{i}={text}")]


def bytes_of(pixel_values, settings):
    """The bytes a normalised picture came from, if it came from bytes: the inverse of the processor, rounded."""
    mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (settings.image_mean, settings.image_std))
    return ((pixel_values[0].double() * std + mean) / settings.rescale_factor).round().to(torch.int64)


class Judge:
    """Prints a verdict a line, and keeps those that fail. An error is judged over all pictures together: that of one number is chance."""

    def __init__(self, name):
        print(name)
        self.name, self.failures, self.seen = name, [], {}

    def __call__(self, text, passed):
        print(f"  {'ok  ' if passed else 'FAIL'} {text}", flush=True)
        if not passed:
            self.failures.append(f"{self.name}: {text}")
        return passed

    def pixels(self, found, expected, settings=None):
        """`settings` of a processor that resizes to bytes: those must be the same."""
        if found is None or found.shape != expected.shape:
            return self(f"pixel_values is {None if found is None else list(found.shape)}, expected {list(expected.shape)}", False)
        if settings is not None:
            wrong = bytes_of(found, settings) != bytes_of(expected, settings)
            self(f"pixel_values resized: {int(wrong.sum())} bytes differ", not wrong.any())
        difference = float((found - expected).abs().max())
        return self(f"pixel_values normalised: largest difference {difference:.2e}", difference <= (1e-6 if settings else 1e-5))

    def same(self, name, found, expected):
        """Whole numbers."""
        if found is None or found.shape != expected.shape:
            return self(f"{name} is {None if found is None else list(found.shape)}, expected {list(expected.shape)}", False)
        wrong = found.long() != expected.long()
        rows = wrong.flatten(1).any(1).nonzero().flatten().tolist() if wrong.ndim > 1 else []
        return self(f"{name}: {int(wrong.sum())} of {wrong.numel()} differ{f', rows {rows[:8]}' if rows else ''}", not wrong.any())

    def tensor(self, name, found, truth32, truth64=None, key=None):
        key = key or name
        if found is None or found.shape != truth32.shape:
            return self(f"{key} is {None if found is None else list(found.shape)}, expected {list(truth32.shape)}", False)
        a, b = found.double().flatten(), truth32.double().flatten()
        if truth64 is not None:
            for kept, value in zip(self.seen.setdefault(name, ([], [], [])), (a, b, truth64.double().flatten())):
                kept.append(value)
        part = float((a - b).abs().max() / b.abs().max())
        return self(f"{key}: largest difference {part:.2e} of the largest value", part <= 1e-4)

    def errors(self):
        for name, values in self.seen.items():
            a, b, c = map(torch.cat, values)
            own, theirs = float((a - c).norm() / c.norm()), float((b - c).norm() / c.norm())
            self(f"{name}: relative error against float64 {own:.2e}, PyTorch's own {theirs:.2e}, ratio {own / theirs:.2f}", own <= 2 * theirs)


def rewritten(model_folder, folder, change):
    """A copy of a model whose tensors are what `change` returns of them; the other files are links."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    for path in model_folder.iterdir():
        if path.name != "model.safetensors":
            (folder / path.name).symlink_to(path.resolve())
    save_file(change(load_file(model_folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})
    return folder


def identical(judge, what, found, expected):
    """Two runs of ours: the same bits."""
    different = [name for name in expected if name not in found or not torch.equal(found[name], expected[name])]
    judge(f"{what}: {'the same bits' if not different else f'not the same: {different}'}", not different)


def tiny_models(area):
    """The models of Tests/Goldens/AREA that have a processor too."""
    return [path.parent for path in sorted((ROOT / "Tests/Goldens" / area).glob("*/preprocessor_config.json"))]


def main(description, compare, tiny, small, full):
    """The command line of a comparison; `compare(tool, folder, keep)` returns what fails of one model."""
    from models import build

    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaniel", required=True, help="the tool")
    parser.add_argument("--models", default=os.path.expanduser("~/.cache/spaniel/parity"), help="where random models and references are kept")
    parser.add_argument("--all", action="store_true", help="every published size")
    parser.add_argument("--name", action="append", choices=full, help="only this one")
    parser.add_argument("--model", action="append", help="a model folder, only that")
    options = parser.parse_args()
    keep = pathlib.Path(options.models)
    keep.mkdir(parents=True, exist_ok=True)
    folders = [pathlib.Path(folder) for folder in options.model or []]
    names = options.name or []
    if not folders and not names:
        folders, names = tiny_models(tiny), full if options.all else small
    failures = []
    for folder in folders:
        failures += compare(options.spaniel, folder, keep)
    for name in names:
        failures += compare(options.spaniel, build(keep, name), keep)
    print("\n".join(["all agree"] if not failures else ["", "disagreements:"] + failures))
    sys.exit(bool(failures))
