"""Pictures inside pages: photos, product thumbnails and attention maps as data URIs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from scenefit.data.images import decode, read_bytes
from scenefit.errors import ImageError
from scenefit.types import WHOLE, Box, Floats, Pixels

HEAT = (255, 84, 36)
PHOTO_SIDE, PRODUCT_SIDE = 720, 220


def product_uri(image: Path | None) -> str | None:
    """Give a product's thumbnail; None where it has no picture or it cannot be read any more."""
    if image is None:
        return None
    try:
        return photo_uri(decode(read_bytes(image)), PRODUCT_SIDE)
    except ImageError:
        return None


def photo_uri(pixels: Pixels, side: int = PHOTO_SIDE) -> str:
    """Give pixels (H, W, 3), uint8, as a JPEG of at most `side` pixels each way."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side))
    return _encoded(image, "JPEG")


def place_style(box: Box) -> str:
    """Give the CSS that places something over a box of the photo.

    >>> place_style(Box(0, 0.5, 1, 1))
    'left:0.00%;top:50.00%;width:100.00%;height:50.00%'
    """
    width, height = box.right - box.left, box.bottom - box.top
    return f"left:{box.left:.2%};top:{box.top:.2%};width:{width:.2%};height:{height:.2%}"


def shade(view: Box) -> str:
    """Darken what of the photo was left out."""
    if view == WHOLE:
        return ""
    left, top, right, bottom = (f"{side:.2%}" for side in view)
    hole = f"{left} {top},{left} {bottom},{right} {bottom},{right} {top},{left} {top}"
    return f'<div class="unused" style="clip-path:polygon(evenodd,0 0,100% 0,100% 100%,0 100%,0 0,{hole})"></div>'


def heat_uri(attention: Floats) -> str:
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
