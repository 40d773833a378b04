"""`steward doctor` and `steward manifest`: what is configured, reachable, migrated and allowed, and what to do."""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

import migrations
from bot.knowing import model
from bot.settings import Settings
from core.chat.words import counted
from core.commands.registry import REGISTRY
from core.commands.workspace.help import FIRST
from core.knowledge.model import WrongModel
from core.product.people import Product
from core.product.workspaces import Workspace
from core.store.database import Database

CLOCK_OFF = 5.0  # seconds a replica's clock may differ from the database's


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `mend` says what to do where it is not well."""

    what: str
    well: bool
    said: str
    mend: str = ""


def examine(settings: Settings) -> int:
    """Print the report; 0 where all that is configured is well."""
    findings = list(_findings(settings))
    width = max(len(one.what) for one in findings)
    for one in findings:
        sys.stdout.write(f"{'✓' if one.well else '✗'} {one.what:<{width}}  {one.said}\n")
        if one.mend:
            sys.stdout.write(f"  {'':<{width}}  → {one.mend}\n")
    return 0 if all(one.well for one in findings) else 1


def _findings(settings: Settings) -> Iterator[Finding]:
    database = Database(settings.database_url)
    try:
        yield from _database(database)
    finally:
        database.close()
    yield _search(settings)
    yield from _slack(settings)
    yield from _teams(settings)
    if not (settings.slack or settings.teams):
        yield Finding("Platforms", True, "only the terminal so far", "set STEWARD_SLACK_… or STEWARD_TEAMS_… to serve")


def _database(database: Database) -> Iterator[Finding]:
    where = database.url.render_as_string(hide_password=True)
    try:
        stands_at = migrations.current(database.engine)
        found = migrations.misfit(database.engine)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        yield Finding("Database", False, f"{where} cannot be reached: {reason}", "see STEWARD_DATABASE_URL")
        return
    yield Finding("Database", True, where)
    if found:
        yield Finding("Shape", False, found.said, found.mend)
        return
    yield Finding("Shape", True, stands_at or "")
    if not database.sqlite:
        yield from _server(database)
    with database.transaction(write=False, now=datetime.now(UTC)) as db:
        homes = list(db.scalars(select(Workspace.id)))
        count = 0
        for home in homes[:1]:
            db.enter(home)
            count = len(list(db.scalars(select(Product.id))))
    said = counted(count, "product")
    yield Finding("Products", True, said, "" if count else 'steward chat, then setup "Acme app"')


def _server(database: Database) -> Iterator[Finding]:
    """What only a database server can get wrong: the clock, and a role that sees every workspace."""
    with database.engine.connect() as connection:
        theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        off = abs((datetime.now(UTC) - theirs).total_seconds())
        sees_all = connection.execute(
            text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).scalar_one()
        owner = connection.execute(
            text("SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'items'")
        ).scalar_one()
    well = off <= CLOCK_OFF
    yield Finding("Clock", well, f"{off:.1f} s from the database's", "" if well else "set this machine's clock by NTP")
    if sees_all or owner:
        yield Finding(
            "Role", False, "this role passes row-level security", "connect as steward_app, migrate as steward_owner"
        )
    else:
        yield Finding("Role", True, "held by row-level security")


def _search(settings: Settings) -> Finding:
    """Whether questions are compared by meaning, too."""
    found = model(settings)
    if found is None:
        mend = "make setup fetches the model; or set STEWARD_MODEL_FOLDER"
        return Finding("Search", True, "by words alone: no model is installed", mend)
    try:
        return Finding("Search", True, f"by words and meaning, model {found.mark}")
    except WrongModel as wrong:
        return Finding("Search", False, f"by words alone: {wrong}", "delete the folder and run make setup")


def _slack(settings: Settings) -> Iterator[Finding]:
    if not settings.slack:
        return
    from bot.slack.install import TokenRefused, installed
    from bot.slack.manifest import SCOPES

    assert settings.slack_bot_token is not None
    try:
        we = asyncio.run(installed(settings.slack_bot_token.get_secret_value(), settings.slack_api_url or None))
    except TokenRefused as error:
        yield Finding("Slack", False, f"refuses the token: {error}", "see STEWARD_SLACK_BOT_TOKEN")
        return
    except ConnectionError as error:
        yield Finding("Slack", False, f"cannot be reached: {error}", "see STEWARD_SLACK_API_URL and the network")
        return
    yield Finding("Slack", True, f"{we.team or we.team_id} as {we.user}")
    missing = sorted(set(SCOPES) - we.scopes) if we.scopes else []
    if missing:
        yield Finding("Scopes", False, f"missing {', '.join(missing)}", "steward manifest slack, and install again")


def _teams(settings: Settings) -> Iterator[Finding]:
    if settings.teams_anonymous:
        mend = "for local work only; unset STEWARD_TEAMS_ANONYMOUS"
        yield Finding("Teams", True, "takes messages without a token", mend)
    elif settings.teams:
        yield Finding("Teams", True, f"app {settings.teams_app_id} of tenant {settings.teams_tenant_id}")
    if settings.teams and not (settings.public_url and (settings.link_secret or settings.teams_app_password)):
        mend = "set STEWARD_PUBLIC_URL" if not settings.public_url else "set STEWARD_LINK_SECRET"
        yield Finding("Pictures", True, "are described in words in Teams, and files not handed over", mend)


def print_manifest(platform: str, settings: Settings, *, socket: bool = False) -> int:
    """Print what an administrator installs the app with."""
    if not settings.public_url and not (socket and platform == "slack"):
        sys.stderr.write("The app must know where I am reached.\nTry: STEWARD_PUBLIC_URL=https://bot.example.com\n")
        return 2
    if platform == "slack":
        from bot.slack.manifest import manifest as slack_manifest

        made = slack_manifest(settings.slack_prefix, settings.public_url, socket)
    else:
        from bot.teams.manifest import manifest as teams_manifest

        if not settings.teams_app_id:
            sys.stderr.write("Teams wants the app's id.\nTry: STEWARD_TEAMS_APP_ID=…\n")
            return 2
        first = [(name, REGISTRY.commands[tuple(name.split())].summary) for name in FIRST]
        made = teams_manifest(settings.teams_app_id, settings.public_url, version=version("steward"), commands=first)
    sys.stdout.write(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    return 0
