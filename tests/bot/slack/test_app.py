"""Slack's requests, really signed, over a real server, into a real Bolt app."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.slack.app import build, commands
from bot.slack.modal import Origin, view
from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Button, Card, Field, Form, Reply
from core.commands.ride import Ride
from tests.bot.slack.support import DONE, SECRET, BookDesk, SlackSide, signed
from tests.gallery import FORMS, GALLERY, HOSTILE
from tests.slack_stand_in import SlackStandIn

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
MINE = Reply(True, "you", GALLERY["list of 20"])
FORM = Reply(
    True, form=Form("Add", (Field("title", "Title"), Field("description", "Description", "longtext")), "backlog add")
)
MENTION = {
    "type": "app_mention",
    "user": "U1",
    "text": "<@U0BOT> backlog list",
    "ts": "1700000000.000100",
    "channel": "C1",
}


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def desk() -> BookDesk:
    return BookDesk()


@pytest.fixture
async def side(slack: SlackStandIn, desk: BookDesk) -> AsyncIterator[SlackSide]:
    app = build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url, clock=lambda: NOW)
    async with SlackSide(app) as served:
        yield served


def click(
    slack: SlackStandIn, value: str | None = "backlog list", action: str = "say:0", **more: Any
) -> dict[str, Any]:
    pressed = {"type": "button", "action_id": action, "action_ts": "1700000050.000200"}
    return {
        "type": "block_actions",
        "team": {"id": "T1", "domain": "acme"},
        "channel": {"id": "C1", "name": "app"},
        "container": {"type": "message", "message_ts": "1700000000.000100", "channel_id": "C1", "is_ephemeral": False},
        "message": {"ts": "1700000000.000100"},
        "trigger_id": "tr.1",
        "response_url": slack.hook_url,
        "actions": [pressed if value is None else {**pressed, "value": value}],
        **more,
    }


def submitted(form: Form, **values: Any) -> dict[str, Any]:
    shown = view(form, Origin(Place("C1", PlaceKind.CHANNEL, "app"), "17.1", "https://acme.slack.com/x"))
    state = {name: {"value": {"type": "plain_text_input", "value": value}} for name, value in values.items()}
    return {
        "type": "view_submission",
        "team": {"id": "T1", "domain": "acme"},
        "trigger_id": "tr.2",
        "view": {
            "id": "V1",
            "callback_id": "form",
            "private_metadata": shown["private_metadata"],
            "state": {"values": state},
        },
    }


def typed(form: Form, stamp: str, **values: Any) -> dict[str, Any]:
    """What Slack sends while somebody types into a modal."""
    body = submitted(form, **values)
    action = {"type": "plain_text_input", "action_id": "value", "block_id": "today", "action_ts": stamp}
    return {**body, "type": "block_actions", "container": {"type": "view", "view_id": "V1"}, "actions": [action]}


# ---- who may knock ----


@pytest.mark.parametrize("timestamp", ["soon", "", "²", "1e9", "9" * 5000, "-1"])
async def test_a_timestamp_that_is_no_number_gets_401(side: SlackSide, timestamp: str) -> None:
    answer = await side.send(b"{}", "application/json", {"X-Slack-Request-Timestamp": timestamp})
    assert answer.status == 401


async def test_a_stale_timestamp_gets_401(side: SlackSide, desk: BookDesk) -> None:
    body = json.dumps({"type": "event_callback", "team_id": "T1", "event": MENTION}).encode()
    assert (await side.send(body, "application/json", signed(body, "1700000000"))).status == 401
    assert not desk.accepted


@pytest.mark.parametrize("signature", ["", "v0=00", "v0=é"])
async def test_a_forged_signature_gets_401(side: SlackSide, desk: BookDesk, signature: str) -> None:
    answer = await side.event(MENTION, {"X-Slack-Signature": signature})
    assert answer.status == 401
    assert not desk.accepted


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"event": "x"}', b"payload=%7B", b"\xff\xfe", b'"x"'])
async def test_unsigned_junk_gets_401(side: SlackSide, body: bytes) -> None:
    answer = await side.send(body, "application/json", {"X-Slack-Signature": "v0=00"})
    assert answer.status == 401


async def test_the_url_is_verified(side: SlackSide) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbr"}).encode()
    answer = await side.send(body, "application/json")
    assert (answer.status, answer.json) == (200, {"challenge": "3eZbr"})


async def test_slacks_ssl_check_is_answered_signed_or_not(side: SlackSide) -> None:
    form = "application/x-www-form-urlencoded"
    assert (await side.send(b"ssl_check=1&token=x", form)).status == 200
    assert (await side.send(b"ssl_check=1&token=x", form, {"X-Slack-Signature": ""})).status == 200


async def test_what_we_do_not_know_is_acknowledged(side: SlackSide, caplog: pytest.LogCaptureFixture) -> None:
    assert (await side.event({"type": "reaction_added", "user": "U1"})).status == 200
    assert (await side.interact({"type": "view_closed", "team": {"id": "T1"}})).status == 200
    body = json.dumps({"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1}).encode()
    with caplog.at_level(logging.WARNING):
        assert (await side.send(body, "application/json")).status == 200
    assert "T1" in caplog.text


# ---- messages ----


async def test_a_mention_is_kept_as_it_was_said(side: SlackSide, desk: BookDesk) -> None:
    said = {
        **MENTION,
        "text": "<@U0BOT> backlog assign APP-1 <@U2|bob> in <#C2|general> &amp; more",
        "thread_ts": "1699.5",
    }
    answer = await side.event(said)
    assert (answer.status, answer.text) == (200, "")
    assert desk.accepted == [
        Ask(
            id="T1:C1:1700000000.000100",
            connection=Connection(Platform.SLACK, "T1"),
            speaker=Speaker("U1"),
            place=Place("C1"),
            text="backlog assign APP-1 @U2 in #C2 & more",
            at=datetime.fromtimestamp(1700000000.0001, UTC),
            mentions={"U2": "bob"},
            channels={"C2": "general"},
            thread="1699.5",
            kept=True,
        )
    ]


async def test_who_lets_us_into_a_channel_is_welcomed_there_and_once_in_private(
    side: SlackSide, desk: BookDesk
) -> None:
    joined = {"type": "member_joined_channel", "user": "U0BOT", "channel": "C1", "inviter": "U1", "event_ts": "1700.5"}
    await side.event(joined)
    await side.event({**joined, "channel": "C2"})
    assert [(ask.id, ask.text, ask.speaker.external_id, ask.place.external_id) for ask in desk.accepted] == [
        ("T1:C1:joined:1700", "help hello=yes", "U1", "C1"),
        ("T1:U1:welcome", "help hello=yes", "U1", ""),
        ("T1:C2:joined:1700", "help hello=yes", "U1", "C2"),
        ("T1:U1:welcome", "help hello=yes", "U1", ""),
    ]
    assert desk.accepted[1].place.private
    await side.event({**joined, "user": "U2"})  # somebody else came in
    await side.event({**joined, "inviter": ""})
    assert len(desk.accepted) == 4


async def test_a_mention_under_two_events_is_one_ask(side: SlackSide, desk: BookDesk) -> None:
    await side.event(MENTION)
    await side.event({**MENTION, "type": "message", "channel_type": "channel"})
    assert [ask.id for ask in desk.accepted] == ["T1:C1:1700000000.000100"] * 2
    assert desk.accepted[0] == desk.accepted[1]


async def test_a_redelivery_reaches_the_desk_under_the_same_id(side: SlackSide, desk: BookDesk) -> None:
    await side.event(MENTION)
    await side.event(MENTION, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"})
    assert len(desk.accepted) == 2
    assert len({ask.id for ask in desk.accepted}) == 1


async def test_an_event_that_could_not_be_kept_is_not_acknowledged(side: SlackSide, desk: BookDesk) -> None:
    desk.broken = OSError("disk full")
    assert (await side.event(MENTION)).status == 500
    desk.broken = None
    assert (await side.event(MENTION, {"X-Slack-Retry-Num": "1"})).status == 200
    assert len(desk.accepted) == 1


async def test_an_event_is_acknowledged_only_once_it_is_kept(slack: SlackStandIn) -> None:
    gate = asyncio.Event()

    class SlowDesk(BookDesk):
        async def accept(self, ask: Ask) -> None:
            await gate.wait()
            await super().accept(ask)

    desk = SlowDesk()
    async with SlackSide(build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url)) as side:
        sent = asyncio.create_task(side.event(MENTION))
        done, _ = await asyncio.wait({sent}, timeout=0.1)
        assert not done
        gate.set()
        assert (await sent).status == 200
        assert len(desk.accepted) == 1


async def test_a_direct_message_needs_no_mention(side: SlackSide, desk: BookDesk) -> None:
    said = {**MENTION, "type": "message", "channel": "D1", "channel_type": "im", "text": "mine"}
    await side.event(said)
    await side.event({**said, "ts": "2.0", "subtype": "file_share", "text": "", "files": []})
    assert [(ask.text, ask.place) for ask in desk.accepted] == [
        ("mine", Place("D1", PlaceKind.PRIVATE, address={"user": "U1"})),
        ("", Place("D1", PlaceKind.PRIVATE, address={"user": "U1"})),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed", "user": None},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"bot_id": "B2"},
        {"user": "U0BOT"},
        {"edited": {"user": "U1", "ts": "1.0"}},
        {"channel_type": "channel", "text": "no mention"},
        {"channel_type": "channel", "text": "<@U0BOTTLE> hi"},
    ],
)
async def test_what_is_not_said_to_us_is_no_ask(side: SlackSide, desk: BookDesk, change: dict[str, Any]) -> None:
    said = {**MENTION, "type": "message", "channel_type": "im", **change}
    assert (await side.event({key: value for key, value in said.items() if value is not None})).status == 200
    assert not desk.accepted


async def test_our_own_name_is_asked_for_where_the_event_does_not_say_it(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    slack.fail("auth.test", error="internal_error")
    assert (await side.event(MENTION, authorizations=[])).status == 500, "Slack must send it again"
    assert (await side.event(MENTION, authorizations=[])).status == 200
    assert (await side.event({**MENTION, "ts": "2.0"}, authorizations=[])).status == 200
    assert [ask.text for ask in desk.accepted] == ["backlog list"] * 2
    assert desk.accepted[0].link == "https://acme.slack.com/archives/C1/p1700000000000100"
    assert slack.calls.count("auth.test") == 2


# ---- slash commands ----


@pytest.mark.parametrize(
    ("command", "text", "says"),
    [
        ("/steward", "", ""),
        ("/steward", "backlog list", "backlog list"),
        ("/backlog", "list status=new", "backlog list status=new"),
        ("/backlog", "  ", "help backlog"),
        ("/ask", "What is it for?", "ask What is it for?"),
        ("/standup", "answer", "standup answer"),
        ("/sprint", "", "help sprint"),
        ("/backlog", "add Fix the payload of &lt;b&gt;", "backlog add Fix the payload of <b>"),
    ],
)
async def test_a_slash_command_says_its_line(
    side: SlackSide, desk: BookDesk, command: str, text: str, says: str
) -> None:
    assert (await side.slash(command, text)).status == 200
    ask, rides = desk.answered[0]
    assert ask.text == says
    assert rides == {"you", "place"}
    assert ask == Ask(
        id="13345224609.738474920.8088930838d88f008e0",
        connection=Connection(Platform.SLACK, "T1"),
        speaker=Speaker("U1", "ann"),
        place=Place("C1", PlaceKind.CHANNEL, "app"),
        text=says,
        at=NOW,
    )


async def test_the_reply_rides_in_the_answer(side: SlackSide, desk: BookDesk) -> None:
    shared = (await side.slash("/backlog", "add CSV")).json
    assert shared["response_type"] == "in_channel"
    desk.says = MINE
    mine = (await side.slash("/backlog", "list")).json
    assert mine["response_type"] == "ephemeral"
    assert mine["text"].startswith("Acme app · 42 open items")
    assert mine["blocks"][-1]["type"] == "actions"
    assert mine["unfurl_links"] is False


async def test_a_slow_command_says_so(side: SlackSide, desk: BookDesk) -> None:
    desk.says = None
    assert (await side.slash("/backlog", "list")).json == {
        "response_type": "ephemeral",
        "text": "Working on it. The answer follows here.",
    }


async def test_a_refusal_is_a_sentence_and_the_next_step(side: SlackSide, desk: BookDesk) -> None:
    desk.says = Reply(False, "you", refused=f"{HOSTILE} is not in this product.", try_="backlog list")
    answer = (await side.slash("/backlog", "show X")).json
    assert answer["response_type"] == "ephemeral"
    assert "<" not in answer["text"]
    assert answer["text"].endswith("is not in this product.\nTry: backlog list")


async def test_a_slash_command_between_two_people_is_answered_to_one(side: SlackSide) -> None:
    answer = await side.slash("/backlog", "list", channel_id="D9", channel_name="directmessage")
    assert answer.json["response_type"] == "ephemeral"


async def test_private_channels_have_no_name(side: SlackSide, desk: BookDesk) -> None:
    await side.slash("/backlog", "list", channel_id="C9", channel_name="privategroup")
    await side.slash("/backlog", "list", channel_id="C8", channel_name="mpdm-ann--bob-1")
    await side.slash("/backlog", "list", channel_id="D9", channel_name="directmessage")
    assert [ask.place for ask, _ in desk.answered] == [
        Place("C9", PlaceKind.CHANNEL),
        Place("C8", PlaceKind.GROUP),
        Place("D9", PlaceKind.PRIVATE, address={"user": "U1"}),
    ]


async def test_a_form_opens_at_once(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    desk.says = FORM
    answer = await side.slash("/backlog", "add")
    assert (answer.status, answer.text) == (200, "")
    assert slack.views[0]["trigger_id"].startswith("13345224609")
    assert slack.views[0]["view"]["callback_id"] == "form"


@pytest.mark.parametrize("fault", [{"error": "expired_trigger_id"}, {"drop": "before"}, {"slow": 3.0}])
async def test_a_form_that_cannot_open_is_a_button(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk, fault: dict[str, Any]
) -> None:
    slack.fail("views.open", **fault)
    desk.says = FORM
    answer = (await side.slash("/backlog", "add")).json
    button = answer["blocks"][-1]["elements"][0]
    assert (button["text"]["text"], button["value"]) == ("Fill in", "backlog add")
    assert button["action_id"].startswith("form:")


async def test_a_form_is_not_tried_when_slack_would_not_take_it_in_time(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who speaks and what to answer may have taken all of the three seconds that a trigger lives."""
    monkeypatch.setattr("bot.slack.app.ALL_SECONDS", 0.0)
    desk.says = FORM
    answer = (await side.slash("/backlog", "add")).json
    assert answer["blocks"][-1]["elements"][0]["value"] == "backlog add"
    assert "views.open" not in slack.calls


