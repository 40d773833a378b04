"""The Slack app manifest: what an administrator pastes at api.slack.com/apps, 'From a manifest'."""

import re
from collections.abc import Mapping
from typing import Any

from bot.slack.app import COMMANDS, commands

SCOPES: Mapping[str, str] = {
    "commands": "slash commands, 'Save as backlog item' and 'Save as feedback'",
    "chat:write": "post where the bot was invited",
    "app_mentions:read": "hear what is said to it in channels, and nothing else there",
    "im:history": "hear direct messages, and find its own there",
    "im:write": "open a private chat for what only one person may see",
    "channels:history": "find its own message again after a time-out, rather than post twice",
    "groups:history": "the same in private channels",
    "channels:read": "say hello where it is invited, and what comes first to who invited it",
    "groups:read": "the same in private channels",
    "files:read": "read a backlog that somebody drops for it",
    "files:write": "show charts and hand over exports",
    "users:read": "call people by their names, and keep guests to what is public",
}
"""Every scope asked for, and what for."""

EVENTS = ("app_mention", "message.im", "member_joined_channel")

_SAYS: Mapping[str, tuple[str, str]] = {
    "steward": ("Anything you can ask of Steward", "[help | mine | team list | …]"),
    "backlog": ("Work with the backlog", "[add | list | show | edit | move …]"),
    "sprint": ("Plan, follow and close sprints", "[status | plan | forecast …]"),
    "standup": ("Answer or set up the stand-up", "[answer | new | report …]"),
    "ask": ("Ask what a requirement says", "[ITEM] QUESTION"),
}
_SHORTCUTS = [
    {
        "name": "Save as backlog item",
        "type": "message",
        "callback_id": "save_as_item",
        "description": "Adds the message to the backlog, with a link back",
    },
    {
        "name": "Save as feedback",
        "type": "message",
        "callback_id": "save_as_feedback",
        "description": "Keeps what somebody said, with a link back",
    },
]
_PREFIX = re.compile(r"[a-z0-9_-]{0,20}")


def manifest(prefix: str = "", url: str = "", socket: bool = False) -> dict[str, Any]:
    """The manifest as JSON.

    prefix  'acme' makes the commands /acme-steward, /acme-backlog …; ValueError where Slack would not take it
    url     where the server is reached from outside, 'https://bot.example.com'; not needed with `socket`
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"The prefix {prefix!r} is not at most 20 of a-z, 0-9, - and _.")
    if not socket and not url.startswith("https://"):
        raise ValueError(f"The address {url!r} does not begin with https://, or say socket.")
    door = {} if socket else {"request_url": f"{url.rstrip('/')}/slack/events"}
    return {
        "_metadata": {"major_version": 1},
        "display_information": {
            "name": "Steward",
            "description": "A product assistant for backlog, sprints, stand-ups and questions about requirements.",
            "background_color": "#2c3e50",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Steward", "always_online": True},
            "slash_commands": _commands(prefix, door),
            "shortcuts": _SHORTCUTS,
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**door, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **door},
            "org_deploy_enabled": False,
            "socket_mode_enabled": socket,
            "token_rotation_enabled": False,
        },
    }


def _commands(prefix: str, door: Mapping[str, str]) -> list[dict[str, Any]]:
    """With should_escape Slack sends mentions and channels as ids; without it, as names that may have changed."""
    address = {"url": door["request_url"]} if door else {}
    return [
        {
            "command": command,
            **address,
            "description": _SAYS[name][0],
            "usage_hint": _SAYS[name][1],
            "should_escape": True,
        }
        for name, command in zip(COMMANDS, commands(prefix), strict=True)
    ]
