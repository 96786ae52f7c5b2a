"""A set decided again on the day of printing: what stops, what is told besides, and on which pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from clock import TODAY
from command_line import holder
from district import (
    CALEB,
    CROWD,
    CUSTODIAN,
    GRADUATION,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    MEDIA_STAFF,
    NOAH,
    PORTRAIT,
    TEAM,
    THERESA,
    District,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sets_on_file import files_of, made_set, on_file
from use_cases import FAILED, Voice, kept, later, looked, with_voice
from yearbook_exports import exported, put_candid, read_back
from yearbook_plans import REDACTING, planned, recording, seen, written

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.custodian import choices
from dam_plugin.custodian.statements import place_statement
from dam_plugin.errors import InputError, StorageError, UnknownThing
from dam_plugin.intake.events import forget_if_gone
from dam_plugin.library.s3 import Library
from dam_plugin.model import Consent, OptOut, Outcome, Recipient, Region, Review
from dam_plugin.services import local_now
from dam_plugin.store import SystemUser
from dam_plugin.store.seals import STUDENTS
from dam_plugin.store.sets import ExportSet, Handover, Query
from dam_plugin.store.tables import StudentRow
from dam_plugin.yearbook.lock import CannotLock, handed_over, lock
from dam_plugin.yearbook.pages import pages_of
from dam_plugin.yearbook.recall import recall, recipients, write_recall
from dam_plugin.yearbook.recheck import (
    NO_PAGE,
    Changed,
    Holder,
    Mark,
    Rechecked,
    Shown,
    again,
    check_recipient,
    holders_of,
    lost_originals,
    mark_of,
    recheck,
)
from dam_tagging.facts import About

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def made(district: District) -> ExportSet:
    """A set of three candids: the crowd and the graduation whole, the team with Hannah hidden."""
    on_file(district, TEAM, CROWD, GRADUATION)
    return made_set(district)


def found(district: District, set_: ExportSet, **more: Any) -> Rechecked:
    return recheck(district.services, set_.id, **more)


def path_of(district: District, set_: ExportSet, key: str) -> str:
    return files_of(district, set_.id)[key].path or ""


def stop_of(district: District, set_: ExportSet, key: str) -> Changed:
    """The one file that stops, which is this one."""
    (stop,) = found(district, set_).stops
    assert stop.path == path_of(district, set_, key)
    return stop


def clauses(changed: Changed) -> list[str]:
    return [each.clause for each in changed.why]


def texts(changed: Changed) -> str:
    return " ".join(each.text for each in changed.why)


def test_a_set_that_nothing_changed_may_be_printed(district: District, made: ExportSet) -> None:
    again = found(district, made)
    assert again.may_be_printed
    assert (again.files, again.notices, again.roster_changed, again.rules_changed) == (3, (), False, False)


def test_an_opt_out_stops_the_files_that_show_the_student_and_no_other(district: District, made: ExportSet) -> None:
    noah = district.student(NOAH)
    choices.opt_out(district.services, noah, OptOut(TODAY), CUSTODIAN)
    stop = stop_of(district, made, GRADUATION)
    assert (stop.was, stop.now) == (Shown("allow"), Shown("redact", (noah,)))
    assert noah in stop.students
    assert "more has to be hidden" in texts(stop)
    assert "the ground for naming" in texts(stop)
    assert "EX4-OPTOUT" in clauses(stop)
    assert found(district, made).roster_changed


def test_an_opt_out_of_another_purpose_stops_nothing(district: District, made: ExportSet) -> None:
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY, purposes=("website",)), CUSTODIAN)
    assert found(district, made).may_be_printed


def test_a_recording_that_is_held_today_stops_with_the_procedures_reasons(district: District, made: ExportSet) -> None:
    looked(district, GRADUATION, confidential="a shelter's address is seen")
    stop = stop_of(district, made, GRADUATION)
    assert stop.now is not None
    assert stop.now.outcome in ("refer", "deny")
    assert clauses(stop)


def test_a_student_who_was_corrected_to_another_place_stops_the_copy_that_hides_them(
    district: District, made: ExportSet
) -> None:
    looked(district, TEAM, HANNAH, box=Region(0.7, 0.1, 0.1, 0.1))
    stop = stop_of(district, made, TEAM)
    assert "corrected where a hidden student appears" in texts(stop)
    assert stop.students == (district.student(HANNAH),)


def test_a_recording_that_was_replaced_stops(district: District, made: ExportSet) -> None:
    district.upload(GRADUATION, (sample_folder() / TEAM).read_bytes())
    assert "was replaced" in texts(stop_of(district, made, GRADUATION))


def test_a_recording_that_left_the_library_stops_and_what_is_on_file_of_it_counts_still(
    district: District, made: ExportSet
) -> None:
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    stop = stop_of(district, made, GRADUATION)
    assert "left the library" in texts(stop)
    assert district.student(NOAH) in stop.students


def test_somebody_whom_nobody_has_any_more_stops_the_file(district: District, made: ExportSet) -> None:
    stored = kept(district.services, GRADUATION)
    unknown = tuple(replace(each, student="S-000000000000") for each in stored.tagging.appearances)
    with district.services.store.writing() as unit:
        unit.assets.save(replace(stored, tagging=replace(stored.tagging, appearances=unknown)))
    stop = stop_of(district, made, GRADUATION)
    assert stop.now is None
    assert "cannot be decided" in texts(stop)


def test_a_consent_that_was_revoked_stops_what_it_let_show(district: District) -> None:
    on_file(district, TEAM)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    consent = Consent(hannah, mother, TODAY, "ink", purpose="yearbook", parties=("public",))
    consent_id = choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    set_ = made_set(district)
    assert not files_of(district, set_.id)[TEAM].redacted
    choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    stop = stop_of(district, set_, TEAM)
    assert f"a consent for {hannah} was revoked" in texts(stop)
    assert hannah in stop.students


def test_a_birthday_after_which_a_parents_consent_holds_no_more_stops(district: District) -> None:
    on_file(district, TEAM)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    consent = Consent(hannah, mother, TODAY, "ink", purpose="yearbook", parties=("public",))
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    with district.services.store.writing() as unit:
        unit.seals.before(STUDENTS, [hannah])
        row = unit._session.get(StudentRow, hannah)
        assert row is not None
        row.born = (TODAY + timedelta(days=1)).replace(year=TODAY.year - 18)
    set_ = made_set(district)
    assert found(district, set_).may_be_printed
    (stop,) = recheck(later(district.services, days=2), set_.id).stops
    assert f"{hannah} turned 18" in texts(stop)


def test_a_consent_that_comes_later_is_told_and_stops_nothing(district: District, made: ExportSet) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    consent = Consent(hannah, mother, TODAY, "ink", purpose="yearbook", parties=("public",))
    choices.add_consent(district.services, consent, "on paper", CUSTODIAN)
    again = found(district, made)
    assert again.may_be_printed
    told = {notice.path: texts(notice) for notice in again.notices}
    assert "could be shown whole" in told[path_of(district, made, TEAM)]


def test_a_portrait_stops_once_its_student_may_not_be_named(district: District) -> None:
    hannah = district.student(HANNAH)
    choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it")
    on_file(district, PORTRAIT)
    set_ = made_set(district)
    assert files_of(district, set_.id)[PORTRAIT].student == hannah
    choices.opt_out(district.services, hannah, OptOut(TODAY), CUSTODIAN)
    assert hannah in stop_of(district, set_, PORTRAIT).students


def test_another_name_or_grade_on_the_roster_is_told_and_stops_nothing(district: District) -> None:
    hannah = district.student(HANNAH)
    choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it")
    on_file(district, PORTRAIT, TEAM)
    set_ = made_set(district)
    with district.services.store.writing() as unit:
        unit.seals.before(STUDENTS, [hannah])
        row = unit._session.get(StudentRow, hannah)
        assert row is not None
        row.names, row.given, row.family = ("Hannah Oakes",), "Hannah", "Oakes"
    again = found(district, set_)
    assert again.may_be_printed
    told = {notice.path: texts(notice) for notice in again.notices}
    assert "another name or grade" in told[path_of(district, set_, PORTRAIT)]
    assert "caption would read otherwise" in told[path_of(district, set_, TEAM)]
    assert "Oakes" not in str(again)


def test_a_caption_that_came_to_name_somebody_else_stops(district: District, made: ExportSet) -> None:
    file = files_of(district, made.id)[CROWD]
    with district.services.store.writing() as unit:
        unit.exports.change_files([replace(file, caption="The concert, with Noah Begaye")])
    stop = stop_of(district, made, CROWD)
    assert "a name in its caption" in texts(stop)
    assert "Begaye" not in str(found(district, made))


def test_a_roster_that_is_older_than_allowed_stops_what_rests_on_it(district: District, made: ExportSet) -> None:
    aged = replace(
        district.services, settings=district.services.settings.model_copy(update={"roster_max_age_days": 30})
    )
    assert recheck(aged, made.id).may_be_printed
    stops = recheck(later(aged, days=31), made.id).stops
    assert {"ROSTER-STALE"} <= {clause for stop in stops for clause in clauses(stop)}


def test_opt_outs_that_are_still_to_come_stop_what_rests_on_them(district: District, made: ExportSet) -> None:
    choices.state_choices(district.services, "later", "the forms come in September", CUSTODIAN)
    stops = recheck(district.services, made.id).stops
    assert {"CHOICES-UNKNOWN"} <= {clause for stop in stops for clause in clauses(stop)}


@pytest.mark.parametrize("answer", [Review(Outcome.DENY, "no"), FAILED], ids=["a stricter voice", "a failed voice"])
def test_a_third_party_stops_a_file(district: District, made: ExportSet, answer: object) -> None:
    heard = with_voice(district, Voice(review_decision=answer))
    assert len(found(heard, made).stops) == 3


def test_a_redacted_copy_of_which_nobody_knows_whom_it_hides_stops(district: District, made: ExportSet) -> None:
    digest = files_of(district, made.id)[TEAM].digest
    with district.services.store.writing() as unit:
        assert unit.exports.forget_decisions([digest]) == 1
    stop = stop_of(district, made, TEAM)
    assert stop.was.hidden is None
    assert "was deleted or damaged" in texts(stop)


def test_other_rules_are_told(district: District, made: ExportSet) -> None:
    with district.services.store.writing() as unit:
        unit.exports.change_set(made.id, rules="f-other")
    again = found(district, made)
    assert (again.rules_changed, again.may_be_printed) == (True, True)


# Pages


def test_what_stops_is_told_page_by_page_with_what_is_on_no_page(district: District, made: ExportSet) -> None:
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    graduation, team = path_of(district, made, GRADUATION), path_of(district, made, TEAM)
    pages = pages_of(f"12-13,{graduation}\n4,{team}\n40,{graduation}\n7,nothing.jpg\n".encode())
    again = found(district, made, pages=pages)
    assert {page: [each.path for each in stops] for page, stops in again.by_page.items()} == {
        "12-13": [graduation],
        "40": [graduation],
    }
    assert again.off_pages == (path_of(district, made, CROWD),)
    assert [str(each) for each in again.problems] == ["page list:4: names no file of the set"]


def test_what_stops_and_is_on_no_page_is_told_too(district: District, made: ExportSet) -> None:
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    assert list(found(district, made).by_page) == [NO_PAGE]


# What cannot be rechecked


def test_a_set_that_is_not_made_or_not_known_is_refused(district: District, made: ExportSet) -> None:
    with district.services.store.writing() as unit:
        unit.exports.change_set(made.id, state="making")
    with pytest.raises(InputError, match="is making"):
        found(district, made)
    with pytest.raises(UnknownThing):
        recheck(district.services, "x-none")


# The law: whatever families choose, what does not stop may be shown


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from([HANNAH, NOAH, THERESA]), unique=True), rest=st.booleans())
def test_nobody_who_opted_out_is_named_or_in_focus_in_what_does_not_stop(
    district: District, made: ExportSet, chosen: list[str], rest: bool
) -> None:
    with district.services.store.writing() as unit:
        for each in chosen:
            unit.people.add_opt_out(
                district.student(each), OptOut(TODAY - timedelta(days=rest)), "paper", district.services.now()
            )
    stopped = {each.path for each in found(district, made).stops}
    out = {district.student(each) for each in chosen}
    for key, file in files_of(district, made.id).items():
        focus = {
            each.student for each in kept(district.services, key).tagging.appearances if each.prominence == "focus"
        }
        if file.path not in stopped:
            assert not out & {*file.named, *(focus & set(file.shows))}


# Files decided again


def test_a_caption_below_a_redacted_picture_of_the_event_that_was_ordered_stands_as_it_was_written(
    district: District,
) -> None:
    services, order = district.services, replace(REDACTING, query=Query(event="science fair"))
    shown = seen(district.student(NOAH)), seen(district.student(HANNAH), 0.5)
    recording(district, "a.jpg", *shown, about=About(("Science Fair",), "Hanni wins"))
    set_ = planned(district, order)
    written(district, set_)
    with services.store.reading() as unit:
        files = list(unit.exports.files(set_.id))
        (today,) = again(services, unit, order, MEDIA_STAFF, set_.day, files)
    assert files[0].caption is not None
    assert files[0].caption.endswith(": Science Fair")
    assert (today.stops, today.notices) == ((), ())


# Whether the originals are there


GONE, STAYS = "events/dance/gone.jpg", "events/dance/stays.jpg"


@pytest.fixture
def exported_set(district: District) -> ExportSet:
    """A set of two candids."""
    put_candid(district, GONE, CALEB)
    put_candid(district, STAYS, INES)
    return exported(district).set


def deleted(district: District) -> None:
    district.services.library.delete(GONE)


def deleted_for_good(district: District) -> None:
    head = district.services.library.head(GONE)
    district.services.library.delete(GONE, head.version_id)


def replaced(district: District) -> None:
    district.services.library.put(GONE, b"another picture", media_type="image/jpeg")


def same_bytes(district: District) -> None:
    """The same bytes are another version: nobody has looked at it."""
    body = district.services.library.read(GONE, limit=10**7)
    district.services.library.put(GONE, body, media_type="image/jpeg")


WAYS = [deleted, deleted_for_good, replaced, same_bytes]


def test_nothing_is_lost_while_every_original_is_there(district: District, exported_set: ExportSet) -> None:
    district.services.library.put("events/dance/later.jpg", b"a neighbour", media_type="image/jpeg")
    assert lost_originals(district.services, exported_set.id) == frozenset()
    assert recheck(district.services, exported_set.id).may_be_printed


@pytest.mark.parametrize("goes", WAYS)
def test_a_set_is_not_locked_without_its_originals_and_says_which_files(
    district: District, exported_set: ExportSet, goes: Callable[[District], None]
) -> None:
    goes(district)
    with pytest.raises(CannotLock) as caught:
        lock(district.services, exported_set.id, by=MEDIA_STAFF)
    (stop,) = caught.value.rechecked.stops
    assert [each.text for each in stop.why] == [
        "Since the set was made, the recording was deleted or replaced in the bucket."
    ]
    assert [each.path for each in recheck(district.services, exported_set.id).stops] == [stop.path]
    with district.services.store.reading() as unit:
        assert unit.exports.need(exported_set.id).state == "made"


def test_of_a_locked_set_it_is_told_and_stops_whoever_gets_it_next(district: District, exported_set: ExportSet) -> None:
    lock(district.services, exported_set.id, by=MEDIA_STAFF)
    deleted(district)
    found = recheck(district.services, exported_set.id)
    assert (found.may_be_printed, len(found.notices)) == (True, 1)
    with pytest.raises(CannotLock):
        handed_over(district.services, exported_set.id, by=MEDIA_STAFF, to="second-press")


def test_a_set_is_not_locked_where_the_bucket_cannot_be_listed(
    district: District, exported_set: ExportSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise StorageError("the object storage does not answer")

    monkeypatch.setattr(Library, "list", refused)
    with pytest.raises(StorageError):
        lock(district.services, exported_set.id, by=MEDIA_STAFF)


def test_an_original_without_a_version_of_its_own_is_known_again(
    district: District, exported_set: ExportSet, raw_s3: S3Client
) -> None:
    bucket = district.services.library.bucket
    raw_s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    put_candid(district, "events/dance/old.jpg", CALEB)
    again = exported(district, "again.zip").set
    assert exported_set.id != again.id
    assert lost_originals(district.services, again.id) == frozenset()
    assert len(read_back(district, "again.zip").candids) == 3


# Who has a set


@pytest.mark.parametrize("name", [None, "", "  ", "public", "Public", " pspa", "pspa ", "parent", "pspa\u202e"])
def test_who_can_be_nobodys_recipient_is_refused(name: str | None) -> None:
    with pytest.raises(InputError, match="id"):
        check_recipient(Recipient("public", name), MEDIA_STAFF)


@pytest.mark.parametrize("name", ["pspa", "Walsworth Yearbooks", "print & more"])
def test_a_publishers_name_is_an_id(name: str) -> None:
    check_recipient(Recipient("public", name), MEDIA_STAFF)


def test_whoever_got_a_set_twice_has_it_once(district: District) -> None:
    set_, now = made_set(district), local_now()
    handed = [Handover(set_.id, now + timedelta(hours=n), to, CUSTODIAN) for n, to in enumerate(("pspa", "b", "pspa"))]
    assert holders_of(set_, ()) == (Holder(Recipient("public", "pspa"), MEDIA_STAFF),)
    assert [each.id for each in holders_of(set_, handed)] == ["pspa", "b"]


def consent_for(district: District, party: str) -> str:
    consent = Consent(
        district.student(HANNAH), district.guardian(HANNAH_MOTHER), TODAY, "ink", purpose="yearbook", parties=(party,)
    )
    return choices.add_consent(district.services, consent, "on paper", CUSTODIAN)


def given_to_two(district: District) -> tuple[str, dict[str, str]]:
    """A locked set of the team, whole, at two publishers; each has a consent of its own."""
    on_file(district, TEAM)
    ids = {party: consent_for(district, party) for party in ("pspa", "printer")}
    set_ = made_set(district)
    lock(district.services, set_.id, by=MEDIA_STAFF)
    handed_over(district.services, set_.id, by=CUSTODIAN, to="printer")
    return set_.id, ids


@pytest.mark.parametrize(("revoked", "other"), [("pspa", "printer"), ("printer", "pspa")])
def test_a_consent_that_one_publisher_loses_recalls_from_that_one_alone(
    district: District, revoked: str, other: str
) -> None:
    set_id, ids = given_to_two(district)
    assert recall(district.services) == ()
    choices.revoke_consent(district.services, ids[revoked], TODAY, CUSTODIAN)
    (line,) = recall(district.services)
    assert (line.standing, [each.to for each in line.handed]) == ("recall", [revoked])
    (stop,) = recheck(district.services, set_id).stops
    assert stop.stopped_for == (revoked,)


def test_a_set_that_went_to_another_than_it_was_made_for_is_recalled_by_what_that_one_may_have(
    district: District,
) -> None:
    on_file(district, TEAM)
    pspa, printer = consent_for(district, "pspa"), consent_for(district, "printer")
    set_ = made_set(district)
    assert not files_of(district, set_.id)[TEAM].redacted
    lock(district.services, set_.id, by=MEDIA_STAFF, to="printer")
    choices.revoke_consent(district.services, pspa, TODAY, CUSTODIAN)
    assert recall(district.services) == ()
    assert recheck(district.services, set_.id).may_be_printed
    choices.revoke_consent(district.services, printer, TODAY, CUSTODIAN)
    assert recipients(recall(district.services)) == ("printer",)


def test_the_list_for_a_publisher_never_tells_of_another(
    district: District, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, ids = given_to_two(district)
    for each in ids.values():
        choices.revoke_consent(district.services, each, TODAY, CUSTODIAN)
    lines = recall(district.services)
    path = tmp_path_factory.mktemp("lists") / "recall.csv"
    assert recipients(lines) == ("pspa", "printer")
    with pytest.raises(InputError, match="--to"):
        write_recall(path, lines)
    assert list(path.parent.iterdir()) == []
    assert write_recall(path, lines, to="printer") == 1


# The mark of a set


def mark(district: District, set_id: str) -> Mark:
    with district.services.store.reading() as unit:
        return mark_of(unit, set_id)


def test_it_stays_as_long_as_nothing_changes_and_says_what_did(district: District) -> None:
    on_file(district, TEAM, GRADUATION)
    set_id = made_set(district).id
    first = mark(district, set_id)
    assert mark(district, set_id) == first
    choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)
    second = mark(district, set_id)
    assert (second.people == first.people, second.recordings == first.recordings) == (False, True)
    looked(district, TEAM, HANNAH)
    third = mark(district, set_id)
    assert (third.people == second.people, third.recordings == second.recordings) == (True, False)
    district.services.library.delete(GRADUATION)
    forget_if_gone(district.services, GRADUATION)
    assert mark(district, set_id).recordings != third.recordings


def test_opening_a_link_or_another_recording_leaves_it(district: District) -> None:
    on_file(district, TEAM)
    set_id = made_set(district).id
    first = mark(district, set_id)
    on_file(district, GRADUATION)
    district.share(GRADUATION)
    assert mark(district, set_id) == first


def test_what_was_found_of_a_coding_leaves_it(district: District) -> None:
    on_file(district, TEAM)
    set_id = made_set(district).id
    first = mark(district, set_id)
    with district.services.store.writing() as unit:
        unit.assets.keep_codings({unit.assets.need(TEAM).asset.id: "p-1"})
    assert mark(district, set_id) == first


def test_a_familys_statement_changes_it(district: District) -> None:
    on_file(district, GRADUATION)
    set_id = made_set(district).id
    first = mark(district, set_id)
    with district.services.store.reading() as unit:
        shown = next(iter(unit.assets.need(GRADUATION).tagging.students))
    ada = SystemUser("1000", "ada")
    place_statement(district.services, GRADUATION, shown, "Not agreed.", CUSTODIAN, ada, author=holder(shown))
    assert mark(district, set_id).recordings != first.recordings
