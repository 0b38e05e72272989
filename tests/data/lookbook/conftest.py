"""Generated looks of both domains, and the looks behind them drawn again."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.domains import DOMAINS, Domain
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.looks import Product, draw_look, draw_products, identifier, stream
from scenefit.data.lookbook.report import LookbookReport

SCENES, PRODUCTS, SEED = 50, 20, 3


class Drawn(NamedTuple):
    """A dataset of generated looks, the report on it, its products, and what is worn in each scene by its id."""

    folder: Path
    report: LookbookReport
    told: list[tuple[str, int, int]]
    products: dict[str, Product]
    worn: dict[str, dict[str, Product]]

    def open(self) -> Dataset:
        return Dataset.open(self.folder)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """50 scenes a domain, 20 products a category, seed 3; read it only."""
    folder, told = tmp_path_factory.mktemp("lookbook") / "looks", []
    report = write_lookbook(
        folder, ("fashion", "home"), SCENES, PRODUCTS, SEED, progress=lambda *progress: told.append(progress)
    )
    products: dict[str, Product] = {}
    worn: dict[str, dict[str, Product]] = {}
    for domain in DOMAINS.values():
        catalog = draw_products(domain, PRODUCTS, SEED)
        products.update({product.id: product for sold in catalog.values() for product in sold})
        for i in range(SCENES):
            look = draw_look(domain, catalog, stream(SEED, "scene", domain.name, i))
            worn[identifier(SEED, "scene", domain.name, i)] = look
    return Drawn(folder, report, told, products, worn)


@pytest.fixture(params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> Domain:
    """Each domain."""
    return DOMAINS[request.param]
