"""Recordings in the database: their versions, tags, and what people said after looking at them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Row,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session, aliased

from dam_plugin.errors import NOT_IN_LIBRARY, LedgerBroken, UnknownThing
from dam_plugin.model import Asset, Former, Look, ReleaseTag, Tagging
from dam_plugin.store.codec import decode
from dam_plugin.store.likenesses import middles_of
from dam_plugin.store.seals import ASSETS, BENT, LOOKS, Seals
from dam_plugin.store.sql import OF, begins, changed, chunks, insert_missing, rows_of, upsert, upsert_all
from dam_plugin.store.tables import (
    CURRENT,
    AssetFactsRow,
    AssetLikenessRow,
    AssetRow,
    AssetStudentRow,
    AssetWordRow,
    ClosureEndRow,
    LookRow,
    RuleChangeAssetRow,
    StaleTagsRow,
    UnwrittenTagsRow,
)
from dam_plugin.store.words import keep_words
from dam_tagging.facts import About, Facts
from dam_tagging.names.recording_words import KeptWord

_BATCH = 500
_CODING = update(AssetRow).where(AssetRow.id == bindparam("of_asset")).values(coding=bindparam("found"))
_RELEASE_TAG_OF = select(AssetRow.release_tag).where(AssetRow.id == bindparam("of_asset"))
_INDEXES = tuple(
    delete(row).where(row.asset_id == bindparam("of_asset")) for row in (AssetStudentRow, AssetLikenessRow)
)
"""What takes an asset out of the indexes of students and of pictures alike."""
_SIDECARS_OF = (
    select(AssetRow.key, AssetRow.sidecars)
    .where(AssetRow.key.in_(OF), *CURRENT)
    .order_by(AssetRow.first_seen, AssetRow.id)
)


@dataclass(frozen=True, slots=True)
class AssetCounts:
    """How many recordings the library has, and of these: on hold, and waiting for a person's look."""

    of_all: int
    on_hold: int
    waiting: int


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """What is kept of a key's current version, as far as it tells whether it has to be tagged again.

    `tagger` is the version of the tagger, `findings` are the tags of what it found.
    """

    id: str
    version_id: str | None
    etag: str
    sidecars: tuple[tuple[str, str], ...]
    tagger: int
    findings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One version of an object and the plugin's knowledge of it.

    `tagging` holds the effective tags (machine and people), `machine` those by the file and the rules alone. `current`
    is false once a newer version of the key has replaced it. `about` is null if a version of the plugin tagged it that
    did not keep this text; the text may name anybody and is never shown as it is. `coding` is a digest of bytes whose
    coding was checked and holds nothing but the picture (null: not checked yet); only `keep_codings` writes it. `former`
    holds the former tags that still count, `loosens` is true where anything would loosen without them. `sidecars` holds
    names and ETags of the files seen beside the recording when it was tagged (null: not looked for).
    """

    asset: Asset
    sequencer: str | None
    release_tag: ReleaseTag
    tagging: Tagging
    machine: Tagging
    first_seen: datetime
    updated_at: datetime
    deleted: bool = False
    current: bool = True
    about: About | None = field(default=None, repr=False)
    coding: str | None = None
    former: Former | None = field(default=None, repr=False)
    sidecars: tuple[tuple[str, str], ...] | None = field(default=None, repr=False)
    loosens: bool = False


_OF_ASSET = tuple(each.name for each in fields(Asset))
_OF_STORED = tuple(each.name for each in fields(StoredAsset) if each.name != "asset")
"""The names of the fields are the names of the columns: what is read and written derives from them."""
_read_asset, _read_stored = attrgetter(*_OF_ASSET), attrgetter(*_OF_STORED)

# By columns, and each text of tags decoded once: the same are asked for again and again.
_TEXTS = ("tagging", "machine")
_CURRENT_OF = (
    select(
        *(getattr(AssetRow, name) for name in (*_OF_ASSET, *_OF_STORED) if name not in _TEXTS),
        *(type_coerce(getattr(AssetRow, name), Text).label(name) for name in _TEXTS),
    )
    .where(AssetRow.key.in_(OF), *CURRENT)
    .order_by(AssetRow.first_seen, AssetRow.id)
)
_KEPT_OF = (
    select(
        AssetRow.key,
        AssetRow.id,
        AssetRow.version_id,
        AssetRow.etag,
        AssetRow.sidecars,
        type_coerce(AssetRow.machine, Text).label("machine"),
    )
    .where(AssetRow.key.in_(OF), *CURRENT)
    .order_by(AssetRow.first_seen, AssetRow.id)
)
_IDS_OF = (
    select(AssetRow.key, AssetRow.id).where(AssetRow.key.in_(OF), *CURRENT).order_by(AssetRow.first_seen, AssetRow.id)
)
_TAGGED_IN = (
    select(AssetRow.key, AssetStudentRow.student_id)
    .join(AssetStudentRow, AssetStudentRow.asset_id == AssetRow.id)
    .where(AssetRow.key.in_(OF), AssetRow.current)
)
_SHOWING = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id.in_(OF))
_FACTS_OF = (
    select(AssetRow.id, AssetRow.key, AssetFactsRow.facts)
    .join(AssetFactsRow)
    .where(AssetRow.id.in_(OF), *CURRENT)
    .order_by(AssetRow.id)
)


class Assets:
    """The repository of recordings, within one transaction."""

    def __init__(self, session: Session, seals: Seals) -> None:
        """Work on the transaction of `session`; `seals` seals the rows that are in force."""
        self._session = session
        self._seals = seals

    def current(self, key: str) -> StoredAsset | None:
        """Return the newest version of a key that is neither replaced nor deleted."""
        return self._first(AssetRow.key == key, *CURRENT)

    def current_of(self, keys: Iterable[str]) -> dict[str, StoredAsset]:
        """Return the same as `current` for each of these keys; a key without a current version is left out."""
        found: dict[str, StoredAsset] = {}
        for row in rows_of(self._session, _CURRENT_OF, keys):
            # The newest of a key comes last, and stays.
            found[row.key] = _stored(row, tagging=_tagging(row.tagging), machine=_tagging(row.machine))
        return found

    def kept_of(self, keys: Iterable[str]) -> dict[str, KeptVersion]:
        """Return what is kept of the current version of each of these keys; a key without one is left out."""
        return {row.key: _kept(row) for row in rows_of(self._session, _KEPT_OF, keys)}

    def ids_of(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the id of the current version of each of these keys; a key without one is left out."""
        return {row.key: row.id for row in rows_of(self._session, _IDS_OF, keys)}

    def tagged_in(self, keys: Collection[str]) -> dict[str, frozenset[str]]:
        """Return who is tagged in each of these recordings as it is now, or was last, by key."""
        found: dict[str, set[str]] = {each: set() for each in keys}
        for row in rows_of(self._session, _TAGGED_IN, keys):
            found[row.key].add(row.student_id)
        return {key: frozenset(students) for key, students in found.items()}

    def sidecars_of(self, keys: Iterable[str]) -> dict[str, tuple[tuple[str, str], ...]]:
        """Return the sidecars seen beside each of these recordings when it was tagged, by key; only those in the library."""
        return {row.key: row.sidecars or () for row in rows_of(self._session, _SIDECARS_OF, keys)}

    def current_keys(self, behind: str, limit: int, folder: str = "") -> list[str]:
        """Return the next keys after a key, at most `limit`, that have a current version, of a folder (`x/`) [all].

        In the database's order.
        """
        query = select(AssetRow.key).where(*CURRENT, AssetRow.key > behind, *_within(folder)).distinct()
        return list(self._session.scalars(query.order_by(AssetRow.key).limit(limit)))

    def current_named(self, text: str, limit: int) -> list[StoredAsset]:
        """Return at most `limit` current recordings that have each word of a text in their key (case is ignored), by key."""
        words = dict.fromkeys(text.split())
        if not words:
            return []
        query = select(AssetRow.key).where(*CURRENT, *map(_has_word, words)).distinct()
        keys = list(self._session.scalars(query.order_by(AssetRow.key).limit(limit)))
        found = self.current_of(keys)
        return [found[each] for each in keys if each in found]

    def current_page(self, behind: str, limit: int) -> list[tuple[str, str]]:
        """Return id and key of the next current recordings after an id, at most `limit`, in the database's order of ids."""
        query = select(AssetRow.id, AssetRow.key).where(*CURRENT, AssetRow.id > behind).order_by(AssetRow.id)
        return [(row.id, row.key) for row in self._session.execute(query.limit(limit))]

    def deleted_keys(self, behind: str, limit: int) -> list[str]:
        """Return the next keys after a key, at most `limit`, whose newest version was deleted, in the database's order."""
        query = select(AssetRow.key).where(AssetRow.current, AssetRow.deleted, AssetRow.key > behind).distinct()
        return list(self._session.scalars(query.order_by(AssetRow.key).limit(limit)))

    def need(self, key: str) -> StoredAsset:
        """Return the current version of a key. Raises UnknownThing."""
        stored = self.current(key)
        if stored is None:
            raise UnknownThing(NOT_IN_LIBRARY)
        return stored

    def newest(self, key: str) -> StoredAsset | None:
        """Return the newest version of a key on file, even if the object has been deleted since."""
        return self._first(AssetRow.key == key, AssetRow.current)

    def by_id(self, asset_id: str) -> StoredAsset | None:
        """Return an asset by its id, deleted and replaced ones too."""
        return self._first(AssetRow.id == asset_id)

    def by_ids(self, ids: Iterable[str]) -> list[StoredAsset]:
        """Return these assets, deleted and replaced ones too, oldest first; an id that nothing has is left out."""
        return [each for chunk in chunks(ids) for each in self._stream(AssetRow.id.in_(chunk))]

    def version(self, key: str, version_id: str | None, etag: str) -> StoredAsset | None:
        """Return one version of a key, deleted and replaced ones too."""
        return self._first(AssetRow.key == key, AssetRow.version_id == version_id, AssetRow.etag == etag)

    def of_key(self, key: str) -> list[StoredAsset]:
        """Return every version of a key, deleted and replaced ones too, oldest first."""
        return list(self._stream(AssetRow.key == key))

    def same_bytes(self, etag: str, size: int) -> list[StoredAsset]:
        """Return every version, of any key, that has this ETag and size, deleted and replaced ones too."""
        return list(self._stream(AssetRow.etag == etag, AssetRow.size == size))

    def same_picture(self, asset: Asset) -> list[StoredAsset]:
        """Return every other version, of any key, with these bytes or this picture, deleted and replaced ones too.

        The ETag of an upload in parts depends on the parts. If either version was uploaded in parts, the same size is
        enough to count as the same bytes.
        """
        same: list[ColumnElement[bool]] = [(AssetRow.etag == asset.etag) & (AssetRow.size == asset.size)]
        if asset.sha256 is not None:
            same.append(AssetRow.sha256 == asset.sha256)
        if asset.content is not None:
            same.append(AssetRow.content == asset.content)
        in_parts = AssetRow.etag.contains("-") if "-" not in asset.etag else AssetRow.etag.is_not(None)
        same.append((AssetRow.size == asset.size) & in_parts)
        return list(self._stream(AssetRow.id != asset.id, or_(*same)))

    def copies_of(self, asset: Asset) -> list[StoredAsset]:
        """Return every other recording of the library, as it is now, that may be the same picture: see `same_picture`."""
        return [each for each in self.same_picture(asset) if each.current and not each.deleted]

    def nearly_alike(self, asked: Iterable[str]) -> list[StoredAsset]:
        """Return every version that shares a quarter with one of these: a version that differs in at most three places does."""
        quarters = [
            (AssetLikenessRow.quarter == number) & (AssetLikenessRow.digits == digits)
            for each in dict.fromkeys(asked)
            for number, digits in enumerate(_quarters(each))
        ]
        near = select(AssetLikenessRow.asset_id).where(or_(*quarters))
        return list(self._stream(AssetRow.id.in_(near)))

    def loosening(self) -> list[StoredAsset]:
        """Return the current recordings whose tags would loosen if a person agreed, oldest first."""
        return list(self._stream(AssetRow.loosens, *CURRENT))

    def save(self, stored: StoredAsset) -> None:
        """Insert or overwrite by the asset's id, and renew the index of the students in it.

        An original that staff could read and that now has to be on hold is `unwritten` until its object's tags say `hold`.
        For one on hold it is noted on which days its closures end.
        """
        asset_id = stored.asset.id
        was = self._release_tag(asset_id)
        if stored.release_tag == "hold" and was == "staff":
            insert_missing(self._session, UnwrittenTagsRow, [{"asset_id": asset_id}])
        self._seals.before(ASSETS, [asset_id])
        upsert(self._session, AssetRow, _values(stored))
        ends = {each.until for each in stored.tagging.closures if each.until is not None}
        if stored.release_tag == "hold" and ends:
            insert_missing(self._session, ClosureEndRow, [{"asset_id": asset_id, "day": day} for day in sorted(ends)])
        if was is not None:
            for index in _INDEXES:
                self._session.connection().execute(index, {"of_asset": asset_id})
        rows = [{"asset_id": asset_id, "student_id": student} for student in sorted(stored.tagging.students)]
        insert_missing(self._session, AssetStudentRow, rows)
        if stored.asset.likeness:
            middles = middles_of(stored.asset.likeness)
            quarters = {(number, digits) for each in middles for number, digits in enumerate(_quarters(each))}
            parts = [{"asset_id": asset_id, "quarter": number, "digits": digits} for number, digits in sorted(quarters)]
            insert_missing(self._session, AssetLikenessRow, parts)

    def keep_facts(self, asset_id: str, facts: Facts, words: Collection[KeptWord]) -> None:
        """Keep the facts of a recording's file, with the words by which it is found again when names change.

        Both hold its texts, which may name anybody, and are never shown.
        """
        upsert_all(self._session, AssetFactsRow, [{"asset_id": asset_id, "facts": facts}], by=("asset_id",))
        keep_words(self._session, asset_id, words)

    def current_facts(self, ids: Iterable[str]) -> Iterator[tuple[str, str, Facts]]:
        """Yield the id, key and facts of these recordings where they are current and facts are on file."""
        return ((row.id, row.key, row.facts) for row in rows_of(self._session, _FACTS_OF, ids))

    def current_ids(self) -> Iterator[tuple[str, str]]:
        """Stream the id and key of every current recording; only within the transaction."""
        rows = self._session.execute(
            select(AssetRow.id, AssetRow.key).where(*CURRENT), execution_options={"yield_per": _BATCH}
        )
        return ((row.id, row.key) for row in rows)

    def is_any(self) -> bool:
        """Whether there is any recording."""
        return self._session.scalar(select(AssetRow.id).where(*CURRENT).limit(1)) is not None

    def showing_any(self, students: Iterable[str]) -> set[str]:
        """Return the ids of the versions that any of these students is in."""
        return {row.asset_id for row in rows_of(self._session, _SHOWING, students)}

    def strip(self, stored: StoredAsset, tagging: Tagging, at: datetime) -> None:
        """Reduce the row of a destroyed version to this tagging and its digests; delete people's looks, facts and words."""
        ids = self._session.scalars(select(LookRow.id).where(LookRow.asset_id == stored.asset.id)).all()
        self._seals.before(LOOKS, ids)
        self._session.execute(delete(LookRow).where(LookRow.asset_id == stored.asset.id))
        for each in (RuleChangeAssetRow, AssetFactsRow, AssetWordRow, StaleTagsRow):
            self._session.execute(delete(each).where(each.asset_id == stored.asset.id))
        bare = replace(stored, tagging=tagging, machine=tagging, about=None, former=None, sidecars=None, loosens=False)
        self.save(replace(bare, deleted=True, updated_at=at))

    def is_any_closure_over(self, day: date) -> bool:
        """Whether a closure of an original on hold has ended by this day, and nobody has looked at it since."""
        return self._session.scalar(select(ClosureEndRow.asset_id).where(ClosureEndRow.day < day).limit(1)) is not None

    def closures_over(self, day: date, limit: int) -> list[StoredAsset]:
        """Return at most `limit` assets of which a closure has ended by this day."""
        over = select(ClosureEndRow.asset_id).where(ClosureEndRow.day < day).distinct().limit(limit)
        return list(self._stream(AssetRow.id.in_(self._session.scalars(over).all())))

    def open_again(self, stored: StoredAsset, day: date) -> None:
        """Keep who may read an original by this day, on which closures are over; its object's tags are `unwritten`."""
        asset_id = stored.asset.id
        over = delete(ClosureEndRow).where(ClosureEndRow.asset_id == asset_id, ClosureEndRow.day < day)
        self._session.execute(over)
        changed_now = update(AssetRow).where(AssetRow.id == asset_id, AssetRow.release_tag != stored.release_tag)
        if changed(self._session, changed_now.values(release_tag=stored.release_tag)):
            insert_missing(self._session, UnwrittenTagsRow, [{"asset_id": asset_id}])

    def unwritten(self) -> list[StoredAsset]:
        """Return the assets of which the object may still have other tags: they are on hold, or their closure is over."""
        return list(self._stream(AssetRow.id.in_(select(UnwrittenTagsRow.asset_id))))

    def is_any_unwritten(self, asset_id: str | None = None) -> bool:
        """Whether `unwritten` has any (this one)."""
        query = select(UnwrittenTagsRow.asset_id).limit(1)
        if asset_id is not None:
            query = query.where(UnwrittenTagsRow.asset_id == asset_id)
        return self._session.scalar(query) is not None

    def drop_unwritten(self, asset_id: str) -> None:
        """Note that the tags of an asset's object are written, or that the object is gone."""
        self._session.execute(delete(UnwrittenTagsRow).where(UnwrittenTagsRow.asset_id == asset_id))

    def keep_codings(self, codings: Mapping[str, str]) -> None:
        """Keep digests of assets' bytes, by the assets' ids; the coding of these bytes holds nothing but the picture."""
        rows = [{"of_asset": asset_id, "found": coding} for asset_id, coding in codings.items()]
        if rows:
            self._session.connection().execute(_CODING, rows)

    def supersede(self, key: str, keep_asset_id: str) -> None:
        """Say that every other version of the key has been replaced."""
        others = update(AssetRow).where(AssetRow.key == key, AssetRow.id != keep_asset_id)
        self._session.execute(others.values(current=False))
        replaced = select(AssetRow.id).where(AssetRow.key == key, AssetRow.id != keep_asset_id)
        self._session.execute(delete(AssetWordRow).where(AssetWordRow.asset_id.in_(replaced)))

    def counts(self) -> AssetCounts:
        """Return how many recordings there are, how many are on hold, and how many wait for a look."""
        is_held = AssetRow.release_tag == "hold"
        columns = func.count(), *(func.sum(case((each, 1), else_=0)) for each in (is_held, AssetRow.waiting))
        row = self._session.execute(select(*columns).where(*CURRENT)).one()
        return AssetCounts(*(int(each or 0) for each in row))

    def waiting_since(self) -> datetime | None:
        """Return since when the first of the recordings that wait is in the library; None where none waits."""
        query = select(func.min(AssetRow.first_seen)).where(AssetRow.waiting, *CURRENT)
        return self._session.scalar(query)

    def count_waiting(self, until: datetime) -> int:
        """Return how many recordings that the library had at a moment wait for a person's look, also under a former key."""
        was_there = or_(AssetRow.first_seen <= until, _was_another(until))
        query = select(func.count()).select_from(AssetRow).where(AssetRow.waiting, was_there, *CURRENT)
        return self._session.scalar(query) or 0

    def waiting(self) -> list[StoredAsset]:
        """Return the current assets for which it is not known who is in them, oldest first."""
        return list(self._stream(AssetRow.waiting, *CURRENT))

    def waiting_page(self, *, limit: int, after: str | None = None, folder: str = "") -> list[StoredAsset]:
        """Return at most `limit` of the recordings that wait, behind the key `after`, oldest first, of a folder (`x/`) [all].

        Raises UnknownThing where the library has no recording `after`.
        """
        conditions = [AssetRow.waiting, *CURRENT, *_within(folder)]
        if after is not None:
            last = self.need(after)
            later = and_(AssetRow.first_seen == last.first_seen, AssetRow.id > last.asset.id)
            conditions.append(or_(AssetRow.first_seen > last.first_seen, later))
        query = select(AssetRow).where(*conditions).order_by(AssetRow.first_seen, AssetRow.id).limit(limit)
        return [_stored(row) for row in self._session.scalars(query, execution_options={"populate_existing": True})]

    def waiting_keys(self, folder: str = "") -> Iterator[str]:
        """Stream the keys of the recordings that wait, oldest first, of a folder (`x/`) [all]."""
        query = select(AssetRow.key).where(AssetRow.waiting, *CURRENT, *_within(folder))
        query = query.order_by(AssetRow.first_seen, AssetRow.id)
        yield from self._session.scalars(query, execution_options={"yield_per": _BATCH})

    def all_current(self) -> Iterator[StoredAsset]:
        """Stream every current asset, oldest first; only within the transaction."""
        return self._stream(*CURRENT)

    def deleted_since(self, moment: datetime) -> Iterator[StoredAsset]:
        """Stream the newest version of each key that has been marked deleted since a moment; only within the transaction."""
        return self._stream(AssetRow.current, AssetRow.deleted, AssetRow.updated_at >= moment)

    def deleted_showing(self, students: Collection[str], *, since: datetime) -> list[StoredAsset]:
        """Return what was marked deleted since a moment and shows or mentions any of these students, oldest first."""
        conditions = AssetRow.current, AssetRow.deleted, AssetRow.updated_at >= since
        found: dict[str, StoredAsset] = {}
        for chunk in chunks(students):
            theirs = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id.in_(chunk))
            found |= {each.asset.id: each for each in self._stream(AssetRow.id.in_(theirs), *conditions)}
        return sorted(found.values(), key=lambda each: (each.first_seen, each.asset.id))

    def every_newest(self) -> Iterator[StoredAsset]:
        """Stream the newest version of each key, deleted ones too, oldest first; only within the transaction."""
        return self._stream(AssetRow.current)

    def of_student(self, student_id: str) -> list[StoredAsset]:
        """Return the current assets that show or mention a student, oldest first."""
        theirs = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id == student_id)
        return list(self._stream(AssetRow.id.in_(theirs), *CURRENT))

    def replaced_of_student(self, student_id: str) -> list[StoredAsset]:
        """Return the versions that show or mention a student and were saved over since with what does not, oldest first.

        A bucket with versions keeps them. Without those whose file or picture is in the library, as under another key.
        """
        theirs = select(AssetStudentRow.asset_id).where(AssetStudentRow.student_id == student_id)
        now, copy = aliased(AssetRow), aliased(AssetRow)
        is_another = exists().where(now.key == AssetRow.key, now.current, ~now.deleted, now.id.not_in(theirs))
        same_bytes = and_(copy.size == AssetRow.size, copy.etag == AssetRow.etag)
        is_there = exists().where(copy.current, ~copy.deleted, or_(same_bytes, copy.content == AssetRow.content))
        return list(self._stream(AssetRow.id.in_(theirs), ~AssetRow.current, is_another, ~is_there))

    def saved_over_since(
        self, moment: datetime, keys: Collection[str] | None = None, *, folder: str = ""
    ) -> list[StoredAsset]:
        """Return the version that each of these keys [all] had at a moment, or first had after it, where another is there now.

        Of a folder (`x/`) alone where one is given. Also where that shows the same picture, as after a rating was saved in
        the file. Newest first.
        """
        later, now = aliased(AssetRow), aliased(AssetRow)
        had_another = exists().where(
            later.key == AssetRow.key, later.first_seen > AssetRow.first_seen, later.first_seen <= moment
        )
        is_there = exists().where(now.key == AssetRow.key, now.current, ~now.deleted)
        was_there = or_(~AssetRow.deleted, AssetRow.updated_at >= moment)
        conditions = ~AssetRow.current, was_there, ~had_another, is_there, *_within(folder)
        of_keys = [()] if keys is None else [(AssetRow.key.in_(chunk),) for chunk in chunks(keys)]
        found = [each for more in of_keys for each in self._stream(*conditions, *more)]
        newest_first = sorted(found, key=lambda each: (each.first_seen, each.asset.id), reverse=True)
        return list({each.asset.key: each for each in newest_first}.values())

    def add_look(self, asset_id: str, look: Look) -> None:
        """Keep a person's look at an asset; a missing asset raises StoreError at the end of the transaction."""
        adding = insert(LookRow).values(asset_id=asset_id, at=look.at, look=look).returning(LookRow.id)
        self._seals.new(LOOKS, [self._session.scalar(adding)])

    def looks(self, asset_id: str) -> list[Look]:
        """Return people's looks at an asset, in order. Raises LedgerBroken if one was changed outside the program."""
        query = select(LookRow.id, LookRow.look).where(LookRow.asset_id == asset_id).order_by(LookRow.at, LookRow.id)
        rows = self._session.execute(query).all()
        if self._seals.bent(LOOKS, [row.id for row in rows]):
            raise LedgerBroken(BENT)
        return [row.look for row in rows]

    def bent(self, ids: Iterable[str]) -> set[str]:
        """Return those of these versions whose rows do not fit their seals."""
        return self._seals.bent(ASSETS, ids)

    def _release_tag(self, asset_id: str) -> ReleaseTag | None:
        """Return the tag that is kept for an asset; None where the asset is not on file."""
        return self._session.connection().execute(_RELEASE_TAG_OF, {"of_asset": asset_id}).scalar()

    def _first(self, *conditions: ColumnExpressionArgument[bool]) -> StoredAsset | None:
        query = select(AssetRow).where(*conditions).order_by(AssetRow.first_seen.desc(), AssetRow.id.desc()).limit(1)
        row = self._session.scalar(query, execution_options={"populate_existing": True})
        return None if row is None else _stored(row)

    def _stream(self, *conditions: ColumnExpressionArgument[bool]) -> Iterator[StoredAsset]:
        query = select(AssetRow).where(*conditions).order_by(AssetRow.first_seen, AssetRow.id)
        options = {"populate_existing": True, "yield_per": _BATCH}
        for row in self._session.scalars(query, execution_options=options):
            yield _stored(row)


