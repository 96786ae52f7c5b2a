"""The store: one transaction for reading or writing, with a repository per group of tables; and the upgrade of the tables.

The tables are declared in `tables.py`; how a database is opened is in `database.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from dam_plugin.errors import DamPluginError, OtherSchema, StoreError
from dam_plugin.store.access_entries import AccessEntries, hold_access_head
from dam_plugin.store.assets import Assets
from dam_plugin.store.database import (
    FORMER,
    MEANWHILE,
    NEWER,
    NOT_MIGRATED,
    open_engine,
    parse_url,
    reader,
    sqlite_file,
    translated,
    writer,
)
from dam_plugin.store.destructions import Destructions
from dam_plugin.store.exports import Exports
from dam_plugin.store.holds import Holds
from dam_plugin.store.jobs import Jobs
from dam_plugin.store.ledger_entries import Entries, hold_head
from dam_plugin.store.letters import LetterFiles
from dam_plugin.store.locks import AdvisoryLock, take
from dam_plugin.store.messages import Messages
from dam_plugin.store.news import News
from dam_plugin.store.people import People
from dam_plugin.store.referrals import Referrals
from dam_plugin.store.requests import Requests
from dam_plugin.store.rule_changes import RuleChanges
from dam_plugin.store.seals import Sealer, Seals, State
from dam_plugin.store.secret_entries import SecretEntries
from dam_plugin.store.share_counts import ShareCounts
from dam_plugin.store.shares import Shares
from dam_plugin.store.sql import driver_cursor
from dam_plugin.store.statements import Statements
from dam_plugin.store.words import Words
from dam_plugin.store.workers import WorkersAtWork
from dam_plugin.telemetry.other_clock import OtherClock

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "20261201_taken_back"
"""The newest revision of `migrations`: written here too, since asking Alembic takes 7 MB and a tenth of a second."""
_FORMER_REVISIONS = frozenset(f"000{number}" for number in range(1, 10))
"""The revisions before the first release; their migrations were replaced by one first migration."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = "alembic_version"
_ACCESS_HEAD = "access_head"
# With the server's time: what the processes of several machines go by. SQLite has this machine's.
_VERSION_NOW = {
    "sqlite": f"SELECT version_num, NULL FROM {_VERSION}",  # noqa: S608 - a constant of ours
    "postgresql": f"SELECT version_num, extract(epoch FROM clock_timestamp())::float8 FROM {_VERSION}",  # noqa: S608
}


