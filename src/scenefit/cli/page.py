"""A self-contained page of recommendations: the photo, where the model looked, the products."""

from __future__ import annotations

import base64
import io
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from scenefit.data.images import decode, read_bytes
from scenefit.errors import ImageError
from scenefit.types import WHOLE, Box, Floats, Pixels, Ranking, Recommendation, Recommendations

HEAT = (255, 84, 36)
PHOTO_SIDE, PRODUCT_SIDE = 720, 220


def recommendations_page(result: Recommendations) -> str:
    """Write recommendations as one HTML document without outside resources.

    Raises:
        ImageError: the photo cannot be read any more.
    """
    template = Template(files("scenefit.cli").joinpath("page.html").read_text("utf-8"))
    photo = decode(read_bytes(Path(result.photo)))
    height, width = photo.shape[:2]
    return template.substitute(
        photo=_data_uri(photo, PHOTO_SIDE),
        ratio=f"{width} / {height}",
        name=escape(Path(result.photo).name),
        model=escape(result.model[:12]),
        sections="\n".join(_section(ranking, result.view) for ranking in result.rankings.values()),
    )


def effective_cells(attention: Floats) -> float:
    """Tell over how many cells attention is spread: exp of its entropy, from 1 to their number.

    >>> round(effective_cells(np.full((2, 2), 0.25, np.float32)), 3)
    4.0
    """
    weights = attention[attention > 0]
    return float(np.exp(-(weights * np.log(weights)).sum()))


def _section(ranking: Ranking, view: Box) -> str:
    cells = f"spread over {effective_cells(ranking.attention):.0f} of {ranking.attention.size} cells"
    place = f"left:{view.left:.2%};top:{view.top:.2%}"
    place += f";width:{view.right - view.left:.2%};height:{view.bottom - view.top:.2%}"
    cards = "\n".join(_card(product) for product in ranking.products)
    name = escape(ranking.category)
    return f"""<section><h2>{name}</h2><div class="row">
<figure><div class="photo" role="img" aria-label="The photo, with where the model looked for {name}">
<img alt="" class="heat" style="{place}" src="{_heat(ranking.attention)}">
{_hidden(view)}</div><figcaption>where the model looked, {cells}; shown from its least to its most</figcaption></figure>
<ol>{cards}</ol></div></section>"""


def _hidden(view: Box) -> str:
    """Shade what was left out of the photo."""
    if view == WHOLE:
        return ""
    left, top, right, bottom = (f"{side:.2%}" for side in view)
    hole = f"{left} {top},{left} {bottom},{right} {bottom},{right} {top},{left} {top}"
    return f'<div class="unused" style="clip-path:polygon(evenodd,0 0,100% 0,100% 100%,0 100%,0 0,{hole})"></div>'


def _card(product: Recommendation) -> str:
    title = escape(product.title or product.id)
    picture = _product_picture(product)
    image = f'<img alt="{title}" loading="lazy" src="{picture}">' if picture else '<div class="none">no picture</div>'
    return f"<li>{image}<b>{product.rank}</b><span>{title}</span><small>distance {product.distance:.3f}</small></li>"


def _product_picture(product: Recommendation) -> str | None:
    if product.image is None:
        return None
    try:
        return _data_uri(decode(read_bytes(product.image)), PRODUCT_SIDE)
    except ImageError:
        return None


def _data_uri(pixels: Pixels, side: int) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    return _encoded(image, "JPEG")


def _heat(attention: Floats) -> str:
    """Draw the map as a small transparent picture that the browser smooths; stretched from its least to its most."""
    low, high = float(attention.min()), float(attention.max())
    strength = (attention - low) / (high - low) if high > low else np.zeros_like(attention)
    pixels = np.empty((*attention.shape, 4), np.uint8)
    pixels[..., :3] = HEAT
    pixels[..., 3] = np.round(strength * 190)
    return _encoded(Image.fromarray(pixels), "PNG")


def _encoded(image: Image.Image, format_: str) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format_, quality=82)
    return f"data:image/{format_.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
