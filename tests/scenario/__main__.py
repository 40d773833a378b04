"""Play the scenarios in a terminal and keep what is answered. Read the difference before it is committed."""

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import migrations
from core.store.database import Database
from tests.scenario.expected import keep
from tests.scenario.imports import BACKLOG, Imports
from tests.scenario.play import OWNER, play
from tests.scenario.terminal import terminal


async def main(folder: Path) -> None:
    way = f"sqlite:///{folder / 'way.db'}"
    async with terminal(way, folder / "log") as face:
        await play(face)
    sys.stdout.write(f"{keep('steps', face.answers)}\n")
    if BACKLOG.is_dir():
        url = f"sqlite:///{folder / 'imports.db'}"
        database = Database(url)
        migrations.upgrade(database.engine)
        database.close()
        imports = Imports(url, folder / "log")
        await imports.play()
        sys.stdout.write(f"{keep('imports', imports.answers)}\n")
        day = f"sqlite:///{folder / 'day.db'}"
        database = Database(day)
        migrations.upgrade(database.engine)
        database.close()
        owner = Imports(day, folder / "log", OWNER)
        await owner.play()
        sys.stdout.write(f"{keep('owner', owner.answers)}\n")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder)))
