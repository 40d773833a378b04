"""A product team's week, said by the same script in both clients: what is left behind is the same."""

import asyncio
from pathlib import Path

import pytest

from tests.clients.conftest import Lend, left
from tests.clients.steward import office
from tests.scenario.play import WEEK, play

pytestmark = pytest.mark.clients


async def test_a_product_teams_week_leaves_the_same_in_slack_and_in_teams(lend: Lend, tmp_path: Path) -> None:
    slack, teams = lend(), lend()
    async with asyncio.TaskGroup() as both:
        both.create_task(_by_slack(slack, tmp_path / "by-slack"))
        both.create_task(_by_teams(teams, tmp_path / "by-teams"))
    assert left(slack) == left(teams)


async def _by_slack(url: str, folder: Path) -> None:
    async with office(folder, url, slack=True) as made:
        await play(made.slack, WEEK)


async def _by_teams(url: str, folder: Path) -> None:
    async with office(folder, url, teams=True) as made:
        await play(made.teams, WEEK)
