"""Compares what the tool loses in bfloat16 with what PyTorch loses: `spaniel tensors KIND --precision bfloat16` and transformers' model in torch.bfloat16,
each against PyTorch's float32 on the same pixels.

    python bfloat16.py --spaniel PATH [--models FOLDER] [--name NAME] [--model FOLDER]

Without options the small published sizes, DINOv2's and SAM's base, with random weights, on photographs that are not square. The rule, of what the image encoder
makes: the relative L2 error, over all photographs together, is at most 1.1 times PyTorch's.
"""

import tempfile

import torch
from PIL import Image
from transformers import AutoConfig, SamModel

import clip
import clipseg
import dinov2
import owlvit
import texts
import vit
from agreement import NEARLY_SQUARE, TALL, WIDE, Judge, as_arguments, photograph, tensors
from full_size import over_models

TEXTS = ["a cup", "a photo of a cat with whiskers", "rocket"]


def of_texts(run):
    def call(model, folder, found, path):
        return run(model, {"pixel_values": found["pixel_values"].to(model.dtype), "input_ids": texts.ids(folder, TEXTS)})
    return call


# What the tool is asked, what of its tensors is compared, the model, and the same from it.
KINDS = {
    "sam": (["--point", "200,150"], ["image_embeddings"], lambda folder: SamModel.from_pretrained(folder, dtype=torch.float32).eval(),
            lambda model, folder, found, path: {"image_embeddings": model.get_image_embeddings(found["pixel_values"].to(model.dtype))}),
    "vit": ([], ["last_hidden_state", "logits"], vit.load,
            lambda model, folder, found, path: vit.run(model, {"pixel_values": found["pixel_values"].to(model.dtype)})),
    "dinov2": ([], ["last_hidden_state"], dinov2.load,
               lambda model, folder, found, path: {"last_hidden_state": model(found["pixel_values"].to(model.dtype)).last_hidden_state}),
    "clip": (as_arguments(TEXTS), ["image_embeds", "text_embeds"], clip.load, of_texts(clip.run)),
    "clipseg": (as_arguments(TEXTS), ["logits"], clipseg.load, of_texts(lambda model, inputs: model(
        **inputs | {"pixel_values": inputs["pixel_values"].expand(len(TEXTS), -1, -1, -1)}))),
    "owlvit": (as_arguments(TEXTS), ["logits", "pred_boxes"], lambda folder: owlvit.Version(folder).load(), of_texts(lambda model, inputs: model(**inputs))),
}
KINDS["owlv2"] = KINDS["owlvit"]
KINDS["dinov2_with_registers"] = KINDS["dinov2"]
COMMANDS = {"owlv2": "owlvit", "dinov2_with_registers": "dinov2"}  # where the tool's word is not the model's type


def compare(tool, folder):
    judge = Judge(folder.name)
    kind = AutoConfig.from_pretrained(folder).model_type
    asked, names, load, run = KINDS[kind]
    model = load(folder)
    halved = load(folder).to(torch.bfloat16)
    errors = {name: [0.0, 0.0, 0.0] for name in names}
    with tempfile.TemporaryDirectory() as temporary:
        for case in (TALL, NEARLY_SQUARE, WIDE):
            path = photograph(case, temporary)
            found = tensors(tool, COMMANDS.get(kind, kind), folder, "--image", path, *asked, precision="bfloat16")
            exact, theirs = run(model, folder, found, path), run(halved, folder, found, path)
            for name in names:
                truth = exact[name].double().flatten()
                for i, value in enumerate((found[name].double().flatten() - truth, theirs[name].double().flatten() - truth, truth)):
                    errors[name][i] += float(value.square().sum())
    for name, (own, theirs, truth) in errors.items():
        own, theirs = (own / truth) ** 0.5, (theirs / truth) ** 0.5
        judge(f"{name}: relative error {own:.2e}, PyTorch bfloat16's {theirs:.2e}, ratio {own / theirs:.2f}", own <= 1.1 * theirs)
    return judge.failures


if __name__ == "__main__":
    from models import SMALL

    over_models(__doc__, compare, SMALL + ["dinov2-base", "sam-vit-base"])
