"""The engines `spaniel worker` runs under: plain processes, GNU parallel, a standalone Spark cluster and a Ray cluster, all on this machine."""

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import time

import psutil

root = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def answers_of(folder):
    """The answers an engine left as Parquet, in the order of their ids; one a line."""
    import pyarrow.dataset
    rows = pyarrow.dataset.dataset(folder, format="parquet").to_table(columns=["id", "answer"]).to_pylist()
    return "".join(row["answer"] + "\n" for row in sorted(rows, key=lambda row: row["id"]))


class Plain:
    """As many workers as asked for, each with its share of the lines."""
    name = "plain"
    cluster = contextlib.nullcontext

    def run(self, workers, lines, out, command):
        text = pathlib.Path(lines).read_text().splitlines(keepends=True)
        shares = [text[len(text) * k // workers:len(text) * (k + 1) // workers] for k in range(workers)]
        files = [(out / f"{k}.in", out / f"{k}.out") for k in range(workers)]
        for (given, _), share in zip(files, shares):
            given.write_text("".join(share))
        running = [subprocess.Popen(command, stdin=given.open(), stdout=answers.open("w")) for given, answers in files]
        if any(worker.wait() for worker in running):
            raise SystemExit("plain: a worker failed")
        return "".join(answers.read_text() for _, answers in files)


class Parallel:
    """GNU parallel: a part of the file for each worker, the answers in the order of the lines."""
    name = "parallel"
    cluster = contextlib.nullcontext

    def run(self, workers, lines, out, command):
        with (out / "answers.jsonl").open("w") as answers:
            subprocess.run(
                ["parallel", "--will-cite", "--pipe-part", "--arg-file", lines, "--block", "-1", "--jobs", str(workers), "--keep-order",
                 "--halt", "now,fail=1", shlex.join(command)], stdout=answers, stdin=subprocess.DEVNULL, check=True)
        return (out / "answers.jsonl").read_text()


class Spark:
    """A standalone cluster: a master and two workers of one core each, on loopback."""

    def __init__(self, scratch, way):
        import pyspark
        self.name, self.way, self.scratch = f"spark {way}", way, scratch
        self.home = pathlib.Path(pyspark.__file__).parent
        self.environment = os.environ | {
            "SPARK_HOME": str(self.home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(scratch / "local"),
            "PYSPARK_PYTHON": sys.executable, "SPARK_MASTER_OPTS": "-Dspark.deploy.maxExecutorRetries=-1"}

    @contextlib.contextmanager
    def cluster(self):
        self.address = f"127.0.0.1:{free_port()}"
        host, port = self.address.split(":")
        web = ["--webui-port", "0", "--host", host]
        daemons = [["Master", *web, "--port", port]] + [
            ["Worker", *web, "--cores", "1", "--memory", "1g", "--work-dir", str(self.scratch / f"work{k}"), f"spark://{self.address}"] for k in range(2)]
        self.daemons = []
        with (self.scratch / "daemons.log").open("a") as log:
            try:
                for name, *arguments in daemons:
                    program = f"org.apache.spark.deploy.{name.lower()}.{name}"
                    self.daemons.append(subprocess.Popen(
                        [self.home / "bin/spark-class", program, *arguments], env=self.environment, stdout=log, stderr=log))
                    wait_for_port(int(port), self.daemons[0])
                yield self
            finally:
                end(self.daemons)

    def run(self, workers, lines, out, command, partitions=None, conf=()):
        settings = {
            "spark.cores.max": workers, "spark.executor.memory": "512m", "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1",
            "spark.default.parallelism": partitions or workers, "spark.executor.cores": 1,
            # All executors begin together; their JVM works little, and so has little to gain by compiling much.
            "spark.scheduler.minRegisteredResourcesRatio": 1,
            "spark.executor.extraJavaOptions": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"} | dict(conf)
        arguments = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
        with (self.scratch / "spark.log").open("a") as log:
            self.job = subprocess.Popen(
                [self.home / "bin/spark-submit", "--master", f"spark://{self.address}", *arguments, root / "Examples/spark.py", self.way, lines, out,
                 *command], env=self.environment, cwd=self.scratch, stdout=log, stderr=log)
            if self.job.wait():
                raise SystemExit(f"{self.name}: the job failed, see {log.name}")
        return answers_of(out / "answers")


class Ray:
    """Two nodes, as Ray's own tests make them; Ray Data's reading and writing asks for a processor beside each worker's."""

    def __init__(self, scratch, name="ray"):
        self.scratch, self.name = scratch, name
        self.example, self.processors = {"ray": ("ray.py", 1), "ray data": ("ray_data.py", 2)}[name]

    @contextlib.contextmanager
    def cluster(self):
        os.environ["RAY_worker_niceness"] = "0"  # as plain workers; without it 15, and anything else on the machine goes first
        from ray.cluster_utils import Cluster
        cluster = Cluster(initialize_head=True, head_node_args={
            "num_cpus": self.processors, "object_store_memory": 100 << 20, "include_dashboard": False})
        try:
            cluster.add_node(num_cpus=self.processors, object_store_memory=100 << 20)
            self.address, session = cluster.address, cluster.head_node.get_session_dir_path()
            yield self
        finally:
            cluster.shutdown()
        shutil.rmtree(session)  # its logs and sockets

    def run(self, workers, lines, out, command):
        with (self.scratch / "ray.log").open("a") as log:
            self.job = subprocess.Popen(
                [sys.executable, root / "Examples" / self.example, str(workers), lines, out, *command], env=os.environ | {"RAY_ADDRESS": self.address},
                stdout=log, stderr=log)
            if self.job.wait():
                raise SystemExit(f"{self.name}: the job failed, see {log.name}")
        return answers_of(out / "answers")


def wait_for_port(port, process):
    for _ in range(1800):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise SystemExit("spark: the master has ended, see daemons.log")
        time.sleep(0.1)
    raise SystemExit("spark: no master after three minutes")


def descendants(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def end(processes):
    """Ends processes and all they started."""
    everything = [found for process in processes for found in descendants(process)]
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
    for process in everything:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
