"""Where the standards in one file contradict each other: people, keywords, captions, events. Never with a name.

What they say is united all the same, but for events: there the first counts. A conflict is only told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations

from dam_tagging.facts import Keyword, NamedPerson, NamedRegion

IIM_LIMITS = {"IPTC Keywords": 64, "IPTC ObjectName": 64, "IPTC Headline": 256, "IPTC Caption-Abstract": 2000}
"""IIM 4.2 cuts its values at so many bytes: what is only cut is no contradiction."""

KEYWORDS = ("dc:subject", "IPTC Keywords")
CAPTIONS = (
    ("dc:title", "IPTC ObjectName"),
    ("photoshop:Headline", "IPTC Headline"),
    ("dc:description", "IPTC Caption-Abstract"),
    ("dc:description", "Image ImageDescription"),
    ("IPTC Caption-Abstract", "Image ImageDescription"),
)
"""Properties that hold the same text (MWG Guidelines 2.0, chapter 5)."""


def between(
    persons: Iterable[NamedPerson],
    regions: Iterable[NamedRegion],
    keywords: Iterable[Keyword],
    captions: Iterable[Keyword],
    events: Iterable[Keyword],
) -> Iterator[str]:
    """Yield a sentence for each two properties that should agree and do not."""
    named = [(person.source, person.name) for person in persons]
    named += [(region.source, region.name) for region in regions if region.name and region.shows_person]
    people = _by_source(named)
    for one, other in combinations(people, 2):
        # A list may name more than are marked, or mark fewer than are named: that is no contradiction.
        if not (people[one] <= people[other] or people[other] <= people[one]):
            yield f"{one} and {other} do not name the same people; both were taken"
    words = _by_source((keyword.source, keyword.text) for keyword in keywords)
    if _differ(words, *KEYWORDS, lambda one, other: one == other):
        yield f"{KEYWORDS[0]} and {KEYWORDS[1]} do not hold the same keywords; both were taken"
    told = _by_source((caption.source, caption.text) for caption in captions)
    for one, other in CAPTIONS:
        # The same caption in several languages stands in one of the two alone.
        if _differ(told, one, other, lambda some, others: bool(some & others)):
            yield f"{one} and {other} do not hold the same text; both were taken"
    yield from _of_events(_by_source((event.source, event.text) for event in events))


def _of_events(told: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield a sentence for each property that gives another event than the one that counts."""
    if not told:
        return
    first, *others = told
    if len(told[first]) > 1:
        yield f"{first} gives more than one event; the first was taken"
    for other in others:
        if not told[other] <= told[first]:
            yield f"{first} and {other} do not give the same event; the first was taken"


def _differ(texts: Mapping[str, set[str]], one: str, other: str, agree: Callable[[set[str], set[str]], bool]) -> bool:
    if one not in texts or other not in texts:
        return False
    limit = min((IIM_LIMITS[name] for name in (one, other) if name in IIM_LIMITS), default=None)
    return not agree(
        *({text.encode()[:limit].decode(errors="ignore").strip() for text in texts[name]} for name in (one, other))
    )


def _by_source(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for source, text in pairs:
        if text:
            found[source].add(" ".join(text.casefold().split()))
    return dict(found)
