"""What openings need before the transaction that decides them: who has the word, what third parties say, the URLs.

Nothing is decided here: what it rests on is compared with what that transaction sees.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event

from dam_plugin.errors import DamPluginError
from dam_plugin.gate.link_status import standings
from dam_plugin.gate.link_url import Url, Way, WayId, urls_of
from dam_plugin.model import MOST_WRONG_WORDS, Link, Release
from dam_plugin.services import Services
from dam_plugin.sharing.third_parties import Opinions, anybody_reviews
from dam_plugin.sharing.tokens import token_hash, word_hash


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a link: its token, and the word where one was given.

    `head`: only whether it would open, with a URL for a HEAD; it is not counted as an opening, not recorded, and closes
    nothing. A wrong word counts all the same. `if_plain`: open it only where there is no notice to be read first, no word
    and no number of openings to be used up; otherwise answer as for a HEAD. `given_up`: set once nobody waits for the
    answer any more; what was not decided by then neither counts nor is recorded.
    """

    token: str = field(repr=False)
    word: str | None = field(default=None, repr=False)
    head: bool = False
    if_plain: bool = False
    given_up: Event | None = field(default=None, repr=False, compare=False)

    @property
    def is_given_up(self) -> bool:
        """Whether nobody waits for the answer."""
        return self.given_up is not None and self.given_up.is_set()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a batch needs that is not asked for in its transaction. Openings go by their place, links by the token's hash."""

    asked: Mapping[int, Asked]
    hashes: Mapping[int, str]
    links: Mapping[str, Link]
    right: Mapping[int, bool]
    urls: Mapping[WayId, Url | DamPluginError | None]
    opinions: Opinions | None

    @property
    def entering(self) -> list[int]:
        """Those that ask for a link which was open, with its word if it has one."""
        return [place for place, right in self.right.items() if right]

    @property
    def guesses(self) -> list[int]:
        """Those with a wrong word."""
        return [place for place, right in self.right.items() if not right and self.asked[place].word is not None]

    @property
    def writes(self) -> bool:
        """Whether anything has to be recorded or counted."""
        return bool(self.guesses) or any(not self.asked[place].head for place in self.entering)


def prepared_for(services: Services, asked: Mapping[int, Asked], patience: float | None = None) -> Prepared:
    """Return what these openings need, the URLs as `urls_of` gives them. Raises StoreError."""
    hashes, now = {place: token_hash(each.token) for place, each in asked.items()}, services.now()
    with services.store.reading() as unit:
        known = unit.shares.links_by_hash(hashes.values())
        links = {hashed: link for hashed, link in known.items() if is_live(link, now)}
        releases = unit.shares.releases_of(link.release_id for link in links.values())
    prepared = Prepared(asked, hashes, links, _right_words(asked, hashes, links), {}, None)
    entered = {place: links[hashes[place]] for place in prepared.entering}
    ways = {
        way.id: way for place, link in entered.items() for way in _ways(asked[place], releases.get(link.release_id))
    }
    opinions = _opinions(services, {link.id: link for link in entered.values()}.values())
    return replace(prepared, urls=urls_of(services, ways.values(), patience), opinions=opinions)


def _ways(asked: Asked, release: Release | None) -> Iterator[Way]:
    # What is `moving` lies nowhere yet.
    if release is None or release.state == "moving":
        return
    if asked.head or asked.if_plain:
        yield Way(release, head=True)
    if not asked.head:
        yield Way(release)


def _opinions(services: Services, links: Collection[Link]) -> Opinions | None:
    """Return what third parties make of the links, None where nobody has a say."""
    if not links or not anybody_reviews(services):
        return None
    opinions = Opinions(services)
    with services.store.reading() as unit:
        for _ in standings(services, unit, list(links), hear=opinions.note):
            pass
    opinions.ask()
    return opinions


def _right_words(asked: Mapping[int, Asked], hashes: Mapping[int, str], links: Mapping[str, Link]) -> dict[int, bool]:
    """Return of each that asks for an open link whether it may enter: with the right word, or where there is none."""
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
        # To check a word is slow: not after so many that the link will be closed by them.
        if (link.id, each.word) not in checked and wrong[link.id] < MOST_WRONG_WORDS:
            checked[link.id, each.word] = hmac.compare_digest(word_hash(each.word, link.share_id), link.word_hash)
        right[place] = checked.get((link.id, each.word), False)
        wrong[link.id] += not right[place]
    return right


def is_live(link: Link, now: datetime) -> bool:
    """Whether a link is open to whoever has its token and its word."""
    used_up = link.most_openings is not None and link.openings >= link.most_openings
    return link.closed_at is None and link.expires_at > now and not used_up and link.wrong_words < MOST_WRONG_WORDS
