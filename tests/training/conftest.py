"""What a training loop takes: the drawn looks, and made-up features of which the truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scenefit.config import TrainConfig, recipe
from scenefit.data.boxes import SIDES
from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures, product_crops, scene_crops
from scenefit.features.items import pair_item_crops, shown_item_crops
from scenefit.features.store import FeatureStore, crop_key
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.model.joined import ClosedFormLook
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array, Crop, Doubles, Floats, Ints, ProductFeatures, SceneFeatures, Table

PRODUCTS = 40


@pytest.fixture(scope="session")
def quick() -> TrainConfig:
    """Settings under which a run takes a second."""
    return replace(recipe("ctl-paper"), hidden=32, embedding=16, epochs=20, batch_size=16, learning_rate=5e-3)


@pytest.fixture(scope="session")
def features(model_folder: Path, backbone_folder: Path) -> DatasetFeatures:
    """The features of the training and validation pairs of the drawn looks."""
    return DatasetFeatures.open(Dataset.open(model_folder.with_name("dataset")), Backbone(backbone_folder, threads=1))


@pytest.fixture
def data(features: DatasetFeatures) -> TripletData:
    """The training triplets; validation pairs come from `data.validation`."""
    return TripletData(features, features.dataset.split_rows("train"))


class World:
    """Scenes and products with two hidden numbers each; features show them through linear maps, and noise."""

    def __init__(self, scenes: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.taste, self.style = (self.rng.normal(size=(n, 2)) for n in (scenes, PRODUCTS))
        self.category = np.arange(PRODUCTS) % 2
        self.see, self.shop = self.rng.normal(size=(2, 2, 20))

    def shown(self, hidden: Doubles, columns: slice, map_: Doubles, noise: float) -> Floats:
        values = hidden @ map_[:, columns]
        return (values + noise * self.rng.normal(size=values.shape)).astype(np.float32)

    def scenes(self, halves: bool) -> SceneFeatures:
        """Give pooled (S, 6), regions (S, 4, 3), which show nothing, and halves (S, 12)."""
        taste = self.taste
        regions = self.rng.gamma(1, 1, (len(taste), 4, 3)).astype(np.float32)
        pooled = self.shown(taste, slice(6), self.see, 0.5)
        return SceneFeatures(pooled, regions, self.shown(taste, slice(6, 18 if halves else 6), self.see, 1.0))

    def products(self, rows: Ints, noise: float) -> ProductFeatures:
        """Give pooled (P, 6), moved by the category, and statistics (P, 6)."""
        kind = 3 * self.category[rows][:, None].astype(np.float32)
        pooled = self.shown(self.style[rows], slice(6), self.shop, noise) + kind
        return ProductFeatures(pooled, self.shown(self.style[rows], slice(6, 12), self.shop, noise))

    def choose(self) -> tuple[Ints, Ints]:
        """Give each scene the product of each category that fits best, but for some noise; rows (2 S,) of both."""
        fit = self.taste @ self.style.T + 0.3 * self.rng.normal(size=(len(self.taste), PRODUCTS))
        chosen = [np.where(self.category == code, fit, -np.inf).argmax(axis=1) for code in (0, 1)]
        return np.repeat(np.arange(len(fit)), 2), np.stack(chosen, axis=1).ravel()


def named(letter: str, rows: Ints) -> Array:
    return np.array([f"{letter}{row}" for row in rows.tolist()], object)


def pictures(letter: str, n: int) -> Table:
    """Give the columns of pictures that are not there: their features are given."""
    return {column: named(letter, np.arange(n)) for column in ("id", "image", "content")}


def boxes(category: Ints, top: float) -> Table:
    """Give a box of its own to each category, from `top` on; none where that is NaN."""
    left = np.full(len(category), 0.2 + 0 * top)
    return dict(zip(SIDES, (left, left - 0.2 + top, left + 0.6, left + top + 0.1 * category), strict=True))


Part = tuple[str, Sequence[Crop | None], SceneFeatures | ProductFeatures]


def store_of(folder: Path, parts: Sequence[Part]) -> FeatureStore:
    """Fill a store with tables of crops and the features of each; a crop of None has none."""
    widths: dict[str, dict[str, int]] = {}
    for table, _, values in parts:
        sizes = {name: math.prod(array.shape[1:]) for name, array in values._asdict().items()}
        widths[table] = {name: size for name, size in sizes.items() if size}
    store = FeatureStore(folder, "planted", widths)
    for table, crops, values in parts:
        keys = [crop_key(crop) for crop in crops if crop]
        if keys:
            with store.writer(table, "0") as writer:
                writer.append(keys, values._asdict())
    return store


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., DatasetFeatures]:
    """Make the features of a world: with boxes in its pairs and so with crops, with items, with halves, or without.

    Two pairs a scene; 70 of 100 scenes train, of the others every second validates.
    """

    def make(
        scenes: int = 200, *, boxed: bool = True, items: int = 0, halves: bool = True, seed: int = 0
    ) -> DatasetFeatures:
        world = World(scenes, seed)
        pair_scene, pair_product = world.choose()
        category = np.array(["Pants", "Shoes"], object)[world.category]
        turn = np.arange(scenes)
        split = np.where(turn < 0.7 * scenes, "train", np.where(turn % 2, "val", "test")).astype(object)
        pairs = {"scene": named("s", pair_scene), "product": named("p", pair_product), "split": split[pair_scene]}
        more = np.random.default_rng(seed).permutation(2 * scenes)[:items]
        shown, alike = (rows[more] for rows in world.choose())
        dataset = Dataset(
            tmp_path_factory.mktemp("planted"),
            {"fingerprint": f"{scenes} {boxed} {items} {halves} {seed}"},
            pictures("s", scenes),
            pictures("p", PRODUCTS) | {"category": category},
            pairs
            | {"category": category[pair_product]}
            | boxes(world.category[pair_product], 0.6 if boxed else np.nan),
            items={"scene": named("s", shown), "category": category[alike]} | boxes(world.category[alike], 0.1),
        )
        every, looks = np.arange(2 * scenes), world.scenes(halves)
        parts: list[Part] = [
            ("scenes", scene_crops(dataset, every, True), SceneFeatures(*(part[pair_scene] for part in looks))),
            ("products", product_crops(dataset), world.products(np.arange(PRODUCTS), 0.7)),
            ("items", shown_item_crops(dataset), world.products(alike, 0.2)),
            ("items", pair_item_crops(dataset, every), world.products(pair_product, 0.2)),
        ]
        return DatasetFeatures(dataset, store_of(dataset.folder / "features", parts), 2)

    return make


@pytest.fixture
def drawn_parts() -> tuple[ClosedFormLook, list[ContrastiveLook]]:
    """Give a closed form and two networks with random weights, of 5 numbers each, that read planted features."""
    torch.manual_seed(0)
    linear, networks = ClosedFormLook(24, 12, 5, 2), [ContrastiveLook(Sizes(6, 3, 8, 5, 2), 0.3) for _ in range(2)]
    return linear.requires_grad_(False), [network.eval().requires_grad_(False) for network in networks]
