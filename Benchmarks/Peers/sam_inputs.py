"""What every opponent is given: one square picture at the model's own size, and one point on it."""

import json
from pathlib import Path

import numpy


def image_size(folder: Path) -> int:
    config = json.loads((folder / "config.json").read_text())
    return config.get("vision_config", {}).get("image_size", 1024)


def pixel_values(size: int) -> numpy.ndarray:
    """Smooth waves and some noise, normalised: [1, 3, size, size]. The time does not depend on the values, so long as they are ordinary."""
    generator = numpy.random.Generator(numpy.random.PCG64(7))
    y, x = numpy.mgrid[0:size, 0:size].astype(numpy.float32) / size
    waves = numpy.stack([numpy.sin(6 * x + 2 * y), numpy.cos(9 * y - x), numpy.sin(13 * x * y)])
    return (waves + 0.1 * generator.standard_normal(waves.shape))[None].astype(numpy.float32)


def point(size: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """One point on the object, x first: [1, 1, 1, 2], and its label, [1, 1, 1]."""
    return numpy.array([[[[0.55 * size, 0.4 * size]]]], numpy.float32), numpy.array([[[1]]], numpy.int64)
