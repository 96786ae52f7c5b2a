from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, insert, select

from dam_plugin.model import Actor, Appearance, Asset, Former, Look, OfficialUse, Region, Tagging
from dam_plugin.store import Store, StoredAsset, Unit
from dam_plugin.store.tables import AssetRow, Moment, Plain
from dam_tagging.facts import About

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
COMPLETE = Tagging(state="complete")


def stored(
    asset_id: str = "a1", key: str = "games/1.jpg", tagging: Tagging = COMPLETE, minutes: int = 0, **changes: object
) -> StoredAsset:
    asset = Asset(asset_id, key, f"v-{asset_id}", f"etag-{asset_id}", 7, "image/jpeg")
    at = NOW + timedelta(minutes=minutes)
    return replace(StoredAsset(asset, "0055", "hold", tagging, Tagging(), at, at), **changes)


def save(unit: Unit, *assets: StoredAsset) -> None:
    for asset in assets:
        unit.assets.save(asset)


def ids(assets: object) -> list[str]:
    return [each.asset.id for each in assets]  # type: ignore[attr-defined]


def test_an_asset_is_read_as_it_was_saved(store: Store) -> None:
    tagging = Tagging(
        state="complete",
        appearances=(Appearance("S-1", "focus", regions=(Region(0.1, 0.2, 0.3, 0.4),)),),
        official_uses=(OfficialUse("discipline", ("S-2",)),),
        closed="security",
    )
    saved = stored(tagging=tagging, release_tag="staff", sequencer=None)
    with store.writing() as unit:
        save(unit, saved)
    with store.reading() as unit:
        assert unit.assets.by_id("a1") == saved
        assert unit.assets.by_id("a2") is None


def test_what_a_recording_is_about_is_kept_and_not_shown_where_it_is_printed(store: Store) -> None:
    about = About(("Homecoming",), "Ada Quill \x00 scores \ud800", "2026:10:02 19:00:00")
    with store.writing() as unit:
        save(unit, stored(about=about), stored("a2", "games/2.jpg"))
    with store.reading() as unit:
        assert [each.about for each in unit.assets.all_current()] == [about, None]
        assert unit.assets.current_of(["games/1.jpg"])["games/1.jpg"] == stored(about=about)
        assert "Quill" not in repr(unit.assets.need("games/1.jpg"))


EXAMPLES: dict[object, object] = {
    Tagging: Tagging(state="complete", closed="security"),
    About: About(("Homecoming",), "Ada Quill scores"),
    Former: Former(comes_from=("games/2.jpg",)),
    tuple[tuple[str, str], ...]: (("games/1.jpg.xmp", "e9"),),
    int: 7,
}


def example(column: Column[Any]) -> object:
    """Return a value for a column that no other column has, where its type has so many."""
    if isinstance(column.type, Plain):
        return EXAMPLES[column.type.kind]
    if isinstance(column.type, Moment):
        return NOW
    if column.name == "release_tag":
        return "staff"
    if column.type.python_type is bool:
        # Of a version that is current and not deleted; every other flag is set.
        return column.name != "deleted"
    return EXAMPLES.get(column.type.python_type, column.name)


COLUMNS = {column.name: example(column) for column in AssetRow.__table__.columns}
# Derived from the tags, for a query.
NOT_READ_BACK = {"waiting"}


@pytest.mark.parametrize("by", ["id", "keys"])
def test_every_column_of_a_recording_is_read_back(store: Store, by: str) -> None:
    with store.writing() as unit:
        unit.assets._session.execute(insert(AssetRow).values(COLUMNS))
    with store.reading() as unit:
        read = unit.assets.by_id("id") if by == "id" else unit.assets.current_of(["key"])["key"]
    assert read is not None
    kept = {
        each.name: getattr(of, each.name) for of in (read, read.asset) for each in fields(of) if each.name != "asset"
    }
    assert kept == {name: value for name, value in COLUMNS.items() if name not in NOT_READ_BACK}


