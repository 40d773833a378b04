"""Whatever is written down for a narrower circle changes no answer to a wider one, not by a letter.

Four companies say the same, but for what each of them keeps besides: nothing, what stakeholders read, what the team
reads, what its leads alone know. Whoever may not read what a company has more than the one before is told the same in
both: answers and how sure they are, the closest there is, what is related, offers, lists, suggestions and refusals.
"""

import re

import pytest

from core.chat.ask import Connection, Platform
from core.chat.card import REPLY
from core.store.database import Database
from tests.core.commands.conftest import _staged
from tests.core.commands.talk import Saved, Talk, slack_team

# ---- what is written down ----

# What a company says to everybody, and what hangs on it and is the team's own: a plain word in the first companies.
SHARED = (
    "goal add Fewer falcon tickets audience=public",
    "goal result G-1 falcon tickets a week from=41 to=25",
    "goal update G-1.1 33 note={note}",
    "roadmap add Falcon sign in audience=public",
    "roadmap milestone R-1 Falcon is drawn on=2026-12-18",
    "roadmap date R-1 to=2027-03-31 because={reason}",
    "decide record The falcon is grey because=nobody dislikes it audience=public",
    'doc add "Falcon notes" # Limits\nThe falcon file is cut into parts of two gigabytes. audience=public',
    'doc add "Falcon colours" The falcon has a grey button, and a red one for what cannot be undone. audience=public',
)
# kind of passage -> who writes it where, and the line; {} is a word that stands nowhere else
STAKEHOLDERS = {
    "vision": ("ann", "#app", "product vision Every falcon is {}"),
    "goal": ("ann", "#app", "goal add Falcon goal {}"),
    "result": ("ann", "#app", "goal result G-2 falcon calls {} from=9 to=3"),
    "roadmap": ("ann", "#app", "roadmap add Falcon entry {}"),
    "milestone": ("ann", "#app", "roadmap milestone R-2 Falcon step {} on=2026-12-18"),
    "decision": ("ann", "#app", "decide record The falcon is {} because=so audience=stakeholders"),
    "open decision": ("ann", "#app", 'decide open Is the falcon {}? options="yes|no" audience=stakeholders'),
    "document": ("ann", "#app", 'doc add "Falcon plan" The falcon costs {} audience=stakeholders'),
    "question": ("vi", "#app", "question add May the falcon be sold abroad?"),
    "answer": ("ann", "#app", "question answer Q-1 The falcon is sold {}"),
    "open question": ("vi", "#app", "question add Is the falcon {} open?"),
}
TEAM = {
    "item": ("ann", "#app", "backlog add Falcon item {}"),
    "description": ("ann", "#app", "backlog edit APP-1 description=The falcon item holds {}"),
    "story": ("ann", "#app", "backlog edit APP-1 as=falconer {} want=a falcon so=it flies"),
    "criterion": ("ann", "#app", "backlog criteria APP-1 add The falcon is cut into {}"),
    "comment": ("ann", "#app", "backlog comment APP-1 The falcon was said to be {}"),
    "strategy": ("ann", "#app", "product strategy First the falcon {}"),
    "goal": ("ann", "#app", "goal add Falcon aim {} audience=team"),
    "result": ("ann", "#app", "goal result G-3 falcon calls {} from=9 to=3"),
    "closing": ("ann", "#app", "goal close G-3 because=the falcon was {}"),
    "roadmap": ("ann", "#app", "roadmap add Falcon bet {} audience=team"),
    "milestone": ("ann", "#app", "roadmap milestone R-3 Falcon bet step {} on=2026-12-18"),
    "move": ("ann", "#app", "roadmap move R-3 next because=the falcon {}"),
    "decision": ("ann", "#app", "decide record The falcon is kept because=of {}"),
    "open decision": ("ann", "#app", 'decide open Does the falcon need {}? options="yes|no"'),
    "price": ("ann", "#app", "product price Falcon 99 per=month because=the board said {}"),
    "stage": ("ann", "#app", "product stage growth because=forty falcon teams {}"),
    "document": ("ann", "#app", 'doc add "Falcon secrets" # Limits\nThe falcon file is cut into {} of two gigabytes.'),
    "question": ("bob", "#app", "question add What is the falcon made of? on=APP-1"),
    "answer": ("ann", "#app", "question answer Q-3 The falcon is made of {}"),
    "open question": ("bob", "#app", "question add Who may see the falcon {}?"),
    "metric": ("ann", "#app", "metric define {} unit=falcons"),
    "feedback": ("bob", "#app", "feedback add The falcon file is too {} customer=North"),
    "blocker": ("bob", "#app", "blocker add The falcon file is {}"),
    "sprint": ("ann", "#app", 'sprint new "Falcon sprint" goal=The falcon {} from=2026-12-01 to=2026-12-14'),
    "retro": ("bob", "#app", "retro better The falcon is {}"),
}
LEADS = {
    "anonymous card": ("bob", "@", "retro better The falcon team is {} anon=yes"),
    "register": ("ann", "@", "stakeholder add @Uvi interest=high influence=low"),
}
NO_PASSAGE = {"open decision", "question", "open question", "metric", "feedback", "blocker", "sprint", "retro"}
CIRCLES = (STAKEHOLDERS, TEAM, LEADS)


def word(circle: int, kind: str) -> str:
    """'zqxopenquestion': a word of its own for each thing that is written down."""
    return f"zq{'wxy'[circle]}{kind.replace(' ', '')}"


