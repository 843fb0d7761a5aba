"""Measures Spaniel beside its opponents, in turn within one run, and prints one table.

    python3 Benchmarks/bench.py [--model FOLDER] [--peers pytorch,openvino,onnxruntime] [--pairs 7]
                                 [--threads 2] [--only encode,decode,sam2,everything,slimsam,mobilesam,vit,dinov2,find,clipseg,owlvit,threads,process,pictures,help]

Every measurement is a pair: ours, then the opponent's, both kept on the same processors, all models loaded before the first. What is
reported of a pair is its ratio; a time alone says little on a machine that others use. Needs the standard library only; the opponents
run under --python, which has Peers/requirements.txt. `make bench` does all of it.
"""

import argparse
import datetime
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

import baseline
from macs import answer_macs, encode_macs, hiera_macs, mobilesam_macs
from pairs import Process, alternate, burst

NAMES = {"pytorch": "PyTorch", "openvino": "OpenVINO", "onnxruntime": "ONNX Runtime"}
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def timed(command: list, feed: str | None = None) -> float:
    """Milliseconds of a whole process."""
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], input=feed, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        said = [line for line in done.stderr.strip().splitlines() if line][:1]
        raise RuntimeError(f"{Path(command[0]).name} {command[1]}: exit {done.returncode}: {' '.join(said)}")
    return (time.perf_counter() - start) * 1000


