"""`scenefit compare`: every method on the same pairs, with paired differences and a report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from scenefit.artifacts import written_file
from scenefit.cli.features import BackboneOption, Regions, find_exported
from scenefit.cli.output import Json, note, progress, show_json, show_table
from scenefit.data.dataset import Dataset
from scenefit.errors import MissingExtraError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import DatasetFeatures
from scenefit.pages import plots
from scenefit.types import Progress

if TYPE_CHECKING:
    from scenefit.pages.comparison.parts import Compared


def compare(
    dataset: Path = typer.Argument(help="The dataset folder."),
    backbone: str = BackboneOption,
    out: Path = typer.Option(help="The folder for runs, figures and report; a stopped comparison goes on there."),
    methods: str = typer.Option("all", help="Names and groups (field, errors, all), separated by commas."),
    seeds: int = typer.Option(3, help="Trainings of each method."),
    folds: int = typer.Option(0, help="Cross-validate over scenes in so many parts, instead of --split."),
    split: str = typer.Option("test", help="val or test: the dataset's own split that is ranked."),
    regions: int = Regions,
    workers: int | None = typer.Option(None, min=1, help="Processes of one thread each; all cores if not given."),
    as_json: bool = Json,
) -> None:
    """Train every method with several seeds on the same splits; figures, paired differences, a report.

    Example: scenefit compare stl --backbone microsoft/resnet-50 --out comparison --seeds 3
    """
    try:
        from scenefit.compare import comparison
        from scenefit.pages.comparison.parts import Compared
    except ImportError:
        raise MissingExtraError("compare", "train") from None
    if split not in ("val", "test"):
        raise UsageError(f"got --split {split!r}; expected val or test: the methods are trained on train")
    folder, files = find_exported(backbone, regions)
    with progress() as tell:
        result, records = comparison.compare(
            dataset,
            folder,
            files,
            methods.split(","),
            out,
            seeds=seeds,
            folds=folds,
            split=split,
            workers=workers,
            progress=tell,
        )
        chosen = ["--folds", str(folds)] if folds else ["--split", split]
        again = ["scenefit", "compare", str(dataset), "--backbone", backbone, "--regions", str(regions), *chosen]
        again += ["--methods", methods, "--seeds", str(seeds), "--out", str(out)]
        features = DatasetFeatures.open(Dataset.open(dataset), Backbone(folder, threads=1))
        _write_report(Compared(result, records, features, shlex.join(again)), out, tell)
    if lacking := plots.missing():
        note(f"{lacking}; then give the same command again, nothing is trained anew")
    return show_json(result) if as_json else _show(result, out)


def _write_report(compared: Compared, out: Path, tell: Progress) -> None:
    from scenefit.pages.comparison.report import REPORT_FILE, comparison_report

    report = comparison_report(compared, tell)
    with written_file(out / REPORT_FILE) as aside:
        aside.write_text(report, "utf-8")


def _show(result: Mapping[str, Any], out: Path) -> None:
    from scenefit.compare import comparison, table
    from scenefit.pages.comparison.report import REPORT_FILE

    short = [
        (name, accuracy, top_10, mrr, unseen) for name, accuracy, _, top_10, _, mrr, _, unseen in table.rows(result)
    ]
    show_table(table.title(result), ("method", "binary accuracy", "top-10", "MRR", "unseen"), short)
    if mistakes := [row[1:4] for row in table.mistake_rows(result)]:
        show_table("published errors, each alone: binary accuracy", table.MISTAKE_COLUMNS[1:4], mistakes)
    note(f"open {out / REPORT_FILE} in a browser; the same tables: {out / comparison.MARKDOWN_FILE}")
