from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from clock import TODAY
from district import (
    CUSTODIAN,
    GRADUATION,
    HALLWAY,
    HANNAH,
    INES,
    INES_MOTHER,
    NOAH,
    PEP_RALLY,
    SOFIA,
    TEAM,
    UNTITLED,
    District,
)
from use_cases import entries, entries_about, kept, ledger_holds, link_of, listening, looked, open_copies

from dam_plugin.cli.demo.samples import sample_folder, write_roster
from dam_plugin.custodian import choices
from dam_plugin.errors import DamPluginError, InputError, SettingsError, StorageError, UnknownThing
from dam_plugin.gate.close_links import ClosedLinks, DirectoryLinks
from dam_plugin.gate.open_link import open_link
from dam_plugin.intake import jobs
from dam_plugin.ledger.chain import Ledger
from dam_plugin.model import Consent, OptOut, Outcome, Recipient, StudentRecord
from dam_plugin.people.formats.plain_csv import read_roster
from dam_plugin.people.roster import RosterImport
from dam_plugin.sharing.share import Answer
from dam_plugin.store import RosterChange


def roster(district: District) -> RosterImport:
    return read_roster(write_roster(sample_folder(), district.folder, TODAY), district.services.pseudonyms)


def given(district: District, key: str, **changes: str) -> Answer:
    answer = district.share(key, **changes)
    assert answer.link is not None
    return answer


def is_open(district: District, answer: Answer) -> bool:
    return link_of(district.services, answer.link).closed_at is None


def consent_of(district: District, roster_id: str, **more: object) -> Consent:
    with district.services.store.reading() as unit:
        record = unit.people.student(district.student(roster_id))
    assert record is not None
    made = Consent(record.id, record.guardians[0], TODAY, "ink", purpose="website", parties=("public",))
    return replace(made, **more)  # type: ignore[arg-type]


# Opting out and in


def test_an_opt_out_closes_the_links_that_it_reaches_and_no_other(district: District) -> None:
    for key in (GRADUATION, TEAM):
        district.upload(key)
    website, yearbook, other = (
        given(district, GRADUATION),
        given(district, GRADUATION, purpose="yearbook"),
        given(district, TEAM),
    )
    closed = choices.opt_out(
        district.services, district.student(NOAH), OptOut(TODAY, purposes=("yearbook",)), CUSTODIAN
    )
    assert [link.id for link in closed] == [link_of(district.services, yearbook.link).id]
    assert [is_open(district, each) for each in (website, yearbook, other)] == [True, False, True]
    assert district.share(GRADUATION).decision.outcome is Outcome.ALLOW
    assert district.share(GRADUATION, purpose="yearbook").decision.redact == (district.student(NOAH),)


def test_an_opt_out_of_everything_closes_every_link_and_its_copies(district: District) -> None:
    district.upload(GRADUATION)
    links = [given(district, GRADUATION, purpose=purpose) for purpose in ("website", "newsletter")]
    assert len(choices.opt_out(district.services, district.student(NOAH), OptOut(TODAY), CUSTODIAN)) == 2
    assert not any(is_open(district, each) for each in links)
    assert open_copies(district.services) == []


