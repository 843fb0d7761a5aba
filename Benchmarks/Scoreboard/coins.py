"""Counting: the 24 coins of Examples/photographs/coins.png, each of them as the one example in turn."""


def rows(tool, examples, work):
    """How many coins are found on average, and how many finds are none, by masks from an overlap of 0.5."""
    truth, picture, places = examples / "truth.coco.json", examples / "coins.png", work / "coins"
    tool.call(None, "annotations", "convert", f"coco:{truth}", f"masks:{places}", "--quiet")
    right, false = [], []
    for mask in sorted(places.iterdir(), key=lambda path: int(path.name.split(".")[1])):
        found = work / "coins.json"
        tool.call("find", "find", "--example", f"coin={picture}#{mask}", picture, "--quiet", "--export", f"coco:{found}")
        counts = tool.evaluate(truth, found)["precisionRecall"]
        right.append(counts["right"])
        false.append(counts["found"] - counts["right"])
    yield "coins, one as the example: found of 24 / false", [sum(right) / len(right), sum(false) / len(false)]