def test_every_column_of_a_recording_is_written(store: Store) -> None:
    with store.writing() as unit:
        unit.assets._session.execute(insert(AssetRow).values(COLUMNS))
        read = unit.assets.by_id("id")
        assert read is not None
        unit.assets.save(replace(read, asset=replace(read.asset, id="copy")))
        unit.assets.keep_codings({"copy": "coding"})
        written = unit.assets._session.execute(select(AssetRow.__table__).where(AssetRow.id == "copy")).mappings().one()
    assert dict(written) == COLUMNS | {"id": "copy", "waiting": False}


def test_an_asset_may_be_larger_than_four_gigabytes(store: Store) -> None:
    with store.writing() as unit:
        save(unit, replace(stored(), asset=replace(stored().asset, size=2**40)))
    with store.reading() as unit:
        assert unit.assets.by_id("a1").asset.size == 2**40  # type: ignore[union-attr]


def test_saving_again_overwrites(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored())
        assert unit.assets.by_id("a1") == stored()
        save(unit, stored(release_tag="staff", tagging=Tagging()))
        assert unit.assets.by_id("a1") == stored(release_tag="staff", tagging=Tagging())


def test_the_current_version_is_the_newest_one_not_replaced(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored("a1"), stored("a2", minutes=1), stored("b", key="other.jpg", minutes=2))
        assert ids([unit.assets.current("games/1.jpg")]) == ["a2"]
        unit.assets.supersede("games/1.jpg", "a1")
        assert ids([unit.assets.current("games/1.jpg")]) == ["a1"]
        assert unit.assets.by_id("a2") == stored("a2", minutes=1, current=False)
        assert ids([unit.assets.current("other.jpg")]) == ["b"]


def test_a_deleted_asset_is_not_current_but_still_known(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored(deleted=True))
        assert unit.assets.current("games/1.jpg") is None
        assert unit.assets.version("games/1.jpg", "v-a1", "etag-a1") == stored(deleted=True)


@pytest.mark.parametrize(
    ("version_id", "etag"),
    [("v-a1", "other"), ("other", "etag-a1"), (None, "etag-a1")],
    ids=["etag", "version", "none"],
)
def test_another_version_is_not_found(store: Store, version_id: str | None, etag: str) -> None:
    with store.writing() as unit:
        save(unit, stored())
        assert unit.assets.version("games/1.jpg", version_id, etag) is None


def test_a_version_of_an_unversioned_bucket_is_found_by_its_etag(store: Store) -> None:
    unversioned = replace(stored(), asset=replace(stored().asset, version_id=None))
    with store.writing() as unit:
        save(unit, unversioned)
        assert unit.assets.version("games/1.jpg", None, "etag-a1") == unversioned


def test_waiting_are_those_of_which_we_do_not_know_who_is_in_them(store: Store) -> None:
    with store.writing() as unit:
        save(
            unit,
            stored("pending", "1", Tagging(), minutes=3),
            stored("failed", "2", Tagging(state="failed"), minutes=2),
            stored("strangers", "3", Tagging(state="complete", unidentified_people=1), minutes=1),
            stored("known", "4"),
            stored("gone", "5", Tagging(), deleted=True),
            stored("replaced", "6", Tagging(), current=False),
        )
        assert ids(unit.assets.waiting()) == ["strangers", "failed", "pending"]


def test_every_current_asset_is_streamed_over_more_than_one_batch(store: Store) -> None:
    names = [f"a{number:04}" for number in range(1100)]
    with store.writing() as unit:
        save(unit, *(stored(name, key=name) for name in names), stored("gone", "gone", deleted=True))
    with store.reading() as unit:
        assert ids(unit.assets.all_current()) == names


