#!/bin/sh
# ONNX's reference implementation pads the wrong sides in MaxPool, so what judges converters and runtimes answers with another shape.
#
# Guess: onnx.reference, which defines by example what each operator computes, agrees with ONNX Runtime on pooling with any padding.
# What happens: `pads` lists all the begins, then all the ends: [0, 1, 0, 1] is a column left and right. MaxPool of the reference reads a
# begin and an end for each axis in turn, as PyTorch's padding does, so it pads a row below and a column on the right. The answer is a row
# higher and a column narrower, and what it holds has moved. Padding that is the same on all four sides hides it, and so does
# [1, 0, 0, 1], which reads alike both ways. AveragePool and LpPool of the same reference are right.
# Versions: onnx 1.23.2, onnxruntime 1.31.1, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > expected << 'END'
MaxPool [1, 1, 1, 1]: 5 x 6, the pixel in rows 1 to 3, columns 1 to 3
MaxPool [0, 1, 0, 1]: 3 x 6, the pixel in rows 0 to 2, columns 1 to 3; the reference: 4 x 5, the pixel in rows 0 to 2, columns 0 to 2
MaxPool [0, 0, 1, 1]: 4 x 5, the pixel in rows 0 to 2, columns 0 to 2; the reference: 3 x 6, the pixel in rows 0 to 2, columns 1 to 3
MaxPool [1, 0, 0, 1]: 4 x 5, the pixel in rows 1 to 3, columns 0 to 2
AveragePool [1, 1, 1, 1]: 5 x 6, the pixel in rows 1 to 3, columns 1 to 3
AveragePool [0, 1, 0, 1]: 3 x 6, the pixel in rows 0 to 2, columns 1 to 3
AveragePool [0, 0, 1, 1]: 4 x 5, the pixel in rows 0 to 2, columns 0 to 2
AveragePool [1, 0, 0, 1]: 4 x 5, the pixel in rows 1 to 3, columns 0 to 2
LpPool [1, 1, 1, 1]: 5 x 6, the pixel in rows 1 to 3, columns 1 to 3
LpPool [0, 1, 0, 1]: 3 x 6, the pixel in rows 0 to 2, columns 1 to 3
LpPool [0, 0, 1, 1]: 4 x 5, the pixel in rows 0 to 2, columns 0 to 2
LpPool [1, 0, 0, 1]: 4 x 5, the pixel in rows 1 to 3, columns 0 to 2
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator

x = np.zeros((1, 1, 5, 6), np.float32)
x[0, 0, 2, 2] = 1  # one pixel of a picture of 5 rows and 6 columns

def answers(operator, pads):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", x.shape), ("y", [None] * 4))]
    more = {"p": 2} if operator == "LpPool" else {}
    node = helper.make_node(operator, ["x"], ["y"], kernel_shape=[3, 3], strides=[1, 1], pads=pads, **more)
    model = helper.make_model(helper.make_graph([node], "pool", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for each in (session, ReferenceEvaluator(model)):
        [y] = each.run(None, {"x": x})
        rows, columns = np.nonzero(y[0, 0])
        yield f"{y.shape[2]} x {y.shape[3]}, the pixel in rows {rows.min()} to {rows.max()}, columns {columns.min()} to {columns.max()}"

for operator in ("MaxPool", "AveragePool", "LpPool"):
    for pads in ([1, 1, 1, 1], [0, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1]):
        runtime, reference = answers(operator, pads)
        print(f"{operator} {pads}: {runtime}" + ("" if runtime == reference else f"; the reference: {reference}"))
END
cat seen
diff expected seen
