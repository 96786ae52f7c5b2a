from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from databases import run_sql
from sqlalchemy import event, insert

from dam_plugin.errors import InputError, SettingsError, StoreError, UnknownThing
from dam_plugin.model import Actor, Consent, Guardianship, GuardianshipKind, OptOut, Protection, StudentRecord
from dam_plugin.store import Extent, Portrait, RosterChange, Store
from dam_plugin.store.tables import RosterGuardianRow

WHOLE = Extent()
NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 10, 9, 12, tzinfo=UTC)
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
ADA = StudentRecord(
    "S-ADA",
    "1001",
    ("Ada Quill", "Adele Quill"),
    born=date(2010, 3, 1),
    postsecondary=True,
    grade="10",
    enrolled=((None, None),),
    guardians=("G-1", "G-2"),
    guardian_names=(("G-1", "Ruth Quill"),),
    given="Ada",
    family="Quill",
    died=date(2026, 9, 15),
    marked="other",
    marked_since=date(2026, 10, 2),
)
BEN = StudentRecord("S-BEN", "1002", ("Ben Ødegård",), enrolled=((None, None),))
CONSENT = Consent("S-ADA", "G-1", SEPTEMBER, "ink", purpose="yearbook", parties=("public",), assets=("a-1",))


@pytest.fixture(autouse=True)
def roster(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([ADA, BEN], NOW)


def test_students_are_read_as_they_were_imported(store: Store) -> None:
    with store.reading() as unit:
        assert unit.people.students() == [ADA, BEN]
        assert unit.people.student("S-ADA") == ADA
        assert unit.people.student("S-NOBODY") is None


def test_students_are_streamed_over_more_than_one_batch_with_their_opt_outs(store: Store) -> None:
    many = [
        StudentRecord(f"S-{number:05}", f"n{number:05}", ("Name",), enrolled=((None, None),)) for number in range(1_100)
    ]
    many[700] = replace(many[700], opt_outs=(OptOut(SEPTEMBER),))
    with store.writing() as unit:
        unit.people.upsert_roster(many, NOW)
    with store.reading() as unit:
        streamed = list(unit.people.stream())
    assert [each for each in streamed if each.active] == many
    assert {each.id for each in streamed if not each.active} == {ADA.id, BEN.id}


@pytest.mark.parametrize(
    ("records", "change"),
    [
        ([ADA, BEN], RosterChange(unchanged=2)),
        ([ADA], RosterChange(unchanged=1, left=1)),
        ([ADA, replace(BEN, grade="11")], RosterChange(changed=1, unchanged=1)),
        ([ADA, BEN, StudentRecord("S-CY", "1003", ("Cy",))], RosterChange(added=1, unchanged=2)),
        ([ADA, replace(BEN, opt_outs=(OptOut(SEPTEMBER),))], RosterChange(changed=1, unchanged=1, opt_outs=1)),
    ],
    ids=["same", "left", "changed", "added", "opt-out"],
)
def test_an_import_counts_what_it_changed(store: Store, records: list[StudentRecord], change: RosterChange) -> None:
    with store.writing() as unit:
        assert unit.people.upsert_roster(records, NOW) == change
        assert unit.people.upsert_roster(records, NOW) == RosterChange(unchanged=len(records))


def test_who_left_is_inactive_with_their_opt_out_and_comes_back(store: Store) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-BEN", OptOut(SEPTEMBER), "paper", NOW)
        unit.people.upsert_roster([ADA], NOW)
        left = replace(BEN, active=False, opt_outs=(OptOut(SEPTEMBER),), enrolled=((None, NOW.date()),))
        assert unit.people.students() == [ADA, left]
        assert unit.people.students(active_only=True) == [ADA]
        assert unit.people.upsert_roster([ADA, BEN], NOW) == RosterChange(changed=1, unchanged=1)
        assert unit.people.student("S-BEN") == replace(left, active=True, enrolled=(*left.enrolled, (None, None)))


def test_a_roster_under_another_pseudonym_key_is_refused(store: Store) -> None:
    with pytest.raises(SettingsError, match="PSEUDONYM_KEY"), store.writing() as unit:
        unit.people.upsert_roster([replace(ADA, id="S-OTHER")], NOW)


@pytest.mark.parametrize(
    ("person", "known"),
    [
        ("S-BEN", True),
        ("G-2", True),
        ("g-2", False),
        ("G-", False),
        ("G-1", True),
        ("G-22", False),
        ("Ruth Quill", False),
        ("%", False),
        ("_-1", False),
        ('G-1","G-2', False),
        ("", False),
        ('Gänge "r" \\', True),
    ],
)
def test_the_roster_knows_its_students_and_their_guardians_by_their_whole_ids(
    store: Store, person: str, *, known: bool
) -> None:
    cy = StudentRecord("S-CY", "1003", ("Cy",), guardians=('Gänge "r" \\',))
    with store.writing() as unit:
        unit.people.upsert_roster([ADA, BEN, cy], NOW)
        unit.people.upsert_roster([BEN], NOW)
        assert unit.people.is_family(person) is known


def stated(person: str, what: GuardianshipKind, **more: Any) -> Guardianship:
    return Guardianship("S-BEN", person, what, SEPTEMBER, "seen", Actor("custodian", "desk"), **more)


@pytest.mark.parametrize(
    ("person", "students"),
    [
        ("S-ADA", ["S-ADA"]),
        ("G-1", ["S-ADA", "S-CY"]),
        ("G-2", ["S-ADA"]),
        ("G-NEW", ["S-BEN"]),
        ("G-LIMITED", ["S-CY"]),
        ("G-LATER", []),
        ("G-TAX", []),
        ("g-1", []),
        ("G-22", []),
        ("", []),
    ],
)
def test_a_family_is_who_is_on_the_roster_or_stated_by_hand_as_far_as_no_court_order_limits_it(
    store: Store, person: str, students: list[str]
) -> None:
    with store.writing() as unit:
        ben = replace(BEN, guardians=("G-LIMITED",))
        cy = StudentRecord("S-CY", "1003", ("Cy",), guardians=("G-1", "G-LIMITED", "G-1"))
        unit.people.upsert_roster([ADA, ben, cy], NOW)
        unit.people.add_guardianship(stated("G-NEW", "guardian"), NOW)
        unit.people.add_guardianship(stated("G-LIMITED", "limited"), NOW)
        unit.people.add_guardianship(stated("G-LATER", "guardian", until=SEPTEMBER), NOW)
        unit.people.add_guardianship(stated("G-TAX", "dependent"), NOW)
    with store.reading() as unit:
        assert [each.id for each in unit.people.family_of(person, OCTOBER)] == students


def test_a_guardian_whom_the_next_roster_no_longer_has_is_no_family(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([replace(ADA, guardians=("G-2", "G-3")), BEN], LATER)
        assert not unit.people.is_family("G-1")
        assert [each.id for each in unit.people.family_of("G-3", OCTOBER)] == ["S-ADA"]


def test_the_index_of_guardians_gives_nobody_a_right_that_the_students_row_does_not(store: Store) -> None:
    with store.writing() as unit:
        unit._session.execute(insert(RosterGuardianRow).values(folded="", guardian="G-9", student_id="S-BEN"))
        assert not unit.people.is_family("G-9")
        assert unit.people.family_of("G-9", OCTOBER) == []


def test_finding_a_family_reads_no_more_of_a_larger_roster(store: Store) -> None:
    with store.writing() as unit:
        many = [StudentRecord(f"S-{n}", f"n{n}", ("Name",), guardians=(f"G-{n}",)) for n in range(100, 1_300)]
        unit.people.upsert_roster([ADA, BEN, *many], NOW)
    with store.reading() as unit:
        asked: list[str] = []
        event.listen(unit._session.connection(), "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert [each.id for each in unit.people.family_of("G-700", OCTOBER)] == ["S-700"]
    assert len(asked) == 5


def test_a_student_is_marked_as_protected_by_a_step_of_its_own(store: Store) -> None:
    with store.writing() as unit:
        unit.people.mark_protected("S-BEN", "other", LATER)
        assert unit.people.student("S-BEN") == replace(BEN, marked="other", marked_since=LATER.date())
        with pytest.raises(UnknownThing):
            unit.people.mark_protected("S-NOBODY", "other", LATER)


def test_a_protection_by_hand_is_kept_beside_the_roster_and_the_same_once(store: Store) -> None:
    stated = Protection("S-BEN", "no-contact-order", SEPTEMBER, "a paper", Actor("custodian", "desk"))
    with store.writing() as unit:
        first = unit.people.add_protection(stated, LATER)
        assert unit.people.add_protection(stated, LATER) == first
        until = unit.people.add_protection(replace(stated, until=LATER.date()), LATER)
        assert until != first
        unit.people.upsert_roster([ADA, replace(BEN, marked=None)], LATER)
        assert {each.id for each in unit.people.need("S-BEN").protections} == {first, until}
        with pytest.raises(UnknownThing):
            unit.people.add_protection(replace(stated, student="S-NOBODY"), LATER)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quill", ["S-ADA"]),
        ("ADELE", ["S-ADA"]),
        ("ØDEGÅRD", ["S-BEN"]),
        ("odega\u030ard", ["S-BEN"]),
        ("odegard", ["S-BEN"]),
        ("ødega\u030ard", ["S-BEN"]),
        ("e", ["S-ADA", "S-BEN"]),
        (" 1002 ", ["S-BEN"]),
        ("100", []),
        ("%", []),
        ("_", []),
        ("  ", []),
        ("l\na", []),
    ],
)
def test_students_are_found_by_part_of_a_name_or_the_whole_number(store: Store, text: str, found: list[str]) -> None:
    with store.reading() as unit:
        assert [record.id for record in unit.people.find(text)] == found


def test_every_opt_out_of_a_student_is_kept(store: Store) -> None:
    opt_outs = [OptOut(date(2025, 9, 1), date(2026, 6, 1)), OptOut(SEPTEMBER, purposes=("website", "yearbook"))]
    with store.writing() as unit:
        for opt_out in reversed(opt_outs):
            unit.people.add_opt_out("S-ADA", opt_out, "paper", NOW)
        assert unit.people.opt_outs("S-ADA") == opt_outs
        assert unit.people.student("S-ADA") == replace(ADA, opt_outs=tuple(opt_outs))
        assert unit.people.opt_outs("S-BEN") == []


@pytest.mark.parametrize("opt_out", [OptOut(OCTOBER, SEPTEMBER), OptOut(SEPTEMBER, purposes=())], ids=["days", "none"])
def test_an_opt_out_that_says_nothing_is_refused(store: Store, opt_out: OptOut) -> None:
    with store.writing() as unit:
        with pytest.raises(InputError):
            unit.people.add_opt_out("S-ADA", opt_out, "paper", NOW)
        with pytest.raises(InputError):
            unit.people.upsert_roster([replace(ADA, opt_outs=(opt_out,)), BEN], NOW)


ALL = OptOut(SEPTEMBER)
SOME = OptOut(SEPTEMBER, purposes=("website", "yearbook"))


@pytest.mark.parametrize(
    ("before", "purposes", "after"),
    [
        (ALL, None, [replace(ALL, ended=OCTOBER)]),
        (SOME, None, [replace(SOME, ended=OCTOBER)]),
        (SOME, ["website", "yearbook"], [replace(SOME, ended=OCTOBER)]),
        (SOME, ["website"], [replace(SOME, ended=OCTOBER), OptOut(OCTOBER, purposes=("yearbook",))]),
        (replace(ALL, ended=date(2027, 1, 1)), None, [replace(ALL, ended=OCTOBER)]),
    ],
    ids=["all", "some", "both", "one of two", "earlier end"],
)
def test_an_opt_out_ends_for_what_is_named_and_no_more(
    store: Store, before: OptOut, purposes: list[str] | None, after: list[OptOut]
) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", before, "paper", NOW)
        assert [each.stated_by for each in unit.people.end_opt_out("S-ADA", OCTOBER, purposes)] == [None]
        assert unit.people.opt_outs("S-ADA") == after


@pytest.mark.parametrize("before", [ALL, SOME, replace(ALL, ended=date(2027, 1, 1))])
def test_an_opt_out_gets_back_the_end_that_it_had(store: Store, before: OptOut) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", before, "paper", NOW)
        ended = unit.people.end_opt_out("S-ADA", OCTOBER)
        assert [each.opt_out for each in ended] == [before]
        unit.people.set_opt_out_ends("S-ADA", {each.id: each.opt_out.ended for each in ended})
        assert unit.people.opt_outs("S-ADA") == [before]
        assert unit.people.opt_outs_of(["S-ADA", "S-BEN"]) == {"S-ADA": unit.people.kept_opt_outs("S-ADA")}


@pytest.mark.parametrize(
    ("opt_out", "ended", "purposes", "error"),
    [
        (ALL, OCTOBER, ["website"], InputError),
        (ALL, date(2026, 8, 1), None, InputError),
        (ALL, OCTOBER, [], InputError),
        (SOME, OCTOBER, ["media"], UnknownThing),
        (replace(ALL, ended=SEPTEMBER), OCTOBER, None, UnknownThing),
    ],
    ids=["part of all", "before it begins", "no purposes", "other purpose", "has ended"],
)
def test_an_opt_out_that_cannot_end_so_stays(
    store: Store, opt_out: OptOut, ended: date, purposes: list[str] | None, error: type[InputError]
) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", opt_out, "paper", NOW)
        with pytest.raises(error):
            unit.people.end_opt_out("S-ADA", ended, purposes)
        assert unit.people.opt_outs("S-ADA") == [opt_out]


def imported(store: Store, *opt_outs: OptOut) -> list[OptOut]:
    with store.writing() as unit:
        unit.people.upsert_roster([replace(ADA, opt_outs=opt_outs), BEN], NOW)
        return unit.people.opt_outs("S-ADA")


def test_an_imported_opt_out_ends_when_the_import_says_so(store: Store) -> None:
    assert imported(store, SOME) == [SOME]
    assert imported(store, replace(SOME, ended=OCTOBER, purposes=("yearbook", "website"))) == [
        replace(SOME, ended=OCTOBER)
    ]


def test_an_opt_out_that_has_gone_from_the_import_stays(store: Store) -> None:
    assert imported(store, ALL) == imported(store) == [ALL]


def test_an_opt_out_that_a_person_ended_is_not_opened_again_by_the_same_import(store: Store) -> None:
    imported(store, ALL)
    with store.writing() as unit:
        unit.people.end_opt_out("S-ADA", OCTOBER)
    assert imported(store, ALL) == [replace(ALL, ended=OCTOBER)]


def test_a_persons_opt_out_is_not_touched_by_an_import_of_the_same(store: Store) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", ALL, "paper", NOW)
    assert imported(store, replace(ALL, ended=OCTOBER)) == [ALL, replace(ALL, ended=OCTOBER)]


def test_of_two_ends_in_one_import_the_later_holds(store: Store) -> None:
    early, late = replace(ALL, ended=SEPTEMBER), replace(ALL, ended=OCTOBER)
    assert imported(store, early, late) == [late]
    assert imported(store, late, ALL, early) == [ALL]


def test_a_consent_is_kept_with_its_proof(store: Store) -> None:
    with store.writing() as unit:
        consent_id = unit.people.add_consent(CONSENT, "scan 17", NOW)
        assert unit.people.consents(["S-ADA", "S-BEN"]) == [(consent_id, CONSENT)]
        assert unit.people.consents(["S-BEN"]) == []
        assert unit.people.consents([]) == []


def test_a_revoked_consent_is_kept_and_its_first_revocation_holds(store: Store) -> None:
    with store.writing() as unit:
        consent_id = unit.people.add_consent(CONSENT, None, NOW)
        assert unit.people.revoke_consent(consent_id, OCTOBER) == replace(CONSENT, revoked_on=OCTOBER)
        assert unit.people.revoke_consent(consent_id, date(2026, 12, 1)).revoked_on == OCTOBER
        assert unit.people.revoke_consent(consent_id, SEPTEMBER).revoked_on == SEPTEMBER
        assert unit.people.consents(["S-ADA"]) == [(consent_id, replace(CONSENT, revoked_on=SEPTEMBER))]


def test_what_is_not_there_is_named_as_unknown(store: Store) -> None:
    with store.writing() as unit:
        with pytest.raises(UnknownThing, match="no consent"):
            unit.people.revoke_consent("c-none", OCTOBER)
        with pytest.raises(UnknownThing, match="no student has the id given"):
            unit.people.add_opt_out("S-NOBODY", ALL, "paper", NOW)
        with pytest.raises(UnknownThing, match="no student has the id given"):
            unit.people.add_consent(replace(CONSENT, student="S-NOBODY"), None, NOW)


def test_opt_outs_of_some_purposes_that_are_in_force_are_told_and_every_consent(store: Store) -> None:
    limited = OptOut(SEPTEMBER, purposes=("website",))
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", ALL, "paper", NOW)
        unit.people.add_opt_out("S-BEN", limited, "paper", NOW)
        unit.people.add_opt_out("S-BEN", replace(limited, ended=OCTOBER), "paper", NOW)
        unit.people.add_consent(CONSENT, None, NOW)
        assert unit.people.limited_opt_outs(OCTOBER) == [("S-BEN", limited)]
        assert len(unit.people.limited_opt_outs(SEPTEMBER)) == 2
        assert unit.people.every_consent() == [CONSENT]


def test_a_roster_of_more_students_than_one_statement_takes_is_read_whole(store: Store) -> None:
    many = [
        StudentRecord(f"S-{n}", f"{n:06}", ("A",), opt_outs=(ALL,) if n % 400 == 0 else (), enrolled=((None, None),))
        for n in range(1201)
    ]
    with store.writing() as unit:
        assert unit.people.upsert_roster(many, NOW) == RosterChange(added=1201, left=2, opt_outs=4)
        assert unit.people.students(active_only=True) == many


def test_no_row_of_a_student_is_ever_deleted(store: Store) -> None:
    with store.writing() as unit:
        unit.people.upsert_roster([BEN], NOW)
    with store.reading() as unit:
        assert [record.id for record in unit.people.students()] == ["S-ADA", "S-BEN"]


def test_a_kept_consent_that_was_damaged_is_not_read_as_another(store: Store) -> None:
    with store.writing() as unit:
        unit.people.add_consent(CONSENT, None, NOW)
    run_sql(store, 'UPDATE consents SET consent = \'{"student": "S-ADA", "assets": []}\'')
    with pytest.raises(StoreError, match="Consent does not fit"), store.reading() as unit:
        unit.people.consents(["S-ADA"])


# What an import tells, and of whom


def told(store: Store, extent: Extent, *records: StudentRecord) -> RosterChange:
    with store.writing() as unit:
        return unit.people.upsert_roster(records, NOW, extent)


def active(store: Store) -> list[str]:
    with store.reading() as unit:
        return [record.id for record in unit.people.students(active_only=True)]


def test_an_import_of_some_lets_the_others_stay(store: Store) -> None:
    assert told(store, Extent(whole=False), replace(BEN, grade="9")) == RosterChange(changed=1)
    assert active(store) == ["S-ADA", "S-BEN"]


def test_who_is_gone_leaves_and_keeps_opt_outs(store: Store) -> None:
    imported(store, ALL)
    assert told(store, Extent(whole=False, gone=frozenset({"S-ADA", "S-NOBODY"}))) == RosterChange(left=1)
    assert active(store) == ["S-BEN"]
    with store.reading() as unit:
        assert unit.people.opt_outs("S-ADA") == [ALL]
    assert told(store, WHOLE, ADA, BEN) == RosterChange(changed=1, unchanged=1)
    with store.reading() as unit:
        assert unit.people.opt_outs("S-ADA") == [ALL]


def test_news_of_who_left_do_not_bring_them_back(store: Store) -> None:
    assert told(store, WHOLE, ADA, replace(BEN, active=False, opt_outs=(ALL,))) == RosterChange(
        unchanged=1, left=1, opt_outs=1
    )
    assert active(store) == ["S-ADA"]


def test_an_opt_out_ends_where_an_import_tells_all_of_a_students_and_not_this_one(store: Store) -> None:
    imported(store, ALL, SOME)
    settled = Extent(settled=frozenset({"S-ADA"}))
    assert told(store, settled, replace(ADA, opt_outs=(SOME,)), BEN) == RosterChange(changed=1, unchanged=1, ended=1)
    assert told(store, settled, replace(ADA, opt_outs=(SOME,)), BEN) == RosterChange(unchanged=2)
    with store.reading() as unit:
        assert set(unit.people.opt_outs("S-ADA")) == {replace(ALL, ended=NOW.date()), SOME}
    assert told(store, settled, replace(ADA, opt_outs=(ALL, SOME)), BEN).opt_outs == 1
    with store.reading() as unit:
        assert set(unit.people.opt_outs("S-ADA")) == {ALL, SOME}


def test_a_persons_opt_out_does_not_end_by_an_import(store: Store) -> None:
    with store.writing() as unit:
        unit.people.add_opt_out("S-ADA", ALL, "paper", NOW)
    assert told(store, Extent(settled=frozenset({"S-ADA"})), ADA, BEN).ended == 0
    with store.reading() as unit:
        assert unit.people.opt_outs("S-ADA") == [ALL]
        assert unit.people.open_imported_opt_outs(OCTOBER) == []


def test_the_opt_outs_in_force_by_imports_are_listed(store: Store) -> None:
    imported(store, ALL, replace(SOME, ended=OCTOBER))
    with store.reading() as unit:
        assert unit.people.open_imported_opt_outs(OCTOBER) == [("S-ADA", ALL)]
        assert len(unit.people.open_imported_opt_outs(SEPTEMBER)) == 2


def test_the_last_import_is_known_and_an_index_is_none(store: Store) -> None:
    with store.writing() as unit:
        assert unit.people.last_import() is None
        unit.people.add_import("index", "VOL1", NOW, whole=False, students=1)
        assert unit.people.last_import() is None
        unit.people.add_import("oneroster", "export.zip", NOW, whole=True, students=2)
        unit.people.add_import("index", "VOL1", NOW, whole=False, students=1)
        assert unit.people.last_import() == (NOW, "export.zip")


def test_an_import_of_some_counts_as_the_last_only_where_it_tells_of_opt_outs(store: Store) -> None:
    with store.writing() as unit:
        unit.people.add_import("oneroster", "bulk.zip", NOW, whole=True, students=2)
        unit.people.add_import("oneroster", "delta.zip", LATER, whole=False, students=1)
        assert unit.people.last_import() == (NOW, "bulk.zip")
        unit.people.add_import("oneroster", "told.zip", LATER, whole=False, students=1, tells_opt_outs=True)
        assert unit.people.last_import() == (LATER, "told.zip")


PORTRAITS = [
    Portrait("VOL26", "PHOTOS/0001.jpg", "S-ADA"),
    Portrait("VOL26", "PHOTOS/0002.jpg", "S-BEN"),
    Portrait("VOL26", "0031.jpg", "S-ADA"),
    Portrait("", "0032.jpg", "S-ADA"),
]


@pytest.mark.parametrize(
    ("key", "student"),
    [
        ("portraits/VOL26/PHOTOS/0001.jpg", "S-ADA"),
        ("vol26/photos/0002.JPG", "S-BEN"),
        ("portraits/VOL26/0031.jpg", "S-ADA"),
        ("events/athletics/0031.jpg", None),
        ("VOL26/athletics/0031.jpg", None),
        ("0031.jpg", None),
        ("OLDVOL26/0031.jpg", None),
        ("events//0032.jpg", None),
        ("0032.jpg", None),
        ("portraits/PHOTOS/0001.jpg", None),
        ("portraits/VOL27/PHOTOS/0001.jpg", None),
        ("portraits/VOL26/0001.jpg", None),
        ("portraits/VOL26/OTHERPHOTOS/0001.jpg", None),
        ("VOL26/PHOTOS/0003.jpg", None),
    ],
)
def test_a_portrait_is_known_by_volume_folder_and_file(store: Store, key: str, student: str | None) -> None:
    with store.writing() as unit:
        assert unit.people.set_portraits(PORTRAITS) == 4
        assert unit.people.set_portraits(PORTRAITS) == 0
        assert unit.people.pictured_in(key) == student


def test_a_portrait_is_read_with_all_that_its_line_says(store: Store) -> None:
    line = Portrait("VOL26", "PHOTOS/0001.jpg", "S-ADA", "B7", "2nd", "Mia Hart", "A", "Band", "Captain")
    kept = replace(line, volume="vol26", image="photos/0001.jpg")
    with store.writing() as unit:
        assert unit.people.set_portraits([line]) == 1
        assert unit.people.set_portraits([line]) == 0
        assert unit.people.portrait_at("portraits/VOL26/PHOTOS/0001.JPG") == kept
        assert unit.people.portrait_at("portraits/VOL26/PHOTOS/0002.JPG") is None
        assert unit.people.set_portraits([replace(line, teacher="Max Hart")]) == 1
        assert unit.people.portrait_at("VOL26/PHOTOS/0001.jpg") == replace(kept, teacher="Max Hart")


def test_of_volumes_that_agree_the_longest_tells_of_the_portrait(store: Store) -> None:
    lines = [
        Portrait("PHOTOS", "0001.jpg", "S-ADA", teacher="Short"),
        Portrait("VOL26/PHOTOS", "0001.jpg", "S-ADA", teacher="Long"),
    ]
    with store.writing() as unit:
        unit.people.set_portraits(lines)
        portrait = unit.people.portrait_at("VOL26/PHOTOS/0001.jpg")
    assert portrait is not None
    assert portrait.teacher == "Long"


def test_an_import_that_tells_the_parts_of_a_name_changes_the_student(store: Store) -> None:
    split = replace(BEN, given="Ben", family="Ødegård")
    with store.writing() as unit:
        assert unit.people.upsert_roster([ADA, split], LATER) == RosterChange(changed=1, unchanged=1)
        assert unit.people.student("S-BEN") == split
        assert unit.people.students_of(["S-BEN"]) == {"S-BEN": split}


def test_each_volume_says_whose_its_portraits_are(store: Store) -> None:
    with store.writing() as unit:
        unit.people.set_portraits([*PORTRAITS, Portrait("VOL27", "PHOTOS/0001.jpg", "S-BEN")])
        assert unit.people.pictured_in("portraits/VOL26/PHOTOS/0001.jpg") == "S-ADA"
        assert unit.people.pictured_in("portraits/vol27/PHOTOS/0001.jpg") == "S-BEN"
        assert unit.people.set_portraits([Portrait("VOL27", "PHOTOS/0001.jpg", "S-ADA")]) == 1
        assert unit.people.pictured_in("portraits/VOL27/PHOTOS/0001.jpg") == "S-ADA"


def test_volumes_that_disagree_about_one_place_say_nothing(store: Store) -> None:
    with store.writing() as unit:
        unit.people.set_portraits([*PORTRAITS, Portrait("PHOTOS", "0001.jpg", "S-BEN")])
        assert unit.people.pictured_in("VOL26/PHOTOS/0001.jpg") is None
