"""Records what families choose (opt-outs, consents, and their end) and what an import of a roster changes.

Every change has its entry in the ledger. Where less is permitted than before, links that are now refused close in the
same transaction. Yearbook sets are only named in the answer. Reading a roster's file is in `people/formats/`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Literal

from dam_plugin.custodian.consents_beside import consents_beside
from dam_plugin.custodian.guardianships import NEVER_WAS, record_stated
from dam_plugin.custodian.opt_outs_again import ended_wrongly, has_all, let_hold_again
from dam_plugin.custodian.request_register import hurry_families
from dam_plugin.custodian.same_people import as_on_file, keep_same, known_of
from dam_plugin.custodian.shown_before import ShownBefore, shown_before_import
from dam_plugin.errors import InputError, PluginError
from dam_plugin.gate.close_links import (
    ClosedLinks,
    HoldsAgain,
    InSet,
    after_closing,
    after_closing_for_third_parties,
    close_refused_links,
    links_on_directory,
    recheck_links,
)
from dam_plugin.intake.changed_recordings import changes_by, note_stale, roster_before
from dam_plugin.intake.jobs import INTAKE_KINDS, TAG_AGAIN, Tell, add_job, nobody_told, run_job
from dam_plugin.intake.search_again import search_again, search_and_close
from dam_plugin.intake.take_down import after_filing, file_take_downs
from dam_plugin.ledger.corrected import NEVER_GIVEN, NEVER_GIVEN_ASKED, never_given
from dam_plugin.model import CUSTODIANS, RECIPIENT_ROLES, Actor, Consent, OptOut, StudentRecord
from dam_plugin.people.choice_sources import mapping_differences, said_by_import
from dam_plugin.people.choice_words import ChoiceTold, words_of_choices, words_of_consents
from dam_plugin.people.doubts import (
    SOON,
    StudentChange,
    changes,
    doubts,
    may_have_said_no,
    numbers_of_others,
    protections_ended,
)
from dam_plugin.people.renumbered import Ids
from dam_plugin.people.roster import SOMEWHERE, RosterImport, Source, apply_roster, as_kept, revoked_with
from dam_plugin.people.roster import import_consents as keep_consents
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.purposes import PurposeList
from dam_plugin.procedure.terms import comes_of_age, has_rights
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.settings import District
from dam_plugin.sharing.gather_case import is_asked_by_student, is_without_right
from dam_plugin.sharing.same_person import TELL_WHO, to_be_told
from dam_plugin.sharing.third_parties import third_parties_review
from dam_plugin.sharing.unanswered import may_answer_until
from dam_plugin.store import ChoiceSource, RosterChange, SystemUser, Unit
from dam_plugin.store.jobs import Job
from dam_plugin.store.people import KeptConsent, KeptOptOut
from dam_plugin.store.sets import PURPOSE

# The names in `doubts.changes` for a family's choices.
_CHOICES = frozenset({"opt-outs", "birth date", "postsecondary", "day of death", "protection", "guardians"})
FOSTER_CARE = (
    "{} student(s) are marked as in foster care, and the district's setting `foster_care_is_protected` does not say that this "
    "protects them: their marks were left out"
)
NOT_SAID = (
    "nobody has said yet where families' opt-outs come from, and this import brings none: shares that rest on directory "
    "information are referred until an import brings them, or the custodian states that there are none to import: `dam-plugin "
    "roster choices none --why TEXT --as custodian:NAME`"
)
SHOWN_BEFORE = (
    "A roster brought the opt-outs of {} student(s) of whom recordings went out before, as directory information: take down "
    "what can be. `dam-plugin ledger show --kind shown-before --as custodian:NAME --json` names them"
)
ASKED_BY_STUDENT = (
    "{student} opted out by their own word, and does not hold the rights: a parent does (34 CFR 99.3, 99.5, 99.37). It is "
    "recorded as asked by the student, and holds. Confirm it with the parent: who says the same opts out, `dam-plugin student "
    "opt-out {student} --by G-…`; who permits it ends it, `dam-plugin student opt-in {student} --by G-… --why TEXT "
    "--as custodian:NAME`"
)
# How many consents that cannot count are told in one sentence.
_MOST_TOLD = 10
# Who looks at what an import would change, where nobody says it.
_REHEARSES = Actor("media_staff", "rehearsal")
# The states of a set whose files are printed, or may still be.
_SETS = ("making", "made", "locked")


@dataclass(frozen=True, slots=True)
class Imported:
    """The effect of a roster import: its changes, how many recordings were tagged again or could not be, and closed links.

    `notes` are sentences about where opt-outs come from. `job` tags the recordings again (null: there are none), or did.
    `shown` are the students whose opt-outs it brings, and whom recordings showed that went out before.
    """

    change: RosterChange
    tagged_again: int
    closed: ClosedLinks
    failed: int = 0
    notes: tuple[str, ...] = ()
    job: Job | None = None
    shown: tuple[ShownBefore, ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The effect an import would have: in counts, student by student, and what a person would have to confirm.

    `choices` are the students whose opt-outs would come to something else. `shown` as in `Imported`.
    """

    change: RosterChange
    students: tuple[StudentChange, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...] = ()
    choices: tuple[ChoiceTold, ...] = ()
    shown: tuple[ShownBefore, ...] = ()


@dataclass(frozen=True, slots=True)
class PurposeOnFile:
    """How many opt-outs from a purpose are in force, and how many consents to it; `shared_by` says who may share for it."""

    purpose: str
    shared_by: str
    opt_outs: int
    consents: int


@dataclass(frozen=True, slots=True)
class ChoicesOnFile:
    """The choices in force by purpose. `of_all` are opt-outs from everything, `unknown` those under a word of no purpose.

    `void` are consents that count for nothing: under an unknown word, or for a part.
    """

    purposes: tuple[PurposeOnFile, ...]
    of_all: int
    unknown: int
    void: int


def choices_on_file(services: Services) -> ChoicesOnFile:
    """Return how many opt-outs and consents are in force today for each purpose of the district."""
    today, known = services.now().date(), services.settings.purposes
    with services.store.reading() as unit:
        outs = [choice for _, choice in unit.people.limited_opt_outs(today) if choice.is_in_force(today)]
        of_all = unit.people.opt_outs_of_all(today)
        consents = [each for each in unit.people.every_consent() if each.is_in_force(today)]
    words = [{known.word(each) for each in choice.purposes or ()} for choice in outs]
    permitted = Counter(known.whole(each.purpose) for each in consents if each.purpose is not None)
    purposes = tuple(
        PurposeOnFile(each.name, each.shared_by, sum(each.name in theirs for theirs in words), permitted[each.name])
        for each in known.purposes
    )
    return ChoicesOnFile(purposes, of_all, sum(None in theirs for theirs in words), permitted[None])


def opt_out(services: Services, student: str, choice: OptOut, by: Actor, stated_by: str | None = None) -> ClosedLinks:
    """Keep an opt-out with the district's words for its purposes; return the links it closed.

    `stated_by` is the guardian or the student who opted out (None: not known). What a parent states in the place of a student
    who holds the rights is kept, too: see `without_right`; and so is what a student says who does not hold them, of which the
    custodian hears: see `asked_by_students`. Raises InputError for another person, for an
    unknown purpose, and for a first day further ahead than SOON, since its year is probably
    mistyped. Raises UnknownThing for an unknown student.
    """
    choice = _opted_out(choice, services.settings.purposes)
    stated_by = person_id(stated_by) if stated_by is not None else None
    if choice.since > services.now().date() + SOON:
        raise InputError(
            f"this opt-out would begin on {choice.since} and hold back nothing until then: correct the day, or leave it out, "
            "and it holds from today"
        )
    with services.store.writing() as unit:
        record = unit.people.need(student)
        _check_stated_by(record, stated_by, services.now().date())
        unit.people.add_opt_out(student, choice, by.role, services.now(), stated_by)
        _record(services, unit, "opt-out", student, by, {"opt_out": asdict(choice), "stated_by": stated_by})
        fell = search_and_close(services, unit, student)
        filed = file_take_downs(services, unit, [student])
    closed = after_filing(services, after_closing_for_third_parties(services, fell, student=student), filed)
    if stated_by == student and asked_by_students(services, student):
        services.third_parties.notify("custodian", ASKED_BY_STUDENT.format(student=student))
    return with_sets(services, closed, [student] if _reaches_yearbook(services, choice) else [], choice.since)


