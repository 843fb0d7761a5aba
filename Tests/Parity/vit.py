"""Compares `spaniel tensors vit` with transformers' ViTForImageClassification on photographs that are not square.

    python vit.py --spaniel PATH [--models FOLDER] [--all] [--name NAME] [--model FOLDER]

Without options the tiny models and ViT-B/16. By agreement.py's rule; and once for each of: the key names that transformers' modules have instead of
the hub's, a pooler nobody reads, F16 weights, the best classes of `spaniel classify`.
"""

import json
import pathlib
import tempfile

import torch
from PIL import Image
from transformers import ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from agreement import NEARLY_SQUARE, TALL, WIDE, LARGE, Judge, identical, main, photograph, reference, rewritten, spaniel, tensors

NAMES = ["last_hidden_state", "logits"]
SPELLINGS = [  # the hub's, and that of transformers' modules
    ("vit.encoder.layer.", "vit.layers."),
    ("attention.attention.query", "attention.q_proj"),
    ("attention.attention.key", "attention.k_proj"),
    ("attention.attention.value", "attention.v_proj"),
    ("attention.output.dense", "attention.o_proj"),
    ("intermediate.dense", "mlp.fc1"),
    (".output.dense", ".mlp.fc2"),
]


def load(folder):
    return ViTForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()


def run(model, inputs):
    out = model(**inputs, output_hidden_states=True)
    return {"last_hidden_state": model.vit.layernorm(out.hidden_states[-1]), "logits": out.logits}


def respelt(name):
    for old, new in SPELLINGS:
        name = name.replace(old, new)
    return name


def variants(judge, tool, folder, path, base, settings, temporary):
    """The same model written otherwise."""
    width = load(folder).config.hidden_size
    pooler = {"vit.pooler.dense.weight": torch.zeros(width, width), "vit.pooler.dense.bias": torch.zeros(width)}
    for name, change in (
        ("the modules' key names", lambda t: {respelt(k): v for k, v in t.items()}),
        ("a pooler nobody reads", lambda t: t | pooler),
    ):
        other = rewritten(folder, temporary / name, change)
        identical(judge, name, tensors(tool, "vit", other, "--image", path), base)
    half = rewritten(folder, temporary / "F16", lambda t: {k: v.half() for k, v in t.items()})
    expected = run(load(half), {"pixel_values": settings(Image.open(path), return_tensors="pt")["pixel_values"]})
    found = tensors(tool, "vit", half, "--image", path)
    for name in NAMES:
        judge.tensor(name, found.get(name), expected[name], key=f"F16 weights: {name}")


def classes(judge, tool, folder, path, expected):
    """`spaniel classify`: the five best, with their probabilities."""
    names = load(folder).config.id2label
    best = expected["logits.32"][0].softmax(-1).topk(min(5, len(names)))
    found = json.loads(spaniel(tool, "classify", path, "--model", folder, "--json", "--precision", "float32"))["classes"][: len(best.values)]
    same = [entry["class"] for entry in found] == [names[i] for i in best.indices.tolist()]
    close = same and all(abs(entry["score"] - p) <= 1e-4 * best.values[0] for entry, p in zip(found, best.values.tolist()))
    judge(f"classify: {'the same classes' if same else found}{'' if close else ', other probabilities'}", close)


def compare(tool, folder, keep):
    judge, settings = Judge(folder.name), ViTImageProcessorPil.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for case in (WIDE, TALL, NEARLY_SQUARE, LARGE):
            path = photograph(case, temporary)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference("vit", folder, case, path, keep, lambda: load(folder), lambda: dict(settings(Image.open(path), return_tensors="pt")), run)
            found = tensors(tool, "vit", folder, "--image", path)
            judge.pixels(found.get("pixel_values"), expected["pixel_values"], settings)
            for name in NAMES:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"])
            classes(judge, tool, folder, path, expected)
        variants(judge, tool, folder, path, found, settings, temporary)
    judge.errors()
    return judge.failures


if __name__ == "__main__":
    main(__doc__, compare, "ViT", ["vit-base-patch16"], ["vit-base-patch16"])
