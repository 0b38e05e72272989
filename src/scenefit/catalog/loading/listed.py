"""What is loaded into a catalog: products as a table or a dataset lists them, and rows that cannot be taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scenefit.types import Product, ProductFeatures


@dataclass(frozen=True)
class Listed:
    """A product and where its picture is.

    Attributes:
        number: of its line or record.
        product: its `content` is what the picture must have, None where that is not known.
        picture: a file, or an http(s) address.
        features: of the picture, B = 1, where they are at hand.
    """

    number: int
    product: Product
    picture: Path | str
    features: ProductFeatures | None = None


@dataclass(frozen=True)
class SetAside:
    """A row that is not taken.

    Attributes:
        number: of its line or record.
        id: of its product, None where it cannot be read.
        reason: one of few, so that rows can be counted by it.
        detail: what more there is to say.
    """

    number: int
    id: str | None
    reason: str
    detail: str = ""


class Source(Protocol):
    """Where products come from; may be gone through once."""

    @property
    def total(self) -> int:
        """The number of rows."""

    def __iter__(self) -> Iterator[Listed | SetAside]: ...
