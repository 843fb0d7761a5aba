"""PyTorch as an opponent: transformers' models as they come (SDPA attention), at float32 or with bfloat16 weights.

    python peer_pytorch.py --model FOLDER [--threads 2] [--precision float32|bfloat16] [--attention sdpa|eager] [--cap avx2]
"""

import argparse
import os
from pathlib import Path

import protocol

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa")
parser.add_argument("--cap", choices=["avx2"], help="as on a processor that has no more than this")
arguments = parser.parse_args()
protocol.pin(arguments.threads)
if arguments.cap:
    os.environ |= {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}

import torch  # noqa: E402  after the pinning
import transformers  # noqa: E402

import sam_halves  # noqa: E402
import sam_inputs  # noqa: E402
import whole  # noqa: E402

torch.set_num_threads(arguments.threads)
torch.set_grad_enabled(False)
dtype = getattr(torch, arguments.precision)


def sam():
    """Its two halves, and the masks of everything as transformers' pipeline makes them, once the picture is encoded."""
    model = sam_halves.model_class(arguments.model).from_pretrained(arguments.model, dtype=dtype, attn_implementation=arguments.attention).eval()
    size = sam_inputs.image_size(arguments.model)
    pixels = torch.from_numpy(sam_inputs.pixel_values(size)).to(dtype)
    points, labels = (torch.from_numpy(array) for array in sam_inputs.point(size))
    encoded = None

    def encode():
        nonlocal encoded
        encoded = model.get_image_embeddings(pixels)

    def decode():
        if encoded is None:
            encode()
        output = model(image_embeddings=encoded, input_points=points.to(dtype), input_labels=labels, multimask_output=True)
        return output.pred_masks.float().numpy()

    everything = pipeline = None

    def masks_of_everything():
        nonlocal everything, pipeline
        if everything is None:
            from PIL import Image

            processor = transformers.SamImageProcessor(size={"longest_edge": size}, pad_size={"height": size, "width": size})
            pipeline = transformers.pipeline("mask-generation", model=model, image_processor=processor, device="cpu")
            everything = list(pipeline.preprocess(Image.fromarray(sam_inputs.pixels(size)), points_per_batch=64))
        return pipeline.postprocess([pipeline._forward(dict(batch)) for batch in everything])

    return {"encode": encode, "decode": decode, "everything": masks_of_everything}, lambda: sam_inputs.samples(decode())


def mobilesam():
    """The published code's two halves."""
    import sam_halves

    (encoder, (pixels,)), (decoder, (_, *prompt)) = sam_halves.halves(arguments.model, arguments.attention)
    encoder, pixels, encoded = encoder.to(dtype), pixels.to(dtype), None

    def encode():
        nonlocal encoded
        encoded = encoder(pixels)

    def decode():
        if encoded is None:
            encode()
        return decoder(encoded.float(), *prompt)[0].numpy()

    return {"encode": encode, "decode": decode}, lambda: sam_inputs.samples(decode())


def others():
    """The whole of the other models."""
    model = whole.load(arguments.model, dtype, arguments.attention)
    pixels, *ids = (torch.from_numpy(array) for array in whole.inputs(arguments.model))
    texts = {"input_ids": ids[0]} if ids else {}

    def answer():
        return whole.answer(model(pixel_values=pixels.to(dtype), **texts)).float().numpy()

    return {"answer": answer}, lambda: whole.samples(arguments.model, answer())


kind = whole.kind(arguments.model)
tasks, values = mobilesam() if kind == "mobile_sam" else sam() if whole.is_sam(arguments.model) else others()
protocol.serve(
    {
        "name": "PyTorch",
        "version": torch.__version__,
        "precision": arguments.precision,
        "isa": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "attention": arguments.attention,
        "transformers": transformers.__version__,
    },
    tasks,
    values,
)
