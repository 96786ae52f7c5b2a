"""Destroys recordings that are due: every version, their sidecars and the plugin's copies. The log is kept forever.

A custodian orders it; a second person agrees if the recording has an official use. What a court orders to be destroyed is
due by the order, whatever the rules say, and always takes two people and a copy of the paper. A held recording is never
destroyed (`sharing/held.py`), nor what an open request may ask for in words (`requests_in_words.py`). If the rule says so, each
family is informed before: "The public agency must inform parents when personally identifiable information … is no longer
needed to provide educational services to the child", and "the information must be destroyed at the request of the parents"
(34 CFR 300.624); who may ask for that is in `destruction_rights.py`. The record of disclosures stays (`forget.py`). So do the
recording's restrictions and the digest of its picture: a copy that is uploaded later is restricted again. Whom the recording
showed is kept, by pseudonym, in the ledger's entry alone, and so is who asked for it: a family that asked for recordings of
its child is told that one was destroyed (`destroyed_recordings.py`).
Yearbook sets and backups are not touched.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from dam_plugin.custodian.destroyed_recordings import BEGUN, WhomShown, at_request_of, whom_shown
from dam_plugin.custodian.destruction_rights import check_family, check_may_ask, holds_today, other_holders
from dam_plugin.custodian.own_record import is_unseen
from dam_plugin.custodian.requests_in_words import (
    NOT_ASKED_FOR,
    check_not_asked_for,
    check_said,
    take_two,
    told_of,
    unheld_requests,
)
from dam_plugin.custodian.retention import Due, due_of, families, is_due
from dam_plugin.custodian.retention_rules import RetentionRules
from dam_plugin.errors import InputError, UnknownThing
from dam_plugin.gate.close_links import after_closing, close_in_transaction
from dam_plugin.intake import two_people
from dam_plugin.intake.events import described_by
from dam_plugin.intake.two_people import WHO_CAN
from dam_plugin.ledger.chain import DESTRUCTION
from dam_plugin.library.sidecars import seen_beside
from dam_plugin.library.storage_errors import Refused
from dam_plugin.model import CUSTODIANS, Actor, CourtOrder, LettingGo, Link, Recipient, Tagging
from dam_plugin.people.names_in_text import RosterNames
from dam_plugin.services import Services
from dam_plugin.sharing.held import check_not_held
from dam_plugin.sharing.published_copy import ON_RECORD
from dam_plugin.store import Destruction, StoredAsset, StoredRequest, SystemUser, Unit
from dam_tagging.metadata.sidecars.sidecar import is_of_a_folder, starts

LONGEST_TEXT = 500
# Instead of a student: the day is for every family.
ALL_FAMILIES = ""
# Stands where else the rule and its source stand.
BY_COURT = "order of a court"
_WHY_CLOSED = "the recording was destroyed"


@dataclass(frozen=True, slots=True)
class Order:
    """An order to destroy: the reason, the day of the parents' request, and the days on which families were informed.

    `notified`: a student of the family by pseudonym (`ALL_FAMILIES`: every family), and the day. `court`: a court orders
    it, so that it is due now. `not_asked_for`: the requests (`RQ-…`) that ask in words, and not for it. `asked_by`: who
    asked on the day `parents_asked`, a parent or the student with the rights.
    """

    why: str
    parents_asked: date | None = None
    notified: tuple[tuple[str, date], ...] = ()
    court: OrderedBy | None = None
    not_asked_for: tuple[str, ...] = ()
    asked_by: Recipient | None = None


@dataclass(frozen=True, slots=True)
class OrderedBy:
    """A court's order: its number, its day, and the SHA-256 of the kept copy. The second person needs the number alone."""

    id: str
    day: date | None = None
    paper: str | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """The result of an order for one recording: it waits for a second person (`asked`), still runs, or is done.

    `refused` counts versions that the storage did not delete. `sets` are yearbook sets with a copy. `elsewhere` are the
    other keys with the same picture. `is_beside_order`: it is said not to be what a subpoena or court's order asks for.
    `others` are the parents who hold the right too where one of them asked for it, while it waits for a second person.
    """

    key: str
    destruction: Destruction
    refused: int = 0
    sets: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    is_beside_order: bool = False
    others: tuple[str, ...] = ()


