"""Fill-in-the-blank questions: a scene without one of its products, and several products of which that one is right."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from scenefit.data.tables import QUESTIONS
from scenefit.errors import DataError
from scenefit.types import Table

QUESTIONS_FILE = "questions.parquet"


class Answer(NamedTuple):
    """A row of the questions' table."""

    scene: str
    product: str
    category: str
    right: bool


def check_questions(questions: Table, pairs: Table, products: Table, where: str) -> None:
    """Check that each question is about one scene and one category, and that its right answer is a pair.

    Raises:
        DataError: it is not; the message begins with `where`.
    """
    known = {*zip(pairs["scene"].tolist(), pairs["product"].tolist(), strict=True)}
    category = dict(zip(products["id"].tolist(), products["category"].tolist(), strict=True))
    for question, answers in _grouped(questions).items():
        names = {answer.category for answer in answers} | {category.get(answer.product) for answer in answers}
        different = len({answer.product for answer in answers}) == len(answers)
        if len({answer.scene for answer in answers}) > 1 or len(names) > 1 or not different:
            raise DataError(
                f"{where}: question {question} must ask about one scene with different products of one category, "
                "all in products.parquet"
            )
        right = [answer for answer in answers if answer.right]
        if len(answers) < 2 or len(right) != 1 or right[0][:2] not in known:
            raise DataError(
                f"{where}: question {question} needs one right answer, paired with its scene in pairs.parquet, and a "
                "wrong one"
            )


def _grouped(questions: Table) -> dict[int, list[Answer]]:
    grouped: dict[int, list[Answer]] = defaultdict(list)
    for number, *answer in zip(*(questions[name].tolist() for name in QUESTIONS), strict=True):
        grouped[number].append(Answer(*answer))
    return grouped
