#!/bin/sh
# A model that ONNX Runtime quantised dynamically answers for one picture by what else lies in the batch.
#
# Guess: pictures of a batch do not know of each other: the features of one are the same alone and beside others, as in float32.
# What happens: DynamicQuantizeLinear takes one scale for its whole input, batch and all. Beside one picture of twenty times the activations
# the error of a picture's features is nine times that of the same picture alone, and seven ordinary ones change them too. So features
# depend on the size of the batch and on the order of a folder, and a figure taken one by one is better than what a server gives.
# Versions: onnxruntime 1.31.1, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64 with VNNI. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
float32, alone: error 0.000
float32, beside seven of its kind: error 0.000, of 200 pictures 0 have other features
float32, beside one twenty times as strong: error 0.000, of 200 pictures 0 have other features
int8, alone: error 0.013
int8, beside seven of its kind: error 0.014, of 200 pictures 199 have other features
int8, beside one twenty times as strong: error 0.122, of 200 pictures 200 have other features
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

random = np.random.default_rng(0)
weights = [numpy_helper.from_array((random.normal(size=(64, 64)) / 8).astype(np.float32), name) for name in ("v", "w")]
steps = [("MatMul", ["x", "v"], ["h"]), ("Relu", ["h"], ["r"]), ("MatMul", ["r", "w"], ["y"])]
x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 64]) for name in ("x", "y"))
graph = helper.make_graph([helper.make_node(*step) for step in steps], "two layers", [x], [y], weights)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), "float32.onnx")
quantize_dynamic("float32.onnx", "int8.onnx")

pictures = random.normal(size=(200, 64)).astype(np.float32)
strong = 20 * random.normal(size=(1, 64)).astype(np.float32)
for kind in ("float32", "int8"):
    session = onnxruntime.InferenceSession(kind + ".onnx", providers=["CPUExecutionProvider"])

    def features(others):  # of each picture, first in a batch with others
        return np.array([session.run(None, {"x": np.vstack([picture, *others])})[0][0] for picture in pictures])

    alone = features([])
    right = alone if kind == "float32" else right
    for name, others in (("alone", []), ("beside seven of its kind", pictures[:7]), ("beside one twenty times as strong", strong)):
        found = features(others)
        error = np.linalg.norm(found - right) / np.linalg.norm(right)
        changed = (~np.isclose(found, alone, rtol=1e-3, atol=1e-4)).any(1).sum()
        print(f"{kind}, {name}: error {error:.3f}" + (f", of 200 pictures {changed} have other features" if len(others) else ""))
END
cat seen
diff expected seen
