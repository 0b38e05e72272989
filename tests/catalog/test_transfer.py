"""Catalogs from store to store and to Parquet and back: nothing changes on the way, another model's are refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.opening import open_store
from scenefit.catalog.stores import Store
from scenefit.catalog.transfer import transfer
from scenefit.catalog.transfer.transfer import copy, export_parquet, import_parquet
from scenefit.errors import CatalogError, DataError, FingerprintError, UsageError
from scenefit.types import Floats, Product

PRODUCTS = [
    Product("a", "Shoes", 'it\'s "a" \\ ünï 😀\n', 0.1, "EUR", False, "https://a", "a.jpg", "0" * 64, {"brand": "x\t"}),
    Product("b", "Shoes", "", 0.0, "", True, "", "", "", {"heel": 4, "width": 4.5, "vegan": True, "small": 5e-324}),
    Product("c", 'Hats "x"'),
]


def every_half() -> Floats:
    """Each finite number of fp16, once; 1,024 vectors of 62."""
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    return halves[np.isfinite(halves)].astype(np.float32).reshape(1024, 62)


@pytest.fixture
def plain(store: Store) -> PlainStore:
    """Has what a real store is to hold."""
    plain = PlainStore(store.dimensions, store.model)
    vectors = np.resize(every_half(), (3, store.dimensions))
    plain.upsert(PRODUCTS, vectors)
    return plain


def same(one: Store, other: Store) -> None:
    assert (one.columns(), one.counts()) == (other.columns(), other.counts())
    for (products, vectors), (others, expected) in zip(one.scan(2), other.scan(2), strict=True):
        assert products == others
        np.testing.assert_array_equal(vectors.view(np.uint32), expected.view(np.uint32))


def test_there_and_back(store: Store, plain: PlainStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SIZE", 2)
    told: list[tuple[str, int, int]] = []
    assert copy(plain, store, progress=lambda *each: told.append(each)) == 3
    assert told == [("products", 2, 3), ("products", 3, 3)]
    same(store, plain)
    assert export_parquet(store, tmp_path / "a[1]*.parquet", progress=lambda *each: told.append(each)) == 3
    assert [path.name for path in tmp_path.glob("*.parquet")] == ["a[1]*.parquet"]
    assert not list(tmp_path.glob(".*"))
    again = PlainStore(plain.dimensions, plain.model)
    assert import_parquet(tmp_path / "a[1]*.parquet", again, progress=lambda *each: told.append(each)) == 3
    assert told == told[:2] * 3
    same(again, plain)
    assert copy(plain, store) == 3
    same(store, plain)


def test_every_number_of_fp16_survives(tmp_path: Path) -> None:
    vectors, plain, again = every_half(), PlainStore(62), PlainStore(62)
    plain.upsert([Product(f"{i:04}", "A") for i in range(1024)], vectors)
    export_parquet(plain, tmp_path / "all.parquet")
    import_parquet(tmp_path / "all.parquet", again)
    ((_, found),) = again.scan(2000)
    np.testing.assert_array_equal(found.view(np.uint32), vectors.view(np.uint32))


def test_any_engine_reads_the_file(tmp_path: Path) -> None:
    plain = PlainStore(3, "f" * 64)
    plain.upsert(PRODUCTS, np.array([[1, 2, 0.5], [0, 0, 0], [-1, 0, 0]], np.float32))
    export_parquet(plain, tmp_path / "shop.parquet")
    file = str(tmp_path / "shop.parquet")
    found = duckdb.execute("SELECT * FROM read_parquet(?) ORDER BY id", [file]).fetchall()
    texts = ("0" * 64, 0.1, False, '{"brand": "x\\t"}', [1.0, 2.0, 0.5])
    assert found[0] == ("a", "Shoes", PRODUCTS[0].title, "EUR", "https://a", "a.jpg", *texts)
    assert found[2] == ("c", 'Hats "x"', None, None, None, None, None, None, True, "{}", [-1.0, 0.0, 0.0])
    said = duckdb.execute("SELECT key, value FROM parquet_kv_metadata(?)", [file]).fetchall()
    assert dict(said) == {
        b"scenefit_model": b"f" * 64,
        b"scenefit_dimensions": b"3",
        b"scenefit_products": b"3",
    }


def test_an_empty_catalog(tmp_path: Path) -> None:
    plain = PlainStore(3)
    assert export_parquet(plain, tmp_path / "none.parquet") == 0
    assert import_parquet(tmp_path / "none.parquet", plain) == 0


def test_another_models_vectors(tmp_path: Path) -> None:
    plain, other = PlainStore(3, "a" * 64), PlainStore(3, "b" * 64)
    export_parquet(plain, tmp_path / "a.parquet")
    message = "got vectors of the model aaaaaaaaaaaa for a catalog of the model bbbbbbbbbbbb; make the catalog with"
    with pytest.raises(FingerprintError, match=message):
        copy(plain, other)
    with pytest.raises(FingerprintError, match=message):
        import_parquet(tmp_path / "a.parquet", other)


class Switched(PlainStore):
    """Another model begins to serve while it is read."""

    def scan(self, size: int = 1000) -> Iterator[tuple[list[Product], Floats]]:
        for part in super().scan(size):
            yield part
            self.model = "b" * 64


@pytest.mark.parametrize("to", ["parquet", "store"])
def test_a_model_that_is_switched_meanwhile(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "SIZE", 2)
    source, target = Switched(3, "a" * 64), PlainStore(3, "a" * 64)
    source.upsert(PRODUCTS, np.zeros((3, 3), np.float32))
    with pytest.raises(CatalogError, match="switched from the model aaaaaaaaaaaa to bbbbbbbbbbbb while it was read"):
        copy(source, target) if to == "store" else export_parquet(source, tmp_path / "a.parquet")
    assert target.counts() == ({"Shoes": 2} if to == "store" else {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_on_demand(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("mine")
    with pytest.raises(UsageError, match=r"a\.parquet exists already; choose another place, or pass --overwrite"):
        export_parquet(PlainStore(3), tmp_path / "a.parquet")
    assert export_parquet(PlainStore(3), tmp_path / "a.parquet", overwrite=True) == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("* REPLACE (NULL AS id)", "row 1: id is 'None'"),
        ("* REPLACE (7 AS category)", "row 1: category is '7'"),
        ("* REPLACE ('x' AS price)", "row 1: price is 'x'"),
        ("* REPLACE (NULL AS in_stock)", "row 1: in_stock is 'None'"),
        ("* REPLACE ('{' AS attributes)", "row 1: Expecting property name"),
        ("* REPLACE ('[]' AS attributes)", r"row 1: attributes is '\[\]', not a JSON object of texts, numbers"),
        ("""* REPLACE ('{"a": null}' AS attributes)""", "not a JSON object of texts"),
        ("* REPLACE (repeat('[', 100000) AS attributes)", "not a JSON object of texts"),
        ("* REPLACE ([1.0, 2.0]::FLOAT[] AS vector)", "row 1: the vector is not 3 numbers"),
        ("* REPLACE ([1.0, 2.0, NULL]::FLOAT[] AS vector)", "row 1: the vector is not 3 numbers"),
        ("* REPLACE ('abc' AS vector)", "row 1: the vector is not 3 numbers"),
        ("* REPLACE (NULL AS vector)", "row 1: the vector is not 3 numbers"),
        ("* EXCLUDE (vector)", r"lacks the columns \['vector'\]; expected a file of `scenefit catalog export`"),
    ],
)
def test_a_file_that_is_not_as_it_was_written(changed: str, message: str, tmp_path: Path) -> None:
    plain = PlainStore(3)
    plain.upsert(PRODUCTS[:1], np.zeros((1, 3), np.float32))
    good, bad = tmp_path / "good.parquet", tmp_path / "bad.parquet"
    export_parquet(plain, good)
    said = "KV_METADATA {scenefit_model: 'model', scenefit_products: '1'}"
    duckdb.execute(f"COPY (SELECT {changed} FROM read_parquet('{good}')) TO '{bad}' (FORMAT parquet, {said})")
    with pytest.raises(DataError, match=message):
        import_parquet(bad, plain)


def test_a_file_of_another_program(tmp_path: Path) -> None:
    duckdb.execute(f"COPY (SELECT 1 AS id) TO '{tmp_path / 'a.parquet'}' (FORMAT parquet)")
    with pytest.raises(DataError, match="does not say what made its vectors; expected a file of `scenefit catalog exp"):
        import_parquet(tmp_path / "a.parquet", PlainStore(3))
    (tmp_path / "b.parquet").write_text("no Parquet")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        import_parquet(tmp_path / "b.parquet", PlainStore(3))


def test_a_location_of_no_kind() -> None:
    with pytest.raises(UsageError, match=r"got a catalog at redis://; expected a folder, postgresql:// or milvus://$"):
        open_store("redis://ann:secret@shop")


@pytest.mark.parametrize("kind", ["milvus"])
def test_a_location_is_opened_by_its_kind(store: Store, milvus_location: str) -> None:
    opened = open_store(milvus_location)
    assert (type(opened), opened.model) == (type(store), store.model)
    opened.close()