class Watch(Protocol):
    """Keeps the state that was signed last outside of the database, so that an older database put back is noticed."""

    def begin(self) -> None:
        """Get ready, before a writing transaction makes others wait."""

    def check(self, entries: Entries, signed: State) -> None:
        """Raise LedgerBroken if the database is older than the state that is kept outside."""

    def note(self, signed: State) -> None:
        """Take the state that was committed."""

    def close(self) -> None:
        """Keep the states that were taken."""

    def newest(self) -> int:
        """Return the greatest number of a state that is kept."""

    def faults(self, entries: Entries, state: State | None) -> Iterator[str]:
        """Yield how the kept states contradict the database."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction; all writes of its repositories are kept together or not at all."""

    assets: Assets
    people: People
    shares: Shares
    share_counts: ShareCounts
    rule_changes: RuleChanges
    referrals: Referrals
    holds: Holds
    destructions: Destructions
    requests: Requests
    letters: LetterFiles
    statements: Statements
    words: Words
    jobs: Jobs
    news: News
    workers: WorkersAtWork
    messages: Messages
    exports: Exports
    entries: Entries
    secrets: SecretEntries
    seals: Seals
    access: AccessEntries
    _session: Session = field(repr=False)
    _afterwards: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Undo at the end everything that was written inside, and nothing else of the transaction."""
        savepoint, before = self._session.begin_nested(), len(self._afterwards)
        try:
            yield
        finally:
            savepoint.rollback()
            del self._afterwards[before:]

    def after_commit(self, act: Callable[[], None]) -> None:
        """Act once the transaction is committed; never, where it is undone or the process is killed. It may raise nothing."""
        self._afterwards.append(act)

    def run_afterwards(self) -> None:
        """Do what was to be done after the commit: for the store alone."""
        for act in self._afterwards:
            act()


class _Undone(Exception):
    """Ends a transaction of which nothing is to be kept."""


class Store:
    """The plugin's database. Threads may share one; each transaction has a connection of its own."""

    def __init__(
        self,
        url: str,
        *,
        sealer: Sealer | None = None,
        watch: Watch | None = None,
        connections: int | None = None,
    ) -> None:
        """Take an `sqlite:///` or `postgresql://` URL; raise SettingsError if it is none. Nothing is opened yet.

        A sealer seals every row in force that is written. `watch` is asked before each commit and told after it.
        `connections`: how many this process has at most with a server (null: SQLAlchemy's own limit).
        """
        self._sealer = sealer
        self._watch = watch
        self._url = parse_url(url)
        self._engine = open_engine(self._url, connections)
        self._reader = reader(self._engine)
        self._writer = writer(self._engine)
        self._ready = False
        self._clock = OtherClock("the database")
        self._outdated: OtherSchema | None = None
        self._tell_outdated: list[Callable[[], object]] = []

    def upgrade(self) -> str:
        """Bring the tables to this version; create a missing database file; return the revision.

        Processes of the former version may be at work: none is in the middle of writing then, and each finds out before it
        reads or writes again. Raises StoreError if a newer version, or one from before the first release, set the database up.
        """
        self._create_file()
        with translated(), self._writer.begin() as connection:
            take(connection, AdvisoryLock.UPGRADE)
            if _revision(connection) is not None:
                # INVARIANT: who writes has the head, and looks at the version after that: an old process never writes into
                # new tables.
                hold_head(connection)
                if inspect(connection).has_table(_ACCESS_HEAD):
                    hold_access_head(connection)
            _migrate(connection)
        return self.head()

    @property
    def watch(self) -> Watch | None:
        """The watch that keeps the last signed state outside the database; None if there is none."""
        return self._watch

    def revision(self) -> str | None:
        """Return the revision of the database, None if it was never set up."""
        file = sqlite_file(self._url)
        if file is not None and not file.exists():
            return None
        with translated(), self._reader.begin() as connection:
            return _revision(connection)

    def connections(self) -> tuple[int, int] | None:
        """Return how many connections the server has open, and how many it takes; None for SQLite."""
        if sqlite_file(self._url) is not None or self._engine.dialect.name == "sqlite":
            return None
        with translated(), self._reader.begin() as connection:
            used = connection.scalar(
                text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            )
            most = connection.scalar(text("SELECT current_setting('max_connections')::int"))
        return int(used or 0), int(most or 0)

    def head(self) -> str:
        """Return the revision that this version of the program needs."""
        return HEAD

    @property
    def outdated(self) -> OtherSchema | None:
        """Why this process can do nothing more: another version has changed the tables since it began. None: it has not."""
        return self._outdated

    def when_outdated(self, act: Callable[[], object]) -> None:
        """Have `act` called once a transaction finds that another version has changed the tables. It may raise nothing."""
        self._tell_outdated.append(act)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """Give a consistent view of the database; writing in it raises StoreError."""
        self._require_head()
        with translated(), Session(self._reader, expire_on_commit=False) as session:
            self._require_same(session.connection())
            yield _unit(session, self._sealer)

    @contextmanager
    def writing(self) -> Iterator[Unit]:
        """Give one transaction: committed at the end, undone on any exception. It cannot be nested.

        Only one transaction writes at a time, on PostgreSQL too: the rows that it reads cannot change until it ends.
        """
        self._require_head()
        signed: State | None = None
        if self._watch is not None:
            self._watch.begin()
        with translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            # At once, so that the write lock is held before anything is read.
            session.connection()
            unit = _unit(session, self._sealer)
            unit.entries.hold()
            self._require_same(session.connection())
            yield unit
            signed = unit.seals.finish()
            if signed is not None and self._watch is not None:
                self._watch.check(unit.entries, signed)
        if signed is not None and self._watch is not None:
            self._watch.note(signed)
        unit.run_afterwards()

    @contextmanager
    def noting(self) -> Iterator[AccessEntries]:
        """Give a transaction for the access log alone: committed at the end, undone on any exception.

        It waits for whoever appends to that log, and not for who writes anything else: neither do these wait for it. (SQLite
        has one writer at a time whatever is written.)
        """
        self._require_head()
        with translated(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            entries = AccessEntries(session)
            # INVARIANT: who appends has the head of this log, and looks at the version after that: see `upgrade`.
            entries.hold()
            self._require_same(session.connection())
            yield entries

    @contextmanager
    def trying(self) -> Iterator[Unit]:
        """Give one transaction as `writing` does, and undo it in the end: nothing is kept, signed or done afterwards.

        What writes to the ledger is tried in this way; a rehearsal would sign an end of the ledger that is undone.
        """
        with suppress(_Undone), self.writing() as unit:
            yield unit
            raise _Undone

    def close(self) -> None:
        """Close every connection, and let the watch keep the last state that it was told."""
        if self._watch is not None:
            self._watch.close()
        self._engine.dispose()

    def unready(self) -> str | None:
        """Return one sentence why the database cannot be used, with the remedy; None if it has this version's tables."""
        revision = self.revision()
        if revision == self.head():
            return None
        if revision in _FORMER_REVISIONS:
            return FORMER
        return _why_not(revision)

    def _require_head(self) -> None:
        if self._ready:
            return
        why = self.unready()
        if why is not None:
            raise StoreError(why) if why == FORMER else OtherSchema(why)
        self._ready = True

    @property
    def clock(self) -> OtherClock:
        """The clock of the database's server; that of SQLite is never known, since it is this machine's."""
        return self._clock

    def in_step(self, clock: Callable[[], datetime]) -> Callable[[], datetime]:
        """Return a clock that goes as the database's server's, which all machines share; the same clock for SQLite.

        Each transaction says what time it is there. A process that has had none yet asks first.
        """
        if self._url.get_backend_name() == "sqlite":
            return clock

        def now() -> datetime:
            if self._clock.ahead is None:
                # Without the database nothing is decided or done by the time.
                with suppress(DamPluginError), self.reading():
                    pass
            return clock() + timedelta(seconds=self._clock.ahead or 0.0)

        return now

    def _require_same(self, connection: Connection) -> None:
        """Raise OtherSchema where another version has changed the tables since this process began to use them."""
        if self._outdated is None and (revision := _revision_now(connection, self._clock)) != self.head():
            why = _why_not(revision)
            self._outdated = OtherSchema(MEANWHILE if why == NEWER else why)
            for tell in self._tell_outdated:
                tell()
        if self._outdated is not None:
            raise OtherSchema(str(self._outdated))

    def _create_file(self) -> None:
        # It will hold students' names: for its owner only, from its first byte on.
        file = sqlite_file(self._url)
        if file is None:
            return
        try:
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreError(f"the database file {file} cannot be made: {error.strerror}") from None


def database_file(url: str) -> Path | None:
    """Return the file of an SQLite database, None for another database. Raises SettingsError for a URL that we cannot use."""
    return sqlite_file(parse_url(url))


def _unit(session: Session, sealer: Sealer | None) -> Unit:
    seals = Seals(session, sealer)
    people = People(session, seals)
    return Unit(
        assets=Assets(session, seals),
        people=people,
        shares=Shares(session, seals),
        share_counts=ShareCounts(session),
        rule_changes=RuleChanges(session),
        referrals=Referrals(session, seals),
        holds=Holds(session, seals),
        destructions=Destructions(session, seals),
        requests=Requests(session, seals, people),
        letters=LetterFiles(session, seals),
        statements=Statements(session, seals),
        words=Words(session),
        jobs=Jobs(session),
        news=News(session),
        workers=WorkersAtWork(session),
        messages=Messages(session),
        exports=Exports(session),
        entries=Entries(session, seals),
        secrets=SecretEntries(session, seals),
        seals=seals,
        access=AccessEntries(session),
        _session=session,
    )


def _revision_now(connection: Connection, clock: OtherClock | None = None) -> str | None:
    """Return the revision as this transaction sees it, and let `clock` hear the time: one short statement, asked in each."""
    with driver_cursor(connection) as (cursor, _):
        asked = time.time()
        row = cursor.execute(_VERSION_NOW[connection.dialect.name]).fetchone()
        heard = time.time()
    if clock is not None and row is not None and row[1] is not None:
        clock.hear(row[1] - heard, row[1] - asked)
    return None if row is None else str(row[0])


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION):
        return None
    return _revision_now(connection)


# Alembic is imported in the functions that need it: it is large, and few processes upgrade a database.


def _migrate(connection: Connection) -> None:
    """Run the migrations that the database lacks."""
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    if _revision(connection) in _FORMER_REVISIONS:
        raise StoreError(FORMER)
    if newest_migration() is None:
        raise StoreError("the program's migrations are missing: install dam-plugin again")
    config = _alembic()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(NEWER) from None


def newest_migration() -> str | None:
    """Return the newest revision of the migrations that are installed."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_alembic()).get_current_head()


def _why_not(revision: str | None) -> str:
    return NOT_MIGRATED if revision is None or _is_known(revision) else NEWER


def _is_known(revision: str) -> bool:
    """Whether a revision belongs to this version or an earlier one."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return any(script.revision == revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _alembic() -> Config:
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
