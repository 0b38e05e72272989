"""One suite over all stores: each has to agree with a plain dict, searched by brute force."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_store import PlainStore

from scenefit.catalog.columns import FIXED
from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.stores import Query, Store
from scenefit.errors import CatalogError, FilterError, FingerprintError, UsageError
from scenefit.types import Floats, Product

Opener = Callable[[], Store]
UNLIKE_ASCII = ["b", "a", "B", "é", "z", "a b", "10", "9", "\ufffd", "\U0001d11e", "É", "_", "-", "aa", "A"]
"""Ids that languages, UTF-16 and numbers sort in other ways than code points do."""


def vectors_of(store: Store, count: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(count, store.dimensions)) / 11).astype(np.float32)


def shoes(count: int) -> list[Product]:
    """Give shoes and bags, of which some have no price and no brand."""
    return [
        Product(
            f"p{i}",
            "Bags" if i % 4 == 0 else "Shoes",
            title=f"Product {i}" if i % 3 else None,
            price=i / 4 if i % 5 else None,
            currency="EUR" if i % 5 else None,
            in_stock=i % 7 > 0,
            url=f"https://shop.example/{i}",
            attributes={"brand": "abc"[i % 3], "heel_cm": i % 11} if i % 6 else {"sale": i % 4 == 0},
        )
        for i in range(count)
    ]


@pytest.fixture
def plain(store: Store) -> PlainStore:
    return PlainStore(store.dimensions, store.model)


@pytest.fixture
def filled(store: Store, plain: PlainStore) -> Store:
    """The store with 80 products, which are in the plain one too."""
    for each in (store, plain):
        each.upsert(shoes(80), vectors_of(store, 80))
    return store


def agree(store: Store, plain: PlainStore) -> None:
    """Compare everything but searches."""
    assert (store.columns(), store.counts()) == (plain.columns(), plain.counts())
    assert list(store.columns()) == list(plain.columns())
    for (products, vectors), (expected, stored) in zip(store.scan(64), plain.scan(64), strict=True):
        assert products == expected
        assert vectors.dtype == np.float32
        np.testing.assert_array_equal(vectors, stored)


def agree_on(store: Store, plain: PlainStore, query: Query) -> None:
    """Compare a search to the last bit of its products and vectors."""
    hits, expected = store.search(query), plain.search(query)
    assert [product.id for product in hits.products] == [product.id for product in expected.products]
    assert hits.products == expected.products
    assert hits.scores.dtype == np.float64
    np.testing.assert_allclose(hits.scores, expected.scores, rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(hits.vectors, expected.vectors)


def test_an_empty_catalog_has_nothing(store: Store) -> None:
    assert (store.columns(), store.counts()) == (FIXED, {})
    assert store.get(["a"]) == []
    assert store.vectors([]).shape == (0, store.dimensions)
    assert (list(store.scan()), store.delete(["a"])) == ([], 0)
    store.upsert([], np.empty((0, store.dimensions), np.float32))
    with pytest.raises(UsageError, match="no products"):
        store.search(Query("Shoes", vectors_of(store, 1)[0]))


def test_what_was_upserted_is_there(filled: Store, plain: PlainStore) -> None:
    agree(filled, plain)
    ids = ["p7", "p3", "nobody", "p7"]
    assert filled.get(ids) == plain.get(ids)
    ids = ["p79", "p3", "p0", "p3"]
    np.testing.assert_array_equal(filled.vectors(ids), plain.vectors(ids))


def test_vectors_of_unknown_products_are_refused(filled: Store) -> None:
    with pytest.raises(UsageError, match="nobody"):
        filled.vectors(["p1", "nobody"])


@pytest.mark.parametrize("name", ["a\0", "\ud800"])
def test_ids_and_categories_that_no_product_can_have_are_not_there(filled: Store, name: str) -> None:
    query = Query("Shoes", vectors_of(filled, 1)[0], 200)
    assert (filled.get([name]), filled.delete([name])) == ([], 0)
    assert len(filled.search(replace(query, exclude=[name])).products) == len(filled.search(query).products) == 60
    with pytest.raises(UsageError, match="not in this catalog"):
        filled.vectors([name])
    with pytest.raises(UsageError, match="category"):
        filled.search(replace(query, category=name))


def test_a_product_is_replaced_whole(filled: Store, plain: PlainStore) -> None:
    changed = [Product("p1", "Hats", in_stock=False, attributes={"fur": True}), Product("p2", "Shoes")]
    for each in (filled, plain):
        each.upsert(changed, vectors_of(filled, 2, seed=1))
    agree(filled, plain)
    for category in ("Shoes", "Hats", "Bags"):
        agree_on(filled, plain, Query(category, vectors_of(filled, 1, seed=2)[0], 200))


def test_what_was_deleted_is_gone(filled: Store, plain: PlainStore) -> None:
    ids = [f"p{i}" for i in range(0, 80, 3)] + ["nobody", "p0"]
    assert filled.delete(ids) == plain.delete(ids) == 27
    assert filled.delete(ids) == 0
    agree(filled, plain)
    agree_on(filled, plain, Query("Shoes", vectors_of(filled, 1, seed=2)[0], 200))


def test_a_category_goes_with_its_last_product_and_comes_back(filled: Store, plain: PlainStore) -> None:
    query = Query("Bags", vectors_of(filled, 1)[0])
    for each in (filled, plain):
        each.delete([f"p{i}" for i in range(0, 80, 4)])
    agree(filled, plain)
    with pytest.raises(UsageError, match="got the category 'Bags'; this catalog has 'Shoes'"):
        filled.search(query)
    for each in (filled, plain):
        each.upsert([Product("new", "Bags")], vectors_of(filled, 1, seed=3))
    agree_on(filled, plain, query)


@pytest.mark.parametrize(
    "where",
    [
        None,
        'price<20 and in_stock and brand in ("a","b")',
        "price is missing or heel_cm >= 9",
        "not sale",
        'brand = "a" and not (price >= 3 and in_stock) or id = "p8"',
        "price > 1000",
    ],
)
def test_search_filters_before_it_ranks(filled: Store, plain: PlainStore, where: str | None) -> None:
    chosen = None if where is None else parse_filter(where, filled.columns())
    for category, k in itertools.product(("Shoes", "Bags"), (1, 10, 60, 10**30)):
        agree_on(filled, plain, Query(category, vectors_of(filled, 1, seed=4)[0], k, chosen))
        agree_on(filled, plain, Query(category, vectors_of(filled, 1, seed=5)[0], k, chosen, ["p1", "p8", "p9", "?"]))


def test_where_all_is_excluded_nothing_is_found(filled: Store) -> None:
    everything = [f"p{i}" for i in range(80)]
    hits = filled.search(Query("Shoes", vectors_of(filled, 1)[0], exclude=everything))
    assert (hits.products, hits.scores.shape, hits.vectors.shape) == ([], (0,), (0, filled.dimensions))


def test_equal_products_come_in_the_order_of_their_ids(store: Store, plain: PlainStore) -> None:
    vectors = np.repeat(vectors_of(store, 1), len(UNLIKE_ASCII), axis=0)
    vectors[3] *= 2
    for each in (store, plain):
        each.upsert([Product(name, "Shoes") for name in UNLIKE_ASCII], vectors)
    agree(store, plain)
    for k in (1, 4, 14, 16):
        agree_on(store, plain, Query("Shoes", vectors[0], k))


def test_many_equal_products_do_not_hide_the_first_of_them(store: Store, plain: PlainStore) -> None:
    vectors = np.repeat(vectors_of(store, 1), 300, axis=0)
    for each in (store, plain):
        each.upsert([Product(f"{(i * 7) % 300:03}", "Shoes") for i in range(300)], vectors)
    agree_on(store, plain, Query("Shoes", vectors[0], 5))


def test_what_float32_cannot_tell_apart_is_ranked_in_float64(store: Store, plain: PlainStore) -> None:
    vectors = np.zeros((60, store.dimensions), np.float32)
    vectors[:, 0], vectors[:, 1] = 1000, np.arange(60) % 30
    query = np.zeros(store.dimensions, np.float32)
    query[0], query[1] = 1000, 1e-4
    for each in (store, plain):
        each.upsert([Product(f"p{i:02}", "Shoes") for i in range(60)], vectors)
    agree_on(store, plain, Query("Shoes", query, 3))


def test_queries_of_any_length_rank_alike(filled: Store, plain: PlainStore) -> None:
    vector = vectors_of(filled, 1, seed=6)[0]
    for scale in (0.0, 1e-42, 1e-20, 1e20, 3e37):
        agree_on(filled, plain, Query("Shoes", (vector * scale).astype(np.float32), 7))


def test_vectors_at_the_edges_of_fp16(store: Store, plain: PlainStore) -> None:
    values = [65504.0, -65504.0, 6e-8, 1e-9, -0.0, 65519.9, 0.1, 1 / 3]
    vectors = np.tile(np.array(values, np.float32)[:, None], (1, store.dimensions))
    for each in (store, plain):
        each.upsert([Product(f"p{i}", "Shoes") for i in range(len(values))], vectors)
    agree(store, plain)
    agree_on(store, plain, Query("Shoes", np.ones(store.dimensions, np.float32), 3))


def bad_value(value: float) -> Callable[[Floats], Floats]:
    def put(vectors: Floats) -> Floats:
        vectors[1, 3] = value
        return vectors

    return put


@pytest.mark.parametrize(
    ("products", "change", "message"),
    [
        ([Product("n1", "New"), Product("n2", "New")], bad_value(math.nan), "'n2' is not finite"),
        ([Product("n1", "New"), Product("n2", "New")], bad_value(math.inf), "'n2' is not finite"),
        ([Product("n1", "New"), Product("n2", "New")], bad_value(70_000.0), "'n2' is not finite as fp16"),
        ([Product("n1", "New"), Product("n2", "New")], lambda v: v[:, 1:], "made by this catalog's model"),
        ([Product("n1", "New")], lambda v: v, "shape"),
        ([Product("n1", "New"), Product("n1", "New")], lambda v: v, "'n1' twice"),
        ([Product("n1", "New"), Product("p1", " ")], lambda v: v, "empty category"),
        ([Product("n1", "New"), Product("n2", "New", price=-1)], lambda v: v, "price"),
        ([Product("n1", "New"), Product("n2", "New", title="a\0")], lambda v: v, "NUL"),
        ([Product("n1", "N"), Product("n2", "N", attributes={"n": 10**400})], lambda v: v, "a n that is not finite"),
        (
            [Product("n1", "N", attributes={"new": 1}), Product("n2", "N", attributes={"brand": 2})],
            lambda v: v,
            "brand",
        ),
        ([Product("n1", "N", attributes={"new": 1}), Product("n2", "N", attributes={"new": ""})], lambda v: v, "new"),
    ],
)
def test_a_refused_change_leaves_nothing(
    filled: Store, plain: PlainStore, products: Sequence[Product], change: Callable[[Floats], Floats], message: str
) -> None:
    with pytest.raises(CatalogError, match=message):
        filled.upsert(products, change(vectors_of(filled, 2)))
    agree(filled, plain)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"k": 0}, UsageError, "k=0"),
        ({"category": "Hats"}, UsageError, "got the category 'Hats'; this catalog has 'Bags', 'Shoes'"),
        ({"vector": np.zeros(3, np.float32)}, UsageError, "shape"),
        ({"model": "another"}, FingerprintError, "another"),
    ],
)
def test_wrong_queries_are_refused(
    filled: Store, change: dict[str, object], error: type[Exception], message: str
) -> None:
    query = Query("Shoes", vectors_of(filled, 1)[0])
    with pytest.raises(error, match=message):
        filled.search(replace(query, **change))  # type: ignore[arg-type]
    nowhere = np.full(filled.dimensions, np.nan, np.float32)
    with pytest.raises(UsageError, match="finite"):
        filled.search(replace(query, vector=nowhere))


def test_filters_read_for_another_catalog_are_refused(filled: Store) -> None:
    query = Query("Shoes", vectors_of(filled, 1)[0])
    for kind in ("number", "boolean"):
        where = parse_filter("brand is missing", {"brand": kind})
        with pytest.raises(FilterError, match=f"the {kind} brand, which is text"):
            filled.search(replace(query, where=where))
    with pytest.raises(FilterError, match="which is nothing in this catalog"):
        filled.search(replace(query, where=parse_filter("size = 4", {"size": "number"})))


def test_texts_are_kept_as_they_are(store: Store, plain: PlainStore) -> None:
    odd = 'O\'Reilly "%s" \\ {0} $1 ; DROP TABLE x -- \n\t é 🧥 \u200f' + "x" * 5000
    product = Product(odd, odd, odd, 0.1, odd, True, odd, odd, odd, {"brand": odd, "Brand": "B", "n": 1e20, "m": 7})
    for each in (store, plain):
        each.upsert([product, Product("p", "Shoes")], vectors_of(store, 2))
    agree(store, plain)
    where = parse_filter("brand = '{}' and n = 1e20".format("é 🧥 %s"), store.columns())
    agree_on(store, plain, Query(odd, vectors_of(store, 1)[0], 3, where))
    agree_on(store, plain, Query(odd, vectors_of(store, 1)[0], 3, parse_filter("n=1e20 and m=7", store.columns())))
    agree_on(store, plain, Query(odd, vectors_of(store, 1)[0], 3, exclude=[odd]))


def test_numbers_are_kept_as_they_are(store: Store, plain: PlainStore) -> None:
    values = [0.1, 5e-324, 1.7976931348623157e308, 3, 2**53 - 1, -1e-7, 123456.789]
    products = [Product(f"p{i}", "Shoes", price=abs(v), attributes={"n": v}) for i, v in enumerate(values)]
    for each in (store, plain):
        each.upsert(products, vectors_of(store, len(values)))
    agree(store, plain)
    for value in values:
        where = parse_filter(f"n = {value!r} and price = {abs(value)!r}", store.columns())
        agree_on(store, plain, Query("Shoes", vectors_of(store, 1)[0], 9, where))
        agree_on(
            store, plain, Query("Shoes", vectors_of(store, 1)[0], 9, parse_filter(f"n < {value!r}", store.columns()))
        )


def test_another_handle_sees_each_change(store: Store, plain: PlainStore, opener: Opener) -> None:
    reader = opener()
    agree(reader, plain)
    for each in (store, plain):
        each.upsert(shoes(50), vectors_of(store, 50))
    agree(reader, plain)
    agree_on(reader, plain, Query("Shoes", vectors_of(store, 1)[0], where=parse_filter("price<5", reader.columns())))
    for each in (store, plain):
        each.delete(["p1", "p2"])
        each.upsert([replace(shoes(50)[3], category="Bags", price=1.0)], vectors_of(store, 1, seed=9))
    for category in ("Shoes", "Bags"):
        where = parse_filter("price<5", reader.columns())
        agree_on(reader, plain, Query(category, vectors_of(store, 1)[0], where=where))


def test_what_was_written_is_there_when_it_is_opened_again(filled: Store, plain: PlainStore, opener: Opener) -> None:
    filled.delete(["p5"])
    plain.delete(["p5"])
    filled.close()
    again = opener()
    assert (again.model, again.dimensions) == (plain.model, plain.dimensions)
    agree(again, plain)
    agree_on(again, plain, Query("Shoes", vectors_of(again, 1)[0], 20))


def test_threads_may_share_a_store(filled: Store) -> None:
    errors: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                filled.upsert([Product(f"t{number}", "Shoes")], vectors_of(filled, 1, seed=turn))
                assert len(filled.search(Query("Shoes", vectors_of(filled, 1)[0], 60)).products) == 60
                assert filled.delete([f"t{number}"]) == 1
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


FEW = st.integers(-1, 1)
CATEGORIES, IDS = ("Bags", "Shoes", "Hats"), [f"p{i}" for i in range(9)]
CHANGES = st.lists(
    st.builds(
        Product,
        st.sampled_from(IDS),
        st.sampled_from(CATEGORIES),
        price=st.none() | st.integers(0, 3).map(float),
        in_stock=st.booleans(),
        attributes=st.fixed_dictionaries({}, optional={"brand": st.sampled_from("ab"), "sale": st.booleans()}),
    ),
    max_size=6,
    unique_by=lambda product: product.id,
)
WHERE = st.sampled_from([None, "price<2", "not sale and in_stock", 'brand = "a" or price is missing'])
STEPS = st.one_of(
    st.tuples(st.just("upsert"), CHANGES, st.lists(st.tuples(FEW, FEW), min_size=6, max_size=6)),
    st.tuples(st.just("delete"), st.lists(st.sampled_from(IDS), max_size=4), st.none()),
    st.tuples(st.just("search"), st.tuples(FEW, FEW, st.sampled_from(CATEGORIES), st.integers(1, 6)), WHERE),
)
EXAMPLES = {"local": 60}
"""How many histories are tried on each kind of store, 12 where it is not said."""


def test_whatever_the_history_it_agrees_with_a_plain_dict(kind: str, store: Store, plain: PlainStore) -> None:
    columns = {**FIXED, "brand": "text", "sale": "boolean"}
    for each in (store, plain):
        each.upsert([Product("p0", "Shoes", attributes={"brand": "a", "sale": True})], vectors_of(store, 1))

    def padded(rows: list[tuple[int, int]]) -> Floats:
        return np.pad(np.array(rows, np.float32).reshape(-1, 2), ((0, 0), (1, store.dimensions - 3)))

    @settings(max_examples=EXAMPLES.get(kind, 12), deadline=None)
    @given(st.lists(STEPS, min_size=3, max_size=15))
    def agrees(history: list[tuple[str, Any, Any]]) -> None:
        assert store.delete(IDS) == plain.delete(IDS)
        for step, what, more in history:
            if step == "upsert":
                for each in (store, plain):
                    each.upsert(what, padded(more[: len(what)]))
            elif step == "delete":
                assert store.delete(what) == plain.delete(what)
            elif what[2] in plain.counts():
                where = None if more is None else parse_filter(more, columns)
                agree_on(store, plain, Query(what[2], padded([what[:2]])[0], what[3], where))
        agree(store, plain)

    agrees()
