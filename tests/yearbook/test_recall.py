"""What is in print and may not be shown any more: for one family, for a whole set, and as the publisher is told."""

from __future__ import annotations

import csv
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from district import (
    CROWD,
    CUSTODIAN,
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    NOAH,
    TEAM,
    THERESA,
    District,
)
from sets_on_file import files_of, locked_set, made_set, on_file
from use_cases import kept, looked
from yearbook_exports import put
from yearbook_plans import seen

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.gate.close_links import ClosedLinks, InSet
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.model import Appearance, Consent, OptOut
from dam_plugin.people.roster import RosterImport
from dam_plugin.services import local_now
from dam_plugin.store.sets import Handover
from dam_plugin.yearbook.lock import CannotLock, Locked, handed_over
from dam_plugin.yearbook.recall import COLUMNS, RecallLine, recall, write_recall
from dam_plugin.yearbook.recheck import recheck


@pytest.fixture
def printed(district: District) -> Locked:
    """A locked set of three candids: the crowd and the graduation whole, the team with Hannah hidden."""
    on_file(district, TEAM, CROWD, GRADUATION)
    return locked_set(district)


def recording(district: District, key: str, *appearances: Appearance) -> None:
    """Keep a picture that is in the bucket, tagged as a test says; one that is there already is tagged otherwise."""
    with district.services.store.writing() as unit:
        if known := unit.assets.current(key):
            unit.assets.save(replace(known, tagging=replace(known.tagging, appearances=appearances)))
            return
    put(district, key, *appearances)


def opted_out(district: District, roster_id: str, *, days_ago: int = 0) -> ClosedLinks:
    choice = OptOut(TODAY - timedelta(days=days_ago))
    return choices.opt_out(district.services, district.student(roster_id), choice, CUSTODIAN)


def lines(district: District, roster_id: str | None = None, set_id: str | None = None) -> tuple[RecallLine, ...]:
    student = None if roster_id is None else district.student(roster_id)
    return recall(district.services, student=student, set_id=set_id)


def guardians_of(district: District, roster_id: str) -> tuple[str, ...]:
    with district.services.store.reading() as unit:
        return unit.people.need(district.student(roster_id)).guardians


def path_of(district: District, printed: Locked, key: str) -> str:
    return files_of(district, printed.set.id)[key].path or ""


# What may not be shown any more


def test_nothing_is_recalled_while_nothing_changed(district: District, printed: Locked) -> None:
    assert lines(district) == ()


def test_an_opt_out_after_the_lock_recalls_the_file_and_says_to_whom_it_went(
    district: District, printed: Locked
) -> None:
    opted_out(district, NOAH, days_ago=3)
    (line,) = lines(district)
    file = files_of(district, printed.set.id)[GRADUATION]
    assert (line.set, line.path, line.sha256) == (printed.set.id, file.path, file.sha256)
    assert (line.standing, line.students, line.since) == (
        "recall",
        (district.student(NOAH),),
        TODAY - timedelta(days=3),
    )
    assert [each.to for each in line.handed] == ["pspa"]
    assert line.why


def test_everybody_to_whom_the_set_went_is_told(district: District, printed: Locked) -> None:
    handed_over(district.services, printed.set.id, by=CUSTODIAN, to="printer")
    opted_out(district, NOAH)
    assert [each.to for each in lines(district)[0].handed] == ["pspa", "printer"]


def test_a_locked_set_itself_is_never_changed(district: District, printed: Locked) -> None:
    before = files_of(district, printed.set.id)
    opted_out(district, NOAH)
    lines(district)
    assert files_of(district, printed.set.id) == before


def test_a_consent_that_ended_says_since_when(district: District) -> None:
    on_file(district, TEAM)
    hannah = district.student(HANNAH)
    consent = Consent(
        hannah,
        district.guardian(HANNAH_MOTHER),
        TODAY - timedelta(days=9),
        "ink",
        purpose="yearbook",
        parties=("public",),
    )
    consent_id = choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    locked_set(district)
    closed = choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    (line,) = lines(district)
    assert (line.since, hannah in line.students) == (TODAY, True)
    assert [each.files for each in closed.in_sets] == [1]


# One student


def test_for_a_student_what_is_allowed_still_is_told_too(district: District, printed: Locked) -> None:
    told = {line.path: line.standing for line in lines(district, HANNAH)}
    assert told == {path_of(district, printed, CROWD): "still allowed"}


