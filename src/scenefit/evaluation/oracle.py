"""The oracle of generated looks: the rule that made them, as a method among the others."""

from __future__ import annotations

import numpy as np

from scenefit.data.dataset import Dataset
from scenefit.types import Array, Doubles, Ints, Table


class Oracle:
    """The scores of the rule that made the looks: the ceiling."""

    def __init__(self, dataset: Dataset, truth: Table, pairs: Ints) -> None:
        row = {id_: i for i, id_ in enumerate(dataset.products["id"].tolist())}
        self._scenes = dataset.pairs["scene"][pairs]
        self._categories = dataset.pairs["category"][pairs]
        self._scores: dict[tuple[str, str], Doubles] = {}
        for scene, category, product, score in zip(
            *(truth[name].tolist() for name in ("scene", "category", "product", "score")), strict=True
        ):
            scores = self._scores.setdefault((scene, category), np.zeros(len(row)))
            scores[row[product]] = score

    def distances(self, pairs: Ints, products: Ints) -> Array:
        """Give minus the oracle's scores."""
        keys = zip(self._scenes[pairs], self._categories[pairs], strict=True)
        return -np.stack([self._scores[key][products] for key in keys])
