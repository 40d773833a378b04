"""Attacks on the whole server, each as the request that would carry it: what gives way here would give way outside."""

import gzip
import io
import json
import logging
import re
import time
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from core.store.database import Database
from tests.bot.house import TOKEN, House, house
from tests.bot.slack.support import SECRET, Answer, signed
from tests.core.commands.talk import APART, rows
from tests.core.commands.test_hostile import HOSTILE, PLACES

FORM = "application/x-www-form-urlencoded"
HERE = ["backlog add", "C1", "channel", "app", None, ""]


@pytest.fixture
async def acme(database: Database) -> AsyncIterator[House]:
    """Acme app, set up by ann in #app, with one item."""
    async with house(database) as made:
        await made.voice.slash("/steward", 'setup "Acme app" key=APP', trigger_id="setup")
        await made.said("Acme app is set up")
        await made.voice.slash("/backlog", "add CSV export", trigger_id="add")
        yield made


def click(say: str, **more: Any) -> dict[str, Any]:
    """A press of one of our buttons in #app; user= and team= say whose."""
    user, team = more.pop("user", "U1"), more.pop("team", "T1")
    return {
        "type": "block_actions",
        "team": {"id": team, "domain": "acme"},
        "user": {"id": user, "username": user.lower(), "team_id": team},
        "channel": {"id": "C1", "name": "app"},
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C1"},
        "message": {"ts": "1700000000.000100"},
        "trigger_id": "1.2",
        "actions": [{"action_id": "say:0", "type": "button", "value": say, "action_ts": f"{time.time():.6f}"}],
        **more,
    }


