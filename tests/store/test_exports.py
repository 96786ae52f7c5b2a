from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dam_plugin.errors import InputError, StoreError, UnknownThing
from dam_plugin.model import Actor, Reason, Recipient
from dam_plugin.store import Store, Totals, place_of
from dam_plugin.store.sets import ExportFile, ExportSet, Handover, Query, SetOrder

from databases import run_sql  # isort: skip

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
BY = Actor("media_staff", "u1")
ORDER = SetOrder(
    Query(event="Homecoming", since=date(2026, 8, 1), grades=("11", "12")),
    "pspa",
    Recipient("public", "pspa"),
    redact=True,
)
SET = ExportSet("x1", NOW, NOW.date(), "making", BY, ORDER, "set.zip", "roster digest", "rules digest")
FILE = ExportFile("x1", 1, "candid", "b", "games/1.jpg", "a1", "d1", "allow", "planned")
WRITTEN = replace(
    FILE,
    state="written",
    path="candids/c0000001.jpg",
    sha256="ab" * 32,
    size=5_000_000_000,
    redacted=True,
    caption="Two students at the game",
    shows=("S-1", "S-2"),
    named=("S-1",),
    why=(Reason("EX4", "Directory information.", ("S-1",)),),
    pages=("12", "13"),
)


@pytest.fixture
def begun(store: Store) -> Store:
    """A store with one set that was begun."""
    with store.writing() as unit:
        unit.exports.add_set(SET)
    return store


def test_a_set_is_read_as_it_was_kept(begun: Store) -> None:
    with begun.reading() as unit:
        assert unit.exports.set("x1") == unit.exports.need("x1") == SET
        assert unit.exports.set("x2") is None


def test_a_set_that_is_not_there_names_the_command_that_lists_them(store: Store) -> None:
    with pytest.raises(UnknownThing, match="export sets"), store.reading() as unit:
        unit.exports.need("x1")


