"""Training by contrast: what stands against what, and what the loss is."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.heads import Sizes
from scenefit.model.network import Batch
from scenefit.training.contrast import ContrastData, contrast_loss

B, R = 6, 4


@pytest.fixture
def contrast(planted: Callable[..., DatasetFeatures]) -> ContrastData:
    features = planted(40)
    return ContrastData(features, features.dataset.split_rows("train"))


@pytest.fixture
def model() -> ContrastiveLook:
    torch.manual_seed(0)
    return ContrastiveLook(Sizes(8, 5, 16, 12, 3), 0.0).eval()


@pytest.fixture
def batch() -> Batch:
    """Six pairs, each of a product that looks as its scene does, and six others."""
    torch.manual_seed(1)
    scene, negative = torch.randn(B, 8), torch.randn(B, 8)
    return Batch(scene, torch.randn(B, R, 5), torch.zeros(B, dtype=torch.int64), scene.clone(), negative)


def loss(model: ContrastiveLook, batch: Batch) -> float:
    return float(contrast_loss(model, batch).detach())


def test_what_may_stand_against_a_scene(contrast: ContrastData) -> None:
    """Products of its category; never one that is known to go with it, but its own always."""
    pairs, dataset = contrast.train, contrast.features.dataset
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(pairs.product))[:40]  # of 56 pairs and 40 products: many are there twice
    negatives = contrast.train_sampler.draw(pairs.scene[rows], pairs.product[rows], rng)
    allowed = contrast.batch(pairs, rows, negatives).allowed
    assert allowed is not None and allowed.shape == (40, 80)
    products = np.concatenate([pairs.product[rows], negatives])
    known = set(zip(dataset.pair_scene.tolist(), dataset.pair_product.tolist(), strict=True))
    seen = {"own": 0, "other category": 0, "positive": 0, "allowed": 0}
    for i, row in enumerate(rows.tolist()):
        own, scene = int(pairs.product[row]), int(pairs.scene[row])
        for j, product in enumerate(products.tolist()):
            kind = "own" if j == i else "positive" if (scene, product) in known else "allowed"
            if dataset.products["category"][product] != dataset.products["category"][own]:
                kind = "other category"
            assert bool(allowed[i, j]) == (kind in ("own", "allowed")), kind
            seen[kind] += 1
    assert min(seen.values()) > 0


def test_a_batch_is_otherwise_that_of_triplets(contrast: ContrastData) -> None:
    rows, negatives = np.array([3, 0, 7]), np.array([1, 2, 20])
    batch = contrast.batch(contrast.train, rows, negatives)
    plain = super(ContrastData, contrast).batch(contrast.train, rows, negatives)
    assert plain.allowed is None
    assert all(torch.equal(got, expected) for got, expected in zip(batch[:5], plain[:5], strict=True))


@pytest.mark.parametrize("masked", [False, True])
def test_the_loss_is_that_of_a_slow_loop(model: ContrastiveLook, batch: Batch, masked: bool) -> None:
    allowed = torch.rand(B, 2 * B) < 0.5
    allowed.fill_diagonal_(True)
    with torch.no_grad():
        f_p = model.embed(torch.cat([batch.positive, batch.negative]))
        queries = model.query(model.embed(batch.scene), batch.regions, batch.category)
        temperature, costs = float(model.log_temperature.exp()), []
    for i, query in enumerate(queries):
        logits = [float(query @ product) / temperature for product in f_p]
        against = [logit for j, logit in enumerate(logits) if allowed[i, j] or not masked]
        costs.append(math.log(sum(math.exp(logit) for logit in against)) - logits[i])
    got = loss(model, batch._replace(allowed=allowed if masked else None))
    assert got == pytest.approx(sum(costs) / B, rel=1e-4)


def test_a_scene_beside_its_own_product_costs_less_than_beside_another(model: ContrastiveLook, batch: Batch) -> None:
    good = loss(model, batch)
    assert good < 0.7 * loss(model, batch._replace(positive=batch.positive.roll(1, 0)))
    alone = torch.cat([torch.eye(B), torch.zeros(B, B)], dim=1) > 0
    assert loss(model, batch._replace(allowed=alone)) == 0
    everything = torch.ones(B, 2 * B, dtype=torch.bool)
    assert loss(model, batch._replace(allowed=everything)) == good


def test_what_is_masked_has_no_part_in_the_gradient(model: ContrastiveLook, batch: Batch) -> None:
    allowed = torch.ones(B, 2 * B, dtype=torch.bool)
    allowed[:, B + 2] = False

    def gradient(negative: Tensor) -> Tensor:
        model.zero_grad()
        contrast_loss(model, batch._replace(negative=negative, allowed=allowed)).backward()
        assert model.categories.weight.grad is not None and model.log_sharpness.grad is not None
        assert model.log_temperature.grad is not None and float(model.log_temperature.grad) != 0
        return model.categories.weight.grad.clone()

    other = batch.negative.clone()
    other[2] = 7
    first = gradient(batch.negative)
    assert float(first[0].abs().sum()) > 0
    torch.testing.assert_close(gradient(other), first)


def test_scenes_and_products_pass_the_batch_norm_together(model: ContrastiveLook, batch: Batch) -> None:
    model.train()
    contrast_loss(model, batch)
    norm = model.shared[1]
    hidden = model.shared[0](torch.cat([batch.scene, batch.positive, batch.negative]))
    torch.testing.assert_close(norm.running_mean, 0.1 * hidden.mean(dim=0))
