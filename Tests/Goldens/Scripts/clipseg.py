"""Writes Tests/Goldens/CLIPSeg: two tiny seeded CLIPSeg models in the hub's layout, and what transformers computes with them, block by block.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0, opencv-python-headless 5.0.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/clipseg.py

Every activation is stored channels last, as our blocks take it. `steps.safetensors` beside each model holds them. The `support.*` entries follow
the authors' preparation of example pictures (timojl/clipseg, mode `crop_blur_highlight352`), which transformers does not have.
"""

import json
import pathlib

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, CLIPTokenizer
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "CLIPSeg"
MERGES = ["c a", "ca t</w>", "d o", "do g</w>", "t h", "th e</w>", "m u", "mu g</w>", "r e", "re d</w>"]

# Positions for 4 x 4 patches, an input of 7 x 7; the last layer of the encoder is needed for examples only.
PLAIN = dict(
    vision_config=dict(image_size=16, patch_size=4, hidden_size=24, num_attention_heads=3, num_hidden_layers=5, intermediate_size=40),
    text_config=dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=2, intermediate_size=24, max_position_embeddings=12),
    projection_dim=20, extract_layers=[0, 2, 3], reduce_dim=16, decoder_num_attention_heads=4, decoder_intermediate_size=30,
)
# The finer upsampler, whose kernels are a quarter of the patch; two taps, FiLM at the second; another activation, epsilon, no resizing of
# positions, and the end token as old files give it.
REFINED = dict(
    vision_config=dict(
        image_size=48, patch_size=16, hidden_size=15, num_attention_heads=3, num_hidden_layers=4, intermediate_size=22, hidden_act="gelu",
        layer_norm_eps=1e-3,
    ),
    text_config=dict(
        hidden_size=18, num_attention_heads=3, num_hidden_layers=1, intermediate_size=20, max_position_embeddings=9, layer_norm_eps=1e-4,
        hidden_act="gelu", eos_token_id=2,
    ),
    projection_dim=14, extract_layers=[1, 3], reduce_dim=12, decoder_num_attention_heads=2, decoder_intermediate_size=26, conditional_layer=1,
    use_complex_transposed_convolution=True,
)
TEXTS = ["a cat", "the red mug", "dog!", "a cat, a dog and the red mug on the table"]


