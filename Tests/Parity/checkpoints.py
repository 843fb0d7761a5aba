"""Compares models read from PyTorch checkpoints under the authors' names with the same models in the hub's layout.

    python checkpoints.py --spaniel PATH --models FOLDER [--tiny]

A seeded model of the hub's names is saved by torch under the names of the authors' code, and as a folder. `spaniel tensors --model x.pth` must give
the same bits as `--model folder`; what `spaniel weights convert` makes must be the folder's weights to transformers, with no key missing or unread.
The sizes are SAM-B's and CLIP ViT-B/32's (`--tiny`: small ones of the same structure); CLIP is saved as a state dict, in half precision, and inside an
archive of TorchScript. SAM 2.1's four sizes are compared by names and shapes, MobileSAM's by names.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPModel, CLIPSegConfig, CLIPSegForImageSegmentation, Sam2Config, Sam2Model, SamConfig, SamModel

from agreement import DATA
from models import initialise

torch.set_num_threads(2)
failures = []


def check(what, good, found=""):
    print(f"{'ok  ' if good else 'FAIL'} {what} {found}", flush=True)
    if not good:
        failures.append(what)


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {done.returncode}\n{done.stderr}")
    return done.stdout


def replaced(name, pairs):
    for hub, original in pairs:
        name = name.replace(hub, original)
    return name


PROMPTING = [
    ("shared_embedding.positional_embedding", "pe_layer.positional_encoding_gaussian_matrix"), ("mask_embed.conv1", "mask_downscaling.0"),
    ("mask_embed.layer_norm1", "mask_downscaling.1"), ("mask_embed.conv2", "mask_downscaling.3"), ("mask_embed.layer_norm2", "mask_downscaling.4"),
    ("mask_embed.conv3", "mask_downscaling.6"), ("upscale_conv1", "output_upscaling.0"), ("upscale_layer_norm", "output_upscaling.1"),
    ("upscale_conv2", "output_upscaling.3"),
]


def mlp(name):
    """proj_in, layers.0, proj_out are the authors' layers.0, 1, 2."""
    if any(part in name for part in ("hypernetworks", "iou_prediction_head", "pred_obj_score_head")):
        name = name.replace(".layers.0.", ".layers.1.").replace("proj_in", "layers.0").replace("proj_out", "layers.2")
    return name


def sam_state(model):
    pairs = [
        ("vision_encoder.layers.", "image_encoder.blocks."), ("vision_encoder", "image_encoder"), ("patch_embed.projection", "patch_embed.proj"),
        ("neck.conv1", "neck.0"), ("neck.layer_norm1", "neck.1"), ("neck.conv2", "neck.2"), ("neck.layer_norm2", "neck.3"),
        (".point_embed.", ".point_embeddings."), *PROMPTING,
    ]
    return {
        mlp(replaced(n, pairs)).replace(".layer_norm", ".norm"): t.clone()
        for n, t in model.state_dict().items() if not n.startswith("shared_image_embedding")
    }


def sam2_state(model):
    state = {}
    pairs = [
        ("vision_encoder.backbone", "image_encoder.trunk"), ("vision_encoder.neck", "image_encoder.neck"), ("patch_embed.projection", "patch_embed.proj"),
        ("prompt_encoder.", "sam_prompt_encoder."), ("mask_decoder.", "sam_mask_decoder."), ("o_proj", "out_proj"), *PROMPTING,
        ("no_memory_embedding", "no_mem_embed"),
    ]
    for n, t in model.state_dict().items():
        if n.startswith("shared_image_embedding"):
            continue
        if n == "prompt_encoder.point_embed.weight":
            state |= {f"sam_prompt_encoder.point_embeddings.{i}.weight": t[i : i + 1] for i in range(4)}
            continue
        name = mlp(replaced(n, pairs)).replace(".layer_norm", ".norm")
        name = name.replace("mlp.proj_in", "mlp.layers.0").replace("mlp.proj_out", "mlp.layers.1")
        if "neck.convs" in name:
            name = name.replace(".weight", ".conv.weight").replace(".bias", ".conv.bias")
        state[name] = t
    video = ["memory_attention.norm.weight", "memory_encoder.fuser.x", "maskmem_tpos_enc", "no_mem_pos_enc", "no_obj_ptr", "no_obj_embed_spatial"]
    return {"model": state | {name: torch.zeros(1) for name in video}}


