"""`steward chat --json`: the shapes of COMMANDS.md, 'The terminal and the command line'."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.lines import TERMINAL, place_of, talk
from core.chat.ask import Ask, PlaceKind, Speaker
from core.chat.card import Card
from core.commands import assemble
from core.commands.dispatch import Steward
from core.commands.ride import NOTHING, Ride
from core.product.people import read_directory
from core.product.workspaces import enter
from core.schedule import outbox
from core.schedule.recipients import to_channel, to_person
from core.store.database import Database
from tests.databases import NOW

from .support import piped

Json = dict[str, Any]


@pytest.fixture
def steward(database: Database) -> Steward:
    """On every database: its scripts are how the acceptance scenarios run."""
    return assemble(database)


def lines(steward: Steward, *said: Json | str) -> list[Json]:
    typed: Iterable[str] = [one if isinstance(one, str) else json.dumps(one) for one in said]
    return [json.loads(answer) for answer in talk(steward, typed, lambda: NOW)]


def ann(say: str, **more: Any) -> Json:
    return {"as": "ann", "in": "#app", "say": say, **more}


SETUP = ann('setup "Acme app" key=APP')


# ---- shapes ----


def test_a_change_answers_with_a_card_that_the_place_sees(steward: Steward) -> None:
    [_, added] = lines(steward, SETUP, ann("backlog add Export invoices points=5"))
    title = "APP-1 added: Export invoices · 5 pts"
    card = {"version": 1, "title": title, "body": [], "buttons": []}
    assert added == {"ok": True, "seen_by": "place", "reply": card, "text": title}


def test_a_mention_of_us_at_the_head_of_a_line_is_left_out(steward: Steward) -> None:
    [_, added, listed] = lines(steward, SETUP, ann("@steward backlog add Export"), ann("@Steward: backlog list"))
    assert added["text"] == "APP-1 added: Export"
    assert "APP-1 Export" in listed["text"]


def test_a_list_answers_with_a_card_that_the_asker_sees(steward: Steward) -> None:
    [*_, listed] = lines(steward, SETUP, ann("backlog add Export invoices points=5"), ann("backlog list"))
    assert set(listed) == {"ok", "seen_by", "reply", "text"}
    assert listed["seen_by"] == "you"
    [part] = listed["reply"]["body"]
    assert part["kind"] == "items"
    assert part["rows"] == [{"key": "APP-1", "text": "Export invoices", "detail": "5 pts", "buttons": []}]
    [button] = listed["reply"]["buttons"]
    assert button["say"] == "backlog list show-here=yes"
    assert "APP-1 Export invoices · 5 pts" in listed["text"]


def test_a_refusal_says_why_and_what_to_try(steward: Steward) -> None:
    [_, no] = lines(steward, SETUP, ann("backlog show APP-99"))
    assert no == {"ok": False, "seen_by": "you", "refused": "APP-99 is not in Acme app.", "try": "backlog list"}


def test_a_refusal_may_carry_a_card_with_buttons(steward: Steward) -> None:
    [_, no] = lines(steward, SETUP, ann("backlgo list"))
    assert (no["ok"], no["seen_by"]) == (False, "you")
    assert [button["say"] for button in no["reply"]["buttons"]] == ["backlog list"]


def test_a_command_without_arguments_answers_with_its_form(steward: Steward) -> None:
    [_, asked] = lines(steward, SETUP, ann("backlog add"))
    assert set(asked) == {"ok", "form"}
    assert asked["ok"] is True
    form = asked["form"]
    assert form["submit"] == "backlog add"
    title = form["fields"][0]
    assert {name: title[name] for name in ("name", "label", "kind", "value", "required")} == {
        "name": "title",
        "label": "Title",
        "kind": "text",
        "value": "",
        "required": True,
    }
    assert next(f for f in form["fields"] if f["name"] == "type")["kind"] == "choice"


def test_a_form_is_submitted_by_its_values(steward: Steward) -> None:
    values = {"title": "Export invoices", "points": 5, "label": ["ui", "api"], "assignee": None}
    [_, added] = lines(steward, SETUP, ann("backlog add", values=values))
    assert added["reply"]["title"] == "APP-1 added: Export invoices · 5 pts · ui api"


def test_a_wrong_field_of_a_form_is_named(steward: Steward) -> None:
    [_, no] = lines(steward, SETUP, ann("backlog add", values={"title": "x", "points": "many"}))
    assert no["ok"] is False
    assert list(no["errors"]) == ["points"]
    assert no["errors"]["points"] == no["refused"]


# ---- what is no ask ----


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("nonsense", "This is not JSON"),
        ("[" * 100_000, "This is not JSON"),
        ("[1]", "one JSON object"),
        ({"in": "#app", "say": "help"}, "“as” says who speaks."),
        ({"as": " @ ", "say": "help"}, "“as” says who speaks."),
        ({"as": 5, "say": "help"}, "“as” is a text."),
        ({"as": "ann", "say": ["help"]}, "“say” is a text."),
        ({"as": "ann", "in": {}, "say": "help"}, "“in” is a text."),
        ({"as": "ann", "say": "help", "id": 7}, "“id” is a text."),
        ({"as": "ann", "say": "help", "thread": 7}, "“thread” is a text."),
        ({"as": "ann", "say": "help", "values": ["x"]}, "“values” is an object"),
        ({"as": "ann", "say": "help", "at": "tomorrow"}, "“at” wants an instant"),
        ({"as": "ann", "say": "help", "at": "0001-01-01T00:00:00+14:00"}, "“at” wants an instant"),
        ({"at": "9999-12-31T23:59:59Z", "tick": True}, "“at” wants an instant"),
        ('{"as": "ann", "say": "help", "at": "\\ud800"}', "half a character"),
        ('{"as": "\\udcff", "say": "help"}', "half a character"),
    ],
)
def test_a_bad_line_is_answered_and_the_chat_goes_on(steward: Steward, line: Json | str, why: str) -> None:
    [_, no, after] = lines(steward, SETUP, line, ann("backlog list"))
    assert set(no) == {"ok", "seen_by", "refused", "try"}
    assert (no["ok"], no["seen_by"]) == (False, "you")
    assert why in no["refused"]
    assert json.loads(no["try"])["say"] == "help"
    assert after["ok"] is True


def test_a_line_without_say_is_help(steward: Steward) -> None:
    [said] = lines(steward, {"as": "ann"})
    assert said["reply"]["title"] == "What you can say"


def test_blank_lines_are_no_lines(steward: Steward) -> None:
    assert len(lines(steward, "", "  ", {"as": "ann", "say": "help"}, "\n")) == 1


# ---- order, ids, places ----


def test_answers_come_one_a_line_in_order(steward: Steward) -> None:
    numbers = range(1, 8)
    [_, *added] = lines(steward, SETUP, *(ann(f"backlog add Item {n}") for n in numbers))
    assert [one["reply"]["title"] for one in added] == [f"APP-{n} added: Item {n}" for n in numbers]


def test_an_answer_comes_before_the_next_line_is_read(steward: Steward) -> None:
    read: list[str] = []

    def typed() -> Iterable[str]:
        for line in (json.dumps(SETUP), json.dumps(ann("backlog list"))):
            read.append(line)
            yield line

    answers = talk(steward, typed(), lambda: NOW)
    assert json.loads(next(answers))["ok"] is True
    assert len(read) == 1


def test_the_same_id_gives_the_stored_reply_and_writes_once(steward: Steward) -> None:
    [_, first, again] = lines(steward, SETUP, ann("backlog add One", id="e1"), ann("backlog add One", id="e1"))
    [other, listed] = lines(steward, ann("backlog add Two", id="e1"), ann("backlog list"))
    assert first == again == other
    assert [row["key"] for row in listed["reply"]["body"][0]["rows"]] == ["APP-1"]


def test_the_same_id_gives_the_stored_refusal_too(steward: Steward) -> None:
    no = ann("backlog done APP-1", id="e2")
    [_, first, added, again] = lines(steward, SETUP, no, ann("backlog add One"), no)
    assert added["ok"] is True
    assert first == again
    assert first["ok"] is False


def test_lines_without_an_id_are_never_taken_for_each_other(steward: Steward) -> None:
    one = ann("backlog add One")
    assert len({answer["text"] for answer in lines(steward, SETUP, one, one)[1:]}) == 2
    assert len({answer["text"] for answer in [*lines(steward, one), *lines(steward, one)]}) == 2


def test_an_unknown_name_makes_that_person(steward: Steward) -> None:
    [_, added, team] = lines(steward, SETUP, ann("backlog add One assignee=@zoe"), ann("team list"))
    assert "zoe" in added["text"]
    [joined] = lines(steward, {"as": "zoe", "in": "#app", "say": "backlog add Two"})
    assert joined["ok"] is True
    [team] = lines(steward, ann("team list"))
    assert "zoe · member" in team["text"]


def test_at_steward_is_the_private_chat(steward: Steward) -> None:
    [_, listed] = lines(steward, SETUP, {"as": "ann", "in": "@steward", "say": "backlog list"})
    assert (listed["ok"], listed["seen_by"]) == (True, "you")
    assert "Show here" not in [button["label"] for button in listed["reply"]["buttons"]]
    assert place_of("@steward", "ann").kind is PlaceKind.PRIVATE
    assert place_of("@steward", "ann") != place_of("@steward", "bob")
    assert place_of("#app", "ann") == place_of("app", "bob")


# ---- ticks ----


def _left_in_the_outbox(steward: Steward, place: str, say: str, thread: str | None = None) -> None:
    """An ask whose reply could not ride, as a slow one's cannot."""
    ask = Ask(
        f"late {say}", TERMINAL, Speaker("ann", "ann"), place_of(place, "ann"), say, NOW, thread=thread, kept=True
    )
    assert steward.answer(ask, Ride(NOTHING)) is None


