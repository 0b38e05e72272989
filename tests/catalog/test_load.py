"""Loading: what is new or changed is embedded, what is not is left alone, what cannot be taken is set aside."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from drawn_shop import Row, another_model, draw_picture, draw_shop, write_csv, write_jsonl
from plain_store import PlainStore

from scenefit.catalog.loading.build import LoadOptions, add_products, build_catalog
from scenefit.catalog.loading.runs import LoadReport
from scenefit.catalog.loading.tables import TableOptions
from scenefit.catalog.local import models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.data.dataset import Dataset
from scenefit.data.download.settings import DownloadSettings
from scenefit.errors import CatalogError, FingerprintError, UsageError
from scenefit.features.statistics import as_product
from scenefit.model.folder import Model
from scenefit.types import Floats, Product

PRODUCTS = 6


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    """The rows of a drawn shop; its pictures lie beside."""
    return draw_shop(tmp_path, PRODUCTS)


@pytest.fixture
def catalog(tmp_path: Path, bundled: Model) -> Iterator[LocalCatalog]:
    models.create(tmp_path / "catalog", bundled)
    opened = LocalCatalog(tmp_path / "catalog")
    yield opened
    opened.close()


@pytest.fixture
def add(tmp_path: Path, catalog: LocalCatalog, bundled: Model) -> partial[LoadReport]:
    """Add rows to the catalog."""

    def load(rows: list[Row], **options: object) -> LoadReport:
        table = write_jsonl(tmp_path / "t.jsonl", rows)
        return add_products(catalog, bundled, table, options=LoadOptions(**options))  # type: ignore[arg-type]

    return partial(load)


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    return report.added, report.updated, report.unchanged, report.embedded


def vector(model: Model, path: Path, id_: str) -> Floats:
    """Embed one picture by itself."""
    data = path.read_bytes()
    backbone = model.backbone(threads=1)
    features = as_product(backbone.run(backbone.pixels(data)[None]))
    table = {"id": np.array([id_], object), "content": np.array([hashlib.sha256(data).hexdigest()], object)}
    return model.vectors(table, features)[0]


def test_products_have_the_model_s_vectors_and_their_pictures(
    catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], bundled: Model, tmp_path: Path
) -> None:
    assert counts(add(rows)) == (PRODUCTS, 0, 0, PRODUCTS)
    assert catalog.counts() == {"Shoes": 3, "Trousers": 3}
    for row, product in zip(rows, catalog.get([row["id"] for row in rows]), strict=True):
        source = tmp_path / row["image"]
        content = hashlib.sha256(source.read_bytes()).hexdigest()
        expected = Product(
            row["id"], row["category"], price=row["price"], image=row["image"], content=content,
            attributes={"brand": row["brand"]},
        )  # fmt: skip
        assert product == expected
        np.testing.assert_allclose(catalog.vectors([product.id])[0], vector(bundled, source, product.id), atol=2e-3)
        picture = catalog.picture(product)
        assert picture == catalog.folder / "images" / content[:2] / f"{content}{source.suffix}"
        assert picture.samefile(source), "linked where the disk allows it"
    assert not (catalog.folder / "images" / ".aside").exists()


def test_prices_that_name_no_currency_get_one(catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row]) -> None:
    rows[0]["price"], rows[1]["price"], rows[2]["price"] = 5, 6, None
    rows[1]["currency"] = "USD"
    add(rows, currency="EUR")
    found = catalog.get([str(row["id"]) for row in rows[:3]])
    assert [(one.price, one.currency) for one in found] == [(5, "EUR"), (6, "USD"), (None, None)]
    assert add(rows, currency="EUR").unchanged == PRODUCTS
    with pytest.raises(UsageError, match="got the currency '€'; expected three capital letters, such as EUR"):
        add(rows, currency="€")


def test_a_second_run_writes_nothing(catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row]) -> None:
    add(rows)
    with catalog.changing() as writer:
        before = writer.connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        assert counts(add(rows)) == (0, 0, PRODUCTS, 0)
        assert writer.connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone() == before


def test_only_changed_pictures_are_looked_at_again(
    catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], tmp_path: Path
) -> None:
    add(rows)
    ids = [row["id"] for row in rows]
    before = catalog.vectors(ids)
    rows[0]["price"], rows[1]["brand"] = 99, "another"
    draw_picture(tmp_path / "new.png", 0.77)
    rows[2]["image"] = "new.png"
    assert counts(add(rows)) == (0, 3, 3, 1)
    after = catalog.vectors(ids)
    assert (before != after).any(axis=1).tolist() == [False, False, True, False, False, False]
    changed = catalog.get(ids[:3])
    assert (changed[0].price, changed[1].attributes["brand"]) == (99, "another")
    assert changed[2].content == hashlib.sha256((tmp_path / "new.png").read_bytes()).hexdigest()


def test_a_picture_written_over_in_place_is_seen_as_changed(
    catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], tmp_path: Path
) -> None:
    add(rows)
    draw_picture(tmp_path / rows[1]["image"], 0.9)
    assert counts(add(rows)) == (0, 1, PRODUCTS - 1, 1)
    (product,) = catalog.get([rows[1]["id"]])
    picture = catalog.picture(product)
    assert picture is not None and hashlib.sha256(picture.read_bytes()).hexdigest() == product.content


def test_bad_rows_are_set_aside_and_listed(
    catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / rows[0]["image"]).read_bytes()[:500])
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00\xf8b\xeav"
    (tmp_path / "bomb.png").write_bytes(bomb)
    bad = [rows[0] | {"category": "Hats9", "id": "x1"}, rows[0]]
    bad += [rows[0] | {"id": f"y{i}", "image": name} for i, name in enumerate(("text.png", "cut.jpg", "bomb.png"))]
    bad += [rows[0] | {"id": "z", "title": "x" * 20_000}]
    report = add([*rows, *bad])
    assert counts(report) == (PRODUCTS, 0, 0, PRODUCTS)
    listed = [json.loads(line) for line in (catalog.folder / "rejected.jsonl").read_text().splitlines()]
    found = {(one["line"], one["id"], one["reason"]) for one in listed}
    picture = "image: not a good picture"
    assert found == {
        (7, "x1", "category: unknown to the model"),
        (8, "p000", "id: listed before"),
        *((9 + i, f"y{i}", picture) for i in range(3)),
        (12, "z", "not as a catalog can hold it"),
    }
    assert report.set_aside[picture] == 3
    assert len(list((catalog.folder / "images").rglob("*.*"))) == PRODUCTS
    add(rows)
    assert (catalog.folder / "rejected.jsonl").read_text() == ""


def test_sync_removes_what_the_table_lacks(catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row]) -> None:
    add(rows)
    broken = rows[0] | {"price": "?"}
    assert add([broken, *rows[1:4]], sync=True).removed == 2
    assert sum(catalog.counts().values()) == 4
    report = add([*rows[1:3], {"category": "Shoes"}], sync=True)
    assert (report.removed, report.not_removed) == (0, "the ids of 1 rows cannot be read, so they may be any product")
    assert add([], sync=True).not_removed == "nothing is listed; remove products by their ids"
    assert sum(catalog.counts().values()) == 4


def test_any_store_can_be_filled(rows: list[Row], bundled: Model, tmp_path: Path) -> None:
    store = PlainStore(bundled.embedding_size + 1, bundled.fingerprint)
    table = write_csv(tmp_path / "t.csv", rows)
    options = LoadOptions(rejected=tmp_path / "aside.jsonl")
    assert counts(add_products(store, bundled, table, options=options)) == (PRODUCTS, 0, 0, PRODUCTS)
    assert counts(add_products(store, bundled, table, options=options)) == (0, 0, PRODUCTS, 0)
    assert (tmp_path / "aside.jsonl").read_text() == ""


def test_another_model_s_catalog(rows: list[Row], bundled: Model, tmp_path: Path) -> None:
    store = PlainStore(bundled.embedding_size + 1, "f" * 64)
    with pytest.raises(FingerprintError, match=r"vectors were made by the model f{12}, not by"):
        add_products(store, bundled, write_csv(tmp_path / "t.csv", rows))


def test_a_second_writer(catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], bundled: Model) -> None:
    add(rows)
    other = LocalCatalog(catalog.folder)
    with pytest.raises(CatalogError, match="is being written by another process"):
        add_products(other, bundled, catalog.folder.parent / "t.jsonl")
    other.close()


class Shop(SimpleHTTPRequestHandler):
    """Serves a folder and counts what is asked."""

    asked: list[str] = []  # noqa: RUF012  of the one server of a test

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def shop_url(tmp_path: Path) -> Iterator[str]:
    Shop.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Shop, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_addresses_are_fetched_once(
    catalog: LocalCatalog, add: partial[LoadReport], rows: list[Row], shop_url: str, tmp_path: Path
) -> None:
    for row in rows:
        row["image"] = shop_url + row["image"]
    rows[5]["image"] = shop_url + "none.jpg"
    settings = DownloadSettings(allow_hosts=frozenset({"127.0.0.1"}), delay=0, tries=1)
    report = add(rows, download=settings)
    assert counts(report) == (5, 0, 0, 5) and dict(report.set_aside) == {"image: HTTP 404": 1}
    pictures = [catalog.picture(product) for product in catalog.get([row["id"] for row in rows[:5]])]
    sources = [tmp_path / row["image"].removeprefix(shop_url) for row in rows[:5]]
    assert [p and p.read_bytes() for p in pictures] == [source.read_bytes() for source in sources]
    assert not (catalog.folder / "images" / ".aside").exists()
    Shop.asked.clear()
    assert counts(add(rows[:5], download=settings)) == (0, 0, 5, 0)
    assert Shop.asked == []
    draw_picture(sources[1], 0.9)
    assert counts(add(rows[:5], download=settings, refetch=True)) == (0, 1, 4, 1)


def test_private_addresses_are_refused(add: partial[LoadReport], rows: list[Row], shop_url: str) -> None:
    rows[0]["image"] = shop_url + rows[0]["image"]
    assert dict(add(rows[:1]).set_aside) == {"image: address refused": 1}
    assert Shop.asked == []


def test_a_dataset_s_features_are_used_and_kept(model_folder: Path, dataset: Dataset, tmp_path: Path) -> None:
    model = Model(model_folder)
    gone = dataset.folder / dataset.products["image"][5]
    gone.unlink()
    report = build_catalog(model, dataset, tmp_path / "catalog")
    assert counts(report) == (23, 0, 0, 23)
    assert [(row.number, row.id) for row in report.first] == [(6, dataset.products["id"][5])]
    segment = next(dataset.folder.glob("features/*/products/*/keys.bin"))
    kept = segment.read_bytes()
    changed = dataset.folder / dataset.products["image"][0]
    shutil.copyfile(dataset.folder / dataset.products["image"][1], changed.with_suffix(".new"))
    changed.with_suffix(".new").replace(changed)
    again = build_catalog(model, dataset, tmp_path / "other")
    assert again.set_aside == {"image: changed since the import": 1, "image: not a good picture": 1}
    assert segment.read_bytes() == kept
    with pytest.raises(UsageError, match="is a dataset, whose columns are known; --column"):
        build_catalog(model, dataset, tmp_path / "third", options=LoadOptions(TableOptions({"id": "sku"})))


def test_a_place_that_is_taken(rows: list[Row], bundled: Model, tmp_path: Path) -> None:
    table, out = write_csv(tmp_path / "t.csv", rows), tmp_path / "built"
    build_catalog(bundled, table, out)
    with pytest.raises(UsageError, match="exists already; choose another place, or pass --overwrite to replace it"):
        build_catalog(bundled, table, out)
    reader = LocalCatalog(out)
    with reader.changing(), pytest.raises(CatalogError, match="is being written by another process"):
        build_catalog(bundled, table, out, overwrite=True)
    reader.close()
    write_csv(table, rows[:2])
    assert build_catalog(bundled, table, out, overwrite=True).added == 2
    other = another_model(bundled, tmp_path / "other", "p000", 0.5)
    with pytest.raises(UsageError, match="expected a dataset folder or a table, and there is nothing"):
        build_catalog(other, tmp_path / "none.csv", tmp_path / "built2")
    assert not (tmp_path / "built2").exists()
