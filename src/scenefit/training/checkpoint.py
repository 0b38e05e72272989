"""Checkpoints: weights, best weights, Adam's state and the history in one safetensors file (torch)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from scenefit.artifacts import written_file
from scenefit.errors import ArtifactError

Weights = dict[str, Tensor]


@dataclass
class Progress:
    """Where a training run stands: the epochs done, and the best of them."""

    history: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_value: float = float("-inf")
    best_weights: Weights = field(default_factory=dict)


def save_checkpoint(path: Path, run: str, model: nn.Module, optimizer: torch.optim.Adam, progress: Progress) -> None:
    """Write a checkpoint, aside then renamed; `run` is the fingerprint of settings and data."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best/{name}": value for name, value in progress.best_weights.items()}
    for row, state in optimizer.state_dict()["state"].items():
        tensors |= {f"adam/{row}/{name}": value for name, value in state.items()}
    facts = {"run": run, "history": progress.history, "best": [progress.best_epoch, progress.best_value]}
    copies = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with written_file(path) as aside:
        save_file(copies, aside, metadata={"scenefit": json.dumps(facts)})


def load_checkpoint(path: Path, run: str, model: nn.Module, optimizer: torch.optim.Adam) -> Progress:
    """Read a checkpoint into a model and its optimizer; where none of this run stands, change nothing.

    Raises:
        ArtifactError: the file is damaged.
    """
    if not path.exists():
        return Progress()
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get("scenefit", "{}"))
            tensors: Weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if facts.get("run") != run:
            return Progress()
        model.load_state_dict(_part(tensors, "model/"))
        _load_adam(optimizer, _part(tensors, "adam/"))
        epoch, value = facts["best"]
        return Progress(facts["history"], epoch, value, _part(tensors, "best/"))
    except (SafetensorError, ValueError, OSError, KeyError, RuntimeError) as error:
        text = str(error).splitlines()[0]
        raise ArtifactError(f"{path} cannot be read ({text}); remove it to train from the start") from None


def _part(tensors: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load_adam(optimizer: torch.optim.Adam, tensors: Weights) -> None:
    state: dict[int, Weights] = {}
    for name, value in tensors.items():
        row, _, key = name.partition("/")
        state.setdefault(int(row), {})[key] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
