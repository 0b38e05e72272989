"""Every family of backbones: the exported graph gives what the network itself gives."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as tf
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from scenefit.features.backbone import GRAPH, Backbone, find_backbone, prepare_backbone
from scenefit.features.export import averaging, load_network
from scenefit.types import Floats, Pixels

MEAN, STD = (0.5, 0.4, 0.3), (0.2, 0.3, 0.25)
CONV: dict[str, Any] = {"hidden_sizes": [8, 12, 16, 24], "depths": [1, 1, 1, 1]}
VIT: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "patch_size": 8}
VISION = VIT | {"intermediate_size": 32, "image_size": 64}
TEXT = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32, "vocab_size": 64}


@dataclass(frozen=True)
class Family:
    """A kind of network, the side of its input and map, and where its map is (a hidden state, or special tokens)."""

    network: Callable[[], Any]
    side: int
    cells: int
    hidden_state: int | None = None
    special: int = 0


FAMILIES = {
    "resnet": Family(lambda: tf.ResNetModel(tf.ResNetConfig(embedding_size=8, layer_type="basic", **CONV)), 64, 4, 3),
    "mobilenet_v2": Family(lambda: tf.MobileNetV2Model(tf.MobileNetV2Config(depth_multiplier=0.25)), 112, 7, 11),
    "convnextv2": Family(lambda: tf.ConvNextV2Model(tf.ConvNextV2Config(**CONV)), 112, 7, 3),
    "dinov2": Family(lambda: tf.Dinov2Model(tf.Dinov2Config(image_size=96, mlp_ratio=2, **VIT)), 56, 7, special=1),
    "dinov2 with registers": Family(
        lambda: tf.Dinov2WithRegistersModel(tf.Dinov2WithRegistersConfig(image_size=16, mlp_ratio=2, **VIT)),
        side=16,
        cells=2,
        special=5,
    ),
    "clip": Family(
        lambda: tf.CLIPModel(tf.CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=16)), 64, 8, special=1
    ),
    "siglip vision": Family(lambda: tf.SiglipVisionModel(tf.SiglipVisionConfig(**VISION)), 64, 8),
}


@dataclass(frozen=True)
class Exported:
    """A network saved by Transformers, and the same network as exported."""

    family: Family
    network: Any
    source: Path
    backbone: Backbone


def save(network: Any, folder: Path, side: int) -> Any:
    """Save a network with random weights large enough to matter."""
    torch.manual_seed(1)
    with torch.no_grad():
        for weights in network.parameters():
            if weights.ndim > 1:
                weights.normal_(0, 0.2)
    network.eval().save_pretrained(folder)
    config = {"size": side, "image_mean": MEAN, "image_std": STD}
    (folder / "preprocessor_config.json").write_text(json.dumps(config))
    return network


@pytest.fixture(scope="module", params=FAMILIES)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    family = FAMILIES[request.param]
    source = tmp_path_factory.mktemp("source")
    network = save(family.network(), source, family.side)
    grid = min(7, family.cells)
    folder = prepare_backbone(find_backbone(str(source), grid), tmp_path_factory.mktemp("cache"))
    return Exported(family, network, source, Backbone(folder, threads=1))


def pictures(count: int, side: int) -> Pixels:
    return np.random.default_rng(count).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


@torch.no_grad()
def by_hand(family: Family, network: Any, pixels: Pixels, grid: int) -> tuple[Tensor, Tensor, Tensor]:
    """Normalise once, run the network, take its map, pool it adaptively; give the last map too."""
    x = (torch.from_numpy(pixels) / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    tower = getattr(network, "vision_model", network)
    out = tower(pixel_values=x.permute(0, 3, 1, 2), output_hidden_states=True)
    if family.hidden_state is not None:
        map_, last = out.hidden_states[family.hidden_state], out.last_hidden_state
    else:
        cells = out.last_hidden_state[:, family.special :].transpose(1, 2)
        map_ = last = cells.reshape(*cells.shape[:2], family.cells, family.cells)
    assert map_.shape[-2:] == (family.cells, family.cells)
    return out.pooler_output.flatten(1), adaptive_avg_pool2d(map_, grid).flatten(2).transpose(1, 2), last


def assert_same(got: Floats, expected: Tensor) -> None:
    """Equal to 1e-4 of how much the numbers differ among themselves."""
    want = expected.numpy()
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-4 * want.std())


@pytest.mark.parametrize("count", [1, 5])
def test_graph_gives_what_the_network_gives(exported: Exported, count: int) -> None:
    pixels = pictures(count, exported.family.side)
    grid = exported.backbone.grid
    got_pooled, got_regions, got_halves = exported.backbone.run(pixels)
    pooled, regions, last = by_hand(exported.family, exported.network, pixels, grid)
    assert_same(got_pooled, pooled)
    assert_same(got_regions, regions)
    side = last.shape[2]
    upper, lower = last[:, :, : side - side // 2].mean((2, 3)), last[:, :, side // 2 :].mean((2, 3))
    assert_same(got_halves, torch.cat([upper, lower], 1))
    sizes = exported.backbone.pooled_size, exported.backbone.region_size, exported.backbone.halves_size
    assert sizes == (pooled.shape[1], regions.shape[2], 2 * last.shape[1])
    assert got_regions.shape[1] == grid**2


def test_graph_names_nothing_of_this_machine(exported: Exported) -> None:
    content = (exported.backbone.folder / GRAPH).read_bytes()
    for text in (str(exported.source.parent), sys.prefix, "site-packages", ".py", "torch.nn"):
        assert text.encode() not in content


@pytest.mark.parametrize(("side", "grid"), [(14, 7), (14, 14), (7, 7), (16, 7), (8, 7), (5, 3), (4, 1)])
def test_averaging_is_adaptive_average_pooling(side: int, grid: int) -> None:
    map_ = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    rows = averaging(side, grid)
    torch.testing.assert_close(rows @ map_ @ rows.T, adaptive_avg_pool2d(map_, grid))


def siglip() -> Any:
    return tf.SiglipModel(tf.SiglipConfig(text_config=TEXT, vision_config=VISION))


@pytest.mark.parametrize(
    ("full", "tower"), [(FAMILIES["clip"].network, tf.CLIPVisionModel), (siglip, tf.SiglipVisionModel)]
)
def test_full_and_vision_only_folders_load_the_same_tower(full: Callable[[], Any], tower: Any, tmp_path: Path) -> None:
    network = save(full(), tmp_path / "full", 64)
    tower.from_pretrained(tmp_path / "full").save_pretrained(tmp_path / "vision")
    expected = network.vision_model.state_dict()
    for folder in ("full", "vision"):
        loaded = load_network(tmp_path / folder)
        weights = getattr(loaded, "vision_model", loaded).state_dict()
        assert set(weights) == set(expected)
        assert all(torch.equal(weights[name], value) for name, value in expected.items())
