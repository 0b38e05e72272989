"""`scenefit data`: import, draw and check datasets."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.cli import importing
from scenefit.cli.download import download
from scenefit.cli.lookbook import lookbook
from scenefit.cli.output import Json, note, progress, show_json, show_table
from scenefit.data.check import CheckReport, check_dataset
from scenefit.data.dataset import Dataset

app = typer.Typer(help="Import, draw and check datasets.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(importing.app, name="import")
app.command("lookbook")(lookbook)
app.command("download")(download)


@app.command()
def check(
    dataset: Path = typer.Argument(help="The dataset folder."),
    as_json: bool = Json,
) -> None:
    """Check a dataset: counts, missing and broken pictures, leaks between splits.

    Example: scenefit data check stl
    """
    opened = Dataset.open(dataset)
    with progress() as tell:
        report = check_dataset(opened, tell)
    if as_json:
        show_json(report.as_json())
    else:
        _show_check(report)


def _show_check(report: CheckReport) -> None:
    rows = [(split, *counts.values()) for split, counts in report.counts.items()]
    show_table("splits", ("split", "pairs", "scenes", "products in pairs"), rows)
    table = [(name, *counts.values()) for name, counts in report.categories.items()]
    show_table("categories", ("category", "products", "pairs"), table)
    facts: list[tuple[str, object]] = [
        ("missing, broken or changed pictures", len(report.faults)),
        ("pairs that removal leaves less than 1/5 of the scene", report.removed_too_much),
        ("pairs without a box: the product is not in the scene", report.pairs_without_box),
        ("boxes with several products", report.boxes_with_several_products),
        ("pictures that are both a scene and a product", report.scene_is_product),
    ]
    facts += [(f"products shared by {splits}", n) for splits, n in report.shared_products.items()]
    facts += [(f"identical scene pictures in {splits}", n) for splits, n in report.shared_scene_images.items()]
    show_table("facts", ("", "count"), facts)
    for image, reason in report.faults[:20]:
        note(f"  {image}: {reason}")
    note("sound" if report.sound else "not sound: see the pictures and the identical scenes above")
