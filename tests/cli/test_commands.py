from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scenefit import cli
from scenefit.cli import run

README = Path(__file__).parents[2] / "README.md"
COMMANDS = ("data import stl", "data check", "features", "train", "evaluate", "catalog build", "catalog info")
COMMANDS += tuple(f"catalog {name}" for name in ("add", "remove", "switch", "rollback", "export", "import"))
COMMANDS += ("recommend", "score", "bench features", "bench train", "data lookbook", "demo", "compare", "data download")
COMMANDS += ("data import outfits", "data import street2shop", "data import table", "rerank")
COMMANDS += ("serve", "serve-key", "bench search", "bench serve")


def test_import_and_check_print_what_they_did(path: Any) -> None:
    assert path.printed["import"]["counts"] == {"pairs": 80, "scenes": 40, "products": 24}
    assert path.printed["check"]["sound"] is True
    assert path.printed["check"]["counts"]["all"]["pairs"] == 80


def test_features_are_computed_once(path: Any) -> None:
    assert path.printed["features"]["computed"] > 0
    assert path.printed["features"]["failed"] == []


def test_features_of_items_are_asked_for(path: Any, network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["features", str(path.dataset), "--backbone", str(network), "--items", "--json"]
    computed = []
    for _ in range(2):
        assert run(command) == 0
        computed.append(json.loads(capsys.readouterr().out)["computed"])
    assert computed == [16, 0]  # a box a pair; training has computed those of its own 64


def test_a_backbone_that_is_exported_already(path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["features", str(path.dataset), "--backbone", str(path.model / "backbone"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["computed"], found["backbone"]) == (0, path.printed["features"]["backbone"])


def test_evaluate_prints_the_promised_fields(path: Any) -> None:
    result = path.printed["evaluate"]
    assert result["split"] == "test" and result["gallery"] == 24
    for name in ("binary_accuracy", "mrr"):
        assert result[name]["low"] <= result[name]["value"] <= result[name]["high"]
    assert list(result["top_k"]) == ["1", "5", "10", "20"]
    assert list(result["top_percent"]) == ["1", "5", "10"]
    assert result["seen_products"]["n"] + result["unseen_products"]["n"] == result["n"]
    assert sum(part["n"] for part in result["by_category"].values()) == result["n"]
    assert result["baselines"]["random"]["binary_accuracy"]["value"] == 0.5
    assert path.printed["uncropped"]["view"] == "uncropped"


def test_recommend_prints_a_ranking_for_each_category(path: Any) -> None:
    result = path.printed["recommend"]
    assert list(result["categories"]) == list(result["wanted"]) and set(result["wanted"]) == {"Pants", "Shoes"}
    assert sum(result["wanted"].values()) == pytest.approx(1, abs=1e-5)
    assert result["model"] == path.printed["train"]["fingerprint"]
    for products in result["categories"].values():
        assert [p["rank"] for p in products] == [1, 2, 3]
        distances = [p["distance"] for p in products]
        assert distances == sorted(distances)
        assert {"id", "rank", "distance", "probability", "title"} <= set(products[0])
    assert sum(map(sum, result["attention"]["Pants"])) == pytest.approx(1, abs=1e-5)


def test_tables_for_people(path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ("data", "check", path.dataset),
        ("evaluate", path.model, path.dataset),
        ("catalog", "info", path.catalog),
        ("recommend", path.catalog, path.photo, "--category", "Shoes"),
    ):
        assert run([*map(str, command)]) == 0
    shown = capsys.readouterr().out
    for text in ("splits", "binary accuracy", "popularity", "unseen", "Shoes"):
        assert text in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_parses(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command.split(), "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    example = re.search(r"Example: scenefit (.+?) (?:Arguments|Options):", shown)
    assert example and example[1].startswith(command)
    for option in re.findall(r"--[a-z]+", example[1]):
        assert option in shown


def test_readme_commands_have_known_options(capsys: pytest.CaptureFixture[str]) -> None:
    lines = re.findall(r"^    scenefit (.+)$", README.read_text("utf-8"), re.MULTILINE)
    assert len(lines) >= 7
    for line in lines:
        words = shlex.split(line)
        command = next(c for c in COMMANDS if line.startswith(c))
        assert run([*command.split(), "--help"]) == 0
        shown = capsys.readouterr().out
        assert all(word in shown for word in words if word.startswith("-"))


def test_a_mistake_is_one_line_and_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scenefit", "recommend", "nowhere", "photo.jpg"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: nowhere is not a catalog: it has no catalog.sqlite; make one with `scenefit catalog build`\n"
    )


def test_a_defect_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("out of cheese")

    monkeypatch.setattr(cli, "app", broken)
    assert run([]) == 1
    assert "out of cheese" in (shown := capsys.readouterr().err) and "defect" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    from scenefit import __version__

    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_bench_features_gives_a_ratio(path: Any, network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["bench", "features", str(path.dataset), "--backbone", str(network), "--images", "16", "--runs", "1"]
    assert run([*command, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["ratio"] > 0 and result["images"] == 16 and result["batch"] == 16
