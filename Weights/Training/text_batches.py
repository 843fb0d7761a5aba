"""Batches for the models that read words: scenes, boxes, masks, texts, which text fits which instance, and example crops."""

import numpy as np
from PIL import Image, ImageFilter

from compose import Composer, Reuse
from named_library import every_name, named_library
from vocabulary import LENGTH

GROUP, POOL = 4, 6  # pictures that share a pool of objects, and its size
MOST = 10  # instances in a scene
NONE, HIDDEN = 10, 11  # in a map of instances: nothing, and visible bits of what is too hidden to be asked for
TEXTS = 64  # per batch: a name of each pool object, names of its neighbours, any names
MORE = 64  # per batch: texts for the text encoder, the batch's own among them
MEAN = (124, 116, 104)


def example_crop(picture, mask, side):
    """An example as CLIPSeg wants it: its surroundings blurred and faded to the mean grey, cut out with a tenth around, squared."""
    ys, xs = np.where(mask.any(1))[0], np.where(mask.any(0))[0]
    height, width = picture.shape[:2]
    down, across = round(0.1 * (ys[-1] - ys[0] + 1)), round(0.1 * (xs[-1] - xs[0] + 1))
    y0, y1 = max(0, ys[0] - down), min(height, ys[-1] + 1 + down)
    x0, x1 = max(0, xs[0] - across), min(width, xs[-1] + 1 + across)
    blurred = np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(3 * width / 352)), np.float32)
    faded = np.where(mask[..., None], picture, 0.1 * blurred + 0.9 * np.float32(MEAN)).astype(np.uint8)[y0:y1, x0:x1]
    longer = max(faded.shape[:2])
    square = np.full((longer, longer, 3), MEAN, np.uint8)
    top, left = (longer - faded.shape[0]) // 2, (longer - faded.shape[1]) // 2
    square[top : top + faded.shape[0], left : left + faded.shape[1]] = faded
    return np.asarray(Image.fromarray(square).resize((side, side), Image.Resampling.BILINEAR))


def fractions(box, side):
    """Corners in pixels → centre and size in 0…1."""
    x0, y0, x1, y1 = box
    return (x0 + x1) / 2 / side, (y0 + y1) / 2 / side, (x1 - x0) / side, (y1 - y0) / side


def cells_of(owner, count):
    """[side, side] numbers of instances, NONE or HIDDEN → [cells]: the instance that covers half of a cell, NONE if there is none.

    An instance that covers half of no cell gets the one it covers most."""
    cells = owner.shape[0] // 16
    samples = owner[1::2, 1::2].reshape(cells, 8, cells, 8).transpose(0, 2, 1, 3).reshape(cells * cells, 64)
    cover = np.bincount((np.arange(cells * cells)[:, None] * 16 + samples).ravel(), minlength=cells * cells * 16).reshape(-1, 16)[:, :MOST]
    out = np.where(cover.max(1) >= 32, cover.argmax(1), NONE).astype(np.uint8)
    for i in range(count):
        if not (out == i).any() and cover[:, i].max() > 0:
            out[cover[:, i].argmax()] = i
    return out


