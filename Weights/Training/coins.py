"""One coin as the example: how many of the 24 in scikit-image's photograph does our tool find?

    python coins.py ../../.build/release/spaniel                               # sam-nano, the first coin, its mask
    python coins.py ../../.build/release/spaniel --each --box                  # every coin in turn, drawn as a box
    python coins.py ../../.build/release/spaniel --model ../facebook/sam-vit-base

`skimage.data.coins()`, 384 × 303, Greek coins from Pompeii; where each coin is, is scikit-image's own answer, the watershed of its guide to region-based segmentation,
which gives exactly the 24. A coin counts as found when an object overlaps it by IoU 0.5, each object once; the rest of the objects are false. The example is one of the
24. An owlvit is asked for boxes, which are compared with the coins' boxes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from pycocotools import mask as run_lengths
from scipy import ndimage
from skimage import data
from skimage.filters import sobel
from skimage.segmentation import watershed

from engine import Engine, pixels_of


def coins():
    """The photograph and the coins' masks, from the left of the top row on."""
    picture = data.coins()
    markers = np.zeros_like(picture)
    markers[picture < 30], markers[picture > 150] = 1, 2
    labels, count = ndimage.label(ndimage.binary_fill_holes(watershed(sobel(picture), markers) == 2))
    masks = [labels == i + 1 for i in range(count)]
    masks = [mask for mask in masks if mask.sum() > 100]
    assert len(masks) == 24, len(masks)
    row = lambda mask: int(np.argwhere(mask)[:, 0].mean() // 75)
    return picture, sorted(masks, key=lambda mask: (row(mask), np.argwhere(mask)[:, 1].mean()))


def box_of(mask):
    places = np.argwhere(mask)
    (top, left), (bottom, right) = places.min(0), places.max(0) + 1
    return [float(left), float(top), float(right), float(bottom)]


def overlaps(found, masks):
    """The IoU of one object with each coin: by pixels, or where the task gives none by boxes."""
    if "mask" in found:
        pixels = pixels_of(found)
        return [(pixels & mask).sum() / (pixels | mask).sum() for mask in masks]
    x1, y1, x2, y2 = found["box"]
    boxes = np.array([[a, b, c - a, d - b] for a, b, c, d in map(box_of, masks)])
    return list(run_lengths.iou(np.array([[x1, y1, x2 - x1, y2 - y1]]), boxes, [0] * len(boxes))[0])


def count(objects, masks):
    """How many coins are found, and how many objects are none; the best score chooses first."""
    left, false = list(range(len(masks))), 0
    for found in objects:
        values = overlaps(found, [masks[i] for i in left]) if left else [0]
        if max(values) >= 0.5:
            left.pop(int(np.argmax(values)))
        else:
            false += 1
    return len(masks) - len(left), false


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spaniel", type=Path)
    parser.add_argument("--model", default=str(Path(__file__).resolve().parent.parent / "sam-nano"), help="a folder; default sam-nano")
    parser.add_argument("--example", type=int, default=1, help="which coin, 1 to 24, row by row")
    parser.add_argument("--each", action="store_true", help="every coin as the example in turn")
    parser.add_argument("--box", action="store_true", help="the example is the coin's box, not its mask")
    parser.add_argument("--threshold", type=float, help="default the tool's own")
    parser.add_argument("--out", type=Path, help="a folder for the overlay")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    engine, (picture, masks) = Engine(arguments.spaniel, arguments.model, arguments.threads), coins()
    by_boxes = engine.kind in ("owlvit", "owlv2")
    file, results = engine.save("coins", picture), []
    for k in range(24) if arguments.each else [arguments.example - 1]:
        drawn = "box=" + ",".join(map(str, box_of(masks[k]))) if arguments.box or by_boxes else engine.save("coin", masks[k].astype(np.uint8) * 255)
        command = ["detect" if by_boxes else "find", "--json", "--quiet", "--example", f"coin={file}#{drawn}", file]
        command += ["--threshold", arguments.threshold] if arguments.threshold is not None else []
        command += ["--out", arguments.out] if arguments.out else []
        objects = engine.run(*command)["objects"]
        results.append(count(objects, masks))
        print(f"coin {k + 1} as the example: {results[-1][0]} of 24 found, {results[-1][1]} false", flush=True)
    if arguments.each:
        found, false = np.array(results, float).T
        print(json.dumps(dict(mean_found=round(found.mean(), 1), least=int(found.min()), most=int(found.max()), mean_false=round(false.mean(), 1))))


if __name__ == "__main__":
    main()