def test_a_tick_delivers_what_waits_once(steward: Steward) -> None:
    lines(steward, SETUP)
    _left_in_the_outbox(steward, "#app", "backlog add Late", thread="t1")
    at = (NOW + timedelta(minutes=30)).isoformat()
    [first, second] = lines(steward, {"at": at, "tick": True}, {"at": at, "tick": True})
    [one] = first["delivered"]
    assert set(one) == {"to", "thread", "key", "text"}
    assert (one["to"], one["thread"], one["text"]) == ("#app", "t1", "APP-1 added: Late")
    assert second == {"delivered": []}


def test_a_tick_names_the_person_who_alone_may_see_it(steward: Steward) -> None:
    lines(steward, SETUP)
    _left_in_the_outbox(steward, "#app", "backlog list")
    _left_in_the_outbox(steward, "@steward", "backlog add Late")
    [told] = lines(steward, {"tick": True})
    assert sorted(one["to"] for one in told["delivered"]) == ["@ann", "@ann"]


def test_a_tick_delivers_a_refusal_in_words(steward: Steward) -> None:
    lines(steward, SETUP)
    _left_in_the_outbox(steward, "#app", "backlog done APP-9")
    [told] = lines(steward, {"tick": True})
    assert [one["text"] for one in told["delivered"]] == ["APP-9 is not in Acme app. backlog list"]


