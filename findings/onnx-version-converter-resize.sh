#!/bin/sh
# ONNX's version converter moves every resized map by up to half a pixel when it lifts a model from opset 10 to 11 or later.
#
# Guess: version_converter keeps what a model computes; where a new opset changes an operator, it writes the attribute that keeps the old.
# What happens: Upsample and Resize up to opset 10 take an output pixel at x for x / scale; Resize from 11 on takes the middles of pixels
# (half_pixel) unless told otherwise, and its nearest neighbour rounds where the old one cut. The converter tells it neither. A linear
# map moves by half a pixel of the larger picture for each doubling, as in the decoder of a segmentation model; a nearest one
# moves where the scale is not whole. No message.
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > expected << 'END'
Upsample of opset 9, linear, 2 times as wide
  as it was: 0 5 10 15 20 25 30 35 40 40
  opset 10:  0 5 10 15 20 25 30 35 40 40
  opset 11:  0 2.5 7.5 12.5 17.5 22.5 27.5 32.5 37.5 40
  opset 19:  0 2.5 7.5 12.5 17.5 22.5 27.5 32.5 37.5 40
Resize of opset 10, linear, 2 times as wide
  as it was: 0 5 10 15 20 25 30 35 40 40
  opset 11:  0 2.5 7.5 12.5 17.5 22.5 27.5 32.5 37.5 40
  opset 19:  0 2.5 7.5 12.5 17.5 22.5 27.5 32.5 37.5 40
Resize of opset 10, nearest, 1.7 times as wide
  as it was: 0 0 10 10 20 20 30 40
  opset 11:  0 0 10 20 20 30 30 40
  opset 19:  0 0 10 20 20 30 30 40
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper, version_converter

x = np.array([[[[0, 10, 20, 30, 40]]]], np.float32)

def answer(model):
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return " ".join(f"{each:g}" for each in session.run(None, {"x": x})[0].ravel())

for operator, opset, mode, scale in ("Upsample", 9, "linear", 2), ("Resize", 10, "linear", 2), ("Resize", 10, "nearest", 1.7):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 1, width]) for name, width in (("x", 5), ("y", int(5 * scale)))]
    scales = numpy_helper.from_array(np.array([1, 1, 1, scale], np.float32), "scales")
    graph = helper.make_graph([helper.make_node(operator, ["x", "scales"], ["y"], mode=mode)], "up", ends[:1], ends[1:], [scales])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    checker.check_model(model, full_check=True)
    print(f"{operator} of opset {opset}, {mode}, {scale} times as wide")
    print("  as it was:", answer(model))
    for target in (10, 11, 19):
        if target > opset:
            print(f"  opset {target}: ", answer(version_converter.convert_version(model, target)))
END
cat seen
diff expected seen
