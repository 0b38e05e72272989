"""Checking a dataset folder: counts, pictures that are missing or broken, leaks between the splits."""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.data.images import inspect
from scenefit.data.removal import remove_products
from scenefit.data.splits import SPLITS
from scenefit.errors import ImageError
from scenefit.types import Progress, silent


@dataclass(frozen=True)
class CheckReport:
    """What `data check` found; `faults` lists (image path, reason)."""

    counts: dict[str, dict[str, int]]
    categories: dict[str, dict[str, int]]
    faults: list[tuple[str, str]]
    removed_too_much: int
    pairs_without_box: int
    shared_products: dict[str, int]
    shared_scene_images: dict[str, int]
    scene_is_product: int
    boxes_with_several_products: int

    @property
    def sound(self) -> bool:
        """Whether every picture is there and whole, and no scene's picture stands in two splits."""
        return not self.faults and not any(self.shared_scene_images.values())

    def as_json(self) -> dict[str, Any]:
        """Give the report for `--json`."""
        faults = [{"image": image, "reason": reason} for image, reason in self.faults]
        return {**vars(self), "faults": faults, "sound": self.sound}


def check_dataset(dataset: Dataset, progress: Progress = silent, *, pictures: bool = True) -> CheckReport:
    """Check a dataset; `pictures`: every one is decoded and compared with the content hash in its table."""
    pairs = dataset.pairs
    contents = dataset.scenes["content"][dataset.pair_scene]
    boxed = ~np.isnan(dataset.boxes[:, 0])
    boxes = zip(pairs["scene"][boxed].tolist(), map(tuple, dataset.boxes[boxed].tolist()), strict=True)
    return CheckReport(
        counts={split: _counts(dataset, pairs["split"] == split) for split in SPLITS}
        | {"all": _counts(dataset, np.ones(len(pairs["split"]), np.bool_))},
        categories={name: _category(dataset, i, name) for i, name in enumerate(dataset.categories)},
        faults=_faults(dataset, progress) if pictures else [],
        removed_too_much=int((~remove_products(dataset.boxes)[1]).sum()),
        pairs_without_box=int((~boxed).sum()),
        shared_products=_shared(pairs["split"], pairs["product"]),
        shared_scene_images=_shared(pairs["split"], contents),
        scene_is_product=len(set(dataset.scenes["content"]) & set(dataset.products["content"])),
        boxes_with_several_products=sum(n > 1 for n in _count(boxes).values()),
    )


def _counts(dataset: Dataset, rows: Any) -> dict[str, int]:
    pairs = dataset.pairs
    return {
        "pairs": int(rows.sum()),
        "scenes": len(set(pairs["scene"][rows])),
        "products": len(set(pairs["product"][rows])),
    }


def _category(dataset: Dataset, code: int, name: str) -> dict[str, int]:
    return {
        "products": int((dataset.product_category == code).sum()),
        "pairs": int((dataset.pairs["category"] == name).sum()),
    }


def _count(values: Iterable[Any]) -> dict[Any, int]:
    counts: dict[Any, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return counts


def _shared(splits: Any, values: Any) -> dict[str, int]:
    """Count the distinct values that two splits have in common."""
    sets = {split: set(values[splits == split]) for split in SPLITS}
    return {f"{a}/{b}": len(sets[a] & sets[b]) for a, b in itertools.combinations(SPLITS, 2)}


def _faults(dataset: Dataset, progress: Progress) -> list[tuple[str, str]]:
    images = [
        pair
        for table in (dataset.scenes, dataset.products)
        for pair in zip(table["image"].tolist(), table["content"].tolist(), strict=True)
    ]
    faults = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = pool.map(lambda pair: _fault(dataset, *pair), images)
        for done, fault in enumerate(found, 1):
            if fault:
                faults.append((images[done - 1][0], fault))
            progress("checking pictures", done, len(images))
    return faults


def _fault(dataset: Dataset, image: str, content: str) -> str | None:
    try:
        facts = inspect(dataset.folder / image)
    except ImageError as error:
        return str(error)
    return None if facts.content == content else "changed since the import: another content hash"
