"""Fetches the Debian packages and builds the object and background sets that every model here is trained on.

    python fetch.py                      # into ~/.cache/spaniel-training (or $SPANIEL_TRAINING, or --root)

Written under <root>/data:
    objects.bin, backgrounds.bin   pictures already scaled, one after another (memory-mapped by compose.py)
    index.json                     for each: id, names, group, split, licence, and where its pixels lie

An object's pixels are premultiplied RGBA, halved again and again, so that a small copy is drawn from a small picture.
Held out (never trained on): every id whose SHA-256 begins with a byte below 26. Ids are `package/path`, the path being the
one inside the package (for OpenArena's textures the one inside its zip), for emoji `fonts-noto-color-emoji/U+XXXX`.
"""

import argparse
import hashlib
import io
import json
import os
import re
import subprocess
import unicodedata
import urllib.parse
import urllib.request
import warnings
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

# name, version, SHA-256 of the .deb, folder in Debian's pool
PACKAGES = [
    ("tuxpaint-stamps-default", "2022.06.04-1", "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34", "t/tuxpaint-stamps"),
    ("openclipart-png", "1:0.18+dfsg-19", "f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02", "o/openclipart"),
    ("fonts-noto-color-emoji", "2.042-0+deb12u1", "a5ab0f69c7938423862320d9aca5dd187b3fd879d6a9a57dd52e17c3fa8d2751", "f/fonts-noto-color-emoji"),
    ("gnome-backgrounds", "43.1-1", "a670dea21572652127d6e55f9cdb3a226d0037854fdbfd037003c7d00ee0dc4e", "g/gnome-backgrounds"),
    ("mate-backgrounds", "1.26.0-1", "7bf4c2209f34b4f61ba6d24c8b58c28b361e82e4b943aae6d42c030169af9e04", "m/mate-backgrounds"),
    ("lomiri-wallpapers-20.04", "20.04.0-2", "d44e89b8473aafe64a5b678f014862dc31335aaaf18665c544d985d854f1a709", "l/lomiri-wallpapers"),
    ("openarena-081-textures", "0.8.5split-14", "72bf05abd5286a1523b56ca04e25bceb775813d747f92ecd20749d512361a81f", "o/openarena-081-textures"),
]
HELD_OUT_BELOW = 26
Image.MAX_IMAGE_PIXELS = 60_000_000  # warns above this, skips the picture above twice this
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
OBJECT_SIDE = 256
BACKGROUND_SIDE = 1024
TEXTURE_SIDE = 256

# OpenClipart's folders of things; the rest are icons, flags, signs, arrows, playing cards, stick figures and patterns.
CLIPART_FOLDERS = (
    "animals buildings computer/hardware containers decorations education electronics food office people/clothing plants "
    "recreation/games/chess recreation/holiday recreation/music recreation/party recreation/religion recreation/sports "
    "recreation/toys science tools transportation unsorted"
).split()
LICENCES = {
    "tuxpaint-stamps-default": "GPL-2.0-or-later",
    "openclipart-png": "public domain",
    "fonts-noto-color-emoji": "OFL-1.1",
    "gnome-backgrounds": "CC-BY-SA-3.0 and GPL-2.0-or-later",
    "mate-backgrounds": "GPL-2.0-or-later, some CC-BY-SA-4.0",
    "lomiri-wallpapers-20.04": "CC-BY-SA-3.0",
    "openarena-081-textures": "GPL-2.0-or-later",
}


def default_root():
    return Path(os.environ.get("SPANIEL_TRAINING", "~/.cache/spaniel-training")).expanduser()


def held_out(identifier):
    return hashlib.sha256(identifier.encode()).digest()[0] < HELD_OUT_BELOW


def fetch(packages: Path):
    """Downloads each package (apt where there is one, else Debian's pool), checks its SHA-256 and unpacks it."""
    packages.mkdir(parents=True, exist_ok=True)
    for name, version, sha256, pool in PACKAGES:
        tree = packages / "tree" / name
        if tree.exists():
            continue
        deb = packages / f"{name}_{urllib.parse.quote(version, safe='+').lower()}_all.deb"
        if not deb.exists():
            print(f"fetching {name} {version}", flush=True)
            apt = subprocess.run(["apt-get", "download", f"{name}={version}"], cwd=packages, capture_output=True)
            if apt.returncode != 0:
                file = f"{name}_{version.split(':')[-1]}_all.deb"
                url = f"https://deb.debian.org/debian/pool/main/{pool}/{file}"
                with urllib.request.urlopen(url) as answer, open(deb.with_suffix(".part"), "wb") as out:
                    while block := answer.read(1 << 20):
                        out.write(block)
                deb.with_suffix(".part").rename(deb)
        found = hashlib.sha256(deb.read_bytes()).hexdigest()
        if found != sha256:
            raise SystemExit(f"{deb}: SHA-256 is {found}, expected {sha256}: another version makes another set of objects; delete it to fetch again")
        partial = tree.with_name(name + ".part")
        partial.mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg-deb", "-x", deb, partial], check=True)
        partial.rename(tree)


