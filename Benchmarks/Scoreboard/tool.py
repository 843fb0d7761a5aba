"""The tool as a process, and what one run of it says."""
import json
import subprocess
import sys
import time


class Tool:
    """`spaniel` with the options of one choice of models."""

    def __init__(self, path, model=None, sam_model=None, features=None):
        self.path = str(path)
        features = ["--features", features] if features else []
        sam = ["--sam-model", sam_model] if sam_model else []
        self.options = {
            "detect": (["--model", model] if model else []) + sam + features,
            "find": (["--model", sam_model] if sam_model else []) + features,
            "mask": ["--model", sam_model] if sam_model else [],
        }

    def call(self, task, *arguments, lines=None):
        """Runs a command with a task's options; returns its standard output and the seconds it took."""
        command = [self.path, *map(str, arguments), *self.options.get(task, [])]
        start = time.monotonic()
        run = subprocess.run(
            command, input=lines, stdin=None if lines else subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            check=False)
        if run.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {run.returncode}")
        return run.stdout, time.monotonic() - start

    def records(self, task, *arguments):
        """The records of a picture command."""
        text, _ = self.call(task, task, *arguments, "--json", "--quiet")
        return [json.loads(line) for line in text.splitlines()]

    def answers(self, task, lines, *arguments):
        """A worker's answers to some lines, in order."""
        text = "".join(json.dumps(line) + "\n" for line in lines)
        text, _ = self.call(
            task, "worker", "--task", task, "--precision", "float32", *arguments, lines=text)
        return [json.loads(line) for line in text.splitlines()]

    def evaluate(self, truth, predictions):
        """The figures of a COCO file of labels and one of predictions."""
        text, _ = self.call(
            None, "evaluate", "--truth", f"coco:{truth}", "--predictions", f"coco:{predictions}", "--json")
        return json.loads(text)
