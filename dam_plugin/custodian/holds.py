"""Holds: a recording, or all of a folder, may not be destroyed. Adding, listing and releasing them, and taking note of alarms.

What a hold forbids is in `sharing/held.py`, how a deletion is undone in `intake/undo_deletion.py`. Only the custodian or a
designee adds or releases one. Letting a hold for litigation go takes two people, as `intake/two_people.py` proves them.
The ledger has ids alone: the matter of a lawsuit may be called after a student.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import partial
from time import monotonic
from typing import get_args

from dam_plugin.errors import InputError, StorageError, StorageUnreachable, UnknownThing
from dam_plugin.intake import two_people
from dam_plugin.intake.events import restore_held, restore_held_lately
from dam_plugin.intake.legal_holds import lock_due
from dam_plugin.intake.two_people import WHO_CAN
from dam_plugin.intake.undo_deletion import is_destroyed
from dam_plugin.library.object_keys import MOST_KEY_BYTES, is_ours
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import CUSTODIANS, Actor, HoldKind, LettingGo, Referral
from dam_plugin.services import Services
from dam_plugin.sharing.held import Holding, holdings_on
from dam_plugin.store import HeldDeletion, Hold, SystemUser, Unit
from dam_plugin.store.holds import NO_SUCH_HOLD, LockState

LONGEST_TEXT = 500
EVERYTHING = ""
# For how long `add` and `release` see to the storage's locks themselves; any running process does the rest.
_LOCK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """The order for a hold: its kind, the matter, the reason, its source (a paper, a letter), and its last day."""

    kind: HoldKind
    matter: str
    why: str
    source: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class HeldPlace:
    """A hold with what it covers: how many recordings, whether it counts today, how many versions the storage locks.

    `is_locking`: the locks are still being set or lifted.
    """

    hold: Hold
    recordings: int
    is_in_force: bool
    locks: dict[LockState, int]
    is_locking: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """The holds that were added, how many deleted recordings came back, and what the storage can do."""

    places: tuple[HeldPlace, ...]
    restored: int
    storage: Storage


@dataclass(frozen=True, slots=True)
class Storage:
    """The bucket's means for a hold: refusing to delete versions (Object Lock), or keeping versions to undo a deletion.

    `answers`: false where the storage did not say.
    """

    can_refuse: bool = False
    can_undo: bool = False
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Released:
    """A hold after a release; `waits`: it holds on, until a second person lets it go too."""

    hold: Hold
    waits: bool


@dataclass(frozen=True, slots=True)
class AllHolds:
    """Everything that holds a recording: the holds, and the open referrals in which somebody waits for one."""

    holds: tuple[HeldPlace, ...]
    referrals: tuple[Referral, ...]


def add(services: Services, places: Sequence[str], wanted: Wanted, by: Actor, user: SystemUser) -> Added:
    """Hold recordings and folders (a folder ends with `/`, `EVERYTHING` is the whole library), all of them or none.

    Raises InputError for a role that is not the custodian or a designee, for a text that is missing, for a last day that is
    over, for a place that is held by the same matter already; UnknownThing for a recording or folder that is not there.
    """
    require_custodian(by)
    _check_wanted(services, wanted)
    keys = list(dict.fromkeys(places))
    if not keys:
        raise InputError("say what is to be held: a KEY, several, or a folder that ends with '/'")
    with services.store.writing() as unit:
        holds = [_hold(services, unit, key, wanted, by, user) for key in keys]
        for hold in holds:
            unit.holds.add(hold)
            _record(services, unit, hold, "added", by, user)
    restored = 0
    # INVARIANT: the hold counts, whether the storage answers or not.
    with suppress(StorageUnreachable):
        # A named recording comes back whenever it was deleted; of a folder, what was deleted just now.
        named = [hold.key for hold in holds if not hold.is_folder]
        restored += sum(one_of_many(partial(_brought_back, services, key)) is True for key in named)
        restored += restore_held_lately(services)
    _lock_now(services)
    with services.store.reading() as unit:
        told = tuple(_place(services, unit, hold) for hold in holds)
    return Added(told, restored, storage_of(services))


def release(services: Services, hold_id: str, why: str, by: Actor, user: SystemUser) -> Released:
    """Release a hold; or keep the first person's wish, where it is for litigation and takes two.

    Raises InputError for a role that is not the custodian or a designee, without a reason, where it is released or over
    already, or where the same person lets it go twice; UnknownThing; LedgerBroken.
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
            _record(services, unit, hold, "release asked", by, user)
            return Released(replace(hold, asked=wish), waits=True)
        if hold.kind == "litigation" and hold.asked is not None:
            _check_another(hold, hold.asked, wish, user)
        unit.holds.release(hold, wish)
        _record(services, unit, hold, "released", by, user)
    _lock_now(services)
    return Released(replace(hold, released=wish), waits=False)


