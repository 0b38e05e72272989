"""A catalog folder gets another model: its vectors are made beside the old ones, then it serves in one step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from scenefit.artifacts import written_file
from scenefit.catalog.loading.embedding import Shown, embed
from scenefit.catalog.local import models
from scenefit.catalog.local.catalog import LocalCatalog
from scenefit.errors import CatalogError, UsageError
from scenefit.features.backbone import Backbone
from scenefit.model.folder import Model
from scenefit.types import Progress, silent

CHUNK, GONE = 256, "missing.jsonl"


@dataclass
class SwitchReport:
    """What a switch came to.

    Attributes:
        model: the fingerprint of the model that serves now.
        embedded: products that it was asked about.
        dropped: products that went because their picture is gone: id, reason.
    """

    model: str
    embedded: int = 0
    dropped: list[tuple[str, str]] = field(default_factory=list)


def switch(
    catalog: LocalCatalog, model: Model, *, drop_missing: bool = False, progress: Progress = silent
) -> SwitchReport:
    """Let another model serve a catalog; until the last step the old one does, and a killed run is gone on with.

    Args:
        catalog: whose pictures are looked at again.
        model: copied into the catalog.
        drop_missing: remove products whose picture is gone, instead of refusing.
        progress: told of each product that has its vector.

    Raises:
        UsageError: the model does not know a category of the catalog.
        CatalogError: another process writes, products came with a vector instead of a picture, or pictures are gone.
    """
    _check_categories(catalog, model)
    with catalog.changing() as writer:
        number = models.register(writer.connection, catalog.folder, model)
    report = _serve(catalog, number, model, drop_missing, progress)
    with catalog.changing() as writer:
        models.forget(writer.connection, catalog.folder)
    return report


def rollback(catalog: LocalCatalog, *, drop_missing: bool = False, progress: Progress = silent) -> SwitchReport:
    """Let the model serve again that did before; vectors that it lacks are made first.

    Raises:
        UsageError: the catalog has had one model only.
        CatalogError: as in `switch`.
    """
    with catalog.changing() as writer:
        number = models.previous(writer.connection)
    return _serve(catalog, number, Model(catalog.folder / models.FOLDER / str(number)), drop_missing, progress)


def _check_categories(catalog: LocalCatalog, model: Model) -> None:
    unknown = [f"{name!r} ({count})" for name, count in catalog.counts().items() if name not in model.categories]
    if unknown:
        raise UsageError(
            f"the new model does not know the categories {', '.join(unknown)} of this catalog, so their products "
            "would never be found; train it on them, or remove those products first"
        )


def _serve(catalog: LocalCatalog, number: int, model: Model, drop_missing: bool, progress: Progress) -> SwitchReport:
    report = SwitchReport(model.fingerprint)
    while True:
        gone = _fill(catalog, number, model, report, progress)
        if gone and not drop_missing:
            raise _refusal(catalog, gone)
        with catalog.changing() as writer:
            if _count(catalog, number)[0] > len(gone):
                continue  # another thread has changed products meanwhile
            catalog.delete([id_ for id_, _ in gone])
            models.activate(writer.connection, number)
        report.dropped = gone
        return report


def _refusal(catalog: LocalCatalog, gone: Sequence[tuple[str, str]]) -> CatalogError:
    """List the products in a file, and give the error that names it."""
    with written_file(catalog.folder / GONE) as aside, aside.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": id_, "reason": reason}) + "\n" for id_, reason in gone)
    return CatalogError(
        f"{len(gone)} products have no good picture any more, {gone[0][0]!r} for one ({catalog.folder / GONE} lists "
        "them); the old model goes on serving: load them again, or pass --drop-missing to remove them"
    )


def _fill(
    catalog: LocalCatalog, number: int, model: Model, report: SwitchReport, progress: Progress
) -> list[tuple[str, str]]:
    """Make the vectors that a model lacks; give the ids of products whose picture is gone, and why."""
    total, without = _count(catalog, number)
    if without:
        raise CatalogError(
            f"{without} products came with a vector instead of a picture, so no other model can look at them; remove "
            "them, or give them pictures; the old model goes on serving"
        )
    gone: dict[str, str] = {}
    backbone, last = model.backbone(threads=1), 0
    while waiting := _waiting(catalog, number, last):
        gone |= _make(catalog, number, model, backbone, waiting)
        report.embedded += len(waiting)
        last = waiting[-1].row
        progress("vectors of the new model", report.embedded, max(total, report.embedded))
    report.embedded -= len(gone)
    return list(gone.items())


def _count(catalog: LocalCatalog, number: int) -> tuple[int, int]:
    """Count the products that lack a vector, and those of them that have no picture's content."""
    with catalog.changing() as writer:
        counted = writer.connection.execute(
            "SELECT count(*), coalesce(sum(content IS NULL), 0) FROM products "  # noqa: S608
            f"WHERE row NOT IN (SELECT row FROM vectors_{number:d})"
        ).fetchone()
    return int(counted[0]), int(counted[1])


def _waiting(catalog: LocalCatalog, number: int, last: int) -> list[models.Waiting]:
    with catalog.changing() as writer:
        return models.waiting(writer.connection, number, CHUNK, last)


def _make(
    catalog: LocalCatalog, number: int, model: Model, backbone: Backbone, waiting: Sequence[models.Waiting]
) -> dict[str, str]:
    """Make and keep the vectors of some products; give those whose picture cannot be used, and why."""
    pictures = [(one, catalog.picture(one.product)) for one in waiting]
    gone = {one.product.id: "no such picture" for one, picture in pictures if picture is None}
    for batch in embed(model, backbone, [Shown(one, one.product, path) for one, path in pictures if path]):
        gone |= {one.product.id: reason for one, reason in batch.failed}
        with catalog.changing() as writer:
            models.put_vectors(writer.connection, number, batch.done, batch.vectors.astype(np.float16))
    return gone
