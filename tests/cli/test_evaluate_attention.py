"""`scenefit evaluate` on attention: the cells it is spread over, and `--deletion`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scenefit.cli import run
from scenefit.evaluation.deletion_curves import ORDERS


def test_effective_cells_are_always_told(path: Any) -> None:
    attention = path.printed["evaluate"]["attention"]
    cells = attention["effective_cells"]
    assert 1 <= cells["low"] <= cells["value"] <= cells["high"] <= attention["cells"] == 49
    assert "deletion" not in path.printed["evaluate"]


def test_deletion_as_json(path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["evaluate", str(path.model), str(path.dataset), "--deletion", "--deletion-pairs", "2", "--json"]
    assert run(command) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["deletion"]["pairs"], result["deletion"]["scenes"]) == (2, 2)
    assert {name: result[name] for name in path.printed["evaluate"]} == path.printed["evaluate"]


def test_deletion_as_tables(path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", str(path.model), str(path.dataset), "--deletion", "--deletion-pairs", "1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for text in ("effective cells of 49", "1 pairs of 1 scenes", "margin to the negatives", "attention minus it"):
        assert text in shown
    assert all(shown.count(order.split()[-1]) >= 3 for order in ORDERS)
