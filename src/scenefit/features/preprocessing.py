"""The backbone's own preprocessing, read from `preprocessor_config.json` and applied once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenefit.errors import BackboneError

BILINEAR = 2


@dataclass(frozen=True)
class Preprocessing:
    """How pixels become a backbone's input: resize to (height, width), then `pixel * scale[c] + shift[c]`.

    The whole picture is resized, without regard to its proportions: a centre crop, which some backbones were
    trained with, would cut off the shoes of a tall photo. Scale and shift run inside the ONNX graph.
    """

    height: int
    width: int
    resample: int
    scale: tuple[float, float, float]
    shift: tuple[float, float, float]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Preprocessing:
        """Read the fields of a Transformers image processor.

        Raises:
            BackboneError: the input size cannot be told, or mean and std are not three numbers.

        >>> Preprocessing.from_config({"size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}).shift
        (-1.0, -1.0, -1.0)

        """
        height, width = _input_size(config)
        factor = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
        mean, std = _three(config, "image_mean", 0.0), _three(config, "image_std", 1.0)
        if not config.get("do_normalize", True):
            mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        return cls(
            height,
            width,
            int(config.get("resample", BILINEAR)),
            (factor / std[0], factor / std[1], factor / std[2]),
            (-mean[0] / std[0], -mean[1] / std[1], -mean[2] / std[2]),
        )


def _input_size(config: Mapping[str, Any]) -> tuple[int, int]:
    """The crop's size where a centre crop is the last step, else the size resized to."""
    size = config.get("crop_size") if config.get("do_center_crop") else None
    size = config.get("size") if size is None else size
    if isinstance(size, int):
        return size, size
    if isinstance(size, Mapping):
        if "height" in size and "width" in size:
            return int(size["height"]), int(size["width"])
        if "shortest_edge" in size:
            return int(size["shortest_edge"]), int(size["shortest_edge"])
    raise BackboneError(f"preprocessor_config.json has the size {size!r}; expected a number or height and width")


def _three(config: Mapping[str, Any], name: str, default: float) -> tuple[float, float, float]:
    values = config.get(name) or [default] * 3
    if len(values) != 3 or not all(isinstance(value, int | float) for value in values):
        raise BackboneError(f"preprocessor_config.json has {name} {values!r}; expected three numbers")
    return float(values[0]), float(values[1]), float(values[2])
