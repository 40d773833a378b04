"""Text that would harm where it is not taken for text comes back as it was typed, and is stored as it was typed."""

import json
import re
from collections.abc import Callable

import pytest

from core.chat.card import plain
from core.commands.registry import REGISTRY, WORDY
from core.store.database import Database
from tests.core.commands.talk import Beneath, Talk, buttons, read, slack_team, title

HOSTILE = "<!channel> & <@U1> @everyone =1+1 {{x}} %s `x` *b* [l](https://e.x)"
SHORT = HOSTILE[:60]
AND_LINES = f"{HOSTILE}\n- [ ] <b>{HOSTILE}</b>\n```\n| a | b |"

_REASON = re.compile(r"\A(Accepted|Rejected) because ")

Stored = Callable[[str], list[str]]


@pytest.fixture
def stored(database: Database) -> Stored:
    """The texts in a column, like 'items.title'."""

    def look(column: str) -> list[str]:
        table, _, name = column.partition(".")
        return [value for (value,) in Beneath(database).run(f"SELECT {name} FROM {table}")]

    return look


# (line that says it, form's values or None, where it is stored, the line that shows it, the text)
PLACES = [
    ("backlog add {}", None, "items.title", "backlog list", HOSTILE),
    ("backlog add", "title", "items.title", "backlog list", HOSTILE),
    ("backlog add x description={}", None, "items.description", "backlog show APP-2", AND_LINES),
    ("backlog add x", "description", "items.description", "backlog show APP-2", AND_LINES),
    ("backlog edit APP-1 title={}", None, "items.title", "backlog show APP-1", HOSTILE),
    ("backlog edit APP-1", "title", "items.title", "backlog search %s", HOSTILE),
    ("backlog edit APP-1 description={}", None, "items.description", "backlog show APP-1", AND_LINES),
    ("backlog edit APP-1", "description", "items.description", "backlog show APP-1", AND_LINES),
    *(
        (said, field, f"items.{column}", "backlog show APP-" + ("2" if "add" in said else "1"), HOSTILE)
        for key, column in (("as", "persona"), ("want", "want"), ("so", "benefit"))
        for said, field in (
            (f"backlog add x {key}={{}}", None),
            ("backlog add x", key),
            (f"backlog edit APP-1 {key}={{}}", None),
            ("backlog edit APP-1", key),
        )
    ),
    ("backlog criteria APP-1 add {}", None, "criteria.text", "backlog show APP-1", AND_LINES),
    ('backlog split APP-1 "{}" "other"', None, "items.title", "backlog list", HOSTILE),
    ("backlog accept APP-1 because={}", None, "comments.text", "backlog show APP-1", AND_LINES),
    ("backlog reject APP-1 because={}", None, "comments.text", "backlog show APP-1", AND_LINES),
    ("backlog comment APP-1 {}", None, "comments.text", "backlog show APP-1", AND_LINES),
    ("feedback add {}", None, "feedback.text", "feedback show F-2", AND_LINES),
    ("feedback add", "text", "feedback.text", "feedback show F-2", AND_LINES),
    ('feedback add x customer="{}"', None, "feedback.customer", "feedback show F-2", HOSTILE),
    ('feedback add x segment="{}"', None, "feedback.segment", "feedback list", HOSTILE),
    ('feedback add x from="{}"', None, "feedback.from_name", "feedback show F-2", HOSTILE),
    ("feedback edit F-1 {}", None, "feedback.text", "feedback show F-1", AND_LINES),
    ("feedback story F-1 title={}", None, "items.title", "backlog list", HOSTILE),
    *(
        (f"feedback story F-1 title=x {key}={{}}", None, f"items.{column}", "backlog show APP-2", HOSTILE)
        for key, column in (("as", "persona"), ("want", "want"), ("so", "benefit"))
    ),
    ("feedback ask {} to=@bob", None, "feedback_requests.text", "feedback brief", HOSTILE),
    ("feedback ask", "question", "feedback_requests.text", "feedback brief", HOSTILE),
    ("roadmap review open {} with=me on=friday", None, "reviews.name", "roadmap review show", HOSTILE[:-12]),
    ("roadmap review concern {}", None, "invited.text", "roadmap review show", HOSTILE),
    ("roadmap review close note={}", None, "reviews.minutes", "roadmap review show", AND_LINES),
    ('decide open {} options="a|b"', None, "decisions.question", "decide show D-3", HOSTILE),
    ("decide open", "question", "decisions.question", "decide list", HOSTILE),
    ("decide vote D-2 {}", None, "votes.choice", "decide show D-2", HOSTILE),
    ("decide object D-2 {}", None, "objections.text", "decide show D-2", HOSTILE),
    ("decide close D-2 choose=b because={}", None, "decisions.because", "decide show D-2", AND_LINES),
    ("decide record {} because=x", None, "decisions.question", "decide show D-3", HOSTILE),
    ("decide record", "decision", "decisions.choice", "decide show D-3", HOSTILE),
    ("decide record x because={}", None, "decisions.because", "decide show D-3", AND_LINES),
    ("decide supersede D-1 {}", None, "decisions.choice", "decide show D-3", HOSTILE),
    ("decide supersede D-1 x because={}", None, "decisions.because", "decide show D-3", AND_LINES),
    ("digest note {}", None, "digests.note", "digest preview", HOSTILE),
    ("digest note", "note", "digests.note", "digest preview", HOSTILE),
    ("product vision {}", None, "products.vision", "product show", AND_LINES),
    ("product vision", "vision", "products.vision", "product show", AND_LINES),
    ("product strategy {}", None, "products.strategy", "product strategy", AND_LINES),
    ("product strategy", "strategy", "products.strategy", "product strategy", AND_LINES),
    ("product price Team 29 because={}", None, "prices.because", "product prices", HOSTILE),
    ("product price", "because", "prices.because", "product prices", HOSTILE),
    ("product price", "new-plan", "prices.plan", "product prices", HOSTILE),
    ("product stage growth because={}", None, "stages.because", "product stage", HOSTILE),
    ("goal add {}", None, "goals.text", "goal list", HOSTILE),
    ("goal add", "text", "goals.text", "goal list", HOSTILE),
    ("goal edit G-1 title={}", None, "goals.text", "goal list", HOSTILE),
    ("goal edit G-1", "title", "goals.text", "goal list", HOSTILE),
    ("goal result G-1 {} from=1 to=2", None, "results.text", "goal list", HOSTILE),
    ("goal result G-1", "new-text", "results.text", "goal list", HOSTILE),
    ("goal update G-1.1 5 note={}", None, "results.note", "goal list", HOSTILE),
    ("goal update G-1.1", "note", "results.note", "goal list", HOSTILE),
    ("goal close G-1 because={}", None, "goals.because", "goal list", HOSTILE),
    ("metric define {}", None, "metrics.name", "metric list", SHORT),
    ("metric define", "name", "metrics.name", "metric list", SHORT),
    ("roadmap add {}", None, "roadmap_entries.title", "roadmap list", HOSTILE),
    ("roadmap add", "title", "roadmap_entries.title", "roadmap list", HOSTILE),
    ("roadmap edit R-1 title={}", None, "roadmap_entries.title", "roadmap list", HOSTILE),
    ("roadmap edit R-1", "title", "roadmap_entries.title", "roadmap show R-1", HOSTILE),
    ("roadmap move R-1 next because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap date R-1 2026-12-24 because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap drop R-1 because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap ship R-1 because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap link R-1 APP-1 because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap unlink R-1 APP-1 because={}", None, "roadmap_moves.because", "roadmap show R-1", HOSTILE),
    ("roadmap milestone R-1 {} on=2026-12-24", None, "milestones.text", "roadmap show R-1", HOSTILE),
    ("roadmap milestone R-1", "new-text", "milestones.text", "roadmap show R-1", HOSTILE),
    ("product new {} key=BAD", None, "products.name", "product list", HOSTILE),
    ("product new key=BAD", "name", "products.name", "product list", HOSTILE),
    ("blocker add {}", None, "blockers.text", "blocker list", HOSTILE),
    ("blocker clear B-1 because={}", None, "blockers.because", "history", HOSTILE),
    ("question add {}", None, "questions.text", "question list", HOSTILE),
    ("question add", "text", "questions.text", "question list", HOSTILE),
    ("question add Plain words assume={}", None, "questions.assumption", "question list", HOSTILE),
    ("question add Plain words", "assume", "questions.assumption", "question list", HOSTILE),
    ("question assume Q-1 {}", None, "questions.assumption", "question list", HOSTILE),
    ("question assume Q-1", "new-text", "questions.assumption", "question list", HOSTILE),
    ("question answer Q-1 {}", None, "questions.answer", "backlog show APP-1", HOSTILE),
    ("question answer Q-1", "new-text", "questions.answer", "backlog show APP-1", HOSTILE),
    ("standup new Plain ask={}", None, "standups.questions", "standup try Plain", HOSTILE),
    ("standup answer Plain {}", None, "standup_answers.said", "standup answer Plain", HOSTILE),
    ("standup answer Plain today={}", None, "standup_answers.said", "standup answer Plain", HOSTILE),
    ("standup answer Plain", "today", "standup_answers.said", "standup answer Plain", HOSTILE),
    ("standup answer Plain yesterday={}", None, "standup_answers.said", "standup answer Plain", HOSTILE),
    ("standup answer Plain blockers={}", None, "blockers.text", "blocker list", HOSTILE),
    ("blocker add", "text", "blockers.text", "blocker list", HOSTILE),
    ("setup", "name", "products.name", "product show", HOSTILE),
    ("retro good {}", None, "retro_cards.text", "retro show", HOSTILE),
    ("retro good", "text", "retro_cards.text", "retro show", HOSTILE),
    ("retro better {}", None, "retro_cards.text", "retro show", HOSTILE),
    ("retro action {}", None, "retro_cards.text", "retro show", HOSTILE),
    ("sprint new {} from=2027-02-01", None, "sprints.name", "sprint list", HOSTILE),
    ("sprint new from=2027-02-01", "name", "sprints.name", "sprint list", HOSTILE),
    ("sprint new x from=2027-02-01 goal={}", None, "sprints.goal", "sprint list", HOSTILE),
    ("sprint edit title={}", None, "sprints.name", "sprint list", HOSTILE),
    ("sprint edit goal={}", None, "sprints.goal", "sprint status", HOSTILE),
    ("sprint edit", "title", "sprints.name", "sprint list", HOSTILE),
    ("sprint add APP-1 because={}", None, "sprint_items.because", "sprint status", HOSTILE),
    ("sprint remove APP-1 because={}", None, "sprint_items.because", "sprint status", HOSTILE),
    ("sprint note {}", None, "sprint_notes.text", "sprint review", AND_LINES),
    ("sprint note", "text", "sprint_notes.text", "sprint review", AND_LINES),
    ("doc add Spec {}", None, "documents.text", "doc show Spec", AND_LINES),
    ("doc add titled=Spec", "text", "documents.text", "doc show Spec", AND_LINES),
    ('doc add "{}" One line', None, "documents.title", "doc list", HOSTILE),
    *(
        (said, field, "standards.text", f"team {about} list", HOSTILE)
        for about in ("ready", "done")
        for said, field in ((f"team {about} add {{}}", None), (f"team {about} add", "new-line"))
    ),
]
# Keys that take words elsewhere, and here name a goal, a person or a number.
NAMES = {("metric define", "goal"), ("metric define", "ask"), ("roadmap add", "goal"), ("roadmap edit", "goal")}
# What else a form wants.
REQUIRED = {
    "backlog add x": {"title": "x"},
    "product price": {"new-plan": "Team", "new-amount": "29", "because": "x"},
    "goal result G-1": {"from": "1", "to": "2"},
    "goal update G-1.1": {"new-value": "5"},
    "roadmap milestone R-1": {"on": "2026-12-24"},
    "feedback ask": {"to": "me"},
    "decide open": {"options": "a\nb"},
    "decide record": {"because": "x"},
}
# Fields that take text of another kind: these refuse it, or narrow a list by it.
OTHERS = [
    "backlog search {}",
    "backlog list text={}",
    "backlog list label={}",
    "backlog list assignee={}",
    "backlog add x assignee={}",
    "backlog add x points={}",
    "backlog edit APP-1 status={}",
    "backlog assign APP-1 {}",
    "backlog show {}",
    "backlog ready {}",
    "backlog refine {}",
    "team ready {}",
    "team ready off {}",
    "team done drop {}",
    "team tag @bob {}",
    "backlog move APP-1 {}",
    "backlog add x epic={}",
    "backlog add x due={}",
    "backlog edit APP-1 epic={}",
    "backlog edit APP-1 due={}",
    "backlog block APP-1 on={}",
    "backlog unblock APP-1 on={}",
    "backlog criteria APP-1 {}",
    "backlog criteria APP-1 check {}",
    "backlog criteria {}",
    "backlog ready {}",
    "backlog accept {}",
    "backlog reject {} because=x",
    "backlog split APP-1 {}",
    "backlog score APP-1 {}",
    "backlog score APP-1 reach={}",
    "backlog rank by={}",
    "backlog rank by=rice top={}",
    "backlog rank by=rice apply={}",
    "mine {}",
    "ask {}",
    "ask APP-1 {}",
    "doc list {}",
    "doc show {}",
    "doc drop {}",
    "doc add {}",
    "backlog rank by=demand top={}",
    "feedback add x worth={}",
    "feedback add x kind={}",
    "feedback add x about={}",
    "feedback add answer-to={}",
    "feedback list theme={}",
    "feedback list customer={}",
    "feedback list since={}",
    "feedback list below={}",
    "feedback show {}",
    "feedback link {}",
    "feedback link F-1 {}",
    "feedback unlink F-1 {}",
    "feedback seen {}",
    "feedback drop {}",
    "feedback story {}",
    "feedback brief {}",
    "feedback ask {}",
    "feedback ask x to={}",
    "feedback ask x to=me by={}",
    "feedback ask x to=me about={}",
    "roadmap review {}",
    "roadmap review open x with={}",
    "roadmap review open x with=me on={}",
    "roadmap review show {}",
    "roadmap review show review={}",
    "roadmap review fine review={}",
    "roadmap review close {}",
    "feedback themes {}",
    "decide open x options={}",
    'decide open x options="a|b" until={}',
    'decide open x options="a|b" about={}',
    "decide vote {}",
    "decide close D-2 choose={} because=x",
    "decide show {}",
    "decide list {}",
    "decide supersede {}",
    "stakeholder add {}",
    "stakeholder concerns {}",
    "stakeholder remove {}",
    "watch {}",
    "unwatch {}",
    "mute {}",
    "mute all until={}",
    "less often {}",
    "unmute {}",
    "why {}",
    "team role {}",
    "team role @bob po until={}",
    "team hours {}",
    "team hours me {}",
    "team hours me tz={}",
    "team hours me country={}",
    "team away {}",
    "team away me {}",
    "digest new {}",
    "digest new sprint {}",
    "digest new sprint at={}",
    "digest new sprint in={}",
    "digest new sprint tz={}",
    "digest new sprint for={}",
    "digest new sprint audience={}",
    "digest new sprint draft={}",
    "digest new sprint empty={}",
    "digest preview {}",
    "digest note {}",
    "digest hold {}",
    "product use {}",
    "setup key={}",
    "setup tz={}",
    "setup po={}",
    "setup channel={}",
    "retro open until={}",
    "retro open votes={}",
    "retro action x owner={}",
    "retro vote {}",
    "retro good x anon={}",
    "backlog poker {}",
    "backlog poker APP-1 {}",
    "sprint new x from={}",
    "sprint new x serves={}",
    "sprint status {}",
    "sprint burndown {}",
    "sprint review {}",
    "sprint forecast {}",
    "sprint forecast epic={}",
    "sprint forecast by={}",
    "sprint add {}",
    "sprint remove {}",
    "sprint start {}",
    "sprint plan why={}",
    "sprint plan items={}",
    "team capacity {}",
    "team capacity @bob {}",
    "help {}",
    "history {}",
    "product price {} because=x",
    "product price Team {} because=x",
    "product price Team 29 per={} because=x",
    "product price Team 29 from={} because=x",
    "product stage {} because=x",
    "product advise breadth={}",
    "product advise set-roles={}",
    "goal add x due={}",
    "goal add x audience={}",
    "goal result {}",
    "goal result G-1 x from={} to=2",
    "goal result G-1 x from=1 to=2 metric={}",
    "goal update {} 5",
    "goal update G-1.1 {}",
    "metric define x goal={}",
    "metric define x unit={}",
    "metric define x better={}",
    "metric define x formula={}",
    "metric define x ask={}",
    "metric define x every={}",
    "metric record {}",
    "metric record {} 5",
    "metric record x\n{}",
    "metric show {}",
    "roadmap add x horizon={}",
    "roadmap add x from={}",
    "roadmap add x to={}",
    "roadmap add x goal={}",
    "roadmap edit R-1 goal={}",
    "roadmap move R-1 {} because=x",
    "roadmap date R-1 {} because=x",
    "roadmap link R-1 {}",
    "roadmap milestone R-1 x on={}",
    "roadmap milestone R-1 x on=2026-12-24 owner={}",
    "roadmap list since={}",
    "roadmap list audience={}",
    "roadmap list after-entry={}",
    "roadmap show {}",
    "roadmap notes {}",
    "undo {}",
    "{}",
]


