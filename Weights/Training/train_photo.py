"""Trains sam-photo: sam-nano's decoder on an encoder that has seen photographs; resumes by itself when started again.

    python train_photo.py                                 # two CPU cores with AMX: an hour or two when idle
    python train_photo.py --device cuda --stages 280x64:3000,392x32:3000 --workers 12

As train_sam.py, with the same objects and prompts, but scenes nearer to life (`Photographed`: closer objects, padded pictures, light, blur and JPEG of
cameras) and look-alikes: pools hold a twin of an object in other colours, which counts as another object (`Twins`), and mean features of objects must tell
one from another (`alike`).
"""

import argparse
import io
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageFilter

import sam_photo
import train_sam
from compose import Composer, Instance, Library, Scene, box_of, least
from fetch import default_root
from sam_photo import CHANNELS, DEPTH, FROZEN, PATCH, smaller
from train_sam import GUIDED, TEMPERATURE, Batches, means, step_loss
from trainer import Optimiser, add_arguments, optimiser, train

# The encoder takes most of a step, so each picture asks more of the decoder than sam-nano's do.
train_sam.CLICKED, train_sam.BOXED = 4, 3
SLOTS = train_sam.SLOTS = train_sam.CLICKED + train_sam.BOXED + GUIDED

# --- scenes ----------------------------------------------------------------------------------------------------------

ORDERS = ((1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))
TINTS = ((1, 0.6, 0.5), (0.55, 1, 0.6), (0.5, 0.65, 1), (1, 0.95, 0.45), (0.95, 0.5, 0.9))


class Twins(Library):
    """A library whose objects have a number beyond their own for each of five other colourings: k, k + n, k + 2n …"""

    def level(self, index, side):
        colouring, index = divmod(index, len(self.objects))
        picture = super().level(index, side)
        if not colouring:
            return picture
        pixels = np.asarray(picture).copy()
        pixels[..., :3] = pixels[..., ORDERS[colouring - 1]] * np.array(TINTS[colouring - 1], np.float32)
        return Image.frombuffer("RGBa", picture.size, pixels.tobytes(), "raw", "RGBa", 0, 1)


class Photographed(Composer):
    """Draws more of the photographic cut-outs, twins, and for a quarter of the scenes few and large objects."""

    def any_object(self):
        stamps = self.library.packages["tuxpaint-stamps-default"]
        if self.random.random() < 0.25:
            return int(stamps[self.random.integers(len(stamps))])
        return super().any_object()

    def pool(self, size):
        pool = super().pool(size)
        if self.random.random() < 0.5:
            of, colouring = int(self.random.integers(size - 1)), int(self.random.integers(len(ORDERS)))
            pool[-1] = pool[of] + (1 + colouring) * len(self.library.objects)
        return pool

    def scene(self, chosen, scales=None):
        if scales is None and self.random.random() < 0.25:
            chosen = chosen[:4]
            scales = np.exp(self.random.uniform(np.log(0.2), np.log(1.0), len(chosen)))
        return super().scene(chosen, scales)


def padded(scene, random):
    """The scene with its right or lower part cut off, as SAM pads what is not square; as it is where no instance would be left."""
    side = len(scene.picture)
    kept = int(side * random.uniform(0.5, 0.95))
    out = Scene(scene.picture.copy(), unsure=scene.unsure.copy())
    cut = np.s_[:, kept:] if random.random() < 0.5 else np.s_[kept:]
    out.picture[cut], out.unsure[cut] = (124, 116, 104), False
    for instance in scene.instances:
        mask = instance.mask.copy()
        mask[cut] = False
        if mask.sum() >= max(least(side), 0.4 * instance.mask.sum()):
            out.instances.append(Instance(instance.object, mask, box_of(mask)))
        else:
            out.unsure |= mask
    return out if out.instances else scene


