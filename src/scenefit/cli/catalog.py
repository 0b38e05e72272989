"""`scenefit catalog`: make catalogs, bring them up to date, look into them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import typer

from scenefit.catalog.facts import Facts, facts
from scenefit.catalog.loading.build import REJECTED, LoadOptions, add_products, build_catalog
from scenefit.catalog.loading.runs import LoadReport
from scenefit.catalog.loading.tables import TableOptions
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.opening import open_store
from scenefit.cli.catalog_models import rollback, switch
from scenefit.cli.catalog_moving import export, import_
from scenefit.cli.catalog_options import (
    AllowHost,
    Column,
    Currency,
    Kinds,
    ModelFolder,
    Refetch,
    Rejected,
    Without,
    model_of,
    pairs_of,
    read_kinds,
)
from scenefit.cli.output import Json, Overwrite, note, progress, show_json, show_table
from scenefit.data.download.settings import DownloadSettings
from scenefit.model.folder import Model

app = typer.Typer(
    help="Make catalogs, keep them up to date, look into them.", no_args_is_help=True, rich_markup_mode=None
)
app.command("switch")(switch)
app.command("rollback")(rollback)
app.command("export")(export)
app.command("import")(import_)

Products = typer.Argument(help="A dataset folder, or a CSV, JSON lines or Parquet table with id, category and image.")
Catalog = typer.Argument(help="The catalog: a folder, postgresql://... or milvus://...")


@app.command()
def build(
    model: Path = typer.Argument(help="The model folder."),
    products: Path = Products,
    out: Path = typer.Option(help="The catalog folder to make."),
    overwrite: bool = Overwrite,
    column: list[str] = Column,
    kind: list[str] = Kinds,
    without: list[str] = Without,
    currency: str | None = Currency,
    allow_host: list[str] = AllowHost,
    rejected: Path | None = Rejected,
    as_json: bool = Json,
) -> None:
    """Make a catalog of a dataset's or a table's products; one that was stopped goes on where it stood.

    Example: scenefit catalog build model products.csv --out catalog --column id=sku
    """
    options = _options(column, kind, without, currency, allow_host, rejected)
    with progress() as tell:
        report = build_catalog(Model(model), products, out, overwrite=overwrite, options=options, progress=tell)
    with closing(LocalCatalog(out)) as catalog:
        found = facts(catalog)
    if as_json:
        return show_json(_as_json(str(out), found) | _report(report))
    _show(str(out), found)
    _tell(report, rejected or out / REJECTED)
    return note(f"next: scenefit recommend {out} PHOTO")


@app.command()
def add(
    catalog: str = Catalog,
    products: Path = Products,
    sync: bool = typer.Option(False, "--sync", help="Then remove the products that are not among these."),
    refetch: bool = Refetch,
    model: Path | None = ModelFolder,
    column: list[str] = Column,
    kind: list[str] = Kinds,
    without: list[str] = Without,
    currency: str | None = Currency,
    allow_host: list[str] = AllowHost,
    rejected: Path | None = Rejected,
    as_json: bool = Json,
) -> None:
    """Add products, or bring them up to date; only new and changed pictures are looked at by the model.

    Example: scenefit catalog add catalog products.csv --sync
    """
    options = _options(column, kind, without, currency, allow_host, rejected, sync, refetch)
    with closing(open_store(catalog)) as store, progress() as tell:
        opened = model_of(store, model)
        report = add_products(store, opened, products, options=options, progress=tell)
        listed = rejected or (store.folder / REJECTED if isinstance(store, LocalCatalog) else None)
    if as_json:
        return show_json({"catalog": catalog, **_report(report)})
    show_table(
        f"catalog {catalog}", ("", "products"), [(k, v) for k, v in _report(report).items() if isinstance(v, int)]
    )
    return _tell(report, listed)


@app.command()
def remove(
    catalog: str = Catalog,
    ids: list[str] = typer.Argument(help="The products' ids."),
    as_json: bool = Json,
) -> None:
    """Remove products by their ids; those that are not there are passed over.

    Example: scenefit catalog remove catalog B7 H2
    """
    with closing(open_store(catalog)) as store:
        removed = sum(store.delete(ids[start : start + 500]) for start in range(0, len(ids), 500))
    if as_json:
        return show_json({"catalog": catalog, "removed": removed})
    return show_table(f"catalog {catalog}", ("", "products"), [("removed", removed)])


@app.command()
def info(catalog: str = Catalog, as_json: bool = Json) -> None:
    """Show what a catalog holds.

    Example: scenefit catalog info catalog
    """
    with closing(open_store(catalog)) as store:
        found = facts(store)
    if as_json:
        return show_json(_as_json(catalog, found))
    return _show(catalog, found)


def _options(
    column: list[str],
    kind: list[str],
    without: list[str],
    currency: str | None,
    allow_host: list[str],
    rejected: Path | None,
    sync: bool = False,
    refetch: bool = False,
) -> LoadOptions:
    table = TableOptions(pairs_of("--column", column), read_kinds(kind), frozenset(without))
    settings = DownloadSettings(allow_hosts=frozenset(allow_host))
    return LoadOptions(table, sync, refetch, settings, rejected, currency)


def _report(report: LoadReport) -> dict[str, object]:
    counts = {name: getattr(report, name) for name in ("added", "updated", "unchanged", "removed", "embedded")}
    return counts | {"set_aside": dict(report.set_aside), "not_removed": report.not_removed}


def _tell(report: LoadReport, listed: Path | None) -> None:
    if report.not_removed:
        note(f"nothing was removed: {report.not_removed}")
    if not report.set_aside:
        return
    note(f"{report.set_aside.total()} rows were set aside:")
    for reason, count in report.set_aside.most_common():
        note(f"  {count} x {reason}")
    for row in report.first:
        note(f"  line {row.number}, {row.id or 'no id'}: {row.reason}{f' ({row.detail})' if row.detail else ''}")
    if listed:
        note(f"all of them: {listed}")


def _as_json(catalog: str, found: Facts) -> dict[str, object]:
    return {
        "catalog": catalog,
        **{k: v for k, v in asdict(found).items() if k != "counts"},
        "products": dict(found.counts),
    }


def _show(catalog: str, found: Facts) -> None:
    rows: list[tuple[str, object]] = [*found.counts.items(), ("all", sum(found.counts.values()))]
    show_table(f"catalog {catalog}, model {found.model[:12]}", ("category", "products"), rows)
    more: list[tuple[str, object]] = [("in stock", found.in_stock)]
    more += [(f"prices, {currency or 'no currency'}", f"{a:g} to {b:g}") for currency, (a, b) in found.prices.items()]
    more += [(f"{m.role} model", f"{m.fingerprint[:12]}, {m.waiting} products wait") for m in found.models]
    more += [(f"{name}, MB", f"{size / 1e6:.1f}") for name, size in found.bytes.items()]
    show_table("", ("", ""), more)
