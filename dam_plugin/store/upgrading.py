"""Brings a database to this version's tables, by Alembic: a module of its own, since few processes need it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from dam_plugin.errors import StoreError
from dam_plugin.store.failures import NEWER

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database lacks; raise StoreError where a newer version has set it up."""
    if newest() is None:
        raise StoreError("the program's migrations are missing: install dam-plugin again")
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(NEWER) from None


def newest() -> str | None:
    """Return the newest revision of the migrations that are installed."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def is_known(revision: str) -> bool:
    """Whether a revision is one of this version's or of an earlier one's."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