def test_a_copy_that_hides_the_student_is_not_told_as_showing_them(district: District, printed: Locked) -> None:
    assert path_of(district, printed, TEAM) not in {line.path for line in lines(district, HANNAH)}


def test_a_student_who_was_found_only_afterwards_is_told(district: District, printed: Locked) -> None:
    opted_out(district, THERESA)
    before = {line.path for line in lines(district, THERESA)}
    stored = kept(district.services, CROWD)
    tagging = replace(
        stored.tagging, appearances=(*stored.tagging.appearances, Appearance(district.student(THERESA), "focus"))
    )
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, tagging=tagging))
    found = {line.path: line.standing for line in lines(district, THERESA)}
    crowd = path_of(district, printed, CROWD)
    assert crowd not in before
    assert found[crowd] == "recall"


def test_a_set_that_is_not_locked_is_told_to_be_made_again(district: District) -> None:
    on_file(district, GRADUATION)
    made = made_set(district)
    opted_out(district, NOAH)
    assert lines(district) == ()
    (line,) = lines(district, NOAH)
    assert (line.set, line.standing, line.handed) == (made.id, "make it again", ())


def test_the_sets_of_several_years_are_told_newest_first(district: District, printed: Locked) -> None:
    second = locked_set(district)
    opted_out(district, NOAH)
    assert [line.set for line in lines(district)] == [second.set.id, printed.set.id]
    assert [line.set for line in lines(district, set_id=printed.set.id)] == [printed.set.id]


def test_who_or_what_is_not_known_is_refused(district: District) -> None:
    with pytest.raises(UnknownThing):
        recall(district.services, student="S-none")
    with pytest.raises(UnknownThing):
        recall(district.services, set_id="x-none")
    with pytest.raises(InputError, match="recheck it instead"):
        recall(district.services, set_id=made_set(district).id)


def test_what_is_allowed_still_says_on_what_ground(district: District) -> None:
    on_file(district, CROWD, GRADUATION)
    locked_set(district)
    (crowd,) = lines(district, HANNAH)
    assert [(each.clause, each.students) for each in crowd.why] == [("EX4-CROWD", (district.student(HANNAH),))]
    (graduation,) = lines(district, NOAH)
    assert [each.clause for each in graduation.why] == ["EX4"]
    consent = Consent(
        district.student(NOAH),
        next(iter(guardians_of(district, NOAH))),
        TODAY,
        "ink",
        purpose="yearbook",
        parties=("public",),
    )
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    opted_out(district, NOAH, days_ago=1)
    (consented,) = lines(district, NOAH)
    assert (consented.standing, [each.clause for each in consented.why]) == ("still allowed", ["EX3"])
    assert (consented.students, consented.since) == ((district.student(NOAH),), None)


def test_somebody_in_a_crowd_who_never_opted_out_is_told_as_incidental(district: District) -> None:
    choices.opt_in(district.services, district.student(HANNAH), TODAY, None, CUSTODIAN, "the family asked for it")
    on_file(district, CROWD)
    locked_set(district)
    (line,) = lines(district, HANNAH)
    assert "only incidental" in line.why[0].text


def test_somebody_who_is_in_it_no_more_is_told_so(district: District) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    recording(district, "a.jpg", seen(noah), seen(hannah, 0.5, prominence="incidental"))
    locked_set(district)
    assert [each.clause for line in lines(district, HANNAH) for each in line.why] == ["EX4-CROWD"]
    recording(district, "a.jpg", seen(noah))
    (line,) = lines(district, HANNAH)
    assert (line.standing, "cannot be recognised" in line.why[0].text) == ("still allowed", True)


# Whom a recall is about


def also_hidden(district: District) -> Locked:
    """A locked set of one picture: Hannah, who opted out, is hidden in it; Noah is shown."""
    shown = seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5)
    recording(district, "a.jpg", *shown)
    return locked_set(district)


def test_a_family_whose_child_the_copy_hides_is_not_concerned_by_anothers_no(district: District) -> None:
    also_hidden(district)
    opted_out(district, NOAH, days_ago=3)
    # Hers came later, and changes nothing: she is hidden.
    opted_out(district, HANNAH, days_ago=1)
    (line,) = lines(district)
    assert (line.standing, line.students) == ("recall", (district.student(NOAH),))
    assert line.since == TODAY - timedelta(days=3)
    assert district.student(HANNAH) not in str(line.why)
    assert "EX4-OPTOUT" in [each.clause for each in line.why]
    assert lines(district, HANNAH) == ()
    assert [each.students for each in lines(district, NOAH)] == [(district.student(NOAH),)]


