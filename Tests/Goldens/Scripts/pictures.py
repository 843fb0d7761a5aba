"""Writes Tests/Goldens/Pictures: small WebP, TIFF, HEIC and AVIF files of every kind and the pixels Pillow and transformers make of them.

Pinned: pillow==13.0.0 pillow-heif==1.8.1 transformers==5.23.0 numpy (any). Run from the root of the package:
python Tests/Goldens/Scripts/pictures.py

NAME.EXTENSION is the input, NAME.ppm what is right: the orientation and convert_to_rgb of transformers.image_utils (on white), but 16-bit
gray by the range of its values (`by_range`); NAME.dropped.ppm what convert("RGB") gives where that differs. Where Pillow reads a kind of
TIFF wrongly or not at all, the pixels that were written are what is right, and the line says so.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL
import pillow_heif
import transformers
from PIL import Image, ImageOps
from transformers.image_transforms import convert_to_rgb

assert PIL.__version__ == "13.0.0" and pillow_heif.__version__ == "1.8.1" and transformers.__version__ == "5.23.0"
pillow_heif.register_heif_opener()
OUT = Path("Tests/Goldens/Pictures")
OUT.mkdir(parents=True, exist_ok=True)
for old in OUT.iterdir():
    old.unlink()
random = np.random.default_rng(18)


def ppm(name, pixels):
    pixels = np.ascontiguousarray(pixels)
    (OUT / f"{name}.ppm").write_bytes(b"P6 %d %d 255\n" % (pixels.shape[1], pixels.shape[0]) + pixels.tobytes())


def by_range(values):
    """16-bit gray [h, w] in 8 bits, scaled from the fewest bits that hold the largest value."""
    values = values.astype(int)
    bits = 16 if (values % 257 == 0).all() else max(8, int(values.max()).bit_length())
    top = (1 << bits) - 1
    gray = (values * 255 + top // 2) // top
    return np.stack([gray] * 3, axis=-1).astype(np.uint8)


def save(name, extension, data, expected=None, dropped=True):
    """`expected`: the pixels where Pillow's are not what is right."""
    (OUT / f"{name}.{extension}").write_bytes(data)
    if expected is not None:
        ppm(name, expected)
        if not dropped:
            return
    image = Image.open(io.BytesIO(data))
    image.load()
    image = ImageOps.exif_transpose(image)
    white = convert_to_rgb(image, return_numpy=True)
    if expected is None:
        ppm(name, white)
    pixels = np.array(image.convert("RGB"))
    if not np.array_equal(white if expected is None else expected, pixels):
        ppm(name + ".dropped", pixels)


def written(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def exif(orientation):
    return b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">H", orientation) + b"\0\0\0\0\0\0"


W, H = 23, 14
yy, xx = np.mgrid[0:H, 0:W]
rgb = np.stack([xx * 11, yy * 18, (xx * 5 + yy * 9) % 256], axis=-1).astype(np.uint8)
rgb[3:7, 5:11] = random.integers(0, 256, (4, 6, 3))
alpha = ((xx * 30 + yy * 7) % 256).astype(np.uint8)
alpha[:, :4] = 255
alpha[:, -3:] = 0
picture = Image.fromarray(rgb)
cut_out = Image.fromarray(np.dstack([rgb, alpha]))
gray = picture.convert("L")

# WebP: lossless and lossy, alpha in both, an animation whose first picture leaves a border free, EXIF and XMP.
save("webp-lossless", "webp", written(picture, "WEBP", lossless=True))
save("webp-lossy", "webp", written(picture, "WEBP", quality=60))
save("webp-lossless-alpha", "webp", written(cut_out, "WEBP", lossless=True, exact=True))
save("webp-lossy-alpha", "webp", written(cut_out, "WEBP", quality=60, exact=True))
frames = [cut_out, Image.new("RGBA", (W, H), (9, 200, 30, 255))]
save("webp-animated", "webp", written(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True))
save("webp-animated-lossy", "webp", written(picture, "WEBP", save_all=True, append_images=[gray.convert("RGB")], quality=70))


