"""The vectors that parts are joined of, and what is remembered of products, each against a slow loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from scenefit.features.dataset_features import DatasetFeatures
from scenefit.model.contrast import ContrastiveLook
from scenefit.model.joined import ClosedFormLook, JoinedLook, Parts
from scenefit.training import joined_vectors
from scenefit.training.joined_vectors import (
    KEEP,
    MEMORY_RIDGE,
    centred,
    joined_products,
    joined_queries,
    matched,
    remember,
    spread,
    within,
)
from scenefit.training.triplet_data import TripletData


@pytest.fixture
def data(planted: Callable[..., DatasetFeatures]) -> TripletData:
    """Sixty training pairs; one product has no picture."""
    features = planted(43)
    lost = int(features.dataset.pair_product[3])
    features.product_rows[lost] = -1
    return TripletData(features, features.dataset.split_rows("train"))


@pytest.fixture
def look(drawn_parts: tuple[ClosedFormLook, list[ContrastiveLook]]) -> JoinedLook:
    return JoinedLook(Parts(*drawn_parts, (2.0, 0.5)), 4)


@torch.no_grad()
def test_queries_are_those_of_each_pair_alone(
    look: JoinedLook, data: TripletData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joined_vectors, "CHUNK", 7)
    rows = np.array([0, 30, 5, 41, 2, 3, 4, 9, 8])
    got = joined_queries(look, data, data.train, rows)
    assert got.shape == (9, 15)
    for row, query in zip(rows.tolist(), got, strict=True):
        features = data.features.scene_features(data.train.feature[[row]])
        pooled, regions, halves = (torch.from_numpy(part) for part in features)
        category = torch.tensor([data.features.dataset.product_category[data.train.product[row]]])
        x = torch.cat([pooled, halves, regions.mean(dim=1), regions.std(dim=1, correction=0)], dim=1)
        expected = [2 * look.closed_form.query(x, category)[:, 0]]
        for network in look.networks:
            expected.append(0.5 * network.query(network.embed(pooled), regions, category))
        torch.testing.assert_close(query, torch.cat(expected, dim=1)[0], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(joined_queries(look, data, data.train)[rows], got)
    assert joined_queries(look, data, data.none()).shape == (0, 15)


@torch.no_grad()
def test_products_are_those_of_each_alone(look: JoinedLook, data: TripletData, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = joined_products(look, data)
    monkeypatch.setattr(joined_vectors, "CHUNK", 3)
    got, found = joined_products(look, data), data.features.product_features
    torch.testing.assert_close(got, whole)
    assert got.shape == (40, 15)
    for row in (0, 17, 39):
        pooled, statistics = (torch.from_numpy(part[[row]]) for part in found)
        expected = [look.closed_form.product(torch.cat([pooled, statistics], dim=1))]
        expected += [network.embed(pooled) for network in look.networks]
        torch.testing.assert_close(got[row], torch.cat(expected, dim=1)[0])


def test_means_of_the_categories_are_taken_out(data: TripletData) -> None:
    products = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)) + 5
    got, category = within(products, data), data.features.dataset.product_category
    there = data.features.product_rows >= 0
    for row in range(40):
        same = torch.from_numpy((category == category[row]) & there)
        expected = products[row] - products[same].mean(dim=0) if there[row] else torch.zeros(3)
        torch.testing.assert_close(got[row], expected, rtol=1e-4, atol=1e-5)
    queries = torch.randn(len(data.train.product), 3, generator=torch.Generator().manual_seed(1)) - 2
    of_pairs = category[data.train.product]
    for row, query in enumerate(centred(queries, data)):
        same = torch.from_numpy(of_pairs == of_pairs[row])
        torch.testing.assert_close(query, queries[row] - queries[same].mean(dim=0), rtol=1e-4, atol=1e-5)


def test_the_spread_is_that_of_inner_products() -> None:
    """Of sides whose numbers are uncorrelated and centred, as those of compressed vectors."""
    generator = torch.Generator().manual_seed(0)
    scale = torch.tensor([3.0, 1.0, 0.2])
    queries, products = (torch.randn(2000, 3, generator=generator) * scale for _ in range(2))
    torch.testing.assert_close(spread(queries, products), (queries @ products.T).std(), rtol=0.05, atol=0)
    assert 0 < float(spread(queries * 0, products)) <= 1e-9  # it may be divided by


def test_memory_is_that_of_a_slow_loop(data: TripletData) -> None:
    n, d = len(data.train.product), 4
    queries = torch.randn(n, d, generator=torch.Generator().manual_seed(0)) * torch.tensor([1, 2, 0.5, 3.0])
    memory, counts = remember(data, queries)
    q = np.asarray(queries.double())
    covariance = sum(np.outer(row, row) for row in q) / n
    inverse = np.linalg.inv(covariance + MEMORY_RIDGE * np.trace(covariance) / d * np.eye(d))
    assert memory.shape == (len(data.pool), d)
    for place, product in enumerate(data.pool.tolist()):
        own = [inverse @ q[i] for i in range(n) if data.train.product[i] == product]
        assert counts[place] == len(own)
        expected = np.sum(own, axis=0) / (len(own) + KEEP)
        np.testing.assert_allclose(memory[place], expected, rtol=1e-4, atol=1e-5)


def test_a_product_that_stands_in_no_pair_has_no_memory(data: TripletData) -> None:
    """It is in the pool as a negative alone: its pair was set aside."""
    data.pool = np.arange(40)
    memory, counts = remember(data, torch.ones(len(data.train.product), 2) + torch.arange(2))
    alone = [product for product in range(40) if product not in data.train.product]
    assert alone and not memory[alone].any() and not counts[alone].any()
    assert memory[np.unique(data.train.product)].abs().min() > 0


def test_a_product_of_many_pairs_is_remembered_in_full(data: TripletData) -> None:
    """n / (n + KEEP) of the mean: what was seen once counts for little, what was seen often for itself."""
    data.train = replace(data.train, product=np.where(np.arange(len(data.train.product)) == 0, *data.pool[:2]))
    data.pool = data.pool[:2]
    queries = torch.tensor([[2.0, 0.0], *[[0.0, 1.0]] * (len(data.train.product) - 1)])
    memory, counts = remember(data, queries)
    n = int(counts[1])
    assert counts.tolist() == [1, n]
    covariance = queries.T @ queries / len(queries)
    ridge = MEMORY_RIDGE * float(covariance.trace()) / 2
    full = torch.linalg.inv(covariance + ridge * torch.eye(2)) @ torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(memory[0], full[:, 0] / (1 + KEEP))
    torch.testing.assert_close(memory[1], full[:, 1] * n / (n + KEEP))


def test_inner_products_with_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined_vectors, "CHUNK", 3)
    generator = torch.Generator().manual_seed(0)
    queries, products = torch.randn(8, 5, generator=generator), torch.randn(6, 5, generator=generator)
    candidates = np.random.default_rng(0).integers(6, size=(8, 4))
    got = matched(queries, products, candidates)
    for i in range(8):
        for j in range(4):
            assert float(got[i, j]) == pytest.approx(float(queries[i] @ products[candidates[i, j]]), abs=1e-5)
    assert matched(queries[:0], products, candidates[:0]).shape == (0, 4)
