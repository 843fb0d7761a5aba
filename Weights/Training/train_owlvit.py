"""Trains owlvit-nano from nothing: boxes by words, and by the embedding of an example's box in another picture.

    python train_owlvit.py                                # two CPU cores
    python train_owlvit.py --device cuda --batch 64 --rate 1e-3 --workers 12

Every picture is asked every text of the batch (names of its objects, of their neighbours, of others) and every object of the
batch by an example from another picture. Predictions and instances are matched one to one (class, L1 and GIoU costs); the loss is
focal on the scores, L1 and GIoU on the matched boxes. A text or object that is hard to say (an apple for "red apple") is left out.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import nn
from transformers import OwlViTConfig, OwlViTForObjectDetection

from fetch import default_root
from text_batches import LENGTH, TextBatches, trained_tokenizer
from trainer import add_arguments, train

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def build(side, tokenizer):
    config = OwlViTConfig(
        text_config=dict(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=512, num_hidden_layers=4, num_attention_heads=4,
            max_position_embeddings=LENGTH, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=0,
        ),
        vision_config=dict(hidden_size=192, intermediate_size=768, num_hidden_layers=6, num_attention_heads=3, image_size=side, patch_size=16),
        projection_dim=128,
    )  # fmt: skip
    model = OwlViTForObjectDetection(config)
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, (nn.Conv2d,)):
            module.reset_parameters()
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
    # logit = 10 · (cosine - 0.5) at first: a rare yes, as most cells have nothing to do with a text
    nn.init.constant_(model.class_head.logit_shift.bias, -0.5)
    nn.init.constant_(model.class_head.logit_scale.bias, 9.0)
    return model


def normalised(pictures):
    mean, std = (torch.tensor(v, device=pictures.device).view(1, 3, 1, 1) for v in (MEAN, STD))
    return (pictures.permute(0, 3, 1, 2).float() / 255 - mean) / std


def corners(boxes):
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], -1)


def giou(a, b):
    """Generalised IoU of boxes given by corners; broadcasts."""
    least, most = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    shared = (most - least).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - shared
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    return shared / union.clamp(min=1e-9) - (hull - union) / hull.clamp(min=1e-9)


def scores(embeds, queries, shift, scale):
    """OWL-ViT's class head after its dense layer: embeds [B, cells, C], queries [Q, C] → logits [B, cells, Q]."""
    cosine = F.normalize(embeds.float(), dim=-1) @ F.normalize(queries.float(), dim=-1).T
    return (cosine + shift.float()) * (F.elu(scale.float()) + 1)


def focal(logits, target, ignore, alpha=0.3, gamma=2.0):
    """The focal loss, summed over everything not ignored."""
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p = logits.sigmoid()
    missed = torch.where(target > 0, 1 - p, p)
    return (entropy * missed**gamma * torch.where(target > 0, alpha, 1 - alpha)).masked_fill(ignore, 0).sum()


@torch.no_grad()
def match(logits, boxes, batch, wanted):
    """One prediction per instance: [B, 10] cell numbers, -1 where there is no instance. `wanted` [B, 10, Q] 1 where a query fits."""
    costs = 5 * (boxes[:, :, None] - batch["boxes"][:, None]).abs().sum(-1) - 2 * giou(corners(boxes)[:, :, None], corners(batch["boxes"])[:, None])
    fitting = wanted.float() / wanted.float().sum(-1, keepdim=True).clamp(min=1)
    costs = (costs - 2 * torch.einsum("bnq,bmq->bnm", logits.sigmoid(), fitting)).cpu().numpy()
    present = batch["present"].cpu().numpy()
    out = np.full(present.shape, -1, np.int64)
    for b in range(len(costs)):
        columns = np.flatnonzero(present[b])
        rows, chosen = linear_sum_assignment(costs[b][:, columns])
        out[b, columns[chosen]] = rows
    return torch.from_numpy(out).to(boxes.device)


