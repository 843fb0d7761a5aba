"""Runs `spaniel worker` under the engines people have, and kills it there.

    python run.py --spaniel PATH [--pictures N] [--rounds N] [--workers N …] [--engine NAME …] [--kills N]
        [--lines N] [--model MODEL] [PART …]

Parts: same speed speed-photographs kill-spark kill-ray resume soak memory. Everything is drawn from seeds but the machine's own speed. Ends
with 1 where a promise is broken: the same bytes from every engine, partition and batch; after kills no answer lost, none twice, all bytes those of the calm run;
memory and open files that do not grow; nothing left behind.
"""

import argparse
import contextlib
import functools
import hashlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import psutil

import engines
import pictures

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--spaniel", required=True)
parser.add_argument("--pictures", type=int, default=10_000, help="for kills; speed takes a tenth")
parser.add_argument("--rounds", type=int, default=3, help="of speed, each with a plain run before every engine's")
parser.add_argument("--workers", type=int, action="append", help="of speed, where it is not 1 and 2")
parser.add_argument("--engine", action="append", help="parallel, spark pipe, spark arrow, ray, ray data: for same and speed, where it is not all")
parser.add_argument("--kills", type=int, default=200, help="of each resumable run; Spark takes a tenth, each of Ray's a fortieth")
parser.add_argument("--lines", type=int, default=100_000, help="of the soak, which ends after 30 minutes")
parser.add_argument("--model", default="owlvit-nano")
parser.add_argument("parts", nargs="*", metavar="PART",
                    default=["same", "speed", "speed-photographs", "kill-spark", "kill-ray", "resume", "soak", "memory"])
options = parser.parse_args()
spaniel = str(pathlib.Path(options.spaniel).resolve())
scratch = pathlib.Path(tempfile.mkdtemp(prefix="spaniel-scale-"))
broken = []


def promise(kept, words):
    print(f"{'ok     ' if kept else 'BROKEN '} {words}", flush=True)
    if not kept:
        broken.append(words)


def worker(*arguments, threads=1):
    return [spaniel, "worker", "--task", "detect", "--model", options.model, "--precision", "float32", "--text", "square=a square",
            "--threads", str(threads), *arguments]


def place(name):
    folder = scratch / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def every_engine():
    known = [engines.Parallel(), engines.Spark(scratch, "pipe"), engines.Spark(scratch, "arrow"), engines.Ray(scratch), engines.Ray(scratch, "ray data")]
    return [engine for engine in known if engine.name in (options.engine or [engine.name])]


def same():
    lines = pictures.make(scratch / "same", 120)
    calm = engines.Plain().run(1, lines, place("calm"), worker())
    for engine in [engines.Plain(), *every_engine()]:
        cuts = [("", {})]
        if engine.name == "spark pipe":
            cuts = [(f", {count} partitions", {"partitions": count}) for count in (2, 7)]
        if engine.name == "spark arrow":
            cuts = [(f", batches of {count}", {"conf": [("spark.sql.execution.arrow.maxRecordsPerBatch", count)]}) for count in (1, 50)]
        with engine.cluster():
            for words, cut in cuts:
                found = engine.run(2, lines, place("same out"), worker("--isolate"), **cut)
                promise(found == calm, f"same bytes: {engine.name}, 2 workers{words}: {len(found.splitlines())} answers")


