"""The runs' checkpoints: which model comes from which run, and its averaged weights."""

from pathlib import Path

import torch
from transformers import CLIPSegForImageSegmentation, CLIPTokenizer, OwlViTForObjectDetection, SamModel

import sam_nano
import words_nano

MODELS = {
    "sam-nano": (SamModel, "sam-nano"),
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
    if name == "sam-nano":
        model = sam_nano.build(side)
    else:
        tokenizer = CLIPTokenizer.from_pretrained(run / "tokenizer")
        model = words_nano.Words(side, tokenizer)
    weights = state["model"] | state["average"]
    weights = {key: value for key, value in weights.items() if not key.startswith(words_nano.TEACHERS)}
    model.load_state_dict((sam_nano if name == "sam-nano" else words_nano).resized(weights, side))
    if name != "sam-nano":
        model = model.clipseg() if name == "clipseg-nano" else model.owlvit()
    return model.eval(), state["step"], tokenizer
