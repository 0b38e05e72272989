"""Splits by scene, never by pair: seeded, or read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scenefit.errors import DataError, UsageError
from scenefit.types import Array

SPLITS = ("train", "val", "test")


def parse_ratio(text: str) -> tuple[float, float, float]:
    """Read `train,val,test` shares.

    >>> parse_ratio("80,10,10")
    (80.0, 10.0, 10.0)
    """
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if len(shares) != 3 or min(shares) < 0 or not 0 < sum(shares) < float("inf"):
        raise UsageError(f"got --ratio {text!r}; expected three shares, train,val,test, such as 80,10,10")
    return shares[0], shares[1], shares[2]


def assign_splits(contents: Sequence[str], ratio: tuple[float, float, float], seed: int) -> list[str]:
    """Give each scene a split; scenes with the same picture (content hash) share one.

    Args:
        contents: the SHA-256 of each of S scenes' pictures.
        ratio: shares of train, val and test; they need not sum to one.
        seed: the same seed, scenes and ratio give the same splits, whatever the order of the scenes.

    Returns:
        S names of splits.
    """
    groups = np.array(sorted(set(contents)))
    order = np.random.default_rng(seed).permutation(len(groups))
    edges = np.round(np.cumsum(ratio) / sum(ratio) * len(groups)).astype(int)
    split = {groups[i]: SPLITS[int(np.searchsorted(edges, place, side="right"))] for place, i in enumerate(order)}
    return [split[content] for content in contents]


def fold_splits(contents: Array, fold: int, folds: int, seed: int) -> Array:
    """Give the split of each pair in one fold of a cross-validation over scenes.

    Args:
        contents: shape (N,), the content hash of each pair's scene; equal pictures fall together.
        fold: from 0 to folds - 1: the part that is tested.
        folds: at least 2.
        seed: of the parts; the same for every fold.

    Returns:
        shape (N,): "test" for the fold, "val" for a ninth of the other scenes, "train" for the rest.

    >>> fold_splits(np.array(["a", "b", "a"], object), 0, 2, 0).tolist()
    ['test', 'val', 'test']
    """
    groups = np.array(sorted(set(contents.tolist())), object)
    order = np.random.default_rng(seed).permutation(len(groups))
    place = {content: i for i, content in enumerate(groups[order])}
    parts = np.array([place[content] for content in contents])
    split = np.where(parts % folds == fold, "test", "train").astype(object)
    split[(split == "train") & (parts // folds % 9 == 0)] = "val"
    return split


def read_splits(path: Path, scenes: Sequence[str]) -> list[str]:
    """Read the split of each scene from a file of `scene_id split` lines.

    Raises:
        DataError: the file cannot be read, a line is not of that form, a scene stands twice with different
            splits, or a scene of the dataset is not in the file.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the splits file {path} cannot be read: {error}") from None
    splits: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        match line.split():
            case [scene, split] if split in SPLITS and splits.get(scene, split) == split:
                splits[scene] = split
            case _:
                raise DataError(
                    f"{path}:{number}: got {line!r}; expected 'scene_id split', one of {list(SPLITS)}, once a scene"
                )
    missing = [scene for scene in scenes if scene not in splits]
    if missing:
        raise DataError(f"{path} gives no split to {len(missing)} scenes, the first {missing[0]!r}; add them")
    return [splits[scene] for scene in scenes]
