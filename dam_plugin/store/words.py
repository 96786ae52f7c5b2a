"""The words by which recordings are found again, and the recordings whose tags are stale: in the database.

Which words matter is said in `dam_tagging.names.changed_names`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from dam_plugin.store.sql import OF, chunks, insert_missing, rows_of, upsert_all
from dam_plugin.store.tables import CURRENT, AssetFactsRow, AssetRow, AssetWordRow, StaleTagsRow, TagsAsOfRow
from dam_tagging.facts import Facts
from dam_tagging.names.recording_words import KEPT, Group, KeptWord, Wanted, WordKind

_HAS_WORDS = exists().where(
    AssetWordRow.kind == KEPT.kind, AssetWordRow.word == KEPT.word, AssetWordRow.asset_id == AssetRow.id
)
_STALE = select(AssetRow.key).join(StaleTagsRow, StaleTagsRow.asset_id == AssetRow.id).where(*CURRENT)
_WITH_A_WORD = (
    select(AssetWordRow.asset_id)
    .join(AssetRow, AssetRow.id == AssetWordRow.asset_id)
    .where(AssetWordRow.kind == bindparam("kind"), AssetWordRow.word.in_(OF), *CURRENT)
    .distinct()
)
_WORDS_OF = select(AssetWordRow.kind, AssetWordRow.word).where(AssetWordRow.asset_id == bindparam("of_asset"))


class Words:
    """The repository of recordings' words, within one transaction."""

    def __init__(self, session: Session) -> None:
        """Work on the transaction of `session`."""
        self._session = session

    def vocabulary(self) -> Iterator[KeptWord]:
        """Yield every word that any recording has, but for numbers, each once, without reading all recordings."""
        for kind in ("mark", "initials", "digits", "hump", "latin", "maker", "word"):
            yield from (KeptWord(kind, word) for word in self._session.scalars(_distinct(kind)))

    def having(self, wanted: Wanted) -> set[str]:
        """Return the ids of the current recordings that are wanted, and of those whose words are not on file."""
        if wanted.everything:
            return set(self._session.scalars(select(AssetRow.id).where(*CURRENT)))
        found = set(self._session.scalars(select(AssetRow.id).where(*CURRENT, ~_HAS_WORDS)))
        by_kind: dict[WordKind, set[str]] = {}
        for each in wanted.words:
            by_kind.setdefault(each.kind, set()).add(each.word)
        for kind, words in by_kind.items():
            for chunk in chunks(sorted(words)):
                found.update(self._session.scalars(_WITH_A_WORD, {"kind": kind, "of": chunk}))
        for group in wanted.groups:
            found.update(self._session.scalars(_with_all(group)))
        return found

    def lacking(self, limit: int) -> list[tuple[str, str, Facts]]:
        """Return the id, key and facts of at most `limit` current recordings whose words are not on file."""
        query = select(AssetRow.id, AssetRow.key, AssetFactsRow.facts).join(AssetFactsRow)
        rows = self._session.execute(query.where(*CURRENT, ~_HAS_WORDS).order_by(AssetRow.id).limit(limit))
        return [(row.id, row.key, row.facts) for row in rows]

    def keep(self, asset_id: str, words: Collection[KeptWord]) -> None:
        """Keep the words of a recording in place of those on file."""
        keep_words(self._session, asset_id, words)

    def as_of(self) -> tuple[int, date | None]:
        """Return the change of the roster and the day up to which recordings were looked for that may be tagged otherwise."""
        row = self._session.execute(select(TagsAsOfRow.seq, TagsAsOfRow.day)).first()
        return (0, None) if row is None else (row.seq, row.day)

    def set_as_of(self, seq: int, day: date) -> None:
        """Note that recordings were looked for up to this change and day."""
        upsert_all(self._session, TagsAsOfRow, [{"id": 1, "seq": seq, "day": day}])

    def add_stale(self, ids: Iterable[str], seq: int) -> None:
        """Note that recordings may be tagged otherwise since this change of the roster."""
        rows = ({"asset_id": each, "seq": seq} for each in sorted(ids))
        upsert_all(self._session, StaleTagsRow, rows, by=("asset_id",))

    def stale_keys(self) -> list[str]:
        """Return the keys of the current recordings that wait to be tagged again, the newest first seen last."""
        return list(self._session.scalars(_STALE.order_by(AssetRow.first_seen, AssetRow.id)))

    def stale_among(self, keys: Iterable[str]) -> set[str]:
        """Return those of these keys whose current recording waits to be tagged again."""
        return {row.key for row in rows_of(self._session, _STALE.where(AssetRow.key.in_(OF)), keys)}

    def stale_page(self, behind: str, limit: int) -> list[str]:
        """Return the next keys after a key, at most `limit`, that wait to be tagged again, in the database's order."""
        query = _STALE.where(AssetRow.key > behind).order_by(AssetRow.key).limit(limit)
        return list(self._session.scalars(query))

    def stale_count(self) -> int:
        """Return how many current recordings wait to be tagged again."""
        return self._session.scalar(select(func.count()).select_from(_STALE.subquery())) or 0

    def drop_stale(self, asset_id: str, seen: int) -> None:
        """Note that a recording was tagged by the roster as of this change, or a later one."""
        self._session.execute(delete(StaleTagsRow).where(StaleTagsRow.asset_id == asset_id, StaleTagsRow.seq <= seen))


def keep_words(session: Session, asset_id: str, words: Collection[KeptWord]) -> None:
    """Keep the words of a recording in place of those on file: what is the same already is not written again."""
    row = AssetWordRow
    kept = {KeptWord(*each) for each in session.connection().execute(_WORDS_OF, {"of_asset": asset_id})}
    for chunk in chunks(sorted(kept - set(words))):
        gone = or_(*(and_(row.kind == each.kind, row.word == each.word) for each in chunk))
        session.execute(delete(row).where(row.asset_id == asset_id, gone))
    new = [{"kind": each.kind, "word": each.word, "asset_id": asset_id} for each in sorted(set(words) - kept)]
    insert_missing(session, row, new)


def _distinct(kind: WordKind) -> Select[str]:
    """Return the query for each word of a kind once: from word to word along the index, past the recordings that have it."""
    word, is_of_kind = AssetWordRow.word, AssetWordRow.kind == kind
    found = select(func.min(word).label("word")).where(is_of_kind).cte("each_word", recursive=True)
    following = select(func.min(word)).where(is_of_kind, word > found.c.word).scalar_subquery()
    found = found.union_all(select(following).where(found.c.word.is_not(None)))
    return select(found.c.word).where(found.c.word.is_not(None))


def _with_all(group: Group) -> Select[str]:
    """Return the query for the ids of the current recordings that have a word of each set."""
    first, *others = group
    query = select(AssetWordRow.asset_id).join(AssetRow, AssetRow.id == AssetWordRow.asset_id).distinct()
    query = query.where(*CURRENT, _is_any(AssetWordRow, first))
    for each in others:
        beside = aliased(AssetWordRow)
        query = query.where(exists().where(beside.asset_id == AssetWordRow.asset_id, _is_any(beside, each)))
    return query


def _is_any(row: type[AssetWordRow], words: Iterable[KeptWord]) -> ColumnElement[bool]:
    by_kind: dict[WordKind, list[str]] = {}
    for each in sorted(words):
        by_kind.setdefault(each.kind, []).append(each.word)
    return or_(*(and_(row.kind == kind, row.word.in_(some)) for kind, some in by_kind.items()))
