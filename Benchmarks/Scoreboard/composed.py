"""Composed scenes that no model was trained on, Weights/Training/heldout: what `find` finds there by one example,
and what SAM draws by a click or a box."""
import json

from masks import decoded, first_pixel_at, iou


def rows(tool, folder, work):
    """The figures of `find` and `mask`."""
    labels = json.loads((folder / "truth.coco.json").read_text())
    cases = json.loads((folder / "cases.json").read_text())["find"]
    objects = {label["id"]: label for label in labels["annotations"]}
    truth = {number: decoded(label["segmentation"]) for number, label in objects.items()}
    yield from drawn(tool, folder, labels, truth, work)
    single, wanted, right, found, exact, refused, present, absent = [], 0, 0, 0, [], [], [], []
    for case in cases:
        concept = work / "composed.concept"
        x, y, width, height = objects[case["example"]]["bbox"]
        mask = mask_file(tool, labels, case, work)
        tool.call("find", "learn", "--for", "find", "--example", f"{folder / case['reference']}#{mask}", "-o", concept, "--quiet")
        run = ["--concept", concept]
        pictures = [folder / case["present"], folder / case["absent"]]
        here, gone = tool.records("find", *run, *pictures)
        weak = tool.records("find", *run, *pictures, "--threshold", "0.01")
        one = tool.records("find", *run, pictures[0], "--single")[0]
        instances = [truth[number] for number in case["instances"]]
        single.append(max((iou(decoded(thing["mask"]), instance) for thing in one["objects"] for instance in instances), default=0))
        left = list(instances)
        for thing in here["objects"]:
            overlaps = [iou(decoded(thing["mask"]), instance) for instance in left]
            if overlaps and max(overlaps) >= 0.5:
                left.pop(overlaps.index(max(overlaps)))
        wanted, right, found = wanted + len(instances), right + len(instances) - len(left), found + len(here["objects"])
        exact.append(len(here["objects"]) == len(instances))
        refused.append(not gone["objects"])
        present.append(max((thing["score"] for thing in weak[0]["objects"]), default=0))
        absent.append(max((thing["score"] for thing in weak[1]["objects"]), default=0))
    pairs = [(a > b) + 0.5 * (a == b) for a in present for b in absent]
    mean = lambda values: sum(values) / len(values)
    yield f"composed, {len(cases)} objects: find --single, IoU", [mean(single)]
    yield "composed: find, F1 / exact count", [2 * right / (wanted + found), mean(exact)]
    yield "composed: presence, AUROC / refused", [mean(pairs), mean(refused)]


def drawn(tool, folder, labels, truth, work):
    """The mean overlaps of a click's and of a box's mask."""
    lines, wanted = [], []
    files = {image["id"]: image for image in labels["images"]}
    for label in labels["annotations"]:
        image, mask = files[label["image_id"]], truth[label["id"]]
        x, y, width, height = label["bbox"]
        click = first_pixel_at(mask, image["height"], 0.5)
        for prompt in ({"points": [click]}, {"box": [x, y, x + width, y + height]}):
            lines.append({"id": len(lines), "path": str(folder / image["file_name"]), **prompt})
            wanted.append(mask)
    answers = tool.answers("mask", lines, "--cache", work / "encodings")
    overlaps = [max((iou(decoded(thing["mask"]), mask) for thing in answer["objects"][:1]), default=0) for answer, mask in zip(answers, wanted)]
    mean = lambda values: sum(values) / len(values)
    yield f"composed, {len(lines) // 2} objects: a click / a box, IoU", [mean(overlaps[::2]), mean(overlaps[1::2])]


def mask_file(tool, labels, case, work):
    """The example's mask as a file."""
    label = next(one for one in labels["annotations"] if one["id"] == case["example"])
    image = next(one for one in labels["images"] if one["id"] == label["image_id"])
    alone = work / "example.json"
    alone.write_text(json.dumps({"images": [image], "annotations": [label], "categories": labels["categories"]}))
    place = work / f"example-{label['id']}"
    if not place.is_dir():
        tool.call(None, "annotations", "convert", f"coco:{alone}", f"masks:{place}", "--quiet")
    return next(place.iterdir())
