"""`scenefit data`: import, draw and check datasets."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.cli.lookbook import lookbook
from scenefit.cli.output import Json, Overwrite, Seed, note, progress, show_json, show_table
from scenefit.data.check import CheckReport, check_dataset
from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import MISSING, REJECTED, ImportReport
from scenefit.data.importers.stl import import_stl
from scenefit.data.splits import parse_ratio

app = typer.Typer(help="Import, draw and check datasets.", no_args_is_help=True, rich_markup_mode=None)
importers = typer.Typer(help="Import records into a dataset folder.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(importers, name="import")
app.command("lookbook")(lookbook)


@importers.command("stl")
def stl(
    records: Path = typer.Argument(help="JSON lines (or one JSON array) of product, scene and bbox."),
    categories: Path = typer.Option(help="JSON object of product signature -> category path."),
    images: Path = typer.Option(help="Folder with the pictures, named by signature, at any depth."),
    out: Path = typer.Option(help="The dataset folder to make."),
    splits: Path | None = typer.Option(None, help="File of 'scene_id split' lines, instead of --ratio."),
    ratio: str = typer.Option("80,10,10", help="Shares of train, val and test, by scene."),
    seed: int = Seed,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Import Shop-the-Look records.

    Example: scenefit data import stl fashion.json --categories fashion-cat.json --images images --out stl
    """
    with progress() as tell:
        report = import_stl(
            records,
            categories,
            images,
            out,
            splits=splits,
            ratio=parse_ratio(ratio),
            seed=seed,
            overwrite=overwrite,
            progress=tell,
        )
    if as_json:
        show_json({**vars(report), "rejected": dict(report.rejected), "dataset": str(out)})
    else:
        _show_import(report, out)


def _show_import(report: ImportReport, out: Path) -> None:
    rows: list[tuple[str, int]] = [("records read", report.records), *report.counts.items()]
    rows += [(f"set aside: {reason}", n) for reason, n in report.rejected.most_common()]
    rows += [("signatures without a picture", report.missing_images)]
    show_table(f"imported into {out}", ("", "count"), rows)
    if report.rejected:
        note(f"what was set aside, with reasons: {out / REJECTED}")
    if report.missing_images:
        note(f"signatures without a picture: {out / MISSING}")


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
        ("boxes with several products", report.boxes_with_several_products),
        ("pictures that are both a scene and a product", report.scene_is_product),
    ]
    facts += [(f"products shared by {splits}", n) for splits, n in report.shared_products.items()]
    facts += [(f"identical scene pictures in {splits}", n) for splits, n in report.shared_scene_images.items()]
    show_table("facts", ("", "count"), facts)
    for image, reason in report.faults[:20]:
        note(f"  {image}: {reason}")
    note("sound" if report.sound else "not sound: see the pictures and the identical scenes above")
