"""Closing links: from the commit on they open nothing. Their copies go back on hold right after (`holding`).

Whoever keeps what a family chose, a look or other tags closes what it touches in the same transaction (`close_fallen`).
What was handed out before is told with it: who had opened which link, and that no copy of theirs can be taken back.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from dam_plugin.errors import DamPluginError, InputError, StorageError, UnknownThing
from dam_plugin.gate.link_status import Standing, standings
from dam_plugin.model import MOST_WRONG_WORDS, Decision, Link, Outcome, Share
from dam_plugin.procedure.case import Case
from dam_plugin.services import Services
from dam_plugin.sharing.hold_copies import Settled, reopen, settle
from dam_plugin.sharing.move_copy import MOVED_FROM, move_from
from dam_plugin.sharing.third_parties import anybody_reviews
from dam_plugin.store import Unit

OUT_OF_REACH = "What was downloaded or printed before is out of reach."
AGAIN = "decided again after a change"
GUESSED = "too many wrong words"
# Outcomes of an opening that gave out a URL.
_OPENED = (Outcome.ALLOW.word, Outcome.REDACT.word)
# In which states a copy may be whose former object is to go on hold.
_MAY_HAVE_MOVED = ("moving", "recorded", "open", "closing")


@dataclass(frozen=True, slots=True)
class Opened:
    """That a link was opened before it was closed: to whom it was given (`ROLE:ID`; null = not on record any more), when.

    Of so many of the openings (`unknown`) nobody knows any more whether they were refused: their details were deleted.
    """

    link: str
    to: str | None
    openings: int
    first: datetime
    last: datetime
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class InSet:
    """That a yearbook set holds so many files of those whose choice changed; `is_locked`: it is in print."""

    set: str
    is_locked: bool
    files: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The links that were closed, what became of their copies, and who had opened which of them before.

    `in_sets` are the yearbook sets with files of those whose choice it was (`student`: of one alone), which nothing closes.
    `consents_in_force` are the ids of the written consents that let them into a yearbook although they opted out.
    It is as long as its links, and iterates over them.
    """

    links: tuple[Link, ...] = ()
    copies: Settled = field(default_factory=Settled)
    opened: tuple[Opened, ...] = ()
    in_sets: tuple[InSet, ...] = ()
    student: str | None = None
    consents_in_force: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return how many links were closed."""
        return len(self.links)

    def __iter__(self) -> Iterator[Link]:
        """Yield the links that were closed."""
        return iter(self.links)

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data: the ids of the links, the counts of copies, who had opened which link and when."""
        return {
            "closed": [link.id for link in self.links],
            "copies": asdict(self.copies),
            "opened": [asdict(each) for each in self.opened],
            "in_sets": [asdict(each) for each in self.in_sets],
            "consents_in_force": list(self.consents_in_force),
            "out_of_reach": OUT_OF_REACH,
        }

    def __add__(self, other: Closed) -> Closed:
        """Return what was closed one after the other."""
        return replace(
            self,
            links=self.links + other.links,
            copies=self.copies + other.copies,
            opened=self.opened + other.opened,
            in_sets=tuple(dict.fromkeys((*self.in_sets, *other.in_sets))),
            consents_in_force=tuple(dict.fromkeys((*self.consents_in_force, *other.consents_in_force))),
        )


def recheck(services: Services, *, asset_key: str | None = None, student: str | None = None) -> Closed:
    """Decide again every open link (of an asset, of a student), and close those that no longer stand.

    Those that were given too many wrong words are closed, too, where an opening failed to.
    """
    with services.store.reading() as unit:
        if asset_key is None and student is None:
            links = unit.shares.links(open_only=True)
        else:
            links = unit.shares.links_of(asset_key=asset_key, student=student)
        guessed = [link for link in links if link.wrong_words >= MOST_WRONG_WORDS]
        others = [link for link in links if link.wrong_words < MOST_WRONG_WORDS and link.expires_at > services.now()]
        fell = fallen(services, unit, others)
    closed = close(services, fell, AGAIN)
    return closed + close(services, guessed, GUESSED) if guessed else closed


def close_fallen(
    services: Services, unit: Unit, *, asset_key: str | None = None, student: str | None = None
) -> tuple[Link, ...]:
    """Close every open link (of an asset, of a student) that no longer stands, in the caller's transaction.

    INVARIANT: a change and the closing of what it touches are kept together or not at all. Third parties are heard by
    `followed_up`, after the commit: nobody waits for them while others wait for the database.
    """
    if asset_key is None and student is None:
        links = unit.shares.links(open_only=True)
    else:
        links = unit.shares.links_of(asset_key=asset_key, student=student)
    now = services.now()
    live = [link for link in links if link.wrong_words < MOST_WRONG_WORDS and link.expires_at > now]
    hear = _ours_alone if anybody_reviews(services) else None
    fell = [link for link, stands in standings(services, unit, live, hear=hear) if _has_fallen(stands)]
    return close_in(services, unit, fell, AGAIN)


def _ours_alone(_request: Share, _case: Case, decision: Decision) -> Decision:
    return decision


def fallen(services: Services, unit: Unit, links: Sequence[Link]) -> list[Link]:
    """Return the links that no longer stand, and whose failure is not one that may be over at the next opening."""
    return [link for link, stands in standings(services, unit, links) if _has_fallen(stands)]


