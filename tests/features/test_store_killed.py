"""`scenefit features` killed, or out of room: what is on disk is whole rows, and the next run goes on from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scenefit.data.dataset import Dataset
from scenefit.features.backbone import Backbone
from scenefit.features.dataset_features import compute_features, open_store
from scenefit.features.extract import BATCH
from scenefit.features.store import KEY_BYTES, FeatureStore, Key

TABLES = ("products", "scenes")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def whole(dataset_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> FeatureStore:
    """The store of a run that nothing stopped."""
    dataset = Dataset.open(Path(shutil.copytree(dataset_folder, tmp_path_factory.mktemp("whole") / "dataset")))
    backbone = Backbone(backbone_folder, threads=1)
    compute_features(dataset, backbone, dataset.split_rows("all"))
    return open_store(dataset, backbone)


@pytest.fixture
def start(dataset: Dataset, network: Path, backbone_folder: Path) -> Start:
    """Start `scenefit features` in a process of its own, its files limited to so many bytes."""

    def run(limit: int | None = None) -> subprocess.Popen[str]:
        limits = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n" if limit else ""
        code = limits + "from scenefit.cli import main; main()"
        arguments = ["features", str(dataset.folder), "--backbone", str(network), "--json"]
        environment = os.environ | {"SCENEFIT_CACHE": str(backbone_folder.parents[1])}
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


def held(dataset: Dataset, table: str) -> list[Key]:
    """The keys on disk, as they stand in the file."""
    found = list(dataset.folder.glob(f"features/*/{table}/1-of-1/keys.bin"))
    content = found[0].read_bytes() if found else b""
    return [content[i : i + KEY_BYTES] for i in range(0, len(content), KEY_BYTES)]


def rows(store: FeatureStore, table: str) -> dict[Key, bytes]:
    """Every row of a table by key, as bytes."""
    folder = store.folder / table / "1-of-1"
    keys = (folder / "keys.bin").read_bytes()
    columns = [
        np.fromfile(folder / f"{name}.f16", np.uint16).reshape(-1, width) for name, width in store.tables[table].items()
    ]
    lines = np.concatenate(columns, axis=1)
    return {keys[i * KEY_BYTES : (i + 1) * KEY_BYTES]: row.tobytes() for i, row in enumerate(lines)}


def test_killed_at_several_moments(start: Start, dataset: Dataset, whole: FeatureStore) -> None:
    total = sum(len(rows(whole, table)) for table in TABLES)
    before: dict[str, list[Key]] = {table: [] for table in TABLES}
    for table, count in (("products", BATCH), ("scenes", BATCH), ("scenes", 2 * BATCH)):
        process = start()
        while len(held(dataset, table)) < count and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        assert process.wait() == -9, "it was done before it could be killed"
        process.communicate()
        for name in TABLES:
            assert held(dataset, name)[: len(before[name])] == before[name]
        before = {name: held(dataset, name) for name in TABLES}
    assert len(before["scenes"]) >= 2 * BATCH
    out, err = (process := start()).communicate()
    assert process.returncode == 0, err
    kept = sum(map(len, before.values()))
    assert json.loads(out) | {"backbone": ""} == {
        "backbone": "",
        "computed": total - kept,
        "reused": kept,
        "failed": [],
    }
    store = FeatureStore(next(dataset.folder.glob("features/*")), whole.fingerprint, whole.tables)
    for table in TABLES:
        assert held(dataset, table)[: len(before[table])] == before[table]
        assert rows(store, table) == rows(whole, table)


def test_no_room_left(start: Start, dataset: Dataset, whole: FeatureStore) -> None:
    """A limit on the size of files stands for a full disk: the write of a batch stops half-way."""
    width = whole.tables["scenes"]["regions"] * 2
    out, err = (process := start(limit=int(2.5 * BATCH * width))).communicate()
    assert process.returncode == 2
    assert out == ""
    assert err.splitlines() == [err.strip()]
    assert "cannot be written to (File too large); its 32 whole rows are kept: make room" in err
    sizes = {path.name: path.stat().st_size for path in dataset.folder.glob("features/*/scenes/1-of-1/*")}
    half = {"pooled.f16": 32 * 64 * 2, "halves.f16": 32 * 128 * 2, "regions.f16": 32 * width}
    assert sizes == {"keys.bin": 32 * KEY_BYTES, **half}
    out, _ = start().communicate()
    assert json.loads(out)["reused"] == len(held(dataset, "products")) + 32
    assert len(held(dataset, "scenes")) == len(rows(whole, "scenes"))
