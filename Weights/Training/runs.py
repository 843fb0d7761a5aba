"""The runs' checkpoints: which model comes from which run, and its averaged weights."""

from pathlib import Path

import torch
from transformers import CLIPSegForImageSegmentation, CLIPTokenizer, OwlViTForObjectDetection, SamModel

import sam_nano
import sam_photo
import words_nano

MODELS = {
    "sam-nano": (SamModel, "sam-nano"),
    "sam-photo": (SamModel, "sam-photo"),
    "owlvit-nano": (OwlViTForObjectDetection, "words-nano"),
    "clipseg-nano": (CLIPSegForImageSegmentation, "words-nano"),
}


def run_folder(name, root, run=None):
    return run or root / MODELS[name][1]


def load(run: Path, name, side=None):
    """The averaged model of a run's checkpoint in float32, for pictures of `side` instead of the run's where given, the step it is from, and its
    tokenizer if it has one."""
    state = torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)
    tokenizer, side = None, side or state["side"]
    kind = {"sam-nano": sam_nano, "sam-photo": sam_photo}.get(name, words_nano)
    if kind is not words_nano:
        model = kind.build(side)
    else:
        tokenizer = CLIPTokenizer.from_pretrained(run / "tokenizer")
        model = words_nano.Words(side, tokenizer)
    weights = state["model"] | state["average"]
    weights = {key: value for key, value in weights.items() if not key.startswith(words_nano.TEACHERS)}
    model.load_state_dict(kind.resized(weights, side))
    if kind is sam_photo:
        model = sam_photo.folded(model)
    elif kind is words_nano:
        model = model.clipseg() if name == "clipseg-nano" else model.owlvit()
    return model.eval(), state["step"], tokenizer
