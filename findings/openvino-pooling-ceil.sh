#!/bin/sh
# OpenVINO's MaxPool with ceil_mode has a row and a column of -3.4e38 more than ONNX says, and its mean divides by what lies outside.
#
# Guess: a pooling with ceil_mode, read from ONNX, has the shape and the numbers that ONNX Runtime and ONNX's reference give.
# What happens: ONNX and PyTorch drop a window that would begin in the padding behind the picture, or beyond it; OpenVINO keeps it in
# MaxPool, and as there is nothing in it its maximum is the least float. 5 x 5 becomes 3 x 3 and not 2 x 2, or 4 x 4 and not 3 x 3.
# A mean over all of it is -1.9e38, and a model whose later layers fit both shapes runs on. The mean that counts the padding
# (PyTorch's default) divides by what lies beyond the padding as well: a map of ones has 0.33 at the edge where ONNX has 0.5.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
MaxPool of 5 x 5, kernel 3, stride 3, padding 1
  ONNX's reference: 2 x 2, last row 1 1
  ONNX Runtime: 2 x 2, last row 1 1
  OpenVINO: 3 x 3, last row -3.4e+38 -3.4e+38 -3.4e+38
MaxPool of 5 x 5, kernel 2, stride 2, padding 1
  ONNX's reference: 3 x 3, last row 1 1 1
  ONNX Runtime: 3 x 3, last row 1 1 1
  OpenVINO: 4 x 4, last row -3.4e+38 -3.4e+38 -3.4e+38 -3.4e+38
AveragePool of 6 x 6, kernel 3, stride 2, padding 1
  ONNX's reference: 4 x 4, last row 0.33 0.5 0.5 0.25
  ONNX Runtime: 4 x 4, last row 0.33 0.5 0.5 0.25
  OpenVINO: 4 x 4, last row 0.22 0.33 0.33 0.11
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator

def answers(operator, x, kernel, stride, padding, **options):
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)] for name, shape in (("x", x.shape), ("y", (1, 1, None, None)))]
    sides = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": [padding] * 4}
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], ceil_mode=1, **sides, **options)], "g", *ends)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=8)
    checker.check_model(model, full_check=True)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    yield "ONNX's reference", ReferenceEvaluator(model).run(None, {"x": x})[0]
    yield "ONNX Runtime", onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    yield "OpenVINO", compiled({"x": x})[0]

cases = (("MaxPool", 5, 3, 3, {}), ("MaxPool", 5, 2, 2, {}), ("AveragePool", 6, 3, 2, {"count_include_pad": 1}))
for operator, side, kernel, stride, options in cases:
    print(f"{operator} of {side} x {side}, kernel {kernel}, stride {stride}, padding 1")
    for who, y in answers(operator, np.ones((1, 1, side, side), np.float32), kernel, stride, 1, **options):
        print(f"  {who}: {y.shape[2]} x {y.shape[3]}, last row {' '.join(f'{v:.2g}' for v in y[0, 0, -1])}")
END
cat seen
diff expected seen
