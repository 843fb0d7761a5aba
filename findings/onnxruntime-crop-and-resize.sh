#!/bin/sh
# ONNX Runtime's crop-and-resize does not crop along a side whose length stays: a crop as large as the picture is the picture.
#
# Guess: Resize with tf_crop_and_resize gives the middle half of the picture, at any size that is asked for.
# What happens: where the output has as many columns as the input, the region's columns are ignored, and likewise the rows; where both agree,
# the answer is the input. ONNX's reference crops. Here a row goes from 0 to 9 and the crop runs from 2.25 to 6.75 of it: right for 9 and
# for 11 columns, wrong for 10. So is a crop of a feature map to the size of that map, as in a second look at a part of the picture.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6

cat > expected << 'END'
to 10 x 9:  ONNX Runtime rows 0.00 to 9.00, columns 2.25 to 6.75; reference rows 2.25 to 6.75, columns 2.25 to 6.75
to 10 x 10: ONNX Runtime rows 0.00 to 9.00, columns 0.00 to 9.00; reference rows 2.25 to 6.75, columns 2.25 to 6.75
to 11 x 10: ONNX Runtime rows 2.25 to 6.75, columns 0.00 to 9.00; reference rows 2.25 to 6.75, columns 2.25 to 6.75
to 11 x 11: ONNX Runtime rows 2.25 to 6.75, columns 2.25 to 6.75; reference rows 2.25 to 6.75, columns 2.25 to 6.75
to 20 x 5:  ONNX Runtime rows 2.25 to 6.75, columns 2.25 to 6.75; reference rows 2.25 to 6.75, columns 2.25 to 6.75
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

rows, columns = np.mgrid[:10, :10].astype(np.float32)
x = np.stack([rows, columns])[None]  # each pixel holds its own row and column
middle = numpy_helper.from_array(np.array([0, 0, 0.25, 0.25, 1, 1, 0.75, 0.75], np.float32), "middle")

def answers(height, width):
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in (("x", x.shape), ("y", [1, 2, height, width]))]
    sizes = numpy_helper.from_array(np.array([1, 2, height, width], np.int64), "sizes")
    node = helper.make_node("Resize", ["x", "middle", "", "sizes"], ["y"], mode="linear", coordinate_transformation_mode="tf_crop_and_resize")
    graph = helper.make_graph([node], "crop", ends[:1], ends[1:], [middle, sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=9)
    checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for each in (session, ReferenceEvaluator(model)):
        [y] = each.run(None, {"x": x})
        yield f"rows {y[0, 0].min():.2f} to {y[0, 0].max():.2f}, columns {y[0, 1].min():.2f} to {y[0, 1].max():.2f}"

for height, width in ((10, 9), (10, 10), (11, 10), (11, 11), (20, 5)):
    runtime, reference = answers(height, width)
    print(f"to {f'{height} x {width}:':8} ONNX Runtime {runtime}; reference {reference}")
END
cat seen
diff expected seen
