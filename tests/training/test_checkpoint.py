"""Checkpoints: one safetensors file, whole or refused; nothing anywhere is pickled."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

import scenefit
from scenefit.errors import ArtifactError
from scenefit.training.checkpoint import Progress, load_checkpoint, save_checkpoint

PICKLES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def trained(seed: int) -> tuple[torch.nn.Module, torch.optim.Adam]:
    """Give a small network with BatchNorm after two steps of Adam."""
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    adam = torch.optim.Adam(model.parameters(), 0.1)
    for _ in range(2):
        model(torch.randn(5, 3)).pow(3).sum().backward()
        adam.step()
    return model, adam


@pytest.fixture
def path(tmp_path: Path) -> Path:
    model, adam = trained(0)
    best = {name: value.clone() + 1 for name, value in model.state_dict().items()}
    progress = Progress([{"epoch": 1, "loss": 1 / 3, "validation_accuracy": 0.5}], 1, 0.5, best)
    save_checkpoint(tmp_path / "checkpoint.safetensors", "run", model, adam, progress)
    return tmp_path / "checkpoint.safetensors"


def test_everything_comes_back(path: Path) -> None:
    expected, old = trained(0)
    model, adam = trained(1)
    progress = load_checkpoint(path, "run", model, adam)
    assert progress.history == [{"epoch": 1, "loss": 1 / 3, "validation_accuracy": 0.5}]
    assert (progress.best_epoch, progress.best_value) == (1, 0.5)
    for name, value in expected.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)
        assert torch.equal(progress.best_weights[name], value + 1)
    for row, state in old.state_dict()["state"].items():
        for name, value in state.items():
            assert torch.equal(adam.state_dict()["state"][row][name], value)


def test_is_safetensors_and_alone(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        kinds = {name.partition("/")[0] for name in file.keys()}  # noqa: SIM118
    assert kinds == {"model", "best", "adam"}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "none.safetensors"])
def test_where_nothing_of_this_run_stands_nothing_changes(path: Path, name: str) -> None:
    model, adam = trained(1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert load_checkpoint(path.with_name(name), "another run", model, adam) == Progress()
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garble(content: bytes) -> bytes:
    return b"\xff" * 8 + content[8:]


def rename_a_weight(content: bytes) -> bytes:
    return content.replace(b"model/0.weight", b"model/9.weight")


def spoil_the_facts(content: bytes) -> bytes:
    return content.replace(b'{\\"run\\"', b'[\\"run\\"')


def rename_a_fact(content: bytes) -> bytes:
    return content.replace(b'\\"best\\"', b'\\"rest\\"')


def empty(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, garble, rename_a_weight, spoil_the_facts, rename_a_fact, empty])
def test_damaged(path: Path, damage: object) -> None:
    content = path.read_bytes()
    assert callable(damage)
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    with pytest.raises(ArtifactError, match=r"checkpoint\.safetensors cannot be read \(.+\); remove it to train from"):
        load_checkpoint(path, "run", *trained(1))


def test_nothing_is_pickled_anywhere() -> None:
    """Neither written nor read: a pickle runs code. No import of it, no torch.load or torch.save, no allow_pickle."""
    files = list(Path(scenefit.__file__).parent.rglob("*.py"))
    assert len(files) > 40
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Import(names=names):
                    assert not {name.name.partition(".")[0] for name in names} & PICKLES, file
                case ast.ImportFrom(module=module):
                    assert (module or "").partition(".")[0] not in PICKLES, file
                case ast.Attribute(value=ast.Name(id="torch"), attr=name):
                    assert name not in ("load", "save"), file
                case ast.keyword(arg="allow_pickle", value=value):
                    assert isinstance(value, ast.Constant), file
                    assert value.value is False, file
