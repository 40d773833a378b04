"""Days of the week as people write them; stand-ups, digests and dates all read them here."""

import pytest

from core.chat import weekdays
from core.chat.weekdays import WEEK


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("monday", ("MO",)),
        ("Tues", ("TU",)),
        ("fridays", ("FR",)),
        ("wed, mon and fri", ("MO", "WE", "FR")),
        ("mon wed fri", ("MO", "WE", "FR")),
        ("mon/thu", ("MO", "TH")),
        ("mon-fri", WEEK[:5]),
        ("Mon – Fri", WEEK[:5]),
        ("monday to thursday", WEEK[:4]),
        ("sat-mon", ("MO", "SA", "SU")),
        ("tue-tue", ("TU",)),
        ("weekdays", WEEK[:5]),
        ("weekends and mon", ("MO", "SA", "SU")),
        ("", ()),
        ("someday", ()),
        ("mon, funday", ()),
        ("sunny", ()),
        ("-", ()),
    ],
)
def test_days_are_read_in_the_order_of_the_week(said: str, days: tuple[str, ...]) -> None:
    assert weekdays.read(said) == days
