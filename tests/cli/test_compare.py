"""`scenefit compare`: what it writes and prints, what it leaves out, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenefit.cli import run


@pytest.fixture(scope="module")
def compared(model_folder: Path, backbone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The arguments of a quick comparison."""
    out = tmp_path_factory.mktemp("compared") / "out"
    dataset = model_folder.with_name("dataset")
    return ["compare", str(dataset), "--backbone", str(backbone_folder), "--out", str(out), "--workers", "1"]


def test_table_json_and_files(compared: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [*compared, "--methods", "random,popularity,raw", "--seeds", "1"]
    assert run(arguments) == 0
    printed = capsys.readouterr().out
    assert "popularity" in printed
    assert ".500 [.500, .500]" in printed
    assert run([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    out = Path(compared[5])
    assert json.loads((out / "comparison.json").read_text()) == result
    assert list(result["methods"]) == ["random", "popularity", "raw"]
    assert result["protocol"] == {"split": "test", "folds": 0, "seeds": [0]}
    assert "| popularity |" in (out / "comparison.md").read_text()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--methods", "raw,clip"], "got the methods ['clip']; expected some of ['field', 'errors', 'all', 'random'"),
        (["--methods", "oracle"], "got the method oracle, which needs generated looks, whose rule is known"),
        (["--methods", "error-8"], "got the method error-8, which needs --backbone as a folder of Transformers"),
        (["--methods", "error-5", "--folds", "2"], "got the method error-5, which needs the dataset's own splits"),
        (["--seeds", "0"], "got 0 seeds and 0 folds; expected at least 1 seed, and 0 folds or 2 and more"),
        (["--folds", "1"], "got 3 seeds and 1 folds"),
        (["--split", "train"], "got --split 'train'; expected val or test"),
    ],
)
def test_mistakes(compared: list[str], more: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*compared, *more]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
