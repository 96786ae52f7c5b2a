"""Destructions from before the log kept who asked for them: nobody is in them, and their seals still fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from databases import DATABASES, empty_database, run_sql

from dam_plugin.errors import LedgerBroken
from dam_plugin.model import Actor, LettingGo, Recipient
from dam_plugin.store import Destruction, Store
from dam_plugin.store.seals import Sealer

WISH = LettingGo(Actor("custodian", "ada"), "1000", "ada", datetime(2026, 11, 2, tzinfo=UTC), "the parents ask")
DAY = date(2026, 11, 2)
BEFORE = (
    "ALTER TABLE destructions DROP COLUMN asked_by",
    "UPDATE alembic_version SET version_num = '20261201_births'",
)


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_database(request.param, tmp_path) as found:
        yield found


def opened(url: str) -> Store:
    store = Store(url, sealer=Sealer("a signing key"))
    store.upgrade()
    return store


def test_what_was_destroyed_before_has_nobody_who_asked_and_is_not_bent(url: str) -> None:
    old = Destruction("ds-1", "a-1", "k", "r", "IDEA", DAY, None, WISH, parents_asked=DAY)
    store = opened(url)
    with store.writing() as unit:
        unit.destructions.add(old)
    run_sql(store, *BEFORE)
    store.close()
    store = opened(url)
    with store.writing() as unit:
        assert unit.destructions.listed() == [old]
        unit.destructions.drop(old)
        unit.destructions.add(replace(old, id="ds-2", asked_by=Recipient("parent", "G-1")))
    with store.reading() as unit:
        assert [each.asked_by for each in unit.destructions.listed()] == [None, Recipient("parent", "G-1")]
    store.close()


@pytest.mark.parametrize("other", ["NULL", """'{"role":"parent","id":"G-2"}'"""])
def test_who_asked_is_sealed(url: str, other: str) -> None:
    store = opened(url)
    with store.writing() as unit:
        unit.destructions.add(
            Destruction("ds-1", "a-1", "k", "r", "IDEA", DAY, None, WISH, asked_by=Recipient("parent", "G-1"))
        )
    run_sql(store, f"UPDATE destructions SET asked_by = {other}")  # noqa: S608 - a constant of ours
    with store.reading() as unit, pytest.raises(LedgerBroken):
        unit.destructions.listed()
    store.close()