def tokenizer(folder, length):
    """Every byte, every byte at a word's end, a few merges, start and end."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in printable]
    symbols = [chr(b) for b in printable] + [chr(256 + i) for i in range(len(others))]
    words = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in MERGES]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocab = {w: i for i, w in enumerate(words)}
    assert len(vocab) == len(words)
    merges = [m for m in MERGES]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    return CLIPTokenizer(vocab=vocab, merges=[tuple(m.split()) for m in MERGES], model_max_length=length), len(vocab)


def build(settings, seed):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    model = CLIPSegForImageSegmentation(CLIPSegConfig(**settings, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name or "layrnorm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif name.endswith("logit_scale"):
                pass
            elif name.endswith("bias"):
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embedding" in name and "patch" not in name:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
        # Of either sign, and not so large that one number decides everything.
        model.clip.text_projection.weight.mul_(0.5)
        model.clip.visual_projection.weight.mul_(0.5)
    return model


def last(x):
    """[B, C, H, W] to [B, H, W, C]."""
    return x.permute(0, 2, 3, 1)


class Recorder:
    def __init__(self):
        self.tensors = {}

    def put(self, name, value):
        value = torch.as_tensor(value).detach()
        self.tensors[name] = value.to(torch.float32).contiguous().clone()

    def save(self, path):
        save_file(self.tensors, path)


def prepared_support(pixels, mask):
    """The authors' crop, blur and darkening of an example. pixels [3, S, S], normalised; mask [S, S] of 0 and 1."""
    side = mask.shape[0]
    blurred = torch.from_numpy(cv2.GaussianBlur(pixels.permute(1, 2, 0).numpy(), (15, 15), 3)).permute(2, 0, 1)
    mixed = pixels * mask + 0.1 * blurred * (1 - mask)
    columns, rows = np.nonzero(mask.max(0).values.numpy())[0], np.nonzero(mask.max(1).values.numpy())[0]

    def enlarged(low, high):
        return int(max(0, low - 0.1 * (high - low))), int(min(side, high + 0.1 * (high - low)))

    left, right = enlarged(int(columns[0]), int(columns[-1]) + 1)
    top, bottom = enlarged(int(rows[0]), int(rows[-1]) + 1)
    cut = mixed[:, top:bottom, left:right]
    h, w = cut.shape[1:]
    x, y = max(0, h - w), max(0, w - h)
    cut = F.pad(cut, (x // 2, x - x // 2, y // 2, y - y // 2))
    return F.interpolate(cut[None], (side, side))


def run(name, settings, seed, side):
    folder = OUT / name
    length = settings["text_config"]["max_position_embeddings"]
    words, count = tokenizer(folder, length)
    settings["text_config"] |= dict(vocab_size=count, bos_token_id=count - 2, pad_token_id=count - 1)
    settings["text_config"].setdefault("eos_token_id", count - 1)
    model = build(settings, seed)
    processor = ViTImageProcessorPil(size=dict(height=side, width=side), image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    rng = np.random.default_rng(seed)
    r = Recorder()

    with torch.no_grad():
        # Preprocessing: wide, tall, the input's own size, enlarged.
        pixels = []
        for i, (w, h) in enumerate([(61, 43), (30, 97), (side, side), (9, 5)]):
            smooth = rng.integers(0, 256, (4, 5, 3), dtype=np.uint8)
            picture = np.asarray(Image.fromarray(smooth).resize((w, h), Image.BICUBIC)).astype(int)
            picture = np.clip(picture + rng.integers(-20, 20, (h, w, 3)), 0, 255).astype(np.uint8)
            r.put(f"picture.{i}", picture)
            pixels.append(processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"])
            r.put(f"pixels.{i}", last(pixels[-1]))

        # Texts.
        ids = words(TEXTS, padding="max_length", truncation=True, max_length=length, return_tensors="pt")["input_ids"]
        r.put("ids", ids)
        texts = model.clip.get_text_features(ids).pooler_output
        r.put("conditional.texts", texts)

        # The image encoder's taps.
        vision = model.clip.vision_model(pixels[0], output_hidden_states=True)
        taps = [vision.hidden_states[i + 1] for i in settings["extract_layers"]]
        for i, tap in enumerate(taps):
            r.put(f"tap.{i}", tap)

        # Examples: a whole picture, and prepared ones, with a mask that is wide, tall, at an edge.
        whole = model.clip.get_image_features(pixels[1]).pooler_output
        r.put("conditional.picture", whole)
        for i, (x1, y1, x2, y2) in enumerate([(3, 9, 17, 14), (11, 0, 16, side), (0, 5, 4, 11)]):
            mask = torch.zeros(side, side)
            mask[y1:y2, x1:x2] = torch.from_numpy(rng.integers(0, 2, (y2 - y1, x2 - x1))).float()
            r.put(f"support.{i}.mask", mask)
            support = prepared_support(pixels[2][0], mask)
            r.put(f"support.{i}.pixels", last(support))
            r.put(f"support.{i}.conditional", model.clip.get_image_features(support).pooler_output)

        # The decoder, layer by layer, for all texts at once.
        d = model.decoder
        film = d.film_mul(texts), d.film_add(texts)
        r.put("film.multiply", film[0])
        r.put("film.add", film[1])
        x = None
        for i, (tap, layer, reduce) in enumerate(zip(taps[::-1], d.layers, d.reduces)):
            reduced = reduce(tap)
            r.put(f"reduced.{i}", reduced)
            x = reduced.expand(len(TEXTS), -1, -1) if x is None else x + reduced
            if i == d.conditional_layer:
                x = film[0][:, None] * x + film[1][:, None]
            r.put(f"decoder.{i}.in", x)
            x = layer(x, attention_mask=None)
            r.put(f"decoder.{i}.out", x)
        grid = int((x.shape[1] - 1) ** 0.5)
        cells = x[:, 1:].transpose(1, 2).reshape(len(TEXTS), -1, grid, grid)
        r.put("upsampler.in", last(cells))
        logits = d.transposed_convolution(cells)[:, 0]

        # The whole model: texts, an example, and text and example mixed.
        repeated = pixels[0].expand(len(TEXTS), -1, -1, -1)
        out = model(pixel_values=repeated, input_ids=ids)
        r.put("logits.texts", out.logits)
        assert torch.allclose(out.logits, logits, atol=1e-6)
        r.put("logits.picture", model(pixel_values=pixels[0], conditional_pixel_values=pixels[1]).logits)
        mixed = 0.3 * whole + 0.7 * texts[:1]
        r.put("conditional.mixed", mixed)
        r.put("logits.mixed", model(pixel_values=pixels[0], conditional_embeddings=mixed).logits)
        full = F.interpolate(out.logits[:, None], (43, 61), mode="bilinear", align_corners=False)
        r.put("scores.texts", full[:, 0].sigmoid())
    r.save(folder / "steps.safetensors")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", len(r.tensors), "tensors")
    for key in ["tap.1", "conditional.texts", "conditional.picture", "upsampler.in", "logits.texts", "logits.picture"]:
        print(" ", key, list(r.tensors[key].shape), float(r.tensors[key].std()), float(r.tensors[key].mean()))
    print("  texts differ by", float((out.logits[0] - out.logits[1]).abs().max()), ids.tolist())


if __name__ == "__main__":
    run("plain", PLAIN, 1, 28)
    run("refined", REFINED, 2, 48)