class TextBatches:
    """make(k): the k-th batch; the same for the same seed and k. Scenes serve four times (compose.Reuse).

    pictures [B, s, s, 3] · boxes [B, 10, 4] as centre and size in 0…1 · present [B, 10] · which [B, 10] number of the object in
    the batch · objects [objects] their numbers in the library · map [B, s, s] number of the instance, NONE or HIDDEN · owner [B, cells]
    the same of cells · texts [MORE, ≤ 16] token ids, first the T texts asked for · named [MORE] the numbers of their names ·
    fits [objects, T] 1, 0 or -1 (hard to say) · same [objects, objects] likewise (one object, another, another of the same name) · crops
    [B/4, s, s, 3] of one instance of each pool, cropped [B/4] its object's number, cropped_from [B/4] its picture's
    """

    def __init__(self, root, batch, side, seed, tokenizer, shapes=0, alone=0):
        if batch % GROUP:
            raise SystemExit(f"--stages: {batch} pictures a step; words-nano takes multiples of {GROUP}")
        """alone: the first steps, whose batches are `easy`, as is every second one after them; shapes: those of them that ask no names."""
        self.root, self.batch, self.side, self.seed, self.tokenizer = root, batch, side, seed, tokenizer
        self.shapes, self.alone = shapes, alone
        self.composer = None

    def open(self):
        library, self.names = named_library(self.root)
        self.composer = Composer(library, self.side)
        self.reuse = Reuse(self.composer)
        self.every_name = every_name(self.names)
        self.number = {name: i for i, name in enumerate(self.every_name)}

    def texts(self, random, objects):
        """T different names: of each object one, of its neighbours in the same folder, any."""
        library, names = self.composer.library, self.names
        chosen = {names.names[o][random.integers(len(names.names[o]))] for o in objects}
        most = max(TEXTS, len(objects) * 2)
        while len(chosen) < most:
            if random.random() < 0.5:
                group = library.groups[library.objects[objects[random.integers(len(objects))]]["group"]]
                other = names.names[group[random.integers(len(group))]]
                chosen.add(other[random.integers(len(other))])
            else:
                chosen.add(self.every_name[random.integers(len(self.every_name))])
        return sorted(chosen)

    def __call__(self, index):
        if self.composer is None:
            self.open()
        if index < self.alone or index % 2:
            return self.easy(index)
        names, side, batch = self.names, self.side, self.batch
        scenes, random = self.reuse(index, self.seed, self.draw)
        crops = batch // GROUP
        out = dict(
            pictures=np.empty((batch, side, side, 3), np.uint8), boxes=np.zeros((batch, MOST, 4), np.float32),
            present=np.zeros((batch, MOST), bool), which=np.zeros((batch, MOST), np.int64),
            map=np.full((batch, side, side), NONE, np.uint8), owner=np.empty((batch, (side // 16) ** 2), np.uint8),
            crops=np.empty((crops, side, side, 3), np.uint8), cropped=np.zeros(crops, np.int64), cropped_from=np.zeros(crops, np.int64),
        )  # fmt: skip
        objects = []
        for b, (pool, scene) in enumerate(scenes):
            if b % GROUP == 0:
                objects, shown = objects + pool, b + int(random.integers(GROUP))
            out["pictures"][b] = scene.picture
            out["map"][b][scene.unsure] = HIDDEN
            for i, instance in enumerate(scene.instances):
                out["boxes"][b, i] = fractions(instance.box, side)
                out["present"][b, i] = True
                out["which"][b, i] = b // GROUP * POOL + pool.index(instance.object)
                out["map"][b][instance.mask] = i
            out["owner"][b] = cells_of(out["map"][b], len(scene.instances))
            if b == shown:
                i = random.integers(len(scene.instances))
                out["crops"][b // GROUP] = example_crop(np.ascontiguousarray(scene.picture), scene.instances[i].mask, side)
                out["cropped"][b // GROUP], out["cropped_from"][b // GROUP] = out["which"][b, i], b
        texts = self.texts(random, objects)
        code = lambda answer: -1 if answer is None else answer
        out["objects"] = np.array(objects, np.int64)
        out["fits"] = np.array([[code(names.fits(text, o)) for text in texts] for o in objects], np.int8)
        shared = lambda a, b: 1 if a == b else -1 if names.sets[a] & names.sets[b] else 0
        out["same"] = np.array([[shared(a, b) for b in objects] for a in objects], np.int8)
        return out | self.sentences(random, texts, MORE - len(texts))

    def sentences(self, random, texts, count):
        """The tokens of the texts and of `count` more names, each in a sentence, and the names' numbers."""
        texts = texts + [self.every_name[i] for i in random.choice(len(self.every_name), min(count, len(self.every_name)), replace=False)]
        ids = self.tokenizer([self.names.sentence(text, random) for text in texts], padding="longest", max_length=LENGTH, truncation=True)["input_ids"]
        return dict(texts=np.array(ids, np.int64), named=np.array([self.number[text] for text in texts], np.int64))

    def draw(self, composer):
        """[(pool, scene)]"""
        out = []
        for b in range(self.batch):
            if b % GROUP == 0:
                pool = composer.pool(POOL)
            scene = composer.scene(composer.choose(pool))
            while not scene.instances:
                scene = composer.scene(composer.choose(pool))
            out.append((pool, scene))
        return out

    def draw_easy(self, composer):
        """[(None, scene)]: few and large objects, any."""
        out = []
        while len(out) < self.easy_batch:
            count = int(composer.random.integers(3, 7))
            scales = np.exp(composer.random.uniform(np.log(0.22), np.log(0.65), count))
            scene = composer.scene([composer.any_object() for _ in range(count)], scales)
            if scene.instances:
                out.append((None, scene))
        return out

    def easy(self, index):
        """The k-th batch to learn names from.

        pictures [B, s, s, 3] · boxes [B, 10, 4] as centre and size · kept [B, n] three eighths of the cells, the covered ones first: the others teach no name · owner [B, n] number of
        the instance in a kept cell or NONE · object [B, 10] its number in the library · texts [MORE, ≤ 16] · named [MORE], both after `shapes`
        """
        self.easy_batch = self.batch if index < self.alone else self.batch * 7 // 4
        scenes, random = self.reuse(index, self.seed, self.draw_easy)
        batch, side = self.easy_batch, self.side
        out = dict(
            pictures=np.empty((batch, side, side, 3), np.uint8), boxes=np.zeros((batch, MOST, 4), np.float32),
            owner=np.empty((batch, (side // 16) ** 2), np.uint8), object=np.zeros((batch, MOST), np.int64),
        )  # fmt: skip
        for b, (_, scene) in enumerate(scenes):
            owner = np.full((side, side), NONE, np.uint8)
            for i, instance in enumerate(scene.instances):
                owner[instance.mask], out["boxes"][b, i] = i, fractions(instance.box, side)
            out["pictures"][b], out["owner"][b] = scene.picture, cells_of(owner, len(scene.instances))
            out["object"][b, : len(scene.instances)] = [instance.object for instance in scene.instances]
        order = ((out["owner"] == NONE) + random.random(out["owner"].shape)).argsort(1)
        out["kept"] = np.sort(order[:, : order.shape[1] * 3 // 8], 1)
        out["owner"] = np.take_along_axis(out["owner"], out["kept"], 1)
        return out if index < self.shapes else out | self.sentences(random, [], MORE)
