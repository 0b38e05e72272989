"""The catalog on Milvus: what is special beside the suite of all stores."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.milvus.catalog import MilvusCatalog, create_milvus
from scenefit.catalog.milvus.schema import PRODUCTS, put_facts, requests
from scenefit.catalog.milvus.server import Address, Server
from scenefit.catalog.stores import Query
from scenefit.errors import ArtifactError, CatalogError, FilterError, FingerprintError, UsageError
from scenefit.types import Floats, Product, Value

MODEL, DIMENSIONS = "f" * 64, 5
TEXTS = [
    'a "b"',
    "it's",
    "back\\slash",
    "ünï 😀",
    "two\nlines\r\t",
    " or id != ''",
    '" or id != "',
    "\x01{p0} %_",
    "",
    "0",
]


@pytest.fixture
def location(milvus_location: str) -> str:
    return milvus_location


@pytest.fixture
def store(location: str) -> Iterator[MilvusCatalog]:
    create_milvus(location, MODEL, DIMENSIONS)
    store = MilvusCatalog(location)
    yield store
    store.close()


def drawn(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)


def some_products() -> list[Product]:
    draw = np.random.default_rng(1)
    return [_product(f"{TEXTS[i % 10]}{i}", draw) for i in range(60)]


def _product(name: str, draw: np.random.Generator) -> Product:
    def maybe(*values: Any) -> Any:
        found = [None, *values][draw.integers(len(values) + 1)]
        return found.item() if isinstance(found, np.generic) else found

    drawn: dict[str, Value | None] = {
        "brand": maybe(*TEXTS),
        "heel": maybe(4, 4.5, -1, 0),
        "vegan": maybe(True, False),
    }
    return Product(
        name,
        ["Shoes", 'Hats "x"'][draw.integers(2)],
        title=maybe(*TEXTS),
        price=maybe(0.0, 0.1, 10.0, 80.0),
        currency=maybe("EUR"),
        in_stock=bool(draw.integers(2)),
        url=maybe("https://shop.example/?a=b&c='d'"),
        image=maybe("a.jpg", ""),
        content=maybe("0" * 64),
        attributes={name: value for name, value in drawn.items() if value is not None},
    )


def filters() -> list[str]:
    texts = ["'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in TEXTS]
    columns = ("title", "brand")
    found = [f"{column} {op} {text}" for text in texts for column in columns for op in ("=", "!=")]
    found += [f"{column} in ({', '.join(texts[:4])})" for column in ("title", "brand", "id", "category")]
    for column in ("price", "heel"):
        found += [f"{column} {op} {value}" for op in ("=", "!=", "<", "<=", ">", ">=") for value in (0, 4, 10.0)]
        found += [f"{column} in (0, 4, 80)", f"{column} in (-1)"]
    found += ["vegan", "vegan=false", "vegan!=true", "in_stock", "in_stock=false", "vegan in (true, false)"]
    found += [
        f"{column} is missing" for column in ("title", "price", "currency", "url", "brand", "heel", "vegan", "id")
    ]
    found += [f"not {each}" for each in found]
    found += [
        "price<80 and (heel>=4 or not vegan) and not (brand='0' or title is missing)",
        " or ".join(["heel=4"] * 300),
    ]
    return found


def test_filters_mean_on_milvus_what_they_mean_everywhere(store: MilvusCatalog) -> None:
    plain, products, vectors = PlainStore(DIMENSIONS), some_products(), drawn(60)
    for each in (plain, store):
        each.upsert(products, vectors)
    assert store.columns() == plain.columns()
    for number, text in enumerate(filters()):
        where = parse_filter(text, plain.columns())
        query = Query(list(plain.counts())[number % 2], drawn(1, 2)[0], 60, where)
        found, expected = store.search(query), plain.search(query)
        assert [product.id for product in found.products] == [product.id for product in expected.products], text


def test_products_come_back_as_they_went(store: MilvusCatalog) -> None:
    products = [
        *some_products(),
        Product("longest", "ß" * 10_000, title="😀" * 10_000, attributes={"whole": 2**63 - 1}),
    ]
    vectors = drawn(61)
    store.upsert(products, vectors)
    ids = [product.id for product in products]
    assert store.get(ids) == products
    np.testing.assert_array_equal(store.vectors(ids), vectors.astype(np.float16).astype(np.float32))
    scanned = [product for some, _ in store.scan(7) for product in some]
    assert scanned == sorted(products, key=lambda product: product.id)
    assert store.get(["longest", "none\0", "longest"]) == [products[-1]] * 2


def test_ids_are_never_read_as_conditions(store: MilvusCatalog) -> None:
    products = [Product(name, "A") for name in ("a", "' or id != '", '" or id != "', "\\")]
    store.upsert(products, drawn(4))
    assert store.delete(['" or id != "', "'] or id in ['a"]) == 1
    assert [product.id for some, _ in store.scan(1) for product in some] == ["' or id != '", "\\", "a"]


def test_ties_are_cut_by_the_id(store: MilvusCatalog) -> None:
    names = [f"{number:03}" for number in np.random.default_rng(0).permutation(200)]
    store.upsert([Product(name, "A") for name in names], np.ones((200, DIMENSIONS), np.float32))
    query = Query("A", np.ones(DIMENSIONS, np.float32), 3, exclude=["001"])
    assert [product.id for product in store.search(query).products] == ["000", "002", "003"]


def test_more_than_milvus_answers_at_once(store: MilvusCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    store.upsert([Product(f"{i:03}", "A") for i in range(100)], drawn(100))
    query = Query("A", drawn(1, 3)[0], 30)
    expected = store.search(query)
    monkeypatch.setattr("scenefit.catalog.milvus.search.MOST", 40)
    found = store.search(query)
    assert found.products == expected.products
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_a_product_that_changes_its_category_leaves_the_old_one(store: MilvusCatalog) -> None:
    vectors = drawn(2)
    store.upsert([Product("a", "A"), Product("b", "A")], vectors)
    store.upsert([Product("a", "B")], vectors[:1])
    assert store.counts() == {"A": 1, "B": 1}
    store.upsert([Product("b", "B")], vectors[1:])
    assert store.counts() == {"B": 2}
    with pytest.raises(UsageError, match="got the category 'A'; this catalog has 'B'"):
        store.search(Query("A", vectors[0]))


def test_what_is_wrong_is_found_before_the_first_write(store: MilvusCatalog) -> None:
    good, long = Product("a", "A"), {f"a{i}": "x" * 10_000 for i in range(7)}
    for bad in (long, {"whole": 2**63}, {"whole": -(10**40)}):
        with pytest.raises(CatalogError, match=r"the product 'b' has attributes of .*; Milvus holds 65,535 bytes and"):
            store.upsert([good, Product("b", "A", attributes=bad)], drawn(2))
    assert store.counts() == {}
    assert "whole" not in store.columns()


def test_a_change_that_fails_half_way_says_how_much_was_kept(
    store: MilvusCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenefit.catalog.milvus.schema.REQUEST_BYTES", 4000)
    products = [Product(name, "A", url="x" * 500) for name in "abc"]
    whole = store._server.call

    def full(method: str, collection: str, *arguments: Any, **options: Any) -> Any:
        """A disk that is full after the first request."""
        if (method, collection) == ("upsert", PRODUCTS) and store.counts():
            raise CatalogError("Milvus: upsert: disk full")
        return whole(method, collection, *arguments, **options)

    monkeypatch.setattr(store._server, "call", full)
    with pytest.raises(CatalogError, match="disk full; 1 of 3 products were kept, maybe 1 more: give the same change"):
        store.upsert(products, drawn(3))
    monkeypatch.undo()
    store.upsert(products, drawn(3))
    assert store.counts() == {"A": 3}


def test_a_filter_of_another_catalog(store: MilvusCatalog) -> None:
    where = parse_filter("size=4", {"size": "number"})
    with pytest.raises(FilterError, match="got a filter on the number size, which is nothing in this catalog"):
        store.search(Query("A", drawn(1)[0], where=where))


def test_requests_are_not_larger_than_a_server_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenefit.catalog.milvus.schema.REQUEST_BYTES", 1000)
    rows = [{"id": "x" * 100, "attributes": {}, "vector": np.zeros(25, np.float32)} for _ in range(5)]
    assert [len(some) for some in requests(rows)] == [1, 1, 1, 1, 1]
    assert [len(some) for some in requests([row | {"id": ""} for row in rows])] == [3, 2]
    assert list(requests([])) == []


def test_a_catalog_is_made_once(location: str) -> None:
    with pytest.raises(CatalogError, match=r"there is no catalog at milvus://.*; build it first"):
        MilvusCatalog(location)
    create_milvus(location, MODEL, DIMENSIONS)
    store = MilvusCatalog(location)
    store.upsert([Product("a", "A")], drawn(1))
    create_milvus(location, MODEL, DIMENSIONS)
    assert (store.model, store.dimensions, store.counts()) == (MODEL, DIMENSIONS, {"A": 1})
    for fingerprint, dimensions in (("0" * 64, DIMENSIONS), (MODEL, 6)):
        with pytest.raises(
            FingerprintError, match=r"holds the catalog of the model ffff.* give the new model a database"
        ):
            create_milvus(location, fingerprint, dimensions)
    store.close()
    store.close()


def test_a_half_made_catalog_is_made_anew(location: str) -> None:
    server = Server(location)
    server.create(PRODUCTS, {"id": {"datatype": server.types.VARCHAR, "is_primary": True, "max_length": 9}}, 2)
    with pytest.raises(CatalogError, match="there is no catalog"):
        MilvusCatalog(location)
    create_milvus(location, MODEL, DIMENSIONS)
    put_facts(server, {"format": "2"})
    with pytest.raises(ArtifactError, match="has the format 2; this version reads 1: build the catalog again"):
        MilvusCatalog(location)
    server.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "milvus://",
        "milvus:///tmp",
        "milvus:///none/a.db",
        "milvus://host/a/b",
        "milvus://h:x",
        "milvus://h?ssl=1",
        "http://h",
    ],
)
def test_a_location_that_milvus_does_not_have(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"expected (milvus://\[USER:PASSWORD@\]HOST|one that ends in \.db)"):
        Address.of(wrong)


def test_a_location_has_credentials_that_are_not_shown() -> None:
    address = Address.of("milvus://ann:s%40cret@shop.example/looks?tls=1")
    assert (address.uri, address.token, address.database) == ("https://shop.example:19530", "ann:s@cret", "looks")
    assert Address.of("milvus://key@[::1]:1").uri == "http://[::1]:1"
    assert Address.of("milvus://key@h").token == "key"
    assert "cret" not in repr(address) + address.shown


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("scenefit.catalog.milvus.server.REACH_SECONDS", 0.5)
    with pytest.raises(CatalogError, match=r"Milvus at milvus://127\.0\.0\.1:1: it cannot be reached") as found:
        MilvusCatalog("milvus://ann:hunter2@127.0.0.1:1")
    assert "hunter2" not in str(found.value) + "".join(capfd.readouterr())


@pytest.mark.skipif("SCENEFIT_MILVUS" in os.environ, reason="of a file only")
def test_a_file_serves_one_process(store: MilvusCatalog, location: str) -> None:
    program = f"from scenefit.catalog.milvus.catalog import MilvusCatalog; MilvusCatalog({location!r})"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "CatalogError: Milvus at milvus:///" in other.stderr
    assert "it cannot be opened; is another process using it?" in other.stderr
    store.upsert([Product("a", "A")], drawn(1))
    second = MilvusCatalog(location)
    store.close()
    assert second.counts() == {"A": 1}
    second.close()
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.skipif("SCENEFIT_MILVUS" in os.environ, reason="of a file only")
def test_what_was_acknowledged_outlives_a_killed_process(location: str) -> None:
    create_milvus(location, MODEL, DIMENSIONS)
    program = f"""
import os, signal, numpy as np
from scenefit.catalog.milvus.catalog import MilvusCatalog
from scenefit.types import Product
store = MilvusCatalog({location!r})
store.upsert([Product(name, "A") for name in "abc"], np.ones((3, {DIMENSIONS}), np.float32))
store.delete(["b"])
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    store = MilvusCatalog(location)
    assert [product.id for product in store.get(["a", "b", "c"])] == ["a", "c"]
    store.close()
