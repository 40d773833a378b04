"""Nothing that is the team's alone reaches a viewer or a guest, whatever they say and wherever they say it.

Every command is covered by its lines in SPOKEN. A new kind of thing that is the team's gets a line in PLANTED.
"""

from collections.abc import Iterator

import pytest

from core.chat.card import REPLY
from core.store.database import Database
from tests.core.commands.conftest import _staged
from tests.core.commands.spoken import SPOKEN, stage
from tests.core.commands.talk import Saved, Talk, buttons, title

SECRET = "Zebrawood"

# In every field that is the team's, and in what hangs on something that others may read.
PLANTED = (
    *(f"backlog edit APP-{n} title={SECRET} {n} description={SECRET} as={SECRET} so={SECRET}" for n in range(1, 9)),
    f"backlog edit APP-1 label={SECRET}",
    f"backlog comment APP-1 {SECRET}",
    f"backlog criteria APP-1 add {SECRET}",
    f"goal add {SECRET} goal audience=team",
    f"goal result G-3 {SECRET} from=1 to=2",
    f"goal update G-1.1 12 note={SECRET}",
    f"metric define {SECRET}_speed unit={SECRET}",
    f"metric record {SECRET}_speed 5",
    f"goal result G-1 Words for all from=1 to=9 metric={SECRET}_speed",
    "roadmap edit R-1 goal=G-3",
    f"roadmap link R-1 APP-1 because={SECRET}",
    f"roadmap edit R-4 title={SECRET} entry",
    f"roadmap milestone R-4 {SECRET} on=2026-12-18",
    f"roadmap date R-4 to=2027-03-31 because={SECRET}",
    f"roadmap move R-4 next because={SECRET}",
    f"product strategy {SECRET}",
    f"product price {SECRET} 29 because={SECRET}",
    f"product stage growth because={SECRET}",
    f"blocker add {SECRET}",
    f"decide record {SECRET} is so because={SECRET} about=APP-1",
    f'decide open {SECRET} or not? options="{SECRET}|no"',
    f"decide object D-1 {SECRET}",
    f"feedback add {SECRET} customer={SECRET} segment={SECRET} worth=14k",
    f"question add Why {SECRET}? on=APP-1",
    "retro close",
    "retro open",
    f"retro better {SECRET}",
    f"retro action {SECRET}",
    "sprint start items=APP-2,APP-3",
    f"sprint note {SECRET}",
)
# What somebody may try who has heard of a number.
TRIED = (
    "roadmap show R-4",
    "roadmap list audience=team",
    "roadmap picture audience=team",
    "roadmap notes R-1 audience=team",
    "roadmap move R-4 now because=so",
    "why R-4",
    "goal update G-3.1 5",
    "goal close G-3 because=so",
    "history R-4",
    "history G-3",
    "metric record speed 5",
    "undo",
)
WHO = (("vi", "#app", False), ("vi", "#board", False), ("vi", "@", False), ("gus", "#app", True), ("gus", "@", True))


def _planted(talk: Talk) -> None:
    stage(talk)
    talk.done("ann", "#app", "team role @vi viewer")
    for line in PLANTED:
        talk.done("ann", "#app", line)


@pytest.fixture
def planted(database: Database, saved: dict[str, Saved]) -> Talk:
    return _staged(Talk(database), saved, "planted", _planted)


def told(talk: Talk, lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for who, where, guest in WHO:
        for line in lines:
            yield f"{who} {where} {line}", REPLY.dump_json(talk.say(who, where, line, guest=guest)).decode()


@pytest.mark.parametrize("name", SPOKEN)
def test_a_command_tells_viewers_and_guests_nothing_of_the_teams(planted: Talk, name: str) -> None:
    for line, said in told(planted, SPOKEN[name]):
        assert SECRET.lower() not in said.lower(), (line, said)


def test_who_has_heard_of_a_number_learns_nothing_by_it(planted: Talk) -> None:
    for line, said in told(planted, TRIED):
        assert SECRET.lower() not in said.lower(), (line, said)


@pytest.mark.parametrize("verb", ["list", "picture"])
def test_who_asks_for_what_the_team_reads_is_told_plainly_and_shown_what_they_may_do(planted: Talk, verb: str) -> None:
    refused = planted.say("vi", "#app", f"roadmap {verb} audience=team")
    why = "What is for the team is read by its members alone; you read what is shared with stakeholders."
    assert (refused.refused, refused.try_) == (why, f"roadmap {verb}")
    assert [button.label for button in buttons(refused)] == ["Ask", "Concern", "Follow", "Less often"]
    for circle in ("team", "stakeholders"):
        guest = planted.say("gus", "@", f"roadmap {verb} audience={circle}", guest=True)
        assert guest.refused == "Guests see only what is public."
    shared = planted.say("vi", "#app", f"roadmap {verb} audience=stakeholders")
    assert title(shared).endswith("roadmap for stakeholders")


def test_what_is_planted_would_be_seen(planted: Talk) -> None:
    """Otherwise the tests above could look for what nobody is ever told."""
    for line in (
        "backlog list", "goal list", "metric list", "roadmap list", "product show", "product prices", "blocker list",
        "decide list", "decide show D-1", "feedback list", "question list", "retro show", "sprint review",
    ):  # fmt: skip
        assert SECRET in REPLY.dump_json(planted.say("ann", "#app", line)).decode(), line


def test_a_preview_for_an_audience_shows_no_more_than_that_audience_reads(planted: Talk) -> None:
    for line in ("roadmap list audience=stakeholders", "roadmap picture audience=stakeholders"):
        assert SECRET not in REPLY.dump_json(planted.say("ann", "#app", line)).decode(), line
