"""Weights/fetch.sh against a hub on this machine. Run by Tests/Hub/run; Python's standard library only."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from hub import COMMIT, File, Hub  # noqa: E402

SCRIPT = Path(__file__).resolve().parents[2] / "Weights" / "fetch.sh"
WEIGHTS = random.Random(1).randbytes(100_000)


class FetchTests(unittest.TestCase):
    def setUp(self):
        self.hub = Hub()
        self.addCleanup(self.hub.close)
        self.root = Path(tempfile.mkdtemp(prefix="spaniel-fetch-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.folder = self.root / "org" / "model"
        self.weights = File(WEIGHTS, large=True)
        self.config = File(b'{"model_type":"sam"}\n')
        self.hub.files = {"config.json": self.config, "preprocessor_config.json": File(b"{}"), "model.safetensors": self.weights}

    def environment(self, **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "SPANIEL_")) and "proxy" not in name.lower()}
        return {**kept, "HF_ENDPOINT": self.hub.address, "SPANIEL_WEIGHTS": str(self.root), "SPANIEL_FETCH_PAUSE": "0", **variables}

    def fetch(self, *arguments, status=0, **variables):
        """Runs the script, and checks that whatever it left under a file's own name is right."""
        result = subprocess.run([SCRIPT, *(arguments or ["org/model"])], env=self.environment(**variables), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.check_visible()
        self.assertEqual(result.returncode, status, result.stdout)
        return result.stdout

    def check_visible(self):
        for path in self.visible():
            self.assertEqual(path.read_bytes(), self.hub.files[path.name].claimed, path)

    def visible(self):
        return [path for path in self.root.rglob("*") if path.is_file() and not path.name.startswith(".") and path.parent.name != ".lock"]

    def names(self):
        return sorted(path.name for path in self.visible())

    def assert_complete(self):
        self.assertEqual(self.names(), sorted(self.hub.files))
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(self.hub.files), "something is left over")

    def wait_for_weights(self, process, count):
        """Until so many bytes of the weights have come."""
        while process.poll() is None and not any(path.stat().st_size >= count for path in self.folder.glob(".model.safetensors.*.part")):
            time.sleep(0.02)

    def gets(self, host="cdn"):
        return [request for request in self.hub.requests if request[0] == host and request[1] == "GET"]

    # What should happen

    def test_a_model_arrives_whole_and_a_second_run_fetches_nothing(self):
        output = self.fetch()
        self.assert_complete()
        self.assertIn("--model org/model", output)
        self.assertEqual({path.stat().st_mode & 0o777 for path in self.visible()}, {0o644})
        count = len(self.gets("cdn")) + len(self.gets("hub"))
        self.assertIn("model.safetensors is here already", self.fetch())
        self.assertEqual(len(self.gets("cdn")) + len(self.gets("hub")), count)

    def test_every_file_comes_from_the_commit_of_the_first(self):
        self.fetch()
        asked = [path for host, method, path, *_ in self.hub.requests if host == "hub" and "/resolve/" in path]
        self.assertTrue(all("/resolve/main/" in path for path in asked if path.endswith("/config.json")))
        self.assertTrue(all("/resolve/%s/" % COMMIT in path for path in asked if not path.endswith("/config.json")))

    def test_a_tokenizer_comes_along(self):
        for name in ["tokenizer.json", "vocab.json", "merges.txt", "processor_config.json", "special_tokens_map.json", "tokenizer_config.json"]:
            self.hub.files[name] = File(name.encode())
        self.fetch()
        self.assert_complete()

    def test_a_sharded_model_arrives(self):
        del self.hub.files["model.safetensors"]
        shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        index = {"metadata": {"total_size": 1}, "weight_map": {"a.weight": shards[0], "b": shards[1], "c": shards[0]}}
        for text in [json.dumps(index), json.dumps(index, indent=2)]:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.hub.files["model.safetensors.index.json"] = File(text.encode())
            for shard in shards:
                self.hub.files[shard] = File(shard.encode() * 100, large=True)
            self.fetch()
            self.assert_complete()

    def test_an_index_cannot_name_a_file_elsewhere(self):
        del self.hub.files["model.safetensors"]
        for name in ["../x.safetensors", "/etc/passwd", "x.bin", "a\\b.safetensors", "$(id).safetensors", "-o.safetensors"]:
            self.hub.files["model.safetensors.index.json"] = File(json.dumps({"weight_map": {"a": name}}).encode())
            self.fetch(status=69)
            self.assertEqual(self.names(), [])

    def test_an_empty_file_arrives(self):
        self.hub.files["preprocessor_config.json"] = File(b"")
        self.hub.files["merges.txt"] = File(b"", large=True)
        self.fetch()
        self.assert_complete()

    def test_another_revision(self):
        self.hub.revisions.add("refs/pr/1")
        self.fetch("org/model", "refs/pr/1")
        self.assertTrue(any("/resolve/refs%2Fpr%2F1/" in path for _, _, path, *_ in self.hub.requests))
        self.assertIn("no revision 'v2'", self.fetch("org/model", "v2", status=69))

    def test_a_renamed_model_is_followed(self):
        self.hub.renamed["old/name"] = "org/model"
        self.fetch("old/name")
        self.assertEqual(len(self.names()), 3)

    def test_the_other_host_may_redirect_again(self):
        self.hub.second_redirect = True
        self.fetch()
        self.assert_complete()

    def test_a_newer_version_replaces_the_older(self):
        self.fetch()
        self.hub.files["model.safetensors"] = File(WEIGHTS[::-1], large=True)
        self.fetch()
        self.assert_complete()

    # The token

    def test_the_token_opens_a_gated_model_and_goes_to_the_hub_alone(self):
        self.hub.gated, self.hub.token = True, "hf_secret"
        output = self.fetch(HF_TOKEN="hf_secret")
        self.assert_complete()
        self.assertNotIn("hf_secret", output)
        self.assertEqual({request[4] for request in self.hub.requests if request[0] == "hub"}, {"Bearer hf_secret"})
        self.assertEqual({request[4] for request in self.hub.requests if request[0] == "cdn"}, {None})

    def test_the_token_is_not_among_the_arguments_of_a_process(self):
        self.weights.slow = 0.01
        process = subprocess.Popen([SCRIPT, "org/model"], env=self.environment(HF_TOKEN="hf_secret"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        seen = ""
        while process.poll() is None:
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen += path.read_bytes().decode(errors="replace")
                except OSError:
                    pass
            time.sleep(0.05)
        self.assertNotIn("hf_secret", seen)

    def test_a_gated_model_says_what_to_do(self):
        self.hub.gated, self.hub.token = True, "right"
        self.assertRegex(self.fetch(status=69), r"gated: accept its terms at .*/org/model, then set HF_TOKEN")
        self.assertIn("the token set now does not open it", self.fetch(status=69, HF_TOKEN="wrong"))
        self.assertFalse(self.folder.exists())

    def test_a_private_or_unknown_model_says_so(self):
        self.assertIn("does not exist or is private", self.fetch("org/none", status=69))
        self.assertFalse((self.root / "org").exists())
        self.hub.private, self.hub.token = True, "right"
        self.assertIn("set HF_TOKEN", self.fetch(status=69))
        self.fetch(HF_TOKEN="right")

    def test_a_token_that_could_end_its_line_is_refused(self):
        self.assertIn("HF_TOKEN", self.fetch(status=64, HF_TOKEN='a"\noutput = "/tmp/x'))
        self.assertEqual(self.hub.requests, [])

    # A bad day

    def test_a_download_goes_on_where_it_was_cut(self):
        self.weights.cuts = [1, 30_000, 30_000]
        self.fetch()
        self.assert_complete()
        self.assertEqual([request[3] for request in self.gets()], [None, "bytes=1-", "bytes=30001-", "bytes=60001-"])

    def test_cuts_at_many_places_end_in_the_right_file(self):
        generator = random.Random(2)
        self.weights.cuts = [generator.randrange(1, 8000) for _ in range(15)]
        self.fetch()
        self.assert_complete()

    def test_a_run_that_was_killed_is_gone_on_with(self):
        self.weights.slow = 0.01
        generator = random.Random(3)
        for round in range(6):
            process = subprocess.Popen([SCRIPT, "org/model"], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            if round % 2:
                self.wait_for_weights(process, 10_000 * round)
            else:
                time.sleep(generator.uniform(0, 0.5))
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.check_visible()
        self.weights.slow = 0
        self.fetch()
        self.assert_complete()
        self.assertTrue(any(request[3] for request in self.gets()), "nothing was gone on with")

    def test_an_interrupt_leaves_no_file_but_what_can_be_gone_on_with(self):
        self.weights.slow = 0.1  # seconds enough to be interrupted in, on a busy machine too
        process = subprocess.Popen([SCRIPT, "org/model"], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.wait_for_weights(process, 5000)
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(), 130)
        self.assertEqual(self.names(), [])
        self.assertFalse((self.folder / ".lock").exists())

    def test_no_progress_ends(self):
        self.weights.cuts = [0] * 20
        self.assertIn("no progress in 5 attempts", self.fetch(status=69))
        self.assertEqual(len(self.gets()), 5)

    def test_a_busy_hub_is_waited_for(self):
        self.config.statuses = [429, 503]
        self.weights.statuses = [429, 500, 0]
        self.hub.retry_after = "1"
        start = time.monotonic()
        self.fetch()
        self.assert_complete()
        self.assertGreater(time.monotonic() - start, 3.5)

    def test_a_hub_that_stays_busy_is_given_up(self):
        self.config.statuses = [429] * 20
        self.assertIn("status 429", self.fetch(status=69))
        self.config.statuses = [429]
        self.hub.retry_after = "3600"
        self.assertIn("asks to wait 3600 seconds", self.fetch(status=69))

    def test_wrong_bytes_are_fetched_once_more(self):
        self.weights.wrong = 1
        self.assertIn("fetching it once more", self.fetch())
        self.assert_complete()

    def test_bytes_that_stay_wrong_are_not_kept(self):
        for entry in [self.weights, self.config]:
            entry.wrong = 2
            output = self.fetch(status=69)
            self.assertIn(entry.digest, output)
            self.assertIn("arrived twice with the digest", output)
            self.assertEqual(self.names(), [])
            self.fetch()
            self.assert_complete()
            shutil.rmtree(self.folder)

    def test_a_wrong_size_is_refused(self):
        self.weights.claimed = WEIGHTS + b"more"
        self.assertIn("arrived twice with 100000 bytes, expected 100004", self.fetch(status=69))
        self.assertEqual(len(self.gets()), 2)
        self.assertEqual(self.names(), [])
        self.weights.claimed = WEIGHTS[:-1]
        self.assertIn("arrived twice with more bytes than the 99999 expected", self.fetch(status=69))
        self.assertEqual(self.names(), [])

    def test_a_host_that_cannot_go_on_starts_over(self):
        self.weights.cuts = [50_000]
        self.weights.ignores_range = True
        self.fetch()
        self.assert_complete()

    def test_a_refused_range_starts_over(self):
        self.weights.cuts = [50_000]
        self.weights.refuses_range = 1
        self.fetch()
        self.assert_complete()

    def test_what_is_left_of_another_version_is_not_gone_on_with(self):
        self.weights.cuts = [50_000] + [0] * 20
        self.fetch(status=69)
        self.assertEqual(len(list(self.folder.glob(".*.part"))), 2)
        self.hub.files["model.safetensors"] = File(WEIGHTS[::-1], large=True)
        self.fetch()
        self.assert_complete()

    def test_a_damaged_file_is_fetched_again(self):
        self.fetch()
        path = self.folder / "model.safetensors"
        path.write_bytes(WEIGHTS[:-1] + b"\0")
        result = subprocess.run([SCRIPT, "org/model"], env=self.environment(), capture_output=True)
        self.assertEqual(result.returncode, 0)
        self.assert_complete()
        self.check_visible()

    def test_a_model_without_safetensors_says_where_to_look(self):
        del self.hub.files["model.safetensors"]
        self.assertIn("no safetensors weights", self.fetch(status=69))
        self.assertEqual(self.names(), [])

    def test_a_missing_configuration_or_shard_is_named(self):
        del self.hub.files["config.json"]
        self.assertIn("org/model has no config.json", self.fetch(status=69))
        self.hub.files["config.json"] = self.config
        del self.hub.files["model.safetensors"]
        self.hub.files["model.safetensors.index.json"] = File(b'{"weight_map":{"a":"model-1.safetensors"}}')
        self.assertIn("org/model has no model-1.safetensors", self.fetch(status=69))
        self.assertEqual(self.names(), [])

    def test_a_full_disk_is_said_before_it_is_full(self):
        tools = Path(tempfile.mkdtemp(prefix="spaniel-fetch-"))
        self.addCleanup(shutil.rmtree, tools)
        (tools / "df").write_text("#!/bin/sh\necho Filesystem 1024-blocks Used Available Capacity Mounted\necho /dev/x 100 90 10 90% /\n")
        (tools / "df").chmod(0o755)
        output = self.fetch(status=73, PATH="%s:%s" % (tools, os.environ["PATH"]))
        self.assertIn("make room", output)
        self.assertEqual(self.names(), [])

    def test_a_file_that_cannot_be_written_is_said(self):
        (self.folder.parent).mkdir()
        self.folder.write_text("in the way")
        result = subprocess.run([SCRIPT, "org/model"], env=self.environment(), capture_output=True, text=True)
        self.assertEqual(result.returncode, 73)
        self.assertIn("SPANIEL_WEIGHTS", result.stderr)

    def test_one_run_at_a_time(self):
        (self.folder / ".lock").mkdir(parents=True)
        (self.folder / ".lock" / "process").write_text("%d\n" % os.getpid())
        self.assertIn("being fetched already", self.fetch(status=73))
        (self.folder / ".lock" / "process").write_text("999999999\n")
        self.fetch()
        self.assert_complete()

    # Wrong usage

    def test_what_is_no_model_is_refused_before_anything_is_asked(self):
        for name in ["", "a/b/c", "../x", "/x", "a/..", "-a/b", "a/b-", "a--b/c", "a/b.git", "a b/c", "a/$(id)", "a;b", "ä/b", "a" * 97, "a/", "/", "a/b\n"]:
            self.fetch(name, status=64)
        for revision in ["", "..", "-x", "a b", "../x", "a?b", "x#y"]:
            self.fetch("org/model", revision, status=64)
        self.fetch("a", "b", "c", status=64)
        for endpoint in ["ftp://x", "file:///etc", "x", "https://"]:
            self.fetch(status=64, HF_ENDPOINT=endpoint)
        self.assertEqual(self.hub.requests, [])
        self.assertEqual(os.listdir(self.root), [])

    def test_offline_means_offline(self):
        self.assertIn("HF_HUB_OFFLINE", self.fetch(status=69, HF_HUB_OFFLINE="1"))
        self.assertEqual(self.hub.requests, [])

    def test_a_hub_that_is_not_there_is_said(self):
        self.assertIn("no answer after 5 attempts", self.fetch(status=69, HF_ENDPOINT="http://127.0.0.1:1"))
        self.assertFalse((self.root / "org").exists())


if __name__ == "__main__":
    unittest.main(verbosity=1)
