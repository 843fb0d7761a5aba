"""The answers of our own engine: what `--engine PATH/TO/spaniel` measures in place of PyTorch.

Prompts and texts go through one `spaniel worker` a model, a line each. What a worker's line cannot say is asked by a process a picture: a click's
single mask and PerSAM's peak (`spaniel tensors`), and everything by example (`spaniel find`, `spaniel detect`), since a worker's examples stand on its
command line. Everything is computed in float32 with the tool's own defaults, unless a method here says otherwise.
"""

import base64
import io
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from pycocotools import mask as run_lengths
from safetensors.numpy import load_file


def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "png", compress_level=1)
    return file.getvalue()


def pixels_of(found):
    """A record's mask, [height, width] bool."""
    return run_lengths.decode(found["mask"]).astype(bool)


class Engine:
    def __init__(self, spaniel, weights, threads):
        """weights: a folder in the hub's layout."""
        self.spaniel, self.weights = str(Path(spaniel).resolve()), Path(weights).resolve()
        self.common = ["--model", str(self.weights), "--precision", "float32", "--threads", str(threads)]
        self.place = tempfile.TemporaryDirectory()
        self.folder = Path(self.place.name)
        config = json.loads((self.weights / "config.json").read_text())
        self.kind, self.side = config["model_type"], config["vision_config"]["image_size"]
        version = subprocess.run([self.spaniel, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        self.source = f"{weights} by spaniel {version}"
        self.worker = None

    def save(self, name, array):
        file = self.folder / f"{name}.png"
        file.write_bytes(png(array))
        return str(file)

    def open(self, picture):
        """A picture [h, w, 3] that is asked about several times, as a worker's lines hold it and as a file."""
        return dict(bytes_b64=base64.b64encode(png(picture)).decode()), self.save("picture", picture)

    def ask(self, task, line, *options):
        """One line's objects, from a worker that goes on as long as this does."""
        if self.worker is None:
            command = [self.spaniel, "worker", "--task", task, *self.common, *options]
            self.worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.worker.stdin.write(json.dumps(line) + "\n")
        answer = json.loads(self.worker.stdout.readline())
        if not answer["ok"]:
            raise SystemExit(f"{task}: {answer['error']['message']}")
        return answer["objects"]

    def run(self, *arguments, refusal=None):
        """One picture's record; None where the tool refuses it in these words."""
        command = [self.spaniel, *map(str, arguments), *self.common]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode and refusal and refusal in done.stderr:
            return None
        if done.returncode:
            raise SystemExit(f"{' '.join(command)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout else {}

    def tensors(self, *arguments):
        file = self.folder / "tensors.safetensors"
        self.run("tensors", *arguments, "-o", file)
        return load_file(file)


class EngineSAM(Engine):
    """sam-nano's answers."""

    def click(self, picture, x, y):
        """The single mask of a click, and the one of three with the best score: what `spaniel mask` gives for one point."""
        line, file = picture
        logits = torch.from_numpy(self.tensors("sam", "--image", file, "--point", f"{x},{y}")["low_res_masks"][0])
        height, width = Image.open(file).size[::-1]
        assert height == width, "scenes are square, so that nothing is padded"
        full = F.interpolate(F.interpolate(logits, (self.side, self.side), mode="bilinear"), (height, width), mode="bilinear")
        best = self.ask("mask", line | dict(points=[[x, y]]))
        return (full[0, 0] > 0).numpy(), pixels_of(best[0]) if best else np.zeros((height, width), bool)

    def box(self, picture, box):
        found = self.ask("mask", picture[0] | dict(box=[float(edge) for edge in box]))
        return pixels_of(found[0]) if found else np.zeros(Image.open(picture[1]).size[::-1], bool)

    def single(self, reference, mask, test):
        """PerSAM's one object: `find --single`, `find --single --faithful` and the latter's most similar pixel."""
        example = [self.save("reference", reference), self.save("mask", mask.astype(np.uint8) * 255)]
        file = self.save("test", test)
        objects = self.run("find", "--json", "--quiet", "--single", "--example", f"{example[0]}#{example[1]}", file)["objects"]
        faithful = self.tensors("persam", "--faithful", "--image", file, "--reference", example[0], "--mask", example[1])
        empty = np.zeros(test.shape[:2], bool)
        x, y = faithful["points"][0].astype(int)
        return dict(
            single=pixels_of(objects[0]) if objects else empty, single_faithful=faithful["mask"] > 0 if "mask" in faithful else empty
        ), (x, y)  # fmt: skip

    def every(self, reference, mask, test, threshold):
        """The masks of `find`, best first, and the best score, also where it is below the threshold."""
        example = f"{self.save('reference', reference)}#{self.save('mask', mask.astype(np.uint8) * 255)}"
        command = ["find", "--json", "--quiet", "--example", example, self.save("test", test)]
        found = self.run(*command, *(["--threshold", threshold] if threshold is not None else []))["objects"]
        weak = found or self.run(*command, "--threshold", "0")["objects"]
        return [pixels_of(each) for each in found], weak[0]["score"] if weak else 0.0


class EngineOwl(Engine):
    """owlvit-nano's answers."""

    def texts(self, picture, texts):
        """Every box and its score of each text by itself."""
        line, _ = self.open(picture)
        asked = lambda text: self.ask("detect", line | dict(texts=[f"object={text}"]), "--threshold", "0.01", "--nms", "1", "--max-objects", "100000")
        return [self.boxes(asked(text)) for text in texts]

    def boxes(self, found, score="score"):
        values = [each["score"] if score == "score" else each["scores"][score] for each in found]
        return np.array([each["box"] for each in found], float).reshape(-1, 4), np.array(values, float)

    def examples(self, references, picture, counts):
        """Every box by the first so many examples: scored by the model's sigmoid, as the definition has it, and by the tool's own score."""
        files = [(self.save(f"reference{i}", each), box) for i, (each, box) in enumerate(references)]
        test, answers = self.save("test", picture), {}
        for count in counts:
            shown = [part for file, box in files[:count] for part in ("--example", f"{file}#box={','.join(map(str, map(float, box)))}")]
            command = ["detect", "--json", "--quiet", "--threshold", "0", "--nms", "1", "--max-objects", 100000, *shown, test]
            # An example that no box of the model overlaps by 0.3 is refused; the message advises to leave the selection out.
            record = self.run(*command, "--selection", "iou", refusal="leave out --selection iou") or self.run(*command)
            found = record["objects"]
            answers[f"example_ap50_{count}"] = self.boxes(found, "sigmoid")
            answers[f"example_ap50_{count}_shown"] = self.boxes(found)
        return answers


class EngineCLIPSeg(Engine):
    """clipseg-nano's answers."""

    def masks(self, picture, texts):
        """For each text by itself the pixels above probability 0.5, less the tool's specks: regions under 1/2000 of the picture."""
        line, _ = self.open(picture)
        empty = np.zeros(picture.shape[:2], bool)
        for text in texts:
            found = self.ask("segment", line | dict(texts=[f"object={text}"]), "--threshold", "0.5")
            yield np.any([pixels_of(each) for each in found], 0) if found else empty