def test_the_newest_set_is_listed_first(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.add_set(replace(SET, id="x2", at=NOW + timedelta(hours=1), state="locked"))
        unit.exports.add_set(replace(SET, id="x0", at=NOW - timedelta(hours=1)))
        assert [each.id for each in unit.exports.sets()] == ["x2", "x1", "x0"]
        assert [each.id for each in unit.exports.sets("making")] == ["x1", "x0"]


def test_a_set_changes_only_in_what_is_given(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.change_set("x1", state="locked", locked_at=NOW, locked_by=BY)
        assert unit.exports.set("x1") == replace(SET, state="locked", locked_at=NOW, locked_by=BY)
        with pytest.raises(UnknownThing):
            unit.exports.change_set("x2", state="locked")


@pytest.mark.parametrize("values", [{}, {"id": "x2"}, {"stat": "locked"}])
def test_what_is_no_field_of_a_set_is_refused(begun: Store, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no such field"), begun.writing() as unit:
        unit.exports.change_set("x1", **values)


def test_a_file_is_read_as_it_was_kept(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.add_files([FILE, replace(WRITTEN, number=2)])
        assert list(unit.exports.files("x1", states=("planned",))) == [FILE]
        assert list(unit.exports.files("x1")) == [replace(WRITTEN, number=2)]


def test_what_was_written_is_planned_again(begun: Store) -> None:
    written = replace(WRITTEN, number=2, decision="d2", covered=True)
    left_out = replace(FILE, number=3, state="left_out")
    with begun.writing() as unit:
        unit.exports.add_set(replace(SET, id="x2"))
        unit.exports.add_files([FILE, written, left_out, replace(written, set_id="x2")])
        unit.exports.plan_again("x1")
        planned = replace(written, state="planned", path=None, sha256=None, size=None, decision=None, covered=False)
        assert list(unit.exports.files("x1", states=("planned", "left_out"))) == [FILE, planned, left_out]
        assert unit.exports.students_of("x1") == frozenset()
        assert list(unit.exports.files("x2")) == [replace(written, set_id="x2")]
        assert unit.exports.students_of("x2") == {"S-1", "S-2"}


def test_two_files_of_a_set_have_not_one_number(begun: Store) -> None:
    with pytest.raises(StoreError, match="contradicts"), begun.writing() as unit:
        unit.exports.add_files([FILE, replace(FILE, place="c")])


def test_portraits_come_first_each_by_place_and_number(begun: Store) -> None:
    places = [
        ("candid", "a"),
        ("portrait", "é"),
        ("portrait", "b"),
        ("portrait", "Z"),
        ("portrait", "b"),
        ("candid", "B"),
    ]
    files = [replace(FILE, number=number, kind=kind, place=place) for number, (kind, place) in enumerate(places)]
    with begun.writing() as unit:
        unit.exports.add_files(files)
        assert [each.number for each in unit.exports.files("x1", states=("planned",))] == [3, 2, 4, 1, 5, 0]
        assert [each.number for each in unit.exports.files("x1", states=("planned",), kind="candid")] == [5, 0]


def test_files_go_on_behind_a_place(begun: Store) -> None:
    files = [
        replace(FILE, number=number, kind="portrait" if number % 2 else "candid", place=str(number % 5))
        for number in range(1_203)
    ]
    with begun.writing() as unit:
        unit.exports.add_files(files)
    with begun.reading() as unit:
        whole = list(unit.exports.files("x1", states=("planned", "written")))
        assert len(whole) == 1_203
        assert whole == sorted(files, key=lambda file: (file.kind == "candid", file.place, file.number))
        some: list[ExportFile] = []
        while batch := list(
            unit.exports.files("x1", states=("planned",), after=place_of(some[-1]) if some else None, limit=500)
        ):
            some += batch
        assert some == whole
        candids = list(unit.exports.files("x1", states=("planned",), kind="candid", after=place_of(whole[3])))
        assert candids == [file for file in whole if file.kind == "candid"]


def test_files_that_change_while_they_are_read_are_each_seen_once(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.add_files([replace(FILE, number=number) for number in range(1_100)])
        seen = []
        for file in unit.exports.files("x1", states=("planned",)):
            seen.append(file.number)
            unit.exports.change_files([replace(file, state="left_out")])
        assert seen == list(range(1_100))


def test_a_changed_file_is_kept_as_it_is_now(begun: Store) -> None:
    other = replace(FILE, number=2)
    with begun.writing() as unit:
        unit.exports.add_files([FILE, other])
        unit.exports.change_files([WRITTEN])
        assert list(unit.exports.files("x1", states=("planned", "written"))) == [WRITTEN, other]


def test_a_students_files_are_the_written_ones_that_show_or_name_them(begun: Store) -> None:
    portrait = replace(WRITTEN, number=3, kind="portrait", student="S-3", shows=(), named=())
    with begun.writing() as unit:
        unit.exports.add_files([FILE, replace(WRITTEN, number=2, state="left_out"), portrait])
        assert list(unit.exports.of_student("S-1")) == []
        unit.exports.change_files([WRITTEN])
        assert list(unit.exports.of_student("S-1")) == [(SET, WRITTEN)]
        assert list(unit.exports.of_student("S-2", state="making")) == [(SET, WRITTEN)]
        assert list(unit.exports.of_student("S-2", state="locked")) == []
        assert list(unit.exports.of_student("S-3")) == [(SET, portrait)]
        unit.exports.change_files([replace(WRITTEN, shows=("S-2",), named=())])
        assert list(unit.exports.of_student("S-1")) == []


def test_files_are_counted_by_state_and_kind(begun: Store) -> None:
    portrait = replace(WRITTEN, number=3, kind="portrait", redacted=False, size=7)
    with begun.writing() as unit:
        assert unit.exports.totals("x1") == Totals()
        unit.exports.add_files([FILE, replace(WRITTEN, number=2), portrait, replace(FILE, number=4, state="left_out")])
        assert unit.exports.count("x1", "written") == 2
        assert unit.exports.count("x1", "written", "portrait") == 1
        assert unit.exports.totals("x1") == Totals(1, 1, 1, 1, 1, 5_000_000_007)


def test_what_a_digest_stands_for_is_kept_once(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.add_decisions({"d1": {"outcome": "allow"}})
        unit.exports.add_decisions({"d1": {"outcome": "deny"}, "d2": {"redact": ["S-1"]}})
        unit.exports.add_decisions({})
        assert unit.exports.decision("d1") == {"outcome": "allow"}
        assert unit.exports.decisions(["d1", "d2", "d3"]) == {"d1": {"outcome": "allow"}, "d2": {"redact": ["S-1"]}}
        assert unit.exports.decision("d3") is None


@pytest.mark.parametrize("text", ["{", "[]"])
def test_damaged_details_are_an_error_without_the_text(begun: Store, text: str) -> None:
    with begun.writing() as unit:
        unit.exports.add_decisions({"d1": {}})
    run_sql(begun, f"UPDATE export_decisions SET details = '{text}'")  # noqa: S608
    with pytest.raises(StoreError, match="damaged"), begun.reading() as unit:
        unit.exports.decision("d1")


def test_a_digest_leads_to_every_file_that_it_stands_at(begun: Store) -> None:
    later = replace(SET, id="x0", at=NOW + timedelta(days=1))
    with begun.writing() as unit:
        unit.exports.add_set(later)
        others = [replace(FILE, set_id="x0"), replace(FILE, number=2, digest="d2")]
        unit.exports.add_files([FILE, *others])
        assert unit.exports.with_digest("d1") == [others[0], FILE]
        assert unit.exports.with_digest("d3") == []


def test_handovers_are_listed_in_the_order_of_time(begun: Store) -> None:
    late, early = (Handover("x1", NOW + timedelta(days=days), to, BY) for days, to in ((2, "printer"), (1, "pspa")))
    with begun.writing() as unit:
        unit.exports.add_handover(late)
        unit.exports.add_handover(early)
        assert unit.exports.handovers("x1") == [early, late]
        assert unit.exports.handovers("x2") == []


def test_a_dropped_set_is_gone_with_its_files_and_whom_they_show(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.add_set(replace(SET, id="x2"))
        unit.exports.add_files([WRITTEN, replace(WRITTEN, set_id="x2")])
        unit.exports.drop("x1")
        assert [each.id for each in unit.exports.sets()] == ["x2"]
        assert list(unit.exports.files("x1")) == []
        assert [made.id for made, _ in unit.exports.of_student("S-1")] == ["x2"]
        with pytest.raises(UnknownThing):
            unit.exports.drop("x1")


def test_a_set_that_was_locked_stays_on_record(begun: Store) -> None:
    with begun.writing() as unit:
        unit.exports.change_set("x1", state="locked")
        with pytest.raises(InputError, match="stays on record"):
            unit.exports.drop("x1")


def test_files_belong_to_a_set_that_is_kept(store: Store) -> None:
    with pytest.raises(StoreError, match="contradicts"), store.writing() as unit:
        unit.exports.add_files([FILE])
