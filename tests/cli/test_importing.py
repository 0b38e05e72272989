"""`scenefit data import` and what it tells; the way from a table to a ranking."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_looks import box_of, signature
from PIL import Image

from scenefit import artifacts
from scenefit.cli import run
from scenefit.config import RECIPES, recipe
from scenefit.data.dataset import MANIFEST, TABLES, Dataset
from scenefit.data.questions import QUESTIONS_FILE
from scenefit.data.tables import QUESTIONS, write_table

GUIDE = Path(__file__).parents[2] / "docs" / "your-data.md"
SIDES = ("left", "top", "right", "bottom")


@pytest.fixture
def table(looks: Path, tmp_path: Path) -> Path:
    """The drawn looks as a table of one's own: paths, boxes for the shoes only, and a product without a scene."""
    categories = json.loads((looks / "categories.json").read_text())
    with (tmp_path / "looks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["scene", "product", "category", *SIDES])
        writer.writeheader()
        for line in (looks / "records.json").read_text().splitlines():
            record = json.loads(line)
            category = categories[record["product"]].rpartition("|")[2]
            sides = dict(zip(SIDES, box_of("Shoes"), strict=True)) if category == "Shoes" else {}
            paths = {side: f"{record[side]}.jpg" for side in ("scene", "product")}
            writer.writerow({**paths, "category": category, **sides})
        writer.writerow({"product": f"{signature('Pants 11')}.jpg", "category": "Pants"})
    return tmp_path / "looks.csv"


def printed(capsys: pytest.CaptureFixture[str], *command: object) -> dict[str, Any]:
    assert run([*map(str, command), "--json"]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_a_table_goes_the_whole_way(
    table: Path, looks: Path, network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("SCENEFIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(RECIPES, "default", replace(recipe("ctl-paper"), hidden=32, embedding=16, epochs=2))
    shop, model = tmp_path / "shop", tmp_path / "model"
    places = ("--images", looks / "images", "--out", shop, "--ratio", "60,20,20")
    report = printed(capsys, "data", "import", "table", table, *places)
    assert report["counts"]["pairs"] == 80
    assert printed(capsys, "data", "check", shop)["pairs_without_box"] == 40
    printed(capsys, "train", shop, "--backbone", network, "--out", model)
    result = printed(capsys, "evaluate", model, shop)
    assert result["n"] == 16 and result["set_aside"] == 0 and "fitb" not in result


def test_the_guide_to_your_data_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Import the table of docs/your-data.md with drawn photos; every command there has the options that it is given."""
    text = GUIDE.read_text("utf-8")
    (tmp_path / "looks.csv").write_text(text.partition("```csv\n")[2].partition("```")[0])
    for n, name in enumerate(["looks/autumn-01.jpg", "shoes/b7.jpg", "hats/h2.jpg", "hats/h5.jpg"]):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 90), (n * 50, 100, 200)).save(path)
    places = ("--images", tmp_path / "photos", "--out", tmp_path / "shop")
    report = printed(capsys, "data", "import", "table", tmp_path / "looks.csv", *places)
    assert report["counts"] == {"pairs": 2, "scenes": 1, "products": 3} and not report["rejected"]
    commands = re.findall(r"^    scenefit (.+)$", text, re.MULTILINE)
    assert len(commands) >= 9
    for command in commands:
        words = re.split(r" (?=--)", command)
        names = [word for word in words[0].split() if re.fullmatch("[a-z]+", word)]
        while run([*names, "--help"]) != 0:
            names.pop()
        shown = capsys.readouterr().out
        assert len(names) >= 1 and all(word.split()[0] in shown for word in words[1:])


def test_help_shows_an_example_of_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "import", "--help"]) == 0
    shown = capsys.readouterr().out
    for kind in ("stl", "outfits", "street2shop", "table"):
        assert shown.count(f"scenefit data import {kind} ") == 1
        assert run(["data", "import", kind, "--help"]) == 0
        assert f"Example: scenefit data import {kind} " in capsys.readouterr().out


def test_what_is_set_aside_and_missing_is_told(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    url = "https://shop.example/look.jpg"
    table.write_text(f"scene,product,category\n{url},{url}2,Shoes\nnone.jpg,{url},Shoes\n")
    assert (
        run(["data", "import", "table", str(table), "--images", str(tmp_path / "empty"), "--out", str(tmp_path / "s")])
        == 0
    )
    shown = capsys.readouterr()
    for text in ("records read", "set aside: scene: picture missing", "pictures missing"):
        assert text in shown.out
    for text in ("rejected.jsonl", f"scenefit data download {tmp_path / 's'}", "then import again"):
        assert text in " ".join(shown.err.split())


def test_evaluate_asks_the_questions_of_a_dataset(
    path: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(path.dataset, tmp_path / "dataset"))
    dataset = Dataset.open(folder)
    (row, *_) = dataset.split_rows("test")
    scene, right, category = (dataset.pairs[name][row] for name in ("scene", "product", "category"))
    same = dataset.products["id"][dataset.products["category"] == category].tolist()
    lines = [(1, scene, answer, category, answer == right) for answer in same]
    table = {name: np.array([line[i] for line in lines], object) for i, name in enumerate(QUESTIONS)}
    write_table(folder / QUESTIONS_FILE, table, QUESTIONS)
    artifacts.seal(folder, MANIFEST, "dataset", [*TABLES, QUESTIONS_FILE], {}, {})
    result = printed(capsys, "evaluate", path.model, folder)["fitb"]
    assert (result["n"], result["set_aside"]) == (1, 0)
    assert result["accuracy"]["value"] in (0, 1)
    assert result["baselines"]["random"]["value"] == pytest.approx(1 / len(same))
    assert run(["evaluate", str(path.model), str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "fill in the blank: 1 questions" in shown and "answered right" in shown


MISTAKES = {
    "data import table {new}.csv --images {here} --out {new}": "the table .* cannot be read: No such file",
    "data import table {here} --images {here} --out {new}": "got the table .*; expected a file .csv",
    "data import outfits {here} --by-file --images {here} --out {new}": "expected a name with one of train, val, test",
    "data import outfits {here} --images {here} --val 100 --out {new}": "Invalid value for '--val'",
    "data import street2shop {here} --images {here} --out {new}": "holds no photos.txt; expected the folder in which",
    "data import stl --images {here} --out {new}": "Missing argument 'records",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_each_mistake_is_told_in_one_line(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "here").mkdir()
    assert run(command.format(here=tmp_path / "here", new=tmp_path / "new").split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert re.search(MISTAKES[command], line)
    assert not (tmp_path / "new").exists()
