"""Closes links: those revoked, those out of guesses, and those that today's decision refuses (`link_status.py`).

A closed link opens nothing from the commit on; its copy goes back on hold right after (`published_copy`). A change of a
family's choice, of looks or of tags closes the links that it touches in the same transaction (`close_refused_links`).
The answer says who had opened which link before, since no downloaded copy can be taken back.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from functools import partial

from dam_plugin.errors import DamPluginError, InputError, StorageError, UnknownThing
from dam_plugin.gate.link_status import LinkStatus, statuses_of_links
from dam_plugin.model import MOST_WRONG_WORDS, Actor, Decision, Link, Outcome, Share, role_and_id
from dam_plugin.procedure.case import Case
from dam_plugin.services import Services
from dam_plugin.sharing.file_referral import refer_unseen
from dam_plugin.sharing.published_copy import MOVED_FROM, CopyCounts, close_copies, give_new_keys, reopen_copies
from dam_plugin.sharing.third_parties import third_parties_review
from dam_plugin.store import Unit
from dam_plugin.store.ledger_entries import SEVERAL_LINKS

OUT_OF_REACH = "What was downloaded or printed before is out of reach."
AGAIN = "decided again after a change"
GUESSED = "too many wrong words"
# Outcomes of an opening that gave out a URL.
_OPENED = (Outcome.ALLOW.word, Outcome.REDACT.word)
# In which states a copy may be whose former object is to go on hold.
_MAY_HAVE_MOVED = ("moving", "recorded", "open", "closing")


@dataclass(frozen=True, slots=True)
class OpenedBefore:
    """A link that was opened before it was closed: its recipient (`ROLE:ID`; null = no longer on record), and when.

    `unknown` is the number of openings with deleted details: it is no longer on record whether these were refused.
    """

    link: str
    to: str | None
    openings: int
    first: datetime
    last: datetime
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class InSet:
    """A yearbook set holds this many files of people whose choice changed; `is_locked`: the set is in print."""

    set: str
    is_locked: bool
    files: int


@dataclass(frozen=True, slots=True)
class StillPublished:
    """A publication of the district that shows a student and that the family's answer does not permit any more.

    `work` is the referral that waits until it is taken down, `due` its day; `share` published it on the day `published`, for
    `purpose`, handed to `to` (`ROLE:ID`). `link_opened`: a link of it was opened, or it had none.
    """

    work: str
    student: str
    key: str = field(repr=False)
    share: str
    published: date
    purpose: str
    to: str
    link_opened: bool
    due: date


@dataclass(frozen=True, slots=True)
class HoldsAgain:
    """Opt-outs of a student that hold as if they had never ended: who ended them did not hold the right on that day.

    `on` is the day on which it was entered that they end, `who` (`G-…` or the student) ended them; null: it was not said, or
    the custodian did.
    """

    student: str
    on: date
    who: str | None

    @property
    def sentence(self) -> str:
        """What holds again, why, and how whoever holds the right ends it."""
        by = f" by {self.who}" if self.who else ""
        return (
            f"The opt-out of {self.student} that was ended on {self.on}{by} holds as if it had never ended: by what is on file "
            "now, nobody who held the right on that day ended it (34 CFR 99.5, 99.37). Ask who holds it now: "
            f"`dam-plugin student opt-in {self.student} --by ID --why TEXT --as custodian:NAME` ends it, `dam-plugin student "
            f"opt-out {self.student} --by ID` says the same"
        )


@dataclass(frozen=True, slots=True)
class DirectoryLinks:
    """Of one student: the open links that rest on directory information, not on a consent; of them so many publications.

    `opted_out`: the family said no to all of that already, or the student is protected.
    """

    links: tuple[str, ...] = ()
    publications: int = 0
    opted_out: bool = False


@dataclass(frozen=True, slots=True)
class ClosedLinks:
    """The links that were closed, the state of their copies, and who had opened which link before.

    `in_sets` are the yearbook sets with files of the people whose choice changed (`student`: of one alone); no set is
    closed. `consents_in_force` are the ids of the written consents that let them into a yearbook although they opted out.
    `on_directory`: what a revoked consent leaves as it was, since it needs none. `still_published`: what the district itself
    published and people have to take down; null where neither a family's answer nor a look is told. `holding_again`: the
    opt-outs that the wrong person had ended.
    The length is that of the links, and iterating yields them.
    """

    links: tuple[Link, ...] = ()
    copies: CopyCounts = field(default_factory=CopyCounts)
    opened: tuple[OpenedBefore, ...] = ()
    in_sets: tuple[InSet, ...] = ()
    student: str | None = None
    consents_in_force: tuple[str, ...] = ()
    on_directory: DirectoryLinks | None = None
    still_published: tuple[StillPublished, ...] | None = None
    holding_again: tuple[HoldsAgain, ...] = ()

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
            **({"on_directory": asdict(self.on_directory)} if self.on_directory is not None else {}),
            **(
                {"still_published": [asdict(each) for each in self.still_published]}
                if self.still_published is not None
                else {}
            ),
            **({"holding_again": [asdict(each) for each in self.holding_again]} if self.holding_again else {}),
        }

    def __add__(self, other: ClosedLinks) -> ClosedLinks:
        """Return both together."""
        return replace(
            self,
            links=self.links + other.links,
            copies=self.copies + other.copies,
            opened=self.opened + other.opened,
            in_sets=tuple(dict.fromkeys((*self.in_sets, *other.in_sets))),
            consents_in_force=tuple(dict.fromkeys((*self.consents_in_force, *other.consents_in_force))),
            holding_again=tuple(dict.fromkeys((*self.holding_again, *other.holding_again))),
        )


def recheck_links(services: Services, *, asset_key: str | None = None, student: str | None = None) -> ClosedLinks:
    """Decide every open link (of an asset, of a student) again, and close those that today's decision refuses.

    It also closes links with too many wrong words that an opening failed to close.
    """
    with services.store.reading() as unit:
        if asset_key is None and student is None:
            links = unit.shares.links(open_only=True)
        else:
            links = unit.shares.links_of(asset_key=asset_key, student=student)
        guessed = [link for link in links if link.wrong_words >= MOST_WRONG_WORDS]
        others = [link for link in links if link.wrong_words < MOST_WRONG_WORDS and link.expires_at > services.now()]
        fell = refused_links(services, unit, others)
    closed = close_links(services, fell, AGAIN)
    return closed + close_links(services, guessed, GUESSED) if guessed else closed


def close_refused_links(
    services: Services, unit: Unit, *, asset_key: str | None = None, student: str | None = None
) -> tuple[Link, ...]:
    """Close every open link (of an asset, of a student) that today's decision refuses, in the caller's transaction.

    INVARIANT: a change and the closing of what it touches are kept together or not at all. Third parties are asked after
    the commit, by `after_closing_for_third_parties`: other writers do not wait for them.
    """
    if asset_key is None and student is None:
        links = unit.shares.links(open_only=True)
    else:
        links = unit.shares.links_of(asset_key=asset_key, student=student)
    now = services.now()
    live = [link for link in links if link.wrong_words < MOST_WRONG_WORDS and link.expires_at > now]
    hear = _ours_alone if third_parties_review(services) else None
    fell = [link for link, status in statuses_of_links(services, unit, live, hear=hear) if _is_refused_for_good(status)]
    return close_in_transaction(services, unit, fell, AGAIN, by_itself=True)


def links_on_directory(services: Services, unit: Unit, student: str) -> DirectoryLinks:
    """Return the open links that show a student as directory information, which needs no consent (34 CFR 99.37)."""
    now = services.now()
    live = [each for each in unit.shares.links_of(student=student) if each.expires_at > now and not each.secret]
    found = [
        (link.id, status.request.kind)
        for link, status in statuses_of_links(services, unit, live, hear=_ours_alone)
        if not isinstance(status, DamPluginError) and status.may_open and status.decision.basis.get(student) == "EX4"
    ]
    opted_out = unit.people.need(student).says_no(now.date())
    return DirectoryLinks(tuple(each for each, _ in found), sum(kind == "publication" for _, kind in found), opted_out)


def _ours_alone(_request: Share, _case: Case, decision: Decision) -> Decision:
    return decision


def refused_links(services: Services, unit: Unit, links: Sequence[Link]) -> list[Link]:
    """Return the links that are refused for a cause that will not be over at the next opening."""
    return [link for link, status in statuses_of_links(services, unit, links) if _is_refused_for_good(status)]


def _is_refused_for_good(status: LinkStatus | DamPluginError) -> bool:
    # A link that cannot be decided opens nothing, and must not keep others from being decided.
    return isinstance(status, DamPluginError) or not (status.may_open or status.may_recover)


@dataclass(frozen=True, slots=True)
class ClosedBy:
    """Who closes links: as typed with `--as`, and the user of the system who ran the command."""

    by: Actor
    user: str


def revoke(
    services: Services,
    *,
    link: str | None = None,
    key: str | None = None,
    student: str | None = None,
    by: ClosedBy | None = None,
) -> ClosedLinks:
    """Close a link by its id, or every open link of a key or a student.

    The ledger keeps who did it (`by`); null where a host asks, which names nobody. Raises
    UnknownThing for an unknown link, InputError if no link, key or student is given.
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
    return close_links(services, links, "revoked", secret=link is not None, by=by)


