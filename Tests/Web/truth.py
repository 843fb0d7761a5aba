"""The truth of a folder, in COCO's format, and how well boxes agree with it."""
import json
import pathlib


def read(path):
    """{file name: [(class, [x1, y1, x2, y2])]} and the classes in their order."""
    document = json.loads(pathlib.Path(path).read_text())
    names = {category["id"]: category["name"] for category in document["categories"]}
    files = {image["id"]: image["file_name"] for image in document["images"]}
    truth = {name: [] for name in files.values()}
    for annotation in document["annotations"]:
        x, y, width, height = annotation["bbox"]
        truth[files[annotation["image_id"]]].append((names[annotation["category_id"]], [x, y, x + width, y + height]))
    used = {kind for objects in truth.values() for kind, _ in objects}
    return truth, [name for name in names.values() if name in used]


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0, width) * max(0, height)
    area = lambda box: (box[2] - box[0]) * (box[3] - box[1])
    union = area(a) + area(b) - shared
    return shared / union if union > 0 else 0


def matched(truth, boxes, least=0.5):
    """Pairs (truth index, box index) with an IoU of at least `least`, the best first, each used once. Boxes are lists."""
    pairs = sorted(
        ((overlap(t, b), i, j) for i, t in enumerate(truth) for j, b in enumerate(boxes)), reverse=True)
    found = {}
    for value, i, j in pairs:
        if value >= least and i not in found and j not in found.values():
            found[i] = j
    return found


def agreement(truth, labels):
    """Precision, recall, F1 and the number right, of {file name: [(class, box)]} against the truth, at IoU 0.5."""
    right = wrong = missing = 0
    for name, wanted in truth.items():
        made = labels.get(name, [])
        here = 0
        for kind in {kind for kind, _ in wanted + made}:
            here += len(matched([b for k, b in wanted if k == kind], [b for k, b in made if k == kind]))
        right += here
        wrong += len(made) - here
        missing += len(wanted) - here
    precision = right / max(1, right + wrong)
    recall = right / max(1, right + missing)
    return precision, recall, 2 * right / max(1, 2 * right + wrong + missing), right
