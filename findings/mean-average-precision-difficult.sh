#!/bin/sh
# mean-average-precision marks as difficult the k-th detection, where it is the k-th object that was said to be.
#
# Guess: AP by Pascal VOC's rule: a difficult object counts neither way, so one right and one false detection of one plain object beside a
# difficult one have AP 1 where the right one scores higher, in whatever order the two are handed over.
# What happens: the table of `difficult` is repeated by element where it should be by row, so with as many detections as objects the k-th
# detection sees the k-th object's mark for every object. Handed over in the other order the right detection is ignored: AP falls from 0.5 to 0.
# (0.5, not 1, as the difficult object also counts among those to be found.)
# Versions: mean-average-precision 2024.1.5.0, numpy 2.2.6, pandas 2.3.3, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet mean-average-precision==2024.1.5.0 numpy==2.2.6 pandas==2.3.3

cat > expected << 'END'
the right detection first: AP 0.5
the false detection first: AP 0.0
without the difficult object, either order: AP 1.0 1.0
END
venv/bin/python -W ignore - > seen << 'END'
import numpy as np
from mean_average_precision import MetricBuilder

def ap(found, objects):
    metric = MetricBuilder.build_evaluation_metric("map_2d", async_mode=False, num_classes=1)
    metric.add(np.array(found, float), np.array(objects, float))
    return float(metric.value(iou_thresholds=0.5)["mAP"])

plain = [0, 0, 9, 9, 0, 0, 0]  # corners, class, difficult, crowd
difficult = [50, 0, 59, 9, 0, 1, 0]
right = [0, 0, 9, 9, 0, 0.9]  # corners, class, score
false = [20, 20, 29, 29, 0, 0.8]
print("the right detection first: AP", ap([right, false], [plain, difficult]))
print("the false detection first: AP", ap([false, right], [plain, difficult]))
print("without the difficult object, either order: AP", ap([right, false], [plain]), ap([false, right], [plain]))
END
cat seen
diff expected seen