def riff(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def pieces(data):
    at, out = 12, {}
    while at < len(data):
        length = struct.unpack("<I", data[at + 4 : at + 8])[0]
        out[data[at : at + 4]] = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return out


def three(number):
    return struct.pack("<I", number)[:3]


for name, options in (("webp-animated-corner", dict(lossless=True, exact=True)), ("webp-animated-corner-lossy", dict(quality=70, exact=True))):
    small = cut_out.crop((0, 0, 11, 8))
    parts = pieces(written(small, "WEBP", **options))
    body = b"".join(riff(kind, data) for kind, data in parts.items() if kind in (b"ALPH", b"VP8 ", b"VP8L"))
    frame = three(2) + three(1) + three(10) + three(7) + three(100) + b"\x02" + body
    body = riff(b"VP8X", b"\x12\0\0\0" + three(W - 1) + three(H - 1)) + riff(b"ANIM", b"\xff" * 4 + b"\0\0") + riff(b"ANMF", frame) + riff(b"ANMF", frame)
    save(name, "webp", b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)
for number in range(1, 9):
    save(f"webp-orientation{number}", "webp", written(picture, "WEBP", lossless=True, exif=exif(number)))
save("webp-orientation-xmp", "webp", written(picture, "WEBP", lossless=True, xmp=b'<x tiff:Orientation="6"/>'))

# TIFF, by Pillow: compressions, palette, inks, 1 bit, alpha, orientation.
for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
    name = "tiff-rgb8" + ("" if compression is None else "-" + compression.replace("tiff_", ""))
    save(name, "tif", written(picture, "TIFF", compression=compression))
save("tiff-gray8", "tif", written(gray, "TIFF", compression="tiff_lzw"))
save("tiff-gray1", "tif", written(picture.convert("1"), "TIFF"))
save("tiff-gray1-fax", "tif", written(picture.convert("1"), "TIFF", compression="group4"))
save("tiff-palette8", "tif", written(picture.quantize(20), "TIFF"))
save("tiff-inks8", "tif", written(picture.convert("CMYK"), "TIFF", compression="tiff_lzw"))
save("tiff-rgba8", "tif", written(cut_out, "TIFF", compression="tiff_lzw"))
save("tiff-graya8", "tif", written(cut_out.convert("LA"), "TIFF"))
save("tiff-ycbcr8", "tif", written(picture.convert("YCbCr"), "TIFF"))
save("tiff-two-pages", "tif", written(picture, "TIFF", save_all=True, append_images=[gray.resize((5, 4))]))
for number in range(1, 9):
    save(f"tiff-orientation{number}", "tif", written(picture, "TIFF", tiffinfo={274: number}))


# TIFF, byte by byte: what Pillow does not write.
def tiff(samples, bits, photometric, order="<", big=False, separate=False, tile=None, rows=None, tags=(), deflate=False, sample_format=None):
    """samples: [h, w, n]."""
    height, width, count = samples.shape

    def packed(part):
        """Rows of [h, n] samples."""
        if bits in (8, 16):
            return part.astype(order + ("u1" if bits == 8 else "u2")).tobytes()
        spread = ((part[..., None].astype(int) >> np.arange(bits - 1, -1, -1)) & 1).astype(np.uint8)
        return b"".join(np.packbits(row.reshape(-1)).tobytes() for row in spread)

    planes = [samples[..., i : i + 1] for i in range(count)] if separate else [samples]
    blocks = []
    for plane in planes:
        if tile:
            th, tw = tile
            full = np.zeros((-(-height // th) * th, -(-width // tw) * tw, plane.shape[2]), plane.dtype)
            full[:height, :width] = plane
            for y in range(0, full.shape[0], th):
                for x in range(0, full.shape[1], tw):
                    blocks.append(packed(full[y : y + th, x : x + tw].reshape(th, -1)))
        else:
            step = rows or height
            for y in range(0, height, step):
                blocks.append(packed(plane[y : y + step].reshape(-1, width * plane.shape[2])))
    if deflate:
        blocks = [zlib.compress(block, 9) for block in blocks]
    head = 16 if big else 8
    data, places = b"", []
    for block in blocks:
        places.append(head + len(data))
        data += block + b"\0" * (len(block) % 2)
    fields = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * count), 259: (3, [8 if deflate else 1]), 262: (3, [photometric]),
              277: (3, [count]), 284: (3, [2 if separate else 1])}
    where, sizes = (324, 325) if tile else (273, 279)
    fields[where] = (4, places)
    fields[sizes] = (4, [len(block) for block in blocks])
    if tile:
        fields[322], fields[323] = (3, [tile[1]]), (3, [tile[0]])
    else:
        fields[278] = (4, [rows or height])
    if sample_format:
        fields[339] = (3, [sample_format] * count)
    fields.update(tags)
    at = head + len(data)
    entry = 20 if big else 12
    directory_size = (8 if big else 2) + entry * len(fields) + (8 if big else 4)
    later, directory = b"", struct.pack(order + ("Q" if big else "H"), len(fields))
    for tag, (kind, values) in sorted(fields.items()):
        raw = b"".join(struct.pack(order + {3: "H", 4: "I"}[kind], v) for v in values)
        room = 8 if big else 4
        if len(raw) > room:
            place = struct.pack(order + ("Q" if big else "I"), at + directory_size + len(later))
            later += raw + b"\0" * (len(raw) % 2)
        else:
            place = raw + b"\0" * (room - len(raw))
        directory += struct.pack(order + "HH" + ("Q" if big else "I"), tag, kind, len(values)) + place
    directory += b"\0" * (8 if big else 4)
    mark = b"II" if order == "<" else b"MM"
    if big:
        start = mark + struct.pack(order + "HHHQ", 43, 8, 0, at)
    else:
        start = mark + struct.pack(order + "HI", 42, at)
    return start + data + directory + later


g16 = random.integers(0, 65536, (H, W, 1))
g12 = (xx * 170 + yy * 20)[..., None] % 4096
for order in "<>":
    side = "little" if order == "<" else "big"
    save(f"tiff-gray16-{side}", "tif", tiff(g16, 16, 1, order), by_range(g16[..., 0]))
    save(f"tiff-gray16-of12-{side}", "tif", tiff(g12, 16, 1, order), by_range(g12[..., 0]))
    wide = random.integers(0, 65536, (H, W, 3))
    save(f"tiff-rgb16-{side}", "tif", tiff(wide, 16, 2, order))
save("tiff-gray16-eight", "tif", tiff(np.asarray(gray).astype(int)[..., None] * 257, 16, 1), np.asarray(gray.convert("RGB")))
save("tiff-gray16-small", "tif", tiff(np.asarray(gray).astype(int)[..., None], 16, 1), np.asarray(gray.convert("RGB")))
save("tiff-gray12", "tif", tiff(g12[:, :22], 12, 1), by_range(g12[:, :22, 0]))
# Pillow reads white-is-zero of 16 bits as black-is-zero.
save("tiff-gray16-white", "tif", tiff(65535 - g16, 16, 0), by_range(g16[..., 0]), dropped=False)
save("tiff-gray16-signed", "tif", tiff(np.where(yy > 9, 65536 - xx - 1, g12[..., 0])[..., None], 16, 1, sample_format=2), by_range(np.where(yy > 9, 0, g12[..., 0])), dropped=False)
# Colors that fit 12 bits would be black by their high bytes.
low = random.integers(0, 4096, (H, W, 3))
save("tiff-rgb16-of12", "tif", tiff(low, 16, 2), ((low * 255 + 2047) // 4095).astype(np.uint8))
for bits in (1, 2, 4, 8):
    values = random.integers(0, 1 << bits, (H, W, 1))
    save(f"tiff-gray{bits}-white", "tif", tiff(values, bits, 0, ">"))
    save(f"tiff-gray{bits}-black", "tif", tiff(values, bits, 1))
    colors = random.integers(0, 65536, 3 << bits).tolist()
    save(f"tiff-palette{bits}-plain", "tif", tiff(values, bits, 3, tags={320: (3, colors)}))
# A palette of 8-bit colors, which libtiff reads as such and Pillow as black.
values = random.integers(0, 256, (H, W, 1))
colors = random.integers(0, 256, (3, 256))
save("tiff-palette8-small", "tif", tiff(values, 8, 3, tags={320: (3, colors.reshape(-1).tolist())}), colors.T[values[..., 0]].astype(np.uint8), dropped=False)
save("tiff-rgb8-separate", "tif", tiff(rgb, 8, 2, separate=True, deflate=True, rows=5))
save("tiff-rgb8-strips", "tif", tiff(rgb, 8, 2, ">", rows=3))
save("tiff-rgb8-tiles", "tif", tiff(rgb, 8, 2, tile=(16, 16), deflate=True))
# Pillow 13 does not read separate planes of tiles alike; the pixels that were written are right.
save("tiff-rgb8-tiles-separate", "tif", tiff(rgb, 8, 2, tile=(16, 16), separate=True, deflate=True), rgb, dropped=False)
save("tiff-gray16-tiles", "tif", tiff(g16, 16, 1, tile=(16, 16), deflate=True), by_range(g16[..., 0]))
save("tiff-gray1-tiles", "tif", tiff(g16 % 2, 1, 1, tile=(16, 16), deflate=True), np.repeat((g16 % 2 * 255).astype(np.uint8), 3, axis=2), dropped=False)
# Pillow 13 reads BigTIFF of one byte order only.
save("tiff-big", "tif", tiff(rgb, 8, 2, big=True))
save("tiff-big-endian-big", "tif", tiff(rgb, 8, 2, ">", big=True), rgb, dropped=False)
four = np.dstack([rgb, alpha])
for number, name in ((0, "unknown"), (1, "multiplied"), (2, "plain")):
    part = four.copy()
    if number == 1:
        part[..., :3] = part[..., :3].astype(int) * alpha[..., None] // 255
    save(f"tiff-rgba8-{name}", "tif", tiff(part, 8, 2, tags={338: (3, [number])}))
save("tiff-rgba8-unsaid", "tif", tiff(four, 8, 2))
save("tiff-rgba16", "tif", tiff(four.astype(int) * 257, 16, 2, tags={338: (3, [2])}))
save("tiff-graya8-plain", "tif", tiff(four[..., 2:], 8, 1, tags={338: (3, [2])}))
save("tiff-inks16", "tif", tiff(random.integers(0, 65536, (H, W, 4)), 16, 5))
# Bands of a satellite: Pillow reads none of them.
bands = random.integers(0, 256, (H, W, 5))
save("tiff-bands8", "tif", tiff(bands, 8, 1, tags={338: (3, [0] * 4)}), bands[..., :3].astype(np.uint8), dropped=False)

# HEIC without loss: 4:4:4, RGB as it is (matrix 0); with alpha; turned by irot and imir, with EXIF that says the same.
lossless = dict(quality=-1, chroma=444, matrix_coefficients=0)
save("heic-lossless", "heic", written(picture, "HEIF", **lossless))
save("heic-alpha", "heic", written(cut_out, "HEIF", **lossless))
save("heic-gray", "heic", written(gray, "HEIF", quality=-1, chroma=444))
for number in (1, 2, 3, 6, 8):
    save(f"heic-orientation{number}", "heic", written(picture, "HEIF", exif=exif(number), **lossless))
# AVIF, which Pillow reads by libavif.
lossless = dict(quality=100, subsampling="4:4:4", range="full")
save("avif-lossless", "avif", written(picture, "AVIF", **lossless))
save("avif-alpha", "avif", written(cut_out, "AVIF", **lossless))
for number in range(1, 9):
    save(f"avif-orientation{number}", "avif", written(picture, "AVIF", exif=exif(number), **lossless))
