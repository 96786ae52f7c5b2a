"""Adds, lists and releases holds on recordings and folders, and acknowledges alarms.

The effect of a hold is in `sharing/held.py`; undoing a deletion is in `intake/undo_deletion.py`. Only the custodian or a
designee adds or releases a hold. Releasing a hold for litigation takes two people (`intake/two_people.py`). The ledger
gets only ids: the matter of a lawsuit may contain a student's name.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from itertools import islice
from time import monotonic
from typing import get_args

from dam_plugin.errors import InputError, NotAnother, StorageError, StorageUnreachable, UnknownThing
from dam_plugin.intake import two_people
from dam_plugin.intake.events import restore_held, restore_held_lately
from dam_plugin.intake.legal_holds import lock_due
from dam_plugin.intake.two_people import WHO_CAN
from dam_plugin.intake.undo_deletion import is_destroyed
from dam_plugin.library.object_keys import MOST_KEY_BYTES, is_ours
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import CUSTODIANS, Actor, HoldGround, HoldKind, HoldSeal, LettingGo, Referral
from dam_plugin.pseudonyms import REFERRAL, REQUEST
from dam_plugin.services import Services
from dam_plugin.sharing.held import (
    APPEAL,
    ASK,
    BEFORE_MEETING,
    BEFORE_RETURN,
    CUSTODIAN,
    NOT_SEEN,
    Holding,
    holdings_on,
)
from dam_plugin.sharing.order_hold import record_hold
from dam_plugin.sharing.seal_request import seal_hold, unseal_hold
from dam_plugin.store import HeldDeletion, Hold, SystemUser, Unit
from dam_plugin.store.holds import NO_SUCH_HOLD, LockState, folders_above
from dam_plugin.store.requests import HeldByRequest, matches

LONGEST_TEXT = 500
EVERYTHING = ""
NO_PAPER = (
    "nobody is kept from knowing of a hold without the paper that says so: scan the order, or counsel's letter, and add it, "
    "--file COPY"
)
# For so long `add` and `release` set locks themselves; any running process does the rest.
_LOCK_SECONDS = 2.0
_BATCH = 200
_NO_SUCH_ROW = "nothing that holds has the id given as --after: take one of the list"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The content of a new hold: kind, matter, reason, source (such as a letter), and last day.

    `ground`: nobody but the custodian is told of it, for this reason; `paper` is the SHA-256 of the kept copy that says so.
    """

    kind: HoldKind
    matter: str
    why: str
    source: str
    until: date | None = None
    ground: HoldGround | None = None
    paper: str | None = None


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A hold with the number of its recordings, whether it holds today, and the number of locked versions.

    `is_locking`: locks are still being set or removed.
    """

    hold: Hold
    recordings: int
    is_in_force: bool
    locks: dict[LockState, int]
    is_locking: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """The new holds, the number of restored recordings, and the abilities of the storage."""

    places: tuple[HeldPlace, ...]
    restored: int
    storage: Storage


@dataclass(frozen=True, slots=True)
class Storage:
    """The abilities of the bucket: it can refuse to delete versions (Object Lock), and it can undo (it keeps versions).

    `expires`: a lifecycle rule deletes objects or versions. `answers` is false if the storage did not answer.
    """

    can_refuse: bool = False
    can_undo: bool = False
    expires: bool = False
    answers: bool = True

    @property
    def warning(self) -> str | None:
        """One sentence about a danger to held recordings, None if there is none."""
        if not self.answers:
            return "the storage does not answer: run `dam-plugin reconcile` later"
        if not self.can_undo:
            return (
                "the bucket keeps no versions, so a deletion cannot be undone: turn versioning on (`dam-plugin init`)"
            )
        if self.expires and not self.can_refuse:
            return (
                "a lifecycle rule of the bucket deletes objects or versions by itself, held ones too: limit it to other "
                "folders, or turn it off"
            )
        return None


@dataclass(frozen=True, slots=True)
class Released:
    """A hold after a release or the end of its seal; `waits`: nothing changes until a second person wants the same."""

    hold: Hold
    waits: bool


@dataclass(frozen=True, slots=True)
class AllHolds:
    """The holds, the open referrals that hold a recording, and what requests of the register hold."""

    holds: tuple[HeldPlace, ...]
    referrals: tuple[Referral, ...]
    requests: tuple[HeldByRequest, ...] = ()


def add(services: Services, places: Sequence[str], wanted: Wanted, by: Actor, user: SystemUser) -> Added:
    """Hold recordings and folders, all of them or none. A folder ends with `/`; `EVERYTHING` is the whole library.

    Raises InputError for a role that is not the custodian or a designee, a missing text, a last day in the past, or a place
    that is already held for the same matter; UnknownThing for an unknown recording or folder.
    """
    require_custodian(by)
    _check_wanted(services, wanted)
    keys = list(dict.fromkeys(places))
    if not keys:
        raise InputError("name the recordings to hold: give a KEY, several KEYs, or a folder that ends with '/'")
    with services.store.writing() as unit:
        holds = [_hold(services, unit, key, wanted, by, user) for key in keys]
        for hold in holds:
            unit.holds.add(hold)
            record_hold(services, unit, hold, "added", by, user)
    restored = 0
    # INVARIANT: the hold is in force even if the storage does not answer.
    with suppress(StorageUnreachable):
        # A named recording is restored in any case; a folder's recordings only if they were deleted just before.
        named = [hold.key for hold in holds if not hold.is_folder]
        restored += sum(one_of_many(partial(_brought_back, services, key)) is True for key in named)
        restored += restore_held_lately(services)
    _lock_now(services)
    with services.store.reading() as unit:
        told = tuple(_place(services, unit, hold) for hold in holds)
    return Added(told, restored, storage_of(services))


def release(services: Services, hold_id: str, why: str, by: Actor, user: SystemUser) -> Released:
    """Release a hold; for litigation, keep the first person's request until a second person releases it too.

    Raises InputError for a role that is not the custodian or a designee, without a reason, for a hold that has ended, or if
    the same person releases it twice; UnknownThing; LedgerBroken.
    """
    require_custodian(by)
    _check_text("--why", why)
    two_people.require_person(user, "releases no hold", f"dam-plugin hold release {hold_id} …")
    with services.store.writing() as unit:
        hold = unit.holds.need(hold_id)
        _check_releasable(services, hold)
        wish = LettingGo(by, user.id, user.name, services.now(), why)
        if hold.kind == "litigation" and hold.asked is None:
            unit.holds.ask_release(hold.id, wish)
            record_hold(services, unit, hold, "release asked", by, user)
            return Released(replace(hold, asked=wish), waits=True)
        if hold.kind == "litigation" and hold.asked is not None:
            _check_another(hold, hold.asked, wish, user)
        unit.holds.release(hold, wish)
        record_hold(services, unit, hold, "released", by, user)
    _lock_now(services)
    return Released(replace(hold, released=wish), waits=False)


def check_seal(services: Services, hold_id: str, by: Actor, user: SystemUser, *, has_paper: bool) -> None:
    """Raise InputError where a hold cannot be sealed by this person, before a paper is kept; UnknownThing."""
    require_custodian(by)
    two_people.require_person(user, "seals no hold", f"dam-plugin hold seal {hold_id} …")
    with services.store.reading() as unit:
        _check_sealing(unit.holds.need(hold_id), has_paper=has_paper)


def _check_sealing(hold: Hold, *, has_paper: bool) -> None:
    if not hold.secret and not has_paper:
        raise InputError(NO_PAPER)
    if hold.secret and (hold.sealing is None or not hold.sealing.is_claim):
        raise InputError(f"{hold.id} is sealed already: `dam-plugin hold show {hold.id} --sealed`")
    if hold.secret and has_paper:
        raise InputError(f"{hold.id} is sealed already, and the paper of the first person is kept: leave --file out")


def seal(services: Services, hold_id: str, ground: HoldGround, paper: str | None, by: Actor, user: SystemUser) -> Hold:
    """Take a hold out of everybody's sight but the custodian's: its matter turns out to be one that nobody is told of.

    The first person claims it, with the SHA-256 of the kept copy of what says so; a second one, who gives the same ground,
    confirms it. Until then `doctor` counts it, and `unseal` ends it at one person's word. Raises InputError for a role that is
    not the custodian or a designee, without a paper, for another ground than the claim's, for one person twice, and for a
    hold that is sealed already; UnknownThing; LedgerBroken.
    """
    check_seal(services, hold_id, by, user, has_paper=paper is not None)
    with services.store.writing() as unit:
        hold = unit.holds.need(hold_id)
        # It may have been sealed since.
        _check_sealing(hold, has_paper=paper is not None)
        wish = LettingGo(by, user.id, user.name, services.now(), ground)
        if hold.secret and hold.sealing is not None:
            _confirm_seal(services, unit, hold, hold.sealing, ground, wish, user)
        elif paper is not None:
            seal_hold(services, unit, hold, ground, HoldSeal(paper, wish), by, user)
        return unit.holds.need(hold_id)


def _confirm_seal(
    services: Services, unit: Unit, hold: Hold, sealing: HoldSeal, ground: str, wish: LettingGo, user: SystemUser
) -> None:
    two_people.check_another(sealing.claimed, wish, user)
    if hold.ground != ground:
        raise InputError(
            f"{hold.id} was sealed on another ground, '{hold.ground}': look at the paper, and confirm that ground or end the "
            f"claim: `dam-plugin hold unseal {hold.id} --why TEXT`"
        )
    unit.holds.note_sealing(hold.id, replace(sealing, confirmed=wish))
    record_hold(services, unit, hold, "seal confirmed", wish.by, user)


def unseal(services: Services, hold_id: str, why: str, by: Actor, user: SystemUser) -> Released:
    """Bring a sealed hold back on every page: its matter is not, or no longer, one that nobody is told of.

    A claim ends at one person's word. What two people sealed takes two again: the first one's wish is kept. Raises InputError
    for a role that is not the custodian or a designee, without a reason, for a hold that is not sealed, for one person twice,
    and for one that was sealed with a request and comes back with it; UnknownThing; LedgerBroken.
    """
    require_custodian(by)
    _check_text("--why", why)
    two_people.require_person(user, "unseals no hold", f"dam-plugin hold unseal {hold_id} …")
    with services.store.writing() as unit:
        hold = unit.holds.need(hold_id)
        if not hold.secret:
            raise InputError(f"{hold.id} is not sealed: `dam-plugin hold show {hold.id}`")
        given = unit.shares.stored_of([hold.share_id] if hold.share_id else [])
        if hold.ground is None or any(each.share.secret for each in given):
            raise InputError(
                f"{hold.id} was sealed with what it is held for, and comes back with it: `dam-plugin request unseal RQ-…`, or "
                "`dam-plugin queue list --all --sealed`"
            )
        if hold.sealing is not None and not hold.sealing.is_claim:
            wish = LettingGo(by, user.id, user.name, services.now(), why)
            if hold.sealing.ending is None:
                unit.holds.note_sealing(hold.id, replace(hold.sealing, ending=wish))
                record_hold(services, unit, hold, "unseal asked", by, user)
                return Released(unit.holds.need(hold_id), waits=True)
            two_people.check_another(hold.sealing.ending, wish, user)
        unseal_hold(services, unit, hold, why, by, user)
        return Released(unit.holds.need(hold_id), waits=False)


def find(services: Services, name: str, *, secret: bool = False) -> Hold:
    """Return the hold with this id, or the only hold in force on exactly this key or folder.

    `secret`: a sealed one, too. Raises UnknownThing if there is none, and names another hold that covers the key; InputError
    if there are several.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        if name.startswith("hd-"):
            hold = unit.holds.need(name)
            if hold.secret and not secret:
                raise UnknownThing(NO_SUCH_HOLD)
            return hold
        is_folder = name.endswith("/")
        there = unit.holds.on_place(name, is_folder=is_folder)
        found = [each for each in there if each.is_in_force(today) and (secret or not each.secret)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(each.id for each in found)
            raise InputError(f"there are several holds on this: {ids}; give the id of one")
        others = holdings_on(unit, name, today)
    raise UnknownThing(_not_held(others if secret else [each for each in others if not each.is_sealed]))


def list_holds(
    services: Services, *, ended_too: bool = False, key: str | None = None, secret: bool = False
) -> AllHolds:
    """Return the holds in force (with `ended_too` all), and the referrals and requests that hold a recording (this one).

    `secret`: the sealed ones, and no others; without it, no such ones.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        holds = unit.holds.listed()
        wanted = [each for each in holds if each.secret is secret and (ended_too or each.is_in_force(today))]
        waiting = unit.referrals.waiting_for(None if key is None else [key])
        referrals = [each for each in waiting if each.secret is secret]
        requests = _requests(unit, Asked(ended_too, key, secret))
        if key is not None:
            wanted = [each for each in wanted if each.covers(key)]
        return AllHolds(tuple(_place(services, unit, each) for each in wanted), tuple(referrals), tuple(requests))


@dataclass(frozen=True, slots=True)
class Held:
    """One row of the list of what is held: its name in the list, and what holds."""

    name: str
    by: HeldPlace | Referral | HeldByRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of the list has: also what is released or has ended, only of one recording, the sealed ones instead."""

    ended_too: bool = False
    key: str | None = None
    secret: bool = False


def list_page(services: Services, asked: Asked, *, limit: int, after: str | None = None) -> list[Held]:
    """Return at most `limit` rows of what `list_holds` lists, in its order, behind the one called `after`.

    Raises UnknownThing where no row is called so.
    """
    with services.store.reading() as unit:
        return list(islice(_held_behind(services, unit, asked, after), limit))


def _held_behind(services: Services, unit: Unit, asked: Asked, after: str | None) -> Iterator[Held]:
    """Yield what is held behind a row: holds, then referrals, then requests; each is read when it is asked for."""
    name = after or ""
    hold = unit.holds.find(name) if name.startswith("hd-") else None
    referral = unit.referrals.referral(name) if hold is None and name else None
    request = name if hold is None and referral is None else ""
    if any(each.secret is not asked.secret for each in (hold, referral) if each is not None):
        raise UnknownThing(_NO_SUCH_ROW)
    if hold is not None or not name:
        for each in _holds_behind(services, unit, asked, hold):
            yield Held(each.id, _place(services, unit, each))
    if not request:
        while batch := unit.referrals.waiting_page(limit=_BATCH, after=referral, key=asked.key, secret=asked.secret):
            yield from (Held(each.id, each) for each in batch)
            referral = batch[-1]
    rows = [Held(name, each) for name, each in _named(_requests(unit, asked))]
    if request and request not in {each.name for each in rows}:
        raise UnknownThing(_NO_SUCH_ROW)
    behind = next((at for at, each in enumerate(rows, 1) if each.name == request), 0)
    yield from rows[behind:]


def _holds_behind(services: Services, unit: Unit, asked: Asked, after: Hold | None) -> Iterator[Hold]:
    today, places = services.now().date(), None if asked.key is None else [asked.key, *folders_above(asked.key)]
    while batch := unit.holds.page(limit=_BATCH, after=after, places=places, secret=asked.secret):
        found = (each for each in batch if asked.key is None or each.covers(asked.key))
        yield from (each for each in found if asked.ended_too or each.is_in_force(today))
        after = batch[-1]


def _requests(unit: Unit, asked: Asked) -> list[HeldByRequest]:
    """Return what requests hold (of one recording)."""
    found, key = unit.requests.holding(secret=asked.secret), asked.key
    if key is None:
        return found
    shown = students_of(unit, key)
    return [
        each
        for each in found
        if (each.student in shown if each.student else key == each.place or matches(key, each.place))
    ]


def _named(found: Iterable[HeldByRequest]) -> Iterator[tuple[str, HeldByRequest]]:
    """Yield what requests hold, each with a name of its own: the request's, and which one it is of several."""
    count: Counter[str] = Counter()
    for each in found:
        count[each.request_id] += 1
        at = count[each.request_id]
        yield each.request_id if at == 1 else f"{each.request_id}+{at}", each


def students_of(unit: Unit, key: str) -> set[str]:
    """Return who is tagged in a recording as it is now, or was last."""
    stored = unit.assets.newest(key)
    return set(stored.tagging.students) if stored else set()


def show(services: Services, name: str, *, secret: bool = False) -> tuple[HeldPlace, list[HeldDeletion]]:
    """Return a hold by its id or place, and the deletions of its recordings. Raises as `find` does.

    `secret`: a sealed one, too.
    """
    hold = find(services, name, secret=secret)
    called = CUSTODIAN if hold.secret else hold.id
    with services.store.reading() as unit:
        deletions = [
            each for each in unit.holds.deletions(unseen=False) if called in each.holds and hold.covers(each.key)
        ]
        return _place(services, unit, hold), deletions


def alarms(services: Services, *, seen_too: bool = False) -> list[HeldDeletion]:
    """Return the deletions of held recordings that are not acknowledged; with `seen_too` all."""
    with services.store.reading() as unit:
        return unit.holds.deletions(unseen=not seen_too)


def take_note(services: Services, alarm_id: str, why: str, by: Actor, user: SystemUser) -> HeldDeletion:
    """Acknowledge an alarm, with the action taken (`why`). Raises InputError, UnknownThing."""
    require_custodian(by)
    _check_text("--why", why)
    with services.store.writing() as unit:
        note = LettingGo(by, user.id, user.name, services.now(), why)
        seen = unit.holds.see_deletion(alarm_id, note)
        details = {"done": "alarm seen", "alarm": alarm_id, "by": asdict(by), "user": user.name}
        services.ledger.append(unit, at=services.now(), kind="hold", subject=seen.asset_id, details=details)
    return seen


def storage_of(services: Services) -> Storage:
    """Return the abilities of the bucket."""
    try:
        library = services.library
        return Storage(library.can_lock(), library.keeps_versions(), library.expires_versions())
    except StorageError:
        return Storage(answers=False)


def require_custodian(by: Actor) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee works with holds: add --as custodian:NAME")


def _check_wanted(services: Services, wanted: Wanted) -> None:
    if wanted.kind not in get_args(HoldKind):
        raise InputError(f"a hold is of one of these kinds: {', '.join(get_args(HoldKind))}")
    if wanted.ground is not None and wanted.ground not in get_args(HoldGround):
        raise InputError(f"a hold is sealed on one of these grounds: {', '.join(get_args(HoldGround))}")
    if wanted.ground is not None and wanted.paper is None:
        raise InputError(NO_PAPER)
    for option, text in (("--why", wanted.why), ("--matter", wanted.matter), ("--source", wanted.source)):
        _check_text(option, text)
    today = services.now().date()
    if wanted.until is not None and wanted.until < today:
        raise InputError(f"--until {wanted.until} is in the past, today is {today}: give a later day, or leave it out")


def _check_text(option: str, text: str) -> None:
    if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise InputError(f"{option} is one line of 1 to {LONGEST_TEXT} characters")


def _hold(services: Services, unit: Unit, key: str, wanted: Wanted, by: Actor, user: SystemUser) -> Hold:
    is_folder = key == EVERYTHING or key.endswith("/")
    _check_place(services, unit, key, is_folder=is_folder)
    today = services.now().date()
    for known in unit.holds.on_place(key, is_folder=is_folder):
        is_same = (known.kind, known.matter, known.secret) == (wanted.kind, wanted.matter, wanted.ground is not None)
        if known.is_in_force(today) and is_same:
            raise InputError(f"this is already held for the same matter by {known.id}: nothing was changed")
    return Hold(
        id=f"hd-{secrets.token_hex(4)}",
        kind=wanted.kind,
        key=key,
        is_folder=is_folder,
        matter=wanted.matter,
        why=wanted.why,
        source=wanted.source,
        at=services.now(),
        by=by,
        user=user,
        until=wanted.until,
        ground=wanted.ground,
        secret=wanted.ground is not None,
        sealing=_claim(services, wanted, by, user),
    )


def _claim(services: Services, wanted: Wanted, by: Actor, user: SystemUser) -> HoldSeal | None:
    if wanted.ground is None or wanted.paper is None:
        return None
    return HoldSeal(wanted.paper, LettingGo(by, user.id, user.name, services.now(), wanted.ground))


def _check_place(services: Services, unit: Unit, key: str, *, is_folder: bool) -> None:
    """Raise InputError for a place without recordings: a typing mistake would protect nothing."""
    if len(key.encode("utf-8", "surrogatepass")) > MOST_KEY_BYTES:
        raise InputError(f"a key has at most {MOST_KEY_BYTES} bytes: check it")
    if is_ours(key):
        raise InputError(
            "this is one of the plugin's own folders: hold the recording itself, its copies are then held too"
        )
    if is_folder:
        if key != EVERYTHING and not unit.holds.has_recordings(key):
            raise UnknownThing("the library has no recording in this folder: check its name")
        return
    newest = unit.assets.newest(key)
    if newest is not None:
        if is_destroyed(unit, newest):
            raise InputError("this recording was destroyed lawfully: see `dam-plugin retention log`")
        return
    if unit.holds.has_recordings(f"{key}/"):
        raise UnknownThing("this is a folder: write it with a '/' at the end")
    if all(each.is_marker for each in services.library.versions(key)):
        raise UnknownThing("neither the library nor the bucket has this recording: check the key")


def _brought_back(services: Services, key: str) -> bool:
    with services.store.reading() as unit:
        current = unit.assets.current(key)
    return current is None and restore_held(services, key)


def _check_releasable(services: Services, hold: Hold) -> None:
    if hold.released is not None:
        raise InputError(f"{hold.id} was already released on {hold.released.at.date()}")
    if not hold.is_in_force(services.now().date()):
        raise InputError(f"{hold.id} has already ended: its last day was {hold.until}")


def _check_another(hold: Hold, asked: LettingGo, wish: LettingGo, user: SystemUser) -> None:
    if two_people.is_one_person(asked, wish.by, user):
        raise NotAnother(
            f"it takes two people to release a hold for litigation, and you have already released {hold.id}: {WHO_CAN}, as "
            "another custodian or designee"
        )


def _not_held(others: Sequence[Holding]) -> str:
    if not others:
        return NO_SUCH_HOLD
    first = next((each for each in others if not each.is_sealed), None)
    if first is None:
        return f"there is no hold on exactly this; it is {ASK}"
    ends = {REFERRAL: "it ends when the referral is closed", REQUEST: "it ends when the request is closed"}
    how = "it ends when that is over" if first.called == APPEAL else ends.get(first.id[:3], "give the hold's id")
    if first.called in (BEFORE_MEETING, BEFORE_RETURN):
        how = "it ends after that day"
    elif first.called == NOT_SEEN:
        how = "it ends once the link was opened, is closed or is over"
    return f"there is no hold on exactly this; it is held by {first}: {how}, see `{first.how}`"


def _place(services: Services, unit: Unit, hold: Hold) -> HeldPlace:
    working = _covers_work(hold, unit.holds.work_places())
    return HeldPlace(
        hold,
        unit.holds.count_recordings(hold.key, is_folder=hold.is_folder),
        hold.is_in_force(services.now().date()),
        unit.holds.count_locks(hold.key, is_folder=hold.is_folder),
        is_locking=working,
    )


def _covers_work(hold: Hold, places: Collection[tuple[str, bool]]) -> bool:
    return any(hold.covers(key) if hold.is_folder else key == hold.key for key, _ in places)


def _lock_now(services: Services) -> None:
    """Set locks for a moment; any running process does the rest."""
    until = monotonic() + _LOCK_SECONDS
    while monotonic() < until:
        if lock_due(services):
            return
        with services.store.reading() as unit:
            if not unit.holds.is_any_work():
                return
