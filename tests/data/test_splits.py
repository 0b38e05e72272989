"""Splits: by scene, seeded, and read from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenefit.data.dataset import Dataset
from scenefit.data.splits import SPLITS, assign_splits, parse_ratio, read_splits
from scenefit.errors import DataError, UsageError

CONTENTS = [f"{n:064x}" for n in range(100)]


def test_every_scene_of_a_dataset_stands_in_one_split(dataset_folder: Path) -> None:
    pairs = Dataset.open(dataset_folder).pairs
    of = {scene: set(pairs["split"][pairs["scene"] == scene]) for scene in set(pairs["scene"])}
    assert len(pairs["scene"]) == 2 * len(of)
    assert all(len(splits) == 1 for splits in of.values())
    assert set.union(*of.values()) == set(SPLITS)


def test_scenes_with_one_picture_share_a_split() -> None:
    contents = [content for content in CONTENTS for _ in range(3)]
    splits = np.array(assign_splits(contents, (60, 20, 20), 0)).reshape(-1, 3)
    assert (splits == splits[:, :1]).all()
    assert set(splits[:, 0]) == set(SPLITS)


def test_the_seed_decides_and_the_order_does_not() -> None:
    first = assign_splits(CONTENTS, (80, 10, 10), 7)
    assert first == assign_splits(CONTENTS[::-1], (80, 10, 10), 7)[::-1]
    assert first != assign_splits(CONTENTS, (80, 10, 10), 8)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.integers(1, 100),
    st.tuples(*[st.integers(0, 100)] * 3).filter(any),
    st.integers(0, 5),
)
def test_the_shares_are_those_asked_for(n: int, ratio: tuple[int, int, int], seed: int) -> None:
    splits = assign_splits(CONTENTS[:n], ratio, seed)
    for split, share in zip(SPLITS, ratio, strict=True):
        assert abs(splits.count(split) - share / sum(ratio) * n) <= (1 if share else 0)


def test_ratios_are_read() -> None:
    assert parse_ratio("8,1,1") == (8, 1, 1)
    assert parse_ratio("0, 0.5, 0.5") == (0, 0.5, 0.5)


@pytest.mark.parametrize("text", ["", "80,20", "80,10,10,0", "a,b,c", "-1,1,1", "0,0,0", "nan,1,1", "inf,1,1"])
def test_other_ratios_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=f"got --ratio '{text}'; expected three shares, train,val,test, such as"):
        parse_ratio(text)


def test_splits_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "splits.txt"
    path.write_text("\ufeffc val\na train\n\n  b\ttest \nspare val\na train\n", "utf-8")  # with a byte order mark
    assert read_splits(path, ["b", "a", "c", "b"]) == ["test", "train", "val", "test"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("b", id="no split"),
        pytest.param("b dev", id="unknown"),
        pytest.param("b test train", id="three words"),
        pytest.param("a test", id="two splits"),
    ],
)
def test_a_wrong_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "splits.txt"
    path.write_text(f"a train\n{line}\n")
    with pytest.raises(DataError, match=rf"splits\.txt:2: got '{line}'; expected 'scene_id split', one of .*'train'"):
        read_splits(path, ["a"])


def test_a_scene_that_the_file_leaves_out_is_named(tmp_path: Path) -> None:
    path = tmp_path / "splits.txt"
    path.write_text("a train\n")
    with pytest.raises(DataError, match=r"splits\.txt gives no split to 2 scenes, the first 'b'; add them"):
        read_splits(path, ["a", "b", "c"])


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"], ids=["absent", "not text"])
def test_a_file_that_cannot_be_read_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "splits.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"the splits file .*splits\.txt cannot be read: "):
        read_splits(path, ["a"])
