"""What stayed out of a set is told to the district alone: why, what would bring it in, and who is in no picture."""

from __future__ import annotations

import csv
import io
import json
import stat
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from district import HANNAH, INES, NOAH, SOFIA, District
from protected_students import protect
from yearbook_plans import ORDER, REDACTING, begun, judged, planned, recording, rename, seen, written

from dam_plugin.errors import StorageError
from dam_plugin.model import Consent
from dam_plugin.procedure.clauses import reason
from dam_plugin.store.sets import ExportSet, Query, SetOrder
from dam_plugin.yearbook.exclusions import FIRST_ASSETS, Ask, Asked, Asking, asks, coverage, summary, write_exclusions


def report(district: District, set_: ExportSet, **more: Any) -> Any:
    path = district.folder / "set.exclusions.json"
    with district.services.store.reading() as unit:
        write_exclusions(path, unit, set_, **more)
    return json.loads(path.read_text("utf-8"))


def test_a_recording_of_an_opted_out_student_is_told_with_the_consent_that_would_bring_it_in(
    district: District,
) -> None:
    hannah = district.student(HANNAH)
    recording(district, "events/hannah.jpg", seen(hannah))
    set_ = planned(district)
    # For staff a protection looks like an opt-out from everything: of neither they read whose guardian signs.
    for names, signs in ((True, [district.guardian("G-2171")]), (False, [])):
        (left,) = report(district, set_, names=names)["left_out"]
        assert left["students"] == [hannah]
        assert left["ask"] == [{"student": hannah, "purpose": "yearbook", "parties": ["pspa"], "signed_by": signs}]
    assert any("written consent to 'yearbook'" in each for each in left["remedy"])


def test_a_consent_that_was_told_to_be_asked_for_brings_the_recording_in(district: District) -> None:
    hannah = district.student(HANNAH)
    recording(district, "events/a.jpg", seen(hannah))
    (ask,) = report(district, planned(district), names=True)["left_out"][0]["ask"]
    today = district.services.now().date()
    given = Consent(hannah, ask["signed_by"][0], today, "ink", purpose=ask["purpose"], parties=tuple(ask["parties"]))
    with district.services.store.writing() as unit:
        unit.people.add_consent(given, None, district.services.now())
        unit.exports.drop("x-1")
    assert report(district, planned(district))["left_out"] == []


def test_nobody_is_named_to_be_asked_from_whom_a_student_is_kept(district: District) -> None:
    """Staff are not told of a protection, and would write to whoever stands there."""
    hannah = district.student(HANNAH)
    recording(district, "events/hannah.jpg", seen(hannah))
    set_ = planned(district)
    protect(district, HANNAH)
    for names in (False, True):
        (left,) = report(district, set_, names=names)["left_out"]
        assert [each["signed_by"] for each in left["ask"]] in ([], [[]])
        table = (district.folder / "set.exclusions.csv").read_text("utf-8")
        assert district.guardian("G-2171") not in table


def test_of_several_only_those_are_asked_who_have_no_ground_to_be_seen(district: District) -> None:
    hannah, noah = district.student(HANNAH), district.student(NOAH)
    found = judged(district, recording(district, "a.jpg", seen(hannah), seen(noah, 0.5)))
    assert [each.student for each in asks(found.case, redact=False)] == [hannah]


def test_everybody_is_asked_where_the_recording_is_no_directory_information(district: District) -> None:
    hannah, noah = district.student(HANNAH), district.student(NOAH)
    found = judged(
        district, recording(district, "a.jpg", seen(hannah), seen(noah, 0.5), directory_status="not_eligible")
    )
    assert {each.student for each in asks(found.case, redact=False)} == {hannah, noah}


def test_an_eligible_student_is_asked_and_not_a_parent(district: District) -> None:
    sofia = district.student(SOFIA)
    found = judged(district, recording(district, "a.jpg", seen(sofia), directory_status="not_eligible"))
    case = replace(found.case, consents=())
    assert asks(case, redact=False) == (Ask(sofia, (sofia,)),)


def test_a_student_without_a_guardian_on_file_is_asked_for_all_the_same(district: District) -> None:
    hannah = rename(district, district.student(HANNAH), guardians=(), guardian_names=())
    found = judged(district, recording(district, "a.jpg", seen(hannah.id)))
    assert asks(found.case, redact=False) == (Ask(hannah.id, ()),)


def test_nobody_is_asked_where_a_consent_would_not_help(district: District) -> None:
    hannah = seen(district.student(HANNAH))
    recording(district, "a.jpg", hannah, state="pending")
    recording(district, "b.jpg", hannah, confidential="a court's order")
    recording(district, "c.jpg", seen("S-000000000000"))
    left = report(district, planned(district))["left_out"]
    assert [each["ask"] for each in left] == [[], [], []]
    assert all(each["remedy"] for each in left)


