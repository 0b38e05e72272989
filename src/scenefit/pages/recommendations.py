"""A self-contained page of recommendations: the photo, whole looks, then the products of each category."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from scenefit.data.images import decode, read_bytes
from scenefit.evaluation.attention import effective_cells
from scenefit.pages.pictures import heat_uri, photo_uri, place_style, product_uri, shade
from scenefit.results import Look, Ranking, Recommendation, Recommendations
from scenefit.types import Product


def recommendations_page(result: Recommendations) -> str:
    """Write recommendations as one HTML document without outside resources.

    Raises:
        ImageError: the photo cannot be read any more.
    """
    template = Template(files("scenefit.pages").joinpath("recommendations.html").read_text("utf-8"))
    photo = decode(read_bytes(Path(result.photo)))
    height, width = photo.shape[:2]
    return template.substitute(
        photo=photo_uri(photo),
        ratio=f"{width} / {height}",
        name=escape(Path(result.photo).name),
        model=escape(result.model[:12]),
        legend=_legend(result),
        top=_top(result) if result.looks else "",
        links="".join(f'<a href="#c{number}">{escape(name)}</a>' for number, name in enumerate(result.rankings, 1)),
        sections="\n".join(_section(number, each, result) for number, each in enumerate(result.rankings.values(), 1)),
    )


def _legend(result: Recommendations) -> str:
    likely = any(product.probability is not None for each in result.rankings.values() for product in each.products)
    return ("; likely: to go with the scene, where as many products do as do not" if likely else "") + (
        "; wanted: how likely this is what the scene lacks" if result.wanted else ""
    )


def _top(result: Recommendations) -> str:
    """Show whole looks beside the photo."""
    looks = "\n".join(_look(number, look) for number, look in enumerate(result.looks, 1))
    photo = f'<div class="photo" role="img" aria-label="The photo">{shade(result.view)}</div>'
    return f'<div class="top"><figure>{photo}</figure><div>{looks}</div></div>'


def _section(number: int, ranking: Ranking, result: Recommendations) -> str:
    cells = f"about {effective_cells(ranking.attention):.0f} of {ranking.attention.size} cells"
    cards = "\n".join(_card(product) for product in ranking.products) or "<li>no product fits</li>"
    name, view = escape(ranking.category), result.view
    wanted = f" <small>wanted {result.wanted[ranking.category]:.0%}</small>" if result.wanted else ""
    return f"""<section id="c{number}"><h2>{name}{wanted}</h2><div class="row">
<figure><div class="photo" role="img" aria-label="The photo, with where the model looked for {name}">
<img alt="" class="heat" style="{place_style(view)}" src="{heat_uri(ranking.attention)}">
{shade(view)}</div><figcaption>where the model looked: {cells}</figcaption></figure>
<ol>{cards}</ol></div></section>"""


def _card(product: Recommendation) -> str:
    """Show a ranked product; its distance where the pointer rests."""
    distance = f"distance {product.distance:.3f}"
    likely = f"<small>{distance}</small>"
    if product.probability is not None:
        width = f"{product.probability:.0%}"
        likely = f'<i class="bar"><i style="width:{width}"></i></i><small>{width} likely</small>'
    return f'<li title="{distance}">{_shown(product.product, product.image)}{likely}<b>{product.rank}</b></li>'


def _shown(product: Product, image: Path | None) -> str:
    """Show a product's picture, title and price; they lead to the shop where it has a web address."""
    title, uri = escape(product.title or product.id), product_uri(image)
    picture = f'<img alt="{title}" loading="lazy" src="{uri}">' if uri else '<div class="none">no picture</div>'
    shown = f'{picture}<span class="{"title" if product.title else "id"}">{title}</span>'
    if product.url and product.url.startswith(("https://", "http://")):
        shown = f'<a href="{escape(product.url)}" rel="noopener noreferrer">{shown}</a>'
    stock = "" if product.in_stock else "<em>out of stock</em>"
    return f"{shown}{_price(product.price, product.currency)}{stock}"


def _price(price: float | None, currency: str | None) -> str:
    """Show a price, in its currency where that is known; nothing where there is none."""
    return "" if price is None else f"<strong>{price:,.2f} {escape(currency or '')}".rstrip() + "</strong>"


def _look(number: int, look: Look) -> str:
    cards = "".join(
        f"<li><small>{escape(name)}</small>{_shown(product, look.images.get(product.id))}</li>"
        for name, product in look.products.items()
    )
    return f'<section><h2>Look {number}{_price(look.price, look.currency)}</h2><ol class="look">{cards}</ol></section>'
