"""Items of collages: each is a part of a picture with a label, and becomes a product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scenefit.data.importers.entries import Product, Sides, within
from scenefit.data.importers.pictures import Picture, picture_id
from scenefit.data.importers.records import box_fault, is_text, number_of
from scenefit.data.importers.signatures import is_signature
from scenefit.types import Box

ROUNDING = 1e-4
"""How far a side may lie past the picture's edge: the files' x + width is over 1 by the rounding of single floats."""


class Item(NamedTuple):
    """An item: its collage's signature, its label, its box as left, top, right, bottom in [0, 1]."""

    signature: str
    label: str
    box: Sides

    @property
    def id(self) -> str:
        """32 hex digits that name it, the same for the same box and label."""
        return picture_id(" ".join([self.signature, *(f"{side:.6f}" for side in self.box), self.label]))

    def product(self, found: Mapping[str, Path]) -> Product:
        """Give the product: the part of the collage."""
        return Product(self.id, self.label, Picture(self.id, found.get(self.signature), box=Box(*self.box)))


def read_item(signature: Any, x: Any, y: Any, width: Any, height: Any, label: Any) -> Item | str:
    """Read an item from the fields of a record, its box as the top left corner and the size; a str says what is wrong.

    >>> read_item("0" * 32, "0.5", "0.25", "0.5", "0.5", "Shoes").box
    (0.5, 0.25, 1.0, 0.75)
    """
    if not is_signature(signature):
        return "signature: expected 32 hex digits"
    if not is_text(label):
        return "label: expected a category's name"
    left, top, wide, high = (number_of(value) for value in (x, y, width, height))
    if left is None or top is None or wide is None or high is None:
        return "box: expected four numbers, x, y, width and height"
    box = within((left, top, left + wide, top + high), ROUNDING)
    fault = box_fault(*box)
    return Item(signature, label.strip(), box) if fault is None else f"box: {fault}"
