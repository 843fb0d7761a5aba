"""Pictures through `spaniel worker` under Ray, to Parquet: python ray.py WORKERS LINES OUT COMMAND …
Made for ray 2.60.0 and pyarrow 26.0.1. COMMAND is `/path/of/spaniel worker --isolate …`. The order is not kept: sort by id.
"""
import contextlib, itertools, json, os, subprocess, sys
sys.path.pop(0)  # there this file's own name would stand for Ray
import pyarrow.parquet, ray

workers, lines, out, command = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]

@ray.remote(num_cpus=1, scheduling_strategy="SPREAD", max_restarts=-1, max_task_retries=9)
class Worker:
    """An actor that owns a worker, and ends with it: Ray starts another one and tries its lines again, ten times in all."""
    def __init__(self):
        self.worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self, line):
        with contextlib.suppress(BrokenPipeError):
            print(line.removesuffix("\n"), file=self.worker.stdin, flush=True)
        answer = self.worker.stdout.readline()
        return answer.removesuffix("\n") if answer.endswith("\n") else os._exit(1)

    def rows(self, lines):
        answers = [self.answer(line) for line in lines]
        records = [json.loads(answer) for answer in answers]
        return {"id": [record["id"] for record in records], "ok": [record["ok"] for record in records],
                "error": [record.get("error", {}).get("code", "") for record in records], "answer": answers}

ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False)
pool = ray.util.ActorPool([Worker.remote() for _ in range(workers)] * 2)  # each has its next lines before it has answered the last
size, file = min(256, sum(1 for _ in open(lines)) // (16 * workers) + 1), open(lines)
def answered():
    while some := list(itertools.islice(file, size)):
        if not pool.has_free():
            yield pool.get_next_unordered()
        pool.submit(lambda worker, some: worker.rows.remote(some), some)
    while pool.has_next():
        yield pool.get_next_unordered()
os.makedirs(f"{out}/answers")
for number, rows in enumerate(answered()):
    pyarrow.parquet.write_table(pyarrow.table(rows), f"{out}/answers/{number:06}.parquet")
