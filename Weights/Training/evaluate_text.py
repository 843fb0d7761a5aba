"""Measures owlvit-nano and clipseg-nano on composed scenes with held-out backgrounds.

    python evaluate_text.py owlvit-nano                    # the run's averaged weights
    python evaluate_text.py clipseg-nano --weights ../clipseg-nano
    python evaluate_text.py owlvit-nano --scenes 60        # a quick look
    python evaluate_text.py owlvit-nano --weights ../owlvit-nano --engine ../../.build/release/spaniel     # the same questions to our own engine

One seed (20260101). Scenes are 512 pixels square, of 2 to 10 instances; every object has a plain name (names.py).

text       Seen names, unseen scenes: training objects on held-out backgrounds. Each scene is asked one name of each object in it and
           five names that fit nothing in it. `held-out objects`: the same with objects never trained on whose name was.
           OWL-ViT: AP50, detections of all scenes and texts ranked together (a detection counts for its own text only), boxes
           cut at the picture's edges and above score 0.01, overlaps over 0.5 removed per text, at most 20, precision at 101 recalls.
           CLIPSeg: IoU of probability > 0.5 with every instance the name fits, at the scene's size; mean over scenes and names.
           Instances for which it is hard to say whether the name fits are left out: a box on one counts neither way.
example    OWL-ViT, an unseen object: 1, 3 and 5 reference pictures with its box, among others; the class embedding of the predicted
           box that overlaps the drawn one most, normalised, averaged; a test picture with 1 to 4 instances among 2 to 5 others.
           AP50 as above, one query per picture, every picture holds the object.
With --engine: the tool leaves out specks of masks; several examples are not averaged, an object is as like them as the nearest; and `…_shown` is by
the score that the tool gives for examples, where the others are by the model's sigmoid.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import CLIPTokenizer

import words_nano
from compose import Library
from engine import EngineCLIPSeg, EngineOwl
from fetch import default_root
from measures import AveragePrecision, box_iou, iou, mean
from named_library import named_library
from runs import MODELS, load, run_folder
from scenes import SEED, SIDE, Scenes
from vocabulary import LENGTH
from words_nano import read, see

ABSENT = 5


class NamedScenes(Scenes):
    def __init__(self, root, held_out_objects):
        super().__init__(root)
        library, self.names = named_library(root, held_out_objects)
        training = named_library(root)[1] if held_out_objects else self.names
        self.seen = sorted({name for each in training.names for name in each})
        unseen = Library(root, held_out=True)
        library.backgrounds, library.photographs, library.textures = unseen.backgrounds, unseen.photographs, unseen.textures
        self.composer.library = library
        if held_out_objects:  # only those with a name that was trained on
            known = set(self.seen)
            for each in self.names.names:
                each[:] = [name for name in each if name in known]

    def asked(self, kind, index):
        """A scene and its texts, each with the instances it fits and those for which that is hard to say."""
        random = self.seed(kind, index)
        while True:
            scene = self.composer.scene(self.composer.choose(self.composer.pool(6)))
            present = [self.names.names[i.object] for i in scene.instances]
            texts = {each[random.integers(len(each))] for each in present if each}
            if texts:
                break
        while len(texts) < ABSENT + len({i.object for i in scene.instances}):
            text = self.seen[random.integers(len(self.seen))]
            if all(self.names.fits(text, i.object) == 0 for i in scene.instances):
                texts.add(text)
        pick = lambda text, answer: [i for i in scene.instances if self.names.fits(text, i.object) is answer]
        return scene, [(text, pick(text, 1), pick(text, None)) for text in sorted(texts)]


def pixels(picture, side, resample):
    small = np.asarray(Image.fromarray(picture).resize((side, side), resample), np.float32) / 255
    return torch.from_numpy((small - words_nano.MEAN) / words_nano.STD).float().permute(2, 0, 1)[None]


@torch.no_grad()
def owl_see(model, picture):
    """One picture: cell embeddings [n, C], shift, scale, boxes [n, 4] in pixels."""
    side = model.config.vision_config.image_size
    vision = model.owlvit.vision_model
    image = vision.post_layernorm(vision(pixel_values=pixels(picture, side, Image.Resampling.BICUBIC)).last_hidden_state)
    image = model.layer_norm(image[:, 1:] * image[:, :1])
    boxes = words_nano.corners((model.box_head(image) + model.box_bias).sigmoid())[0] * SIDE
    head = model.class_head
    return head.dense0(image), head.logit_shift(image), head.logit_scale(image), boxes.numpy()


@torch.no_grad()
def owl_read(model, tokenizer, texts):
    ids = tokenizer(texts, padding="max_length", max_length=LENGTH, truncation=True)["input_ids"]
    return read(model.owlvit, torch.tensor(ids))


class TorchOwl:
    """owlvit-nano's answers by PyTorch; engine.EngineOwl gives the same ones."""

    def __init__(self, model, tokenizer, source):
        self.model, self.tokenizer, self.source = model.eval(), tokenizer, source

    def texts(self, picture, texts):
        """For each text the boxes [n, 4] and their scores [n]."""
        embeds, shift, scale, boxes = owl_see(self.model, picture)
        scores = words_nano.scores(embeds, owl_read(self.model, self.tokenizer, texts), shift, scale)[0].sigmoid().numpy()
        return [(boxes, scores[:, i]) for i in range(len(texts))]

    def examples(self, references, picture, counts):
        """references: pictures and the box in each → by name of the figure, boxes and scores by the first so many of them."""
        queries = []
        for reference, box in references:
            embeds, _, _, boxes = owl_see(self.model, reference)
            queries.append(F.normalize(embeds[0, int(box_iou(boxes, np.array(box, float)).argmax())], dim=0))
        embeds, shift, scale, boxes = owl_see(self.model, picture)
        score = lambda query: words_nano.scores(embeds, query[None], shift, scale)[0, :, 0].sigmoid().detach().numpy()
        return {f"example_ap50_{count}": (boxes, score(torch.stack(queries[:count]).mean(0))) for count in counts}


