"""A self-contained page of recommendations: the photo, where the model looked, the products."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from scenefit.data.images import decode, read_bytes
from scenefit.evaluation.attention import effective_cells
from scenefit.pages.pictures import heat_uri, photo_uri, place_style, product_uri, shade
from scenefit.types import Ranking, Recommendation, Recommendations


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
    title = escape(product.title or product.id)
    picture = product_uri(product.image)
    likely = "" if product.probability is None else f"{product.probability:.0%} likely, "
    image = f'<img alt="{title}" loading="lazy" src="{picture}">' if picture else '<div class="none">no picture</div>'
    numbers = f"{likely}distance {product.distance:.3f}"
    return f"<li>{image}<b>{product.rank}</b><span>{title}</span><small>{numbers}</small></li>"
