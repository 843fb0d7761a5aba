"""MobileSAM for the opponents: the published code's two halves as modules of plain tensors. The decoder computes in float32."""

import sys
from pathlib import Path

import torch

import sam_inputs

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tests/Parity"))
import mobilesam_models  # noqa: E402


class Decoder(torch.nn.Module):
    """A point to low-resolution logits on an encoded picture; three masks. The published prompt encoder assigns by masks, which not every tracer takes."""

    def __init__(self, model):
        super().__init__()
        self.decoder, self.prompts = model.mask_decoder, model.prompt_encoder
        self.register_buffer("positions", model.prompt_encoder.get_dense_pe())

    def forward(self, image_embeddings, input_points, input_labels):
        prompts = self.prompts
        code = prompts.pe_layer._pe_encoding((input_points[0] + 0.5) / prompts.input_image_size[0])
        kinds = torch.where(input_labels[0, :, :, None] == 1, prompts.point_embeddings[1].weight, prompts.point_embeddings[0].weight)
        tokens = torch.cat([code + kinds, prompts.not_a_point_embed.weight[None]], 1)
        masks, scores = self.decoder(
            image_embeddings=image_embeddings, image_pe=self.positions, sparse_prompt_embeddings=tokens,
            dense_prompt_embeddings=prompts.no_mask_embed.weight.reshape(1, -1, 1, 1).expand_as(image_embeddings), multimask_output=True,
        )
        return masks, scores


def halves(folder: Path):
    """The encoder and the decoder, each with an example of its inputs."""
    torch.set_grad_enabled(False)
    model = mobilesam_models.load(folder)
    size = sam_inputs.image_size(folder)
    points, labels = (torch.from_numpy(array) for array in sam_inputs.point(size))
    embeddings = torch.randn(1, model.prompt_encoder.embed_dim, size // 16, size // 16)
    return (model.image_encoder, (torch.from_numpy(sam_inputs.pixel_values(size)),)), (Decoder(model).eval(), (embeddings, points, labels))
