"""Which pairs make triplets, and from which products their negatives come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from scenefit.errors import TrainingError
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.training.triplet_data import TripletData
from scenefit.types import Array, Ints


def rows(features: DatasetFeatures, split: str) -> Ints:
    return np.flatnonzero(features.dataset.pairs["split"] == split)


def with_pairs(features: DatasetFeatures, keep: Array) -> DatasetFeatures:
    pairs = {name: column[keep] for name, column in features.dataset.pairs.items()}
    return replace(features, dataset=replace(features.dataset, pairs=pairs))


def with_category(features: DatasetFeatures, product: int, category: str) -> DatasetFeatures:
    """Move a product, and its pairs, into another category."""
    dataset = features.dataset
    column, pairs = dataset.products["category"].copy(), dataset.pairs["category"].copy()
    column[product], pairs[dataset.pair_product == product] = category, category
    products = dataset.products | {"category": column}
    return replace(features, dataset=replace(dataset, products=products, pairs=dataset.pairs | {"category": pairs}))


def test_takes_the_training_pairs(features: DatasetFeatures) -> None:
    data = TripletData(features, rows(features, "train"))
    dataset = features.dataset
    assert data.train.set_aside == 0
    assert data.train.product.tolist() == dataset.pair_product[rows(features, "train")].tolist()
    assert data.train.scene.tolist() == dataset.pair_scene[rows(features, "train")].tolist()
    assert data.pool.tolist() == sorted(set(data.train.product.tolist()))
    assert data.categories == ["Pants", "Shoes"]


def test_batch_holds_the_features_of_its_pairs(features: DatasetFeatures) -> None:
    data = TripletData(features, rows(features, "train"))
    here, negatives = np.array([5, 0]), np.array([2, 20])
    batch = data.batch(data.train, here, negatives)
    pooled, regions, _ = features.scene_features(features.scene_rows(rows(features, "train")[here]))
    assert torch.equal(batch.scene, torch.from_numpy(pooled))
    assert torch.equal(batch.regions, torch.from_numpy(regions))
    assert torch.equal(batch.positive, torch.from_numpy(features.products[data.train.product[here]]))
    assert torch.equal(batch.negative, torch.from_numpy(features.products[negatives]))
    names = features.dataset.products["category"][data.train.product[here]]
    assert [data.categories[row] for row in batch.category] == names.tolist()


def test_negatives_of_training_come_from_training_those_of_validation_from_everything(
    features: DatasetFeatures,
) -> None:
    first = rows(features, "train")[:8]
    data = TripletData(features, first)
    n = 4000
    for sampler, pool in (
        (data.train_sampler, set(features.dataset.pair_product[first].tolist())),
        (data.catalog_sampler, set(range(24))),
    ):
        scenes, products = np.repeat(data.train.scene, n // 8), np.repeat(data.train.product, n // 8)
        drawn = sampler.draw(scenes, products, np.random.default_rng(0))
        assert set(drawn.tolist()) == pool


def test_a_category_of_one_product_is_left_out(features: DatasetFeatures) -> None:
    product = int(features.dataset.pair_product[rows(features, "train")[0]])
    changed = with_category(features, product, "Hats")
    data = TripletData(changed, rows(features, "train"))
    lost = int((features.dataset.pair_product[rows(features, "train")] == product).sum())
    assert data.categories == ["Pants", "Shoes"]
    assert data.train.set_aside == lost > 0
    assert product not in data.train.product


def test_validation_leaves_out_what_training_does_not_know(features: DatasetFeatures) -> None:
    train = rows(features, "train")
    shoes = train[features.dataset.pairs["category"][train] == "Shoes"]
    data = TripletData(features, shoes)
    validation = data.validation(rows(features, "val"))
    of_shoes = features.dataset.pairs["category"][rows(features, "val")] == "Shoes"
    assert data.categories == ["Shoes"]
    assert (len(validation.product), validation.set_aside) == (of_shoes.sum(), (~of_shoes).sum())
    assert set(data.batch(validation, np.arange(3), validation.product[:3]).category.tolist()) == {0}


def test_categories_of_products_become_rows_of_those_that_are_trained(features: DatasetFeatures) -> None:
    train = rows(features, "train")
    shoes = train[features.dataset.pairs["category"][train] == "Shoes"]
    both, alone = TripletData(features, train), TripletData(features, shoes)
    codes = np.array([1, 0, -1, 1])  # -1 stands where a product has no picture
    assert both.trained_category(codes).tolist() == [1, 0, -1, 1]
    assert alone.trained_category(codes).tolist() == [0, -1, -1, 0]
    assert (alone.trained_category(codes[:0]).shape, alone.trained_category(codes).dtype) == ((0,), torch.int64)


def test_it_keeps_the_rows_that_it_was_given_and_gives_none_when_asked(features: DatasetFeatures) -> None:
    data = TripletData(features, rows(features, "train"))
    assert data.rows.tolist() == rows(features, "train").tolist()
    assert [len(part) for part in list(vars(data.none()).values())[:4]] == [0, 0, 0, 0]


def test_whole_scenes_are_not_taken_for_cropped_ones(features: DatasetFeatures) -> None:
    """Only cropped features are in the store: with the products left in, nothing can be learned from it."""
    with pytest.raises(TrainingError, match=r"has 0 training pairs with a negative of the same category; at least 2"):
        TripletData(features, rows(features, "train"), cropped=False)


def test_too_few_pairs(features: DatasetFeatures) -> None:
    train = rows(features, "train")
    message = r"has {} training pairs with a negative .*from categories of two products or more"
    with pytest.raises(TrainingError, match=message.format(0)):
        TripletData(features, train[:0])
    product = features.dataset.pair_product[train[0]]
    with pytest.raises(TrainingError, match=message.format(0)):
        TripletData(features, train[features.dataset.pair_product[train] == product])
    with pytest.raises(TrainingError, match=message.format(0)):
        alone = with_category(features, int(product), "Hats")
        TripletData(alone, train[features.dataset.pair_product[train] == product])


def test_other_positives_of_any_split_are_no_negatives(features: DatasetFeatures) -> None:
    """A scene that goes with every product of the pool but one has that one negative alone."""
    dataset = features.dataset
    train = rows(features, "train")
    pants = np.unique(dataset.pair_product[train[dataset.pairs["category"][train] == "Pants"]])
    scene, own = dataset.pair_scene[train[0]], int(pants[0])
    more = {name: column[[train[0]] * (len(pants) - 1)].copy() for name, column in dataset.pairs.items()}
    more["product"][:], more["category"][:] = dataset.products["id"][pants[:-1]], "Pants"
    more["split"][:] = "test"
    pairs = {name: np.concatenate([column, more[name]]) for name, column in dataset.pairs.items()}
    data = TripletData(replace(features, dataset=replace(dataset, pairs=pairs)), train)
    drawn = data.train_sampler.draw(np.full(50, scene), np.full(50, own), np.random.default_rng(0))
    assert set(drawn.tolist()) == {int(pants[-1])}
