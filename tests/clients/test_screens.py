"""The clients' own pages in Chromium: typed into, clicked in, read, and pictured.

`SCREENS=folder make clients` keeps the pictures.
"""

from pathlib import Path

import pytest

from tests.clients.browser import Page, chromium, pictures
from tests.clients.conftest import left
from tests.clients.steward import office
from tests.databases import Files
from tests.scenario.play import Face, Told

pytestmark = pytest.mark.clients

ANN, BOB = Told("ann", "#app", "slash"), Told("bob", "#app", "mention")
BACKLOG = (
    "Export invoices as CSV type=story points=5 label=export",
    "Read bank statements in CAMT type=bug points=3 label=bank",
    "Remind me of unpaid invoices type=spike",
    "Sign in with the company account points=8 label=security,login",
)


async def _begin(face: Face) -> None:
    await face.say(ANN, 'setup "Acme app" key=APP tz=Europe/Berlin')
    for line in BACKLOG:
        await face.say(ANN, f"backlog add {line}")
    await face.say(BOB, "backlog start APP-2")
    await face.say(ANN, 'backlog edit APP-1 assignee=@bob description="One file a month, one line an invoice."')
    await face.say(BOB, "backlog comment APP-1 The bank needs semicolons")


async def test_slacks_page_shows_cards_and_a_modal_is_filled_in_there(files: Files, tmp_path: Path) -> None:
    url = files.make(tmp_path)
    screens = pictures(tmp_path)
    async with office(tmp_path / "office", url, slack=True) as made, chromium(tmp_path / "chromium") as page:
        await _begin(made.slack)
        await page.open(made.slack.url)
        await _line(page, "/backlog list", "textarea")
        await page.shows("APP-4 Sign in with the company account · 8 pts · security login")
        await page.picture(screens / "slack-list.png")
        await _line(page, "/backlog show APP-1", "textarea")
        shown = await page.shows("Assignee: bob")
        assert "The bank needs semicolons" in shown
        await page.picture(screens / "slack-item.png")
        await _line(page, "/backlog show APP-99", "textarea")
        await page.shows("APP-99 is not in Acme app.")
        await page.picture(screens / "slack-refusal.png")
        assert await page.evaluate("document.querySelectorAll('.bk-unknown').length") == 0
        await _line(page, "/backlog add", "textarea")
        await page.shows("Add an item")
        await page.write("Typed into the modal", ".modal input")
        await page.picture(screens / "slack-form.png")
        await page.click("Save")
        await page.shows("APP-5 added: Typed into the modal")
    assert [item["title"] for item in left(url)["products"][0]["items"]][-1] == "Typed into the modal"


async def test_the_playgrounds_page_draws_cards_and_their_buttons_work(files: Files, tmp_path: Path) -> None:
    url = files.make(tmp_path)
    screens = pictures(tmp_path)
    box = "[contenteditable][role=textbox]"
    async with office(tmp_path / "office", url, teams=True) as made, chromium(tmp_path / "chromium") as page:
        await _begin(made.teams)
        await page.open(made.teams.url)
        await _line(page, "backlog list", box)
        await page.shows("APP-4 Sign in with the company account · 8 pts · security login")
        await page.picture(screens / "teams-list.png")
        await _line(page, "backlog lsit", box)
        await page.shows("Did you mean backlog list?")
        await page.picture(screens / "teams-refusal.png")
        await _line(page, "backlog show APP-1", box)
        await page.shows("The bank needs semicolons")
        await page.picture(screens / "teams-item.png")
        await page.click("Start")
        await page.shows("APP-1 Export invoices as CSV: started")
        # the page ignores a button that opens a dialog, so the form is asked for as clients without dialogs do
        asked = await made.teams.say(Told("ann", "@steward", "direct"), "backlog add")
        await made.teams.press(Told("ann", "@steward", "direct"), asked, "Fill in")
        await page.shows("Description\nSave")
        await page.picture(screens / "teams-form.png")
    [product] = left(url)["products"]
    assert product["items"][0]["status"] == "doing"


async def _line(page: Page, text: str, box: str) -> None:
    await page.write(text, box)
    await page.enter()
