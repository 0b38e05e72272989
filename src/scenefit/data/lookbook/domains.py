"""The two domains: their categories, which item decides for which, and how a scene is painted from styles."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scenefit.data.lookbook import figure, furniture, furniture_catalog, garments, garments_catalog, room
from scenefit.data.lookbook.backgrounds import BACKGROUNDS
from scenefit.data.lookbook.board import Board
from scenefit.data.lookbook.paint import Canvas
from scenefit.data.lookbook.style import Style
from scenefit.types import Box

Painted = tuple[Image.Image, dict[str, Box]]
"""A scene's picture, and the box of each category's item in it."""


@dataclass(frozen=True)
class Domain:
    """A kind of scene.

    Attributes:
        name: as in `--domain`.
        anchors: for each category, those that may decide for it, first the one that does so before the others, and
            the angle in turns at which its hue stands from theirs.
        order: the categories as a look is put together.
        presence: how often a category is worn, in [0, 1]; always, if it is not named.
        either: sets of categories of which a look wears one, each with how often; empty for no such choice.
        shown: how each category's catalog photo is drawn.
        paint: paints a scene from the style of each category worn.

    """

    name: str
    anchors: Mapping[str, Mapping[str, float]]
    order: tuple[str, ...]
    presence: Mapping[str, float]
    either: Mapping[tuple[str, ...], float]
    shown: Mapping[str, Callable[[Board, Style], None]]
    paint: Callable[[np.random.Generator, Mapping[str, Style]], Painted]

    def anchor(self, category: str, worn: Container[str]) -> str | None:
        """Name the category that decides for `category` among those worn; None where none does."""
        return next((anchor for anchor in self.anchors[category] if anchor in worn), None)


def paint_outfit(rng: np.random.Generator, styles: Mapping[str, Style]) -> Painted:
    """Paint a figure in garments of these styles, 224 pixels wide and 320 high."""
    canvas, boxes = Canvas(figure.WIDTH, figure.HEIGHT), {}
    BACKGROUNDS[rng.integers(len(BACKGROUNDS))](canvas, rng)
    body = figure.draw_body(rng)
    figure.paint_body(canvas, body)
    for category, paint in garments.WORN.items():
        if category == "Hats":  # the head lies over the coat and under the hat
            figure.paint_head(canvas, body)
        if category in styles:
            canvas.begin_item()
            paint(canvas, body, styles[category])
            boxes[category] = canvas.item_box()
    return canvas.finish(), boxes


def paint_room(rng: np.random.Generator, styles: Mapping[str, Style]) -> Painted:
    """Paint a room with furniture of these styles, 320 pixels wide and 276 high."""
    canvas, boxes = Canvas(room.WIDTH, room.HEIGHT), {}
    room.paint_walls(canvas, rng)
    place = room.Room(canvas, rng)
    room.paint_window(place)
    for category, paint in furniture.PLACED.items():
        if category in styles:
            canvas.begin_item()
            paint(place, styles[category])
            boxes[category] = canvas.item_box()
    return canvas.finish(), boxes


FASHION = Domain(
    name="fashion",
    anchors={
        "Tops": {"Trousers": -1 / 2, "Skirts": -1 / 4},
        "Trousers": {"Tops": 1 / 2},
        "Skirts": {"Tops": 1 / 4},
        "Dresses": {"Shoes": -1 / 2},
        "Bags": {"Tops": 1 / 3, "Dresses": 1 / 3},
        "Shoes": {"Dresses": 1 / 2, "Bags": 1 / 2},
        "Coats": {"Shoes": 1 / 3},
        "Hats": {"Tops": 0.15, "Dresses": 0.15},
        "Sunglasses": {"Bags": 0.0},
    },
    order=("Tops", "Trousers", "Skirts", "Dresses", "Bags", "Shoes", "Coats", "Hats", "Sunglasses"),
    presence={"Coats": 0.4, "Hats": 0.5, "Sunglasses": 0.4},
    either={("Tops", "Trousers"): 0.4, ("Tops", "Skirts"): 0.32, ("Dresses",): 0.28},
    shown=garments_catalog.SHOWN,
    paint=paint_outfit,
)
HOME = Domain(
    name="home",
    anchors={
        "Sofas": {"Curtains": -1 / 4},
        "Rugs": {"Sofas": 1 / 3},
        "Cushions": {"Rugs": 1 / 2},
        "Curtains": {"Sofas": 1 / 4},
        "Mirrors": {"Sofas": -0.15},
        "Lamps": {"Curtains": 1 / 2},
        "Chairs": {"Cushions": 1 / 3},
        "Tables": {"Chairs": 0.0},
    },
    order=("Sofas", "Rugs", "Cushions", "Curtains", "Mirrors", "Lamps", "Chairs", "Tables"),
    presence={"Mirrors": 0.7, "Lamps": 0.7, "Tables": 0.7},
    either={},
    shown=furniture_catalog.SHOWN,
    paint=paint_room,
)
DOMAINS = {domain.name: domain for domain in (FASHION, HOME)}
