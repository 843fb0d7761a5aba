#!/bin/sh
# sahi's NMM by IoU, which is to merge what overlaps into one, throws away most of a row of objects: 20 boxes become one over the first two.
#
# Guess: NMM merges a row of boxes, each of which overlaps the next, into one box over all of them ("if A overlaps B and B overlaps C, all three
# are merged"); nothing that was found is lost.
# What happens: the row is gathered as one group, but each member is then merged only if it overlaps what has been merged so far by the
# threshold. After the first one that has become too wide for any other; those that fail are neither merged nor kept. By IOS, the share
# of the smaller one, all are merged. GREEDYNMM and NMS cover the row. The list that was handed in is changed: its first box is the merged one.
# Versions: sahi 0.12.8, shapely 2.2.0, numpy 2.2.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet sahi==0.12.8 shapely==2.2.0 numpy==2.2.6

cat > expected << 'END'
handed in: 20 boxes over 172 columns
NMS by IOU: 10 boxes over 164 columns; the first of the list handed in is now 20 wide
NMS by IOS: 10 boxes over 164 columns; the first of the list handed in is now 20 wide
GREEDYNMM by IOU: 10 boxes over 172 columns; the first of the list handed in is now 28 wide
GREEDYNMM by IOS: 10 boxes over 172 columns; the first of the list handed in is now 28 wide
NMM by IOU: 1 box over 28 columns; the first of the list handed in is now 28 wide
NMM by IOS: 1 box over 172 columns; the first of the list handed in is now 172 wide
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
from sahi.postprocess.combine import GreedyNMMPostprocess, NMMPostprocess, NMSPostprocess
from sahi.prediction import ObjectPrediction

def row():  # 20 boxes of 20 x 20, each 8 pixels further on: neighbours have an IoU of 0.43, and the next but one of 0.11
    return [ObjectPrediction(bbox=[8 * i, 0, 8 * i + 20, 20], score=0.9 - 0.01 * i, category_id=0, category_name="nut") for i in range(20)]

def covered(found):
    return len({x for one in found for x in range(int(one.bbox.minx), int(one.bbox.maxx))})

print(f"handed in: 20 boxes over {covered(row())} columns")
for name, kind in (("NMS", NMSPostprocess), ("GREEDYNMM", GreedyNMMPostprocess), ("NMM", NMMPostprocess)):
    for metric in ("IOU", "IOS"):
        given = row()
        found = kind(match_threshold=0.4, match_metric=metric, class_agnostic=True)(given)
        print(f"{name} by {metric}: {len(found)} box{'es' * (len(found) > 1)} over {covered(found)} columns; the first of the list handed "
              f"in is now {int(given[0].bbox.maxx - given[0].bbox.minx)} wide")
END
cat seen
diff expected seen
