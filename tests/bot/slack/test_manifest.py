import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.slack.app import commands
from bot.slack.heard import SHORTCUTS
from bot.slack.manifest import manifest

SCHEMAS = Path(__file__).parents[4] / "shared" / "schemas"

FROM_URL = manifest(url="https://bot.example.com/")
PREFIXED = manifest("acme", url="https://bot.example.com")
SOCKET = manifest(socket=True)


@pytest.mark.parametrize("made", [FROM_URL, PREFIXED, SOCKET], ids=["url", "prefix", "socket"])
def test_the_manifest_is_one_that_slack_publishes(made: dict[str, Any]) -> None:
    path = SCHEMAS / "manifest.schema.1.0.0.json"
    if not path.exists():
        assert not os.environ.get("CI"), f"{path.name} is missing"
        pytest.skip("../shared/schemas is not here")
    jsonschema.Draft7Validator(json.loads(path.read_text())).validate(made)


def test_the_manifest_names_what_the_app_listens_to() -> None:
    named = [one["command"] for one in PREFIXED["features"]["slash_commands"]]
    assert named == list(commands("acme"))
    assert named[1] == "/acme-backlog"
    assert all(one["should_escape"] for one in PREFIXED["features"]["slash_commands"])
    assert [one["callback_id"] for one in PREFIXED["features"]["shortcuts"]] == list(SHORTCUTS)
    addresses = {one["url"] for one in FROM_URL["features"]["slash_commands"]}
    addresses |= {FROM_URL["settings"][part]["request_url"] for part in ("event_subscriptions", "interactivity")}
    assert addresses == {"https://bot.example.com/slack/events"}
    assert "https://" not in json.dumps(SOCKET)


def test_nothing_is_heard_that_is_not_said_to_us() -> None:
    assert FROM_URL["settings"]["event_subscriptions"]["bot_events"] == [
        "app_mention",
        "message.im",
        "member_joined_channel",
    ]
    assert set(FROM_URL["oauth_config"]["scopes"]) == {"bot"}
    scopes = FROM_URL["oauth_config"]["scopes"]["bot"]
    assert [scope for scope in scopes if scope.startswith(("users", "files", "admin"))] == [
        "files:read",
        "files:write",
        "users:read",
    ]


@pytest.mark.parametrize("wrong", [{"prefix": "Acme Corp", "socket": True}, {"prefix": "x" * 21, "socket": True}, {}])
def test_what_slack_would_not_take_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is not at most|does not begin"):
        manifest(**wrong)


@pytest.mark.parametrize("prefix", ["", "x" * 20])
def test_every_command_keeps_slacks_length(prefix: str) -> None:
    assert max(len(command) for command in commands(prefix)) <= 32
