#!/bin/sh
# OpenCV up to 4.12 gives a video's frames in other colours than from 4.13 on, and than PyAV and decord, where the video is marked as BT.709.
#
# Guess: all of them decode by FFmpeg, so that a frame has one colour, by a step or two of rounding.
# What happens: the video says by which matrix its luma and chroma were made from red, green and blue. VideoCapture up to 4.12 takes BT.601
# whatever it says: red (255, 0, 0) comes out as (232, 0, 1), green of 160 as 187. HD video says BT.709.
# Where a video says BT.601 all agree. Frames that one version cut out for labelling and training, and another reads in use,
# differ by that much.
# Versions: opencv-python-headless 4.12.0.88 and 4.14.0.94 (4.13.0.92 and 5.0.0.93 are like 4.14), av 18.1.0, decord 0.6.0, numpy 2.2.6,
# Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet opencv-python-headless==4.12.0.88 av==18.1.0 decord==0.6.0 numpy==2.2.6
venv/bin/pip install --quiet --no-deps --target newer opencv-python-headless==4.14.0.94

cat > expected << 'END'
BT.709: OpenCV 4.12 232 0 1, 11 187 5; 4.14 254 0 0, 0 159 0; PyAV 254 0 0, 0 159 0; decord 254 0 0, 0 159 0
BT.601: OpenCV 4.12 253 0 0, 0 159 0; 4.14 253 0 0, 0 159 0; PyAV 253 0 0, 0 159 0; decord 253 0 0, 0 159 0
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import subprocess, sys
import av, cv2, decord
import numpy as np

standards = {"BT.709": (1, 0.2126, 0.0722), "BT.601": (5, 0.299, 0.114)}  # the number in the video, and the weights of red and blue
def write(colour, standard):
    number, red, blue = standards[standard]
    luma = np.dot(colour, [red, 1 - red - blue, blue])
    chroma = [128 + 224 * (colour[i] - luma) / (2 - 2 * weight) / 255 for i, weight in ((2, blue), (0, red))]
    frame = av.VideoFrame(128, 128, "yuv420p")
    for plane, value in zip(frame.planes, [16 + 219 * luma / 255] + chroma):
        plane.update(np.full(plane.buffer_size, round(value), np.uint8).tobytes())
    with av.open("a.mp4", "w") as file:
        stream = file.add_stream("libx264", rate=10, width=128, height=128, pix_fmt="yuv420p", options={"qp": "0"})
        stream.codec_context.colorspace = frame.colorspace = number
        stream.codec_context.color_range = frame.color_range = 1
        for frame.pts in range(3):
            file.mux(stream.encode(frame))
        file.mux(stream.encode())

newer = "import cv2; print(*cv2.VideoCapture('a.mp4').read()[1][64, 64, ::-1])"
readers = {
    "OpenCV 4.12": lambda: cv2.VideoCapture("a.mp4").read()[1][64, 64, ::-1],
    "4.14": lambda: subprocess.check_output([sys.executable, "-c", newer], env={"PYTHONPATH": "newer"}, text=True).split(),
    "PyAV": lambda: next(av.open("a.mp4").decode(video=0)).to_ndarray(format="rgb24")[64, 64],
    "decord": lambda: decord.VideoReader("a.mp4")[0].asnumpy()[64, 64],
}
for standard in standards:
    seen = {name: [] for name in readers}
    for colour in ((255, 0, 0), (0, 160, 0)):
        write(colour, standard)
        for name, read in readers.items():
            seen[name].append(" ".join(map(str, read())))
    print(f"{standard}: " + "; ".join(f"{name} {', '.join(texts)}" for name, texts in seen.items()))
END
cat seen
diff expected seen
