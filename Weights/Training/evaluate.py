"""Measures the small models on composed scenes of held-out objects and backgrounds.

    python evaluate.py                                     # the running or finished run's averaged weights
    python evaluate.py --weights ../sam-nano               # what ships
    python evaluate.py --scenes 60                         # a quick look

One seed (20260101) draws every scene; scenes are 512 pixels square, so the models see them scaled as they would a photograph.
The definitions:

click      Every instance of `--scenes` scenes of 2 to 10. One point drawn evenly from the instance's visible pixels; the single-mask
           output (token 0) at the scene's size, logit > 0; mean over instances of the IoU with the visible mask.
click-best The same with the mask of tokens 1 to 3 that the model predicts the highest IoU for.
box        The same instances, prompted by the exact box of the visible mask (x1, y1 exclusive), token 0.
single     A reference picture with the object (a quarter to two thirds of the side) among 1 to 3 others and its visible mask; a
           test picture with one instance of it among 3 to 6 instances of other objects. PerSAM's one mask; mean IoU. `hit`: the
           share of pictures whose similarity peak lies on the object.
every      Reference as above; the test picture holds 1 to 4 instances among 2 to 5 others; half of the pictures hold none. On the
           pictures that hold it: F1 at IoU 0.5 (found masks matched greedily by score, counted over all pictures) and
           the share with the exact count. AUROC: of the best similarity peak, pictures with against pictures without.
           Refused: the share of pictures without it where nothing is found, at the same threshold as the F1.
An object or instance that ends up hidden by more than three quarters is no target; such scenes are drawn again.
Every mean is over all cases; ± is the standard error.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from transformers import SamModel

import persam
from compose import LARGEST, SMALLEST, Composer, Library
from export import load, run_folder
from fetch import default_root

SEED = 20260101
SIDE = 512


def iou(a, b):
    union = (a | b).sum()
    return float((a & b).sum() / union) if union else 0.0


def mean(values):
    values = np.asarray(values, float)
    return f"{values.mean():.3f} ± {values.std() / max(1, len(values)) ** 0.5:.3f} (n={len(values)})"


def auroc(positive, negative):
    """The chance that a positive's score lies above a negative's; ties count half."""
    both = np.concatenate([positive, negative])
    ranks = np.empty(len(both))
    ranks[both.argsort(kind="stable")] = np.arange(1, len(both) + 1)
    for value in np.unique(both):
        ranks[both == value] = ranks[both == value].mean()
    return (ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))


class Scenes:
    """The evaluation's scenes: the k-th of each kind is the same on every machine."""

    def __init__(self, root, only=None):
        self.composer = Composer(Library(root, held_out=True, only=only), SIDE)

    def seed(self, kind, index):
        self.composer.random = np.random.default_rng([SEED, kind, index])
        return self.composer.random

    def plain(self, index):
        """A scene for clicks and boxes, and its generator for the points."""
        random = self.seed(0, index)
        while True:
            scene = self.composer.scene(self.composer.choose(self.composer.pool(6)))
            if scene.instances:
                return scene, random

    def pair(self, kind, index, wanted, least, most):
        """(reference scene, its instance), test scene, the object: `wanted` instances of it among `least` to `most` others."""
        random = self.seed(kind, index)
        while True:
            pool = self.composer.pool(7)
            target, others = pool[0], [o for o in pool[1:] if o != pool[0]]
            reference = self.place(random, target, others, 1, int(random.integers(1, 4)), (0.25, LARGEST))
            test = self.place(random, target, others, wanted, int(random.integers(least, most + 1)), (SMALLEST, LARGEST))
            mine = [i for i in reference.instances if i.object == target]
            if len(mine) == 1 and sum(i.object == target for i in test.instances) == wanted and len(test.instances) >= wanted + min(2, least):
                return (reference, mine[0]), test, target

    def place(self, random, target, others, wanted, count, bounds):
        chosen = [target] * wanted + [others[i] for i in random.integers(len(others), size=count)]
        scales = [float(np.exp(random.uniform(*np.log(bounds if o == target else (SMALLEST, LARGEST))))) for o in chosen]
        order = random.permutation(len(chosen))
        return self.composer.scene([chosen[i] for i in order], [scales[i] for i in order])


