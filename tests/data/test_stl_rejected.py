"""What an import sets aside, and that it says why."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.errors import DataError

Import = Callable[..., ImportReport]
Picture = Callable[[str], Path]
UNKNOWN = "f" * 32


def _rejected(out: Path, report: ImportReport) -> list[dict[str, Any]]:
    """Read rejected.jsonl; its reasons are counted alike in the report and the manifest."""
    rejected = [json.loads(line) for line in (out / "rejected.jsonl").read_text().splitlines()]
    counted = Counter(line["reason"] for line in rejected)
    assert counted == report.rejected == Dataset.open(out).about["rejected"]
    return rejected


BOX, SIGNED = "bbox: expected four numbers", "expected a signature of 32 hex digits"
OUTSIDE, TURNED = "bbox: outside [0, 1]", "bbox: left must be below right, and top below bottom"
BAD: list[tuple[dict[str, Any], str]] = [
    ({"bbox": [0.1, 0.1, 1.2, 0.9]}, OUTSIDE),
    ({"bbox": [-0.1, 0.1, 0.5, 0.9]}, OUTSIDE),
    ({"bbox": [math.nan, 0.1, 0.5, 0.9]}, OUTSIDE),
    ({"bbox": [0.1, 0.1, math.inf, 0.9]}, OUTSIDE),
    ({"bbox": [0, 0, 10**400, 1]}, OUTSIDE),
    ({"bbox": [0.9, 0.1, 0.5, 0.9]}, TURNED),
    ({"bbox": [0.1, 0.5, 0.9, 0.5]}, TURNED),
    ({"bbox": [0.1, 0.1, True, 0.9]}, BOX),
    ({"bbox": [0.1, 0.1, "1", 0.9]}, BOX),
    ({"bbox": [0.1, 0.1, 0.9]}, BOX),
    ({"bbox": None}, BOX),
    ({"scene": "../../etc/passwd"}, f"scene: {SIGNED}"),
    ({"scene": UNKNOWN + "\n"}, f"scene: {SIGNED}"),
    ({"product": "../" + UNKNOWN}, f"product: {SIGNED}"),
    ({"product": "\ud800"}, f"product: {SIGNED}"),
    ({"product": 7}, f"product: {SIGNED}"),
    ({"product": UNKNOWN}, "product: not in the category file"),
]


def test_a_bad_field_costs_its_record_only(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    bad = [{**records[3], **change} for change, _ in BAD]
    report = run_import(tmp_path / "out", [*records[:3], *bad, *records[3:]])
    assert report.counts["pairs"] == 16
    rejected = _rejected(tmp_path / "out", report)
    assert [line["reason"] for line in rejected] == [reason for _, reason in BAD]
    assert [line["line"] for line in rejected] == list(range(4, 4 + len(BAD)))
    assert json.dumps([line["record"] for line in rejected]) == json.dumps(bad)


def test_a_line_that_is_no_object_costs_itself_only(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    lines = ['{"product": ', "[1, 2]", '"text"', "null", "nonsense", "[" * 100_000, "7" * (3 << 20)]
    report = run_import(tmp_path / "out", [*records[:2], *lines, "", *records[2:]])
    assert report.records == 16 + len(lines)
    assert report.counts["pairs"] == 16
    rejected = _rejected(tmp_path / "out", report)
    assert {line["reason"] for line in rejected} == {"not a JSON object"}
    assert [line["line"] for line in rejected] == list(range(3, 3 + len(lines)))


def test_a_record_nested_to_the_limit_does_not_stop_the_import(
    run_import: Import, records: list[Any], tmp_path: Path
) -> None:
    nested = ["[" * depth + "]" * depth for depth in range(sys.getrecursionlimit())]
    report = run_import(tmp_path / "out", [*records, *nested[1:]])
    assert len(_rejected(tmp_path / "out", report)) == len(nested) - 1


def test_bytes_that_are_no_text_cost_their_line_only(run_import: Import, source: Path, tmp_path: Path) -> None:
    with (source / "records.json").open("ab") as file:
        file.write(b'{"product": "\xff\xfe"}\n')
    report = run_import(tmp_path / "out")
    assert report.counts["pairs"] == 16
    assert _rejected(tmp_path / "out", report)[0]["line"] == 17


def test_the_same_record_again_is_kept_once(run_import: Import, records: list[Any], tmp_path: Path) -> None:
    report = run_import(tmp_path / "out", [*records, records[0]])
    assert report.counts["pairs"] == 16
    (rejected,) = _rejected(tmp_path / "out", report)
    assert rejected == {"reason": "the same record again", "line": 17, "record": records[0]}


def test_the_same_pair_with_another_box_gets_a_box_that_holds_both(
    run_import: Import, records: list[Any], tmp_path: Path
) -> None:
    first = {**records[0], "bbox": [0.3, 0.2, 0.5, 0.4]}
    second = {**records[0], "bbox": [0.25, 0.3, 0.4, 0.6]}
    report = run_import(tmp_path / "out", [first, *records[1:], second])
    dataset = Dataset.open(tmp_path / "out")
    pairs = dataset.pairs
    row = (pairs["scene"] == first["scene"]) & (pairs["product"] == first["product"])
    assert dataset.boxes[row].tolist() == [[0.25, 0.2, 0.5, 0.6]]
    (rejected,) = _rejected(tmp_path / "out", report)
    assert rejected == {"reason": "the same pair again: boxes joined", "line": 17, "record": second}


@pytest.mark.parametrize("side", ["scene", "product"])
@pytest.mark.parametrize("fault", ["missing", "broken", "empty", "link"])
def test_a_picture_that_cannot_be_used_costs_its_pairs(
    run_import: Import, records: list[Any], picture: Picture, side: str, fault: str, tmp_path: Path
) -> None:
    signature = records[0][side]
    path = picture(signature)
    data = path.read_bytes()
    path.unlink()
    if fault == "link":
        (tmp_path / "elsewhere.jpg").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere.jpg")
    elif fault != "missing":
        path.write_bytes(data[: len(data) // 2] if fault == "broken" else b"")
    report = run_import(tmp_path / "out")
    rejected = _rejected(tmp_path / "out", report)
    lost = [n for n, record in enumerate(records, 1) if record[side] == signature]
    kind = "missing" if fault == "missing" else "broken"
    assert [line["line"] for line in rejected if line["reason"] == f"{side}: picture {kind}"] == lost
    details = {"missing": "no picture", "broken": "truncated", "empty": "0 bytes", "link": "symbolic link"}
    assert all(details[fault] in (line.get("detail") or line["record"]["detail"]) for line in rejected)
    assert report.counts["pairs"] == 16 - len(lost)
    missing = [json.loads(line) for line in (tmp_path / "out" / "missing.jsonl").read_text().splitlines()]
    pairs_of_digits = "/".join(signature[start : start + 2] for start in (0, 2, 4))
    url = f"https://i.pinimg.com/400x/{pairs_of_digits}/{signature}.jpg"
    assert missing == ([{"id": signature, "url": url}] if fault == "missing" else [])
    assert report.missing_images == (fault == "missing")
    if side == "product" and fault != "missing":
        assert rejected[-1]["reason"] == "catalog product: picture broken"
        assert rejected[-1]["product"] == signature


def test_a_bad_entry_of_the_category_file_costs_its_product_only(
    run_import: Import, records: list[Any], categories: dict[str, Any], tmp_path: Path
) -> None:
    named = [records[0]["product"], records[1]["product"]]
    spoilt = {**categories, named[0]: 5, named[1]: "Apparel|\ud800", "../x": "Apparel|Pants", "": "Apparel|Pants"}
    report = run_import(tmp_path / "out", categories=spoilt)
    kept = [record for record in records if record["product"] not in named]
    assert report.counts == {"pairs": len(kept), "scenes": len({r["scene"] for r in kept}), "products": 6}
    reasons = {line.get("product"): line["reason"] for line in _rejected(tmp_path / "out", report)}
    assert {reasons[name] for name in named} == {"category file: expected a category's name"}
    assert {reasons[name] for name in ("../x", "")} == {"category file: expected a signature of 32 hex digits"}
    assert report.rejected["product: not in the category file"] == 16 - len(kept)


def test_when_nothing_can_be_used_nothing_is_left_behind(
    run_import: Import, records: list[Any], source: Path, tmp_path: Path
) -> None:
    bad = [{**record, "bbox": [1, 0, 0, 1]} for record in records[:3]] + [{}]
    with pytest.raises(
        DataError, match=r"none of the 4 records in .*records\.json can be used \(bbox: left.*: 3, scen"
    ):
        run_import(tmp_path / "out", bad)
    assert list(tmp_path.iterdir()) == [source]