def speed(make=pictures.make):
    """A machine's own speed changes by the minute: what counts is each run's ratio to the plain one just before it."""
    count = options.pictures // 10
    lines = make(scratch / "speed", count)
    measured = {}
    for number in range(options.rounds):
        for engine in every_engine():
            plain = {workers: timed(engines.Plain(), workers, lines)[0] for workers in options.workers or (1, 2)}
            with engine.cluster():
                for workers in plain:
                    work, around, share = timed(engine, workers, lines)
                    measured.setdefault((engine.name, workers), []).append((plain[workers] / work, plain[workers], work, share))
                    print(f"        round {number + 1}, {engine.name}, workers: {workers}; plain {plain[workers]:.1f} s, this {work:.1f} s and {around:.1f} "
                          f"before and after; the engine's processor time is {share:.1%} of its workers'", flush=True)
    for (name, workers), runs in measured.items():
        ratio, plain, work, share = map(statistics.median, zip(*runs))
        print(f"        {name:12} {workers} worker{'s' if workers > 1 else ' '}  {60 * count / work:7.0f} pictures a minute, plain "
              f"{60 * count / plain:7.0f}; {ratio:5.2f} of plain ({min(runs)[0]:.2f} to {max(runs)[0]:.2f}); {share:.1%} processor time", flush=True)


def speed_photographs():
    speed(pictures.photographs)


def timed(engine, workers, lines):
    """Seconds from the first worker's start to the last one's end, and those around it: an engine's own start does not grow with the pictures.

    And what processor time the engine has meanwhile, by the workers'."""
    times = scratch / "times"
    times.write_text("")
    noted = ["/bin/sh", "-c", f'date +%s.%N >> {times}; "$0" "$@"; code=$?; date +%s.%N >> {times}; exit $code', *worker()]
    start, out, usage = time.monotonic(), place("speed out"), Usage()
    usage.start()
    engine.run(workers, lines, out, noted)
    usage.over.set()
    usage.join()
    whole = time.monotonic() - start
    time.sleep(1)
    moments = [float(moment) for moment in times.read_text().split()]
    if len(moments) < 2 * workers:  # Ray kills its actors, and so what would note their ends; answers are written then.
        moments += [path.stat().st_mtime for path in out.rglob("*") if path.is_file()]
    work = max(moments) - min(moments)
    return work, whole - work, usage.share()


class Usage(threading.Thread):
    """Processor times of all processes of a run while there are workers; each process's last second is not seen."""

    def __init__(self):
        super().__init__(daemon=True)
        self.before, self.last, self.workers = {}, {}, set()
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(1 if self.workers else 0.2):  # no daemon's start may count as work
            now = {}
            for process in orphans():
                with contextlib.suppress(psutil.Error):
                    if process.cmdline()[:1] == [spaniel]:
                        self.workers.add(process.pid)
                    now[process.pid] = sum(process.cpu_times()[:2])
            if self.workers.isdisjoint(now):
                self.before = self.before if self.workers else now
            else:
                self.last |= now

    def share(self):
        spent = {pid: seconds - self.before.get(pid, 0) for pid, seconds in self.last.items()}
        workers = sum(spent.get(pid, 0) for pid in self.workers)
        return (sum(spent.values()) - workers) / workers if workers else float("nan")  # they were too short to be seen


class Killer(threading.Thread):
    """Kills processes of a running job at seeded moments, from the first line's work on."""

    def __init__(self, count, gap, seed, kinds):
        super().__init__(daemon=True)
        draw = random.Random(seed)
        self.plan = [(draw.uniform(*gap), draw.choice(kinds), draw.random()) for _ in range(count)]
        self.killed = []
        self.over = threading.Event()

    def run(self):
        self.victim("worker", 0)
        for wait, kind, which in self.plan:
            if self.over.wait(wait):
                return
            process = self.victim(kind, which)
            with contextlib.suppress(psutil.Error):
                process.kill()
                self.killed.append(kind)

    def victim(self, kind, which):
        while not self.over.wait(0.05):
            found = []
            for process in orphans():
                with contextlib.suppress(psutil.Error):
                    if self.kind(process.cmdline() or [""]) == kind:
                        found.append(process)
            if found:
                return found[int(which * len(found))]
        raise SystemExit  # the job is over, and this thread with it

    @staticmethod
    def kind(command):
        """What an engine would miss; its driver and daemons are left alone."""
        words = " ".join(command)
        if command[0] == spaniel:
            return "child" if "--is-isolated" in command else "worker"
        if "java" in command[0] and "CoarseGrainedExecutorBackend" in words:
            return "executor"
        return "actor" if words.startswith(("ray::Worker", "ray::MapWorker")) else None