def measure_sam(model, scenes, count):
    click, best, box = [], [], []
    for index in range(count):
        scene, random = scenes.plain(index)
        picture = persam.open_picture(model, scene.picture)
        for instance in scene.instances:
            inside = np.flatnonzero(instance.mask)
            place = inside[random.integers(len(inside))]
            logits, predicted = persam.segment(model, picture, [[place % SIDE, place // SIDE]], [1])
            masks = (persam.enlarge(logits, picture) > 0).numpy()
            click.append(iou(masks[0], instance.mask))
            best.append(iou(masks[1 + int(predicted[1:].argmax())], instance.mask))
            logits, _ = persam.segment(model, picture, box=instance.box)
            box.append(iou((persam.enlarge(logits[:1], picture)[0] > 0).numpy(), instance.mask))
    return dict(click=mean(click), click_best=mean(best), box=mean(box))


def measure_persam(model, scenes, count, threshold):
    one, hit = [], []
    for index in range(count):
        (reference, example), test, target = scenes.pair(1, index, 1, 3, 6)
        concept = persam.learn(model, persam.open_picture(model, reference.picture), example.mask)
        picture = persam.open_picture(model, test.picture)
        truth = next(i.mask for i in test.instances if i.object == target)
        one.append(iou(persam.single(model, picture, concept), truth))
        _, similar = persam.similarity_of(picture, concept)
        x, y = persam.at(similar.argmax(), SIDE)
        hit.append(truth[y, x])

    true, false, missed, exact, refused = 0, 0, 0, [], []
    peaks = {True: [], False: []}
    for index in range(2 * count):
        present = index % 2 == 0
        wanted = 1 + (index // 2) % 4 if present else 0
        (reference, example), test, target = scenes.pair(2, index, wanted, 2, 5)
        concept = persam.learn(model, persam.open_picture(model, reference.picture), example.mask)
        found, peak = persam.every(model, persam.open_picture(model, test.picture), concept, threshold)
        peaks[present].append(peak)
        if not present:
            refused.append(not found)
            continue
        left = [i.mask for i in test.instances if i.object == target]
        exact.append(len(found) == len(left))
        for instance in found:
            overlaps = [iou(instance.mask, mask) for mask in left]
            if overlaps and max(overlaps) >= 0.5:
                left.pop(int(np.argmax(overlaps)))
                true += 1
            else:
                false += 1
        missed += len(left)
    f1 = 2 * true / max(1, 2 * true + false + missed)
    return dict(
        single=mean(one), hit=mean(hit), every_f1=f"{f1:.3f}", every_precision=f"{true / max(1, true + false):.3f}",
        every_recall=f"{true / max(1, true + missed):.3f}", every_exact_count=mean(exact),
        presence_auroc=f"{auroc(np.array(peaks[True]), np.array(peaks[False])):.3f}", refused_when_absent=mean(refused), threshold=threshold,
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--run", type=Path, help="default <root>/sam-nano")
    parser.add_argument("--weights", type=Path, help="a folder in the hub's layout instead of a run")
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--threshold", type=float, default=persam.THRESHOLD)
    parser.add_argument("--only", choices=["sam", "persam"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.weights:
        model, source = SamModel.from_pretrained(arguments.weights, dtype=torch.float32).eval(), str(arguments.weights)
    else:
        run = run_folder("sam-nano", arguments.root, arguments.run)
        model, step, _ = load(run, "sam-nano")
        source = f"{run} at step {step}"
    scenes, began = Scenes(arguments.root), time.monotonic()
    figures = dict(source=source, side=model.config.vision_config.image_size, scenes=arguments.scenes, seed=SEED)
    if arguments.only != "persam":
        figures |= measure_sam(model, scenes, arguments.scenes)
    if arguments.only != "sam":
        figures |= measure_persam(model, scenes, arguments.scenes, arguments.threshold)
    figures["seconds"] = round(time.monotonic() - began)
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
