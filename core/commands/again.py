"""A transaction that failed for a passing reason is begun again."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

T = TypeVar("T")

TRIES = 4  # the first, and three more
_RETRIED_STATES = frozenset({"40001", "40P01"})  # serialisation failure, deadlock


def _passing(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is begun again."""
    if isinstance(error, IntegrityError):  # a rank or a number was taken in between
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, OperationalError):
        state = getattr(error.orig, "sqlstate", None)
        return state in _RETRIED_STATES or "database is locked" in str(error.orig)
    return False


_RETRYING = Retrying(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(TRIES),
    wait=wait_random_exponential(multiplier=0.01, max=0.2),
    reraise=True,
)


def retrying(work: Callable[[], T]) -> T:
    """Do a whole transaction, anew where it may pass when begun again."""
    return _RETRYING(work)