def _has_word(word: str) -> ColumnElement[bool]:
    """Return whether a key has a word somewhere, in whichever case."""
    # SQLite knows no case but that of A to Z: École is looked for as it may be written.
    written = dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    return or_(*(AssetRow.key.icontains(each, autoescape=True) for each in written))


def _was_another(until: datetime) -> ColumnElement[bool]:
    """Return whether a recording was there at a moment as a version that was replaced or moved since: the same picture."""
    former = aliased(AssetRow)
    same_bytes = and_(former.size == AssetRow.size, or_(former.etag == AssetRow.etag, former.sha256 == AssetRow.sha256))
    is_gone = or_(~former.current, former.deleted)
    return exists().where(former.first_seen <= until, is_gone, or_(same_bytes, former.content == AssetRow.content))


def _within(folder: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a key is in a folder (`x/`); "" is everywhere."""
    return (begins(AssetRow.key, folder),) if folder else ()


def _quarters(likeness: str) -> list[str]:
    return [likeness[start : start + 4] for start in range(0, 16, 4)]


def _values(stored: StoredAsset) -> dict[str, Any]:
    asset, tagging = stored.asset, stored.tagging
    values = {name: getattr(asset, name) for name in _OF_ASSET} | {name: getattr(stored, name) for name in _OF_STORED}
    # It belongs to the bytes and not to the tags: `keep_codings` alone writes it.
    del values["coding"]
    return values | {"waiting": tagging.state != "complete" or tagging.unidentified_people > 0}


def _kept(row: Row[*tuple[Any, ...]]) -> KeptVersion:
    # Not decoded whole: that takes ten times as long, for each recording of the library.
    machine = json.loads(row.machine)
    findings = frozenset(each["tag"] for each in machine["findings"])
    return KeptVersion(row.id, row.version_id, row.etag, row.sidecars or (), machine["tagger"], findings)


@lru_cache(maxsize=_BATCH)
def _tagging(text: str) -> Tagging:
    return decode(Tagging, text)


def _stored(row: AssetRow | Row[*tuple[Any, ...]], **decoded: Tagging) -> StoredAsset:
    values = dict(zip(_OF_STORED, _read_stored(row), strict=True))
    return StoredAsset(Asset(*_read_asset(row)), **(values | decoded))