def test_a_tick_shows_what_is_said_unasked_in_its_thread_and_again_where_it_was_changed(steward: Steward) -> None:
    def put(key: str, card: str, **how: str) -> Json:
        with steward.database.transaction(write=True, now=NOW) as db:
            directory = read_directory(db, enter(db, TERMINAL))
            bob = to_person(db, directory, directory.by_name["bob"])
            app = to_channel(db, directory.products[next(iter(directory.products))].id)
            to = bob if key.startswith("bob") else app
            assert to is not None
            outbox.post(db, key, to, Card(card), **how)
        [told] = lines(steward, {"tick": True})
        [one] = told["delivered"]
        return {name: one[name] for name in ("to", "thread", "key", "text")}

    lines(steward, SETUP, ann("team role @bob member"))
    assert put("day", "Stand-up") == {"to": "#app", "thread": "", "key": "day", "text": "Stand-up"}
    assert put("eve", "Eve", thread_of="day") == {"to": "#app", "thread": "day", "key": "eve", "text": "Eve"}
    assert put("day:1", "Closed", replaces="day") == {"to": "#app", "thread": "", "key": "day", "text": "Closed"}
    assert put("bob", "Hello") == {"to": "@bob", "thread": "", "key": "bob", "text": "Hello"}


# ---- as a process ----


