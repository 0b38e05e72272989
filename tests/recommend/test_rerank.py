"""Another system's candidates: all ranked or set aside, by pictures or by the catalog's vectors."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from scenefit.catalog.loading.listed import SetAside
from scenefit.data.tables import write_table
from scenefit.errors import DataError, ImageError, UsageError
from scenefit.model.folder import Model
from scenefit.recommend.candidates import read_candidates, read_ids
from scenefit.recommend.recommender import Recommender
from scenefit.recommend.rerank import Reranked, rerank


@pytest.fixture
def folder(recommender: Recommender, tmp_path: Path) -> Path:
    """The shop's shoes as files in `pictures`, named by their ids."""
    (tmp_path / "pictures").mkdir()
    ((products, _),) = recommender.store.scan()
    for product in products:
        if product.category == "Shoes" and (picture := recommender.store.picture(product)):
            shutil.copy(picture, tmp_path / "pictures" / f"{product.id}{picture.suffix}")
    return tmp_path


def rows_of(folder: Path) -> list[tuple[str, str]]:
    return [(picture.stem, f"pictures/{picture.name}") for picture in sorted((folder / "pictures").iterdir())]


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "image"), *rows])
    return path


def by_pictures(recommender: Recommender, photo: Path, table: Path, novelty: float = 1.0) -> Reranked:
    model = Model(recommender.model.folder)
    return rerank(model, model.backbone(1), photo, "Shoes", read_candidates(table, "Shoes"), novelty=novelty)


def test_candidates_with_pictures_rank_as_the_catalog_does(recommender: Recommender, photo: Path, folder: Path) -> None:
    rows = rows_of(folder)
    got = by_pictures(recommender, photo, write_csv(folder / "table.csv", rows[::-1]))
    shoes = recommender.recommend(photo, ["Shoes"], k=100, duplicates=True, novelty=1)
    expected = {one.id: (one.distance, one.probability) for one in shoes.rankings["Shoes"].products}
    assert got.set_aside == [] and got.view == shoes.view and len(got.products) == len(rows) == 12
    assert {one.id: one.distance for one in got.products} == pytest.approx(  # fp16 store
        {name: distance for name, (distance, _) in expected.items()}, abs=5e-3
    )
    distances = [one.distance for one in got.products]
    assert distances == sorted(distances) and [one.rank for one in got.products] == list(range(1, 13))
    for one in got.products:
        assert one.probability == pytest.approx(expected[one.id][1], abs=5e-3)
        assert one.image == folder / dict(rows)[one.id] and one.product.category == "Shoes"


def test_tables_of_every_kind_say_the_same(recommender: Recommender, photo: Path, folder: Path) -> None:
    rows = rows_of(folder)[:3]
    write_csv(folder / "t.csv", rows)
    lines = [json.dumps({"id": name, "image": image, "price": 12.5, "title": "A shoe"}) for name, image in rows]
    (folder / "t.jsonl").write_text("\n".join(lines))
    columns = dict(zip(("id", "image"), np.array(rows, object).T, strict=True))
    write_table(folder / "t.parquet", columns, {"id": "VARCHAR", "image": "VARCHAR"})
    found = [by_pictures(recommender, photo, folder / name).products for name in ("t.csv", "t.jsonl", "t.parquet")]
    assert (
        [one.distance for one in found[0]] == [one.distance for one in found[1]] == [one.distance for one in found[2]]
    )
    assert {(one.product.price, one.product.title) for one in found[1]} == {(12.5, "A shoe")}


def test_nothing_vanishes(recommender: Recommender, photo: Path, folder: Path) -> None:
    (name, image), second = rows_of(folder)[:2]
    (folder / "text.jpg").write_text("no picture")
    (folder / "half.jpg").write_bytes((folder / image).read_bytes()[:700])
    (folder / "link.jpg").symlink_to(folder / image)
    bad = [
        (("out", "../x.jpg"), "image: expected a path that stays inside the table's folder"),
        (("url", "https://shop.example/x.jpg"), "image: expected a path that stays inside the table's folder"),
        (("link", "link.jpg"), "image: its path leads through a symbolic link"),
        (("gone", "none.jpg"), "image: picture missing"),
        (("empty", " "), "image: expected the path of a picture"),
        (("text", "text.jpg"), "image: not a good picture"),
        (("half", "half.jpg"), "image: not a good picture"),
        ((name, image), "id: listed before"),
        ((" ", image), "id: expected text, or a whole number"),
    ]
    rows = [(name, image), *(row for row, _ in bad), second]
    got = by_pictures(recommender, photo, write_csv(folder / "t.csv", rows))
    assert {one.id for one in got.products} == {name, second[0]}
    assert [(row.number, row.reason) for row in got.set_aside] == [
        (number, reason) for number, (_, reason) in enumerate(bad, 3)
    ]
    assert [row.id for row in got.set_aside] == [*(row[0] for row, _ in bad[:-1]), None]


