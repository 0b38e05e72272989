"""Queries that a person has a say in: several scenes at once, and more or less like a product shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenefit.errors import UsageError
from scenefit.types import Array, Doubles, Floats

BETA, GAMMA = 0.75, 0.25


def join_scenes(queries: Floats, weights: Sequence[float] | None = None) -> Floats:
    """Join the queries of several scenes, as of a board or a wardrobe, into one: their mean.

    The score q . f_p is linear in q, so the score of the joined query is the mean of the scenes' scores, for every
    product, exactly; a product comes first that goes with the scenes on average.

    Args:
        queries: shape (S, d), float32, of one category; with the weight of the prior (S, d + 1) all the same.
        weights: S numbers of at least 0, how much each scene counts; equal by default.

    Returns:
        shape (d,), float32.

    Raises:
        UsageError: no scene, or weights that are not S finite numbers of at least 0 with a sum above 0.

    >>> join_scenes(np.array([[2, 0], [0, 1]], np.float32), [3, 1]).tolist()
    [1.5, 0.25]
    """
    if queries.ndim != 2 or not len(queries):
        raise UsageError(f"got queries of shape {queries.shape}; expected one row for each scene, at least one")
    shares = np.ones(len(queries)) if weights is None else np.array(weights, np.float64)
    if shares.shape != (len(queries),) or not (np.isfinite(shares).all() and (shares >= 0).all() and shares.any()):
        raise UsageError(
            f"got the weights {weights} for {len(queries)} scenes; expected a number of at least 0 for each, not all 0"
        )
    joined: Array = shares / shares.sum() @ queries
    return joined.astype(np.float32)


def steer(
    query: Floats,
    shown: Floats,
    liked: Floats | None = None,
    disliked: Floats | None = None,
    *,
    beta: float = BETA,
    gamma: float = GAMMA,
) -> Floats:
    """Turn a query towards products that a person likes and away from those disliked (Rocchio 1971).

        q' = q + t (beta mean(liked - m) - gamma mean(disliked - m)),   t = sd(q . X) / rms(x_i . x_j)

    X are the vectors shown less their mean m. t makes a liked product count as much as the scene: with beta = 1 a
    product that is typical of those shown moves their scores by as much as the scene does, whatever the length of the
    model's vectors or its queries. So one beta does for all models. The prior is no matter of likeness: no part of it
    is read, and its weight stays.

    Args:
        query: shape (d + 1,), float32, for one category.
        shown: shape (m, d + 1), float32, stored vectors of that category: the candidates among which the order is to
            change, best a few hundred; the liked and disliked ones need not be among them.
        liked: shape (n, d + 1), float32, stored vectors of the category; None or no row for none.
        disliked: the same.
        beta: at least 0, how much the liked ones count.
        gamma: at least 0, how much the disliked ones count; they say less about what is wanted.

    Returns:
        shape (d + 1,), float32; the query itself where nothing is liked or disliked, or all shown are alike.

    Raises:
        UsageError: vectors of another length, none shown, beta or gamma below 0 or not finite.
    """
    for name, value in (("beta", beta), ("gamma", gamma)):
        if not 0 <= value < np.inf:
            raise UsageError(f"got {name}={value}; expected a number of at least 0")
    sample = _contents("shown", shown, len(query))
    if not len(sample):
        raise UsageError("got no shown product to steer among; expected the vectors of a search's candidates")
    centre = sample.mean(axis=0)
    towards = beta * _mean("liked", liked, centre) - gamma * _mean("disliked", disliked, centre)
    steered: Array = query[:-1] + _reach(query[:-1], sample - centre) * towards
    return np.append(steered, query[-1]).astype(np.float32)


def _reach(query: Floats, sample: Doubles) -> float:
    """Give the spread of the query's scores over that of a typical product's: sd(q . X) / rms(x_i . x_j)."""
    typical = np.linalg.norm(sample.T @ sample) / len(sample)  # |X^T X| = |X X^T|, and (d, d) is the smaller
    return float(np.std(sample @ query) / typical) if typical > 1e-12 else 0.0


def _mean(name: str, vectors: Floats | None, centre: Doubles) -> Doubles:
    if vectors is None or not len(vectors):
        return np.zeros_like(centre)
    mean: Doubles = _contents(name, vectors, len(centre) + 1).mean(axis=0)
    return mean - centre


def _contents(name: str, vectors: Floats, length: int) -> Doubles:
    """Take the prior off vectors (n, d + 1); (n, d)."""
    if vectors.ndim != 2 or vectors.shape[1] != length:
        raise UsageError(f"got {name} vectors of shape {vectors.shape}; expected (n, {length}), as the query's length")
    return vectors[:, :-1].astype(np.float64)
