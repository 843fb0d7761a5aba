"""Builds ViT, DINOv2, CLIP, CLIPSeg, OWL-ViT and OWLv2 models of the published sizes with seeded random weights, in the hub's layout.

    python models.py FOLDER [NAME …]        writes FOLDER/NAME; without a NAME the small ones, with `all` every one

transformers' own initial values make a poor test: biases are zero, norms do nothing, attention looks everywhere alike, and every picture gets
the same answer. The values here keep every part of the network at work. The vocabulary is CLIP's own, from the package open-clip-torch. A folder
that is already complete is left alone.
"""

import dataclasses
import gzip
import importlib.util
import json
import pathlib
import shutil
import sys

import torch
import transformers
from transformers import CLIPTokenizer
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096, patch_size=14)
LARGE_TEXT = dict(hidden_size=768, num_attention_heads=12, intermediate_size=3072)
IMAGENET = dict(image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])


@dataclasses.dataclass(frozen=True)
class Kind:
    """A model's classes, and what its folders have beside the weights."""

    config: str
    model: str
    processor: str | None
    images: type
    settings: dict = dataclasses.field(default_factory=dict)  # of the image processor
    length: int | None = None  # a text's, in tokens
    pad: str = "<|endoftext|>"


DINO = dict(size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}, **IMAGENET)
CLIPSEG = dict(size={"height": 352, "width": 352}, **IMAGENET)
KINDS = {
    "vit": Kind("ViTConfig", "ViTForImageClassification", None, ViTImageProcessorPil),
    "dinov2": Kind("Dinov2Config", "Dinov2Model", None, BitImageProcessorPil, DINO),
    "dinov2_with_registers": Kind("Dinov2WithRegistersConfig", "Dinov2WithRegistersModel", None, BitImageProcessorPil, DINO),
    "clip": Kind("CLIPConfig", "CLIPModel", "CLIPProcessor", CLIPImageProcessorPil, length=77),
    "clipseg": Kind("CLIPSegConfig", "CLIPSegForImageSegmentation", "CLIPSegProcessor", ViTImageProcessorPil, CLIPSEG, length=77),
    "owlvit": Kind("OwlViTConfig", "OwlViTForObjectDetection", "OwlViTProcessor", OwlViTImageProcessorPil, length=16, pad="!"),
    "owlv2": Kind("Owlv2Config", "Owlv2ForObjectDetection", "Owlv2Processor", Owlv2ImageProcessorPil, dict(size={"height": 960, "width": 960}), 16, "!"),
}


@dataclasses.dataclass(frozen=True)
class Model:
    kind: str
    config: dict = dataclasses.field(default_factory=dict)
    settings: dict = dataclasses.field(default_factory=dict)
    layout: str = "new"  # `old`: preprocessor_config.json, vocab.json and merges.txt, as the first files on the hub


DINO_518 = dict(image_size=518, patch_size=14)
BASE_16 = dict(vision_config=dict(patch_size=16))
SMALL = ["vit-base-patch16", "clip-vit-base-patch32", "clipseg-rd64-refined", "owlvit-base-patch32", "owlv2-base-patch16"]
MODELS = {
    "vit-base-patch16": Model("vit", dict(num_labels=1000), layout="old"),
    "clip-vit-base-patch32": Model("clip"),
    "clip-vit-base-patch16": Model("clip", BASE_16, layout="old"),
    "clip-vit-large-patch14": Model("clip", dict(vision_config=LARGE, text_config=LARGE_TEXT, projection_dim=768)),
    "clipseg-rd64": Model("clipseg", BASE_16, layout="old"),
    "clipseg-rd64-refined": Model("clipseg", BASE_16 | dict(use_complex_transposed_convolution=True)),
    "owlvit-base-patch32": Model("owlvit"),
    "owlvit-base-patch16": Model("owlvit", BASE_16, layout="old"),
    "owlvit-large-patch14": Model(
        "owlvit", dict(vision_config=LARGE | dict(image_size=840), text_config=LARGE_TEXT, projection_dim=768),
        dict(size={"height": 840, "width": 840}),
    ),
    "owlv2-base-patch16": Model("owlv2", dict(vision_config=dict(image_size=960))),
    "dinov2-small": Model("dinov2", DINO_518 | dict(hidden_size=384, num_attention_heads=6)),
    "dinov2-base": Model("dinov2", DINO_518),
    "dinov2-large": Model("dinov2", DINO_518 | dict(hidden_size=1024, num_attention_heads=16, num_hidden_layers=24)),
    "dinov2-with-registers-small": Model("dinov2_with_registers", DINO_518 | dict(hidden_size=384, num_attention_heads=6)),
    "dinov2-with-registers-base": Model("dinov2_with_registers", DINO_518),
    "dinov2-giant-4-layers": Model(
        "dinov2", DINO_518 | dict(hidden_size=1536, num_attention_heads=24, num_hidden_layers=4, use_swiglu_ffn=True),
    ),
}


