"""A command without its words gives a form; submitting it does what the typed line does."""

import itertools
from typing import Any

import pytest

from core.chat.card import Form, Reply
from core.schedule.outbox import MESSAGE
from core.store.database import Database
from tests.core.commands.spoken import stage
from tests.core.commands.talk import Beneath, Talk, keys, read, rows, slack_team, title


def form(reply: Reply) -> Form:
    assert reply.form is not None, read(reply)
    return reply.form


def stands(reply: Reply) -> dict[str, str]:
    return {field.name: field.value for field in form(reply).fields}


# ---- what a form asks for ----


def test_setup_proposes_a_name_and_a_key_from_the_channel(terminal: Talk) -> None:
    reply = terminal.say("ann", "#acme-app", "setup")
    assert (form(reply).submit, reply.seen_by) == ("setup", "you")
    assert stands(reply) == {"name": "Acme app", "key": "ACME", "tz": "UTC", "po": "", "pm": "", "sm": ""}
    assert "is set up in #acme-app · items are called ACME-1" in title(terminal.fill(reply, "ann", "#acme-app", {}))


@pytest.mark.parametrize(
    ("line", "submit", "expected"),
    [
        ("backlog add", "backlog add", {"title": "", "type": "story", "points": "", "assignee": ""}),
        (
            "backlog add type=bug points=3 label=UI,api assignee=@bob value=2 description=Why not",
            "backlog add value=2",
            {"type": "bug", "points": "3", "label": "ui api", "assignee": "bob", "description": "Why not"},
        ),
        (
            "backlog edit APP-1",
            "backlog edit APP-1",
            {"title": "Thing 1", "label": "thing", "description": "Thing text"},
        ),
        ("backlog edit 7", "backlog edit APP-7", {"title": "Thing 7", "assignee": "bob"}),
        ("product new", "product new", {"name": "", "key": "", "tz": "Europe/Berlin"}),
        ("backlog edit APP-8", "backlog edit APP-8", {"as": "Thing keeper", "want": "Thing of gold", "epic": ""}),
        ("backlog add due=friday as=a clerk", "backlog add", {"due": "2026-12-04", "as": "a clerk"}),
        ("backlog criteria APP-4 add", "backlog criteria APP-4 add", {"new-text": ""}),
        ("backlog criteria APP-4 reword 1", "backlog criteria APP-4 reword 1", {"new-text": "Thing is there"}),
        ("backlog split APP-4", "backlog split APP-4", {"new-titles": ""}),
        ("product vision", "product vision", {"vision": "Thing for everybody"}),
        ("digest new", "digest new", {"kind": "sprint", "at": "weekdays 09:00", "tz": "Europe/Berlin"}),
        ("team hours", "team hours me", {"hours": "09:00-17:30", "tz": "Europe/Berlin", "country": "DE"}),
        ("team hours @bob", "team hours @bob", {"hours": "09:00-17:30"}),
        ("team ready add", "team ready add", {"new-line": ""}),
        ("team done add", "team done add", {"new-line": ""}),
        ("backlog accept APP-4 because=", "backlog accept APP-4", {"because": ""}),
        ("team away", "team away me", {"first": "2026-12-01", "last": ""}),
        ("setup", "setup", {"name": "Acme app", "key": "APP", "tz": "Europe/Berlin"}),
    ],
)
def test_a_form_shows_what_is_known(staged: Talk, line: str, submit: str, expected: dict[str, str]) -> None:
    reply = staged.say("ann", "#app", line)
    assert form(reply).submit.partition(" opened-as=")[0] == submit
    assert {name: stands(reply)[name] for name in expected} == expected


def test_opening_a_form_changes_nothing(staged: Talk, database: Database) -> None:
    before = rows(database, frozenset({"asks"}))
    for line in (*OPEN, "backlog criteria APP-4 reword 1"):
        form(staged.say("ann", "#app", line))
    assert rows(database, frozenset({"asks"})) == before


# ---- what submitting it does ----

OPEN = (
    "setup", "backlog add", "backlog edit APP-1", "backlog criteria APP-1 add", "backlog split APP-1", "product new",
    "product vision", "team hours", "team away",
)  # fmt: skip

