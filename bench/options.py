"""What a measurement is asked to do, and where it may work."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """items: sizes in ascending order, empty for the measure's own; seconds: of each window of load.

    connections: requests under way at any time.

    data: questions with known answers, and their corpus; out: where what was answered is written.

    folder is empty, and removed after the run; postgresql is the address of a server where databases may be made.
    """

    folder: Path
    items: Sequence[int] = ()
    seconds: float = 2.0
    connections: int = 8
    databases: Sequence[str] = ("sqlite", "postgresql")
    data: Path | None = None
    out: Path | None = None
    postgresql: str = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    generator_core: int | None = None
    server_core: int | None = None