def test_a_family_whose_child_the_copy_hides_is_concerned_once_they_were_corrected_to_another_place(
    district: District,
) -> None:
    also_hidden(district)
    hannah = district.student(HANNAH)
    recording(district, "a.jpg", seen(district.student(NOAH)), seen(hannah, 0.7))
    (line,) = lines(district, HANNAH)
    assert (line.standing, line.students) == ("recall", (hannah,))


def test_a_hidden_student_of_whom_it_is_not_known_any_more_where_they_are_is_concerned(district: District) -> None:
    also_hidden(district)
    hannah = district.student(HANNAH)
    recording(district, "a.jpg", seen(district.student(NOAH)), seen(hannah, regions=()))
    (line,) = lines(district, HANNAH)
    assert (line.standing, line.students) == ("recall", (hannah,))


def test_of_whom_nobody_knows_any_more_whom_the_copy_hides_everybody_is_concerned(district: District) -> None:
    printed = also_hidden(district)
    with district.services.store.writing() as unit:
        unit.exports.forget_decisions([files_of(district, printed.set.id)["a.jpg"].digest])
    assert [each.standing for each in lines(district, HANNAH)] == ["recall"]


def test_a_recording_that_may_not_be_shown_at_all_is_recalled_for_those_whom_it_shows_alone(district: District) -> None:
    printed = also_hidden(district)
    stored = kept(district.services, "a.jpg")
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, tagging=replace(stored.tagging, confidential="a shelter's address is seen")))
    assert [line.path for line in lines(district)] == [path_of(district, printed, "a.jpg")]
    assert lines(district, HANNAH) == ()
    assert [line.standing for line in lines(district, NOAH)] == ["recall"]


def test_whoever_may_be_shown_is_not_concerned_where_another_cannot_be_hidden(district: District) -> None:
    noah, theresa = district.student(NOAH), district.student(THERESA)
    recording(district, "a.jpg", seen(noah), seen(theresa, 0.5, regions=()))
    locked_set(district)
    opted_out(district, THERESA)
    (line,) = lines(district, NOAH)
    assert {"REDACT-MEANING", "REDACT-UNABLE"} <= {each.clause for each in line.why}
    assert (line.standing, line.students) == ("recall", (theresa,))


# What becomes of the library afterwards


def test_a_book_is_not_recalled_because_its_pictures_left_the_library(district: District, printed: Locked) -> None:
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    district.upload(CROWD, (sample_folder() / TEAM).read_bytes())
    assert lines(district) == ()
    found = recheck(district.services, printed.set.id)
    assert found.may_be_printed
    assert {each.path for each in found.notices} == {path_of(district, printed, key) for key in (CROWD, GRADUATION)}
    (line,) = lines(district, NOAH)
    assert (line.standing, len(line.notices)) == ("still allowed", 1)


def test_what_was_printed_is_judged_where_the_recording_left_the_library(district: District, printed: Locked) -> None:
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    opted_out(district, NOAH)
    (line,) = lines(district)
    assert (line.path, line.students) == (path_of(district, printed, GRADUATION), (district.student(NOAH),))


def test_what_left_the_library_is_handed_to_nobody_else(district: District, printed: Locked) -> None:
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    with pytest.raises(CannotLock):
        handed_over(district.services, printed.set.id, by=CUSTODIAN, to="printer")


# What choices tell


def test_an_opt_out_tells_which_sets_hold_files_of_the_student(district: District, printed: Locked) -> None:
    made = made_set(district)
    closed = opted_out(district, NOAH)
    assert set(closed.in_sets) == {
        InSet(printed.set.id, is_locked=True, files=1),
        InSet(made.id, is_locked=False, files=1),
    }
    assert closed.student == district.student(NOAH)


def test_a_student_who_was_found_only_afterwards_is_told_of_the_sets_that_recall_lists(
    district: District, printed: Locked
) -> None:
    assert [each.files for each in opted_out(district, THERESA).in_sets] == [1]
    looked(district, GRADUATION, NOAH, THERESA)
    assert [each.files for each in opted_out(district, THERESA).in_sets] == [2]
    assert len(lines(district, THERESA)) == 2


