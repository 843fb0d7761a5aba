"""The line protocol between `bench.py` and whatever it measures; `spaniel-bench serve` speaks it too.

    -> ready {"name": ..., "threads": ..., ...}     once, when the model is loaded
    <- encode | decode | values | memory | quit     one word a line; models other than SAM have answer for encode and decode
    -> ok MILLISECONDS                              encode, decode, answer: the time of that one run
    -> ok NUMBER NUMBER ...                         values: some of what decode or answer gives, to see that all do the same work
    -> ok BYTES                                     memory: the process's peak (VmHWM)
    -> error TEXT                                   and the process goes on
"""

import json
import os
import sys
import time


def pin(threads: int) -> None:
    """Keeps this process on its first processors; to be called before a library starts its threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)


def peak_memory() -> int:
    """The most memory this process has held, in bytes."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def serve(information: dict, tasks: dict, values) -> None:
    """Answers requests until `quit` or the end of the input; each task is a function without arguments, `values` returns text."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints must not land between two answers
    print("ready", json.dumps(information), file=channel)
    for line in sys.stdin:
        word = line.strip()
        if word == "quit":
            return
        try:
            if word == "memory":
                print("ok", peak_memory(), file=channel)
            elif word == "values":
                print("ok", values(), file=channel)
            elif word in tasks:
                start = time.perf_counter()
                tasks[word]()
                print(f"ok {(time.perf_counter() - start) * 1000:.4f}", file=channel)
            else:
                print(f"error no task {word!r}; there are {', '.join(tasks)}, values, memory and quit", file=channel)
        except Exception as error:  # the driver reports it and goes on with the others
            print("error", f"{type(error).__name__}: {error}".replace("\n", " "), file=channel)