def peak_of(command: list) -> float:
    """The most memory a whole process held, in bytes."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def largest_difference(ours: str, theirs: str) -> float:
    """Between sampled logits, as a share of the largest."""
    a, b = ([float(word) for word in text.split()] for text in (ours, theirs))
    if len(a) != len(b):
        return float("nan")
    return max(abs(x - y) for x, y in zip(a, b)) / max(abs(y) for y in b)


def processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
        return re.search(r"model name\s*:\s*(.+)", text).group(1).strip()
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def measured_limits(bench: Path, threads: int, precision: str) -> dict:
    text = subprocess.run([bench, "limits", "--threads", str(threads), "--precision", precision], check=True, capture_output=True, text=True).stdout
    found = re.match(r"(\S+), \d+ threads: (\d+) GFLOP/s of \w+, (\d+) GB/s", text)
    return {"isa": found[1], "arithmetic": float(found[2]), "reading": float(found[3]), "text": text.strip()}


def table(rows: list[list[str]]) -> str:
    head = ["work", "ours, ms", "opponent", "theirs, ms", "ratio (least to most)", "our GFLOP/s", "of the limit"]
    lines = ["| " + " | ".join(head) + " |", "|---|--:|---|--:|--:|--:|--:|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


# The other models: the word of --only, the folder, what its row says.
ANSWERS = [
    ("vit", "vit-base-patch16", "ViT-B/16, 224²"),
    ("dinov2", "dinov2-small", "DINOv2-small, 518²"),
    ("clipseg", "clipseg-rd64-refined", "CLIPSeg rd64-refined, 352², 1 text"),
    ("owlvit", "owlvit-base-patch32", "OWL-ViT B/32, 768², 3 texts"),
    ("owlvit", "owlvit-base-patch16", "OWL-ViT B/16, 768², 3 texts"),
]
ROWS = ["encode", "decode", "sam2", "everything", "slimsam", "mobilesam", "vit", "dinov2", "find", "clipseg", "owlvit", "threads", "process", "pictures", "help"]
PHOTOGRAPHS = 100  # of 12 megapixels


class Report:
    def __init__(self, limit: float):
        self.limit = limit
        self.rows: list[list[str]] = []

    def add(self, work: str, mine: list, results: dict, operations: float | None = None) -> None:
        """One row for each opponent, or one for ours alone. GFLOP/s are of the median."""
        def rate(median: float) -> list[str]:
            if operations is None:
                return ["", ""]
            rate = operations / median * 1e-6
            return [number(rate), f"{100 * rate / self.limit:.0f} %"]

        if not results:
            median = statistics.median(mine)
            self.rows.append([work, number(median), "", "", "", *rate(median)])
        for name, pairs in results.items():
            median = statistics.median(a for a, _ in pairs)
            ratios = sorted(a / b for a, b in pairs)
            spread = f"**{statistics.median(ratios):.2f}** ({ratios[0]:.2f}–{ratios[-1]:.2f})"
            self.rows.append([work, number(median), name, number(statistics.median(b for _, b in pairs)), spread, *rate(median)])


def picture_file(folder: Path, side: int) -> Path:
    """The picture spaniel-bench makes, as a file for the tool: PNG, from the standard library."""
    import struct
    import zlib

    path = folder / f"bench-{side}.png"
    lines = []
    for y in range(side):
        row = bytearray(3 * side)
        for c in range(3):
            row[c::3] = bytes((x * (c + 1) // 5 + y * (3 - c) // 7 + x * y // 997) & 255 for x in range(side))
        lines.append(b"\0" + row)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(lines), 6)) + chunk(b"IEND", b""))
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a SAM folder in the hub's layout; without it, a seeded random sam-vit-base")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has Peers/requirements.txt")
    parser.add_argument("--peers", default="pytorch,openvino,onnxruntime",
                        help="opponents, or none; openvino:float32 is one in a precision of its own, spaniel:bfloat16 ourselves in another")
    parser.add_argument("--bench", type=Path, default=HERE / ".build/release/spaniel-bench")
    parser.add_argument("--tool", type=Path, default=ROOT / ".build/release/spaniel")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    parser.add_argument("--only", default=",".join(ROWS), help="the rows; encode and decode are SAM-B's, threads is our own scaling")
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="where the random models and the converted graphs are kept")
    parser.add_argument("--precision", choices=["float32", "bfloat16", "int8"], default="float32", help="ours and the opponents'; ONNX Runtime's processor kernels have no bfloat16, PyTorch no int8 here")
    parser.add_argument("--cap", choices=["avx2"], help="the opponents as on a processor without more; set SPANIEL_ISA for ours")
    parser.add_argument("--no-save", action="store_true", help="print only, write nothing to Baselines/")
    arguments = parser.parse_args()
    only = set(arguments.only.split(","))
    names = [name for name in arguments.peers.split(",") if name and name != "none"]
    if unknown := only - set(ROWS):
        parser.error(f"--only: {', '.join(sorted(unknown))}?")
    if hasattr(os, "sched_setaffinity"):  # every process started here inherits it
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])

    arguments.work.mkdir(parents=True, exist_ok=True)

    def made(script: str, name: str, word: str) -> Path:
        """A random model, built if it is not there."""
        folder = arguments.work / name
        if not (folder / "complete").exists():
            subprocess.run([arguments.python, ROOT / "Tests/Parity" / script, arguments.work, word], check=True, stdout=sys.stderr)
        return folder

    model = arguments.model
    macs, side = 0.0, 0
    if only & {"encode", "decode", "everything", "find", "threads", "process", "pictures"}:
        model = model or made("sam_models.py", "sam-vit-base", "base")
        config = json.loads((model / "config.json").read_text())
        side = config.get("vision_config", {}).get("image_size", 1024)
        macs = encode_macs(config)

    load = os.getloadavg()[0]
    limits = measured_limits(arguments.bench, arguments.threads, arguments.precision)
    report = Report(limits["arithmetic"])
    notes = []

    def peer_command(name: str, model: Path, precision: str = arguments.precision) -> list:
        command = [arguments.python, HERE / "Peers" / f"peer_{name}.py", "--model", model, "--threads", arguments.threads]
        command += ["--precision", precision]
        command += ["--cap", arguments.cap] if arguments.cap else []
        return command + ([] if name == "pytorch" else ["--cache", arguments.work])

    def serving(kind: str, model: Path, threads: int = arguments.threads, precision: str = arguments.precision) -> Process:
        return Process([arguments.bench, "serve", kind, "--model", model, "--threads", threads, "--precision", precision])

    def opponents(kind: str, model: Path, names: list) -> dict:
        peers = {}
        for name in names:
            try:
                base, _, precision = name.partition(":")
                peer = serving(kind, model, precision=precision) if base == "spaniel" else Process(
                    peer_command(base, model, precision or arguments.precision))
                peer.name += f" {precision}" if precision else ""
                peers[peer.name] = peer
            except (RuntimeError, OSError, json.JSONDecodeError) as error:
                notes.append(f"- {NAMES.get(name, name)} could not be measured on {model.name}: {error}")
        return peers

    def compare(kind: str, model: Path, tasks: list, names: list = names, pairs: int = arguments.pairs, warm: int = 1) -> list:
        """Rows for the tasks (word, what the row says, operations, runs to a figure); ours alone where no opponent has the task. -> our medians."""
        ours, peers = serving(kind, model), opponents(kind, model, names)
        shared = [task for task, *_ in tasks if task != "further"]
        for task in shared:
            ours.milliseconds(task)
        for name, peer in list(peers.items()):
            try:
                for task in shared:
                    peer.milliseconds(task)
            except RuntimeError as error:
                notes.append(f"- {name} could not be measured on {model.name}: {error}")
                peers.pop(name).close()
        servers = [ours, *peers.values()]
        allocations = int(ours.ask("allocations"))
        medians = []
        for task, work, operations, count in tasks:
            print(f"{work} ", end="", file=sys.stderr, flush=True)
            theirs = {name: lambda peer=peer: burst(peer, task, count) for name, peer in peers.items()} if task in shared else {}
            mine, results = alternate(lambda: burst(ours, task, count), theirs, pairs, 0.3, warm)
            report.add(work, mine, results, operations)
            medians.append(statistics.median(mine))
            print(file=sys.stderr)
        taken = int(ours.ask("allocations")) - allocations
        kept = "; each new text stays in the cache" if any(task == "further" for task, *_ in tasks) else ""
        notes.append(f"- {model.name}: buffers our pool took from the system after one warm-up: {taken}{kept}.")
        memory = ", ".join(f"{server.name} {int(server.ask('memory')) / 1e9:.2f} GB" for server in servers)
        notes.append(f"- {model.name}: peak memory (VmHWM; loading and running): {memory}.")
        values = ours.ask("values")
        for peer in peers.values():
            difference = largest_difference(values, peer.ask("values"))
            notes.append(f"- {model.name}, the same work: our logits and {peer.name}'s differ by {difference:.1e} of the largest.")
        for server in servers:
            details = ", ".join(f"{key} {value}" for key, value in server.information.items() if key != "name")
            if f"- {server.name}: {details}." not in notes:
                notes.append(f"- {server.name}: {details}.")
            server.close()
        return medians

    together = 0.0  # one encode and one decode of ours
    tasks = [("encode", f"SAM encode, {side}²", 2 * macs, 1), ("decode", "SAM decode, 1 point, 3 masks", None, 5)]
    if tasks := [task for task in tasks if task[0] in only]:
        together = sum(compare("sam", model, tasks))

    if "sam2" in only:
        folder = made("sam2_models.py", "sam2.1-hiera-tiny", "tiny")
        operations = 2 * hiera_macs(json.loads((folder / "config.json").read_text()))
        decode = ("decode", "SAM 2.1 tiny decode, 1 point, 3 masks", None, 5)
        compare("sam", folder, [("encode", "SAM 2.1 tiny encode, 1024²", operations, 1), decode])

    if "everything" in only:  # of the others only transformers has it
        work = "SAM, masks of everything from 1,024 points on an encoded picture"
        # Minutes of theirs: the run that shows the task can be done warms enough.
        compare("sam", model, [("everything", work, None, 1)], [name for name in names if name == "pytorch"], min(3, arguments.pairs), warm=0)

    if "slimsam" in only:
        folder = made("sam_models.py", "slimsam-77", "slimsam-77")
        operations = 2 * encode_macs(json.loads((folder / "config.json").read_text()))
        compare("sam", folder, [("encode", "SAM of SlimSAM-77's shape: encode, 1024²", operations, 1)])

    if "mobilesam" in only:
        folder = made("mobilesam_models.py", "mobilesam", "mobile")
        config = json.loads((folder / "config.json").read_text())
        compare("sam", folder, [("encode", f"MobileSAM encode, {config['vision_config']['image_size']}²", 2 * mobilesam_macs(config), 1)])

    for kind, name, work in ANSWERS:
        if kind in only:
            folder = made("models.py", name, name)
            operations = 2 * answer_macs(json.loads((folder / "config.json").read_text()))
            tasks = [("answer", work, operations, 1 if name.endswith("16") and kind == "owlvit" else 3)]
            if kind not in ("vit", "dinov2"):
                tasks.append(("further", f"{work.split(',')[0]}: a further text on an encoded picture", None, 5))
            compare(kind, folder, tasks)

    if "find" in only and names and arguments.precision == "float32":  # the opponent is the same arithmetic in Python
        small = made("models.py", "dinov2-small", "dinov2-small")
        words = ["--model", model, "--features", small, "--threads", arguments.threads]
        ours, peer = Process([arguments.bench, "serve", "find", *words]), Process([arguments.python, HERE / "Peers/peer_find.py", *words])
        for task, work in (("encode", "`find --features`: SAM-B, 1024², and DINOv2-small, 518²"), ("search", "`find --features`: search of an encoded picture")):
            print(f"{work} ", end="", file=sys.stderr, flush=True)
            report.add(work, *alternate(lambda: burst(ours, task, 1), {peer.name: lambda: burst(peer, task, 1)}, arguments.pairs, 0.3))
            print(file=sys.stderr)
        difference = largest_difference(ours.ask("values"), peer.ask("values"))
        notes.append(f"- find by features, the same work: our similarities and scores and Python's differ by {difference:.1e} of the largest.")
        ours.close()
        peer.close()

    if "threads" in only and arguments.threads > 1:
        print("threads ", end="", file=sys.stderr, flush=True)
        many, one = (serving("sam", model, n) for n in (arguments.threads, 1))
        theirs = {"ours with 1 thread": lambda: burst(one, "encode", 1)}
        report.add(f"SAM encode, {arguments.threads} threads", *alternate(lambda: burst(many, "encode", 1), theirs, 3, 0.3), 2 * macs)
        many.close()
        one.close()
        print(file=sys.stderr)

    if "process" in only and arguments.tool.exists():
        picture = picture_file(arguments.work, side)
        point = f"{0.55 * side:g},{0.4 * side:g}"
        command = [arguments.tool, "mask", picture, "--point", point, "--model", model, "--threads", arguments.threads, "--precision", arguments.precision]
        work = "whole process: load, encode, decode"
        print(f"{work} ", end="", file=sys.stderr, flush=True)

        def whole(command: list, feed: str | None = None) -> float:
            """From a warm disk cache: some systems drop within seconds what nobody reads, so the same process has just run."""
            timed(command, feed)
            return timed(command, feed)

        theirs = {}
        for name in (name for name in names if ":" not in name):
            theirs[f"{NAMES.get(name, name)}, imports too"] = lambda name=name: whole(peer_command(name, model), "encode\ndecode\nquit\n")
        try:
            mine, results = alternate(lambda: whole(command), theirs, min(3, arguments.pairs), 0.3, warm=0)
            report.add(f"{work} (`spaniel mask`)", mine, results)
            if {"encode", "decode"} <= only:
                notes.append(f"- The whole process takes {statistics.median(mine) - together:.0f} ms more than one encode and one decode.")
            notes.append(f"- Peak memory of `spaniel mask`: {peak_of(command) / 1e9:.2f} GB.")
        except RuntimeError as error:
            notes.append(f"- {work}: {error}")
        print(file=sys.stderr)

    if "pictures" in only and arguments.tool.exists():
        print(f"{PHOTOGRAPHS} photographs ", end="", file=sys.stderr, flush=True)
        folder = arguments.work / "photographs"
        subprocess.run([arguments.python, HERE / "photographs.py", folder, str(PHOTOGRAPHS)], check=True)
        example = f"{ROOT}/Examples/boot.jpg#{ROOT}/Examples/boot-mask.png"
        command = [arguments.tool, "find", "--example", example, folder, "--model", model, "--threads", arguments.threads]
        command += ["--precision", arguments.precision, "--export", f"coco:{arguments.work}/found.json", "--verbose"]
        began = time.perf_counter()
        run = subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        seconds = time.perf_counter() - began
        encoding = sum(float(found) for found in re.findall(r"encode ([0-9.]+) ms", run.stderr)) / 1e3
        report.add(f"`spaniel find`, {PHOTOGRAPHS} JPEGs of 12 megapixels to COCO, one", [seconds / PHOTOGRAPHS * 1e3], {})
        notes.append(
            f"- `spaniel find` in {PHOTOGRAPHS} JPEGs of 12 megapixels, the process's start among it: {PHOTOGRAPHS / seconds * 60:.0f} pictures a minute,"
            f" {100 * (1 - encoding / seconds):.0f} % of the time outside the encoder."
        )
        print(file=sys.stderr)

    if "help" in only and arguments.tool.exists():
        report.add("`spaniel --help`", *alternate(lambda: timed([arguments.tool, "--help"]), {}, 20, 0))
        print(file=sys.stderr)

    priority = f", nice {os.nice(0)}" if os.nice(0) else ""
    today = datetime.date.today().isoformat()
    environment = " ".join(f"{name}={os.environ[name]}" for name in ("SPANIEL_ISA", "SPANIEL_PRODUCT") if name in os.environ)
    # As one would type it again: the interpreter and the folders are of this machine.
    said = " ".join(re.sub(r"--(python|work|bench|tool)[ =]\S+ ?", "", shlex.join(sys.argv[1:])).split())
    shown = f"Benchmarks/run {said}".strip().replace(f"{arguments.model.parent}/" if arguments.model else "", "")
    text = f"""## {today}: `{f"{environment} {shown}".strip()}`

{limits["text"]} (measured at the start of this run). Load of the machine at the start: {load:.1f}{priority}.
Medians; a ratio is ours ÷ theirs, the median of {arguments.pairs} alternating pairs (of at most 3 for masks of everything, whole processes and threads).

{table(report.rows)}

""" + "\n".join(notes) + "\n"
    print(text)
    if not arguments.no_save:
        path = HERE / "Baselines" / baseline.name_of(processor(), limits["isa"], arguments.precision)
        path.parent.mkdir(exist_ok=True)
        title = f"{processor()}, {limits['isa']}, {arguments.precision}"
        path.write_text(baseline.merged(path.read_text() if path.exists() else "", title, text))
        print(f"written to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", file=sys.stderr)


if __name__ == "__main__":
    main()
