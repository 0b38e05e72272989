"""The feature store: what is written comes back, torn writes do not, and nobody else's features are taken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scenefit.errors import ArtifactError, BackboneError, FingerprintError
from scenefit.features.store import KEY_BYTES, FeatureStore, Key, crop_key
from scenefit.types import Box, Crop, Floats

TABLES = {"scenes": {"pooled": 3, "regions": 8}, "products": {"pooled": 3}}
FILES = {"keys.bin": KEY_BYTES, "pooled.f16": 6, "regions.f16": 16}


@pytest.fixture
def store(tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store", "a" * 64, TABLES)


def keys(start: int, count: int) -> list[Key]:
    return [i.to_bytes(KEY_BYTES) for i in range(start, start + count)]


def features(start: int, count: int) -> dict[str, Floats]:
    """Give rows that tell which one they are; regions come as the network gives them, in three dimensions."""
    rows = np.arange(start, start + count, dtype=np.float32)
    return {"pooled": np.stack([rows, rows + 0.5, -rows], 1), "regions": np.tile(rows[:, None, None], (1, 4, 2))}


def write(store: FeatureStore, segment: str, start: int, count: int) -> None:
    with store.writer("scenes", segment) as writer:
        writer.append(keys(start, count), features(start, count))


def assert_holds(store: FeatureStore, rows: range) -> None:
    table = store.table("scenes")
    assert len(table) == len(rows)
    found = table.rows(keys(0, 100))
    assert (found >= 0).tolist() == [i in rows for i in range(100)]
    order = np.random.default_rng(0).permutation(rows)
    places = table.rows([int(i).to_bytes(KEY_BYTES) for i in order])
    np.testing.assert_array_equal(table.read("pooled", places), np.stack([order, order + 0.5, -order], 1))
    np.testing.assert_array_equal(table.read("regions", places), np.tile(order[:, None], (1, 8)))


def test_what_is_written_comes_back_across_segments(store: FeatureStore) -> None:
    assert len(store.table("scenes")) == 0
    write(store, "1-of-2", 0, 5)
    write(store, "2-of-2", 5, 7)
    write(store, "1-of-2", 12, 4)
    assert_holds(store, range(16))
    assert_holds(FeatureStore(store.folder, store.fingerprint, TABLES), range(16))
    assert len(store.table("products")) == 0


def test_features_are_kept_in_fp16(store: FeatureStore) -> None:
    values = np.random.default_rng(0).normal(0, 30, (4, 3)).astype(np.float32)
    with store.writer("products", "1-of-1") as writer:
        writer.append(keys(0, 4), {"pooled": values, "regions": values})
    got = store.table("products").read("pooled", np.array([3, 0, 0]))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, values[[3, 0, 0]].astype(np.float16))
    assert sorted(path.name for path in (store.folder / "products" / "1-of-1").iterdir()) == ["keys.bin", "pooled.f16"]


def test_a_key_in_two_segments_is_read_once(store: FeatureStore) -> None:
    write(store, "1-of-2", 0, 3)
    write(store, "2-of-2", 2, 1)
    table = store.table("scenes")
    np.testing.assert_array_equal(table.read("pooled", table.rows(keys(2, 1))), [[2, 2.5, -2]])


@pytest.mark.parametrize("torn", [{"pooled.f16"}, {"pooled.f16", "regions.f16"}, set(FILES)])
def test_torn_writes_are_passed_over_then_cut_off(store: FeatureStore, torn: set[str]) -> None:
    """A kill leaves rows without keys, and parts of rows."""
    write(store, "1-of-1", 0, 5)
    folder = store.folder / "scenes" / "1-of-1"
    for name in torn:
        with (folder / name).open("ab") as file:
            file.write(b"\x7f" * (FILES[name] - 1 if name == "keys.bin" else 2 * FILES[name] + 1))
    assert_holds(store, range(5))
    write(store, "1-of-1", 5, 3)
    assert_holds(store, range(8))
    assert {name: (folder / name).stat().st_size for name in FILES} == {name: 8 * n for name, n in FILES.items()}


def test_a_file_that_lost_its_end_loses_whole_rows(store: FeatureStore) -> None:
    write(store, "1-of-1", 0, 5)
    regions = store.folder / "scenes" / "1-of-1" / "regions.f16"
    regions.write_bytes(regions.read_bytes()[:-1])
    assert_holds(store, range(4))


def test_two_writers(store: FeatureStore) -> None:
    with store.writer("scenes", "1-of-2") as writer:
        with pytest.raises(ArtifactError, match=r"another run is writing to .*1-of-2; wait for it, or use --shard"):
            store.writer("scenes", "1-of-2")
        write(store, "2-of-2", 3, 2)
        writer.append(keys(0, 3), features(0, 3))
    assert_holds(store, range(5))


def test_another_backbone(store: FeatureStore) -> None:
    with pytest.raises(FingerprintError, match=r"features of the backbone a{12}; expected b{12}: remove that folder"):
        FeatureStore(store.folder, "b" * 64, TABLES)


def test_another_shape(store: FeatureStore) -> None:
    with pytest.raises(ArtifactError, match="holds columns of another shape than this backbone gives; remove it"):
        FeatureStore(store.folder, store.fingerprint, {"scenes": {"pooled": 4}})


def test_what_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps({"kind": "catalog"}))
    with pytest.raises(ArtifactError, match="describes 'catalog'; expected a scenefit feature store"):
        FeatureStore(tmp_path, "a" * 64, TABLES)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e5])
def test_numbers_that_fp16_cannot_hold(store: FeatureStore, value: float) -> None:
    write(store, "1-of-1", 0, 2)
    bad = features(2, 2)
    bad["regions"][1, 2, 1] = value
    with (
        store.writer("scenes", "1-of-1") as writer,
        pytest.raises(BackboneError, match=r"not finite, or beyond 65504, .*choose another backbone"),
    ):
        writer.append(keys(2, 2), bad)
    assert_holds(store, range(2))


def test_crop_key_names_picture_and_box() -> None:
    crop = Crop(Path("a.jpg"), "0" * 64, Box(0, 0, 1, 0.5))
    others = [
        Crop(crop.path, "1" * 64, crop.box),
        Crop(crop.path, crop.content),
        Crop(crop.path, "0" * 64, Box(0, 0, 1, 0.500001)),
    ]
    assert crop_key(crop) == crop_key(Crop(Path("b.jpg"), crop.content, Box(0, 0, 1, 0.5 + 1e-9)))
    assert len({crop_key(crop), *map(crop_key, others)}) == 4
    assert len(crop_key(crop)) == KEY_BYTES


def test_rows_that_are_not_held(store: FeatureStore) -> None:
    write(store, "1-of-1", 0, 3)
    table = store.table("scenes")
    for rows in ([-1, 0], [0, 3]):
        with pytest.raises(IndexError, match=rf"got rows from {rows[0]} to {rows[1]}; the store holds 3"):
            table.read("pooled", np.array(rows))
