"""A small drawn shop: pictures of products, and the table that lists them."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from drawn_looks import colour, draw_product

from scenefit import artifacts
from scenefit.data.tables import write_table
from scenefit.model.folder import SEALED, Model
from scenefit.model.seen_products import PRIOR, SEEN, SEEN_FILE

Row = dict[str, Any]


def draw_picture(path: Path, hue: float, category: str = "Shoes") -> Path:
    """Draw a product's picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_product("Pants" if category == "Trousers" else category, colour(hue)).save(path)
    return path


def draw_shop(folder: Path, products: int) -> list[Row]:
    """Draw shoes and trousers into a folder; give the rows of their table."""
    rows = []
    for i in range(products):
        category = "Shoes" if i % 2 else "Trousers"
        draw_picture(folder / "photos" / f"{i}.{'png' if i % 3 else 'jpg'}", i / products, category)
        image = f"photos/{i}.{'png' if i % 3 else 'jpg'}"
        rows.append(
            {"id": f"p{i:03}", "category": category, "image": image, "price": 10.5 + i, "brand": f"brand {i % 3}"}
        )
    return rows


def write_csv(path: Path, rows: list[Row]) -> Path:
    """Write rows as CSV, with the columns of all of them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: list[Row]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def another_model(model: Model, folder: Path, prior_of: str, prior: float) -> Model:
    """Copy a model; the copy has seen one product, which has a prior, and another fingerprint."""
    shutil.copytree(model.folder, folder)
    seen = {"id": np.array([prior_of], object), "content": np.array(["0" * 64], object), "prior": np.array([prior])}
    (folder / SEEN_FILE).unlink()
    write_table(folder / SEEN_FILE, seen, SEEN | PRIOR)
    body = {k: v for k, v in model.about.items() if k not in ("kind", "format", "fingerprint", "parents", "files")}
    files = [name for name in SEALED if name in model.about["files"]]
    artifacts.seal(folder, "config.json", "model", files, model.about["parents"], body)
    return Model(folder)
