"""Lists the texts of a file in which names are searched: its texts, and the names of the file and its folders. No I/O.

Not searched: creator, by-line, rights, credit, contact, writer, software, camera and identifiers. `signs` and `makers`
search these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dam_tagging.facts import AREA, NOBODY, Facts

Kind = Literal["keyword", "caption", "location", "path"]

FILE_NAME, FOLDER = "file name", "folder name"

_ENDING = re.compile(r"\.[A-Za-z0-9]{2,5}$")


@dataclass(frozen=True, slots=True)
class SearchedText:
    """A text and its property or place."""

    text: str
    source: str
    kind: Kind


def searched_texts(facts: Facts) -> Iterator[SearchedText]:
    """Yield the texts of a file that may name people, each once. Lists of people and named faces do not count as texts."""
    known: set[tuple[str, str]] = set()
    for each in _all_texts(facts):
        kind = "keyword" if each.kind == "keyword" else "text"
        if each.text and not each.text.isspace() and (each.text, kind) not in known:
            known.add((each.text, kind))
            yield each


def _all_texts(facts: Facts) -> Iterator[SearchedText]:
    for keyword in facts.keywords:
        yield SearchedText(keyword.text, keyword.source, "keyword")
    yield from (SearchedText(part, "hierarchy", "keyword") for path in facts.hierarchies for part in path)
    for region in facts.regions:
        if region.name and (region.kind.casefold() in NOBODY or region.kind == AREA):
            yield SearchedText(region.name, region.source, "keyword")
    for caption in facts.captions:
        yield SearchedText(caption.text, caption.source, "caption")
    for event in filter(None, (facts.event, *facts.more_events)):
        yield SearchedText(event, "event", "caption")
    for marker in (*facts.official_markers, *facts.texts):
        yield SearchedText(marker.text, marker.source, "caption")
    for location in facts.locations:
        yield SearchedText(location, "location", "location")


def path_parts(key: str) -> list[tuple[str, str]]:
    """Return the names of a key's folders, and the name of its file without the ending, each with its place."""
    *folders, file = key.split("/")
    return [(name, FOLDER) for name in folders if name] + [(_ENDING.sub("", file), FILE_NAME)]
