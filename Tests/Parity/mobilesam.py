"""Compares `spaniel tensors sam` of a MobileSAM with its published code, at full size, on photographs that are not square.

    python mobilesam.py --spaniel PATH --models FOLDER

The model is seeded and random, built in --models by mobilesam_models.py; the rule is that of agreement.py. mobile_sam.pt, which torch.save
wrote of the published module, must give the same bits as the folder.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import torch
from PIL import Image
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil

from agreement import Judge, identical, kept, photograph, stamp_of, tensors
from mobilesam_models import build, load
from sam import CASES, NAMES, words


def widened(layer):
    """The published positional encoding casts what it is given to float32; a run in float64 must not."""
    encode = layer._pe_encoding

    def with_coordinates(coordinates, size):
        return layer._pe_encoding(coordinates / torch.tensor([size[1], size[0]], dtype=coordinates.dtype))

    layer._pe_encoding = lambda x: encode(x.to(layer.positional_encoding_gaussian_matrix.dtype))
    layer.forward_with_coords = with_coordinates


def reference(folder, case, path, keep):
    """The published encoder, prompt encoder and decoder in float32 and float64, on the hub's processor's pixels."""
    def make():
        image = Image.open(path)
        given = SamImageProcessorPil.from_pretrained(folder)(image, return_tensors="pt")
        result = {"pixel_values": given["pixel_values"]}
        height, width = given["reshaped_input_sizes"][0].tolist()
        scale = torch.tensor([width / image.width, height / image.height], dtype=torch.float64)
        for kind, dtype in [("32", torch.float32), ("64", torch.float64)]:
            model = load(folder).to(dtype)
            if kind == "64":
                widened(model.prompt_encoder.pe_layer)
            embedding = model.image_encoder(given["pixel_values"].to(dtype))
            result[f"image_embeddings.{kind}"] = embedding
            for i, prompt in enumerate(case["prompts"]):
                points = box = None
                if "points" in prompt:
                    all = torch.tensor(prompt["points"], dtype=torch.float64)
                    points = (all[None, :, :2] * scale).to(dtype), all[None, :, 2].int()
                if "box" in prompt:
                    box = (torch.tensor(prompt["box"], dtype=torch.float64).view(2, 2) * scale).to(dtype).view(1, 4)
                sparse, dense = model.prompt_encoder(points=points, boxes=box, masks=None)
                masks, scores = model.mask_decoder(
                    image_embeddings=embedding, image_pe=model.prompt_encoder.get_dense_pe(), sparse_prompt_embeddings=sparse,
                    dense_prompt_embeddings=dense, multimask_output=prompt.get("multimask", False),
                )
                result |= {f"low_res_masks.{i}.{kind}": masks[:, None], f"iou_scores.{i}.{kind}": scores[:, None]}
        return result

    return kept(keep / f"reference.{folder.name}.{path.stem}.safetensors", str(case) + stamp_of(folder), make)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--models", default=os.path.expanduser("~/.cache/spaniel/parity"))
    options = parser.parse_args()
    keep = pathlib.Path(options.models)
    keep.mkdir(parents=True, exist_ok=True)
    folder = build(keep / "mobilesam")
    judge, settings = Judge(folder.name), SamImageProcessorPil.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as scratch:
        for case in CASES:
            path = photograph(case, scratch)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference(folder, case, path, keep)
            for i, prompt in enumerate(case["prompts"]):
                got = tensors(options.spaniel, "sam", folder, *words(prompt, path))
                if case is CASES[0] and i == 0:
                    identical(judge, "mobile_sam.pt", tensors(options.spaniel, "sam", folder / "mobile_sam.pt", *words(prompt, path)), got)
                names = {name: f"{name}.{i}" for name in NAMES[1:]}
                if i == 0:
                    names["image_embeddings"] = "image_embeddings"
                    judge.pixels(got.get("pixel_values"), expected["pixel_values"], settings)
                for name, key in names.items():
                    judge.tensor(name, got.get(name), expected[f"{key}.32"], expected[f"{key}.64"], key)
    judge.errors()
    print("\n".join(["all agree"] if not judge.failures else ["", "disagreements:"] + judge.failures))
    sys.exit(bool(judge.failures))


if __name__ == "__main__":
    main()
