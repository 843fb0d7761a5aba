"""Compares fast.py with transformers' own arithmetic, values and gradients: python check_fast.py"""

import torch
import torch.nn.functional as F

import sam_nano
import sam_photo
import words_nano
from fast import Cast, MaskLoss, by_cells, decode, encode, in_rows, mask_prompt, masks_of, read, see
from fetch import default_root
from named_library import trained_tokenizer
from sam_nano import MEAN, PATCH, STD


def far(a, b):
    """The largest difference, as a share of the largest value."""
    return float((a - b).detach().abs().max() / a.detach().abs().max().clamp(min=1e-12))


def check_sam():
    side, count = 256, 3
    model = sam_nano.build(side)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, mean=float("norm" in name and name.endswith("weight")), std=0.05)
    pictures = torch.randint(256, (count, side, side, 3), dtype=torch.uint8)
    points, labels = torch.rand(count, 2, 2) * side, torch.tensor([[1, 0]] * count)
    mask, truth = torch.randn(count, 1, side // 4, side // 4), torch.rand(count, 1, side // 4, side // 4).round()
    similarity, target = torch.rand(count, 1, 1, (side // PATCH) ** 2), torch.randn(count, 1, 128)

    def gradients(loss):
        model.zero_grad()
        loss.backward()
        return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}

    features, positions = sam_nano.encode(model, pictures), sam_nano.image_positions(model)
    sparse, dense = sam_nano.prompt(model, points=points, labels=labels, mask=mask)
    logits, iou = sam_nano.decode(model, features, sparse, dense, positions, similarity, target)
    wanted = truth.expand_as(logits)
    entropy, p = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean((2, 3)), logits.sigmoid()
    dice = 1 - (2 * (p * wanted).sum((2, 3)) + 1) / (p.sum((2, 3)) + wanted.sum((2, 3)) + 1)
    one = gradients((entropy + dice).square().sum() + iou.square().sum())

    cast = Cast(torch.float32)
    again, (sparse, _) = encode(model, pictures, cast), sam_nano.prompt(model, points=points, labels=labels)
    keys = again.flatten(2).transpose(1, 2) + mask_prompt(model, by_cells(mask[:, 0]), cast)
    hyper, pixels, iou_too = decode(model, keys, sparse, positions.flatten(2).transpose(1, 2), cast, similarity[:, 0], target)
    product = masks_of(hyper, pixels)
    two = gradients(MaskLoss.apply(product, by_cells(truth[:, 0])).square().sum() + iou_too.square().sum())
    assert one.keys() == two.keys()
    largest = max(float(grad.abs().max()) for grad in one.values())
    gradient = max(float((one[name] - two[name]).abs().max()) for name in one) / largest
    return dict(features=far(features, again), logits=far(logits, in_rows(product)), iou=far(iou, iou_too), gradient=gradient)


@torch.no_grad()
def check_photo():
    """sam-photo's encoder as it trains and as it is written."""
    model, side = sam_photo.build(112, depth=3).eval(), 112
    for name, parameter in model.named_parameters():
        torch.nn.init.normal_(parameter, mean=float("norm" in name and name.endswith("weight")), std=0.05)
    pictures = torch.randint(256, (2, side, side, 3), dtype=torch.uint8)
    trained = sam_photo.encode(model, pictures, Cast(torch.float32))
    return dict(photo=far(trained, sam_nano.encode(sam_photo.folded(model), pictures)))


@torch.no_grad()
def check_clip():
    tokenizer = trained_tokenizer(default_root())
    model, cast = words_nano.Words(96, tokenizer), Cast(torch.float32)
    for parameter in model.decoder.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    pictures = torch.randint(256, (2, 96, 96, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    before, (taps, _, _) = words_nano.see(model.clip, (pictures.permute(0, 3, 1, 2) / 255 - mean) / std, model.taps), see(model.clip, pictures, model.taps, cast)
    ids = torch.tensor(tokenizer(["a red apple", "the car", "a photo of a dog"], padding="longest")["input_ids"])
    conditions, pixel = torch.randn(4, 128), torch.tensor([0, 5, 10, 15])
    masks = model.clipseg().decoder(tuple(tap.repeat_interleave(2, 0) for tap in taps), conditions).logits
    masks = torch.stack([mask[p // 4 :: 4, p % 4 :: 4] for mask, p in zip(masks, pixel.tolist())])
    again = words_nano.decoded(model.decoder, taps, conditions, 2, pixel, cast)
    return dict(taps=max(map(far, before, taps)), texts=far(words_nano.read(model.clip, ids), read(model.clip, ids, cast)), masks=far(masks, again))


def main():
    torch.manual_seed(0)
    for name, figures in (("SAM", check_sam()), ("sam-photo", check_photo()), ("CLIP", check_clip())):
        print(name, ", ".join(f"{what} {value:.1e}" for what, value in figures.items()))
        assert max(figures.values()) < 1e-4


if __name__ == "__main__":
    main()
