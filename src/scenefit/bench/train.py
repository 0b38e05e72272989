"""Training against the matrix products that it cannot do without, on drawn features."""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from scenefit.bench.drawn import Drawn
from scenefit.types import Progress, silent

WHOLE_SET = 72_000
"""Pairs of the whole Shop-the-Look fashion set, or so."""


class Turn(NamedTuple):
    """The seconds of a part, those of its reference beside it, and what else was seen, by name."""

    seconds: float
    reference: float
    facts: Mapping[str, float]


def bench_train(drawn: Mapping[str, Drawn], runs: int, progress: Progress = silent) -> dict[str, Any]:
    """Measure parts of a training and their references in turn; give medians, and the ratio of each pair of runs.

    A part's features are drawn and written to a temporary folder; it runs in a process of its own, with torch.

    Args:
        drawn: the sizes of each part to measure, by its name: `closed`, the closed form, or `epoch`, one of a network.
        runs: at least 1, none of them a warm-up.
        progress: told of what is drawn, and of each run.

    Raises:
        ImportError: the extra `train` is not installed.
    """
    return {part: _measure(part, sizes, runs, progress) for part, sizes in drawn.items()}


def _measure(part: str, sizes: Drawn, runs: int, progress: Progress) -> dict[str, Any]:
    with TemporaryDirectory(prefix="scenefit-bench-") as folder:
        sizes.write(Path(folder), progress)
        turns = list(_turns(part, Path(folder), sizes, runs, progress))
    found = summary(turns, sizes.pairs)
    whole = {f"{WHOLE_SET:,} pairs, s": WHOLE_SET / found["pairs/s"]} if part == "epoch" else {}
    return {**asdict(sizes), "runs": runs, **found, **whole}


def _turns(part: str, folder: Path, sizes: Drawn, runs: int, progress: Progress) -> Iterator[Turn]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        for run in range(runs):
            yield pool.submit(take_turn, part, folder, sizes).result()
            progress(f"runs of {part}", run + 1, runs)


def take_turn(part: str, folder: Path, sizes: Drawn) -> Turn:
    """Run a part once, and its reference, in this process."""
    if part == "closed":
        from scenefit.bench.closed_form import closed_form_turn

        return closed_form_turn(sizes.open(folder), sizes)
    from scenefit.bench.epoch import epoch_turn

    return epoch_turn(sizes.open(folder), sizes)


def summary(turns: list[Turn], pairs: int) -> dict[str, float]:
    """Give the medians of some runs over so many pairs, the spread of the ratio, and what the first run saw besides.

    >>> summary([Turn(3.0, 2.0, {}), Turn(4.0, 2.0, {}), Turn(9.0, 3.0, {})], 8)["ratio"]
    2.0
    """
    ratios = [turn.seconds / turn.reference for turn in turns]
    seconds = statistics.median(turn.seconds for turn in turns)
    return {
        **turns[0].facts,
        "seconds": seconds,
        "reference, s": statistics.median(turn.reference for turn in turns),
        "pairs/s": pairs / seconds,
        "seconds a pair": seconds / pairs,
        "ratio": statistics.median(ratios),
        "ratio, lowest": min(ratios),
        "ratio, highest": max(ratios),
    }
