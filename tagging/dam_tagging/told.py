"""What a file tells beside its lists of people and its regions: the names that stand in keywords and texts. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from dam_tagging.facts import Facts, Keyword, parts
from dam_tagging.people import Match, RosterIndex

SHORTEST_ID = 5
"""A keyword of fewer signs is no id: it may be a year, a room or a number on a shirt."""


LONGEST_TURNED = 4


def texts(facts: Facts) -> Iterable[Keyword]:
    """Return what may speak of somebody who is not in the picture: captions, titles, the event and the places."""
    events = [Keyword(text, "event") for text in (facts.event, *facts.more_events) if text]
    places = [Keyword(text, "location") for text in facts.locations]
    return dict.fromkeys([*facts.captions, *events, *places])


def names_in(text: str, roster: RosterIndex) -> Iterable[tuple[str, Match]]:
    """Yield the name or id that a keyword is, or else the names between its `;` or `,` and the full names in it."""
    match = _as_whole(text, roster)
    if match.kind != "unknown":
        yield text, match
        return
    for part in _parts_of_parts(text):
        if (match := _as_whole(part, roster)).kind != "unknown":
            yield part, match
    yield from roster.mentioned(text)


def _as_whole(text: str, roster: RosterIndex) -> Match:
    match = roster.match(text)
    if match.kind == "unknown" and len(text.strip()) >= SHORTEST_ID:
        match = roster.match("", text)
    # `Example Ava` without a comma may be a student with the family name first, or a visitor: somebody looks.
    return Match("ambiguous") if match.kind == "unknown" and _may_be_turned(text, roster) else match


def _may_be_turned(text: str, roster: RosterIndex) -> bool:
    words = text.split()
    if not 2 <= len(words) <= LONGEST_TURNED:
        return False
    turned = (f"{' '.join(words[:at])}, {' '.join(words[at:])}" for at in range(1, len(words)))
    return any(roster.match(each).kind != "unknown" for each in turned)


def _parts_of_parts(text: str) -> Iterable[str]:
    """Yield what a keyword holds between `;`, and what that holds between `,`."""
    for part in parts(text):
        yield part
        yield from parts(part)
