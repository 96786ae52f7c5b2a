"""The index of what names whom follows every way in which a name or a family changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from databases import DATABASES, empty_database, run_sql
from sqlalchemy import create_engine, text

from dam_plugin.model import Actor, Guardianship, Recipient, Share, StudentRecord
from dam_plugin.store import Store, StoredShare
from dam_plugin.store.database import parse_url
from dam_plugin.store.share_counts import ShareGroup

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ADA = StudentRecord(
    "S-ADA", "1001", ("Ada Quill",), guardians=("G-1",), guardian_names=(("G-1", "Ruth Quill"), ("G-0", "Olive Gray"))
)
BEN = StudentRecord("S-BEN", "10-02", ("李 小龙",))
BY = Actor("custodian", "records-office")


def rows(store: Store) -> set[tuple[int, int, str]]:
    engine = create_engine(parse_url(store._url))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT found_by, written, student_id FROM roster_names"))
        kept = {(each.found_by, each.written, each.student_id) for each in found}
    engine.dispose()
    return kept


def named(store: Store, *words: str) -> list[tuple[str, ...]]:
    """Return whom each of these words finds."""
    with store.reading() as unit:
        return [tuple(each.id for each in unit.people.named_by([word], [word], "")) for word in words]


def rewritten(store: Store) -> set[tuple[int, int, str]]:
    run_sql(store, "DELETE FROM roster_names")
    with store.writing() as unit:
        unit.people.index_people()
    return rows(store)


ADAS, BENS, NOBODY = ("S-ADA",), ("S-BEN",), ()


def test_it_has_the_names_the_numbers_and_the_families(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([ADA, BEN], NOW)
    assert named(store, "ada", "quill", "ruth", "olive", "gray", "1001") == [ADAS] * 6
    assert named(store, "1002", "10", "reed") == [BENS, NOBODY, NOBODY]
    with store.reading() as unit:
        assert [each.id for each in unit.people.with_family(["g-0"])] == ["S-ADA"]
        assert [each.id for each in unit.people.with_runs(["小龙", "龙"], "")] == ["S-BEN"]
        assert unit.people.with_runs(["小龙"], "S-BEN") == unit.people.named_by(["ada"], [], "S-ADA") == []


def test_it_follows_every_change(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([ADA, BEN], NOW)
    with store.writing() as unit:
        unit.people.upsert_roster([replace(ADA, names=("Ada Reed",), guardian_names=(("G-1", "Ruth Reed"),)), BEN], NOW)
    # A former name still means her, and nobody has the guardian of before.
    assert named(store, "quill", "reed", "olive") == [ADAS, ADAS, NOBODY]
    assert rows(store) == rewritten(store)
    with store.writing() as unit:
        unit.people.forget_name("S-ADA", "Ada Quill", NOW)
    assert named(store, "quill") == [NOBODY]
    stated = Guardianship("S-BEN", "Aunt-7", "guardian", date(2026, 9, 1), "a paper", BY, name="May Fong")
    with store.writing() as unit:
        unit.people.add_guardianship(stated, NOW)
        assert [each.id for each in unit.people.with_family(["aunt-7"])] == ["S-BEN"]
    assert named(store, "fong") == [BENS]
    with store.writing() as unit:
        unit.people.upsert_roster([], NOW)
    # Who left is named as before.
    assert named(store, "reed", "fong") == [ADAS, BENS]
    assert rows(store) == rewritten(store)


@pytest.mark.parametrize("kind", DATABASES)
def test_an_upgrade_writes_down_what_is_on_file(kind: str, tmp_path: Path) -> None:
    share = Share("sh1", "a.jpg", "request", "news", BY, Recipient("public", "herald"))
    undone = tuple(
        f"DROP TABLE {each}"
        for each in (
            "job_examples",
            "roster_names",
            "share_counts",
            "asset_words",
            "stale_tags",
            "tags_as_of",
            "jobs",
            "news",
            "workers",
        )
    )
    undone += (
        "DROP INDEX ix_ledger_entries_at",
        "DROP INDEX ix_holds_at_id",
        "DROP INDEX ix_shares_asset_id",
        "DROP INDEX ix_students_roster_id_folded_id",
    )
    with empty_database(kind, tmp_path) as url:
        store = Store(url)
        store.upgrade()
        with store.writing() as unit:
            unit.people.upsert_roster([ADA, BEN], NOW)
            unit.shares.add_share(StoredShare(share, "a1", "deny", {"reasons": [{"clause": "CLOSED"}]}, None, NOW))
        before = rows(store)
        run_sql(store, *undone, "UPDATE alembic_version SET version_num = '20261128'")
        store.close()
        store = Store(url)
        store.upgrade()
        assert rows(store) == before != set()
        with store.reading() as unit:
            assert unit.share_counts.groups((None, None)) == [ShareGroup("deny", ("CLOSED",))]
        store.close()
