"""OpenVINO as an opponent: the same models, converted once and kept beside the model, run by the CPU plugin for latency.

    python peer_openvino.py --model FOLDER [--threads 2] [--precision float32|bfloat16|int8] [--cache FOLDER]

float32 is asked for by name: left alone, OpenVINO computes in bfloat16 where the processor has the instructions. int8 is NNCF's quantisation
after training, on the picture that is measured and three others, with everything else left to OpenVINO's own choice.
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
parser.add_argument("--precision", choices=["float32", "bfloat16", "int8"], default="float32")
parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "spaniel-bench")
parser.add_argument("--convert", action="store_true", help="only convert; a process of its own, so that it does not count as memory")
arguments = parser.parse_args()
protocol.pin(arguments.threads)

import openvino  # noqa: E402  after the pinning

import sam_inputs  # noqa: E402
import whole  # noqa: E402

stem = f"{arguments.model.resolve().name}-{arguments.attention}-ov{openvino.__version__.split('-')[0]}"
is_sam = whole.is_sam(arguments.model)
paths = [arguments.cache / f"{stem}-{part}.xml" for part in (("encoder", "decoder") if is_sam else ("whole",))]
exact = list(paths)
if arguments.precision == "int8":  # a decoder stays as it is, as ours does
    paths[0] = paths[0].with_stem(paths[0].stem + "-int8")

if arguments.convert:
    import sam_halves

    arguments.cache.mkdir(parents=True, exist_ok=True)
    parts = sam_halves.halves(arguments.model, arguments.attention) if is_sam else [whole.module(arguments.model, arguments.attention)]
    for path, (module, example) in zip(exact, parts):
        graph = openvino.convert_model(module, example_input=example, input=[tuple(tensor.shape) for tensor in example])
        openvino.save_model(graph, path, compress_to_fp16=False)
    if arguments.precision == "int8":
        import nncf
        import numpy

        pixels, *others = (array for array in (sam_inputs.pixel_values(sam_inputs.image_size(arguments.model)),)) if is_sam else whole.inputs(arguments.model)
        pictures = [pixels, pixels[..., ::-1], pixels[..., ::-1, :], numpy.swapaxes(pixels, 2, 3)]
        quantised = nncf.quantize(
            openvino.Core().read_model(exact[0]), nncf.Dataset([(numpy.ascontiguousarray(picture), *others) for picture in pictures]),
            subset_size=len(pictures), model_type=nncf.ModelType.TRANSFORMER)
        openvino.save_model(quantised, paths[0], compress_to_fp16=False)
    sys.exit()

weights = (arguments.model / "model.safetensors").stat().st_mtime
if any(not path.exists() or path.stat().st_mtime < weights for path in paths):
    subprocess.run([sys.executable, *sys.argv, "--convert"], check=True, stdout=sys.stderr)

core = openvino.Core()
hints = {"float32": {"INFERENCE_PRECISION_HINT": "f32"}, "bfloat16": {"INFERENCE_PRECISION_HINT": "bf16"}, "int8": {}}
settings = hints[arguments.precision] | {
    "PERFORMANCE_HINT": "LATENCY",
    "INFERENCE_NUM_THREADS": arguments.threads,
    "NUM_STREAMS": 1,
}
compiled = [core.compile_model(path, "CPU", settings) for path in paths]
requests = [model.create_infer_request() for model in compiled]


def sam():
    """Its two halves."""
    size = sam_inputs.image_size(arguments.model)
    pixels = sam_inputs.pixel_values(size)
    points, labels = sam_inputs.point(size)
    encoded = None

    def encode():
        nonlocal encoded
        requests[0].infer([pixels], share_inputs=True, share_outputs=True)
        encoded = [tensor.data for tensor in requests[0].output_tensors]

    def decode():
        if encoded is None:
            encode()
        requests[1].infer([*encoded, points, labels], share_inputs=True, share_outputs=True)
        return requests[1].get_output_tensor(0).data

    return {"encode": encode, "decode": decode}, lambda: sam_inputs.samples(decode())


def others():
    """The whole of the other models."""
    inputs = list(whole.inputs(arguments.model))

    def answer():
        requests[0].infer(inputs, share_inputs=True, share_outputs=True)
        return requests[0].get_output_tensor(0).data

    return {"answer": answer}, lambda: whole.samples(arguments.model, answer())


tasks, values = sam() if is_sam else others()
protocol.serve(
    {
        "name": "OpenVINO",
        "version": openvino.__version__.split("-")[0],
        "precision": ("int8, else " if arguments.precision == "int8" else "") + compiled[0].get_property("INFERENCE_PRECISION_HINT").to_string(),
        "threads": compiled[0].get_property("INFERENCE_NUM_THREADS"),
        "attention": arguments.attention,
    },
    tasks,
    values,
)