def company(talk: Talk, circles: int) -> None:
    """A company that has written down what everybody may read, and what the first `circles` of CIRCLES may."""
    talk.done("ann", "#app", 'setup "Acme app" key=APP')
    for who, role in (("sam", "sm"), ("bob", "member"), ("vi", "viewer")):
        talk.done("ann", "#app", f"team role @U{who} {role}")
    talk.done("ann", "#app", "retro open")
    inside = circles >= CIRCLES.index(TEAM) + 1
    for line in SHARED:
        talk.done(
            "ann", "#app", line.format(note="zqxnote" if inside else "so", reason="zqxreason" if inside else "so")
        )
    for n, circle in enumerate(CIRCLES[:circles]):
        for kind, (who, where, line) in circle.items():
            talk.done(who, where, line.format(word(n, kind)))


# ---- who asks, and what ----

# reader -> where they write, whether the platform calls them a guest, the circles that they belong to
READERS = {
    "guest": ("gus", "#app", True, 0),
    "guest, in private": ("gus", "@", True, 0),
    "viewer": ("vi", "#app", False, 1),
    "viewer, in private": ("vi", "@", False, 1),
    "viewer, elsewhere": ("vi", "#board", False, 1),
    "outsider, in private": ("eve", "@", False, 1),
    "member": ("bob", "#app", False, 2),
    "member, elsewhere": ("bob", "#board", False, 2),
    "scrum master": ("sam", "#app", False, 2),
    "scrum master, in private": ("sam", "@", False, 2),
}
WORDS = [word(n, kind) for n, circle in enumerate(CIRCLES) for kind in circle] + ["zqxnote", "zqxreason"]
ASKED = (
    *(f"ask What about the falcon {one}?" for one in WORDS),
    "ask What does the falcon cost?",
    "ask Into what parts is the falcon file cut?",
    "Which colour has the button of the falcon?",
    "ask What is the product for?",
    "ask Falcon notes: into what parts is the file cut?",
    "ask Falcon secrets: into what parts is the file cut?",
    "ask By “Falcon plan”, what does it cost?",
    "ask Why was “Falcon sign in” moved?",
    "ask Fewer falcon tickets: how many tickets a week, and why?",
    "ask APP-1 What was said of it?",
    "ask Who may see the zebra?",
    "May the falcon be sold abroad?",
    "What is the falcon made of?",
)
LISTED = (
    *(f"backlog search {one}" for one in WORDS[::5]),
    "backlog search falcon",
    "doc list",
    "doc show Falcon plan",
    "doc show Falcon secrets",
    "doc show Falcon secret",
    "doc drop Falcon secrets",
    "question list",
    "question show Q-1",
    "question show Q-4",
    "goal list",
    "roadmap list",
    "roadmap show R-2",
    "roadmap show R-3",
    "decide list",
    "decide show D-2",
    "decide show D-4",
    "product show",
    "product prices",
    "metric list",
    "why R-1",
    "why G-1",
    "why R-3",
    "history R-1",
    "The falcon file must be cut into parts",
)
# These write, and so stand last: what was asked or said before in the same words is no secret to those who may read it.
WRITTEN = (
    "question add What is the falcon made of?",
    "question add May the falcon be sold abroad?",
    "question add What is it made of? on=APP-1",
    "feedback add The falcon file is too zqxfeedback",
)
_NUMBER = re.compile(r"\b([QF])-\d+")  # numbers are one row for all, and so tell that others have asked


@pytest.fixture
def companies(database: Database, saved: dict[str, Saved]) -> list[Talk]:
    """The companies, each a workspace of one database; the first has written down what everybody may read alone."""
    names = [f"T{n}" for n in range(len(CIRCLES) + 1)]

    def begin(talk: Talk) -> None:
        for circles, name in enumerate(names):
            company(slack_team(talk.database, name), circles)

    steward = _staged(Talk(database), saved, "companies", begin).steward
    return [Talk(database, Connection(Platform.SLACK, name), steward) for name in names]


def said(talk: Talk, reader: str, line: str) -> str:
    who, where, guest, _ = READERS[reader]
    return _NUMBER.sub(r"\1-n", REPLY.dump_json(talk.say(who, where, line, guest=guest)).decode())


@pytest.mark.parametrize("reader", READERS)
def test_what_somebody_may_not_read_changes_nothing_that_they_are_told(companies: list[Talk], reader: str) -> None:
    least = READERS[reader][3]
    lines = [*ASKED, *(LISTED if least < 2 else ()), *WRITTEN]  # the team's own lists show the retro's cards
    for line in lines:
        told = [said(talk, reader, line) for talk in companies[least:]]
        assert len(set(told)) == 1, (line, told)


@pytest.mark.parametrize("reader", READERS)
def test_what_somebody_may_read_answers_them(companies: list[Talk], reader: str) -> None:
    """Otherwise the test above could hide what nobody would have found."""
    for n, circle in enumerate(CIRCLES[:2]):
        for kind in circle.keys() - NO_PASSAGE:
            line = f"ask What about the falcon {word(n, kind)}?"
            echo, reads = line.removeprefix("ask ").removesuffix("?"), READERS[reader][3] > n
            found = [word(n, kind) in said(talk, reader, line).replace(echo, "") for talk in companies]
            assert found == [reads and circles > n for circles in range(len(companies))], line


def test_the_leads_own_answers_nobody_not_even_them(companies: list[Talk]) -> None:
    for who in ("ann", "sam", "bob"):
        for line in ASKED:
            told = [REPLY.dump_json(talk.say(who, "@", line)) for talk in companies[2:]]
            assert told[0] == told[1], (who, line)
