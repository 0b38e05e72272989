"""Arrays on disk: what was saved comes back, and a file that is no such array is refused, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.data.arrays import read_array
from scenefit.errors import ArtifactError

UNREADABLE = r"a\.npy cannot be read as an array \(.+\); build it again"


class Planted:
    """Would make a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return (Path.touch, (Path("planted"),))


@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("rows", [0, 1, 7])
def test_what_was_saved_comes_back(rows: int, kind: type[np.floating[Any]], tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(rows, 5)).astype(kind)
    np.save(tmp_path / "a.npy", values)
    read = read_array(tmp_path / "a.npy", (rows, 5), "build it again")
    np.testing.assert_array_equal(read, values)
    assert read.dtype == np.float32 and type(read) is np.ndarray
    read += 1  # it is no window on the file
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), values)


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (np.zeros((3, 4), np.float32), r"float32 of shape \(3, 4\)"),
        (np.zeros((2, 5), np.float32), r"float32 of shape \(2, 5\)"),
        (np.zeros(15, np.float32), r"float32 of shape \(15,\)"),
        (np.zeros((3, 5)), r"float64 of shape \(3, 5\)"),
    ],
)
def test_another_array_is_refused(values: Any, got: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values)
    expected = r"expected float16 or float32 of shape \(3, 5\): build it again"
    with pytest.raises(ArtifactError, match=rf"a\.npy holds {got}; {expected}"):
        read_array(tmp_path / "a.npy", (3, 5), "build it again")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_is_refused(value: float, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[0, value]], np.float32))
    with pytest.raises(ArtifactError, match=r"a\.npy holds values that are not finite numbers; build it again"):
        read_array(tmp_path / "a.npy", (1, 2), "build it again")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\x20\x00{'descr': ((((((((((((((((\n     ",
        b"\x93NUMPY\x01\x00\x10\x00" + b"0" * 16,
        b"PK\x03\x04" + bytes(60),
        b"\x80\x04K\x01.",
    ],
)
def test_what_is_no_array_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (3, 5), "build it again")


def test_several_arrays_in_one_file_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", np.zeros((3, 5), np.float32))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (3, 5), "build it again")


def test_a_pickle_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "a.npy", np.array([Planted()], object), allow_pickle=True)
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (1,), "build it again")
    assert not (tmp_path / "planted").exists()


def test_a_file_that_is_cut_short_or_promises_terabytes_is_refused(tmp_path: Path) -> None:
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**13, 4)}
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (10**13, 4), "build it again")
    np.save(tmp_path / "a.npy", np.zeros((3, 5), np.float32))
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (3, 5), "build it again")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=UNREADABLE):
        read_array(tmp_path / "a.npy", (3, 5), "build it again")
