"""Deliveries to a Slack that keeps what it gets, and misbehaves."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack.outcomes import SHUT
from bot.slack.send import SlackSender
from core.chat.ask import Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Card, Field, File, Form, Picture, Reply
from core.schedule.delivery import Delivery, Later, Never, Refuses, Sent, Standing, Unknown
from core.schedule.outbox import LEASE
from tests.gallery import GALLERY, HOSTILE
from tests.slack_stand_in import SlackStandIn

CHANNEL = Place("C1", PlaceKind.CHANNEL, "app")
PRIVATE = Place("D1", PlaceKind.PRIVATE)
ANN = Speaker("U1", "ann")
PNG = b"\x89PNG of a burndown"
CHART = Reply(True, "place", Card("Burndown", (Picture("burndown", "12 of 30 points left"),)))
EXPORT = Reply(True, "place", Card("Here it is", (File("backlog.csv", "text/csv", text="key,title\n"),)))


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(page=2) as stand_in:
        yield stand_in


async def pictures(connection: Connection, name: str) -> bytes | None:
    """What is kept: one picture, in one workspace."""
    return PNG if (connection.external_id, name) == ("T1", "burndown") else None


@pytest.fixture
def sender(slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> SlackSender:
    monkeypatch.setattr("bot.slack.send.READY", (0.0, 0.0))
    return SlackSender("xoxb-1", base_url=slack.base_url, timeout=2, load=pictures)


def delivery(**change: Any) -> Delivery:
    usual: dict[str, Any] = {
        "key": "ask:1",
        "token": "lease",
        "connection": Connection(Platform.SLACK, "T1"),
        "place": CHANNEL,
        "only_for": None,
        "thread": None,
        "reply": Reply(True, "place", Card("Added APP-12 CSV export")),
        "moment": datetime.now(UTC),
        "until": datetime.now(UTC) + LEASE,
    }
    return Delivery(**{**usual, **change})


async def test_a_message_carries_its_key_and_unfurls_nothing(slack: SlackStandIn, sender: SlackSender) -> None:
    sent = await sender.send(delivery(thread="1699.5"))
    (kept,) = slack.messages
    assert sent == Sent(kept["ts"])
    assert kept["channel"] == "C1"
    assert kept["metadata"] == {"event_type": "steward_delivery", "event_payload": {"key": "ask:1"}}
    assert kept["thread_ts"] == "1699.5"
    assert kept["text"] == "Added APP-12 CSV export"
    assert (kept["unfurl_links"], kept["unfurl_media"]) == (False, False)
    assert not kept.get("reply_broadcast")


async def test_what_is_for_one_person_is_ephemeral_in_a_channel(slack: SlackStandIn, sender: SlackSender) -> None:
    assert isinstance(await sender.send(delivery(only_for=ANN, thread="1699.5")), Sent)
    assert (slack.messages[0]["ephemeral"], slack.messages[0]["user"]) == (True, "U1")
    assert slack.messages[0]["thread_ts"] == "1699.5"


async def test_what_is_for_one_person_stays_in_their_private_chat(slack: SlackStandIn, sender: SlackSender) -> None:
    assert isinstance(await sender.send(delivery(only_for=ANN, place=PRIVATE)), Sent)
    assert (slack.messages[0]["ephemeral"], slack.messages[0]["channel"]) == (False, "D1")


@pytest.mark.parametrize("error", ["not_in_channel", "channel_not_found", "user_not_in_channel"])
async def test_where_we_may_not_whisper_we_write_to_the_person(
    slack: SlackStandIn, sender: SlackSender, error: str
) -> None:
    slack.fail("chat.postEphemeral", error=error)
    assert isinstance(await sender.send(delivery(only_for=ANN, thread="1699.5")), Sent)
    (kept,) = slack.messages
    assert (kept["channel"], kept["ephemeral"]) == ("DU1", False)
    assert "thread_ts" not in kept, "the thread is in another place"
    assert kept["metadata"]["event_payload"] == {"key": "ask:1"}


async def test_what_the_channel_was_to_see_is_told_to_who_asked_where_we_are_not_in_it(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    slack.fail("chat.postMessage", error="not_in_channel")
    assert isinstance(await sender.send(replace(delivery(), asker=ANN)), Sent)
    assert slack.messages[0]["channel"] == "DU1"
    assert "I cannot write in <#C1>: I am not in that channel. Invite me there" in str(slack.messages[0]["blocks"][0])


async def test_a_private_chat_of_two_people_is_answered_in_ours(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("chat.postMessage", error="channel_not_found")
    theirs = Place("D9", PlaceKind.PRIVATE, address={"user": "U1"})
    assert isinstance(await sender.send(delivery(place=theirs)), Sent)
    assert slack.messages[0]["channel"] == "DU1"


async def test_a_person_without_a_place_is_written_to(slack: SlackStandIn, sender: SlackSender) -> None:
    assert isinstance(await sender.send(delivery(only_for=ANN, place=Place("", PlaceKind.PRIVATE))), Sent)
    assert slack.messages[0]["channel"] == "DU1"


async def test_a_form_that_waits_is_a_button(slack: SlackStandIn, sender: SlackSender) -> None:
    form = Form("Add an item", (Field("title", "Title"),), "backlog add")
    await sender.send(delivery(reply=Reply(True, form=form)))
    button = slack.messages[0]["blocks"][-1]["elements"][0]
    assert (button["action_id"], button["text"]["text"], button["value"]) == ("form:0", "Fill in", "backlog add")


async def test_a_refusal_is_its_sentence_and_the_next_step(slack: SlackStandIn, sender: SlackSender) -> None:
    await sender.send(delivery(reply=Reply(False, refused=HOSTILE, try_="backlog show APP-1", card=GALLERY["refusal"])))
    text = slack.messages[0]["text"]
    assert text.startswith("&lt;!channel&gt; &amp; &lt;@U1&gt;")
    assert "\nTry: backlog show APP-1\n" in text
    assert slack.messages[0]["blocks"][-1]["type"] == "actions"


async def test_being_paced_is_obeyed(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("chat.postMessage", retry_after=7)
    outcome = await sender.send(delivery())
    assert isinstance(outcome, Later)
    assert outcome.wait == timedelta(seconds=7)
    assert not slack.messages


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ("is_archived", Refuses("the channel is archived", SHUT["is_archived"][1])),
        ("channel_not_found", Refuses("I cannot see that channel", "Invite me there with /invite.")),
        ("not_in_channel", Refuses("I am not in that channel", "Invite me there with /invite.")),
        ("user_not_found", Refuses("Slack does not know them any more")),
        ("no_text", Never("no_text")),
    ],
)
async def test_a_place_that_refuses_for_good_is_left_alone(
    slack: SlackStandIn, sender: SlackSender, error: str, outcome: object
) -> None:
    slack.fail("chat.postMessage", error=error)
    assert await sender.send(delivery()) == outcome


@pytest.mark.parametrize(
    "error", ["invalid_auth", "account_inactive", "token_revoked", "missing_scope", "service_unavailable"]
)
async def test_trouble_of_our_own_is_not_the_places(slack: SlackStandIn, sender: SlackSender, error: str) -> None:
    slack.fail("chat.postMessage", error=error)
    outcome = await sender.send(delivery())
    assert isinstance(outcome, Later)
    assert outcome.why == error


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"drop": "before"}, {"status": 503}, {"error": "fatal_error"}])
async def test_what_nobody_knows_is_said_and_never_sent_again(
    slack: SlackStandIn, sender: SlackSender, fault: dict[str, Any]
) -> None:
    slack.fail("chat.postMessage", **fault)
    assert isinstance(await sender.send(delivery()), Unknown)
    assert slack.calls == ["chat.postMessage"]


async def test_a_post_that_times_out_is_unknown(slack: SlackStandIn) -> None:
    hasty = SlackSender("xoxb-1", base_url=slack.base_url, timeout=1)
    slack.fail("chat.postMessage", slow=5.0)
    attempted = datetime.now(UTC)
    assert isinstance(await hasty.send(delivery()), Unknown)
    assert await hasty.find(delivery(attempted=attempted)) == slack.messages[0]["ts"], "it stands there"


async def test_an_unreachable_slack_got_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = await SlackSender("xoxb-1", base_url=f"http://127.0.0.1:{port}/api/").send(delivery())
    assert isinstance(outcome, Later)


async def test_a_private_chat_that_could_not_be_opened_got_nothing(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("conversations.open", drop="after")
    assert isinstance(await sender.send(delivery(only_for=ANN, place=Place("", PlaceKind.PRIVATE))), Later)
    assert not slack.messages


async def test_blocks_that_slack_does_not_take_become_words(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("chat.postMessage", error="invalid_blocks")
    assert isinstance(await sender.send(delivery(reply=Reply(True, "place", GALLERY["import preview"]))), Sent)
    (kept,) = slack.messages
    assert "blocks" not in kept
    assert kept["text"].startswith("128 items from jira.csv")
    slack.fail("chat.postMessage", error="invalid_blocks")
    slack.fail("chat.postMessage", error="invalid_blocks")
    assert await sender.send(delivery()) == Never("invalid_blocks"), "one more attempt, not for ever"


async def test_an_earlier_attempt_is_found_by_its_key(slack: SlackStandIn, sender: SlackSender) -> None:
    began = datetime.now(UTC)
    sent = await sender.send(delivery(key="ask:1"))
    for number in range(2, 8):
        await sender.send(delivery(key=f"ask:{number}"))
    assert isinstance(sent, Sent)
    assert await sender.find(delivery(attempted=began)) == sent.ref
    assert slack.calls.count("conversations.history") == 4, "on the last of four pages"
    assert await sender.find(delivery(key="ask:99", attempted=began)) is None
    assert await sender.find(delivery(attempted=began + timedelta(hours=1))) is None, "older than the attempt"


async def test_an_earlier_attempt_in_a_thread_is_found(slack: SlackStandIn, sender: SlackSender) -> None:
    sent = await sender.send(delivery(thread="1699.5"))
    assert isinstance(sent, Sent)
    assert await sender.find(delivery(thread="1699.5", attempted=datetime.now(UTC))) == sent.ref
    assert await sender.find(delivery(thread="1699.6", attempted=datetime.now(UTC))) is None


async def test_an_earlier_attempt_in_a_private_chat_is_found(slack: SlackStandIn, sender: SlackSender) -> None:
    nowhere = Place("", PlaceKind.PRIVATE)
    sent = await sender.send(delivery(only_for=ANN, place=nowhere))
    assert isinstance(sent, Sent)
    assert await sender.find(delivery(only_for=ANN, place=nowhere, attempted=datetime.now(UTC))) == sent.ref
    slack.fail("conversations.history", error="channel_not_found")
    foreign = delivery(only_for=ANN, place=Place("D9", PlaceKind.PRIVATE), attempted=datetime.now(UTC))
    assert await sender.find(foreign) == sent.ref


async def test_ephemeral_messages_cannot_be_asked_for(sender: SlackSender) -> None:
    with pytest.raises(NotImplementedError):
        await sender.find(delivery(only_for=ANN, attempted=datetime.now(UTC)))


async def test_a_channel_we_may_not_read_cannot_be_asked(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("conversations.history", error="missing_scope")
    with pytest.raises(NotImplementedError):
        await sender.find(delivery(attempted=datetime.now(UTC)))


@pytest.mark.parametrize("fault", [{"retry_after": 30}, {"drop": "before"}, {"error": "internal_error"}])
async def test_not_knowing_is_not_absence(slack: SlackStandIn, sender: SlackSender, fault: dict[str, Any]) -> None:
    for _ in range(2):  # a read over a dropped connection is tried once more by aiohttp itself
        slack.fail("conversations.history", **fault)
    with pytest.raises(ConnectionError):
        await sender.find(delivery(attempted=datetime.now(UTC)))


# ---- edits, and what is said unasked ----

NOWHERE = Place("", PlaceKind.PRIVATE)


def edit(of: Sent, **change: Any) -> Delivery:
    return delivery(
        key="ask:2",
        first="ask:1",
        replaces=Standing(of.ref, of.where),
        reply=Reply(True, "place", Card("Done APP-12")),
        **change,
    )


async def sent_first(sender: SlackSender, **change: Any) -> Sent:
    sent = await sender.send(delivery(**change))
    assert isinstance(sent, Sent)
    return sent


async def test_an_edit_stands_in_the_place_of_the_first_and_keeps_its_key(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    first = await sent_first(sender)
    assert await sender.send(edit(first)) == first
    (kept,) = slack.messages
    assert (kept["text"], kept["edits"]) == ("Done APP-12", 1)
    assert kept["metadata"]["event_payload"] == {"key": "ask:1"}


async def test_a_person_is_written_to_in_their_own_chat_and_edited_there(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    first = await sent_first(sender, place=NOWHERE, only_for=ANN)
    assert first.where == "DU1"
    assert await sender.send(edit(first, place=NOWHERE, only_for=ANN)) == first
    assert [(one["channel"], one["text"]) for one in slack.messages] == [("DU1", "Done APP-12")]


async def test_a_chat_of_two_other_people_is_not_where_a_person_is_written_to(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    slack.fail("chat.postMessage", error="channel_not_found")
    first = await sent_first(sender, place=PRIVATE, only_for=ANN)
    assert (first.where, slack.messages[0]["channel"]) == ("DU1", "DU1")


async def test_what_was_to_replace_a_message_that_is_gone_is_posted_under_its_key(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    sent = await sender.send(edit(Sent("1699.5"), thread="1699.1"))
    (kept,) = slack.messages
    assert sent == Sent(kept["ts"])
    assert (kept["thread_ts"], kept["metadata"]["event_payload"]) == ("1699.1", {"key": "ask:1"})


async def test_what_was_posted_anew_by_a_lost_attempt_is_found_and_not_posted_again(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    began = datetime.now(UTC)
    slack.fail("chat.postMessage", drop="after")
    assert isinstance(await sender.send(edit(Sent("1699.5"))), Unknown)
    again = edit(Sent("1699.5"), attempted=began)
    with pytest.raises(NotImplementedError):
        await sender.find(again)
    sent = await sender.send(again)
    (kept,) = slack.messages
    assert sent == Sent(kept["ts"])
    assert kept["edits"] == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [({"error": "not_in_channel"}, Refuses), ({"retry_after": 7}, Later), ({"drop": "before"}, Unknown)],
)
async def test_an_edit_that_fails_otherwise_is_not_posted_a_second_time(
    slack: SlackStandIn, sender: SlackSender, fault: dict[str, Any], outcome: type
) -> None:
    first = await sent_first(sender)
    slack.fail("chat.update", **fault)
    assert isinstance(await sender.send(edit(first)), outcome)
    assert len(slack.messages) == 1


# ---- pictures and files ----


def images(message: dict[str, Any]) -> list[str]:
    return [block["slack_file"]["id"] for block in message["blocks"] if block["type"] == "image"]


async def test_a_picture_is_uploaded_once_and_shown_in_a_message_with_our_key(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    for key in ("ask:1", "ask:2"):
        assert isinstance(await sender.send(delivery(key=key, reply=CHART)), Sent)
    ((file, kept),) = slack.files.items()
    assert kept["content"] == PNG
    assert [images(one) for one in slack.messages] == [[file], [file]]
    assert slack.messages[0]["metadata"]["event_payload"] == {"key": "ask:1"}
    assert slack.messages[0]["blocks"][-1]["alt_text"] == "12 of 30 points left"


async def test_a_picture_that_slack_still_looks_over_is_waited_for(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.looks_over = 2
    assert isinstance(await sender.send(delivery(reply=CHART)), Sent)
    (kept,) = slack.messages
    assert len(images(kept)) == 1


async def test_a_picture_that_is_never_taken_is_told_in_words_and_uploaded_anew_the_next_time(
    slack: SlackStandIn, sender: SlackSender
) -> None:
    slack.looks_over = 99
    assert isinstance(await sender.send(delivery(reply=CHART)), Sent)
    slack.looks_over = 0
    assert isinstance(await sender.send(delivery(reply=CHART)), Sent)
    first, second = slack.messages
    assert (images(first), len(images(second))) == ([], 1)
    assert "12 of 30 points left" in str(first["blocks"])


@pytest.mark.parametrize(
    ("method", "fault", "shown"),
    [
        ("files.getUploadURLExternal", {"error": "missing_scope"}, True),
        ("files.getUploadURLExternal", {"retry_after": 7}, False),
        ("files.getUploadURLExternal", {"drop": "before"}, False),
        ("files.completeUploadExternal", {"drop": "after"}, False),
    ],
)
async def test_a_picture_that_cannot_be_uploaded_is_words_or_comes_later(
    slack: SlackStandIn, sender: SlackSender, method: str, fault: dict[str, Any], shown: bool
) -> None:
    slack.fail(method, **fault)
    outcome = await sender.send(delivery(reply=CHART))
    assert isinstance(outcome, Sent if shown else Later)
    assert len(slack.messages) == shown


async def test_a_picture_of_another_workspace_is_words(slack: SlackStandIn, sender: SlackSender) -> None:
    foreign = delivery(reply=CHART, connection=Connection(Platform.SLACK, "T2"))
    assert isinstance(await sender.send(foreign), Sent)
    assert (slack.files, images(slack.messages[0])) == ({}, [])


async def test_a_picture_is_shown_in_an_edit_too(slack: SlackStandIn, sender: SlackSender) -> None:
    first = await sent_first(sender)
    await sender.send(replace(edit(first), reply=CHART))
    (kept,) = slack.messages
    assert len(images(kept)) == 1


async def test_a_file_stands_beside_its_message_in_the_same_thread(slack: SlackStandIn, sender: SlackSender) -> None:
    sent = await sender.send(delivery(reply=EXPORT, thread="1699.5"))
    said, file = slack.messages
    assert sent == Sent(said["ts"])
    assert (file["channel"], file["thread_ts"], file["files"][0]["title"]) == ("C1", "1699.5", "backlog.csv")
    (content,) = slack.files.values()
    assert (content["content"], content["name"]) == (b"key,title\n", "backlog.csv")
    assert "could not be shown" not in str(said["blocks"])


async def test_a_file_for_one_person_goes_to_their_own_chat(slack: SlackStandIn, sender: SlackSender) -> None:
    sent = await sender.send(delivery(reply=EXPORT, thread="1699.5", only_for=ANN))
    assert {one["channel"] for one in slack.messages} == {"DU1"}
    assert not any(one["ephemeral"] or one.get("thread_ts") for one in slack.messages)
    assert sent == Sent(slack.messages[0]["ts"], "DU1")


async def test_a_file_that_slack_does_not_take_is_told_in_words(slack: SlackStandIn, sender: SlackSender) -> None:
    slack.fail("files.getUploadURLExternal", error="missing_scope")
    assert isinstance(await sender.send(delivery(reply=EXPORT)), Sent)
    (said,) = slack.messages
    assert "key,title" in str(said["blocks"])


async def test_a_file_that_was_lost_behind_its_message_follows_once(slack: SlackStandIn, sender: SlackSender) -> None:
    began = datetime.now(UTC)
    slack.fail("files.completeUploadExternal", drop="before")
    lost = delivery(reply=EXPORT)
    assert isinstance(await sender.send(lost), Unknown)
    again = replace(lost, attempted=began)
    assert await sender.find(again) == slack.messages[0]["ts"]
    assert await sender.find(again) == slack.messages[0]["ts"]
    assert [bool(one.get("files")) for one in slack.messages] == [False, True]
