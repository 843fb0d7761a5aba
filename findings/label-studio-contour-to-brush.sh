#!/bin/sh
# Label Studio's contour2rle draws on a picture lying on its side: from a contour comes a mask elsewhere, or nothing.
#
# Guess: contour2rle(contours, number, width, height) gives the run lengths of the drawn contour, as mask2rle does of its mask.
# What happens: it draws on an array of width rows and height columns. In a square picture nobody sees it. Of any other what lies beyond the
# shorter side is cut off, and the rest, read back as the brush of a picture of width x height, is torn into stripes all over the picture.
# Versions: label-studio-sdk 2.1.2, opencv-python-headless 4.12.0.88, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet label-studio-sdk==2.1.2 opencv-python-headless==4.12.0.88

cat > expected << 'END'
100 x 100: by mask2rle 400 pixels, x 20 to 39, y 10 to 29;
    by contour2rle 400 pixels, x 20 to 39, y 10 to 29; 400 in both
100 x 60: by mask2rle 400 pixels, x 20 to 39, y 10 to 29;
    by contour2rle 400 pixels, x 0 to 99, y 6 to 17; 40 in both
100 x 60: by mask2rle 400 pixels, x 70 to 89, y 10 to 29;
    by contour2rle nothing; 0 in both
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2
import numpy as np
from label_studio_sdk.converter import brush

def brushed(runs, width, height):
    return brush.decode_rle(runs).reshape(height, width, 4)[:, :, 3] > 0  # as the converter's own exports read a brush

def text(pixels):
    if not pixels.any():
        return "nothing"
    y, x = np.nonzero(pixels)
    return f"{pixels.sum()} pixels, x {x.min()} to {x.max()}, y {y.min()} to {y.max()}"

for width, height, left in ((100, 100, 20), (100, 60, 20), (100, 60, 70)):
    contour = np.array([[left, 10], [left + 19, 10], [left + 19, 29], [left, 29]], np.int32)
    pixels = cv2.drawContours(np.zeros((height, width), np.uint8), [contour], 0, 255, -1)
    one, other = brush.mask2rle(pixels), brush.contour2rle([contour], 0, width, height)
    both = (brushed(one, width, height) & brushed(other, width, height)).sum()
    print(f"{width} x {height}: by mask2rle {text(brushed(one, width, height))};")
    print(f"    by contour2rle {text(brushed(other, width, height))}; {both} in both")
END
cat seen
diff expected seen
