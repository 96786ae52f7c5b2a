"""Holds in the store, the versions that are locked for them, and deletions of held recordings. It decides nothing."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dam_plugin.errors import LedgerBroken, UnknownThing
from dam_plugin.model import Actor, HoldKind, HoldSeal, LettingGo
from dam_plugin.store.rule_changes import SystemUser
from dam_plugin.store.seals import BENT, HELD_DELETIONS, HOLDS, Seals
from dam_plugin.store.sql import begins, changed, chunks, upsert_all
from dam_plugin.store.tables import CURRENT, AssetRow, HeldDeletionRow, HoldRow, HoldWorkRow, LegalHoldRow

# `setting`: the storage may have locked the version already, and this is not recorded yet.
LockState = Literal["setting", "set", "lifting"]
# `restored`: the delete marker was taken away. `waiting`: the storage refused to undo it. `lost`: no version is left.
DeletionOutcome = Literal["restored", "copied back", "waiting", "lost"]

_FRESH = {"populate_existing": True}
NO_SUCH_HOLD = "there is no such hold: give an id, or the key or folder of a hold; `dam-plugin hold list` lists them"
NO_SUCH_ALARM = "no alarm has this id; `dam-plugin hold alarms` lists them"


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on one recording or on a folder. A folder's key ends with `/`; the key "" is the whole library.

    `until` is its last day (null: until it is released). `asked` is the first of the two people who release it. `share_id` is
    the attempt that gave the recording under an order and so held it. `secret`: nobody but the custodian is told of it, for
    the reason `ground`. `sealing`: who sealed it by hand (null: it was sealed with what it is held for). `is_bent`: the row
    was changed outside the program.
    """

    id: str
    kind: HoldKind
    key: str
    is_folder: bool
    matter: str
    why: str
    source: str
    at: datetime
    by: Actor
    user: SystemUser
    until: date | None = None
    asked: LettingGo | None = None
    released: LettingGo | None = None
    share_id: str | None = None
    ground: str | None = None
    secret: bool = False
    sealing: HoldSeal | None = None
    is_bent: bool = False

    def covers(self, key: str) -> bool:
        """Whether it is on this recording, or on a folder above it."""
        return key.startswith(self.key) if self.is_folder else key == self.key

    def names_one(self, ids: Collection[str]) -> bool:
        """Whether its matter, reason or source has one of these ids."""
        return any(one in text for one in ids for text in (self.matter, self.why, self.source))

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on a day. A row that was changed outside the program holds: the stricter reading."""
        return self.is_bent or (self.released is None and (self.until is None or on <= self.until))


@dataclass(frozen=True, slots=True)
class HoldWork:
    """A recording or folder whose versions are to be locked or unlocked; `behind` is the last version that is done."""

    key: str
    is_folder: bool
    turn: str
    behind: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class HeldDeletion:
    """A deletion of a held recording: its holds, the outcome, and the person who acknowledged the alarm."""

    id: str
    key: str
    asset_id: str
    outcome: DeletionOutcome
    holds: tuple[str, ...]
    at: datetime
    seen: LettingGo | None = None


class Holds:
    """The repository of holds, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the holds."""
        self._session = session
        self._seals = seals

    def add(self, hold: Hold) -> None:
        """Keep a hold, and note that versions have to be locked."""
        self._seals.new(HOLDS, [hold.id])
        self._session.execute(
            insert(HoldRow).values(
                id=hold.id,
                kind=hold.kind,
                key=hold.key,
                is_folder=hold.is_folder,
                matter=hold.matter,
                why=hold.why,
                source=hold.source,
                at=hold.at,
                added_by=hold.by,
                system_id=hold.user.id,
                system_name=hold.user.name,
                until=hold.until,
                asked=hold.asked,
                released=hold.released,
                noted=False,
                share_id=hold.share_id,
                ground=hold.ground,
                secret=hold.secret,
                sealing=hold.sealing,
            )
        )
        note_hold_work(self._session, hold.key, is_folder=hold.is_folder)

    def need(self, hold_id: str) -> Hold:
        """Return one hold by its id. Raises UnknownThing; LedgerBroken where it was changed beside the program."""
        found = self.find(hold_id)
        if found is None:
            raise UnknownThing(NO_SUCH_HOLD)
        if found.is_bent:
            raise LedgerBroken(BENT)
        return found

    def listed(self) -> list[Hold]:
        """Return every hold, released and ended ones too, oldest first."""
        return self._holds(select(HoldRow))

    def page(
        self, *, limit: int, after: Hold | None = None, places: Collection[str] | None = None, secret: bool = False
    ) -> list[Hold]:
        """Return at most `limit` holds behind the one `after`, oldest first, released and ended ones too.

        `places`: only those on one of these keys or folders. `secret`: the sealed ones, and no others.
        """
        query = select(HoldRow).where(HoldRow.secret.is_(secret)).limit(limit)
        if places is not None:
            query = query.where(HoldRow.key.in_(places))
        if after is not None:
            query = query.where(or_(HoldRow.at > after.at, and_(HoldRow.at == after.at, HoldRow.id > after.id)))
        return self._holds(query)

    def find(self, hold_id: str) -> Hold | None:
        """Return one hold by its id, None if there is none."""
        return next(iter(self._holds(select(HoldRow).where(HoldRow.id == hold_id))), None)

    def of_shares(self, share_ids: Collection[str]) -> list[Hold]:
        """Return the holds that came about because one of these attempts gave the recording under an order."""
        return [
            hold
            for chunk in chunks(share_ids)
            for hold in self._holds(select(HoldRow).where(HoldRow.share_id.in_(chunk)))
        ]

    def make_secret(
        self, hold_ids: Collection[str], *, ground: str | None = None, sealing: HoldSeal | None = None
    ) -> None:
        """Note that holds are for a matter of which nobody but the custodian is told. One that is sealed stays as it is."""
        self._change(hold_ids, HoldRow.secret.is_(False), secret=True, ground=ground, sealing=sealing)

    def make_open(self, hold_ids: Collection[str]) -> None:
        """Note that holds are for a matter of which anybody may be told."""
        self._change(hold_ids, HoldRow.secret.is_(True), secret=False, ground=None, sealing=None)

    def note_sealing(self, hold_id: str, sealing: HoldSeal) -> None:
        """Keep what became of a seal that was set by hand."""
        self._change([hold_id], HoldRow.secret.is_(True), sealing=sealing)

    def _change(self, hold_ids: Collection[str], those: ColumnElement[bool], **values: object) -> None:
        self._seals.before(HOLDS, hold_ids)
        for chunk in chunks(hold_ids):
            self._session.execute(update(HoldRow).where(HoldRow.id.in_(chunk), those).values(**values))

    def on_place(self, key: str, *, is_folder: bool) -> list[Hold]:
        """Return every hold on exactly this key or folder."""
        return self._holds(select(HoldRow).where(HoldRow.key == key, HoldRow.is_folder == is_folder))

    def over(self, keys: Collection[str]) -> list[Hold]:
        """Return the unreleased holds on any of these keys, or on a folder above one of them.

        A hold that was changed outside the program is among them in any case.
        """
        places = {*keys, *(folder for key in keys for folder in folders_above(key))}
        found = [
            hold for chunk in chunks(places) for hold in self._holds(select(HoldRow).where(HoldRow.key.in_(chunk)))
        ]
        return [hold for hold in found if hold.released is None or hold.is_bent]

    def ask_release(self, hold_id: str, asked: LettingGo) -> None:
        """Keep the first of the two people who release a hold."""
        self._seals.before(HOLDS, [hold_id])
        self._session.execute(update(HoldRow).where(HoldRow.id == hold_id).values(asked=asked))

    def release(self, hold: Hold, released: LettingGo) -> None:
        """Release a hold, and note that versions have to be unlocked."""
        self._seals.before(HOLDS, [hold.id])
        self._session.execute(update(HoldRow).where(HoldRow.id == hold.id).values(released=released, noted=True))
        note_hold_work(self._session, hold.key, is_folder=hold.is_folder)

    def ended(self, today: date) -> list[Hold]:
        """Return the holds whose last day is over and whose end is not noted yet."""
        is_over = HoldRow.until.is_not(None) & (HoldRow.until < today)
        return self._holds(select(HoldRow).where(~HoldRow.noted, HoldRow.released.is_(None), is_over))

    def note_end(self, hold: Hold) -> None:
        """Note the end of a hold whose last day is over."""
        self._session.execute(update(HoldRow).where(HoldRow.id == hold.id).values(noted=True))
        note_hold_work(self._session, hold.key, is_folder=hold.is_folder)

    def count_recordings(self, key: str, *, is_folder: bool) -> int:
        """Return how many recordings of the library a hold on this key or folder covers."""
        query = select(func.count()).select_from(AssetRow).where(*CURRENT)
        return self._session.scalar(query.where(_within(AssetRow.key, key, is_folder=is_folder))) or 0

    def has_recordings(self, folder: str) -> bool:
        """Whether any recording was ever kept under a folder, deleted ones too."""
        query = select(AssetRow.id).where(_within(AssetRow.key, folder, is_folder=True)).limit(1)
        return self._session.scalar(query) is not None

    # The storage's locks

    def note_work(self, key: str, *, is_folder: bool = False) -> None:
        """Note that the versions of a key or folder are to be locked or unlocked."""
        note_hold_work(self._session, key, is_folder=is_folder)

    def work(self) -> HoldWork | None:
        """Return one piece of work, None where there is none."""
        query = select(HoldWorkRow).order_by(HoldWorkRow.is_folder, HoldWorkRow.key).limit(1)
        row = self._session.scalar(query, execution_options=_FRESH)
        if row is None:
            return None
        behind = None if row.behind_key is None else (row.behind_key, row.behind_version or "")
        return HoldWork(row.key, row.is_folder, row.turn, behind)

    def is_any_work(self) -> bool:
        """Whether there is any work."""
        return self._session.scalar(select(HoldWorkRow.key).limit(1)) is not None

    def work_places(self) -> list[tuple[str, bool]]:
        """Return the keys and folders whose versions are being locked or unlocked."""
        return [
            (row.key, row.is_folder) for row in self._session.execute(select(HoldWorkRow.key, HoldWorkRow.is_folder))
        ]

    def advance(self, work: HoldWork, behind: tuple[str, str] | None) -> None:
        """Keep the last version done; None: the work is done. Nothing happens if the work has started again meanwhile."""
        same = HoldWorkRow.key == work.key, HoldWorkRow.is_folder == work.is_folder, HoldWorkRow.turn == work.turn
        if behind is None:
            self._session.execute(delete(HoldWorkRow).where(*same))
        else:
            key, version = behind
            self._session.execute(update(HoldWorkRow).where(*same).values(behind_key=key, behind_version=version))

    def drop_work(self) -> None:
        """Drop all work: the storage cannot lock."""
        self._session.execute(delete(HoldWorkRow))

    def locks(self, keys: Iterable[str]) -> dict[tuple[str, str], LockState]:
        """Return the locks of ours on the versions of these keys, by key and version."""
        return {
            (row.key, row.version_id): row.state
            for chunk in chunks(keys)
            for row in self._session.execute(
                select(LegalHoldRow.key, LegalHoldRow.version_id, LegalHoldRow.state).where(LegalHoldRow.key.in_(chunk))
            )
        }

    def count_locks(self, key: str, *, is_folder: bool) -> dict[LockState, int]:
        """Return how many versions of a key or folder are locked, by the state of the lock."""
        query = select(LegalHoldRow.state, func.count()).where(_within(LegalHoldRow.key, key, is_folder=is_folder))
        return {row[0]: row[1] for row in self._session.execute(query.group_by(LegalHoldRow.state))}

    def unfinished_locks(self) -> list[str]:
        """Return the keys of versions whose locking or unlocking broke off, or was refused."""
        query = select(LegalHoldRow.key).where(LegalHoldRow.state != "set").distinct()
        return list(self._session.scalars(query))

    def keep_locks(self, versions: Iterable[tuple[str, str]], state: LockState) -> None:
        """Keep the state of locks on versions."""
        rows = [{"key": key, "version_id": version, "state": state} for key, version in versions]
        upsert_all(self._session, LegalHoldRow, rows, by=("key", "version_id"))

    def drop_locks(self, versions: Iterable[tuple[str, str]]) -> None:
        """Drop locks: the versions are unlocked or gone."""
        for key, version in versions:
            row = delete(LegalHoldRow).where(LegalHoldRow.key == key, LegalHoldRow.version_id == version)
            self._session.execute(row)

    # Deletions of what is held

    def add_deletion(self, deletion: HeldDeletion) -> None:
        """Keep a deletion of a held recording."""
        values = {name: getattr(deletion, name) for name in _DELETION}
        self._seals.new(HELD_DELETIONS, [deletion.id])
        self._session.execute(insert(HeldDeletionRow).values(**values))

    def deletions(self, *, unseen: bool, key: str | None = None) -> list[HeldDeletion]:
        """Return the deletions of held recordings (of one key), oldest first; `unseen`: only those not acknowledged."""
        query = select(HeldDeletionRow).order_by(HeldDeletionRow.at, HeldDeletionRow.id)
        if unseen:
            query = query.where(HeldDeletionRow.seen.is_(None))
        if key is not None:
            query = query.where(HeldDeletionRow.key == key)
        rows = self._session.scalars(query, execution_options=_FRESH)
        return [HeldDeletion(**{name: getattr(row, name) for name in _DELETION}) for row in rows]

    def rename_in_deletions(self, hold_ids: Collection[str], name: str) -> None:
        """Give sealed holds another name where deletions of their recordings name them."""
        for each in self.deletions(unseen=False):
            if set(each.holds) & set(hold_ids):
                renamed = tuple(dict.fromkeys(name if one in hold_ids else one for one in each.holds))
                self._seals.before(HELD_DELETIONS, [each.id])
                row = update(HeldDeletionRow).where(HeldDeletionRow.id == each.id)
                self._session.execute(row.values(holds=renamed))

    def settle_deletion(self, deletion_id: str, outcome: DeletionOutcome) -> None:
        """Change the outcome of a deletion."""
        self._seals.before(HELD_DELETIONS, [deletion_id])
        row = update(HeldDeletionRow).where(HeldDeletionRow.id == deletion_id)
        self._session.execute(row.values(outcome=outcome))

    def see_deletion(self, deletion_id: str, seen: LettingGo) -> HeldDeletion:
        """Keep the person who acknowledged a deletion. Raises UnknownThing."""
        self._seals.before(HELD_DELETIONS, [deletion_id])
        row = update(HeldDeletionRow).where(HeldDeletionRow.id == deletion_id)
        if not changed(self._session, row.values(seen=seen)):
            raise UnknownThing(NO_SUCH_ALARM)
        return next(each for each in self.deletions(unseen=False) if each.id == deletion_id)

    def _holds(self, query: Select[HoldRow]) -> list[Hold]:
        rows: Sequence[HoldRow] = self._session.scalars(
            query.order_by(HoldRow.at, HoldRow.id), execution_options=_FRESH
        ).all()
        bent = self._seals.bent(HOLDS, [row.id for row in rows])
        return [_hold(row, is_bent=row.id in bent) for row in rows]


_DELETION = ("id", "key", "asset_id", "outcome", "holds", "at", "seen")


def folders_above(key: str) -> list[str]:
    """Return the folders that a key lies in, each with its `/`, and "" for the whole library."""
    return ["", *(key[: place + 1] for place, letter in enumerate(key) if letter == "/")]


def note_hold_work(session: Session, key: str, *, is_folder: bool = False) -> None:
    """Note that the versions of a key or folder are to be locked or unlocked, from the first one on."""
    values: dict[str, Any] = {"key": key, "is_folder": is_folder, "turn": secrets.token_hex(8)}
    upsert_all(session, HoldWorkRow, [{**values, "behind_key": None, "behind_version": None}], by=("key", "is_folder"))


def _within(column: Any, key: str, *, is_folder: bool) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped column
    if not is_folder:
        return column == key  # type: ignore[no-any-return]
    return begins(column, key)


def _hold(row: HoldRow, *, is_bent: bool) -> Hold:
    return Hold(
        id=row.id,
        kind=row.kind,
        key=row.key,
        is_folder=row.is_folder,
        matter=row.matter,
        why=row.why,
        source=row.source,
        at=row.at,
        by=row.added_by,
        user=SystemUser(row.system_id, row.system_name),
        until=row.until,
        asked=row.asked,
        released=row.released,
        share_id=row.share_id,
        ground=row.ground,
        secret=row.secret,
        sealing=row.sealing,
        is_bent=is_bent,
    )
