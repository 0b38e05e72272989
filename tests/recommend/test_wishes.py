"""What a person wants of the products: which may come, in what order, and together as looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.errors import FilterError, UsageError
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.wishes import Wishes
from scenefit.results import Recommendation


def shoes(recommender: Recommender, photo: Path, k: int = 100, **wishes: Any) -> list[Recommendation]:
    return recommender.recommend(photo, ["Shoes"], k=k, **({"duplicates": True} | wishes)).rankings["Shoes"].products


def ids(products: list[Recommendation]) -> list[str]:
    return [product.id for product in products]


def test_a_filter_holds_before_the_ranking(recommender: Recommender, photo: Path) -> None:
    everything = shoes(recommender, photo)
    fits = [one.id for one in everything if one.product.attributes["brand"] == "a" and (one.product.price or 0) < 100]
    assert 3 < len(fits) < len(everything)
    assert ids(shoes(recommender, photo, k=4, where='brand="a" and price<100')) == fits[:4]
    assert ids(shoes(recommender, photo, where='brand="a" and price<100')) == fits
    assert shoes(recommender, photo, where="price<1") == []
    with pytest.raises(FilterError, match="got the column 'prise'; expected 'price'"):
        shoes(recommender, photo, where="prise<1")


def test_excluded_products_are_made_up_for(recommender: Recommender, photo: Path) -> None:
    everything = ids(shoes(recommender, photo))
    assert ids(shoes(recommender, photo, k=5, exclude=[everything[0], everything[3], "unknown"])) == [
        *everything[1:3],
        *everything[4:7],
    ]


def test_novelty_takes_the_prior_away(recommender: Recommender, photo: Path) -> None:
    plain = {one.id: one.distance for one in shoes(recommender, photo, novelty=1.0)}
    prior = dict(zip(plain, recommender.store.vectors(list(plain))[:, -1].tolist(), strict=True))
    assert np.ptp(list(prior.values())) > 0.3
    for novelty in (0.0, 0.4):
        expected = {name: distance - (1 - novelty) * prior[name] for name, distance in plain.items()}
        got = {one.id: one.distance for one in shoes(recommender, photo, novelty=novelty)}
        assert got == pytest.approx(expected, abs=1e-5)
    with pytest.raises(UsageError, match=r"got the novelty 2; expected 0"):
        shoes(recommender, photo, novelty=2)


def test_diversity_keeps_the_best_and_brings_others_sooner(recommender: Recommender, photo: Path) -> None:
    plain, varied = (shoes(recommender, photo, k=4, diversity=knob) for knob in (0.0, 1.0))
    assert plain[0].id == varied[0].id and ids(plain) != ids(varied)
    assert [one.rank for one in varied] == [1, 2, 3, 4]
    with pytest.raises(UsageError, match=r"got the diversity 1.5; expected 0"):
        shoes(recommender, photo, diversity=1.5)


def test_near_duplicates_come_once_unless_asked_for(recommender: Recommender, photo: Path) -> None:
    everything, once = shoes(recommender, photo), shoes(recommender, photo, duplicates=False)
    assert 1 <= len(once) < len(everything) and once[0].id == everything[0].id
    units = recommender.store.vectors(ids(once))[:, :-1].astype(np.float64)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    assert (units @ units.T - 2 * np.eye(len(units))).max() < 0.995


def test_liked_and_disliked_products_steer(recommender: Recommender, photo: Path) -> None:
    before = shoes(recommender, photo)
    first, last = before[0].id, before[-1].id
    assert ids(shoes(recommender, photo, liked=[last])).index(last) < ids(before).index(last)
    after = {one.id: one.distance for one in shoes(recommender, photo, disliked=[first])}
    assert np.mean(list(after.values())) - after[first] < np.mean([one.distance for one in before]) - before[0].distance
    pants = recommender.recommend(photo, ["Pants"], k=1).rankings["Pants"].products[0].id
    assert shoes(recommender, photo, liked=[pants]) == before  # of another category
    with pytest.raises(UsageError, match="got the product 'unknown'; it is not in this catalog"):
        shoes(recommender, photo, liked=["unknown"])


def test_looks_are_of_one_product_a_category_within_the_budget(recommender: Recommender, photo: Path) -> None:
    result = recommender.recommend(photo, k=2, looks=3, budget=90, duplicates=True)
    assert 2 <= len(result.looks) <= 3
    for look in result.looks:
        assert sorted(look.products) == ["Pants", "Shoes"] == sorted(p.category for p in look.products.values())
        assert look.price == sum(p.price or 0 for p in look.products.values()) <= 90
        assert sorted(look.images) == sorted(p.id for p in look.products.values())
        assert all(image.is_file() for image in look.images.values())
    scores = [look.score for look in result.looks]
    assert scores == sorted(scores, reverse=True)


def test_a_category_without_a_fitting_product_is_left_out_of_looks_unless_asked_for(
    recommender: Recommender, photo: Path
) -> None:
    result = recommender.recommend(photo, looks=1, where='category="Shoes"')
    assert result.rankings["Pants"].products == [] and list(result.looks[0].products) == ["Shoes"]
    with pytest.raises(UsageError, match="no product of 'Pants' is left to choose from"):
        recommender.recommend(photo, ["Pants", "Shoes"], looks=1, where='category="Shoes"')


def test_looks_that_cannot_be_had(recommender: Recommender, photo: Path) -> None:
    with pytest.raises(UsageError, match=r"fits the budget 15 EUR: the cheapest costs \d+\.00 EUR; raise the budget"):
        recommender.recommend(photo, looks=1, budget=15)
    with pytest.raises(UsageError, match="got looks=0 and budget=50; expected looks of at least 1 beside a budget"):
        recommender.recommend(photo, budget=50)
    with pytest.raises(UsageError, match="got looks=-1 and budget=None"):
        recommender.recommend(photo, looks=-1)


def test_wishes_by_name_or_as_one(recommender: Recommender, photo: Path) -> None:
    wishes = Wishes(where="price<100", novelty=0.5)
    together = recommender.recommend(photo, wishes=wishes).as_json()
    assert together == recommender.recommend(photo, where="price<100", novelty=0.5).as_json()
    with pytest.raises(UsageError, match="got the option 'colour'; expected some of"):
        recommender.recommend(photo, colour="red")
    with pytest.raises(UsageError, match=r"got wishes and \['novelty'\] beside them; expected one of the two"):
        recommender.recommend(photo, wishes=wishes, novelty=1)


def test_wishes_that_contradict_themselves() -> None:
    with pytest.raises(UsageError, match="got 'a' both as liked and as disliked; expected one of the two"):
        Wishes(liked=["a", "b"], disliked=["a"])
    with pytest.raises(UsageError, match="got one text where several ids are expected; give a list of ids"):
        Wishes(exclude="a")
