"""Several scenes in one query, and more or less like a product shown."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.catalog.steering import join_scenes, steer
from scenefit.errors import UsageError
from scenefit.types import Array, Floats

SIZE = 17


def drawn(count: int, seed: int = 0) -> Floats:
    """Draw vectors that share a part, as those of a category do."""
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, SIZE)) + np.linspace(3, 0, SIZE)).astype(np.float32)


QUERY, SHOWN = drawn(1, 99)[0], drawn(200)
CENTRE = SHOWN[:, :-1].mean(axis=0)


def likeness(shown: Floats, product: Floats) -> Array:
    """Give the cosine of each product shown with one, both less the mean."""
    content, one = shown[:, :-1] - CENTRE, product[:-1] - CENTRE
    return np.asarray(content @ one / np.linalg.norm(content, axis=1) / np.linalg.norm(one))


def moved(query: Floats, steered: Floats) -> Array:
    """Give how far each product shown moved beside the others."""
    change = SHOWN.astype(np.float64) @ (steered.astype(np.float64) - query)
    return np.asarray(change - change.mean())


def ranks(query: Floats) -> Array:
    return np.argsort(np.argsort(-(SHOWN @ query)))


def test_the_joined_score_is_the_mean_score() -> None:
    queries, products = drawn(7, 1), drawn(50, 2)
    np.testing.assert_allclose(products @ join_scenes(queries), (products @ queries.T).mean(axis=1), rtol=1e-5)
    weights = [1, 0, 2, 0.5, 0, 0, 4]
    expected = np.average(products @ queries.T, axis=1, weights=weights)
    np.testing.assert_allclose(products @ join_scenes(queries, weights), expected, rtol=1e-5)
    assert join_scenes(queries).shape == (SIZE,)
    assert join_scenes(queries).dtype == np.float32


def test_one_scene_is_itself_and_only_the_ratio_of_weights_counts() -> None:
    np.testing.assert_array_equal(join_scenes(QUERY[None]), QUERY)
    np.testing.assert_allclose(join_scenes(SHOWN[:2], [1, 3]), join_scenes(SHOWN[:2], [100, 300]), rtol=1e-6)


@pytest.mark.parametrize("weights", [[1], [1, 1, 1], [1, -1], [0, 0], [1, float("nan")], [1, float("inf")], []])
def test_weights_that_are_not_taken(weights: list[float]) -> None:
    with pytest.raises(UsageError, match=r"got the weights \[.*\] for 2 scenes; expected a number of at least 0"):
        join_scenes(SHOWN[:2], weights)


def test_no_scene() -> None:
    with pytest.raises(UsageError, match=r"got queries of shape \(0, 17\); expected one row for each scene"):
        join_scenes(SHOWN[:0])


@pytest.mark.parametrize("product", range(5))
def test_liked_moves_what_is_like_it_up_and_disliked_down(product: int) -> None:
    near = likeness(SHOWN, SHOWN[product])
    up = moved(QUERY, steer(QUERY, SHOWN, SHOWN[product : product + 1]))
    down = moved(QUERY, steer(QUERY, SHOWN, disliked=SHOWN[product : product + 1]))
    for direction, change in ((1, up), (-1, down)):
        assert direction * np.corrcoef(near, change)[0, 1] > 0.9
        assert (direction * change[near > 0.3] > 0).all()
        assert direction * change[product] == max(direction * change)
    assert ranks(steer(QUERY, SHOWN, SHOWN[product : product + 1]))[product] < ranks(QUERY)[product]
    assert ranks(steer(QUERY, SHOWN, disliked=SHOWN[product : product + 1]))[product] > ranks(QUERY)[product]


def test_it_is_the_formula() -> None:
    content = SHOWN[:, :-1].astype(np.float64) - CENTRE
    scale = (content @ QUERY[:-1]).std() / np.sqrt(np.mean((content @ content.T) ** 2))
    liked, disliked = SHOWN[3:6], SHOWN[8:9]
    towards = 2 * (liked[:, :-1].mean(axis=0) - CENTRE) - 0.5 * (disliked[0, :-1] - CENTRE)
    steered = steer(QUERY, SHOWN, liked, disliked, beta=2, gamma=0.5)
    np.testing.assert_allclose(steered[:-1], QUERY[:-1] + scale * towards, rtol=1e-4)
    assert steered.dtype == np.float32


def test_with_beta_1_a_typical_product_counts_as_much_as_the_scene() -> None:
    reach = (SHOWN[:, :-1] @ QUERY[:-1]).std()
    changes = [moved(QUERY, steer(QUERY, SHOWN, SHOWN[i : i + 1], beta=1)) for i in range(len(SHOWN))]
    assert np.sqrt(np.mean(np.square(changes))) == pytest.approx(reach, rel=1e-3)


@pytest.mark.parametrize(("queries", "products"), [(1, 10), (100, 1), (0.01, 0.1)])
def test_one_beta_does_for_models_of_any_scale(queries: float, products: float) -> None:
    steered = steer(QUERY, SHOWN, SHOWN[:2], SHOWN[4:5])
    other = steer(queries * QUERY, products * SHOWN, products * SHOWN[:2], products * SHOWN[4:5])
    np.testing.assert_allclose(other, queries * steered, rtol=1e-4)


def test_the_prior_is_neither_read_nor_changed() -> None:
    other = SHOWN.copy()
    other[:, -1] = 1000 * drawn(200, 5)[:, 0]
    np.testing.assert_array_equal(
        steer(QUERY, other, other[:3], other[3:5]), steer(QUERY, SHOWN, SHOWN[:3], SHOWN[3:5])
    )
    assert steer(QUERY, SHOWN, SHOWN[:3], SHOWN[3:5])[-1] == QUERY[-1]


def test_nothing_liked_nothing_changed() -> None:
    np.testing.assert_array_equal(steer(QUERY, SHOWN), QUERY)
    np.testing.assert_array_equal(steer(QUERY, SHOWN, SHOWN[:0], SHOWN[:0]), QUERY)
    np.testing.assert_array_equal(steer(QUERY, SHOWN, SHOWN[:2], SHOWN[:2], beta=1, gamma=1), QUERY)
    np.testing.assert_array_equal(steer(QUERY, np.tile(SHOWN[:1], (9, 1)), SHOWN[:2]), QUERY)  # no order to change


@pytest.mark.parametrize("number", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["beta", "gamma"])
def test_a_number_out_of_range(name: str, number: float) -> None:
    with pytest.raises(UsageError, match=rf"got {name}={number}; expected a number of at least 0"):
        steer(QUERY, SHOWN, SHOWN[:1], **{name: number})


def test_vectors_that_are_not_taken() -> None:
    with pytest.raises(UsageError, match=r"got no shown product to steer among"):
        steer(QUERY, SHOWN[:0], SHOWN[:1])
    with pytest.raises(UsageError, match=r"got liked vectors of shape \(3, 16\); expected \(n, 17\)"):
        steer(QUERY, SHOWN, SHOWN[:3, :-1])
    with pytest.raises(UsageError, match=r"got disliked vectors of shape \(17,\)"):
        steer(QUERY, SHOWN, disliked=SHOWN[0])
    with pytest.raises(UsageError, match=r"got shown vectors of shape \(200, 16\)"):
        steer(QUERY, SHOWN[:, :-1])
