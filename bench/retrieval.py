"""The time of an answer at 1k, 10k and 100k passages on both databases. Beyond real text the passages are filler."""

from collections.abc import Iterator

from bench.options import Options
from bench.report import Row
from bot import knowing, settings
from core.knowledge.model import Model


def model() -> Model | None:
    return knowing.model(settings.load())


def run(options: Options) -> Iterator[Row]:
    yield from ()
