"""PerSAM by DINOv2's features in Python as an opponent: transformers' Sam and Dinov2, the search in numpy (Tests/Parity/features.py).

    python peer_find.py --model FOLDER --features FOLDER [--threads 2]
"""

import argparse
import sys
from pathlib import Path

import protocol

ROOT = Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--model", type=Path, required=True)
parser.add_argument("--features", type=Path, required=True)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
protocol.pin(arguments.threads)
sys.path.insert(0, str(ROOT / "Tests/Parity"))

import numpy  # noqa: E402  after the pinning
import torch  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

from features import Dino, Sam, Search  # noqa: E402
from persam_original import read_rgb  # noqa: E402

torch.set_num_threads(arguments.threads)
torch.set_grad_enabled(False)
search = Search(Sam(arguments.model), Dino(arguments.features, [], 518))
examples = ROOT / "Examples"
search.learn(read_rgb(examples / "boot.jpg"), numpy.array(Image.open(examples / "boot-mask.png").convert("L")) > 0)
picture = read_rgb(examples / "shelf.jpg")
encoded = None


def encode():
    global encoded
    encoded = search.encode(picture)


def find():
    if encoded is None:
        encode()
    return search.find_in(*encoded)


def values():
    out = find()
    scores = [score for score in out.get("scores", []) if score == score]
    return " ".join(repr(float(value)) for value in [*out["similarity"].ravel(), *scores])


protocol.serve(
    {"name": "Python", "torch": torch.__version__, "transformers": transformers.__version__, "threads": torch.get_num_threads()},
    {"encode": encode, "search": find}, values)
