"""What the district itself has published of a student and may not show any more: staff take it down (34 CFR 99.30, 99.37).

A link closes by itself, and a page of the district's own does not: each such publication is work for the custodian, of the
kind `take_down`, until somebody says that it is down. It comes with a family's answer, and with a look or a name in a file by
which a publication shows somebody whose answer is on file. Printed yearbooks are not among it: `yearbook/recall.py` has those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dam_plugin.errors import DamPluginError
from dam_plugin.gate.close_links import ClosedLinks, StillPublished
from dam_plugin.intake.found_later import Changed
from dam_plugin.intake.strictest_tags import is_same_picture, of_same_picture
from dam_plugin.model import Outcome, Referral, ReferralKind, Share, StudentRecord, role_and_id
from dam_plugin.people.parents_right import nobody_could_sign
from dam_plugin.procedure.case import Case
from dam_plugin.procedure.terms import Terms, consent_faults, has_rights, seen_as_ruled, terms_of
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import open_take_down, take_down_key
from dam_plugin.sharing.gather_case import CaseGatherer, opt_outs_for
from dam_plugin.sharing.share import case_of_share, tell_custodian
from dam_plugin.store import Unit
from dam_plugin.store.ledger_subjects import ShareTrace
from dam_plugin.store.sets import PURPOSE
from dam_tagging.facts import Tagging

# How the closing of such work begins: what became of the publication.
TAKEN_DOWN, PERMITTED_AGAIN = "taken down", "permitted again"
# How far back consents are looked for whose last day is over.
_LOOKED_BACK = timedelta(days=90)
_LONGEST_18_YEARS = timedelta(days=18 * 365 + 6)
_RELEASED = (Outcome.ALLOW.word, Outcome.REDACT.word)
_DIRECTORY, _CONSENT = "EX4", "EX3"
# Faults of a consent that never covered the publication.
_NOT_OF_THIS = frozenset({"purpose", "party", "asset"})
# What tags say of a recording, so that it is no directory information, or no longer.
_SHUT = frozenset({"EX4-DISCIPLINE", "EX4-NOT-DIRECTORY", "CLOSED", "CONFIDENTIAL"})
# Faults of a consent that covered it, and ended.
_ENDED = frozenset({"revoked", "expired"})


@dataclass(frozen=True, slots=True)
class ToTakeDown:
    """What is to be taken down of some students, and the work that is new, each with the share that published it."""

    publications: tuple[StillPublished, ...] = ()
    opened: tuple[tuple[Referral, Share], ...] = ()

    def __add__(self, other: ToTakeDown) -> ToTakeDown:
        """Return both together."""
        return ToTakeDown(self.publications + other.publications, self.opened + other.opened)


def file_take_downs(services: Services, unit: Unit, students: Collection[str]) -> ToTakeDown:
    """File that publications of the district be taken down that these families' answers reach, in the caller's transaction.

    Work that waits already is told again; what was said to be taken down is not. The caller has the answers on file in this
    transaction, and tells the custodian after the commit (`after_filing`).
    """
    filed = ToTakeDown()
    shared = unit.entries.subjects.students_shared(students)
    for record in unit.people.students_of(shared | unit.entries.with_shares(students, "")).values():
        found = [(each, _work_on(unit, each, record)) for each in _reached(services, unit, record)]
        filed += _filed(services, unit, record, found)
    return filed


def file_of_changed(services: Services, unit: Unit, changed: Iterable[Changed]) -> ToTakeDown:
    """File that publications of the district be taken down that show, as recordings are tagged now, who said no before.

    So it is with what may not be shown any more of anybody, since it is no directory information after all, or is closed: once
    for each publication, of whichever student. In the caller's transaction, once `refer_found_later` has filed what somebody
    saw: that work does for its own share and students, and is told as the work that waits. The caller tells the custodian
    after the commit (`tell_to_take_down`).
    """
    filed, today = ToTakeDown(), services.now().date()
    for before, after in changed:
        if before.tagging == after.tagging:
            continue
        same = {each.asset.id for each in of_same_picture(after.asset, unit.assets.of_key(after.asset.key))}
        is_shut = _of_tags(before.tagging) != _of_tags(after.tagging)
        for _, record in sorted(unit.people.students_of(after.tagging.students).items()):
            said_no = record.will_be_protected(today) or any(each.is_open(today) for each in record.opt_outs)
            if not (said_no or is_shut):
                continue
            found = [(each, _work_on(unit, each, record)) for each in _reached(services, unit, record, versions=same)]
            # Whoever closed what was found later has judged of this share and student.
            open_to_judge = [pair for pair in found if pair[1] or not _found_later_on(unit, pair[0], record)]
            if not said_no:
                open_to_judge = [pair for pair in open_to_judge if pair[1] or not _waits(unit, pair[0])]
            filed += _filed(services, unit, record, open_to_judge)
    return filed


def _of_tags(tagging: Tagging) -> tuple[object, ...]:
    """Return what tags say of whether a recording may be shown as directory information, or at all."""
    return tagging.directory_status, tagging.official_uses, tagging.closed, tagging.confidential, tagging.closures


def _waits(unit: Unit, published: ShareTrace) -> bool:
    return any(each.is_open for each in _work(unit, published))


def file_of_ended_consents(services: Services) -> ToTakeDown:
    """File that publications be taken down that stood on a consent that ended by itself, and tell the custodian.

    Its last day is over; or a parent signed it after a no that holds, and the student holds the rights since (34 CFR 99.5(a)).
    No family answers on that day, so it is looked for (`reconcile`, `doctor --repair`); twice, it files nothing more.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        students = unit.people.with_consents_that_ended(today - _LOOKED_BACK, today) | _came_of_age(services, unit)
    if not students:
        return ToTakeDown()
    with services.store.writing() as unit:
        filed = file_take_downs(services, unit, students)
    tell_to_take_down(services, filed)
    return filed


