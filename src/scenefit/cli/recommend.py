"""`scenefit recommend`: the products that go with a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from scenefit.artifacts import written_file
from scenefit.cli.output import Json, note, show_json, show_table
from scenefit.pages.recommendations import recommendations_page
from scenefit.recommend import Recommender
from scenefit.types import Box, Recommendation, Recommendations


def recommend(
    catalog: Path = typer.Argument(help="The catalog folder."),
    photo: Path = typer.Argument(help="A photo of an outfit or a room."),
    category: list[str] = typer.Option([], help="May be given several times. Default: all, the most wanted first."),
    k: int = typer.Option(10, "-k", min=1, help="Products a category."),
    box: str | None = typer.Option(None, help="left,top,right,bottom in [0, 1] around the item to replace."),
    suggested: int | None = typer.Option(None, min=1, help="Keep so many categories, those the scene wants most."),
    novelty: float = typer.Option(0.0, min=0, max=1, help="0: popular products sooner, as learned; 1: scene alone."),
    html: Path | None = typer.Option(None, help="Also write a self-contained page."),
    as_json: bool = Json,
) -> None:
    """Rank the products of each category for a photo.

    Example: scenefit recommend catalog photo.jpg --category Shoes -k 5
    """
    around = Box.parse(box) if box else None
    recommender = Recommender.open(catalog)
    result = recommender.recommend(photo, category, k=k, box=around, novelty=novelty, suggested=suggested)
    if html:
        with written_file(html) as aside:
            aside.write_text(recommendations_page(result), "utf-8")
        note(f"wrote {html}")
    if as_json:
        show_json(_as_json(result))
    else:
        _show(result)


def _as_json(result: Recommendations) -> dict[str, Any]:
    return {
        "photo": result.photo,
        "model": result.model,
        "view": list(result.view),
        "wanted": result.wanted,
        "categories": {name: [_product(p) for p in r.products] for name, r in result.rankings.items()},
        "attention": {name: ranking.attention.tolist() for name, ranking in result.rankings.items()},
    }


def _product(product: Recommendation) -> dict[str, Any]:
    return {**vars(product), "image": None if product.image is None else str(product.image)}


def _show(result: Recommendations) -> None:
    for name, ranking in result.rankings.items():
        rows = [(p.id, p.rank, f"{p.distance:.4f}", _probability(p), p.title or "") for p in ranking.products]
        wanted = f", wanted {result.wanted[name]:.0%}" if result.wanted else ""
        show_table(name + wanted, ("product", "rank", "distance", "probability", "title"), rows)


def _probability(product: Recommendation) -> str:
    return "-" if product.probability is None else f"{product.probability:.2f}"
