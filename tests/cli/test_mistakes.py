from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run

MISTAKES = {
    "bogus": "No such command 'bogus'",
    "features": "Missing argument 'dataset'",
    "features {dataset}": "Missing option '--backbone'",
    "features {dataset} --backbone {network} --bogus": "No such option: --bogus",
    "features {dataset} --backbone nowhere": r"got the backbone 'nowhere'; expected a folder, or a hub id",
    "features {dataset} --backbone {network} --precision int4": r"got the precision 'int4'; expected one of",
    "features {dataset} --backbone {network} --shard 3/2": r"got --shard '3/2'; expected i/n",
    "features {dataset} --backbone {network} --regions 0": "greater than or equal to 1",
    "features {dataset} --backbone {model}/backbone --regions 14": "got 14x14 regions .* exported with 7x7",
    "features {model} --backbone {network}": "holds no dataset.json",
    "train {dataset} --backbone {network} --out {model}": "exists already; choose another place, or pass --overwrite",
    "train {dataset} --backbone {network} --out {new} --recipe x": r"got the recipe 'x'; expected one of",
    "train {dataset} --backbone {network} --out {new} --device tpu": "got --device 'tpu'; expected auto, cpu or cuda",
    "evaluate {model} {dataset} --split final": r"got the split 'final'; expected one of",
    "evaluate {dataset} {dataset}": "holds no config.json",
    "catalog build {model} {photo} --out {new}": r"got the table .*; expected a file \.csv, \.tsv",
    "catalog build {model} nowhere.csv --out {new}": "got the products nowhere.csv; expected a dataset",
    "catalog build {model} {dataset} --out {new} --column id=sku": "is a dataset, whose columns are known",
    "catalog add {catalog} {dataset} --model {new}": "no such folder; expected a scenefit model",
    "catalog add {catalog} {dataset} --column sku": "got --column sku; expected NAME=VALUE",
    "catalog add {catalog} {dataset} --kind size=colour": "got --kind 'colour'; expected one of text, number, boolean",
    "catalog switch postgresql://h/d {model}": "a catalog on a server has one model",
    "catalog rollback {catalog}": "has had one model only; there is none to go back to",
    "catalog import {photo} {new}": "cannot be read as Parquet",
    "recommend {dataset} {photo}": r"is not a catalog: it has no catalog\.sqlite",
    "recommend {catalog} nowhere.jpg": "nowhere.jpg: no such picture",
    "recommend {catalog} {photo} --category Hats": "got the category 'Hats'; this .* 'Pants', 'Shoes'",
    "recommend {catalog} {photo} --box 0,0,1": "got the box '0,0,1'; expected left,top,right,bottom",
    "recommend {catalog} {photo} --box 0,0,1,1": "leaves less than 20% of the photo on every side",
    "recommend {catalog} {photo} --box 0.5,0,0.2,1": "left must be below right",
    "recommend {catalog} {photo} -k 0": "greater than or equal to 1",
    "data import stl {photo} --categories {photo} --images {new} --out {new}": "category file .* is not JSON",
    "data import stl {photo} --categories nowhere --images {new} --out {new}": "category file nowhere cannot be read",
}


@pytest.mark.parametrize("command", MISTAKES)
def test_each_mistake_is_told_in_one_line(
    command: str, path: Any, network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {**path._asdict(), "network": network, "new": tmp_path / "new"}
    assert run(command.format(**places).split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("error: ")
    assert re.search(MISTAKES[command], line)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("group", ["", "data", "data import", "catalog", "bench"])
def test_a_bare_group_shows_its_help(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group.split()) == 2
    assert capsys.readouterr().err.startswith("Usage:")
