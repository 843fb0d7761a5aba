"""Makes JPEGs of 12 megapixels from the example pictures, each another part of one, enlarged, with a camera's noise.

    python photographs.py FOLDER COUNT
"""

import sys
from pathlib import Path

import numpy
from PIL import Image

SIZE = 4000, 3000
EXAMPLES = Path(__file__).resolve().parent.parent / "Examples"


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(1)
    sources = [Image.open(EXAMPLES / f"{name}.jpg").convert("RGB") for name in ("lawn", "shelf", "path", "crowd")]
    for i in range(count):
        path = folder / f"{i:03}.jpg"
        source = sources[i % len(sources)]
        share = random.uniform(0.7, 1)
        width, height = (round(share * side) for side in source.size)
        x, y = (int(random.integers(0, side - part + 1)) for side, part in zip(source.size, (width, height)))
        noise = random.normal(0, 3, (SIZE[1] // 4, SIZE[0] // 4, 1)).repeat(4, 0).repeat(4, 1)
        if not path.exists():
            pixels = numpy.asarray(source.crop((x, y, x + width, y + height)).resize(SIZE, Image.Resampling.BICUBIC), numpy.float32)
            Image.fromarray(numpy.clip(pixels + noise, 0, 255).astype(numpy.uint8)).save(path, quality=92)


if __name__ == "__main__":
    main()