# what else a form wants
@pytest.fixture
def one(talk: Talk) -> Talk:
    talk.done("ann", "#app", "backlog add Plain")
    talk.done("ann", "#app", "blocker add Plain")
    talk.done("ann", "#app", 'sprint new "Plain sprint" from=2026-12-01')
    talk.done("ann", "#app", "sprint add APP-1")
    talk.done("ann", "#app", "sprint start")
    talk.done("ann", "#app", "question add Plain on=APP-1")
    talk.done("ann", "#app", "standup new Plain")
    talk.done("ann", "#app", "feedback add Plain words")
    talk.done("ann", "#app", "decide record Plain because=plain")
    talk.done("ann", "#app", f'decide open Which one? options="{HOSTILE}|b"')
    talk.done("ann", "#app", "goal add Plain")
    talk.done("ann", "#app", "goal result G-1 Plain from=1 to=9")
    talk.done("ann", "#app", "roadmap add Plain")
    talk.done("ann", "#app", "digest new sprint")
    talk.done("ann", "#app", "retro open")
    return talk


def test_every_free_text_of_every_command_is_in_the_table() -> None:
    for command in REGISTRY.commands.values():
        if command.text and command.writes:
            assert any(line.startswith(command.name) for line, *_ in PLACES), command.name
        for key in command.keys.keys() & WORDY:
            if (command.name, key) in NAMES:
                continue
            said = [
                line
                for line, field, *_ in PLACES
                if line.startswith(command.name) and (f"{key}=" in line or field == key)
            ]
            assert said, (command.name, key)


