"""Who somebody is: one person under both of Teams' ids, remembered, and what happens when Teams does not say."""

from collections.abc import AsyncIterator

import pytest

from bot.teams.connector import Connector as Way
from bot.teams.connector import Declined, Lost, Road
from bot.teams.roster import Member, Roster
from tests.bot.teams.conftest import ANN, APP, ENTITY_BOT, EVE, TENANT, Stage, staged
from tests.teams_stand_in import Fault, issuing


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(anonymous=True) as made:
        yield made


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def roster(stage: Stage, clock: Clock) -> Roster:
    return Roster(Way("", Road(lambda: stage.http, None, 1.0)), clock=clock, timeout=0.5, most=3)


async def test_one_person_is_found_by_either_id(stage: Stage) -> None:
    asked = roster(stage, Clock())
    ann = Member("aad-ann", "29:ann", "Ann Lee", guest=False)
    assert await asked.member(TENANT, stage.service, "a:chat", "29:ann") == ann
    assert await asked.member(TENANT, stage.service, "a:chat", "aad-ann") == ann
    assert stage.connector.requests == 1


async def test_a_guest_is_known_by_their_role_or_their_name(stage: Stage) -> None:
    asked = roster(stage, Clock())
    stage.connector.knows({**ANN, "id": "29:visitor", "aadObjectId": "v", "userRole": "guest"})
    for who in (EVE["id"], "29:visitor"):
        found = await asked.member(TENANT, stage.service, "a:chat", who)
        assert found
        assert found.guest


async def test_what_was_known_serves_while_teams_is_away(stage: Stage) -> None:
    clock = Clock()
    asked = roster(stage, clock)
    known = await asked.member(TENANT, stage.service, "a:chat", "29:ann")
    clock.now = 4000.0
    stage.connector.faults.append(Fault("member", 503))
    assert await asked.member(TENANT, stage.service, "a:chat", "29:ann") == known
    assert stage.connector.requests == 2


async def test_a_failure_is_not_asked_for_again_at_once(stage: Stage) -> None:
    clock = Clock()
    asked = roster(stage, clock)
    for _ in range(3):
        assert await asked.member(TENANT, stage.service, "a:chat", "29:nobody") is None
    assert stage.connector.requests == 1
    clock.now = 61.0
    await asked.member(TENANT, stage.service, "a:chat", "29:nobody")
    assert stage.connector.requests == 2


async def test_finding_somebody_says_why_not(stage: Stage) -> None:
    asked = roster(stage, Clock())
    with pytest.raises(Declined, match="404"):
        await asked.find(TENANT, stage.service, "a:chat", "29:nobody")
    stage.connector.faults.append(Fault("member", delay=2.0))
    with pytest.raises(Lost):
        await asked.find(TENANT, stage.service, "a:chat", "29:ann")


async def test_no_more_people_are_remembered_than_there_is_room_for(stage: Stage) -> None:
    asked = roster(stage, Clock())
    for number in range(4):
        stage.connector.knows({"id": f"29:{number}", "aadObjectId": f"29:{number}", "name": str(number)})
        await asked.member(TENANT, stage.service, "a:chat", f"29:{number}")
    await asked.member(TENANT, stage.service, "a:chat", "29:0")
    assert stage.connector.requests == 5


async def test_somebody_teams_says_nothing_about_is_taken_for_a_guest() -> None:
    with issuing() as issuer:
        settings = {"app_id": APP, "app_password": "p", "metadata": issuer.metadata}
        async with staged(**settings, fetch_token=lambda: {"access_token": "t"}) as stage:
            stage.connector.members.clear()
            token = issuer.token(APP, stage.service)
            named = {"type": "mention", "mentioned": {"id": "29:ben", "name": "Ben"}, "text": "<at>Ben</at>"}
            said = stage.activity(text="assign <at>Ben</at>", entities=[ENTITY_BOT, named])
            assert (await stage.post(said, Authorization=f"Bearer {token}"))[0] == 200
            (ask,) = stage.desk.accepted
            assert ask.speaker.guest
            assert (ask.text, dict(ask.mentions)) == ("assign Ben", {}), "no second identity is made for Ben"


async def test_who_was_asked_about_is_recalled_by_either_id_without_asking(stage: Stage) -> None:
    """The Agents Playground knows its people by one id only, and we keep the other."""
    clock = Clock()
    asked = roster(stage, clock)
    assert asked.recall(TENANT, "aad-ann") is None
    ann = await asked.member(TENANT, stage.service, "a:chat", "29:ann")
    assert ann == asked.recall(TENANT, "aad-ann") == asked.recall(TENANT, "29:ann")
    assert stage.connector.requests == 1
    clock.now = 3601
    assert asked.recall(TENANT, "aad-ann") is None
