"""An upgrade folds the names that are searched anew: who was on file before accents were folded is found without them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from databases import DATABASES, empty_database, run_sql

from dam_plugin.model import StudentRecord
from dam_plugin.store import Store
from dam_plugin.store.store import _alembic

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
BEFORE = "20261130_examples"
ANA = StudentRecord(
    "S-ANA",
    "1001",
    ("Ana Muñoz",),
    former_names=("Ana Núñez",),
    guardians=("G-1", "G-2"),
    guardian_names=(("G-1", "José Muñoz"),),
    enrolled=((None, None),),
)
AS_BEFORE = (
    "UPDATE students SET folded = 'ana muñoz' WHERE id = 'S-ANA'",
    "UPDATE roster_guardians SET folded = 'josé muñoz' WHERE guardian = 'G-1'",
)


class OldStore(Store):
    """The store of the version before."""

    def head(self) -> str:
        return BEFORE


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the version before, with a student and a guardian as that one folded their names."""
    with empty_database(request.param, tmp_path) as found:
        store = OldStore(found)
        store._create_file()
        with store._writer.begin() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, BEFORE)
        more = [
            StudentRecord(f"S-{n:04}", f"2{n:04}", (f"Ben Roe {n}",), enrolled=((None, None),)) for n in range(1100)
        ]
        with store.writing() as unit:
            unit.people.upsert_roster([ANA, *more], NOW)
        run_sql(store, *AS_BEFORE)
        store.close()
        yield found


def found_by(store: Store, text: str) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    with store.reading() as unit:
        return [each.id for each in unit.people.find(text)], unit.people.find_by_guardian(text)


def test_who_was_folded_with_accents_is_found_without_them_after_an_upgrade(url: str) -> None:
    old = OldStore(url)
    assert found_by(old, "Munoz") == ([], {})
    old.close()
    store = Store(url)
    store.upgrade()
    assert found_by(store, "Munoz") == found_by(store, "MUÑOZ") == (["S-ANA"], {"S-ANA": ("G-1",)})
    assert found_by(store, "Nunez") == (["S-ANA"], {})
    assert found_by(store, "Roe 1099") == (["S-1099"], {})
    with store.reading() as unit:
        assert unit.people.need("S-ANA").names == ANA.names
    store.close()
