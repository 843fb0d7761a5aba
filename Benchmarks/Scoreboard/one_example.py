"""How well one example is found again: a folder as the PerSeg set has it, Images/OBJECT/00.jpg … and Annotations/OBJECT/00.png …,
each object's first picture the example and its others searched."""
import json

from masks import decoded, iou


def rows(tool, folder, work):
    """The mean overlap of each object's mask with all that is found, as the paper's one object and as `find` finds it."""
    objects = sorted(path for path in (folder / "Images").iterdir() if path.is_dir())
    if not objects:
        raise SystemExit(f"{folder / 'Images'}: no folder of an object's pictures")
    single, every = [], []
    for pictures in objects:
        marks = folder / "Annotations" / pictures.name
        files = sorted(path for path in pictures.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
        example = f"{pictures.name}={files[0]}#{marks / (files[0].stem + '.png')}"
        truths = masks(tool, marks, files[1:], work)
        for values, options in ((single, ["--single"]), (every, [])):
            for record, truth in zip(tool.records("find", "--example", example, *files[1:], *options), truths):
                found = 0
                for one in record["objects"]:
                    found |= decoded(one["mask"])
                values.append(iou(found, truth))
    mean = lambda values: sum(values) / len(values)
    yield f"one example, {len(objects)} objects in {len(single)} pictures: IoU, find --single / find", [mean(single), mean(every)]


def masks(tool, marks, files, work):
    """The masks of some pictures, as the tool reads them."""
    place = work / marks.name
    place.mkdir()
    for file in files:
        (place / f"{file.stem}.1.object.mask.png").symlink_to((marks / f"{file.stem}.png").resolve())
    labels = work / f"{marks.name}.json"
    tool.call(None, "annotations", "convert", f"masks:{place}", f"coco:{labels}", "--quiet")
    read = json.loads(labels.read_text())
    number = {image["file_name"]: image["id"] for image in read["images"]}
    shapes = {label["image_id"]: label["segmentation"] for label in read["annotations"]}
    return [mask_of(shapes[number[file.stem]]) for file in files]


def mask_of(shape):
    """A COCO shape that is run lengths as a mask."""
    if not isinstance(shape, dict):
        raise SystemExit("a mask was written as polygons, where run lengths were expected")
    return decoded(shape)