def destroy(
    services: Services, rules: RetentionRules | None, keys: Sequence[str], order: Order, by: Actor, user: SystemUser
) -> list[Ordered]:
    """Destroy recordings that are due, or keep the order if a second person has to agree. All are checked first.

    The same order again finishes an interrupted destruction. `rules` may be None where a court orders it. Raises InputError
    for a role that is not the custodian or a designee, without a reason, for a recording that is not due, for families that
    were not informed, for a court's order without its paper or its day, at the word of who does not hold the rights, or if the
    same person agrees, or another one to something else; Held; UnknownThing. Nothing is destroyed then.
    """
    check_order(services, order, by, user)
    wish = LettingGo(by, user.id, user.name, services.now(), order.why)
    closed: list[Link] = []
    with services.store.writing() as unit:
        unit.referrals.one_at_a_time()
        asking = unheld_requests(services, unit, order.not_asked_for)
        decided = [_decided(services, unit, rules, key, order, wish, asking) for key in dict.fromkeys(keys)]
        for each in decided:
            if each.destruction.state == "destroying":
                closed += _begun(services, unit, each.key)
    after_closing(services, closed)
    return [_carried_out(services, each, order) if each.destruction.state == "destroying" else each for each in decided]


def check_order(services: Services, order: Order, by: Actor, user: SystemUser) -> None:
    """Raise InputError for an order that may not be given, whatever the recordings are; before a paper is kept."""
    _check(by, order, user)
    _check_days(services, order)
    with services.store.reading() as unit:
        _check_names(unit, order.why, order.court.id if order.court else "")
        check_said(services, unit, order.not_asked_for)


def log_of(services: Services) -> list[Destruction]:
    """Return the log: every destruction that is done, running or waiting for a second person."""
    with services.store.reading() as unit:
        return [each for each in unit.destructions.listed() if each.state != "dropped"]


def _check(by: Actor, order: Order, user: SystemUser) -> None:
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee destroys recordings: add --as custodian:NAME")
    two_people.require_person(user, "destroys nothing", "dam-plugin retention destroy KEY …")
    if not order.why.strip() or len(order.why) > LONGEST_TEXT or not order.why.isprintable():
        raise InputError(
            f"a destruction needs its reason in one line of at most {LONGEST_TEXT} characters: give --why TEXT"
        )
    if order.court is not None:
        _check_court(order, order.court)
    if (order.parents_asked is None) is not (order.asked_by is None):
        raise InputError(
            "a request to destroy it has its day and who made it (34 CFR 300.624(b), 300.625(b)): give --parents-asked DAY "
            "with --asked-by parent:G-… or eligible_student:S-…"
        )
    if order.asked_by is not None:
        check_family(order.asked_by)


def _check_court(order: Order, court: OrderedBy) -> None:
    if not court.id.strip() or len(court.id) > LONGEST_TEXT or not court.id.isprintable():
        raise InputError(
            f"the number of the court's order is one line of at most {LONGEST_TEXT} characters: give --order ID"
        )
    if order.parents_asked is not None or order.asked_by is not None:
        raise InputError(
            "a recording is destroyed by a court's order or at somebody's request: leave --parents-asked and --asked-by out"
        )


def _check_names(unit: Unit, why: str, order: str) -> None:
    """Raise InputError if the reason or the order's number names a student or a guardian: the log is kept forever."""
    names = RosterNames(unit.people.stream())
    for text, option in ((why, "--why"), (order, "--order")):
        if text and names.named_in(text):
            raise InputError(
                f"{option} seems to name a student, and the log is kept forever: write it without names, numbers and pseudonyms"
            )


def _check_days(services: Services, order: Order) -> None:
    today = services.now().date()
    ordered = order.court.day if order.court else None
    days = (("--parents-asked", order.parents_asked), ("--ordered", ordered))
    for option, day in (*days, *(("--notified", day) for _, day in order.notified)):
        if day is not None and day > today:
            raise InputError(f"{option} {day} is in the future, today is {today}: give the day on which it happened")


