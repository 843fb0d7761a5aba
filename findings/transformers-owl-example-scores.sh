#!/bin/sh
# transformers' OWL-ViT, asked by an example picture, gives the best box of every picture the score 1, also where the object is not there.
#
# Guess: the scores by example are the model's probabilities, as those by text from the same processor; a threshold on them refuses pictures.
# What happens: they are drawn anew within each picture, so that the best box has 1 and one of a tenth of its probability 0, which is meant
# for how opaque a box is drawn. A picture whose best box has the probability 0.0003 comes back with 0.997, boxes of two pictures cannot
# be ranked (no AP, no "not here"), and one under a tenth of the best is dropped at threshold 0. OWLv2's processor does the same.
# Versions: transformers 5.23.0, torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0, Python 3.11, Linux x86-64. Seen: 2026-11.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile transformers==5.23.0 torch==2.15.0 torchvision==0.29.2 pillow==13.0.0

cat > expected << 'END'
OwlViT, it is there:     by text 0.9820 0.5000 0.0180, by example 1.0000 0.4546
OwlViT, it may be there: by text 0.2689 0.1192 0.0067, by example 1.0000 0.3814
OwlViT, it is not there: by text 0.0003 0.0002 0.0001, by example 0.9967 0.5609 0.2965
Owlv2, it is there:     by text 0.9820 0.5000 0.0180, by example 1.0000 0.4546
Owlv2, it may be there: by text 0.2689 0.1192 0.0067, by example 1.0000 0.3814
Owlv2, it is not there: by text 0.0003 0.0002 0.0001, by example 0.9967 0.5609 0.2965
END
venv/bin/python -W ignore - > seen 2> log << 'END' || { cat log >&2; exit 1; }
from types import SimpleNamespace
import torch
from transformers import OwlViTImageProcessor, Owlv2ImageProcessor

# What a model says of three places that do not overlap: the same numbers as answers to words and to an example.
boxes = torch.tensor([[[0.2, 0.2, 0.1, 0.1], [0.5, 0.5, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1]]])
pictures = {"it is there:    ": [4.0, 0.0, -4.0], "it may be there:": [-1.0, -2.0, -5.0], "it is not there:": [-8.0, -8.5, -9.0]}
for processor in (OwlViTImageProcessor(), Owlv2ImageProcessor()):
    for name, logits in pictures.items():
        said = SimpleNamespace(logits=torch.tensor(logits)[None, :, None], pred_boxes=boxes, target_pred_boxes=boxes)
        by_text = processor.post_process_object_detection(said, threshold=0.0)[0]["scores"]
        by_example = processor.post_process_image_guided_detection(said, threshold=0.0)[0]["scores"]
        texts = [" ".join(f"{score:.4f}" for score in scores.tolist()) for scores in (by_text, by_example)]
        print(f"{type(processor).__name__.removesuffix('ImageProcessor')}, {name}", "by text {}, by example {}".format(*texts))
END
cat seen
diff expected seen