def test_opting_in_ends_the_opt_out_on_its_day(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    tomorrow = TODAY + timedelta(days=1)
    assert choices.opt_in(district.services, hannah, tomorrow, None, CUSTODIAN, "the family asked for it").count == 1
    assert district.share(TEAM).decision.redact == (hannah,)
    assert choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it").count == 1
    assert district.share(TEAM).decision.outcome is Outcome.ALLOW


def test_an_opt_out_can_end_for_one_purpose(district: District) -> None:
    noah = district.student(NOAH)
    choices.opt_out(district.services, noah, OptOut(TODAY, purposes=("website", "yearbook")), CUSTODIAN)
    choices.opt_in(district.services, noah, TODAY, ["website"], CUSTODIAN, "the family asked for it")
    district.upload(GRADUATION)
    assert district.share(GRADUATION).decision.outcome is Outcome.ALLOW
    assert district.share(GRADUATION, purpose="yearbook").decision.redact == (noah,)


# Consents


def test_a_consent_opens_what_an_opt_out_hid_and_its_revocation_closes_it(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    consent_id = choices.add_consent(district.services, consent_of(district, HANNAH), "signed on paper", CUSTODIAN)
    answer = given(district, TEAM)
    assert answer.decision.basis[hannah] == "EX3"
    closed = choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    assert [link.id for link in closed] == [link_of(district.services, answer.link).id]
    assert open_link(district.services, answer.token or "").url is None


@pytest.mark.parametrize("signature", ["ink", "electronic"])
def test_the_paper_of_a_consent_that_was_revoked_is_not_taken_again(district: District, signature: str) -> None:
    consent_id = choices.add_consent(district.services, consent_of(district, HANNAH), "folder 7", CUSTODIAN)
    choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    with pytest.raises(InputError, match="a consent of this signer for 'website' was revoked on"):
        choices.add_consent(
            district.services, consent_of(district, HANNAH, signature=signature), "folder seven", CUSTODIAN
        )


def test_a_consent_for_something_else_is_taken_after_one_was_revoked(district: District) -> None:
    consent_id = choices.add_consent(district.services, consent_of(district, HANNAH), "folder 7", CUSTODIAN)
    choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    assert choices.add_consent(district.services, consent_of(district, HANNAH, purpose="yearbook"), "8", CUSTODIAN)


def test_a_revocation_of_tomorrow_closes_nothing_today(district: District) -> None:
    district.upload(TEAM)
    consent_id = choices.add_consent(district.services, consent_of(district, HANNAH), "on paper", CUSTODIAN)
    answer = given(district, TEAM)
    closed = choices.revoke_consent(district.services, consent_id, TODAY + timedelta(days=1), CUSTODIAN)
    (stands,) = closed.still_published or ()
    assert stands.purpose == "website", "it is to be down by then"
    assert closed == ClosedLinks(on_directory=DirectoryLinks(opted_out=True), still_published=(stands,))
    assert is_open(district, answer)


# Who is not known, and what is recorded

Choice = Callable[[District, str], object]
CHOICES: dict[str, Choice] = {
    "opt-out": lambda d, who: choices.opt_out(d.services, who, OptOut(TODAY), CUSTODIAN),
    "opt-in": lambda d, who: choices.opt_in(d.services, who, TODAY, None, CUSTODIAN, "the family asked for it"),
    "consent": lambda d, who: choices.add_consent(d.services, Consent(who, "G-1", TODAY), "on paper", CUSTODIAN),
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_choice_for_a_student_whom_nobody_has_is_refused_without_repeating_the_id(
    district: District, choice: Choice
) -> None:
    before = len(entries(district.services))
    with pytest.raises(UnknownThing) as raised:
        choice(district, "Noah Begaye")
    assert "Noah" not in str(raised.value)
    assert len(entries(district.services)) == before


def test_a_consent_that_nobody_has_cannot_be_revoked(district: District) -> None:
    with pytest.raises(UnknownThing):
        choices.revoke_consent(district.services, "c-0", TODAY, CUSTODIAN)


def test_each_choice_is_on_the_ledger_under_its_student(district: District) -> None:
    hannah = district.student(HANNAH)
    choices.opt_out(district.services, hannah, OptOut(TODAY), CUSTODIAN)
    choices.opt_in(district.services, hannah, TODAY, None, CUSTODIAN, "the family asked for it")
    consent_id = choices.add_consent(district.services, consent_of(district, HANNAH), "on paper", CUSTODIAN)
    choices.revoke_consent(district.services, consent_id, TODAY, CUSTODIAN)
    assert entries_about(district.services, hannah) == ["opt-out", "opt-in", "consent", "consent-revoked"]
    assert {details["by"]["id"] for _, details in entries(district.services)} == {"records-office"}
    assert ledger_holds(district.services)


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES)
def test_a_choice_that_cannot_be_recorded_is_not_kept(
    district: District, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah = district.student(HANNAH)

    def on_file() -> tuple[StudentRecord | None, int]:
        with district.services.store.reading() as unit:
            return unit.people.student(hannah), len(unit.people.consents([hannah]))

    def fail(*_: object, **__: object) -> None:
        raise DamPluginError

    before = on_file()
    monkeypatch.setattr(Ledger, "append", fail)
    with pytest.raises(DamPluginError):
        choice(district, hannah)
    assert on_file() == before


# Rosters


def test_the_same_roster_again_changes_nothing(district: District) -> None:
    again = choices.import_roster(district.services, roster(district), CUSTODIAN)
    assert again == choices.Imported(RosterChange(unchanged=13), 0, ClosedLinks(still_published=()))


def test_a_rehearsal_counts_and_changes_nothing(district: District) -> None:
    new = roster(district)
    noah = next(each for each in new.students if each.roster_id == NOAH)
    others = tuple(each for each in new.students if each.roster_id != SOFIA and each is not noah)
    changed = RosterImport((*others, replace(noah, opt_outs=(OptOut(TODAY),))), new.consents)
    before = len(entries(district.services))
    change = choices.rehearse_import(district.services, changed).change
    assert (change.changed, change.left, change.opt_outs) == (1, 1, 1)
    assert choices.rehearse_import(district.services, changed).change == change
    assert len(entries(district.services)) == before
    district.upload(GRADUATION)
    assert district.share(GRADUATION).decision.outcome is Outcome.ALLOW
    assert choices.import_roster(district.services, changed, CUSTODIAN).change == change


def with_an_opt_out_of_noah(district: District) -> RosterImport:
    new = roster(district)
    out = tuple(replace(s, opt_outs=(OptOut(TODAY),)) if s.roster_id == NOAH else s for s in new.students)
    return RosterImport(out, new.consents)


def test_an_opt_out_in_a_roster_closes_links(district: District) -> None:
    district.upload(GRADUATION)
    answer = given(district, GRADUATION)
    imported = choices.import_roster(district.services, with_an_opt_out_of_noah(district), CUSTODIAN)
    assert [link.id for link in imported.closed] == [link_of(district.services, answer.link).id]
    assert not is_open(district, answer)


def test_an_opt_out_in_a_roster_counts_although_nothing_can_be_tagged_again(district: District) -> None:
    for key in (GRADUATION, UNTITLED):
        district.upload(key)
    answer = given(district, GRADUATION)

    def hear(name: str, *_: object, **__: object) -> None:
        if name == "head":
            raise StorageError("no answer")

    done = choices.import_roster(listening(district.services, hear), with_an_opt_out_of_noah(district), CUSTODIAN)
    assert (done.tagged_again, done.failed) == (0, 1)
    assert not is_open(district, answer)


def test_a_name_that_is_new_on_the_roster_is_looked_for_in_every_recording(district: District) -> None:
    district.upload(TEAM)
    answer = given(district, TEAM)
    namesake = StudentRecord("S-NEW", "999999", ("Tess Okafor",))
    with district.services.store.reading() as unit:
        students = (*unit.people.students(), namesake)
    done = choices.import_roster(district.services, RosterImport(students), CUSTODIAN)
    assert done.tagged_again == 1
    with district.services.store.reading() as unit:
        stored = unit.assets.current(TEAM)
    assert stored is not None
    assert stored.tagging.unidentified_people == 1
    assert not is_open(district, answer)


def test_a_roster_without_guardians_keeps_those_on_file(district: District) -> None:
    with district.services.store.reading() as unit:
        students = tuple(replace(each, guardians=(), guardian_names=()) for each in unit.people.students())
    choices.import_roster(district.services, RosterImport(students, tells_guardians=False), CUSTODIAN)
    with district.services.store.reading() as unit:
        ines = unit.people.student(district.student(INES))
    assert ines is not None
    assert district.guardian(INES_MOTHER) in ines.guardians


def test_an_import_that_changes_nothing_tags_nothing_again(district: District) -> None:
    district.upload(PEP_RALLY)
    district.upload(HALLWAY)
    assert kept(district.services, PEP_RALLY).tagging.unidentified_people == 3
    assert choices.import_roster(district.services, roster(district), CUSTODIAN).tagged_again == 0


def test_a_new_name_tags_only_the_recordings_again_that_may_hold_it(district: District) -> None:
    for key in (GRADUATION, TEAM, PEP_RALLY, HALLWAY):
        district.upload(key)
    new = roster(district)
    noah = next(each for each in new.students if each.roster_id == NOAH)
    renamed = replace(noah, names=("Noah Quillfeather",))
    others = tuple(each for each in new.students if each.roster_id != NOAH)
    imported = choices.import_roster(district.services, RosterImport((*others, renamed)), CUSTODIAN, confirmed=True)
    named = [
        key
        for key in (GRADUATION, TEAM, PEP_RALLY, HALLWAY)
        if noah.id in kept(district.services, key).tagging.students
    ]
    assert imported.tagged_again == len(named) > 0


def test_what_an_import_could_not_tag_again_is_tagged_by_the_next_one(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(GRADUATION)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "tag_again", _fails)
        imported = choices.import_roster(district.services, with_an_opt_out_of_noah(district), CUSTODIAN)
    assert (imported.tagged_again, imported.failed) == (0, 1)
    again = choices.import_roster(district.services, with_an_opt_out_of_noah(district), CUSTODIAN)
    assert (again.tagged_again, again.failed) == (1, 0)
    assert choices.import_roster(district.services, with_an_opt_out_of_noah(district), CUSTODIAN).tagged_again == 0


def test_an_import_that_leaves_it_to_the_worker_gives_nothing_out_on_old_tags(district: District) -> None:
    district.upload(GRADUATION)
    answer = given(district, GRADUATION)
    new = roster(district)
    noah = next(each for each in new.students if each.roster_id == NOAH)
    others = tuple(each for each in new.students if each.roster_id != NOAH)
    told = RosterImport((*others, replace(noah, names=("Noah Quillfeather",))), new.consents)
    imported = choices.import_roster(district.services, told, CUSTODIAN, confirmed=True, detach=True)
    assert imported.job is not None
    assert (imported.tagged_again, imported.job.state, imported.job.total) == (0, "waiting", 1)
    with pytest.raises(StorageError, match="not tagged again yet"):
        open_link(district.services, str(answer.token))
    assert jobs.run_waiting(district.services, jobs.INTAKE_KINDS) == 1
    assert open_link(district.services, str(answer.token)).url is not None


def _fails(*_: object) -> None:
    raise StorageError("the storage is down")


def test_a_new_name_completes_a_recording_and_keeps_what_people_said_of_it(district: District) -> None:
    new = roster(district)
    without = RosterImport(tuple(each for each in new.students if each.roster_id != NOAH))
    noah = next(each for each in new.students if each.roster_id == NOAH)
    renamed = RosterImport((*without.students, replace(noah, names=("Somebody",))))
    choices.import_roster(district.services, renamed, CUSTODIAN, confirmed=True)
    for name in noah.names:
        choices.forget_name(district.services, noah.id, name, "it never was theirs", CUSTODIAN)
    district.upload(GRADUATION)
    looked(district, GRADUATION, closed="security plan")
    assert kept(district.services, GRADUATION).tagging.unidentified_people == 1
    choices.import_roster(district.services, new, CUSTODIAN, confirmed=True)
    tagging = kept(district.services, GRADUATION).tagging
    assert district.student(NOAH) in [each.student for each in tagging.appearances]
    assert (tagging.unidentified_people, tagging.closed) == (0, "security plan")


def test_a_recording_that_is_gone_does_not_stop_an_import(district: District) -> None:
    for key in (GRADUATION, UNTITLED):
        district.upload(key)
    answer = given(district, GRADUATION)
    district.services.library.delete(UNTITLED)
    imported = choices.import_roster(district.services, with_an_opt_out_of_noah(district), CUSTODIAN)
    assert (imported.tagged_again, imported.failed) == (1, 0)
    assert not is_open(district, answer)


# Protection, and who died


def telling(district: District, roster_id: str, **changes: object) -> RosterImport:
    """The roster on file with something else told of one student, as a file with the columns died and protected tells it."""
    with district.services.store.reading() as unit:
        students = unit.people.students()
    told = tuple(replace(each, **changes) if each.roster_id == roster_id else each for each in students)  # type: ignore[arg-type]
    return RosterImport(told, tells_deaths=True, tells_protection=True)


def test_a_new_protection_closes_the_links_that_show_the_student_and_hides_them_from_then_on(
    district: District,
) -> None:
    for key in (GRADUATION, TEAM):
        district.upload(key)
    noahs, others = given(district, GRADUATION), given(district, TEAM)
    imported = choices.import_roster(district.services, telling(district, NOAH, marked="other"), CUSTODIAN)
    assert [link.id for link in imported.closed] == [link_of(district.services, noahs.link).id]
    assert is_open(district, others)
    decision = district.share(GRADUATION).decision
    assert decision.outcome > Outcome.ALLOW
    assert "PROTECTED" in [each.clause for each in decision.reasons]


def test_a_protection_ends_only_where_a_person_confirms_it(district: District) -> None:
    choices.import_roster(district.services, telling(district, NOAH, marked="other"), CUSTODIAN)
    with pytest.raises(InputError, match="would not be protected any more"):
        choices.import_roster(district.services, telling(district, NOAH, marked=None), CUSTODIAN)
    silent = replace(telling(district, NOAH, marked=None), tells_protection=False)
    choices.import_roster(district.services, silent, CUSTODIAN)
    noah = district.student(NOAH)
    with district.services.store.reading() as unit:
        assert unit.people.need(noah).marked == "other"
    choices.import_roster(district.services, telling(district, NOAH, marked=None), CUSTODIAN, confirmed=True)
    district.upload(GRADUATION)
    assert district.share(GRADUATION).decision.outcome is Outcome.ALLOW


def test_a_protection_is_carried_over_to_a_new_number(district: District) -> None:
    choices.import_roster(district.services, telling(district, NOAH, marked="other"), CUSTODIAN)
    on_file = roster(district)
    noah = next(each for each in on_file.students if each.roster_id == NOAH)
    student = district.services.pseudonyms.student("777777")
    # With a guardian in common it would be certain that it is the same student.
    again = replace(noah, id=student, roster_id="777777", guardians=(), guardian_names=())
    moved = RosterImport((*(each for each in on_file.students if each is not noah), again))
    choices.import_roster(district.services, moved, CUSTODIAN, confirmed=True, carry_opt_outs=True)
    with district.services.store.reading() as unit:
        assert unit.people.need(again.id).marked == "other"
        told = district.services.ledger.student(unit, again.id, secret=True)[-1]
    assert (told[0].kind, told[0].secret) == ("protection", True)
    assert told[1] is not None
    assert (told[1]["done"], told[1]["kind"]) == ("carried over from another number", "other")
    assert "protection" not in entries_about(district.services, again.id)


def test_the_parents_of_a_minor_who_died_keep_their_rights(district: District) -> None:
    district.upload(TEAM)
    ines, mother = district.student(INES), Recipient("parent", district.guardian(INES_MOTHER))
    long_ago = TODAY - timedelta(days=365 * 25)
    choices.import_roster(district.services, telling(district, INES, born=long_ago), CUSTODIAN)
    assert district.ask(TEAM, mother).decision.basis.get(ines) != "EX2"
    died = long_ago + timedelta(days=365 * 10)
    choices.import_roster(district.services, telling(district, INES, born=long_ago, died=died), CUSTODIAN)
    assert district.ask(TEAM, mother).decision.basis[ines] == "EX2"


def test_a_roster_under_another_key_is_refused_whole(district: District) -> None:
    before = len(entries(district.services))
    other = tuple(replace(each, id=f"{each.id}X") for each in roster(district).students)
    with pytest.raises(SettingsError, match="PSEUDONYM_KEY"):
        choices.import_roster(district.services, RosterImport(other), CUSTODIAN)
    assert len(entries(district.services)) == before


def test_a_no_that_begins_in_another_year_is_taken_for_a_mistyped_one(district: District) -> None:
    today = district.services.now().date()
    with pytest.raises(InputError, match="hold back nothing until then"):
        choices.opt_out(district.services, district.student(INES), OptOut(today + timedelta(days=365)), CUSTODIAN)
    choices.opt_out(district.services, district.student(INES), OptOut(today + timedelta(days=3)), CUSTODIAN)