@pytest.mark.parametrize(("line", "field", "column", "show", "text"), PLACES)
def test_hostile_text_comes_back_as_typed(
    one: Talk, stored: Stored, line: str, field: str | None, column: str, show: str, text: str
) -> None:
    if "roadmap review" in line and "open" not in line:
        one.done("ann", "#app", "roadmap review open Spring with=me on=friday")
    if "unlink" in line:
        one.done("ann", "#app", "roadmap link R-1 APP-1")
    if "reject" in line:
        one.done("ann", "#app", "backlog done APP-1")
    if "sprint add" in line:
        one.done("ann", "#app", "sprint remove APP-1 because=x")
    if field:
        reply = one.say("ann", "#app", line.removesuffix(" x"), values={**REQUIRED.get(line, {}), field: text})
    else:
        reply = one.say("ann", "#app", line.format(text))
    assert reply.ok, reply.refused
    assert text in [said for kept in stored(column) for said in _texts(kept)]
    assert text in read(one.say("ann", "#app", show))
    if column in ("items.title", "comments.text", "products.vision"):
        assert text in read(reply)
    assert not {"everyone", "U1", "channel"} & set(stored("people.name"))


def _texts(kept: str) -> list[str]:
    """The texts in a column's value: itself, without the reason's verb, or those of a JSON list or object."""
    if not kept.startswith(("[", "{")):
        return [_REASON.sub("", kept)]
    loaded = json.loads(kept)
    return list(loaded.values()) if isinstance(loaded, dict) else list(loaded)


