#!/bin/sh
# OpenCV 4's INTER_NEAREST_EXACT is not the nearest neighbour of Pillow and scikit-image, as it is said to be, at half of all sizes.
#
# Guess: a mask resized with INTER_NEAREST_EXACT is that of Pillow and scikit-image ("This will produce same results as the nearest neighbor
# method in PIL, scikit-image or Matlab"), but perhaps where the middle of a new pixel falls exactly between two old ones.
# What happens: the step is rounded to 1/65536 of a pixel and added up, so the error grows along the row: some columns come from the pixel
# beside the nearest, where no two are equally near. Pillow and scikit-image are right there at every size tried, and so is OpenCV 5. An
# outline moves by a pixel in a few columns, and masks of a set that was resized elsewhere, or by OpenCV 5, are not reproduced.
# Versions: opencv-python-headless 4.14.0.94 and 5.0.0.93, Pillow 13.0.0, scikit-image 0.26.0, numpy 2.4.6, Python 3.11, Linux x86-64.
# Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet opencv-python-headless==4.14.0.94 pillow==13.0.0 scikit-image==0.26.0 numpy==2.4.6
venv/bin/pip install --quiet --no-deps --target five opencv-python-headless==5.0.0.93

cat > expected << 'END'
OpenCV 4.14.0: 565 of 1000 pairs of widths have a wrong column, 15 at most
  640 to 1333: 2 columns are wrong; 339 is that of 162 and not of 163, where its middle lies at 163.0008
  1280 to 1333: 4 columns are wrong; 339 is that of 325 and not of 326, where its middle lies at 326.0015
  1024 to 1500: 3 columns are wrong; 833 is that of 568 and not of 569, where its middle lies at 569.0027
Pillow: 0 of 1000 pairs of widths have a wrong column, 0 at most
scikit-image: 0 of 1000 pairs of widths have a wrong column, 0 at most
OpenCV 5.0.0: 0 of 1000 pairs of widths have a wrong column, 0 at most
END
cat > nearest.py << 'END'
import sys
import cv2
import numpy as np
from PIL import Image
from skimage.transform import resize

libraries = {  # a row whose pixels hold their own numbers, at another width
    f"OpenCV {cv2.__version__}": lambda row, width: cv2.resize(row, (width, 1), interpolation=cv2.INTER_NEAREST_EXACT),
    "Pillow": lambda row, width: Image.fromarray(row).resize((width, 1), Image.Resampling.NEAREST),
    "scikit-image": lambda row, width: resize(row, (1, width), order=0, anti_aliasing=False, preserve_range=True),
}
sizes = np.random.default_rng(0).integers(2, 2000, (1000, 2)).tolist() + [(640, 1333), (1280, 1333), (1024, 1500)]
for name, scale in list(libraries.items())[: int(sys.argv[1])]:
    wrong = []
    for before, after in sizes:
        middles = (2 * np.arange(after) + 1) * before  # of the new pixels, in 1 / (2 * after) of an old one
        found = np.asarray(scale(np.arange(before, dtype=np.float32)[None], after)).ravel().astype(int)
        wrong.append(np.flatnonzero((found != middles // (2 * after)) & (middles % (2 * after) != 0)))
        if wrong[1000:] and len(wrong[-1]):
            first = wrong[-1][0]
            print(f"  {before} to {after}: {len(wrong[-1])} columns are wrong; {first} is that of {found[first]} and not of "
                  f"{middles[first] // (2 * after)}, where its middle lies at {middles[first] / (2 * after):.4f}")
        if len(wrong) == 1000:
            print(f"{name}: {sum(map(bool, map(len, wrong)))} of 1000 pairs of widths have a wrong column, {max(map(len, wrong))} at most")
END
venv/bin/python nearest.py 3 > seen
PYTHONPATH=five venv/bin/python nearest.py 1 >> seen
cat seen
diff expected seen
