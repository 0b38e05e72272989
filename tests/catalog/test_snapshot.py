"""Shelves that are kept as SQLite says, and the file from which they are read fast."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from plain_store import PlainStore

from scenefit.catalog.local import models, schema, snapshot
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.shelves import Shelves
from scenefit.catalog.stores import Query
from scenefit.model.folder import Model
from scenefit.types import Floats, Product

COUNT = 120


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small catalogs get the file too."""
    monkeypatch.setattr(snapshot, "LEAST", 1)


@pytest.fixture
def folder(tmp_path: Path, bundled: Model) -> Path:
    models.create(tmp_path / "catalog", bundled)
    return tmp_path / "catalog"


@pytest.fixture
def plain(bundled: Model) -> PlainStore:
    return PlainStore(bundled.embedding_size + 1, bundled.fingerprint)


def products(names: Iterator[int] | range) -> list[Product]:
    return [Product(f"p{i}", "Bags" if i % 3 else "Shoes", price=float(i)) for i in names]


def drawn(count: int, size: int, seed: int = 0) -> Floats:
    """Draw vectors of which half have no prior, and some are equal."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, size)).astype(np.float32)
    vectors[rng.random(count) < 0.5, -1] = 0
    vectors[1::5] = vectors[:1]
    return vectors


def fill(plain: PlainStore, folder: Path) -> None:
    """Write the same to both, and close the folder, which leaves the file."""
    catalog = LocalCatalog(folder)
    for each in (plain, catalog):
        each.upsert(products(range(COUNT)), drawn(COUNT, plain.dimensions))
    catalog.close()


def change(plain: PlainStore, catalog: LocalCatalog, seed: int) -> None:
    """Replace, add and delete some: some get a prior, some lose theirs, some change their category."""
    rng = np.random.default_rng(seed)
    some = sorted({int(i) for i in rng.integers(0, 2 * COUNT, 30)})
    changed = [Product(f"p{i}", ("Hats", "Bags", "Shoes")[int(rng.integers(3))]) for i in some]
    gone = [f"p{int(i)}" for i in rng.integers(0, 2 * COUNT, 20)]
    for each in (plain, catalog):
        each.upsert(changed, drawn(len(some), plain.dimensions, seed))
        each.delete(gone)


def agree(plain: PlainStore, catalog: LocalCatalog) -> None:
    assert catalog.counts() == plain.counts()
    ids = sorted(plain.products)
    assert (catalog.vectors(ids) == plain.vectors(ids)).all()
    rng = np.random.default_rng(1)
    for category in plain.counts():
        for k in (1, 7, 1000):
            query = Query(category, rng.normal(size=plain.dimensions).astype(np.float32), k)
            expected, found = plain.search(query), catalog.search(query)
            assert [each.id for each in found.products] == [each.id for each in expected.products]
            assert found.scores == pytest.approx(expected.scores)
            assert (found.vectors == expected.vectors).all()


def loaded(folder: Path) -> Shelves | None:
    connection = schema.connect(folder)
    try:
        return snapshot.load(folder, connection, 1, 129)
    finally:
        connection.close()


def test_what_closing_left_is_what_was_there(folder: Path, plain: PlainStore) -> None:
    fill(plain, folder)
    shelves = loaded(folder)
    assert shelves is not None and shelves.counts() == plain.counts()
    reader = LocalCatalog(folder)
    agree(plain, reader)
    reader.close()


def test_later_changes_are_taken_up(folder: Path, plain: PlainStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(plain, folder)
    monkeypatch.setattr(snapshot, "STALE", 10)  # what follows does not renew the file
    old = (folder / snapshot.FILE).read_bytes()
    reader = LocalCatalog(folder)
    for seed in range(8):
        writer = LocalCatalog(folder)
        change(plain, writer, seed)
        agree(plain, writer)
        writer.close()
        agree(plain, reader)
    assert (folder / snapshot.FILE).read_bytes() == old
    fresh = LocalCatalog(folder)
    agree(plain, fresh)
    for each in (reader, fresh):
        each.close()


def test_only_much_change_renews_it(folder: Path, plain: PlainStore) -> None:
    fill(plain, folder)
    old = (folder / snapshot.FILE).read_bytes()
    for count, renewed in ((0, False), (2, False), (5, True)):
        catalog = LocalCatalog(folder)
        catalog.upsert(products(range(count)), drawn(count, plain.dimensions))
        catalog.close()
        assert ((folder / snapshot.FILE).read_bytes() != old) == renewed


def test_one_of_another_state_is_not_taken(folder: Path, plain: PlainStore, tmp_path: Path) -> None:
    fill(plain, folder)
    shutil.copytree(folder, tmp_path / "backup")
    catalog = LocalCatalog(folder)
    catalog.delete([f"p{i}" for i in range(COUNT // 2)])
    catalog.close()  # the file is renewed
    shutil.copyfile(tmp_path / "backup" / "catalog.sqlite", folder / "catalog.sqlite")
    assert loaded(folder) is None
    reader = LocalCatalog(folder)
    agree(plain, reader)
    reader.close()


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_one_that_is_cut_short_is_not_taken(folder: Path, plain: PlainStore, keep: int) -> None:
    fill(plain, folder)
    path = folder / snapshot.FILE
    path.write_bytes(path.read_bytes()[:keep])
    assert loaded(folder) is None
    reader = LocalCatalog(folder)
    agree(plain, reader)
    reader.close()


def test_none_is_written_where_there_is_no_room(
    folder: Path, plain: PlainStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "written_file", full)
    fill(plain, folder)
    assert not (folder / snapshot.FILE).exists()
    reader = LocalCatalog(folder)
    agree(plain, reader)
    reader.close()


def test_what_a_killed_process_left_is_removed(folder: Path, plain: PlainStore) -> None:
    (folder / f".{snapshot.FILE}.123.partial").write_bytes(b"half")
    fill(plain, folder)
    assert [path.name for path in folder.glob(f"*{snapshot.FILE}*")] == [snapshot.FILE]