def step_loss(model, batch, side):
    owl = model.owlvit
    hidden = owl.vision_model(pixel_values=normalised(batch["pictures"])).last_hidden_state
    image = owl.vision_model.post_layernorm(hidden)
    image = model.layer_norm(image[:, 1:] * image[:, :1])
    pictures, cells, _ = image.shape
    boxes = (model.box_head(image).float() + model.box_bias.to(image.device)).sigmoid()
    head = model.class_head
    embeds, shift, scale = head.dense0(image), head.logit_shift(image), head.logit_scale(image)

    ids = batch["texts"]
    text = owl.text_projection(owl.text_model(input_ids=ids, attention_mask=(ids > 0).long()).pooler_output)
    logits = scores(embeds, text, shift, scale)  # [B, cells, T]

    which, present = batch["which"], batch["present"]
    fits = batch["fits"].long()[which]  # [B, 10, T]
    cell = match(logits.detach(), boxes.detach(), batch, (fits == 1) & present[..., None])
    row, column = torch.where(cell >= 0)
    at = cell[row, column]
    count = max(1, len(at))

    def class_loss(logits, answers):
        target, ignore = torch.zeros_like(logits), torch.zeros_like(logits, dtype=torch.bool)
        matched = answers[row, column]
        target[row, at], ignore[row, at] = (matched == 1).float(), matched == -1
        return focal(logits, target, ignore) / count

    by_text = class_loss(logits, fits)
    found = boxes[row, at]
    real = batch["boxes"][row, column]
    distance = (found - real).abs().sum(-1).sum() / count
    overlap = giou(corners(found), corners(real))

    # by example: for every object of the batch the matched cell of one instance; asked of the other pictures
    objects = len(batch["same"])
    owner = which[row, column]
    order = torch.randperm(len(owner), device=owner.device)
    example = torch.full((objects,), -1, dtype=torch.long, device=owner.device).scatter(0, owner[order], order)
    asked = torch.where(example >= 0)[0]
    example = example[asked]
    queries = embeds[row[example], at[example]]
    logits = scores(embeds, queries, shift, scale)
    same = batch["same"].long()[:, asked][which]  # [B, 10, asked]
    elsewhere = torch.arange(pictures, device=owner.device)[:, None] != row[example][None]  # [B, asked]
    by_example = class_loss(logits.masked_fill(~elsewhere[:, None], -30.0), torch.where(elsewhere[:, None], same, -1))

    with torch.no_grad():
        best = logits.masked_fill(~elsewhere[:, None], -30.0).argmax(1)  # [B, asked]: the cell the example points to
        inside = (boxes.gather(1, best[..., None].expand(-1, -1, 4))[:, None] - batch["boxes"][:, :, None]).abs()
        near = (inside[..., :2] < batch["boxes"][:, :, None, 2:] / 2).all(-1) & (same == 1) & present[..., None]
        holds = ((same == 1) & present[..., None]).any(1) & elsewhere
        hit = (near.any(1) & holds).sum() / holds.sum().clamp(min=1)
    loss = 2 * by_text + 2 * by_example + 5 * distance + 2 * (1 - overlap).sum() / count
    return loss, dict(text=by_text, example=by_example, distance=distance, iou=overlap.clamp(min=0).mean(), hit=hit)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=default_root())
    add_arguments(parser, "owlvit-nano", stages="256:30000", batch=16, rate=6e-4)
    arguments = parser.parse_args()
    tokenizer = trained_tokenizer(arguments.root)
    tokenizer.save_pretrained((arguments.run or arguments.root / "owlvit-nano") / "tokenizer")
    train(
        arguments,
        build=lambda side: build(side, tokenizer),
        resized=lambda state, side: state,
        batches=lambda side: TextBatches(arguments.root, arguments.batch, side, arguments.seed),
        loss=step_loss,
    )


if __name__ == "__main__":
    main()
