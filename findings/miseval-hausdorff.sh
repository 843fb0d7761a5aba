#!/bin/sh
# miseval's Hausdorff distance of a mask that lies 50 pixels too low is 0; the distance stands under the name of the average one.
#
# Guess: the metric "HD" of a square and the same square n pixels away is n, and "AHD", the average Hausdorff distance, is less.
# What happens: HD hands the two masks, as they are, to a function that expects lists of points, and so measures how far the nearest equal
# rows of pixels are from each other: 0 where the square moved down, and the root of 10 however far it moved aside. AHD is the greatest of
# the distances and not their average: the Hausdorff distance itself.
# Versions: miseval 1.3.0, scipy 1.17.1, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet miseval==1.3.0 scipy==1.17.1 numpy==2.4.6

cat > expected << 'END'
 5 pixels aside: by scipy  5.00, miseval's HD 3.16, AHD  5.00
50 pixels aside: by scipy 50.00, miseval's HD 3.16, AHD 50.00
 5 pixels lower: by scipy  5.00, miseval's HD 0.00, AHD  5.00
50 pixels lower: by scipy 50.00, miseval's HD 0.00, AHD 50.00
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
from miseval import evaluate
from scipy.spatial.distance import directed_hausdorff

def square(x, y):
    mask = np.zeros((100, 100), int)
    mask[y : y + 10, x : x + 10] = 1
    return mask

truth = square(20, 20)
for name, found in {
    " 5 pixels aside": square(25, 20), "50 pixels aside": square(70, 20),
    " 5 pixels lower": square(20, 25), "50 pixels lower": square(20, 70),
}.items():
    points = np.argwhere(truth), np.argwhere(found)
    right = max(directed_hausdorff(*points)[0], directed_hausdorff(*points[::-1])[0])
    simple, average = (float(evaluate(truth, found, metric=metric)) for metric in ("HD", "AHD"))
    print(f"{name}: by scipy {right:5.2f}, miseval's HD {simple:.2f}, AHD {average:5.2f}")
END
cat seen
diff expected seen