def close_links(
    services: Services, links: Sequence[Link], why: str, *, secret: bool = False, by: ClosedBy | None = None
) -> ClosedLinks:
    """Close links in one transaction (from its commit on they open nothing), then put their copies back on hold.

    `secret`: the result has links under an order that forbids telling, too.
    A copy that cannot be put on hold now is no error: it is counted, and `close_unneeded_copies` tries again.
    """
    if not links:
        return ClosedLinks()
    with services.store.writing() as unit:
        closed = close_in_transaction(services, unit, links, why, by)
    return after_closing(services, closed, secret=secret)


def close_in_transaction(
    services: Services,
    unit: Unit,
    links: Iterable[Link],
    why: str,
    by: ClosedBy | None = None,
    *,
    by_itself: bool = False,
) -> tuple[Link, ...]:
    """Close links in the caller's transaction, with one entry in the ledger; return those that were open.

    `by_itself`: nobody wanted to close these; then whoever asked and was given one, and has not opened it, waits again
    (`refer_unseen`). The caller calls `after_closing` once it has committed.
    """
    given = {link.id: link for link in links}
    now = services.now()
    ids = set(unit.shares.close_links(given, why, now))
    closed = tuple(link for link in given.values() if link.id in ids)
    if closed:
        unit.shares.withdraw_unneeded(now, [link.release_id for link in closed])
        # A copy that another link still needs gets a new key where one of these links gave out its URL lately.
        moved = give_new_keys(unit, [link.id for link in closed], now)
        told = {"why": why} if by is None else {"why": why, "by": asdict(by.by), "user": by.user}
        _record(services, unit, closed, told, now, moved)
        if by_itself and (waits := refer_unseen(services, unit, closed)):
            unit.after_commit(partial(_tell_unseen, services, [each.id for each in waits if not each.secret]))
    return closed


