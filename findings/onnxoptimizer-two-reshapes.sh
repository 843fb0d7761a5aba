#!/bin/sh
# onnxoptimizer joins two Reshapes into the second, whose 0 then copies the side of another tensor: the answer has another shape.
#
# Guess: the standard passes keep what a model computes. In Reshape a 0 stands for the side that the input has there, so that a first Reshape
# may be left out only where the second one does not look at it.
# What happens: it is left out always. 12 windows of 2 x 4 become 4 pictures of 24 numbers, and 4 x 6 x 4 by the shape [0, -1, 4]. After the
# optimizer the 12 windows are reshaped by [0, -1, 4], which gives 12 x 2 x 4: as many numbers, cut up as before. A maximum over
# the second axis behind it has 48 numbers and not 16. (By [0, 6, 4] the model could no longer be run.) onnxslim keeps what it needs.
# Versions: onnxoptimizer 0.4.2, onnxslim 0.1.98, onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxoptimizer==0.4.2 onnxslim==0.1.98 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > expected << 'END'
the model: 4 x 6 x 4; the largest of each column 4 x 4
onnxoptimizer: 12 x 2 x 4; the largest of each column 12 x 4
onnxslim: 4 x 6 x 4; the largest of each column 4 x 4
ONNX Runtime's optimizer: 4 x 6 x 4; the largest of each column 4 x 4
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnxoptimizer, onnxruntime, onnxslim
from onnx import TensorProto, checker, helper, numpy_helper, shape_inference

x = np.arange(96, dtype=np.float32).reshape(12, 2, 4)
shapes = [numpy_helper.from_array(np.array(s), name) for name, s in (("pictures", [4, 24]), ("again", [0, -1, 4]))]
nodes = [helper.make_node("Reshape", ["x", "pictures"], ["a"]), helper.make_node("Reshape", ["a", "again"], ["y"])]
nodes.append(helper.make_node("ReduceMax", ["y"], ["largest"], axes=[1], keepdims=0))
ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in those] for those in
        ([("x", [12, 2, 4])], [("y", ["pictures", "windows", 4]), ("largest", ["pictures", 4])])]
graph = helper.make_graph(nodes, "g", *ends, shapes)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
checker.check_model(model, full_check=True)

def report(who, model, level=onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    y, largest = (" x ".join(map(str, a.shape)) for a in session.run(["y", "largest"], {"x": x}))
    print(f"{who}: {y}; the largest of each column {largest}")

report("the model", model)
report("onnxoptimizer", onnxoptimizer.optimize(type(model).FromString(model.SerializeToString())))
report("onnxslim", onnxslim.slim(type(model).FromString(model.SerializeToString())))
report("ONNX Runtime's optimizer", model, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
END
cat seen
diff expected seen
