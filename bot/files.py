"""`steward import` and `steward export`: a backlog in from a file, and out to one."""

import argparse
import gc
import getpass
import re
import shlex
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bot.lines import TERMINAL
from core.chat.ask import Platform, Speaker
from core.commands import assemble
from core.commands.exchange.cards import sprints
from core.exchange.exporting import exported
from core.exchange.importing import BadRows, Import, NoSuchProduct
from core.exchange.rows import Fault, UnknownLayout, WrongMap
from core.product import people, workspaces
from core.store.database import Database

SHOWN_FAULTS = 20


def clock() -> datetime:
    return datetime.now(UTC)


def login() -> str:
    """The name of who runs this, as the terminal knows people."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        name = "me"
    return re.sub(r"[^a-z0-9_-]", "", name.lower()) or "me"


def import_file(options: argparse.Namespace, database: Database) -> int:
    """Import a file with a progress bar on standard error; a summary and the faults on standard output."""
    file = Path(options.file)
    if not file.is_file():
        return _refused(f"There is no file {file}.", "steward import FILE --product APP")
    actor = options.as_ or login()
    _introduce(database, actor)
    work = Import(
        database, TERMINAL, options.product, actor, file, clock, options.map, options.dry_run, options.strict,
        options.format,
    )  # fmt: skip
    again = f"steward import {shlex.quote(file.name)} --product {options.product}"
    gc.freeze()  # what is loaded stays: nothing of it is garbage after the next thousand rows
    try:
        _with_bar(work, file)
    except NoSuchProduct as no:
        return _refused(_no_product(no), f'in steward chat: product new "{file.stem}"')
    except UnknownLayout as no:
        proposal = no.proposal or "Title=title,Id=id"
        return _refused(str(no), f"{again} --map {shlex.quote(proposal)}" if no.columns else again)
    except WrongMap as no:
        return _refused(str(no), f'{again} --map "Title=title,Id=id"')
    except BadRows as bad:
        sys.stdout.writelines(_faults(bad.faults))
        are = "row is" if len(bad.faults) == 1 else "rows are"
        return _refused(f"Nothing was imported: {len(bad.faults)} {are} bad.", "the same without --strict")
    merged = work.merged
    item = "item" if merged.added == 1 else "items"
    did = "would be" if options.dry_run else "is" if merged.added == 1 else "are"
    row = "row" if len(work.faults) == 1 else "rows"
    sys.stdout.write(
        f"{file.name} into {options.product.upper()}: {merged.added} {item} {did} added, {merged.changed} changed, "
        f"{merged.same} the same, {len(work.faults)} {row} not read.\n"
    )
    if merged.kept:
        first = ", ".join(merged.kept[:5]) + (", …" if len(merged.kept) > 5 else "")
        sys.stdout.write(f"Changed on both sides, and left as it is here: {first}.\n")
    sys.stdout.writelines(f"{said}\n" for said in sprints(work.sprints))
    if work.layout and work.layout.note:
        sys.stdout.write(work.layout.note + "\n")
    sys.stdout.writelines(_faults(work.faults))
    return 1 if work.faults else 0


def _introduce(database: Database, actor: str) -> None:
    """Whoever imports is a person, so that their `undo` takes it back."""
    steward = assemble(database)
    steward.connect(TERMINAL, clock())
    with database.transaction(write=True, now=clock()) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        if directory.person(Platform.TERMINAL, Speaker(actor)) is None:
            db.ledger.label, db.ledger.undoable = "met", False  # nobody's work, and nothing to take back
            people.meet(db, Platform.TERMINAL, [Speaker(actor, actor)])


def _with_bar(work: Import, file: Path) -> None:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        for position in work.run():
            progress.update(task, completed=position)


def _no_product(no: NoSuchProduct) -> str:
    wanted, known = no.args
    return f"There is no product {wanted}; " + (f"known here: {known}." if known else "there is none yet.")


def _faults(faults: list[Fault]) -> Iterator[str]:
    for fault in faults[:SHOWN_FAULTS]:
        yield f"line {fault.line}{', ' + fault.column if fault.column else ''}: {fault.why}\n"
    if len(faults) > SHOWN_FAULTS:
        yield f"and {len(faults) - SHOWN_FAULTS} more\n"


def _refused(why: str, try_: str) -> int:
    sys.stderr.write(f"{why}\nTry: {try_}\n")
    return 2


def export_product(options: argparse.Namespace, database: Database) -> int:
    """Write a product's whole backlog, in order."""
    try:
        if options.out:
            path = Path(options.out)
            aside = path.with_name(path.name + ".part")  # a broken-off export never stands under the asked name
            with aside.open("w", encoding="utf-8", newline="") as out:
                out.writelines(_document(database, options))
            aside.replace(path)
        else:
            sys.stdout.writelines(_document(database, options))
    except NoSuchProduct as no:
        return _refused(_no_product(no), "steward chat")
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as no:
        return _refused(f"{options.out} cannot be written: {no.strerror}.", "another --out FILE")
    return 0


def _document(database: Database, options: argparse.Namespace) -> Iterator[str]:
    assemble(database).connect(TERMINAL, clock())
    with database.transaction(write=False, now=clock()) as db:
        directory = people.read_directory(db, workspaces.enter(db, TERMINAL))
        product = directory.product_by_key(options.product)
        if product is None:
            raise NoSuchProduct(options.product, ", ".join(p.key for p in directory.products.values()))
        yield from exported(db, directory, product, options.format)
