#!/bin/sh
# onnxoptimizer joins a padding with zeros and the MaxPool behind it into a MaxPool that pads with nothing: borders below zero change.
#
# Guess: the standard passes keep what a model computes. Padding with zeros and then pooling is not MaxPool's own padding, which never wins.
# What happens: fuse_pad_into_pool, one of the passes that run by default, asks for zeros and takes AveragePool and MaxPool alike.
# Zero is the largest value beside negative ones: behind a leaky ReLU, SiLU or no activation at all the whole rim of the map
# changes. Behind a plain ReLU nothing does, which is why ResNets exported from Keras (ZeroPadding2D, MaxPooling2D) do not show it. ONNX
# Runtime's own optimizer did the same up to 1.31.1 and no longer does.
# Versions: onnxoptimizer 0.4.2, onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxoptimizer==0.4.2 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6

cat > expected << 'END'
max     before: Pad+MaxPool     0 0 0 0 / 0 -1 -2 0 / 0 -5 -6 0 / 0 0 0 0
max     after : MaxPool         -1 -1 -2 -3 / -1 -1 -2 -3 / -5 -5 -6 -7 / -9 -9 -10 -11
average before: Pad+AveragePool -2 -3 -3 -2 / -4 -6 -7 -5 / -6 -10 -11 -8 / -5 -8 -9 -6
average after : AveragePool     -2 -3 -3 -2 / -4 -6 -7 -5 / -6 -10 -11 -8 / -5 -8 -9 -6
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxoptimizer, onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper

x = -np.arange(1, 17, dtype=np.float32).reshape(1, 1, 4, 4)  # a map of 4 x 4 that is below zero everywhere

def show(name, pool, **more):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, 4, 4]) for name in ("x", "y")]
    pads = numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads")
    nodes = [helper.make_node("Pad", ["x", "pads"], ["padded"]), helper.make_node(pool, ["padded"], ["y"], kernel_shape=[3, 3], **more)]
    graph = helper.make_graph(nodes, "pool", ends[:1], ends[1:], [pads])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    checker.check_model(model, full_check=True)
    for which, each in (("before", model), ("after ", onnxoptimizer.optimize(model))):
        session = onnxruntime.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"])
        y = session.run(None, {"x": x})[0][0, 0]
        operators = "+".join(node.op_type for node in each.graph.node)
        print(f"{name} {which}: {operators:15}", " / ".join(" ".join(f"{v:.0f}" for v in row) for row in y))

show("max    ", "MaxPool")
show("average", "AveragePool")
END
cat seen
diff expected seen
