"""`scenefit rerank`: another system's candidates, in the order of a scene."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from scenefit.catalog.local.schema import FILE
from scenefit.cli.output import Json, note, show_json, show_table
from scenefit.errors import DataError
from scenefit.model.folder import Model
from scenefit.recommend.candidates import read_candidates, read_ids
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.rerank import Reranked
from scenefit.recommend.rerank import rerank as rerank_pictures
from scenefit.types import Box

LISTED = 20


def rerank(
    given: str = typer.Argument(metavar="model", help="The model folder; or a catalog that holds the candidates."),
    scene: Path = typer.Argument(help="A photo of an outfit or a room."),
    candidates: Path = typer.Argument(
        help="A CSV, JSON lines or Parquet table with the columns id and image (paths from the table's folder); beside "
        "a catalog ids alone, also as one a line of a .txt file or a JSON array."
    ),
    category: str = typer.Option(help="What the candidates are; a category of the model."),
    box: str | None = typer.Option(None, help="left,top,right,bottom in [0, 1] around the item to replace."),
    novelty: float = typer.Option(0.0, min=0, max=1, help="0: popular products sooner, as learned; 1: scene alone."),
    model: Path | None = typer.Option(None, help="The model folder, for a catalog on a server."),
    as_json: bool = Json,
) -> None:
    """Rank all candidates of another system for a photo; those that cannot be ranked are listed.

    Example: scenefit rerank model photo.jpg candidates.csv --category Shoes
    """
    wanted = Box.parse(box) if box else None
    if "://" in given or (Path(given) / FILE).is_file():
        recommender = Recommender.open(given, model)
        fingerprint = recommender.model.fingerprint
        found = recommender.rerank(scene, category, list(read_ids(candidates)), box=wanted, novelty=novelty)
    else:
        opened = Model(Path(given))
        fingerprint, listed = opened.fingerprint, read_candidates(candidates, category)
        found = rerank_pictures(opened, opened.backbone(1), scene, category, listed, box=wanted, novelty=novelty)
    if not found.products and not found.set_aside:
        raise DataError(f"{candidates} lists no candidate; expected at least one")
    if as_json:
        return show_json({"scene": str(scene), "category": category, "model": fingerprint, **_as_json(found)})
    _show(found, category)
    return None


def _as_json(found: Reranked) -> dict[str, Any]:
    return {
        "view": list(found.view),
        "products": [product.as_json() for product in found.products],
        "set_aside": [asdict(row) for row in found.set_aside],
    }


def _show(found: Reranked, category: str) -> None:
    rows = [
        (one.id, one.rank, f"{one.distance:.4f}", "-" if one.probability is None else f"{one.probability:.2f}")
        for one in found.products
    ]
    show_table(category, ("candidate", "rank", "distance", "probability"), rows)
    if found.set_aside:
        note(f"set aside: {len(found.set_aside)} of the candidates")
    for row in found.set_aside[:LISTED]:
        note(f"  {row.number}, {row.id or 'no id'}: {row.reason}{f' ({row.detail})' if row.detail else ''}")
    if len(found.set_aside) > LISTED:
        note(f"  and {len(found.set_aside) - LISTED} more; --json lists all")
