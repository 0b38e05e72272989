"""Folds of a cross-validation: every scene is tested once, and a scene's pairs stay together."""

from __future__ import annotations

import numpy as np
import pytest

from scenefit.data.splits import fold_splits

CONTENTS = np.array([f"scene {i % 37}" for i in range(101)], object)


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_every_scene_is_tested_once(folds: int) -> None:
    splits = [fold_splits(CONTENTS, fold, folds, 7) for fold in range(folds)]
    tested = np.stack([split == "test" for split in splits])
    assert (tested.sum(axis=0) == 1).all()
    for split in splits:
        assert {*split.tolist()} == {"train", "val", "test"}
        assert len({*zip(CONTENTS.tolist(), split.tolist(), strict=True)}) == 37
        sizes = [len({*CONTENTS[split == name].tolist()}) for name in ("test", "val", "train")]
        assert abs(sizes[0] - 37 / folds) < 1
        assert sizes[1] < sizes[2]


def test_the_seed_draws_the_parts_and_the_order_does_not() -> None:
    first = fold_splits(CONTENTS, 0, 5, 7)
    assert fold_splits(CONTENTS[::-1], 0, 5, 7)[::-1].tolist() == first.tolist()
    assert fold_splits(CONTENTS, 0, 5, 8).tolist() != first.tolist()
