#!/bin/sh
# libvips answers for a file with the picture that it read under that name before, though the file has been written anew.
#
# Guess: Image.new_from_file reads the file, as Pillow and OpenCV do: a mask that was saved again, or the next picture under the name of
# a temporary file, is what comes back.
# What happens: libvips keeps the last 100 operations, a loader by its name and options alone; neither the file's time nor its size is
# looked at. After a first reading the old picture comes back, with its old size, through `numpy()`, in every format tried. With
# access="sequential" PNG, JPEG and TIFF are read anew and WebP is not; revalidate=True, which new_from_file's help does not name among
# its options, reads all anew. A loop over one temporary file computes the first picture again and again.
# Versions: pyvips 3.2.0 with libvips 8.18.7, Pillow 13.0.0, OpenCV 5.0.0.93, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pyvips==3.2.0 pyvips-binary==8.18.7 pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6

cat > expected << 'END'
written:                        10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
png  Pillow                     10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
png  OpenCV                     10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
png  libvips                    10 in 60 x 40, then 10 in 60 x 40, then 10 in 60 x 40
png  libvips, sequential        10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
png  libvips, revalidate        10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
webp Pillow                     10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
webp OpenCV                     10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
webp libvips                    10 in 60 x 40, then 10 in 60 x 40, then 10 in 60 x 40
webp libvips, sequential        10 in 60 x 40, then 10 in 60 x 40, then 10 in 60 x 40
webp libvips, revalidate        10 in 60 x 40, then 200 in 30 x 20, then 90 in 80 x 50
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import time
import cv2
import numpy as np
import pyvips
from PIL import Image

readers = {
    "Pillow": lambda name: np.asarray(Image.open(name)),
    "OpenCV": cv2.imread,
    "libvips": lambda name: pyvips.Image.new_from_file(name).numpy(),
    "libvips, sequential": lambda name: pyvips.Image.new_from_file(name, access="sequential").numpy(),
    "libvips, revalidate": lambda name: pyvips.Image.new_from_file(name, revalidate=True).numpy(),
}
pictures = [np.full(shape, value, np.uint8) for shape, value in (((40, 60), 10), ((20, 30), 200), ((50, 80), 90))]
def words(arrays):
    return ", then ".join(f"{array.flat[0]} in {array.shape[1]} x {array.shape[0]}" for array in arrays)

print(f"{'written:':31}", words(pictures))
for format in ("png", "webp"):
    for name, read in readers.items():
        arrays = []
        for picture in pictures:
            Image.fromarray(picture).save(f"{name}.{format}", lossless=True)
            arrays.append(read(f"{name}.{format}").copy())
            time.sleep(1.1)  # so that the file's time differs also where it has whole seconds
        print(f"{format:4} {name:26}", words(arrays))
END
cat seen
diff expected seen