def _decided(
    services: Services,
    unit: Unit,
    rules: RetentionRules | None,
    key: str,
    order: Order,
    wish: LettingGo,
    asking: Collection[StoredRequest],
) -> Ordered:
    """Keep the order for one recording, or start it; `asking` has the `unheld_requests`.

    Raises if the recording may not be destroyed.
    """
    stored = _need(unit, key)
    known = unit.destructions.waiting(key)
    if known is not None and known.state == "destroying":
        return _told(unit, stored, known)
    if known is not None and known.asset_id != stored.asset.id:
        # The order was about an earlier version.
        unit.destructions.drop(known)
        known = None
    known = _same_ground(unit, known, order)
    known = _same_request(services, unit, rules, stored, known, order, wish)
    what = "the recording is not destroyed"
    check_not_held(unit, [key], services.now().date(), what=what)
    check_not_asked_for(unit, asking, what=what)
    if known is not None:
        order = replace(order, notified=(*known.notified, *order.notified))
    is_beside_order = take_two(unit, order.not_asked_for)
    if order.court is not None:
        new = _new_by_court(stored, order.court, known, order, wish)
    else:
        due = _due(services, rules, stored, order)
        _check_request(services, unit, stored, due, order)
        _check_told(services, unit, due, order)
        # One parent's demand destroys what the other may still want to see, and one person's reading what an order asks for.
        needs_two = due.needs_two or order.parents_asked is not None or is_beside_order
        new = _new(stored, due, order, wish, is_alone=not needs_two)
    if known is None:
        begun = new
        unit.destructions.add(begun)
    else:
        _check_another(known, wish)
        begun = unit.destructions.change(replace(known, agreed=wish, state="destroying", notified=order.notified))
    if begun.state == "destroying":
        shown = whom_shown(unit, key, services.now().date())
        _record(services, unit, begun, BEGUN, wish, shown=shown, not_asked_for=told_of(unit, order.not_asked_for))
    else:
        _record(services, unit, begun, "asked", wish)
    others: tuple[str, ...] = ()
    if order.asked_by is not None and begun.state == "asked":
        others = other_holders(services, unit, order.asked_by, _whose(services, unit, stored))
    return replace(_told(unit, stored, begun), is_beside_order=is_beside_order, others=others)


def _same_ground(unit: Unit, known: Destruction | None, order: Order) -> Destruction | None:
    """Return the order that waits, if it rests on the same: the schedule, or the same court order.

    A court's order takes the place of one by the schedule. Raises InputError for the other way round, and for another court's.
    """
    if known is None or known.court is None:
        if known is not None and order.court is not None:
            unit.destructions.drop(known)
            return None
        return known
    if order.court is None or order.court.id.casefold() != known.court.id.casefold():
        raise InputError(
            f"{known.id} waits for a second person to carry out the court's order {known.court.id}: give --order with this "
            "number, as it stands on the paper"
        )
    if order.court.day not in (None, known.court.day) or order.court.paper not in (None, known.court.paper):
        raise InputError(
            f"{known.id} was ordered with another day or another copy of the paper ({known.court.day}): read the paper again, "
            "and leave --ordered and --file out to agree to what the first person gave"
        )
    return known


def _same_request(
    services: Services,
    unit: Unit,
    rules: RetentionRules | None,
    stored: StoredAsset,
    known: Destruction | None,
    order: Order,
    wish: LettingGo,
) -> Destruction | None:
    """Return the order that waits, if it is at the word of the same person of the same day, or by the schedule as this one.

    Else this one takes its place, and waits for another person itself: of whoever gave that one, where nobody named who asked,
    where who asked holds the rights no more, and where the schedule alone makes the recording due. Raises InputError for
    anything else: the second person reads for themselves who asked.
    """
    if known is None or known.court is not None:
        return known
    if (known.parents_asked, known.asked_by) == (order.parents_asked, order.asked_by):
        return known
    if known.asked_by is not None:
        if order.asked_by is None:
            is_open = not _is_due(services, rules, stored)
            if is_open:
                _check_another(known, wish)
        else:
            whose = _whose(services, unit, stored)
            is_open = not _is_own(known, wish) and holds_today(services, unit, known.asked_by, whose)
        if is_open:
            raise InputError(
                f"{known.id} waits for a second person at the request of somebody, and this order does not give the same "
                "person and day: read the request (34 CFR 300.624(b)), and give --parents-asked and --asked-by as it says; "
                "where the first person erred, they give the order again"
            )
    unit.destructions.drop(known)
    return None