def test_hostile_lines_come_back_in_the_preview_and_in_what_was_added(one: Talk, stored: Stored) -> None:
    shown = one.say("ann", "#app", f"backlog add {HOSTILE}\n{HOSTILE}!")
    assert plain(shown.card).splitlines()[1:3] == [f"1 {HOSTILE}", f"2 {HOSTILE}!"]  # type: ignore[arg-type]
    added = one.press(shown, "Add 2 items")
    assert plain(added.card).splitlines()[1:] == [f"APP-2 {HOSTILE}", f"APP-3 {HOSTILE}!"]  # type: ignore[arg-type]
    assert {HOSTILE, f"{HOSTILE}!"} < set(stored("items.title"))


def test_a_hostile_label_is_one_word(one: Talk, stored: Stored) -> None:
    assert one.say("ann", "#app", f'backlog add x label="{HOSTILE}"').ok
    assert f" {'-'.join(HOSTILE.lower().split())} " in stored("items.labels")
    assert "APP-2" in one.done("ann", "#app", f'backlog list label="{HOSTILE}"')


def test_undo_and_history_tell_hostile_text_as_typed(one: Talk) -> None:
    one.done("ann", "#app", f"backlog edit APP-1 title={HOSTILE[:50]}")
    assert f"title Plain → {HOSTILE[:50]}" in one.done("ann", "#app", "history APP-1")
    one.done("ann", "#app", "backlog edit APP-1 title=Plain")
    assert one.done("ann", "#app", "undo") == f"Taken back: APP-1 title is {HOSTILE[:50]} again"


