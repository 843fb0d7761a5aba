#!/bin/sh
# rasterio and SimpleITK decode a JPEG's colour in blocks, where Pillow, OpenCV, libvips and simplejpeg smooth it.
#
# Guess: a baseline JPEG comes out the same from all readers, by a step or two of rounding: nearly all call libjpeg.
# What happens: four agree to the last bit, and so do the other two. A photograph's JPEG keeps colour at a half or a quarter of the
# resolution; rasterio (GDAL) and SimpleITK (ITK) repeat each value over its block of pixels, the others interpolate. Round a red disc
# pixels differ by up to 44 of 255, and nothing does where colour was kept whole (4:4:4). A model that was trained through one kind of
# reader and is fed through the other sees other edges.
# Versions: rasterio 1.4.4, simpleitk 2.5.7, Pillow 13.0.0, opencv-python-headless 5.0.0.93, pyvips 3.2.0 with libvips 8.18.7,
# simplejpeg 1.9.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet rasterio==1.4.4 simpleitk==2.5.7 pillow==13.0.0 opencv-python-headless==5.0.0.93 pyvips==3.2.0 \
    pyvips-binary==8.18.7 simplejpeg==1.9.0 numpy==2.4.6

cat > expected << 'END'
4:4:4: one picture by Pillow, OpenCV, libvips, simplejpeg, rasterio, SimpleITK
4:2:2: one picture by Pillow, OpenCV, libvips, simplejpeg | rasterio, SimpleITK
  they differ by 33 of 255 at most, 3.78% of the pixels by more than 2
4:2:0: one picture by Pillow, OpenCV, libvips, simplejpeg | rasterio, SimpleITK
  they differ by 44 of 255 at most, 6.45% of the pixels by more than 2
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2, pyvips, rasterio, simplejpeg
import numpy as np
import SimpleITK
from PIL import Image

def simple(name):
    with open(name, "rb") as file:
        return simplejpeg.decode_jpeg(file.read())

readers = {
    "Pillow": lambda name: np.asarray(Image.open(name)),
    "OpenCV": lambda name: cv2.imread(name, cv2.IMREAD_COLOR_RGB),
    "libvips": lambda name: pyvips.Image.new_from_file(name).numpy(),
    "simplejpeg": simple,
    "rasterio": lambda name: np.moveaxis(rasterio.open(name).read(), 0, 2),
    "SimpleITK": lambda name: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(name)),
}
y, x = np.mgrid[:240, :320]
picture = np.full((240, 320, 3), 128, np.uint8)
picture[(x - 160) ** 2 + (y - 120) ** 2 < 80**2] = 200, 40, 40  # a red disc on grey
for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
    file = subsampling.replace(":", "") + ".jpg"  # a name each, as libvips remembers pictures by their names
    Image.fromarray(picture).save(file, quality=95, subsampling=subsampling)
    answers = {}
    for name, read in readers.items():
        answers.setdefault(np.ascontiguousarray(read(file)).tobytes(), []).append(name)
    [first, *others] = [np.frombuffer(each, np.uint8).reshape(picture.shape).astype(int) for each in answers]
    print(f"{subsampling}: one picture by", " | ".join(", ".join(names) for names in answers.values()))
    for other in others:
        difference = np.abs(other - first).max(2)
        print(f"  they differ by {difference.max()} of 255 at most, {(difference > 2).mean():.2%} of the pixels by more than 2")
END
cat seen
diff expected seen
