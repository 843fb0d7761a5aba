#!/bin/sh
# ONNX Runtime's quantize_static leaves out a ReLU that stands behind a MaxPool, Resize, Reshape or Transpose, and a Clip's bound above zero.
#
# Guess: a ReLU or a Clip behind a convolution is left out where the range of int8 does the same, and kept elsewhere; a quantised model
# differs from the original by a step of rounding.
# What happens: as QOperator, an operator that only moves numbers hands on its input's range, which goes below zero; the ReLU behind it
# is left out all the same, so that -4 comes out as -4 where the model says 0. As QDQ, the default, that is right. In both formats a Clip
# from 1 to 2 is left out too, and as a range of int8 always holds zero, what lies below its lower bound stays there. Nothing is said.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
Conv, Relu: least number 0.0 in the model, 0.0 as QDQ, 0.0 as QOperator
Conv, MaxPool, Relu: least number 0.0 in the model, 0.0 as QDQ, -1.3 as QOperator
Conv, Resize, Relu: least number 0.0 in the model, 0.0 as QDQ, -4.0 as QOperator
Conv, Reshape, Relu: least number 0.0 in the model, 0.0 as QDQ, -4.0 as QOperator
Conv, Transpose, Relu: least number 0.0 in the model, 0.0 as QDQ, -4.0 as QOperator
Conv, Clip 0..6: least number 0.0 in the model, 0.0 as QDQ, 0.0 as QOperator
Conv, Clip 1..2: least number 1.0 in the model, 0.0 as QDQ, 0.0 as QOperator
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

x = np.linspace(-4, 4, 16, dtype=np.float32).reshape(1, 1, 4, 4)
constants = {str(i): np.array(i, np.float32) for i in (0, 1, 2, 6)} | {"flat": np.array([1, 16])}
constants |= {"weights": np.ones((1, 1, 1, 1), np.float32), "twice": np.array([1, 1, 2, 2], np.float32)}
moves = [(["MaxPool"], {"kernel_shape": [2, 2], "strides": [2, 2]}), (["Resize", "", "twice"], {"mode": "nearest"}),
         (["Reshape", "flat"], {}), (["Transpose"], {"perm": [0, 2, 3, 1]})]
chains = [[(["Relu"], {})], *([move, (["Relu"], {})] for move in moves), [(["Clip", "0", "6"], {})], [(["Clip", "1", "2"], {})]]

class Once(CalibrationDataReader):
    feeds = [{"x": x}]
    def get_next(self):
        self.feeds, feeds = [], self.feeds
        return feeds[0] if feeds else None

def least(path):
    return f"{onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider']).run(None, {'x': x})[0].min():.1f}"

for chain in ([(["Conv", "weights"], {}), *rest] for rest in chains):
    names = ["x", *(f"after {i}" for i in range(len(chain)))]
    nodes = [helper.make_node(parts[0], [names[i], *parts[1:]], [names[i + 1]], **options) for i, (parts, options) in enumerate(chain)]
    used = [numpy_helper.from_array(v, k) for k, v in constants.items() if any(k in node.input for node in nodes)]
    ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, shape)] for n, shape in (("x", x.shape), (names[-1], None))]
    model = helper.make_model(helper.make_graph(nodes, "g", *ends, used), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(onnx.shape_inference.infer_shapes(model), "model.onnx")
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        quantize_static("model.onnx", f"{form}.onnx", Once(), quant_format=form, activation_type=QuantType.QUInt8)
    title = ", ".join(parts[0] + (f" {parts[1]}..{parts[2]}" if parts[0] == "Clip" else "") for parts, _ in chain)
    print(f"{title}: least number {least('model.onnx')} in the model, {least('QDQ.onnx')} as QDQ, {least('QOperator.onnx')} as QOperator")
END
cat seen
diff expected seen
