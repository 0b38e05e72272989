"""Where an import writes, and that a failed one leaves what stood there."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.errors import DataError, UsageError

Import = Callable[..., ImportReport]


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    """Make writing past a size fail, as on a full disk; Python ignores the signal that comes with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_place_that_is_taken_is_refused_before_any_work(run_import: Import, source: Path, tmp_path: Path) -> None:
    run_import(tmp_path / "out")
    before = _everything(tmp_path)
    (source / "records.json").rename(source / "elsewhere.json")
    with pytest.raises(UsageError, match=r"out exists already; choose another place, or pass --overwrite to replace"):
        run_import(tmp_path / "out")
    (source / "elsewhere.json").rename(source / "records.json")
    assert _everything(tmp_path) == before


def test_overwrite_replaces_the_whole_folder(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    old = run_import(out).fingerprint
    (out / "note.txt").write_text("of the old dataset")
    new = run_import(out, records[:4], overwrite=True).fingerprint
    assert new != old
    assert Dataset.open(out).fingerprint == new
    assert not (out / "note.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]


def test_an_empty_folder_may_be_filled_and_parents_are_made(run_import: Import, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "deep" / "er" / "out"):
        assert run_import(out).fingerprint == Dataset.open(out).fingerprint


@pytest.mark.parametrize("size", [200, 1500, 20_000], ids=["list of rejects", "tables", "pictures"])
def test_a_full_disk_leaves_the_old_dataset_and_nothing_half_written(
    run_import: Import, records: list[Any], source: Path, size: int, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run_import(out)
    Image.effect_noise((400, 400), 90).save(source / "images" / f"{records[0]['scene']}.jpg", quality=95)
    (source / "images" / f"{records[2]['scene']}.jpg").unlink()
    before = _everything(tmp_path)
    with pytest.raises(OSError, match="File too large"), _no_file_larger_than(size):
        run_import(out, overwrite=True)
    assert _everything(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]
    assert len(Dataset.open(out).pairs["scene"]) == 16


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("categories.json", None, r"the category file .*categories\.json cannot be read: No such file"),
        ("categories.json", b"{'a': 1}", r"the category file .*categories\.json is not JSON: "),
        ("categories.json", b"[" * 100_000, r"the category file .*categories\.json is not JSON: "),
        ("categories.json", b"[1]", r"the category file .*categories\.json holds a list; expected an object of ids"),
        ("records.json", None, r"the records file .*records\.json cannot be read: No such file"),
        ("records.json", b"[{}, ", r"the records file .*records\.json is not JSON: "),
        ("records.json", b"", r"none of the 0 records in .*records\.json can be used"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    run_import: Import, source: Path, name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    (source / name).unlink()
    if content is not None:
        (source / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        run_import(tmp_path / "out")
    assert list(tmp_path.iterdir()) == [source]


def test_images_that_are_no_folder_are_refused(run_import: Import, source: Path, tmp_path: Path) -> None:
    (source / "images").rename(source / "pictures")
    with pytest.raises(DataError, match=r"--images .*images is not a folder; expected the folder that holds the pict"):
        run_import(tmp_path / "out")


def test_a_splits_file_that_leaves_scenes_out_leaves_nothing(run_import: Import, source: Path, tmp_path: Path) -> None:
    (source / "splits.txt").write_text("")
    with pytest.raises(DataError, match=r"gives no split to 8 scenes, the first '[0-9a-f]{32}'; add them"):
        run_import(tmp_path / "out", splits=source / "splits.txt")
    assert list(tmp_path.iterdir()) == [source]
