"""Reads a COCO and a YOLO set of 50,000 pictures with spaniel and with pycocotools and supervision, in one run, one after the other.

    python Benchmarks/labels.py --spaniel .build/release/spaniel [--pictures 50000] [--rounds 3]

Of the peers the call that reads counts, without Python's start and imports; of spaniel the whole process of `annotations check`, which also counts
what it read. Peak memory is the whole process's for both. Goals: half the time, at most the memory. Needs pycocotools and supervision.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

CLASSES = [f"class {i}" for i in range(20)]
OBJECTS = 7
CORNERS = 16

PEERS = {
    "coco": ("pycocotools", "from pycocotools.coco import COCO\nimport contextlib, io, sys, time\nstart = time.perf_counter()\n"
             "with contextlib.redirect_stdout(io.StringIO()):\n    COCO(sys.argv[1])\nprint(time.perf_counter() - start)"),
    "yolo": ("supervision", "import supervision, sys, time\nstart = time.perf_counter()\n"
             "supervision.DetectionDataset.from_yolo(sys.argv[1] + '/images', sys.argv[1] + '/labels', sys.argv[1] + '/data.yaml')\n"
             "print(time.perf_counter() - start)"),
}


def write(folder, count):
    """A COCO file with outlines, and a YOLO folder of boxes with its pictures."""
    from PIL import Image

    rng = random.Random(1)
    width, height = 640, 480
    (folder / "yolo" / "images").mkdir(parents=True)
    (folder / "yolo" / "labels").mkdir()
    (folder / "yolo" / "data.yaml").write_text("train: images\nnames: " + json.dumps(CLASSES) + "\n")
    Image.new("RGB", (width, height)).save(folder / "one.jpg", quality=20)
    photo = (folder / "one.jpg").read_bytes()
    images, annotations = [], []
    for i in range(count):
        name = f"{i:012d}"
        images.append({"id": i + 1, "file_name": f"{name}.jpg", "width": width, "height": height, "license": 1})
        (folder / "yolo" / "images" / f"{name}.jpg").write_bytes(photo)
        lines = []
        for _ in range(OBJECTS):
            w, h = rng.uniform(10, 200), rng.uniform(10, 150)
            x, y = rng.uniform(0, width - w), rng.uniform(0, height - h)
            label = rng.randrange(len(CLASSES))
            ring = [round(v, 2) for _ in range(CORNERS) for v in (rng.uniform(x, x + w), rng.uniform(y, y + h))]
            annotations.append({
                "segmentation": [ring], "area": round(w * h / 2, 4), "iscrowd": 0, "image_id": i + 1,
                "bbox": [round(v, 2) for v in (x, y, w, h)], "category_id": label + 1, "id": len(annotations) + 1})
            lines.append(f"{label} {(x + w / 2) / width:.6f} {(y + h / 2) / height:.6f} {w / width:.6f} {h / height:.6f}\n")
        (folder / "yolo" / "labels" / f"{name}.txt").write_text("".join(lines))
    coco = {"images": images, "annotations": annotations, "categories": [{"id": i + 1, "name": n} for i, n in enumerate(CLASSES)]}
    (folder / "coco").write_text(json.dumps(coco))


def run(command):
    """Wall time, peak memory in MB, and the output."""
    import time

    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command[:3])} ends with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, output


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--pictures", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    tool = str(pathlib.Path(arguments.spaniel).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="spaniel-labels-"))
    failures = 0
    try:
        # In a process of its own: a child's peak memory starts at what its parent holds when it is forked.
        writer = multiprocessing.Process(target=write, args=(folder, arguments.pictures))
        writer.start()
        writer.join()
        if writer.exitcode:
            sys.exit("the sets cannot be written")
        for kind, (peer, script) in PEERS.items():
            place = str(folder / kind)
            ours, theirs = [], []
            for _ in range(arguments.rounds):
                seconds, memory, output = run([tool, "annotations", "check", f"{kind}:{place}", "--json"])
                report = json.loads(output)
                if (report["pictures"], report["objects"]) != (arguments.pictures, arguments.pictures * OBJECTS):
                    sys.exit(f"{kind}: read {report['pictures']} pictures and {report['objects']} objects")
                ours.append((seconds, memory))
                _, memory, output = run([sys.executable, "-c", script, place])
                theirs.append((float(output), memory))
            (a, m), (b, n) = min(ours), min(theirs)
            good = a <= b / 2 and m <= n
            failures += not good
            print(f"{kind}: spaniel {a:.2f} s, {m:.0f} MB; {peer} {b:.2f} s, {n:.0f} MB: {a / b:.2f} of the time, {m / n:.2f} of the memory"
                  f"{'' if good else '   MISSES the goal'}")
    finally:
        shutil.rmtree(folder)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
