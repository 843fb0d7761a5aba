#!/bin/sh
# OpenVINO turns NaN into 0 in a ReLU, and ONNX Runtime's largest value is NaN or not by where the NaN stands: broken models look sound.
#
# Guess: NaN, as a model gives that overflowed in half precision or was trained to pieces, stays NaN through activations and comparisons
# (as in NumPy, PyTorch and ONNX's reference), so that one look at the answer tells.
# What happens: in OpenVINO ReLU makes it 0, Clip its lower bound, Max the other value and ReduceMax the largest of the rest. ONNX Runtime
# keeps it in ReLU, Clip and Max, but its ReduceMax finds it in the first place of a row and passes over it in the second.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
           reference                 ONNX Runtime              OpenVINO
Relu       nan 3 2 / 1 nan 2         nan 3 2 / 1 nan 2         0 3 2 / 1 0 2
Clip       nan 3 2 / 1 nan 2         nan 3 2 / 1 nan 2         -1 3 2 / 1 -1 2
Max        nan 3 2 / 1 nan 2         nan 3 2 / 1 nan 2         1 3 2 / 1 1 2
ReduceMax  nan / nan                 nan / 2                   3 / 2
ArgMax     0 / 1                     0 / 2                     0 / 2
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime, openvino
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

x = np.array([[np.nan, 3, 2], [1, np.nan, 2]], np.float32)
constants = {"low": np.float32(-1), "high": np.float32(5), "ones": np.ones_like(x), "axes": np.array([1], np.int64)}

def answers(operator, inputs, kind, **more):
    used = [numpy_helper.from_array(np.array(constants[name]), name) for name in inputs[1:]]
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape), helper.make_tensor_value_info("y", kind, [2] if more else [2, 3])]
    graph = helper.make_graph([helper.make_node(operator, inputs, ["y"], **more)], "nan", ends[:1], ends[1:], used)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    checker.check_model(model, full_check=True)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    yield ReferenceEvaluator(model).run(None, {"x": x})[0]
    yield session.run(None, {"x": x})[0]
    yield compiled({"x": x})[compiled.outputs[0]]

print(f"{'':10} {'reference':25} {'ONNX Runtime':25} OpenVINO")
cases = {"Relu": (["x"], {}), "Clip": (["x", "low", "high"], {}), "Max": (["x", "ones"], {}),
         "ReduceMax": (["x", "axes"], {"keepdims": 0}), "ArgMax": (["x"], {"axis": 1, "keepdims": 0})}
for operator, (inputs, more) in cases.items():
    found = answers(operator, inputs, TensorProto.INT64 if operator == "ArgMax" else TensorProto.FLOAT, **more)
    rows = [" / ".join(" ".join(f"{v:g}" for v in np.atleast_1d(row)) for row in y) for y in found]
    print(f"{operator:10} {rows[0]:25} {rows[1]:25} {rows[2]}")
END
cat seen
diff expected seen
