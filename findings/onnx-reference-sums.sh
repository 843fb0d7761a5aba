#!/bin/sh
# ONNX's reference implementation computes another Softmax before opset 13, another LRN and another L1 norm than ONNX says.
#
# Guess: onnx.reference, by which converters and runtimes are judged, agrees with ONNX Runtime on three old and simple operators.
# What happens: up to opset 12 Softmax is taken over all axes from the given one on; the reference, and OpenVINO with it, takes it over that
# axis alone: the scores of a map of 2 x 2 cells and 3 classes sum to 4 and not to 1. LRN of the reference normalises as many channels
# as there are pictures in the batch, so that one picture has its first channel alone normalised. Its L1 norm (LpNormalization, p = 1) is the
# sum with its signs: (3, -1) becomes (1.5, -0.5), and (3, -3) becomes (0, 0). The checker and the shapes are content.
# Versions: onnx 1.23.2, onnxruntime 1.32.0, openvino 2026.4.1, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 numpy==2.4.6

cat > expected << 'END'
sum of Softmax, opset 12, axis 1: ONNX Runtime 1.00; the reference 4.00; OpenVINO 4.00
sum of Softmax, opset 13, axis 1: ONNX Runtime 4.00; the reference 4.00; OpenVINO 4.00
LRN of 1 2 3 4, batch of 1: ONNX Runtime 0.67 0.83 0.77 1.14; the reference 0.67 2.00 3.00 4.00; OpenVINO 0.67 0.83 0.77 1.14
LRN of 1 2 3 4, batch of 3: ONNX Runtime 0.67 0.83 0.77 1.14; the reference 0.67 0.83 0.77 4.00; OpenVINO 0.67 0.83 0.77 1.14
(3, -1) by its L1 norm: ONNX Runtime 0.75 -0.25; the reference 1.50 -0.50; OpenVINO 0.75 -0.25
(3, -3) by its L1 norm: ONNX Runtime 0.50 -0.50; the reference 0.00 0.00; OpenVINO 0.50 -0.50
(3, -1) by its L2 norm: ONNX Runtime 0.95 -0.32; the reference 0.95 -0.32; OpenVINO 0.95 -0.32
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator

def case(title, operator, x, opset, show, **options):
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape)] for name in "xy"]
    graph = helper.make_graph([helper.make_node(operator, ["x"], ["y"], **options)], "g", *ends)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=7)
    checker.check_model(model, full_check=True)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = {"ONNX Runtime": session.run(None, {"x": x}), "the reference": ReferenceEvaluator(model).run(None, {"x": x})}
    answers["OpenVINO"] = [compiled({"x": x})[0]]
    print(f"{title}: " + "; ".join(f"{who} {' '.join(f'{v:.2f}' for v in np.atleast_1d(show(y)))}" for who, (y,) in answers.items()))

cells = np.zeros((1, 3, 2, 2), np.float32)
case("sum of Softmax, opset 12, axis 1", "Softmax", cells, 12, np.sum, axis=1)
case("sum of Softmax, opset 13, axis 1", "Softmax", cells, 13, np.sum, axis=1)
channels = np.tile(np.arange(1, 5, dtype=np.float32).reshape(1, 4, 1, 1), (3, 1, 1, 1))
for n in (1, 3):
    case(f"LRN of 1 2 3 4, batch of {n}", "LRN", channels[:n], 13, lambda y: y[0].ravel(), size=3, alpha=0.3, beta=1.0, bias=1.0)
case("(3, -1) by its L1 norm", "LpNormalization", np.array([[3, -1]], np.float32), 13, np.ravel, axis=1, p=1)
case("(3, -3) by its L1 norm", "LpNormalization", np.array([[3, -3]], np.float32), 13, np.ravel, axis=1, p=1)
case("(3, -1) by its L2 norm", "LpNormalization", np.array([[3, -1]], np.float32), 13, np.ravel, axis=1, p=2)
END
cat seen
diff expected seen