def _whose(services: Services, unit: Unit, stored: StoredAsset) -> Collection[str]:
    """Return the students of whom a recording is a record, in any of its versions: all of them are destroyed."""
    return whom_shown(unit, stored.asset.key, services.now().date()).students | stored.machine.students


def _is_due(services: Services, rules: RetentionRules | None, stored: StoredAsset) -> bool:
    """Whether the schedule alone makes a recording due today."""
    rule = rules.of(stored) if rules else None
    return rule is not None and is_due(rule, stored, services.now().date())


def _need(unit: Unit, key: str) -> StoredAsset:
    stored = unit.assets.newest(key)
    if stored is None:
        raise UnknownThing(
            "the library has no recording with this key: `dam-plugin retention due` lists those that are due"
        )
    done = [each for each in unit.destructions.of_asset(stored.asset.id) if each.state == "done"]
    if done:
        raise InputError(f"this recording is already destroyed ({done[0].id}): see `dam-plugin retention log`")
    return stored


def _due(services: Services, rules: RetentionRules | None, stored: StoredAsset, order: Order) -> Due:
    """Return a recording with the rule by which it is due. Raises InputError if it is not due."""
    rule = rules.of(stored) if rules else None
    if rule is None:
        raise InputError("no retention rule fits this recording, so it is kept: add or correct a rule")
    day = rule.due(stored)
    today = services.now().date()
    if order.parents_asked is not None and not rule.idea_notice:
        raise InputError(
            f"the rule '{rule.name}' has no idea_notice, so a request of parents (34 CFR 300.624) does not make this one due"
        )
    if order.parents_asked is None and day is None:
        raise InputError(f"the rule '{rule.name}' keeps this recording forever")
    if order.parents_asked is None and day is not None and day > today:
        raise InputError(f"this recording is due on {day} by the rule '{rule.name}', not earlier")
    return due_of(stored, rule, ())


def _check_request(services: Services, unit: Unit, stored: StoredAsset, due: Due, order: Order) -> None:
    """Raise InputError unless who asks for the destruction of a recording may have it destroyed (34 CFR 300.624(b))."""
    if order.parents_asked is None or order.asked_by is None:
        return
    groups = families(unit, due.students, services.now().date(), services.rulings)
    if len(groups) > 1:
        raise InputError(
            f"the recording is in the records of {len(groups)} families, and the demand of one destroys no other's (34 CFR "
            "300.624(b), 99.10): keep it until it is due, and leave --parents-asked out"
        )
    if is_unseen(stored.tagging):
        raise InputError(
            "who is in this recording is not known yet, and it may be another family's record too (34 CFR 300.624(b), 99.10): "
            "say who is in it (`dam-plugin review next`), or keep it until it is due and leave --parents-asked out"
        )
    check_may_ask(services, unit, order.asked_by, _whose(services, unit, stored), order.parents_asked)


def _check_told(services: Services, unit: Unit, due: Due, order: Order) -> None:
    """Raise InputError if a family was not informed although the rule demands it (34 CFR 300.624(a))."""
    if not due.rule.idea_notice:
        return
    told = {student for student, _ in order.notified}
    groups = families(unit, due.students, services.now().date(), services.rulings)
    missing = [group for group in groups if told.isdisjoint({*group, ALL_FAMILIES})]
    if not order.notified or missing:
        whom = "; ".join(", ".join(group) for group in missing) or "no student of it is known"
        raise InputError(
            f"the rule '{due.rule.name}' covers students in special education, whose parents are informed before a destruction "
            f"(34 CFR 300.624): the day is missing for {len(missing) or 1} famil(ies); give --notified ID=DAY, or for all "
            f"families --notified DAY ({whom})"
        )


def _is_own(known: Destruction, wish: LettingGo) -> bool:
    """Whether whoever gives an order gave the one that waits."""
    return two_people.is_one_person(known.asked, wish.by, SystemUser(wish.user_id, wish.user_name))


