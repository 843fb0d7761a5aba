"""Compares what the tool loses in int8 with what OpenVINO loses by NNCF's quantisation after training (the rest in its own choice of precision), each
against the tool's float32 on the same pixels, which NNCF also calibrates on.

    python int8.py --spaniel PATH [--models FOLDER] [--name NAME] [--model FOLDER]

Without options SAM's and ViT's base, with random weights, on photographs that are not square. The rule, of what the image encoder makes: the relative L2
error, over all photographs together, is at most half of theirs as NNCF quantises by default, and below theirs where it is told that this is a transformer
(SmoothQuant, attention spared). Needs requirements.txt and, of Benchmarks/Peers/requirements.txt, openvino and nncf.
"""

import pathlib
import sys
import tempfile

import nncf
import openvino
import torch
from transformers import AutoConfig

from agreement import NEARLY_SQUARE, TALL, WIDE, Judge, photograph, tensors
from full_size import over_models

sys.path.append(str(pathlib.Path(__file__).parents[2] / "Benchmarks/Peers"))

# What the tool is asked, and what of its tensors is compared: the first output of the opponent's graph.
KINDS = {"sam": (["--point", "200,150"], "image_embeddings"), "vit": ([], "logits"), "dinov2": ([], "last_hidden_state")}


def module(kind, folder):
    import sam_halves
    import whole

    torch.set_grad_enabled(False)
    return sam_halves.halves(folder, "sdpa")[0][0] if kind == "sam" else whole.module(folder, "sdpa")[0]


def compare(tool, folder):
    judge = Judge(folder.name)
    kind = AutoConfig.from_pretrained(folder).model_type
    asked, name = KINDS[kind]
    with tempfile.TemporaryDirectory() as temporary:
        paths = [photograph(case, temporary) for case in (TALL, NEARLY_SQUARE, WIDE)]
        exact = [tensors(tool, kind, folder, "--image", path, *asked) for path in paths]
        errors = {
            f"spaniel {precision}": [tensors(tool, kind, folder, "--image", path, *asked, precision=precision)[name] for path in paths]
            for precision in ("bfloat16", "int8")}
    pixels = [found["pixel_values"].contiguous() for found in exact]
    graph = openvino.convert_model(module(kind, folder), example_input=(pixels[0],), input=[tuple(pixels[0].shape)])
    for word, options in (("by default", {}), ("as a transformer", {"model_type": nncf.ModelType.TRANSFORMER})):
        calibration = nncf.Dataset([(value.numpy(),) for value in pixels])
        compiled = openvino.Core().compile_model(nncf.quantize(graph, calibration, subset_size=len(pixels), **options), "CPU")
        errors[f"NNCF {word}"] = [torch.from_numpy(compiled([value.numpy()])[0].copy()) for value in pixels]
    truth = torch.cat([found[name].double().flatten() for found in exact])
    for word, found in errors.items():
        found = torch.cat([value.double().flatten() for value in found])
        errors[word] = float((found - truth).norm() / truth.norm())
    own = errors["spaniel int8"]
    print("    " + ", ".join(f"{word} {value:.2e}" for word, value in errors.items()))
    for word, most in (("by default", 0.5), ("as a transformer", 1)):
        share = own / errors[f"NNCF {word}"]
        judge(f"{name}: relative error {own:.2e}, {share:.2f} of NNCF's {word}", share <= most)
    return judge.failures


if __name__ == "__main__":
    over_models(__doc__, compare, ["vit-base-patch16", "sam-vit-base"])
