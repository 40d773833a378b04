"""The Teams app manifest (schema 1.17): what `steward manifest teams` prints.

https://learn.microsoft.com/microsoft-365/extensibility/schema/
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

SCHEMA_VERSION = "1.17"
COMMANDS = 10
"""Commands that Teams lists for a bot."""

TITLE = 32
DESCRIPTION = 128


SAVED = (
    ("saveAsItem", "Save as backlog item", "Adds the message to the backlog, with a link back"),
    ("saveAsFeedback", "Save as feedback", "Keeps what somebody said, with a link back"),
)
"""Command ids and their words; what each opens stands in incoming.SAVES."""


def manifest(app_id: str, public_url: str, *, version: str, commands: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """The manifest of the bot with this app id.

    public_url  where the bot is reached, https
    version     of the app, as 1.2.3
    commands    name and what it does, the most useful first; Teams lists ten
    Raises ValueError where public_url is no https address.
    """
    parts = urlsplit(public_url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"Teams wants a public https address, not {public_url!r}.")
    base = f"https://{parts.netloc}"
    listed = [
        {"title": _cut(name, TITLE), "description": _cut(what, DESCRIPTION)} for name, what in commands[:COMMANDS]
    ]
    scopes = ["personal", "team", "groupChat"]
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA_VERSION}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA_VERSION,
        "version": version,
        "id": app_id,
        "developer": {"name": "Steward", "websiteUrl": base, "privacyUrl": base, "termsOfUseUrl": base},
        "name": {"short": "Steward", "full": "Steward, a product assistant"},
        "description": {
            "short": "Backlog, sprints and stand-ups, in the chat.",
            "full": "Steward keeps a product team's backlog, roadmap, sprints and stand-ups, "
            "and answers questions about requirements from the record. It is hosted by your own organisation.",
        },
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#2B5D8A",
        "bots": [
            {
                "botId": app_id,
                "scopes": scopes,
                "supportsFiles": True,
                "isNotificationOnly": False,
                "commandLists": [{"scopes": scopes, "commands": listed}] if listed else [],
            }
        ],
        "composeExtensions": [{"botId": app_id, "commands": [_saves(*one) for one in SAVED]}],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [parts.hostname],
    }


def _saves(command: str, title: str, what: str) -> dict[str, Any]:
    """What is offered behind … on a message; the bot answers with a form."""
    return {
        "id": command,
        "type": "action",
        "context": ["message"],
        "title": title,
        "description": what,
        "fetchTask": True,
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
