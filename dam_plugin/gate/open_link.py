"""Opening links: each opening is decided again, with today's opt-outs, consents, birthdays, rules and tags.

INVARIANT: no opening is recorded, and none answered with a URL, on anything but what the recording transaction sees. A
link that no longer stands is closed for good (`closing`), which ends URLs already handed out.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from dam_plugin.errors import DamPluginError, StoreError
from dam_plugin.gate.close_links import GUESSED, close_in, followed_up
from dam_plugin.gate.entering import Asked, Prepared, is_live, prepared_for
from dam_plugin.gate.link_status import Standing, changed, standings
from dam_plugin.gate.link_url import NotYet, Url, Way
from dam_plugin.ledger.chain import Draft
from dam_plugin.model import MOST_WRONG_WORDS, Decision, Link, Outcome
from dam_plugin.procedure.clauses import reason
from dam_plugin.procedure.redisclosure import needs_notice
from dam_plugin.services import Services
from dam_plugin.sharing.hold_copies import reopen
from dam_plugin.sharing.make_copy import URL_SECONDS
from dam_plugin.sharing.notice import notice_for
from dam_plugin.sharing.share import ATTEMPTS
from dam_plugin.sharing.third_parties import Unheard
from dam_plugin.store import Unit

__all__ = ["NOT_VALID", "URL_SECONDS", "Asked", "Opening", "open_link", "open_links"]

# One answer for a link that nobody gave out, that ran out or was used up, or that was closed: it tells a stranger nothing.
NOT_VALID = Decision(Outcome.DENY, reasons=(reason("LINK"),))
AGAIN = "decided again at an opening"
# By how much longer each attempt waits than the one before, at most.
PAUSE_SECONDS = 0.02
Follow = Callable[[Services, Sequence[Link]], object]
NOBODY_WAITS = StoreError("nobody waits for this opening any more; nothing was opened")


@dataclass(frozen=True, slots=True)
class Opening:
    """What became of an opening: a URL that works for `seconds`, or the decision that refuses it.

    `link` is as it stands after it. `notice` is what the recipient has to be told beside the recording (null: nothing);
    `needs_word`: the link asks for a word, and none was given or a wrong one.
    """

    decision: Decision
    url: str | None = field(default=None, repr=False)
    link: Link | None = None
    seconds: int | None = None
    notice: str | None = None
    needs_word: bool = False


def is_plain(seen: Opening) -> bool:
    """Whether a link that would open asks for nothing first: no notice, no word, none of a number of openings."""
    link = seen.link
    return seen.notice is None and link is not None and link.most_openings is None and link.word_hash is None


def open_link(services: Services, token: str, word: str | None = None) -> Opening:
    """Decide a link again and return a URL signed by delivery, or the refusal. Every opening is recorded first.

    Raises StorageError, StoreError, SettingsError: nothing is then opened.
    """
    (opened,) = open_links(services, [Asked(token, word)])
    if isinstance(opened, DamPluginError):
        raise opened
    return opened


def open_links(
    services: Services, asked: Sequence[Asked], *, patience: float | None = None, follow: Follow = followed_up
) -> list[Opening | DamPluginError]:
    """Open several links as `open_link` does each, in their order, in one transaction; return what became of each.

    An error is the one opening's that it stands for. With `patience` (seconds) nobody waits longer for the storage: what
    needs it still is NotYet, and asked again without. `follow` does what comes after links were closed. Raises StoreError
    and LedgerBroken: nothing is then opened.
    """
    answers: dict[int, Opening | DamPluginError] = {}
    for attempt in range(ATTEMPTS):
        waiting = {place: each for place, each in enumerate(asked) if place not in answers}
        if not waiting:
            break
        # Whoever changes what they stand on is given time to be done with it.
        time.sleep(random.uniform(0, attempt * PAUSE_SECONDS))  # noqa: S311 - no secret
        answers |= _attempt(services, waiting, patience, follow)
    too_fast = StoreError("what is on file changes faster than a link can be opened; nothing was opened, try again")
    return [answers.get(place, too_fast) for place in range(len(asked))]


def _attempt(
    services: Services, asked: Mapping[int, Asked], patience: float | None, follow: Follow
) -> dict[int, Opening | DamPluginError]:
    """Return what became of those that could be opened; what the others were prepared on has changed meanwhile."""
    prepared = prepared_for(services, asked, patience)
    batch = _Batch(services, prepared)
    if prepared.writes:
        with services.store.writing() as unit:
            # Nobody else writes from here on: what was kept before is seen, and what is not is kept after these openings.
            batch.decide(unit)
            batch.keep(unit)
    elif prepared.entering:
        with services.store.reading() as unit:
            batch.decide(unit)
    batch.carry_out(follow, waits=patience is None)
    return batch.answers


class _Batch:
    """The openings of one transaction: decided in their order, each on what those before it have left."""

    def __init__(self, services: Services, prepared: Prepared) -> None:
        self.answers: dict[int, Opening | DamPluginError] = {}
        self._services = services
        self._prepared = prepared
        self._now = services.now()
        self._links: dict[str, Link] = {}
        self._stands: dict[str, Standing | DamPluginError] = {}
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
        """Decide the links again, and what becomes of each opening; one that has to be prepared anew gets no answer."""
        prepared, self._now = self._prepared, self._services.now()
        # The storage may have been slow: who was told meanwhile that nothing opens must not have used it up.
        given_up = {place for place in prepared.right if prepared.asked[place].is_given_up}
        self.answers.update(dict.fromkeys(given_up, NOBODY_WAITS))
        places = sorted(prepared.right.keys() - given_up)
        self._links = unit.shares.links_by_hash((prepared.hashes[each] for each in places), lock=prepared.writes)
        entered = {prepared.hashes[place] for place in prepared.entering}
        live = [link for hashed, link in self._links.items() if hashed in entered and is_live(link, self._now)]
        hear = prepared.opinions.given if prepared.opinions else None
        self._stands = {link.id: stands for link, stands in standings(self._services, unit, live, hear=hear)}
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
            self._closed += close_in(self._services, unit, fallen, why)

    def carry_out(self, follow: Follow, *, waits: bool) -> None:
        """Open copies that are not open though their links stand, for the next attempt; follow up what was closed."""
        for copy, places in self._unfinished.items():
            try:
                if not waits:
                    raise NotYet
                reopen(self._services, [copy])
            except DamPluginError as error:
                self.answers.update(dict.fromkeys(places, error))
        if self._closed:
            # From the commit on they open nothing: what fails here is made up for by whoever runs.
            with suppress(DamPluginError):
                follow(self._services, self._closed)

    def _answer(self, unit: Unit, place: int) -> Opening | DamPluginError | None:
        hashed = self._prepared.hashes[place]
        link = self._links.get(hashed)
        if link is None:
            # Another transaction is about to change it; nobody deletes a link.
            return None
        if link.id in self._fallen or not is_live(link, self._now):
            return Opening(NOT_VALID)
        if not self._prepared.right[place]:
            return self._without_word(place, link)
        stands = self._stands.get(link.id)
        if stands is None or isinstance(stands, Unheard):
            return None
        return stands if isinstance(stands, DamPluginError) else self._entered(unit, place, link, stands)

    def _without_word(self, place: int, link: Link) -> Opening:
        if self._prepared.asked[place].word is not None:
            link = self._links[self._prepared.hashes[place]] = replace(link, wrong_words=link.wrong_words + 1)
            self._wrong_words[link.id] += 1
            if link.wrong_words >= MOST_WRONG_WORDS:
                self._fallen[link.id] = (link, GUESSED)
        return Opening(NOT_VALID, link=link, needs_word=True)

    def _entered(self, unit: Unit, place: int, link: Link, stands: Standing) -> Opening | DamPluginError | None:
        asked, way = self._prepared.asked[place], Way(stands.release, self._prepared.asked[place].head)
        if stands.opens and stands.release.state != "moving" and way.id not in self._prepared.urls:
            # It was moved to another key meanwhile.
            return None
        url = self._prepared.urls.get(way.id)
        if stands.opens and url is None and stands.release.state != "moving":
            # The event may be on its way still.
            stands = replace(stands, decision=changed("the recording was replaced or deleted"))
        if stands.opens and asked.if_plain:
            # A page needs no storage.
            seen = self._opening(unit, link, stands, self._prepared.urls.get(Way(stands.release, head=True).id))
            if seen.url and not is_plain(seen):
                return seen
        if stands.opens and isinstance(url, DamPluginError):
            return url
        if stands.opens and stands.release.state != "open":
            # It is moved, its share broke off, or a clock was ahead: nothing is counted before there is something to open.
            self._unfinished.setdefault(stands.release.id, set()).add(place)
            return None
        if asked.head:
            return self._opening(unit, link, stands, url)
        if stands.opens:
            link = replace(link, openings=link.openings + 1)
            self._links[self._prepared.hashes[place]] = link
            self._openings[link.id] += 1
        elif not stands.may_pass:
            self._fallen[link.id] = (link, AGAIN)
        self._drafts.append(_draft(link, stands, self._now))
        return self._opening(unit, link, stands, url)

    def _opening(self, unit: Unit, link: Link, stands: Standing, url: Url | DamPluginError | None) -> Opening:
        if not stands.opens or not isinstance(url, Url):
            return Opening(stands.decision, link=link)
        return Opening(stands.decision, url.url, link, url.seconds, self._notice(unit, stands))

    def _notice(self, unit: Unit, stands: Standing) -> str | None:
        if stands.tagging is None or not needs_notice(stands.decision):
            return None
        request = stands.request
        # Who is in it are many statements, and the same for whoever opens the same link.
        if request.id not in self._notices:
            self._notices[request.id] = notice_for(unit, request, stands.decision, stands.tagging)
        return self._notices[request.id]


def _draft(link: Link, stands: Standing, at: datetime) -> Draft:
    request = stands.request
    details = {
        "share": request.id,
        "recipient": {"role": request.recipient.role, "id": request.recipient.id},
        "purpose": request.purpose,
        "outcome": stands.decision.outcome.word,
        "reasons": [reason.clause for reason in stands.decision.reasons],
    }
    return Draft(at, "open", link.id, details, sorted(stands.decision.basis))
