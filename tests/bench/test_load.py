"""The load generator speaks to the bare Bolt echo as Slack would, and notices when an answer is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.echo import echoing
from bench.load import Job, measure
from bench.standin import standing


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("bench")
    with standing(folder / "slack", None) as api, echoing(folder / "echo", None, api=api) as (port, _):
        yield port


def test_its_requests_pass_bolts_signature_check(echo: int) -> None:
    result = measure(Job(echo, [("list", "list"), ("show APP-12", "show APP-12")], requests=20), None)
    assert (result.answered, result.errors, result.wrong) == (20, 0, "")


def test_requests_signed_with_another_secret_are_refused_and_counted(echo: int) -> None:
    result = measure(Job(echo, [("list", "list")], requests=20, secret="another"), None)
    assert (result.answered, result.errors) == (20, 20)
    assert result.wrong.startswith("401")


def test_an_answer_without_the_expected_word_counts_as_an_error(echo: int) -> None:
    result = measure(Job(echo, [("list", "list"), ("list", "APP-1")], requests=20), None)
    assert (result.answered, result.errors) == (20, 10)
    assert result.wrong.startswith("200 list")
