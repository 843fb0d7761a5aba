"""ViT, DINOv2, CLIPSeg and OWL-ViT for the opponents: pixels and prompts in, what is asked for out, as one module of plain tensors.

`answer` is all of it: the picture and the texts encoded, and the texts compared with the picture. What every opponent is given: one square picture at the
model's own size, and for CLIPSeg one text, for OWL-ViT three.
"""

import json
from pathlib import Path

import numpy

import sam_inputs

TEXTS = {"vit": [], "dinov2": [], "clipseg": ["a mug 000"], "owlvit": ["a mug 000", "a boot 000", "a dog on grass 000"]}


def kind(folder: Path) -> str:
    return json.loads((folder / "config.json").read_text())["model_type"]


def is_sam(folder: Path) -> bool:
    """Whether it is encoded and decoded by halves: SAM, SAM 2, MobileSAM."""
    return kind(folder).startswith(("sam", "mobile_sam"))


def pixel_values(folder: Path) -> numpy.ndarray:
    """The picture that spaniel-bench makes too, normalised as the model's processor does."""
    path = folder / "processor_config.json"
    settings = json.loads(path.read_text())["image_processor"] if path.exists() else json.loads((folder / "preprocessor_config.json").read_text())
    # DINOv2's file cuts 224 pixels; features are taken at the size of the training.
    side = json.loads((folder / "config.json").read_text())["image_size"] if kind(folder) == "dinov2" else settings["size"]["height"]
    return sam_inputs.pixel_values(side, settings["image_mean"], settings["image_std"])


def input_ids(folder: Path):
    """None without texts. CLIPSeg's as long as its text, OWL-ViT's filled to its length: what their processors are called with."""
    from transformers import CLIPTokenizer

    texts = TEXTS[kind(folder)]
    if not texts:
        return None
    filling = {"padding": "max_length"} if kind(folder) == "owlvit" else {}
    return CLIPTokenizer.from_pretrained(folder)(texts, return_tensors="np", **filling)["input_ids"].astype(numpy.int64)


def load(folder: Path, dtype, attention: str):
    import transformers

    classes = {"vit": "ViTForImageClassification", "dinov2": "Dinov2Model", "clipseg": "CLIPSegForImageSegmentation", "owlvit": "OwlViTForObjectDetection"}
    return getattr(transformers, classes[kind(folder)]).from_pretrained(folder, dtype=dtype, attn_implementation=attention).eval()


def answer(out):
    """The logits, or of a model that has none its tokens."""
    return out.logits if "logits" in out else out.last_hidden_state


def module(folder: Path, attention: str):
    """-> (the module, an example of its inputs). Its first output is the answer."""
    import torch

    torch.set_grad_enabled(False)
    model = load(folder, torch.float32, attention)

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixel_values, input_ids=None):
            if input_ids is None:
                return answer(self.model(pixel_values=pixel_values))
            out = self.model(pixel_values=pixel_values, input_ids=input_ids)
            return (out.logits, out.pred_boxes) if "pred_boxes" in out else out.logits

    return Whole().eval(), tuple(torch.from_numpy(array) for array in inputs(folder))


def inputs(folder: Path) -> tuple:
    """Pixels, and ids where the model takes texts."""
    return tuple(array for array in (pixel_values(folder), input_ids(folder)) if array is not None)


def samples(folder: Path, logits: numpy.ndarray) -> str:
    """A few hundred logits: enough to see that all did the same work. Those of classes and of objects the highest first, as ours are."""
    flat = {"vit": lambda: numpy.sort(numpy.ravel(logits))[::-1], "owlvit": lambda: numpy.sort(numpy.ravel(logits.max(-1)))[::-1]}.get(
        kind(folder), lambda: numpy.ravel(logits))()
    return " ".join(repr(float(value)) for value in flat[:: max(1, len(flat) // 300)])
