"""SAM's and SAM 2's two halves as modules of plain tensors, for the opponents that take a traced graph (OpenVINO, ONNX Runtime)."""

from pathlib import Path

import torch
import transformers

import sam_inputs
import whole


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        embeddings = self.model.get_image_embeddings(pixel_values)
        return tuple(embeddings) if isinstance(embeddings, list) else embeddings


class Decoder(torch.nn.Module):
    """Prompt to low-resolution logits on an encoded picture; three masks."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        *levels, input_points, input_labels = inputs
        output = self.model(
            image_embeddings=levels if len(levels) > 1 else levels[0], input_points=input_points, input_labels=input_labels, multimask_output=True
        )
        return output.pred_masks, output.iou_scores


def model_class(folder: Path):
    return transformers.SamModel if whole.kind(folder) == "sam" else transformers.Sam2Model


def halves(folder: Path, attention: str):
    """The encoder and the decoder, each with an example of its inputs."""
    torch.set_grad_enabled(False)
    if whole.kind(folder) == "mobile_sam":
        import mobilesam

        return mobilesam.halves(folder)
    model = model_class(folder).from_pretrained(folder, dtype=torch.float32, attn_implementation=attention).eval()
    size = sam_inputs.image_size(folder)
    pixels = torch.from_numpy(sam_inputs.pixel_values(size))
    points, labels = (torch.from_numpy(array) for array in sam_inputs.point(size))
    embeddings = Encoder(model)(pixels)
    levels = embeddings if isinstance(embeddings, tuple) else (embeddings,)
    return (Encoder(model), (pixels,)), (Decoder(model), (*levels, points, labels))