@pytest.mark.parametrize("text", [f'"{HOSTILE}"', HOSTILE], ids=["quoted", "bare"])
def test_hostile_text_elsewhere_does_no_harm(one: Talk, stored: Stored, text: str) -> None:
    for line in OTHERS:
        reply = one.say("ann", "#app", line.format(text))
        assert "went wrong" not in reply.refused, line
        assert not {"everyone", "U1", "channel"} & set(stored("people.name")), line
        if not reply.ok:
            assert "went wrong" not in one.say("ann", "#app", reply.try_).refused, reply.try_
        assert one.say("ann", "#app", "backlog list").ok


def test_hostile_text_survives_the_buttons_it_is_put_into(one: Talk) -> None:
    for n in range(25):
        one.done("ann", "#app", f"backlog add {n} {HOSTILE}")
    first = one.say("ann", "#app", f"backlog search {HOSTILE}")
    assert len(plain(first.card).splitlines()) == 22  # type: ignore[arg-type]
    assert "5 items" in read(one.press(first, "More"))
    assert one.press(first, "Show here").seen_by == "place"
    missed = one.say("ann", "#app", f"backlog ad {HOSTILE}")
    assert title(one.press(missed, buttons(missed)[0].label)) == f"APP-27 added: {HOSTILE}"


def test_a_mention_in_slack_is_told_by_its_name_and_stored_so(database: Database, stored: Stored) -> None:
    slack = slack_team(database, "T1")
    slack.done("ann", "#app", "setup App key=APP")
    assert slack.done("ann", "#app", "backlog add Ask @Ubob in #Csales") == "APP-1 added: Ask @bob in #sales"
    assert stored("items.title") == ["Ask @bob in #sales"]
