"""Products that stay in memory: no more than there is room for, and never as they were before a change."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from scenefit.catalog.local import details, models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.stores import Query
from scenefit.model.folder import Model
from scenefit.types import Product


def test_what_is_remembered_is_bounded_and_follows_changes(
    tmp_path: Path, bundled: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(details, "REMEMBERED", 3)
    models.create(tmp_path / "catalog", bundled)
    size = bundled.embedding_size + 1
    vectors = np.random.default_rng(0).normal(size=(8, size)).astype(np.float32)
    products = [Product(f"p{number}", "Bags", price=number) for number in range(8)]
    with closing(LocalCatalog(tmp_path / "catalog")) as catalog:
        catalog.upsert(products, vectors)
        for k in (3, 8, 2):
            found = catalog.search(Query("Bags", vectors[0], k)).products
            assert len(found) == k and all(product == products[int(product.id[1:])] for product in found)
            assert len(catalog._details._known) == (0 if k == 8 else k)
        best = found[0]
        catalog.upsert([Product(best.id, "Bags", price=99)], vectors[[int(best.id[1:])]])
        assert catalog.search(Query("Bags", vectors[0], 1)).products[0].price == 99
