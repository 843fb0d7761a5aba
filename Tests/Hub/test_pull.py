"""`spaniel weights` and `--model` against a hub on this machine. Run by Tests/Hub/run; Python's standard library only."""
import hashlib
import http.server
import json
import os
import pty
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hub import COMMIT, OTHER_COMMIT, File, Hub  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TOOL = os.environ.get("SPANIEL", str(ROOT / ".build/release/spaniel"))
WEIGHTS = random.Random(1).randbytes(100_000)


class Case(unittest.TestCase):
    def setUp(self):
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.root = Path(tempfile.mkdtemp(prefix="spaniel-hub-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.cache = self.root / "hub"
        self.entry = self.cache / "models--org--model"
        self.snapshot = self.entry / "snapshots" / COMMIT
        self.weights = File(WEIGHTS, large=True)
        self.config = File(b'{"model_type":"sam"}\n')
        self.hub.files = {"config.json": self.config, "preprocessor_config.json": File(b"{}"), "model.safetensors": self.weights}

    def environment(self, **variables):
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("HF_", "HUGGING", "SPANIEL_", "TRANSFORMERS")) and "proxy" not in name.lower()}
        return {**kept, "HF_ENDPOINT": self.hub.address, "HF_HOME": str(self.root), "SPANIEL_FETCH_PAUSE": "0.01", **variables}

    def start(self, *arguments, **variables):
        return subprocess.Popen([TOOL, "weights", "pull", *(arguments or ["org/model"])], env=self.environment(**variables),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def pull(self, *arguments, status=0, checks=True, **variables):
        """Runs the tool, and checks that whatever can be seen afterwards is right."""
        process = self.start(*arguments, **variables)
        output, _ = process.communicate(timeout=120)
        if checks:
            self.check_visible()
        self.assertEqual(process.returncode, status, output)
        return output

    def tool(self, *arguments, status=0, **variables):
        result = subprocess.run([TOOL, *arguments], env=self.environment(**variables), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(result.returncode, status, result.stdout)
        return result.stdout

    def check_visible(self):
        """A blob has the digest it is named by; a snapshot's file leads to one."""
        for path in self.entry.glob("blobs/*"):
            if not path.name.endswith(".incomplete"):
                data = path.read_bytes()
                digest = hashlib.sha256(data) if len(path.name) == 64 else hashlib.sha1(b"blob %d\0" % len(data) + data)
                self.assertEqual(digest.hexdigest(), path.name)
        for path in self.entry.glob("snapshots/*/*"):
            self.assertTrue(path.exists(), path)
        for path in self.entry.rglob("refs/*"):
            if path.is_file():
                self.assertRegex(path.read_text(), "^[0-9a-f]{40}$")

    def names(self, snapshot=None):
        return sorted(path.name for path in (snapshot or self.snapshot).glob("*"))

    def assert_complete(self):
        self.check_visible()
        self.assertEqual(self.names(), sorted(self.hub.files))
        for name, file in self.hub.files.items():
            self.assertEqual((self.snapshot / name).read_bytes(), file.claimed, name)
        self.assertEqual(self.leftovers(), [])
        self.assertEqual((self.entry / "refs/main").read_text(), COMMIT)

    def leftovers(self):
        return [path for path in self.root.rglob("*") if path.name.endswith((".incomplete", ".tmp")) or ".spaniel-" in path.name]

    def gets(self, host="cdn"):
        return [request for request in self.hub.requests if request[0] == host and request[1] == "GET"]

    def wait_for_bytes(self, process, count):
        """Until so many bytes of the weights have come."""
        while process.poll() is None and not any(path.stat().st_size >= count for path in self.leftovers() if path.exists()):
            time.sleep(0.01)


class WhatShouldHappen(Case):
    def test_a_model_arrives_whole_in_pythons_layout_and_a_second_run_fetches_nothing(self):
        self.assertEqual(self.pull().strip(), str(self.snapshot))
        self.assert_complete()
        for name, file in self.hub.files.items():
            self.assertEqual(os.readlink(self.snapshot / name), "../../blobs/" + file.digest)
            self.assertTrue((self.cache / ".locks/models--org--model" / (file.digest + ".lock")).exists())
        self.assertTrue((self.cache / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n"))
        mask = os.umask(0)
        os.umask(mask)
        self.assertEqual({path.stat().st_mode & 0o777 for path in self.entry.glob("blobs/*")}, {0o666 & ~mask})
        before = len(self.hub.requests)
        self.pull()
        self.assertEqual([request[2] for request in self.hub.requests[before:]], ["/api/models/org/model/revision/main"])
        self.assertEqual(self.tool("weights", "path", "org/model").strip(), str(self.snapshot))

    def test_only_what_is_needed_is_fetched_and_every_file_from_one_commit(self):
        self.hub.files.update({name: File(b"x" * 10) for name in ["pytorch_model.bin", "README.md", "tokenizer.json", "vocab.json", "merges.txt"]})
        self.pull()
        self.assertEqual(self.names(), ["config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "tokenizer.json", "vocab.json"])
        asked = [request[2] for request in self.hub.requests if "/resolve/" in request[2]]
        self.assertTrue(all("/resolve/%s/" % COMMIT in path for path in asked))

    def test_a_sharded_model_arrives(self):
        del self.hub.files["model.safetensors"]
        shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        index = {"metadata": {"total_size": 1}, "weight_map": {"a.weight": shards[0], "b": shards[1], "c": shards[0]}}
        self.hub.files["model.safetensors.index.json"] = File(json.dumps(index).encode())
        for shard in shards:
            self.hub.files[shard] = File(shard.encode() * 100, large=True)
        self.pull()
        self.assert_complete()

    def test_an_empty_file_and_two_of_the_same_content_arrive(self):
        self.hub.files.update({"merges.txt": File(b"", large=True), "vocab.json": File(b"{}"), "tokenizer_config.json": File(b"")})
        self.pull()
        self.assert_complete()

    def test_without_links_the_files_lie_in_the_snapshot(self):
        self.hub.files["vocab.json"] = File(b"{}")
        self.pull(HF_HUB_DISABLE_SYMLINKS="1")
        for name, file in self.hub.files.items():
            self.assertFalse((self.snapshot / name).is_symlink())
            self.assertEqual((self.snapshot / name).read_bytes(), file.content)
        before = len(self.hub.requests)
        self.pull(HF_HUB_DISABLE_SYMLINKS="1")
        self.assertEqual(len(self.hub.requests), before + 1)

    def test_revisions(self):
        self.hub.other, self.hub.other_files = "refs/pr/1", {**self.hub.files, "config.json": File(b'{"model_type":"sam","x":1}')}
        self.hub.revisions |= {"refs/pr/1", OTHER_COMMIT}
        self.assertIn(OTHER_COMMIT, self.pull("org/model", "--revision", "refs/pr/1"))
        self.assertTrue(any("/revision/refs%2Fpr%2F1" in request[2] for request in self.hub.requests))
        self.assertEqual((self.entry / "refs/refs/pr/1").read_text(), OTHER_COMMIT)
        # A commit that is here needs no network.
        before = len(self.hub.requests)
        self.pull("org/model", "--revision", OTHER_COMMIT)
        self.assertEqual(len(self.hub.requests), before)
        self.assertIn("no revision 'v2'", self.pull("org/model", "--revision", "v2", status=69))

    def test_where_main_has_no_safetensors_the_robots_conversion_is_taken(self):
        self.hub.other, self.hub.other_files = "refs/pr/7", dict(self.hub.files)
        self.hub.revisions |= {"refs/pr/7", OTHER_COMMIT}
        del self.hub.files["model.safetensors"]
        self.assertIn("no safetensors weights at revision main", self.pull(status=69))  # somebody's own is not taken
        self.hub.conversion = 7
        self.assertIn(OTHER_COMMIT, self.pull())
        self.assertIn(OTHER_COMMIT, self.tool("weights", "path", "org/model"))
        self.assertIn("no safetensors weights", self.pull("org/model", "--revision", "main", status=69))

    def test_a_renamed_model_is_followed_and_the_other_host_may_redirect_again(self):
        self.hub.renamed["old/name"] = "org/model"
        self.hub.second_redirect = True
        path = Path(self.pull("old/name").strip())
        self.assertEqual(self.names(path), sorted(self.hub.files))

    def test_a_file_served_without_a_redirect(self):
        for file in self.hub.files.values():
            file.large, file.direct = False, True
        self.pull()
        self.assert_complete()

    def test_a_newer_version_replaces_the_older_and_only_what_changed_is_fetched(self):
        self.pull()
        self.hub.other, self.hub.other_files = "main", {**self.hub.files, "config.json": File(b'{"model_type":"sam","new":1}')}
        self.hub.revisions.add(OTHER_COMMIT)
        before = len(self.gets("hub")) + len(self.gets("cdn"))
        self.assertIn(OTHER_COMMIT, self.pull())
        self.assertEqual(len(self.gets("hub")) + len(self.gets("cdn")), before + 2)  # the list and config.json
        self.assertEqual((self.entry / "refs/main").read_text(), OTHER_COMMIT)

    def test_a_known_name_is_an_id_and_a_single_file_is_a_model(self):
        self.hub.renamed["dhkim2810/MobileSAM"] = "org/model"
        self.hub.files = {"README.md": File(b"x"), "mobile_sam.pt": File(WEIGHTS, large=True)}
        path = Path(self.pull("mobile-sam").strip())
        self.assertEqual((path.name, path.parent.name), ("mobile_sam.pt", COMMIT))
        self.assertEqual(path.read_bytes(), WEIGHTS)
        self.assertEqual(self.tool("weights", "path", "mobile-sam").strip(), str(path))
        self.assertRegex(self.tool("weights", "list"), r"mobile-sam +dhkim2810/MobileSAM +41 +MIT +\S+ +yes")
        self.assertIn("mobile_sam.pt  right", self.tool("weights", "verify", "mobile-sam"))

    def test_a_model_that_ships_is_no_matter_for_the_hub(self):
        self.assertEqual(Path(self.pull("sam-nano").strip()).name, "sam-nano")
        self.assertEqual(self.hub.requests, [])

    def test_records(self):
        record = json.loads(self.pull("org/model", "--json"))
        self.assertEqual(record, {"schema": 1, "name": "org/model", "id": None, "folder": str(self.snapshot)})
        records = [json.loads(line) for line in self.tool("weights", "list", "--json").splitlines()]
        known = {record["name"]: record for record in records}
        self.assertEqual(known["sam-base"]["id"], "facebook/sam-vit-base")
        self.assertIsNone(known["sam-base"]["folder"])
        self.assertEqual(known["org/model"]["folder"], str(self.snapshot))

    def test_verify_names_what_is_wrong_and_how_to_mend_it(self):
        self.pull()
        self.assertEqual(self.tool("weights", "verify").count("  right\n"), 3)
        blob = self.entry / "blobs" / self.weights.digest
        blob.write_bytes(WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1]))
        output = self.tool("weights", "verify", "org/model", status=65)
        self.assertIn("model.safetensors  WRONG: expected %s" % self.weights.digest, output)
        command = re.search(r"(rm '.*') && spaniel (weights pull org/model)", output)
        subprocess.run(command[1], shell=True, check=True)
        self.tool(*command[2].split())
        self.assert_complete()

    def test_a_torn_blob_of_another_program_is_fetched_again(self):
        (self.entry / "blobs").mkdir(parents=True)
        (self.entry / "blobs" / self.weights.digest).write_bytes(WEIGHTS[:-1])
        self.pull()
        self.assert_complete()


class TheToken(Case):
    def test_it_opens_a_gated_model_and_goes_to_the_hub_alone(self):
        self.hub.gated, self.hub.token = True, "hf_secret"
        (self.root / "token").write_text("hf_secret\n")
        (self.root / "other").write_text("hf_secret")
        ways = [{"HF_TOKEN": "hf_secret"}, {"HUGGING_FACE_HUB_TOKEN": "hf_secret"}, {"HF_TOKEN_PATH": str(self.root / "other")}, {}]
        for way in ways:
            shutil.rmtree(self.cache, ignore_errors=True)
            self.hub.requests.clear()
            self.assertNotIn("hf_secret", self.pull(**way))
            self.assert_complete()
            self.assertEqual({request[4] for request in self.hub.requests if request[0] == "hub"}, {"Bearer hf_secret"})
            self.assertEqual({request[4] for request in self.hub.requests if request[0] == "cdn"}, {None})
        shutil.rmtree(self.cache)
        self.assertIn("is gated", self.pull(HF_HUB_DISABLE_IMPLICIT_TOKEN="1", status=69))

    def test_a_gated_a_private_and_an_unknown_model_say_what_to_do(self):
        self.hub.gated, self.hub.token = True, "right"
        self.assertRegex(self.pull(status=69), r"gated: accept its terms at .*/org/model, then set HF_TOKEN")
        output = self.pull(status=69, HF_TOKEN="wrong-secret")
        self.assertIn("the one set now does not open it", output)
        self.assertNotIn("wrong-secret", output)
        self.hub.gated, self.hub.private = False, True
        self.assertIn("is private", self.pull(status=69))
        self.assertIn("does not exist", self.pull("org/none", status=69))
        self.assertFalse(self.cache.exists())
        output = self.pull(status=64, HF_TOKEN="sec\u00a0ret")
        self.assertIn("HF_TOKEN", output)
        self.assertNotIn("ret;", output)
        self.assertNotIn("sec\u00a0ret", output)


class ABadDay(Case):
    def test_cuts_at_200_offsets_end_in_the_right_file(self):
        # One model of many small files: each is cut once, at another place.
        shards = ["model-%03d.safetensors" % cut for cut in range(200)]
        del self.hub.files["model.safetensors"]
        self.hub.files["model.safetensors.index.json"] = File(json.dumps({"weight_map": {shard: shard for shard in shards}}).encode())
        for cut, shard in enumerate(shards):
            file = self.hub.files[shard] = File(random.Random(cut).randbytes(200), large=True)
            file.cuts = [cut]
        self.pull()
        self.assert_complete()
        asked = {}
        for _, _, path, part, _ in self.gets():
            asked.setdefault(path.partition("?")[0][1:], []).append(part)
        self.assertEqual(asked, {shard: [None, "bytes=%d-" % cut if cut else None] for cut, shard in enumerate(shards)})

    def test_a_download_goes_on_where_it_was_cut(self):
        self.weights.cuts = [1, 30_000, 30_000]
        self.pull()
        self.assert_complete()
        self.assertEqual([request[3] for request in self.gets()], [None, "bytes=1-", "bytes=30001-", "bytes=60001-"])

    def test_a_busy_hub_is_waited_for(self):
        self.hub.api_statuses = [503]
        self.config.head_statuses = [429, 500]
        self.weights.statuses = [429, 500, 0]
        self.hub.retry_after = "0.4"
        start = time.monotonic()
        self.pull()
        self.assert_complete()
        self.assertGreater(time.monotonic() - start, 2)

    def test_a_hub_that_stays_busy_is_given_up(self):
        self.hub.api_statuses = [429] * 20
        self.hub.retry_after = "0"
        self.assertIn("status 429, after 5 attempts", self.pull(status=69))
        self.hub.api_statuses = [503]
        self.hub.retry_after = "3600"
        self.assertIn("asks to be left alone for 3600 seconds", self.pull(status=69))

    def test_no_progress_ends(self):
        self.weights.cuts = [0] * 20
        self.assertIn("after 5 attempts", self.pull(status=69))
        self.assertEqual(len(self.gets()), 5)
        self.assertEqual(self.names(), [])

    def test_wrong_bytes_are_fetched_once_more(self):
        self.weights.wrong = 1
        self.pull()
        self.assert_complete()
        self.assertEqual(len(self.gets()), 2)

    def test_bytes_that_stay_wrong_are_not_kept(self):
        for entry in [self.weights, self.config]:
            entry.wrong = 2
            output = self.pull(status=69)
            wrong = bytes(byte ^ 1 for byte in entry.content)
            digest = hashlib.sha256(wrong) if entry.large else hashlib.sha1(b"blob %d\0" % len(wrong) + wrong)
            self.assertIn(entry.digest, output)
            self.assertIn(digest.hexdigest(), output)
            self.assertIn("arrived twice wrong", output)
            self.assertEqual((self.names(), self.leftovers()), ([], []))
            self.pull()
            self.assert_complete()
            shutil.rmtree(self.cache)

    def test_a_wrong_size_is_refused(self):
        for claimed in [WEIGHTS + b"more", WEIGHTS[:-1], b""]:
            for chunked in [False, True]:
                self.weights.claimed, self.weights.chunked = claimed, chunked
                self.hub.requests.clear()
                if claimed == b"":  # an empty file needs no request
                    self.pull()
                    shutil.rmtree(self.cache)
                    continue
                self.assertIn("arrived twice wrong", self.pull(status=69))
                self.assertEqual(len(self.gets()), 2)
                self.assertEqual((self.names(), self.leftovers()), ([], []))

    def test_a_host_that_cannot_go_on_starts_over(self):
        self.weights.cuts = [50_000]
        self.weights.ignores_range = True
        self.pull()
        self.assert_complete()

    def test_a_refused_range_starts_over(self):
        self.weights.cuts = [50_000]
        self.weights.refuses_range = 1
        self.pull()
        self.assert_complete()

    def test_another_part_than_was_asked_for_starts_over(self):
        self.weights.cuts = [50_000]
        self.weights.shifts_range = 1
        self.pull()
        self.assert_complete()

    def test_names_that_lead_elsewhere_are_never_asked_for(self):
        self.hub.listed = ["../x", "/etc/passwd", "a/../../x", "..\\x", "C:\\x", "config.json/../../x", "\u0000", "tokenizer.json/"]
        self.pull()
        self.assert_complete()
        del self.hub.files["model.safetensors"]
        for name in ["../x.safetensors", "/etc/passwd", "a/../../x.safetensors", "a\\b.safetensors", ".x.safetensors", "C:x", "", "x" * 300]:
            self.hub.files["model.safetensors.index.json"] = File(json.dumps({"weight_map": {"a": name}}).encode())
            shutil.rmtree(self.cache)
            self.hub.requests.clear()
            self.pull(status=69)
            self.assertEqual(self.names(), [])
            self.assertTrue(all(request[2].rsplit("/", 1)[1] in [*self.hub.files, "main"] for request in self.hub.requests))
        self.assertEqual(sorted(path.name for path in self.root.iterdir()), ["hub"])

    def test_a_missing_configuration_or_shard_is_named(self):
        del self.hub.files["config.json"]
        self.assertIn("org/model has no config.json", self.pull(status=69))
        self.hub.files["config.json"] = self.config
        del self.hub.files["model.safetensors"]
        self.hub.files["model.safetensors.index.json"] = File(b'{"weight_map":{"a":"model-1.safetensors"}}')
        self.assertIn("org/model has no model-1.safetensors", self.pull(status=69))
        self.assertEqual(self.names(), [])

    def test_replies_that_no_hub_gives(self):
        replies = [b"", b"{", b"[]", b'{"sha":"x","siblings":[]}', b'{"sha":"%s"}' % COMMIT.encode(), b"[" * 100_000]
        heads = [{"ETag": '"%s"' % ("a" * 40)}, {"X-Repo-Commit": COMMIT}, {"X-Repo-Commit": COMMIT, "ETag": '"../../x"'},
                 {"X-Repo-Commit": "b" * 40, "ETag": '"%s"' % ("a" * 40)}, {"X-Repo-Commit": COMMIT, "ETag": '"%s"' % ("A" * 40)},
                 {"X-Repo-Commit": COMMIT, "X-Linked-ETag": '"%s"' % ("a" * 40), "X-Linked-Size": "-1"}]
        good = json.dumps({"sha": COMMIT, "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}]}).encode()
        for body, fields in [(reply, {}) for reply in replies] + [(good, head) for head in heads]:
            with serving(body, fields) as address:
                self.pull(status=69, HF_ENDPOINT=address)
                self.assertEqual(self.names(), [])

    def test_redirects_without_end_and_to_other_things(self):
        for location in ["/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "http://user@127.0.0.1/x", "http:// x/", "gopher://x"]:
            with serving(b"", {"Location": location}, status=302) as address:
                self.assertRegex(self.pull(status=69, HF_ENDPOINT=address), "redirect")

    @unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificate")
    def test_an_encrypted_hub_must_prove_who_it_is_and_leads_nowhere_in_the_open(self):
        key, certificate = str(self.root / "key.pem"), str(self.root / "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        hub = Hub(context)
        self.addCleanup(hub.close)
        hub.files = self.hub.files
        plain, self.hub = self.hub, hub
        self.assertIn("cannot prove who it is", self.pull(status=69))
        self.assertEqual(hub.requests, [])
        self.pull(SSL_CERT_FILE=certificate)
        self.assert_complete()
        shutil.rmtree(self.cache)
        hub.cdn = plain.cdn
        self.assertIn("expected a redirect to an https address", self.pull(status=69, SSL_CERT_FILE=certificate))
        self.assertEqual(plain.requests, [])
        self.assertEqual(self.names(), [])

    def test_a_full_disk_is_said_before_it_is_full(self):
        self.weights.claimed_size = 10**15 - 1
        self.assertIn("make room", self.pull(status=73))
        self.assertEqual(self.gets(), [])

    def test_a_cache_that_cannot_be_written_is_said(self):
        self.cache.write_text("in the way")
        self.assertIn(str(self.cache), self.pull(status=73, checks=False))

    def test_offline_means_offline(self):
        for variable in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]:
            self.assertIn("%s forbids the network" % variable, self.pull(status=69, **{variable: "1"}))
        self.assertEqual(self.hub.requests, [])
        self.pull()
        self.hub.requests.clear()
        self.assertEqual(self.pull(HF_HUB_OFFLINE="yes").strip(), str(self.snapshot))
        self.assertEqual(self.hub.requests, [])

    def test_a_hub_that_is_not_there_is_said_and_what_is_here_serves(self):
        output = self.pull(status=69, HF_ENDPOINT="http://127.0.0.1:1")
        self.assertIn("http://127.0.0.1:1", output)
        self.assertIn("after 5 attempts", output)
        self.pull()
        output = self.pull(HF_ENDPOINT="http://127.0.0.1:1")
        self.assertIn("what is here already is used", output)
        self.assertIn(str(self.snapshot), output)

    def test_a_hub_that_says_nothing_is_given_up(self):
        with silent() as address:
            start = time.monotonic()
            self.assertIn("after 5 attempts", self.pull(status=69, HF_ENDPOINT=address, HF_HUB_ETAG_TIMEOUT="1"))
            self.assertLess(time.monotonic() - start, 30)

    def test_wrong_settings_are_wrong_usage(self):
        for endpoint in ["ftp://x", "file:///etc", "x", "https://", "http://a b", "https://h?x"]:
            self.assertIn("HF_ENDPOINT", self.pull(status=64, HF_ENDPOINT=endpoint))
        for revision in ["", "..", "-x", "a b", "../x", "a?b", "x#y", "a//b", "/a", "a/", "a.lock", "x" * 300]:
            self.pull("org/model", "--revision=" + revision, status=64)
        for name in ["a/b/c", "../x", "a/..", "a--b/c", "a/b.git", "a b/c", "a/$(id)", "ä/b", "a" * 97, "a/"]:
            self.pull(name, status=64)
        self.assertEqual(self.hub.requests, [])


class Interruptions(Case):
    def test_runs_that_are_killed_leave_nothing_torn_and_the_next_goes_on(self):
        self.weights.slow = 0.002
        generator = random.Random(3)
        for round in range(25):
            process = self.start()
            if round % 3 == 0:
                self.wait_for_bytes(process, 3_000 * (round + 1))
            else:
                time.sleep(generator.uniform(0, 0.25))
            process.kill()
            process.communicate()
            self.check_visible()
        self.weights.slow = 0
        self.pull()
        self.assert_complete()
        self.assertTrue(any(request[3] for request in self.gets()), "nothing was gone on with")

    def test_an_interrupt_ends_cleanly_and_is_gone_on_with(self):
        self.weights.slow = 0.05  # seconds enough to be interrupted in, on a busy machine too
        process = self.start()
        self.wait_for_bytes(process, 5000)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted", output)
        self.assertEqual(self.names(), [])
        self.check_visible()
        self.weights.slow = 0
        self.pull()
        self.assert_complete()
        self.assertRegex(self.gets()[-1][3], r"bytes=\d{4,}-")

    def test_what_another_process_writes_is_left_alone(self):
        self.weights.slow = 0.01
        first = self.start()
        self.wait_for_bytes(first, 5000)
        second = self.start()
        for process in [first, second]:
            output, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, output)
        self.assertEqual(len(self.gets()), 1)
        self.assert_complete()

    def test_eight_at_once_fetch_it_once(self):
        processes = [self.start() for _ in range(8)]
        for process in processes:
            output, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, output)
        self.assertEqual(len(self.gets()), 1)
        self.assert_complete()


class TheModelOption(Case):
    def setUp(self):
        super().setUp()
        self.hub.renamed["facebook/sam-vit-base"] = "org/model"
        folder = ROOT / "Weights/sam-nano"
        self.hub.files = {name: File((folder / name).read_bytes(), large=name.endswith("safetensors"))
                          for name in ["config.json", "preprocessor_config.json", "model.safetensors"]}
        self.mask = ["mask", str(ROOT / "Examples/shelf.jpg"), "--point", "100,100", "--model", "sam-base"]

    def test_nobody_is_asked_where_nobody_is_and_the_command_is_said(self):
        output = self.tool(*self.mask, status=69)
        self.assertEqual(output.strip(), "spaniel: sam-base is not on this machine; fetch it with: spaniel weights pull sam-base")
        self.assertEqual(self.hub.requests, [])

    def test_pull_fetches_it(self):
        self.assertIn("1 object", self.tool(*self.mask, "--pull"))
        self.hub.requests.clear()
        self.assertIn("1 object", self.tool(*self.mask))
        self.assertEqual(self.hub.requests, [])

    def test_on_a_terminal_a_yes_fetches_it_and_anything_else_does_not(self):
        self.assertEqual(self.on_terminal(b"\n")[0], 69)
        self.assertEqual(self.on_terminal(b"no\n")[0], 69)
        self.assertEqual(self.hub.requests, [])
        status, output = self.on_terminal(b"yes\n")
        self.assertEqual(status, 0, output)
        self.assertIn("facebook/sam-vit-base, 375 MB, Apache-2.0", output)
        self.assertIn("MB", output)

    def on_terminal(self, answer):
        process, terminal = pty.fork()
        if process == 0:
            os.execve(TOOL, [TOOL, *self.mask], self.environment())
        output = b""
        try:
            while True:
                piece = os.read(terminal, 10_000)
                if not piece:
                    break
                output += piece
                if b"[y/N]" in output and answer:
                    os.write(terminal, answer)
                    answer = b""
        except OSError:
            pass  # the other side has gone
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), output.decode()


class serving:
    """A host that answers everything with the same."""

    def __init__(self, body, fields, status=200):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class silent:
    """A host that takes connections and says nothing."""

    def __enter__(self):
        import socket
        self.socket = socket.create_server(("127.0.0.1", 0))
        return "http://127.0.0.1:%d" % self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


if __name__ == "__main__":
    unittest.main(verbosity=1)