def asked_by_students(services: Services, student: str | None = None) -> tuple[str, ...]:
    """Return the students whose own opt-out is in force although the right is their parent's, and waits for that one's word.

    It is kept, since it is the stricter. It waits no longer once a guardian says the same, or ends it; and the word of a
    student who holds the rights by now is enough. `student` limits it to one.
    """
    today, own, parents = services.now().date(), dict[str, list[OptOut]](), dict[str, list[OptOut]]()
    with services.store.reading() as unit:
        stated = [each for each in unit.people.stated_opt_outs(today) if student in (None, each[0])]
        records = unit.people.students_of({each for each, _ in stated})
    for whose, kept in stated:
        record = records[whose]
        if is_asked_by_student(record, kept, services.rulings) and not has_rights(record, today, services.rulings):
            own.setdefault(whose, []).append(kept.opt_out)
        elif kept.stated_by != whose:
            parents.setdefault(whose, []).append(kept.opt_out)
    return tuple(
        whose
        for whose in sorted(own)
        if any(not any(has_all(other, each) for other in parents.get(whose, ())) for each in own[whose])
    )


def without_right(services: Services, student: str | None = None) -> dict[str, tuple[str, ...]]:
    """Return who stated opt-outs in force in the place of a student who held the rights, by student (34 CFR 99.5, 99.37).

    They stay in force until the custodian has said whose word it is. `student` limits it to one.
    """
    today, found = services.now().date(), dict[str, dict[str, None]]()
    with services.store.reading() as unit:
        stated = [each for each in unit.people.stated_opt_outs(today) if student in (None, each[0])]
        records = unit.people.students_of({each for each, _ in stated})
    for whose, kept in stated:
        if kept.stated_by is not None and is_without_right(records[whose], kept, services.rulings):
            found.setdefault(whose, {})[kept.stated_by] = None
    return {each: tuple(found[each]) for each in sorted(found)}


def _check_stated_by(record: StudentRecord, stated_by: str | None, today: date) -> None:
    if stated_by is not None and stated_by not in (record.id, *record.guardians_on(today)):
        raise InputError(
            f"this person is no guardian of {record.id}: `dam-plugin student show {record.id}` lists them; leave --by out "
            "where it is not known who it was"
        )


def _check_holds_rights(services: Services, record: StudentRecord, stated_by: str | None) -> None:
    """Raise InputError for who may not end an opt-out: it takes who holds the rights today (34 CFR 99.3, 99.5, 99.37).

    Of a student who holds them it has to be said who ends it: nobody may read a parent's word as theirs.
    """
    today = services.now().date()
    if has_rights(record, today, services.rulings):
        # Nobody holds the rights of a student who has died since; the custodian says why it ends.
        is_said = stated_by == record.id or (stated_by is None and record.has_died(today))
        if not is_said:
            raise InputError(
                f"{record.id} holds the rights, and nobody ends an opt-out in the student's place (34 CFR 99.5): --by "
                f"{record.id}, with what the student gave in writing"
            )
        return
    if stated_by is None:
        if record.limits_from(today):
            raise InputError(
                f"a court order on file limits a guardian of {record.id}, whose word ends nothing: say who ends it, --by G-…, "
                f"as the paper names them (34 CFR 99.4); `dam-plugin student show {record.id}` lists them"
            )
        return
    if stated_by not in record.guardians_on(today) and record.limits_on(today, stated_by):
        raise InputError(
            f"a court order on file limits the rights of {stated_by} over the record of {record.id}: their word ends no "
            "opt-out (34 CFR 99.4)"
        )
    if stated_by not in (record.id, *record.guardians_on(today)):
        raise InputError(
            f"this person is no guardian of {record.id}, and ends no opt-out: `dam-plugin student show {record.id}` lists who "
            "may (34 CFR 99.3)"
        )
    if stated_by == record.id:
        why = "is under a guardian whom a court appointed" if record.appointed_on(today) else "is not 18 yet"
        raise InputError(f"{record.id} {why}: a guardian ends it (34 CFR 99.3, 99.5), --by GUARDIAN")


@dataclass(frozen=True, slots=True)
class OptedIn:
    """How many opt-outs were ended, and which others had stated them than who ends them, as far as that is known.

    `others` hold a parent's rights still: nobody whom an order limits is told (34 CFR 99.4).
    `asked_by_student`: the student was one of who had stated them, without holding the rights.
    """

    count: int
    others: tuple[str, ...] = ()
    asked_by_student: bool = False


def opt_in(  # noqa: PLR0913 - the end of a choice says as much
    services: Services,
    student: str,
    ended: date,
    purposes: Collection[str] | None,
    by: Actor,
    why: str,
    stated_by: str | None = None,
    *,
    of_no_holder: bool = False,
) -> OptedIn:
    """End the opt-outs of a student (for these purposes, or all) on a day.

    `stated_by` is the guardian or the student who ends them (None: not known). `of_no_holder`: the custodian ends those alone
    that somebody stated without holding the right (`without_right`), for which nobody has to be asked. One parent ends
    what the other one stated: each holds a parent's rights in full (34 CFR 99.4). Raises InputError if `by` is not the
    custodian or a designee, if `why` is empty, for who does not hold the rights today, and for a purpose that is unknown or
    only a part of one: the whole would then be permitted, which the family did not say. Raises UnknownThing.
    """
    check_custodian(by, "ends an opt-out")
    if not why.strip():
        raise InputError("say why the opt-out ends, and what the family gave in writing: --why")
    if of_no_holder and stated_by is not None:
        raise InputError("--without-right is the custodian's own word: leave --by out")
    known = services.settings.purposes
    purposes = None if purposes is None else {known.need_whole(each) for each in purposes}
    with services.store.writing() as unit:
        record = unit.people.need(student)
        stated_by = person_id(stated_by) if stated_by is not None else None
        if not of_no_holder:
            _check_holds_rights(services, record, stated_by)
        before = unit.people.end_opt_out(
            student,
            ended,
            purposes,
            known.word,
            lambda each: not of_no_holder or is_without_right(record, each, services.rulings),
        )
        details = {
            "ended": ended,
            "purposes": None if purposes is None else sorted(purposes),
            "count": len(before),
            "why": why,
            "stated_by": stated_by,
            # So that they hold again where it turns out that this was not theirs to end (`opt_outs_again`).
            "opt_outs": [{"id": each.id, "ended": each.opt_out.ended} for each in before],
            **({"of_no_holder": True} if of_no_holder else {}),
        }
        _record(services, unit, "opt-in", student, by, details)
        of_parents = not (has_rights(record, ended, services.rulings) or record.appointed_on(ended))
        holders = record.guardians_on(services.now().date())
    stated = {each.stated_by for each in before}
    # Where the student, or whom a court appointed, holds the rights, there is no other parent whose word could count.
    others = sorted(each for each in holders if of_parents and each in stated and each != stated_by)
    return OptedIn(len(before), tuple(others), of_parents and student in stated)


