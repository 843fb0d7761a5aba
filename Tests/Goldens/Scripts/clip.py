"""Writes Tests/Goldens/CLIP: two tiny seeded CLIP models in the hub's layout, and what transformers computes with them, block by block.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, tokenizers 0.23.3, pillow 13.0.0, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/clip.py

Every activation is stored channels last, as our blocks take it. Each model has a small vocabulary of its own, made here from a few words.
"""

import collections
import json
import pathlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "CLIP"
START, END = "<|startoftext|>", "<|endoftext|>"
CORPUS = "a photo of a dog and a cat the photograph of two dogs a small red car the cats on a table photos of cars and tables".split()
TEXTS = ["a photo of a dog", "cats", "The DOG'S 2 tables!", "na\u00efve \U0001f436 caf\u00e9", "  two  small\ncars ", "a red dog and " * 9]


def merges(count):
    """The most frequent neighbours first, as byte pair encodings are learnt."""
    words = collections.Counter(tuple([*word[:-1], word[-1] + "</w>"]) for word in CORPUS)
    learnt = []
    for _ in range(count):
        pairs = collections.Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        learnt.append(best)
        merged = collections.Counter()
        for word, n in words.items():
            parts = []
            for part in word:
                if parts and (parts[-1], part) == best:
                    parts[-1] += part
                else:
                    parts.append(part)
            merged[tuple(parts)] += n
        words = merged
    return learnt


def vocabulary(learnt, all_bytes):
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    symbols = [chr(b) for b in printed] + [chr(256 + i) for i in range(256 - len(printed))] if all_bytes else [chr(b) for b in range(97, 123)]
    words = symbols + [s + "</w>" for s in symbols] + [a + b for a, b in learnt] + [START, END]
    return {word: i for i, word in enumerate(words)}


# The largest id is the pooled token's; old files say 2 and have the sections twice, where the second wins.
TINY = dict(
    vision=dict(image_size=20, patch_size=4, hidden_size=24, num_attention_heads=3, num_hidden_layers=3, intermediate_size=40),
    text=dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=2, intermediate_size=24, max_position_embeddings=16, eos_token_id=2),
    projection_dim=12,
)
ODD = dict(
    vision=dict(
        image_size=21, patch_size=7, hidden_size=10, num_attention_heads=2, num_hidden_layers=2, intermediate_size=15, hidden_act="gelu",
        layer_norm_eps=1e-3,
    ),
    text=dict(
        hidden_size=18, num_attention_heads=3, num_hidden_layers=1, intermediate_size=20, max_position_embeddings=11, hidden_act="gelu",
        layer_norm_eps=1e-3,
    ),
    projection_dim=20,
)


def build(settings, seed, words):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    text = dict(settings["text"], vocab_size=words)
    text.setdefault("eos_token_id", words - 1)
    config = CLIPConfig(
        vision_config=settings["vision"], text_config=text, projection_dim=settings["projection_dim"], attn_implementation="eager")
    model = CLIPModel(config).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name or "layrnorm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif name.endswith("bias"):
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embedding" in name and "patch" not in name:
                p.copy_(torch.randn_like(p) * 0.5)
            elif name != "logit_scale":
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
    return model


def put(tensors, name, value):
    tensors[name] = torch.as_tensor(np.asarray(value)).detach().to(torch.float32).contiguous().clone()


def run(name, settings, seed, old):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    learnt = merges(30 if old else 24)
    words = vocabulary(learnt, all_bytes=old)
    (folder / "vocab.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in learnt), encoding="utf-8")
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    model = build(settings, seed, len(words))
    size = settings["vision"]["image_size"]
    processor = CLIPImageProcessorPil(size={"shortest_edge": size}, crop_size={"height": size, "width": size})
    if old:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
        tensors = load_file(folder / "model.safetensors")
        for part, length in [("text_model", settings["text"]["max_position_embeddings"]), ("vision_model", (size // settings["vision"]["patch_size"]) ** 2 + 1)]:
            tensors[f"{part}.embeddings.position_ids"] = torch.arange(length)[None]
        save_file(tensors, folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        for section in ["text", "vision"]:
            config[f"{section}_config_dict"] = config[f"{section}_config"]
            config[f"{section}_config"] = dict(config[f"{section}_config"], hidden_size=999)
        (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
        again = CLIPConfig.from_pretrained(folder)
        assert again.text_config.hidden_size == settings["text"]["hidden_size"]
    else:
        model = model.half().float()
        model.config.save_pretrained(folder)
        save_file({k: v.half().contiguous() for k, v in model.state_dict().items() if "position_ids" not in k}, folder / "model.safetensors")
        (folder / "vocab.json").unlink()
        (folder / "merges.txt").unlink()
        # A text of the vocabulary's own language alone makes sense here; other characters become end tokens.
        tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))

    steps = {}
    picture = np.random.default_rng(seed).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    put(steps, "picture.0", picture)
    with torch.no_grad():
        pixels = processor(Image.fromarray(picture), return_tensors="pt")["pixel_values"]
        put(steps, "pixels", pixels.permute(0, 2, 3, 1))
        vision = model.vision_model
        x = vision.embeddings(pixels)
        put(steps, "image.embeddings", x)
        x = vision.pre_layrnorm(x)
        put(steps, "image.normed", x)
        x = vision.encoder.layers[0](x, attention_mask=None)
        put(steps, "image.layer.0", x if torch.is_tensor(x) else x[0])
        out = vision(pixels)
        put(steps, "image.pooled", out.pooler_output)
        put(steps, "image.projected", model.visual_projection(out.pooler_output))

        length = settings["text"]["max_position_embeddings"]
        given = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=length, return_tensors="pt")
        put(steps, "input_ids", given["input_ids"])
        text = model.text_model
        put(steps, "text.embeddings", text.embeddings(input_ids=given["input_ids"]))
        pooled = text(**given).pooler_output
        put(steps, "text.pooled", pooled)
        put(steps, "text.projected", model.text_projection(pooled))
        out = model(pixel_values=pixels, **given)
        for key in ["image_embeds", "text_embeds", "logits_per_image"]:
            put(steps, key, out[key])
        templates = ["a photo of a {}.", "two {} on a table"]
        rows = []
        for word in ["dog", "cat"]:
            ids = tokenizer([t.format(word) for t in templates], padding=True, truncation=True, max_length=length, return_tensors="pt")
            rows.append(torch.nn.functional.normalize(model.text_projection(text(**ids).pooler_output), dim=-1).mean(0))
        put(steps, "templates", torch.nn.functional.normalize(torch.stack(rows), dim=-1))
    save_file(steps, folder / "steps.safetensors")
    (folder / "texts.json").write_text(json.dumps(TEXTS, indent=1) + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes", len(words), "words", steps["logits_per_image"])
    print(given["input_ids"])


if __name__ == "__main__":
    run("tiny", TINY, 1, old=True)
    run("odd", ODD, 2, old=False)
