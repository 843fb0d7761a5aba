"""A running `spaniel label FOLDER` and its address."""
import pathlib
import re
import signal
import subprocess
import threading
import time


class Server:
    """Starts the tool on a folder; `address` is what it printed. Use as a context."""

    def __init__(self, tool, folder, *options):
        self.log = []
        self.process = subprocess.Popen(
            [str(pathlib.Path(tool).resolve()), "label", str(folder), "--no-browser", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        self.address = None
        threading.Thread(target=self.read, daemon=True).start()
        end = time.monotonic() + 60
        while self.address is None:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("spaniel label did not start:\n" + "".join(self.log))
            time.sleep(0.02)

    def read(self):
        for line in self.process.stdout:
            self.log.append(line)
            found = re.search(r"http://(127\.0\.0\.1|localhost):\d+/\S*", line)
            if found and self.address is None:
                self.address = found[0].rstrip(".,")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise SystemExit("spaniel label did not end within 20 s of an interrupt")

    def kill(self):
        """As a crash does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