def _tell_unseen(services: Services, referrals: Sequence[str]) -> None:
    for each in referrals:
        services.third_parties.notify(
            "custodian", f"A link was closed before anybody opened it: `dam-plugin queue show {each}`"
        )


def after_closing_for_third_parties(
    services: Services, closed: Sequence[Link], *, asset_key: str | None = None, student: str | None = None
) -> ClosedLinks:
    """Do the work of `after_closing`, and close the links that third parties refuse now."""
    done = after_closing(services, closed)
    return (
        done + recheck_links(services, asset_key=asset_key, student=student) if third_parties_review(services) else done
    )


def after_closing(services: Services, closed: Sequence[Link], *, secret: bool = False) -> ClosedLinks:
    """Put the copies of closed links back on hold; return the links, and who had opened them.

    Links under an order that forbids telling are left out of it, unless `secret` asks for them.
    """
    told = [link for link in closed if secret or not link.secret]
    _close_copies(services, [link for link in closed if link not in told])
    if not told:
        return ClosedLinks()
    copies = _close_copies(services, told)
    with services.store.reading() as unit:
        return ClosedLinks(tuple(told), copies, _opened(services, unit, [link.id for link in told]))


def _close_copies(services: Services, closed: Sequence[Link]) -> CopyCounts:
    if not closed:
        return CopyCounts()
    releases = {link.release_id for link in closed}
    with services.store.reading() as unit:
        # Also copies whose seal is broken: their former objects go on hold all the same.
        proofs = [release.proof for release in unit.shares.releases(_MAY_HAVE_MOVED, ids=releases)]
    former = {str(proof[MOVED_FROM]) for proof in proofs if MOVED_FROM in proof}
    copies = close_copies(services, releases | former)
    if former:
        # A copy that fails here stays `moving`; an opening or the next run finishes it.
        with suppress(StorageError):
            reopen_copies(services, releases)
    return copies


