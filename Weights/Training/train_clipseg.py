"""Trains clipseg-nano from nothing: a CLIP of texts and example crops, and the decoder that turns either into a mask.

    python train_clipseg.py                               # two CPU cores
    python train_clipseg.py --device cuda --batch 64 --rate 1e-3 --workers 12

Each picture is asked four ways: a text that fits something in it, a text of the batch that fits nothing in it, a crop of an object
of the batch, and a mix of a fitting text and crop (as the original was trained, text weighted above a half). The mask is every
instance that fits; instances for which that is hard to say are left out of the loss. The CLIP learns by contrast of the batch's
crops and texts. Everything is trained together; CLIPSeg's own CLIP is frozen, ours has no other training to keep.
"""

import argparse
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPSegConfig, CLIPSegForImageSegmentation

from fetch import default_root
from text_batches import LENGTH, TextBatches, trained_tokenizer
from trainer import add_arguments, train

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build(side, tokenizer):
    config = CLIPSegConfig(
        text_config=dict(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4,
            max_position_embeddings=LENGTH, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=0,
        ),
        vision_config=dict(hidden_size=192, intermediate_size=768, num_hidden_layers=6, num_attention_heads=3, image_size=side, patch_size=16),
        projection_dim=128, extract_layers=[1, 3, 5], reduce_dim=32, decoder_num_attention_heads=4, decoder_intermediate_size=256,
        use_complex_transposed_convolution=True,
    )  # fmt: skip
    model = CLIPSegForImageSegmentation(config)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            module.reset_parameters()
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
    for module in (model.decoder.film_mul, model.decoder.film_add, *model.decoder.reduces):
        module.reset_parameters()
    nn.init.ones_(model.decoder.film_mul.bias)  # at first the features pass as they are
    return model


def normalised(pictures):
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    return (pictures.permute(0, 3, 1, 2).float() / 255 - mean) / std


def see(model, pixels):
    """The vision encoder: activations at the taps, shallow first, and the projected image embedding."""
    vision = model.clip.vision_model
    hidden, taps = vision.pre_layrnorm(vision.embeddings(pixels)), []
    for i, layer in enumerate(vision.encoder.layers):
        hidden = layer(hidden, attention_mask=None)
        if i in model.extract_layers:
            taps.append(hidden)
    return taps, model.clip.visual_projection(vision.post_layernorm(hidden[:, 0]))


def read(model, ids):
    return model.clip.text_projection(model.clip.text_model(input_ids=ids, attention_mask=(ids > 0).long()).pooler_output)


def decoded(model, taps, conditions, count):
    """Masks of `count` conditions per picture: taps [B, …], conditions [B·count, C] → logits [B·count, s, s]."""
    repeated = [tap.repeat_interleave(count, 0) for tap in taps]
    return model.decoder(tuple(repeated), conditions).logits.float()


