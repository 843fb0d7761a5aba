"""Spaniel and Python's huggingface_hub 2.4.0 on one cache, against a hub on this machine (Tests/Hub/hub.py).

    python Tests/Parity/hub.py --spaniel .build/release/spaniel

What one has fetched the other finds without a request for a file; at the same time they fetch it once each at most, and there is one
blob with the right digest. Both obey the other's lock.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Hub"))
from hub import COMMIT, File, Hub  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("--spaniel", required=True)
arguments.add_argument("--rounds", type=int, default=10)
options = arguments.parse_args()

SNAPSHOT = "from huggingface_hub import snapshot_download; print(snapshot_download('org/model'))"
FILE = "from huggingface_hub import hf_hub_download; print(hf_hub_download('org/model', 'model.safetensors'))"
SCAN = """
import json
from huggingface_hub import scan_cache_dir
from huggingface_hub import __version__
info = scan_cache_dir()
print(json.dumps({"version": __version__, "warnings": [str(w) for w in info.warnings], "repos": [
    [repo.repo_id, repo.size_on_disk, [[r.commit_hash, sorted(r.refs), sorted(f.file_name for f in r.files)] for r in repo.revisions]]
    for repo in info.repos]}))
"""


class Place:
    """A hub and a cache."""

    def __init__(self, size=200_000, slow=0):
        self.hub = Hub()
        self.root = Path(tempfile.mkdtemp(prefix="spaniel-parity-hub-"))
        self.weights = File(random.Random(size).randbytes(size), large=True)
        self.weights.slow = slow
        self.hub.files = {"config.json": File(b'{"model_type":"sam"}'), "preprocessor_config.json": File(b"{}"), "model.safetensors": self.weights}
        self.entry = self.root / "hub/models--org--model"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "SPANIEL_", "HUGGING")) and "proxy" not in name.lower()}
        self.environment = {**kept, "HF_ENDPOINT": self.hub.address, "HF_HOME": str(self.root), "SPANIEL_FETCH_PAUSE": "0.05", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                            "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hub.close()
        shutil.rmtree(self.root)

    def start(self, what, **variables):
        command = [options.spaniel, "weights", "pull", "org/model"] if what == "spaniel" else [sys.executable, "-c", what]
        return subprocess.Popen(command, env={**self.environment, **variables}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, what, **variables):
        process = self.start(what, **variables)
        output, messages = process.communicate(timeout=120)
        assert process.returncode == 0, messages
        return output.strip()

    def fetched(self):
        """The requests that bring a file's content."""
        return [request for request in self.hub.requests if request[1] == "GET" and not request[2].startswith("/api/models/")]

    def check(self):
        """One blob for each file, with the digest it is named by; nothing else lies about."""
        blobs = sorted(path.name for path in (self.entry / "blobs").iterdir())
        assert blobs == sorted(file.digest for file in self.hub.files.values()), blobs
        for path in (self.entry / "blobs").iterdir():
            data = path.read_bytes()
            digest = hashlib.sha256(data) if len(path.name) == 64 else hashlib.sha1(b"blob %d\0" % len(data) + data)
            assert digest.hexdigest() == path.name
        for name, file in self.hub.files.items():
            link = self.entry / "snapshots" / COMMIT / name
            assert os.readlink(link) == "../../blobs/" + file.digest and link.read_bytes() == file.content
        assert (self.entry / "refs/main").read_text() == COMMIT


def one_after_the_other():
    for first, others in [("spaniel", [SNAPSHOT, FILE]), (SNAPSHOT, ["spaniel"]), (FILE, ["spaniel", SNAPSHOT])]:
        with Place() as place:
            path = place.run(first)
            for other in others:
                before = len(place.fetched())
                found = place.run(other)
                again = place.fetched()[before:]
                if first != FILE:
                    assert not again, again
                    if other != FILE:
                        assert found == path, (found, path)
                else:
                    assert not any("model.safetensors" in request[2] for request in again), again
            place.check()
            # Offline too.
            count = len(place.hub.requests)
            for what in ["spaniel", SNAPSHOT]:
                assert place.run(what, HF_HUB_OFFLINE="1") == str(place.entry / "snapshots" / COMMIT)
            assert len(place.hub.requests) == count
            scan = json.loads(place.run(SCAN))
            assert scan["warnings"] == [], scan
            size = sum(len(file.content) for file in place.hub.files.values())
            assert scan["repos"] == [["org/model", size, [[COMMIT, ["main"], sorted(place.hub.files)]]]], scan
            version = scan["version"]
    print(f"huggingface_hub {version}: what one fetched the other finds, 0 downloads again, in both directions and offline; hf's own scan finds no fault")


def at_the_same_time():
    fetches = 0
    for number in range(options.rounds):
        with Place(size=300_000 + number, slow=0.001) as place:
            processes = [place.start("spaniel" if index % 2 else SNAPSHOT) for index in range(8)]
            for process in processes:
                _, messages = process.communicate(timeout=120)
                assert process.returncode == 0, messages
            place.check()
            fetches += sum("model.safetensors" in request[2] for request in place.fetched())
    assert fetches == options.rounds, fetches
    print(f"8 processes at once, 4 of each, {options.rounds} times: 1 blob, the right digest, {fetches} downloads of the weights in {options.rounds} rounds")


def leftovers():
    """hf knows what an interrupted fetch of ours left for what it is, and so does Spaniel what Python left."""
    with Place() as place:
        place.run("spaniel")
        left = place.entry / "blobs" / (place.weights.digest + ".spaniel-0000abcd.incomplete")
        left.write_bytes(b"x" * 99)
        hf = [str(Path(sys.executable).with_name("hf")), "cache"]
        assert subprocess.run([*hf, "verify", "org/model"], env=place.environment, capture_output=True).returncode == 0
        assert subprocess.run([*hf, "prune", "-y"], env=place.environment, capture_output=True).returncode == 0
        assert not left.exists()
        place.check()
    with Place() as place:
        left = place.entry / "blobs" / (place.weights.digest + ".0000abcd.incomplete")
        left.parent.mkdir(parents=True)
        left.write_bytes(b"x" * 99)
        place.run("spaniel")
        assert left.read_bytes() == b"x" * 99  # another program may be writing it
        left.unlink()
        place.check()
    print("hf cache verify finds every checksum right, hf cache prune takes our leftovers away, and we leave Python's alone")


def locks():
    """Each waits while the other holds the lock of a blob."""
    hold = "import sys, time; from huggingface_hub.utils import WeakFileLock\nwith WeakFileLock(sys.argv[1]): print('held', flush=True); time.sleep(2)"
    with Place() as place:
        lock = place.root / "hub/.locks/models--org--model" / (place.weights.digest + ".lock")
        lock.parent.mkdir(parents=True)
        holder = subprocess.Popen([sys.executable, "-c", hold, str(lock)], env=place.environment, stdout=subprocess.PIPE, text=True)
        holder.stdout.readline()
        start = time.monotonic()
        place.run("spaniel")
        assert holder.wait() == 0 and time.monotonic() - start > 1.5
        place.check()
    with Place(slow=0.01) as place:
        process = place.start("spaniel")
        while not any((place.entry / "blobs").glob(place.weights.digest + "*")):
            time.sleep(0.01)
        place.run(FILE)
        assert process.wait() == 0
        assert sum("model.safetensors" in request[2] for request in place.fetched()) == 1
        place.check()
    print("each waits for the other's lock")


one_after_the_other()
at_the_same_time()
leftovers()
locks()