# --- objects -----------------------------------------------------------------------------------------------------------


def stamps(tree: Path):
    package = "tuxpaint-stamps-default"
    root = tree / package
    for path in sorted((root / "usr/share/tuxpaint/stamps").rglob("*.png")):
        relative = path.relative_to(root).as_posix()
        if "/symbols/alphabets/" in relative or "/symbols/math/" in relative or path.stem.endswith("_mirror"):
            continue
        described = path.with_suffix(".txt")
        description = described.read_text("utf-8", "replace").split("\n")[0] if described.exists() else ""
        group = "/".join(relative.split("/")[5:-1])
        yield f"{package}/{relative}", [clean(description), clean(path.stem)], group, lambda path=path: Image.open(path)


def clipart(tree: Path):
    package = "openclipart-png"
    root = tree / package
    pictures = root / "usr/share/openclipart/png"
    for path in sorted(pictures.rglob("*.png")):
        folder = path.parent.relative_to(pictures).as_posix()
        if not any(folder == f or folder.startswith(f + "/") for f in CLIPART_FOLDERS) or "duplicates" in folder:
            continue
        yield f"{package}/{path.relative_to(root).as_posix()}", [clean(path.stem)], folder, lambda path=path: Image.open(path)


def emoji(tree: Path):
    from fontTools.ttLib import TTFont

    package = "fonts-noto-color-emoji"
    font = TTFont(next((tree / package).rglob("NotoColorEmoji.ttf")))
    bitmaps = font["CBDT"].strikeData[0]
    letters = re.compile(r"LATIN|DIGIT|KEYCAP|SQUARED|REGIONAL|MODIFIER|INFORMATION SOURCE|CIRCLED|SIGN$|ARROW|TRADE MARK")
    for code, glyph in sorted(font.getBestCmap().items()):
        name = unicodedata.name(chr(code), "")
        if code < 0x2300 or not name or glyph not in bitmaps or letters.search(name):
            continue
        group = unicodedata.category(chr(code)) + f"/{code >> 6:X}"
        data = bitmaps[glyph].imageData
        yield f"{package}/U+{code:04X}", [name.lower()], group, lambda data=data: Image.open(io.BytesIO(data))


def clean(text):
    """A file's name or description in plain words: lower case, no digits, articles or underscores."""
    text = re.sub(r"[_\-\d]+", " ", text.lower()).strip(" .!")
    text = re.sub(r"^(an?|the|some|one) ", "", text)
    return re.sub(r"\s+", " ", text).strip()


def usable_object(picture):
    """The cut-out of a picture as RGBA of at most 256 pixels a side, or None: nearly empty, thin, or not cut out."""
    picture = picture.convert("RGBA")
    alpha = np.asarray(picture)[..., 3]
    solid = alpha > 127
    if solid.mean() < 0.02:
        return None
    ys, xs = np.where(solid.any(1))[0], np.where(solid.any(0))[0]
    box = (int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)
    if min(box[2] - box[0], box[3] - box[1]) < 16:
        return None
    if solid[box[1] : box[3], box[0] : box[2]].mean() > 0.995:
        return None
    picture = picture.crop(box)
    factor = OBJECT_SIDE / max(picture.size)
    if factor < 1:
        size = tuple(max(1, round(side * factor)) for side in picture.size)
        picture = picture.resize(size, Image.Resampling.BOX if factor < 0.5 else Image.Resampling.LANCZOS, reducing_gap=3)
    return picture if min(picture.size) >= 8 else None


