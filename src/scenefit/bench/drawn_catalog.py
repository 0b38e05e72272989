"""A catalog folder of any size with drawn products: what a search reads, without a picture."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from scenefit import artifacts
from scenefit.catalog.local import models, schema
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import UsageError
from scenefit.model.folder import Model
from scenefit.types import Array, Floats, Product, Progress, silent

CHUNK = 50_000
CLUSTERS, SPREAD = 300, 0.8
"""Of a category, and how far its products lie from their centre, as a share of the centre's length."""
LENGTHS, WITH_PRIOR = (1.2, 0.4), 0.08
"""Of the logarithm of a vector's length, mean and deviation; and the share of products that a training has seen."""
PRICES = (5.0, 505.0)
SIZES = "drawn.json"


@dataclass(frozen=True)
class DrawnCatalog:
    """N products in K categories; vectors of d + 1 numbers: clustered, of uneven length, mostly without a prior."""

    products: int
    categories: int
    dimensions: int

    def __post_init__(self) -> None:
        if self.products < self.categories:
            raise UsageError(f"got {self.products} products in {self.categories} categories; each needs one: draw more")

    def name(self, category: int) -> str:
        """Name a category."""
        return f"category-{category}"

    def make(self, folder: Path, model: Model, progress: Progress = silent) -> None:
        """Write the catalog, once: one of the same sizes that is there is kept.

        Raises:
            UsageError: something else is there.
        """
        if (sizes := folder / SIZES).is_file():
            if json.loads(sizes.read_text("utf-8")) != asdict(self):
                raise UsageError(f"{folder} holds drawn products of other sizes; choose another --dir, or remove it")
            return
        models.create(folder, model)
        with closing(schema.connect(folder)) as connection:
            self._fill(connection, progress)
        with closing(LocalCatalog(folder)) as catalog, catalog.changing():
            progress("closing", 1, 1)  # as whoever has written a catalog does, which leaves the snapshot
        artifacts.write_json(sizes, asdict(self))

    def _fill(self, connection: sqlite3.Connection, progress: Progress) -> None:
        connection.execute("UPDATE models SET dimensions = ?", (self.dimensions,))
        connection.execute("INSERT INTO attributes VALUES ('brand', 'text')")
        connection.execute("PRAGMA synchronous = OFF")  # nothing here is worth a wait for the disk
        columns = (*schema.FIELDS, "added", "updated", "version")
        statement = f"INSERT INTO products ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
        for start in range(0, self.products, CHUNK):
            end = min(start + CHUNK, self.products)
            drawn, vectors = self.draw(start, end)
            with schema.writing(connection):
                moment, version = schema.now(), schema.next_version(connection)
                connection.executemany(statement, ((*schema.as_row(each), moment, moment, version) for each in drawn))
                connection.executemany("INSERT INTO vectors_1 VALUES (?, ?, ?)", self._blobs(start, vectors))
            progress("drawing products", end, self.products)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _blobs(self, start: int, vectors: Array) -> Iterator[tuple[int, str, bytes]]:
        for row, vector in enumerate(vectors, start):
            yield row + 1, self.name(row % self.categories), vector.tobytes()

    def draw(self, start: int, end: int) -> tuple[list[Product], Array]:
        """Draw the products from `start` to `end`, with vectors of shape (n, d + 1), float16."""
        rng = np.random.default_rng([start, self.dimensions])
        prices = rng.uniform(*PRICES, end - start).round(2).tolist()
        drawn = [
            Product(
                f"product-{row}",
                self.name(row % self.categories),
                title=f"Product {row}",
                price=price,
                currency="EUR",
                in_stock=row % 20 != 0,
                url=f"https://shop.example/{row}",
                attributes={"brand": f"brand-{row % 97}"},
            )
            for row, price in enumerate(prices, start)
        ]
        return drawn, self._vectors(np.arange(start, end) % self.categories, rng)

    def _vectors(self, category: Array, rng: np.random.Generator) -> Array:
        units = self._units(category, rng)
        units *= rng.lognormal(*LENGTHS, (len(category), 1)).astype(np.float32)
        prior = np.where(rng.random(len(category)) < WITH_PRIOR, rng.exponential(1, len(category)), 0)
        return np.column_stack([units, prior]).astype(np.float16)

    def _units(self, category: Array, rng: np.random.Generator) -> Floats:
        d = self.dimensions - 1
        near = _centres(self.categories, d)[category, rng.integers(CLUSTERS, size=len(category))]
        near += SPREAD * rng.standard_normal(near.shape, np.float32)
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        return near

    def queries(self, category: int, count: int, seed: int = 0) -> Floats:
        """Draw queries of a category, shape (count, d + 1): of length 2, with the prior's full weight."""
        rng = np.random.default_rng([seed, category])
        units = self._units(np.full(count, category), rng)
        return np.column_stack([2 * units, np.ones(count)]).astype(np.float32)


@cache
def _centres(categories: int, d: int) -> Floats:
    return np.random.default_rng(d).standard_normal((categories, CLUSTERS, d), np.float32)


def sizes_of(folder: Path) -> DrawnCatalog:
    """Read the sizes of a drawn catalog."""
    found: dict[str, Any] = json.loads((folder / SIZES).read_text("utf-8"))
    return DrawnCatalog(**found)