def _record(
    services: Services,
    unit: Unit,
    closed: Sequence[Link],
    told: Mapping[str, object],
    now: datetime,
    moved: dict[str, str],
) -> None:
    for secret in (False, True):
        links = [link for link in closed if link.secret is secret]
        # A copy that both kinds share is told of in the ledger alone.
        theirs = {link.release_id for link in links}
        also = {copy: former for copy, former in moved.items() if copy in theirs}
        moved = {copy: former for copy, former in moved.items() if copy not in theirs}
        if links:
            _record_kind(services, unit, links, told, now, also, secret=secret)


def _record_kind(
    services: Services,
    unit: Unit,
    closed: Sequence[Link],
    told: Mapping[str, object],
    now: datetime,
    moved: dict[str, str],
    *,
    secret: bool,
) -> None:
    ids = [link.id for link in closed]
    details = {**told, "count": len(ids), "links": ids}
    services.ledger.append(
        unit,
        at=now,
        kind="close",
        subject=ids[0] if len(ids) == 1 else f"{SEVERAL_LINKS}{secrets.token_hex(8)}",
        details={**details, "moved": moved} if moved else details,
        students=unit.shares.students_of_links(ids),
        secret=secret,
    )


def _opened(services: Services, unit: Unit, ids: Sequence[str]) -> tuple[OpenedBefore, ...]:
    """Return who opened these links, as the ledger has it, in the order of the links."""
    found: dict[str, OpenedBefore] = {}
    for entry, details in services.ledger.about(unit, "open", ids, secret=True):
        told = details or {}
        # An opening whose details were deleted counts: its outcome is no longer on record.
        if told.get("outcome", _OPENED[0]) not in _OPENED:
            continue
        to, unknown = _to(told.get("recipient")), int(details is None)
        one, before = OpenedBefore(entry.subject, to, 1, entry.at, entry.at, unknown), found.get(entry.subject)
        found[entry.subject] = one if before is None else _both(before, one)
    doubtful = unit.shares.openings_of(each.link for each in found.values() if each.unknown)
    opened = (_counted(found[each], doubtful.get(each)) for each in ids if each in found)
    return tuple(each for each in opened if each is not None)


def _both(before: OpenedBefore, one: OpenedBefore) -> OpenedBefore:
    first, last = min(before.first, one.first), max(before.last, one.last)
    openings, unknown = before.openings + one.openings, before.unknown + one.unknown
    return OpenedBefore(one.link, one.to or before.to, openings, first, last, unknown)


def _counted(opened: OpenedBefore, count: int | None) -> OpenedBefore | None:
    """Return an opened link with `unknown` no larger than the link's own count of openings leaves room for."""
    if count is None or not opened.unknown:
        return opened
    if not count:
        return None
    return replace(opened, unknown=min(opened.unknown, max(opened.openings - count, 0)))


def _to(recipient: dict[str, str | None] | None) -> str | None:
    return None if recipient is None else role_and_id(recipient.get("role"), recipient.get("id"))