def _came_of_age(services: Services, unit: Unit) -> set[str]:
    """Return the students with a parent's consent who hold the rights since a short time: by age, or in a college."""
    today = services.now().date()
    before = today - _LOOKED_BACK
    # A little more than those days: whether somebody turned 18 in them is asked of their record.
    born = unit.people.born_between(before - _LONGEST_18_YEARS, today - _LONGEST_18_YEARS + timedelta(days=5))
    in_college = {each.id for each in unit.people.ever_stated(["college"])}
    kept = unit.people.kept_consents(born | in_college)
    others = (each for each in kept if each.consent.revoked_on is None and each.consent.signed_by != each.student)
    known = unit.people.students_of({each.student for each in others})
    return {
        each.id
        for each in known.values()
        if has_rights(each, today, services.rulings) and not has_rights(each, before, services.rulings)
    }


def tell_to_take_down(services: Services, filed: ToTakeDown) -> None:
    """Tell the custodian of the work that is new, once it is kept."""
    for referral, share in filed.opened:
        tell_custodian(services, referral, share)


def after_filing(services: Services, closed: ClosedLinks, filed: ToTakeDown) -> ClosedLinks:
    """Tell the custodian of the work that is new; return the closed links with what is still published."""
    tell_to_take_down(services, filed)
    return replace(closed, still_published=filed.publications)


def purposes_to_take_down(services: Services, unit: Unit, student: str) -> tuple[str, ...]:
    """Return for what a student's publications are to be taken down that wait for it, each purpose once."""
    record = unit.people.need(student)
    found = _reached(services, unit, record)
    waiting = (each.share.purpose for each in found if _work_on(unit, each, record) is not None)
    return tuple(sorted({services.settings.purposes.called(each) for each in waiting}))


def closing_of(services: Services, unit: Unit, referral: Referral, why: str) -> str:
    """Return how work of this kind ends: the publication is down, or the family permits it again by now."""
    record = unit.people.student(referral.students[0]) if referral.students else None
    if record is None:
        return f"{TAKEN_DOWN}: {why}"
    reached = _reached(services, unit, record, share=referral.share_id)
    return f"{TAKEN_DOWN if any(reached) else PERMITTED_AGAIN}: {why}"


def _filed(
    services: Services, unit: Unit, record: StudentRecord, found: Collection[tuple[ShareTrace, Referral | None]]
) -> ToTakeDown:
    """Open the work on each publication of a student for which none waits; return all of them."""
    told: list[StillPublished] = []
    opened: list[tuple[Referral, Share]] = []
    unopened = unit.shares.unopened(each.share.id for each, _ in found)
    for published, waiting in found:
        work = waiting
        if work is None:
            # Nothing tells who is protected: not even that a protected student's publication is to be taken down.
            named = () if record.will_be_protected(services.now().date()) else (record.id,)
            work = open_take_down(services, unit, published.share, record.id, named)
            opened.append((work, published.share))
        told.append(_told(services, published, record.id, work, is_opened=published.share.id not in unopened))
    return ToTakeDown(tuple(told), tuple(opened))


