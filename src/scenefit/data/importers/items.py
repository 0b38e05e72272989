"""What the scenes of an import show besides: boxes whose product has no picture at hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scenefit.data.importers.entries import Sides
from scenefit.data.importers.intake import Intake
from scenefit.data.items import ITEMS_FILE
from scenefit.data.tables import ITEMS, write_table

COUNT = "items without a catalog photo"


def write_items(intake: Intake, folder: Path) -> Sequence[str]:
    """Write `items.parquet` once it is settled which pairs are kept; give its name, or none where there is no item.

    An item is a box of a scene that is kept, without a pair of its own; of a category that is kept, the most frequent
    one where its box carries products of several.
    """
    rows = [(scene, votes.most_common(1)[0][0], *box) for (scene, box), votes in sorted(_votes(intake).items())]
    if not rows:
        return []
    intake.report.counts[COUNT] = len(rows)
    columns = zip(ITEMS, zip(*rows, strict=True), strict=True)
    write_table(folder / ITEMS_FILE, {name: np.array(column, object) for name, column in columns}, ITEMS)
    return [ITEMS_FILE]


def _votes(intake: Intake) -> dict[tuple[str, Sides], Counter[str]]:
    """Give, for each scene and box, how many products of each category are there without a picture."""
    names = intake.names({product.category for product in intake.kept_products()})
    scenes = {scene for scene, _ in intake.pairs}
    paired = {(pair.scene, pair.box) for pair in intake.pairs.values()}
    votes: dict[tuple[str, Sides], Counter[str]] = defaultdict(Counter)
    for pair in intake.photoless:
        category = names.get(intake.products[pair.product].category)
        if category and pair.box and pair.scene in scenes and (pair.scene, pair.box) not in paired:
            votes[pair.scene, pair.box][category] += 1
    return votes