def test_a_copy_that_hides_the_student_counts_for_no_set(district: District, printed: Locked) -> None:
    # The crowd alone: the copy of the team hides her.
    assert [each.files for each in opted_out(district, HANNAH).in_sets] == [1]
    with district.services.store.writing() as unit:
        unit.exports.forget_decisions([files_of(district, printed.set.id)[TEAM].digest])
    assert [each.files for each in opted_out(district, HANNAH).in_sets] == [2]


def test_an_opt_out_while_a_set_is_made_tells_of_it(district: District) -> None:
    on_file(district, GRADUATION)
    made = made_set(district)
    with district.services.store.writing() as unit:
        (file,) = unit.exports.files(made.id)
        unit.exports.change_files([replace(file, state="planned", path=None)])
        unit.exports.change_set(made.id, state="making", manifest=None)
    assert opted_out(district, NOAH).in_sets == (InSet(made.id, is_locked=False, files=1),)


def test_an_opt_out_of_another_purpose_tells_of_no_set(district: District, printed: Locked) -> None:
    choice = OptOut(TODAY, purposes=("website",))
    assert not choices.opt_out(district.services, district.student(NOAH), choice, CUSTODIAN).in_sets


def test_a_roster_tells_of_the_sets_of_those_whose_choices_it_changes(district: District, printed: Locked) -> None:
    with district.services.store.reading() as unit:
        students = tuple(unit.people.students())
    noah = district.student(NOAH)
    changed = tuple(
        replace(each, opt_outs=(OptOut(TODAY),)) if each.id == noah else replace(each, grade="12") for each in students
    )
    imported = choices.import_roster(district.services, RosterImport(changed), CUSTODIAN, confirmed=True)
    assert imported.closed.in_sets == (InSet(printed.set.id, is_locked=True, files=1),)
    again = choices.import_roster(district.services, RosterImport(changed), CUSTODIAN, confirmed=True)
    assert again.closed.in_sets == ()


def test_revocations_in_a_file_tell_of_the_sets(district: District, printed: Locked) -> None:
    mother = guardians_of(district, NOAH)[0]
    consent = Consent(district.student(NOAH), mother, TODAY, "ink", purpose="Yearbook", parties=("public",))
    choices.import_consents(district.services, (consent,), (None,), CUSTODIAN)
    revoked = replace(consent, revoked_on=TODAY)
    _, closed = choices.import_consents(district.services, (revoked,), (None,), CUSTODIAN)
    assert closed.in_sets == (InSet(printed.set.id, is_locked=True, files=1),)
    assert not choices.import_consents(district.services, (revoked,), (None,), CUSTODIAN)[1].in_sets


def yearbook_consent(district: District) -> Consent:
    return Consent(
        district.student(HANNAH),
        district.guardian(HANNAH_MOTHER),
        TODAY,
        "ink",
        purpose="yearbook",
        parties=("public",),
    )


def consent_to_yearbook(district: District, **changes: Any) -> str:
    consent = replace(yearbook_consent(district), **changes)
    return choices.add_consent(district.services, consent, "on paper", CUSTODIAN)


@pytest.mark.parametrize("party", ["public", "pspa"])
def test_an_opt_out_that_a_consent_outlasts_tells_of_the_consent(district: District, party: str) -> None:
    consent_id = consent_to_yearbook(district, parties=(party,))
    assert opted_out(district, HANNAH, days_ago=1).consents_in_force == (consent_id,)
    choice = OptOut(TODAY - timedelta(days=1), purposes=("Yearbook",))
    closed = choices.opt_out(district.services, district.student(HANNAH), choice, CUSTODIAN)
    assert closed.consents_in_force == (consent_id,)


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "website"},
        {"revoked_on": TODAY},
        {"expires": TODAY - timedelta(days=1)},
        {"signature": "none"},
        {"signed_by": "G-NOBODY"},
        {"parties": ("parent",)},
        # The opt-out of today makes it doubtful.
        {"signed_on": TODAY - timedelta(days=1)},
        {"signed_on": TODAY},
    ],
    ids=str,
)
def test_a_consent_that_lets_nobody_into_a_yearbook_is_not_told(district: District, changes: dict[str, Any]) -> None:
    # One that can never count is not taken; a roster may have brought it.
    with district.services.store.writing() as unit:
        unit.people.add_consent(replace(yearbook_consent(district), **changes), "on paper", district.services.now())
    assert opted_out(district, HANNAH).consents_in_force == ()


