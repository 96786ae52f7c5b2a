"""Opening links: each opening is decided again, with today's opt-outs, consents, birthdays, rules and tags.

First everything slow is prepared outside of a transaction (words, third parties, URLs). Then one transaction decides and
records. INVARIANT: an opening rests only on what the recording transaction sees; what was prepared on anything else is
prepared again. A link that today's decision refuses is closed for good (`close_links`), which ends URLs handed out before.
"""

from __future__ import annotations

import hmac
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import Any

from dam_plugin.errors import DamPluginError, StoreError
from dam_plugin.gate.close_links import GUESSED, after_closing, close_in_transaction
from dam_plugin.gate.link_status import LinkStatus, refused_as_changed, statuses_of_links
from dam_plugin.gate.link_url import NotYet, Url, UrlRequest, UrlRequestId, urls_for
from dam_plugin.ledger.chain import Draft
from dam_plugin.model import MOST_WRONG_WORDS, Decision, Link, Outcome, Release
from dam_plugin.procedure.clauses import reason
from dam_plugin.services import Services
from dam_plugin.sharing.notice import notice_for
from dam_plugin.sharing.published_copy import URL_SECONDS, reopen_copies
from dam_plugin.sharing.share import ATTEMPTS, taken_by_today
from dam_plugin.sharing.third_parties import Opinions, OpinionsOutdated, third_parties_review
from dam_plugin.sharing.tokens import token_hash, word_hash
from dam_plugin.store import Unit
from dam_plugin.telemetry.spans import Attributes, spans_of_batch