def _told(
    services: Services, published: ShareTrace, student: str, work: Referral, *, is_opened: bool
) -> StillPublished:
    who = published.share.recipient
    return StillPublished(
        work=work.id,
        student=student,
        key=published.share.asset_key,
        share=published.share.id,
        published=published.at.astimezone(services.now().tzinfo).date(),
        purpose=published.share.purpose,
        to=role_and_id(who.role, who.id),
        link_opened=is_opened,
        due=work.due,
    )


def _days(services: Services, unit: Unit, record: StudentRecord) -> list[date]:
    """Return today, and the days on which answers begin that are on file and to come."""
    today = services.now().date()
    begins = {each.since for each in record.opt_outs if each.is_open(today)}
    begins |= {each.since for each in record.protections if each.is_open(today)}
    begins |= {each.revoked_on for _, each in unit.people.consents({record.id}) if each.revoked_on is not None}
    return [today, *sorted(each for each in begins if each > today)]


def _reached(
    services: Services,
    unit: Unit,
    record: StudentRecord,
    *,
    share: str | None = None,
    versions: Collection[str] | None = None,
) -> Iterator[ShareTrace]:
    """Yield the publications that show a student and that the family's answer does not permit, oldest first.

    What was said to be taken down is left out, unless it is asked for as a `share`. With `versions` only those of them.
    """
    days = _days(services, unit, record)
    gathering = [CaseGatherer(unit, services.settings, day, rulings=services.rulings) for day in days]
    for published in _published(services, unit, record.id, versions):
        if published.share.id != share and (share is not None or _is_down(unit, published)):
            continue
        if any(_is_reached(services, unit, *of_day, published, record) for of_day in zip(gathering, days, strict=True)):
            yield published


def _published(services: Services, unit: Unit, student: str, versions: Collection[str] | None) -> list[ShareTrace]:
    """Return the district's own publications of recordings that a student is in, without those whose copy hides them.

    They may be of a version before the one that is tagged with the student.
    """
    traces, purposes = unit.entries.subjects, services.settings.purposes
    listed: set[str] = set()
    if versions is None:
        listed = {entry.subject for entry, _ in services.ledger.student(unit, student) if entry.kind == "share"}
        keys = {each.key for each in traces.recordings(traces.versions_with(student)).values()}
        versions = traces.versions_of(keys)
    found = (
        each
        for each in traces.shares(ids=listed, versions=versions).values()
        if each.share.kind == "publication" and each.outcome in _RELEASED and each.is_released and not each.secret
    )
    shown = (
        each
        for each in found
        if purposes.word(each.share.purpose) != PURPOSE and student not in (each.decision.get("redact") or ())
    )
    return sorted(shown, key=lambda each: (each.at, each.share.id))


def _is_reached(
    services: Services, unit: Unit, gathering: CaseGatherer, day: date, published: ShareTrace, record: StudentRecord
) -> bool:
    """Whether a family's answer takes away what a publication of a student stood on.

    By the tags of today, since a look may have found the student, or said that it is somebody else. Of a recording that is
    destroyed none is left: then by what the publication stood on.
    """
    basis = published.decision.get("basis") or {}
    clause = basis.get(record.id)
    if clause not in (None, _DIRECTORY, _CONSENT):
        return False
    try:
        case = _case(services, unit, gathering, published)
    except DamPluginError:
        # Whether it shows the student cannot be told now: staff look.
        return _is_reached_on_file(services, unit, published, record, day)
    if case is None:
        return clause is not None and _is_reached_on_file(services, unit, published, record, day)
    terms = terms_of(case, services.rulings)
    if record.id not in terms.related:
        return False
    if _is_shut(clause, terms, record.id):
        return True
    is_permitted = record.id in terms.consented or (terms.route_open and record.id not in terms.opted_out)
    is_refused = record.id in terms.opted_out - terms.unanswered
    return not is_permitted and (
        is_refused
        or (
            clause == _CONSENT
            and (_is_taken_back(services, case, terms, record.id) or _never_stood(services, unit, published, record))
        )
    )


