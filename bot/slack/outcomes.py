"""What Slack's answers mean for a message on its way."""

from datetime import timedelta

import aiohttp
from slack_sdk.errors import SlackApiError

from core.schedule.delivery import Later, Never, Outcome, Refuses, Unknown

MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)

# What Slack says it did not do, and may do later. The second group is about our token, which somebody may mend,
# and must not count against the place.
_LATER = {
    **dict.fromkeys(("ratelimited", "rate_limited", "service_unavailable", "request_timeout"), MINUTE),
    **dict.fromkeys(("team_added_to_org", "accesslimited", "message_limit_exceeded"), _QUARTER),
    **dict.fromkeys(("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"), _QUARTER),
    **dict.fromkeys(("missing_scope", "org_login_required", "two_factor_setup_required"), _QUARTER),
}
_UNKNOWN = frozenset({"internal_error", "fatal_error"})
NOT_THESE_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"})
# What Slack says where a message stands no longer, or cannot be edited (an ephemeral one): it is posted anew.
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
CANNOT_ASK = frozenset({"missing_scope", "not_in_channel", "channel_not_found", "thread_not_found", "is_archived"})
# Where it is a channel that says no, and will say so to the next message too: why, and what somebody does about it.
_INVITE = "Invite me there with /invite."
_OPEN_IT = "Whoever manages the channel can let me post there, in its settings."
SHUT = {
    "not_in_channel": ("I am not in that channel", _INVITE),
    "channel_not_found": ("I cannot see that channel", _INVITE),
    "is_archived": ("the channel is archived", "Unarchive it, or take another."),
    "posting_to_channel_denied": ("I may not post in that channel", _OPEN_IT),
    **dict.fromkeys(
        ("restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel"),
        ("only some people may post in that channel", _OPEN_IT),
    ),
}
# Where it is a thread: deleted, or closed to answers.
NO_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message", "restricted_action_thread_locked"})
NO_ENTRANCE = frozenset({*SHUT, *NO_THREAD, "user_not_in_channel"})
# Where it is a person; as one would tell somebody.
_REFUSES = {
    "user_not_in_channel": "they are not in that channel",
    "user_disabled": "their account is switched off",
    "user_not_found": "Slack does not know them any more",
    "users_not_found": "Slack does not know them any more",
    "user_not_visible": "Slack does not let me see them",
    "cannot_dm_bot": "they are a bot",
    "messages_tab_disabled": "messages to me are switched off there",
}
UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
TROUBLE = (aiohttp.ClientError, TimeoutError, OSError)


def error_of(refusal: SlackApiError) -> str:
    data = getattr(refusal.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def asks_to_wait(refusal: SlackApiError) -> bool:
    return getattr(refusal.response, "status_code", None) == 429 or error_of(refusal) in ("ratelimited", "rate_limited")


def outcome(refusal: SlackApiError) -> Outcome:
    error = error_of(refusal)
    status = getattr(refusal.response, "status_code", None)
    headers = getattr(refusal.response, "headers", None) or {}
    wait = str(headers.get("Retry-After", ""))
    if status == 429:
        return Later(timedelta(seconds=int(wait)) if wait.isdecimal() else MINUTE, "Slack asks us to wait")
    if error in _LATER:
        return Later(_LATER[error], error)
    if not error or error in _UNKNOWN:
        return Unknown(error or f"Slack answered {status}")
    if error in SHUT:
        return Refuses(*SHUT[error])
    return Refuses(_REFUSES[error]) if error in _REFUSES else Never(error)