async def test_a_prefix_keeps_two_stewards_apart(slack: SlackStandIn, desk: BookDesk) -> None:
    assert set(commands("acme")) == {f"/acme-{name}" for name in ("steward", "backlog", "sprint", "standup", "ask")}
    assert commands("acme-") == commands("/acme") == commands("acme")
    app = build(desk, token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url, prefix="acme")
    async with SlackSide(app) as side:
        await side.slash("/acme-backlog", "list")
        assert desk.answered[0][0].text == "backlog list"
        assert "/acme-backlog" in (await side.slash("/backlog", "list")).json["text"]


# ---- buttons ----


async def test_a_button_says_what_it_carries(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    answer = await side.interact(click(slack, message={"ts": "1700000000.000100", "thread_ts": "1699.5"}))
    assert (answer.status, answer.text) == (200, "")
    ask, rides = desk.answered[0]
    assert rides == {"you"}
    assert ask == Ask(
        id="U1:say:0:1700000050.000200",
        connection=Connection(Platform.SLACK, "T1"),
        speaker=Speaker("U1", "ann"),
        place=Place("C1", PlaceKind.CHANNEL, "app"),
        text="backlog list",
        at=datetime.fromtimestamp(1700000050.0002, UTC),
        thread="1699.5",
        link="https://acme.slack.com/archives/C1/p1700000000000100?thread_ts=1699.5&cid=C1",
    )


async def test_a_shared_answer_to_a_click_comes_by_the_outbox_alone(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    assert (await side.interact(click(slack, value=None))).status == 200
    assert desk.answered[0][0].text == ""
    await side.stop()
    assert not slack.hooks


async def test_a_private_answer_stands_beside_a_shared_card(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = MINE
    await side.interact(click(slack, message={"ts": "1700000000.000100", "thread_ts": "1699.5"}))
    await side.settle()
    shown = slack.hooks[0]
    assert (shown["response_type"], shown["replace_original"], shown["thread_ts"]) == ("ephemeral", False, "1699.5")
    assert shown["text"].startswith("Acme app")


async def test_a_private_answer_takes_the_place_of_a_private_card(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = MINE
    container = {"type": "message", "message_ts": "1700000000.000100", "is_ephemeral": True, "thread_ts": "1699.5"}
    await side.interact({**click(slack, container=container), "message": None})
    await side.settle()
    assert slack.hooks[0]["replace_original"] is True
    assert desk.answered[0][0].thread == "1699.5"
    assert desk.answered[0][0].link == "", "nobody can go back to an ephemeral message"


async def test_answers_in_our_own_chat_stay(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    desk.says = MINE
    await side.interact(click(slack, channel={"id": "D1", "name": "directmessage"}))
    await side.settle()
    assert slack.hooks[0]["response_type"] == "in_channel"


async def test_a_stop_after_the_answer_loses_no_reply(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    desk.says = MINE
    slack.fail("hook", slow=0.3)
    await side.interact(click(slack))
    assert not slack.hooks
    await side.stop()
    assert len(slack.hooks) == 1


async def test_a_click_in_hand_at_the_stop_is_answered(slack: SlackStandIn) -> None:
    asked, gate = asyncio.Event(), asyncio.Event()

    class SlowDesk(BookDesk):
        async def answer(self, ask: Ask, ride: Ride) -> Reply | None:
            asked.set()
            await gate.wait()
            return await super().answer(ask, ride)

    app = build(SlowDesk(MINE), token="xoxb-1", signing_secret=SECRET, base_url=slack.base_url)
    async with SlackSide(app) as side:
        slack.fail("hook", slow=0.2)
        sent = asyncio.create_task(side.interact(click(slack)))
        await asked.wait()
        stopped = asyncio.create_task(side.stop())
        await asyncio.sleep(0)
        gate.set()
        assert (await sent).status == 200
        await stopped
        assert len(slack.hooks) == 1


async def test_a_click_that_fails_is_not_acknowledged(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    desk.broken = OSError("disk full")
    assert (await side.interact(click(slack))).status == 500


async def test_an_address_that_is_gone_is_logged(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.says = MINE
    slack.fail("hook", status=404)
    assert (await side.interact(click(slack))).status == 200
    await side.settle()
    assert "expired_url" in caplog.text


async def test_a_form_button_opens_its_form(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    desk.says = FORM
    await side.interact(click(slack, "backlog edit APP-1", "form:3"))
    assert desk.answered[0][0].text == "backlog edit APP-1"
    shown = slack.views[0]
    assert (shown["how"], shown["trigger_id"]) == ("open", "tr.1")
    assert Origin.unpacked(shown["view"]["private_metadata"], "U1").submit == "backlog add"


async def test_a_form_button_that_may_not_is_refused_in_words(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = Reply(False, refused="Only leads may.", try_="help")
    await side.interact(click(slack, "sprint new", "form:0"))
    await side.settle()
    assert slack.hooks[0]["text"] == "Only leads may.\nTry: help"


async def test_another_apps_input_is_no_ask(side: SlackSide, slack: SlackStandIn, desk: BookDesk) -> None:
    assert (await side.interact(click(slack, action="datepicker-1"))).status == 200
    assert not desk.answered


# ---- forms ----


async def test_a_submitted_form_says_its_line_with_its_values(side: SlackSide, desk: BookDesk) -> None:
    answer = await side.interact(submitted(FORMS["add"], title="CSV &amp; <x>", points=None))
    assert (answer.status, answer.text) == (200, "")
    ask, rides = desk.answered[0]
    assert rides == {"you"}
    assert ask == Ask(
        id=ask.id,
        connection=Connection(Platform.SLACK, "T1"),
        speaker=Speaker("U1", "ann"),
        place=Place("C1", PlaceKind.CHANNEL, "app"),
        text="backlog add",
        at=NOW,
        values={"title": "CSV &amp; <x>", "points": ""},
        thread="17.1",
        link="https://acme.slack.com/x",
    )


async def test_a_corrected_form_is_another_ask(side: SlackSide, desk: BookDesk) -> None:
    """The modal keeps its id, and a kept refusal would be its answer for ever."""
    await side.interact(submitted(FORMS["add"], title="x", points="many"))
    await side.interact(submitted(FORMS["add"], title="x", points="many"))
    await side.interact(submitted(FORMS["add"], title="x", points="5"))
    first, again, corrected = (ask.id for ask, _ in desk.answered)
    assert first == again != corrected
    assert {first.partition(":")[0], corrected.partition(":")[0]} == {"V1"}


async def test_what_is_typed_into_a_form_that_takes_drafts_is_kept_while_it_is_typed(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = Reply(True, card=Card("Your answer is kept as a draft"))
    for stamp, so_far in (("1700000050.1", "the au"), ("1700000051.2", "the audit log")):
        assert (await side.interact(typed(FORMS["standup"], stamp, today=so_far))).status == 200
    (first, rides), (second, _) = desk.answered
    line = "standup answer Daily for=2026-11-03 draft=yes"
    assert (first.text, first.values) == (line, {"today": "the au"})
    assert (second.text, second.values) == (line, {"today": "the audit log"})
    assert first.id != second.id
    assert first.at < second.at, "what was typed later replaces what was typed before, whichever comes first"
    assert rides == {"you"}
    assert set(slack.calls) <= {"users.info"}, "nobody is told of it"


async def test_a_draft_that_takes_long_is_told_nowhere_either() -> None:
    ride = Ride(frozenset({"you"}), unheard=True)
    assert ride.give_up()
    assert ride.settle(Reply(True, card=Card("kept"))), "it does not go through the outbox"


async def test_people_and_channels_picked_in_a_form_are_vouched_for(side: SlackSide, desk: BookDesk) -> None:
    body = submitted(FORMS["add"], title="x")
    body["view"]["state"]["values"] |= {
        "assignee": {"value": {"type": "users_select", "selected_user": "U7"}},
        "with": {"value": {"type": "multi_users_select", "selected_users": ["U8", "U9"]}},
        "channel": {"value": {"type": "conversations_select", "selected_conversation": "C7"}},
    }
    await side.interact(body)
    ask = desk.answered[0][0]
    assert ask.values == {"title": "x", "assignee": "U7", "with": "U8\nU9", "channel": "C7"}
    assert (ask.mentions, ask.channels) == ({"U7": "", "U8": "", "U9": ""}, {"C7": ""})


async def test_errors_stand_at_their_fields(side: SlackSide, desk: BookDesk) -> None:
    errors = (("points", "Points are a number, such as 5."), ("elsewhere", "not in this form"))
    desk.says = Reply(False, refused="2 fields are wrong.", errors=errors)
    answer = await side.interact(submitted(FORMS["add"], title="x", points="many"))
    assert answer.json == {"response_action": "errors", "errors": {"points": "Points are a number, such as 5."}}


async def test_a_refused_form_is_not_lost(side: SlackSide, desk: BookDesk) -> None:
    desk.says = Reply(False, refused="Only members add items.", try_="help")
    answer = (await side.interact(submitted(FORMS["add"], title="x"))).json
    assert answer["response_action"] == "push", "what was typed stays below"
    assert "Only members add items." in json.dumps(answer["view"])


async def test_a_private_answer_to_a_form_is_shown_in_its_place(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = Reply(True, "you", Card("Preview", (), (Button("More", "backlog list from=21"),)))
    answer = (await side.interact(submitted(FORMS["add"], title="x"))).json
    assert answer["response_action"] == "update"
    shown = {"id": "V1", "private_metadata": answer["view"]["private_metadata"]}
    await side.interact(
        {**click(slack, container={"type": "view", "view_id": "V1"}, view=shown, response_url=None), "channel": None}
    )
    await side.settle()
    assert slack.views[0]["how"] == "update"
    assert slack.views[0]["view_id"] == "V1"
    ask = desk.answered[1][0]
    assert (ask.place, ask.thread) == (Place("C1", PlaceKind.CHANNEL, "app"), "17.1")


async def test_a_form_behind_a_form_takes_its_place(side: SlackSide, desk: BookDesk) -> None:
    desk.says = FORM
    answer = (await side.interact(submitted(FORMS["add"], title="x"))).json
    assert answer["response_action"] == "update"
    assert answer["view"]["callback_id"] == "form"


# ---- the shortcut ----


def shortcut(slack: SlackStandIn, text: str) -> dict[str, Any]:
    return {
        "type": "message_action",
        "callback_id": "save_as_item",
        "team": {"id": "T1", "domain": "acme"},
        "channel": {"id": "C1", "name": "app"},
        "message": {"type": "message", "user": "U2", "ts": "1700000000.000100", "text": text},
        "message_ts": "1700000000.000100",
        "action_ts": "1700000060.000300",
        "trigger_id": "tr.3",
        "response_url": slack.hook_url,
    }


async def test_a_message_is_saved_with_its_text_and_a_link_back(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = FORM
    await side.interact(shortcut(slack, "\n Export fails &amp; hangs \nfor <@U2|bob>"))
    ask, rides = desk.answered[0]
    assert ask.id == "U1:save_as_item:1700000060.000300"
    assert (ask.text, ask.values, rides) == ("backlog add", {}, {"you"})
    shown = slack.views[0]["view"]
    initial = {block["block_id"]: block["element"]["initial_value"] for block in shown["blocks"]}
    assert initial == {"title": "Export fails & hangs", "description": "Export fails & hangs \nfor @U2"}
    submit = Origin.unpacked(shown["private_metadata"], "U1").submit
    assert submit == 'backlog add link-back="https://acme.slack.com/archives/C1/p1700000000000100"'


async def test_a_message_is_saved_as_feedback_with_a_link_back(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = Reply(True, form=Form("Save feedback", (Field("text", "What was said", "longtext"),), "feedback add"))
    await side.interact({**shortcut(slack, "We retype\nevery invoice"), "callback_id": "save_as_feedback"})
    assert [ask.text for ask, _ in desk.answered] == ["feedback add"]
    shown = slack.views[0]["view"]
    assert [block["element"]["initial_value"] for block in shown["blocks"]] == ["We retype\nevery invoice"]
    submit = Origin.unpacked(shown["private_metadata"], "U1").submit
    assert submit == 'feedback add link-back="https://acme.slack.com/archives/C1/p1700000000000100"'


async def test_a_long_first_line_keeps_its_end_in_the_description(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = FORM
    await side.interact(shortcut(slack, "word " * 100))
    title, description = (block["element"]["initial_value"] for block in slack.views[0]["view"]["blocks"])
    assert len(title) <= 255
    assert description == ("word " * 100).strip()


async def test_a_shortcut_that_may_not_is_refused_in_words(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = Reply(False, refused="Only members add items.", try_="help")
    await side.interact(shortcut(slack, "Export fails"))
    await side.settle()
    assert slack.hooks[0]["response_type"] == "ephemeral"


async def test_a_shortcut_between_two_people_is_answered_to_one(
    side: SlackSide, slack: SlackStandIn, desk: BookDesk
) -> None:
    desk.says = MINE
    await side.interact({**shortcut(slack, "Export fails"), "channel": {"id": "D9", "name": "directmessage"}})
    await side.settle()
    assert slack.hooks[0]["response_type"] == "ephemeral"


async def test_everybody_may_be_asked_at_once(side: SlackSide, desk: BookDesk) -> None:
    desk.says = DONE
    answers = await asyncio.gather(*(side.slash("/backlog", f"add {n}", trigger_id=f"t{n}") for n in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len({ask.id for ask, _ in desk.answered}) == 50
