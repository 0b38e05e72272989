"""The whole comparison: features, runs, figures; written as JSON and Markdown beside the runs (torch)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scenefit import __version__
from scenefit.artifacts import written_file
from scenefit.compare.methods import GROUPS, choose
from scenefit.compare.prepare import prepare
from scenefit.compare.record import Record, read_records
from scenefit.compare.results import comparison
from scenefit.compare.run import Plan, run_jobs
from scenefit.compare.table import markdown
from scenefit.compare.task import Method
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.truth import TRUTH_FILE
from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone, BackboneFiles
from scenefit.types import Progress, silent

JSON_FILE, MARKDOWN_FILE = "comparison.json", "comparison.md"


def compare(
    dataset: Path,
    backbone: Path,
    files: BackboneFiles | None,
    names: Sequence[str],
    out: Path,
    *,
    seeds: int = 3,
    folds: int = 0,
    split: str = "test",
    workers: int | None = None,
    progress: Progress = silent,
) -> tuple[dict[str, Any], list[Record]]:
    """Train and measure methods on the same pairs; what a stopped call has done is kept in `out` and not done again.

    Args:
        dataset: the dataset's folder.
        backbone: the exported backbone's folder.
        files: its Transformers folder; None leaves out what must export it anew.
        names: of methods or of groups (`methods.GROUPS`).
        out: the folder to write.
        seeds: trainings of each method, with the seeds 0, 1, ...
        folds: at least 2 for a cross-validation over scenes, 0 for the dataset's own splits.
        split: that is ranked, of the dataset's own splits.
        workers: processes of one thread each; all cores if None.
        progress: told as it goes on.

    Returns:
        the content of `comparison.json`, and the runs.

    Raises:
        UsageError: an unknown method, or one that cannot be trained here; seeds or folds out of range.
        DataError: nothing to train on or to rank.

    """
    if seeds < 1 or folds < 0 or folds == 1:
        raise UsageError(f"got {seeds} seeds and {folds} folds; expected at least 1 seed, and 0 folds or 2 and more")
    opened = Dataset.open(dataset)
    methods = applicable(choose(names), names, opened, files, folds)
    twice, failed = prepare(opened, backbone, files, methods, progress)
    plan = Plan(dataset, backbone, twice, tuple(m.name for m in methods), tuple(range(seeds)), folds, split)
    folders = run_jobs(plan, out, workers=workers, progress=progress)
    records = [record for folder in folders for record in read_records(folder) if record.method in plan.methods]
    result = {**_about(opened, Backbone(backbone, 1), plan, failed), **comparison(opened, methods, records)}
    with written_file(out / JSON_FILE) as aside:
        aside.write_text(json.dumps(result, indent=1), "utf-8")
    with written_file(out / MARKDOWN_FILE) as aside:
        aside.write_text(markdown(result), "utf-8")
    return result, records


def applicable(
    methods: Sequence[Method], names: Sequence[str], dataset: Dataset, files: BackboneFiles | None, folds: int
) -> list[Method]:
    """Leave out what a group brings but cannot be done here.

    Raises:
        UsageError: a method that cannot be done was asked for by its own name.

    """
    lacking = {}
    if TRUTH_FILE not in dataset.about["files"]:
        lacking["truth"] = "generated looks, whose rule is known"
    if files is None:
        lacking["twice"] = "--backbone as a folder of Transformers, to export it with another preprocessing"
    if folds:
        lacking["split"] = "the dataset's own splits; it makes one of its own for them"
    for method in methods:
        missing = sorted(method.needs & set(lacking))
        if missing and method.name in names and method.name not in GROUPS:
            raise UsageError(f"got the method {method.name}, which needs {lacking[missing[0]]}; leave it out")
    return [method for method in methods if not method.needs & set(lacking)]


def _about(dataset: Dataset, backbone: Backbone, plan: Plan, failed: Sequence[tuple[str, str]]) -> dict[str, Any]:
    splits, counts = np.unique(dataset.pairs["split"].astype(str), return_counts=True)
    return {
        "scenefit": __version__,
        "dataset": {
            "name": dataset.about.get("name"),
            "fingerprint": dataset.fingerprint,
            "pairs": len(dataset.pair_scene),
            "scenes": len(dataset.scenes["id"]),
            "products": len(dataset.products["id"]),
            "splits": dict(zip(splits.tolist(), counts.tolist(), strict=True)),
        },
        "backbone": {"name": backbone.name, "fingerprint": backbone.fingerprint, "grid": backbone.grid},
        "protocol": {"split": plan.split, "folds": plan.folds, "seeds": list(plan.seeds)},
        "failed_pictures": len(failed),
    }
