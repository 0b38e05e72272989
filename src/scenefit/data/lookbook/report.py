"""What was drawn, in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenefit.data.lookbook.truth import Scene
from scenefit.types import Table


@dataclass(frozen=True)
class LookbookReport:
    """What was drawn.

    `categories` gives for each category its numbers of products and pairs, the share of its products that are
    `compatible` with a scene on average, and the share of its pairs whose product is, `worn_compatible`; None without
    a pair. `set_aside` counts worn items that make no pair, by reason; `truth` the rows of truth.parquet.
    """

    counts: dict[str, int]
    categories: dict[str, dict[str, float | None]]
    set_aside: dict[str, int]
    truth: int
    fingerprint: str


def sum_up(category: str, products: int, scenes: Sequence[Scene], truth: Table) -> dict[str, float | None]:
    """Give a category's numbers for the report, from its number of products, the scenes and `tables.TRUTH`."""
    rows = truth["category"] == category
    compatible = truth["compatible"][rows]
    keys = zip(truth["scene"][rows].tolist(), truth["product"][rows].tolist(), strict=True)
    goes = dict(zip(keys, compatible.tolist(), strict=True))
    worn = [goes[scene.id, scene.worn[category].id] for scene in scenes if category in scene.pairs]
    return {
        "products": products,
        "pairs": len(worn),
        "compatible": float(compatible.mean()) if worn else None,
        "worn_compatible": sum(worn) / len(worn) if worn else None,
    }
