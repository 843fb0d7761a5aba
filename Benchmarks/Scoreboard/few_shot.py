"""How well a few labelled photographs teach: learns from one labelled set, searches another, and says how well
the boxes are and how often a class that a picture does not show is found in it all the same."""
import json


def set_argument(folder, form):
    """A labelled folder as the tool's arguments say it: FORMAT:PATH."""
    if form:
        return f"{form}:{folder}"
    if (folder / "truth.json").is_file():
        return f"coco:{folder / 'truth.json'}"
    for known, pattern in (("yolo", "data.yaml"), ("voc", "**/*.xml"), ("labelme", "**/*.json")):
        if next(folder.glob(pattern), None):
            return f"{known}:{folder}"
    raise SystemExit(f"{folder}: no truth.json, data.yaml, *.xml or *.json of labels; --format says which format it is")


def rows(tool, folder, form, work, tasks):
    """The rows of a set FOLDER/learn, FOLDER/test for each task."""
    truth = work / "truth.json"
    tool.call(None, "annotations", "convert", set_argument(folder / "test", form), f"coco:{truth}", "--quiet")
    labels = json.loads(truth.read_text())
    shown = {image["id"]: set() for image in labels["images"]}
    for label in labels["annotations"]:
        shown[label["image_id"]].add(label["category_id"])
    pictures, classes = len(shown), len(labels["categories"])
    absent = pictures * classes - sum(map(len, shown.values()))
    for task in tasks:
        concept, weak, usual = work / f"{task}.concept", work / f"{task}.json", work / f"{task}-usual.json"
        _, learning = tool.call(
            task, "learn", "--for", task, "--from", set_argument(folder / "learn", form), "-o", concept, "--quiet")
        run = [task, "--concept", concept, folder / "test", "--recursive", "--quiet"]
        _, searching = tool.call(task, *run, "--threshold", "0.01", "--export", f"coco:{weak}")
        tool.call(task, *run, "--export", f"coco:{usual}")
        figures = tool.evaluate(truth, weak)
        boxes, presence = figures["boxes"], figures["presence"]["auroc"]
        places = false_places(labels, shown, json.loads(usual.read_text()))
        kept = 1 - len({place[:2] for place in places}) / absent if absent else None
        yield f"{task}: boxes, AP50 / AP75 / AP", [boxes["ap50"], boxes["ap75"], boxes["ap"]]
        if absent:
            yield f"{task}: presence, AUROC / refused / false finds a picture and absent class", [
                presence, kept, len(places) / absent]
        yield f"{task}: seconds to learn / to search a picture", [learning, searching / pictures]


def false_places(labels, shown, found):
    """The objects found of a class that their picture does not show: (picture, class, number)."""
    ids = {image["file_name"].split("/")[-1]: image["id"] for image in labels["images"]}
    files = {image["id"]: ids.get(image["file_name"].split("/")[-1]) for image in found["images"]}
    classes = {category["name"]: category["id"] for category in labels["categories"]}
    names = {category["id"]: category["name"] for category in found["categories"]}
    places = []
    for number, label in enumerate(found["annotations"]):
        picture, kind = files[label["image_id"]], classes.get(names[label["category_id"]])
        if picture is not None and kind is not None and kind not in shown[picture]:
            places.append((picture, kind, number))
    return places
