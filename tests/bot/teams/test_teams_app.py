"""Teams in: what becomes an ask, and what is answered in the same response."""

from dataclasses import replace
from typing import Any

import pytest

from bot.teams.app import WORKING, build
from bot.teams.incoming import NO_DIALOGS
from core.chat.ask import Ask, Connection, PlaceKind, Platform, Speaker
from core.chat.card import Button, Card, Field, Form, Reply
from tests.bot.teams.conftest import ANN, BEN, BOT, ENTITY_BOT, EVE, NOW, TENANT, NotingDesk, Stage
from tests.gallery import FORMS

MESSAGE = "application/vnd.microsoft.activity.message"
CARD = "application/vnd.microsoft.card.adaptive"


def mention(who: dict[str, str]) -> dict[str, Any]:
    return {"type": "mention", "mentioned": {"id": who["id"], "name": who["name"]}, "text": f"<at>{who['name']}</at>"}


# ---- let in ----


@pytest.mark.parametrize("where", ["personal", "channel"])
async def test_who_adds_us_is_welcomed_once(stage: Stage, where: str) -> None:
    added = {"type": "conversationUpdate", "membersAdded": [{"id": BOT}], "membersRemoved": []}
    assert await stage.post({**stage.activity(where=where), **added}) == (200, None)
    assert await stage.post({**stage.activity(where=where), **added, "id": "another"}) == (200, None)
    first, second = stage.desk.accepted
    assert (first.text, first.kept, first.thread) == ("help hello=yes", True, None)
    assert first.id == second.id
    assert first.speaker == Speaker("aad-ann", "Ann Lee")
    await stage.post({**stage.activity(where=where), **added, "membersAdded": [{"id": BEN["id"]}]})
    assert len(stage.desk.accepted) == 2


# ---- messages ----


async def test_a_personal_message_is_kept_before_its_200(stage: Stage) -> None:
    assert await stage.post(stage.activity(text="backlog add R&amp;D")) == (200, None)
    (ask,) = stage.desk.accepted
    assert ask.id == f"{TENANT}:a:chat:1700000000001"
    assert ask.connection == Connection(Platform.TEAMS, TENANT)
    assert ask.speaker == Speaker("aad-ann", "Ann Lee")
    assert (ask.text, ask.kept, ask.thread, ask.place.kind) == ("backlog add R&D", True, None, PlaceKind.PRIVATE)
    assert ask.at == NOW.replace(microsecond=500_000)
    assert stage.connector.posted == [], "the reply leaves through the outbox"


async def test_an_ask_that_cannot_be_kept_is_no_200(stage: Stage) -> None:
    async def full(_: object) -> None:
        raise OSError("disk full")

    stage.desk.accept = full  # type: ignore[method-assign]
    status, _ = await stage.post(stage.activity(text="backlog add x"))
    assert status == 500


async def test_a_message_in_a_channel_names_its_thread_and_place(stage: Stage) -> None:
    said = stage.activity(where="channel", text="<at>Bot</at> show Both Bottlenecks", entities=[ENTITY_BOT])
    await stage.post(said)
    (ask,) = stage.desk.accepted
    assert ask.text == "show Both Bottlenecks"
    assert (ask.place.external_id, ask.thread, ask.place.kind) == ("19:dev@thread.tacv2", "17000", PlaceKind.CHANNEL)
    assert dict(ask.place.address) == {
        "service_url": stage.service, "conversation_id": "19:dev@thread.tacv2", "tenant_id": TENANT, "bot_id": BOT,
        "team_id": "19:team@thread.tacv2", "channel_id": "19:dev@thread.tacv2",
    }  # fmt: skip
    assert ask.link.startswith("https://teams.microsoft.com/l/message/19%3Adev%40thread.tacv2/1700000000001?tenantId=")


@pytest.mark.parametrize("where", ["channel", "groupChat"])
async def test_what_is_not_addressed_to_us_is_not_heard(stage: Stage, where: str) -> None:
    said = stage.activity(where=where, text="<at>Ben Ode</at> show", entities=[mention(BEN)])
    assert await stage.post(said) == (200, None)
    assert stage.desk.accepted == []


async def test_people_are_mentioned_by_the_id_we_know_them_by(stage: Stage) -> None:
    text = "<at>Bot</at> backlog assign APP-1 <at>Ben Ode</at>"
    await stage.post(stage.activity(where="groupChat", text=text, entities=[ENTITY_BOT, mention(BEN)]))
    (ask,) = stage.desk.accepted
    assert (ask.text, ask.mentions) == ("backlog assign APP-1 @aad-ben", {"aad-ben": "Ben Ode"})


