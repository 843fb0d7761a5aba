"""Sends pictures through `spaniel worker` as Examples/worker.py does, and compares with `spaniel find` and `spaniel evaluate`.

    python worker.py --spaniel PATH

Passes: pycocotools' mask AP of the worker's answers is that of `spaniel find --export` by `spaniel evaluate`, and the answers of
four workers side by side are, byte for byte, those of one.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parents[2]
examples, truth = root / "Examples", root / "Examples" / "truth.coco.json"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    spaniel = str(pathlib.Path(parser.parse_args().spaniel).resolve())
    example = f"boot={examples}/boot.jpg#{examples}/boot-mask.png"
    coco = json.loads(truth.read_text())
    names = [image["file_name"] for image in coco["images"]]

    script = subprocess.run(
        [sys.executable, examples / "worker.py", spaniel, examples, truth], check=True, stdout=subprocess.PIPE, text=True).stdout
    by_pycocotools = float(re.search(r"IoU=0\.50:0\.95 \| area=   all \| maxDets=100 \] = (-?[\d.]+)", script).group(1))
    with tempfile.TemporaryDirectory() as folder:
        found = pathlib.Path(folder) / "found.json"
        subprocess.run(
            [spaniel, "find", "--precision", "float32", "--example", example, "--quiet", "--export", f"coco:{found}", *names], check=True, cwd=examples,
            stdout=subprocess.DEVNULL)
        report = json.loads(subprocess.run(
            [spaniel, "evaluate", "--truth", f"coco:{truth}", "--predictions", f"coco:{found}", "--json", "--quiet"], check=True,
            stdout=subprocess.PIPE).stdout)
    by_spaniel = next(row["ap"] for row in report["masks"]["classes"] if row["class"] == "boot")
    # Both to the three digits that summarize() prints.
    agree = abs(by_spaniel - by_pycocotools) < 1e-3
    print(f"worker: boots' mask AP {by_pycocotools:.3f} by pycocotools, {by_spaniel:.3f} by spaniel evaluate: {'ok' if agree else 'DIFFERENT'}")

    lines = [json.dumps({"id": i, "path": str(examples / name)}) + "\n" for i, name in enumerate(names * 3)]
    command = [spaniel, "worker", "--task", "find", "--precision", "float32", "--example", example]
    one = subprocess.run(command, input="".join(lines), stdout=subprocess.PIPE, text=True, check=True).stdout
    workers = [subprocess.Popen([*command, "--threads", str(k + 1)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for k in range(4)]
    parts = [lines[len(lines) * k // 4:len(lines) * (k + 1) // 4] for k in range(4)]
    answers = [worker.communicate("".join(part))[0] for worker, part in zip(workers, parts)]
    same = "".join(answers) == one and all(worker.returncode == 0 for worker in workers)
    print(f"worker: {len(lines)} lines by four workers with 1 to 4 threads, and by one: {'same bytes' if same else 'DIFFERENT'}")
    sys.exit(not (agree and same))


if __name__ == "__main__":
    main()