def test_the_last_word_of_a_line_may_name_a_table(steward: Steward, tmp_path: Path) -> None:
    table = tmp_path / "my numbers.csv"
    table.write_text("day,churn\n2026-11-01,3.5\n2026-11-08,3.1\n")
    said = (f'metric record churn "{table}"', "metric record churn nothing-here.csv")
    [*_, told, missing] = lines(steward, SETUP, ann("metric define churn unit=%"), *map(ann, said))
    assert told["text"].splitlines()[0] == "churn: 2 values recorded, 1 Nov to 8 Nov"
    assert missing["refused"] == "There is no file nothing-here.csv here."


def test_the_last_word_of_a_line_may_name_markdown_from_where_it_was_started(
    steward: Steward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lines may come from other people, whom the machine's files are no business of."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (here / "notes.md", here / "notes.txt", tmp_path / "secret.md"):
        path.write_text("The separator is a semicolon.")
    (here / "link.md").symlink_to(tmp_path / "secret.md")
    said = (
        'doc add "Export notes" notes.md audience=public',
        "doc show Export notes",
        "doc add All of it is in notes.md",
    )
    [_, kept, shown, text] = lines(steward, SETUP, *map(ann, said))
    assert kept["text"] == "Export notes is kept from notes.md · for everybody; ask me what it says"
    assert "The separator is a semicolon." in shown["text"]
    assert text["text"].startswith("All is kept · "), "more words than a title are a text"
    outside = ("../secret.md", str(tmp_path / "secret.md"), "link.md", "~/secret.md", "notes.txt", "none.md")
    [_, *refused] = lines(steward, SETUP, *(ann(f"doc add Notes {name}") for name in outside))
    elsewhere = "lies elsewhere; here I read Markdown from the folder I was started in alone."
    assert [one["refused"] for one in refused] == [
        *(f"{name} {elsewhere}" for name in ("secret.md", "secret.md", "link.md")),
        "There is no file ~/secret.md here.",
        "notes.txt is no Markdown; I read .md, .markdown here.",
        "There is no file none.md here.",
    ]


def test_a_process_migrates_talks_json_alone_and_goes_on_in_a_second_run(tmp_path: Path) -> None:
    said = "\n".join([json.dumps(SETUP), "nonsense", json.dumps(ann("backlog add Größe – 尺寸", id="e1"))])
    first = piped(tmp_path, said, "--json")
    assert first.returncode == 0
    answers = [json.loads(line) for line in first.stdout.decode().splitlines()]
    assert [one["ok"] for one in answers] == [True, False, True]
    assert answers[2]["text"] == "APP-1 added: Größe – 尺寸"

    again = json.dumps(ann("backlog add Größe – 尺寸", id="e1"))
    second = piped(tmp_path, again + "\n" + json.dumps(ann("backlog list")), "--json")
    repeated, listed = [json.loads(line) for line in second.stdout.decode().splitlines()]
    assert repeated == answers[2]
    assert len(listed["reply"]["body"][0]["rows"]) == 1


def test_bytes_that_are_no_text_are_one_bad_line(tmp_path: Path) -> None:
    run = piped(tmp_path, b'{"as": "\xff"}\n{"as": "ann", "say": "help"}\n', "--json")
    assert run.returncode == 0
    assert [json.loads(line)["ok"] for line in run.stdout.decode().splitlines()] == [False, True]
    assert b"Traceback" not in run.stderr