BOTH_WAYS = [
    (
        "backlog add Pay by SEPA type=bug points=3 label=ui,api assignee=@bob description=A\nB",
        "backlog add",
        {
            "title": "Pay by SEPA",
            "type": "bug",
            "points": "3",
            "label": "ui api",
            "assignee": "bob",
            "description": "A\nB",
        },
    ),
    (
        "backlog edit APP-1 title=Other points=5 label=",
        "backlog edit APP-1",
        {"title": "Other", "points": 5, "label": ""},
    ),
    ("backlog edit APP-7 assignee=nobody", "backlog edit APP-7", {"assignee": ""}),
    (
        "backlog edit APP-1 as=clerk want=to see it so=I know epic= due=2026-12-24",
        "backlog edit APP-1",
        {"as": "clerk", "want": "to see it", "so": "I know", "due": "2026-12-24"},
    ),
    ("backlog criteria APP-1 add Two\nlines", "backlog criteria APP-1 add", {"new-text": "Two\nlines"}),
    ("backlog criteria APP-4 reword 1 It counts", "backlog criteria APP-4 reword 1", {"new-text": "It counts"}),
    ('backlog split APP-2 "Two a" "Two b"', "backlog split APP-2", {"new-titles": "Two a\n\nTwo b\n"}),
    ("setup tz=Europe/Madrid sm=@bob", "setup", {"tz": "europe/madrid", "sm": "bob"}),
    ('product new "More of it" key=MORE', "product new", {"name": "More of it", "key": "more"}),
    ("product vision Two\nlines", "product vision", {"vision": "Two\nlines"}),
    (
        "team hours me 8-16 tz=Asia/Kolkata country=IN",
        "team hours",
        {"hours": "8-16", "tz": "asia/kolkata", "country": "in"},
    ),
    ("team away me 24 Dec to 31 Dec", "team away", {"first": "2026-12-24", "last": "2026-12-31"}),
]


@pytest.mark.parametrize(("typed", "opens", "values"), BOTH_WAYS, ids=[typed for typed, _, _ in BOTH_WAYS])
def test_a_submitted_form_does_what_the_typed_line_does(
    staged: Talk, database: Database, typed: str, opens: str, values: dict[str, Any]
) -> None:
    def product() -> list[tuple[Any, ...]]:
        return [
            *below.run(
                "SELECT number, title, description, type, status, points, labels, assignee_id, persona, want, benefit,"
                " due FROM items ORDER BY number"
            ),
            *below.run("SELECT item_id, position, text, checked FROM criteria ORDER BY item_id, position"),
            *below.run("SELECT key, name, tz, vision FROM products ORDER BY key"),
            *below.run("SELECT person_id, role FROM roles ORDER BY person_id, role"),
            *below.run("SELECT start, country FROM hours"),
            *below.run("SELECT first, last FROM absences"),
        ]

    below = Beneath(database)
    before = below.save()
    told = staged.done("ann", "#app", typed)
    expected = product()
    for name in reversed(before):
        below.run(f"DELETE FROM {name}")
    below.restore(before)
    reply = staged.fill(staged.say("ann", "#app", opens), "ann", "#app", values)
    assert (read(reply), product()) == (told, expected)
    assert reply.seen_by == "place"


def test_empty_fields_clear_what_stood_there(staged: Talk) -> None:
    staged.done("ann", "#app", "backlog edit APP-7 points=3 type=bug")
    shown = staged.say("ann", "#app", "backlog edit APP-7")
    told = staged.fill(shown, "ann", "#app", {"points": "", "label": "", "assignee": None, "description": ""})
    assert title(told) == "APP-7 Thing 7: no points, no labels, assignee nobody, no description"
    shown = staged.say("ann", "#app", "backlog edit APP-7")
    assert stands(shown) | {"title": "", "type": ""} == dict.fromkeys(stands(shown), "")


def test_a_form_sent_off_as_it_was_opened_changes_nothing(staged: Talk, database: Database) -> None:
    shown = staged.say("ann", "#app", "backlog edit APP-7")
    before = rows(database, frozenset({"asks"}))
    reply = staged.fill(shown, "ann", "#app", {})
    assert (title(reply), reply.seen_by) == ("APP-7 is like that already; nothing was changed.", "you")
    assert rows(database, frozenset({"asks"})) == before


def test_lines_in_the_title_are_shown_before_they_are_added(staged: Talk) -> None:
    shown = staged.fill(staged.say("ann", "#app", "backlog add"), "ann", "#app", {"title": "A\nB", "points": "2"})
    assert title(staged.press(shown, "Add 2 items")) == "2 items added"
    assert "APP-9 A · 2 pts" in staged.done("ann", "#app", "backlog list")


