"""The forms of `preprocessor_config.json`, and that the pixels are normalised once."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from scenefit.errors import BackboneError
from scenefit.features.backbone import Backbone
from scenefit.features.export import RegionBackbone, load_network
from scenefit.features.preprocessing import Preprocessing

IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ({"size": 224}, (224, 224)),
        ({"size": {"shortest_edge": 384}}, (384, 384)),
        ({"size": {"height": 224, "width": 192}}, (224, 192)),
        ({"size": 256, "do_center_crop": True, "crop_size": 224}, (224, 224)),
        (
            {"size": {"shortest_edge": 256}, "do_center_crop": True, "crop_size": {"height": 224, "width": 224}},
            (224, 224),
        ),
        ({"size": {"height": 224, "width": 224}, "do_center_crop": False, "crop_size": 112}, (224, 224)),
        ({"size": 224, "do_center_crop": None, "crop_size": None}, (224, 224)),
    ],
)
def test_input_size(config: dict[str, Any], size: tuple[int, int]) -> None:
    got = Preprocessing.from_config(config)
    assert (got.height, got.width) == size


@pytest.mark.parametrize(
    ("config", "black", "white"),
    [
        ({}, (0, 0, 0), (1, 1, 1)),
        ({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}, (-1, -1, -1), (1, 1, 1)),
        (
            IMAGENET,
            (-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225),
            (0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225),
        ),
        (IMAGENET | {"do_normalize": False}, (0, 0, 0), (1, 1, 1)),
        (
            {"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [127.5] * 3},
            (-1, -1, -1),
            (1, 1, 1),
        ),
        ({"do_rescale": False, "do_normalize": False}, (0, 0, 0), (255, 255, 255)),
        ({"rescale_factor": 1 / 127.5, "image_mean": [1] * 3, "image_std": [1] * 3}, (-1, -1, -1), (1, 1, 1)),
    ],
)
def test_what_black_and_white_become(config: dict[str, Any], black: tuple[float], white: tuple[float]) -> None:
    got = Preprocessing.from_config({"size": 224, **config})
    assert got.shift == pytest.approx(black)
    assert [255 * scale + shift for scale, shift in zip(got.scale, got.shift, strict=True)] == pytest.approx(white)


def test_filter_is_bilinear_unless_given() -> None:
    assert Preprocessing.from_config({"size": 8}).resample == Image.Resampling.BILINEAR
    assert Preprocessing.from_config({"size": 8, "resample": 3}).resample == Image.Resampling.BICUBIC


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "has the size None; expected a number, a shortest_edge, or height and width"),
        ({"size": {"longest_edge": 224}}, "has the size {'longest_edge': 224}; expected"),
        ({"size": {"height": 224}}, "has the size {'height': 224}; expected"),
        ({"size": 0}, "has the size 0; expected"),
        ({"size": "224"}, "has the size '224'; expected"),
        ({"size": 8, "image_mean": [0.5]}, r"has image_mean \[0.5\]; expected three numbers"),
        ({"size": 8, "image_mean": 0.5}, "has image_mean 0.5; expected three numbers"),
        ({"size": 8, "image_std": [1, 1, "1"]}, r"has image_std \[1, 1, '1'\]; expected three numbers"),
        ({"size": 8, "image_std": [1, 0, 1]}, r"has image_std \[1.0, 0.0, 1.0\]; expected numbers above 0"),
        ({"size": 8, "resample": 9}, r"has resample 9; expected one of \[0, 1, 2, 3, 4, 5\]"),
        ({"size": 8, "resample": "bilinear"}, "has resample 'bilinear'; expected one of"),
    ],
)
def test_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(BackboneError, match=f"preprocessor_config.json {message}"):
        Preprocessing.from_config(config)


@pytest.mark.parametrize("config", [IMAGENET, IMAGENET | {"do_rescale": False}, {}])
def test_normalised_once(config: dict[str, Any], network: Path) -> None:
    """The network's input is (x / 255 - mean) / std of 8-bit pixels, no more and no less."""
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    mean, std = config.get("image_mean", [0.0] * 3), config.get("image_std", [1.0] * 3)
    x = (pixels / (1 if config.get("do_rescale") is False else 255) - np.array(mean)) / np.array(std)
    with torch.no_grad():
        resnet = load_network(network)
        expected = resnet(torch.from_numpy(x).float().permute(0, 3, 1, 2)).pooler_output.flatten(1)
        backbone = RegionBackbone(resnet, Preprocessing.from_config({"size": 64, **config}), 4)
        pooled, _, _ = backbone(torch.from_numpy(pixels))
    torch.testing.assert_close(pooled, expected, rtol=1e-4, atol=1e-5)
    assert not torch.allclose(pooled, resnet(torch.zeros(2, 3, 64, 64)).pooler_output.flatten(1), rtol=1e-2)


def test_a_picture_is_resized_whole_and_handed_over_as_bytes(backbone_folder: Path) -> None:
    backbone = Backbone(backbone_folder, threads=1)
    image = Image.new("RGB", (90, 300), "black")
    image.paste((255, 0, 0), (0, 0, 90, 150))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    pixels = backbone.pixels(buffer.getvalue())
    assert pixels.dtype == np.uint8
    assert pixels.shape == (224, 224, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[-1, -1].tolist() == [0, 0, 0]
