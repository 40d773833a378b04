"""One line of migrations, and PostgreSQL in earnest where it is promised."""

import os
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from .source import ROOT

REVISION = "revision = {!r}\ndown_revision = {!r}\n\n\ndef upgrade() -> None:\n    pass\n"


def heads(migrations: Path) -> list[str]:
    return ScriptDirectory(str(migrations)).get_heads()


def test_migrations_have_one_head() -> None:
    written = [f for f in (ROOT / "migrations" / "versions").glob("*.py") if f.name != "__init__.py"]
    assert len(heads(ROOT / "migrations")) == min(1, len(written))


def test_a_second_head_is_caught(tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    for name, before in (("a", None), ("b", "a"), ("c", "a")):
        (tmp_path / "versions" / f"{name}.py").write_text(REVISION.format(name, before))
    assert sorted(heads(tmp_path)) == ["b", "c"]


def test_postgresql_was_really_used_in_ci(request: pytest.FixtureRequest) -> None:
    """In CI the server must be a PostgreSQL of version 15 or newer, and tests of this very run must be set on it."""
    if not os.environ.get("CI"):
        pytest.skip("CI is not set")
    url = os.environ.get("TEST_DATABASE_URL", "")
    assert url.startswith("postgresql"), "CI needs TEST_DATABASE_URL, the address of a PostgreSQL server"
    engine = create_engine(url)
    with engine.connect() as connection:
        says = connection.execute(text("select version()")).scalar_one()
        version = int(connection.execute(text("show server_version_num")).scalar_one())
    engine.dispose()
    assert says.startswith("PostgreSQL "), says
    assert version >= 150_000, says
    if [Path(chosen).resolve() for chosen in request.config.args] == [ROOT / "tests"]:  # the whole suite
        ids = [item.callspec.id for item in request.session.items if hasattr(item, "callspec")]
        assert any("postgres" in name for name in ids), "no test of this run has a parameter named for PostgreSQL"
