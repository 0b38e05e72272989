"""`scenefit recommend`: the products that go with a photo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from scenefit.artifacts import written_file
from scenefit.cli.output import Json, note, show_json, show_table
from scenefit.pages.recommendations import recommendations_page
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.wishes import Wishes
from scenefit.results import Look, Recommendation, Recommendations
from scenefit.types import Box, Product


def recommend(
    catalog: str = typer.Argument(help="The catalog folder, or the URL of its server."),
    photo: list[Path] = typer.Argument(help="A photo of an outfit or a room; or several, which steer together."),
    category: list[str] = typer.Option([], help="May be given several times. Default: all, the most wanted first."),
    k: int = typer.Option(10, "-k", min=1, help="Products a category."),
    box: str | None = typer.Option(None, help="left,top,right,bottom in [0, 1] around the item to replace."),
    where: str | None = typer.Option(None, help='Which products may come: price<80 and brand in ("a", "b").'),
    exclude: list[str] = typer.Option([], help="The id of a product that may not come; several times."),
    like: list[str] = typer.Option([], help="The id of a product to have more like of; several times."),
    unlike: list[str] = typer.Option([], help="The id of a product to have less like of; several times."),
    diversity: float = typer.Option(0.0, min=0, max=1, help="0: the best first; above: unlike those before sooner."),
    looks: int = typer.Option(0, min=0, help="Also compose so many whole looks, a product of each category."),
    budget: float | None = typer.Option(None, min=0, help="The most that a look may cost."),
    together: float = typer.Option(0.3, min=0, max=1, help="How much a look's products go with each other."),
    suggested: int | None = typer.Option(None, min=1, help="Keep so many categories, those the scene wants most."),
    novelty: float = typer.Option(0.0, min=0, max=1, help="0: popular products sooner, as learned; 1: scene alone."),
    model: Path | None = typer.Option(None, help="The model folder, for a catalog on a server."),
    html: Path | None = typer.Option(None, help="Also write a self-contained page."),
    as_json: bool = Json,
) -> None:
    """Rank the products of each category for a photo.

    Example: scenefit recommend catalog photo.jpg --category Shoes -k 5 --where "price<80 and in_stock"
    """
    wishes = Wishes(where, exclude, novelty, diversity, together, liked=like, disliked=unlike)
    result = Recommender.open(catalog, model).recommend(
        photo,
        category,
        k=k,
        box=Box.parse(box) if box else None,
        suggested=suggested,
        looks=looks,
        budget=budget,
        wishes=wishes,
    )
    if html:
        with written_file(html) as aside:
            aside.write_text(recommendations_page(result), "utf-8")
        note(f"wrote {html}")
    if as_json:
        show_json(result.as_json())
    else:
        _show(result)


def _show(result: Recommendations) -> None:
    for name, ranking in result.rankings.items():
        found = [(p.id, p.rank, f"{p.distance:.4f}", _probability(p), *_told(p.product)) for p in ranking.products]
        wanted = f", wanted {result.wanted[name]:.0%}" if result.wanted else ""
        _show_filled(name + wanted, ("product", "rank", "distance", "probability", "title", "price"), found)
    for number, look in enumerate(result.looks, 1):
        rows = [(name, product.id, *_told(product)) for name, product in look.products.items()]
        _show_filled(f"look {number}{_total(look)}", ("category", "product", "title", "price"), rows)


def _show_filled(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show a table without the columns that nothing stands in."""
    kept = [i for i in range(len(columns)) if not rows or any(row[i] != "" for row in rows)]
    show_table(title, [columns[i] for i in kept], [[row[i] for i in kept] for row in rows])


def _told(product: Product) -> tuple[str, str]:
    return product.title or "", _price(product.price)


def _price(price: float | None) -> str:
    return "" if price is None else f"{price:.2f}"


def _total(look: Look) -> str:
    return "" if look.price is None else f", {look.price:.2f} {look.currency or ''}".rstrip()


def _probability(product: Recommendation) -> str:
    return "-" if product.probability is None else f"{product.probability:.2f}"
