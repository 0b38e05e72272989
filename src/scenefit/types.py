"""The nouns: Box, Crop, Product, the features of scenes and products, the array types."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from scenefit.errors import UsageError

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Pixels = npt.NDArray[np.uint8]
Table = dict[str, Array]
"""Columns of equal length by name; text columns hold `str` objects, an absent value is None."""


Progress = Callable[[str, int, int], None]
"""Told (what, done, total) as long work goes on."""


def silent(what: str, done: int, total: int) -> None:
    """Take progress and say nothing."""


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture: fractions of its width and height in [0, 1], origin top left.

    Raises:
        UsageError: a side is not a finite number in [0, 1], or left >= right, or top >= bottom.

    >>> Box(0.25, 0, 1, 0.5).area
    0.375
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        if not all(math.isfinite(side) and 0 <= side <= 1 for side in sides):
            raise UsageError(f"got the box {sides}; its four sides must be fractions in [0, 1]")
        if self.left >= self.right or self.top >= self.bottom:
            raise UsageError(f"got the box {sides}; left must be below right, and top below bottom")

    @classmethod
    def parse(cls, text: str) -> Box:
        """Read `left,top,right,bottom`.

        >>> Box.parse("0.1,0.2,0.5,0.9").right
        0.5
        >>> Box.parse("0.1,0.2")
        Traceback (most recent call last):
        ...
        scenefit.errors.UsageError: got the box '0.1,0.2'; expected left,top,right,bottom as fractions in [0, 1]
        """
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(f"got the box {text!r}; expected left,top,right,bottom as fractions in [0, 1]") from None
        return cls(left, top, right, bottom)

    @property
    def area(self) -> float:
        """Share of the picture that the box covers, in (0, 1]."""
        return (self.right - self.left) * (self.bottom - self.top)

    def __iter__(self) -> Iterator[float]:
        return iter((self.left, self.top, self.right, self.bottom))


WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Crop:
    """A part of one picture file; `content` is the SHA-256 of the file's bytes, in hex."""

    path: Path
    content: str
    box: Box = WHOLE


Value = str | float | bool
"""What an attribute of a product may be."""


@dataclass(frozen=True)
class Product:
    """One product of a shop.

    Attributes:
        id: the shop's own; unique in a catalog.
        category: one that the model knows.
        price: in units of `currency`; None where unknown.
        image: where its picture came from: a path, or an address.
        content: SHA-256 of the picture's bytes, in hex; None where the vector came without one.
        attributes: whatever else it can be filtered by, as its brand.
    """

    id: str
    category: str
    title: str | None = None
    price: float | None = None
    currency: str | None = None
    in_stock: bool = True
    url: str | None = None
    image: str | None = None
    content: str | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)


class SceneFeatures(NamedTuple):
    """What a frozen backbone gives of B pictures; all float32.

    Attributes:
        pooled: shape (B, D).
        regions: shape (B, R, C), the map at 1/16 averaged to a grid, or flat (B, R * C); rows from the top.
        halves: shape (B, 2 D), the last map averaged over its upper and over its lower half; (B, 0) of a backbone
            that does not give them.
    """

    pooled: Floats
    regions: Floats
    halves: Floats


class ProductFeatures(NamedTuple):
    """What is kept of the pictures of P products; all float32.

    Attributes:
        pooled: shape (P, D).
        statistics: shape (P, 2 C), the mean of each channel over the regions, then its standard deviation.
    """

    pooled: Floats
    statistics: Floats

    def some(self, rows: Ints | slice) -> ProductFeatures:
        """Give some of the products."""
        return ProductFeatures(self.pooled[rows], self.statistics[rows])
