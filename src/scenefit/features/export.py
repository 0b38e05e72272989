"""A Transformers vision backbone becomes one ONNX graph: pixels in, pooled vector and region map out (torch)."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, CLIPVisionModel, SiglipVisionModel
from transformers.utils import logging as transformers_logging

from scenefit.errors import BackboneError
from scenefit.features.preprocessing import Preprocessing

CONVOLUTIONAL = {"resnet", "mobilenet_v2", "convnextv2", "convnext", "regnet", "efficientnet"}
TOKENS = {"dinov2", "dinov2_with_registers", "vit", "clip_vision_model", "siglip_vision_model"}
VISION_TOWERS = {"clip": CLIPVisionModel, "siglip": SiglipVisionModel}
STRIDE = 16


class RegionBackbone(nn.Module):
    """Pixels (B, H, W, 3) uint8 -> pooled (B, D) and regions (B, G * G, C), both float32.

    Of a convolutional network the regions are the last map at 1/16 of the input (ResNet's stage 3), of a
    transformer its last patch tokens; both are averaged to a grid of G x G.
    """

    scale: Tensor
    shift: Tensor
    averaging: Tensor

    def __init__(self, network: nn.Module, preprocessing: Preprocessing, grid: int) -> None:
        super().__init__()
        self.network = network
        self.kind = str(network.config.model_type)  # type: ignore[union-attr]
        self.side = preprocessing.height // STRIDE
        self.register_buffer("scale", torch.tensor(preprocessing.scale))
        self.register_buffer("shift", torch.tensor(preprocessing.shift))
        self.register_buffer("averaging", torch.eye(1))
        with torch.no_grad():
            _, map_ = self.maps(torch.zeros(1, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8))
        self.averaging = averaging(map_.shape[-1], grid)

    def maps(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give pooled (B, D) and the map as the network has it (B, C, S, S)."""
        x = (pixels.float() * self.scale + self.shift).permute(0, 3, 1, 2)  # (B, 3, H, W)
        if self.kind in CONVOLUTIONAL:
            out = self.network(pixel_values=x, output_hidden_states=True)
            fitting = [h for h in out.hidden_states if h.ndim == 4 and h.shape[-1] == self.side]
            if not fitting:
                raise BackboneError(f"a {self.kind} gives no map of {self.side}x{self.side}; expected one at 1/16")
            return out.pooler_output.flatten(1), fitting[-1]
        out = self.network(pixel_values=x)
        tokens = out.last_hidden_state  # (B, special + S * S, C)
        side = int((tokens.shape[1]) ** 0.5)
        patches = tokens[:, tokens.shape[1] - side * side :]
        return out.pooler_output, patches.transpose(1, 2).unflatten(2, (side, side))

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Give pooled (B, D) and regions (B, G * G, C), rows from the top."""
        pooled, map_ = self.maps(pixels)
        regions = self.averaging @ map_ @ self.averaging.transpose(0, 1)  # (B, C, G, G)
        return pooled, regions.flatten(2).transpose(1, 2)


def averaging(side: int, grid: int) -> Tensor:
    """Shape (grid, side): each row averages the cells of one bin, as adaptive average pooling does.

    >>> averaging(4, 2).tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    if not 1 <= grid <= side:
        raise BackboneError(f"got --regions {grid}; this backbone's map has {side}x{side} cells, so at most {side}")
    rows = torch.zeros(grid, side)
    for i in range(grid):
        start, end = i * side // grid, -(-(i + 1) * side // grid)
        rows[i, start:end] = 1 / (end - start)
    return rows


def load_network(folder: Path) -> Any:
    """Load a vision network from a folder of Transformers; safetensors only, and no code from the folder.

    Raises:
        BackboneError: the folder cannot be read, or its architecture is not one that is supported.

    """
    try:
        network = _load(folder)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise BackboneError(f"the backbone in {folder} cannot be read: {str(error).splitlines()[0]}") from None
    kind = str(network.config.model_type)
    if kind not in CONVOLUTIONAL | TOKENS:
        known = ", ".join(sorted(CONVOLUTIONAL | TOKENS))
        raise BackboneError(f"the backbone in {folder} is a {kind!r}; expected one of {known}")
    return network.eval()


def _load(folder: Path) -> Any:
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind = AutoConfig.from_pretrained(folder).model_type
    loader: Any = VISION_TOWERS.get(kind.removesuffix("_vision_model"), AutoModel)
    network = loader.from_pretrained(folder, use_safetensors=True, trust_remote_code=False)
    return network.float()


def export_backbone(folder: Path, preprocessing: Preprocessing, grid: int, target: Path) -> None:
    """Write the backbone in `folder` as ONNX: `pixels` -> `pooled`, `regions`, any batch size.

    Raises:
        BackboneError: see `load_network`, or the grid does not fit the network's map.

    """
    backbone = RegionBackbone(load_network(folder), preprocessing, grid).eval()
    pixels = torch.zeros(2, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8)
    export_onnx(backbone, {"pixels": pixels}, ["pooled", "regions"], target)


def export_onnx(module: nn.Module, inputs: dict[str, Tensor], outputs: list[str], target: Path) -> None:
    """Export a module with a dynamic first dimension; the exporter's notes, which hold paths, are left out."""
    batch = torch.export.Dim("batch")
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                target,
                input_names=list(inputs),
                output_names=outputs,
                dynamic_shapes=tuple({0: batch} for _ in inputs),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        logger.setLevel(level)
    _strip_notes(target)


def _strip_notes(target: Path) -> None:
    """Drop what the exporter noted of the machine, so that the same weights give the same bytes everywhere."""
    model = onnx.load(target)
    for holder in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        del holder.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output):
        del value.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
    onnx.save(model, target)
