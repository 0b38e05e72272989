"""`scenefit rerank` from end to end, by pictures and by a catalog, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run


@pytest.fixture
def table(path: Any, tmp_path: Path) -> Path:
    """The recommended shoes, worst first, and one without a picture."""
    shown = path.printed["recommend"]["categories"]["Shoes"]
    for product in shown:
        shutil.copy(product["image"], tmp_path / f"{product['id']}.jpg")
    lines = ["id,image", *(f"{product['id']},{product['id']}.jpg" for product in shown[::-1]), "lost,lost.jpg"]
    (tmp_path / "candidates.csv").write_text("\n".join(lines))
    return tmp_path / "candidates.csv"


def command(path: Any, given: Path, candidates: Path, *more: str) -> list[str]:
    return ["rerank", str(given), str(path.photo), str(candidates), "--category", "Shoes", *more]


def test_model_and_catalog_order_as_recommend_does(path: Any, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = path.printed["recommend"]["categories"]["Shoes"]
    for given, reason in ((path.model, "image: picture missing"), (path.catalog, "id: not in this catalog")):
        assert run(command(path, given, table, "--json")) == 0
        got = json.loads(capsys.readouterr().out)
        assert list(got) == ["scene", "category", "model", "view", "products", "set_aside"]
        assert (got["category"], got["model"]) == ("Shoes", path.printed["train"]["fingerprint"])
        assert [one["id"] for one in got["products"]] == [one["id"] for one in shown]
        for one, expected in zip(got["products"], shown, strict=True):
            assert one["distance"] == pytest.approx(expected["distance"], abs=2e-2)  # fp16 store
            assert one["rank"] == expected["rank"] and Path(one["image"]).is_file()
        ((row),) = got["set_aside"]
        assert (row["id"], row["reason"]) == ("lost", reason)


def test_a_table_for_people(path: Any, table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ids = table.with_name("ids.txt")
    ids.write_text("\n".join(f"unknown {i}" for i in range(25)))
    assert run(command(path, path.catalog, ids, "--box", "0.2,0.6,0.8,0.9", "--novelty", "1")) == 0
    shown = capsys.readouterr()
    assert "candidate" in shown.out
    assert "set aside: 25 of the candidates" in shown.err and "  1, unknown 0: id: not in this catalog" in shown.err
    assert "unknown 20" not in shown.err and "and 5 more; --json lists all" in shown.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"category": "Rugs"}, "got the category 'Rugs'; this model knows 'Pants', 'Shoes'"),
        ({"candidates": "nothing.csv"}, "nothing.csv cannot be read: No such file"),
        ({"candidates": "empty.csv"}, "empty.csv lists no candidate; expected at least one"),
        ({"given": "nowhere"}, "nowhere: no such folder; expected a scenefit model"),
        ({"given": "ftp://shop"}, "got a catalog at ftp://; expected a folder, postgresql:// or milvus://"),
        ({"scene": "nothing.jpg"}, "nothing.jpg: no such picture"),
    ],
)
def test_mistakes_are_one_line(
    path: Any, table: Path, change: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table.with_name("empty.csv").write_text("id,image\n")
    given = {"given": str(path.model), "scene": str(path.photo), "candidates": str(table), "category": "Shoes"} | change
    candidates = table.with_name(given["candidates"]) if "candidates" in change else table
    assert run(["rerank", given["given"], given["scene"], str(candidates), "--category", given["category"]]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err and len(shown.err.strip().splitlines()) == 1
