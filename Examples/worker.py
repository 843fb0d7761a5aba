"""Sends a COCO file's pictures through `spaniel worker` and lets pycocotools say how well boots were found: worker.py SPANIEL FOLDER TRUTH"""
import json, subprocess, sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

spaniel, folder, truth = sys.argv[1], sys.argv[2], COCO(sys.argv[3])
lines = [json.dumps({"id": i["id"], "path": f"{folder}/{i['file_name']}"}) + "\n" for i in truth.loadImgs(truth.getImgIds())]
command = [spaniel, "worker", "--task", "find", "--precision", "float32", "--example", f"boot={folder}/boot.jpg#{folder}/boot-mask.png"]
answers = subprocess.run(command, input="".join(lines), stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[:-1]
boots = truth.getCatIds(catNms=["boot"])
found = [{"image_id": answer["id"], "category_id": boots[0], "segmentation": o["mask"], "score": o["score"]}
         for answer in map(json.loads, answers) for o in answer["objects"]]
figures = COCOeval(truth, truth.loadRes(found), "segm")
figures.params.catIds = boots
figures.evaluate(), figures.accumulate(), figures.summarize()
