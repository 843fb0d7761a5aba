"""The data as one small file, for a machine without network: WebP pictures and the index in a zip.

    python pack.py write data.zip              # <root>/data → 40 MB
    python pack.py read data.zip --root DIR    # → DIR/data

Objects are packed at their largest stored size (256 pixels or less); the smaller ones are made again when it is read. The pictures are slightly
compressed, so that what is trained from a pack differs a little from what is trained from the packages.
"""

import argparse
import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from compose import Library
from fetch import default_root, pyramid, write_set

QUALITY = dict(objects=80, backgrounds=72)


def write(data: Path, out: Path):
    index = json.loads((data / "index.json").read_text())
    part = out.with_name(out.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("index.json"), json.dumps(index), zipfile.ZIP_DEFLATED)
        for name, mode, raw in (("objects", "RGBA", "RGBa"), ("backgrounds", "RGB", "RGB")):
            pixels = np.memmap(data / f"{name}.bin", np.uint8, "r")
            for number, record in enumerate(index[name]):
                offset, height, width = record["levels"][0]
                picture = Image.frombytes(raw, (width, height), pixels[offset : offset + height * width * len(mode)].tobytes()).convert(mode)
                packed = io.BytesIO()
                picture.save(packed, "WEBP", quality=QUALITY[name], method=4, alpha_quality=90)
                archive.writestr(zipfile.ZipInfo(f"{name}/{number}.webp"), packed.getvalue())
    os.replace(part, out)
    print(f"{out}: {out.stat().st_size / 2**20:.1f} MiB")


def read(packed: Path, data: Path):
    with zipfile.ZipFile(packed) as archive:
        index = json.loads(archive.read("index.json"))
        picture = lambda name, number: Image.open(io.BytesIO(archive.read(f"{name}/{number}.webp")))
        data.mkdir(parents=True, exist_ok=True)
        index["objects"] = write_set(data, "objects", ((r, pyramid(picture("objects", i).convert("RGBA"))) for i, r in enumerate(index["objects"])))
        index["backgrounds"] = write_set(data, "backgrounds", ((r, [np.asarray(picture("backgrounds", i).convert("RGB"))]) for i, r in enumerate(index["backgrounds"])))
    (data / "index.json.part").write_text(json.dumps(index))
    os.replace(data / "index.json.part", data / "index.json")
    library = Library(data.parent)
    print(f"{data}: {len(library.objects)} objects and {len(library.backgrounds)} backgrounds to train on")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("direction", choices=["write", "read"])
    parser.add_argument("pack", type=Path)
    parser.add_argument("--root", type=Path, default=default_root())
    arguments = parser.parse_args()
    if arguments.direction == "write":
        write(arguments.root / "data", arguments.pack)
    elif (arguments.root / "data/index.json").exists():
        sys.exit(f"{arguments.root}/data exists; remove it or give another --root")
    else:
        read(arguments.pack, arguments.root / "data")


if __name__ == "__main__":
    main()
