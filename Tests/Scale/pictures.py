"""Pictures for `make scale`: one in a hundred cut off, and among small ones one for which a worker's memory does not suffice."""

import io
import json
import random
import struct
import zlib

import numpy
from PIL import Image


def png(width, height, rows, channels):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(b"\0" + row) for row in rows) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def small(index):
    """A slope of colours with a bright square, at a size of its own."""
    draw = random.Random(index)
    width, height = 40 + draw.randrange(24), 40 + draw.randrange(24)
    left, top, color = draw.randrange(width - 16), draw.randrange(height - 16), draw.randbytes(3)
    ground = [bytes((x * 3 + y * 2 + index * k) & 127 for x in range(width) for k in range(3)) for y in range(height)]
    rows = [row[:left * 3] + color * 16 + row[(left + 16) * 3:] if top <= y < top + 16 else row for y, row in enumerate(ground)]
    return png(width, height, rows, 3)


def make(folder, count, poison=None):
    """Writes the pictures and the lines a worker gets; `poison` is the number of the one that is too large. Returns the lines' file."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lines.jsonl").open("w") as lines:
        for index in range(count):
            path = folder / f"{index // 1000}" / f"{index:06}.png"
            path.parent.mkdir(exist_ok=True)
            if index == poison:
                side = 9000
                path.write_bytes(png(side, side, (bytes(side) for _ in range(side)), 1))
            else:
                data = small(index)
                path.write_bytes(data[:len(data) // 2] if index % 100 == 57 else data)
            print(json.dumps({"id": index, "path": str(path)}), file=lines)
    return str(folder / "lines.jsonl")


def photograph(index):
    """Light, things and grain at a photograph's size, as JPEG: noise of three scales, and some for each pixel."""
    draw = numpy.random.default_rng(index)
    width = int(draw.integers(1600, 3200))
    height = width * 3 // 4
    colors = numpy.full((height, width, 3), 120, numpy.float32)
    for cells, strength in ((6, 90), (40, 40), (400, 18)):
        coarse = draw.normal(0, strength, (cells * 3 // 4, cells, 3)).astype(numpy.float32)
        for k in range(3):
            colors[..., k] += numpy.asarray(Image.fromarray(coarse[..., k]).resize((width, height), Image.Resampling.BICUBIC))
    colors += draw.normal(0, 3, colors.shape)
    file = io.BytesIO()
    Image.fromarray(colors.clip(0, 255).astype(numpy.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()


def photographs(folder, count):
    """As `make`, of 2 to 8 million pixels each: 16 photographs, and further names of theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(16):
        (folder / f"whole{index}").write_bytes(photograph(index))
    cut = folder / "cut"
    data = (folder / "whole0").read_bytes()
    cut.write_bytes(data[:len(data) // 2])
    with (folder / "lines.jsonl").open("w") as lines:
        for index in range(count):
            path = folder / f"{index:06}.jpg"
            path.unlink(missing_ok=True)
            path.hardlink_to(cut if index % 100 == 57 else folder / f"whole{index % 16}")
            print(json.dumps({"id": index, "path": str(path)}), file=lines)
    return str(folder / "lines.jsonl")
