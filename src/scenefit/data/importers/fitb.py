"""Fill-in-the-blank questions about collages: several items, of which the first is the right one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scenefit.data.importers.collage import Item, read_item
from scenefit.data.importers.intake import Intake
from scenefit.data.importers.records import read_array
from scenefit.data.questions import QUESTIONS_FILE
from scenefit.data.tables import QUESTIONS, write_table

Row = tuple[int, str, str, str, bool]


class Questions:
    """Reads a file of questions, and writes those whose items the dataset holds.

    Raises:
        DataError: the file cannot be read or is not a JSON array.
    """

    def __init__(self, path: Path) -> None:
        self._questions = read_array(path, "questions file")

    def write(self, intake: Intake, folder: Path) -> Sequence[str]:
        """Write `questions.parquet`; give its name, or none where no question can be asked."""
        rows: list[Row] = []
        for number, question in enumerate(self._questions, 1):
            answers = _answers(question)
            if isinstance(answers, str):
                intake.reject(answers, question=number, record=question)
            elif fault := _unknown(answers, intake):
                intake.reject(fault, question=number, record=question)
            else:
                rows += _rows(number, answers)
        intake.report.counts["questions"] = len({number for number, *_ in rows})
        if not rows:
            return []
        columns = zip(QUESTIONS, zip(*rows, strict=True), strict=True)
        write_table(folder / QUESTIONS_FILE, {name: np.array(column, object) for name, column in columns}, QUESTIONS)
        return [QUESTIONS_FILE]


def _answers(question: Any) -> list[Item] | str:
    """Read the answers of a question; a str says what is wrong with it."""
    if not isinstance(question, dict):
        return "question: not a JSON object"
    asked, answers = _items(question.get("question")), _items(question.get("answers"))
    if asked is None or answers is None or not asked or len(answers) < 2:
        return "question: expected a list of items asked about and two answers or more, each a signature, box and label"
    if {item.signature for item in asked} != {answers[0].signature}:
        return "question: its items and the right answer are not of one collage"
    if any(item.signature == answers[0].signature for item in answers[1:]):
        return "question: a wrong answer is of the same collage"
    if len({item.label for item in answers}) > 1:
        return "question: its answers are of several categories"
    return answers if len({item.id for item in answers}) == len(answers) else "question: the same answer twice"


def _items(values: Any) -> list[Item] | None:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        return None
    read = [read_item(*(value.get(name) for name in ("signature", "x", "y", "w", "h", "label"))) for value in values]
    items = [item for item in read if isinstance(item, Item)]
    return items if len(items) == len(read) else None


def _unknown(answers: Sequence[Item], intake: Intake) -> str | None:
    """Say why the answers cannot be asked for in this dataset, None when they can."""
    if (answers[0].signature, answers[0].id) not in intake.pairs:
        return "question: its right answer is in none of the pairs"
    for item in answers:
        if item.id not in intake.products or isinstance(intake.facts[intake.products[item.id].picture.id], str):
            return "question: an answer is none of the products"
    return None


def _rows(number: int, answers: Iterable[Item]) -> list[Row]:
    first, *others = answers
    scene = first.signature
    return [(number, scene, item.id, item.label, item is first) for item in (first, *others)]
