#!/bin/sh
# read-roi cuts the fractions off an ImageJ outline that has one more option set, such as the labels of an overlay, which roifile always sets.
#
# Guess: an outline drawn between pixels (ImageJ's "sub-pixel resolution") comes back with its fractions.
# What happens: such a file holds rounded corners and, behind them, those with fractions. read-roi takes the latter only where "sub-pixel
# resolution" is the file's only option; it compares the sum of the options with that one. With labels, backgrounds or the drawing offset
# (half a pixel) beside it, a cell of 3.4 x 3.4 pixels is one of 4 x 4: 16 instead of 11.56 square pixels. roifile reads what was drawn.
# Versions: read-roi 1.6.0, roifile 2026.2.10, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet read-roi==1.6.0 roifile==2026.2.10 numpy==2.4.6

cat > expected << 'END'
as roifile writes it: roifile 10.3,10.3 13.7,10.3 13.7,13.7 10.3,13.7, area 11.56; read-roi 10,10 14,10 14,14 10,14, area 16.00
sub-pixel alone:      roifile 10.3,10.3 13.7,10.3 13.7,13.7 10.3,13.7, area 11.56; read-roi 10.3,10.3 13.7,10.3 13.7,13.7 10.3,13.7, area 11.56
and labels:           roifile 10.3,10.3 13.7,10.3 13.7,13.7 10.3,13.7, area 11.56; read-roi 10,10 14,10 14,14 10,14, area 16.00
and drawing offset:   roifile 10.3,10.3 13.7,10.3 13.7,13.7 10.3,13.7, area 11.56; read-roi 10,10 14,10 14,14 10,14, area 16.00
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import numpy as np
from read_roi import read_roi_file
from roifile import ROI_OPTIONS, ROI_TYPE, ImagejRoi

def area(corners):
    x, y = np.array(corners, float).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2

corners = np.array([[10.3, 10.3], [13.7, 10.3], [13.7, 13.7], [10.3, 13.7]], np.float32)
options = {
    "as roifile writes it": None,
    "sub-pixel alone": ROI_OPTIONS.SUB_PIXEL_RESOLUTION,
    "and labels": ROI_OPTIONS.SUB_PIXEL_RESOLUTION | ROI_OPTIONS.OVERLAY_LABELS,
    "and drawing offset": ROI_OPTIONS.SUB_PIXEL_RESOLUTION | ROI_OPTIONS.DRAW_OFFSET,
}
for title, option in options.items():
    roi = ImagejRoi.frompoints(corners)
    roi.roitype, roi.name, roi.options = ROI_TYPE.POLYGON, "cell", roi.options if option is None else option
    roi.tofile("cell.roi")
    one = read_roi_file("cell.roi")["cell"]
    answers = {"roifile": ImagejRoi.fromfile("cell.roi").coordinates(), "read-roi": list(zip(one["x"], one["y"]))}
    texts = [f"{who} {' '.join(f'{x:g},{y:g}' for x, y in read)}, area {area(read):.2f}" for who, read in answers.items()]
    print(f"{title + ':':21} {'; '.join(texts)}")
END
cat seen
diff expected seen