def _check_another(known: Destruction, wish: LettingGo) -> None:
    if _is_own(known, wish):
        what = "a recording with an official use, or beside an order in words that asks for others"
        if known.court or known.parents_asked:
            what = "what a court orders" if known.court else f"a recording {at_request_of(known.asked_as)}"
        raise InputError(
            f"it takes two people to destroy {what}, and you have already ordered {known.id}: {WHO_CAN}, as another custodian "
            "or designee"
        )


def _new(stored: StoredAsset, due: Due, order: Order, wish: LettingGo, *, is_alone: bool) -> Destruction:
    return Destruction(
        id=f"ds-{secrets.token_hex(4)}",
        asset_id=stored.asset.id,
        key=stored.asset.key,
        rule=due.rule.name,
        source=due.rule.source,
        created=due.created,
        due=due.rule.due(stored),
        asked=wish,
        parents_asked=order.parents_asked,
        asked_by=order.asked_by,
        notified=order.notified,
        state="destroying" if is_alone else "asked",
    )


def _new_by_court(
    stored: StoredAsset, court: OrderedBy, known: Destruction | None, order: Order, wish: LettingGo
) -> Destruction:
    """Return the destruction that a court orders. Raises InputError where its first person gives no day or no paper."""
    if known is None and (court.day is None or court.paper is None):
        raise InputError(
            "a recording is destroyed by a court's order only with the order's day and a copy of it: give --ordered DAY and "
            "--file COPY"
        )
    return Destruction(
        id=f"ds-{secrets.token_hex(4)}",
        asset_id=stored.asset.id,
        key=stored.asset.key,
        rule=BY_COURT,
        source=BY_COURT,
        created=stored.first_seen.date(),
        due=court.day,
        asked=wish,
        notified=order.notified,
        court=CourtOrder(court.id.strip(), court.day, court.paper) if court.day and court.paper else None,
    )


def _told(unit: Unit, stored: StoredAsset, destruction: Destruction) -> Ordered:
    key = stored.asset.key
    elsewhere = {each.asset.key for each in unit.assets.copies_of(stored.asset)} - {key}
    return Ordered(key, destruction, 0, tuple(unit.exports.sets_with(key)), tuple(sorted(elsewhere)))


def _begun(services: Services, unit: Unit, key: str) -> tuple[Link, ...]:
    """Remove a recording from the library, in the transaction that starts its destruction; return the closed links."""
    closed = close_in_transaction(services, unit, unit.shares.links_of(asset_key=key), _WHY_CLOSED)
    for each in unit.assets.of_key(key):
        unit.assets.strip(each, _restrictions(each.tagging), services.now())
    return closed


def _restrictions(tagging: Tagging) -> Tagging:
    """Return the restrictions of a tagging, without pseudonyms and words: a copy that is uploaded later gets them."""
    uses = tuple(replace(use, students=()) for use in tagging.official_uses)
    return Tagging(
        state="pending",
        directory_status="not_eligible" if tagging.directory_status == "not_eligible" else "undetermined",
        official_uses=uses,
        closed="closed" if tagging.closed else None,
        confidential="confidential" if tagging.confidential else None,
        closures=tuple(dict.fromkeys(replace(each, why=each.kind) for each in tagging.closures)),
        rules_digest=tagging.rules_digest,
        tagger=tagging.tagger,
    )


def _carried_out(services: Services, ordered: Ordered, order: Order) -> Ordered:
    """Delete the objects, then keep the certificate. If the storage refuses some, the next order tries again."""
    key, destruction = ordered.key, ordered.destruction
    with services.store.reading() as unit:
        # INVARIANT: a hold that was added after the order stops it.
        stopped = f"the destruction {destruction.id} is stopped"
        check_not_held(unit, [key], services.now().date(), what=stopped)
        check_not_asked_for(unit, unheld_requests(services, unit, order.not_asked_for), what=stopped)
        copies = [each for each in unit.shares.releases_made_of(key) if each.state in ON_RECORD]
    beside, refused_beside = _deleted(services, _own_sidecars(services, key))
    versions, refused = _deleted(services, [key])
    gone, refused_copies = _deleted(services, [each.key for each in copies])
    refused += refused_beside + refused_copies
    counted = replace(
        destruction,
        versions=destruction.versions + versions + beside,
        copies=destruction.copies + min(gone, len(copies)),
    )
    with services.store.writing() as unit:
        unit.shares.move_releases([each.id for each in copies], was=ON_RECORD, state="undone")
        unit.holds.drop_locks(unit.holds.locks([key]))
        done = counted if refused else _done(services, counted)
        unit.destructions.change(done)
        if not refused:
            _record(services, unit, done, "done", done.agreed or done.asked)
    return replace(ordered, destruction=done, refused=refused)


