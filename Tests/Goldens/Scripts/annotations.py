"""Goldens for annotation formats: brush strokes as Label Studio's own converter writes them, masks as labelme stores them.

Python 3.11, numpy 2.4.6, pillow 13.0.0, label-studio-sdk 2.1.2 (only its converter/brush.py is used)
    python Tests/Goldens/Scripts/annotations.py
"""

import base64
import io
import json
import pathlib

import numpy as np
from label_studio_sdk.converter import brush
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[1] / "Annotations"
rng = np.random.default_rng(20260607)


def png(mask):
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, format="PNG")  # one bit a pixel, as labelme's img_arr_to_b64 has it
    return base64.b64encode(buffer.getvalue()).decode()


def main():
    OUT.mkdir(exist_ok=True)
    rows = []
    for i, (h, w) in enumerate([(1, 1), (3, 5), (7, 9), (16, 16), (40, 33), (5, 700), (64, 129)]):
        mask = rng.random((h, w)) < (0.5 if i % 2 else 0.05)
        if i == 4:
            mask[5:30, 3:20] = True
        if i == 6:
            mask[:] = True
        rows.append(
            {
                "size": [h, w], "bits": np.packbits(mask.ravel()).tobytes().hex(),
                "brush": list(map(int, brush.mask2rle((mask * 255).astype(np.uint8)))), "png": png(mask),
            }
        )
    text = "[\n" + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]\n"
    (OUT / "masks.json").write_text(text)
    print(len(rows), len(text))


main()