def add_consent(
    services: Services,
    consent: Consent,
    proof: str | None,
    by: Actor,
    *,
    after_opt_out: str | None = None,
    after_revocation: str | None = None,
) -> str:
    """Keep a consent with its proof; return its id.

    `after_opt_out` is what shows that it was signed after an opt-out of the same day that is on file, `after_revocation` after
    a consent of the same signer was revoked on that day; the digest of either is kept.
    Raises InputError if `by` is not the custodian or a designee, if `proof` or `after_opt_out` is empty, where no opt-out of
    that day is on file, for a purpose that is unknown or only a part of one, and for a consent that could never count (34 CFR
    99.5, 99.30). Raises UnknownThing.
    """
    check_custodian(by, "records a consent")
    if proof is None or not proof.strip():
        raise InputError("say what proves the consent, such as where the signed paper is: --proof")
    consent = _consented(consent, services.settings.purposes)
    with services.store.writing() as unit:
        _check_somebody_signs(services, unit, consent.student)
        _check_can_count(services, [consent], unit.people.students_of({consent.student}))
        again = _check_not_taken_back(services, unit, consent, after_revocation)
        later = _shown_later(unit, consent, after_opt_out) if after_opt_out is not None else None
        consent_id = unit.people.add_consent(consent, proof, services.now(), after_opt_out=later)
        # Where a paper lies may reveal something about a family: the entry holds the hash of that text alone.
        proven = hashlib.sha256(proof.encode()).hexdigest()
        details = {"id": consent_id, "consent": asdict(consent), "proof_sha256": proven}
        if later is not None:
            details["after_opt_out_sha256"] = later
        if again is not None:
            details["after_revocation_sha256"] = again
        _record(services, unit, "consent", consent.student, by, details)
    return consent_id


def consents_of(services: Services, students: Collection[str]) -> set[str]:
    """Return the ids of the consents that are on file of these students."""
    with services.store.reading() as unit:
        return {consent_id for consent_id, _ in unit.people.consents(students)}


