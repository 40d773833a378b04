"""Who is known, who may, and how a replica learns that it has changed."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.chat.ask import Ask, Connection, Place, PlaceKind, Platform, Speaker
from core.product import people, products, workspaces
from core.product.people import Directory, Identity, Person, Role, RoleRow
from core.product.workspaces import ConnectionRow, Workspace
from core.store.database import Database
from tests import databases
from tests.databases import NOW, Company, at_once

PO, PM, SM = Role.PRODUCT_OWNER, Role.PRODUCT_MANAGER, Role.SCRUM_MASTER
FRIDAY = NOW + timedelta(days=3)
LATER = NOW + timedelta(days=30)


def directory(company: Company) -> Directory:
    with company.database.transaction(write=False, now=NOW) as db:
        return people.read_directory(db, workspaces.enter(db, company.connection))


def grant(company: Company, who: str, role: Role, until: datetime | None = None, *, everywhere: bool = False) -> None:
    with company.work() as db:
        people.grant(db, who, None if everywhere else company.product, role, until)


def roles(company: Company, who: str, at: datetime = NOW) -> set[Role]:
    return set(directory(company).roles(who, company.product, at))


# ---- roles ----


@pytest.mark.parametrize("role", [PO, PM])
def test_a_product_has_one_owner_and_one_manager(company: Company, role: Role) -> None:
    grant(company, company.ann, role)
    grant(company, company.bob, role)
    assert directory(company).holder(role, company.product, NOW) == company.bob
    assert roles(company, company.bob) == {role, Role.LEAD, Role.MEMBER}
    assert roles(company, company.ann) == {Role.MEMBER}


def test_several_may_be_scrum_masters(company: Company) -> None:
    grant(company, company.ann, SM)
    grant(company, company.bob, SM)
    assert SM in roles(company, company.ann) & roles(company, company.bob)


def test_a_person_may_hold_several_roles(company: Company) -> None:
    for role in (PO, PM, SM):
        grant(company, company.ann, role)
    assert roles(company, company.ann) == {PO, PM, SM, Role.LEAD, Role.MEMBER}
    grant(company, company.bob, PM)
    assert roles(company, company.ann) == {PO, SM, Role.LEAD, Role.MEMBER}


def test_a_stand_in_acts_for_a_while_and_the_holder_keeps_the_role(company: Company) -> None:
    grant(company, company.ann, PO)
    grant(company, company.bob, Role.MEMBER)
    grant(company, company.bob, PO, FRIDAY)
    known = directory(company)
    assert known.holder(PO, company.product, NOW) == company.bob
    assert known.holder(PO, company.product, FRIDAY - timedelta(seconds=1)) == company.bob
    assert known.holder(PO, company.product, FRIDAY) == company.ann
    assert PO in roles(company, company.ann) & roles(company, company.bob)
    assert roles(company, company.bob, FRIDAY) == {Role.MEMBER}


def test_a_new_stand_in_ends_the_one_before(company: Company) -> None:
    with company.work() as db:
        carol = databases.person(db, "carol")
    grant(company, company.ann, PO)
    grant(company, company.bob, PO, FRIDAY)
    grant(company, carol, PO, LATER)
    assert directory(company).holder(PO, company.product, NOW) == carol
    assert PO not in roles(company, company.bob)
    assert PO in roles(company, company.ann)


def test_a_new_owner_ends_the_stand_in_too(company: Company) -> None:
    with company.work() as db:
        carol = databases.person(db, "carol")
    grant(company, company.ann, PO)
    grant(company, company.bob, PO, FRIDAY)
    grant(company, carol, PO)
    assert directory(company).holder(PO, company.product, NOW) == carol
    assert PO not in roles(company, company.ann) | roles(company, company.bob)


@pytest.mark.parametrize("plain", [Role.MEMBER, Role.VIEWER])
def test_a_plain_role_ends_what_was_led(company: Company, plain: Role) -> None:
    grant(company, company.ann, PO)
    grant(company, company.ann, SM)
    grant(company, company.bob, SM)
    grant(company, company.ann, plain)
    assert roles(company, company.ann) == {plain}
    assert SM in roles(company, company.bob)


def test_a_lead_ends_the_plain_role(company: Company) -> None:
    grant(company, company.ann, Role.VIEWER)
    grant(company, company.ann, PM)
    assert roles(company, company.ann) == {PM, Role.LEAD, Role.MEMBER}


def test_the_same_role_twice_is_one_row(company: Company) -> None:
    for _ in range(2):
        grant(company, company.ann, PO)
        grant(company, company.bob, Role.MEMBER)
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(RoleRow)) == 2


def test_a_role_counts_in_its_product_and_admin_everywhere(company: Company) -> None:
    with company.work() as db:
        other = databases.product(db, "WEB")
    grant(company, company.ann, PO)
    grant(company, company.bob, Role.ADMIN, everywhere=True)
    known = directory(company)
    assert known.has_admin()
    assert known.roles(company.ann, other, NOW) == frozenset()
    assert known.roles(company.bob, other, NOW) == known.roles(company.bob, None, NOW) == {Role.ADMIN}
    assert known.holder(PO, other, NOW) is None
    grant(company, company.bob, Role.MEMBER)
    assert roles(company, company.bob) == {Role.ADMIN, Role.MEMBER}


def test_two_who_take_over_at_once_leave_one_owner(company: Company) -> None:
    grant(company, company.ann, PO)
    with company.work() as db:
        carol = databases.person(db, "carol")
    at_once(lambda: grant(company, company.bob, PO), lambda: grant(company, carol, PO))
    with company.look() as db:
        assert db.scalar(select(func.count()).where(RoleRow.role == PO.value)) == 1


# ---- people ----

EVE = Speaker("U7", "eve")


def meet(company: Company, *speakers: Speaker, platform: Platform = Platform.SLACK) -> None:
    with company.work() as db:
        people.meet(db, platform, speakers)


def test_who_is_met_twice_is_one_person(company: Company) -> None:
    meet(company, EVE)
    meet(company, EVE, EVE)
    known = directory(company)
    person = known.person(Platform.SLACK, EVE)
    assert known.name(person) == "eve"
    with company.look() as db:
        assert db.scalar(select(func.count()).select_from(Person)) == 3


def test_who_is_met_twice_at_once_is_one_person(company: Company) -> None:
    at_once(*[lambda: meet(company, EVE)] * 3)
    with company.look() as db:
        assert db.scalar(select(func.count()).where(Identity.external_id == EVE.external_id)) == 1
        assert db.scalar(select(func.count()).select_from(Person)) == 3


def test_who_has_no_name_yet_is_called_by_their_id_until_one_is_known(company: Company) -> None:
    meet(company, replace(EVE, name=""))
    person = directory(company).person(Platform.SLACK, EVE)
    assert directory(company).name(person) == "U7"
    meet(company, EVE)
    meet(company, replace(EVE, name=""))
    assert directory(company).name(person) == "eve"
    assert directory(company).by_name["eve"] == person


def test_the_same_id_on_another_platform_is_somebody_else(company: Company) -> None:
    meet(company, EVE)
    meet(company, EVE, platform=Platform.TEAMS)
    known = directory(company)
    assert known.person(Platform.SLACK, EVE) != known.person(Platform.TEAMS, EVE)
    assert known.person(Platform.TERMINAL, EVE) is None


def test_nobody_in_particular_is_somebody(company: Company) -> None:
    known = directory(company)
    assert (known.name(None), known.name("gone")) == ("somebody", "somebody")


# ---- what a replica knows by heart ----


def test_the_version_grows_with_every_change_of_people_roles_products_and_channels(company: Company) -> None:
    place = Place("C1", name="app")
    versions = [directory(company).version]
    meet(company, EVE)
    versions.append(directory(company).version)
    grant(company, company.ann, PO)
    versions.append(directory(company).version)
    with company.work() as db:
        products.make(db, "WEB", "Web", "UTC")
    versions.append(directory(company).version)
    with company.work() as db:
        products.use(db, Platform.SLACK, place, company.product)
    versions.append(directory(company).version)
    assert versions == sorted(set(versions))


def test_work_does_not_outdate_what_a_replica_knows(company: Company) -> None:
    before = directory(company).version
    company.add("x")
    assert directory(company).version == before


def test_a_change_of_one_company_does_not_outdate_the_other(database: Database, company: Company) -> None:
    other = databases.company(database, "other")
    before = directory(other).version
    grant(company, company.ann, PO)
    assert directory(other).version == before


def test_the_only_product_is_meant_everywhere_and_of_several_the_one_of_the_place(company: Company) -> None:
    here, there = Place("C1"), Place("C2")
    assert [p and p.key for p in map_products(company, here, there)] == ["APP", "APP"]
    with company.work() as db:
        products.make(db, "WEB", "Web", "UTC")
        products.use(db, Platform.SLACK, here, company.product)
    assert [p and p.key for p in map_products(company, here, there)] == ["APP", None]
    assert directory(company).product_by_key("web") is not None
    assert directory(company).product_by_key("we") is None


def map_products(company: Company, *places: Place) -> list[people.ProductInfo | None]:
    known = directory(company)
    return [known.product_of(Platform.SLACK, place) for place in places]


@pytest.mark.parametrize(
    ("platform", "place", "guest", "member"),
    [
        (Platform.SLACK, Place("C1"), False, True),
        (Platform.SLACK, Place("C2"), False, False),
        (Platform.SLACK, Place("C1"), True, False),
        (Platform.SLACK, Place("C1", PlaceKind.PRIVATE), False, False),
        (Platform.TEAMS, Place("C1"), False, False),
        (Platform.TERMINAL, Place("anywhere"), False, True),
        (Platform.TERMINAL, Place("@steward", PlaceKind.PRIVATE), False, False),
    ],
)
def test_who_writes_in_a_products_channel_is_a_member(
    company: Company, platform: Platform, place: Place, guest: bool, member: bool
) -> None:
    with company.work() as db:
        products.use(db, Platform.SLACK, Place("C1"), company.product)
    ask = Ask("1", Connection(platform, "T1"), replace(EVE, guest=guest), place, "help", NOW)
    assert people.member_by_writing(ask, directory(company)) is member


# ---- the home workspace ----


def test_every_connection_of_single_tenant_settings_leads_home(database: Database) -> None:
    slack, teams = Connection(Platform.SLACK, "T1"), Connection(Platform.TEAMS, "tenant")
    with database.transaction(write=True, now=NOW) as db:
        homes = {workspaces.connect(db, one) for one in (slack, teams, slack)}
        assert db.scalar(select(func.count()).select_from(ConnectionRow)) == 2
    [home] = homes
    with database.transaction(write=False, now=NOW) as db:
        workspaces.enter(db, teams)
        assert db.workspace == home


def test_replicas_that_start_at_once_share_one_home(database: Database) -> None:
    def start() -> str:
        with database.transaction(write=True, now=NOW) as db:
            return workspaces.connect(db, Connection(Platform.SLACK, "T1"))

    assert len(set(at_once(*[start] * 4))) == 1
    with database.transaction(write=False, now=NOW) as db:
        assert db.scalar(select(func.count()).select_from(Workspace)) == 1
