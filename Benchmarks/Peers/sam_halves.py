"""SamModel's two halves as modules of plain tensors, for the opponents that take a traced graph (OpenVINO, ONNX Runtime)."""

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
        return self.model.vision_encoder(pixel_values).last_hidden_state


class Decoder(torch.nn.Module):
    """Prompt to low-resolution logits on an encoded picture; three masks."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image_embeddings, input_points, input_labels):
        output = self.model(
            image_embeddings=image_embeddings, input_points=input_points, input_labels=input_labels, multimask_output=True
        )
        return output.pred_masks, output.iou_scores


def halves(folder: Path, attention: str):
    """The encoder and the decoder, each with an example of its inputs."""
    torch.set_grad_enabled(False)
    if whole.kind(folder) == "mobile_sam":
        import mobilesam

        return mobilesam.halves(folder)
    model = transformers.SamModel.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention).eval()
    size = sam_inputs.image_size(folder)
    pixels = torch.from_numpy(sam_inputs.pixel_values(size))
    points, labels = (torch.from_numpy(array) for array in sam_inputs.point(size))
    config = model.config
    grid = size // config.vision_config.patch_size
    embeddings = torch.randn(1, config.vision_config.output_channels, grid, grid)
    return (Encoder(model), (pixels,)), (Decoder(model), (embeddings, points, labels))