async def test_a_person_is_asked_of_teams_once(stage: Stage) -> None:
    for number in range(3):
        await stage.post(stage.activity(text="help", id=str(number)))
    assert stage.connector.requests == 1


async def test_a_guest_is_known_for_one(stage: Stage) -> None:
    await stage.post(stage.activity(text="help", who=EVE))
    assert stage.desk.accepted[0].speaker == Speaker("aad-eve", "Eve Fox", guest=True)


async def test_a_submitted_card_is_the_same_as_its_button(stage: Stage) -> None:
    value = {"say": "backlog add", "title": "CSV", "points": 5, "urgent": "yes"}
    await stage.post(stage.activity(where="channel", value=value))
    (ask,) = stage.desk.accepted
    assert (ask.text, ask.kept) == ("backlog add", True)
    assert ask.values == {"title": "CSV", "points": "5", "urgent": "yes"}


@pytest.mark.parametrize(
    "kind", ["conversationUpdate", "installationUpdate", "messageReaction", "typing", "messageUpdate", "somethingNew"]
)
async def test_other_activities_are_taken_quietly(stage: Stage, kind: str) -> None:
    added = [{"id": ANN["id"]}]
    assert await stage.post(stage.activity(kind, membersAdded=added, action="add")) == (200, None)
    assert (stage.desk.accepted, stage.desk.answered, stage.connector.posted) == ([], [], [])


async def test_our_own_words_are_not_answered(stage: Stage) -> None:
    await stage.post(stage.activity(text="help", who={"id": BOT, "aadObjectId": "", "name": "Bot"}))
    assert stage.desk.accepted == []


# ---- buttons ----


async def test_a_button_in_a_personal_chat_replaces_its_card(stage: Stage) -> None:
    status, body = await stage.post(stage.press("backlog list from=21", replyToId="1699"))
    assert (status, body["statusCode"], body["type"]) == (200, 200, CARD)
    assert body["value"]["body"][0]["inlines"][0]["text"] == "You said backlog list from=21"
    ((ask, rides),) = stage.desk.answered
    assert (ask.text, ask.kept, rides) == ("backlog list from=21", False, {"you", "place", "pictures"})


async def test_inputs_of_a_card_are_the_values_of_its_button(stage: Stage) -> None:
    action = {"type": "Action.Execute", "verb": "say", "data": {"say": "standup answer", "today": "APP-1"}}
    await stage.post(stage.invoke("adaptiveCard/action", {"action": action}))
    assert stage.desk.answered[0][0].values == {"today": "APP-1"}


