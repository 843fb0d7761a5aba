"""Processes that answer the line protocol of Peers/protocol.py, measured in turn."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Process:
    """A process that answers the line protocol of Peers/protocol.py."""

    def __init__(self, command: list):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.information = json.loads(self._line("ready"))
        self.name = self.information["name"]

    def _line(self, expected: str) -> str:
        line = self.process.stdout.readline().strip()
        word, _, rest = line.partition(" ")
        if word != expected:
            self.errors.seek(0)
            said = [line, *self.errors.read().strip().splitlines()[-1:]]
            raise RuntimeError(f"{Path(self.process.args[1]).name}: {' '.join(said).strip()}")
        return rest

    def ask(self, word: str) -> str:
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self._line("ok")

    def milliseconds(self, task: str) -> float:
        return float(self.ask(task))

    def close(self) -> None:
        self.process.stdin.write("quit\n")
        self.process.stdin.flush()
        self.process.wait(timeout=60)


def burst(process: Process, task: str, count: int) -> float:
    """One figure: a single run of a long task; of a short one the median of several, the first left out, as another had the caches before."""
    if count == 1:
        return process.milliseconds(task)
    return statistics.median([process.milliseconds(task) for _ in range(count + 1)][1:])


def alternate(ours, theirs: dict, pairs: int, pause: float, warm: int = 1) -> tuple[list, dict]:
    """ours, A, ours, B, ours, A … after `warm` rounds that do not count.

    `ours` and each of `theirs` measure once when called. The pause lets the other's threads stop spinning.
    """
    mine = {name: [] for name in theirs}
    other = {name: [] for name in theirs}
    alone = []
    for turn in range(pairs + warm):
        if not theirs:
            alone.append(ours())
        for name, measure in theirs.items():
            time.sleep(pause)
            first = ours()
            time.sleep(pause)
            second = measure()
            mine[name].append(first)
            other[name].append(second)
        print(".", end="", file=sys.stderr, flush=True)
    results = {name: list(zip(mine[name][warm:], other[name][warm:])) for name in theirs}
    everything = alone[warm:] + [a for pairs in results.values() for a, _ in pairs]
    return everything, results
