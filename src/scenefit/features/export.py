"""A Transformers vision backbone becomes one ONNX graph: pixels in, pooled vector, regions and halves out (torch)."""

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
    """Pixels (B, H, W, 3) uint8 -> pooled (B, D), regions (B, G * G, C) and halves (B, 2 C'), all float32.

    Of a convolutional network the regions are the last map at 1/16 of the input (ResNet's stage 3), of a
    transformer its last patch tokens; both are averaged to a grid of G x G. The halves are the network's last map, of
    C' channels (D in most), averaged over its upper and over its lower half.
    """

    scale: Tensor
    shift: Tensor
    averaging: Tensor

    def __init__(self, network: Any, preprocessing: Preprocessing, grid: int) -> None:
        super().__init__()
        self.network = network
        self.kind = str(network.config.model_type)
        if preprocessing.height != preprocessing.width:
            got = f"{preprocessing.height}x{preprocessing.width}"
            raise BackboneError(f"preprocessor_config.json gives an input of {got}; expected as many rows as columns")
        cell = STRIDE if self.kind in CONVOLUTIONAL else int(network.config.patch_size)
        self.side = preprocessing.height // cell
        self.register_buffer("scale", torch.tensor(preprocessing.scale))
        self.register_buffer("shift", torch.tensor(preprocessing.shift))
        self.register_buffer("averaging", torch.eye(1))
        try:
            with torch.no_grad():
                _, map_, _ = self.maps(torch.zeros(1, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8))
        except ValueError as error:
            raise BackboneError(f"a {self.kind} does not take the input of preprocessor_config.json: {error}") from None
        self.averaging = averaging(map_.shape[-1], grid)

    def maps(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give pooled (B, D), the map of the regions as the network has it (B, C, S, S), and its last map."""
        x = (pixels.float() * self.scale + self.shift).permute(0, 3, 1, 2)  # (B, 3, H, W)
        if self.kind in CONVOLUTIONAL:
            out = self.network(pixel_values=x, output_hidden_states=True)
            fitting = [h for h in out.hidden_states if h.ndim == 4 and h.shape[-1] == self.side]
            if not fitting:
                raise BackboneError(
                    f"a {self.kind} gives no map of {self.side}x{self.side}, 1/16 of the input of {x.shape[-1]}; "
                    "give preprocessor_config.json a size that is a multiple of 32"
                )
            return out.pooler_output.flatten(1), fitting[-1], out.last_hidden_state
        out = self.network(pixel_values=x)
        tokens = out.last_hidden_state  # (B, special + S * S, C)
        patches = tokens[:, tokens.shape[1] - self.side**2 :]
        map_ = patches.transpose(1, 2).unflatten(2, (self.side, self.side))
        return out.pooler_output, map_, map_

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give pooled (B, D), regions (B, G * G, C), rows from the top, and halves (B, 2 C')."""
        pooled, map_, last = self.maps(pixels)
        regions = self.averaging @ map_ @ self.averaging.transpose(0, 1)  # (B, C, G, G)
        return pooled, regions.flatten(2).transpose(1, 2), halves(last)


def halves(map_: Tensor) -> Tensor:
    """Average a map (B, C, S, S) over its upper and its lower half, (B, 2 C); a row in the middle counts in both.

    >>> halves(torch.tensor([[[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [6.0, 6.0, 6.0]]]])).tolist()
    [[1.5, 4.0]]
    """
    side = map_.shape[2]
    parts = map_[:, :, : -(-side // 2)], map_[:, :, side // 2 :]
    return torch.cat([part.mean(dim=(2, 3)) for part in parts], dim=1)


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
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    verbosity = transformers_logging.get_verbosity()
    # a text tower that is left unread needs no report
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return _load(folder).float().eval()
    except BackboneError:
        raise
    except Exception as error:  # noqa: BLE001  Transformers and safetensors share no base
        raise BackboneError(f"the backbone in {folder} cannot be read: {str(error).splitlines()[0]}") from None
    finally:
        transformers_logging.set_verbosity(verbosity)


def _load(folder: Path) -> Any:
    kind = AutoConfig.from_pretrained(folder, trust_remote_code=False).model_type
    known = CONVOLUTIONAL | TOKENS | set(VISION_TOWERS)
    if kind not in known:
        raise BackboneError(f"the backbone in {folder} is a {kind!r}; expected one of {', '.join(sorted(known))}")
    loader: Any = VISION_TOWERS.get(kind.removesuffix("_vision_model"), AutoModel)
    network, loaded = loader.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, output_loading_info=True
    )
    if missing := sorted(loaded["missing_keys"]):
        raise BackboneError(
            f"the weights in {folder} lack {len(missing)} tensors of a {kind}, the first {missing[0]!r}; they would be "
            "random: take a checkpoint that holds the whole network"
        )
    return network


def export_backbone(folder: Path, preprocessing: Preprocessing, grid: int, target: Path) -> None:
    """Write the backbone in `folder` as ONNX: `pixels` -> `pooled`, `regions`, `halves`, any batch size.

    Raises:
        BackboneError: see `load_network`, or the grid does not fit the network's map.
    """
    backbone = RegionBackbone(load_network(folder), preprocessing, grid).eval()
    pixels = torch.zeros(2, preprocessing.height, preprocessing.width, 3, dtype=torch.uint8)
    export_onnx(backbone, {"pixels": pixels}, ["pooled", "regions", "halves"], target)


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
