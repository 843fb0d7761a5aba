"""PerSAM and PerSAM-F in the arithmetic of the original code, written from its description, on a SAM folder in the hub's layout.

What the original does and nobody would guess is kept and marked QUIRK. transformers reads the weights and runs the image encoder; prompts,
decoder and everything around them are spelt out here, because transformers' decoder differs from the original in four places.

    python persam_original.py --model FOLDER --reference IMG --mask MASK --image IMG [--fine-tune] -o OUT.safetensors

Needs torch 2.15.0, transformers 5.23.0, pillow 13.0.0, safetensors 0.8.0.
"""

import argparse
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors.torch import save_file
from transformers import SamModel

MEAN = torch.tensor([123.675, 116.28, 103.53])
STD = torch.tensor([58.395, 57.12, 57.375])


def read_rgb(path):
    """A picture as cv2.imread gives it, in RGB: EXIF applied, palette expanded. QUIRK: alpha is dropped, not composited."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode == "P":
        picture = picture.convert("RGBA")
    if picture.mode in ("RGBA", "LA"):
        picture = Image.merge("RGB", picture.convert("RGBA").split()[:3])
    return np.array(picture.convert("RGB"))


def bilinear(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class Original:
    """SAM with the original's decoder. Every size follows from the folder's config.json."""

    epsilon = 1e-5  # QUIRK against transformers, which has the config's: of the decoder layers' norms

    def __init__(self, folder):
        self.model = SamModel.from_pretrained(folder, dtype=torch.float32).eval()
        config = self.model.config
        self.side = config.vision_config.image_size
        self.grid = self.side // config.vision_config.patch_size
        self.heads = config.mask_decoder_config.num_attention_heads
        self.positions = self.model.shared_image_embedding.positional_embedding.detach()

    # Pictures

    def frame(self, height, width):
        scale = self.side / max(height, width)
        return int(height * scale + 0.5), int(width * scale + 0.5)

    def pixel_values(self, rgb):
        """uint8 [H, W, 3] -> [1, 3, S, S]: Pillow's bilinear, normalised, then padded with zeros."""
        h, w = self.frame(*rgb.shape[:2])
        resized = np.array(Image.fromarray(rgb).resize((w, h), Image.BILINEAR))
        x = (torch.from_numpy(resized).float() - MEAN) / STD
        return F.pad(x.permute(2, 0, 1), (0, self.side - w, 0, self.side - h))[None]

    @torch.no_grad()
    def encode(self, rgb):
        """-> [C, h, w]."""
        return self.model.vision_encoder(self.pixel_values(rgb)).last_hidden_state[0]

    def upsample(self, low, height, width):
        """postprocess_masks: [N, M, 4h, 4w] -> [N, M, H, W] by way of the padded square."""
        h, w = self.frame(height, width)
        return bilinear(bilinear(low, (self.side, self.side))[..., :h, :w], (height, width))

    # Prompts

    def encode_positions(self, coordinates):
        """Positional encoding of coordinates in 0...1, [..., 2] -> [..., C]."""
        angles = 2 * math.pi * ((2 * coordinates - 1) @ self.positions)
        return torch.cat([angles.sin(), angles.cos()], dim=-1)

    def encode_prompt(self, height, width, points, labels, box=None, low=None):
        """Points [n, 2] and box [4] in picture pixels (float64), low-resolution logits [1, 4h, 4w] -> (sparse [1, k, C], dense [1, C, h, w])."""
        prompts = self.model.prompt_encoder
        h, w = self.frame(height, width)
        scale = np.array([w / width, h / height])
        coordinates = torch.from_numpy(np.asarray(points, dtype=np.float64) * scale).float()
        labels = list(labels)
        if box is None:
            coordinates = torch.cat([coordinates + 0.5, torch.zeros(1, 2)])
            labels = labels + [-1]
        else:
            corners = torch.from_numpy(np.asarray(box, dtype=np.float64).reshape(2, 2) * scale).float()
            coordinates = torch.cat([coordinates, corners]) + 0.5
            labels = labels + [2, 3]
        embedded = self.encode_positions(coordinates / self.side)
        for i, label in enumerate(labels):
            if label == -1:
                embedded[i] = prompts.not_a_point_embed.weight[0]
            else:
                embedded[i] += prompts.point_embed[label].weight[0]
        if low is None:
            dense = prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(1, -1, self.grid, self.grid)
        else:
            dense = prompts.mask_embed(low[None])
        return embedded[None], dense

    # Decoder

    def attention(self, module, q, k, v, similarity=None):
        def split(x):
            return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        q, k, v = split(module.q_proj(q)), split(module.k_proj(k)), split(module.v_proj(v))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), dim=-1)
        if similarity is not None:
            weights = torch.softmax(weights + similarity, dim=-1)  # QUIRK: a softmax of a softmax
        return module.out_proj((weights @ v).transpose(1, 2).flatten(2))

    @torch.no_grad()
    def decode(self, embedding, sparse, dense, multimask, similarity=None, target=None):
        """-> (logits [M, 4h, 4w], scores [M]). similarity [1, 1, 1, h·w] and target [1, 1, C] are PerSAM's guidance."""
        decoder = self.model.mask_decoder
        transformer = decoder.transformer
        tokens = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])[None]
        tokens = torch.cat([tokens.expand(sparse.shape[0], -1, -1), sparse], dim=1)
        k = (embedding[None] + dense).flatten(2).transpose(1, 2)
        kp = self.image_positions()
        t = torch.zeros(1, 1, k.shape[-1]) if target is None else target
        pe = tokens + t  # QUIRK: the target is added in place, and the positional encoding is the same memory
        q = tokens
        for i, layer in enumerate(transformer.layers):
            def norm(name, x):
                n = getattr(layer, name)
                return F.layer_norm(x, n.normalized_shape, n.weight, n.bias, self.epsilon)

            q = q + t
            if i == 0:
                q = self.attention(layer.self_attn, q, q, q)
            else:
                q = q + self.attention(layer.self_attn, q + pe, q + pe, q)
            q = norm("layer_norm1", q)
            q = norm("layer_norm2", q + self.attention(layer.cross_attn_token_to_image, q + pe, k + kp, k, similarity))
            q = norm("layer_norm3", q + layer.mlp(q))
            k = norm("layer_norm4", k + self.attention(layer.cross_attn_image_to_token, k + kp, q + pe, q))
        q = q + self.attention(transformer.final_attn_token_to_image, q + pe + t, k + kp, k)  # QUIRK: t once more
        q = transformer.layer_norm_final_attn(q)
        upscaled = k.transpose(1, 2).unflatten(2, (self.grid, self.grid))
        upscaled = F.gelu(decoder.upscale_layer_norm(decoder.upscale_conv1(upscaled)))
        upscaled = F.gelu(decoder.upscale_conv2(upscaled))
        hyper = torch.stack([mlp(q[:, 1 + m]) for m, mlp in enumerate(decoder.output_hypernetworks_mlps)], dim=1)
        logits = torch.einsum("pmc,pcyx->pmyx", hyper, upscaled)[0]
        scores = decoder.iou_prediction_head(q[:, 0])[0]
        return (logits[1:], scores[1:]) if multimask else (logits[:1], scores[:1])

    def image_positions(self):
        steps = (torch.arange(self.grid).float() + 0.5) / self.grid
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        return self.encode_positions(torch.stack([x, y], dim=-1)).reshape(1, self.grid * self.grid, -1)

    # PerSAM

    def foreground(self, mask_rgb):
        """QUIRK: the mask goes through the image's normaliser, so 'above zero' means grey above 123.675. -> [h, w] bool."""
        return bilinear(self.pixel_values(mask_rgb), (self.grid, self.grid))[0, 0] > 0

    def similarity(self, embedding, target_feature):
        """Cosine of every cell with the target, [h, w]."""
        cells = embedding / embedding.norm(dim=0, keepdim=True)
        return torch.einsum("c,cyx->yx", target_feature, cells)

    def similarity_at(self, similarity, height, width):
        """Three bilinear steps: grid -> four times the grid -> padded square, cropped -> picture. [H, W]"""
        four = F.interpolate(similarity[None, None], scale_factor=4, mode="bilinear", align_corners=False)
        return self.upsample(four, height, width)[0, 0]

    @staticmethod
    def extremum(values, largest):
        index = values.flatten().topk(1, largest=largest).indices[0].item()
        return [index % values.shape[1], index // values.shape[1]]

    def refine(self, out, embedding, size, points, labels, box, low, names):
        """One refinement: prompt with the last mask, take the best of three. -> (low logits [1, 4h, 4w], mask [H, W])."""
        sparse, dense = self.encode_prompt(*size, points, labels, box, low)
        logits, scores = self.decode(embedding, sparse, dense, multimask=True)
        best = scores.argmax().item()
        out[names + "_logits"], out[names + "_scores"] = logits, scores
        return logits[best : best + 1], self.upsample(logits[None], *size)[0, best] > 0

    @staticmethod
    def inclusive_box(mask):
        """QUIRK: inclusive on both sides. Of an empty mask the original raises, and so does this."""
        y, x = torch.nonzero(mask, as_tuple=True)
        return [x.min().item(), y.min().item(), x.max().item(), y.max().item()]

    def learn(self, reference, mask_rgb, fine_tune=False):
        cells = self.encode(reference).flatten(1)[:, self.foreground(mask_rgb).flatten()]
        embedding = cells.mean(dim=1)
        if fine_tune:  # QUIRK: PerSAM-F has its own target
            embedding = cells.max(dim=1).values / 2 + embedding / 2
        return embedding, embedding / embedding.norm()

    def find(self, target_embedding, target_feature, picture):
        """PerSAM without training: the paper's one object."""
        size = picture.shape[:2]
        embedding = self.encode(picture)
        out = {"target_embedding": target_embedding}
        out["similarity"] = self.similarity(embedding, target_feature)
        s = self.similarity_at(out["similarity"], *size)
        points, labels = [self.extremum(s, True), self.extremum(s, False)], [1, 0]
        out["points"] = torch.tensor(points, dtype=torch.float32)
        z = (s - s.mean()) / torch.std(s)  # QUIRK: unbiased, over the whole picture
        z = bilinear(z[None, None], (self.grid, self.grid))  # QUIRK: stretched, not aligned with the padded grid
        out["attention_similarity"] = z.sigmoid().flatten()
        sparse, dense = self.encode_prompt(*size, points, labels)
        low, _ = self.decode(
            embedding, sparse, dense, False,
            similarity=out["attention_similarity"].reshape(1, 1, 1, -1), target=target_embedding.reshape(1, 1, -1))
        out["step0_logits"] = low
        low, mask = self.refine(out, embedding, size, points, labels, None, low, "step1")
        _, mask = self.refine(out, embedding, size, points, labels, self.inclusive_box(mask), low, "step2")
        out["mask"] = mask.float()
        return out

    # PerSAM-F

    def fit(self, reference, mask_rgb, target_feature, epochs=1000, low_resolution=False):
        """Two weights over the three masks of the reference's own peak. -> [w1, w2], whose mask is (1 - w1 - w2, w1, w2) · logits."""
        size = reference.shape[:2]
        embedding = self.encode(reference)
        s = self.similarity_at(self.similarity(embedding, target_feature), *size)
        sparse, dense = self.encode_prompt(*size, [self.extremum(s, True)], [1])
        low, _ = self.decode(embedding, sparse, dense, multimask=True)
        truth = torch.from_numpy(mask_rgb[..., 0] > 0).float()  # QUIRK: not the rule of `foreground`
        logits = self.upsample(low[None], *size)[0]
        if low_resolution:
            h, w = (-(-4 * n * self.grid // self.side) for n in self.frame(*size))
            logits, truth = low[:, :h, :w], None
        logits = logits.flatten(1)
        return fit_weights(logits, truth.flatten(), epochs)

    def find_fitted(self, weights, target_feature, picture):
        size = picture.shape[:2]
        embedding = self.encode(picture)
        out = {"weights": weights, "similarity": self.similarity(embedding, target_feature)}
        s = self.similarity_at(out["similarity"], *size)
        points, labels = [self.extremum(s, True)], [1]
        out["points"] = torch.tensor(points, dtype=torch.float32)
        sparse, dense = self.encode_prompt(*size, points, labels)
        logits, scores = self.decode(embedding, sparse, dense, multimask=True)
        out["step0_logits"], out["step0_scores"] = logits, scores
        mixture = torch.stack([1 - weights.sum(), *weights]).reshape(3, 1, 1)
        low = (mixture * logits).sum(0, keepdim=True)
        mask = (mixture * self.upsample(logits[None], *size)[0]).sum(0) > 0
        low, mask = self.refine(out, embedding, size, points, labels, self.inclusive_box(mask), low, "step1")
        _, mask = self.refine(out, embedding, size, points, labels, self.inclusive_box(mask), low, "step2")
        out["mask"] = mask.float()
        return out


def fit_weights(logits, truth, epochs=1000, rate=1e-3):
    """AdamW on dice + focal, cosine schedule. logits [3, N], truth [N] -> [2]."""
    weights = torch.full((2,), 1 / 3, requires_grad=True)
    optimiser = torch.optim.AdamW([weights], lr=rate, eps=1e-4)  # weight decay 0.01, PyTorch's default
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs)
    for _ in range(epochs):
        x = (1 - weights.sum()) * logits[0] + weights[0] * logits[1] + weights[1] * logits[2]
        p = x.sigmoid()
        dice = 1 - (2 * (p * truth).sum() + 1) / (p.sum() + truth.sum() + 1)
        cross = F.binary_cross_entropy_with_logits(x, truth, reduction="none")
        hit = p * truth + (1 - p) * (1 - truth)
        focal = ((0.25 * truth + 0.75 * (1 - truth)) * (1 - hit) ** 2 * cross).mean()
        optimiser.zero_grad()
        (dice + focal).backward()
        optimiser.step()
        schedule.step()
    return weights.detach()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--model", "--reference", "--mask", "--image"):
        parser.add_argument(name, required=True)
    parser.add_argument("--fine-tune", action="store_true", help="PerSAM-F")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    sam = Original(options.model)
    reference, mask, picture = read_rgb(options.reference), read_rgb(options.mask), read_rgb(options.image)
    embedding, feature = sam.learn(reference, mask, options.fine_tune)
    if options.fine_tune:
        out = sam.find_fitted(sam.fit(reference, mask, feature), feature, picture)
    else:
        out = sam.find(embedding, feature, picture)
    save_file({name: value.detach().contiguous().float() for name, value in out.items()}, options.output)


if __name__ == "__main__":
    main()
