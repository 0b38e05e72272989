"""The truth about generated looks: how well every product of a pair's category goes with its scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.data.images import ImageFacts
from scenefit.data.lookbook.domains import Domain
from scenefit.data.lookbook.looks import Product, oracle_scores
from scenefit.data.lookbook.style import COMPATIBLE
from scenefit.data.tables import TRUTH, read_table
from scenefit.errors import DataError
from scenefit.types import Array, Box, Ints, Table

TRUTH_FILE = "truth.parquet"


@dataclass(frozen=True)
class Scene:
    """A drawn scene: its picture, what is worn and where, and the anchor of each category that makes a pair."""

    id: str
    image: str
    facts: ImageFacts
    domain: Domain
    worn: Mapping[str, Product]
    boxes: Mapping[str, Box]
    pairs: Mapping[str, str]


def truth_table(scenes: Iterable[Scene], products: Mapping[str, Sequence[Product]]) -> Table:
    """Score every product of a category against every scene with a pair of it.

    Args:
        scenes: the scenes, in the order of the rows.
        products: the products of each category, in the order of the rows.

    Returns:
        the columns of `tables.TRUTH`.

    """
    ids = {category: np.array([product.id for product in sold], object) for category, sold in products.items()}
    columns: dict[str, list[Array]] = {name: [] for name in TRUTH}
    for scene in scenes:
        for category, anchor in sorted(scene.pairs.items()):
            scores = oracle_scores(scene.domain, scene.worn[anchor], products[category])
            columns["product"].append(ids[category])
            columns["score"].append(scores)
            columns["compatible"].append(scores >= COMPATIBLE)
            same = {"scene": scene.id, "category": category, "anchor": anchor, **vars(scene.boxes[anchor])}
            for name, value in same.items():
                columns[name].append(np.full(len(scores), value, object if isinstance(value, str) else np.float64))
    return {name: np.concatenate(parts) for name, parts in columns.items()}


def read_truth(dataset: Dataset, pairs: Ints) -> Table:
    """Read the truth about the scenes of some pairs of generated looks; that of all may not fit into memory.

    One row for each scene, category that it has a pair of, and product of the category: `score` in [0, 1] is how well
    the product goes with the item that decides, `compatible` whether that is at least `style.COMPATIBLE`, `anchor` the
    category of the item that decides, and left, top, right, bottom its box in the scene.

    Args:
        dataset: the looks.
        pairs: shape (N,), int64, rows of their pairs.

    Raises:
        DataError: the dataset has none, as all that `write_lookbook` did not make; or it cannot be read.

    """
    if TRUTH_FILE not in dataset.about["files"]:
        raise DataError(
            f"{dataset.folder} lists no {TRUTH_FILE}; expected generated looks, as 'scenefit data lookbook' makes them"
        )
    scenes = dataset.scenes["id"][np.unique(dataset.pair_scene[pairs])]
    return read_table(dataset.folder / TRUTH_FILE, TRUTH, ("scene", scenes))


def deciding_regions(truth: Table) -> dict[tuple[str, str], Box]:
    """Give the box of the item that decides, by (scene, category), from what `read_truth` gives."""
    columns = (truth[name].tolist() for name in ("scene", "category", "left", "top", "right", "bottom"))
    sides = {(scene, category): box for scene, category, *box in zip(*columns, strict=True)}  # alike in all its rows
    return {key: Box(*box) for key, box in sides.items()}
