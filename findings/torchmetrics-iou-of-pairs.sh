#!/bin/sh
# torchmetrics' IoU of detections that are exactly right is 0.5 for two objects, 0.25 for four: it is the mean over all pairs.
#
# Guess: IntersectionOverUnion of a prediction that equals the truth is 1, however many objects there are.
# What happens: every detection is compared with every object of its class, and the mean is taken over all of these pairs, so that two
# objects far apart, found exactly, give 1, 0, 0, 1. The more objects in a picture, the lower the figure; finding one of two exactly counts
# as much as finding both. Generalized and complete IoU do the same, and a picture of four objects found exactly is below 0 by them.
# Versions: torchmetrics 1.9.0, torchvision 0.29.2, torch 2.15.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile torchmetrics==1.9.0 torchvision==0.29.2 torch==2.15.0 numpy==2.4.6

cat > expected << 'END'
IntersectionOverUnion, all objects found exactly: 1 1.00, 2 0.50, 4 0.25, 10 0.10
GeneralizedIntersectionOverUnion, all objects found exactly: 1 1.00, 2 0.33, 4 -0.11, 10 -0.50
CompleteIntersectionOverUnion, all objects found exactly: 1 1.00, 2 0.30, 4 -0.14, 10 -0.52
one of two found: 0.50
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import torch
from torchmetrics.detection import CompleteIntersectionOverUnion, GeneralizedIntersectionOverUnion, IntersectionOverUnion

def objects(count):
    x = 40.0 * torch.arange(count)
    boxes = torch.stack([x, torch.zeros(count), x + 20, torch.full((count,), 20.0)], 1)
    return {"boxes": boxes, "labels": torch.zeros(count, dtype=torch.long)}

def figure(kind, *pairs):
    metric = kind()
    for found, true in pairs:
        metric.update([objects(found)], [objects(true)])
    return float(next(iter(metric.compute().values())))

for kind in (IntersectionOverUnion, GeneralizedIntersectionOverUnion, CompleteIntersectionOverUnion):
    texts = [f"{count} {figure(kind, (count, count)):.2f}" for count in (1, 2, 4, 10)]
    print(f"{kind.__name__}, all objects found exactly: {', '.join(texts)}")
print(f"one of two found: {figure(IntersectionOverUnion, (1, 2)):.2f}")
END
cat seen
diff expected seen