def test_a_portrait_is_asked_for_so_that_it_may_be_named(district: District) -> None:
    hannah = district.student(HANNAH)
    recording(district, "portraits/1.jpg", seen(hannah))
    (left,) = report(district, planned(district, REDACTING))["left_out"]
    assert left["kind"] == "portrait"
    assert [each["student"] for each in left["ask"]] == [hannah]


def test_a_set_without_redacted_copies_says_that_they_would_do_too(district: District) -> None:
    recording(district, "a.jpg", seen(district.student(HANNAH)), seen(district.student(NOAH), 0.5))
    (left,) = report(district, planned(district))["left_out"]
    assert [each["clause"] for each in left["reasons"]] == ["EXPORT-REDACT"]
    assert any("--redact allow" in each for each in left["remedy"])
    assert [each["student"] for each in left["ask"]] == [district.student(HANNAH)]


def test_reasons_are_counted_each_recording_once_the_most_frequent_first(district: District) -> None:
    recording(district, "a.jpg", state="pending")
    recording(district, "b.jpg", state="pending")
    recording(district, "c.jpg", seen(district.student(HANNAH)))
    set_ = planned(district)
    with district.services.store.reading() as unit:
        told = summary(unit, set_)
    assert [each.count for each in told] == [2, 1]
    assert told[0].clause == "HOLD-UNTAGGED"
    assert all(each.title and each.remedy for each in told)
    assert [each["count"] for each in report(district, set_)["reasons"]] == [2, 1]


def test_students_in_no_picture_in_one_and_in_many_are_told(district: District) -> None:
    noah, sofia, hannah = (district.student(each) for each in (NOAH, SOFIA, HANNAH))
    for number in range(3):
        recording(district, f"{number}.jpg", seen(noah))
    recording(district, "3.jpg", seen(sofia), seen(hannah, 0.5))
    set_ = planned(district, REDACTING)
    written(district, set_)
    with district.services.store.reading() as unit:
        covered = coverage(unit, set_, at_least=3)
    assert covered.many == ((noah, 3),)
    assert covered.one == (sofia,)
    assert hannah in covered.none
    assert len(covered.none) == covered.students - 2


def test_coverage_never_says_why_somebody_has_no_picture(district: District) -> None:
    recording(district, "a.jpg", seen(district.student(HANNAH)))
    told = report(district, planned(district))["coverage"]
    assert set(told) == {"students", "at_least", "none", "one", "many"}
    assert set(told["none"]) == {"count", "students"}
    assert all(isinstance(each, str) for each in told["none"]["students"])


def test_coverage_looks_for_active_students_of_the_grades_that_were_asked_for(district: District) -> None:
    noah, ines, sofia = (district.student(each) for each in (NOAH, INES, SOFIA))
    rename(district, noah, grade="07")
    rename(district, ines, grade="7", active=False)
    rename(district, sofia, grade="08")
    set_ = begun(district.services, replace(ORDER, query=Query(grades=("7",))))
    with district.services.store.reading() as unit:
        records = {each.id for each in unit.people.stream() if each.grade in ("7", "07") and each.active}
        covered = coverage(unit, set_)
    assert set(covered.none) == records
    assert noah in records
    assert sofia not in covered.none


def test_names_are_told_only_where_they_were_asked_for(district: District) -> None:
    hannah = rename(district, district.student(HANNAH), names=("Hannah Q\u00faist",))
    recording(district, "a.jpg", seen(hannah.id))
    set_ = planned(district)
    assert "Q\u00faist" not in json.dumps(report(district, set_), ensure_ascii=False)
    told = report(district, set_, names=True)["names"]
    assert {"student": hannah.id, "name": "Hannah Q\u00faist"} in told


def test_the_key_of_what_a_family_chose_is_told_only_with_names(district: District) -> None:
    hannah = district.student(HANNAH)
    stored = recording(district, "events/hannah-lindqvist.jpg", seen(hannah))
    set_ = planned(district)
    (left,) = report(district, set_)["left_out"]
    assert (left["asset"], left["source"]) == (stored.asset.id, None)
    assert "hannah-lindqvist" not in (district.folder / "set.exclusions.json").read_text("utf-8")
    (left,) = report(district, set_, names=True)["left_out"]
    assert left["source"] == "events/hannah-lindqvist.jpg"


@pytest.mark.parametrize("order", [ORDER, REDACTING], ids=["whole", "redacted"])
def test_no_key_stands_beside_whom_only_a_copy_would_hide_though_none_can_be_made(
    district: District, order: SetOrder
) -> None:
    recording(district, "hannah/a.jpg", seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5))
    recording(district, "hannah/b.jpg", seen(district.student(HANNAH)), meaning="preserved")
    recording(district, "portraits/hannah.jpg", seen(district.student(HANNAH)))
    set_ = planned(district, order)
    with district.services.store.writing() as unit:
        why = (reason("EXPORT-UNABLE", why="it does not open"),)
        files = unit.exports.files(set_.id, states=("planned",))
        unit.exports.change_files([replace(each, state="left_out", outcome="refer", why=why) for each in files])
    left = report(district, set_)["left_out"]
    assert [each["source"] for each in left] == [None] * 3


