#!/bin/sh
# PyTorch's antialiased bicubic interpolation is another curve, so it changes what is only enlarged.
#
# Guess: `antialias=True` widens the filter where a picture shrinks, and changes nothing where it grows; a port needs one cubic.
# What happens: without it the cubic has a = -0.75 and repeats the edge; with it a = -0.5 (as Pillow) and the filter is cut at the edge and
# divided by its sum. Enlarging gives other numbers everywhere, by 2 % of a step here. It decides whether a model's positions are right:
# DINOv2 interpolates its positions without antialiasing, DINOv2 with registers with it, at every size but the trained one.
# Versions: torch 2.15.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet torch==2.15.0 numpy==2.4.6

cat > expected << 'END'
antialias False: a step of one pixel, twice as large: -0.0352 -0.1055 0.2617 0.8789 0.8789 0.2617 -0.1055 -0.0352; a ramp's first: -0.1055
antialias True: a step of one pixel, twice as large: -0.0234 -0.0703 0.2266 0.8672 0.8672 0.2266 -0.0703 -0.0234; a ramp's first: -0.0882
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import torch
from torch.nn.functional import interpolate

peak = torch.zeros(1, 1, 1, 9)
peak[..., 4] = 1
ramp = torch.arange(8.0).reshape(1, 1, 1, 8)
for antialias in (False, True):
    larger, first = (interpolate(x, size=(1, 2 * x.shape[3]), mode="bicubic", antialias=antialias).flatten() for x in (peak, ramp))
    values = " ".join(f"{value:.4f}" for value in larger[5:13].tolist())
    print(f"antialias {antialias}: a step of one pixel, twice as large: {values}; a ramp's first: {first[0]:.4f}")
END
cat seen
diff expected seen
