"""`scenefit catalog export` and `import`: a catalog from place to place, its vectors untouched."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import typer

from scenefit.catalog.local import models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.pictures import Pictures
from scenefit.catalog.local.schema import FILE
from scenefit.catalog.opening import open_store
from scenefit.catalog.stores import Store
from scenefit.cli.catalog_options import ModelFolder
from scenefit.cli.output import Json, progress, show_json, show_table
from scenefit.data.tables import metadata
from scenefit.errors import FingerprintError, ImageError, UsageError
from scenefit.model.folder import Model

Overwrite = typer.Option(False, "--overwrite", help="Replace the Parquet file that stands at OUT.")


def export(
    catalog: str = typer.Argument(help="The catalog: a folder, postgresql://... or milvus://..."),
    out: str = typer.Argument(help="A .parquet file, or another catalog, which is made where there is none."),
    model: Path | None = ModelFolder,
    overwrite: bool = Overwrite,
    as_json: bool = Json,
) -> None:
    """Write a catalog as one Parquet file, or put its products into another catalog.

    Example: scenefit catalog export catalog products.parquet
    """
    from scenefit.catalog.transfer.transfer import copy, export_parquet

    with closing(open_store(catalog)) as source, progress() as tell:
        if out.endswith(".parquet") and "://" not in out:
            done = export_parquet(source, Path(out), overwrite=overwrite, progress=tell)
        else:
            own = source.model_folder if isinstance(source, LocalCatalog) else None
            with closing(_target(out, source.model, source.dimensions, model or own)) as target:
                _keep_pictures(source, target)
                done = copy(source, target, progress=tell)
    _show(out, done, as_json)


def import_(
    file: Path = typer.Argument(help="A Parquet file of 'scenefit catalog export'."),
    catalog: str = typer.Argument(help="The catalog, which is made where there is none."),
    model: Path | None = typer.Option(None, help="The folder of the model of its vectors, for a new catalog folder."),
    as_json: bool = Json,
) -> None:
    """Put the products of an exported file into a catalog.

    Example: scenefit catalog import products.parquet postgresql://shop@db.example/shop
    """
    from scenefit.catalog.transfer.parquet import DIMENSIONS, MODEL
    from scenefit.catalog.transfer.transfer import import_parquet

    said = metadata(file)
    mark, dimensions = said.get(MODEL, ""), said.get(DIMENSIONS, "")
    if not mark or not dimensions.isdecimal():
        raise UsageError(f"{file} does not say what made its vectors; expected a file of 'scenefit catalog export'")
    with closing(_target(catalog, mark, int(dimensions), model)) as target, progress() as tell:
        done = import_parquet(file, target, progress=tell)
    _show(catalog, done, as_json)


def _target(location: str, mark: str, dimensions: int, model: Path | None) -> Store:
    """Open a catalog for the vectors of a model; where there is none, make it."""
    if location.startswith(("postgresql://", "postgres://")):
        from scenefit.catalog.postgres.schema import create_postgres

        create_postgres(location, mark, dimensions)
    elif location.startswith("milvus://"):
        from scenefit.catalog.milvus.catalog import create_milvus

        create_milvus(location, mark, dimensions)
    elif "://" not in location and not (Path(location) / FILE).is_file():
        _create_folder(Path(location), mark, model)
    return open_store(location)


def _create_folder(folder: Path, mark: str, model: Path | None) -> None:
    if model is None:
        raise UsageError(f"{folder} is no catalog yet; give --model, the folder of the model {mark[:12]}, to make it")
    opened = Model(model)
    if opened.fingerprint != mark:
        raise FingerprintError(
            f"the vectors were made by the model {mark[:12]}; {model} holds {opened.fingerprint[:12]}"
        )
    models.create(folder, opened)


def _keep_pictures(source: Store, target: Store) -> None:
    """Let a catalog folder keep the pictures of another; a server keeps none."""
    if isinstance(target, LocalCatalog):
        pictures = Pictures(target.folder)
        for products, _ in source.scan():
            for product in products:
                if (found := source.picture(product)) and product.content:
                    with suppress(ImageError):  # it is not what its name says any more
                        pictures.keep(found, product.content)


def _show(place: str, done: int, as_json: bool) -> None:
    if as_json:
        return show_json({"out": place, "products": done})
    return show_table(str(place), ("", "products"), [("written", done)])
