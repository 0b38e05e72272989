"""Two maps to fewer numbers: nothing is lost where there is room, and no others lose less where there is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from scenefit.training.compress import compress

T = 24


def drawn(n: int, seed: int, rank: int = T) -> Tensor:
    """Give correlated vectors (n, T) of a rank, whose variances fall."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(T, T, generator=generator) * 0.85 ** torch.arange(T)[:, None]
    return torch.randn(n, T, generator=generator)[:, :rank] @ mixing[:rank]


def lost(maps: tuple[Tensor, Tensor], queries: Tensor, products: Tensor) -> float:
    """Give the mean squared error of the inner products, as a share of their mean square."""
    whole = queries @ products.T
    return float(((queries @ maps[0]) @ (products @ maps[1]).T - whole).square().mean() / whole.square().mean())


@pytest.mark.parametrize(
    ("queries", "products", "rank"), [(200, 90, T), (200, 90, 7), (5, 90, T), (200, 6, T), (3, 3, T)]
)
def test_nothing_is_lost_where_there_is_room(queries: int, products: int, rank: int) -> None:
    q, f = drawn(queries, 0), drawn(products, 1, rank)
    room = min(queries, products, rank)
    maps = compress(q, f, room)
    assert [tuple(part.shape) for part in maps] == [(T, room)] * 2
    assert lost(maps, q, f) < 1e-7
    assert lost(compress(q, f, room // 2), q, f) > 1e-6


@pytest.mark.parametrize("d", [1, 4, 11])
def test_it_is_the_best_of_its_rank(d: int) -> None:
    """Eckart and Young (1936): nothing of rank d is nearer than the first d singular vectors of all of it."""
    q, f = drawn(60, 0), drawn(40, 1)
    u, s, vt = np.linalg.svd(np.asarray((q @ f.T).double()), full_matrices=False)
    query, product = compress(q, f, d)
    got = np.asarray((q @ query) @ (f @ product).T)
    np.testing.assert_allclose(got, (u[:, :d] * s[:d]) @ vt[:d], atol=1e-3 * s[0] / 50)
    assert lost((query, product), q, f) == pytest.approx((s[d:] ** 2).sum() / (s**2).sum(), rel=1e-3)


def test_both_sides_come_out_even() -> None:
    """The numbers are uncorrelated, in falling order, and as large on one side as on the other."""
    q, f = drawn(300, 0) * 50, drawn(200, 1)
    query, product = compress(q, f, 6)
    moments = [(side.T @ side / len(side)) for side in (q @ query, f @ product)]
    torch.testing.assert_close(*moments, rtol=1e-3, atol=1e-4 * float(moments[0].max()))
    diagonal = moments[0].diagonal()
    assert (diagonal.diff() < 0).all()
    torch.testing.assert_close(moments[0], diagonal.diag(), rtol=0, atol=1e-4 * float(diagonal[0]))


def test_more_room_than_there_is_to_fill_stays_empty() -> None:
    query, product = compress(drawn(100, 0), drawn(90, 1), T + 9)
    assert query.shape == product.shape == (T, T + 9)
    assert not query[:, T:].any() and not product[:, T:].any()
    assert (query.dtype, query.is_contiguous(), product.is_contiguous()) == (torch.float32, True, True)


@pytest.mark.parametrize(("queries", "products"), [(100, 90), (10, 90), (100, 8), (9, 7)])
def test_vectors_that_it_never_saw_lose_nothing_where_there_is_room(queries: int, products: int) -> None:
    """Few scenes or few products do not show every direction; one that they do not show is not thrown away."""
    maps = compress(drawn(queries, 0), drawn(products, 1), T)
    assert lost(maps, drawn(50, 2), drawn(50, 3)) < 1e-4


def test_few_vectors_in_another_order_give_the_same() -> None:
    """What they do not show hangs on no rounding."""
    q, f, new, other = drawn(10, 0), drawn(12, 1), drawn(50, 2), drawn(50, 3)
    scores = []
    for order in (torch.arange(10), torch.arange(9, -1, -1)):
        query, product = compress(q[order], f, 16)
        scores.append((new @ query) @ (other @ product).T)
    torch.testing.assert_close(*scores, rtol=0, atol=1e-3 * float(scores[0].std()))


@pytest.mark.parametrize("side", [0, 1])
def test_nothing_gives_nothing(side: int) -> None:
    sides = [drawn(20, 0), drawn(20, 1)]
    sides[side] = torch.zeros(20, T)
    maps = compress(sides[0], sides[1], 5)
    assert [tuple(part.shape) for part in maps] == [(T, 5)] * 2
    assert all(part.isfinite().all() for part in maps)
