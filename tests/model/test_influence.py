"""The influence of a cell against scores with the cell put aside, and the attention that is made of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.model.influence import as_attention, attended_influence, statistics_influence

B, R, C, K, E = 2, 6, 3, 4, 5


def drawn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def without(cells: Tensor, i: int) -> Tensor:
    """Put the mean of all cells (B, R, n) in place of one."""
    changed = cells.clone()
    changed[:, i] = cells.mean(dim=1)
    return changed


def test_of_means_and_deviations() -> None:
    regions, score = drawn(B, R, C), drawn(B, K, 2 * C)

    def scores(cells: Tensor) -> Tensor:
        statistics = torch.cat([cells.mean(dim=1), cells.std(dim=1, correction=0)], dim=1)
        return (score @ statistics[:, :, None])[..., 0]

    lost = torch.stack([scores(regions) - scores(without(regions, i)) for i in range(R)], dim=-1)
    torch.testing.assert_close(statistics_influence(regions, score), lost)


def test_of_the_attended_sum() -> None:
    embedded, attention, score = drawn(B, R, E), drawn(B, K, R).softmax(dim=-1), drawn(B, K, E)

    def scores(cells: Tensor) -> Tensor:
        return (score * (attention @ cells)).sum(dim=-1)

    lost = torch.stack([scores(embedded) - scores(without(embedded, i)) for i in range(R)], dim=-1)
    torch.testing.assert_close(attended_influence(embedded, attention, score), lost)


def test_all_attention_on_one_cell_leaves_that_cell_its_influence() -> None:
    """The derivative by a cell's weight would be 0: the attended sum is the cell."""
    embedded, score = drawn(1, R, E), drawn(1, 1, E)
    attention = torch.zeros(1, 1, R, dtype=torch.float64)
    attention[..., 2] = 1
    found = attended_influence(embedded, attention, score)[0, 0]
    assert found[2] == pytest.approx(float(score[0, 0] @ (embedded[0, 2] - embedded[0].mean(dim=0))))
    assert found[2] != 0 and not found[[0, 1, 3, 4, 5]].any()


def test_a_channel_that_is_the_same_everywhere_has_none() -> None:
    regions = drawn(B, R, C)
    regions[..., 1] = 3.0
    found = statistics_influence(regions, torch.eye(2 * C, dtype=torch.float64)[None].expand(B, -1, -1))
    assert not found[:, [1, C + 1]].any() and found[:, [0, C]].all()


def test_a_channel_of_a_single_cell_loses_nearly_all_its_deviation() -> None:
    """Here rounding may leave less than nothing of the variance."""
    regions = torch.zeros(1, R, 1)
    regions[0, 4] = 1.7
    found = statistics_influence(regions, torch.tensor([[[0.0, 1.0]]]))[0, 0]
    changed = without(regions, 4).std(dim=1, correction=0)
    np.testing.assert_allclose(found[4], regions.std(dim=1, correction=0) - changed, rtol=1e-6)
    assert found.isfinite().all() and found.argmax() == 4


def test_attention_is_the_share_of_what_raises_the_score() -> None:
    found = as_attention(torch.tensor([[[3.0, -4.0, 1.0, 0.0]]]))
    assert found[0, 0].tolist() == pytest.approx([0.75, 0, 0.25, 0], abs=1e-9)


def test_equal_cells_have_even_attention() -> None:
    found = as_attention(statistics_influence(torch.ones(B, R, C), torch.randn(B, K, 2 * C)))
    assert torch.equal(found, torch.full((B, K, R), 1 / R))