def find(services: Services, name: str) -> Hold:
    """Return the hold of this id, or the one hold in force on exactly this key or folder.

    Raises UnknownThing where there is none, and says what holds it instead; InputError where there are several.
    """
    today = services.now().date()
    with services.store.reading() as unit:
        if name.startswith("hd-"):
            return unit.holds.need(name)
        is_folder = name.endswith("/")
        found = [each for each in unit.holds.on_place(name, is_folder=is_folder) if each.is_in_force(today)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(each.id for each in found)
            raise InputError(f"several holds are on this: {ids}; say which one by its id")
        others = holdings_on(unit, name, today)
    raise UnknownThing(_not_held(others))


def list_holds(services: Services, *, ended_too: bool = False, key: str | None = None) -> AllHolds:
    """Return what holds recordings (one of them): the holds in force, with `ended_too` all, and the open referrals."""
    today = services.now().date()
    with services.store.reading() as unit:
        holds = unit.holds.listed()
        wanted = [each for each in holds if ended_too or each.is_in_force(today)]
        referrals = unit.referrals.waiting_for(None if key is None else [key])
        if key is not None:
            wanted = [each for each in wanted if each.covers(key)]
        return AllHolds(tuple(_place(services, unit, each) for each in wanted), tuple(referrals))


def show(services: Services, name: str) -> tuple[HeldPlace, list[HeldDeletion]]:
    """Return a hold by its id or its place, and the deletions of what it holds. Raises as `find` does."""
    hold = find(services, name)
    with services.store.reading() as unit:
        deletions = [each for each in unit.holds.deletions(unseen=False) if hold.id in each.holds]
        return _place(services, unit, hold), deletions


def alarms(services: Services, *, seen_too: bool = False) -> list[HeldDeletion]:
    """Return the deletions of held recordings that are not yet marked as seen; with `seen_too` all."""
    with services.store.reading() as unit:
        return unit.holds.deletions(unseen=not seen_too)


def take_note(services: Services, alarm_id: str, why: str, by: Actor, user: SystemUser) -> HeldDeletion:
    """Take note of an alarm, with what was done about it. Raises InputError, UnknownThing."""
    require_custodian(by)
    _check_text("--why", why)
    with services.store.writing() as unit:
        note = LettingGo(by, user.id, user.name, services.now(), why)
        seen = unit.holds.see_deletion(alarm_id, note)
        details = {"done": "alarm seen", "alarm": alarm_id, "by": asdict(by), "user": user.name}
        services.ledger.append(unit, at=services.now(), kind="hold", subject=seen.asset_id, details=details)
    return seen


def storage_of(services: Services) -> Storage:
    """Return the bucket's means for holds."""
    try:
        return Storage(services.library.can_lock(), services.library.keeps_versions())
    except StorageError:
        return Storage(answers=False)


def require_custodian(by: Actor) -> None:
    """Raise InputError for a role that is not the custodian or a designee."""
    if by.role not in CUSTODIANS:
        raise InputError(
            "only the custodian or a designee holds recordings and releases holds: add --as custodian:NAME"
        )


def _check_wanted(services: Services, wanted: Wanted) -> None:
    if wanted.kind not in get_args(HoldKind):
        raise InputError(f"a hold is of one of these kinds: {', '.join(get_args(HoldKind))}")
    for option, text in (("--why", wanted.why), ("--matter", wanted.matter), ("--source", wanted.source)):
        _check_text(option, text)
    today = services.now().date()
    if wanted.until is not None and wanted.until < today:
        raise InputError(
            f"the last day {wanted.until} is over, and today is {today}: give a later --until, or leave it out"
        )


def _check_text(option: str, text: str) -> None:
    if not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
        raise InputError(f"{option} is one line of 1 to {LONGEST_TEXT} characters")


def _hold(services: Services, unit: Unit, key: str, wanted: Wanted, by: Actor, user: SystemUser) -> Hold:
    is_folder = key == EVERYTHING or key.endswith("/")
    _check_place(services, unit, key, is_folder=is_folder)
    today = services.now().date()
    for known in unit.holds.on_place(key, is_folder=is_folder):
        if known.is_in_force(today) and (known.kind, known.matter) == (wanted.kind, wanted.matter):
            raise InputError(f"this is held already for the same matter, by {known.id}: nothing was changed")
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
    )


