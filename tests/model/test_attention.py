"""Attention over regions: the errors of re-implementations, one test each."""

from __future__ import annotations

import inspect
import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.model.attention import attention_weights

B, C, R, D = 3, 2, 9, 16


@pytest.fixture
def regions() -> Tensor:
    return normalize(torch.randn(B, R, D, generator=torch.Generator().manual_seed(0)), dim=-1)


@pytest.fixture
def categories() -> Tensor:
    return normalize(torch.randn(C, D, generator=torch.Generator().manual_seed(1)), dim=-1)


def test_is_the_softmax_of_minus_the_squared_distance(regions: Tensor, categories: Tensor) -> None:
    weights = attention_weights(regions, categories)
    assert weights.shape == (B, C, R)
    for b in range(B):
        for c in range(C):
            raw = [math.exp(-float(((regions[b, i] - categories[c]) ** 2).sum())) for i in range(R)]
            assert weights[b, c].tolist() == pytest.approx([value / sum(raw) for value in raw], rel=1e-5)


def test_the_nearest_region_gets_most(regions: Tensor, categories: Tensor) -> None:
    """Error 1: a softmax over plus the distance attends to the least relevant region."""
    distances = torch.cdist(categories.expand(B, C, D), regions)
    weights = attention_weights(regions, categories)
    assert torch.equal(weights.argsort(dim=-1, descending=True), distances.argsort(dim=-1))


def test_sums_to_one_over_the_regions_of_each_scene(regions: Tensor, categories: Tensor) -> None:
    """Error 4: a softmax over the batch makes scenes depend on one another."""
    weights = attention_weights(regions, categories)
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(B, C))
    for b in range(B):
        torch.testing.assert_close(attention_weights(regions[b : b + 1], categories)[0], weights[b])


def test_a_category_for_each_scene(regions: Tensor, categories: Tensor) -> None:
    each = categories[torch.tensor([[1], [0], [1]])]
    weights = attention_weights(regions, categories)
    expected = torch.stack([weights[0, 1], weights[1, 0], weights[2, 1]])
    torch.testing.assert_close(attention_weights(regions, each)[:, 0], expected)


def test_the_key_is_the_category_and_nothing_else() -> None:
    """Error 2: a product as the key leaks the label; there is no way to pass one."""
    assert list(inspect.signature(attention_weights).parameters) == ["regions", "categories"]


def test_no_region_outweighs_another_by_more_than_the_logits_allow() -> None:
    """Logits lie in [-4, 0], and both ends are reached."""
    key = torch.eye(D)[:1]
    weights = attention_weights(torch.stack([key[0], -key[0], torch.eye(D)[1]])[None], key)[0, 0]
    raw = torch.tensor([0.0, -4.0, -2.0]).exp()
    torch.testing.assert_close(weights, raw / raw.sum())
    many = normalize(torch.randn(50, 200, D, generator=torch.Generator().manual_seed(2)), dim=-1)
    spread = attention_weights(many, key)
    assert float((spread.max(dim=-1).values / spread.min(dim=-1).values).max()) <= math.exp(4) * (1 + 1e-5)
