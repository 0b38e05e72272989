"""The feature store: fp16 features on disk, keyed by picture content and crop, of one backbone.

    STORE/store.json                       the backbone's fingerprint and the width of each column
    STORE/<table>/<segment>/keys.bin       16 bytes a row, written last: a row counts once its key is there
    STORE/<table>/<segment>/<column>.f16   the rows, appended

A batch may hold more than the columns of its table; only those are kept. A killed run leaves at most the batch in
flight without keys; the next writer cuts it off and goes on. Each shard appends to its own segment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from scenefit import artifacts
from scenefit.errors import ArtifactError, BackboneError, FingerprintError
from scenefit.types import Array, Crop, Floats, Ints

MANIFEST = "store.json"
KEY_BYTES = 16
Key = bytes
Columns = Mapping[str, int]


def crop_key(crop: Crop) -> Key:
    """Name a crop by its picture's content and its box to a millionth; 16 bytes."""
    sides = ",".join(str(round(side * 1e6)) for side in crop.box)
    return hashlib.sha256(f"{crop.content}:{sides}".encode()).digest()[:KEY_BYTES]


class FeatureStore:
    """The features of one backbone in a folder; opened, or made where nothing stands yet.

    Raises:
        FingerprintError: the folder holds features of another backbone.
        ArtifactError: the folder is not a feature store.
    """

    def __init__(self, folder: Path, fingerprint: str, tables: Mapping[str, Columns]) -> None:
        self.folder, self.fingerprint, self.tables = folder, fingerprint, dict(tables)
        if not (folder / MANIFEST).exists():
            folder.mkdir(parents=True, exist_ok=True)
            body = {"tables": {name: dict(columns) for name, columns in tables.items()}}
            artifacts.seal(folder, MANIFEST, "feature store", [], {"backbone": fingerprint}, body)
        about = artifacts.read_manifest(folder, MANIFEST, "feature store")
        got = about["parents"].get("backbone")
        if got != fingerprint:
            raise FingerprintError(
                f"{folder} holds features of the backbone {str(got)[:12]}; expected {fingerprint[:12]}: "
                "remove that folder, and the features are computed again"
            )
        if about.get("tables") != {name: dict(columns) for name, columns in tables.items()}:
            raise ArtifactError(f"{folder} holds columns of another shape than this backbone gives; remove it")

    def table(self, name: str) -> FeatureTable:
        """Open one table for reading, as it stands now."""
        return FeatureTable(self.folder / name, self.tables[name])

    def writer(self, table: str, segment: str) -> SegmentWriter:
        """Open one segment of a table for appending, alone."""
        return SegmentWriter(self.folder / table / segment, self.tables[table])


class FeatureTable:
    """The rows of one table over all its segments, read from memory maps; `columns` gives the width of each."""

    def __init__(self, folder: Path, columns: Columns) -> None:
        self.columns = columns
        self._maps: dict[str, list[np.ndarray]] = {name: [] for name in columns}
        self._starts = [0]
        self._rows: dict[Key, int] = {}
        for segment in sorted(folder.iterdir()) if folder.is_dir() else []:
            self._add(segment)

    def _add(self, segment: Path) -> None:
        count, start = whole_rows(segment, self.columns), self._starts[-1]
        if not count:
            return
        keys = (segment / "keys.bin").read_bytes()
        for i in range(count):
            self._rows.setdefault(keys[i * KEY_BYTES : (i + 1) * KEY_BYTES], start + i)
        for name, width in self.columns.items():
            self._maps[name].append(np.memmap(segment / f"{name}.f16", np.float16, mode="r", shape=(count, width)))
        self._starts.append(start + count)

    def __len__(self) -> int:
        return self._starts[-1]

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def rows(self, keys: Iterable[Key]) -> Ints:
        """Find rows by key; -1 where a key is not held."""
        return np.array([self._rows.get(key, -1) for key in keys], np.int64)

    def read(self, column: str, rows: Ints) -> Floats:
        """Read rows of a column, shape (len(rows), width), float32.

        Raises:
            IndexError: a row is not held, as the -1 that `rows` gives for an unknown key.
        """
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self)):
            raise IndexError(f"got rows from {rows.min()} to {rows.max()}; the store holds {len(self)}")
        out = np.empty((len(rows), self.columns[column]), np.float32)
        segment = np.searchsorted(self._starts, rows, side="right") - 1
        for i, values in enumerate(self._maps[column]):
            here = np.flatnonzero(segment == i)
            out[here] = values[rows[here] - self._starts[i]]
        return out


class SegmentWriter:
    """Appends batches to a segment: first the features, then, once they are on disk, their keys.

    Raises:
        ArtifactError: another process is writing to this segment.
    """

    def __init__(self, folder: Path, columns: Columns) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._columns = folder, columns
        self._keys = (folder / "keys.bin").open("ab", buffering=0)
        try:
            fcntl.flock(self._keys, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._keys.close()
            raise ArtifactError(f"another run is writing to {folder}; wait for it, or use --shard") from None
        self._files = {name: (folder / f"{name}.f16").open("ab", buffering=0) for name in columns}
        self._count = whole_rows(folder, columns)
        self._cut()

    def _cut(self) -> None:
        """Cut every file back to the whole rows."""
        self._keys.truncate(self._count * KEY_BYTES)
        for name, file in self._files.items():
            file.truncate(self._count * self._columns[name] * 2)

    def append(self, keys: Sequence[Key], features: Mapping[str, Floats]) -> None:
        """Append one batch; when it fails half-way (a full disk), the segment is as it was before.

        Raises:
            BackboneError: a feature is not finite, or too large for fp16.
            ArtifactError: the disk does not take it.
        """
        rows = {name: _half(features[name].reshape(len(keys), -1)) for name in self._files}
        try:
            for name, file in self._files.items():
                _write(file, rows[name].tobytes())
            _write(self._keys, b"".join(keys))
        except OSError as error:
            self._cut()
            raise ArtifactError(
                f"{self._folder} cannot be written to ({error.strerror}); its {self._count} whole rows are kept: "
                "make room and run the same command again"
            ) from None
        self._count += len(keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (*self._files.values(), self._keys):
            file.close()


def _half(features: Floats) -> Array:
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    if not np.isfinite(half).all():
        raise BackboneError(
            "the backbone gave a feature that is not finite, or beyond 65504, the most that fp16 holds; "
            "check its preprocessor_config.json, or choose another backbone"
        )
    return half


def _write(file: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def whole_rows(folder: Path, columns: Columns) -> int:
    """Count the rows of a segment whose key and features are all there."""
    sizes = {"keys.bin": KEY_BYTES} | {f"{name}.f16": width * 2 for name, width in columns.items()}
    return min(
        (folder / name).stat().st_size // size if (folder / name).exists() else 0 for name, size in sizes.items()
    )
