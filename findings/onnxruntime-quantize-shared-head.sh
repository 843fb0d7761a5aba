#!/bin/sh
# A head that is shared by three levels of a pyramid, quantised by ONNX Runtime as QOperator, has its bias right at the first level only.
#
# Guess: convolutions that share weights and bias, as RetinaNet's and FCOS's heads do over the levels of a pyramid, may be quantised: each
# has its own scale of input, and so its own bias in whole numbers. The error is a step of rounding.
# What happens: a bias in whole numbers has the scale of its input times that of its weights. As QOperator it is made once, for the first
# convolution that uses it, and all others take the same numbers at their own scale: where activations are 4 and 16 times as large, so is
# the bias. A bias of -5, as keeps a detector's background quiet, becomes about -20 and -80. As QDQ, the default, each has its own.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
the model: where there is nothing the head says -5.0 at level 1, -5.0 at level 2, -5.0 at level 3
QDQ: where there is nothing the head says -5.0 at level 1, -4.9 at level 2, -5.6 at level 3
QOperator: where there is nothing the head says -5.0 at level 1, -20.2 at level 2, -80.7 at level 3
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

levels = (1, 2, 3)
ramp = np.linspace(-1, 1, 256).reshape(1, 1, 16, 16)
ramp[0, 0, :4] = 0  # where there is nothing
feed = {f"level {i}": (ramp * 4 ** (i - 1)).astype(np.float32) for i in levels}
weights, bias = np.full((1, 1, 3, 3), 2, np.float32), np.array([-5], np.float32)
nodes = [helper.make_node("Conv", [f"level {i}", "weights", "bias"], [f"head {i}"], name=f"Conv {i}") for i in levels]
ins = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 1, 16, 16)) for name in feed]
outs = [helper.make_tensor_value_info(f"head {i}", TensorProto.FLOAT, (1, 1, 14, 14)) for i in levels]
shared = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
model = helper.make_model(helper.make_graph(nodes, "heads", ins, outs, shared), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
checker.check_model(model, full_check=True)
onnx.save(model, "the model.onnx")

class Once(CalibrationDataReader):
    feeds = [feed]
    def get_next(self):
        self.feeds, feeds = [], self.feeds
        return feeds[0] if feeds else None

for form in (QuantFormat.QDQ, QuantFormat.QOperator):
    quantize_static("the model.onnx", f"{form}.onnx", Once(), quant_format=form, activation_type=QuantType.QUInt8)
for form in ("the model", "QDQ", "QOperator"):
    heads = onnxruntime.InferenceSession(f"{form}.onnx", providers=["CPUExecutionProvider"]).run(None, feed)
    texts = [f"{head[0, 0, 0, 0]:.1f} at level {i}" for i, head in zip(levels, heads)]
    print(f"{form}: where there is nothing the head says {', '.join(texts)}")
END
cat seen
diff expected seen
