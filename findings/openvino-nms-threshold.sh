#!/bin/sh
# OpenVINO's non-maximum suppression removes a box whose overlap equals the threshold; at ONNX's default of 0 one box of a picture is left.
#
# Guess: NonMaxSuppression of an ONNX model keeps in OpenVINO the boxes that it keeps in ONNX Runtime and in ONNX's reference.
# What happens: these remove what overlaps more than the threshold, as torchvision does; OpenVINO removes what overlaps as much, too. With
# iou_threshold 0, which ONNX takes when it is left out, boxes that do not touch each other have an overlap of 0: of all objects of a class
# the best one alone is left. At 1, which is to keep everything, doubles go. At 0.5 it takes a box of exactly half another one.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
apart, 0: reference keeps left, middle, right; ONNX Runtime keeps left, middle, right; OpenVINO keeps left
apart, 0.01: reference keeps left, middle, right; ONNX Runtime keeps left, middle, right; OpenVINO keeps left, middle, right
one is half another, 0.5: reference keeps left, middle, right; ONNX Runtime keeps left, middle, right; OpenVINO keeps left, right
two are one, 1: reference keeps left, middle, right; ONNX Runtime keeps left, middle, right; OpenVINO keeps left, right
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime, openvino
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

names = ["left", "middle", "right"]
apart = [[0, 0, 10, 10], [0, 20, 10, 30], [0, 40, 10, 50]]
half = [[0, 0, 10, 10], [0, 0, 10, 5], [0, 40, 10, 50]]
double = [[0, 0, 10, 10], [0, 0, 10, 10], [0, 40, 10, 50]]

def answers(boxes, threshold):
    feed = {"boxes": np.array([boxes], np.float32), "scores": np.array([[[0.9, 0.8, 0.7]]], np.float32)}
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape) for name, x in feed.items()]
    out = helper.make_tensor_value_info("kept", TensorProto.INT64, [None, 3])
    constants = {"most": np.array([10]), "iou": np.array([threshold], np.float32), "least": np.array([0.1], np.float32)}
    node = helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "iou", "least"], ["kept"])
    graph = helper.make_graph([node], "nms", ends, [out], [numpy_helper.from_array(x, name) for name, x in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7)
    checker.check_model(model, full_check=True)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    yield "reference", ReferenceEvaluator(model).run(None, feed)[0]
    yield "ONNX Runtime", session.run(None, feed)[0]
    yield "OpenVINO", compiled(feed)[compiled.outputs[0]]

cases = (("apart, 0", apart, 0), ("apart, 0.01", apart, 0.01), ("one is half another, 0.5", half, 0.5), ("two are one, 1", double, 1))
for title, boxes, threshold in cases:
    texts = [f"{who} keeps {', '.join(names[i] for i in sorted(kept[:, 2]))}" for who, kept in answers(boxes, threshold)]
    print(f"{title}: {'; '.join(texts)}")
END
cat seen
diff expected seen