__all__ = ["NOT_VALID", "URL_SECONDS", "LinkRequest", "Opening", "open_link", "open_links"]
# One answer for a link that is unknown, ran out, was used up or closed: it tells a stranger nothing.
NOT_VALID = Decision(Outcome.DENY, reasons=(reason("LINK"),))
AGAIN = "decided again at an opening"
# Each attempt waits at most this much longer than the one before.
PAUSE_SECONDS = 0.02
Follow = Callable[[Services, Sequence[Link]], object]
NOBODY_WAITS = StoreError("nobody waits for this opening any more; nothing was opened")


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A request to open a link: its token, and its word where one was given.

    `head` asks only whether it would open, with a URL for a HEAD: it counts as no opening, is not recorded and closes
    nothing; a wrong word still counts. `if_plain` opens it only if it needs no notice, no word and no count of openings,
    and is a HEAD otherwise. `given_up` is set when the caller stops waiting; a request that is not decided by then neither
    counts nor is recorded.
    """

    token: str = field(repr=False)
    word: str | None = field(default=None, repr=False)
    head: bool = False
    if_plain: bool = False
    given_up: Event | None = field(default=None, repr=False, compare=False)

    @property
    def is_given_up(self) -> bool:
        """Whether the caller has stopped waiting."""
        return self.given_up is not None and self.given_up.is_set()


@dataclass(frozen=True, slots=True)
class Prepared:
    """The data that a batch of openings needs and does not read in its transaction.

    Requests go by their place in the batch, links by the token's hash. `right`: whether the request may enter, with the
    right word or because there is none.
    """

    asked: Mapping[int, LinkRequest]
    hashes: Mapping[int, str]
    links: Mapping[str, Link]
    right: Mapping[int, bool]
    urls: Mapping[UrlRequestId, Url | DamPluginError | None]
    opinions: Opinions | None

    @property
    def entering(self) -> list[int]:
        """The places of requests for an open link with its right word, or without one."""
        return [place for place, right in self.right.items() if right]

    @property
    def guesses(self) -> list[int]:
        """The places of requests with a wrong word."""
        return [place for place, right in self.right.items() if not right and self.asked[place].word is not None]

    @property
    def writes(self) -> bool:
        """Whether anything has to be recorded or counted."""
        return bool(self.guesses) or any(not self.asked[place].head for place in self.entering)


@dataclass(frozen=True, slots=True)
class Opening:
    """The result of an opening: a URL that works for `seconds`, or the decision that refuses it.

    `link` is the link after it. `notice` is the text that the recipient has to read beside the recording (null: none).
    `needs_word`: the link asks for a word, and none or a wrong one was given.
    """

    decision: Decision
    url: str | None = field(default=None, repr=False)
    link: Link | None = None
    seconds: int | None = None
    notice: str | None = None
    needs_word: bool = False


def open_link(services: Services, token: str, word: str | None = None) -> Opening:
    """Decide a link again and return a URL signed by delivery, or the refusal. Every opening is recorded first.

    Raises StorageError, StoreError, SettingsError: nothing is then opened.
    """
    (opened,) = open_links(services, [LinkRequest(token, word)])
    if isinstance(opened, DamPluginError):
        raise opened
    return opened


def open_links(
    services: Services, asked: Sequence[LinkRequest], *, patience: float | None = None, follow: Follow = after_closing
) -> list[Opening | DamPluginError]:
    """Open several links as `open_link` does, in order and in one transaction; return the result of each.

    An error stands in the place of the one opening that it stops. `patience`: seconds to wait for the storage; a request
    that needs longer is NotYet, and the caller asks again without patience. `follow` runs after links were closed. Raises
    StoreError and LedgerBroken: nothing is then opened.
    """
    answers: dict[int, Opening | DamPluginError] = {}
    with spans_of_batch("open link") as tell:
        for attempt in range(ATTEMPTS):
            waiting = {place: each for place, each in enumerate(asked) if place not in answers}
            if not waiting:
                break
            # Other writers get time to finish what the links rest on.
            time.sleep(random.uniform(0, attempt * PAUSE_SECONDS))  # noqa: S311 - no secret
            answers |= _attempt(services, waiting, patience, follow)
        too_fast = StoreError("what is on file changes faster than a link can be opened; nothing was opened, try again")
        ended = [answers.get(place, too_fast) for place in range(len(asked))]
        for request, result in zip(asked, ended, strict=True):
            if told := _seen_from_outside(request, result):
                tell(**told)
    return ended


def _seen_from_outside(asked: LinkRequest, ended: Opening | DamPluginError) -> Attributes | None:
    """Return what a span says of a request; None for one that opens nothing by itself, or is asked again."""
    if asked.head or ended is NOBODY_WAITS or isinstance(ended, NotYet):
        return None
    if isinstance(ended, DamPluginError):
        return {"error": type(ended).__name__}
    if asked.if_plain and ended.url is not None and not is_plain(ended):
        return None
    told: Attributes = {"outcome": "refused" if ended.url is None else "opened"}
    link = ended.link
    # Of a sealed link no observer hears which one it is, or why it is refused.
    if link is None or not link.secret:
        told |= {"clause": ended.decision.reasons[0].clause} if ended.decision.reasons else {}
        told |= {"link_id": link.id} if link is not None else {}
    return told


def prepare(services: Services, asked: Mapping[int, LinkRequest], patience: float | None = None) -> Prepared:
    """Return what these requests need, the URLs as `urls_for` gives them. Raises StoreError."""
    hashes = {place: token_hash(each.token) for place, each in asked.items()}
    with services.store.reading() as unit:
        now = services.now()
        known = unit.shares.links_by_hash(hashes.values())
        links = {hashed: link for hashed, link in known.items() if is_live(link, now)}
        releases = unit.shares.releases_of(link.release_id for link in links.values())
    prepared = Prepared(asked, hashes, links, _right_words(asked, hashes, links), {}, None)
    entered = {place: links[hashes[place]] for place in prepared.entering}
    ways = {
        way.id: way for place, link in entered.items() for way in _ways(asked[place], releases.get(link.release_id))
    }
    opinions = _opinions(services, {link.id: link for link in entered.values()}.values())
    return replace(prepared, urls=urls_for(services, ways.values(), patience), opinions=opinions)


def is_live(link: Link, now: datetime) -> bool:
    """Whether a link can be opened by its token and its word."""
    used_up = link.most_openings is not None and link.openings >= link.most_openings
    return link.closed_at is None and link.expires_at > now and not used_up and link.wrong_words < MOST_WRONG_WORDS


def is_plain(seen: Opening) -> bool:
    """Whether a link would open without a notice, a word, and a count of openings."""
    link = seen.link
    return seen.notice is None and link is not None and link.most_openings is None and link.word_hash is None


def _ways(asked: LinkRequest, release: Release | None) -> Iterator[UrlRequest]:
    # A copy that is `moving` has no object yet.
    if release is None or release.state == "moving":
        return
    if asked.head or asked.if_plain:
        yield UrlRequest(release, head=True)
    if not asked.head:
        yield UrlRequest(release)


def _opinions(services: Services, links: Collection[Link]) -> Opinions | None:
    """Return what third parties make of the links; None if none answers."""
    if not links or not third_parties_review(services):
        return None
    opinions = Opinions(services)
    with services.store.reading() as unit:
        for _ in statuses_of_links(services, unit, list(links), hear=opinions.note):
            pass
    opinions.ask()
    return opinions


def _right_words(
    asked: Mapping[int, LinkRequest], hashes: Mapping[int, str], links: Mapping[str, Link]
) -> dict[int, bool]:
    """Return for each request for an open link whether it may enter: with the right word, or where there is none."""
    right: dict[int, bool] = {}
    checked: dict[tuple[str, str], bool] = {}
    wrong: Counter[str] = Counter({link.id: link.wrong_words for link in links.values()})
    for place, each in asked.items():
        link = links.get(hashes[place])
        if link is None:
            continue
        if link.word_hash is None or each.word is None:
            right[place] = link.word_hash is None
            continue
        # Checking a word is slow: it stops once enough wrong words came to close the link.
        if (link.id, each.word) not in checked and wrong[link.id] < MOST_WRONG_WORDS:
            checked[link.id, each.word] = hmac.compare_digest(word_hash(each.word, link.share_id), link.word_hash)
        right[place] = checked.get((link.id, each.word), False)
        wrong[link.id] += not right[place]
    return right


def _attempt(
    services: Services, asked: Mapping[int, LinkRequest], patience: float | None, follow: Follow
) -> dict[int, Opening | DamPluginError]:
    """Return the results of the requests that could be decided; the others have to be prepared again."""
    prepared = prepare(services, asked, patience)
    batch = _Batch(services, prepared)
    if prepared.writes:
        with services.store.writing() as unit:
            # No other transaction writes from here on: a change is either seen here or comes after these openings.
            batch.decide(unit)
            batch.keep(unit)
    elif prepared.entering:
        with services.store.reading() as unit:
            batch.decide(unit)
    batch.carry_out(follow, waits=patience is None)
    return batch.answers


class _Batch:
    """The openings of one transaction, decided in order; each sees what those before it have left."""

    def __init__(self, services: Services, prepared: Prepared) -> None:
        self.answers: dict[int, Opening | DamPluginError] = {}
        self._services = services
        self._prepared = prepared
        self._now = services.now()
        self._taken_by = taken_by_today(services)
        self._links: dict[str, Link] = {}
        self._statuses: dict[str, LinkStatus | DamPluginError] = {}
        self._notices: dict[Hashable, str | None] = {}
        self._drafts: list[Draft] = []
        self._openings: Counter[str] = Counter()
        self._wrong_words: Counter[str] = Counter()
        self._unfinished: dict[str, set[int]] = {}
        self._fallen: dict[str, tuple[Link, str]] = {}
        self._closed: list[Link] = []
        for place, hashed in prepared.hashes.items():
            link = prepared.links.get(hashed)
            if link is None:
                self.answers[place] = Opening(NOT_VALID)
            elif not prepared.right[place] and prepared.asked[place].word is None:
                self.answers[place] = Opening(NOT_VALID, link=link, needs_word=True)

    def decide(self, unit: Unit) -> None:
        """Decide the links again and the result of each request; one that has to be prepared again gets no answer."""
        prepared, self._now = self._prepared, self._services.now()
        # The storage may have been slow: a request that was answered meanwhile must not use up an opening.
        given_up = {place for place in prepared.right if prepared.asked[place].is_given_up}
        self.answers.update(dict.fromkeys(given_up, NOBODY_WAITS))
        places = sorted(prepared.right.keys() - given_up)
        self._links = unit.shares.links_by_hash((prepared.hashes[each] for each in places), lock=prepared.writes)
        entered = {prepared.hashes[place] for place in prepared.entering}
        live = [link for hashed, link in self._links.items() if hashed in entered and is_live(link, self._now)]
        hear = prepared.opinions.given if prepared.opinions else None
        self._statuses = {link.id: status for link, status in statuses_of_links(self._services, unit, live, hear=hear)}
        for place in places:
            answer = self._answer(unit, place)
            if answer is not None:
                self.answers[place] = answer

    def keep(self, unit: Unit) -> None:
        """Count and record the openings, and close the links that fell, in the transaction that decided them."""
        unit.shares.count(openings=self._openings, wrong_words=self._wrong_words, at=self._now)
        self._services.ledger.append_many(unit, self._drafts)
        for why in (AGAIN, GUESSED):
            fallen = [link for link, closing in self._fallen.values() if closing == why]
            self._closed += close_in_transaction(self._services, unit, fallen, why, by_itself=True)

    def carry_out(self, follow: Follow, *, waits: bool) -> None:
        """Open copies that are still closed though their link may open, for the next attempt; follow up closed links."""
        for copy, places in self._unfinished.items():
            try:
                if not waits:
                    raise NotYet
                reopen_copies(self._services, [copy])
            except DamPluginError as error:
                self.answers.update(dict.fromkeys(places, error))
        if self._closed:
            # The links are closed since the commit; the next run repeats what fails here.
            with suppress(DamPluginError):
                follow(self._services, self._closed)

    def _answer(self, unit: Unit, place: int) -> Opening | DamPluginError | None:
        hashed = self._prepared.hashes[place]
        link = self._links.get(hashed)
        if link is None:
            # Another transaction holds it; links are never deleted.
            return None
        if link.id in self._fallen or not is_live(link, self._now):
            return Opening(NOT_VALID)
        if not self._prepared.right[place]:
            return self._without_word(place, link)
        status = self._statuses.get(link.id)
        if status is None or isinstance(status, OpinionsOutdated):
            return None
        return status if isinstance(status, DamPluginError) else self._entered(unit, place, link, status)

    def _without_word(self, place: int, link: Link) -> Opening:
        if self._prepared.asked[place].word is not None:
            link = self._links[self._prepared.hashes[place]] = replace(link, wrong_words=link.wrong_words + 1)
            self._wrong_words[link.id] += 1
            if link.wrong_words >= MOST_WRONG_WORDS:
                self._fallen[link.id] = (link, GUESSED)
        return Opening(NOT_VALID, link=link, needs_word=True)

    def _entered(self, unit: Unit, place: int, link: Link, status: LinkStatus) -> Opening | DamPluginError | None:
        asked, way = self._prepared.asked[place], UrlRequest(status.release, self._prepared.asked[place].head)
        if status.may_open and status.release.state != "moving" and way.id not in self._prepared.urls:
            # The copy moved to another key meanwhile.
            return None
        url = self._prepared.urls.get(way.id)
        if status.may_open and url is None and status.release.state != "moving":
            # The event of the change may still be on its way.
            status = replace(status, decision=refused_as_changed("the recording was replaced or deleted"))
        if status.may_open and asked.if_plain:
            # A page can be shown without the storage.
            seen = self._opening(unit, link, status, self._prepared.urls.get(UrlRequest(status.release, head=True).id))
            if seen.url and not is_plain(seen):
                return seen
        if status.may_open and isinstance(url, DamPluginError):
            return url
        if status.may_open and status.release.state != "open":
            # The copy is moving, its share broke off, or a clock was ahead: no opening counts before there is a copy to open.
            self._unfinished.setdefault(status.release.id, set()).add(place)
            return None
        if asked.head:
            return self._opening(unit, link, status, url)
        if status.may_open:
            link = replace(link, openings=link.openings + 1)
            self._links[self._prepared.hashes[place]] = link
            self._openings[link.id] += 1
        elif not status.may_recover:
            self._fallen[link.id] = (link, AGAIN)
        self._drafts.append(_draft(link, status, self._now, self._taken_by))
        return self._opening(unit, link, status, url)

    def _opening(self, unit: Unit, link: Link, status: LinkStatus, url: Url | DamPluginError | None) -> Opening:
        if not status.may_open or not isinstance(url, Url):
            return Opening(status.decision, link=link)
        return Opening(status.decision, url.url, link, url.seconds, self._notice(unit, status))

    def _notice(self, unit: Unit, status: LinkStatus) -> str | None:
        if status.tagging is None:
            return None
        request = status.request
        # Reading who is in it takes many statements, and gives the same for each opening of the link.
        if request.id not in self._notices:
            self._notices[request.id] = notice_for(unit, request, status.decision, status.tagging, status.asset)
        return self._notices[request.id]


def _draft(link: Link, status: LinkStatus, at: datetime, version: Mapping[str, Any]) -> Draft:
    request = status.request
    details = {
        "share": request.id,
        "recipient": {"role": request.recipient.role, "id": request.recipient.id},
        "purpose": request.purpose,
        "outcome": status.decision.outcome.word,
        "reasons": [reason.clause for reason in status.decision.reasons],
        # It may be another one than that of the share: who was a guardian then may be none now.
        "basis": status.decision.basis,
        "taken_by": version,
    }
    return Draft(at, "open", link.id, details, sorted(status.decision.basis), link.secret)
