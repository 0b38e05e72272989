"""Fixtures of the data tests: a few drawn records to spoil, and datasets sealed again after tampering."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_looks import write_looks

from scenefit import artifacts
from scenefit.data.dataset import MANIFEST, TABLES, Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.stl import import_stl
from scenefit.data.tables import write_table


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Records, categories and pictures of 8 drawn scenes and 2 x 4 products, to be changed at will."""
    folder = tmp_path / "source"
    write_looks(folder, scenes=8, products=4)
    return folder


@pytest.fixture
def records(source: Path) -> list[Any]:
    """The 16 records of `source`."""
    return [json.loads(line) for line in (source / "records.json").read_text().splitlines()]


@pytest.fixture
def categories(source: Path) -> dict[str, Any]:
    """The category file of `source`: 8 products."""
    return dict(json.loads((source / "categories.json").read_text()))


@pytest.fixture
def picture(source: Path) -> Callable[[str], Path]:
    """Find a picture of `source` by its signature."""
    return lambda signature: source / "images" / f"{signature}.jpg"


@pytest.fixture
def run_import(source: Path) -> Callable[..., ImportReport]:
    """Import `source`, with other records or categories where they are given."""

    def run(out: Path, records: list[Any] | None = None, categories: Any = None, **options: Any) -> ImportReport:
        if records is not None:
            lines = (record if isinstance(record, str) else json.dumps(record) for record in records)
            (source / "records.json").write_text("".join(line + "\n" for line in lines))
        if categories is not None:
            (source / "categories.json").write_text(json.dumps(categories))
        return import_stl(source / "records.json", source / "categories.json", source / "images", out, **options)

    return run


@pytest.fixture
def tamper(dataset: Dataset) -> Callable[..., Path]:
    """Change cells or whole columns of a table of `dataset` and seal it again as if nothing had happened."""

    def change(name: str, **columns: Any) -> Path:
        file = f"{name}.parquet"
        table = {column: np.array(values, object) for column, values in getattr(dataset, name).items()}
        for column, change in columns.items():
            for row, value in change.items():
                table[column][row] = value
        write_table(dataset.folder / file, table, TABLES[file])
        artifacts.seal(dataset.folder, MANIFEST, "dataset", list(TABLES), {}, {})
        return dataset.folder

    return change
