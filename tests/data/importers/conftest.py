"""Pictures and files made on the spot for the importers to read."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.table import import_table

Rows = list[dict[str, Any]]
BOX = {"left": 0.25, "top": 0.5, "right": 0.75, "bottom": 1}


def draw(path: Path, size: tuple[int, int] = (60, 40)) -> Path:
    """Write a picture of noise, the same for the same file name."""
    seed = int(hashlib.sha256(path.name.encode()).hexdigest()[:8], 16)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def read_rejected(out: Path, report: ImportReport) -> list[dict[str, Any]]:
    """Read rejected.jsonl; its reasons are counted alike in the report and the manifest."""
    rejected = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    counted = Counter(line["reason"] for line in rejected)
    assert counted == report.rejected == Dataset.open(out).about["rejected"]
    return rejected


def read_missing(out: Path) -> dict[str, str]:
    """Read missing.jsonl as id -> url."""
    lines = [json.loads(line) for line in (out / "missing.jsonl").read_text().splitlines()]
    assert all(set(line) == {"id", "url"} for line in lines)
    return {line["id"]: line["url"] for line in lines}


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    """A shop's table: six scenes, four boots, three hats, of which one is in no scene; photos/ beside it."""
    photos = tmp_path / "photos"
    for name in (
        *(f"looks/{n}.jpg" for n in range(6)),
        *(f"boot{n}.png" for n in range(4)),
        *(f"hat{n}.jpg" for n in range(3)),
    ):
        draw(photos / name)
    table: Rows = []
    for n in range(6):
        boot = {"scene": f"looks/{n}.jpg", "product": f"boot{n % 4}.png", "category": "Shoes", **BOX}
        table.append({**boot, "product_id": f"B-{n % 4}", "title": f"Boot {n % 4}", "price": 19.5 + n % 4})
    table += [{"scene": f"looks/{n}.jpg", "product": f"hat{n}.jpg", "category": "Hats"} for n in range(2)]
    table.append({"scene": "", "product": "hat2.jpg", "category": "Hats", "in_stock": "no"})
    return table


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as CSV."""

    def write(rows: Sequence[dict[str, Any]], name: str = "table.csv", **form: Any) -> Path:
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (tmp_path / name).open("w", newline="", encoding=form.pop("encoding", "utf-8")) as file:
            writer = csv.DictWriter(file, columns, **form)
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / name

    return write


@pytest.fixture
def run_table(write_csv: Callable[..., Path], tmp_path: Path) -> Callable[..., ImportReport]:
    """Import rows as a CSV table with photos/ into out/."""

    def run(rows: Sequence[dict[str, Any]], **options: Any) -> ImportReport:
        folders = options.pop("images", [tmp_path / "photos"])
        return import_table(write_csv(rows), folders, options.pop("out", tmp_path / "out"), **options)

    return run
