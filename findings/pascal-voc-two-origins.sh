#!/bin/sh
# Pascal VOC is two formats: three of four libraries take a row and a column off a real VOC box, and write boxes that gain one elsewhere.
#
# Guess: VOC counts from 1 and its last pixel belongs to the box, so all read <xmin>11 … <xmax>20 as the ten pixels from 10 to 20.
# What happens: supervision does, both reading and writing. labelformat, globox and datumaro take the numbers as they are, both ways, so
# each agrees with itself and its tests. What they read from a set by VOC's rule is a pixel too small, and what they write is a pixel too
# large for readers that keep the rule: a box of ten pixels overlaps itself by an IoU of 0.81 and of 0.83. No file says which it is.
# Versions: supervision 0.31.2, labelformat 0.1.17, globox 2.9.0, datumaro 1.13.12, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet supervision==0.31.2 labelformat==0.1.17 globox==2.9.0 datumaro==1.13.12

cat > expected << 'END'
supervision  reads 11 21 20 30 as 10 20 20 30, writes 10 20 20 30 as 11 21 20 30, which supervision reads as 10 20 20 30
labelformat  reads 11 21 20 30 as 11 21 20 30, writes 10 20 20 30 as 10 20 20 30, which supervision reads as 9 19 20 30
globox       reads 11 21 20 30 as 11 21 20 30, writes 10 20 20 30 as 10 20 20 30, which supervision reads as 9 19 20 30
datumaro     reads 11 21 20 30 as 11 21 20 30, writes 10 20 20 30 as 10 20 20 30, which supervision reads as 9 19 20 30
END
mkdir -p voc/Annotations voc/ImageSets/Main coco/annotations coco/images/train
echo a > voc/ImageSets/Main/train.txt
cat > voc/Annotations/a.xml << 'END'
<annotation><filename>a.png</filename><size><width>100</width><height>80</height><depth>3</depth></size><object><name>cat</name>
<bndbox><xmin>11</xmin><ymin>21</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>
END
cat > coco/annotations/instances_train.json << 'END'
{"images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 80}], "categories": [{"id": 1, "name": "cat"}], "annotations":
[{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 10, 10], "area": 100, "iscrowd": 0, "segmentation": []}]}
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import re
from pathlib import Path
import datumaro, globox, labelformat.formats, supervision
from PIL import Image

Image.new("RGB", (100, 80)).save("coco/images/train/a.png")
voc, coco, pictures = Path("voc/Annotations"), Path("coco/annotations/instances_train.json"), "coco/images/train"
sv, lf = supervision.DetectionDataset, labelformat.formats
[labels] = lf.PascalVOCObjectDetectionInput(voc, "cat").get_labels()
reads = {
    "supervision": sv.from_pascal_voc(pictures, str(voc))[0][2].xyxy[0],
    "labelformat": labels.objects[0].box.to_format(lf.coco.BoundingBoxFormat.XYXY),
    "globox": next(iter(globox.AnnotationSet.from_pascal_voc(voc))).boxes[0].ltrb,
    "datumaro": next(iter(datumaro.Dataset.import_from("voc", "voc"))).annotations[0].points,
}
sv.from_coco(pictures, str(coco)).as_pascal_voc(annotations_directory_path="supervision")
lf.PascalVOCObjectDetectionOutput(Path("labelformat")).save(lf.COCOObjectDetectionInput(coco))
globox.AnnotationSet.from_coco(file_path=coco).save_pascal_voc(Path("globox"))
datumaro.Dataset.import_from("coco", "coco").export("datumaro", "voc")
for name, box in reads.items():
    file = next(Path(name).rglob("*.xml"))
    written = [re.search(f"<{key}>(.+)</{key}>", file.read_text())[1] for key in ("xmin", "ymin", "xmax", "ymax")]
    back = sv.from_pascal_voc(pictures, str(file.parent))[0][2].xyxy[0]
    texts = [" ".join(f"{float(value):.0f}" for value in each) for each in (box, written, back)]
    print("{:12} reads 11 21 20 30 as {}, writes 10 20 20 30 as {}, which supervision reads as {}".format(name, *texts))
END
cat seen
diff expected seen
