"""Slack's payloads as asks. Pure: what a payload does not hold is not looked up.

Payload shapes: docs.slack.dev/interactivity (slash commands, block_actions, view_submission, message_action) and
docs.slack.dev/reference/events (app_mention, message).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.slack.elements import cut
from bot.slack.modal import USER, Origin, picked, values
from bot.slack.text import mentioned, said
from core.chat.ask import Ask, Attachment, Connection, Place, PlaceKind, Platform, Speaker
from core.chat.card import Form, kept
from core.commands.workspace.help import HELLO

Payload = Mapping[str, Any]

TITLE = 255
"""The longest title an item may have; a longer first line is cut at a word, the description has it all."""

SHORTCUTS: Mapping[str, str] = {"save_as_item": "backlog add", "save_as_feedback": "feedback add"}
"""What is offered on a message -> the line whose form it opens."""

_NAMELESS = ("directmessage", "privategroup")
_SPOKEN = (None, "file_share", "thread_broadcast")


def slash(body: Payload, group: str, at: datetime) -> Ask:
    """A slash command. `group` is the word it stands for ('backlog'), '' for /steward."""
    words = said(body.get("text", ""))
    text = f"{group} {words.text}" if group and words.text else words.text
    return Ask(
        id=body["trigger_id"],
        connection=Connection(Platform.SLACK, body["team_id"]),
        speaker=Speaker(body["user_id"], body.get("user_name", "")),
        place=place(body["channel_id"], body["user_id"], body.get("channel_name", "")),
        text=text or (f"help {group}" if group else ""),
        at=at,
        mentions=words.mentions,
        channels=words.channels,
    )


def message(body: Payload, bot: str, site: str = "") -> Ask | None:
    """A mention or a direct message; None where nobody spoke to us.

    The same message may come as app_mention and as message, under two event ids: team, channel and time name it.
    """
    event = body["event"]
    speaker = event.get("user")
    if event.get("bot_id") or not speaker or speaker == bot or "edited" in event or event.get("hidden"):
        return None
    if event.get("subtype") not in _SPOKEN:
        return None
    raw = event.get("text") or ""
    kind = event.get("channel_type")
    if event["type"] != "app_mention" and kind != "im" and not mentioned(raw, bot):
        return None
    words = said(raw, bot)
    where = place(event["channel"], speaker, kind={"im": PlaceKind.PRIVATE, "mpim": PlaceKind.GROUP}.get(kind))
    return Ask(
        id=f"{body['team_id']}:{event['channel']}:{event['ts']}",
        connection=Connection(Platform.SLACK, body["team_id"]),
        speaker=Speaker(speaker),
        place=where,
        text=words.text,
        at=moment(event["ts"]),
        mentions=words.mentions,
        channels=words.channels,
        thread=event.get("thread_ts"),
        kept=True,
        link=link(site, event["channel"], event["ts"], event.get("thread_ts")),
        files=dropped(event),
    )


def dropped(event: Payload) -> tuple[Attachment, ...]:
    """The files that came with a message; one that Slack does not show the app has no address."""
    return tuple(
        Attachment(
            str(file.get("name") or "file"),
            url=str(file.get("url_private_download") or file.get("url_private") or ""),
            size=int(file.get("size") or 0),
        )
        for file in event.get("files") or ()
    )


def joined(body: Payload, bot: str) -> tuple[Ask, ...]:
    """Somebody let us into a channel: hello to the channel, and once to them in our private chat."""
    event = body["event"]
    inviter, team, channel = event.get("inviter"), body["team_id"], event.get("channel", "")
    if event.get("user") != bot or not inviter:
        return ()
    at = moment(event["event_ts"]) if event.get("event_ts") else datetime.fromtimestamp(body["event_time"], UTC)
    return tuple(
        Ask(
            id=name, connection=Connection(Platform.SLACK, team), speaker=Speaker(inviter), place=where, text=HELLO,
            at=at, kept=True,
        )
        for name, where in (
            (f"{team}:{channel}:joined:{at.timestamp():.0f}", place(channel, inviter)),
            (f"{team}:{inviter}:welcome", alone(inviter).place),
        )
    )  # fmt: skip


def click(body: Payload) -> Ask:
    """A button in a message or in a modal."""
    action = body["actions"][0]
    where = origin(body)
    return Ask(
        id=f"{body['user']['id']}:{action['action_id']}:{action['action_ts']}",
        connection=_connection(body),
        speaker=_speaker(body),
        place=where.place,
        text=action.get("value", ""),
        at=moment(action["action_ts"]),
        thread=where.thread,
        link=where.link,
    )


def submission(body: Payload, at: datetime) -> Ask:
    """A submitted modal: it says the line that its form carried, with the fields as values. Raises NotOurs.

    A modal keeps its id while it is corrected, so its values belong to the id too: what was corrected is another ask.
    """
    shown = body["view"]
    where = Origin.unpacked(shown["private_metadata"], body["user"]["id"])
    state = shown["state"]["values"]
    given = values(state)
    people, channels = picked(state)
    digest = hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]
    return Ask(
        id=f"{shown['id']}:{digest}",
        connection=_connection(body),
        speaker=_speaker(body),
        place=where.place,
        text=where.submit,
        at=at,
        values=given,
        mentions=dict.fromkeys(people, ""),
        channels=dict.fromkeys(channels, ""),
        thread=where.thread,
        link=where.link,
    )


def typed(body: Payload) -> Ask:
    """What stands in a modal while it is being filled in, to be kept as a draft. Raises NotOurs."""
    action = body["actions"][0]
    at = moment(action["action_ts"])
    ask = submission(body, at)
    return replace(ask, id=f"{body['view']['id']}:typed:{action['action_ts']}", text=kept(ask.text))


def shortcut(body: Payload) -> Ask:
    """'Save as …' on a message: asks for a form; `filled` puts the message into it."""
    where = origin(body)
    return Ask(
        id=f"{body['user']['id']}:{body['callback_id']}:{body['action_ts']}",
        connection=_connection(body),
        speaker=_speaker(body),
        place=where.place,
        text=SHORTCUTS[body["callback_id"]],
        at=moment(body["action_ts"]),
        thread=where.thread,
        link=where.link,
    )


def filled(form: Form, body: Payload) -> Form:
    """The form with a message's first line as title, all of it as its text, and its address in the submit line."""
    text = said(body["message"].get("text") or "").text
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    known = {"title": cut(first, TITLE), "description": text, "text": text}
    address = origin(body).link
    return replace(
        form,
        fields=tuple(replace(field, value=known.get(field.name, field.value)) for field in form.fields),
        submit=f'{form.submit} link-back="{address}"' if address else form.submit,
    )