def submission(metadata: str, **values: str) -> dict[str, Any]:
    """A submitted modal that carries this metadata."""
    state = {name: {"value": {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    view = {"id": "V1", "callback_id": "form", "private_metadata": metadata, "blocks": [], "state": {"values": state}}
    return {"type": "view_submission", "team": {"id": "T1"}, "view": view}


def mention(text: str, ts: str) -> dict[str, Any]:
    return {"type": "app_mention", "user": "U1", "text": f"<@U0BOT> {text}", "ts": ts, "channel": "C1"}


def titles(house: House) -> list[str]:
    return [title for (title,) in house.below.run("SELECT title FROM items ORDER BY number")]


# ---- who sends it ----


async def test_a_request_of_long_ago_is_turned_away_and_one_of_just_now_works_once(acme: House) -> None:
    body = urlencode(
        {
            "command": "/backlog", "text": "add Replayed", "team_id": "T1", "user_id": "U1", "channel_id": "C1",
            "trigger_id": "t.1",
        }
    ).encode()  # fmt: skip
    old = await acme.voice.send(body, FORM, signed(body, str(int(time.time()) - 301)))
    assert (old.status, titles(acme)) == (401, ["CSV export"])
    first, again = await acme.voice.send(body, FORM), await acme.voice.send(body, FORM)
    assert first.text == again.text
    assert titles(acme) == ["CSV export", "Replayed"]


async def test_a_click_and_a_redelivered_mention_work_once(acme: House) -> None:
    pressed = click("backlog add Pressed")
    for attempt in range(3):
        assert (await acme.voice.interact(pressed)).status == 200
        retried = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else None
        assert (await acme.voice.event(mention("backlog add Said", "1700000001.000100"), retried)).status == 200
    await acme.said("added: Said")
    await acme.said("added: Pressed")
    assert sorted(titles(acme)) == ["CSV export", "Pressed", "Said"]


UNTOUCHED = APART | {"outbox", "paces"}  # an answer that they are not connected may go to them, at their pace


@pytest.mark.parametrize("how", ["slash", "click", "form", "mention"])
async def test_another_workspace_reaches_nothing(acme: House, database: Database, how: str) -> None:
    before = rows(database, UNTOUCHED)
    match how:
        case "slash":
            said = await acme.voice.slash("/backlog", "done APP-1", team_id="T2", trigger_id="t2")
            assert "not connected" in said.text
        case "click":
            await acme.voice.interact(click("backlog done APP-1", team="T2"))
        case "form":
            await acme.voice.interact({**submission(json.dumps(HERE), title="Theirs"), "team": {"id": "T2"}})
        case "mention":
            await acme.voice.event(mention("backlog done APP-1", "1700000001.000100"), team_id="T2")
            await acme.until(lambda: not acme.below.run("SELECT 1 FROM asks WHERE state = 'accepted'"))
    assert rows(database, UNTOUCHED) == before


@pytest.mark.parametrize("line", ["backlog accept APP-1", "product price Team 29 because=x", "team role @U2 admin"])
async def test_a_button_gives_nobody_the_rights_of_whom_it_was_shown_to(acme: House, line: str) -> None:
    """bob writes here, and so is a member; eve is a guest. Neither is what the line wants."""
    await acme.voice.slash("/backlog", "done APP-1", trigger_id="done")
    before = acme.below.run("SELECT status FROM items"), acme.below.run("SELECT * FROM prices")
    for user in ("U2", "U9"):
        await acme.voice.interact(click(line, user=user, response_url=acme.slack.hook_url))
    await acme.until(lambda: len(acme.slack.hooks) == 2)
    assert all("Only" in one["text"] or "Guests" in one["text"] for one in acme.slack.hooks), acme.slack.hooks
    assert (acme.below.run("SELECT status FROM items"), acme.below.run("SELECT * FROM prices")) == before


async def test_a_button_for_a_changed_item_changes_none(acme: House) -> None:
    forged = ("OTHER-1", "APP-2", "1' OR '1'='1", "APP-1; DROP TABLE items", "../APP-1", "-1")
    for item in forged:
        await acme.voice.interact(click(f"backlog done {item}", response_url=acme.slack.hook_url))
    await acme.until(lambda: len(acme.slack.hooks) == len(forged))
    assert acme.below.run("SELECT status FROM items") == [("new",)]


FOREIGN = ["", "{}", "[]", "null", '["add"]', "[1,2,3,4,5,6]", '["add","C1","nowhere","",null,""]', "[" * 3000]


async def test_a_form_that_is_not_ours_says_to_open_it_again(acme: House) -> None:
    for metadata in FOREIGN:
        answer = await acme.voice.interact(submission(metadata, title="Forged"))
        assert (answer.status, answer.json["response_action"]) == (200, "update"), metadata
        assert "Open it once more" in answer.text
        pressed = click("backlog add Forged", view={"id": "V1", "private_metadata": metadata or "x"}, channel=None)
        assert (await acme.voice.interact(pressed)).status == 200
    assert titles(acme) == ["CSV export"]


async def test_a_form_of_somebody_elses_chat_answers_who_submits_it(acme: House) -> None:
    theirs = json.dumps(["backlog add", "", "private", "", None, ""])
    await acme.voice.interact(submission(theirs, title="Mine"))
    assert (await acme.said("added: Mine"))["channel"] == "DU1"


# ---- what it holds ----


async def test_a_body_that_is_no_payload_is_turned_away(acme: House) -> None:
    for body in (b"[" * 200_000, b"x" * 300, b"5", b'"x"', b"[1]", b'{"type":' * 50_000):
        assert (await acme.voice.send(body, "application/json")).status == 400, body[:20]
        assert (await acme.voice.send(urlencode({"payload": body}).encode(), FORM)).status == 400, body[:20]


@pytest.mark.parametrize("path", ["/slack/events", "/api/messages"])
async def test_a_packed_flood_is_turned_away(acme: House, path: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    flood = b"".join([packer.compress(bytes(1 << 24)) for _ in range(8)]) + packer.flush()
    headers = {**signed(flood), "Content-Encoding": "gzip", "Content-Type": "application/json"}
    url = acme.teams.url.replace("/api/messages", path)
    async with aiohttp.ClientSession() as http, http.post(url, data=flood, headers=headers) as answer:
        assert answer.status == 413


@pytest.mark.parametrize(
    "text", ["a\0b", "half \ud800 of one", "back\u202ewards", "z" * 200_000, "e" + "\u0301" * 50_000]
)
async def test_odd_characters_are_left_out_or_refused_in_words(acme: House, text: str) -> None:
    answers = [
        await acme.voice.interact(submission(json.dumps(HERE), title=text, description=text)),
        await acme.voice.interact(click(f"backlog comment APP-1 {text}")),
        await acme.voice.event(mention(f"backlog comment APP-1 {text}", "1700000001.000100")),
    ]
    assert [one.status for one in answers] == [200, 200, 200]
    await acme.until(lambda: not acme.below.run("SELECT 1 FROM asks WHERE state = 'accepted'"))
    assert "went wrong" not in "".join([*(one.text for one in answers), *(m["text"] for m in acme.slack.messages)])
    kept = "".join(text for (text,) in acme.below.run("SELECT text FROM comments"))
    assert not {"\0", "\u202e", "\ud800"} & set(kept)


def workbook() -> bytes:
    """50 MB of zeros, packed into an Excel workbook of 50 kB."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", "0" * 50_000_000)
    return held.getvalue()


DROPPED = {
    "type": "message", "channel_type": "im", "subtype": "file_share", "user": "U1", "text": "", "channel": "D1",
}  # fmt: skip
UPLOADS = {
    "workbook.xlsx": workbook(),
    "packed.csv": gzip.compress(b"Summary,Issue key\n" + b"a,b\n" * 2_000_000),
    "deep.json": b"[" * 1_000_000,
    "board.json": b'{"cards":[' + b'{"name":' * 200_000,
    "card.json": b'{"cards":[{"name":"x","id":"1","labels":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    "cell.csv": b"Summary,Issue key\n" + b"x" * 18_000_000 + b",A-1\n",
    "quote.csv": b'Summary,Issue key\n"' + b"x" * 18_000_000,
    "columns.csv": b",".join(b"c%d" % number for number in range(100_000)) + b"\na\n",
    "nul.csv": b"Summary,Issue key\na\0b,A-1\n",
    "half.json": b'[{"title":"a\\ud800b","number":1,"state":"OPEN","url":"https://github.com/a/b/issues/1"}]',
    "number.json": b'[{"title":"a","number":' + b"9" * 5000 + b',"state":"OPEN"}]',
    "document.csv": b"%PDF-1.7",
    "nothing.csv": b"",
}


async def test_a_dropped_file_that_is_a_trap_is_refused_in_a_sentence(
    acme: House, caplog: pytest.LogCaptureFixture
) -> None:
    for number, (name, content) in enumerate(UPLOADS.items()):
        acme.slack.dropped[name] = content
        url = acme.slack.base_url.replace("/api/", f"/dropped/{name}")
        dropped = {"name": name, "size": len(content), "url_private_download": url}
        await acme.voice.event({**DROPPED, "ts": f"170000000{number:02}.000100", "files": [dropped]})
        answer = await acme.said(name.partition(".")[0])
        assert not any("go=yes" in line for line in _lines(answer)), (name, "offers something to import")
        assert "went wrong" not in answer["text"], name
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


def _lines(message: dict[str, Any]) -> list[str]:
    return [element.get("value", "") for block in message["blocks"] for element in block.get("elements", ())]


async def test_a_file_that_lies_elsewhere_is_not_fetched(acme: House) -> None:
    """Nor does our token go there."""
    for number, url in enumerate(
        ("http://169.254.169.254/latest/meta-data", "https://slack.com.evil.example/x.csv", "file:///etc/passwd")
    ):
        await acme.voice.event(
            {**DROPPED, "ts": f"1700000002.00010{number}", "files": [{"name": f"x{number}.csv", "url_private": url}]}
        )
        await acme.said(f"x{number}.csv does not lie where files of this chat lie")


async def test_hostile_text_pings_nobody_and_opens_nothing_in_slack(acme: House) -> None:
    """Every free text of every command, said in Slack and shown there."""
    for setting in (
        'sprint new "Plain sprint" from=2026-12-01', "sprint add APP-1", "sprint start", "question add Plain on=APP-1",
        "standup new Plain", "feedback add Plain words", "decide record Plain because=plain", "blocker add Plain",
        'decide open Which one? options="a|b"', "goal add Plain", "goal result G-1 Plain from=1 to=9",
        "roadmap add Plain", "digest new sprint", "retro open",
    ):  # fmt: skip
        await acme.voice.slash("/steward", setting, trigger_id=setting)
    seen: list[Answer] = []
    typed = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # as Slack hands it on
    for number, (line, field, _, show, _) in enumerate(PLACES):
        if field is None:
            said = line.replace("{}", typed)
            seen.append(await acme.voice.slash("/steward", said, trigger_id=f"say {number}"))
            seen.append(await acme.voice.slash("/steward", show.replace("%s", typed), trigger_id=f"show {number}"))
    read = [one.json for one in seen if one.text] + acme.slack.messages
    assert sum("channel> &" in text or "channel&gt; &amp;" in text for text in map(str, read)) > 100
    for one in read:
        assert not (found := LIVE.findall("\n".join(marked_up(one)))), (found, one)


LIVE = re.compile(r"<!\w+|<[@#]\w+|<https?://e\.x[^>]*\|")
"""What Slack reads as a ping, or as a link that does not say where it leads, where it reads mark-up."""


def marked_up(node: Any) -> Iterator[str]:
    """The texts of a message in which Slack reads mark-up, and what it does by element."""
    if isinstance(node, list):
        for one in node:
            yield from marked_up(one)
    elif isinstance(node, dict):
        if node.get("type") in ("link", "user", "channel", "broadcast", "usergroup"):
            yield f"<{node.get('url', '!' + str(node))}{'|' if 'text' in node else '>'}"
        if node.get("type") == "mrkdwn" or "blocks" in node:
            yield node["text"]
        for one in node.values():
            yield from marked_up(one) if isinstance(one, list | dict) else ()


# ---- what is said of it ----


async def test_no_secret_and_no_word_of_anybodys_is_in_the_log(acme: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        acme.slack.fail("chat.postMessage", error="invalid_auth")
        acme.slack.fail("hook", status=500)
        await acme.voice.event(mention("backlog add Merger with Globex", "1700000003.000100"))
        hook = acme.slack.hook_url + "/capability"
        await acme.voice.interact(click("backlog list", response_url=hook))
        await acme.voice.send(b"{}", "application/json", {"X-Slack-Signature": "v0=forged"})
        await acme.until(lambda: "Globex" in "".join(titles(acme)))
        await acme.until(lambda: acme.slack.calls.count("chat.postMessage") >= 2)
    assert TOKEN not in caplog.text
    assert SECRET not in caplog.text
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.INFO]
    assert not any("Globex" in one or "capability" in one for one in told), told
