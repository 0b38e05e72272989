"""Artifacts: written aside then renamed, sealed, and refused when they are not whole."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit import artifacts
from scenefit.errors import UsageError

STOPPED = """
import pathlib, sys, time
from scenefit import artifacts
target = pathlib.Path(sys.argv[1])
with artifacts.written_{kind}(target{overwrite}) as aside:
    (aside / "a.txt" if aside.is_dir() else aside).write_text("new, half")
    print("half", flush=True)
    time.sleep(60)
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _filled(folder: Path, text: str) -> Path:
    """Make an artifact that holds one file."""
    folder.mkdir()
    (folder / "a.txt").write_text(text)
    artifacts.seal(folder, "catalog.json", "catalog", ["a.txt"], {}, {})
    return folder


def _kill_in_the_middle(kind: str, target: Path) -> None:
    program = STOPPED.format(kind=kind, overwrite=", overwrite=True" if kind == "folder" else "")
    with subprocess.Popen([sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "half\n"
        child.kill()
        assert child.wait() == -signal.SIGKILL


def test_a_file_appears_only_when_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with artifacts.written_file(path) as aside:
        aside.write_text("new")
        assert not path.exists()
        assert aside.parent == path.parent
    assert path.read_text() == "new"
    assert _names(tmp_path) == ["a.txt"]


def test_a_failed_block_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ValueError, match="half way"), artifacts.written_file(path) as aside:
        aside.write_text("new")
        raise ValueError("half way")
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_a_folder_appears_only_when_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "out"
    with artifacts.written_folder(path) as aside:
        (aside / "a.txt").write_text("new")
        assert not path.exists()
        assert aside.parent == path.parent
    assert (path / "a.txt").read_text() == "new"
    assert _names(path.parent) == ["out"]
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_failed_block_leaves_the_old_folder(tmp_path: Path) -> None:
    path = _filled(tmp_path / "out", "old")
    with pytest.raises(ValueError, match="half way"), artifacts.written_folder(path, overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
        raise ValueError("half way")
    assert (path / "a.txt").read_text() == "old"
    assert _names(tmp_path) == ["out"]


def test_overwrite_replaces_an_artifact(tmp_path: Path) -> None:
    path = _filled(tmp_path / "out", "old")
    with pytest.raises(UsageError, match=r"out exists already; choose another place, or pass --overwrite to replace"):
        artifacts.check_free(path)
    with artifacts.written_folder(path, overwrite=True) as aside:
        (aside / "a.txt").write_text("new")
    assert (path / "a.txt").read_text() == "new"
    assert _names(tmp_path) == ["out"]


@pytest.mark.parametrize("kind", ["folder", "config", "file", "link", "dangling link"])
def test_overwrite_never_replaces_anything_else(kind: str, tmp_path: Path) -> None:
    path, other = tmp_path / "out", _filled(tmp_path / "other", "other")
    make: dict[str, Callable[[], Any]] = {
        "folder": lambda: (path.mkdir(), (path / "photo.jpg").touch()),
        "config": lambda: (path.mkdir(), (path / "config.json").write_text('{"model_type": "resnet"}')),
        "file": lambda: path.write_text("old"),
        "link": lambda: path.symlink_to(other),
        "dangling link": lambda: path.symlink_to(tmp_path / "nothing"),
    }
    make[kind]()
    message = r"out is not an artifact of scenefit, so it is not overwritten; choose another place"
    with pytest.raises(UsageError, match=message), artifacts.written_folder(path, overwrite=True):
        pass
    assert _names(tmp_path) == ["other", "out"]


def test_an_empty_folder_is_free(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    artifacts.check_free(tmp_path / "out")
    artifacts.check_free(tmp_path / "none")
    with artifacts.written_folder(tmp_path / "out") as aside:
        (aside / "a.txt").write_text("new")
    assert _names(tmp_path / "out") == ["a.txt"]


def test_a_process_killed_in_the_middle_leaves_the_old_folder_whole(tmp_path: Path) -> None:
    path = _filled(tmp_path / "out", "old")
    _kill_in_the_middle("folder", path)
    assert (path / "a.txt").read_text() == "old"
    with artifacts.written_folder(path, overwrite=True) as aside:
        (aside / "a.txt").write_text("again")
    assert (path / "a.txt").read_text() == "again"
    assert _names(tmp_path) == ["out"]  # what the killed run left is gone


def test_a_folder_that_a_killed_run_was_replacing_is_put_back(tmp_path: Path) -> None:
    path, other = _filled(tmp_path / "out", "old"), _filled(tmp_path / "outer", "other")
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    path.rename(tmp_path / f".out.{gone.pid}.x.partial.old")
    running = tmp_path / f".out.{os.getpid()}.y.partial"
    running.mkdir()
    with pytest.raises(UsageError, match="exists already"), artifacts.written_folder(path):
        pass
    assert (path / "a.txt").read_text() == "old"
    assert _names(tmp_path) == [running.name, "out", other.name]


def test_a_process_killed_in_the_middle_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    _kill_in_the_middle("file", path)
    assert path.read_text() == "old"


def test_json_is_written_readable_and_whole(tmp_path: Path) -> None:
    value = {"b": [1, 2.5, None], "a": "Schuhe für Köln"}
    artifacts.write_json(tmp_path / "a.json", value)
    text = (tmp_path / "a.json").read_text("utf-8")
    assert json.loads(text) == value
    assert "für" in text
    assert list(json.loads(text)) == ["b", "a"]
    with pytest.raises(TypeError, match="not JSON serializable"):
        artifacts.write_json(tmp_path / "a.json", {"x": object()})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == value


def test_hashes_are_sha256(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a" * (3 << 20))
    assert artifacts.file_sha256(tmp_path / "a.bin") == hashlib.sha256(b"a" * (3 << 20)).hexdigest()
    assert artifacts.fingerprint({"a": 1}) == hashlib.sha256(b'{"a": 1}').hexdigest()