def test_tables_that_cannot_be_read(folder: Path) -> None:
    (folder / "t.csv").write_text("id,picture\n1,a.jpg\n")
    with pytest.raises(DataError, match=r"t\.csv has the columns \['id', 'picture'\]; expected 'image' among them"):
        list(read_candidates(folder / "t.csv", "Shoes"))
    with pytest.raises(DataError, match=r"got the table .*t\.xls; expected a file \.csv, \.tsv"):
        list(read_candidates(folder / "t.xls", "Shoes"))


def test_the_catalogs_products_need_no_pictures(recommender: Recommender, photo: Path) -> None:
    shoes = recommender.recommend(photo, ["Shoes"], k=100, duplicates=True, novelty=0.5).rankings["Shoes"].products
    pants = recommender.recommend(photo, ["Pants"], k=1).rankings["Pants"].products[0].id
    names = [one.id for one in shoes]
    asked = [pants, *names[::-1], "unknown", names[0], SetAside(9, None, "faulty"), "\ud800"]
    got = recommender.rerank(photo, "Shoes", asked, novelty=0.5)
    assert got.products == shoes
    assert got.set_aside == [
        SetAside(1, pants, "category: another than asked for", "Pants"),
        SetAside(9, None, "faulty"),
        SetAside(14, "unknown", "id: not in this catalog"),
        SetAside(15, names[0], "id: listed before"),
        SetAside(17, "\ud800", "id: not in this catalog"),
    ]
    few = recommender.rerank(photo, "Shoes", names[5:2:-1], novelty=0.5).products
    assert [one.id for one in few] == names[3:6] and [one.rank for one in few] == [1, 2, 3]
    assert recommender.rerank(photo, "Shoes", []) == ([], [], got.view)


def test_what_is_refused(recommender: Recommender, photo: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="got the category 'Hats'; this model knows 'Pants', 'Shoes'"):
        recommender.rerank(photo, "Hats", ["a"])
    with pytest.raises(UsageError, match="got one text where several ids are expected; give a list of ids"):
        recommender.rerank(photo, "Shoes", "abc")
    with pytest.raises(UsageError, match="got the novelty -1; expected 0"):
        by_pictures(recommender, photo, write_csv(folder / "t.csv", rows_of(folder)), novelty=-1)
    with pytest.raises(ImageError, match=r"none\.jpg: no such picture"):
        recommender.rerank(folder / "none.jpg", "Shoes", ["a"])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ids.txt", "a 1\n\n 007 \n12\n"),
        ("ids", "a 1\r\n007\r\n12"),
        ("ids.json", '["a 1", "007", 12]'),
        ("ids.jsonl", '{"id": "a 1"}\n"007"\n12\n'),
        ("ids.csv", "id,price\na 1,2\n007,3\n12,4\n"),
    ],
)
def test_lists_of_ids(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    assert list(read_ids(tmp_path / name)) == ["a 1", "007", "12"]


def test_ids_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ids.json").write_text('["a", null, {"name": "b"}, true, 1.5, "c"]')
    fault = "id: expected text, or a whole number"
    assert list(read_ids(tmp_path / "ids.json")) == ["a", *(SetAside(n, None, fault) for n in (2, 3, 4, 5)), "c"]
    (tmp_path / "ids.txt").write_bytes(b"a\n\xff\xfe\nb\x00\n")
    assert list(read_ids(tmp_path / "ids.txt")) == ["a", SetAside(2, None, fault), SetAside(3, None, fault)]
    (tmp_path / "ids.csv").write_text('id\na\n"b\n')
    assert [one if isinstance(one, str) else one.number for one in read_ids(tmp_path / "ids.csv")] == ["a", 2]
    with pytest.raises(DataError, match=r"got the list of ids .*ids\.jpg; expected a file \.txt, \.csv"):
        list(read_ids(tmp_path / "ids.jpg"))
    with pytest.raises(DataError, match=r"ids\.csv has the columns \['name'\]; expected 'id' among them"):
        (tmp_path / "ids.csv").write_text("name\na\n")
        list(read_ids(tmp_path / "ids.csv"))
    with pytest.raises(DataError, match=r"the list of ids .*none\.txt cannot be read: No such file"):
        list(read_ids(tmp_path / "none.txt"))
