"""Writing what an importer took in: the tables, the splits, the pictures, what was set aside and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scenefit import artifacts
from scenefit.data.dataset import write_dataset
from scenefit.data.importers.entries import Product
from scenefit.data.importers.intake import ImportReport, Intake
from scenefit.data.importers.pictures import Picture
from scenefit.data.splits import assign_splits, read_splits
from scenefit.data.tables import PAIRS, PRODUCTS, SCENES
from scenefit.errors import DataError, UsageError
from scenefit.types import Progress, Table

REJECTED, MISSING = "rejected.jsonl", "missing.jsonl"
NO_BOX = (None, None, None, None)
Extra = Callable[[Path], Sequence[str]]
Ratio = tuple[float, float, float]


@dataclass(frozen=True)
class Splitting:
    """How scenes get their splits: from a file; else those that came with the records; the rest by shares and seed.

    With `val`, in [0, 100), that many percent of the training scenes become val.

    Raises:
        UsageError: `val` is outside its range.
    """

    file: Path | None = None
    ratio: Ratio = (80, 10, 10)
    seed: int = 0
    val: float | None = None

    def __post_init__(self) -> None:
        if self.val is not None and not 0 <= self.val < 100:
            raise UsageError(f"got val = {self.val}; expected a percentage from 0 to less than 100")

    def about(self) -> object:
        """Describe it for the manifest."""
        if self.file is not None:
            return self.file.name
        drawn = {"ratio": list(self.ratio)} if self.val is None else {"val": self.val}
        return {**drawn, "seed": self.seed}


def write_intake(
    intake: Intake,
    out: Path,
    splitting: Splitting,
    about: Mapping[str, Any],
    sources: Sequence[Path],
    *,
    overwrite: bool = False,
    progress: Progress,
    extra: Extra = lambda folder: (),
) -> ImportReport:
    """Check the pictures of what was taken in and write it as a dataset folder.

    `extra` writes further files into the folder, once it is settled what is kept, and gives their names. Where no pair
    is left but pictures can be fetched, the dataset has no pairs as yet, and its list of what is missing.

    Raises:
        DataError: no record can be used, and no picture is missing that could be fetched.
        UsageError: `out` exists and `overwrite` is false.
    """
    if intake.pairs:
        with artifacts.written_folder(out, overwrite) as folder:
            intake.check_pictures(folder, progress)
            intake.settle()
            if intake.pairs or intake.lacking:
                _write(intake, folder, splitting, about, extra(folder))
                return intake.report
    reasons = ", ".join(f"{reason}: {n}" for reason, n in intake.report.rejected.most_common(4))
    read = f"none of the {intake.report.records} records in {', '.join(map(str, sources))} can be used"
    raise DataError(f"{read} ({reasons or 'a dataset needs a scene and a product that go together'})")


def _write(
    intake: Intake, folder: Path, splitting: Splitting, about: Mapping[str, Any], extra_files: Sequence[str]
) -> None:
    scenes = {scene: intake.scenes[scene] for scene in sorted({scene for scene, _ in intake.pairs})}
    products = intake.kept_products()
    names = intake.names({product.category for product in products})
    split = _splits(intake, list(scenes), splitting)
    category = {product.id: names[product.category] for product in products}
    tables = {
        "scenes.parquet": _pictured(intake, scenes.items(), SCENES),
        "products.parquet": _pictured(intake, ((p.id, p.picture) for p in products), PRODUCTS)
        | {"category": _column(category.values()), **_details(products)},
        "pairs.parquet": _pair_table(intake, category, split),
    }
    report = intake.report
    report.counts = {"pairs": len(intake.pairs), "scenes": len(scenes), "products": len(products), **report.counts}
    whole = {
        **about,
        "splits": splitting.about(),
        "counts": report.counts,
        "rejected": dict(report.rejected),
        "missing_images": report.missing_images,
    }
    (folder / REJECTED).write_text("".join(intake.rejected), "utf-8")
    missing = (json.dumps({"id": id_, "url": url}) + "\n" for id_, url in sorted(intake.lacking.items()))
    (folder / MISSING).write_text("".join(missing), "utf-8")
    pictures = [*scenes.values(), *(product.picture for product in products)]
    copied = {picture.image: picture.path for picture in pictures if picture.path and picture.box is None}
    report.fingerprint = write_dataset(folder, tables, copied, whole, extra_files)


def _splits(intake: Intake, scenes: list[str], splitting: Splitting) -> dict[str, str]:
    """Give each scene its split; scenes with the same picture share one unless their records say otherwise."""
    if splitting.file is not None:
        return dict(zip(scenes, read_splits(splitting.file, scenes), strict=True))
    content = {scene: intake.known(intake.scenes[scene]).content for scene in scenes}
    split = {scene: intake.splits[scene] for scene in scenes if scene in intake.splits}
    of_content = {content[scene]: name for scene, name in split.items()}
    split |= {
        scene: of_content[content[scene]] for scene in scenes if scene not in split and content[scene] in of_content
    }
    split |= _drawn([s for s in scenes if s not in split], content, splitting.ratio, splitting.seed)
    if splitting.val is not None:
        training = [scene for scene in scenes if split[scene] == "train"]
        split |= _drawn(training, content, (100 - splitting.val, splitting.val, 0), splitting.seed)
    return split


def _drawn(scenes: list[str], content: Mapping[str, str], ratio: Ratio, seed: int) -> dict[str, str]:
    return dict(zip(scenes, assign_splits([content[scene] for scene in scenes], ratio, seed), strict=True))


def _pictured(intake: Intake, pictures: Iterable[tuple[str, Picture]], columns: Mapping[str, str]) -> Table:
    rows = [(id_, picture, intake.known(picture)) for id_, picture in pictures]
    table: Table = {name: _column(None for _ in rows) for name in columns}
    return table | {
        "id": _column(id_ for id_, _, _ in rows),
        "image": _column(picture.image for _, picture, _ in rows),
        "content": _column(facts.content for _, _, facts in rows),
        "width": _column(facts.width for _, _, facts in rows),
        "height": _column(facts.height for _, _, facts in rows),
    }


def _details(products: Sequence[Product]) -> Table:
    return {name: _column(getattr(p, name) for p in products) for name in ("title", "price", "in_stock")}


def _pair_table(intake: Intake, category: Mapping[str, str], split: Mapping[str, str]) -> Table:
    rows = [
        (scene, product, category[product], *(pair.box or NO_BOX), split[scene])
        for (scene, product), pair in sorted(intake.pairs.items())
    ]
    return {name: _column(row[i] for row in rows) for i, name in enumerate(PAIRS)}


def _column(values: Iterable[Any]) -> Any:
    return np.array(list(values), dtype=object)
