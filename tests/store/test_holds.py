"""Holds in the store: which cover a key, and how work and alarms are kept, on each database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from databases import DATABASES, open_store, run_sql

from dam_plugin.errors import UnknownThing
from dam_plugin.model import Actor, LettingGo
from dam_plugin.store import HeldDeletion, Hold, Sealer, Store, SystemUser
from dam_plugin.store.holds import HoldWork

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
ADA = SystemUser("1", "ada")
CUSTODIAN = Actor("custodian", "office")
WISH = LettingGo(CUSTODIAN, "1", "ada", NOW, "done")
SEED = 20_261_002


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path, Sealer("k" * 40)) as opened:
        yield opened


def hold(number: int, key: str, **more: object) -> Hold:
    values = {
        "matter": "m",
        "why": "w",
        "source": "s",
        "at": NOW + timedelta(seconds=number),
        "by": CUSTODIAN,
        "user": ADA,
    }
    is_folder = key == "" or key.endswith("/")
    return Hold(f"hd-{number}", "subpoena", key, is_folder, **(values | more))  # type: ignore[arg-type]


def test_the_holds_over_a_key_are_those_that_cover_it(store: Store) -> None:
    some = random.Random(SEED)  # noqa: S311
    words = ["a", "b", "%", "_", "é", "a b", "A", "*"]

    def place() -> str:
        return "/".join(some.choices(words, k=some.randint(1, 4)))

    holds = [hold(n, place() + some.choice(["", "/"])) for n in range(1, 200)]
    with store.writing() as unit:
        for each in holds:
            unit.holds.add(each)
    keys = [place() for _ in range(200)]
    with store.reading() as unit:
        for key in keys:
            found = {each.id for each in unit.holds.over([key]) if each.covers(key)}
            assert found == {each.id for each in holds if each.covers(key)}
        together = {each.id for each in unit.holds.over(keys)}
    assert together >= {each.id for each in holds if any(each.covers(key) for key in keys)}


def test_a_hold_on_everything_is_over_every_key(store: Store) -> None:
    with store.writing() as unit:
        unit.holds.add(hold(1, ""))
    with store.reading() as unit:
        assert [each.id for each in unit.holds.over(["x", "y/z"])] == ["hd-1"]
        assert unit.holds.over(["x"])[0].covers("x")


def test_a_released_hold_is_over_nothing(store: Store) -> None:
    with store.writing() as unit:
        unit.holds.add(hold(1, "a/"))
        unit.holds.release(hold(1, "a/"), WISH)
    with store.reading() as unit:
        assert unit.holds.over(["a/b"]) == []
        assert unit.holds.need("hd-1").released == WISH
        with pytest.raises(UnknownThing):
            unit.holds.need("hd-2")


def test_work_that_starts_again_is_not_ended_by_the_work_before(store: Store) -> None:
    with store.writing() as unit:
        unit.holds.note_work("a/", is_folder=True)
        before = unit.holds.work()
        assert before is not None
        unit.holds.advance(before, ("a/1", "v1"))
        assert unit.holds.work() == HoldWork("a/", True, before.turn, ("a/1", "v1"))  # noqa: FBT003
        unit.holds.note_work("a/", is_folder=True)
        unit.holds.advance(before, None)
        again = unit.holds.work()
    assert again is not None
    assert (again.key, again.behind) == ("a/", None)
    with store.writing() as unit:
        unit.holds.advance(again, None)
        assert not unit.holds.is_any_work()


def test_locks_are_kept_by_version(store: Store) -> None:
    with store.writing() as unit:
        unit.holds.keep_locks([("a/1", "v1"), ("a/1", "v2"), ("b", "v1")], "setting")
        unit.holds.keep_locks([("a/1", "v1")], "set")
        unit.holds.drop_locks([("b", "v1")])
    with store.reading() as unit:
        assert unit.holds.locks(["a/1", "b"]) == {("a/1", "v1"): "set", ("a/1", "v2"): "setting"}
        assert unit.holds.count_locks("a/", is_folder=True) == {"set": 1, "setting": 1}
        assert unit.holds.unfinished_locks() == ["a/1"]


def test_an_alarm_that_is_changed_outside_the_program_is_found(store: Store) -> None:
    with store.writing() as unit:
        unit.holds.add_deletion(HeldDeletion("hl-1", "a", "a-1", "lost", ("hd-1",), NOW))
        unit.holds.add_deletion(HeldDeletion("hl-2", "b", "a-2", "restored", ("hd-1",), NOW))
        assert unit.holds.see_deletion("hl-2", WISH).seen == WISH
        with pytest.raises(UnknownThing):
            unit.holds.see_deletion("hl-3", WISH)
    with store.reading() as unit:
        assert [each.id for each in unit.holds.deletions(unseen=True)] == ["hl-1"]
        assert list(unit.seals.faults()) == []
    run_sql(store, "DELETE FROM held_deletions WHERE id = 'hl-1'")
    with store.reading() as unit:
        assert [(each.kind.called, each.id, each.how) for each in unit.seals.faults()] == [("alarm", "hl-1", "missing")]
