#!/bin/sh
# kornia's boxes leave their object when the picture is flipped or resized, and one of 10 x 10 has an area of 81.
#
# Guess: bbox_xyxy of an augmentation goes where the mask goes: both say where the object is, and come back in agreement.
# What happens: inside, a box is kept by its first and last pixel, and its corners are moved as points from middle to middle of pixels. A flip
# puts a box of 10 x 10 a pixel beside the mask. A picture twice as large has boxes larger by 2.02 in a width of 50, so that one that
# filled the picture reaches out of it; Boxes.compute_area multiplies the distances of the middles. to_mask fills 100 pixels.
# Versions: kornia 0.9.0, torch 2.15.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile kornia==0.9.0 torch==2.15.0 numpy==2.4.6

cat > expected << 'END'
unchanged: mask 10 10 20 20, box 10.00 10.00 20.00 20.00
flipped left to right: mask 30 10 40 20, box 29.00 10.00 39.00 20.00
flipped upside down: mask 10 20 20 30, box 10.00 19.00 20.00 29.00
twice as large: mask 20 20 40 40, box 20.20 20.26 40.41 40.51
twice as large, the whole picture: mask 0 0 100 80, box 0.00 0.00 101.02 81.03
area 81, mask of 100 pixels
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import torch
from kornia.augmentation import AugmentationSequential, RandomHorizontalFlip, RandomVerticalFlip, Resize
from kornia.geometry.boxes import Boxes

def show(title, *steps, box=(10, 10, 20, 20)):
    x1, y1, x2, y2 = box
    mask = torch.zeros(1, 1, 40, 50)
    mask[0, 0, y1:y2, x1:x2] = 1
    given = torch.tensor([[box]], dtype=torch.float32)
    _, mask, box = AugmentationSequential(*steps, data_keys=["input", "mask", "bbox_xyxy"])(mask, mask, given)
    rows, columns = torch.nonzero(mask[0, 0] > 0.5, as_tuple=True)
    where = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    print(f"{title}: mask {' '.join(f'{v:d}' for v in where)}, box {' '.join(f'{v:.2f}' for v in box[0, 0])}")

show("unchanged", RandomHorizontalFlip(p=0.0))
show("flipped left to right", RandomHorizontalFlip(p=1.0))
show("flipped upside down", RandomVerticalFlip(p=1.0))
show("twice as large", Resize((80, 100)))
show("twice as large, the whole picture", Resize((80, 100)), box=(0, 0, 50, 40))
boxes = Boxes.from_tensor(torch.tensor([[[10.0, 10, 20, 20]]]), mode="xyxy")
print(f"area {boxes.compute_area().item():.0f}, mask of {boxes.to_mask(40, 50).sum():.0f} pixels")
END
cat seen
diff expected seen
