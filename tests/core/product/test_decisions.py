"""Votes: one a person, the last one counts, none once it is over; and what is closed stays as it is."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.product import decisions
from core.product.audience import Audience
from core.store.database import Database, Session
from tests import databases
from tests.databases import NOW, Company, new_id

TODAY = NOW.date()
OPTIONS = ("comma", "semicolon", "tab")


def opened(db: Session, company: Company, **more: object) -> decisions.Decision:
    fields = {"until": None, "secret": False, "audience": Audience.TEAM, "refs": (), **more}
    return decisions.open_(db, company.product, company.ann, "Which?", OPTIONS, **fields)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from(OPTIONS)), max_size=12))
def test_of_each_person_the_last_vote_counts_and_no_other(database: Database, votes: list[tuple[bool, str]]) -> None:
    company = databases.company(database, new_id())
    with company.work() as db:
        decision = opened(db, company)
        for by_bob, choice in votes:
            decisions.vote(db, decision, company.bob if by_bob else company.ann, choice, TODAY)
        tally = decisions.tally(db, decision)
        last = dict(votes)
        assert tally.total == len(last) == decision.ballots
        for option in OPTIONS:
            assert len(tally.voters[option]) == sum(choice == option for choice in last.values())
        most = max((len(who) for who in tally.voters.values()), default=0)
        assert tally.leading() == [o for o in OPTIONS if most and len(tally.voters[o]) == most]
        decisions.close(db, decision, company.ann, "tab", "it is short")
        with pytest.raises(decisions.Settled):
            decisions.vote(db, decision, company.bob, "comma", TODAY)
        assert decisions.tally(db, decision) == tally


def test_a_vote_is_in_time_until_its_last_day_is_over(database: Database) -> None:
    company = databases.company(database)
    with company.work() as db:
        decision = opened(db, company, until=TODAY)
        decisions.vote(db, decision, company.bob, "comma", TODAY)
        with pytest.raises(decisions.Over):
            decisions.vote(db, decision, company.bob, "tab", TODAY + timedelta(days=1))


def test_an_option_is_meant_by_its_words_its_letter_its_number_or_its_start(database: Database) -> None:
    company = databases.company(database)
    with company.work() as db:
        decision = opened(db, company)
    for said, meant in (("Semicolon", 1), ("b", 1), ("2", 1), ("semi", 1), ("A", 0), ("tab", 2), ("c", 2)):
        assert decisions.chosen(decision, said) == OPTIONS[meant], said
    for said in ("", "d", "4", "0", "x y", "ß"):
        with pytest.raises(decisions.NoSuchOption):
            decisions.chosen(decision, said)