def test_the_key_of_what_somebody_has_to_look_at_is_told(district: District) -> None:
    recording(district, "a.jpg", seen(district.student(NOAH)), state="pending")
    recording(district, "b.jpg", seen("S-000000000000"))
    recording(district, "portraits/c.jpg", seen(district.student(NOAH)))
    recording(district, "portraits/d.jpg", seen(district.student(NOAH)))
    left = report(district, planned(district))["left_out"]
    told = {each["reasons"][0]["clause"]: each["source"] for each in left}
    assert told["HOLD-UNTAGGED"] == "a.jpg"
    assert told["EXPORT-UNABLE"] == "b.jpg"
    assert told["EXPORT-RETAKE"].startswith("portraits/")


def test_who_would_be_alone_in_a_redacted_copy_is_asked_for_consent(district: District) -> None:
    hannah = district.student(HANNAH)
    behind = seen(district.student(INES), 0.5, prominence="incidental")
    recording(district, "a.jpg", seen(hannah), behind, meaning="preserved")
    (left,) = report(district, planned(district, REDACTING))["left_out"]
    assert [each["clause"] for each in left["reasons"]] == ["EXPORT-EMPTY"]
    assert [each["student"] for each in left["ask"]] == [hannah]
    assert left["remedy"]


def test_the_report_says_what_was_asked_for_and_is_for_its_owner_alone(district: District) -> None:
    query = Query("Fall Concert", date(2026, 9, 1), ("7",), ("a-84S6PFE56Z42VD2A",))
    told = report(district, begun(district.services, replace(ORDER, query=query)))
    assert (told["set"], told["publisher"]) == ("x-1", "pspa")
    assert told["query"] == json.loads(json.dumps(asdict(query), default=str))
    assert told["left_out"] == []
    mode = (district.folder / "set.exclusions.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_report_that_cannot_be_written_leaves_nothing(district: District, tmp_path: Path) -> None:
    set_ = begun(district.services)
    with pytest.raises(StorageError), district.services.store.reading() as unit:
        write_exclusions(tmp_path / "nowhere" / "set.json", unit, set_)
    assert not (tmp_path / "nowhere").exists()


def test_of_a_portrait_only_a_consent_is_told_as_a_remedy(district: District) -> None:
    recording(district, "portraits/1.jpg", seen(district.student(HANNAH)))
    for order in (ORDER, REDACTING):
        (left,) = report(district, planned(district, order))["left_out"]
        assert any("written consent to 'yearbook'" in each for each in left["remedy"])
        assert not any("redact" in each.casefold() or "meaning" in each for each in left["remedy"])
        with district.services.store.writing() as unit:
            unit.exports.drop("x-1")


# The consents to ask for


ANNA = Asked("S-A", ("G-1", "G-2"), "yearbook", "heron-press")
BEN = Asked("S-B", (), "yearbook", "=heron")


def table(asking: Asking, names: dict[str, str] | None = None) -> list[list[str]]:
    out = io.StringIO()
    asking.write(out, names.__getitem__ if names is not None else None)
    assert out.getvalue().startswith("\ufeff")
    return list(csv.reader(io.StringIO(out.getvalue()[1:], newline="")))


def test_each_consent_is_a_line_with_how_many_recordings_it_helps() -> None:
    asking = Asking()
    asking.add("a-1", [BEN])
    asking.add("a-2", [ANNA])
    asking.add("a-3", [ANNA])
    assert table(asking) == [
        ["student", "signed by", "purpose", "party", "pictures", "first of them"],
        ["S-A", "G-1 or G-2", "yearbook", "heron-press", "2", "a-2 a-3"],
        ["S-B", "", "yearbook", "heron", "1", "a-1"],
    ]


def test_only_the_first_recordings_are_named() -> None:
    asking = Asking()
    for number in range(20):
        asking.add(f"a-{number}", [ANNA])
    (line,) = table(asking)[1:]
    assert (line[4], len(line[5].split())) == ("20", FIRST_ASSETS)


def test_names_are_a_column_where_they_are_asked_for_and_none_is_computed() -> None:
    asking = Asking()
    asking.add("a-1", [ANNA])
    head, line = table(asking, {"S-A": "=Anna Example"})
    assert (head[1], line[1]) == ("name", "Anna Example")


def test_where_nobody_is_to_be_asked_the_table_has_its_head_alone() -> None:
    assert len(table(Asking())) == 1
