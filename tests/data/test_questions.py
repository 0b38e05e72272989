"""A dataset's questions: they open with it, or it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenefit import artifacts
from scenefit.data.dataset import MANIFEST, TABLES, Dataset
from scenefit.data.questions import QUESTIONS_FILE
from scenefit.data.tables import QUESTIONS, write_table
from scenefit.errors import ArtifactError, DataError


def ask(dataset: Dataset, rows: list[dict[str, Any]]) -> Path:
    """Seal a dataset with questions."""
    table = {name: np.array([row[name] for row in rows], object) for name in QUESTIONS}
    write_table(dataset.folder / QUESTIONS_FILE, table, QUESTIONS)
    artifacts.seal(dataset.folder, MANIFEST, "dataset", [*TABLES, QUESTIONS_FILE], {}, {})
    return dataset.folder


def questions_about(dataset: Dataset, rows: tuple[int, ...] = (0, 5)) -> list[dict[str, Any]]:
    """Ask for the products of some pairs, each with two wrong answers of its category."""
    asked = []
    for question, row in enumerate(rows, 7):
        scene, product, category = (dataset.pairs[name][row] for name in ("scene", "product", "category"))
        same = dataset.products["id"][dataset.products["category"] == category].tolist()
        wrong = [other for other in same if other != product][:2]
        for answer in (wrong[0], product, wrong[1]):
            line = {"question": question, "scene": scene, "product": answer, "category": category}
            asked.append({**line, "right": answer == product})
    return asked


def test_questions_open_with_their_dataset(dataset: Dataset) -> None:
    assert dataset.questions is None
    rows = questions_about(dataset)
    questions = Dataset.open(ask(dataset, rows)).questions
    assert questions is not None
    assert {name: column.tolist() for name, column in questions.items()} == {
        name: [row[name] for row in rows] for name in QUESTIONS
    }


ONE, RIGHT = (
    "must ask about one scene with different products of one category",
    "needs one right answer, paired with its",
)


@pytest.mark.parametrize(
    ("row", "change", "message"),
    [
        (0, {"scene": "another"}, ONE),
        (0, {"product": "nobody"}, ONE),
        (0, {"category": "Hats"}, ONE),
        (1, {"right": False}, RIGHT),
        (2, {"right": True}, RIGHT),
        (2, {"product": 0}, ONE),
        (None, {"category": "Hats"}, ONE),
        (None, {"scene": "another"}, RIGHT),
    ],
)
def test_a_question_that_contradicts_the_tables_is_refused(
    dataset: Dataset, row: int | None, change: dict[str, Any], message: str
) -> None:
    rows = questions_about(dataset)
    change = {
        name: rows[value][name] if isinstance(value, int) and name == "product" else value
        for name, value in change.items()
    }
    for line in rows[:3] if row is None else [rows[row]]:
        line.update(change)
    folder = ask(dataset, rows)
    with pytest.raises(DataError, match=rf"questions\.parquet: question 7 {message}"):
        Dataset.open(folder)


def test_a_question_without_a_wrong_answer_is_refused(dataset: Dataset) -> None:
    folder = ask(dataset, [row for row in questions_about(dataset) if row["right"]])
    with pytest.raises(DataError, match=rf"question 7 {RIGHT} scene in pairs\.parquet, and a wrong one"):
        Dataset.open(folder)


def test_questions_that_were_changed_or_lost_are_refused(dataset: Dataset) -> None:
    path = ask(dataset, questions_about(dataset)) / QUESTIONS_FILE
    data = path.read_bytes()
    path.write_bytes(data[:-1])
    with pytest.raises(ArtifactError, match=r"questions\.parquet is not the file that was sealed"):
        Dataset.open(dataset.folder)
    path.unlink()
    with pytest.raises(ArtifactError, match=r"questions\.parquet is missing; make the dataset again"):
        Dataset.open(dataset.folder)
