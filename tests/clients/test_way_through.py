"""The same scenario by each client's own routes ends in what the terminal leaves behind."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.clients.conftest import Lend, left
from tests.clients.steward import office
from tests.databases import Files
from tests.scenario.imports import BACKLOG, Imports, run
from tests.scenario.play import FIRST, OWNER, STEPS, Run, play
from tests.scenario.state import Picture

pytestmark = pytest.mark.clients


async def test_local_slack_and_the_playground_leave_what_the_terminal_leaves(
    lend: Lend, told_in_a_terminal: Picture, tmp_path: Path
) -> None:
    """Side by side, each with a server and a database of its own, since most of the time goes into Slack's pace."""
    slack, teams = lend(), lend()
    async with asyncio.TaskGroup() as both:
        both.create_task(_by_slack(slack, tmp_path / "by-slack"))
        both.create_task(_by_teams(teams, tmp_path / "by-teams"))
    assert left(slack) == told_in_a_terminal
    assert left(teams) == told_in_a_terminal


async def test_the_first_ten_minutes_in_both(lend: Lend, tmp_path: Path) -> None:
    slack, teams = lend(), lend()
    async with asyncio.TaskGroup() as both:
        both.create_task(_by_slack(slack, tmp_path / "by-slack", FIRST))
        both.create_task(_by_teams(teams, tmp_path / "by-teams", FIRST))
    for url in (slack, teams):
        [product] = left(url)["products"]
        assert [item["number"] for item in product["items"]] == list(range(1, 9))


@pytest.mark.skipif(
    not BACKLOG.is_dir() and not os.environ.get("CI"), reason="the real files of ../shared/data are not here"
)
async def test_a_product_owners_day_in_both_leaves_what_it_leaves_in_a_terminal(
    lend: Lend, files: Files, tmp_path: Path
) -> None:
    """Typed lines, buttons, a form, a thread that is tied to an item, on a real backlog of 2,503 items.

    The import itself is `steward import` beside the running server: no file can be dropped in the Playground.
    """
    beside, slack, teams = files.make(tmp_path), lend(), lend()
    await Imports(beside, tmp_path / "terminal.log", OWNER).play()
    await _by_slack(slack, tmp_path / "by-slack", OWNER, _importing(slack))
    await _by_teams(teams, tmp_path / "by-teams", OWNER, _importing(teams))
    in_a_terminal = left(beside)
    assert left(slack) == in_a_terminal
    assert left(teams) == in_a_terminal


def _importing(url: str) -> Run:
    async def imported(words: list[str]) -> None:
        status, out, errors = await run(url, words)
        assert status == 0, (out, errors)

    return imported


async def _by_slack(url: str, folder: Path, path: Path = STEPS, beside: Run | None = None) -> None:
    """Slash commands, mentions, direct messages, buttons and modals."""
    async with office(folder, url, slack=True) as made:
        await play(made.slack, path, beside)


async def _by_teams(url: str, folder: Path, path: Path = STEPS, beside: Run | None = None) -> None:
    """Mentions in posts, private messages, Action.Execute, Action.Submit and forms in the chat."""
    async with office(folder, url, teams=True) as made:
        await play(made.teams, path, beside)
