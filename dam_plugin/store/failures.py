"""Database errors as one sentence with the remedy; never SQL text or parameters, since those may hold names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dam_plugin.errors import DamPluginError, StoreError

_UNDONE = "nothing was changed"
NOT_MIGRATED = "the database is not set up for this version: run `dam-plugin db upgrade`"
NEWER = "the database was set up by a newer version of the program: upgrade dam-plugin"
_FULL = f"the database or its disk is full ({_UNDONE}): free some space and try again"
_LOCKED = f"the database is locked by another process ({_UNDONE}): try again in a moment"
_UNREACHABLE = "the database cannot be reached: check DAM_PLUGIN_DATABASE_URL, and that the server runs"

_SQLITE = (
    ("SQLITE_FULL", _FULL),
    ("SQLITE_BUSY", _LOCKED),
    ("SQLITE_LOCKED", _LOCKED),
    ("SQLITE_CANTOPEN", "the database file cannot be opened: check DAM_PLUGIN_DATABASE_URL and the folder"),
    ("SQLITE_READONLY", f"the database cannot be written to ({_UNDONE}): check its permissions"),
    ("SQLITE_CORRUPT", "the database file is damaged: restore it from a backup"),
    ("SQLITE_NOTADB", "the database file is no SQLite database: check DAM_PLUGIN_DATABASE_URL"),
    ("SQLITE_IOERR", f"the disk of the database failed ({_UNDONE}): check the disk"),
    ("SQLITE_TOOBIG", f"a value is too long to keep ({_UNDONE})"),
)  # fmt: skip
# Longer codes stand before the classes (two characters) that hold them.
_POSTGRESQL = (
    ("42P01", NOT_MIGRATED),
    ("42703", NOT_MIGRATED),
    ("42501", "the database refuses this account: grant it the rights on the plugin's tables"),
    ("25006", f"the database cannot be written to ({_UNDONE}): it is open for reading only"),
    ("53100", _FULL),
    ("53300", "the database takes no more connections: try again in a moment"),
    ("55P03", _LOCKED),
    ("57014", _LOCKED),
    ("3D000", "the database does not exist: create it, or correct DAM_PLUGIN_DATABASE_URL"),
    ("28", "the database does not accept the account: check DAM_PLUGIN_DATABASE_URL"),
    ("22", f"a value cannot be kept as it is written ({_UNDONE})"),
    ("40", _LOCKED),
    ("08", _UNREACHABLE),
    ("57", _UNREACHABLE),
)


@contextmanager
def translated() -> Iterator[None]:
    """Let every error of the database leave as StoreError, without the original, which may hold personal details."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreError(sentence(error)) from None
    except UnicodeEncodeError:
        raise StoreError(f"a text holds characters that cannot be kept ({_UNDONE})") from None


def sentence(error: SQLAlchemyError) -> str:
    """Return one sentence for an error of SQLAlchemy or of the driver under it."""
    original = getattr(error, "orig", None)
    if isinstance(original, DamPluginError):
        return str(original)
    if isinstance(error, IntegrityError):
        return f"the database refused a value that contradicts what it holds ({_UNDONE})"
    if isinstance(error, PoolTimeout):
        return "the database is busy: try again in a moment"
    if original is None:
        return f"the database could not be used ({type(error).__name__})"
    return _of_driver(original)


def _of_driver(original: BaseException) -> str:
    name = getattr(original, "sqlite_errorname", None)
    if name == "SQLITE_ERROR" and str(original).startswith(("no such table", "no such column")):
        return NOT_MIGRATED
    code = getattr(original, "sqlstate", None)
    table = _SQLITE if name else _POSTGRESQL
    for beginning, text in table:
        if (name or code or "").startswith(beginning):
            return text
    if name is None and code is None and type(original).__name__ in {"OperationalError", "InterfaceError"}:
        return _UNREACHABLE
    return f"the database refused ({name or code or type(original).__name__}; {_UNDONE})"
