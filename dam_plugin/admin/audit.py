"""Finds recordings that rest on a name alone or name a student who opted out, and releases of an earlier version.

Recordings are found by their tags; only released ones that an earlier version tagged are read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from dam_plugin.gate.close_links import ClosedLinks, recheck_links
from dam_plugin.intake.events import tag_again
from dam_plugin.library.storage_errors import one_of_many
from dam_plugin.model import Tagging
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_tagging.tag import TAGGER

WORDS = "a name without a place in the picture, and no look, is all that says who is in it"
METADATA = "by the setting 'complete_by' the file's word was enough"
DENIED = "a student whose family said no is named"
OPEN = "a word in it may be a student whose family said no"
EARLIER = "an earlier version of the plugin tagged it, which took one right name for all"


@dataclass(frozen=True, slots=True)
class RecordingToLookAt:
    """A recording to look at: why, the students whose family said no (pseudonyms), and how many open links lead to it."""

    key: str
    why: tuple[str, ...]
    students: tuple[str, ...]
    links: int

    @property
    def is_out(self) -> bool:
        """Whether there is an open link to it."""
        return self.links > 0


@dataclass(frozen=True, slots=True)
class Reexamined:
    """How many released recordings were tagged again; how many could not be, whose links were closed; the closed links."""

    tagged: int
    failed: int
    closed: ClosedLinks


def reexamine(services: Services) -> Reexamined:
    """Tag released recordings of an earlier version again, and close links that today's decision refuses.

    A recording that cannot be tagged again opens nothing, and is counted. Running it twice changes nothing.
    """
    due = released_by_earlier_version(services)
    done = [one_of_many(partial(tag_again, services, key)) for key in sorted(due)]
    closed = sum((each.closed for each in done if each is not None), ClosedLinks())
    tagged = sum(each is not None and each.is_there for each in done)
    return Reexamined(tagged, len(done) - tagged, closed + recheck_links(services) if due else closed)


def released_by_earlier_version(services: Services) -> list[str]:
    """Return the keys of the recordings that open links lead to and that an earlier version tagged."""
    with services.store.reading() as unit:
        keys = unit.shares.open_keys(services.now())
        return [key for key, stored in unit.assets.current_of(keys).items() if stored.machine.tagger < TAGGER]


def recordings_to_look_at(services: Services) -> list[RecordingToLookAt]:
    """Return the recordings to look at, those that are out first, each group by key."""
    today = services.now().date()
    with services.store.reading() as unit:
        denied = frozenset(
            each.id
            for each in unit.people.students()
            if each.is_protected(today) or any(choice.is_in_force(today) for choice in each.opt_outs)
        )
        links = Counter(unit.shares.open_keys(services.now()))
        found = [
            RecordingToLookAt(stored.asset.key, why, _denied_in(stored.tagging, denied), links[stored.asset.key])
            for stored in unit.assets.all_current()
            if (why := tuple(_reasons(stored, denied)))
        ]
    return sorted(found, key=lambda each: (not each.is_out, each.key))


def _reasons(stored: StoredAsset, denied: frozenset[str]) -> Iterator[str]:
    tagging = stored.tagging
    if tagging.state == "complete" and tagging.ground != "looked":
        if any(not each.located for each in tagging.appearances):
            yield WORDS
        if tagging.ground == "metadata":
            yield METADATA
    if tagging.students.intersection(denied):
        yield DENIED
    if any(denied.intersection(word.students) for word in tagging.open_words):
        yield OPEN
    if stored.machine.tagger < TAGGER:
        yield EARLIER


def _denied_in(tagging: Tagging, denied: frozenset[str]) -> tuple[str, ...]:
    maybe = {student for word in tagging.open_words for student in word.students}
    return tuple(sorted((tagging.students | maybe).intersection(denied)))
