from __future__ import annotations

import json
from pathlib import Path

import pytest

from scenefit.bench.running import running
from scenefit.cli import run
from scenefit.errors import ServiceError

PARTS = ("closed loop", "open loop at 80 %", "open loop at 80 %, random gaps", "open loop at 3 times", "soak")


def test_measures_a_real_service(catalog_folder: Path, looks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--catalog", str(catalog_folder), "--examples", str(looks / "images"), "--clients", "3")
    assert run(["bench", "serve", *options, "--seconds", "0.6", "--soak", "0.2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["well at the end"] is True and found["clients"] == 3 and found["bare, images/s"] > 0
    closed = found["closed loop"]
    assert 0 < closed["ratio, lowest"] <= closed["ratio"] <= closed["ratio, highest"]
    for name in PARTS:
        part = found[name]
        assert set(part["statuses"]) <= {"200", "503"} and part["statuses"]["200"] > 0
        assert (
            part["200, p99 / p50"] == pytest.approx(part["200, p99, ms"] / part["200, p50, ms"])
            and part["200, p99 / p50"] >= 1
        )
    for name in PARTS[1:4]:
        part = found[name]
        assert part["asked"] == sum(part["statuses"].values())
        assert part["share of 503"] == part["statuses"].get("503", 0) / part["asked"]
        assert ("503, p99, ms" in part) == ("503" in part["statuses"])
        assert 20 < part["resident before, MB"] < 2000 and 20 < part["resident after, MB"] < 2000
    assert found[PARTS[1]]["asked"] == max(1, round(0.8 * closed["answers/s"] * 0.6)) == found[PARTS[2]]["asked"]
    assert found[PARTS[3]]["asked"] == max(1, round(3 * closed["answers/s"] * 0.6))
    assert len(found["soak"]["resident, MB"]) == 2


def test_photos_are_needed(catalog_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bench", "serve", "--catalog", str(catalog_folder), "--seconds", "0.1"]) == 2
    assert "--examples" in capsys.readouterr().err


def test_a_service_that_does_not_start() -> None:
    with pytest.raises(ServiceError, match="did not start: nowhere is not a catalog"), running(["nowhere"]):
        pass
