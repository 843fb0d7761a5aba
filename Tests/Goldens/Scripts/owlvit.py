"""Writes Tests/Goldens/OWLViT: a tiny seeded OWL-ViT and a tiny OWLv2 in the hub's layout, and what transformers computes with them.

Made with: python 3.11, torch 2.15.0, transformers 5.23.0, pillow 13.0.0, scipy 1.17.1, numpy 2.4.6, safetensors 0.8.0 (CPU, float32).
Run from the package root:  python Tests/Goldens/Scripts/owlvit.py

`steps.safetensors` beside each model holds the activations. Pixel values are channels last. The published selection of an example's patch
(`select.*`) follows the paper and the description of its code: transformers has it for the whole picture only.
"""

import json
import pathlib

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPTokenizer, OwlViTConfig, OwlViTForObjectDetection, Owlv2Config, Owlv2ForObjectDetection
from transformers.image_transforms import center_to_corners_format
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.owlvit.modeling_owlvit import box_iou, generalized_box_iou

torch.set_num_threads(1)
OUT = pathlib.Path(__file__).parent.parent / "OWLViT"

MERGES = [
    "c a", "ca t</w>", "d o", "do g</w>", "p h", "o t", "ph ot", "phot o</w>", "o f</w>", "r e", "re d</w>", "b o", "bo x</w>", "t h", "th e</w>",
]
TEXTS = ["cat", "a photo of a dog", "red box", "the quick brown fox", "phot 7"]
# Wide, tall, smaller than the model's input, one line, one pixel, and one so large that the smoothing is wide.
SIZES = [(97, 61), (40, 90), (17, 23), (33, 1), (1, 1), (310, 205)]


