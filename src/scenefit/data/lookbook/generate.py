"""Generated looks become a dataset folder, with the truth beside the tables."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scenefit import artifacts
from scenefit.data.dataset import write_dataset
from scenefit.data.images import ImageFacts
from scenefit.data.lookbook.domains import DOMAINS, Domain
from scenefit.data.lookbook.looks import NOISE, Product, catalog_photo, draw_look, draw_products, identifier, stream
from scenefit.data.lookbook.pairs import find_pairs
from scenefit.data.lookbook.report import LookbookReport, sum_up
from scenefit.data.lookbook.style import COMPATIBLE
from scenefit.data.lookbook.truth import TRUTH_FILE, Scene, truth_table
from scenefit.data.splits import assign_splits
from scenefit.data.tables import PAIRS, PRODUCTS, SCENES, TRUTH, write_table
from scenefit.errors import UsageError
from scenefit.types import Progress, Table, silent

LICENCE = "free of rights: drawn by scenefit"
QUALITY = 90
"""Of the JPEG files."""
TELL_EVERY = 10

Catalog = Mapping[str, Sequence[Product]]


def write_lookbook(
    out: Path,
    domains: Sequence[str] = ("fashion",),
    scenes: int = 400,
    products: int = 60,
    seed: int = 0,
    ratio: tuple[float, float, float] = (80, 10, 10),
    overwrite: bool = False,
    progress: Progress = silent,
) -> LookbookReport:
    """Draw looks and write them as a dataset folder with `truth.parquet`; the same arguments give the same dataset.

    Args:
        out: the dataset folder to make.
        domains: names of `DOMAINS`: fashion, home.
        scenes: how many for each domain.
        products: how many for each category.
        seed: of every draw; another seed gives other scenes and other products.
        ratio: shares of train, val and test, by scene.
        overwrite: whether to replace what stands at `out`.
        progress: told of the pictures drawn.

    Raises:
        UsageError: a domain is unknown or stands twice, there are too few scenes or products, the seed is negative,
            or `out` exists and `overwrite` is false.

    """
    _check(domains, scenes, products, seed)
    with artifacts.written_folder(out, overwrite) as folder:
        drawing = _Drawing(folder, seed, progress)
        for name in domains:
            drawing.draw(DOMAINS[name], scenes, products)
        about = {
            "name": "Generated looks",
            "source": "drawn by scenefit",
            "licence": LICENCE,
            "splits": {"ratio": list(map(float, ratio)), "seed": seed},
            "seed": seed,
            "domains": list(domains),
            "scenes_per_domain": scenes,
            "products_per_category": products,
            "compatible": COMPATIBLE,
            "noise": NOISE,
        }
        return drawing.write(ratio, about)


def _check(domains: Sequence[str], scenes: int, products: int, seed: int) -> None:
    for name in domains:
        if name not in DOMAINS:
            raise UsageError(f"got the domain {name!r}; expected one of {list(DOMAINS)}")
    if not domains or len(set(domains)) < len(domains):
        raise UsageError(f"got the domains {list(domains)}; expected one or more of {list(DOMAINS)}, each once")
    for what, got, least in (("scenes", scenes, 1), ("products", products, 2), ("seed", seed, 0)):
        if got < least:
            raise UsageError(f"got {what} = {got}; expected {least} or more")


class _Drawing:
    """Draws pictures into a folder and keeps what the tables need."""

    def __init__(self, folder: Path, seed: int, progress: Progress) -> None:
        self._folder, self._seed, self._progress = folder, seed, progress
        self._scenes: list[Scene] = []
        self._catalog: dict[str, list[Product]] = {}
        self._photos: dict[str, tuple[str, ImageFacts]] = {}
        self._set_aside: Counter[str] = Counter()

    def draw(self, domain: Domain, scenes: int, products: int) -> None:
        """Draw the products and scenes of a domain."""
        catalog = draw_products(domain, products, self._seed)
        sold = [product for category in catalog.values() for product in category]
        for product in self._told(sold, f"drawing {domain.name}: products"):
            photo = catalog_photo(domain, product, stream(self._seed, "photo", product.id))
            self._photos[product.id] = self._save(product.id, photo)
        for i in self._told(range(scenes), f"drawing {domain.name}: scenes"):
            self._scenes.append(self._draw_scene(domain, catalog, i))
        self._catalog.update(catalog)

    def _told(self, things: Sequence[Any], what: str) -> Iterator[Any]:
        for done, thing in enumerate(things, 1):
            yield thing
            if done % TELL_EVERY == 0 or done == len(things):
                self._progress(what, done, len(things))

    def _draw_scene(self, domain: Domain, catalog: Catalog, number: int) -> Scene:
        rng = stream(self._seed, "scene", domain.name, number)
        worn = draw_look(domain, catalog, rng)
        picture, boxes = domain.paint(rng, {category: product.style for category, product in worn.items()})
        pairs, set_aside = find_pairs(domain, boxes)
        self._set_aside += set_aside
        id_ = identifier(self._seed, "scene", domain.name, number)
        return Scene(id_, *self._save(id_, picture), domain, worn, boxes, pairs)

    def _save(self, id_: str, picture: Image.Image) -> tuple[str, ImageFacts]:
        """Write a picture to its place; give its path in the dataset and its facts."""
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=QUALITY)
        image = f"images/{id_[:2]}/{id_}.jpg"
        path = self._folder / image
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue())
        return image, ImageFacts(hashlib.sha256(data.getvalue()).hexdigest(), picture.width, picture.height)

    def write(self, ratio: tuple[float, float, float], about: Mapping[str, Any]) -> LookbookReport:
        """Write the tables and seal the folder."""
        scenes = sorted(self._scenes, key=lambda scene: scene.id)
        catalog = {category: sorted(sold, key=lambda p: p.id) for category, sold in sorted(self._catalog.items())}
        splits = assign_splits([scene.facts.content for scene in scenes], ratio, self._seed)
        tables = {
            "scenes.parquet": _table(SCENES, ((s.id, s.image, *vars(s.facts).values()) for s in scenes)),
            "products.parquet": self._products(catalog),
            "pairs.parquet": _pairs(scenes, splits),
        }
        truth = truth_table(scenes, catalog)
        write_table(self._folder / TRUTH_FILE, truth, TRUTH)
        counts = {name: len(tables[f"{name}.parquet"]["image"]) for name in ("scenes", "products")}
        counts = {"pairs": len(tables["pairs.parquet"]["scene"]), **counts}
        mark = write_dataset(self._folder, tables, {}, {**about, "counts": counts}, [TRUTH_FILE])
        categories = {name: sum_up(name, len(sold), scenes, truth) for name, sold in catalog.items()}
        return LookbookReport(counts, categories, dict(self._set_aside), len(truth["scene"]), mark)

    def _products(self, catalog: Catalog) -> Table:
        rows = []
        for product in sorted((p for sold in catalog.values() for p in sold), key=lambda p: p.id):
            image, facts = self._photos[product.id]
            told = (product.title, product.price, product.in_stock)
            rows.append((product.id, product.category, image, *vars(facts).values(), *told))
        return _table(PRODUCTS, rows)


def _pairs(scenes: Sequence[Scene], splits: Sequence[str]) -> Table:
    return _table(
        PAIRS,
        (
            (scene.id, scene.worn[category].id, category, *scene.boxes[category], split)
            for scene, split in zip(scenes, splits, strict=True)
            for category in sorted(scene.pairs)
        ),
    )


def _table(columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]) -> Table:
    filled = list(rows)
    return {name: np.array([row[i] for row in filled], object) for i, name in enumerate(columns)}
