"""The oracle of generated looks, against the truth table read row by row."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.truth import read_truth
from scenefit.evaluation.oracle import Oracle


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Twelve outfits."""
    out = tmp_path_factory.mktemp("looks") / "looks"
    write_lookbook(out, ("fashion",), scenes=12, products=8)
    return Dataset.open(out)


def test_the_oracle_gives_minus_the_scores_of_the_truth(looks: Dataset) -> None:
    pairs = np.arange(len(looks.pair_scene))
    truth = read_truth(looks, pairs)
    oracle = Oracle(looks, truth, pairs)
    for pair in pairs:
        category = looks.pairs["category"][pair]
        products = np.flatnonzero(looks.products["category"] == category)
        got = oracle.distances(np.array([pair]), products)[0]
        for product, distance in zip(products, got, strict=True):
            rows = (truth["scene"] == looks.pairs["scene"][pair]) & (truth["category"] == category)
            rows &= truth["product"] == looks.products["id"][product]
            assert distance == -truth["score"][rows].item()
