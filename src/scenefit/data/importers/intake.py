"""What an importer takes in: good records are kept, bad ones are set aside, each with its reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenefit.data.images import ImageFacts
from scenefit.data.importers.entries import Pair, Product, joined, same_details, within
from scenefit.data.importers.pictures import NO_PICTURE, Picture, check_pictures
from scenefit.data.importers.records import box_fault
from scenefit.types import Progress

OVERHANG = 0.02
"""How far a box in pixels may reach past the picture, as a share of its width or height; it is cut off there."""
NO_PHOTO = "product: picture missing"
Names = Callable[[set[str]], Mapping[str, str]]


@dataclass
class ImportReport:
    """What an import took in and what it set aside, counted by reason."""

    records: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)
    missing_images: int = 0
    fingerprint: str = ""


class Intake:
    """Collects what is good and sets aside what is not, each with its reason.

    Args:
        names: gives the names of the categories from those of the products that are kept; by default their own.
        pixels: whether boxes are in pixels of their scene.

    Attributes:
        photoless: the pairs that `settle` set aside for want of the product's picture alone.
    """

    def __init__(self, names: Names | None = None, *, pixels: bool = False) -> None:
        self.report = ImportReport()
        self.scenes: dict[str, Picture] = {}
        self.products: dict[str, Product] = {}
        self.pairs: dict[tuple[str, str], Pair] = {}
        self.photoless: list[Pair] = []
        self.splits: dict[str, str] = {}
        self.facts: dict[str, ImageFacts | str] = {}
        self.lacking: dict[str, str] = {}
        self.rejected: list[str] = []
        self.names: Names = names or (lambda categories: {name: name for name in categories})
        self._pixels = pixels

    def reject(self, reason: str, **what: Any) -> None:
        """Set something aside: `what` tells which it is."""
        self.report.rejected[reason] += 1
        try:
            line = json.dumps({"reason": reason, **what}, default=str)
        except RecursionError:
            line = json.dumps({"reason": reason, **what, "record": "nested too deep to be shown"})
        self.rejected.append(line + "\n")

    def add_product(self, product: Product, what: Mapping[str, Any]) -> bool:
        """Take a product; say whether it can be used, which it cannot when another of the same id came before."""
        known = self.products.setdefault(product.id, product)
        if known.category != product.category:
            self.reject("product: another category before", **what)
        elif known.picture != product.picture:
            self.reject("product: another picture before", **what)
        else:
            if not same_details(known, product):
                self.reject("the same product again: its first title, price and in_stock kept", **what)
            return True
        return False

    def add_pair(self, pair: Pair, picture: Picture, record: Any, split: str | None = None) -> None:
        """Take a pair of a scene with its picture and a product that was taken before."""
        if fault := self._pair_fault(pair, picture, split):
            return self.reject(fault, **pair.where, record=record)
        self.scenes[pair.scene] = picture
        if split is not None:
            self.splits[pair.scene] = split
        known = self.pairs.setdefault((pair.scene, pair.product), pair)
        if known is not pair:
            again = "the same record again" if known.box == pair.box else "the same pair again: boxes joined"
            self.reject(again, **pair.where, record=record)
            known.box = joined(known.box, pair.box)
        return None

    def _pair_fault(self, pair: Pair, picture: Picture, split: str | None) -> str | None:
        if self.scenes.get(pair.scene, picture) != picture:
            return "scene: another picture before"
        if picture.id == self.products[pair.product].picture.id:
            return "the scene is the product's own picture"
        if split is not None and self.splits.get(pair.scene, split) != split:
            return "split: its scene has another one before"
        return None

    def check_pictures(self, folder: Path, progress: Progress) -> None:
        """Decode every picture that is needed; what is cut out of one is written into the dataset folder."""
        products = {product.picture.id: product.picture for product in self.products.values()}
        needed = {**products, **{self.scenes[scene].id: self.scenes[scene] for scene, _ in self.pairs}}
        self.facts = check_pictures((needed[id_] for id_ in sorted(needed)), folder, progress)
        missing = {id_: needed[id_].url for id_, fact in self.facts.items() if fact == NO_PICTURE}
        self.lacking |= {id_: url for id_, url in missing.items() if url is not None}
        self.report.missing_images = len(self.lacking)

    def settle(self) -> None:
        """Set aside the pairs and products whose pictures are missing or broken, or whose boxes do not fit."""
        for key, pair in list(self.pairs.items()):
            if fault := self._fault(pair) or self._fit(pair):
                del self.pairs[key]
                reason, detail = fault
                if reason == NO_PHOTO:
                    self.photoless.append(pair)
                record = {"scene": pair.scene, "product": pair.product, "detail": detail}
                self.reject(reason, **pair.where, record=record)
        for product in self.products.values():
            fact, cut_out = self.facts[product.picture.id], product.picture.box is not None
            if isinstance(fact, str) and fact != NO_PICTURE and not cut_out:
                self.reject("catalog product: picture broken", product=product.id, detail=fact)

    def kept_products(self) -> list[Product]:
        """Give the products whose picture can be used, by id."""
        return [p for _, p in sorted(self.products.items()) if not isinstance(self.facts[p.picture.id], str)]

    def known(self, picture: Picture) -> ImageFacts:
        """Give the facts of a picture that `settle` left."""
        facts = self.facts[picture.id]
        assert isinstance(facts, ImageFacts)  # noqa: S101  settle() has left only these
        return facts

    def _fault(self, pair: Pair) -> tuple[str, str] | None:
        for side, picture in (("scene", self.scenes[pair.scene]), ("product", self.products[pair.product].picture)):
            if isinstance(fact := self.facts[picture.id], str):
                return f"{side}: picture {'missing' if fact == NO_PICTURE else 'broken'}", fact
        return None

    def _fit(self, pair: Pair) -> tuple[str, str] | None:
        """Turn a box in pixels into fractions of its scene."""
        if not self._pixels or pair.box is None:
            return None
        facts, (left, top, right, bottom) = self.known(self.scenes[pair.scene]), pair.box
        sides = (left / facts.width, top / facts.height, right / facts.width, bottom / facts.height)
        pair.box = box = within(sides, OVERHANG)
        fault = box_fault(*box)
        return None if fault is None else (f"bbox: {fault}", f"the picture has {facts.width}x{facts.height} pixels")
