"""Which workspace a token is for, and what it may do."""

from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

SECONDS = 10


class TokenRefused(PermissionError):
    """Slack does not take the token; `args[0]` is Slack's own word for why."""


@dataclass(frozen=True, slots=True)
class Installed:
    """The workspace and our user there. `scopes` is empty where Slack did not say."""

    team_id: str
    team: str
    user: str
    scopes: frozenset[str]


async def installed(token: str, base_url: str | None = None) -> Installed:
    """Ask Slack (auth.test). Raises TokenRefused, and ConnectionError where Slack cannot be reached."""
    client = AsyncWebClient(token=token, base_url=base_url or AsyncWebClient.BASE_URL, timeout=SECONDS)
    try:
        who = await client.auth_test()
    except SlackApiError as refusal:
        raise TokenRefused(str(refusal.response.get("error", ""))) from refusal
    except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
        raise ConnectionError(str(trouble) or type(trouble).__name__) from trouble
    granted = str((who.headers or {}).get("x-oauth-scopes", ""))
    scopes = frozenset(scope.strip() for scope in granted.split(",") if scope.strip())
    return Installed(str(who["team_id"]), str(who.get("team") or ""), str(who.get("user") or ""), scopes)
