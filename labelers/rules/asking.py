"""A question with its answer, and what can be an answer: short, plain, and the same tomorrow."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from labelers.rules.effects import MARKUP
from labelers.rules.lists import is_turn
from labelers.rules.wording import Draw
from schemas.identity import is_volatile
from schemas.page_values import is_type
from schemas.pages import Page, fold, is_identifier, is_name
from schemas.screen_conditions import ScreenCondition

ANSWER_LIMIT = 60
"""Characters of an answer."""

_PLAIN = re.compile(r"\w[\w .,:;@'&+()-]*")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MOVES = re.compile(
    r"^\W*\d+(?:[.,]\d+)? (?:second|minute|hour|day|week|month|year)s?\b|\b(?:ago|today|yesterday|tomorrow|just now)\b",
    re.I,
)
_MORE = frozenset({"more", "less", "load more", "show more", "show all", "see all", "view all", "older", "newer"})


@dataclass(frozen=True, slots=True)
class Question:
    """A question in its several ways, the plain one first; its answer, what shows it, and why it is true.

    `subject` is what a page has to name besides the answer to give it away, where a page may say the answer of others.
    """

    ways: tuple[str, ...]
    answer: str
    shown: ScreenCondition
    evidence: str
    template: str
    subject: str | None = None

    def said(self, draw: Draw) -> str:
        """The question in the way that is drawn."""
        return self.ways[draw("question", len(self.ways))]


def is_answer(value: str) -> bool:
    """Whether a value is one to report: no sign, address, code or type, and nothing that moves with the clock."""
    text = value.strip()
    return (
        (1 < len(text) <= ANSWER_LIMIT or (text.isdecimal() and text not in "01"))
        and _PLAIN.fullmatch(text) is not None
        and not moves(text)
        and not is_type(text)
        and MARKUP.search(text) is None
    )


def moves(text: str) -> bool:
    """Whether a text changes by itself; a time of a day that is named with its year does not."""
    return _MOVES.search(text) is not None or (is_volatile(text) and _YEAR.search(text) is None)


def can_be_asked(column: str) -> bool:
    """Whether a person would ask for a value by what the column or label is called."""
    return is_name(column) and not is_identifier(column) and _PLAIN.fullmatch(column) is not None


def counted(page: Page) -> tuple[int, str] | None:
    """How many rows a page says that it shows, or shows in its one table where that is all there is; and why."""
    if page.count is not None:
        return page.count
    if len(page.tables) != 1 or not is_complete(page):
        return None
    number = len(page.tables[0].rows)
    return number, f"{number} rows"


def is_complete(page: Page) -> bool:
    """Whether a page shows all rows of its lists: nothing of them is below the screen, and no link leads to more.

    One element may have been left out, a link for who reads by ear: a row is more than that.
    """
    names = (node.name for node in page.nodes if node.role in ("link", "button"))
    return page.tree.cut <= 1 and not any(is_turn(name) or fold(name) in _MORE for name in names)


def given_away(question: Question, pages: Sequence[Page]) -> bool:
    """Whether the question says its answer, or a page before the end does."""
    answer = question.answer.replace('"', "'")  # as a question would quote it
    if re.search(rf"(?<!\w){re.escape(fold(answer))}(?!\w)", fold(question.ways[0])):
        return True
    return any(page.says(answer) and (question.subject is None or page.says(question.subject)) for page in pages)
