"""Compares `spaniel tensors owlvit` and `spaniel detect` with transformers' OwlViT and Owlv2ForObjectDetection on photographs that are not square.

    python owlvit.py --spaniel PATH [--models FOLDER] [--all] [--name NAME] [--model FOLDER]

Without options the tiny models and OWL-ViT B/32, with --all OWL-ViT B/16, L/14 and OWLv2 B/16 too. By agreement.py's rule; the same detections after
post-processing; the same result of an example picture by transformers' rule; the ids of odd texts; and position ids in the file, and none of the
projection nobody reads.
"""

import json
import pathlib
import tempfile

import torch
from PIL import Image
from transformers import Owlv2ForObjectDetection, OwlViTForObjectDetection
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil

import texts
from agreement import NEARLY_SQUARE, TALL, WIDE, Judge, as_arguments, identical, main, photograph, reference, rewritten, spaniel, tensors

QUERIES = ["a cup of coffee", "cat", "the 3rd stage of a rocket 🚀"]


class Version:
    def __init__(self, folder):
        self.second = json.loads((folder / "config.json").read_text())["model_type"] == "owlv2"
        self.names = ["text_embeds", "logits", "pred_boxes", "class_embeds"] + (["objectness_logits"] if self.second else [])
        self.settings = (Owlv2ImageProcessorPil if self.second else OwlViTImageProcessorPil).from_pretrained(folder)
        self.folder = folder

    def load(self):
        kind = Owlv2ForObjectDetection if self.second else OwlViTForObjectDetection
        return kind.from_pretrained(self.folder, dtype=torch.float32).eval()

    def pixels(self, image):
        return self.settings(image, return_tensors="pt")["pixel_values"]

    def given(self, path):
        image = Image.open(path)
        return {
            "pixel_values": self.pixels(image), "input_ids": texts.ids(self.folder, QUERIES),
            "query_pixel_values": self.pixels(example(image)),
        }

    def run(self, model, inputs):
        out = model(input_ids=inputs["input_ids"], pixel_values=inputs["pixel_values"])
        result = {name: out[name] for name in self.names}
        if "query_pixel_values" in inputs:
            guided = model.image_guided_detection(pixel_values=inputs["pixel_values"], query_pixel_values=inputs["query_pixel_values"])
            result["guided_logits"] = guided.logits
        return result


