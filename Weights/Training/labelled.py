"""What a SAM makes of photographs with labelled boxes: python labelled.py ../sam-nano FOLDER    (FOLDER/learn, FOLDER/test: pictures and COCO's truth.json)

masks    Each of test's boxes as the prompt: the IoU of the mask's box with it, its mean, and the shares of at least 0.75 and 0.9.
nearest  Of what class is the thing in each of test's boxes? That of the most alike of learn's boxes by the mean feature of the cells in it (a cell counts
         whose centre lies in the box; one at least), by cosine; the share that is right.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import SamModel

import persam
from measures import box_iou


def pictures(folder):
    """Each picture of a folder's truth with its boxes (x1, y1 exclusive) and their classes."""
    truth = json.loads((folder / "truth.json").read_text())
    for image in truth["images"]:
        mine = [each for each in truth["annotations"] if each["image_id"] == image["id"]]
        boxes = [[x, y, x + width, y + height] for x, y, width, height in (each["bbox"] for each in mine)]
        yield np.asarray(Image.open(folder / image["file_name"]).convert("RGB")), boxes, [each["category_id"] for each in mine]


def mean_feature(picture, box):
    """The mean feature of the cells in a box, of length 1."""
    features, grid = picture.features[0], picture.features.shape[-1]
    x0, y0, x1, y1 = (persam.to_model(box, picture).flatten() * grid / picture.side).tolist()
    spans = [range(round(low), max(round(low) + 1, round(high))) for low, high in ((y0, y1), (x0, x1))]
    rows, columns = ([min(max(i, 0), grid - 1) for i in span] for span in spans)
    return F.normalize(features[:, rows][:, :, columns].mean((1, 2)), dim=0)


def box_of(mask):
    ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return np.array([[xs[0], ys[0], xs[-1] + 1, ys[-1] + 1]], float) if len(ys) else np.zeros((1, 4))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = SamModel.from_pretrained(arguments.weights, dtype=torch.float32).eval()
    known, overlaps = {}, []
    for part in ("learn", "test"):
        features, classes = [], []
        for pixels, boxes, kinds in pictures(arguments.set / part):
            picture = persam.open_picture(model, pixels)
            features += [mean_feature(picture, box) for box in boxes]
            classes += kinds
            for box in boxes if part == "test" else []:
                logits, _ = persam.segment(model, picture, box=box)
                overlaps.append(float(box_iou(box_of((persam.enlarge(logits[:1], picture)[0] > 0).numpy()), box)[0]))
        known[part] = torch.stack(features), np.array(classes)
    (learnt, kinds), (asked, truth) = known["learn"], known["test"]
    right = kinds[(asked @ learnt.T).argmax(1).numpy()] == truth
    overlaps = np.array(overlaps)
    print(json.dumps(dict(
        weights=str(arguments.weights), boxes=len(truth), masks=round(overlaps.mean(), 3), least_75=round((overlaps >= 0.75).mean(), 2),
        least_90=round((overlaps >= 0.9).mean(), 2), nearest=round(float(right.mean()), 2),
    )))  # fmt: skip


if __name__ == "__main__":
    main()