class TorchCLIPSeg:
    """clipseg-nano's answers by PyTorch; engine.EngineCLIPSeg gives the same ones."""

    def __init__(self, model, tokenizer, source):
        self.model, self.tokenizer, self.source = model.eval(), tokenizer, source

    @torch.no_grad()
    def masks(self, picture, texts):
        """For each text the pixels above probability 0.5, [h, w] bool."""
        model, side = self.model, self.model.config.vision_config.image_size
        ids = torch.tensor(self.tokenizer(texts, padding="max_length", max_length=LENGTH, truncation=True)["input_ids"])
        taps = see(model.clip, pixels(picture, side, Image.Resampling.BILINEAR), model.extract_layers)
        logits = model.decoder(tuple(tap.repeat(len(texts), 1, 1) for tap in taps), read(model.clip, ids)).logits
        return (F.interpolate(logits[:, None], picture.shape[:2], mode="bilinear")[:, 0] > 0).numpy()


def measure_owl(model, root, count):
    figures = {}
    for name, held_out in (("text_ap50", False), ("text_ap50_held_out_objects", True)):
        scenes, ap = NamedScenes(root, held_out), AveragePrecision()
        for index in range(count):
            scene, asked = scenes.asked(3 + held_out, index)
            found = model.texts(scene.picture, [text for text, _, _ in asked])
            for (boxes, scores), (_, real, unsure) in zip(found, asked):
                ap.add(boxes, scores, [each.box for each in real], [each.box for each in unsure])
        figures[name] = f"{ap.value():.3f}"
    scenes = Scenes(root)
    by_examples = {}
    for index in range(count):
        random = scenes.seed(5, index)
        pool = scenes.composer.pool(7)
        target, others = pool[0], [o for o in pool[1:] if o != pool[0]]
        references = []
        while len(references) < 5:
            reference = scenes.place(random, target, others, 1, int(random.integers(1, 4)), (0.25, 0.65))
            mine = [i for i in reference.instances if i.object == target]
            if mine:
                references.append((reference.picture, mine[0].box))
        real = []
        while not real:
            test = scenes.place(random, target, others, 1 + index % 4, int(random.integers(2, 6)), (0.08, 0.65))
            real = [i.box for i in test.instances if i.object == target]
        for name, (boxes, scores) in model.examples(references, test.picture, (1, 3, 5)).items():
            by_examples.setdefault(name, AveragePrecision()).add(boxes, scores, real)
    return figures | {name: f"{ap.value():.3f}" for name, ap in by_examples.items()}


def measure_clipseg(model, root, count):
    figures = {}
    for name, held_out in (("text_iou", False), ("text_iou_held_out_objects", True)):
        scenes, found, quiet = NamedScenes(root, held_out), [], []
        for index in range(count):
            scene, asked = scenes.asked(3 + held_out, index)
            for mask, (_, real, unsure) in zip(model.masks(scene.picture, [text for text, _, _ in asked]), asked):
                for each in unsure:
                    mask = mask & ~each.mask
                if real:
                    found.append(iou(mask, np.any([each.mask for each in real], 0)))
                elif not unsure:
                    quiet.append(mask.mean() < 0.002)
        figures[name], figures[name.replace("iou", "quiet_when_absent")] = mean(found), mean(quiet)
    return figures


# How a model is measured, and who answers for it.
MEASURES = {"owlvit-nano": (measure_owl, TorchOwl, EngineOwl), "clipseg-nano": (measure_clipseg, TorchCLIPSeg, EngineCLIPSeg)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=MEASURES)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--run", type=Path, help="default <root>/words-nano")
    parser.add_argument("--weights", type=Path, help="a folder in the hub's layout instead of a run")
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--side", type=int, help="measure a run at this side instead of its own")
    parser.add_argument("--engine", type=Path, help="our tool, which then answers with --weights")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.engine and not arguments.weights:
        parser.error("--engine needs --weights, a folder it can load")
    measure, by_torch, by_engine = MEASURES[arguments.model]
    if arguments.engine:
        model = by_engine(arguments.engine, arguments.weights, arguments.threads)
    elif arguments.weights:
        model = MODELS[arguments.model][0].from_pretrained(arguments.weights, dtype=torch.float32)
        model = by_torch(model, CLIPTokenizer.from_pretrained(arguments.weights), str(arguments.weights))
    else:
        run = run_folder(arguments.model, arguments.root, arguments.run)
        model, step, tokenizer = load(run, arguments.model, arguments.side)
        model = by_torch(model, tokenizer, f"{run} at step {step}")
    began = time.monotonic()
    figures = dict(source=model.source, scenes=arguments.scenes, seed=SEED) | measure(model, arguments.root, arguments.scenes)
    print(json.dumps(figures | dict(seconds=round(time.monotonic() - began)), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
