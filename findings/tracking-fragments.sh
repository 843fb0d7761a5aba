#!/bin/sh
# TrackEval counts a track's fragments by what else is in the picture: a gap counts where another object is found, and also a gap of the truth.
#
# Guess: TrackEval and py-motmetrics, which both give the CLEAR figures of the MOT challenge, give the same ones for the same boxes, a
# tracker that equals the truth has no fragments, and one that loses an object for a frame has one.
# What happens: MOTA and switches agree. TrackEval passes over frames in which the truth or the tracker is empty, and in all others
# counts each time an object is taken up again, also where the truth did not show it. So losing the only object is no fragment, and
# repeating the truth of an object that left and came back is one if another one stayed. py-motmetrics looks at the frames that
# show the object. One found in exactly four of five frames is "mostly tracked" for it (at least 0.8) and not for TrackEval (more).
# Versions: trackeval 1.3.0, motmetrics 1.4.0, numpy 2.4.6, Python 3.11, Linux x86-64. Seen: 2026-12.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet trackeval==1.3.0 motmetrics==1.4.0 numpy==2.4.6

cat > expected << 'END'
leaves and comes back, found in every frame: MOTA 1.00; fragments 0 by TrackEval, 0 by py-motmetrics; mostly tracked 1 and 1
the same beside another: MOTA 1.00; fragments 1 by TrackEval, 0 by py-motmetrics; mostly tracked 2 and 2
missed in the third of five frames: MOTA 0.80; fragments 0 by TrackEval, 1 by py-motmetrics; mostly tracked 0 and 1
the same beside another: MOTA 0.90; fragments 1 by TrackEval, 1 by py-motmetrics; mostly tracked 1 and 2
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
import contextlib, motmetrics, numpy as np, pathlib, sys, trackeval

def by_trackeval(truth, found, frames):
    sequence, results = pathlib.Path("gt/MOT17-train/S/gt"), pathlib.Path("trackers/MOT17-train/T/data")
    for folder in (sequence, results, pathlib.Path("gt/seqmaps")):
        folder.mkdir(parents=True, exist_ok=True)
    pathlib.Path("gt/seqmaps/MOT17-train.txt").write_text("name\nS\n")
    (sequence.parent / "seqinfo.ini").write_text(f"[Sequence]\nname=S\nseqLength={frames}\n")
    for path, table, rest in ((sequence / "gt.txt", truth, "1,1,1"), (results / "S.txt", found, "1,-1,-1,-1")):
        path.write_text("".join(",".join(map(str, row)) + f",{rest}\n" for row in table))
    data = trackeval.datasets.MotChallenge2DBox({"GT_FOLDER": "gt", "TRACKERS_FOLDER": "trackers", "SPLIT_TO_EVAL": "train"})
    writing = dict.fromkeys(("OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES", "PRINT_RESULTS"), False)
    clear = trackeval.Evaluator(writing).evaluate([data], [trackeval.metrics.CLEAR()])[0]["MotChallenge2DBox"]["T"]["S"]["pedestrian"]["CLEAR"]
    return [clear[key] for key in ("MOTA", "IDSW", "Frag", "MT")]

def by_motmetrics(truth, found, frames):
    both = motmetrics.MOTAccumulator(auto_id=True)
    for frame in range(1, frames + 1):
        ids, others = ([row[1] for row in table if row[0] == frame] for table in (truth, found))
        both.update(ids, others, [[0 if i == j else np.nan for j in others] for i in ids])  # boxes are equal or far apart
    names = ["mota", "num_switches", "num_fragmentations", "mostly_tracked"]
    return motmetrics.metrics.create().compute(both, metrics=names, name="S").iloc[0].tolist()

rows = lambda name, *frames: [(frame, name, 100 * name, 50, 40, 80) for frame in frames]
five, gap, other = rows(1, 1, 2, 3, 4, 5), rows(1, 1, 2, 4, 5), rows(2, 1, 2, 3, 4, 5)
cases = (("leaves and comes back, found in every frame", gap, gap), ("the same beside another", gap + other, gap + other),
         ("missed in the third of five frames", five, gap), ("the same beside another", five + other, gap + other))
for title, truth, found in cases:
    with contextlib.redirect_stdout(sys.stderr):
        theirs, others = by_trackeval(truth, found, 5), by_motmetrics(truth, found, 5)
    assert np.allclose(theirs[:2], others[:2])
    print(f"{title}: MOTA {theirs[0]:.2f}; fragments {theirs[2]:.0f} by TrackEval, {others[2]:.0f} by py-motmetrics; "
          f"mostly tracked {theirs[3]:.0f} and {others[3]:.0f}")
END
cat seen
diff expected seen
