"""The conditional logit: it finds the weights by which choices were made, never below 0, held where it starts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.training import logit
from scenefit.training.logit import FAITH, STRAY, fit_weights
from scenefit.types import Array

START = torch.tensor([0.5, 0.5, 0.5])


def choices(weights: list[float], pairs: int, seed: int = 0, others: int = 12) -> tuple[Tensor, Array]:
    """Draw scores of candidates, and choose one of each row by weights and Gumbel noise; the chosen one comes first.

    A share `STRAY` of the rows, the first, is chosen from by noise alone. A fifth of the candidates is not eligible:
    these have scores that none would choose, or all.
    """
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(pairs, others, len(weights)))
    eligible = rng.uniform(size=(pairs, others)) < 0.8
    eligible[:, 0] = True
    meant = scores @ weights * (np.arange(pairs) >= STRAY * pairs)[:, None]
    noisy = np.where(eligible, meant + rng.gumbel(size=(pairs, others)), -np.inf)
    best = noisy.argmax(axis=1)
    rows = np.arange(pairs)
    for values in (scores, eligible):
        values[rows, 0], values[rows, best] = values[rows, best], values[rows, 0].copy()
    scores[~eligible] *= 50
    return torch.from_numpy(scores).float(), eligible


def cost(weights: Array, scores: Tensor, eligible: Array, start: Tensor) -> float:
    """Compute what is minimised, pair by pair."""
    total = FAITH / 2 * float(((weights - start.numpy()) ** 2).sum())
    for row, mask in zip(scores.double().numpy(), eligible, strict=True):
        values = row[mask] @ weights
        likely = 1 / np.exp(values - values[0]).sum()
        total -= np.log((1 - STRAY) * likely + STRAY / mask.sum())
    return float(total)


def test_recovers_the_weights_that_choices_were_made_by() -> None:
    scores, eligible = choices([1.5, 0.4, 0.0], pairs=4000)
    weights = fit_weights(scores, eligible, START)
    assert weights.dtype == torch.float32
    assert weights.tolist() == pytest.approx([1.5, 0.4, 0.0], abs=0.07)


def test_stray_choices_do_not_blunt_sharp_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, eligible = choices([3.0, 0.0, 0.0], pairs=4000)
    assert fit_weights(scores, eligible, START).tolist() == pytest.approx([3.0, 0.0, 0.0], abs=0.15)
    monkeypatch.setattr(logit, "STRAY", 1e-9)
    assert float(fit_weights(scores, eligible, START)[0]) < 2.3


@pytest.mark.parametrize("made_by", [[1.2, 0.3], [1.0, -0.8], [-1.0, -1.0]])
def test_is_the_least_cost(made_by: list[float]) -> None:
    scores, eligible = choices(made_by, pairs=80)
    start = torch.tensor([0.7, 0.2])
    found = fit_weights(scores, eligible, start).double().numpy()
    least = cost(found, scores, eligible, start)
    for step in (0.3, 0.05, 0.01):
        for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
            other = np.maximum(found + step * np.array([np.cos(angle), np.sin(angle)]), 0)
            assert cost(other, scores, eligible, start) >= least - 1e-6


def test_what_speaks_against_the_choice_gets_no_weight() -> None:
    scores, eligible = choices([1.0, -0.8], pairs=1000)
    weights = fit_weights(scores, eligible, torch.tensor([0.5, 0.5]))
    assert weights[1] == 0
    alone = fit_weights(scores[:, :, :1], eligible, torch.tensor([0.5]))
    assert float(weights[0]) == pytest.approx(float(alone[0]), abs=1e-5)
    assert fit_weights(-scores.abs(), eligible, torch.tensor([0.0, 0.0])).min() >= 0


def test_few_pairs_hardly_move_the_start_and_none_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    scores, eligible = choices([2.0, 0.0, 0.0], pairs=60)
    assert fit_weights(scores[:0], eligible[:0], START).tolist() == START.tolist()
    moves = [float((fit_weights(scores[:n], eligible[:n], START) - START).norm()) for n in (1, 10, 60)]
    assert 0 < moves[0] < 0.35 and moves[0] < moves[2]
    monkeypatch.setattr(logit, "FAITH", 1e6)
    assert fit_weights(scores, eligible, START).tolist() == pytest.approx(START.tolist(), abs=1e-3)


def test_a_pair_with_nothing_against_it_says_nothing() -> None:
    scores, eligible = choices([1.0, 0.5, 0.1], pairs=30)
    alone = np.zeros((5, 12), np.bool_)
    alone[:, 0] = True
    more = torch.cat([scores, 9 * torch.ones(5, 12, 3)])
    weights = fit_weights(more, np.concatenate([eligible, alone]), START)
    assert weights.tolist() == pytest.approx(fit_weights(scores, eligible, START).tolist(), abs=1e-4)


def test_the_same_choices_give_the_same_weights() -> None:
    scores, eligible = choices([1.0, 0.5, 0.1], pairs=200)
    assert fit_weights(scores, eligible, START).tolist() == fit_weights(scores, eligible, START).tolist()
