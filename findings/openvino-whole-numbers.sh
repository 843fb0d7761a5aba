#!/bin/sh
# OpenVINO compares whole numbers as float32, keeps half of 64 bits, and stops a difference of bytes at 0: ids and pictures change.
#
# Guess: arithmetic of whole numbers read from ONNX is exact, as ONNX Runtime's and the reference's is; bytes wrap around, as theirs do.
# What happens: on the CPU, Equal, Greater and Mod go by float32, in which 16777217 is 16777216: two ids, or two cells of a large picture,
# are one. Of an int64 the upper half is gone as soon as it is looked up: COCO's crowd 900100250282 is -1842881878, and equals what
# it shares the lower half with. Sums and differences of uint8 and int8 stop at the ends of their range, where ONNX Runtime goes
# around: 100 - 101 is 0 and not 255, which hides one direction of each change between two pictures. Of uint16 it goes around, too.
# Versions: openvino 2026.4.1, onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet openvino==2026.4.1 onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
16777217 == 16777216, int32: False; OpenVINO True
16777217 > 16777216, int32: True; OpenVINO False
16777219 % 2, int32: 1; OpenVINO 0
900100250282 looked up, int64: 900100250282; OpenVINO -1842881878
900100250282 == its lower half, int64: False; OpenVINO True
100 - 101, uint8: 255; OpenVINO 0
200 + 100, uint8: 44; OpenVINO 255
100 + 100, int8: -56; OpenVINO 127
40000 + 40000, uint16: 14464; OpenVINO 14464
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnxruntime, openvino
from onnx import TensorProto, checker, helper
from onnx.reference import ReferenceEvaluator

def case(title, operator, a, b, out=None):
    feed = {"a": np.atleast_1d(a), "b": np.atleast_1d(b)}
    kinds = {name: helper.np_dtype_to_tensor_dtype(x.dtype) for name, x in feed.items()}
    ends = [[helper.make_tensor_value_info(name, kind, [1]) for name, kind in kinds.items()],
            [helper.make_tensor_value_info("y", out or kinds["a"], [1])]]
    graph = helper.make_graph([helper.make_node(operator, ["a", "b"], ["y"])], "g", *ends)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model.SerializeToString(), b""), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    reference, runtime = ReferenceEvaluator(model).run(None, feed)[0], session.run(None, feed)[0]
    assert reference == runtime
    print(f"{title}: {runtime[0]}; OpenVINO {compiled(feed)[0][0]}")

crowd = np.int64(900100250282)
case("16777217 == 16777216, int32", "Equal", np.int32(16777217), np.int32(16777216), TensorProto.BOOL)
case("16777217 > 16777216, int32", "Greater", np.int32(16777217), np.int32(16777216), TensorProto.BOOL)
case("16777219 % 2, int32", "Mod", np.int32(16777219), np.int32(2))
case("900100250282 looked up, int64", "Gather", crowd, np.int64(0))
case("900100250282 == its lower half, int64", "Equal", crowd, np.int64(crowd.astype(np.int32)), TensorProto.BOOL)
case("100 - 101, uint8", "Sub", np.uint8(100), np.uint8(101))
case("200 + 100, uint8", "Add", np.uint8(200), np.uint8(100))
case("100 + 100, int8", "Add", np.int8(100), np.int8(100))
case("40000 + 40000, uint16", "Add", np.uint16(40000), np.uint16(40000))
END
cat seen
diff expected seen
