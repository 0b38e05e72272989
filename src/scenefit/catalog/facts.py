"""What a catalog holds, in figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from scenefit.catalog.local import schema
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.pictures import Pictures
from scenefit.catalog.stores import Store


@dataclass(frozen=True)
class Served:
    """A model of a catalog folder; `waiting` products have no vector of it."""

    fingerprint: str
    role: str
    waiting: int


@dataclass(frozen=True)
class Facts:
    """What a catalog holds.

    Attributes:
        counts: of each category.
        in_stock: of all products.
        prices: the lowest and the highest of each currency; that of products without one is empty.
        model: the fingerprint of the active one.
        models: of a folder: "active", "previous", "unfinished".
        bytes: of a folder: "database", "pictures", "models".
    """

    counts: Mapping[str, int]
    in_stock: int
    prices: Mapping[str, tuple[float, float]]
    model: str
    models: list[Served] = field(default_factory=list)
    bytes: Mapping[str, int] = field(default_factory=dict)


def facts(catalog: Store) -> Facts:
    """Look through a catalog; one on a server is read once through."""
    if isinstance(catalog, LocalCatalog):
        return _local(catalog)
    in_stock, prices = 0, dict[str, tuple[float, float]]()
    for products, _ in catalog.scan():
        in_stock += sum(product.in_stock for product in products)
        for product in products:
            if (price := product.price) is not None:
                low, high = prices.get(product.currency or "", (price, price))
                prices[product.currency or ""] = min(low, price), max(high, price)
    return Facts(catalog.counts(), in_stock, prices, catalog.model)


def _local(catalog: LocalCatalog) -> Facts:
    with closing(schema.connect(catalog.folder)) as file, schema.reading(file):
        (in_stock,) = file.execute("SELECT coalesce(sum(in_stock), 0) FROM products").fetchone()
        prices = file.execute(
            "SELECT coalesce(currency, ''), min(price), max(price) FROM products WHERE price IS NOT NULL GROUP BY 1"
        ).fetchall()
        known = schema.meta(file)
        models = []
        for number, mark in file.execute("SELECT number, fingerprint FROM models ORDER BY number").fetchall():
            role = next((name for name in ("active", "previous") if known.get(name) == str(number)), "unfinished")
            statement = f"SELECT count(*) FROM products WHERE row NOT IN (SELECT row FROM vectors_{number:d})"  # noqa: S608
            models.append(Served(mark, role, int(file.execute(statement).fetchone()[0])))
    return Facts(
        catalog.counts(),
        int(in_stock),
        {currency: (low, high) for currency, low, high in prices},
        catalog.model,
        models,
        _sizes(catalog),
    )


def _sizes(catalog: LocalCatalog) -> dict[str, int]:
    def add(paths: Iterable[Path]) -> int:
        return sum(path.stat().st_size for path in paths if path.is_file())

    return {
        "database": add(catalog.folder.glob(f"{schema.FILE}*")),
        "pictures": Pictures(catalog.folder).size(),
        "models": add((catalog.folder / "models").rglob("*")),
    }
