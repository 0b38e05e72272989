"""The one backbone with trained weights that is at hand: ImageNet MobileNetV2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from scenefit.features.backbone import Backbone, find_backbone, prepare_backbone
from scenefit.features.export import load_network


@pytest.mark.real
def test_mobilenet_v2(shared: Callable[[str], Path], tmp_path: Path) -> None:
    """The ImageNet weights: x / 127.5 - 1, pooled 1280, and hidden state 11, 96 channels of 14 x 14."""
    source = shared("backbones/mobilenet_v2")
    files = find_backbone(str(source), grid=7)
    assert files.preprocessing.scale == pytest.approx([1 / 127.5] * 3)
    assert files.preprocessing.shift == pytest.approx([-1] * 3)
    backbone = Backbone(prepare_backbone(files, tmp_path), threads=1)
    assert (backbone.pooled_size, backbone.region_size, backbone.halves_size) == (1280, 96, 2560)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3), dtype=np.uint8)
    with torch.no_grad():
        x = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1
        out = load_network(source)(pixel_values=x, output_hidden_states=True)
    map_ = out.hidden_states[11]
    assert map_.shape == (3, 96, 14, 14)
    pooled, regions, halves = backbone.run(pixels)
    np.testing.assert_allclose(pooled, out.pooler_output, atol=1e-4)
    halved = map_.unflatten(3, (7, 2)).unflatten(2, (7, 2)).mean((3, 5))
    np.testing.assert_allclose(regions, halved.flatten(2).transpose(1, 2), atol=1e-4)
    rows = out.last_hidden_state.mean(3)  # of 7 rows the upper and the lower 4
    np.testing.assert_allclose(halves, torch.cat([rows[:, :, :4].mean(2), rows[:, :, 3:].mean(2)], 1), atol=1e-4)
