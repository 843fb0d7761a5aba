"""What every opponent is given: one square picture at the model's own size, and one point on it."""

import json
from pathlib import Path

import numpy


def image_size(folder: Path) -> int:
    config = json.loads((folder / "config.json").read_text())
    return config.get("vision_config", {}).get("image_size", 1024)


def pixels(size: int) -> numpy.ndarray:
    """A picture of whole numbers, the one spaniel-bench makes too: [size, size, 3]."""
    y, x = numpy.mgrid[0:size, 0:size]
    return numpy.stack([(x * (c + 1) // 5 + y * (3 - c) // 7 + x * y // 997) & 255 for c in range(3)], -1).astype(numpy.uint8)


def pixel_values(size: int, mean=(0.485, 0.456, 0.406), deviation=(0.229, 0.224, 0.225)) -> numpy.ndarray:
    """The same normalised: [1, 3, size, size]."""
    return ((pixels(size) / 255 - mean) / deviation).transpose(2, 0, 1)[None].astype(numpy.float32)


def point(size: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """One point on the object, x first: [1, 1, 1, 2], and its label, [1, 1, 1]."""
    return numpy.array([[[[0.55 * size, 0.4 * size]]]], numpy.float32), numpy.array([[[1]]], numpy.int64)


def samples(logits: numpy.ndarray) -> str:
    """Every 3,071st logit of the three masks: enough to see that all did the same work."""
    return " ".join(repr(float(value)) for value in numpy.ravel(logits)[::3071])