def clip_state(model, prefix=""):
    state = {n.removeprefix("clip."): t for n, t in model.state_dict().items() if not n.startswith("decoder.")}
    fused = {}
    for n, t in state.items():
        n = n.removesuffix(".weight") if n.endswith(("position_embedding.weight", "projection.weight")) else n
        pairs = [
            ("vision_model.embeddings.class_embedding", "visual.class_embedding"), ("vision_model.embeddings.patch_embedding", "visual.conv1"),
            ("vision_model.embeddings.position_embedding", "visual.positional_embedding"), ("vision_model.pre_layrnorm", "visual.ln_pre"),
            ("vision_model.post_layernorm", "visual.ln_post"), ("vision_model.encoder.layers", "visual.transformer.resblocks"),
            ("visual_projection", "visual.proj"), ("text_model.embeddings.token_embedding", "token_embedding"),
            ("text_model.embeddings.position_embedding", "positional_embedding"), ("text_model.final_layer_norm", "ln_final"),
            ("text_model.encoder.layers", "transformer.resblocks"), ("layer_norm1", "ln_1"), ("layer_norm2", "ln_2"), ("mlp.fc1", "mlp.c_fc"),
            ("mlp.fc2", "mlp.c_proj"), ("self_attn", "attn"),
        ]
        name = replaced(n, pairs)
        if "position_ids" in name:
            continue
        if name in ("visual.proj", "text_projection"):
            t = t.T.contiguous()
        fused[prefix + name] = t.clone()
    for name in [n for n in fused if "q_proj" in n]:
        parts = [fused.pop(name.replace("q_proj", part)) for part in ("q_proj", "k_proj", "v_proj")]
        fused[name.replace("q_proj.", "in_proj_")] = torch.cat(parts)
    return fused


def clipseg_state(model):
    state = clip_state(model, "clip_model.")
    decoder = {}
    pairs = [("decoder.layers", "blocks"), ("mlp.fc1", "linear1"), ("mlp.fc2", "linear2"), ("layer_norm", "norm"), ("decoder.transposed_convolution", "trans_conv"),
             ("decoder.", "")]
    for n, t in model.state_dict().items():
        if n.startswith("decoder."):
            decoder[replaced(n, pairs)] = t.clone()
    for name in [n for n in decoder if "q_proj" in n]:
        parts = [decoder.pop(name.replace("q_proj", part)) for part in ("q_proj", "k_proj", "v_proj")]
        decoder[name.replace("q_proj.", "in_proj_")] = torch.cat(parts)
    return decoder | {"reduce.weight": torch.zeros(2, 2), "reduce.bias": torch.zeros(2)}, state


