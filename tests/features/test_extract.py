"""Extraction: overlapped gives what one by one gives, bad pictures are set aside, shards part the work."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenefit.errors import UsageError
from scenefit.features.backbone import Backbone
from scenefit.features.extract import ALL, BATCH, ExtractReport, Shard, compute, extract
from scenefit.features.statistics import statistics
from scenefit.features.store import FeatureStore, Key, crop_key
from scenefit.types import Box, Crop


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return Backbone(backbone_folder, threads=1)


@pytest.fixture
def store(backbone: Backbone, tmp_path: Path) -> FeatureStore:
    return FeatureStore(tmp_path / "store", backbone.fingerprint, {"scenes": {"pooled": 64, "regions": 49 * 48}})


@pytest.fixture
def crops(looks: Path, tmp_path: Path) -> list[Crop]:
    """Copies of 2.5 batches of pictures, two boxes each."""
    found = []
    for path in sorted((looks / "images").iterdir())[: BATCH + BATCH // 4]:
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        found += [Crop(copy, content), Crop(copy, content, Box(0, 0, 1, 0.5))]
    return found


def test_overlapped_gives_what_one_by_one_gives(backbone: Backbone, crops: list[Crop]) -> None:
    wanted = [(crop_key(crop), crop) for crop in crops]
    batches = list(compute(backbone, wanted, workers=3))
    assert [key for batch in batches for key in batch.keys] == [key for key, _ in wanted]
    assert [len(batch.keys) for batch in batches] == [BATCH, BATCH, BATCH // 2]
    for i, crop in enumerate(crops):
        found = backbone.run(backbone.pixels(crop.path.read_bytes(), crop.box)[None])
        features = batches[i // BATCH].features
        for name, values in {**found._asdict(), "statistics": statistics(found.regions)}.items():
            np.testing.assert_allclose(features[name][i % BATCH], values[0], rtol=1e-4, atol=1e-5)


def test_stored_and_then_reused(backbone: Backbone, store: FeatureStore, crops: list[Crop]) -> None:
    told: list[tuple[str, int, int]] = []
    report = extract(backbone, store, "scenes", crops[:20], progress=lambda *now: told.append(now))
    assert (report.computed, report.reused, report.failed) == (20, 0, [])
    assert told == [("features of scenes", BATCH, 20), ("features of scenes", 20, 20)]
    again = extract(backbone, store, "scenes", crops)
    assert (again.computed, again.reused) == (len(crops) - 20, 20)
    table = store.table("scenes")
    pooled = backbone.run(np.stack([backbone.pixels(crop.path.read_bytes(), crop.box) for crop in crops])).pooled
    got = table.read("pooled", table.rows(map(crop_key, crops)))
    np.testing.assert_allclose(got, pooled, rtol=2e-3, atol=1e-3)


def test_the_same_crop_twice_is_computed_once(backbone: Backbone, store: FeatureStore, crops: list[Crop]) -> None:
    report = extract(backbone, store, "scenes", [crops[0], crops[1], crops[0]])
    assert (report.computed, len(store.table("scenes"))) == (2, 2)


def test_bad_pictures_are_set_aside_and_listed(backbone: Backbone, store: FeatureStore, crops: list[Crop]) -> None:
    gone, changed, broken = crops[0], crops[2], crops[4]
    gone.path.unlink()
    Image.new("RGB", (9, 9)).save(changed.path)
    half = broken.path.read_bytes()[:900]
    broken.path.write_bytes(half)
    cut = Crop(broken.path, hashlib.sha256(half).hexdigest())
    good = [crop for crop in crops[6:] if crop.path not in (gone.path, changed.path, broken.path)]
    report = extract(backbone, store, "scenes", [gone, changed, broken, cut, *good])
    assert report.computed == len(good)
    paths, reasons = zip(*report.failed, strict=True)
    assert paths == (str(gone.path), str(changed.path), str(broken.path), str(cut.path))
    assert reasons[0] == f"{gone.path}: no such picture"
    assert reasons[1] == f"{changed.path} changed since the import; import the dataset again"
    assert reasons[2] == f"{broken.path} changed since the import; import the dataset again"
    assert "it is truncated or damaged" in reasons[3]
    table = store.table("scenes")
    assert table.rows(map(crop_key, [gone, changed, broken, cut])).tolist() == [-1] * 4
    assert extract(backbone, store, "scenes", [gone, *good]).failed == [(str(gone.path), reasons[0])]


def test_a_batch_of_bad_pictures_alone(backbone: Backbone, store: FeatureStore, crops: list[Crop]) -> None:
    crops[0].path.unlink()
    report = extract(backbone, store, "scenes", crops[:2])
    assert report == ExtractReport(0, 0, [(str(crops[0].path), f"{crops[0].path}: no such picture")] * 2)
    assert len(store.table("scenes")) == 0


def test_shards_part_the_work(backbone: Backbone, store: FeatureStore, crops: list[Crop]) -> None:
    reports = [extract(backbone, store, "scenes", crops, shard=Shard(i, 3)) for i in (1, 2, 3)]
    assert all(report.computed and not report.reused for report in reports)
    assert sum(report.computed for report in reports) == len(crops)
    assert (store.table("scenes").rows(map(crop_key, crops)) >= 0).all()
    assert sorted(path.name for path in (store.folder / "scenes").iterdir()) == ["1-of-3", "2-of-3", "3-of-3"]
    assert extract(backbone, store, "scenes", crops).computed == 0


def test_every_key_belongs_to_one_shard() -> None:
    keys: list[Key] = [hashlib.sha256(bytes([i])).digest()[:16] for i in range(200)]
    assert all(ALL.holds(key) for key in keys)
    for count in (2, 3, 7):
        shards = [Shard(i, count) for i in range(1, count + 1)]
        assert all(sum(shard.holds(key) for shard in shards) == 1 for key in keys)
        assert all(sum(shard.holds(key) for key in keys) > 100 // count for shard in shards)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "1/", "/2", "a/b", "-1/2", "1/0", "1/2/3", ""])
def test_shard_refused(text: str) -> None:
    with pytest.raises(UsageError, match=rf"got --shard '{text}'; expected i/n with 1 <= i <= n, such as 2/8"):
        Shard.parse(text)