def example(image):
    """A part of the photograph as a picture of its own."""
    w, h = image.size
    return image.crop((w // 4, h // 3, w // 4 + w // 3, h // 3 + h // 3))


def inside(image, boxes):
    """Boxes cut at the picture's edges, as the tool tells them, and which of them are left."""
    w, h = image.size
    boxes = boxes.double().clamp(min=0).minimum(torch.tensor([w, h, w, h], dtype=torch.float64))
    return boxes, (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])


class Output(dict):
    __getattr__ = dict.__getitem__


def threshold_of(scores, ranks):
    """In the middle of the widest gap between two scores of these ranks, so that rounding cannot decide."""
    ordered = scores.flatten().sort(descending=True).values
    high = min(ranks[1], len(ordered) - 1)
    low = min(ranks[0], high - 1)
    gaps = ordered[low:high] - ordered[low + 1 : high + 1]
    place = low + int(gaps.argmax())
    return float((ordered[place].double() + ordered[place + 1].double()) / 2)


def objects(tool, path, folder, *words):
    return json.loads(spaniel(tool, "detect", path, "--model", folder, "--json", "--precision", "float32", *words))["objects"]


def judge_objects(judge, what, image, found, boxes, logits, classes):
    """Every box of theirs that is in the picture has one of ours with its class, within a hundredth of a pixel and with its logit within 1e-4 of the
    largest, of which the score is the sigmoid; and there are no others."""
    boxes, left = inside(image, boxes)
    boxes, logits, classes = boxes[left], logits.double()[left], [name for name, l in zip(classes, left.tolist()) if l]
    if len(found) != len(boxes) or not found:
        judge(f"{what}: {len(found)} objects, expected {len(boxes)}, and at least one", False)
        return
    ours = torch.tensor([o["box"] for o in found], dtype=torch.float64)
    values = torch.tensor([o["scores"]["logit"] for o in found], dtype=torch.float64)
    scores = torch.tensor([o["score"] for o in found], dtype=torch.float64)
    free = torch.zeros(len(found), dtype=torch.float64)
    places = []
    for box, logit in zip(boxes, logits):
        place = int(((ours - box).abs().amax(1) + (values - logit).abs() + free).argmin())
        free[place] = float("inf")
        places.append(place)
    box = float((ours[places] - boxes).abs().max())
    logit = float((values[places] - logits).abs().max() / logits.abs().max())
    score = float((scores - values.sigmoid()).abs().max())
    wrong = sum(found[place]["class"] != name for place, name in zip(places, classes))
    text = f"{len(found)} objects, boxes within {box:.1e} pixels, logits within {logit:.1e} of the largest, scores within {score:.1e}, {wrong} other classes"
    judge(f"{what}: {text}", box <= 0.01 and logit <= 1e-4 and score <= 1e-6 and wrong == 0)


def detections(judge, tool, version, path, expected):
    """`spaniel detect` without its suppression: post_process_object_detection."""
    image = Image.open(path)
    out = Output(logits=expected["logits.32"], pred_boxes=expected["pred_boxes.32"])
    best = out.logits[0].max(-1)
    scores = best.values.sigmoid()
    threshold = threshold_of(scores, (20, 60))
    theirs = version.settings.post_process_object_detection(out, threshold=threshold, target_sizes=[image.size[::-1]])[0]
    found = objects(tool, path, version.folder, *as_arguments(QUERIES), "--threshold", threshold, "--nms", 1, "--max-objects", 10000)
    labels = [f"t{i}" for i in theirs["labels"].tolist()]
    judge_objects(judge, f"detect above {threshold:.6f}", image, found, theirs["boxes"], best.values[scores > threshold], labels)


def guided(judge, tool, version, path, expected, temporary):
    """An example picture by transformers' rule: the same boxes, with the scores that it rescales for display."""
    image, picture = Image.open(path), temporary / "example.png"
    example(image).save(picture)
    out = Output(logits=expected["guided_logits.32"], target_pred_boxes=expected["pred_boxes.32"])
    logits = out.logits[0].max(-1).values
    scores = logits.sigmoid()
    # It drops what is below a tenth of the best: the threshold is above that.
    threshold = max(threshold_of(scores, (20, len(scores))), 0.11 * float(scores.max()))
    theirs = version.settings.post_process_image_guided_detection(
        out, threshold=threshold, nms_threshold=1.0, target_sizes=torch.tensor([image.size[::-1]]))[0]
    found = objects(
        tool, path, version.folder, "--example", f"it={picture}", "--selection", "published", "--threshold", threshold, "--nms", 1,
        "--max-objects", 10000)
    what = f"detect by an example, published rule, above {threshold:.6f}"
    judge_objects(judge, what, image, found, theirs["boxes"], logits[scores >= threshold], ["it"] * len(theirs["boxes"]))


def variants(judge, tool, version, path, base, temporary):
    """The same model written otherwise."""
    positions = {f"owlvit.{part}_model.embeddings.position_ids": torch.arange(n)[None] for part, n in (("text", 16), ("vision", 577))}
    unread = "owlvit.visual_projection.weight" if not version.second else "owlv2.visual_projection.weight"
    words = ["--image", path, *as_arguments(QUERIES)]
    if version.second:
        positions = {name.replace("owlvit", "owlv2"): value for name, value in positions.items()}
    for name, change in (
        ("position ids in the file", lambda t: t | positions),
        ("without the projection nobody reads", lambda t: {k: v for k, v in t.items() if k != unread}),
    ):
        other = rewritten(version.folder, temporary / name, change)
        identical(judge, name, tensors(tool, "owlvit", other, *words), base)


def compare(tool, folder, keep):
    judge, version = Judge(folder.name), Version(folder)
    large = "large" in folder.name  # a float64 run of minutes
    with tempfile.TemporaryDirectory() as temporary:
        temporary = pathlib.Path(temporary)
        for case in (WIDE,) if large else (TALL, NEARLY_SQUARE, WIDE):
            path = photograph(case, temporary)
            print(f"  {path.stem} {Image.open(path).size}")
            expected = reference("owlvit", folder, case | dict(texts=QUERIES), path, keep, version.load, lambda: version.given(path), version.run)
            found = tensors(tool, "owlvit", folder, "--image", path, *as_arguments(QUERIES))
            judge.pixels(found.get("pixel_values"), expected["pixel_values"], None if version.second else version.settings)
            texts.judge_ids(judge, found.get("input_ids"), expected["input_ids"], folder)
            for name in version.names:
                judge.tensor(name, found.get(name), expected[f"{name}.32"], expected[f"{name}.64"])
            detections(judge, tool, version, path, expected)
            guided(judge, tool, version, path, expected, temporary)
        if not large:
            variants(judge, tool, version, path, found, temporary)
            found = tensors(tool, "owlvit", folder, "--image", path, *as_arguments(texts.ODD))
            texts.judge_ids(judge, found.get("input_ids"), texts.ids(folder, texts.ODD), folder, texts.ODD)
    judge.errors()
    return judge.failures


if __name__ == "__main__":
    small = ["owlvit-base-patch32"]
    main(__doc__, compare, "OWLViT", small, [*small, "owlvit-base-patch16", "owlv2-base-patch16", "owlvit-large-patch14"])
