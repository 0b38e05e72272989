"""Fill-in-the-blank questions of the outfits, read into a dataset."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scenefit.data.dataset import Dataset
from scenefit.data.importers.intake import ImportReport
from scenefit.data.importers.outfits import import_outfits
from scenefit.errors import DataError

from .conftest import draw, read_rejected
from .test_outfits import ITEMS, LINES, signature

Item = dict[str, Any]
Ask = Callable[..., ImportReport]


def item(n: int, label: str, **change: Any) -> Item:
    x, y, width, height = ITEMS[label]
    return {"signature": signature(n), "label": label, "x": x, "y": y, "w": width, "h": height} | change


def question(n: int, label: str = "Shoes") -> dict[str, Any]:
    """Ask for an item of collage n; wrong are those of the next three."""
    others = [item(n, other) for other in ITEMS if other != label]
    return {"question": others, "answers": [item((n + step) % 8, label) for step in range(4)]}


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Import the outfits with questions into out/."""
    for n in range(8):
        draw(tmp_path / "collages" / f"{signature(n)}.png", (80, 60))
    (tmp_path / "raw_test.tsv").write_text("".join(LINES))

    def run(questions: Any, **options: Any) -> ImportReport:
        (tmp_path / "fitb.json").write_text(json.dumps(questions))
        files = ([tmp_path / "raw_test.tsv"], [tmp_path / "collages"], tmp_path / "out")
        return import_outfits(*files, fitb=tmp_path / "fitb.json", **options)

    return run


def test_questions_become_a_sealed_table(ask: Ask, tmp_path: Path) -> None:
    report = ask([question(n) for n in range(3)] + [question(3, "Pants")])
    assert report.counts == {"pairs": 24, "scenes": 8, "products": 24, "questions": 4}
    assert not report.rejected
    dataset = Dataset.open(tmp_path / "out")
    assert "questions.parquet" in dataset.about["files"]
    assert dataset.questions is not None
    table = [dict(zip(dataset.questions, row, strict=True)) for row in zip(*dataset.questions.values(), strict=True)]
    assert [row["question"] for row in table] == [n for n in (1, 2, 3, 4) for _ in range(4)]
    pair = {(s, c): p for s, p, c in zip(*(dataset.pairs[k] for k in ("scene", "product", "category")), strict=True)}
    for number, row in enumerate(table):
        n, step, label = number // 4, number % 4, "Shoes" if number < 12 else "Pants"
        assert (row["scene"], row["category"], row["right"]) == (signature(n), label, step == 0)
        assert row["product"] == pair[signature((n + step) % 8), label]


def test_numbers_may_be_numbers(ask: Ask, tmp_path: Path) -> None:
    asked = question(0)
    asked["answers"] = [{**a, **{side: float(a[side]) for side in "xywh"}} for a in asked["answers"]]
    assert ask([asked]).counts["questions"] == 1


def _changed(number: int, **change: Any) -> dict[str, Any]:
    asked = question(number)
    return asked | {name: value(asked[name]) for name, value in change.items()}


FORM = "question: expected a list of items asked about and two answers or more, each a signature, box and label"
COLLAGE = "question: its items and the right answer are not of one collage"
SAME = "question: a wrong answer is of the same collage"
SEVERAL = "question: its answers are of several categories"
NO_PAIR = "question: its right answer is in none of the pairs"
NO_PRODUCT = "question: an answer is none of the products"
BAD: list[tuple[Any, str]] = [
    ("text", "question: not a JSON object"),
    ({}, FORM),
    (_changed(1, answers=lambda answers: answers[:1]), FORM),
    (_changed(1, answers=lambda answers: [answers[0], "x", {}]), FORM),
    (_changed(1, question=lambda asked: []), FORM),
    (_changed(1, answers=lambda answers: [{**answers[0], "x": "left"}, *answers[1:]]), FORM),
    (_changed(1, answers=lambda answers: [*answers, {**answers[1], "signature": 5}]), FORM),
    (_changed(1, question=lambda asked: [*asked, item(2, "Hats")]), COLLAGE),
    (_changed(1, answers=lambda answers: [*answers, item(1, "Hats")]), SAME),
    (_changed(1, answers=lambda answers: [*answers, item(5, "Hats")]), SEVERAL),
    (_changed(1, answers=lambda answers: [*answers, answers[2]]), "question: the same answer twice"),
    (_changed(1, answers=lambda answers: [{**answers[0], "x": "0.06"}, *answers[1:]]), NO_PAIR),
    (_changed(1, answers=lambda answers: [*answers, item(5, "Shoes", x="0.06")]), NO_PRODUCT),
    (_changed(1, answers=lambda answers: [*answers, item(9, "Shoes")]), NO_PRODUCT),
]


def test_a_bad_question_costs_itself_only(ask: Ask, tmp_path: Path) -> None:
    report = ask([question(0), *(asked for asked, _ in BAD), question(1)])
    rejected = read_rejected(tmp_path / "out", report)
    assert [entry["reason"] for entry in rejected] == [reason for _, reason in BAD]
    assert [entry["question"] for entry in rejected] == list(range(2, 2 + len(BAD)))
    questions = Dataset.open(tmp_path / "out").questions
    assert questions is not None
    assert sorted(set(questions["question"].tolist())) == [1, len(BAD) + 2]


def test_a_question_about_a_missing_collage_is_set_aside(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "collages" / f"{signature(3)}.png").unlink()
    report = ask([question(n) for n in range(5)])
    assert report.rejected["question: its right answer is in none of the pairs"] == 1
    assert report.rejected["question: an answer is none of the products"] == 3
    assert report.counts["questions"] == 1


def test_no_question_at_all_leaves_no_table(ask: Ask, tmp_path: Path) -> None:
    assert ask([]).counts["questions"] == 0
    assert Dataset.open(tmp_path / "out").questions is None
    assert not (tmp_path / "out" / "questions.parquet").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", r"the questions file .*fitb\.json holds a dict; expected an array"),
        (b"[", r"the questions file .*fitb\.json is not JSON"),
        (b"\xff", r"the questions file .*fitb\.json is not JSON"),
    ],
)
def test_a_file_of_another_kind_is_refused(ask: Ask, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "fitb.json").write_bytes(content)
    with pytest.raises(DataError, match=message):
        import_outfits([], [], tmp_path / "out", fitb=tmp_path / "fitb.json")
