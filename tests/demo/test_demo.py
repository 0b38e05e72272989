"""The demo, run as a newcomer would: figures beside the truth, a report, no torch, the same twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scenefit.cli import run
from scenefit.data.dataset import Dataset
from scenefit.data.lookbook.generate import write_lookbook
from scenefit.demo.run import bundled_model

DOMAINS = ("fashion", "home")
WITHOUT_TORCH = """
import sys
for name in ("torch", "transformers", "onnx", "safetensors", "huggingface_hub"):
    sys.modules[name] = None
from scenefit.cli import run
sys.exit(run(["demo", "--dir", sys.argv[1], "--seed", "7", "--json"]))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `scenefit demo --json` prints where torch cannot be imported; seed 7."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_model_stands_between_raw_features_and_the_oracle(shown: dict[str, Any], domain: str) -> None:
    accuracy = {name: method["binary_accuracy"] for name, method in shown[domain]["methods"].items()}
    assert shown[domain]["above_raw_features"]["low"] > 0.15
    assert accuracy["scenefit"]["low"] > accuracy["popularity"]["high"]
    assert shown[domain]["below_oracle"]["low"] > 0
    apart = accuracy["oracle"]["value"] - accuracy["scenefit"]["value"]
    assert shown[domain]["below_oracle"]["value"] == pytest.approx(apart)
    assert accuracy["oracle"]["value"] > 0.9
    assert 0.4 < accuracy["raw features"]["value"] < 0.6
    assert accuracy["random"]["value"] == 0.5


@pytest.mark.parametrize("domain", DOMAINS)
def test_attention_falls_on_the_item_that_decides(shown: dict[str, Any], domain: str) -> None:
    attention = shown[domain]["attention"]
    assert attention["on_region"]["low"] > attention["area"]["high"]
    assert attention["concentration"]["value"] > 2


def test_the_same_seed_gives_the_same_figures_over_whatever_stands_there(
    shown: dict[str, Any], tmp_path: Path, capsys: Any
) -> None:
    looks = tmp_path / "home" / "looks"
    write_lookbook(looks, ("home",), 10, 20, seed=8)
    other = Dataset.open(looks).fingerprint
    assert run(["demo", "--dir", str(tmp_path), "--seed", "7", "--json"]) == 0
    assert {**json.loads(capsys.readouterr().out), "report": ""} == {**shown, "report": ""}
    assert Dataset.open(looks).fingerprint != other


def test_the_report_is_self_contained(shown: dict[str, Any]) -> None:
    text = Path(shown["report"]).read_text("utf-8")
    assert not re.search(r"https?://|url\((?!data:)|<script", text)
    assert text.count("<section>") == 12
    assert text.count('class="region"') == 12
    assert "goes with it" in text and "does not" in text
    assert "None" not in text


def test_the_catalogs_serve_what_the_demo_tells_to_try(shown: dict[str, Any], capsys: Any) -> None:
    home = Path(shown["report"]).parent / "home"
    photo = next((home / "looks" / "images").rglob("*.jpg"))
    assert run(["recommend", str(home / "catalog"), str(photo), "--category", "Rugs", "-k", "3", "--json"]) == 0
    (products,) = json.loads(capsys.readouterr().out)["categories"].values()
    assert len(products) == 3 and products[0]["title"]


def test_the_bundled_model_is_small_and_says_what_it_is_for() -> None:
    model = bundled_model()
    size = sum(path.stat().st_size for path in model.folder.rglob("*") if path.is_file())
    assert size <= 8_000_000
    card = (model.folder / "README.md").read_text("utf-8")
    assert "It is of no use\nfor real photos" in card
    assert len(model.categories) == 17
