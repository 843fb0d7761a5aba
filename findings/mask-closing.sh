#!/bin/sh
# Closing a mask, which can only add to it, moves it in OpenCV and eats it at the picture's border in SciPy.
#
# Guess: a closing fills gaps and leaves a solid rectangle as it is, and an opening too; a second one changes nothing; OpenCV, SciPy
# and scikit-image agree, also where the picture cuts an object, and where the element has an even side.
# What happens: OpenCV does not turn the element over between dilating and eroding. With an even side that is a step of one pixel to the
# right and down for each closing or opening: ten of them move a mask by ten pixels. SciPy takes what lies outside the picture as empty
# when it erodes, so that a closing takes a row or a column off whatever touches the border: 8 % of a mask as large as this picture.
# scikit-image does as guessed, and OpenCV where the side is odd.
# Versions: opencv-python-headless 5.0.0.93 (4.14.0.94 the same), scipy 1.17.1, scikit-image 0.26.0, numpy 2.4.6, Python 3.11,
# Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet opencv-python-headless==5.0.0.93 scipy==1.17.1 scikit-image==0.26.0 numpy==2.4.6

cat > expected << 'END'
the mask: 20 10 40 20
OpenCV       2 x 2: closed 21 11 41 21, ten times 30 20 50 30; opened 21 11 41 21, ten times 30 20 50 30; the whole picture closed: 100% left
OpenCV       3 x 3: closed 20 10 40 20, ten times 20 10 40 20; opened 20 10 40 20, ten times 20 10 40 20; the whole picture closed: 100% left
SciPy        2 x 2: closed 20 10 40 20, ten times 20 10 40 20; opened 20 10 40 20, ten times 20 10 40 20; the whole picture closed: 96% left
SciPy        3 x 3: closed 20 10 40 20, ten times 20 10 40 20; opened 20 10 40 20, ten times 20 10 40 20; the whole picture closed: 92% left
scikit-image 2 x 2: closed 20 10 40 20, ten times 20 10 40 20; opened 20 10 40 20, ten times 20 10 40 20; the whole picture closed: 100% left
scikit-image 3 x 3: closed 20 10 40 20, ten times 20 10 40 20; opened 20 10 40 20, ten times 20 10 40 20; the whole picture closed: 100% left
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2
import numpy as np
from scipy import ndimage
from skimage import morphology

libraries = {
    "OpenCV": (lambda mask, element: cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, element.astype(np.uint8)) > 0,
               lambda mask, element: cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, element.astype(np.uint8)) > 0),
    "SciPy": (ndimage.binary_closing, ndimage.binary_opening),
    "scikit-image": (morphology.closing, morphology.opening),
}
inside, whole = np.zeros((40, 60), bool), np.ones((40, 60), bool)
inside[10:20, 20:40] = True

def place(mask):
    rows, columns = np.nonzero(mask)
    return f"{columns.min()} {rows.min()} {columns.max() + 1} {rows.max() + 1}"

print("the mask:", place(inside))
for name, steps in libraries.items():
    for side in (2, 3):
        element, texts = np.ones((side, side), bool), []
        for step in steps:
            often = once = step(inside, element)
            for _ in range(9):
                often = step(often, element)
            texts.append(f"{place(once)}, ten times {place(often)}")
        left = steps[0](whole, element).mean()
        print(f"{name:12} {side} x {side}: closed {texts[0]}; opened {texts[1]}; the whole picture closed: {left:.0%} left")
END
cat seen
diff expected seen