@functools.cache
def undisturbed():
    """What the kill runs get, and what plain workers answer; the same for every engine."""
    count = options.pictures
    lines = pictures.make(scratch / "kills", count, poison=count * 2 // 3)
    # 81 million pixels are too many for these addresses, and no reason for the tool to refuse them.
    limited = ["/bin/sh", "-c", 'ulimit -v 700000; export SWIFT_BACKTRACE=enable=no; exec "$0" "$@" 2> /dev/null', *worker("--isolate")]
    start = time.monotonic()
    calm = engines.Plain().run(2, lines, place("calm"), limited)
    answers = [json.loads(answer) for answer in calm.splitlines()]
    errors = [answer["error"]["code"] for answer in answers if not answer["ok"]]
    promise(len(answers) == count and errors.count("worker.died") == 1 and len(errors) == count // 100 + 1,
            f"calm: {count} answers, {len(errors)} of them errors, one the poison's, in {time.monotonic() - start:.0f} s")
    return lines, limited, calm


def kills(engine, kinds, number, gap, **more):
    count, (lines, limited, calm) = options.pictures, undisturbed()
    with engine.cluster():
        killer = Killer(number, gap, 23, kinds)
        killer.start()
        start = time.monotonic()
        found = engine.run(2, lines, place("kills out"), limited, **more)
        killer.over.set()
        killer.join()
    killed = ", ".join(f"{killer.killed.count(kind)} × {kind}" for kind in kinds)
    ids = [json.loads(answer)["id"] for answer in found.splitlines()]
    promise(len(killer.killed) == number and sorted(ids) == list(range(count)) and found == calm,
            f"{engine.name}: {len(killer.killed)} kills ({killed}) in {time.monotonic() - start:.0f} s: {len(ids)} answers, "
            f"{len(set(ids))} of them unique, {'the' if found == calm else 'NOT the'} bytes of the calm run")


def kill_spark():
    kills(engines.Spark(scratch, "pipe"), ["child", "worker", "executor"], options.kills // 10, (1, 4), partitions=options.pictures // 100,
          conf=[("spark.task.maxFailures", 100)])


def kill_ray():
    for name in ("ray", "ray data"):
        kills(engines.Ray(scratch, name), ["child", "worker", "actor"], options.kills // 40, (1, 4))


def orphans():
    """Processes of ours whose parent is gone: Ray's daemons, and what a killed process started."""
    for process in psutil.process_iter(["environ"]):
        if process.pid != os.getpid() and (process.info["environ"] or {}).get("SPANIEL_SCALE") == str(scratch):
            yield process


def resume():
    count = 400
    lines = pictures.make(scratch / "resume", count)
    names = [json.loads(line)["path"] for line in pathlib.Path(lines).read_text().splitlines()]
    listed = scratch / "resume" / "list.txt"
    listed.write_text("".join(name + "\n" for name in names))

    def start(kind, folder):
        if kind == "worker":
            return subprocess.Popen(worker("--resume", f"{folder}/answers.jsonl"), stdin=open(lines))
        return subprocess.Popen(
            [spaniel, "detect", f"@{listed}", "--model", options.model, "--text", "square=a square", "--precision", "float32", "--threads", "1", "--json",
             "--quiet", "--resume", f"{folder}/kept", "--out", f"{folder}/out", "--export", f"coco:{folder}/coco.json"],
            stdout=open(f"{folder}/records.jsonl", "w"), stderr=subprocess.DEVNULL)

    def digest(folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".resume")
        return hashlib.sha256(b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in files)).hexdigest()

    draw = random.Random(200)
    for kind in ("worker", "detect"):
        calm = place("resume calm")
        begin = time.monotonic()
        start(kind, calm).wait()
        long = time.monotonic() - begin
        killed = rounds = differ = 0
        while killed < options.kills:
            rounds += 1
            folder = place("resume torn")
            while True:
                process = start(kind, folder)
                # About ten kills a round.
                try:
                    process.wait(draw.uniform(0, long / 4 + 0.1) if killed < options.kills else None)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    killed += 1
            differ += digest(folder) != digest(calm)
        promise(differ == 0, f"{kind} --resume: {killed} kills in {rounds} runs over {count} pictures; {differ} differ from the calm run")


def soak():
    lines = pathlib.Path(pictures.make(scratch / "soak", 500)).read_text().splitlines(keepends=True)
    process = subprocess.Popen(worker(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    seen = psutil.Process(process.pid)
    start, samples = time.monotonic(), []
    for number in range(options.lines):
        process.stdin.write(lines[number % len(lines)].encode())
        process.stdin.flush()
        process.stdout.readline()
        if (number + 1) % 1000 == 0:
            samples.append((seen.memory_info().rss, seen.num_fds()))
            if time.monotonic() - start > 1800:
                break
    process.stdin.close()
    process.wait()
    first, last, most = samples[0][0], samples[-1][0], max(rss for rss, _ in samples)
    promise(most <= first * 1.01, f"soak: {number + 1} lines in {time.monotonic() - start:.0f} s: {first / 1e6:.1f} MB after 1,000 lines, "
            f"at most {most / 1e6:.1f} MB after, {last / 1e6:.1f} MB at the end ({(most / first - 1) * 100:+.2f} %)")
    promise(len({fds for _, fds in samples}) == 1, f"soak: {samples[0][1]} open files, always")


def memory():
    lines = pathlib.Path(pictures.make(scratch / "memory", 200)).read_text().splitlines(keepends=True)
    for workers, threads in [(1, 1), (2, 1), (1, 2), (4, 1)]:
        running = [subprocess.Popen(worker(threads=threads), stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(workers)]

        def feed(process, share):
            for line in share:
                process.stdin.write(line.encode())
                process.stdin.flush()
                process.stdout.readline()
        for process in running:
            feed(process, lines[:2])
        start = time.monotonic()
        threads_ = [threading.Thread(target=feed, args=(process, lines[k::workers])) for k, process in enumerate(running)]
        for thread in threads_:
            thread.start()
        for thread in threads_:
            thread.join()
        seconds = time.monotonic() - start
        sums = {}
        for process in running:
            for line in pathlib.Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, value = line.split(":")
                sums[name] = sums.get(name, 0) + int(value.split()[0]) / 1024
        print(f"        {workers} × {threads} thread{'s' if threads > 1 else ' '}: {60 * len(lines) / seconds:7.0f} pictures a minute; a worker has "
              f"{sums['Rss'] / workers:6.1f} MiB resident, {sums['Pss'] / workers:6.1f} as its share, of files "
              f"{sums.get('Pss_File', 0) / workers:5.1f}, of its own {sums['Private_Dirty'] / workers:6.1f}", flush=True)
        for process in running:
            process.stdin.close()
            process.wait()


def main():
    os.environ["SPANIEL_SCALE"] = str(scratch)
    try:
        for part in options.parts:
            print(f"{part}", flush=True)
            start = time.monotonic()
            globals()[part.replace("-", "_")]()
            print(f"        in {time.monotonic() - start:.0f} s", flush=True)
        time.sleep(5)
        left = [" ".join(process.cmdline())[:80] for process in orphans()]
        promise(not left, f"no process is left, and so no socket {left}")
        files = [str(path) for path in scratch.rglob(".spaniel-*")]
        promise(not files, f"no temporary file is left {files[:3]}")
    finally:
        for process in orphans():
            process.kill()
        if broken:
            print(f"its logs and files: {scratch}")
        else:
            shutil.rmtree(scratch)
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
