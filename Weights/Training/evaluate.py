"""Measures the small models on composed scenes of held-out objects and backgrounds.

    python evaluate.py                                     # the running or finished run's averaged weights
    python evaluate.py --weights ../sam-nano               # what ships
    python evaluate.py --scenes 60                         # a quick look
    python evaluate.py --weights ../sam-nano --engine ../../.build/release/spaniel     # the same questions to our own engine

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
With --engine `single` and `every` are what `spaniel find` does, which is not persam.py's loop: they agree in kind only, and AUROC is of the best score.
`single_faithful` is the arithmetic persam.py has, so that it, the clicks, the boxes and `hit` must agree (README.md says how closely they do).
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
from engine import EngineSAM
from fetch import default_root
from measures import auroc, iou, mean
from runs import load, run_folder
from scenes import SEED, SIDE, Scenes


class Torch:
    """The model's answers by PyTorch; engine.EngineSAM gives the same ones."""

    def __init__(self, model, source):
        self.model, self.source, self.side = model.eval(), source, model.config.vision_config.image_size

    def open(self, picture):
        return persam.open_picture(self.model, picture)

    def click(self, picture, x, y):
        """The single mask, and of the three the one with the highest predicted IoU."""
        logits, predicted = persam.segment(self.model, picture, [[x, y]], [1])
        masks = (persam.enlarge(logits, picture) > 0).numpy()
        return masks[0], masks[1 + int(predicted[1:].argmax())]

    def box(self, picture, box):
        logits, _ = persam.segment(self.model, picture, box=box)
        return (persam.enlarge(logits[:1], picture)[0] > 0).numpy()

    def single(self, reference, mask, test):
        """PerSAM's one object, by name of the figure, and the similarity's peak."""
        concept, picture = persam.learn(self.model, self.open(reference), mask), self.open(test)
        _, similar = persam.similarity_of(picture, concept)
        return dict(single=persam.single(self.model, picture, concept)), persam.at(similar.argmax(), picture.width)

    def every(self, reference, mask, test, threshold):
        """The masks, best first, and what presence is judged by."""
        concept = persam.learn(self.model, self.open(reference), mask)
        found, peak = persam.every(self.model, self.open(test), concept, persam.THRESHOLD if threshold is None else threshold)
        return [each.mask for each in found], peak


def measure_sam(model, scenes, count):
    click, best, box = [], [], []
    for index in range(count):
        scene, random = scenes.plain(index)
        picture = model.open(scene.picture)
        for instance in scene.instances:
            inside = np.flatnonzero(instance.mask)
            place = int(inside[random.integers(len(inside))])
            for masks, mask in zip((click, best), model.click(picture, place % SIDE, place // SIDE)):
                masks.append(iou(mask, instance.mask))
            box.append(iou(model.box(picture, instance.box), instance.mask))
    return dict(click=mean(click), click_best=mean(best), box=mean(box))


def measure_persam(model, scenes, count, threshold):
    one, hit = {}, []
    for index in range(count):
        (reference, example), test, target = scenes.pair(1, index, 1, 3, 6)
        truth = next(i.mask for i in test.instances if i.object == target)
        masks, (x, y) = model.single(reference.picture, example.mask, test.picture)
        for name, mask in masks.items():
            one.setdefault(name, []).append(iou(mask, truth))
        hit.append(truth[y, x])

    true, false, missed, exact, refused = 0, 0, 0, [], []
    peaks = {True: [], False: []}
    for index in range(2 * count):
        present = index % 2 == 0
        wanted = 1 + (index // 2) % 4 if present else 0
        (reference, example), test, target = scenes.pair(2, index, wanted, 2, 5)
        found, peak = model.every(reference.picture, example.mask, test.picture, threshold)
        peaks[present].append(peak)
        if not present:
            refused.append(not found)
            continue
        left = [i.mask for i in test.instances if i.object == target]
        exact.append(len(found) == len(left))
        for mask in found:
            overlaps = [iou(mask, truth) for truth in left]
            if overlaps and max(overlaps) >= 0.5:
                left.pop(int(np.argmax(overlaps)))
                true += 1
            else:
                false += 1
        missed += len(left)
    f1 = 2 * true / max(1, 2 * true + false + missed)
    return {name: mean(values) for name, values in one.items()} | dict(
        hit=mean(hit), every_f1=f"{f1:.3f}", every_precision=f"{true / max(1, true + false):.3f}",
        every_recall=f"{true / max(1, true + missed):.3f}", every_exact_count=mean(exact),
        presence_auroc=f"{auroc(np.array(peaks[True]), np.array(peaks[False])):.3f}", refused_when_absent=mean(refused),
    )  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("model", choices=["sam-nano", "sam-photo"], nargs="?", default="sam-nano", help="whose run")
    parser.add_argument("--run", type=Path, help="default <root>/<model>")
    parser.add_argument("--weights", type=Path, help="a folder in the hub's layout instead of a run")
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--side", type=int, help="measure a run at this side instead of its own")
    parser.add_argument("--threshold", type=float, help=f"of `every`; default {persam.THRESHOLD}, of --engine the tool's own")
    parser.add_argument("--engine", type=Path, help="our tool, which then answers with --weights")
    parser.add_argument("--only", choices=["sam", "persam"])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.engine and not arguments.weights:
        parser.error("--engine needs --weights, a folder it can load")
    if arguments.engine:
        model = EngineSAM(arguments.engine, arguments.weights, arguments.threads)
    elif arguments.weights:
        model = Torch(SamModel.from_pretrained(arguments.weights, dtype=torch.float32), str(arguments.weights))
    else:
        run = run_folder(arguments.model, arguments.root, arguments.run)
        model, step, _ = load(run, arguments.model, arguments.side)
        model = Torch(model, f"{run} at step {step}")
    scenes, began = Scenes(arguments.root), time.monotonic()
    threshold = arguments.threshold if arguments.threshold is not None else "the tool's own" if arguments.engine else persam.THRESHOLD
    figures = dict(source=model.source, side=model.side, scenes=arguments.scenes, seed=SEED, threshold=threshold)
    if arguments.only != "persam":
        figures |= measure_sam(model, scenes, arguments.scenes)
    if arguments.only != "sam":
        figures |= measure_persam(model, scenes, arguments.scenes, arguments.threshold)
    figures["seconds"] = round(time.monotonic() - began)
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