def photographed(picture, random):
    """White balance, exposure, defocus, noise and JPEG; [s, s, 3] uint8."""
    if random.random() < 0.3:
        gain, power = np.exp(random.normal(0, 0.08, 3) + random.normal(0, 0.15)), np.exp(random.normal(0, 0.15))
        table = np.clip(255 * (np.arange(256)[:, None] / 255) ** power * gain, 0, 255).astype(np.uint8)
        picture = np.stack([table[picture[..., c], c] for c in range(3)], -1)
    image = Image.fromarray(picture)
    if random.random() < 0.2:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 2.0)))
    if random.random() < 0.4:
        file = io.BytesIO()
        image.save(file, "jpeg", quality=int(random.integers(35, 95)))
        image = Image.open(file)
    return np.asarray(image)


class PhotoBatches(Batches):
    """train_sam's batches, composed with cells of 16 pixels and then made smaller, to cells of 14."""

    def __init__(self, root, batch, side, seed):
        super().__init__(root, batch, side // PATCH * 16, seed)

    def composer(self):
        return Photographed(Twins(self.root), self.side)

    def seen(self, scene, random):
        if random.random() < 0.3:
            scene = padded(scene, random)
        return Scene(photographed(scene.picture, random), scene.instances, scene.unsure)

    def __call__(self, index):
        out = super().__call__(index)
        factor = PATCH / 16
        out["pictures"] = np.stack([smaller(picture, int(self.side * factor)) for picture in out["pictures"]])
        out["clicks"], out["boxes"] = (out["clicks"] + 0.5) * factor - 0.5, out["boxes"] * factor
        return out


# --- learning --------------------------------------------------------------------------------------------------------


def alike(features, batch):
    """An object's mean feature must be nearer to the same object's in other pictures than to any other object's → the loss, and how often it is."""
    directions = F.normalize(means(features, batch["masks"]), dim=1)
    own = torch.arange(len(features), device=features.device).repeat_interleave(SLOTS)
    which = batch["which"].flatten()
    same = which[:, None] == which[None]
    positive, negative = same & (own[:, None] != own[None]), ~same
    scores = (directions @ directions.T).float() / TEMPERATURE
    against = scores.masked_fill(~negative, -1e4).logsumexp(1, keepdim=True)
    asked = positive.any(1)
    each = (F.softplus(against - scores) * positive).sum(1) / positive.sum(1).clamp(min=1)
    nearest = scores.detach().masked_fill(~(positive | negative), -1e4).argmax(1, keepdim=True)
    right = positive.gather(1, nearest)[:, 0] & asked
    count = asked.sum().clamp(min=1)
    return 0.3 * (each * asked).sum() / count, dict(alike=(each * asked).sum().detach() / count, nearest=right.sum() / count)


def of_encoder(name):
    """Whether a parameter is of the layers that came trained; their gradients are clipped by themselves, for they are ten times the decoder's."""
    return name.startswith("vision_encoder.layers.")


def optimisers(model, rate, share=0.25, fall=0.85):
    """train_sam's for all but the encoder's layers; these by AdamW at `share` of the rate, less by `fall` with each layer down."""
    groups = []
    for i, layer in enumerate(model.vision_encoder.layers):
        factor = share * fall ** (len(model.vision_encoder.layers) - 1 - i)
        learning = [p for p in layer.parameters() if p.requires_grad]
        for flat, decay in ((False, 0.02), (True, 0.0)):
            chosen = [p for p in learning if (p.ndim < 2) == flat]
            groups += [dict(params=chosen, weight_decay=decay, factor=factor)] if chosen else []
    parts = optimiser(model, rate, only=lambda name: not of_encoder(name)).parts
    return Optimiser(*parts, torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), foreach=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "sam-photo", stages="280x16:1200,392x8:1600", batch=8, rate=6e-4, decay=0.3)
    parser.set_defaults(warmup=100)
    arguments = parser.parse_args()
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    torch.set_num_threads(arguments.threads)
    begin = sam_photo.start(arguments.root)

    def build(side):
        model = sam_photo.build(side)
        model.load_state_dict(sam_photo.resized(begin, side))
        return model

    train(
        arguments,
        build=build,
        resized=lambda state, side: sam_photo.resized(state | {"places": begin["places"]}, side),
        batches=lambda side, pictures: PhotoBatches(arguments.root, pictures, side, arguments.seed),
        loss=lambda model, batch, side: step_loss(model, batch, side, dtype, sam_photo.encode, alike),
        optimiser=optimisers,
        apart=of_encoder,
    )


if __name__ == "__main__":
    main()
