#!/bin/sh
# SimpleITK divides the values of a PNG by what its note on significant bits says, and rasterio hands out 4 bits as 0 to 15.
#
# Guess: a PNG without colour management holds numbers, and all readers give the same ones; the chunk sBIT, by which a camera of 12 bits
# says how many of 16 mean something, is a remark that nobody heeds.
# What happens: SimpleITK heeds it. Of a picture of 16 bits with sBIT 12 it gives 0 to 4095, a sixteenth of what the others give, and of a
# colour picture with 5, 6 and 5 bits it divides red and blue by 8 and green by 4, so that grey is green. A threshold, or a mean and a
# deviation, learnt through one reader are wrong by that through the other. Of a file of 4 bits (labels from 0 to 15) rasterio gives the
# labels, and all others 17 times as much, so that class 1 is 17.
# Versions: simpleitk 2.5.7, rasterio 1.4.4, Pillow 13.0.0, opencv-python-headless 5.0.0.93, pyvips 3.2.0 with libvips 8.18.7,
# imagecodecs 2026.3.6, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet simpleitk==2.5.7 rasterio==1.4.4 pillow==13.0.0 opencv-python-headless==5.0.0.93 pyvips==3.2.0 \
    pyvips-binary==8.18.7 imagecodecs==2026.3.6 numpy==2.4.6

cat > expected << 'END'
12 of 16 bits: 0 16 16000 65520 by Pillow, OpenCV, libvips, imagecodecs, rasterio; 0 1 1000 4095 by SimpleITK
5, 6 and 5 of 8 bits: 128 128 128 248 252 248 by Pillow, OpenCV, libvips, imagecodecs, rasterio; 16 32 16 31 63 31 by SimpleITK
4 bits: 0 17 34 255 by Pillow, OpenCV, libvips, imagecodecs, SimpleITK; 0 1 2 15 by rasterio
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import struct, zlib
import cv2, imagecodecs, pyvips, rasterio
import numpy as np
import SimpleITK
from PIL import Image

readers = {
    "Pillow": lambda name: np.asarray(Image.open(name)),
    "OpenCV": lambda name: cv2.imread(name, cv2.IMREAD_UNCHANGED | cv2.IMREAD_COLOR_RGB),
    "libvips": lambda name: pyvips.Image.new_from_file(name).numpy(),
    "imagecodecs": imagecodecs.imread,
    "rasterio": lambda name: np.moveaxis(rasterio.open(name).read(), 0, 2),
    "SimpleITK": lambda name: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(name)),
}

def write(name, depth, kind, row, *significant):  # one row; kind 0 is grey, 2 red, green and blue
    def chunk(type, data):
        return struct.pack(">I", len(data)) + type + data + struct.pack(">I", zlib.crc32(type + data))
    width = len(row) * 8 // depth // (3 if kind else 1)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, 1, depth, kind, 0, 0, 0)) + (chunk(b"sBIT", bytes(significant)) if significant else b"")
    with open(name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" + row)) + chunk(b"IEND", b""))

write("12 of 16 bits", 16, 0, struct.pack(">4H", 0, 16, 16000, 65520), 12)
write("5, 6 and 5 of 8 bits", 8, 2, bytes([128, 128, 128, 248, 252, 248]), 5, 6, 5)
write("4 bits", 4, 0, bytes([0x01, 0x2F]))
for file in ("12 of 16 bits", "5, 6 and 5 of 8 bits", "4 bits"):
    answers = {}
    for name, read in readers.items():
        answers.setdefault(" ".join(map(str, np.asarray(read(file)).ravel())), []).append(name)
    print(f"{file}:", "; ".join(f"{values} by {', '.join(names)}" for values, names in answers.items()))
END
cat seen
diff expected seen
