"""Products like a given one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.filters.parse import parse_filter
from scenefit.errors import FilterError, FingerprintError, UsageError
from scenefit.recommend import likeness
from scenefit.recommend.likeness import most_like
from scenefit.recommend.recommender import Recommender
from scenefit.types import Product

SIZE, COUNT = 6, 40


@pytest.fixture
def store() -> PlainStore:
    """Bags that have much in common, of all lengths; one shoe."""
    rng = np.random.default_rng(0)
    vectors = (3 + rng.normal(size=(COUNT, SIZE + 1)) * rng.uniform(0.5, 2, (COUNT, 1))).astype(np.float32)
    filled = PlainStore(SIZE + 1)
    filled.upsert([Product(f"{i:02}", "Bags", price=float(i)) for i in range(COUNT)], vectors)
    filled.upsert([Product("shoe", "Shoes")], vectors[:1])
    return filled


def expected(store: PlainStore, name: str) -> dict[str, float]:
    """Give the cosine of each other bag, the most like first."""
    bags = {each: vector[:-1].astype(np.float64) for each, vector in store.stored.items() if each != "shoe"}
    centre = np.mean(list(bags.values()), axis=0)
    own = bags.pop(name) - centre
    cosines = {
        each: v @ own / np.linalg.norm(v) / np.linalg.norm(own) for each, f in bags.items() for v in [f - centre]
    }
    return dict(sorted(cosines.items(), key=lambda each: -each[1]))


def test_the_cosine_of_what_differs_from_the_category(store: PlainStore) -> None:
    for name in ("00", "07", "39"):
        hits, want = most_like(store, name, 100), expected(store, name)
        assert [product.id for product in hits.products] == list(want)
        np.testing.assert_allclose(hits.scores, list(want.values()), atol=1e-9)
        few = most_like(store, name, 3, where=parse_filter("price<30", store.columns()), exclude=[next(iter(want))])
        assert [p.id for p in few.products] == [each for each in list(want)[1:] if int(each) < 30][:3]


def test_neither_the_product_nor_its_copies(store: PlainStore) -> None:
    store.upsert([Product("copy", "Bags")], store.vectors(["07"]))
    found = [product.id for product in most_like(store, "07", 100).products]
    assert not {"07", "copy"} & set(found) and len(found) == COUNT - 1


def test_a_large_category_is_searched_near_its_middle(store: PlainStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "POOL", COUNT // 2)
    want = list(expected(store, "07"))
    found = [product.id for product in most_like(store, "07", 5).products]
    assert len(found) == 5 and len(set(found) & set(want[:8])) >= 4


def test_what_is_refused(store: PlainStore) -> None:
    with pytest.raises(UsageError, match="got k=0; expected at least 1"):
        most_like(store, "07", 0)
    with pytest.raises(UsageError, match="got the product 'none'; it is not in this catalog"):
        most_like(store, "none")
    assert most_like(store, "shoe").products == []


def test_a_recommender_says_what_is_similar(recommender: Recommender, photo: Path) -> None:
    name = recommender.recommend(photo, ["Shoes"], k=1).rankings["Shoes"].products[0].id
    found = recommender.similar(name, 4, where='brand="a"')
    assert found and [one.rank for one in found] == list(range(1, len(found) + 1))
    for one in found:
        assert one.product.category == "Shoes" and one.product.attributes["brand"] == "a" and one.id != name
        assert one.image and one.probability is None and 0 <= one.distance <= 2
    distances = [one.distance for one in found]
    assert distances == sorted(distances)
    assert found[0].id not in [one.id for one in recommender.similar(name, 4, exclude=[found[0].id])]
    with pytest.raises(FilterError, match="got the column 'prise'"):
        recommender.similar(name, where="prise<1")
    with pytest.raises(FingerprintError, match="got a query of the model x; this catalog's vectors are of"):
        most_like(recommender.store, name, model="x")
