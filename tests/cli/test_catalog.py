"""`scenefit catalog` from a table to a switched, moved and synced catalog."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_shop import another_model, draw_shop, write_csv

import scenefit
from scenefit.cli import run
from scenefit.model.folder import Model

MODEL = Path(scenefit.__file__).parent / "bundled"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command of `scenefit catalog` with --json; give what it printed."""

    def catalog(*arguments: object) -> dict[str, Any]:
        assert run(["catalog", *map(str, arguments), "--json"]) == 0
        printed: dict[str, Any] = json.loads(capsys.readouterr().out)
        return printed

    return catalog


def test_a_shop_s_catalog_from_its_table_on(command: Run, tmp_path: Path) -> None:
    rows = [{("sku" if name == "id" else name): value for name, value in row.items()} for row in draw_shop(tmp_path, 5)]
    table, out = write_csv(tmp_path / "t.csv", [*rows, rows[0]]), tmp_path / "catalog"
    built = command("build", MODEL, table, "--out", out, "--column", "id=sku")
    assert (built["added"], built["embedded"], built["set_aside"]) == (5, 5, {"id: listed before": 1})
    assert built["products"] == {"Shoes": 2, "Trousers": 3}
    shown = command("info", out)
    assert shown["model"] == Model(MODEL).fingerprint
    assert (shown["in_stock"], shown["prices"]) == (5, {"": [10.5, 14.5]})
    assert shown["models"] == [{"fingerprint": shown["model"], "role": "active", "waiting": 0}]
    assert set(shown["bytes"]) == {"database", "pictures", "models"} and all(shown["bytes"].values())
    added = command("add", out, write_csv(table, rows[:3]), "--column", "id=sku", "--sync")
    assert (added["unchanged"], added["removed"], added["not_removed"]) == (3, 2, None)
    assert command("remove", out, "p000", "none")["removed"] == 1
    assert command("info", out)["products"] == {"Shoes": 1, "Trousers": 1}


def test_switched_and_moved(command: Run, tmp_path: Path) -> None:
    out, other = tmp_path / "catalog", another_model(Model(MODEL), tmp_path / "other", "p001", 0.5)
    command("build", MODEL, write_csv(tmp_path / "t.csv", draw_shop(tmp_path, 4)), "--out", out)
    switched = command("switch", out, other.folder)
    assert (switched["model"], switched["embedded"], switched["dropped"]) == (other.fingerprint, 4, [])
    roles = {one["role"]: one["fingerprint"] for one in command("info", out)["models"]}
    assert roles == {"active": other.fingerprint, "previous": Model(MODEL).fingerprint}
    assert command("rollback", out)["model"] == Model(MODEL).fingerprint
    file = tmp_path / "all.parquet"
    assert command("export", out, file)["products"] == 4
    assert command("import", file, tmp_path / "second", "--model", MODEL)["products"] == 4
    assert command("export", out, tmp_path / "third")["products"] == 4
    assert command("info", tmp_path / "third")["bytes"]["pictures"] == command("info", out)["bytes"]["pictures"]
    assert command("info", tmp_path / "second")["products"] == command("info", out)["products"]


def test_what_people_see(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = draw_shop(tmp_path, 3)
    rows[1]["price"] = "?"
    table, out = write_csv(tmp_path / "t.csv", rows), tmp_path / "catalog"
    assert run(["catalog", "build", str(MODEL), str(table), "--out", str(out)]) == 0
    shown = capsys.readouterr()
    assert "Trousers" in shown.out and "active model" in shown.out
    assert "1 rows were set aside:" in shown.err
    assert "line 3, p001: price: expected a number, such as 19.90" in shown.err
    assert run(["catalog", "build", str(MODEL), str(table), "--out", str(out)]) == 2
    assert "exists already; choose another place, or pass --overwrite" in capsys.readouterr().err
