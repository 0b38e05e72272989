"""The dataset of generated looks: sound, the same again, and other with another seed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit.data.check import check_dataset
from scenefit.data.dataset import MANIFEST, Dataset
from scenefit.data.lookbook.domains import DOMAINS
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.data.lookbook.report import LookbookReport
from scenefit.errors import ArtifactError, UsageError


def _write(out: Path, domains: Sequence[str] = ("fashion",), seed: int = 0, **options: Any) -> LookbookReport:
    return write_lookbook(out, domains, scenes=6, products=3, seed=seed, **options)


def test_the_dataset_is_sound_and_counted(drawn: Any) -> None:
    dataset = drawn.open()
    report = check_dataset(dataset)
    assert report.sound
    assert report.removed_too_much == report.scene_is_product == report.boxes_with_several_products == 0
    assert drawn.report.counts == {"pairs": len(dataset.pairs["scene"]), "scenes": 100, "products": 340}
    assert drawn.report.fingerprint == dataset.fingerprint
    assert [report.counts[split]["scenes"] for split in ("train", "val", "test")] == [80, 10, 10]
    expected = {
        name: {"products": 20, "pairs": int((dataset.pairs["category"] == name).sum())}
        for name in (*DOMAINS["fashion"].order, *DOMAINS["home"].order)
    }
    assert report.categories == expected
    for name, facts in drawn.report.categories.items():
        assert {"products": facts["products"], "pairs": facts["pairs"]} == expected[name]
    set_aside = sum(drawn.report.set_aside.values())
    assert drawn.report.counts["pairs"] + set_aside == sum(len(look) for look in drawn.worn.values())


def test_the_manifest_says_what_it_is(drawn: Any) -> None:
    about = drawn.open().about
    assert (about["name"], about["licence"]) == ("Generated looks", "free of rights: drawn by scenefit")
    assert (about["seed"], about["domains"], about["counts"]) == (3, ["fashion", "home"], drawn.report.counts)
    assert set(about["files"]) == {"scenes.parquet", "products.parquet", "pairs.parquet", "truth.parquet"}
    assert "source" in about and about["splits"] == {"ratio": [80, 10, 10], "seed": 3}


def test_the_tables_hold_what_was_drawn(drawn: Any) -> None:
    dataset = drawn.open()
    for name in ("scenes", "products"):
        table = getattr(dataset, name)
        assert table["id"].tolist() == sorted(table["id"].tolist())
        assert table["image"].tolist() == [f"images/{id_[:2]}/{id_}.jpg" for id_ in table["id"]]
    products = dataset.products
    for i, id_ in enumerate(products["id"].tolist()):
        product = drawn.products[id_]
        told = (products["category"][i], products["title"][i], products["price"][i], products["in_stock"][i])
        assert told == (product.category, product.title, product.price, product.in_stock)
    assert (products["price"] > 0).all() and all(products["title"])
    assert 0 < products["in_stock"].mean() < 1
    for scene, category, id_ in zip(
        *(dataset.pairs[c].tolist() for c in ("scene", "category", "product")), strict=True
    ):
        assert drawn.worn[scene][category].id == id_


def test_the_same_arguments_give_the_same_dataset_in_another_process_too(tmp_path: Path) -> None:
    options = ("--domain", "both", "--scenes", "6", "--products", "3", "--seed", "5", "--json")
    command = [sys.executable, "-m", "scenefit", "data", "lookbook", str(tmp_path / "c"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    marks = {_write(tmp_path / name, ("fashion", "home"), 5).fingerprint for name in "ab"}
    assert marks == {json.loads(done.stdout)["fingerprint"]}


def test_another_seed_gives_other_ids_and_other_pictures(tmp_path: Path) -> None:
    one, other = (Dataset.open(tmp_path / name) for seed, name in enumerate("ab") if _write(tmp_path / name, seed=seed))
    for name in ("scenes", "products"):
        for column in ("id", "content"):
            assert set(getattr(one, name)[column]).isdisjoint(getattr(other, name)[column])
    assert one.fingerprint != other.fingerprint


def test_a_domain_is_drawn_alike_alone_and_with_another(tmp_path: Path) -> None:
    _write(tmp_path / "home", ("home",))
    _write(tmp_path / "both", ("fashion", "home"))
    home, both = Dataset.open(tmp_path / "home"), Dataset.open(tmp_path / "both")
    for name in ("scenes", "products"):
        assert set(getattr(home, name)["content"]) < set(getattr(both, name)["content"])
    assert set(home.categories) == set(DOMAINS["home"].order)


def test_the_ratio_is_kept(tmp_path: Path) -> None:
    _write(tmp_path / "looks", ratio=(0, 50, 50))
    pairs = Dataset.open(tmp_path / "looks").pairs
    assert {split: len(set(pairs["scene"][pairs["split"] == split])) for split in set(pairs["split"])} == {
        "val": 3,
        "test": 3,
    }


def test_the_smallest_dataset_is_whole(tmp_path: Path) -> None:
    report = write_lookbook(tmp_path / "looks", scenes=1, products=2)
    assert check_dataset(Dataset.open(tmp_path / "looks")).sound
    assert report.counts["scenes"] == 1 and report.counts["pairs"] > 0
    absent = [facts for facts in report.categories.values() if not facts["pairs"]]
    assert absent and all(facts["compatible"] is None and facts["worn_compatible"] is None for facts in absent)


def test_progress_is_told_to_the_end(drawn: Any) -> None:
    last = {what: (done, total) for what, done, total in drawn.told}
    assert last == {
        "drawing fashion: products": (180, 180),
        "drawing fashion: scenes": (50, 50),
        "drawing home: products": (160, 160),
        "drawing home: scenes": (50, 50),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"domains": ("fashion", "garden")}, r"got the domain 'garden'; expected one of \['fashion', 'home'\]"),
        ({"domains": ()}, r"got the domains \[\]; expected one or more of \['fashion', 'home'\], each once"),
        ({"domains": ("home", "home")}, r"got the domains \['home', 'home'\]; expected one or more of .*, each once"),
        ({"scenes": 0}, "got scenes = 0; expected 1 or more"),
        ({"products": 1}, "got products = 1; expected 2 or more"),
        ({"seed": -1}, "got seed = -1; expected 0 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        write_lookbook(tmp_path / "looks", **options)
    assert not any(tmp_path.iterdir())


def test_what_stands_there_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    first = _write(tmp_path / "looks")
    with pytest.raises(UsageError, match="looks exists already; choose another"):
        _write(tmp_path / "looks", seed=1)
    assert Dataset.open(tmp_path / "looks").fingerprint == first.fingerprint
    second = _write(tmp_path / "looks", seed=1, overwrite=True)
    assert Dataset.open(tmp_path / "looks").fingerprint == second.fingerprint != first.fingerprint


def test_a_drawing_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path / "looks", progress=stop)
    assert not any(tmp_path.iterdir())


def test_the_truth_is_sealed(tmp_path: Path) -> None:
    _write(tmp_path / "looks")
    path = tmp_path / "looks" / "truth.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArtifactError, match=r"truth\.parquet is not the file that was sealed"):
        Dataset.open(tmp_path / "looks")
    assert json.loads((tmp_path / "looks" / MANIFEST).read_text())["files"]["truth.parquet"]["bytes"] == len(data)


def test_no_two_pictures_are_the_same(drawn: Any) -> None:
    dataset = drawn.open()
    contents = np.concatenate([dataset.scenes["content"], dataset.products["content"]])
    assert len(set(contents.tolist())) == len(contents)
