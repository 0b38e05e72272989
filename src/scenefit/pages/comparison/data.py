"""The data of a comparison in its report: counts, splits, what they share, what was set aside."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from scenefit.data.check import CheckReport, check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.splits import SPLITS, fold_splits
from scenefit.pages.comparison.markup import percent, table
from scenefit.pages.comparison.parts import Compared


def splits_table(compared: Compared) -> str:
    """Write the counts of each split, or of what each fold tests, and how many of its products are in training."""
    folds, dataset = compared.result["protocol"]["folds"], compared.dataset
    if folds:
        checks = [check_dataset(_fold(dataset, fold, folds), pictures=False) for fold in range(folds)]
        rows = [(f"fold {i}, tested", *_counts(check, "test")) for i, check in enumerate(checks, 1)]
    else:
        checks = [compared.check]
        rows = [(split, *_counts(checks[0], split)) for split in SPLITS]
    rows.append(("all", *_counts(checks[0], "all")))
    return table(("", "pairs", "scenes", "products in them", "also in training"), rows, "counts")


def _fold(dataset: Dataset, fold: int, folds: int) -> Dataset:
    splits = fold_splits(dataset.scenes["content"][dataset.pair_scene], fold, folds, 0)
    return replace(dataset, pairs={**dataset.pairs, "split": splits})


def _counts(check: CheckReport, split: str) -> tuple[str, ...]:
    counts, shared = check.counts[split], check.shared_products.get(f"train/{split}")
    share = shared / counts["products"] if shared is not None and counts["products"] else None
    told = "-" if share is None else f"{shared:,} ({percent(share, 0)})"
    return (*(f"{counts[what]:,}" for what in ("pairs", "scenes", "products")), told)


def categories_table(compared: Compared) -> str:
    """Write the products and pairs of each category, and how many of the pairs were ranked."""
    first = next(iter(compared.ranked.values()), None)
    ranked = {name: part["n"] for name, part in first["by_category"].items()} if first else {}
    rows = [
        (escape(name), f"{count['products']:,}", f"{count['pairs']:,}", f"{ranked.get(name, 0):,}")
        for name, count in compared.check.categories.items()
    ]
    return table(("", "products", "pairs", "ranked"), rows, "counts")


def leaks(compared: Compared) -> list[tuple[str, str]]:
    """Tell what could make a figure better or worse than it is: (fact, what it means), as HTML."""
    check = compared.check
    ranked = next(iter(compared.ranked.values()), None)
    protocol, splits = compared.result["protocol"], compared.result["dataset"]["splits"]
    asked = sum(splits.values()) if protocol["folds"] else splits.get(protocol["split"], 0)
    told: list[tuple[str, str]] = []
    if ranked:
        n, seen, aside = ranked["n"], ranked["seen_products"]["n"], asked - ranked["n"]
        told = [
            (f"{n:,} of {asked:,} pairs ranked", f"{aside:,} set aside, the same for every method"),
            (f"{seen:,} of them ({percent(seen / n, 0)}) ask for a product seen in training", "reported apart above"),
        ]
    if check.pairs_without_box:
        told += [(f"{check.pairs_without_box:,} pairs have no box", "their scene is used whole")]
    shared = sum(check.shared_scene_images.values())
    return [
        *told,
        (f"{check.removed_too_much:,} pairs keep less than a fifth of the scene", "without the product; set aside"),
        (f"{shared:,} pictures of scenes stand in two splits", _none(shared, "splits go by picture, never by pair")),
        (
            f"{check.scene_is_product:,} pictures are a scene and a product",
            _none(check.scene_is_product, "no such leak"),
        ),
        (f"{check.boxes_with_several_products:,} boxes carry several products", "none is a negative for the others"),
        (f"{compared.result['failed_pictures']:,} pictures could not be read", "what needs them is set aside"),
    ]


def _none(count: int, good: str) -> str:
    return "<b>a leak: check the dataset</b>" if count else good