def _own_sidecars(services: Services, key: str) -> list[str]:
    """Return the sidecars of this recording that describe no other one, also those that the host deleted (hid)."""
    listed = {each.key for start in starts(key) for each in services.library.versions_under(start)}
    names = [name for name, _ in seen_beside(key, ((each, "") for each in listed)) if not is_of_a_folder(name)]
    return [name for name in names if not set(described_by(services.library.list, name)) - {key}]


def _deleted(services: Services, keys: Iterable[str]) -> tuple[int, int]:
    """Delete every version and delete marker of these keys; return how many versions went, and how many were refused."""
    gone = refused = 0
    for key in keys:
        for version in services.library.versions(key):
            try:
                services.library.delete(key, version.version_id)
            except Refused:
                refused += 1
            else:
                gone += not version.is_marker
    return gone, refused


def _done(services: Services, destruction: Destruction) -> Destruction:
    """Return a destruction with its certificate. Of the informed families only the days are kept, of who asked the role."""
    now = services.now()
    days = tuple((ALL_FAMILIES, day) for _, day in destruction.notified)
    asked_by = Recipient(destruction.asked_by.role) if destruction.asked_by else None
    done = replace(destruction, state="done", done_at=now, key=None, notified=days, asked_by=asked_by)
    return replace(done, certificate=certificate(done))


def certificate(done: Destruction) -> str:
    """Return the certificate of a destruction, without a student's name or number."""
    people = " and ".join(_person(each) for each in (done.asked, done.agreed) if each is not None)
    if done.court is not None:
        on = f"{done.court.id} of {done.court.day}, a copy is kept (SHA-256 {done.court.paper})"
    else:
        on = f"{done.rule} ({done.source}), " + (
            f"due since {done.due}"
            if done.parents_asked is None
            else f"{at_request_of(done.asked_as)} of {done.parents_asked}"
        )
    ground = "Order of a court" if done.court else "Rule"
    told = ""
    if done.notified:
        days = sorted({day for _, day in done.notified})
        told = f" The families were informed ({', '.join(map(str, days))}; 34 CFR 300.624)."
    day = done.done_at.date() if done.done_at else None
    return (
        f"The recording {done.asset_id} of {done.created} was destroyed on {day}: {done.versions} version(s) and file(s), "
        f"{done.copies} copies. {ground}: {on}. By: {people}. Reason: {done.asked.why}.{told}"
    )


def _person(wish: LettingGo) -> str:
    return f"{wish.by.role} {wish.by.id or wish.user_name} (user {wish.user_name}, {wish.at.date()})"


def _record(
    services: Services,
    unit: Unit,
    destruction: Destruction,
    done: str,
    wish: LettingGo,
    shown: WhomShown | None = None,
    not_asked_for: Sequence[str] = (),
) -> None:
    details: dict[str, Any] = {
        "done": done,
        "destruction": destruction.id,
        "rule": destruction.rule,
        "source": destruction.source,
        "created": destruction.created,
        "due": destruction.due,
        "by": asdict(wish.by),
        "user": wish.user_name,
        "why": wish.why,
        "court": asdict(destruction.court) if destruction.court else None,
        "parents_asked": destruction.parents_asked,
        "asked_by": asdict(destruction.asked_by) if destruction.asked_by else None,
        "informed": [day for _, day in destruction.notified],
        "versions": destruction.versions,
        "copies": destruction.copies,
        "certificate": destruction.certificate,
    }
    students: Collection[str] = ()
    if shown is not None:
        students = shown.students
        details |= shown.kept
    if not_asked_for:
        details[NOT_ASKED_FOR] = list(not_asked_for)
    services.ledger.append(
        unit,
        at=services.now(),
        kind=DESTRUCTION,
        subject=destruction.asset_id,
        details=details,
        students=students,
    )
