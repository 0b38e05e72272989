"""What a person wants of the products: which may come, and in what order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scenefit.errors import UsageError


@dataclass(frozen=True)
class Wishes:
    """Which products may come, and in what order.

    Attributes:
        where: a filter, as `price<80 and in_stock`; applied before the ranking (docs/filters.md). None for all.
        exclude: ids that may not come.
        novelty: in [0, 1]; 0 lets what was often chosen in training come sooner (the model's prior), 1 does not.
        diversity: in [0, 1]; 0 ranks by distance alone, above it what is unlike the products before comes sooner.
        together: in [0, 1], how much the products of a look go with each other, beside going with the photo; a matter
            of taste, not of accuracy (docs/looks.md).
        duplicates: keep products that differ from a better one in their id only.
        liked: ids of products to have more like of (docs/looks.md).
        disliked: ids of products to have less like of.
    """

    where: str | None = None
    exclude: Collection[str] = ()
    novelty: float = 0.0
    diversity: float = 0.0
    together: float = 0.3
    duplicates: bool = False
    liked: Sequence[str] = ()
    disliked: Sequence[str] = ()

    def __post_init__(self) -> None:
        if both := sorted(set(self.liked) & set(self.disliked)):
            raise UsageError(f"got {both[0]!r} both as liked and as disliked; expected one of the two")
        if isinstance(self.exclude, str) or isinstance(self.liked, str) or isinstance(self.disliked, str):
            raise UsageError("got one text where several ids are expected; give a list of ids")
