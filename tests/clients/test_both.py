"""Slack and Teams at once, on one server and one database."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from core.product.people import Identity
from core.product.workspaces import Workspace, outdate
from core.store.database import Database
from tests.clients.conftest import Lend, left
from tests.clients.local_slack import PEOPLE
from tests.clients.playground import USERS
from tests.clients.steward import office
from tests.scenario.play import Told

pytestmark = pytest.mark.clients

ANN, BOB = Told("ann", "#app", "slash"), Told("bob", "#app", "mention")


async def test_what_is_changed_in_slack_is_seen_and_taken_back_in_teams(lend: Lend, tmp_path: Path) -> None:
    url = lend()
    async with office(tmp_path / "office", url, slack=True, teams=True) as made:
        await made.slack.say(ANN, 'setup "Acme app" key=APP')
        _same_person(url, PEOPLE["ann"], USERS["ann"]["aadObjectId"])
        assert "is about Acme app" in (await made.teams.say(ANN, "product use APP")).text
        await made.slack.say(ANN, "backlog add Said in Slack points=3")
        await made.teams.say(BOB, "backlog add Said in Teams")
        assert "APP-1 Said in Slack · 3 pts" in (await made.teams.say(ANN, "backlog list")).text
        assert "APP-2 Said in Teams" in (await made.slack.say(ANN, "backlog list")).text
        await made.slack.say(ANN, "backlog edit APP-2 points=5")
        shown = await made.teams.say(BOB, "backlog show APP-2")
        assert "Points: 5" in shown.text
        taken_back = await made.teams.say(ANN, "undo")
        assert "APP-2 points are empty again" in taken_back.text
        history = await made.slack.say(ANN, "history APP-2")
        assert "taken back" in history.text
        assert "bob" in history.text
    [product] = left(url)["products"]
    assert product["channels"] == 2
    assert [(item["title"], item["points"]) for item in product["items"]] == [
        ("Said in Slack", 3.0),
        ("Said in Teams", None),
    ]


def _same_person(url: str, slack_id: str, teams_id: str) -> None:
    """Let somebody whom we know from both be one person, as `team same` does with a code."""
    database = Database(url)
    with database.transaction(write=True, now=datetime.now(UTC)) as db:
        [home] = db.scalars(select(Workspace.id))
        db.enter(home)
        [person] = db.scalars(select(Identity.person_id).where(Identity.external_id == slack_id))
        known = db.scalar(select(Identity).where(Identity.platform == "teams", Identity.external_id == teams_id))
        if known is None:
            db.add(Identity(platform="teams", external_id=teams_id, person_id=person))
        else:
            known.person_id = person
        outdate(db)
    database.close()
