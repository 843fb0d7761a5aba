"""Writes Tests/Goldens/Imaging: small PNG and JPEG files of every kind and the pixels Pillow and transformers make of them.

Pinned: pillow==13.0.0 transformers==5.23.0 numpy (any). Run from the root of the package: python Tests/Goldens/Scripts/imaging.py

NAME.png or NAME.jpg is the input, NAME.ppm what transformers.image_utils.load_image's orientation and convert_to_rgb give (on
white; 16-bit gray by the range of its values, which Pillow clips), NAME.dropped.ppm what convert("RGB") gives where that differs; sums.txt holds checksums of the large ones (name, size,
white, dropped) and resize.txt one per channel count, size, new size and filter.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import transformers
from PIL import Image, ImageOps
from transformers.image_transforms import convert_to_rgb

assert PIL.__version__ == "13.0.0" and transformers.__version__ == "5.23.0"
OUT = Path("Tests/Goldens/Imaging")
OUT.mkdir(parents=True, exist_ok=True)
for old in OUT.iterdir():
    old.unlink()
random = np.random.default_rng(20)


# PNG files that Pillow cannot write: every color type and depth, interlaced or not, with odd chunks.


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(rows, depth, channels):
    """Rows of samples [h, n] as filtered PNG bytes; the five filters take turns."""
    out = b""
    step = max(1, depth * channels // 8)
    above = None
    for number, row in enumerate(rows):
        if depth == 16:
            line = np.frombuffer(row.astype(">u2").tobytes(), np.uint8)
        elif depth == 8:
            line = row.astype(np.uint8)
        else:
            bits = ((row[:, None] >> np.arange(depth - 1, -1, -1)) & 1).astype(np.uint8).reshape(-1)
            line = np.packbits(bits)
        line = line.astype(int)
        above = np.zeros_like(line) if above is None else above
        left = np.concatenate([np.zeros(step, int), line])[: line.size]
        corner = np.concatenate([np.zeros(step, int), above])[: line.size]
        guess = left + above - corner
        distances = np.stack([abs(guess - left), abs(guess - above), abs(guess - corner)])
        paeth = np.choose(distances.argmin(0), [left, above, corner])
        filters = [0 * line, left, above, (left + above) // 2, paeth]
        out += bytes([number % 5]) + ((line - filters[number % 5]) % 256).astype(np.uint8).tobytes()
        above = line
    return out


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(samples, color, depth, interlaced=False, before=b"", after=b"", compress=9):
    """samples: [h, w, channels]; before and after: chunks around the image data."""
    height, width, channels = samples.shape
    if interlaced:
        data = b""
        for x, y, dx, dy in ADAM7:
            part = samples[y::dy, x::dx]
            if part.size:
                data += packed(part.reshape(part.shape[0], -1), depth, channels)
    else:
        data = packed(samples.reshape(height, -1), depth, channels)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    stream = zlib.compress(data, compress)
    half = len(stream) // 2
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before
        + chunk(b"IDAT", stream[:half]) + chunk(b"IDAT", stream[half:]) + after + chunk(b"IEND", b"")
    )


def exif(orientation, order="<", padding=0):
    entries = [(0x010F - i, 3, 1, 7) for i in range(padding, 0, -1)] + [(0x0112, 3, 1, orientation)]
    mark, pack = (b"II*\0", "<") if order == "<" else (b"MM\0*", ">")
    body = struct.pack(pack + "H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack(pack + "HHIHH", tag, kind, count, value, 0)
    return mark + struct.pack(pack + "I", 8) + body + struct.pack(pack + "I", 0)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return value


def by_range(image):
    """16-bit gray in 8 bits, scaled from the fewest bits that hold the largest value; what is transparent is white."""
    values = np.array(image).astype(int)
    bits = 16 if (values % 257 == 0).all() else max(8, int(values.max()).bit_length())
    top = (1 << bits) - 1
    grays = (values * 255 + top // 2) // top
    grays[values == image.info.get("transparency", -1)] = 255
    return np.stack([grays] * 3, axis=-1).astype(np.uint8)


def save(name, data, extension):
    (OUT / f"{name}.{extension}").write_bytes(data)
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    white = by_range(image) if image.mode == "I;16" else convert_to_rgb(image, return_numpy=True)
    dropped = np.array(image.convert("RGB"))
    if white.size > 20000:  # a checksum is enough
        with open(OUT / "sums.txt", "a") as sums:
            sums.write(f"{name} {white.shape[1]} {white.shape[0]} {fnv(white.tobytes()):016x} {fnv(dropped.tobytes()):016x}\n")
        return
    ppm(name, white)
    if not np.array_equal(white, dropped):
        ppm(name + ".dropped", dropped)


def ppm(name, pixels):
    pixels = np.ascontiguousarray(pixels)
    (OUT / f"{name}.ppm").write_bytes(b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


W, H = 21, 13
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
palette = random.integers(0, 256, (256, 3), dtype=np.uint8)
for color, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth in depths:
        for interlaced in (False, True):
            samples = random.integers(0, 1 << depth, (H, W, CHANNELS[color]), dtype=np.uint32)
            if (color, depth) == (0, 16):  # the values around which Pillow clips
                samples[:4] = random.integers(0, 600, (4, W, 1))
            before = chunk(b"PLTE", palette[: 1 << depth].tobytes()) if color == 3 else b""
            name = f"png-{('gray', '', 'rgb', 'palette', 'graya', '', 'rgba')[color]}{depth}" + ("-interlaced" if interlaced else "")
            save(name, png(samples, color, depth, interlaced, before), "png")
            if interlaced and color in (0, 2):  # one transparent value
                key = samples[5, 5] if (color, depth) != (0, 16) else samples[1, 5]
                samples[7:9, 3:9] = key
                transparent = chunk(b"tRNS", b"".join(struct.pack(">H", v) for v in key))
                save(name.replace("-interlaced", "-key"), png(samples, color, depth, False, transparent), "png")
            if interlaced and color == 3:
                alphas = random.integers(0, 256, 1 << depth, dtype=np.uint8).tobytes()
                save(name.replace("-interlaced", "-alphas"), png(samples, color, depth, False, before + chunk(b"tRNS", alphas[:-1])), "png")
                save(name.replace("-interlaced", "-one"), png(samples, color, depth, False, before + chunk(b"tRNS", b"\xff\x00")), "png")

# Values Pillow compares in its own way: a 16-bit key against the low byte, a 2-bit key that looks like an 8-bit value.
samples = random.integers(0, 300, (H, W, 1), dtype=np.uint32)
save("png-gray16-lowkey", png(samples, 0, 16, False, chunk(b"tRNS", struct.pack(">H", 0x0300 + int(min(samples[0, 0, 0], 255))))), "png")
samples = random.integers(0, 4, (H, W, 1), dtype=np.uint32)
save("png-gray2-scaledkey", png(samples, 0, 2, False, chunk(b"tRNS", struct.pack(">H", 0xAA))), "png")
samples = random.integers(0, 256, (H, W, 1), dtype=np.uint32)
save("png-palette-short", png(samples % 7, 3, 8, False, chunk(b"PLTE", palette[:7].tobytes())), "png")
save("png-palette-beyond", png(samples % 9, 3, 8, False, chunk(b"PLTE", palette[:7].tobytes())), "png")
save("png-1x1", png(samples[:1, :1], 0, 8), "png")
# Every pair of a gray value and an alpha.
pairs = np.stack(np.meshgrid(np.arange(256), np.arange(256)), axis=-1).astype(np.uint32)
save("png-graya-all", png(pairs, 4, 8), "png")
rgb = random.integers(0, 256, (H, W, 3), dtype=np.uint32)
text = chunk(b"tEXt", b"Comment\0spaniel") + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"spaniel")) + chunk(b"gAMA", struct.pack(">I", 100000))
save("png-chunks", png(rgb, 2, 8, False, text + chunk(b"iCCP", b"x\0\0" + zlib.compress(b"y" * 200)), chunk(b"tIME", bytes(7))), "png")

# Orientations: in eXIf before or after the pixels, of either byte order, in APP1 of a JPEG, and in XMP.
for number in range(1, 9):
    order = "<>"[number % 2]
    block = chunk(b"eXIf", exif(number, order, padding=number))
    save(f"png-orientation{number}", png(rgb, 2, 8, False, *((block, b"") if number % 2 else (b"", block))), "png")
xmp = b'XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta tiff:Orientation="6"/>'
save("png-orientation-xmp", png(rgb, 2, 8, False, chunk(b"iTXt", xmp)), "png")

yy, xx = np.mgrid[0:29, 0:43]
photo = np.stack([128 + 100 * np.sin(xx / 5), 128 + 100 * np.cos(yy / 4), (xx * 3 + yy * 5) % 256], axis=-1).clip(0, 255).astype(np.uint8)
photo = (photo.astype(int) + random.integers(-20, 20, photo.shape)).clip(0, 255).astype(np.uint8)


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


image = Image.fromarray(photo)
for number in range(1, 9):
    data = jpeg(image, quality=80, exif=b"Exif\0\0" + exif(number, "<>"[number % 2], padding=number))
    save(f"jpeg-orientation{number}", data, "jpg")
save("jpeg-xmp", jpeg(image, quality=80, xmp=b"<a><tiff:Orientation>8</tiff:Orientation></a>"), "jpg")
for subsampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1"):
    for progressive in (False, True):
        name = "jpeg-" + subsampling.replace(":", "") + ("-progressive" if progressive else "")
        save(name, jpeg(image, quality=85, subsampling=subsampling, progressive=progressive), "jpg")
save("jpeg-gray", jpeg(image.convert("L"), quality=85), "jpg")
save("jpeg-gray-progressive", jpeg(image.convert("L"), quality=85, progressive=True), "jpg")
save("jpeg-restarts", jpeg(image, quality=85, restart_marker_blocks=2), "jpg")
save("jpeg-rgb", jpeg(image, quality=90, keep_rgb=True), "jpg")
inks = random.integers(0, 256, (29, 43, 4), dtype=np.uint8)
inks = np.concatenate([photo, (255 - photo[..., :1]) // 2], axis=-1)
save("jpeg-cmyk", jpeg(Image.fromarray(inks, "CMYK"), quality=95), "jpg")
save("jpeg-cmyk-progressive", jpeg(Image.fromarray(inks, "CMYK"), quality=95, progressive=True), "jpg")
# YCCK: the same entropy-coded data with Adobe's transform number 2.
data = jpeg(Image.fromarray(inks, "CMYK"), quality=95)
at = data.index(b"Adobe")
save("jpeg-ycck", data[: at + 11] + b"\x02" + data[at + 12 :], "jpg")


# Resizing. The input is a formula that the test repeats; a checksum (FNV-1a, 64 bits) says which output is right.


def formula(width, height, channels):
    values = np.empty(width * height * channels, dtype=np.uint8)
    state = 12345
    for index in range(values.size):
        state = (state * 1103515245 + 12345) % (1 << 31)
        values[index] = state >> 16 & 255
    return values.reshape(height, width, channels)


FILTERS = {"nearest": Image.NEAREST, "box": Image.BOX, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
SIZES = [(37, 23), (1, 1), (1, 23), (37, 1), (36, 24), (38, 22), (37, 50), (80, 23), (5, 7), (13, 90), (111, 69), (64, 64), (200, 3), (2, 2)]
INPUTS = [(37, 23), (1, 1), (3, 200), (128, 96), (255, 17)]
lines = []
for channels in (3, 1):
    for width, height in INPUTS:
        pixels = formula(width, height, channels)
        source = Image.fromarray(pixels if channels == 3 else pixels[..., 0])
        for to in SIZES:
            for name, number in FILTERS.items():
                resized = np.array(source.resize(to, number))
                lines.append(f"{channels} {width} {height} {to[0]} {to[1]} {name} {fnv(resized.tobytes()):016x}")
(OUT / "resize.txt").write_text("\n".join(lines) + "\n")
