"""A self-contained page of recommendations: the photo, where the model looked, the products."""

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
        wanted="; wanted: how likely this is what the scene lacks" if result.wanted else "",
        looks=_looks(result),
        sections="\n".join(_section(ranking, result) for ranking in result.rankings.values()),
    )


def _section(ranking: Ranking, result: Recommendations) -> str:
    cells = f"spread over {effective_cells(ranking.attention):.0f} of {ranking.attention.size} cells"
    cards = "\n".join(_card(product) for product in ranking.products)
    name, view = escape(ranking.category), result.view
    wanted = f" <small>wanted {result.wanted[ranking.category]:.0%}</small>" if result.wanted else ""
    return f"""<section><h2>{name}{wanted}</h2><div class="row">
<figure><div class="photo" role="img" aria-label="The photo, with where the model looked for {name}">
<img alt="" class="heat" style="{place_style(view)}" src="{heat_uri(ranking.attention)}">
{shade(view)}</div><figcaption>where the model looked, {cells}; shown from its least to its most</figcaption></figure>
<ol>{cards}</ol></div></section>"""


def _card(product: Recommendation) -> str:
    likely = "" if product.probability is None else f"{product.probability:.0%} likely, "
    numbers = f"{likely}distance {product.distance:.3f}"
    return f"<li>{_shown(product.product, product.image)}<b>{product.rank}</b><small>{numbers}</small></li>"


def _shown(product: Product, image: Path | None) -> str:
    """Show a product's picture, title and price; the title leads to the shop where that is a web address."""
    title = escape(product.title or product.id)
    picture = product_uri(image)
    shown = f'<img alt="{title}" loading="lazy" src="{picture}">' if picture else '<div class="none">no picture</div>'
    price = "" if product.price is None else f" <em>{product.price:.2f} {escape(product.currency or '')}</em>"
    if product.url and product.url.startswith(("https://", "http://")):
        title = f'<a href="{escape(product.url)}" rel="noopener noreferrer">{title}</a>'
    return f"{shown}<span>{title}{price}</span>"


def _looks(result: Recommendations) -> str:
    """Show whole looks, side by side."""
    return "\n".join(_look(number, look) for number, look in enumerate(result.looks, 1))


def _look(number: int, look: Look) -> str:
    cards = "".join(
        f"<li>{_shown(product, look.images.get(product.id))}<small>{escape(name)}</small></li>"
        for name, product in look.products.items()
    )
    total = "" if look.price is None else f" <small>{look.price:.2f} {escape(look.currency or '')} together</small>"
    return f'<section><h2>Look {number}{total}</h2><ol class="look">{cards}</ol></section>'
