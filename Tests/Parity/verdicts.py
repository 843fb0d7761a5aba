"""Asks the published safetensors and this project's reader what they say of mutated files.

    python verdicts.py [--count 120000] [--seed 1]

Whole files, opened by the public interface: wrong headers as in Tests/Goldens/Scripts/checkpoint.py, and half the time a changed
length, a cut or bytes behind. A difference must be a refusal by one of the stricter rules that CheckpointVerdictTests names.
Builds `spaniel-verdicts` of the package Fuzz.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import struct
import subprocess
import sys

import safetensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/Goldens/Scripts"))
from checkpoint import mutated  # noqa: E402

# What the refusals by which this reader is stricter say, and whether a field stands twice.
STRICTER = ["byte 0: expected '{', found byte 0x", "stands twice", "a shape of at most 64 extents", "extents below 2^63", "fewer than 2^63 bits",
            "expected '{', found '['", "expected a string, found '{'"]


def files(count, seed):
    generator = random.Random(seed)
    for _ in range(count):
        header, data = mutated(generator)
        length = len(header)
        file = bytearray(struct.pack("<Q", length) + header + bytes(data))
        if generator.random() < 0.5:
            action = generator.randrange(5)
            if action == 0:
                file[0:8] = struct.pack("<Q", max(0, length + generator.choice([-1, 1, -8, 8, 255])))
            elif action == 1:
                file[generator.randrange(8)] ^= 1 << generator.randrange(8)
            elif action == 2:
                file[0:8] = struct.pack("<Q", generator.choice([0, 1, 100_000_000, 100_000_001, 2**31, 2**63 - 1, 2**63, 2**64 - 8, 2**64 - 1]))
            elif action == 3:
                del file[generator.randrange(len(file)):]
            else:
                file += bytes(generator.randrange(1, 9))
        yield bytes(file)


def reference(file):
    try:
        safetensors.deserialize(file)
        return True
    except safetensors.SafetensorError:
        return False


def repeats_a_name(file):
    def check(pairs):
        names = [name for name, _ in pairs]
        if len(names) != len(set(names)):
            raise KeyError
        return dict(pairs)

    try:
        json.loads(file[8 : 8 + struct.unpack("<Q", file[:8])[0]], object_pairs_hook=check)
        return False
    except KeyError:
        return True
    except (ValueError, struct.error):
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=120_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    build = ["swift", "build", "-c", "release", "--package-path", str(ROOT / "Fuzz"), "--scratch-path", str(ROOT / "Fuzz/.build-verdicts")]
    subprocess.run([*build, "--product", "spaniel-verdicts"], check=True, stdout=sys.stderr)
    path = subprocess.run([*build, "--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    corpus = list(files(options.count, options.seed))
    memory = {"TMPDIR": "/dev/shm"} if pathlib.Path("/dev/shm").is_dir() else {}  # each input is written as a file
    stream = b"".join(struct.pack("<Q", len(file)) + file for file in corpus)
    answers = subprocess.run([f"{path}/spaniel-verdicts", "safetensors"], input=stream, stdout=subprocess.PIPE, check=True, env=os.environ | memory).stdout.decode()
    answers = answers.split("\n")[:-1]
    assert len(answers) == len(corpus), (len(answers), len(corpus))
    counts, unexplained = collections.Counter(), []
    for file, answer in zip(corpus, answers):
        theirs, ours = reference(file), answer == "accepted"
        if theirs == ours:
            counts["both accept" if ours else "both refuse"] += 1
        elif theirs and (any(rule in answer for rule in STRICTER) or repeats_a_name(file)):
            counts["refused by a stricter rule"] += 1
        else:
            unexplained.append((file, answer, theirs))
    print(f"{len(corpus)} files: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) + f", {len(unexplained)} unexplained")
    for file, answer, theirs in unexplained[:10]:
        print(f"  {file!r}: reference {'accepts' if theirs else 'refuses'}, here: {answer}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
