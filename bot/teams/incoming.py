"""A Teams activity -> where it happened and who speaks, and from that an Ask. Pure; what is missing reads as ''."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from bot.teams.text import Mention, message_text
from core.chat.ask import Ask, Attachment, Connection, Place, PlaceKind, Platform, Speaker

THREAD = ";messageid="
NO_DIALOGS = "no_dialogs"
"""The key of a place's address where the client has shown that it opens no dialogs."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What every activity says about itself. conversation: as Teams named it, thread and all."""

    activity: str
    tenant: str
    conversation: str
    kind: PlaceKind
    service_url: str
    bot: str
    user: str
    user_aad: str
    user_name: str
    place_name: str
    team: str
    channel: str
    reply_to: str
    at: datetime

    @property
    def base(self) -> str:
        """The conversation without its thread: the channel, or the chat."""
        return self.conversation.partition(THREAD)[0]

    @property
    def thread(self) -> str | None:
        return self.conversation.partition(THREAD)[2] or None

    @property
    def private(self) -> bool:
        return self.kind is PlaceKind.PRIVATE

    @property
    def speaker_id(self) -> str:
        return self.user_aad or self.user


def scene(activity: Any, now: datetime, tenant: str = "") -> Scene:
    """Reads botbuilder's Activity. now, tenant: stand in where the activity names none."""
    conversation, sender, bot = activity.conversation, activity.from_property, activity.recipient
    data = activity.channel_data if isinstance(activity.channel_data, dict) else {}
    # The SDK looks for 'tenantID'; Teams says 'tenantId'.
    own_tenant = getattr(conversation, "tenant_id", None) or _more(conversation).get("tenantId")
    at = activity.timestamp or now
    return Scene(
        activity=_text(activity.id),
        tenant=_of(data, "tenant", "id") or _text(own_tenant) or tenant,
        conversation=_text(getattr(conversation, "id", None)),
        kind=_kind(conversation, data),
        service_url=_text(activity.service_url),
        bot=_text(getattr(bot, "id", None)),
        user=_text(getattr(sender, "id", None)),
        user_aad=_text(getattr(sender, "aad_object_id", None)),
        user_name=_text(getattr(sender, "name", None)),
        place_name=_of(data, "channel", "name") or _text(getattr(conversation, "name", None)),
        team=_of(data, "team", "id"),
        channel=_of(data, "channel", "id"),
        reply_to=_text(activity.reply_to_id),
        at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _of(data: Mapping[str, Any], name: str, key: str) -> str:
    inner = data.get(name)
    return _text(inner.get(key)) if isinstance(inner, dict) else ""


def _more(model: Any) -> Mapping[str, Any]:
    more = getattr(model, "additional_properties", None)
    return more if isinstance(more, dict) else {}


def _kind(conversation: Any, data: Mapping[str, Any]) -> PlaceKind:
    """Nothing is taken for private unless Teams says so: what is private may be answered there."""
    match getattr(conversation, "conversation_type", None):
        case "personal":
            return PlaceKind.PRIVATE
        case "channel":
            return PlaceKind.CHANNEL
        case _:
            return PlaceKind.CHANNEL if _of(data, "channel", "id") else PlaceKind.GROUP


def mentions(activity: Any, bot: str) -> list[Mention]:
    """The mention entities, with the ids that Teams gave."""
    found = []
    for entity in activity.entities or ():
        kind = _text(getattr(entity, "type", None)).lower()
        mentioned, text = _more(entity).get("mentioned"), _more(entity).get("text")
        if kind == "mention" and isinstance(mentioned, dict) and isinstance(text, str):
            who = _text(mentioned.get("id"))
            found.append(Mention(text, _text(mentioned.get("name")), who, own=bool(who) and who == bot))
    return found


SAVES: Mapping[str, str] = {"saveAsItem": "backlog add", "saveAsFeedback": "feedback add"}
"""What is offered on a message (the manifest's command ids) -> the line whose form it opens."""

TITLE = 255


def saved(value: Mapping[str, Any]) -> tuple[str, dict[str, str]] | None:
    """A message that somebody saves: the line that asks for the form, and what of the message stands in its fields;
    None where it is nothing of ours.

    learn.microsoft.com/microsoftteams/platform/messaging-extensions/how-to/action-commands/create-task-module
    """
    line = SAVES.get(_text(value.get("commandId")))
    payload = value.get("messagePayload")
    if line is None or not isinstance(payload, dict):
        return None
    text = message_text(_of(payload, "body", "content"), _of(payload, "body", "contentType"))
    address = _text(payload.get("linkToMessage"))
    first = next((part.strip() for part in text.splitlines() if part.strip()), "")
    title = first if len(first) <= TITLE else first[: TITLE - 1].rsplit(" ", 1)[0] + "…"
    if address.startswith("https://") and '"' not in address:
        line += f' link-back="{address}"'
    return line, {"title": title, "description": text, "text": text}


DOWNLOAD = "application/vnd.microsoft.teams.file.download.info"


def dropped(activity: Any) -> tuple[Attachment, ...]:
    """The files that came with a message. Teams hands them to a bot in the private chat only, with an address that
    needs no token (learn.microsoft.com/microsoftteams/platform/bots/how-to/bots-filesv4)."""
    found = []
    for one in activity.attachments or ():
        content = getattr(one, "content", None)
        if getattr(one, "content_type", None) == DOWNLOAD and isinstance(content, dict):
            found.append(Attachment(_text(getattr(one, "name", None)) or "file", url=_text(content.get("downloadUrl"))))
    return tuple(found)


def ask(
    where: Scene,
    text: str,
    *,
    guest: bool,
    mail: str = "",
    values: Mapping[str, str] | None = None,
    named: Mapping[str, str] | None = None,
    kept: bool = False,
    dialogs: bool = True,
    files: tuple[Attachment, ...] = (),
) -> Ask:
    """named: external id -> name of the people whom the text mentions. dialogs: whether the client opens them."""
    return Ask(
        id=f"{where.tenant}:{where.conversation}:{where.activity}",
        connection=Connection(Platform.TEAMS, where.tenant),
        speaker=Speaker(where.speaker_id, where.user_name, guest, mail),
        place=_place(where, dialogs),
        text=text,
        at=where.at,
        values=dict(values or {}),
        mentions=dict(named or {}),
        thread=where.thread,
        kept=kept,
        link=_link(where),
        files=files,
    )


def _place(where: Scene, dialogs: bool) -> Place:
    address = {
        "service_url": where.service_url,
        "conversation_id": where.base,
        "tenant_id": where.tenant,
        "team_id": where.team,
        "channel_id": where.channel,
        "bot_id": where.bot,
        NO_DIALOGS: "" if dialogs else "yes",
    }
    if where.private:
        address |= {"user_id": where.user, "user_aad": where.user_aad}
    name = where.user_name if where.private else where.place_name
    return Place(where.base, where.kind, name, {key: value for key, value in address.items() if value})


def _link(where: Scene) -> str:
    """Where Teams opens the message that was said or clicked; a chat with a bot has no such address."""
    message = where.reply_to or where.activity
    if where.private or not message:
        return ""
    more = {"tenantId": where.tenant}
    if where.kind is PlaceKind.CHANNEL:
        more |= {"parentMessageId": where.thread or message}
    else:
        more |= {"context": '{"contextType":"chat"}'}
    address = f"https://teams.microsoft.com/l/message/{quote(where.base, safe='')}/{quote(message, safe='')}"
    return f"{address}?{urlencode({key: value for key, value in more.items() if value})}"
