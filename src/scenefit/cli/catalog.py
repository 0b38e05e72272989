"""`scenefit catalog`: build and look into catalogs."""

from __future__ import annotations

from pathlib import Path

import typer

from scenefit.catalog.store import build_catalog, open_catalog
from scenefit.cli.output import Json, Overwrite, note, progress, show_failures, show_json, show_table
from scenefit.data.dataset import Dataset
from scenefit.errors import UsageError
from scenefit.model.folder import Model

app = typer.Typer(help="Build and look into catalogs.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def build(
    model: Path = typer.Argument(help="The model folder."),
    products: Path = typer.Argument(help="A dataset folder, whose products make the catalog."),
    out: Path = typer.Option(help="The catalog folder to make."),
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Build a catalog of a dataset's products.

    Example: scenefit catalog build model stl --out catalog
    """
    if products.is_file():
        raise UsageError(f"{products} is a file; this version builds a catalog from a dataset folder")
    with progress() as tell:
        report = build_catalog(Model(model), Dataset.open(products), out, overwrite=overwrite, progress=tell)
    show_failures(report.failed)
    _show(out, as_json)
    if not as_json:
        note(f"next: scenefit recommend {out} PHOTO")


@app.command()
def info(catalog: Path = typer.Argument(help="The catalog folder."), as_json: bool = Json) -> None:
    """Show what a catalog holds.

    Example: scenefit catalog info catalog
    """
    _show(catalog, as_json)


def _show(folder: Path, as_json: bool) -> None:
    catalog, model = open_catalog(folder)
    counts = {name: len(catalog.rows(name)) for name in catalog.categories}
    if as_json:
        return show_json({"catalog": str(folder), "model": model.fingerprint, "products": counts})
    show_table(f"catalog {folder}, model {model.fingerprint[:12]}", ("category", "products"), list(counts.items()))
    return None
