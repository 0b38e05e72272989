"""Loading products into a catalog: only new and changed pictures are embedded, what cannot be taken is set aside.

What is ready is committed every second or so: a run that was killed goes on where it stood when it is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import TypeVar

from scenefit.catalog.loading.acceptance import Acceptance
from scenefit.catalog.loading.fetch import PictureFetcher
from scenefit.catalog.loading.ids import Ids
from scenefit.catalog.loading.incoming import PictureReader
from scenefit.catalog.loading.listed import Listed, SetAside
from scenefit.catalog.loading.runs import Loading, LoadReport, picture_places
from scenefit.catalog.model_checks import check_backbone, check_model
from scenefit.catalog.stores import Store
from scenefit.data.download.settings import DEFAULTS, DownloadSettings
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import Progress, silent

CHUNK = 256
"""What is ready is committed after so many products at most."""
T = TypeVar("T")


def load(
    catalog: Store,
    model: Model,
    backbone: Backbone,
    products: Iterable[Listed | SetAside],
    *,
    total: int = 0,
    sync: bool = False,
    refetch: bool = False,
    settings: DownloadSettings = DEFAULTS,
    tell_aside: Callable[[SetAside], None] | None = None,
    progress: Progress = silent,
) -> LoadReport:
    """Bring products into a catalog; a catalog folder keeps their pictures.

    Args:
        catalog: a folder or a server; its vectors must be this model's.
        model: the catalog's.
        backbone: `model.backbone(threads=1)`.
        products: with their pictures; of two with one id the first counts.
        total: how many there are, for the progress.
        sync: at the end, remove what the products lack; not where a row's id could not be read.
        refetch: fetch also what the catalog has from the same address.
        settings: of the download.
        tell_aside: told of each row that is set aside.
        progress: told of each row that is settled.

    Raises:
        FingerprintError: another model made the catalog's vectors, or the backbone is not the model's.
        CatalogError: another process writes, or the disk is full; what was committed is kept.
    """
    check_model(catalog, model)
    check_backbone(model, backbone)
    report = LoadReport()

    def put_aside(row: SetAside) -> None:
        report.put_aside(row)
        if tell_aside:
            tell_aside(row)

    with ExitStack() as stack:
        pictures, aside = picture_places(catalog, stack)
        fetcher = stack.enter_context(PictureFetcher(settings))
        ids = stack.enter_context(Ids())
        accepted = Acceptance(model.categories, catalog.columns(), ids, put_aside)
        reader = PictureReader(fetcher, aside, pictures, refetch)
        loading = Loading(catalog, model, backbone, reader, report, put_aside)
        for chunk in _chunks(accepted.taken(products)):
            loading.take(chunk)
            progress("products", accepted.rows, max(total, accepted.rows))
        if sync:
            _remove_others(catalog, accepted, report)
    return report


def _remove_others(catalog: Store, accepted: Acceptance, report: LoadReport) -> None:
    """Remove what was not listed, unless it cannot be told for sure what was."""
    if accepted.nameless:
        report.not_removed = f"the ids of {accepted.nameless} rows cannot be read, so they may be any product"
    elif accepted.rows == 0:
        report.not_removed = "nothing is listed; remove products by their ids"
    else:
        others = [
            product.id for products, _ in catalog.scan() for product in products if product.id not in accepted.ids
        ]
        for start in range(0, len(others), CHUNK):
            report.removed += catalog.delete(others[start : start + CHUNK])


def _chunks(items: Iterator[T]) -> Iterator[list[T]]:
    while some := list(islice(items, CHUNK)):
        yield some
