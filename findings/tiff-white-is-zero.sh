#!/bin/sh
# A grey TIFF of 16 bits whose zero is white is a negative in Pillow, and in OpenCV by one flag and not by another.
#
# Guess: PhotometricInterpretation 0 (scanners, X-ray, documents) is put right by a reader of pictures, at 8 bits and at 16.
# What happens: at 8 bits all do. At 16 Pillow and OpenCV with IMREAD_UNCHANGED hand out the numbers as they lie in the file, and nothing
# in what they return says so, while OpenCV reading the same file as 8 bits of grey, and libvips, turn them: dark and light are exchanged
# between two calls of one library, and between a training set of 8 bits and pictures of 16. tifffile never turns, and says what it found.
# Versions: Pillow 13.0.0, opencv-python-headless 4.14.0.94, pyvips 3.2.0 with libvips 8.18.7, tifffile 2026.3.3, numpy 2.4.6,
# Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet pillow==13.0.0 opencv-python-headless==4.14.0.94 pyvips==3.2.0 pyvips-binary==8.18.7 tifffile==2026.3.3 numpy==2.4.6

cat > expected << 'END'
white, a light grey, black, as:   8 bits       16 bits
Pillow                            255 200 0    0 14135 65535
OpenCV, IMREAD_UNCHANGED          255 200 0    0 14135 65535
OpenCV, IMREAD_ANYDEPTH           255 200 0    0 14135 65535
OpenCV, IMREAD_GRAYSCALE          255 200 0    255 200 0
libvips                           255 200 0    65535 51400 0
tifffile                          0 55 255     0 14135 65535
END
venv/bin/python - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import cv2, numpy, pyvips, tifffile
from PIL import Image

readers = {
    "Pillow": lambda name: numpy.asarray(Image.open(name)),
    "OpenCV, IMREAD_UNCHANGED": lambda name: cv2.imread(name, cv2.IMREAD_UNCHANGED),
    "OpenCV, IMREAD_ANYDEPTH": lambda name: cv2.imread(name, cv2.IMREAD_ANYDEPTH),
    "OpenCV, IMREAD_GRAYSCALE": lambda name: cv2.imread(name, cv2.IMREAD_GRAYSCALE),
    "libvips": lambda name: pyvips.Image.new_from_file(name).numpy(),
    "tifffile": tifffile.imread,
}
values = numpy.array([[0, 55, 255]], numpy.uint8)  # of a negative: white, a light grey, black
tifffile.imwrite("8.tif", values, photometric="miniswhite")
tifffile.imwrite("16.tif", values.astype(numpy.uint16) * 257, photometric="miniswhite")
print(f"{'white, a light grey, black, as:':33} {'8 bits':12} 16 bits")
for name, read in readers.items():
    eight, sixteen = (" ".join(map(str, read(file).ravel().tolist())) for file in ("8.tif", "16.tif"))
    print(f"{name:33} {eight:12} {sixteen}")
END
cat seen
diff expected seen
