"""What is no backbone is refused, with what was expected, before anything is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as tf
from safetensors.torch import load_file, save_file

from scenefit.errors import BackboneError
from scenefit.features.backbone import find_backbone, prepare_backbone
from scenefit.features.export import load_network

WEIGHTS, PROCESSOR = "model.safetensors", "preprocessor_config.json"


@pytest.fixture
def folder(network: Path, tmp_path: Path) -> Path:
    """A copy of the small ResNet that a test may spoil."""
    return Path(shutil.copytree(network, tmp_path / "network"))


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def export(folder: Path, grid: int = 7) -> Path:
    return prepare_backbone(find_backbone(str(folder), grid), folder / "cache")


def test_grid_larger_than_the_map(folder: Path) -> None:
    with pytest.raises(BackboneError, match=r"got --regions 15; this backbone's map has 14x14 cells, so at most 14"):
        export(folder, 15)
    assert list((folder / "cache" / "backbones").iterdir()) == []


def test_no_safetensors(folder: Path) -> None:
    """Pickles run code when they are read, so they are not."""
    torch.save(load_file(folder / WEIGHTS), folder / "pytorch_model.bin")
    (folder / WEIGHTS).unlink()
    with pytest.raises(BackboneError, match=r"holds no \.safetensors file; weights in other formats are not read"):
        export(folder)
    with pytest.raises(BackboneError, match=r"cannot be read: .*model\.safetensors"):
        load_network(folder)


def test_unsupported_architecture(folder: Path) -> None:
    change(folder / "config.json", model_type="bert")
    with pytest.raises(BackboneError, match=r"is a 'bert'; expected one of .*clip, .*dinov2, .*resnet"):
        export(folder)


def test_unknown_architecture(folder: Path) -> None:
    change(folder / "config.json", model_type="nothing-known")
    with pytest.raises(BackboneError, match=r"cannot be read: .*nothing-known"):
        export(folder)


def test_code_beside_the_weights_is_not_run(folder: Path) -> None:
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")
    change(folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.Config", "AutoModel": "own.Model"})
    with pytest.raises(BackboneError, match="cannot be read"):
        export(folder)
    assert not (folder / "ran").exists()


def test_weights_that_lack_a_part(folder: Path) -> None:
    """Transformers would fill it with random numbers, others each time."""
    weights = load_file(folder / WEIGHTS)
    gone = sorted(name for name in weights if name.startswith("encoder.stages.3"))
    save_file({name: value for name, value in weights.items() if name not in gone}, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(BackboneError, match=rf"lack {len(gone)} tensors of a resnet, the first '{gone[0]}'"):
        export(folder)


def test_weights_cut_short(folder: Path) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])
    with pytest.raises(BackboneError, match=r"cannot be read: .*(incomplete|invalid|deserializ)"):
        export(folder)


def test_input_that_is_not_square(folder: Path) -> None:
    change(folder / PROCESSOR, size={"height": 224, "width": 448})
    with pytest.raises(BackboneError, match="gives an input of 224x448; expected as many rows as columns"):
        export(folder)


def test_convolutional_input_without_a_map_at_a_sixteenth(folder: Path) -> None:
    change(folder / PROCESSOR, size=232)
    with pytest.raises(BackboneError, match=r"gives no map of 14x14, 1/16 of the input of 232; .*multiple of 32"):
        export(folder)


def test_transformer_of_another_input_size(tmp_path: Path) -> None:
    vision = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    tf.CLIPVisionModel(tf.CLIPVisionConfig(image_size=64, patch_size=8, **vision)).save_pretrained(tmp_path)
    (tmp_path / PROCESSOR).write_text(json.dumps({"size": 48}))
    with pytest.raises(BackboneError, match=r"does not take the input of preprocessor_config.json: .*48.*64"):
        export(tmp_path)