def tokenizer_files(folder):
    """A vocabulary of all bytes and a few merges, in the order of CLIP's."""
    bs = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    cs = bs[:]
    for b in range(256):
        if b not in bs:
            cs.append(256 + len(cs) - 188)
            bs.append(b)
    symbols = [chr(c) for c in cs]
    words = symbols + [s + "</w>" for s in symbols] + [m.replace(" ", "") for m in MERGES] + ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({w: i for i, w in enumerate(words)}, ensure_ascii=True), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n", encoding="utf-8")
    names = dict(bos_token="<|startoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="!", model_max_length=16)
    (folder / "tokenizer_config.json").write_text(json.dumps(names), encoding="utf-8")
    return len(words)


def settings(vocabulary, vision, text):
    ids = dict(bos_token_id=vocabulary - 2, eos_token_id=vocabulary - 1, pad_token_id=0)
    return dict(
        vision_config=vision, text_config=dict(vocab_size=vocabulary, max_position_embeddings=16, **text, **ids), projection_dim=text["hidden_size"]
    )


def build(version, vocabulary, seed):
    """A model whose every weight is large enough to matter."""
    torch.manual_seed(seed)
    if version == 1:
        vision = dict(image_size=48, patch_size=8, hidden_size=24, num_attention_heads=3, num_hidden_layers=3, intermediate_size=40)
        text = dict(hidden_size=16, num_attention_heads=2, num_hidden_layers=2, intermediate_size=24)
        model = OwlViTForObjectDetection(OwlViTConfig(**settings(vocabulary, vision, text), attn_implementation="eager"))
    else:
        vision = dict(image_size=40, patch_size=8, hidden_size=20, num_attention_heads=2, num_hidden_layers=2, intermediate_size=28, hidden_act="gelu", layer_norm_eps=1e-4)
        text = dict(hidden_size=12, num_attention_heads=3, num_hidden_layers=2, intermediate_size=20)
        model = Owlv2ForObjectDetection(Owlv2Config(**settings(vocabulary, vision, text), attn_implementation="eager"))
    model = model.eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name:
                p.copy_(torch.randn_like(p) * 0.2 + (1 if name.endswith("weight") else 0))
            elif p.ndim < 2:
                p.copy_(torch.randn_like(p) * 0.2)
            elif "embedding" in name and p.ndim == 2:
                p.copy_(torch.randn_like(p) * 0.5)
            else:
                p.copy_(torch.randn_like(p) * 1.2 / p[0].numel() ** 0.5)
        # Logits on both sides of a threshold, boxes of many sizes.
        model.class_head.logit_scale.bias.fill_(1.5)
        model.box_head.dense2.weight.mul_(1.5)
        model.box_head.dense2.bias.copy_(torch.tensor([0.0, 0.0, 2.6, 2.6] if version == 1 else [0.0, 0.0, 0.8, 0.8]))
    return model


def picture(width, height, number):
    """A picture that the tests make by the same formula: shapes and noise, so that neither smoothing nor resizing is idle."""
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return ((x * 7 + y * 13 + c * 50 + number * 31 + (x * y) % 97 + 60 * ((x // 9 + y // 11) % 2)) % 256).astype(np.uint8)


class Grey(Owlv2ImageProcessorPil):
    """The original preparation for the first version: grey beside the picture."""

    def pad(self, image, constant_value=0.5):
        return super().pad(image, constant_value)


class Recorder:
    def __init__(self):
        self.tensors = {}

    def put(self, name, value):
        value = torch.as_tensor(value).detach()
        self.tensors[name] = value.to(torch.float32).contiguous().clone()


def published_choice(boxes, embeds, box):
    """The original rule: of the boxes within 80 % of the best overlap, the embedding least like the mean."""
    query = torch.tensor([box], dtype=torch.float32)
    overlap = box_iou(query, boxes)[0][0]
    if (overlap == 0).all():
        overlap = generalized_box_iou(query, boxes)[0]
        threshold = overlap.max().clamp(max=0) * 1.2
    else:
        threshold = overlap.max() * 0.8
    chosen = (overlap >= threshold).nonzero()[:, 0]
    return chosen[(embeds[chosen] @ embeds.mean(0)).argmin()]


def write(version, name, seed):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = tokenizer_files(folder)
    model = build(version, vocabulary, seed)
    side = model.config.vision_config.image_size
    size = {"height": side, "width": side}
    processor = OwlViTImageProcessorPil(size=size) if version == 1 else Owlv2ImageProcessorPil(size=size)
    state = {k: v.contiguous() for k, v in model.state_dict().items()}
    # What published files carry for history.
    prefix = "owlvit" if version == 1 else "owlv2"
    state[f"{prefix}.text_model.embeddings.position_ids"] = torch.arange(16)[None]
    state[f"{prefix}.vision_model.embeddings.position_ids"] = torch.arange((side // 8) ** 2 + 1)[None]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    model.config.save_pretrained(folder)
    processor.save_pretrained(folder)
    tokenizer = CLIPTokenizer(vocab=str(folder / "vocab.json"), merges=str(folder / "merges.txt"), pad_token="!")

    out = Recorder()
    arrays = [picture(w, h, i) for i, (w, h) in enumerate(SIZES)]
    for i, array in enumerate(arrays):
        # Of squashing, which is Pillow's resize, two are enough.
        if version == 2 or i < 2:
            out.put(f"pixels.{i}", processor(Image.fromarray(array), return_tensors="pt").pixel_values[0].permute(1, 2, 0))
        if version == 1:
            out.put(f"padded.{i}", Grey(size=size)(Image.fromarray(array), return_tensors="pt").pixel_values[0].permute(1, 2, 0))

    ids = tokenizer(TEXTS, padding="max_length", max_length=16, return_tensors="pt").input_ids
    assert ids.shape == (len(TEXTS), 16) and ids[0, 0] == vocabulary - 2, ids
    out.put("input_ids", ids)

    with torch.no_grad():
        heads = {}

        def keep(key):
            return lambda module, inputs, output: heads.__setitem__(key, output.clone())

        hooks = [
            model.box_head.register_forward_hook(keep("box")), model.layer_norm.register_forward_hook(keep("merged")),
            model.class_head.dense0.register_forward_hook(keep("class")), model.class_head.logit_shift.register_forward_hook(keep("shift")),
            model.class_head.logit_scale.register_forward_hook(keep("scale")),
            getattr(model, prefix).vision_model.post_layernorm.register_forward_hook(keep("normed")),
        ]
        out.put("box_bias", model.box_bias)
        for i in (0, 1):
            pixels = processor(Image.fromarray(arrays[i]), return_tensors="pt").pixel_values
            result = model(input_ids=ids, pixel_values=pixels)
            if i == 0:
                out.put("vision", result.vision_model_output.last_hidden_state)
                out.put("normed", heads["normed"])
                out.put("merged", heads["merged"])
                out.put("raw_boxes", heads["box"])
                out.put("raw_class", heads["class"])
                out.put("shift", heads["shift"][..., 0])
                out.put("scale", heads["scale"][..., 0])
                out.put("text_embeds", result.text_embeds)
            out.put(f"logits.{i}", result.logits)
            out.put(f"pred_boxes.{i}", result.pred_boxes)
            out.put(f"class_embeds.{i}", result.class_embeds)
            if version == 2:
                out.put(f"objectness.{i}", result.objectness_logits)
            target = torch.tensor([arrays[i].shape[:2]])
            found = processor.post_process_object_detection(result, threshold=0.4, target_sizes=target)[0]
            print(name, i, "detections", len(found["scores"]), found["scores"].max().item(), result.logits.sigmoid().min().item(), torch.bincount(found["labels"]).tolist())
            out.put(f"found.{i}.scores", found["scores"])
            out.put(f"found.{i}.labels", found["labels"])
            out.put(f"found.{i}.boxes", found["boxes"])
        for hook in hooks:
            hook.remove()

        # The picture 1 as the example for picture 0, transformers' own rule.
        query = processor(Image.fromarray(arrays[1]), return_tensors="pt").pixel_values
        pixels = processor(Image.fromarray(arrays[0]), return_tensors="pt").pixel_values
        features = model.image_embedder(pixel_values=query)[0]
        flat = features.reshape(1, -1, features.shape[-1])
        embeds, index, boxes = model.embed_image_query(flat, features)
        out.put("guided.index", index.reshape(-1))
        out.put("guided.query", embeds.reshape(1, -1))
        guided = model.image_guided_detection(pixel_values=pixels, query_pixel_values=query)
        out.put("guided.logits", guided.logits)
        for number, (threshold, nms) in enumerate([(0.0, 0.3), (0.5, 0.6), (0.0, 1.0)]):
            guided = model.image_guided_detection(pixel_values=pixels, query_pixel_values=query)
            found = processor.post_process_image_guided_detection(
                guided, threshold=threshold, nms_threshold=nms, target_sizes=torch.tensor([arrays[0].shape[:2]])
            )[0]
            print(name, "guided", threshold, nms, len(found["scores"]))
            out.put(f"guided.{number}.scores", found["scores"])
            out.put(f"guided.{number}.boxes", found["boxes"])

        # The published selection, for drawn boxes: relative x1, y1, x2, y2. The last is far from every prediction.
        corners = center_to_corners_format(boxes)[0]
        raw = model.class_head.dense0(flat)[0]
        queries = [[0, 0, 1, 1], [0.1, 0.2, 0.5, 0.6], [0.5, 0.5, 0.9, 0.8], [0.3, 0.1, 0.45, 0.9], [3.0, 3.0, 3.2, 3.1]]
        out.put("select.boxes", torch.tensor(queries, dtype=torch.float32))
        out.put("select.indices", torch.stack([published_choice(corners, raw, box) for box in queries]))

    save_file(out.tensors, folder / "steps.safetensors")
    (folder / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")


write(1, "v1", 7)
write(2, "v2", 5)