def _has_fallen(stands: Standing | DamPluginError) -> bool:
    # What cannot be decided opens nothing, and must not keep the others from being decided.
    return isinstance(stands, DamPluginError) or not (stands.opens or stands.may_pass)


def revoke(
    services: Services, *, link: str | None = None, key: str | None = None, student: str | None = None
) -> Closed:
    """Close a link by id, or every open link of a key or a student.

    Raises UnknownThing for a link that is not known, InputError where nothing is named.
    """
    if link is None and key is None and student is None:
        raise InputError("nothing is named to revoke: give a link, a key or a student")
    with services.store.reading() as unit:
        if link is not None:
            known = unit.shares.link(link)
            if known is None:
                raise UnknownThing(f"no link has the id '{link}'; `dam-plugin links` lists them")
            links = [known]
        else:
            links = unit.shares.links_of(asset_key=key, student=student)
    return close(services, links, "revoked")


def close(services: Services, links: Sequence[Link], why: str) -> Closed:
    """Close links in one transaction (from its commit on they open nothing), then put their copies back on hold.

    A copy that cannot be put on hold now is not an error: it is told, kept, and made up for by `settle_all_due`.
    """
    if not links:
        return Closed()
    with services.store.writing() as unit:
        closed = close_in(services, unit, links, why)
    return followed_up(services, closed)


def close_in(services: Services, unit: Unit, links: Iterable[Link], why: str) -> tuple[Link, ...]:
    """Close links in the caller's transaction, with one entry in the ledger; return those that were open.

    Once it is committed, `followed_up` does the rest.
    """
    given = {link.id: link for link in links}
    now = services.now()
    ids = set(unit.shares.close_links(given, why, now))
    closed = tuple(link for link in given.values() if link.id in ids)
    if closed:
        unit.shares.withdraw_unneeded(now, [link.release_id for link in closed])
        # What others' links need still gets another key where one of these gave out a URL of it a moment ago.
        moved = move_from(unit, [link.id for link in closed], now)
        _record(services, unit, closed, why, now, moved)
    return closed


def followed_up_by_all(
    services: Services, closed: Sequence[Link], *, asset_key: str | None = None, student: str | None = None
) -> Closed:
    """Do what `followed_up` does for `close_fallen`, and close what third parties no longer let through either."""
    done = followed_up(services, closed)
    return done + recheck(services, asset_key=asset_key, student=student) if anybody_reviews(services) else done


def followed_up(services: Services, closed: Sequence[Link]) -> Closed:
    """Put the copies of closed links back on hold, and return what was closed with who had opened it."""
    if not closed:
        return Closed()
    releases = {link.release_id for link in closed}
    with services.store.reading() as unit:
        # Also those that are not as they were sealed: where they lay before goes on hold all the same.
        proofs = [release.proof for release in unit.shares.releases(_MAY_HAVE_MOVED, ids=releases)]
    former = {str(proof[MOVED_FROM]) for proof in proofs if MOVED_FROM in proof}
    copies = settle(services, releases | former)
    if former:
        # What fails now is `moving`, and finished by an opening or by whoever runs.
        with suppress(StorageError):
            reopen(services, releases)
    with services.store.reading() as unit:
        return Closed(tuple(closed), copies, _opened(unit, [link.id for link in closed]))


def _record(
    services: Services, unit: Unit, closed: Sequence[Link], why: str, now: datetime, moved: dict[str, str]
) -> None:
    ids = [link.id for link in closed]
    details = {"why": why, "count": len(ids), "links": ids}
    services.ledger.append(
        unit,
        at=now,
        kind="close",
        subject=ids[0] if len(ids) == 1 else f"rv-{secrets.token_hex(8)}",
        details={**details, "moved": moved} if moved else details,
        students=unit.shares.students_of_links(ids),
    )


def _opened(unit: Unit, ids: Sequence[str]) -> tuple[Opened, ...]:
    """Return who opened these links, as the ledger has it, in the order of the links."""
    found: dict[str, Opened] = {}
    for row in unit.entries.of_subjects("open", ids):
        details = json.loads(row.details)["details"] if row.details is not None else {}
        # Of an opening whose details were deleted nobody knows any more what came of it: it counts.
        if details.get("outcome", _OPENED[0]) not in _OPENED:
            continue
        at, to, unknown = datetime.fromisoformat(row.at), _to(details.get("recipient")), int(row.details is None)
        one, before = Opened(row.subject, to, 1, at, at, unknown), found.get(row.subject)
        found[row.subject] = one if before is None else _both(before, one)
    doubtful = unit.shares.openings_of(each.link for each in found.values() if each.unknown)
    told = (_counted(found[each], doubtful.get(each)) for each in ids if each in found)
    return tuple(each for each in told if each is not None)


def _both(before: Opened, one: Opened) -> Opened:
    first, last = min(before.first, one.first), max(before.last, one.last)
    openings, unknown = before.openings + one.openings, before.unknown + one.unknown
    return Opened(one.link, one.to or before.to, openings, first, last, unknown)


def _counted(opened: Opened, count: int | None) -> Opened | None:
    """Return what the count of a link leaves in doubt of its openings, which is of those that were not refused."""
    if count is None or not opened.unknown:
        return opened
    if not count:
        return None
    return replace(opened, unknown=min(opened.unknown, max(opened.openings - count, 0)))


def _to(recipient: dict[str, str | None] | None) -> str | None:
    return None if recipient is None else ":".join(filter(None, (recipient.get("role"), recipient.get("id"))))
