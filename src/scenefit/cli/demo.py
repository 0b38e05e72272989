"""`scenefit demo`: the whole idea on generated looks, beside their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from scenefit.artifacts import written_file
from scenefit.cli.output import OUT, Json, note, progress, show_json, show_table
from scenefit.config import recipe
from scenefit.data.dataset import Dataset
from scenefit.demo.report import ORDER, demo_report
from scenefit.demo.run import DomainDemo, Trainer, run_demo
from scenefit.errors import MissingExtraError
from scenefit.evaluation.text import interval
from scenefit.model.folder import Model
from scenefit.types import Progress


def demo(
    folder: Path = typer.Option(Path("demo"), "--dir", help="Where to write."),
    seed: int = typer.Option(2026, "--seed", min=0, help="Of the looks; the bundled model has not seen them."),
    train: bool = typer.Option(False, "--train", help="Train the heads anew on these looks; needs the extra train."),
    as_json: bool = Json,
) -> None:
    """Generate looks, build a catalog, recommend and measure beside the known truth; no network, no torch.

    Example: scenefit demo --dir demo
    """
    with progress() as tell:
        demos = run_demo(folder, seed, train=_trainer(tell) if train else None, progress=tell)
    report = folder / "report.html"
    with written_file(report) as aside:
        aside.write_text(demo_report(demos, seed), "utf-8")
    if as_json:
        return show_json({"seed": seed, "report": str(report)} | {d.name: _as_json(d) for d in demos})
    for each in demos:
        _show(each)
    return _show_next(report, demos)


def _trainer(tell: Progress) -> Trainer:
    try:
        from scenefit.training.run import train_model
    except ImportError:
        raise MissingExtraError("demo --train", "train") from None

    def train(dataset: Dataset, bundled: Model, out: Path) -> Model:
        config = replace(recipe("ctl-paper"), hidden=256)
        train_model(dataset, bundled.backbone(threads=1), config, out, overwrite=True, progress=tell)
        return Model(out)

    return train


def _as_json(each: DomainDemo) -> dict[str, Any]:
    figures = each.figures
    methods = {
        name: {"binary_accuracy": figures.accuracy[name].as_json(), "top_10": figures.top_10[name].as_json()}
        for name in ORDER
    }
    facts = {"n": figures.pairs, "scenes": figures.scenes, "gallery": figures.gallery}
    attention = {
        "on_region": figures.attention.as_json(),
        "area": figures.area.as_json(),
        "concentration": figures.concentration.as_json(),
    }
    apart = {"above_raw_features": figures.margin.as_json(), "below_oracle": figures.below.as_json()}
    return {**facts, "methods": methods, **apart, "attention": attention}


def _show(each: DomainDemo) -> None:
    figures = each.figures
    title = f"{each.name}: {figures.pairs} pairs of {figures.scenes} unseen scenes, {figures.gallery} unseen products"
    rows = [(n, interval(figures.accuracy[n].as_json()), interval(figures.top_10[n].as_json())) for n in ORDER]
    show_table(title, ("method", "binary accuracy", "top-10"), rows)
    note(f"attention on the item that decides: {figures.concentration.value:.1f} times its share of the area")


def _show_next(report: Path, demos: Sequence[DomainDemo]) -> None:
    first = demos[0].examples[0]
    catalog, looks = demos[0].folder / "catalog", demos[0].folder / "looks"
    OUT.print(f"\nopen {report} in a browser; then try", markup=False, highlight=False)
    for command in (
        f"scenefit serve {catalog}",
        f"scenefit recommend {catalog} {first.result.photo} --html page.html",
        f"scenefit data check {looks}",
        "scenefit data lookbook looks --domain home --scenes 200",
    ):
        OUT.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)
