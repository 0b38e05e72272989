"""The page on any vector database: its code runs, and finds what scenefit finds."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.catalog.filters.parse import parse_filter
from scenefit.catalog.stores import Query

PAGE = Path(__file__).parents[2] / "docs" / "any-engine.md"


def test_the_code_of_the_page_finds_what_scenefit_finds(
    catalog_folder: Path, looks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(catalog_folder, tmp_path / "catalog")
    shutil.copyfile(min((looks / "images").iterdir()), tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)
    where = parse_filter("in_stock", names["catalog"].columns())
    hits = names["catalog"].search(Query("Shoes", names["query"], 5, where))
    expected = [product.id for product in hits.products]
    assert len(expected) == 5
    assert [name for name, _ in names["found"]] == names["best"] == expected
    np.testing.assert_allclose([score for _, score in names["found"]], hits.scores, rtol=1e-12)
    names["catalog"].close()
