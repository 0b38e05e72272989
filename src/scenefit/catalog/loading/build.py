"""Catalogs are made of a dataset or a table, and brought up to date with one."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from scenefit.artifacts import check_free, written_file
from scenefit.catalog.columns import Columns
from scenefit.catalog.loading.dataset_products import DatasetProducts
from scenefit.catalog.loading.listed import SetAside, Source
from scenefit.catalog.loading.load import load
from scenefit.catalog.loading.priced import Priced
from scenefit.catalog.loading.runs import LoadReport
from scenefit.catalog.loading.tables import ProductTable, TableOptions
from scenefit.catalog.local import schema
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.catalog.local.models import create
from scenefit.catalog.local.writer import Writer
from scenefit.catalog.stores import Store
from scenefit.data.dataset import Dataset
from scenefit.data.download.settings import DEFAULTS, DownloadSettings
from scenefit.errors import ArtifactError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import Progress, silent

REJECTED = "rejected.jsonl"
BUILDING = "building"


@dataclass(frozen=True)
class LoadOptions:
    """How products are loaded.

    Attributes:
        table: how the columns of a table are read.
        currency: of prices that name none, such as "EUR"; None leaves them without.
        sync: remove what the products lack.
        refetch: fetch also what the catalog has from the same address.
        download: limits, patience and politeness.
        rejected: where rows that are set aside are listed; by default in the catalog folder, if it is one.
    """

    table: TableOptions | None = None
    sync: bool = False
    refetch: bool = False
    download: DownloadSettings = DEFAULTS
    rejected: Path | None = None
    currency: str | None = None


def build_catalog(
    model: Model,
    products: Dataset | Path,
    out: Path,
    *,
    overwrite: bool = False,
    options: LoadOptions | None = None,
    progress: Progress = silent,
) -> LoadReport:
    """Make a catalog folder; one whose build was killed is gone on with.

    Args:
        model: copied into the catalog.
        products: a dataset, or the path of one or of a table (`ProductTable`).
        out: the catalog folder.
        overwrite: replace a catalog that stands there.
        options: how products are loaded.
        progress: told as the work goes on.

    Raises:
        UsageError: `out` exists, is no unfinished build of the same model and products, and `overwrite` is false.
        DataError: the products cannot be read.
    """
    if not isinstance(products, Dataset) and not products.exists():
        raise UsageError(f"got the products {products}; expected a dataset folder or a table, and there is nothing")
    mark = products.fingerprint if isinstance(products, Dataset) else str(products.resolve())
    known = None if overwrite else _unfinished(out, model, mark)
    if known is None:
        check_free(out, overwrite)
    options, backbone = options or LoadOptions(), model.backbone(threads=1)
    source = _open(products, known or {}, backbone, options.table, progress)
    with closing(_begun(out, model, mark, known is None, overwrite)) as catalog:
        report = _load(catalog, model, backbone, source, options, progress)
        _mark(catalog, "")
    return report


def add_products(
    catalog: Store,
    model: Model,
    products: Dataset | Path,
    *,
    options: LoadOptions | None = None,
    progress: Progress = silent,
) -> LoadReport:
    """Bring a dataset's or a table's products into a catalog (`load.load`); rows set aside are listed in a file."""
    options, backbone = options or LoadOptions(), model.backbone(threads=1)
    source = _open(products, catalog.columns(), backbone, options.table, progress)
    return _load(catalog, model, backbone, source, options, progress)


def _load(
    catalog: Store, model: Model, backbone: Backbone, source: Source, options: LoadOptions, progress: Progress
) -> LoadReport:
    listing = options.rejected or (catalog.folder / REJECTED if isinstance(catalog, LocalCatalog) else None)
    with ExitStack() as stack:
        file = (
            stack.enter_context(stack.enter_context(written_file(listing)).open("w", encoding="utf-8"))
            if listing
            else None
        )
        return load(
            catalog,
            model,
            backbone,
            Priced(source, options.currency) if options.currency else source,
            total=source.total,
            sync=options.sync,
            refetch=options.refetch,
            settings=options.download,
            tell_aside=lambda row: _list(row, file),
            progress=progress,
        )


def _list(row: SetAside, file: IO[str] | None) -> None:
    if file is not None:
        file.write(json.dumps({"line": row.number, **{k: v for k, v in asdict(row).items() if k != "number"}}) + "\n")


def _open(
    products: Dataset | Path, known: Columns, backbone: Backbone, table: TableOptions | None, progress: Progress
) -> Source:
    if isinstance(products, Path) and not products.is_dir():
        return ProductTable(products, table, known)
    if table is not None and table != TableOptions():
        raise UsageError(
            f"{products} is a dataset, whose columns are known; --column, --kind and --without are for tables"
        )
    return DatasetProducts(products if isinstance(products, Dataset) else Dataset.open(products), backbone, progress)


def _begun(out: Path, model: Model, mark: str, new: bool, overwrite: bool) -> LocalCatalog:
    """Give an empty catalog, or the one whose build is to be gone on with."""
    if new and overwrite and (out / schema.FILE).is_file():
        with suppress(ArtifactError):
            Writer(out).close()  # nobody writes to what is to be replaced
    if new:
        create(out, model, overwrite=overwrite)
    catalog = LocalCatalog(out)
    _mark(catalog, mark)
    return catalog


def _mark(catalog: LocalCatalog, mark: str) -> None:
    """Note down what the catalog is being built of, empty once it is whole."""
    with catalog.changing() as writer, schema.writing(writer.connection):
        schema.set_meta(writer.connection, **{BUILDING: mark})


def _unfinished(out: Path, model: Model, mark: str) -> Columns | None:
    """Give the columns of a catalog that is an unfinished build of the same, None where there is none.

    A build just begun has neither products nor a mark.
    """
    if not (out / schema.FILE).is_file():
        return None
    with closing(LocalCatalog(out)) as catalog, closing(schema.connect(out)) as connection:
        building = schema.meta(connection).get(BUILDING)
        same = building == mark or (building is None and not catalog.counts())
        return catalog.columns() if same and catalog.model == model.fingerprint else None
