"""Closed form and networks become one model, with what it remembers of products and their prior (torch)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from scenefit.model.contrast import ContrastiveLook
from scenefit.model.joined import ClosedFormLook, JoinedLook, Parts
from scenefit.training.compress import compress
from scenefit.training.joined_vectors import (
    centred,
    joined_products,
    joined_queries,
    matched,
    remember,
    spread,
    within,
)
from scenefit.training.logit import Contest, fit_weights
from scenefit.training.triplet_data import SplitPairs, TripletData
from scenefit.types import Doubles, Floats


class Weights(NamedTuple):
    """How much each part counts, once its scores are divided by their spread; where the fit of them starts."""

    closed_form: float = 0.5
    networks: float = 0.5
    content: float = 1.0
    memory: float = 0.75
    popularity: float = 1.0


START = Weights()
FAINT = 1e-3
"""The least weight of the closed form and of content: what products remember is told in their terms."""


@dataclass(frozen=True)
class Learned:
    """A joined model; for each product of `data.pool`, its memory (S, d), float32, and prior (S,)."""

    look: JoinedLook
    memory: Floats
    prior: Doubles
    weights: Weights


@torch.no_grad()
def assemble(
    data: TripletData,
    closed_form: ClosedFormLook,
    networks: Sequence[ContrastiveLook],
    embedding: int,
    weights: Weights,
) -> Learned:
    """Make one model of all, each part at its weight.

    What products remember is the closed form's: networks know the training pairs too well.
    """
    look = JoinedLook(Parts(closed_form, networks, (1.0, 1.0)), embedding)
    products, train = within(joined_products(look, data), data), joined_queries(look, data, data.train)
    sides = (torch.split(values, [*look.sizes], dim=1) for values in (train, products))
    first, second = (float(spread(*part)) for part in zip(*sides, strict=True))
    look.weights = torch.tensor([max(weights.closed_form, FAINT) / first, weights.networks / second])
    train *= part_weights(look)
    known, counts = remember(data, centred(train[:, : look.sizes[0]], data))
    memory = pad(known, (0, look.sizes[1]))
    content = max(weights.content, FAINT)
    memory *= weights.memory / content * float(spread(train, products) / spread(train, memory))
    whole = products.clone()
    whole[torch.from_numpy(data.pool)] += memory
    look.query_map, look.product_map = compress(centred(train, data), whole, embedding)
    look.variance = (whole @ look.product_map).square().mean(dim=0)
    look.query_map *= content / float(spread(train @ look.query_map, products @ look.product_map))
    prior = weights.popularity * np.log(np.maximum(counts, 1))
    return Learned(look, np.asarray(memory @ look.product_map), prior, weights)


def strength(accuracy: float) -> float:
    """Tell what a score counts in the log-odds, once divided by its spread, if it is right so often: sqrt(2) Phi^-1.

    So it is where scores of positives and of negatives are normal with the same spread; at least 0.05.

    >>> round(strength(0.6), 3)
    0.358
    """
    return max(math.sqrt(2) * NormalDist().inv_cdf(min(max(accuracy, 0.01), 0.99)), 0.05)


@torch.no_grad()
def weigh(
    data: TripletData,
    validation: SplitPairs,
    closed_form: ClosedFormLook,
    networks: Sequence[ContrastiveLook],
    embedding: int,
    seed: int,
    start: Weights = START,
) -> Weights:
    """Fit the weights on the validation pairs: of closed form and networks, of content and memory, then of popularity.

    Content and memory are weighed as they serve without popularity (`--novelty 1`), for it knows part of what memory
    knows; beside it both keep their ratio. All are held to where they start.
    """
    contest = Contest.of(data, validation, seed)
    whole = assemble(data, closed_form, networks, embedding, Weights(1.0, 1.0))
    held = joined_queries(whole.look, data, validation, contest.rows)
    products = joined_products(whole.look, data)
    sides = (torch.split(values, [*whole.look.sizes], dim=1) for values in (held, products))
    parts = [matched(query, product, contest.candidates) for query, product in zip(*sides, strict=True)]
    first = fit_weights(torch.stack(parts, dim=-1), contest.eligible, torch.tensor(start[:2]))
    learned = assemble(data, closed_form, networks, embedding, Weights._make((*first.tolist(), 1.0, 1.0, 1.0)))
    held *= part_weights(learned.look) / part_weights(whole.look)
    scores = _product_scores(data, learned, held @ learned.look.query_map, products, contest)
    second = fit_weights(scores[..., :2], contest.eligible, torch.tensor(start[2:4]))
    beside = torch.stack([scores[..., :2] @ second, scores[..., 2]], dim=-1)
    both, popularity = fit_weights(beside, contest.eligible, torch.tensor([1.0, start.popularity])).tolist()
    content, memory = (both * second).tolist()
    return Weights._make(round(value, 4) for value in (*first.tolist(), content, memory, popularity))


def part_weights(look: JoinedLook) -> Tensor:
    """Give the weight of each of the T joined numbers of a query."""
    return look.weights.repeat_interleave(torch.tensor(look.sizes))


def _product_scores(data: TripletData, learned: Learned, held: Tensor, products: Tensor, contest: Contest) -> Tensor:
    """Give what content, memory and popularity say of each candidate, shape (n, m, 3)."""
    pool = torch.from_numpy(data.pool)
    memory, popularity = torch.zeros(len(products), held.shape[1]), torch.zeros(len(products))
    memory[pool], popularity[pool] = torch.from_numpy(learned.memory), torch.from_numpy(learned.prior).float()
    sides = (products @ learned.look.product_map, memory)
    scores = [matched(held, side, contest.candidates) for side in sides]
    return torch.stack([*scores, popularity[torch.from_numpy(contest.candidates)]], dim=-1)
