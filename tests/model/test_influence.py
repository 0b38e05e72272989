"""The influence of cells against derivatives by finite differences, and the attention that is made of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.model.influence import as_attention, attended_influence, statistics_influence
from scenefit.types import Doubles

B, R, C, K, E, STEP = 2, 6, 3, 4, 5, 1e-5


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def derivative(of: Callable[[Doubles], Doubles]) -> Doubles:
    """Give the derivative (..., R) of what weights (R,) of the cells give, where all are 1."""
    ways = [np.eye(R)[i] * STEP for i in range(R)]
    return np.stack([(of(1 + way) - of(1 - way)) / (2 * STEP) for way in ways], axis=-1)


def test_of_means_and_deviations() -> None:
    regions, score = drawn(B, R, C), drawn(B, K, 2 * C)

    def scores(weights: Doubles) -> Doubles:
        x, w = regions.numpy(), (weights / weights.sum())[None, :, None]
        mean = (w * x).sum(axis=1)
        deviation = np.sqrt((w * (x - mean[:, None]) ** 2).sum(axis=1))
        return np.asarray(np.einsum("bkc,bc->bk", score.numpy(), np.concatenate([mean, deviation], axis=1)))

    got = statistics_influence(regions, score)
    np.testing.assert_allclose(got, derivative(scores), atol=1e-8)
    np.testing.assert_allclose(got.sum(dim=-1), 0, atol=1e-12)


def test_of_the_attended_sum() -> None:
    embedded, attention, score = drawn(B, R, E), drawn(B, K, R).softmax(dim=-1), drawn(B, K, E)

    def scores(weights: Doubles) -> Doubles:
        a = attention.numpy() * weights
        a /= a.sum(axis=-1, keepdims=True)
        return np.asarray(np.einsum("bke,bkr,bre->bk", score.numpy(), a, embedded.numpy()))

    got = attended_influence(embedded, attention, score)
    np.testing.assert_allclose(got, derivative(scores), atol=1e-8)
    np.testing.assert_allclose(got.sum(dim=-1), 0, atol=1e-12)


def test_a_channel_that_is_the_same_everywhere_has_none() -> None:
    regions = drawn(B, R, C)
    regions[..., 1] = 3.0
    found = statistics_influence(regions, torch.eye(2 * C, dtype=torch.float64)[None].expand(B, -1, -1))
    assert found.isfinite().all()
    assert not found[:, [1, C + 1]].any()


def test_attention_is_the_share_of_what_raises_the_score() -> None:
    found = as_attention(torch.tensor([[[3.0, -4.0, 1.0, 0.0]]]))
    assert found[0, 0].tolist() == pytest.approx([0.75, 0, 0.25, 0], abs=1e-9)


def test_equal_cells_have_even_attention() -> None:
    found = as_attention(statistics_influence(torch.ones(B, R, C), torch.randn(B, K, 2 * C)))
    assert torch.equal(found, torch.full((B, K, R), 1 / R))
