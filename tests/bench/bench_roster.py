"""Whether a decision, or finding a parent's students, feels the size of the roster: stores of three sizes.

A decision is the same share, gathered and decided. SQLite in a file; the students of the picture come through the
store's own import, the others straight into its table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.frame import Peer, Row, timed
from sqlalchemy import create_engine, insert

from dam_plugin.model import Actor, Appearance, Asset, Consent, OptOut, Recipient, Share, StudentRecord, Tagging
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.decide import decide
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.settings import District, Settings
from dam_plugin.sharing.gather_case import CaseGatherer
from dam_plugin.store import Store, Unit
from dam_plugin.store.tables import StudentRow

SIZES = (100, 10_000, 100_000)
AT, NOW = date(2026, 11, 12), datetime(2026, 11, 12, 9, tzinfo=UTC)
IN_PICTURE = 8
BORN = date(2011, 5, 17)

SETTINGS = Settings(
    district=District(
        directory_notice=date(2026, 8, 14), opt_out_window_ends=date(2026, 8, 31), directory_includes_images=True
    )
)
ASSET = Asset("a1", "events/fair.jpg", None, "e1", 10, "image/jpeg")
TAGGING = Tagging(
    "complete", tuple(Appearance(f"S-{n}", "focus") for n in range(IN_PICTURE)), "eligible", ground="looked"
)
SHARE = Share("sh1", ASSET.key, "publication", "website", Actor("media_staff", "m1"), Recipient("public", "public"))
CONSENT = Consent("S-1", "G-1", date(2026, 9, 1), "ink", purpose="website", parties=("public",))


def rows() -> Iterable[Row]:
    """Yield what gathering, deciding and finding a family take for each size; the peer is the smallest."""
    smallest: dict[str, Peer] = {}
    for size in SIZES:
        gathering, deciding, family = _measured(size)
        for what, value, unit in (
            ("gather, {} students, median", gathering, "ms"),
            ("decide, {} students, median", deciding, "µs"),
            ("find a parent's students, {} students, 99th percentile", family, "ms"),
        ):
            yield Row(what.format(f"{size:,}"), value, unit, peer=smallest.get(what))
            smallest.setdefault(what, Peer(f"{size:,} students", value))


def gathered(unit: Unit) -> Case:
    """Return the case of the one share, as the store knows its people."""
    return CaseGatherer(unit, SETTINGS, AT, rulings=BUILT_IN).case(ASSET, TAGGING, SHARE)


def _measured(size: int) -> tuple[float, float, float]:
    with store_of(size) as store, store.reading() as unit:
        family = timed(lambda person: unit.people.family_of(person, AT), ["G-9", "X-1"], rounds=300, warm_up=30)
        gathering = timed(gathered, [unit], rounds=300, warm_up=30)
        deciding = timed(decide, [gathered(unit)], rounds=5_000, warm_up=500)
    return gathering.median("ms"), deciding.median("us"), family.percentile(99, "ms")


@contextmanager
def store_of(size: int) -> Iterator[Store]:
    """Give a store with so many students, of whom the first are in the picture."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{(Path(folder) / 'bench.sqlite3').as_posix()}"
        store = Store(url)
        store.upgrade()
        with store.writing() as unit:
            unit.people.upsert_roster([_record(number) for number in range(IN_PICTURE)], NOW)
            unit.people.add_opt_out("S-0", OptOut(date(2026, 8, 20)), "a letter", NOW)
            unit.people.add_consent(CONSENT, "a letter", NOW)
        _insert_others(store, url, size)
        yield store
        store.close()


def _record(number: int) -> StudentRecord:
    name = f"Student {number}"
    return StudentRecord(f"S-{number}", f"r{number}", (name,), born=BORN, guardians=(f"G-{number}",))


def _insert_others(store: Store, url: str, size: int) -> None:
    """Fill the roster up to `size` in one statement: an import takes its time for each student."""
    values = [_values(_record(number)) for number in range(IN_PICTURE, size)]
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(insert(StudentRow), values)
    engine.dispose()
    with store.writing() as unit:
        unit.people.index_people()


def _values(record: StudentRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "roster_id": record.roster_id,
        "names": record.names,
        "folded": record.names[0].casefold(),
        "born": record.born,
        "postsecondary": record.postsecondary,
        "marked": record.marked,
        "enrolled": ((None, None),),
        "grade": record.grade,
        "active": record.active,
        "guardians": record.guardians,
        "guardian_names": record.guardian_names,
        "former_names": record.former_names,
        "updated_at": NOW,
    }