def step_loss(model, batch, side):
    pictures = len(batch["pictures"])
    device = batch["pictures"].device
    taps, seen = see(model, normalised(torch.cat([batch["pictures"], batch["crops"]])))
    taps, crops = [tap[:pictures] for tap in taps], seen[pictures:]
    texts = read(model, batch["texts"])

    # words and crops by contrast: what is hard to say counts neither way
    fits = batch["fits"].long()[batch["cropped"]]  # [B, T]
    scale = model.clip.logit_scale.exp().clamp(max=100)
    cosine = scale * F.normalize(crops.float(), dim=1) @ F.normalize(texts.float(), dim=1).T

    def contrast(logits, fits):
        against = logits.masked_fill(fits != 0, -1e4).logsumexp(1, keepdim=True)
        loss = (F.softplus(against - logits) * (fits == 1)).sum(1) / (fits == 1).sum(1).clamp(min=1)
        asked = (fits == 1).any(1)
        return (loss * asked).sum() / asked.sum().clamp(min=1)

    clip = (contrast(cosine, fits) + contrast(cosine.T, fits.T)) / 2
    hit = (fits.gather(1, cosine.argmax(1, keepdim=True)) == 1).float().mean()

    # four questions to each picture
    which, present = batch["which"], batch["present"]
    answers = batch["fits"].long()[which] * present[..., None]  # [B, 10, T]
    positive = (answers == 1).any(1)
    nothing = ~(answers != 0).any(1)
    pick = lambda allowed: torch.multinomial(allowed.float() + 1e-9, 1)[:, 0]
    yes, no = pick(positive), pick(nothing)
    same = batch["same"].long()[:, batch["cropped"]][which] * present[..., None]  # [B, 10, crops]
    own = torch.eye(pictures, dtype=torch.bool, device=device)
    holds = (same == 1).any(1)
    helpful = torch.where((holds & ~own).any(1, keepdim=True), holds & ~own, holds)
    crop = pick(torch.where(torch.rand(pictures, 1, device=device) < 0.8, helpful, ~holds & ~own))
    rows = torch.arange(pictures, device=device)
    # a text for the mix that fits the object of the picture's own crop
    fitting = pick(fits == 1)
    weight = 1 - 0.5 * torch.rand(pictures, 1, device=device)
    mixed = weight * texts[fitting] + (1 - weight) * crops
    conditions = torch.stack([texts[yes], texts[no], crops[crop], mixed], 1).flatten(0, 1)
    either = lambda a, b: torch.where((a == 1) | (b == 1), 1, torch.where((a == 0) & (b == 0), 0, -1))
    mixed_answer = either(answers[rows, :, fitting], same[rows, :, rows])
    wanted = torch.stack([answers[rows, :, yes], answers[rows, :, no], same[rows, :, crop], mixed_answer], 1)  # [B, 4, 10]

    cover = batch["masks"].float() / 16
    area = lambda chosen: torch.einsum("bqi,bihw->bqhw", chosen.float(), cover).clamp(max=1).flatten(0, 1)
    truth, unsure = area(wanted == 1), area(wanted == -1) > 0
    logits = F.avg_pool2d(decoded(model, taps, conditions, 4)[:, None], 4)[:, 0]  # compared at a quarter of the side
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").masked_fill(unsure, 0)
    p = logits.sigmoid().masked_fill(unsure, 0)
    dice = 1 - (2 * (p * truth).sum((1, 2)) + 1) / (p.sum((1, 2)) + truth.sum((1, 2)) + 1)
    exists = truth.sum((1, 2)) > 0
    mask = entropy.mean() * 2 + (dice * exists).sum() / exists.sum().clamp(min=1)

    with torch.no_grad():
        found, real = (logits > 0) & ~unsure, (truth > 0.5) & ~unsure
        iou = ((found & real).sum((1, 2)) / (found | real).sum((1, 2)).clamp(min=1)).view(pictures, 4)
        there = exists.view(pictures, 4)
        of = lambda q: (iou[:, q] * there[:, q]).sum() / there[:, q].sum().clamp(min=1)
        quiet = (found.flatten(1).sum(1).view(pictures, 4)[:, 1] == 0).float().mean()
    return mask + clip, dict(clip=clip, clip_hit=hit, mask=mask, text_iou=of(0), crop_iou=of(2), mixed_iou=of(3), quiet=quiet)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "clipseg-nano", stages="256:25000", batch=16, rate=6e-4)
    arguments = parser.parse_args()
    tokenizer = trained_tokenizer(arguments.root)
    tokenizer.save_pretrained((arguments.run or arguments.root / "clipseg-nano") / "tokenizer")
    train(
        arguments,
        build=lambda side: build(side, tokenizer),
        resized=lambda state, side: state,
        batches=lambda side: TextBatches(arguments.root, arguments.batch, side, arguments.seed, crops=True),
        loss=step_loss,
    )


if __name__ == "__main__":
    main()