def _check_place(services: Services, unit: Unit, key: str, *, is_folder: bool) -> None:
    """Raise InputError if there is nothing to hold: a mistyped place would protect nothing without any notice."""
    if len(key.encode("utf-8", "surrogatepass")) > MOST_KEY_BYTES:
        raise InputError(f"a key has at most {MOST_KEY_BYTES} bytes: check it")
    if is_ours(key):
        raise InputError("this is a folder of the plugin's own: hold the recording, and its copies are held with it")
    if is_folder:
        if key != EVERYTHING and not unit.holds.has_recordings(key):
            raise UnknownThing("no recording of the library lies in this folder: check its name, nothing was changed")
        return
    newest = unit.assets.newest(key)
    if newest is not None:
        if is_destroyed(unit, newest):
            raise InputError("this recording was destroyed lawfully: see `dam-plugin retention log`")
        return
    if unit.holds.has_recordings(f"{key}/"):
        raise UnknownThing("this is a folder: write it with a '/' at its end, nothing was changed")
    if all(each.is_marker for each in services.library.versions(key)):
        raise UnknownThing("this recording is not in the library, and the bucket has no version of it: check the key")


def _brought_back(services: Services, key: str) -> bool:
    with services.store.reading() as unit:
        current = unit.assets.current(key)
    return current is None and restore_held(services, key)


def _check_releasable(services: Services, hold: Hold) -> None:
    if hold.released is not None:
        raise InputError(f"{hold.id} was released on {hold.released.at.date()} already: nothing was changed")
    if not hold.is_in_force(services.now().date()):
        raise InputError(f"{hold.id} ended by itself, its last day was {hold.until}: nothing was changed")


def _check_another(hold: Hold, asked: LettingGo, wish: LettingGo, user: SystemUser) -> None:
    same_name = (wish.by.id or "").casefold() == (asked.by.id or "").casefold()
    if same_name or two_people.is_same_person(SystemUser(asked.user_id, asked.user_name), user):
        raise InputError(
            f"a hold for litigation takes two people to let go, and you said yes to {hold.id} already: {WHO_CAN}, as another "
            "custodian or designee"
        )


def _not_held(others: Sequence[Holding]) -> str:
    if not others:
        return NO_SUCH_HOLD
    first = others[0]
    how = "it ends when the referral is closed" if first.id.startswith("rf-") else "name it by its id"
    return f"no hold is on exactly this, but {first} holds it: {how}, see `{first.how}`"


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
    """See to the storage's locks for a moment; the rest is done by whichever process runs."""
    until = monotonic() + _LOCK_SECONDS
    while monotonic() < until:
        if lock_due(services):
            return
        with services.store.reading() as unit:
            if not unit.holds.is_any_work():
                return


def _record(services: Services, unit: Unit, hold: Hold, done: str, by: Actor, user: SystemUser) -> None:
    details = {
        "done": done,
        "kind": hold.kind,
        "on": "folder" if hold.is_folder else "recording",
        "place": services.pseudonyms.asset(hold.key or "/"),
        "until": hold.until,
        "by": asdict(by),
        "user": user.name,
    }
    services.ledger.append(unit, at=services.now(), kind="hold", subject=hold.id, details=details)
