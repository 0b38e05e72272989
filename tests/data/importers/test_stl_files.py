"""Shop-the-Look records of both sets at once: several files of records, of categories, several folders of pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.records import read_json
from scenefit.data.importers.signatures import is_signature
from scenefit.data.importers.stl import import_stl
from scenefit.data.splits import SPLITS

from .conftest import draw, read_rejected

FASHION = ["Apparel & Accessories|Clothing|Pants", "Apparel & Accessories|Shoes"]
HOME = ["Home & Garden|Decor|Rugs", "Home & Garden|Decor", "Furniture|Chairs|Table & Bar Stools"]
Import = Callable[..., ImportReport]


def signature(kind: str, n: int) -> str:
    return f"{kind:0>28}{n:04}"


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, list[Any]]:
    """Write fashion.json, home.json, their category files and a folder of pictures of each; give the records."""
    records = {}
    for name, kind, paths in (("fashion", "fa", FASHION), ("home", "0e", HOME)):
        products = {signature(kind, n): paths[n % len(paths)] for n in range(6)}
        scenes = [signature(kind, 100 + n) for n in range(4)]
        for picture in [*products, *scenes]:
            draw(tmp_path / name / f"{picture}.jpg")
        box = [0.1, 0.5, 0.4, 0.9]
        records[name] = [{"product": p, "scene": scenes[n % 4], "bbox": box} for n, p in enumerate(products)]
        (tmp_path / f"{name}.json").write_text("".join(json.dumps(record) + "\n" for record in records[name]))
        (tmp_path / f"{name}-cat.json").write_text(json.dumps(products))
    return records


@pytest.fixture
def run_both(sets: dict[str, list[Any]], tmp_path: Path) -> Import:
    """Import both sets into out/."""

    def run(names: tuple[str, ...] = ("fashion", "home"), **options: Any) -> ImportReport:
        records, categories, images = (
            [tmp_path / f"{name}{end}" for name in names] for end in (".json", "-cat.json", "")
        )
        return import_stl(records, categories, images, options.pop("out", tmp_path / "out"), **options)

    return run


def test_both_sets_become_one_dataset(run_both: Import, tmp_path: Path) -> None:
    report = run_both()
    assert (report.records, not report.rejected) == (12, True)
    assert report.counts == {"pairs": 12, "scenes": 8, "products": 12}
    assert Dataset.open(tmp_path / "out").categories == ["Decor", "Pants", "Rugs", "Shoes", "Table & Bar Stools"]


def test_home_alone_reads_the_same_way(run_both: Import, tmp_path: Path) -> None:
    report = run_both(("home",))
    assert report.counts == {"pairs": 6, "scenes": 4, "products": 6}
    assert Dataset.open(tmp_path / "out").categories == ["Decor", "Rugs", "Table & Bar Stools"]


def test_the_order_of_the_files_changes_nothing(run_both: Import, tmp_path: Path) -> None:
    expected = run_both().fingerprint
    assert run_both(("home", "fashion"), out=tmp_path / "again").fingerprint == expected


def test_what_is_set_aside_names_its_file(run_both: Import, sets: dict[str, list[Any]], tmp_path: Path) -> None:
    with (tmp_path / "home.json").open("a") as file:
        file.write("nonsense\n" + json.dumps(sets["fashion"][0]) + "\n")
    theirs = {sets["fashion"][0]["product"]: HOME[0], "x": HOME[0], sets["home"][0]["product"]: HOME[0]}
    (tmp_path / "home-cat.json").write_text(json.dumps(theirs))
    report = run_both()
    rejected = read_rejected(tmp_path / "out", report)
    told = [(line["reason"], line.get("file"), line.get("line")) for line in rejected]
    home = "home.json"
    assert told == [
        ("product: another category before", "home-cat.json", None),
        ("category file: expected a signature of 32 hex digits", "home-cat.json", None),
        *(("product: not in the category file", home, n) for n in range(2, 7)),
        ("not a JSON object", home, 7),
        ("the same record again", home, 8),
    ]


def test_a_picture_in_two_folders_is_taken_from_the_first(run_both: Import, sets: Any, tmp_path: Path) -> None:
    name = f"{sets['fashion'][0]['product']}.jpg"
    draw(tmp_path / "home" / name, (30, 20))
    run_both()
    products = Dataset.open(tmp_path / "out").products
    assert products["width"][products["id"].tolist().index(name[:-4])] == 60


def test_the_list_of_what_is_missing_is_fetched_and_found(run_both: Import, sets: Any, tmp_path: Path) -> None:
    """Import, download, import again."""
    lost = sets["home"][0]["scene"]
    (tmp_path / "home" / f"{lost}.jpg").unlink()
    assert run_both().missing_images == 1
    missing = json.loads((tmp_path / "out" / "missing.jsonl").read_text())
    assert missing["id"] == lost
    draw(tmp_path / "fashion" / lost[:2] / f"{lost}.png")
    assert run_both(overwrite=True).missing_images == 0


@pytest.mark.real
def test_the_real_categories_of_home_are_read(shared: Callable[[str], Path], tmp_path: Path) -> None:
    """Of home the category file alone is at hand; made-up records pair its products with a picture drawn here."""
    path = shared("data/stl-fashion-records") / "home-cat.json"
    categories = read_json(path, "category file")
    assert len(categories) == 41_306 and all(map(is_signature, categories))
    chosen = sorted(categories)[:40]
    for product in chosen:
        draw(tmp_path / "images" / f"{product}.jpg")
    scene = "f" * 32
    draw(tmp_path / "images" / f"{scene}.jpg")
    record = {"scene": scene, "bbox": [0, 0, 0.5, 0.5]}
    (tmp_path / "home.json").write_text("".join(json.dumps({**record, "product": p}) + "\n" for p in chosen))
    fashion = shared("data/stl-fashion")
    report = import_stl(
        [tmp_path / "home.json", fashion / "fashion.json"],
        [path, fashion / "fashion-cat.json"],
        [tmp_path / "images", fashion / "images"],
        tmp_path / "out",
    )
    assert not report.rejected
    assert report.counts == {"pairs": 2931, "scenes": 2529, "products": 3863}
    assert report.missing_images == 41_306 - 40
    dataset = Dataset.open(tmp_path / "out")
    assert {"Shoes", "Rugs", "Decor", "Chairs"} <= set(dataset.categories)
    assert set(dataset.pairs["split"]) == set(SPLITS)
