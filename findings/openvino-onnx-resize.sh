#!/bin/sh
# OpenVINO reads an ONNX Resize without its antialias, keep_aspect_ratio_policy and exclude_outside, and answers all the same.
#
# Guess: what the reader takes it computes as ONNX says; what it cannot compute it refuses, as it does half_pixel_symmetric.
# What happens: all three attributes are dropped without a word. Stripes that are made smaller stay black and white where ONNX Runtime and
# ONNX's reference give grey; a picture that was to keep its shape inside 6 x 6 is stretched to 6 x 6; bicubic borders differ. A model
# that makes its pictures smaller itself, as exported preprocessing does, sees other pictures in OpenVINO.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
antialias, linear, 1 x 9 to 1 x 3: reference 113 113 113; ONNX Runtime 113 113 113; OpenVINO 255 0 255
not_larger, 4 x 9 to 6 x 6: reference 3 x 6; ONNX Runtime 3 x 6; OpenVINO 6 x 6
exclude_outside, cubic, 1 x 2 to 1 x 4: reference -35 59 196 290; ONNX Runtime -35 59 196 290; OpenVINO -27 58 197 282
half_pixel_symmetric: refused by OpenVINO
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime, openvino
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

def model(x, sizes, **more):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", x.shape), ("y", [None] * 4))]
    sizes = numpy_helper.from_array(np.array(sizes, np.int64), "sizes")
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], axes=[2, 3], **more)
    graph = helper.make_graph([node], "resize", ends[:1], ends[1:], [sizes])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    checker.check_model(made, full_check=True)
    return made

def by_openvino(made, x):
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(made.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled({"x": x})[compiled.outputs[0]]

def show(title, x, sizes, **more):
    made = model(x, sizes, **more)
    session = onnxruntime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = ReferenceEvaluator(made).run(None, {"x": x})[0], session.run(None, {"x": x})[0], by_openvino(made, x)
    texts = [" ".join(f"{v:.0f}" for v in y.ravel()) if y.shape[2] == 1 else f"{y.shape[2]} x {y.shape[3]}" for y in answers]
    print(f"{title}: reference {texts[0]}; ONNX Runtime {texts[1]}; OpenVINO {texts[2]}")

stripes = np.array([[[[0, 255, 0, 255, 0, 255, 0, 255, 0]]]], np.float32)
show("antialias, linear, 1 x 9 to 1 x 3", stripes, [1, 3], mode="linear", antialias=1)
show("not_larger, 4 x 9 to 6 x 6", np.zeros((1, 1, 4, 9), np.float32), [6, 6], mode="linear", keep_aspect_ratio_policy="not_larger")
show("exclude_outside, cubic, 1 x 2 to 1 x 4", stripes[..., :2], [1, 4], mode="cubic", exclude_outside=1)
try:
    by_openvino(model(stripes, [1, 3], mode="linear", coordinate_transformation_mode="half_pixel_symmetric"), stripes)
except RuntimeError:
    print("half_pixel_symmetric: refused by OpenVINO")
END
cat seen
diff expected seen
