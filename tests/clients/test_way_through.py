"""The same scenario by each client's own routes ends in what the terminal leaves behind."""

import asyncio
from pathlib import Path

import pytest

from tests.clients.conftest import Lend, left
from tests.clients.steward import office
from tests.scenario.play import FIRST, STEPS, play
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


async def _by_slack(url: str, folder: Path, path: Path = STEPS) -> None:
    """Slash commands, mentions, direct messages, buttons and modals."""
    async with office(folder, url, slack=True) as made:
        await play(made.slack, path)


async def _by_teams(url: str, folder: Path, path: Path = STEPS) -> None:
    """Mentions in posts, private messages, Action.Execute, Action.Submit and forms in the chat."""
    async with office(folder, url, teams=True) as made:
        await play(made.teams, path)