# ---- what is wrong is said at its field ----


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("team hours me", {"hours": "late", "tz": "UTC"}, "hours", "Hours are a span"),
    ("team hours me", {"hours": "9-17", "country": "Nowhere"}, "country", "wants a country"),
    ("team away me", {"first": "2026-12-24", "last": "2026-12-20"}, "last", "not before the first"),
    ("backlog add", {"title": ""}, "title", "An item needs a title."),
    ("backlog add", {"title": "x" * 256}, "title", "this one has 256"),
    ("backlog add", {"title": "x", "points": "many"}, "points", "wants a number"),
    ("backlog add", {"title": "x", "type": "wish"}, "type", "type is one of"),
    ("backlog add", {"title": "x", "assignee": "zoe"}, "assignee", "I do not know zoe"),
    ("backlog edit APP-1", {"title": " "}, "title", "An item needs a title."),
    ("backlog edit APP-1", {"title": "x" * 300}, "title", "this one has 300"),
    ("backlog edit APP-1", {"title": "x", "epic": "APP-2"}, "epic", "not an epic"),
    ("backlog edit APP-1", {"title": "x", "epic": "what"}, "epic", "“what” is no item of Acme app"),
    ("backlog criteria APP-1 add", {"new-text": " "}, "new-text", "Say what must hold."),
    ("backlog criteria APP-4 reword 1", {"new-text": "x" * 1001}, "new-text", "this one has 1,001"),
    ("backlog split APP-1", {"new-titles": "one"}, "new-titles", "two or more titles"),
    ("setup", {"name": "x" * 81}, "name", "holds 80 characters; this one has 81"),
    ("setup", {"name": "Acme app", "key": "ZZZ"}, "key", "keeps its key APP"),
    ("setup", {"name": "Acme app", "tz": "Mars"}, "tz", "wants a time zone"),
    ("setup", {"name": "Acme app", "sm": "zoe"}, "sm", "I do not know zoe"),
    ("product new", {"name": ""}, "name", "needs a name"),
    ("product new", {"name": "New", "key": "app"}, "key", "APP is taken"),
    ("product new", {"name": "New", "key": "1"}, "key", "2 to 10 letters"),
    ("product new", {"name": "New", "tz": "Mars"}, "tz", "wants a time zone"),
    ("product vision", {"vision": " "}, "vision", "Say it in a sentence."),
    ("product vision", {"vision": "x" * 1001}, "vision", "this one has 1,001"),
]


def test_an_error_names_the_field_and_writes_nothing(staged: Talk) -> None:
    for submit, values, field, why in WRONG:
        assert why in staged.refused("ann", "#app", submit, values=values)
        reply = staged.say("ann", "#app", submit, values=values)
        assert [name for name, _ in reply.errors] == [field], (submit, values)
        assert why in dict(reply.errors)[field]


STRANGE = (["a", "b"], None, 7, 7.5, True, {"a": 1}, "", "a\x00b\ud800c", "x" * 100_000, [None])


@pytest.mark.parametrize("submit", OPEN)
def test_values_of_any_kind_do_no_harm(staged: Talk, submit: str) -> None:
    names = [field.name for field in form(staged.say("ann", "#app", submit)).fields]
    rest = {"title": "A title", "name": "A name", "key": ""} if submit in ("backlog add", "product new") else {}
    for name, value in itertools.product([*names, "unknown"], STRANGE):
        reply = staged.say("ann", "#app", submit, values={**rest, name: value})
        assert "went wrong" not in reply.refused, (name, value)
        assert reply.ok or (reply.refused and reply.errors), (name, read(reply))
    staged.done("ann", "#app", "backlog list")


# ---- where no form can be opened at once ----


def test_a_form_that_answers_a_mention_follows_whole_through_the_outbox(database: Database) -> None:
    talk = slack_team(database, "T1")
    stage(talk)
    ask = talk.ask("bob", "#app", "backlog edit APP-1", kept=True)
    assert talk.steward.accept(ask)
    talk.steward.work(ask)
    [(kept,)] = Beneath(database).run("SELECT message FROM outbox")
    message = MESSAGE.validate_json(kept)
    assert message.only_for == ask.speaker
    assert message.reply.form is not None
    told = talk.fill(message.reply, "bob", "#app", {"points": "5"})
    assert title(told) == "APP-1 Thing 1: points 5"
    assert keys(talk.say("bob", "#app", "backlog search Thing 1")) == ["APP-1"]


def test_a_form_changes_only_what_was_touched_in_it(staged: Talk) -> None:
    opened = staged.say("ann", "#app", "backlog edit APP-1").form
    assert opened is not None
    values = {field.name: field.value for field in opened.fields}
    staged.done("bob", "#app", "backlog edit APP-1 points=8 assignee=@bob")
    assert title(staged.say("ann", "#app", opened.submit, values=values | {"title": "New"})) == "APP-1 New: new title"
    shown = staged.done("ann", "#app", "backlog show APP-1")
    assert "Points: 8" in shown
    assert "Assignee: bob" in shown


def test_a_form_does_not_overwrite_what_somebody_changed_since_it_was_opened(staged: Talk) -> None:
    opened = staged.say("ann", "#app", "backlog edit APP-1").form
    assert opened is not None
    values = {field.name: field.value for field in opened.fields}
    staged.done("bob", "#app", "backlog edit APP-1 points=8")
    reply = staged.say("ann", "#app", opened.submit, values=values | {"points": "3"})
    assert reply.refused == "Somebody has changed the points of APP-1 since you opened this form."
    assert dict(reply.errors) == {"points": reply.refused}
