"""Whom a look concerns that finds somebody in a recording: who was given it before, and which family was not.

The record of disclosures of whom the look found has the lines of the first by itself (`ledger/student.py`); here the work is
filed. A family that asked in words was answered without what was found later: its closed request waits for the custodian again.
What either means is the custodian's to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from dam_plugin.errors import DamPluginError
from dam_plugin.intake.strictest_tags import alike, is_same_picture, of_same_picture
from dam_plugin.ledger.corrected import went_astray
from dam_plugin.model import Actor, Outcome, Referral, Share, StudentRecord
from dam_plugin.pseudonyms import SHARE
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import due_on, offers_to_families, open_found_later
from dam_plugin.sharing.gather_case import CaseGatherer
from dam_plugin.sharing.join_request import FOUND_SETTLED, STUDENT_CORRECTED
from dam_plugin.sharing.share import case_of_share, decide_gathered, tell_custodian
from dam_plugin.store import RequestEvent, StoredAsset, StoredRequest, StoredShare, Unit
from dam_plugin.store.codec import to_plain
from dam_plugin.store.requests import FOUND_LATER

# A recording as it was tagged before, and after.
Changed = tuple[StoredAsset, StoredAsset]
_RELEASED = (Outcome.ALLOW.word, Outcome.REDACT.word)
# The outcomes of a family's request in words that were true of what was known to show its children.
CAN_BE_FOUND_LATER = ("granted", "partly", "denied", "no-such-record", "lost")
# A request is answered within 45 days of the day on which it came; none runs longer than this.
_LONGEST = timedelta(days=366)
_CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class FoundLater:
    """What was filed: work about what was given out, each with its share, and the requests of families to look at again."""

    work: tuple[tuple[Referral, Share], ...]
    requests: tuple[str, ...]


def refer_found_later(services: Services, unit: Unit, changed: Iterable[Changed], by: Actor) -> FoundLater:
    """File what a look found later, in the caller's transaction: what was given out, and what a family was not told of.

    The caller tells the custodian after the commit (`tell_found_later`).
    """
    both = [(before, after) for before, after in changed if after.tagging.students - before.tagging.students]
    requests = [each for pair in both for each in _note_in_requests(services, unit, *pair, by)]
    return FoundLater(tuple(_refer_given_out(services, unit, both)), tuple(requests))


def tagged_before(unit: Unit, stored: StoredAsset, before: StoredAsset | None) -> StoredAsset | None:
    """Return what a version's tags are compared with to tell whom it finds: where it is a copy, or was moved, the same picture.

    `before` is the version before under its key.
    """
    if before is not None and is_same_picture(before.asset, stored.asset):
        return before
    same = of_same_picture(stored.asset, unit.assets.same_picture(stored.asset))
    return max(same, key=lambda each: (each.current, each.first_seen, each.asset.id), default=before)


def tell_found_later(services: Services, found: FoundLater) -> None:
    """Tell the custodian of what was filed, once it is kept."""
    for referral, given in found.work:
        tell_custodian(services, referral, given)
    for each in found.requests:
        services.third_parties.notify(
            "custodian",
            f"The request {each}: a recording that the library had when it was closed shows a student about whom it asks: "
            f"`dam-plugin request show {each}`",
        )


def _note_in_requests(
    services: Services, unit: Unit, before: StoredAsset, after: StoredAsset, by: Actor
) -> Iterator[str]:
    """Let each closed request in words wait for a look that was answered without this recording; yield its number.

    INVARIANT: "The agency or institution shall not destroy any education records if there is an outstanding request to
    inspect and review the records" (34 CFR 99.10(e)): from here on it holds again what shows its students. Of several
    recordings that are found the first begins the clock, and what shows the students is listed by `request show`.
    """
    now, today = services.now(), services.now().date()
    found = unit.people.students_of(after.tagging.students - before.tagging.students)
    family = {student: _family_of(record, services) for student, record in found.items()}
    left, kept = keys_left(unit, after), _kept_since(unit, after)
    for request in unit.requests.closed_in_words(frozenset().union(*family.values()), kept - _LONGEST):
        events = unit.requests.events(request.id)
        asked = unit.requests.asked_students(request) - _wrong_students(events)
        theirs = sorted(each for each in found if each in asked and request.recipient.id in family[each])
        if (
            not theirs
            or not is_left_unanswered(services, unit, after, events)
            or _is_answered(services, unit, request, {after.asset.key, *left})
        ):
            continue
        details: dict[str, object] = {
            "students": theirs,
            "recording": services.pseudonyms.outside(after.asset.key),
            "due": {FOUND_LATER: due_on("found_later", today, services.settings.district.holidays)},
        }
        _begin(services, unit, request, details, by, now)
        yield request.id


def is_left_unanswered(services: Services, unit: Unit, stored: StoredAsset, events: Iterable[RequestEvent]) -> bool:
    """Whether a request was closed, by its events, while the library had a recording, and nobody said that it is not about it.

    The library had it since it has the picture under any key: what is moved is no other record.
    """
    closed: RequestEvent | None = None
    settled: set[str] = set()
    for each in events:
        if each.kind == _CLOSED:
            closed = each
        elif each.kind == FOUND_SETTLED:
            settled.update(each.content["recordings"])
    if closed is None or closed.content["outcome"] not in CAN_BE_FOUND_LATER:
        return False
    called = {services.pseudonyms.outside(each) for each in (stored.asset.key, *keys_left(unit, stored))}
    if called.intersection((*settled, *closed.content.get("not_about", ()))):
        return False
    return stored.first_seen <= closed.at or _kept_since(unit, stored) <= closed.at


def keys_left(unit: Unit, stored: StoredAsset) -> frozenset[str]:
    """Return the other keys under which a picture was last, and is in the library no more: it was moved from there."""
    same = of_same_picture(stored.asset, unit.assets.same_picture(stored.asset))
    return frozenset(each.asset.key for each in same if each.current and each.deleted) - {stored.asset.key}


def _kept_since(unit: Unit, stored: StoredAsset) -> datetime:
    """Return since when the library has a picture under any key, or one that may be the same, or that it looks like."""
    versions = (stored, *unit.assets.same_picture(stored.asset), *alike(unit, stored.asset))
    return min(each.first_seen for each in versions)


def _wrong_students(events: Iterable[RequestEvent]) -> set[str]:
    """Return the students for whom a request was entered by mistake, as two people said.

    That it was closed as not about what showed a student then says nothing of what is found later.
    """
    wrong: set[str] = set()
    for each in events:
        if each.kind == STUDENT_CORRECTED:
            student = {str(each.content["student"])}
            wrong = wrong - student if each.content.get("stands") else wrong | student
    return wrong


def _family_of(record: StudentRecord, services: Services) -> frozenset[str]:
    """Return who may inspect a student's record today, as `People.family_of` has it."""
    day = services.now().date()
    others = (*record.representatives_on(day), *record.own_representatives_on(day))
    return frozenset((record.id, *record.guardians_on(day), *others))


