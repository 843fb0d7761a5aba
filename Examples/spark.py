"""Pictures through `spaniel worker` under Spark, to Parquet and COCO: spark-submit spark.py pipe|arrow LINES OUT COMMAND …
Made for pyspark 4.3.0 and pyarrow 26.0.1, Java 17. COMMAND is `/path/of/spaniel worker --isolate …`; an id is the picture's in COCO.
"""
import json, os, shlex, subprocess, sys
import pyarrow
from pyspark.sql import SparkSession, functions

way, lines, out, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
spark = SparkSession.builder.getOrCreate()
lines = spark.sparkContext.textFile(lines, spark.sparkContext.defaultParallelism)

def work(batches):
    """One worker a task, however many batches that has."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        def answer(line):
            print(line, file=worker.stdin, flush=True)
            answer = worker.stdout.readline()
            if not answer.endswith("\n"):
                raise EOFError(f"{command[0]} has ended")  # Spark tries the task again
            return answer[:-1]
        for batch in batches:
            yield pyarrow.RecordBatch.from_pydict({"answer": [answer(line) for line in batch["line"].to_pylist()]})
    if worker.returncode:
        raise RuntimeError(f"{command[0]} ended with {worker.returncode}")

if way == "pipe":  # without env the worker's environment is empty, without checkCode its exit code counts for nothing
    answers = lines.pipe(shlex.join(command), env=dict(os.environ), checkCode=True).map(lambda line: (line,)).toDF("answer string")
else:
    answers = lines.map(lambda line: (line,)).toDF("line string").mapInArrow(work, "answer string")
fields = """id long, ok boolean, image string, error struct<code: string, message: string>, objects array<struct<
    class: string, score: double, box: array<double>, mask: struct<size: array<int>, counts: string>>>"""
answers.select("answer", functions.from_json("answer", fields).alias("record")).select("answer", "record.*").write.parquet(f"{out}/answers")
found = spark.read.parquet(f"{out}/answers").select("id", functions.explode("objects").alias("object")).orderBy("id").collect()
classes = sorted({row.object["class"] for row in found})
results = []
for id, found in found:
    x1, y1, x2, y2 = found.box
    shape = {"segmentation": found.mask.asDict()} if found.mask else {}
    results.append({"image_id": id, "category_id": classes.index(found["class"]) + 1, "score": found.score, "bbox": [x1, y1, x2 - x1, y2 - y1]} | shape)
json.dump(results, open(f"{out}/coco-results.json", "w"))
