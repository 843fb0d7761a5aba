#!/bin/sh
# ONNX Runtime's quantize_static forgets a Gemm's beta, and in one of its two formats multiplies the bias by alpha.
#
# Guess: Gemm is alpha * x * w + beta * bias; its quantised form is the same within a step of rounding, or beta goes into the bias.
# What happens: beta is set to 1, and the bias is left as it was. What the bias now adds is then cut off by the range that was measured on
# the model: four different numbers become four equal ones where beta is 0.5. As QOperator, alpha multiplies the bias too. With both
# at 1, as of a plain linear layer, all is well; addmm with its factors, scaled logits and joined scales are exported with others.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
alpha 1.0, beta 1.0: the model 11.0 12.0 13.0 14.0; QDQ 11.0 12.0 13.0 14.0; QOperator 11.0 12.0 13.0 14.0
alpha 1.0, beta 0.5: the model 6.0 7.0 8.0 9.0; QDQ 9.0 9.0 9.0 9.0; QOperator 9.0 9.0 9.0 9.0
alpha 0.5, beta 1.0: the model 10.5 11.0 11.5 12.0; QDQ 10.5 11.0 11.5 12.0; QOperator 5.5 6.0 6.5 7.0
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np, onnx, onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

x, constants = np.array([[1, 2, 3, 4]], np.float32), {"w": np.eye(4, dtype=np.float32), "bias": np.full(4, 10, np.float32)}

class Once(CalibrationDataReader):
    def __init__(self):
        self.feeds = [{"x": x}]
    def get_next(self):
        return self.feeds.pop() if self.feeds else None

for alpha, beta in ((1.0, 1.0), (1.0, 0.5), (0.5, 1.0)):
    node = helper.make_node("Gemm", ["x", "w", "bias"], ["y"], name="gemm", alpha=alpha, beta=beta)
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, x.shape)] for name in "xy"]
    graph = helper.make_graph([node], "g", *ends, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    onnx.save(model, "the model.onnx")
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        quantize_static("the model.onnx", f"{form}.onnx", Once(), quant_format=form, activation_type=QuantType.QUInt8)
    texts = []
    for form in ("the model", "QDQ", "QOperator"):
        answer = onnxruntime.InferenceSession(f"{form}.onnx", providers=["CPUExecutionProvider"]).run(None, {"x": x})[0][0]
        texts.append(f"{form} {' '.join(f'{v:.1f}' for v in answer)}")
    print(f"alpha {alpha}, beta {beta}: {'; '.join(texts)}")
END
cat seen
diff expected seen