def test_current_keys_are_given_so_many_at_a_time_each_once(store: Store) -> None:
    names = [f"k{number}" for number in range(5)]
    with store.writing() as unit:
        save(unit, *(stored(name, key=name) for name in names), stored("gone", "gone", deleted=True))
        save(unit, stored("old", "k1", current=False))
        assert unit.assets.current_keys("", 3) == names[:3]
        assert unit.assets.current_keys("k2", 3) == names[3:]
        assert unit.assets.current_keys("k4", 3) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("concert", ["Fall/Concert-1.jpg", "fall/concert-2.jpg"]),
        ("  2 CONC\n", ["fall/concert-2.jpg"]),
        ("concert missing", []),
        ("éCOLE", ["École/100%_a.jpg", "école/b.jpg"]),
        ("0%_A", ["École/100%_a.jpg"]),
        ("1%_a", []),
        (" ", []),
        (" ".join(chr(0x4E00 + each) for each in range(100)), []),
    ],
)
def test_recordings_are_found_by_every_word_of_a_text(store: Store, text: str, found: list[str]) -> None:
    keys = ("Fall/Concert-1.jpg", "fall/concert-2.jpg", "École/100%_a.jpg", "école/b.jpg")
    with store.writing() as unit:
        save(unit, *(stored(f"a{at}", key) for at, key in enumerate(keys)))
        save(unit, stored("gone", "fall/concert-3.jpg", deleted=True))
        assert {each.asset.key for each in unit.assets.current_named(text, 9)} == set(found)
        assert len(unit.assets.current_named("jpg", 3)) == 3


@pytest.mark.parametrize(
    "tagging",
    [
        Tagging(appearances=(Appearance("S-1"),)),
        Tagging(appearances=(Appearance("S-1", identifiable=False),)),
        Tagging(record_pii=("S-1",)),
        Tagging(official_uses=(OfficialUse("victim", ("S-1",)),)),
        Tagging(appearances=(Appearance("S-1"),), record_pii=("S-1",), official_uses=(OfficialUse("other", ("S-1",)),)),
    ],
    ids=["appearance", "not identifiable", "record", "official use", "all three"],
)
def test_a_student_is_found_in_every_recording_that_concerns_them(store: Store, tagging: Tagging) -> None:
    with store.writing() as unit:
        save(unit, stored("a1", tagging=tagging), stored("a2", key="2", tagging=Tagging(record_pii=("S-2",))))
        assert ids(unit.assets.of_student("S-1")) == ["a1"]


def test_a_student_no_longer_tagged_is_no_longer_found(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored(tagging=Tagging(record_pii=("S-1",))))
        save(unit, stored(tagging=Tagging(record_pii=("S-2",))))
        assert unit.assets.of_student("S-1") == []
        assert ids(unit.assets.of_student("S-2")) == ["a1"]


def test_looks_are_kept_in_the_order_in_which_they_were_taken(store: Store) -> None:
    first = Look(NOW, Actor("custodian", "u1"), persons=(Appearance("S-1", "focus"),), unidentified=2)
    second = Look(NOW + timedelta(hours=1), Actor("designee"), nobody=True, confidential="state test")
    with store.writing() as unit:
        save(unit, stored(), stored("a2", key="2"))
        unit.assets.add_look("a1", second)
        unit.assets.add_look("a1", first)
        assert unit.assets.looks("a1") == [first, second]
        assert unit.assets.looks("a2") == []


def test_what_was_found_of_a_coding_is_kept_with_its_version_alone(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored(), stored("a2", minutes=1), stored("a3", key="3"))
        unit.assets.keep_codings({"a2": "p-2", "a3": "p-3", "nobody's": "p-4"})
        unit.assets.keep_codings({})
    with store.reading() as unit:
        assert [each.coding for each in unit.assets.of_key("games/1.jpg")] == [None, "p-2"]
        assert {key: each.coding for key, each in unit.assets.current_of(["games/1.jpg", "3"]).items()} == {
            "games/1.jpg": "p-2",
            "3": "p-3",
        }


def test_what_was_found_of_a_coding_stays_where_the_version_is_tagged_anew(store: Store) -> None:
    with store.writing() as unit:
        save(unit, stored())
        unit.assets.keep_codings({"a1": "p-1"})
        save(unit, stored(tagging=Tagging(record_pii=("S-1",)), coding="p-other"))
        assert unit.assets.need("games/1.jpg").coding == "p-1"
