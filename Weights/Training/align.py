"""Gives the decoder of clipseg-nano a start: its first features are what the image encoder knows of names, told by 32 numbers.

    python align.py            # between words-nano's two stages, while it stands still; the checkpoint in its folder gets a new decoder

CLIPSeg multiplies what it has reduced of the last tap by what it makes of the text, channel by channel (Lueddecke and Ecker 2022, figure 2). Here both
are the same 32 directions, those along which the names' vectors differ most, so that the product is large where picture and text agree. Every second
channel has the other sign, or the norms that follow would take off what all have in common.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F

import fast
from fetch import default_root
from named_library import every_name, named_library, trained_tokenizer
from text_batches import TextBatches
from trainer import save_atomically
from words_nano import Words, resized

BATCHES = 6  # of 16 pictures, to see how the tap's channels go with the projection's


@torch.no_grad()
def aligned(model, make):
    """The decoder's new values by name, for a model with the names' table; make(k) is a batch of whole questions."""
    taps, projected, cast = [], [], fast.Cast(torch.float32)
    for k in range(BATCHES):
        pictures = torch.from_numpy(make(2 * k)["pictures"])
        tapped, tokens, _ = fast.see(model.clip, pictures, model.taps, cast)
        taps.append(tapped[-1][:, 1:].flatten(0, 1))
        projected.append(F.linear(tokens[:, 1:], model.clip.visual_projection.weight).flatten(0, 1))
    tap, cell = torch.cat(taps), torch.cat(projected)
    rows = model.rows()
    centre, width = rows.mean(0), model.decoder.reduces[0].out_features
    directions = torch.linalg.svd(F.normalize(rows - centre, dim=1), full_matrices=False)[2][:width]
    wanted = (cell - cell.mean(0)) / cell.std(0) @ directions.T
    wanted = wanted / wanted.std()
    fitted = torch.linalg.lstsq(F.pad(tap, (0, 1), value=1).double(), wanted.double()).solution.float()
    sign = torch.tensor([1.0, -1.0]).repeat(width // 2)
    film = sign[:, None] * directions / ((rows - centre) @ directions.T).std()
    return {
        "decoder.reduces.0.weight": fitted[:-1].T.contiguous(), "decoder.reduces.0.bias": fitted[-1],
        "decoder.film_mul.weight": film, "decoder.film_mul.bias": -(film @ centre),
        "decoder.film_add.weight": torch.zeros_like(film), "decoder.film_add.bias": torch.zeros(width),
    }  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    parser.add_argument("--side", type=int, default=192, help="of the stage that follows")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    path = arguments.root / "words-nano" / "checkpoint.pt"
    state = torch.load(path, weights_only=True)
    library, known = named_library(arguments.root)
    tokenizer = trained_tokenizer(arguments.root)
    model = Words(arguments.side, tokenizer, every_name(known), len(library.objects))
    fresh = {name: value.clone() for name, value in model.state_dict().items() if name.startswith("decoder.")}
    model.load_state_dict(resized(state["model"] | state["average"], arguments.side))
    fresh |= aligned(model.eval(), TextBatches(arguments.root, 16, arguments.side, 1, tokenizer))
    for part in ("model", "average"):
        state[part] |= {name: fresh[name].clone() for name in state[part] if name in fresh}
    for moments in state["optimiser"].values():
        for name in [name for name in moments if name.startswith("decoder.")]:
            del moments[name]
    save_atomically(state, path)


if __name__ == "__main__":
    main()
