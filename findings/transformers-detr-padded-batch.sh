#!/bin/sh
# transformers' DETR learns boxes as parts of the padded batch and reads them as parts of the picture, so a box depends on its neighbours.
#
# Guess: DetrImageProcessor's labels are what the model shall answer: handed back as pred_boxes, post_process_object_detection with the
# pictures' sizes returns the boxes that were handed in, in whatever batch.
# What happens: a picture padded to the size of its batch has its boxes divided by the padded size, and post-processing multiplies by the
# picture's own. Beside an upright picture a landscape's box comes back a quarter less high and further up: IoU 0.27. So what is learnt
# depends on how a loader mixes the pictures, and a loss on what came along; a batch of one is right. Conditional and Deformable DETR,
# YOLOS and Grounding DINO do the same; RT-DETR, which stretches, does not.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0

cat > expected << 'END'
handed in: 100 120 300 200
Detr            alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 90 300 150, IoU 0.27
ConditionalDetr alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 90 300 150, IoU 0.27
DeformableDetr  alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 90 300 150, IoU 0.27
Yolos           alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 91 300 152, IoU 0.29
GroundingDino   alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 90 300 150, IoU 0.27
RTDetr          alone: 100 120 300 200, IoU 1.00; beside an upright picture: 100 120 300 200, IoU 1.00
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
from types import SimpleNamespace
import torch
import transformers
from PIL import Image
from torchvision.ops import box_iou

pictures = [Image.new("RGB", (640, 480)), Image.new("RGB", (480, 640))]
box = torch.tensor([[100.0, 120.0, 300.0, 200.0]])
nut = {"id": 1, "image_id": 1, "category_id": 0, "bbox": [100, 120, 200, 80], "area": 16000, "iscrowd": 0}
labels = [{"image_id": 1, "annotations": [nut]}] * 2
print("handed in:", " ".join(f"{value:.0f}" for value in box[0]))
for name in ("Detr", "ConditionalDetr", "DeformableDetr", "Yolos", "GroundingDino", "RTDetr"):
    processor = getattr(transformers, name + "ImageProcessor")()
    texts = []
    for count, words in ((1, "alone"), (2, "beside an upright picture")):
        inputs = processor(pictures[:count], annotations=labels[:count], return_tensors="pt")
        boxes = torch.stack([each["boxes"] for each in inputs["labels"]])  # the answer of a model that has learnt all
        logits = torch.full((count, 1, 92), -10.0)
        logits[:, :, 0] = 10
        answers = SimpleNamespace(logits=logits, pred_boxes=boxes)
        sizes = [picture.size[::-1] for picture in pictures[:count]]
        found = processor.post_process_object_detection(answers, threshold=0.5, target_sizes=sizes)[0]["boxes"]
        place = " ".join(f"{value:.0f}" for value in found[0])
        texts.append(f"{words}: {place}, IoU {box_iou(found, box).item():.2f}")
    print(f"{name:15}", "; ".join(texts))
END
cat seen
diff expected seen
