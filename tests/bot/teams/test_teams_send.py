"""Teams out: where a delivery is posted, and what is made of each answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.links import Links
from bot.teams.connector import NotSent, Tokens, managed_identity, secret
from bot.teams.incoming import NO_DIALOGS
from bot.teams.send import PAUSE, REFUSES
from core.chat.ask import Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Button, Card, File, Picture, Reply
from core.schedule.delivery import Delivery, Later, Never, Refuses, Sent, Standing, Unknown
from core.schedule.outbox import LEASE
from tests.bot.teams.conftest import ANN, APP, BOT, TENANT, Stage, staged
from tests.gallery import FORMS
from tests.teams_stand_in import Fault, issuing

DONE = Reply(True, seen_by="place", card=Card("APP-1 is done"))
SECRET = Reply(True, card=Card("Salaries"))
TO_ANN = Speaker("aad-ann", "Ann Lee")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(anonymous=True, send_timeout=1.0) as made:
        yield made


def place(stage: Stage, kind: PlaceKind = PlaceKind.CHANNEL) -> Place:
    """A place as a replica reads it back: plain strings, nothing of the call that brought them."""
    conversation = {
        PlaceKind.CHANNEL: "19:dev@thread.tacv2",
        PlaceKind.GROUP: "19:group@thread.v2",
        PlaceKind.PRIVATE: "a:chat",
    }[kind]
    address = {"service_url": stage.service, "conversation_id": conversation, "tenant_id": TENANT, "bot_id": BOT}
    if kind is PlaceKind.PRIVATE:
        address |= {"user_id": ANN["id"], "user_aad": ANN["aadObjectId"]}
    return Place(conversation, kind, address=address)


def delivery(
    where: Place, reply: Reply = DONE, *, only_for: Speaker | None = None, thread: str | None = None
) -> Delivery:
    teams, now = Connection(Platform.TEAMS, TENANT), datetime.now(UTC)
    return Delivery("key", "token", teams, where, only_for, thread, reply, moment=now, until=now + LEASE)


async def test_a_reply_stands_in_its_thread(stage: Stage) -> None:
    sent = await stage.teams.sender.send(delivery(place(stage), thread="17000"))
    (posted,) = stage.connector.posted
    assert sent == Sent(posted.activity_id)
    assert posted.conversation == "19:dev@thread.tacv2;messageid=17000"
    assert posted.card["body"][0]["inlines"][0]["text"] == "APP-1 is done"
    assert posted.activity["summary"] == "APP-1 is done"
    assert posted.activity["from"]["id"] == BOT
    assert "replyToId" not in posted.activity, "the SDK makes an id up to answer to"


async def test_a_new_post_in_a_channel_opens_a_thread(stage: Stage) -> None:
    sent = await stage.teams.sender.send(delivery(place(stage)))
    (created,) = stage.connector.created
    assert created["isGroup"] is True
    assert created["channelData"]["channel"] == {"id": "19:dev@thread.tacv2"}
    assert sent == Sent(stage.connector.posted[0].activity_id)


@pytest.mark.parametrize("kind", [PlaceKind.GROUP, PlaceKind.PRIVATE])
async def test_a_chat_is_posted_to_as_it_is(stage: Stage, kind: PlaceKind) -> None:
    only_for = TO_ANN if kind is PlaceKind.PRIVATE else None
    assert isinstance(await stage.teams.sender.send(delivery(place(stage, kind), only_for=only_for)), Sent)
    (posted,) = stage.connector.posted
    assert posted.conversation == place(stage, kind).external_id
    if kind is PlaceKind.PRIVATE:
        assert posted.activity["recipient"]["id"] == ANN["id"]


@pytest.mark.parametrize("kind", [PlaceKind.CHANNEL, PlaceKind.GROUP])
async def test_what_one_person_may_see_goes_to_their_own_chat(stage: Stage, kind: PlaceKind) -> None:
    sent = await stage.teams.sender.send(delivery(place(stage, kind), SECRET, only_for=TO_ANN, thread="17000"))
    (created,) = stage.connector.created
    assert created["members"] == [{"id": "29:ann"}], "Teams wants its own id, not the one we know"
    (posted,) = stage.connector.posted
    assert (posted.conversation, sent) == ("a:29:ann", Sent(posted.activity_id, "a:29:ann"))


async def test_an_edit_stands_in_the_place_of_the_first(stage: Stage) -> None:
    first = await stage.teams.sender.send(delivery(place(stage)))
    assert isinstance(first, Sent)
    edit = replace(delivery(place(stage), SECRET), key="second", first="key", replaces=Standing(first.ref, first.where))
    assert await stage.teams.sender.send(edit) == first
    _, edited = stage.connector.posted
    assert (edited.verb, edited.activity_id) == ("PUT", first.ref)
    assert edited.conversation == f"19:dev@thread.tacv2;messageid={first.ref}"
    assert edited.card["body"][0]["inlines"][0]["text"] == "Salaries"


async def test_an_edit_in_a_thread_or_a_private_chat_finds_its_conversation(stage: Stage) -> None:
    in_thread = delivery(place(stage), thread="17000")
    first = await stage.teams.sender.send(in_thread)
    assert isinstance(first, Sent)
    await stage.teams.sender.send(replace(in_thread, replaces=Standing(first.ref, first.where)))
    unasked = replace(delivery(Place("", PlaceKind.PRIVATE), only_for=TO_ANN), via=place(stage))
    told = await stage.teams.sender.send(unasked)
    assert isinstance(told, Sent)
    await stage.teams.sender.send(replace(unasked, replaces=Standing(told.ref, told.where)))
    edits = [(one.conversation, one.activity_id) for one in stage.connector.posted if one.verb == "PUT"]
    assert edits == [("19:dev@thread.tacv2;messageid=17000", first.ref), ("a:29:ann", told.ref)]


async def test_what_was_to_replace_a_message_that_is_gone_is_posted(stage: Stage) -> None:
    stage.connector.faults.append(Fault("post", 404, "ActivityNotFoundInConversation"))
    sent = await stage.teams.sender.send(replace(delivery(place(stage)), replaces=Standing("1699")))
    (posted,) = stage.connector.posted
    assert (posted.verb, sent) == ("POST", Sent(posted.activity_id))


@pytest.mark.parametrize("status", [429, 500, 403])
async def test_an_edit_that_fails_otherwise_is_not_posted_a_second_time(stage: Stage, status: int) -> None:
    stage.connector.faults.append(Fault("post", status))
    sent = await stage.teams.sender.send(replace(delivery(place(stage)), replaces=Standing("1699")))
    assert not isinstance(sent, Sent)
    assert stage.connector.posted == []


async def test_a_person_who_never_wrote_to_us_is_written_to_by_the_way_to_another_place(stage: Stage) -> None:
    unasked = replace(delivery(Place("", PlaceKind.PRIVATE), SECRET, only_for=TO_ANN), via=place(stage))
    sent = await stage.teams.sender.send(unasked)
    (created,) = stage.connector.created
    assert (created["members"], created["channelData"]["tenant"]) == ([{"id": "29:ann"}], {"id": TENANT})
    (posted,) = stage.connector.posted
    assert (posted.conversation, sent) == ("a:29:ann", Sent(posted.activity_id, "a:29:ann"))


@pytest.mark.parametrize("fault", [Fault("create", 403, "BotNotInConversationRoster"), Fault("member", 404)])
async def test_what_is_said_unasked_to_one_person_is_never_said_to_others(stage: Stage, fault: Fault) -> None:
    stage.connector.faults.append(fault)
    unasked = replace(delivery(Place("", PlaceKind.PRIVATE), SECRET, only_for=TO_ANN), via=place(stage))
    assert isinstance(await stage.teams.sender.send(unasked), Refuses)
    assert stage.connector.posted == []


async def test_a_channel_where_nobody_spoke_yet_is_posted_to_by_the_way_to_another(stage: Stage) -> None:
    unasked = replace(delivery(Place("19:ops@thread.tacv2")), via=place(stage))
    await stage.teams.sender.send(unasked)
    (created,) = stage.connector.created
    assert created["channelData"]["channel"] == {"id": "19:ops@thread.tacv2"}
    await stage.teams.sender.send(replace(unasked, thread="17000"))
    assert stage.connector.posted[-1].conversation == "19:ops@thread.tacv2;messageid=17000"


async def test_a_place_without_any_address_is_refused_in_words(stage: Stage) -> None:
    sent = await stage.teams.sender.send(delivery(Place("", PlaceKind.PRIVATE), only_for=TO_ANN))
    assert isinstance(sent, Never)
    assert "service_url" in sent.why


@pytest.mark.parametrize(
    "fault",
    [
        Fault("member", 404, "MemberNotFoundInConversation"),
        Fault("create", 403, "BotNotInConversationRoster"),
        Fault("post", 403, "MessageWritesBlocked"),
    ],
)
async def test_who_cannot_be_written_to_is_told_in_the_place_without_content(stage: Stage, fault: Fault) -> None:
    stage.connector.faults.append(fault)
    sent = await stage.teams.sender.send(delivery(place(stage), SECRET, only_for=TO_ANN, thread="17000"))
    (posted,) = stage.connector.posted
    assert isinstance(sent, Sent)
    assert posted.conversation == "19:dev@thread.tacv2;messageid=17000"
    assert "Ann Lee" in posted.activity["text"]
    assert "Salaries" not in str(posted.activity)


@pytest.mark.parametrize("on", ["member", "create", "post"])
async def test_a_private_reply_waits_rather_than_be_told_in_the_place(stage: Stage, on: str) -> None:
    stage.connector.faults.append(Fault(on, 429, retry_after="7"))
    sent = await stage.teams.sender.send(delivery(place(stage), SECRET, only_for=TO_ANN))
    assert isinstance(sent, Later)
    assert stage.connector.posted == []


@pytest.mark.parametrize("on", ["member", "create"])
async def test_a_lost_look_up_has_certainly_posted_nothing(stage: Stage, on: str) -> None:
    stage.connector.faults.extend([Fault(on, drop=True)] * 2)  # a look-up is tried twice
    assert isinstance(await stage.teams.sender.send(delivery(place(stage), SECRET, only_for=TO_ANN)), Later)


async def test_a_form_becomes_the_button_that_opens_it(stage: Stage) -> None:
    await stage.teams.sender.send(delivery(place(stage, PlaceKind.PRIVATE), Reply(True, form=FORMS["add"])))
    (action,) = stage.connector.posted[0].card["actions"]
    assert (action["title"], action["data"]["msteams"]) == ("Fill in", {"type": "task/fetch"})


async def test_a_refusal_is_plain_text_that_styles_nothing(stage: Stage) -> None:
    refused = Reply(False, refused="**No** such [item](https://e.x).", try_="backlog list")
    await stage.teams.sender.send(delivery(place(stage, PlaceKind.PRIVATE), refused))
    said = stage.connector.posted[0].activity
    assert (said["text"], said["textFormat"]) == ("**No** such [item](https://e.x). Try: backlog list", "plain")


async def test_a_refusal_with_a_card_is_one_message(stage: Stage) -> None:
    """Of text and a card Teams makes two messages, and tells the id of neither."""
    buttons = (Button("backlog list", "backlog list"),)
    refused = Reply(False, refused="No *such* item.", try_="backlog list", card=Card("No *such* item.", (), buttons))
    await stage.teams.sender.send(delivery(place(stage, PlaceKind.PRIVATE), refused))
    (said,) = stage.connector.posted
    assert not said.activity.get("text")
    assert said.card["body"][0]["inlines"][0]["text"] == "No *such* item."
    assert [action["title"] for action in said.card["actions"]] == ["backlog list"]


async def test_the_button_for_a_form_stands_where_the_form_is_about(stage: Stage) -> None:
    """In the private chat of who asked, the form would be about that chat."""
    sent = await stage.teams.sender.send(
        delivery(place(stage), Reply(True, form=FORMS["add"]), only_for=TO_ANN, thread="17000")
    )
    assert isinstance(sent, Sent)
    (said,) = stage.connector.posted
    assert said.conversation == "19:dev@thread.tacv2;messageid=17000"


async def test_where_no_dialog_opens_the_form_is_the_card(stage: Stage) -> None:
    where = place(stage, PlaceKind.PRIVATE)
    where = replace(where, address={**where.address, NO_DIALOGS: "yes"})
    await stage.teams.sender.send(delivery(where, Reply(True, form=FORMS["add"])))
    (said,) = stage.connector.posted
    assert said.card["body"][0]["inlines"][0]["text"] == FORMS["add"].title
    named = [one["id"] for one in said.card["body"][1:]]
    assert named == [field.name for field in FORMS["add"].fields]
    assert said.card["actions"][0]["data"]["say"] == FORMS["add"].submit


@pytest.mark.parametrize("status", [408, 409, 412, 429, 502, 503, 504])
async def test_a_busy_service_is_tried_later_and_only_once_now(stage: Stage, status: int) -> None:
    stage.connector.faults.append(Fault("post", status))
    sent = await stage.teams.sender.send(delivery(place(stage), thread="1"))
    assert isinstance(sent, Later)
    assert PAUSE <= sent.wait <= PAUSE * 1.25
    assert stage.connector.requests == 1, "the SDK would post three times more by itself"


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_obeyed_with_jitter(stage: Stage, form: str) -> None:
    at = datetime.now(UTC) + timedelta(seconds=41)
    retry_after = "40" if form == "seconds" else at.strftime("%a, %d %b %Y %H:%M:%S GMT")
    stage.connector.faults.extend(Fault("post", 429, retry_after=retry_after) for _ in range(5))
    waits = set()
    for _ in range(5):
        sent = await stage.teams.sender.send(delivery(place(stage), thread="1"))
        assert isinstance(sent, Later)
        waits.add(sent.wait)
    assert all(timedelta(seconds=38) <= wait <= timedelta(seconds=52) for wait in waits)
    assert len(waits) > 1


@pytest.mark.parametrize(
    ("status", "code", "thread", "outcome"),
    [
        (403, "MessageWritesBlocked", "1", Refuses("I was blocked there")),
        (403, "BotNotInConversationRoster", "1", REFUSES[403]),
        (404, "ConversationNotFound", None, REFUSES[404]),
        (404, "ConversationNotFound", "1", Never("404 ConversationNotFound as told")),
        (400, "BadSyntax", "1", Never("400 BadSyntax as told")),
        (413, "RequestEntityTooLarge", "1", Never("413 RequestEntityTooLarge as told")),
    ],
)
async def test_a_refusal_for_good_is_never_tried_again(
    stage: Stage, status: int, code: str, thread: str | None, outcome: object
) -> None:
    stage.connector.faults.append(Fault("post" if thread else "create", status, code))
    sent = await stage.teams.sender.send(delivery(place(stage), thread=thread))
    assert sent == outcome


@pytest.mark.parametrize("fault", [Fault("post", delay=3.0), Fault("post", drop=True), Fault("post", 500)])
async def test_a_message_nobody_answered_for_is_unknown(stage: Stage, fault: Fault) -> None:
    stage.connector.faults.append(fault)
    begun = time.monotonic()
    assert isinstance(await stage.teams.sender.send(delivery(place(stage), thread="1")), Unknown)
    assert time.monotonic() - begun < 2.5
    assert stage.connector.requests == 1


async def test_a_service_that_is_not_there_got_nothing(stage: Stage) -> None:
    nowhere = Place("19:x", address={**place(stage).address, "service_url": "http://127.0.0.1:1"})
    assert isinstance(await stage.teams.sender.send(delivery(nowhere, thread="1")), Later)


@pytest.mark.parametrize("missing", ["service_url", "conversation_id"])
async def test_a_place_without_an_address_is_never_reached(stage: Stage, missing: str) -> None:
    address = {key: value for key, value in place(stage).address.items() if key != missing}
    sent = await stage.teams.sender.send(delivery(Place("19:x", PlaceKind.GROUP, address=address)))
    assert isinstance(sent, Never)


async def test_teams_cannot_be_asked_what_stands_there(stage: Stage) -> None:
    with pytest.raises(NotImplementedError):
        await stage.teams.sender.find(delivery(place(stage)))


# ---- the bot's own token ----


async def test_each_post_carries_our_token() -> None:
    asked: list[float] = []

    def fetch() -> Mapping[str, Any]:
        asked.append(time.monotonic())
        return {"access_token": "ours"}

    async with staged(app_id=APP, app_password="p", fetch_token=fetch) as stage:
        await stage.teams.sender.send(delivery(place(stage), thread="1"))
        assert stage.connector.posted[0].authorization == "Bearer ours"
        assert len(asked) == 1


def refused() -> Mapping[str, Any]:
    return {"error": "invalid_client", "error_description": "Invalid secret 'hunter2'"}


def broken() -> Mapping[str, Any]:
    raise OSError("no route")


@pytest.mark.parametrize("fetch", [refused, broken])
async def test_without_a_token_nothing_is_posted_and_no_secret_told(fetch: Any) -> None:
    async with staged(app_id=APP, app_password="p", fetch_token=fetch) as stage:
        sent = await stage.teams.sender.send(delivery(place(stage), thread="1"))
        assert isinstance(sent, Later)
        assert "hunter2" not in sent.why
        assert stage.connector.posted == []


async def test_a_slow_sign_in_neither_stops_the_loop_nor_hangs() -> None:
    release = time.monotonic() + 0.6

    def slow() -> Mapping[str, Any]:
        time.sleep(max(0.0, release - time.monotonic()))
        return {"access_token": "late"}

    tokens = Tokens(slow, timeout=0.2)
    asked = asyncio.create_task(tokens.bearer())
    turns = 0
    while not asked.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 5
    assert "in time" in str(asked.exception())
    tokens.close()


async def test_a_sign_in_service_that_is_not_there_is_no_token() -> None:
    tokens = Tokens(secret("app", "p", "22222222-2222-2222-2222-222222222222", login="https://127.0.0.1:1"))
    with pytest.raises(NotSent, match="sign-in service failed"):
        await tokens.bearer()
    tokens.close()


async def test_a_managed_identity_gets_its_token_from_the_machine_it_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with issuing() as machine:
        asked: list[str] = []

        def answer(path: str) -> dict[str, Any]:
            asked.append(path)
            expires = str(int(time.time()) + 3600)
            return {"access_token": "mine", "expires_on": expires, "resource": "r", "token_type": "Bearer"}

        machine.published = answer  # type: ignore[method-assign]
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.url}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "h")
        tokens = Tokens(managed_identity("app"))
        assert await tokens.bearer() == await tokens.bearer() == "mine"
        assert len(asked) == 1, "the second time it is remembered"
        assert "client_id=app" in asked[0]
        assert "api.botframework.com" in asked[0]
        tokens.close()


async def test_a_token_that_teams_refuses_is_tried_again_later(stage: Stage) -> None:
    stage.connector.faults.append(Fault("post", 401))
    sent = await stage.teams.sender.send(delivery(place(stage), thread="1"))
    assert isinstance(sent, Later)
    assert sent.wait >= timedelta(minutes=1)


# ---- pictures and files ----

CHART = Reply(True, "place", Card("Burndown", (Picture("9f86", "12 of 30 points left"),)))
EXPORT = Reply(True, "place", Card("Here it is", (File("backlog.csv", "text/csv", text="key\n"),)))


async def test_pictures_and_files_are_fetched_from_us_by_signed_addresses() -> None:
    links = Links("https://bot.example.com", "secret")
    async with staged(anonymous=True, links=links) as stage:
        await stage.teams.sender.send(delivery(place(stage), CHART))
        await stage.teams.sender.send(delivery(place(stage), EXPORT))
        chart, export = (posted.card["body"][1] for posted in stage.connector.posted)
    assert (chart["type"], chart["altText"]) == ("Image", "12 of 30 points left")
    path, key = chart["url"].split("?key=")
    assert path == "https://bot.example.com/pictures/9f86"
    assert links.read_picture(key) == (Connection(Platform.TEAMS, TENANT), "9f86")
    url = export["inlines"][1]["selectAction"]["url"]
    assert url.startswith("https://bot.example.com/files/backlog.csv?key=")
    assert links.read_file(url.split("?key=")[1]) == ("key", 0)


async def test_where_nobody_reaches_us_pictures_and_files_are_words(stage: Stage) -> None:
    await stage.teams.sender.send(delivery(place(stage), CHART))
    await stage.teams.sender.send(delivery(place(stage), EXPORT))
    chart, export = (str(posted.card["body"]) for posted in stage.connector.posted)
    assert "Picture: 12 of 30 points left" in chart
    assert "takes no files from me" in export