def opted_out_before(services: Services, consents: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return which guardians had opted out before another one signed one of these consents, by student, to be told of it.

    The later word of one parent is enough (34 CFR 99.4), so what the consent is for may be shown again. Of a student who holds
    the rights nobody else's word counts, and so nobody is told. A consent that is doubtful changes nothing yet: nor is anybody.
    """
    today, found = services.now().date(), dict[str, dict[str, None]]()
    with services.store.reading() as unit:
        whose = {unit.people.consent(each).student for each in consents}
        kept = [each for each in unit.people.kept_consents(whose) if each.id in consents]
        for record in unit.people.students_of(whose).values():
            if has_rights(record, today, services.rulings) or record.appointed_on(today):
                continue
            theirs = [each for each in kept if each.student == record.id]
            for each in consents_beside(services, record, theirs, unit.people.kept_opt_outs(record.id), today):
                stated = (out.stated_by for out in each.opt_outs if each.opens)
                others = (who for who in stated if who is not None and who not in (each.consent.signed_by, record.id))
                found.setdefault(record.id, {}).update(dict.fromkeys(others))
    return {student: tuple(sorted(who)) for student, who in found.items() if who}


def _check_not_taken_back(services: Services, unit: Unit, consent: Consent, shown: str | None) -> str | None:
    """Raise InputError for a consent that the family took back: the same paper, typed again, does not let it live again.

    `shown`: what shows that it is another paper, signed after the revocation of that same day. Returns its digest.
    """
    if shown is not None and not shown.strip():
        raise InputError("say what shows that it was signed after the revocation, such as a time on the paper")
    mistaken = said_never_given(services, unit, consent.student)
    # Of what nobody ever gave only the paper of the same day may be the same one; another day's is another word.
    on_file = [
        (each, kept)
        for each, kept in unit.people.consents({consent.student})
        if each not in mistaken or kept.signed_on == consent.signed_on
    ]
    day = revoked_with(consent, (each for _, each in on_file), services.settings.purposes)
    if shown is not None and day is None:
        raise InputError(
            "no consent of the same signer for the same is on file that was revoked on the day of this one's signature: leave "
            "out --after-revocation, or revoke the earlier consent first"
        )
    if day is None:
        return None
    same = {each for each, kept in on_file if revoked_with(consent, [kept], services.settings.purposes) == day}
    if same <= mistaken and shown is None:
        raise InputError(
            f"a consent of this signer for '{consent.purpose}', signed on {day} too, was taken back, since nobody had ever "
            "given it: where this is this student's own paper, say what shows that: --after-revocation WHAT"
        )
    who = _who_revoked(services, unit, consent, same)
    revoked = f"a consent of this signer for '{consent.purpose}' was revoked on {day}{who}"
    if consent.signed_on != day:
        raise InputError(
            f"{revoked}, and what was signed until then counts no more: ask for one that is signed after that"
        )
    if shown is None:
        raise InputError(
            f"{revoked}, the day on which this one was signed, and what was signed until then counts no more: where it is "
            "another paper, signed after the revocation, say what shows that: --after-revocation WHAT"
        )
    return hashlib.sha256(shown.encode()).hexdigest()


def said_never_given(services: Services, unit: Unit, student: str) -> set[str]:
    """Return the consents of a student of which one person said, or two did, that nobody ever gave them."""
    said = (never_given(unit, services.ledger, {student}, done) for done in (NEVER_GIVEN_ASKED, NEVER_GIVEN))
    return {each for told in said for each in told}


def _who_revoked(services: Services, unit: Unit, consent: Consent, revoked: Collection[str]) -> str:
    """Return in words, without a name, who revoked one of these consents; nothing where that is not on record.

    Each parent has the right in full (34 CFR 99.4, 99.30): it need not have been the signer.
    """
    told = services.ledger.of_students(unit, "consent-revoked", [consent.student])
    said = {details.get("stated_by") for _, details in told if details is not None and details["id"] in revoked} - {
        None
    }
    if not said:
        return ""
    if consent.signed_by in said:
        return ", by who signed it"
    return ", by the student" if consent.student in said else ", by another parent"


def _shown_later(unit: Unit, consent: Consent, what: str) -> str:
    """Return the digest of what shows that a consent was signed after an opt-out of its day. Raises InputError."""
    if not what.strip():
        raise InputError("say what shows that it was signed after the opt-out, such as a time on the paper")
    if all(each.since != consent.signed_on for each in unit.people.opt_outs(consent.student)):
        raise InputError(
            "no opt-out of the day on which this consent was signed is on file: leave out --after-opt-out, or enter the "
            "opt-out first"
        )
    return hashlib.sha256(what.encode()).hexdigest()


def revoke_consent(
    services: Services, consent_id: str, on: date, by: Actor, stated_by: str | None = None
) -> ClosedLinks:
    """Revoke a consent from a day on; return the links that this closed, and what people have to take down.

    `stated_by` is the guardian or the student who withdrew it (None: not known). Raises InputError for another person;
    UnknownThing.
    """
    stated_by = person_id(stated_by) if stated_by is not None else None

    def revoke(unit: Unit) -> Consent:
        record = unit.people.need(unit.people.consent(consent_id).student)
        _check_stated_by(record, stated_by, services.now().date())
        if consent_id in never_given(unit, services.ledger, {record.id}):
            raise InputError("nobody ever gave this consent, as two people said: there is nothing to take back")
        return _revoke(services, unit, consent_id, on, by, stated_by)

    return end_consent(services, revoke, on)


def end_consent(services: Services, end: Callable[[Unit], Consent], on: date) -> ClosedLinks:
    """End a consent from a day on; return the links that this closed, and what people have to take down.

    `end` does so in the transaction, and returns the consent.
    """
    with services.store.writing() as unit:
        consent = end(unit)
        fell = close_refused_links(services, unit, student=consent.student)
        filed = file_take_downs(services, unit, [consent.student])
    closed = after_closing_for_third_parties(services, fell, student=consent.student)
    closed = after_filing(services, closed, filed)
    with services.store.reading() as unit:
        closed = replace(closed, on_directory=links_on_directory(services, unit, consent.student))
    return with_sets(services, closed, [consent.student] if _for_yearbook(services, consent) else [], on)


def _revoke(
    services: Services, unit: Unit, consent_id: str, on: date, by: Actor, stated_by: str | None = None
) -> Consent:
    consent = unit.people.revoke_consent(consent_id, on)
    details = {"id": consent_id, "on": on, **({"stated_by": stated_by} if stated_by is not None else {})}
    _record(services, unit, "consent-revoked", consent.student, by, details)
    return consent


def import_roster(  # noqa: PLR0913, PLR0915 - an import says and does as much
    services: Services,
    roster: RosterImport,
    by: Actor,
    *,
    source: Source = SOMEWHERE,
    confirmed: bool = False,
    carry_opt_outs: bool = False,
    same: Ids | None = None,
    others: Collection[str] = (),
    without_choices: bool = False,
    within: Callable[[Unit], None] = lambda _: None,
    detach: bool = False,
    tell: Tell = nobody_told,
) -> Imported:
    """Import a roster in full or not at all, tag recordings again, and close every link that is now refused.

    `within` is called first in the same transaction: it may refuse, and what it keeps is kept only with the import.

    Tagged again are the recordings whose words may hold a new or changed name, or the name of a student whose family chose
    otherwise; and those that an earlier import could not tag again. `detach` leaves that job to the worker; `tell` hears how
    far it is. `carry_opt_outs`: the opt-outs of a student also hold for one who is new or told otherwise and may be the same
    (`doubts.may_have_said_no`). `same`: who comes under a new number and is on file, as a person says it, beside those of whom
    it is certain (`same_people`); `others`: guardians whose number is somebody else's now. Raises InputError for an unknown
    purpose, for what looks like a mistake (`doubts`) unless a person `confirmed` it, and where anybody but the custodian or a
    designee would end a student's protection. Where the last opt-outs came by a mapping, an import that brings none is refused
    unless somebody says so (`without_choices`), and a mapping that reads answers more loosely is a doubt.
    """
    roster = replace(as_district_says(services, roster), ends_all=confirmed)
    said = said_by_import(roster, source, by, services.now())
    with services.store.writing() as unit:
        within(unit)
        _check_brings_choices(unit, roster, said, without_choices=without_choices)
        roster, notes = _with_mapping_changes(services, unit, roster, said)
        found = as_on_file(services, unit, roster, same or {}, others)
        roster, known = found.roster, found.known
        doubted = _doubts(services, unit, known, roster, carried=carry_opt_outs)
        roster, bare = _with_consents_that_count(services, unit, known, roster)
        chosen = _chosen(services, unit, known, roster)
        revoked = _revoked_by(unit, roster.consents)
        today = services.now().date()
        tagging_changes = changes_by(unit, known, roster)
        said_no, before = unit.people.said_no(today), roster_before(services, unit, tagging_changes)
        # Each of them is a doubt.
        roster = replace(roster, others=numbers_of_others(known, roster) if doubted else ())
        change = apply_roster(
            unit, roster, services.now(), source=source, purposes=services.settings.purposes, known=known
        )
        if doubted and not confirmed:
            ends = [f"{change.stay} opt-out(s) that are not in the file any more would end"] if change.stay else []
            told = "; ".join([*doubted, *ends])
            raise InputError(
                f"nothing was imported: {told}; look at it with --dry-run, and if it is right, add --confirm"
            )
        keep_same(services, unit, found, by)
        for consent_id, consent in unit.people.consents(roster.others):
            # Its family did not sign it.
            if consent.revoked_on is None:
                _revoke(services, unit, consent_id, today, by)
        if protections_ended(known, roster):
            check_custodian(by, "ends the protection of a student")
        if carry_opt_outs:
            _carry_opt_outs(services, unit, known, roster, by)
        _record(
            services,
            unit,
            "roster",
            None,
            by,
            {
                "change": asdict(change),
                "from": source.name,
                "format": roster.format,
                "confirmed": doubted,
                "choices": _plain_source(said),
            },
        )
        if said is not None:
            unit.people.add_choice_source(said)
        _record_marks(services, unit, known, roster, by, source)
        shown = _record_shown(services, unit, known, roster, by)
        hurry_families(services, unit, by)
        again = let_hold_again(services, unit, by)
        notes = (*notes, *found.notes, *bare, *_notes_of_import(services, unit, known, roster, again, by))
        note_stale(
            services,
            unit,
            before,
            replace(tagging_changes, portraits=roster.portraits if change.portraits else ()),
        )
        added = add_job(services, unit, TAG_AGAIN, by, ours=not detach)
        # A family's choice counts even if the storage is down: links close before anything is read again.
        search_again(services, unit, unit.people.said_no(today) - said_no)
        fell = close_refused_links(services, unit)
        stricter = {*revoked, *roster.others, *(each.student for each in again)}
        filed = file_take_downs(services, unit, _answered_anew(unit, known, roster, stricter))
    closed = after_filing(services, after_closing(services, fell), filed)
    job = added.job if added is not None else None
    ran = run_job(services, INTAKE_KINDS, job.id, tell, lease=job.lease) if job is not None and not detach else None
    if ran is not None:
        closed += ran.closed
    if third_parties_review(services):
        closed += recheck_links(services)
    closed = with_sets(services, closed, chosen | {each.student for each in again})
    _tell_shown(services, shown)
    if ran is None:
        return Imported(change, 0, closed, notes=notes, job=job, shown=shown)
    return Imported(change, ran.counts["tagged_again"], closed, ran.failed, notes, ran.job, shown)


def _answered_anew(
    unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, revoked: Collection[str]
) -> set[str]:
    """Return the students whose answer an import made stricter: an opt-out, a mark that protects, a consent that ended.

    So it does with another day of birth, by which somebody else could consent.
    """
    told = {each.id for each in roster.students if each.opt_outs or each.marked is not None}
    new = StudentRecord("", "", ())
    changed = (
        now.id
        for now in unit.people.students_of(told).values()
        if (now.opt_outs, now.marked) != ((was := known.get(now.id, new)).opt_outs, was.marked)
    )
    kept = as_kept(known, roster)
    other_age = (each.id for each in kept if each.id in known and each.born != known[each.id].born)
    return {*changed, *other_age, *revoked}


def _record_shown(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, by: Actor
) -> tuple[ShownBefore, ...]:
    """Record of each student whose opt-out a roster brings what went out before; return them."""
    shown = shown_before_import(services, unit, known, _tells_no(roster))
    for each in shown:
        details = {"student": each.student, "since": each.since, "recordings": each.recordings}
        _record(services, unit, "shown-before", each.student, by, details)
    return shown


def _tell_shown(services: Services, shown: Collection[ShownBefore]) -> None:
    if shown:
        services.third_parties.notify("custodian", SHOWN_BEFORE.format(len(shown)))


def _tells_no(roster: RosterImport) -> set[str]:
    """Return the students of whom a roster has an opt-out."""
    return {each.id for each in roster.students if each.opt_outs}


def state_choices(services: Services, kind: Literal["none", "later"], why: str, by: Actor) -> ChoiceSource:
    """Keep the statement that rosters have no opt-outs (`none`: they are entered by hand), or that they are still to come.

    While they are to come, what rests on directory information is referred. Raises InputError if `by` is not the custodian or
    a designee, and if `why` is empty.
    """
    check_custodian(by, "states where families' opt-outs come from")
    if not why.strip():
        raise InputError("say how families' answers are kept, and where: --why")
    said = ChoiceSource(kind, services.now(), by, why=why.strip())
    with services.store.writing() as unit:
        unit.people.add_choice_source(said)
        _record(services, unit, "choices", None, by, {"choices": _plain_source(said), "why": said.why})
    return said


def state_notice(
    services: Services,
    students: Collection[str] | None,
    what: Literal["answered", "notified"],
    on: date,
    why: str,
    by: Actor,
) -> ClosedLinks:
    """Keep that the families of new students answered the notice on a day, or were given it; return the links this closed.

    None: of all students who wait today. A family that has answered waits no longer; one that was given the notice has its
    time from that day, and the district's where it is the day of the annual notice. Raises InputError if `by` is not the
    custodian or a designee, if `why` is empty, and for a day to come or before this year's notice. Raises UnknownThing.
    """
    check_custodian(by, "states what the family of a new student was told, or answered")
    if not why.strip():
        raise InputError("say what was seen, such as the form and where it is kept: --why")
    notice, today = services.settings.district.directory_notice, services.now().date()
    if notice is None:
        raise InputError("this year's notice is not on file: record its day first, `directory_notice` in the settings")
    if on > today or on < notice:
        raise InputError(f"{on} is not between this year's notice ({notice}) and today: give the right day with --on")
    with services.store.writing() as unit:
        named = [each.id for each in waiting(services, unit)] if students is None else sorted(students)
        for student in named:
            unit.people.set_notice(student, services.now(), **{f"{what}_on": on})
            _record(services, unit, "family-notice", student, by, {what: on, "why": why})
        fell = close_refused_links(services, unit)
    return after_closing_for_third_parties(services, fell)


def take_back_answer(services: Services, student: str, why: str, by: Actor) -> tuple[date, ClosedLinks]:
    """Keep that a family has not answered the notice, as where the answer was another child's: it has its time again.

    Return the day on which it was said to have answered, and the links that this closed. Raises InputError if `by` is not the
    custodian or a designee, if `why` is empty, and where no answer is on file; UnknownThing.
    """
    check_custodian(by, "states what the family of a new student was told, or answered")
    if not why.strip():
        raise InputError("say how the mistake came about: --why")
    with services.store.writing() as unit:
        answered_on = unit.people.need(student).answered_on
        if answered_on is None:
            raise InputError(f"no answer of the family of {student} is on file: leave --never out")
        unit.people.take_back_answer(student, services.now())
        _record(services, unit, "family-notice", student, by, {"never_answered": answered_on, "why": why})
        fell = close_refused_links(services, unit)
    return answered_on, after_closing_for_third_parties(services, fell)


def waiting(services: Services, unit: Unit) -> list[StudentRecord]:
    """Return the students on the roster who count as opted out today because their families may still answer the notice."""
    today, district = services.now().date(), services.settings.district
    known = ((each, may_answer_until(each, district)) for each in unit.people.students(active_only=True))
    return [each for each, until in known if until is not None and today <= until]


def last_choice_source(services: Services) -> ChoiceSource | None:
    """Return what was last said of where families' opt-outs come from; None if nothing was."""
    with services.store.reading() as unit:
        return unit.people.choice_source()


def import_consents(
    services: Services, consents: tuple[Consent, ...], proofs: tuple[str | None, ...], by: Actor
) -> tuple[int, ClosedLinks]:
    """Keep consents with their proofs; return how many are new or newly revoked, and the links that this closed.

    Raises InputError for an unknown purpose, and where one that is new could never count; then nothing is kept.
    """
    known = services.settings.purposes
    consents = tuple(_consented(each, known) for each in consents)
    with services.store.writing() as unit:
        new = _new_consents(services, unit, consents)
        _check_can_count(services, new, unit.people.students_of({each.student for each in new}))
        revoked = _newly_revoked(services, unit, consents)
        taken_back = _revoked_by(unit, consents)
        count = keep_consents(unit, consents, services.now(), proofs, purposes=known)
        if count:
            _record(services, unit, "consents", None, by, {"count": count})
        fell = close_refused_links(services, unit)
        filed = file_take_downs(services, unit, taken_back)
    closed = after_filing(services, after_closing_for_third_parties(services, fell), filed)
    return count, with_sets(services, closed, revoked)


def _new_consents(services: Services, unit: Unit, consents: Collection[Consent]) -> list[Consent]:
    """Return those of the consents that are not on file. INVARIANT: nothing stops the revocation of one that is."""
    known, whose = services.settings.purposes, {each.student for each in consents}
    on_file = {replace(_consented(each, known), revoked_on=None) for _, each in _on_file(unit, whose, known)}
    return [each for each in consents if replace(each, revoked_on=None) not in on_file]


def _with_consents_that_count(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport
) -> tuple[RosterImport, tuple[str, ...]]:
    """Return a roster without the new consents that can never count, and a note on each that says by its row why.

    Families' opt-outs in the same files wait for nobody who signed wrongly.
    """
    if not roster.consents:
        return roster, ()
    new, today = set(_new_consents(services, unit, roster.consents)), services.now().date()
    now = {each.id: each for each in as_kept(known, roster)}
    stated = {each: replace(now[each], guardianships=known[each].guardianships) for each in now.keys() & known.keys()}
    records = {**known, **now, **stated}
    kept, told = [], []
    for index, consent in enumerate(roster.consents):
        why = _never_counts(services, consent, records.get(consent.student), today) if consent in new else None
        if why is None:
            kept.append(index)
        else:
            row = roster.consent_rows[index] if index < len(roster.consent_rows) else "a consent"
            told.append(f"{row} ({consent.student}) was not recorded, since it could never count: {why}")
    if not told:
        return roster, ()
    more = (f"and {len(told) - _MOST_TOLD} more consents that could never count",) if len(told) > _MOST_TOLD else ()
    counting = replace(
        roster,
        consents=tuple(roster.consents[each] for each in kept),
        proofs=tuple(roster.proofs[each] for each in kept if each < len(roster.proofs)),
        consent_rows=tuple(roster.consent_rows[each] for each in kept if each < len(roster.consent_rows)),
    )
    return counting, (*told[:_MOST_TOLD], *more)


def roster_of_plugin(services: Services, plugin: str) -> RosterImport:
    """Return the roster of a third party. Raises PluginError if it fails, has none, or gives one that is wrong."""
    heard = next(iter(services.third_parties.load_roster(plugin, services.pseudonyms)), None)
    if heard is None:
        raise PluginError(
            f"the plugin '{plugin}' has no roster to give: is it installed, and does it answer load_roster?"
        )
    if heard.value is None:
        raise PluginError(
            f"the plugin '{plugin}' failed (error {heard.error}): nothing was imported; mend it, the log says where"
        )
    roster = heard.value
    if any(record.id != services.pseudonyms.student(record.roster_id or "-") for record in roster.students):
        raise PluginError(
            f"the plugin '{plugin}' gives students other ids than the pseudonyms of their roster ids: mend it"
        )
    if not roster.students and roster.whole:
        raise PluginError(
            f"the plugin '{plugin}' names no student, as if everyone had left: nothing was imported; mend it"
        )
    return _with_own_answers(services, plugin, replace(roster, kind="plugin"))


_LEFT_OUT = (
    "the plugin says which families answered, and that does not count: the district's settings do not name it "
    "(`roster_answers_from`), so opt-outs that it does not have stay, and who is new keeps the time to answer"
)
_IDS_LEFT_OUT = (
    "the plugin says by which ids a file of families' answers names students, and that does not count: the district's mapping "
    "says so (`matches`)"
)


def _with_own_answers(services: Services, plugin: str, roster: RosterImport) -> RosterImport:
    """Return a third party's roster without what the district's own settings decide: whose answers count as the family's.

    By which id a file of answers names a student is the mapping's to say, so what is on file stays. That a family has
    answered, and all that it said, counts from the plugins that `roster_answers_from` names (34 CFR 99.37(a)(3)).
    """
    today = services.now().date()
    with services.store.reading() as unit:
        ids = unit.people.answers_ids()
    counts = plugin in services.settings.roster_answers_from
    students = tuple(
        replace(
            each,
            answers_id=ids.get(each.id),
            answered_on=each.answered_on if counts and each.answered_on and each.answered_on <= today else None,
            notified_on=None,
        )
        for each in roster.students
    )
    told = roster.settled or roster.answered or any(each.answered_on for each in roster.students)
    notes = roster.notes
    if told and not counts:
        roster, notes = replace(roster, settled=(), answered={}), (*notes, _LEFT_OUT)
    if any(each.answers_id not in (None, ids.get(each.id)) for each in roster.students):
        notes = (*notes, _IDS_LEFT_OUT)
    return replace(roster, students=students, notes=notes)


def forget_name(services: Services, student: str, name: str, why: str, by: Actor) -> None:
    """Stop matching a student by a former name; recordings tagged by it keep their tags until a person looks.

    Raises InputError if `by` is not the custodian or a designee, and if `why` is empty. Raises UnknownThing.
    """
    check_custodian(by, "lets go of a former name")
    if not why.strip():
        raise InputError("say why the name is not the student's any more: --why")
    with services.store.writing() as unit:
        unit.people.forget_name(student, name, services.now())
        _record(services, unit, "former-name", student, by, {"name": name, "why": why})


def _check_somebody_signs(services: Services, unit: Unit, student: str) -> None:
    """Raise InputError for a student who held the rights and has died: no consent counts. Raises UnknownThing."""
    record, today = unit.people.need(student), services.now().date()
    if record.has_died(today) and has_rights(record, today, services.rulings):
        raise InputError(
            f"{student} held the rights and has died, so nobody can sign a consent that counts: the records custodian decides "
            "what the family may see, and hands it over by hand (`dam-plugin queue close … --disclosed-to`)"
        )


def _on_file(unit: Unit, students: Collection[str], purposes: PurposeList) -> Iterator[tuple[str, Consent]]:
    """Yield the consents on file for purposes that the district knows."""
    for consent_id, consent in unit.people.consents(students):
        if consent.purpose is None or purposes.whole(consent.purpose) is not None:
            yield consent_id, consent


def _check_can_count(services: Services, consents: Collection[Consent], records: Mapping[str, StudentRecord]) -> None:
    """Raise InputError that says of each consent that can never count why, by its student."""
    today = services.now().date()
    found = [
        f"{each.student}: {why}"
        for each in consents
        if (why := _never_counts(services, each, records.get(each.student), today)) is not None
    ]
    if found:
        more = f"; and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
        raise InputError(f"nothing was recorded, since it could never count: {'; '.join(found[:_MOST_TOLD])}{more}")


def _never_counts(services: Services, consent: Consent, record: StudentRecord | None, today: date) -> str | None:
    """Return why a consent can hold for no share, with the remedy; None if it can (`terms.consent_faults`)."""
    days = _days_do_not_fit(consent, today)
    if days is not None:
        return days
    if record is None or (consent.revoked_on is not None and consent.revoked_on <= today):
        # What was taken back already is kept as history, whoever signed it.
        return None
    return _names_no_party(consent) or cannot_sign(services, consent, record, today)


def _names_no_party(consent: Consent) -> str | None:
    """Return why a party of a consent fits no recipient: it is written `ROLE:ID`, as a share does. Null where each fits."""
    for party in consent.parties:
        written, colon, person = (each.strip() for each in party.partition(":"))
        role = written.casefold().replace(" ", "_").replace("-", "_")
        if not colon or role not in RECIPIENT_ROLES:
            continue
        # The id of somebody's family may be a student's name.
        alone = f"the id alone: {person}" if person and role not in FAMILY else f"the id alone, without '{written}:'"
        return f"a consent names a party without '{written}:': write {alone}; or the role alone: {role}"
    return None


def _days_do_not_fit(consent: Consent, today: date) -> str | None:
    signed_on = consent.signed_on
    if signed_on is None:
        return None
    if signed_on > today:
        return f"it is dated {signed_on}, which is still to come: give the day on which it was signed"
    if consent.expires is not None and consent.expires < signed_on:
        return f"it ends on {consent.expires}, before it was signed on {signed_on}: look at the two days again"
    if consent.revoked_on is not None and consent.revoked_on < signed_on:
        return (
            f"it was revoked on {consent.revoked_on}, before it was signed on {signed_on}: look at the two days again"
        )
    return None


def cannot_sign(services: Services, consent: Consent, record: StudentRecord, today: date) -> str | None:
    """Return why this signature does not count today (34 CFR 99.5)."""
    if not has_rights(record, today, services.rulings):
        if consent.signed_by in record.guardians_on(today):
            return None
        return (
            "who signed it is no guardian with rights over this student's record: give the id of one (`dam-plugin student "
            "show`), or first add the parent, or whom a court made the guardian (`dam-plugin student guardian add`). A step- "
            "or grandparent, or whoever else lives with the student, signs only in the absence of a parent or guardian (34 CFR "
            "99.3, 99.30): while one is there, ask that one"
        )
    if consent.signed_by != record.id:
        return (
            "the student holds the rights now (18, or in college), so nobody else can sign (34 CFR 99.5): ask the student "
            f"for a consent, and give --signed-by {record.id}"
        )
    if consent.signed_on is not None and not has_rights(record, consent.signed_on, services.rulings):
        return (
            f"the student signed it on {consent.signed_on}, before turning 18 or attending a college: ask the student to sign "
            "again"
        )
    return None


def check_custodian(by: Actor, what: str) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError(f"only the records custodian or a designee {what}: ask them, or add --as custodian:NAME")


def _opted_out(choice: OptOut, purposes: PurposeList) -> OptOut:
    if choice.purposes is None:
        return choice
    return replace(choice, purposes=tuple(dict.fromkeys(map(purposes.need, choice.purposes))))


def _consented(consent: Consent, purposes: PurposeList) -> Consent:
    return consent if consent.purpose is None else replace(consent, purpose=purposes.need_whole(consent.purpose))


def as_district_says(services: Services, roster: RosterImport) -> RosterImport:
    """Return a roster whose choices use the district's words for purposes, and whose marks protect as the district says.

    A mark of foster care counts only with the setting `district.foster_care_is_protected`. Raises InputError.
    """
    purposes, fostered = services.settings.purposes, services.settings.district.foster_care_is_protected
    students = (
        each
        if not each.opt_outs and each.marked is None
        else replace(
            each,
            opt_outs=tuple(_opted_out(choice, purposes) for choice in each.opt_outs),
            marked=each.marked if fostered or each.marked != "foster-care" else None,
        )
        for each in roster.students
    )
    consents = (_consented(each, purposes) for each in roster.consents)
    unmarked = 0 if fostered else sum(each.marked == "foster-care" for each in roster.students)
    notes = (FOSTER_CARE.format(unmarked),) if unmarked else ()
    return replace(roster, students=tuple(students), consents=tuple(consents), notes=(*roster.notes, *notes))


def _for_yearbook(services: Services, consent: Consent) -> bool:
    return services.settings.purposes.permits(consent.purpose, PURPOSE)


def _reaches_yearbook(services: Services, choice: OptOut) -> bool:
    return services.settings.purposes.reaches(choice.purposes, PURPOSE)


def _chosen(services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport) -> set[str]:
    """Return the students whose choices, rights or enrolment a roster changes, if a yearbook may depend on these."""
    found = {each.id for each in changes(known, roster) if each.what == "leaves" or _CHOICES.intersection(each.fields)}
    return found | _newly_revoked(services, unit, roster.consents)


def _newly_revoked(services: Services, unit: Unit, consents: Collection[Consent]) -> set[str]:
    """Return the students whose yearbook consent is revoked here, but not yet on file as revoked."""
    return _revoked_by(unit, [each for each in consents if _for_yearbook(services, each)])


def _revoked_by(unit: Unit, consents: Collection[Consent]) -> set[str]:
    """Return the students of whom a file has a revoked consent that is not on file as it is there."""
    revoked = [each for each in consents if each.revoked_on is not None]
    on_file = {consent for _, consent in unit.people.consents({each.student for each in revoked})}
    return {each.student for each in revoked if each not in on_file}


def with_sets(
    services: Services, closed: ClosedLinks, students: Collection[str], since: date | None = None
) -> ClosedLinks:
    """Return the closed links, with the yearbook sets that hold files of these students; sets are not decided again.

    Also with the consents that still let these students into a yearbook when the choice is in force (from `since` on).
    """
    if not students:
        return closed
    today = services.now().date()
    with services.store.reading() as unit:
        consents = tuple(_consents_in_force(services, unit, students, max(since or today, today)))
        files = unit.exports.traces.sets_with(students)
        # A set that is still being made counts: it may be signed before anybody looks again.
        sets = [each for each in unit.exports.sets() if each.state in _SETS and each.id in files]
    if not sets and not consents:
        return closed
    in_sets = tuple(InSet(each.id, each.state == "locked", files[each.id]) for each in sets)
    student = next(iter(students)) if len(students) == 1 else None
    return replace(closed, in_sets=in_sets, student=student, consents_in_force=consents)


def _consents_in_force(services: Services, unit: Unit, students: Collection[str], day: date) -> Iterator[str]:
    """Yield the ids of yearbook consents that hold on a day although their student is then opted out of yearbooks.

    They were signed since: an opt-out makes an earlier consent doubtful (ruling consent-then-opt-out). A limit to a publisher
    or a recording is ignored.
    """
    kept = unit.people.kept_consents(students)
    for record in unit.people.students_of({each.student for each in kept}).values():
        theirs = [each for each in kept if each.student == record.id]
        for each in consents_beside(services, record, theirs, unit.people.kept_opt_outs(record.id), day):
            if each.purpose == PURPOSE and each.opens:
                yield each.id


def told_choices(services: Services, student: str, by: Actor, day: date | None = None) -> str:
    """Return what a student's opt-outs come to on a day (today, or one to come), as a sentence with the pseudonym.

    The custodian and a designee are told of consents, too: none counts for a protected student, and nobody else may know which
    students that is true of. Raises UnknownThing.
    """
    today = services.now().date()
    on = max(day or today, today)
    with services.store.reading() as unit:
        record = unit.people.need(student)
        consents = sorted(unit.people.kept_consents([student]), key=KeptConsent.order)
        opt_outs = unit.people.kept_opt_outs(student)
    until = may_answer_until(record, services.settings.district)
    told = words_of_choices(record, on, services.settings.purposes, until=until)
    if by.role in CUSTODIANS:
        told += _words_of_consents(services, record, consents, opt_outs, on)
    sentence = ChoiceTold(student, "", told).sentence(names=False)
    return sentence if on == today else f"From {on} on: {sentence}"


def _words_of_consents(
    services: Services,
    record: StudentRecord,
    consents: Collection[KeptConsent],
    opt_outs: Collection[KeptOptOut],
    on: date,
) -> str:
    beside = list(consents_beside(services, record, consents, opt_outs, on))
    counting = [each for each in beside if not each.faults]
    allowed = [each.purpose for each in counting if each.consent.assets is None]
    some = [each.purpose for each in counting if each.consent.assets is not None]
    older = [each.purpose for each in beside if each.is_doubtful]
    return words_of_consents(allowed, older, some)


def _changed_choices(
    services: Services, known: Mapping[str, StudentRecord], after: Mapping[str, StudentRecord]
) -> tuple[ChoiceTold, ...]:
    """Return what the opt-outs of each student come to after an import, of those for whom that is not as before.

    A new student is named only with an opt-out, or where the family may still answer the notice.
    """
    day, purposes, district = services.now().date(), services.settings.purposes, services.settings.district
    without = words_of_choices(StudentRecord("", "", ()), day, purposes, until=None)
    found = []
    for student, record in after.items():
        before = known.get(student)
        until = may_answer_until(before, district) if before is not None else None
        was = words_of_choices(before, day, purposes, until=until) if before is not None else without
        told = words_of_choices(record, day, purposes, until=may_answer_until(record, district))
        if told != was:
            found.append(ChoiceTold(student, record.names[0] if record.names else "", told))
    return tuple(found)


def _carry_opt_outs(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, by: Actor
) -> None:
    today = services.now().date()
    for record, other in may_have_said_no(known, roster, today):
        for choice in other.opt_outs:
            if choice.ended is None or choice.ended > today:
                unit.people.add_opt_out(record.id, choice, "carried over from another number", services.now())
                details = {"opt_out": asdict(choice), "carried_from": other.id}
                _record(services, unit, "opt-out", record.id, by, details)
        carry_protection(services, unit, other, record.id, by)
        for limit in other.limits_from(today):
            kept = unit.people.add_guardianship(replace(limit, student=record.id, lifting=None), services.now())
            user = SystemUser(limit.system_id, limit.system_name)
            record_stated(
                services, unit, unit.people.need_guardianship(kept), "carried over from another number", by, user
            )


def _record_marks(
    services: Services,
    unit: Unit,
    known: Mapping[str, StudentRecord],
    roster: RosterImport,
    by: Actor,
    source: Source,
) -> None:
    """Record of each student whom a roster marks, or marks no more, since when and by which roster."""
    for each in as_kept(known, roster):
        before = known[each.id].marked if each.id in known else None
        if each.marked != before:
            done = "marked by the roster" if each.marked else "no longer marked by the roster"
            told = {"done": done, "kind": each.marked or before, "since": services.now().date(), "from": source.name}
            record_protection(services, unit, each.id, by, told)


def _doubts(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, *, carried: bool = False
) -> tuple[str, ...]:
    today = services.now().date()
    word = services.settings.purposes.called
    imported = [(student, replace(each, purposes=None if each.purposes is None else tuple(map(word, each.purposes))))
                for student, each in unit.people.open_imported_opt_outs(today)]  # fmt: skip
    whole = unit.people.last_whole_import()
    last_whole = whole.date() if whole else None
    return doubts(
        known, roster, imported, today, carried=carried, last_whole=last_whole, active=unit.people.active_count()
    )


def _check_brings_choices(
    unit: Unit, roster: RosterImport, said: ChoiceSource | None, *, without_choices: bool
) -> None:
    """Raise InputError for an import that forgets the opt-outs which the last one took by a mapping, or that has some."""
    if without_choices and said is not None:
        raise InputError(f"this import brings opt-outs from {said.file}: leave --without-choices out")
    last = unit.people.choice_source()
    if last is None or last.kind != "mapping" or said is not None or roster.kind == "index" or without_choices:
        return
    raise InputError(
        f"nothing was imported: the last import took the opt-outs from {last.file} by {last.mapping}: give --mapping again, or "
        "say with --without-choices that this one brings none (with a mapping without `opt_outs:`, where it says more)"
    )


def _with_mapping_changes(
    services: Services, unit: Unit, roster: RosterImport, said: ChoiceSource | None
) -> tuple[RosterImport, tuple[str, ...]]:
    """Return a roster with a doubt about what its mapping reads more loosely than the last one, and notes for the person."""
    if said is None:
        return roster, () if unit.people.roster_state().knows_choices else (NOT_SAID,)
    before = unit.people.choice_source("mapping") if said.kind == "mapping" else None
    if before is None or before.mapping_sha256 == said.mapping_sha256:
        return roster, ()
    found = mapping_differences(before, said, services.settings.purposes.called)
    since = f"{said.mapping} is not the mapping of the import of {before.at:%Y-%m-%d} ({before.mapping})"
    note = f"{since}: {'; '.join(each.told for each in found) or 'it reads answers as that one did'}"
    looser = [each.told for each in found if each.looser]
    if looser:
        doubt = (
            f"{said.mapping} opts out less than the mapping of the import of {before.at:%Y-%m-%d}: {'; '.join(looser)}"
        )
        roster = replace(roster, doubts=(*roster.doubts, doubt))
    return roster, (note,)


def _notes_on_new(
    services: Services, unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport
) -> tuple[str, ...]:
    """Return how many students of an import that was made wait for their families' answer, and what ends that."""
    if not known and roster.whole:
        return ()
    today, district = services.now().date(), services.settings.district
    new = [each.id for each in roster.students if each.active and _may_be_new(known.get(each.id), district)]
    days = [may_answer_until(each, district) for each in unit.people.students_of(new).values()]
    waits = [each for each in days if each is not None and today <= each]
    if not waits:
        return ()
    told = (
        f"{len(waits)} student(s) came after the notice of {district.directory_notice}, and their families may still answer "
        f"it: until then (the last of them through {max(waits)}) they count as opted out. Where a family has answered: "
        "`dam-plugin student answered`; where all of them were given the notice on another day: `dam-plugin roster notified`"
    )
    return (told,)


def _notes_of_import(
    services: Services,
    unit: Unit,
    known: Mapping[str, StudentRecord],
    roster: RosterImport,
    again: Collection[HoldsAgain],
    by: Actor,
) -> tuple[str, ...]:
    """Return what an import leaves to be said: of new students, of what was stated by hand, of opt-outs that hold `again`."""
    return (
        *_notes_on_orders(unit, known, roster, by, services.now().date()),
        *_notes_on_guardians(known, roster),
        *_notes_on_new(services, unit, known, roster),
        *_notes_on_birthdays(known, roster, services.now().date()),
        *_notes_on_college(known, roster, services.now().date()),
        *_notes_on_deaths(known, roster),
        *(each.sentence for each in again),
    )


def _notes_on_orders(
    unit: Unit, known: Mapping[str, StudentRecord], roster: RosterImport, by: Actor, today: date
) -> tuple[str, ...]:
    """Return of which guardians it has to be said whether an order is about them; to other staff, only whose they are."""
    limited = [each.id for each in roster.students if each.id in known and known[each.id].limits_from(today)]
    records = unit.people.students_of(limited)
    untold = [each for each in (records[student] for student in limited) if each.untold_on(today)]
    if by.role in CUSTODIANS:
        return tuple(told for each in untold for told in to_be_told(each, today))
    return (TELL_WHO.format(", ".join(each.id for each in untold)),) if untold else ()


def _notes_on_guardians(known: Mapping[str, StudentRecord], roster: RosterImport) -> Iterator[str]:
    """Yield whom a roster names as a guardian who never was one, and whom it drops: that may have been a slip (34 CFR 99.4)."""
    if not roster.tells_guardians:
        return
    both = [(known[each.id], each) for each in roster.students if each.id in known]
    named = [(before.id, who) for before, each in both for who in each.guardians if before.never_was(who)]
    gone = [(before.id, who) for before, each in both for who in before.guardians if who not in each.guardians]
    if named:
        yield (
            f"{_pairs(named)}: this roster names them, and two people said that they never were a guardian of this student: "
            "they hold no right by it. Have the roster corrected; where that was wrong, two people end it, `dam-plugin student "
            "guardian end gs-… --why TEXT`, and import again"
        )
    if gone:
        yield (
            f"{_pairs(gone)}: no contact in this roster any more. What they were given, said or signed before counts as a "
            f"parent's; where one never was a guardian, as by a slip in the roster: {NEVER_WAS.format('S-…', 'G-…')}"
        )


def _pairs(found: Sequence[tuple[str, str]]) -> str:
    more = f" and {len(found) - _MOST_TOLD} more" if len(found) > _MOST_TOLD else ""
    return f"{', '.join(f'{who} of {student}' for student, who in found[:_MOST_TOLD])}{more}"


def _notes_on_birthdays(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> Iterator[str]:
    """Yield who is 18 since an earlier day than was on file, so that a parent's rights ended earlier (34 CFR 99.5(a))."""
    for each in roster.students:
        born, before = each.born, known.get(each.id)
        if born is None or before is None or before.born in (None, born):
            continue
        since, believed = comes_of_age(replace(before.student, born=born)), comes_of_age(before.student)
        if since is not None and since < today and (believed is None or since < believed):
            yield (
                f"{each.id} is 18 since {since} by the day of birth that is on file now: what a parent got from that day on, "
                "and what went out on a parent's consent, is on the record as given by mistake: `dam-plugin ledger student "
                f"{each.id} --required`"
            )


def _notes_on_college(known: Mapping[str, StudentRecord], roster: RosterImport, today: date) -> tuple[str, ...]:
    """Return of whom a roster that tells who attends a college says no, where it was stated by hand: that holds."""
    tells = roster.kind == "plain" or any(each.postsecondary for each in roster.students)
    if not roster.tells_postsecondary:
        return ()
    others = [
        each.id
        for each in roster.students
        if not each.postsecondary
        and (before := known.get(each.id)) is not None
        and (tells or before.postsecondary)
        and before.in_college_since(today) is not None
    ]
    if not others:
        return ()
    more = f" and {len(others) - _MOST_TOLD} more" if len(others) > _MOST_TOLD else ""
    told = (
        f"{', '.join(others[:_MOST_TOLD])}{more}: in college as was stated by hand, and not by this roster. What was stated "
        "holds; where a student has left, `dam-plugin student left-college S-… --why TEXT`"
    )
    return (told,)


def _notes_on_deaths(known: Mapping[str, StudentRecord], roster: RosterImport) -> tuple[str, ...]:
    """Return of whom a roster that tells deaths says otherwise than was stated by hand: what was stated holds."""
    if not roster.tells_deaths:
        return ()
    stated = {
        each.id: (each.died, day)
        for each in roster.students
        if (before := known.get(each.id)) is not None
        and (day := replace(before, died=None).death()) is not None
        and day != each.died
    }
    of_nobody = [each for each, (died, _) in stated.items() if died is None]
    of_others = [each for each, (died, _) in stated.items() if died is not None]
    told = []
    for students, says in ((of_nobody, "died, as was stated by hand, and not by this roster"),
                           (of_others, "this roster says another day of death than was stated by hand")):  # fmt: skip
        if students:
            more = f" and {len(students) - _MOST_TOLD} more" if len(students) > _MOST_TOLD else ""
            told.append(
                f"{', '.join(students[:_MOST_TOLD])}{more}: {says}. What was stated holds; where it was a mistake, `dam-plugin "
                "student alive S-… --why TEXT`, and of another day `dam-plugin student died S-… --on DAY --seen TEXT`"
            )
    return tuple(told)


def _may_be_new(before: StudentRecord | None, district: District) -> bool:
    return before is None or not before.active or may_answer_until(before, district) is not None


def _plain_source(said: ChoiceSource | None) -> dict[str, object] | None:
    if said is None:
        return None
    return {"kind": said.kind, "file": said.file, "mapping": said.mapping, "mapping_sha256": said.mapping_sha256}


def rehearse_import(
    services: Services,
    roster: RosterImport,
    source: Source = SOMEWHERE,
    *,
    same: Ids | None = None,
    others: Collection[str] = (),
    without_choices: bool = False,
) -> Rehearsed:
    """Return what an import would change, student by student, and what would have to be confirmed; change nothing.

    Raises InputError for an unknown purpose, and for an import that forgets its opt-outs, as `import_roster` does.
    """
    roster = replace(as_district_says(services, roster), ends_all=False)
    said = said_by_import(roster, source, _REHEARSES, services.now())
    with services.store.writing() as unit:
        _check_brings_choices(unit, roster, said, without_choices=without_choices)
        roster, notes = _with_mapping_changes(services, unit, roster, said)
        found = as_on_file(services, unit, roster, same or {}, others)
        roster, known = found.roster, found.known
        doubted = _doubts(services, unit, known, roster)
        roster, bare = _with_consents_that_count(services, unit, known, roster)
        with unit.rehearsal():
            purposes = services.settings.purposes
            change = apply_roster(unit, roster, services.now(), purposes=purposes, known=known)
            again = ended_wrongly(services, unit)
            notes = (*notes, *found.notes, *bare, *_notes_of_import(services, unit, known, roster, again, _REHEARSES))
            chosen = _changed_choices(services, known, known_of(unit, roster))
            shown = shown_before_import(services, unit, known, _tells_no(roster))
    return Rehearsed(change, tuple(changes(known, roster)), doubted, notes, chosen, shown)


def carry_protection(services: Services, unit: Unit, leaver: StudentRecord, student: str, by: Actor) -> None:
    """Protect a student under a new number as under the old one, by the roster's mark and by hand."""
    told = {"done": "carried over from another number", "carried_from": leaver.id}
    if leaver.marked is not None:
        unit.people.mark_protected(student, leaver.marked, services.now())
        record_protection(services, unit, student, by, {**told, "kind": leaver.marked})
    for each in leaver.protections:
        if each.is_open(services.now().date()):
            kept = unit.people.add_protection(replace(each, student=student, lifting=None), services.now())
            record_protection(services, unit, student, by, {**told, "protection": kept, "kind": each.kind})


def record_protection(services: Services, unit: Unit, student: str, by: Actor, details: Mapping[str, object]) -> None:
    """Record what became of a protection, in the sealed book: nobody but the custodian reads who is protected, and why."""
    services.ledger.append(
        unit,
        at=services.now(),
        kind="protection",
        subject="protection",
        details={"by": asdict(by), "student": student, **details},
        students=[student],
        secret=True,
    )


def _record(
    services: Services, unit: Unit, kind: str, student: str | None, by: Actor, details: Mapping[str, object]
) -> None:
    services.ledger.append(
        unit,
        at=services.now(),
        kind=kind,
        subject=kind,
        details={"by": asdict(by), **details},
        students=[student] if student else [],
    )