def _is_answered(services: Services, unit: Unit, request: StoredRequest, keys: Collection[str]) -> bool:
    shares = [each for each in unit.requests.parts(request.id) if each.startswith(SHARE)]
    not_given = unit.shares.closed_unopened(shares) | went_astray(unit, services.ledger, shares, request.recipient)
    given = (each.share for each in unit.shares.stored_of(shares) if each.outcome != Outcome.REFER.word)
    return any(each.asset_key in keys and each.id not in not_given for each in given)


def _begin(
    services: Services, unit: Unit, request: StoredRequest, details: dict[str, object], by: Actor, now: datetime
) -> None:
    number, content = unit.requests.next_number(request.id), to_plain(details)
    event = RequestEvent(request.id, number, FOUND_LATER, now, now, by, None, content)
    unit.requests.begin_clock(event, FOUND_LATER, now.date())
    told = {"request": request.id, "event": number, "done": FOUND_LATER, "on": now, "by": asdict(by), **content}
    students = sorted({*request.students, *content["students"]})
    services.ledger.append(unit, at=now, kind="request", subject=request.id, details=told, students=students)


def _refer_given_out(services: Services, unit: Unit, changed: Iterable[Changed]) -> list[tuple[Referral, Share]]:
    """File that somebody was given a recording that shows students whom no tag named then, in the caller's transaction.

    It is filed for the students whom today's decision on the same share refuses or hides, with the last share that showed
    them. Nothing is where nobody saw the recording; what is under a seal is left out.
    """
    filed = []
    for before, after in changed:
        shown = _shown(services, unit, before, after)
        if shown:
            last = max(shown.values(), key=lambda each: each.at).share
            filed.append((open_found_later(services, unit, last, sorted(shown)), last))
    return filed


def _shown(services: Services, unit: Unit, before: StoredAsset, after: StoredAsset) -> dict[str, StoredShare]:
    """Return the students who were found now and were given out before, each with the last share that showed them."""
    found = after.tagging.students - before.tagging.students
    shown: dict[str, StoredShare] = {}
    if not found:
        return shown
    gathering = CaseGatherer(unit, services.settings, services.now().date(), rulings=services.rulings)
    for given in _given_out(unit, after):
        known = {*given.decision.get("basis", ()), *given.decision.get("redact", ())}
        shown |= dict.fromkeys(_refused_today(services, unit, gathering, after, given.share, found - known), given)
    return shown


def _given_out(unit: Unit, stored: StoredAsset) -> list[StoredShare]:
    """Return the shares by which somebody got this picture, also as a former version under its key, or before it was moved."""
    keys = [stored.asset.key, *sorted(keys_left(unit, stored))]
    known = (each for key in keys for each in unit.assets.of_key(key))
    versions = {each.asset.id for each in of_same_picture(stored.asset, known)}
    shares = [
        each
        for each in unit.shares.of_keys(keys)
        if each.outcome in _RELEASED and each.asset_id in versions and not each.share.secret
    ]
    unopened = unit.shares.unopened(each.share.id for each in shares)
    return [each for each in shares if each.share.id not in unopened]


def _refused_today(
    services: Services,
    unit: Unit,
    gathering: CaseGatherer,
    stored: StoredAsset,
    request: Share,
    found: Collection[str],
) -> set[str]:
    """Return those of these students whom the same share would not show today, and open the offers that it would bring."""
    if not found:
        return set()
    try:
        case = case_of_share(services, gathering, stored, request)
        decision = decide_gathered(gathering, case, request, services.rulings)
    except DamPluginError:
        return set(found)
    if request.kind == "request":
        # Of several families each is offered what one of them was given (EX2-MULTI).
        offers_to_families(services, unit, replace(request, at=None), case, decision)
    if decision.outcome > Outcome.REDACT:
        return set(found)
    return set(found).intersection(decision.redact)