def origin(body: Payload) -> Origin:
    """Where a click, a shortcut or a slash command came from. Raises NotOurs for a click in a modal that is not."""
    if "channel_id" in body:
        return Origin(place(body["channel_id"], body["user_id"], body.get("channel_name", "")))
    speaker = body["user"]["id"]
    channel = body.get("channel")
    if not channel:
        metadata = (body.get("view") or {}).get("private_metadata")
        return Origin.unpacked(metadata, speaker) if metadata else alone(speaker)
    container = body.get("container") or {}
    shown = body.get("message") or {}
    ts = shown.get("ts") or container.get("message_ts", "")
    thread = shown.get("thread_ts") or container.get("thread_ts")
    domain = (body.get("team") or {}).get("domain")
    lasting = domain and ts and not container.get("is_ephemeral")
    address = link(f"https://{domain}.slack.com/", channel["id"], ts, thread) if lasting else ""
    return Origin(place(channel["id"], speaker, channel.get("name", "")), thread, address)


def alone(speaker: str) -> Origin:
    """Somebody's own chat with us, whose id we do not know."""
    return Origin(Place("", PlaceKind.PRIVATE, address={USER: speaker}))


def place(channel: str, speaker: str, name: str = "", kind: PlaceKind | None = None) -> Place:
    """Slack names channels only where everybody may know the name.

    A private chat remembers whose it is: two people's own chat looks the same to us, and there we cannot post.
    """
    if kind is None:
        private = channel.startswith("D") or name == "directmessage"
        kind = PlaceKind.PRIVATE if private else PlaceKind.GROUP if name.startswith("mpdm-") else PlaceKind.CHANNEL
    if kind is PlaceKind.PRIVATE:
        return Place(channel, kind, address={USER: speaker})
    return Place(channel, kind, name if kind is PlaceKind.CHANNEL and name not in _NAMELESS else "")


def moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)


def link(site: str, channel: str, ts: str, thread: str | None) -> str:
    """A message's permanent address as chat.getPermalink gives it; '' where the workspace's own is not known."""
    if not site:
        return ""
    rest = f"?thread_ts={thread}&cid={channel}" if thread and thread != ts else ""
    return f"{site.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}{rest}"


def _connection(body: Payload) -> Connection:
    team = body.get("team") or {}
    return Connection(Platform.SLACK, team.get("id") or body["user"]["team_id"])


def _speaker(body: Payload) -> Speaker:
    user = body["user"]
    return Speaker(user["id"], user.get("username") or user.get("name") or "")
