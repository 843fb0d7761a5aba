"""Pictures through `spaniel worker` under Ray Data, to Parquet: python ray_data.py WORKERS LINES OUT COMMAND …

Made for ray 2.60.0 and pyarrow 26.0.1. COMMAND is `/path/of/spaniel worker --isolate …`. Ray does not keep the order: sort by id.
"""
import json, os, subprocess, sys
sys.path.pop(0)  # there ray.py, beside this file, would stand for Ray
import ray

workers, lines, out, command = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]


class Worker:
    """An actor that owns a worker, and ends with it: with a dead one it would fail for ever."""
    def __init__(self):
        self.worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self, line):
        try:
            print(line, file=self.worker.stdin, flush=True)
            answer = self.worker.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return answer.removesuffix("\n") if answer.endswith("\n") else os._exit(1)

    def __call__(self, batch):
        answers = [self.answer(line) for line in batch["text"]]
        records = [json.loads(answer) for answer in answers]
        return {"id": [record["id"] for record in records], "ok": [record["ok"] for record in records],
                "error": [record.get("error", {}).get("code", "") for record in records], "answer": answers}


ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False)
ray.data.DataContext.get_current().enable_progress_bars = False
answers = ray.data.read_text(lines).repartition(32 * workers).map_batches(
    Worker, batch_size=32, compute=ray.data.ActorPoolStrategy(size=workers), num_cpus=1)
answers.write_parquet(f"{out}/answers")
