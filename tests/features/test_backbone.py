"""Finding a backbone, its fingerprint, the cache of exports, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from scenefit import artifacts
from scenefit.errors import ArtifactError, BackboneError, UsageError
from scenefit.features.backbone import GRAPH, MANIFEST, Backbone, find_backbone, open_session, prepare_backbone
from scenefit.features.export import export_onnx

WITHOUT_TORCH = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'onnx', 'safetensors')))\n"


@pytest.fixture
def folder(network: Path, tmp_path: Path) -> Path:
    """A copy of the small ResNet that a test may change."""
    return Path(shutil.copytree(network, tmp_path / "network"))


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def mark(folder: Path, grid: int = 7) -> str:
    return find_backbone(str(folder), grid).fingerprint


def test_fingerprint_follows_what_changes_the_features(folder: Path) -> None:
    marks = [mark(folder), mark(folder, 14)]
    change(folder / "preprocessor_config.json", image_mean=[0.4, 0.5, 0.5])
    marks.append(mark(folder))
    change(folder / "config.json", hidden_act="gelu")
    marks.append(mark(folder))
    weights = load_file(folder / "model.safetensors")
    next(iter(weights.values())).view(-1)[0] += 1
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    marks.append(mark(folder))
    assert len(set(marks)) == len(marks)


def test_fingerprint_does_not_follow_place_or_version(network: Path, folder: Path) -> None:
    change(folder / "config.json", transformers_version="99.0", _name_or_path="elsewhere", torch_dtype="float32")
    change(folder / "preprocessor_config.json", image_processor_type="AnotherName")
    assert mark(folder) == mark(network)


def test_fingerprint_does_not_follow_the_version_noted_in_a_tower(folder: Path) -> None:
    change(folder / "config.json", vision_config={"hidden_size": 16, "transformers_version": "4.0"})
    first = mark(folder)
    change(folder / "config.json", vision_config={"hidden_size": 16, "transformers_version": "5.0"})
    assert mark(folder) == first
    change(folder / "config.json", vision_config={"hidden_size": 32})
    assert mark(folder) != first


def test_exported_once(network: Path, backbone_folder: Path) -> None:
    said: list[str] = []
    again = prepare_backbone(find_backbone(str(network)), backbone_folder.parents[1], said.append)
    assert (again, said) == (backbone_folder, [])
    backbone = Backbone(again, threads=1)
    assert (backbone.name, backbone.fingerprint) == (network.name, mark(network))
    assert (backbone.pooled_size, backbone.region_size, backbone.halves_size, backbone.grid) == (64, 48, 128, 7)


def test_cached_export_needs_no_torch(network: Path, backbone_folder: Path) -> None:
    code = WITHOUT_TORCH + (
        "from pathlib import Path; import numpy as np\n"
        "from scenefit.features.backbone import Backbone, find_backbone, prepare_backbone\n"
        f"source, cache = {str(network)!r}, Path({str(backbone_folder.parents[1])!r})\n"
        "backbone = Backbone(prepare_backbone(find_backbone(source), cache))\n"
        "print(backbone.run(np.zeros((2, 224, 224, 3), np.uint8)).regions.shape)\n"
        "prepare_backbone(find_backbone(source, grid=2), cache)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(2, 49, 48)\n", done.stderr
    assert "exporting a backbone of Transformers needs an extra that is not installed: pip install" in done.stderr


def test_damaged_export_is_refused_and_made_again_to_the_byte(
    network: Path, backbone_folder: Path, tmp_path: Path
) -> None:
    damaged = Path(shutil.copytree(backbone_folder, tmp_path / "backbones" / backbone_folder.name))
    content = bytearray((damaged / GRAPH).read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / GRAPH).write_bytes(content)
    with pytest.raises(
        ArtifactError, match=r"backbone\.onnx is not the file that was sealed .*make the backbone again"
    ):
        Backbone(damaged)
    assert prepare_backbone(find_backbone(str(network)), tmp_path) == damaged
    assert (damaged / GRAPH).read_bytes() == (backbone_folder / GRAPH).read_bytes()


def test_half_written_export_is_refused(backbone_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(backbone_folder, tmp_path / "half", ignore=shutil.ignore_patterns(MANIFEST))
    with pytest.raises(ArtifactError, match=r"holds no backbone\.json: it is half-written or not a scenefit backbone"):
        Backbone(tmp_path / "half")


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "scene.onnx").write_bytes(b"not a graph")
    with pytest.raises(BackboneError, match=r"scene\.onnx cannot be opened by ONNX Runtime"):
        open_session(tmp_path / "scene.onnx")


def test_hub_id_without_a_network(tmp_path: Path) -> None:
    """No network and no cached copy: the message says how to get one, at once."""
    code = "from scenefit.features.backbone import find_backbone; find_backbone('microsoft/resnet-50')"
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert time.monotonic() - start < 30
    last = done.stderr.splitlines()[-1]
    assert "BackboneError: microsoft/resnet-50 is neither a folder nor in the hub's cache" in last
    assert "run 'hf download microsoft/resnet-50 --local-dir DIR', then pass DIR" in last


@pytest.mark.parametrize("source", ["no such folder", "/nowhere/at/all", "a/b/c", "https://example.org/x"])
def test_nonsense_source(source: str) -> None:
    with pytest.raises(BackboneError, match="expected a folder, or a hub id such as microsoft/resnet-50"):
        find_backbone(source)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, "config.json cannot be read .*expected a folder of Transformers"),
        (
            "preprocessor_config.json",
            None,
            "preprocessor_config.json cannot be read .*expected a folder of Transformers",
        ),
        ("config.json", "{", "config.json cannot be read .*expected a folder of Transformers"),
        ("config.json", "[]", "config.json holds a list; expected an object"),
    ],
)
def test_incomplete_folder(folder: Path, name: str, content: str | None, message: str) -> None:
    (folder / name).unlink()
    if content:
        (folder / name).write_text(content)
    with pytest.raises(BackboneError, match=message):
        find_backbone(str(folder))


def test_unknown_precision(network: Path) -> None:
    with pytest.raises(UsageError, match=r"got the precision 'fp8'; expected one of \['fp32'\]"):
        find_backbone(str(network), precision="fp8")


class TwoOutputs(torch.nn.Module):
    """Pixels -> pooled (B, 3) and regions (B, 49, 3), as graphs were exported before there were halves."""

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cells = torch.nn.functional.adaptive_avg_pool2d(pixels.float().permute(0, 3, 1, 2), 7).flatten(2)
        return cells.mean(dim=2), cells.transpose(1, 2)


def with_graph(backbone_folder: Path, folder: Path, module: torch.nn.Module, outputs: list[str]) -> Path:
    """Copy a backbone with another graph."""
    about = json.loads((shutil.copytree(backbone_folder, folder) / MANIFEST).read_text())
    export_onnx(module, {"pixels": torch.zeros(2, 224, 224, 3, dtype=torch.uint8)}, outputs, folder / GRAPH)
    body = {key: about[key] for key in ("name", "preprocessing", "grid", "precision")}
    artifacts.seal(folder, MANIFEST, "backbone", [GRAPH], about["parents"], body)
    return folder


def test_a_graph_without_halves(backbone_folder: Path, tmp_path: Path) -> None:
    backbone = Backbone(with_graph(backbone_folder, tmp_path / "old", TwoOutputs(), ["pooled", "regions"]), threads=1)
    assert (backbone.pooled_size, backbone.region_size, backbone.halves_size) == (3, 3, 0)
    found = backbone.run(np.zeros((2, 224, 224, 3), np.uint8))
    assert [values.shape for values in found] == [(2, 3), (2, 49, 3), (2, 0)]
    assert found.halves.dtype == np.float32


def test_a_graph_of_another_kind_is_refused(backbone_folder: Path, tmp_path: Path) -> None:
    folder = with_graph(backbone_folder, tmp_path / "other", torch.nn.Flatten(), ["flat"])
    with pytest.raises(ArtifactError, match=r"gives \['flat'\]; expected pooled, regions and, at most, halves"):
        Backbone(folder)
