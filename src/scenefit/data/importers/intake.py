"""What an importer takes in: good records become tables, bad ones are set aside, each with its reason."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.data.dataset import write_dataset
from scenefit.data.images import ImageFacts, inspect
from scenefit.data.importers.records import SIGNATURE, is_category, pair_fault, short_names
from scenefit.data.splits import assign_splits, read_splits
from scenefit.data.tables import PAIRS, PRODUCTS, SCENES
from scenefit.errors import ImageError
from scenefit.types import Progress, Table

LICENCE = "The pictures belong to their owners and are for research only; do not pass them on."
REJECTED, MISSING = "rejected.jsonl", "missing_images.txt"
Pair = tuple[str, str, tuple[float, float, float, float]]


@dataclass
class ImportReport:
    """What an import took in and what it set aside, counted by reason."""

    records: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    missing_images: int = 0
    fingerprint: str = ""


class Intake:
    """Collects what is good and sets aside what is not, each with its reason."""

    def __init__(self, categories: dict[str, Any], images: dict[str, Path]) -> None:
        self.report = ImportReport()
        self.pairs: dict[tuple[str, str], Pair] = {}
        self._lines: dict[tuple[str, str], int] = {}
        self._rejected: list[str] = []
        self._images = images
        self._facts: dict[str, ImageFacts | str] = {}
        self._categories: dict[str, str] = {}
        for product, category in categories.items():
            if not SIGNATURE.fullmatch(product):
                self._reject("category file: expected a signature of 32 hex digits", product=product)
            elif not is_category(category):
                self._reject("category file: expected a category's name", product=product)
            else:
                self._categories[product] = category

    def _reject(self, reason: str, **what: Any) -> None:
        self.report.rejected[reason] += 1
        try:
            line = json.dumps({"reason": reason, **what})
        except RecursionError:
            line = json.dumps({"reason": reason, "line": what["line"], "record": "nested too deep to be shown"})
        self._rejected.append(line + "\n")

    def take(self, number: int, record: Any) -> None:
        """Take one record, or set it aside."""
        self.report.records += 1
        fault = pair_fault(record)
        if fault is None and record["product"] not in self._categories:
            fault = "product: not in the category file"
        if fault is not None:
            return self._reject(fault, line=number, record=record)
        left, top, right, bottom = map(float, record["bbox"])
        key = (record["scene"], record["product"])
        if key in self.pairs:
            old = self.pairs[key][2]
            same = old == (left, top, right, bottom)
            self._reject(
                "the same record again" if same else "the same pair again: boxes joined",
                line=number,
                record=record,
            )
            left, top = min(left, old[0]), min(top, old[1])
            right, bottom = max(right, old[2]), max(bottom, old[3])
        self.pairs[key] = (*key, (left, top, right, bottom))
        self._lines.setdefault(key, number)
        return None

    def check_images(self, progress: Progress) -> None:
        """Decode every picture that is needed."""
        wanted = sorted({scene for scene, _ in self.pairs} | set(self._categories))
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for done, facts in enumerate(pool.map(self._inspect, wanted), 1):
                self._facts[wanted[done - 1]] = facts
                progress("checking pictures", done, len(wanted))

    def _inspect(self, signature: str) -> ImageFacts | str:
        if signature not in self._images:
            return "no picture"
        try:
            return inspect(self._images[signature])
        except ImageError as error:
            return str(error)

    def settle(self) -> None:
        """Set aside the pairs and products whose pictures are missing or broken."""
        for key in list(self.pairs):
            for side, signature in zip(("scene", "product"), key, strict=True):
                if isinstance(fault := self._facts[signature], str):
                    kind = "missing" if fault == "no picture" else "broken"
                    what = {"scene": key[0], "product": key[1], "detail": fault}
                    self._reject(f"{side}: picture {kind}", line=self._lines[key], record=what)
                    del self.pairs[key]
                    break
        paired = {product for _, product in self.pairs}
        for product in self._categories:
            fault = self._facts[product]
            if isinstance(fault, str) and fault != "no picture" and product not in paired:
                self._reject("catalog product: picture broken", product=product, detail=fault)
        self.report.missing_images = sum(fault == "no picture" for fault in self._facts.values())

    def write(self, folder: Path, splits: Path | None, ratio: tuple[float, float, float], seed: int) -> None:
        """Write the dataset, and beside it what was set aside and what has no picture."""
        scenes = sorted({scene for scene, _ in self.pairs})
        products = [p for p in sorted(self._categories) if isinstance(self._facts[p], ImageFacts)]
        names = short_names({self._categories[p] for p in products})
        contents = [self._known(scene).content for scene in scenes]
        assigned = read_splits(splits, scenes) if splits else assign_splits(contents, ratio, seed)
        split = dict(zip(scenes, assigned, strict=True))
        category = {p: names[self._categories[p]] for p in products}
        tables = {
            "scenes.parquet": self._pictured(scenes, SCENES),
            "products.parquet": self._pictured(products, PRODUCTS)
            | {"category": _column(category[p] for p in products)},
            "pairs.parquet": _pair_table(self.pairs.values(), category, split),
        }
        self.report.counts = {"pairs": len(self.pairs), "scenes": len(scenes), "products": len(products)}
        about = {
            "name": "Shop the Look",
            "source": "Kang et al. 2019, arXiv 1812.01748",
            "licence": LICENCE,
            "splits": str(splits.name) if splits else {"ratio": list(ratio), "seed": seed},
            "counts": self.report.counts,
            "rejected": dict(self.report.rejected),
            "missing_images": self.report.missing_images,
        }
        (folder / REJECTED).write_text("".join(self._rejected), "utf-8")
        missing = sorted(signature for signature, fault in self._facts.items() if fault == "no picture")
        (folder / MISSING).write_text("".join(f"{signature}\n" for signature in missing), "utf-8")
        pictures = {self._image_name(signature): self._images[signature] for signature in {*scenes, *products}}
        self.report.fingerprint = write_dataset(folder, tables, pictures, about)

    def _known(self, signature: str) -> ImageFacts:
        facts = self._facts[signature]
        assert isinstance(facts, ImageFacts)  # noqa: S101  settle() has left only these
        return facts

    def _image_name(self, signature: str) -> str:
        return f"images/{signature[:2]}/{signature}{self._images[signature].suffix.lower()}"

    def _pictured(self, ids: list[str], columns: dict[str, str]) -> Table:
        facts = [self._known(signature) for signature in ids]
        table: Table = {name: _column(None for _ in ids) for name in columns}
        return table | {
            "id": _column(ids),
            "image": _column(map(self._image_name, ids)),
            "content": _column(f.content for f in facts),
            "width": _column(f.width for f in facts),
            "height": _column(f.height for f in facts),
        }


def _column(values: Iterable[Any]) -> Any:
    return np.array(list(values), dtype=object)


def _pair_table(pairs: Iterable[Pair], category: dict[str, str], split: dict[str, str]) -> Table:
    rows = [(s, p, category[p], *box, split[s]) for s, p, box in sorted(pairs)]
    return {name: _column(column) for name, column in zip(PAIRS, zip(*rows, strict=True), strict=True)}