class Tree(torch.nn.Module):
    """A module with a state dict's parameters at their dotted places, to be saved by TorchScript."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def scripted(state, path):
    root = Tree()
    for name, tensor in state.items():
        *places, last = name.split(".")
        module = root
        for place in places:
            if not hasattr(module, place):
                setattr(module, place, Tree())
            module = getattr(module, place)
        if tensor.is_floating_point():
            module.register_parameter(last, torch.nn.Parameter(tensor))
        else:
            module.register_buffer(last, tensor)
    torch.jit.save(torch.jit.script(root), path)


def same(a, b):
    a, b = load_file(a), load_file(b)
    return a.keys() == b.keys() and all(torch.equal(a[n], b[n]) for n in a), ", ".join(sorted(a))


def loads(model_class, folder, model):
    """Whether transformers reads the folder whole, with equal weights."""
    read, notes = model_class.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    good = not any(notes.get(k) for k in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    other = model.state_dict()
    return good and all(torch.equal(t.float(), other[n].float()) for n, t in read.state_dict().items()), {k: v for k, v in notes.items() if v}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--spaniel", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--tiny", action="store_true")
    given = parser.parse_args()
    tool, picture = given.spaniel, DATA / "chelsea.png"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)

        # SAM
        small = dict(
            vision_config=dict(image_size=128, hidden_size=24, num_attention_heads=2, num_hidden_layers=3, global_attn_indexes=[1], window_size=3, mlp_dim=40),
            prompt_encoder_config=dict(image_size=128, image_embedding_size=8),
        )
        model = SamModel(SamConfig(**(small if given.tiny else {}))).eval()
        initialise(model, 1)
        with torch.no_grad():
            model.prompt_encoder.shared_embedding.positional_embedding.copy_(model.shared_image_embedding.positional_embedding)
        model.save_pretrained(scratch / "sam")
        torch.save(sam_state(model), scratch / "sam.pth")
        torch.save({"epoch": 1, "model": {f"module.{n}": t for n, t in sam_state(model).items()}}, scratch / "trained.pt")
        prompt = ["--point", "200,140", "--multimask", "--precision", "float32"]
        for name in ("sam", "sam.pth", "trained.pt"):
            run(tool, "tensors", "sam", "--model", scratch / name, "--image", picture, *prompt, "-o", scratch / f"{name}.out")
        for name in ("sam.pth", "trained.pt"):
            check(f"sam: {name} as the folder, bit for bit", *same(scratch / "sam.out", scratch / f"{name}.out"))
        said = json.loads(run(tool, "weights", "convert", scratch / "sam.pth", scratch / "converted", "--json"))
        check("sam: weights convert says the digest", said["sha256"] == run("sha256sum", scratch / "sam.pth").split()[0] and said["published"] is None)
        check("sam: the converted folder in transformers", *loads(SamModel, scratch / "converted", model))
        run(tool, "tensors", "sam", "--model", scratch / "converted", "--image", picture, *prompt, "-o", scratch / "converted.out")
        check("sam: the converted folder, bit for bit", *same(scratch / "sam.out", scratch / "converted.out"))

        # CLIP
        narrow = dict(hidden_size=128, num_attention_heads=2, num_hidden_layers=2, intermediate_size=160)
        tiny = dict(vision_config=narrow, text_config=narrow, projection_dim=48) if given.tiny else {}
        model = CLIPModel(CLIPConfig(**tiny)).eval()
        initialise(model, 2)
        model.save_pretrained(scratch / "clip")
        state = clip_state(model)
        sizes = {"input_resolution": torch.tensor(224), "context_length": torch.tensor(77), "vocab_size": torch.tensor(49408)}
        torch.save(state, scratch / "clip.pt")
        scripted(state | sizes, scratch / "clip-script.pt")
        half = {n: t.half() if t.dim() > 1 and "embedding" not in n else t for n, t in state.items()}
        scripted(half | sizes, scratch / "clip-half.pt")
        for name in ("clip.pt", "clip-script.pt"):
            run(tool, "weights", "convert", scratch / name, scratch / f"{name}-folder", "--quiet")
            check(f"clip: {name} converted, in transformers", *loads(CLIPModel, scratch / f"{name}-folder", model))
        run(tool, "weights", "convert", scratch / "clip-half.pt", scratch / "clip-half", "--quiet")
        with torch.no_grad():
            rounded = CLIPModel(CLIPConfig(**tiny)).eval()
            rounded.load_state_dict(model.state_dict())
            for n, p in rounded.named_parameters():
                if p.dim() > 1 and "embedding" not in n or "patch_embedding" in n:
                    p.copy_(p.half().float())
        check("clip: an archive of halves and floats converted, in transformers", *loads(CLIPModel, scratch / "clip-half", rounded))
        words = pathlib.Path(given.models) / "clip-vit-base-patch32"
        if (words / "tokenizer.json").exists():
            for place in (scratch, scratch / "clip"):
                shutil.copy(words / "tokenizer.json", place)
            for name in ("clip", "clip.pt", "clip-script.pt"):
                arguments = ["--image", picture, "--text", "a cat", "--precision", "float32", "-o", scratch / f"{name}.out"]
                run(tool, "tensors", "clip", "--model", scratch / name, *arguments)
            for name in ("clip.pt", "clip-script.pt"):
                check(f"clip: {name} as the folder, bit for bit", *same(scratch / "clip.out", scratch / f"{name}.out"))

        # CLIPSeg: the decoder alone beside CLIP's, and both in one.
        vision = narrow | dict(patch_size=16) if given.tiny else dict(patch_size=16)
        layers = dict(extract_layers=[3, 6, 9])
        if given.tiny:
            vision |= dict(num_hidden_layers=11)
        settings = dict(vision_config=vision, text_config=narrow if given.tiny else {}, projection_dim=48 if given.tiny else 512, use_complex_transposed_convolution=True, **layers)
        model = CLIPSegForImageSegmentation(CLIPSegConfig(**settings)).eval()
        initialise(model, 3)
        decoder, encoders = clipseg_state(model)
        torch.save(decoder, scratch / "rd64-uni-refined.pth")
        torch.save(decoder | encoders, scratch / "whole.pth")
        torch.save({n.removeprefix("clip_model."): t for n, t in encoders.items()}, scratch / "ViT-B-16.pt")
        run(tool, "weights", "convert", scratch / "whole.pth", scratch / "clipseg-whole", "--quiet")
        run(tool, "weights", "convert", scratch / "rd64-uni-refined.pth", scratch / "clipseg-both", "--clip", scratch / "ViT-B-16.pt", "--quiet")
        for name in ("clipseg-whole", "clipseg-both"):
            check(f"clipseg: {name} in transformers", *loads(CLIPSegForImageSegmentation, scratch / name, model))
        alone = subprocess.run([tool, "weights", "convert", scratch / "rd64-uni-refined.pth", scratch / "no"], capture_output=True, text=True)
        check("clipseg: the decoder alone is refused with what holds both", alone.returncode == 65 and "CIDAS/clipseg-rd64-refined" in alone.stderr and not (scratch / "no").exists())

        # SAM 2.1: each published size.
        sizes = {
            "tiny": {},
            "small": dict(blocks_per_stage=[1, 2, 11, 2], global_attention_blocks=[7, 10, 13]),
            "base-plus": dict(
                hidden_size=112, num_attention_heads=2, blocks_per_stage=[2, 3, 16, 3], embed_dim_per_stage=[112, 224, 448, 896],
                num_attention_heads_per_stage=[2, 4, 8, 16], global_attention_blocks=[12, 16, 20], window_positional_embedding_background_size=[14, 14]),
            "large": dict(
                hidden_size=144, num_attention_heads=2, blocks_per_stage=[2, 6, 36, 4], embed_dim_per_stage=[144, 288, 576, 1152],
                num_attention_heads_per_stage=[2, 4, 8, 16], global_attention_blocks=[23, 33, 43], window_size_per_stage=[8, 4, 16, 8]),
        }
        for name, size in sizes.items():
            if given.tiny and name != "tiny":
                continue
            widths = size.get("embed_dim_per_stage", [96, 192, 384, 768])
            config = Sam2Config(vision_config=dict(backbone_config=dict(model_type="sam2_hiera_det_model", **size), backbone_channel_list=widths[::-1]))
            model = Sam2Model(config).eval()
            initialise(model, 4)
            with torch.no_grad():
                model.prompt_encoder.shared_embedding.positional_embedding.copy_(model.shared_image_embedding.positional_embedding)
            torch.save(sam2_state(model), scratch / "sam2.pt")
            run(tool, "weights", "convert", scratch / "sam2.pt", scratch / f"sam2-{name}", "--quiet")
            check(f"sam2: {name} in transformers", *loads(Sam2Model, scratch / f"sam2-{name}", model))
            read, made = Sam2Config.from_pretrained(scratch / f"sam2-{name}").to_dict(), config.to_dict()
            parts = ["vision_config", "prompt_encoder_config", "mask_decoder_config"]
            check(f"sam2: {name}'s configuration", all({**read[p], "dtype": 0} == {**made[p], "dtype": 0} for p in parts))
            shutil.rmtree(scratch / f"sam2-{name}")

    print(f"{len(failures)} failed" if failures else "all agree")
    sys.exit(1 if failures else 0)


main()
