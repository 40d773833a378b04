"""The command line: chat, demo, serve, import, export, doctor, migrate, manifest."""

import argparse
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import migrations
from bot import settings as configured
from bot.knowing import model
from bot.settings import Settings, WrongSettings
from core.commands import assemble
from core.commands.dispatch import Steward
from core.store.database import Database


def clock() -> datetime:
    return datetime.now(UTC)


def open_database(settings: Settings) -> Database:
    """The database, brought to the newest shape where this process may do that; raises DoesNotFit where it may not."""
    database = Database(settings.database_url)
    try:
        if database.sqlite or settings.migration_database_url is None:
            migrations.upgrade(database.engine)
        elif found := migrations.misfit(database.engine):
            raise migrations.DoesNotFit(found)
    except BaseException:
        database.close()
        raise
    return database


def chat(options: argparse.Namespace, settings: Settings) -> int:
    with closing(open_database(settings)) as database:
        return _chat(options, assemble(database, model(settings), partial(migrations.told, database.engine)))


def _chat(options: argparse.Namespace, steward: Steward) -> int:
    if options.json:
        from bot.lines import talk

        for answer in talk(steward, sys.stdin, clock):
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()
        return 0
    from bot.console import converse

    return converse(steward, clock)


def demo(options: argparse.Namespace, settings: Settings) -> int:
    """A chat on a database of its own, with a product and the example in it; nothing of it stays."""
    from bot.files import login
    from bot.lines import TERMINAL, to_ask

    with tempfile.TemporaryDirectory(prefix="steward-demo-") as folder:
        own = settings.model_copy(
            update={"database_url": f"sqlite:///{folder}/demo.db", "migration_database_url": None}
        )
        with closing(open_database(own)) as database:
            steward = assemble(database, model(own))
            steward.connect(TERMINAL, clock())
            for line in ('setup "Acme app" key=APP', "setup example"):
                said = {"as": login(), "in": "#general", "say": line}
                steward.answer(to_ask(said, clock(), uuid4().hex))
            print("Acme app is set up in #general, with an example. Nothing said here is kept.", file=sys.stderr)
            print("Try: backlog list, backlog ready APP-2, help", file=sys.stderr)
            return _chat(options, steward)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    from bot.server import run

    if options.socket and not (settings.slack and settings.slack_app_token):
        print(
            "Socket Mode wants STEWARD_SLACK_APP_TOKEN beside the bot token and the signing secret.\n"
            "Try: steward doctor",
            file=sys.stderr,
        )
        return 2

    if not (settings.slack or settings.teams):
        print(
            "Neither Slack nor Teams is configured.\nTry: steward doctor, or steward chat to talk to it here.",
            file=sys.stderr,
        )
        return 2
    return run(settings, open_database(settings), socket=options.socket)


def migrate(_options: argparse.Namespace, settings: Settings) -> int:
    url = settings.migration_database_url
    database = Database(url.get_secret_value() if url else settings.database_url)
    try:
        before = migrations.current(database.engine)
        migrations.upgrade(database.engine)
        after = migrations.current(database.engine)
    finally:
        database.close()
    print(f"The database stands at {after}" + (" already." if before == after else f", from {before or 'nothing'}."))
    return 0


def import_(options: argparse.Namespace, settings: Settings) -> int:
    from bot.files import import_file

    with closing(open_database(settings)) as database:
        return import_file(options, database)


def export(options: argparse.Namespace, settings: Settings) -> int:
    from bot.files import export_product

    with closing(open_database(settings)) as database:
        return export_product(options, database)


def doctor(_options: argparse.Namespace, settings: Settings) -> int:
    from bot.doctor import examine

    return examine(settings)


def manifest(options: argparse.Namespace, settings: Settings) -> int:
    from bot.doctor import print_manifest

    return print_manifest(options.platform, settings, socket=options.socket)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="steward", description="A product assistant that lives in Slack and Teams.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace, Settings], int], help_: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        return made

    add("chat", chat, "talk to it here").add_argument("--json", action="store_true", help="JSON lines in and out")
    trying = add("demo", demo, "try it on an example that is gone when you leave")
    trying.add_argument("--json", action="store_true", help="JSON lines in and out")
    serving = add("serve", serve, "answer Slack and Teams, whichever are configured, on one port")
    serving.add_argument("--socket", action="store_true", help="hear Slack by Socket Mode, without a public address")
    importing = add("import", import_, "bring a backlog in from a file")
    importing.add_argument("file", metavar="FILE")
    importing.add_argument("--product", required=True, metavar="KEY", help="the product's key")
    importing.add_argument("--as", dest="as_", default="", metavar="NAME", help="in whose name; else your login's")
    formats = ["jira", "github", "linear", "trello", "csv"]
    importing.add_argument("--format", default="", choices=formats, help="what wrote the file; else its header tells")
    importing.add_argument("--map", default="", metavar="Column=title,…", help="what the file's columns are")
    importing.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    importing.add_argument("--strict", action="store_true", help="import nothing where a row is bad")
    exporting = add("export", export, "write a product's backlog out")
    exporting.add_argument("--product", required=True, metavar="KEY", help="the product's key")
    exporting.add_argument("--format", default="json", choices=["csv", "json", "markdown"], help="json if not said")
    exporting.add_argument("--out", metavar="FILE", help="the file to write; else standard output")
    add("doctor", doctor, "say what is configured, reachable, migrated and allowed, and what to do where not")
    add("migrate", migrate, "bring the database to the newest shape")
    manifests = add("manifest", manifest, "print the app manifest to install with")
    manifests.add_argument("platform", choices=["slack", "teams"])
    manifests.add_argument("--socket", action="store_true", help="for Socket Mode, without a public address")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        settings = configured.load()
    except WrongSettings as wrong:
        print(f"The settings are wrong:\n{wrong}", file=sys.stderr)
        return 2
    logging.basicConfig(level=settings.log_level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("alembic", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if options.command in ("chat", "demo"):
        logging.getLogger().setLevel(logging.WARNING)
    try:
        result: int = options.run(options, settings)
    except migrations.DoesNotFit as no:
        print(no, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader went away: nothing is left to say, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result


if __name__ == "__main__":
    sys.exit(main())
