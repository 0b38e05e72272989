"""Artifacts: files written aside then renamed; folders sealed by a manifest with fingerprints.

A folder artifact (dataset, backbone, model, catalog) is built beside its place, sealed, then renamed, so that
what stands at its place is whole. The manifest (`dataset.json`, `config.json`, ...) lists each file's size and SHA-256.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scenefit.errors import ArtifactError, UsageError

FORMAT = 1
ASIDE, OLD = ".partial", ".old"
MANIFESTS = ("dataset.json", "config.json", "catalog.json", "backbone.json")
DATABASE, SQLITE = "catalog.sqlite", b"SQLite format 3\0"


def fingerprint(value: object) -> str:
    """SHA-256 (64 hex digits) of a value's canonical JSON.

    >>> fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 (64 hex digits) of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def written_file(path: Path) -> Iterator[Path]:
    """Give a path beside `path` to write to; rename it into place when the block ends well."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield aside
        _sync(aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON, aside then renamed."""
    with written_file(path) as aside:
        aside.write_text(json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False) + "\n", "utf-8")


def check_free(path: Path, overwrite: bool = False) -> None:
    """Refuse a place that is taken; only an artifact may be overwritten, never a folder of something else.

    Raises:
        UsageError: something stands at `path`, and `overwrite` was not asked for or it is no artifact of scenefit.
    """
    if not path.is_symlink() and (not path.exists() or (path.is_dir() and not any(path.iterdir()))):
        return
    if not overwrite:
        raise UsageError(f"{path} exists already; choose another place, or pass --overwrite to replace it")
    if path.is_symlink() or not (_is_catalog(path) or any(_is_manifest(path / name) for name in MANIFESTS)):
        raise UsageError(f"{path} is not an artifact of scenefit, so it is not overwritten; choose another place")


def _is_manifest(path: Path) -> bool:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"kind", "format", "fingerprint", "files"} <= set(content)


def _is_catalog(path: Path) -> bool:
    """Say whether a folder is a catalog, which is never sealed: products come and go."""
    try:
        with (path / DATABASE).open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE and (path / "models").is_dir()
    except OSError:
        return False


@contextmanager
def written_folder(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder beside `path` to fill; rename it into place when the block ends well.

    What killed runs left beside `path` is removed; a folder that one of them was replacing is put back.

    Raises:
        UsageError: see `check_free`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _tidy(path)
    check_free(path, overwrite)
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.{os.getpid()}.", suffix=ASIDE, dir=path.parent))
    try:
        yield aside
        aside.chmod(0o755)
        _replace_folder(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _tidy(path: Path) -> None:
    """Clean up after runs that are no more."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*{ASIDE}*"):
        process = left.name.removeprefix(f".{path.name}.").partition(".")[0]
        if not process.isdecimal() or _runs(int(process)):
            continue
        if left.name.endswith(OLD) and not path.exists():
            left.rename(path)
        else:
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _replace_folder(new: Path, path: Path) -> None:
    """Put `new` at `path`; what stood there goes only once the new one is in place."""
    old = new.with_name(new.name + OLD)
    taken = path.exists()
    if taken:
        path.rename(old)
    try:
        new.rename(path)
    except OSError:
        if taken:
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)
    _sync(path.parent)


def seal(
    folder: Path,
    manifest: str,
    kind: str,
    files: Sequence[str],
    parents: Mapping[str, str],
    body: Mapping[str, Any],
) -> str:
    """Write the manifest of a folder, last of its files; return the artifact's fingerprint."""
    listed = {name: {"bytes": (folder / name).stat().st_size, "sha256": file_sha256(folder / name)} for name in files}
    content = {"kind": kind, "parents": dict(parents), "files": listed, "body": dict(body)}
    mark = fingerprint(content)
    head = {"kind": kind, "format": FORMAT, "fingerprint": mark, "parents": dict(parents)}
    write_json(folder / manifest, {**head, **body, "files": listed})
    return mark


def read_manifest(folder: Path, manifest: str, kind: str) -> dict[str, Any]:
    """Read a folder's manifest and check the files that it lists.

    Raises:
        ArtifactError: no such folder, no manifest (half-written, or another thing), another kind or format,
            or a file missing, cut short or changed.
    """
    if not folder.is_dir():
        raise ArtifactError(f"{folder}: no such folder; expected a scenefit {kind}")
    try:
        content = json.loads((folder / manifest).read_text("utf-8"))
    except FileNotFoundError:
        raise ArtifactError(
            f"{folder} holds no {manifest}: it is half-written or not a scenefit {kind}; make it again"
        ) from None
    except (ValueError, OSError, RecursionError) as error:
        raise ArtifactError(f"{folder / manifest} cannot be read ({error}); make the {kind} again") from None
    _check_manifest(folder / manifest, content, kind)
    for name, expected in content["files"].items():
        _check_file(folder / name, expected, kind)
    return dict(content)


def _check_manifest(path: Path, content: Any, kind: str) -> None:
    if not isinstance(content, dict) or content.get("kind") != kind:
        got = content.get("kind") if isinstance(content, dict) else type(content).__name__
        raise ArtifactError(f"{path} describes {got!r}; expected a scenefit {kind}")
    if content.get("format") != FORMAT:
        raise ArtifactError(
            f"{path} has format {content.get('format')!r}; this version of scenefit reads format {FORMAT}"
        )
    files, mark, parents = content.get("files"), content.get("fingerprint"), content.get("parents")
    if not isinstance(mark, str) or not isinstance(parents, dict):
        raise ArtifactError(f"{path} lacks its fingerprint or its parents'; make the {kind} again")
    if not isinstance(files, dict) or any(Path(n).is_absolute() or ".." in Path(n).parts for n in files):
        raise ArtifactError(f"{path} does not list its files as it should; make the {kind} again")


def _check_file(path: Path, expected: Any, kind: str) -> None:
    if not isinstance(expected, dict) or not {"bytes", "sha256"} <= set(expected):
        raise ArtifactError(f"the manifest gives no size and SHA-256 for {path}; make the {kind} again")
    size = path.stat().st_size if path.is_file() else None
    if size is None:
        raise ArtifactError(f"{path} is missing; make the {kind} again")
    if size != expected["bytes"] or file_sha256(path) != expected["sha256"]:
        raise ArtifactError(f"{path} is not the file that was sealed (damaged or changed); make the {kind} again")
