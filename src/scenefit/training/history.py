"""The training history: one JSON line an epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scenefit.artifacts import written_file


def write_history(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Write the epochs so far, aside then renamed."""
    with written_file(path) as aside:
        aside.write_text("".join(json.dumps(epoch) + "\n" for epoch in history), "utf-8")