def pyramid(picture):
    """Premultiplied RGBA levels, each half the one before, down to 24 pixels a side."""
    levels = [np.asarray(picture.convert("RGBa"))]
    while max(levels[-1].shape[:2]) > 40:
        last = levels[-1]
        half = Image.frombuffer("RGBa", last.shape[1::-1], last.tobytes(), "raw", "RGBa", 0, 1)
        half = half.resize(tuple(max(1, (side + 1) // 2) for side in half.size), Image.Resampling.BOX)
        levels.append(np.frombuffer(half.tobytes(), np.uint8).reshape(half.size[1], half.size[0], 4))
    return levels


# --- backgrounds -------------------------------------------------------------------------------------------------------


def photographs(tree: Path):
    for package in ("gnome-backgrounds", "mate-backgrounds", "lomiri-wallpapers-20.04"):
        root = tree / package
        for path in sorted(root.rglob("*")):
            if path.suffix.lower() in (".webp", ".jpg", ".png"):
                yield f"{package}/{path.relative_to(root).as_posix()}", "photograph", lambda path=path: Image.open(path)


def textures(tree: Path):
    package = "openarena-081-textures"
    archive = zipfile.ZipFile(next((tree / package).rglob("*.pk3")))
    for name in sorted(archive.namelist()):
        if name.startswith("textures/") and name.endswith((".jpg", ".tga")):
            yield f"{package}/{name}", "texture", lambda name=name: Image.open(io.BytesIO(archive.read(name)))


def usable_background(picture, kind):
    if kind == "texture" and picture.mode in ("RGBA", "LA", "P") and np.asarray(picture.convert("RGBA"))[..., 3].mean() < 250:
        return None
    picture = picture.convert("RGB")
    if min(picture.size) < 64 or (kind == "texture" and np.asarray(picture, np.float32).std((0, 1)).mean() < 4):
        return None
    side = BACKGROUND_SIDE if kind == "photograph" else TEXTURE_SIDE
    picture.thumbnail((side * 16 // 9, side) if kind == "photograph" else (side, side), Image.Resampling.LANCZOS)
    return picture


# --- the sets ----------------------------------------------------------------------------------------------------------


def write_set(data: Path, name, entries):
    """Writes the pixels of `entries` (record, arrays) to one file, atomically; returns the records with their offsets."""
    records, offset = [], 0
    with open(data / f"{name}.bin.part", "wb") as out:
        for record, arrays in entries:
            record["levels"] = []
            for array in arrays:
                record["levels"].append([offset, *array.shape[:2]])
                out.write(array.tobytes())
                offset += array.nbytes
            records.append(record)
    os.replace(data / f"{name}.bin.part", data / f"{name}.bin")
    return records


def objects(tree, skipped):
    seen = set()
    for source in (stamps, clipart, emoji):
        for identifier, names, group, load in source(tree):
            package = identifier.split("/")[0]
            try:
                picture = usable_object(load())
            except (OSError, ValueError, Image.DecompressionBombError):
                picture = None
            digest = picture and hashlib.sha256(picture.tobytes()).digest()
            if picture is None or digest in seen:
                skipped[package] = skipped.get(package, 0) + 1
                continue
            seen.add(digest)
            record = dict(id=identifier, package=package, group=f"{package}/{group}", names=list(dict.fromkeys(filter(None, names))))
            yield record | dict(held_out=held_out(identifier)), pyramid(picture)


def backgrounds(tree, skipped):
    for source in (photographs, textures):
        for identifier, kind, load in source(tree):
            package = identifier.split("/")[0]
            try:
                picture = usable_background(load(), kind)
            except (OSError, ValueError, Image.DecompressionBombError):
                picture = None
            if picture is None:
                skipped[package] = skipped.get(package, 0) + 1
                continue
            yield dict(id=identifier, package=package, kind=kind, held_out=held_out(identifier)), [np.asarray(picture)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    root = parser.parse_args().root
    fetch(root / "packages")
    data, tree, skipped = root / "data", root / "packages/tree", {}
    data.mkdir(parents=True, exist_ok=True)
    index = dict(
        objects=write_set(data, "objects", objects(tree, skipped)),
        backgrounds=write_set(data, "backgrounds", backgrounds(tree, skipped)),
        licences=LICENCES,
    )
    (data / "index.json.part").write_text(json.dumps(index))
    os.replace(data / "index.json.part", data / "index.json")
    for name in ("objects", "backgrounds"):
        for package in dict.fromkeys(record["package"] for record in index[name]):
            mine = [record for record in index[name] if record["package"] == package]
            held = sum(record["held_out"] for record in mine)
            print(f"{name}: {package}: {len(mine)} usable, {held} of them held out, {skipped.get(package, 0)} skipped")


if __name__ == "__main__":
    main()