def _is_shut(clause: str | None, terms: Terms, student: str) -> bool:
    """Whether what a publication of a student stood on is gone by the tags: it is no directory information, or is closed."""
    if clause == _DIRECTORY and student not in terms.consented:
        return not _SHUT.isdisjoint(terms.route_closed_by)
    return clause is not None and "CONFIDENTIAL" in terms.route_closed_by


def _never_stood(services: Services, unit: Unit, published: ShareTrace, record: StudentRecord) -> bool:
    """Whether nobody could sign the consents to a publication on its day who did, by what is on file today.

    So it is where the student held the rights already (34 CFR 99.5(a)), or an order limited the parent's (34 CFR 99.4).
    """
    day = published.at.astimezone(services.now().tzinfo).date()
    case = _case(services, unit, CaseGatherer(unit, services.settings, day, rulings=services.rulings), published)
    about = next((each for each in case.students if each.id == record.id), None) if case is not None else None
    if case is None or about is None:
        return False
    signed = [
        each
        for each in case.consents
        if each.student == record.id
        and not {*consent_faults(each, seen_as_ruled(about, services.rulings), case)} & _NOT_OF_THIS
    ]
    return nobody_could_sign(signed, record, day, services.rulings)


def _case(services: Services, unit: Unit, gathering: CaseGatherer, published: ShareTrace) -> Case | None:
    """Return the case of a publication as it would be decided again; None where its tags are gone.

    What a later version of the same picture is tagged with counts for what was published of it.
    """
    version = published.asset_id or ""
    stored = unit.assets.by_id(version)
    if stored is None or unit.destructions.destroyed({version}):
        return None
    current = unit.assets.current(stored.asset.key)
    if current is not None and is_same_picture(current.asset, stored.asset):
        stored = current
    return case_of_share(services, gathering, stored, published.share)


def _is_taken_back(services: Services, case: Case, terms: Terms, student: str) -> bool:
    """Whether a consent to this publication was revoked, or its last day is over (34 CFR 99.30)."""
    about = next(each for each in case.students if each.id == student)
    faults = (
        set(consent_faults(each, seen_as_ruled(about, services.rulings), case))
        for each in case.consents
        if each.student == student
    )
    return student not in terms.consented and any(each & _ENDED and not each & _NOT_OF_THIS for each in faults)


def _is_reached_on_file(
    services: Services, unit: Unit, published: ShareTrace, record: StudentRecord, day: date
) -> bool:
    """Whether an opt-out, a protection or a consent that ended is on file for a purpose, whatever the recording shows."""
    purposes, purpose = services.settings.purposes, published.share.purpose
    if record.is_protected(day) or opt_outs_for(unit.people.kept_opt_outs(record.id), purpose, day, purposes):
        return True
    consents = [each for _, each in unit.people.consents({record.id}) if purposes.permits(each.purpose, purpose)]
    ended = [
        each
        for each in consents
        if (each.revoked_on is not None and each.revoked_on <= day) or (each.expires is not None and each.expires < day)
    ]
    is_on_consent = (published.decision.get("basis") or {}).get(record.id) == _CONSENT
    return is_on_consent and bool(ended) and len(ended) == len(consents)


def _work(unit: Unit, published: ShareTrace, kind: ReferralKind = "take_down") -> list[Referral]:
    work = unit.referrals.listed(open_only=False, asset_key=published.share.asset_key)
    return [each for each in work if each.kind == kind and each.share_id == published.share.id]


def _is_down(unit: Unit, published: ShareTrace) -> bool:
    """Whether a publication was said to be taken down, for whichever student of it."""
    return any((each.closing or "").startswith(TAKEN_DOWN) for each in _work(unit, published))


def _work_on(unit: Unit, published: ShareTrace, record: StudentRecord) -> Referral | None:
    """Return the open work on a publication of a student, also as found later; None where there is none."""
    later = (each for each in _found_later_on(unit, published, record) if each.is_open)
    return next(iter(unit.referrals.asked(take_down_key(published.share.id, record.id))), None) or next(later, None)


def _found_later_on(unit: Unit, published: ShareTrace, record: StudentRecord) -> list[Referral]:
    """Return the work on a student who was found in a publication that somebody had seen, open or closed."""
    return [each for each in _work(unit, published, "found_later") if record.id in each.students]
