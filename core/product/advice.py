"""Which roles a product needs: five answers, weighed, with the reasons of the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

MANAGER, OWNER, BOTH = "product manager", "product owner", "both"
_WEIGHTS = {"low": 0, "some": 1, "high": 2}
LEVELS = tuple(_WEIGHTS)


@dataclass(frozen=True, slots=True)
class Question:
    """low, some, high: what each answer says; reason, little_reason: why a high answer, and one in the middle, asks for
    this role."""

    key: str
    asks: str
    low: str
    some: str
    high: str
    role: str
    reason: str
    little_reason: str

    def answer(self, level: str) -> str:
        return {"low": self.low, "some": self.some, "high": self.high}[level]

    def why(self, level: str) -> str:
        return self.reason if level == "high" else self.little_reason


QUESTIONS = (
    Question(
        "breadth", "How far ahead, and how wide, must somebody think?", "One product, a few months",
        "Several quarters, or several plans", "Years, several products or markets", MANAGER,
        "strategy looks years ahead", "plans reach over several quarters",
    ),
    Question(
        "market", "How much work is there with customers, competitors and prices?", "Little",
        "Some, now and then", "Much, every week", MANAGER, "the market asks for work every week",
        "the market asks for some work",
    ),
    Question(
        "departments", "How many departments have a say?", "The team alone", "Two or three",
        "Sales, support, marketing, law and more", MANAGER, "many departments must pull together",
        "two or three departments have a say",
    ),
    Question(
        "iteration", "How fast does the team turn ideas into releases?", "A few releases a year",
        "Every month", "Every week or faster", OWNER, "a team this fast needs decisions at once",
        "every month something is released",
    ),
    Question(
        "depth", "How deep is the backlog, and how many questions does the team ask?", "Few items, few questions",
        "Dozens of items, questions every week", "Hundreds of items, questions every day", OWNER,
        "a deep backlog raises questions every day", "questions come every week",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """manager, owner: how much asks for each, from 0 to 1. reasons: the weightiest first. close: a hair decides."""

    role: str
    manager: float
    owner: float
    reasons: tuple[str, ...]
    close: bool


def advise(answers: Mapping[str, str]) -> Advice:
    """answers: a level for the key of each question. Each side counts as the mean of its answers, so that three
    questions on one side do not outweigh two on the other; half of what is possible makes a role needed."""
    manager, owner = _side(answers, MANAGER), _side(answers, OWNER)
    needed = BOTH if manager >= 0.5 and owner >= 0.5 else ""
    role = needed or (MANAGER if manager > owner else OWNER)
    weighty = sorted(
        (one for one in QUESTIONS if role in (BOTH, one.role) and answers[one.key] != "low"),
        key=lambda one: -_WEIGHTS[answers[one.key]],
    )
    close = role is not BOTH and abs(manager - owner) < 0.2
    return Advice(role, manager, owner, tuple(one.why(answers[one.key]) for one in weighty), close)


def _side(answers: Mapping[str, str], role: str) -> float:
    found = [_WEIGHTS[answers[one.key]] / 2 for one in QUESTIONS if one.role == role]
    return sum(found) / len(found)