async def test_a_refused_button_says_why(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(False, refused="APP-9 is not here.", try_="backlog list")
    _, body = await stage.post(stage.press("backlog done APP-9"))
    assert (body["type"], body["value"]) == (MESSAGE, "APP-9 is not here. Try: backlog list")


async def test_a_reply_that_does_not_ride_is_said_to_be_on_its_way(stage: Stage) -> None:
    stage.desk.says = lambda _: None
    _, body = await stage.post(stage.press("backlog done APP-1"))
    assert (body["type"], body["value"]) == (MESSAGE, WORKING)


async def test_in_a_private_chat_what_a_place_sees_rides_too(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(True, seen_by="place", card=Card("APP-1 done"))
    _, body = await stage.post(stage.press("backlog done APP-1"))
    assert (body["type"], body["value"]["body"][0]["inlines"][0]["text"]) == (CARD, "APP-1 done")


@pytest.mark.parametrize("where", ["channel", "groupChat"])
async def test_a_private_reply_never_takes_the_place_of_a_shared_card(stage: Stage, where: str) -> None:
    _, body = await stage.post(stage.press("backlog list", where=where))
    assert body["type"] == MESSAGE
    assert "private chat" in body["value"]
    assert stage.desk.answered[0][1] == frozenset()


async def test_a_form_for_a_plain_button_brings_the_button_that_opens_it(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(True, form=FORMS["add"])
    _, body = await stage.post(stage.press("backlog add"))
    (action,) = body["value"]["actions"]
    assert (action["title"], action["data"]["say"]) == ("Fill in", "backlog add")


@pytest.mark.parametrize(
    "value",
    [None, "x", {}, {"action": None}, {"action": "say"}, {"action": {"data": "say"}}, {"action": {"data": {"say": 5}}}],
)
async def test_a_button_that_is_not_ours_is_refused(stage: Stage, value: Any) -> None:
    status, body = await stage.post(stage.invoke("adaptiveCard/action", value))
    assert (status, body["statusCode"]) == (200, 400)
    assert stage.desk.answered == []


async def test_an_unknown_invoke_is_not_implemented(stage: Stage) -> None:
    assert (await stage.post(stage.invoke("composeExtension/query", {})))[0] == 501


# ---- dialogs ----


async def test_a_client_without_dialogs_is_given_the_form_in_the_chat(stage: Stage) -> None:
    """Teams answers a dialog's button with an invoke; the Agents Playground sends it as a message."""
    opening = {"say": "backlog add", "msteams": {"type": "task/fetch"}}
    await stage.post(stage.activity(value=opening, where="channel"))
    await stage.post(stage.activity(value={"say": "backlog add", "title": "X"}, where="channel"))
    inline, submitted = stage.desk.accepted
    assert inline.place.address[NO_DIALOGS] == "yes"
    assert NO_DIALOGS not in submitted.place.address
    assert submitted.values == {"title": "X"}


async def test_a_form_button_opens_a_dialog(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(True, form=FORMS["add"])
    status, body = await stage.post(stage.invoke("task/fetch", {"data": {"say": "backlog add"}}, where="channel"))
    assert (status, body["task"]["type"], body["task"]["value"]["title"]) == (200, "continue", "Add an item")
    card = body["task"]["value"]["card"]
    assert card["contentType"] == CARD
    assert card["content"]["actions"][0]["data"]["say"] == "backlog add"
    assert stage.desk.answered[0][1] == {"you"}


async def test_a_message_is_saved_with_its_text_and_a_link_back(stage: Stage) -> None:
    form = Form("Save feedback", (Field("text", "What was said", "longtext"),), "feedback add")
    stage.desk.says = lambda ask: Reply(True, form=replace(form, submit=ask.text))
    body = {"contentType": "html", "content": "<p>We retype<br>every &quot;invoice&quot;</p>"}
    link = "https://teams.microsoft.com/l/message/19%3Aabc/1700000000000?tenantId=t"
    value = {"commandId": "saveAsFeedback", "messagePayload": {"body": body, "linkToMessage": link}}
    status, answer = await stage.post(stage.invoke("composeExtension/fetchTask", value, where="channel"))
    card = answer["task"]["value"]["card"]["content"]
    assert (status, answer["task"]["type"]) == (200, "continue")
    assert [block["value"] for block in card["body"] if block.get("id") == "text"] == ['We retype\nevery "invoice"']
    line = f'feedback add link-back="{link}"'
    assert [ask.text for ask, _ in stage.desk.answered] == [line]
    hidden = card["actions"][0]["data"]
    assert hidden["say"] == line

    stage.desk.says = lambda _: Reply(True, seen_by="place", card=Card("F-1 saved"))
    data = {**hidden, "text": "We retype"}
    submitted = stage.invoke("composeExtension/submitAction", {"commandId": "saveAsFeedback", "data": data}, id="2")
    assert await stage.post(submitted) == (200, None)
    ask, _ = stage.desk.answered[-1]
    assert (ask.text, ask.values["text"]) == (line, "We retype")


async def test_a_message_action_that_is_not_ours_says_so(stage: Stage) -> None:
    _, answer = await stage.post(stage.invoke("composeExtension/fetchTask", {"commandId": "other"}))
    assert answer["task"]["type"] == "message"


async def test_a_form_that_may_not_open_says_why(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(False, refused="Only leads add items.")
    _, body = await stage.post(stage.invoke("task/fetch", {"data": {"say": "backlog add"}}))
    assert body == {"task": {"type": "message", "value": "Only leads add items."}}


async def test_a_submitted_dialog_says_what_came_of_it(stage: Stage) -> None:
    stage.desk.says = lambda ask: Reply(True, card=Card(f"Added {ask.values['title']}", (), (Button("Open", "x"),)))
    kinds = {"with": "people", "labels": "choices"}
    data = {"say": "backlog add", "kinds": kinds, "title": "CSV", "with": "aad-ann,aad-zoe", "labels": "a,b"}
    _, body = await stage.post(stage.invoke("task/submit", {"data": data}))
    assert body == {"task": {"type": "message", "value": "Added CSV\n[Open]"}}
    ask, _ = stage.desk.answered[0]
    assert ask.values == {"title": "CSV", "with": "aad-ann\naad-zoe", "labels": "a\nb"}
    assert ask.mentions == {"aad-ann": "Ann Lee", "aad-zoe": ""}, "Teams knows one of them here, and vouches for both"


async def test_a_dialog_that_takes_drafts_keeps_one_by_a_button_also_where_a_needed_field_is_empty(
    stage: Stage,
) -> None:
    stage.desk.says = lambda ask: Reply(True, card=Card("Kept")) if ask.values else Reply(True, form=FORMS["standup"])
    _, body = await stage.post(stage.invoke("task/fetch", {"data": {"say": "standup answer Daily"}}))
    content = body["task"]["value"]["card"]["content"]
    assert not [block["id"] for block in content["body"] if block.get("isRequired")]
    send, keep = content["actions"]
    assert (send["title"], keep["title"]) == ("Answer", "Keep as a draft")
    data = {**keep["data"], "yesterday": "imports", "today": "", "blockers": ""}
    _, body = await stage.post(stage.invoke("task/submit", {"data": data}, id="2"))
    assert body == {"task": {"type": "message", "value": "Kept"}}
    ask, _ = stage.desk.answered[-1]
    assert ask.text == "standup answer Daily for=2026-11-03 draft=yes"
    assert ask.values == {"yesterday": "imports", "today": "", "blockers": ""}


async def test_a_submission_the_place_sees_just_closes_the_dialog(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(True, seen_by="place", card=Card("Added"))
    assert await stage.post(stage.invoke("task/submit", {"data": {"say": "backlog add"}})) == (200, None)


@pytest.mark.parametrize("form_comes_with_it", [True, False])
async def test_a_wrong_submission_opens_again_with_what_was_typed(stage: Stage, form_comes_with_it: bool) -> None:
    wrong = Reply(False, refused="One field is wrong.", errors=(("points", "Points are a number."),))
    opened = Reply(True, form=FORMS["add"])

    def says(ask: Ask) -> Reply:
        if not ask.values:
            return opened
        return replace(wrong, form=FORMS["add"]) if form_comes_with_it else wrong

    stage.desk.says = says
    _, body = await stage.post(stage.invoke("task/fetch", {"data": {"say": "backlog add in=here"}}))
    hidden = body["task"]["value"]["card"]["content"]["actions"][0]["data"]
    data = {**hidden, "title": "Typed with care", "points": "many"}
    _, body = await stage.post(stage.invoke("task/submit", {"data": data}, id="2"))
    assert body["task"]["type"] == "continue"
    content = body["task"]["value"]["card"]["content"]["body"]
    texts = [run["text"] for block in content for run in block.get("inlines", ())]
    assert texts[:1] == ["One field is wrong."]
    assert "Points are a number." in texts
    values = {block.get("id"): block.get("value") for block in content}
    assert (values["title"], values["points"]) == ("Typed with care", "many")
    asked = [(ask.text, ask.id) for ask, _ in stage.desk.answered]
    assert [text for text, _ in asked[:2]] == ["backlog add in=here", "backlog add"]
    assert {text for text, _ in asked[2:]} <= {"backlog add in=here"}, (
        "the submitting line is never said without values"
    )
    assert len({key for _, key in asked}) == len(asked)
    assert body["task"]["value"]["card"]["content"]["actions"][0]["data"]["opened"] == "backlog add in=here"


async def test_what_is_said_at_its_field_is_not_said_twice(stage: Stage) -> None:
    why = "Points are a number."
    stage.desk.says = lambda _: Reply(False, refused=why, errors=(("points", why),), form=FORMS["add"])
    _, body = await stage.post(stage.invoke("task/submit", {"data": {"say": "backlog add", "points": "many"}}))
    content = body["task"]["value"]["card"]["content"]["body"]
    assert [run["text"] for block in content for run in block.get("inlines", ())].count(why) == 1


async def test_a_refusal_without_any_form_still_says_why(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(False, refused="The sprint has closed.")
    _, body = await stage.post(stage.invoke("task/submit", {"data": {"say": "backlog add"}}))
    assert body == {"task": {"type": "message", "value": "The sprint has closed."}}


async def test_a_second_form_follows_the_first(stage: Stage) -> None:
    stage.desk.says = lambda _: Reply(True, form=FORMS["edit, description of 74,000 characters"])
    _, body = await stage.post(stage.invoke("task/submit", {"data": {"say": "backlog edit"}}))
    assert body["task"]["value"]["title"] == "Edit APP-31"


def test_an_app_without_credentials_is_refused_unless_anonymous_is_asked_for() -> None:
    for settings in ({}, {"app_id": "a"}, {"app_id": "a", "tenant_id": "t"}, {"tenant_id": "t", "app_password": "p"}):
        with pytest.raises(ValueError, match="Teams needs an app id"):
            build(NotingDesk(), **settings)  # type: ignore[arg-type]
    build(NotingDesk(), app_id="a", tenant_id="t", managed=True)
