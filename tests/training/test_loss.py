"""The triplet loss against a loop, and its sign."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from scenefit.training.loss import triplet_loss

B, D = 40, 8


def unit(seed: int) -> Tensor:
    return normalize(torch.randn(B, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64), dim=-1)


def queries() -> Tensor:
    return unit(0) + 0.7 * unit(1)


@pytest.mark.parametrize("margin", [0.0, 0.2, 1.0])
def test_is_the_mean_hinge(margin: float) -> None:
    query, positive, negative = queries(), unit(2), unit(3)
    total, active = 0.0, 0
    for i in range(B):
        near = 2 - sum(float(query[i, j] * positive[i, j]) for j in range(D))
        far = 2 - sum(float(query[i, j] * negative[i, j]) for j in range(D))
        total += max(0.0, near - far + margin)
        active += near - far + margin > 0
    assert 0 < active < B
    assert float(triplet_loss(query, positive, negative, margin)) == pytest.approx(total / B)


def test_a_good_triplet_costs_less_than_the_same_one_swapped() -> None:
    """Error 9: a loss whose sign is turned."""
    query, other = queries(), unit(3)
    good = normalize(query, dim=-1)
    right, swapped = triplet_loss(query, good, other, 0.2), triplet_loss(query, other, good, 0.2)
    assert float(right) < float(swapped)
    assert float(triplet_loss(query, good, -good, 0.2)) == 0


def test_a_step_brings_the_positive_nearer_and_the_negative_further() -> None:
    query, positive, negative = (vectors.requires_grad_() for vectors in (queries(), unit(2), unit(3)))
    triplet_loss(query, positive, negative, 10.0).backward()
    assert query.grad is not None
    assert positive.grad is not None
    assert negative.grad is not None
    torch.testing.assert_close(positive.grad, -query.detach() / B)
    torch.testing.assert_close(negative.grad, query.detach() / B)
    torch.testing.assert_close(query.grad, (negative.detach() - positive.detach()) / B)


def test_beyond_the_margin_nothing_is_learned() -> None:
    query = unit(0).requires_grad_()
    loss = triplet_loss(query, unit(0), -unit(0), 0.2)
    loss.backward()
    assert query.grad is not None
    assert not query.grad.any()
