"""`scenefit catalog switch` and `rollback`: another model for a catalog folder."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import typer

from scenefit.catalog.loading import switch as models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.cli.output import Json, progress, show_failures, show_json, show_table
from scenefit.errors import UsageError
from scenefit.model.folder import Model

Catalog = typer.Argument(help="The catalog folder.")
DropMissing = typer.Option(False, "--drop-missing", help="Remove products whose picture is gone.")


def switch(
    catalog: str = Catalog,
    model: Path = typer.Argument(help="The folder of the new model."),
    drop_missing: bool = DropMissing,
    as_json: bool = Json,
) -> None:
    """Let another model serve a catalog: its vectors are made beside the old ones, then it serves in one step.

    Example: scenefit catalog switch catalog model2
    """
    with closing(_open(catalog)) as opened, progress() as tell:
        report = models.switch(opened, Model(model), drop_missing=drop_missing, progress=tell)
    _show(catalog, report, as_json)


def rollback(catalog: str = Catalog, drop_missing: bool = DropMissing, as_json: bool = Json) -> None:
    """Let the model serve again that did before the last switch.

    Example: scenefit catalog rollback catalog
    """
    with closing(_open(catalog)) as opened, progress() as tell:
        report = models.rollback(opened, drop_missing=drop_missing, progress=tell)
    _show(catalog, report, as_json)


def _open(catalog: str) -> LocalCatalog:
    if "://" in catalog:
        raise UsageError("a catalog on a server has one model; make another catalog with the new one, and use that")
    return LocalCatalog(Path(catalog))


def _show(catalog: str, report: models.SwitchReport, as_json: bool) -> None:
    if as_json:
        dropped = [{"id": id_, "reason": reason} for id_, reason in report.dropped]
        return show_json({"catalog": catalog, "model": report.model, "embedded": report.embedded, "dropped": dropped})
    rows = [("vectors made", report.embedded), ("products dropped", len(report.dropped))]
    show_table(f"catalog {catalog}, model {report.model[:12]}", ("", "count"), rows)
    return show_failures(report.dropped)