def initialise(model, seed):
    generator = torch.Generator().manual_seed(seed)

    def normal(p, deviation, mean=0.0):
        p.copy_(torch.randn(p.shape, generator=generator) * deviation + mean)

    with torch.no_grad():
        for name, p in model.named_parameters():
            weight = name.endswith("weight")
            if name.endswith("logit_scale"):
                p.fill_(4.6052)
            elif "class_head.logit_scale" in name:  # cosines of random vectors are small; the scores are to be neither 0 nor 1
                normal(p, *((0.3 * p[0].numel() ** -0.5, 0.0) if weight else (0.1, 20.0)))
            elif "class_head.logit_shift" in name:
                normal(p, *((0.03 * p[0].numel() ** -0.5, 0.0) if weight else (0.01, -0.1)))
            elif "norm" in name or "layrnorm" in name:
                normal(p, 0.1, 1.0 if weight else 0.0)
            elif "position_embedding" in name:
                normal(p, 0.3)
            elif "lambda1" in name:  # a layer's scales, of either sign and a wide range, as the published ones are
                normal(p, 0.3, 0.4)
            elif name.endswith(("cls_token", "register_tokens", "class_embedding", "token_embedding.weight")):
                normal(p, 0.5)
            elif "film_mul" in name:
                normal(p, *((0.5 * p[0].numel() ** -0.5, 0.0) if weight else (0.1, 1.0)))
            elif name.endswith("bias"):
                normal(p, 0.05)
            else:
                transposed = "transposed_convolution" in name and p.shape[-1] > 3
                fan_in = p.shape[0] if transposed else p[0].numel()
                looking = any(f".{part}" in name for part in ("q_proj", "k_proj", "query", "key"))
                normal(p, (1.4 if looking else 0.8) * fan_in**-0.5)


def vocabulary():
    """CLIP's own: 256 bytes, the same at the end of a word, 48,894 merges, two marks. -> (ids by token, merges)."""
    package = importlib.util.find_spec("open_clip")
    if package is None:
        raise SystemExit("CLIP's vocabulary comes with open-clip-torch: pip install --no-deps open-clip-torch==3.3.0")
    lines = gzip.decompress((pathlib.Path(package.origin).parent / "bpe_simple_vocab_16e6.txt.gz").read_bytes()).decode().split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]
    tokens = symbols + [s + "</w>" for s in symbols] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(tokens)}, merges


def write_tokenizer(folder, kind, layout):
    ids, merges = vocabulary()
    tokenizer = CLIPTokenizer(vocab=ids, merges=merges, pad_token=kind.pad, model_max_length=kind.length)
    tokenizer.save_pretrained(folder)
    if layout == "old":
        (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in merges))
        (folder / "tokenizer.json").unlink()


def build(root, name):
    """FOLDER/NAME, made if it is not there."""
    folder = pathlib.Path(root) / name
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model, seed = MODELS[name], list(MODELS).index(name)
    kind = KINDS[model.kind]
    config = getattr(transformers, kind.config)(**model.config)
    with torch.device("meta"):
        network = getattr(transformers, kind.model)(config)
    network = network.to_empty(device="cpu").eval()
    initialise(network, seed)
    network.save_pretrained(folder)
    images = kind.images(**(kind.settings | model.settings))
    if kind.length:
        write_tokenizer(folder, kind, model.layout)
    if kind.processor and model.layout == "new":
        getattr(transformers, kind.processor)(images, CLIPTokenizer.from_pretrained(folder)).save_pretrained(folder)
    else:
        images.save_pretrained(folder)
    (folder / "complete").touch()
    return folder


if __name__ == "__main__":
    names = sys.argv[2:] or SMALL
    for name in MODELS if names == ["all"] else names:
        print(build(sys.argv[1], name), flush=True)
