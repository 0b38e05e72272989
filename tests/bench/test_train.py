from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from scenefit.bench import closed_form
from scenefit.bench.drawn import Drawn
from scenefit.bench.epoch import heads_alone
from scenefit.bench.train import Turn, summary, take_turn
from scenefit.cli import run
from scenefit.config import recipe
from scenefit.model.heads import Sizes

SIZES = Drawn(pairs=150, products=20, categories=2, pooled=8, regions=4, grid=2)
SMALL = [*("--pairs", "40", "--epoch-pairs", "30", "--products", "20", "--categories", "2", "--pooled", "8")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    SIZES.write(folder)
    return folder


def flops(work: Any, *given: Any) -> int:
    """Count those of matrix products, added in place or not."""

    def added(_: object, left: tuple[int, int], right: tuple[int, int], **__: object) -> int:
        return 2 * left[0] * left[1] * right[1]

    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: added}) as counter:
        work(*given)
    return int(counter.get_total_flops())


def test_the_reference_of_an_epoch_has_the_products_of_its_heads_alone() -> None:
    """Two of each first layer (its inputs need no gradient), three of each second, of every row of every pair."""
    config = recipe("default")
    hidden, out = config.hidden, config.embedding
    rows = {8: 3 * 150, 4: 2 * 4 * 150}  # inputs: a scene and two products; two heads on four regions
    expected = sum(2 * count * (2 * inputs * hidden + 3 * hidden * out) for inputs, count in rows.items())
    assert flops(heads_alone, Sizes(8, 4, hidden, out, 2), SIZES, config) == expected


def test_an_epoch_has_hardly_more_products_than_its_reference(folder: Path) -> None:
    """Attention and logits come to it: the reference leaves nothing out that is large."""
    config = recipe("default")
    alone = flops(heads_alone, Sizes(8, 4, config.hidden, config.embedding, 2), SIZES, config)
    both = flops(take_turn, "epoch", folder, SIZES)
    assert 0 <= both - 2 * alone < 0.1 * alone


def test_the_reference_of_the_closed_form_has_the_products_of_the_views() -> None:
    scene, product = closed_form.widths(SIZES)
    assert (scene, product) == (32, 16)
    views = 150 * scene**2 + (20 + 150) * product**2
    projected = 150 * scene * 32 + (20 + 150) * product * 16
    crossed = 150 * 32 * (16 + 16) + 150 * 16 * (16 + 16)
    assert flops(closed_form.products_alone, SIZES) == 2 * (views + projected + crossed)


def test_a_wide_view_is_sketched_there_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_form, "WHOLE", 16)
    monkeypatch.setattr(closed_form, "SKETCHED", 10)
    monkeypatch.setattr(closed_form, "KEPT", 8)
    assert closed_form._view(torch.randn(30, 32), 30).shape == (32, 8)
    assert flops(closed_form._view, torch.randn(30, 32), 30) == 2 * (3 * 2 * 30 * 32 * 10 + 10 * 32 * 10)


def test_the_closed_form_is_measured_with_its_memory(folder: Path) -> None:
    turn = take_turn("closed", folder, SIZES)
    assert turn.seconds > 0 and turn.reference > 0
    assert turn.facts["threads"] == torch.get_num_threads()
    assert 0.05 < turn.facts["peak, GB"] < 1000


def test_medians_and_the_spread_of_the_ratio() -> None:
    turns = [Turn(3.0, 2.0, {"peak, GB": 1.0}), Turn(4.0, 1.0, {"peak, GB": 2.0}), Turn(9.0, 4.5, {"peak, GB": 3.0})]
    assert summary(turns, 8) == {
        "peak, GB": 1.0,  # before any reference ran
        "seconds": 4.0,
        "reference, s": 2.0,
        "pairs/s": 2.0,
        "seconds a pair": 0.5,
        "ratio": 2.0,
        "ratio, lowest": 1.5,
        "ratio, highest": 4.0,
    }


def test_bench_train_measures_each_part_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert run(["bench", "train", *SMALL, "--parts", "epoch", "--grid", "2", "--runs", "1", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert list(result) == ["epoch"] and result["epoch"]["ratio"] > 0
    sizes = {"pairs": 30, "products": 20, "categories": 2, "pooled": 8, "regions": 1024, "grid": 2, "runs": 1}
    assert sizes.items() <= result["epoch"].items()
    assert result["epoch"]["72,000 pairs, s"] == pytest.approx(72_000 * result["epoch"]["seconds a pair"])
    assert not list(tmp_path.iterdir())


def test_bench_train_shows_tables_of_the_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(drawn: dict[str, Drawn], *_: object) -> dict[str, dict[str, float]]:
        return {part: {"pairs": sizes.pairs, "ratio": 1.234567} for part, sizes in drawn.items()}

    monkeypatch.setattr("scenefit.cli.bench.bench_train", measured)
    assert run(["bench", "train", *SMALL]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.index("closed form") < shown.index("40") < shown.index("epoch of a network") < shown.index("30")
    assert "1.23" in shown and "1.2345" not in shown


def test_bench_train_refuses_an_unknown_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "train", "--parts", "closed,serve"]) == 2
    assert capsys.readouterr().err == "error: got --parts serve; expected closed, epoch or closed,epoch\n"
