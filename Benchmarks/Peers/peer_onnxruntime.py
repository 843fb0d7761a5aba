"""ONNX Runtime as an opponent: the same models, exported once and kept, run by the CPU provider. float32, or int8: its dynamic
quantisation of the encoder, weights with signs and by channels.

    python peer_onnxruntime.py --model FOLDER [--threads 2] [--precision float32|int8] [--cache FOLDER]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import protocol

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--precision", choices=["float32", "int8"], default="float32")
parser.add_argument("--attention", choices=["sdpa", "eager"], default="eager")
parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "spaniel-bench")
parser.add_argument("--export", action="store_true", help="only export; a process of its own, so that it does not count as memory")
arguments = parser.parse_args()
protocol.pin(arguments.threads)

import onnxruntime  # noqa: E402  after the pinning

import sam_inputs  # noqa: E402
import whole  # noqa: E402

stem = f"{arguments.model.resolve().name}-{arguments.attention}"
is_sam = whole.is_sam(arguments.model)
LEVELS = ["fine", "middle"] if whole.kind(arguments.model).startswith("sam2") else []
parts = {"encoder": ["pixels"], "decoder": [*LEVELS, "embeddings", "points", "labels"]} if is_sam else {"whole": ["pixels", "ids"]}
paths = [arguments.cache / f"{stem}-{part}.onnx" for part in parts]
exact = list(paths)
if arguments.precision == "int8":  # a decoder stays as it is, as ours does
    paths[0] = paths[0].with_stem(paths[0].stem + "-int8")

if arguments.export:
    import sam_halves
    import torch

    arguments.cache.mkdir(parents=True, exist_ok=True)
    modules = sam_halves.halves(arguments.model, arguments.attention) if is_sam else [whole.module(arguments.model, arguments.attention)]
    for names, path, (module, example) in zip(parts.values(), exact, modules):
        torch.onnx.export(module, example, path, input_names=names[: len(example)], dynamo=False, opset_version=17)
    if arguments.precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        quantize_dynamic(exact[0], paths[0], per_channel=True, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
    sys.exit()

weights = (arguments.model / "model.safetensors").stat().st_mtime
if any(not path.exists() or path.stat().st_mtime < weights for path in paths):
    subprocess.run([sys.executable, *sys.argv, "--export"], check=True, stdout=sys.stderr)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = arguments.threads
options.inter_op_num_threads = 1
sessions = [onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"]) for path in paths]


def sam():
    """Its two halves."""
    size = sam_inputs.image_size(arguments.model)
    pixels = sam_inputs.pixel_values(size)
    points, labels = sam_inputs.point(size)
    encoded = None

    def encode():
        nonlocal encoded
        encoded = dict(zip([*LEVELS, "embeddings"], sessions[0].run(None, {"pixels": pixels})))

    def decode():
        if encoded is None:
            encode()
        return sessions[1].run(None, encoded | {"points": points, "labels": labels})[0]

    return {"encode": encode, "decode": decode}, lambda: sam_inputs.samples(decode())


def others():
    """The whole of the other models."""
    inputs = dict(zip(parts["whole"], whole.inputs(arguments.model)))

    def answer():
        return sessions[0].run(None, inputs)[0]

    return {"answer": answer}, lambda: whole.samples(arguments.model, answer())


tasks, values = sam() if is_sam else others()
protocol.serve(
    {
        "name": "ONNX Runtime",
        "version": onnxruntime.__version__,
        "precision": arguments.precision,
        "threads": arguments.threads,
        "attention": arguments.attention,
    },
    tasks,
    values,
)
