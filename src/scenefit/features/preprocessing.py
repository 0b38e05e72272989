"""The backbone's own preprocessing, read from `preprocessor_config.json` and applied once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scenefit.errors import BackboneError

BILINEAR = 2
FILTERS = range(6)
"""Pillow's: nearest, Lanczos, bilinear, bicubic, box, Hamming."""


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
            BackboneError: the input size cannot be told, mean and std are not three numbers, or the filter is unknown.

        >>> Preprocessing.from_config({"size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}).shift
        (-1.0, -1.0, -1.0)
        """
        given = {name: value for name, value in config.items() if value is not None}
        height, width = _input_size(given)
        factor = float(given.get("rescale_factor", 1 / 255)) if given.get("do_rescale", True) else 1.0
        mean, std = _three(given, "image_mean", 0.0), _three(given, "image_std", 1.0)
        if not all(std):
            raise BackboneError(f"preprocessor_config.json has image_std {list(std)}; expected numbers above 0")
        if not given.get("do_normalize", True):
            mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
        resample = given.get("resample", BILINEAR)
        if resample not in FILTERS:
            raise BackboneError(f"preprocessor_config.json has resample {resample!r}; expected one of {list(FILTERS)}")
        return cls(
            height,
            width,
            int(resample),
            (factor / std[0], factor / std[1], factor / std[2]),
            (-mean[0] / std[0], -mean[1] / std[1], -mean[2] / std[2]),
        )


def _input_size(config: Mapping[str, Any]) -> tuple[int, int]:
    """The crop's size where a centre crop is the last step, else the size resized to."""
    size = config.get("crop_size") if config.get("do_center_crop") else None
    size = config.get("size") if size is None else size
    match size:
        case int(side) | {"shortest_edge": int(side)} if side > 0:
            return side, side
        case {"height": int(height), "width": int(width)} if min(height, width) > 0:
            return height, width
    raise BackboneError(
        f"preprocessor_config.json has the size {size!r}; expected a number, a shortest_edge, or height and width"
    )


def _three(config: Mapping[str, Any], name: str, default: float) -> tuple[float, float, float]:
    match config.get(name, [default] * 3):
        case [int() | float() as red, int() | float() as green, int() | float() as blue]:
            return float(red), float(green), float(blue)
        case values:
            raise BackboneError(f"preprocessor_config.json has {name} {values!r}; expected three numbers")
