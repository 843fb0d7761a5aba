#!/bin/sh
# onnxslim takes a row of weights for the columns of a map for one of its channels, where there are as many columns as channels.
#
# Guess: a convolution and the multiplication behind it are joined where each channel is multiplied by one number, and nowhere else.
# What happens: onnxslim asks only that the constant holds as many numbers as there are channels, not along which side it lies. A map of
# four channels and four columns, weighted by column (a window, a correction of the lens, positions of an attention), is weighted by
# channel after it, and so is a map weighted by row; Conv, Conv with a bias and ConvTranspose, in one dimension and two. With five columns
# it is left alone. onnxoptimizer, ONNX Runtime and OpenVINO join what may be joined.
# Versions: onnxslim 0.1.98, onnxoptimizer 0.4.2, onnxruntime 1.32.0, openvino 2026.4.1, onnx 1.23.2, numpy 2.4.6, Python 3.11,
# Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxslim==0.1.98 onnxoptimizer==0.4.2 onnxruntime==1.32.0 openvino==2026.4.1 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
by channel, Conv: 1 1 1 1; onnxslim 1 1 1 1; onnxoptimizer 1 1 1 1; ONNX Runtime 1 1 1 1; OpenVINO 1 1 1 1
by column, Conv: 1 2 3 4; onnxslim 1 1 1 1; onnxoptimizer 1 2 3 4; ONNX Runtime 1 2 3 4; OpenVINO 1 2 3 4
by column, Conv with a bias: 1 2 3 4; onnxslim 1 1 1 1; onnxoptimizer 1 2 3 4; ONNX Runtime 1 2 3 4; OpenVINO 1 2 3 4
by column, ConvTranspose: 1 2 3 4; onnxslim 1 1 1 1; onnxoptimizer 1 2 3 4; ONNX Runtime 1 2 3 4; OpenVINO 1 2 3 4
by column of five, Conv: 1 2 3 4 5; onnxslim 1 2 3 4 5; onnxoptimizer 1 2 3 4 5; ONNX Runtime 1 2 3 4 5; OpenVINO 1 2 3 4 5
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnxoptimizer, onnxruntime, onnxslim, openvino
from onnx import TensorProto, checker, helper, numpy_helper

def run(model, x, level=onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]

def in_openvino(model, x):
    core = openvino.Core()
    return core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})({"x": x})[0]

def case(title, operator, shape, columns=4, bias=False):
    x = np.ones((1, 4, 4, columns), np.float32)
    scale = np.arange(1, np.prod(shape) + 1, dtype=np.float32).reshape(shape)
    constants = {"w": np.eye(4, dtype=np.float32).reshape(4, 4, 1, 1), "scale": scale} | ({"b": np.zeros(4, np.float32)} if bias else {})
    nodes = [helper.make_node(operator, ["x", "w", "b"][: 2 + bias], ["map"]), helper.make_node("Mul", ["map", "scale"], ["y"])]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape)] for name in "xy"]
    graph = helper.make_graph(nodes, "g", *ends, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    text = model.SerializeToString()
    answers = {"": run(model, x), "; onnxslim ": run(onnxslim.slim(type(model).FromString(text)), x)}
    answers |= {"; onnxoptimizer ": run(onnxoptimizer.optimize(type(model).FromString(text)), x)}
    answers |= {"; ONNX Runtime ": run(model, x, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL), "; OpenVINO ": in_openvino(model, x)}
    print(f"{title}: " + "".join(who + " ".join(f"{v:.0f}" for v in y[0, 0, 0]) for who, y in answers.items()))

case("by channel, Conv", "Conv", (4, 1, 1))
case("by column, Conv", "Conv", (4,))
case("by column, Conv with a bias", "Conv", (4,), bias=True)
case("by column, ConvTranspose", "ConvTranspose", (1, 1, 1, 4))
case("by column of five, Conv", "Conv", (5,), columns=5)
END
cat seen
diff expected seen