def test_a_consent_that_is_over_when_the_opt_out_begins_is_not_told(district: District) -> None:
    consent_to_yearbook(district, expires=TODAY + timedelta(days=1))
    assert opted_out(district, HANNAH, days_ago=1).consents_in_force
    ended = choices.opt_in(
        district.services, district.student(HANNAH), TODAY, None, CUSTODIAN, "the family asked for it"
    )
    assert ended
    assert not opted_out(district, HANNAH, days_ago=-2).consents_in_force


def test_an_opt_out_of_another_purpose_tells_of_no_consent(district: District) -> None:
    consent_to_yearbook(district)
    choice = OptOut(TODAY, purposes=("website",))
    closed = choices.opt_out(district.services, district.student(HANNAH), choice, CUSTODIAN)
    assert closed.consents_in_force == ()


def test_a_roster_tells_of_the_consents_that_outlast_its_opt_outs(district: District) -> None:
    consent_id = consent_to_yearbook(district)
    with district.services.store.reading() as unit:
        students = tuple(unit.people.students())
    hannah = district.student(HANNAH)
    out = (OptOut(TODAY - timedelta(days=1), purposes=("yearbook",)),)
    changed = tuple(replace(each, opt_outs=(*each.opt_outs, *out)) if each.id == hannah else each for each in students)
    imported = choices.import_roster(district.services, RosterImport(changed), CUSTODIAN, confirmed=True)
    assert imported.closed.consents_in_force == (consent_id,)


# For the publisher


def test_the_publishers_list_has_a_line_for_each_page_and_names_nobody(
    district: District, printed: Locked, tmp_path: Path
) -> None:
    file = files_of(district, printed.set.id)[GRADUATION]
    with district.services.store.writing() as unit:
        unit.exports.change_files([replace(file, pages=("12", "13"))])
    opted_out(district, NOAH)
    path = tmp_path / "recall.csv"
    found = (*lines(district), *lines(district, HANNAH))
    assert write_recall(path, found) == 1
    header, *rows = list(csv.reader(path.read_text().splitlines()))
    day = printed.handover.at.date().isoformat()
    assert tuple(header) == COLUMNS
    assert rows == [[printed.set.id, file.path, page, file.sha256, day] for page in ("12", "13")]
    assert "S-" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_list_for_one_of_several_recipients_has_the_day_on_which_they_got_it(tmp_path: Path) -> None:
    now = local_now()
    handed = tuple(
        Handover("x-1", now - timedelta(days=days), to, CUSTODIAN) for days, to in ((9, "pspa"), (2, "printer"))
    )
    line = RecallLine("x-1", "candids/c0000001.jpg", "candid", ("12",), "ab", "recall", handed=handed, paged="pspa")
    path = tmp_path / "recall.csv"
    assert write_recall(path, [line], to="printer") == 1
    assert (now - timedelta(days=2)).date().isoformat() in path.read_text()
    assert write_recall(path, [line], to="nobody") == 0


@pytest.mark.parametrize(("to", "pages"), [("pspa", ["12", "13"]), ("printer", [""])])
def test_pages_are_told_to_whom_they_are_of(tmp_path: Path, to: str, pages: list[str]) -> None:
    handed = tuple(Handover("x-1", local_now(), each, CUSTODIAN) for each in ("pspa", "printer"))
    line = RecallLine(
        "x-1", "candids/c0000001.jpg", "candid", ("12", "13"), "ab", "recall", handed=handed, paged="pspa"
    )
    path = tmp_path / "recall.csv"
    write_recall(path, [line], to=to)
    assert [row[2] for row in csv.reader(path.read_text().splitlines()[1:])] == pages


@pytest.mark.parametrize("page", ["=1+1", "@SUM(1)", "-2", "+3"])
def test_a_page_that_a_spreadsheet_would_compute_is_text(tmp_path: Path, page: str) -> None:
    path = tmp_path / "recall.csv"
    handed = (Handover("x-1", local_now(), "pspa", CUSTODIAN),)
    line = RecallLine("x-1", "candids/c0000001.jpg", "candid", (page,), "ab", "recall", handed=handed, paged="pspa")
    write_recall(path, [line])
    assert list(csv.reader(path.read_text().splitlines()))[1][2] == f"'{page}"
