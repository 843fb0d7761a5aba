"""The scenes that both evaluations draw: one seed, squares of 512 pixels, objects and grounds that no training saw."""

import numpy as np

from compose import LARGEST, SMALLEST, Composer, Library

SEED = 20260101
SIDE = 512


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
