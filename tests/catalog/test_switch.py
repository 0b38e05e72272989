"""Another model for a catalog: made beside the old one, served in one step, taken back; refused where pictures lack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from drawn_shop import another_model, draw_shop, write_csv

from scenefit.catalog.facts import facts
from scenefit.catalog.loading.build import add_products, build_catalog
from scenefit.catalog.loading.switch import rollback, switch
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import CatalogError, UsageError
from scenefit.model.folder import Model
from scenefit.types import Product

PRODUCTS = 6
IDS = [f"p{i:03}" for i in range(PRODUCTS)]


@pytest.fixture
def catalog(tmp_path: Path, bundled: Model) -> Iterator[LocalCatalog]:
    """A catalog of a drawn shop."""
    build_catalog(bundled, write_csv(tmp_path / "t.csv", draw_shop(tmp_path, PRODUCTS)), tmp_path / "catalog")
    opened = LocalCatalog(tmp_path / "catalog")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path, bundled: Model) -> Model:
    """A model that gives the first product a prior."""
    return another_model(bundled, tmp_path / "other", IDS[0], 0.5)


def lose_a_picture(catalog: LocalCatalog, id_: str) -> None:
    picture = catalog.picture(catalog.get([id_])[0])
    assert picture is not None
    picture.unlink()


def test_the_new_model_serves_and_the_old_one_again(catalog: LocalCatalog, other: Model, bundled: Model) -> None:
    reader = LocalCatalog(catalog.folder)
    old = catalog.vectors(IDS)
    report = switch(catalog, other)
    assert (report.model, report.embedded, report.dropped) == (other.fingerprint, PRODUCTS, [])
    for store in (catalog, reader):
        assert store.model == other.fingerprint == Model(store.model_folder).fingerprint
        new = store.vectors(IDS)
        np.testing.assert_allclose(new[:, :-1], old[:, :-1], atol=2e-3)
        assert new[:, -1].tolist() == [0.5, 0, 0, 0, 0, 0]
    assert rollback(catalog).embedded == 0
    assert reader.model == bundled.fingerprint
    np.testing.assert_array_equal(reader.vectors(IDS), old)
    reader.close()


def test_a_rollback_first_makes_what_the_old_model_lacks(
    catalog: LocalCatalog, other: Model, bundled: Model, tmp_path: Path
) -> None:
    switch(catalog, other)
    rows = draw_shop(tmp_path, PRODUCTS + 2)
    add_products(catalog, other, write_csv(tmp_path / "t.csv", rows))
    waiting = {one.role: one.waiting for one in facts(catalog).models}
    assert waiting["active"] == 0 and waiting["previous"] >= 2
    assert rollback(catalog).embedded == waiting["previous"]
    assert catalog.model == bundled.fingerprint and sum(catalog.counts().values()) == PRODUCTS + 2


def test_a_killed_switch_goes_on(catalog: LocalCatalog, other: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    from scenefit.catalog.loading import switch as module

    monkeypatch.setattr(module, "CHUNK", 2)

    def stop(what: str, done: int, total: int) -> None:
        assert (what, total) == ("vectors of the new model", PRODUCTS)
        if done == 4:
            raise KeyboardInterrupt

    before = catalog.model
    with pytest.raises(KeyboardInterrupt):
        switch(catalog, other, progress=stop)
    assert catalog.model == before
    assert [(one.role, one.waiting) for one in facts(catalog).models] == [("active", 0), ("unfinished", 2)]
    assert switch(catalog, other).embedded == 2
    assert catalog.model == other.fingerprint


def test_pictures_that_are_gone(catalog: LocalCatalog, other: Model) -> None:
    lose_a_picture(catalog, IDS[2])
    before = catalog.model
    with pytest.raises(
        CatalogError, match=r"1 products have no good picture any more, 'p002' for one .*--drop-missing"
    ):
        switch(catalog, other)
    assert catalog.model == before and len(catalog.get(IDS)) == PRODUCTS
    listed = [json.loads(line) for line in (catalog.folder / "missing.jsonl").read_text().splitlines()]
    assert listed == [{"id": "p002", "reason": "no such picture"}]
    report = switch(catalog, other, drop_missing=True)
    assert (report.embedded, report.dropped) == (0, [("p002", "no such picture")])
    assert len(catalog.get(IDS)) == PRODUCTS - 1 and catalog.model == other.fingerprint


def test_products_that_came_with_a_vector(catalog: LocalCatalog, other: Model) -> None:
    catalog.upsert([Product("own", "Shoes")], np.ones((1, catalog.dimensions), np.float32))
    with pytest.raises(CatalogError, match="1 products came with a vector instead of a picture"):
        switch(catalog, other)
    catalog.delete(["own"])
    assert switch(catalog, other).embedded == PRODUCTS


def test_a_category_that_the_new_model_does_not_know(catalog: LocalCatalog, other: Model) -> None:
    other.categories.remove("Shoes")
    with pytest.raises(UsageError, match=r"the new model does not know the categories 'Shoes' \(3\)"):
        switch(catalog, other)


def test_models_before_the_previous_one_go(catalog: LocalCatalog, other: Model, bundled: Model, tmp_path: Path) -> None:
    third = another_model(bundled, tmp_path / "third", IDS[1], 0.25)
    switch(catalog, other)
    switch(catalog, third)
    assert [(one.role, one.fingerprint) for one in facts(catalog).models] == [
        ("previous", other.fingerprint),
        ("active", third.fingerprint),
    ]
    assert sorted(path.name for path in (catalog.folder / "models").iterdir()) == ["2", "3"]


def test_one_model_cannot_be_taken_back(catalog: LocalCatalog) -> None:
    with pytest.raises(UsageError, match="this catalog has had one model only"):
        rollback(catalog)
