"""A file dropped beside words, or without any, comes with the ask; what it holds is never kept with it."""

from dataclasses import replace
from types import SimpleNamespace

from bot.slack import heard
from bot.teams import incoming
from core.chat.ask import Attachment
from core.store import asks
from core.store.database import Database
from tests.bot.house import house


def _said(**event: object) -> heard.Payload:
    common = {"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "ts": "1.2", "text": ""}
    return {"team_id": "T1", "event": {**common, **event}}


def test_a_file_shared_in_slack_comes_with_its_address() -> None:
    url = "https://files.slack.com/files-pri/T1-F1/download/old.csv"
    file = {"id": "F1", "name": "old.csv", "size": 12, "url_private_download": url}
    ask = heard.message(_said(subtype="file_share", files=[file]), "UBOT")
    assert ask is not None
    assert ask.files == (Attachment("old.csv", url, 12),)


def test_a_file_that_slack_does_not_show_the_app_has_no_address() -> None:
    ask = heard.message(_said(subtype="file_share", files=[{"id": "F1", "file_access": "check_file_info"}]), "UBOT")
    assert ask is not None
    assert ask.files == (Attachment("file"),)


def test_what_a_file_holds_is_not_kept_with_the_ask() -> None:
    ask = heard.message(_said(files=[{"name": "old.csv", "url_private": "https://files.slack.com/x"}]), "UBOT")
    assert ask is not None
    [file] = ask.files
    whole = asks.ASK.validate_json(asks.packed(ask))
    assert whole == ask
    filled = Attachment(file.name, file.url, content=b"\xff\xfe not UTF-8")
    held = asks.packed(replace(ask, files=(filled,)))
    assert asks.ASK.validate_json(held) == ask


async def test_a_document_dropped_in_slack_is_fetched_and_kept(database: Database) -> None:
    async with house(database) as acme:
        await acme.voice.slash("/steward", 'setup "Acme app" key=APP', trigger_id="setup")
        await acme.said("Acme app is set up")
        acme.slack.dropped["notes.md"] = b"# Limits\nArchived projects are left out."
        url = acme.slack.base_url.replace("/api/", "/dropped/notes.md")
        file = {"name": "notes.md", "size": 41, "url_private_download": url}
        event = _said(subtype="file_share", text="doc add Export notes", files=[file], ts="1700000000.000100")["event"]
        await acme.voice.event(event)
        await acme.said("Export notes is kept from notes.md · for the team; ask me what it says")


def test_a_file_sent_in_teams_comes_with_its_address() -> None:
    content = {"downloadUrl": "https://acme.sharepoint.com/x?tempauth=1", "fileType": "csv"}
    activity = SimpleNamespace(
        attachments=[
            SimpleNamespace(content_type=incoming.DOWNLOAD, name="old.csv", content=content),
            SimpleNamespace(content_type="text/html", name=None, content="<p>import</p>"),
        ]
    )
    assert incoming.dropped(activity) == (Attachment("old.csv", content["downloadUrl"]),)
