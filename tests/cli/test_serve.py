"""`scenefit serve` in a process of its own, and `scenefit serve-key`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scenefit import Client
from scenefit.cli import run
from scenefit.service.keys import read_keys

PROGRAM = [sys.executable, "-m", "scenefit"]


def test_it_serves_until_it_is_told_to_stop(catalog_folder: Path, looks: Path, tmp_path: Path) -> None:
    settings = tmp_path / "service.toml"
    settings.write_text('places = 8\ncors = ["https://shop.example"]\n')
    more = ["--port", "0", "--config", str(settings), "--examples", str(looks / "images")]
    with subprocess.Popen(
        [*PROGRAM, "serve", str(catalog_folder), *more], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        address = process.stderr.readline().split()[1]
        with Client(address) as client:
            found = client.recommend(client.example(0), k=1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr.read() == "stopped; every request under way was answered\n"
    assert set(found["categories"]) == {"Pants", "Shoes"}


def test_keys_are_made_for_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve-key", "--name", "shop", "--scope", "write", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    (tmp_path / "keys").write_text(made["line"] + "\n")
    (key,) = read_keys(tmp_path / "keys")
    assert (key.name, key.scope) == ("shop", "write") and made["key"] not in made["line"]
    assert run(["serve-key", "--name", "shop"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("shop read sha256:")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--host", "0.0.0.0"], "serve-key"),
        (["--cors", "*"], "https://shop.example"),
        (["--keys", "nothing"], "serve-key"),
        (["--config", "nothing.toml"], "TOML"),
        (["--examples", "."], "no picture"),
        (["--port", "70000"], "--port"),
    ],
)
def test_it_refuses(
    catalog_folder: Path,
    tmp_path: Path,
    options: list[str],
    match: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["serve", str(catalog_folder), *options]) == 2
    assert match in capsys.readouterr().err
