"""Manifests: what a sealed folder says, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit import artifacts
from scenefit.errors import ArtifactError

PARENTS = {"dataset": "d" * 64}


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A sealed folder of two files."""
    folder = tmp_path / "thing"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("alpha")
    (folder / "sub" / "b.txt").write_text("beta")
    artifacts.seal(folder, "thing.json", "thing", ["a.txt", "sub/b.txt"], PARENTS, {"colour": "red"})
    return folder


def _edit(folder: Path, **changes: Any) -> None:
    manifest = folder / "thing.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), **changes}))


def test_a_manifest_says_what_was_sealed(sealed: Path) -> None:
    content = artifacts.read_manifest(sealed, "thing.json", "thing")
    assert content["parents"] == PARENTS
    assert content["colour"] == "red"
    assert content["files"]["sub/b.txt"] == {"bytes": 4, "sha256": artifacts.file_sha256(sealed / "sub" / "b.txt")}


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.txt").write_text("other"),
        lambda folder: artifacts.seal(folder, "thing.json", "thing", ["a.txt", "sub/b.txt"], {}, {"colour": "red"}),
        lambda folder: artifacts.seal(folder, "thing.json", "thing", ["a.txt", "sub/b.txt"], PARENTS, {}),
        lambda folder: artifacts.seal(folder, "thing.json", "thing", ["a.txt"], PARENTS, {"colour": "red"}),
    ],
    ids=["a file", "the parents", "the body", "the list"],
)
def test_the_fingerprint_follows_whatever_is_sealed(sealed: Path, change: Callable[[Path], object]) -> None:
    def again() -> str:
        content = json.loads((sealed / "thing.json").read_text())
        body = {"colour": content["colour"]} if "colour" in content else {}
        return artifacts.seal(sealed, "thing.json", "thing", list(content["files"]), content["parents"], body)

    before = again()
    assert again() == before
    change(sealed)
    assert again() != before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "model"}, r"thing\.json describes 'model'; expected a scenefit thing"),
        ({"kind": None}, r"thing\.json describes None; expected a scenefit thing"),
        ({"format": 2}, r"thing\.json has format 2; this version of scenefit reads format 1"),
        ({"files": ["a.txt"]}, r"thing\.json does not list its files as it should; make the thing again"),
        ({"files": {"../a.txt": {}}}, "does not list its files as it should"),
        ({"files": {"/etc/passwd": {}}}, "does not list its files as it should"),
        ({"files": {"a.txt": 5}}, r"gives no size and SHA-256 for .*a\.txt; make the thing again"),
        ({"files": {"a.txt": {"bytes": 5}}}, r"gives no size and SHA-256 for .*a\.txt; make the thing again"),
        ({"files": {"c.txt": {"bytes": 5, "sha256": "0"}}}, r"c\.txt is missing; make the thing again"),
        ({"files": {"sub": {"bytes": 5, "sha256": "0"}}}, r"sub is missing; make the thing again"),
        ({"fingerprint": None}, "lacks its fingerprint or its parents'; make the thing again"),
        ({"parents": []}, "lacks its fingerprint or its parents'; make the thing again"),
    ],
)
def test_a_manifest_that_is_not_right_is_refused(sealed: Path, changes: dict[str, Any], message: str) -> None:
    _edit(sealed, **changes)
    with pytest.raises(ArtifactError, match=message):
        artifacts.read_manifest(sealed, "thing.json", "thing")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "cut", "binary", "nested"])
def test_a_manifest_that_is_no_json_is_refused(sealed: Path, content: bytes) -> None:
    (sealed / "thing.json").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"thing\.json cannot be read .*; make the thing again"):
        artifacts.read_manifest(sealed, "thing.json", "thing")


@pytest.mark.parametrize("content", ["[]", "3", '"thing"'])
def test_a_manifest_that_is_no_object_is_refused(sealed: Path, content: str) -> None:
    (sealed / "thing.json").write_text(content)
    with pytest.raises(ArtifactError, match=r"thing\.json describes '(list|int|str)'; expected a scenefit thing"):
        artifacts.read_manifest(sealed, "thing.json", "thing")


def test_a_file_that_was_changed_cut_or_lost_is_refused(sealed: Path) -> None:
    for text in ("alphA", "alph"):
        (sealed / "a.txt").write_text(text)
        with pytest.raises(ArtifactError, match=r"a\.txt is not the file that was sealed \(damaged or changed\); make"):
            artifacts.read_manifest(sealed, "thing.json", "thing")
    (sealed / "a.txt").unlink()
    with pytest.raises(ArtifactError, match=r"a\.txt is missing; make the thing again"):
        artifacts.read_manifest(sealed, "thing.json", "thing")


def test_no_folder_and_a_half_written_one_are_refused(sealed: Path) -> None:
    with pytest.raises(ArtifactError, match="none: no such folder; expected a scenefit thing"):
        artifacts.read_manifest(sealed / "none", "thing.json", "thing")
    with pytest.raises(ArtifactError, match=r"a\.txt: no such folder; expected a scenefit thing"):
        artifacts.read_manifest(sealed / "a.txt", "thing.json", "thing")
    (sealed / "thing.json").unlink()
    with pytest.raises(ArtifactError, match=r"holds no thing\.json: it is half-written or not a scenefit thing; make"):
        artifacts.read_manifest(sealed, "thing.json", "thing")
