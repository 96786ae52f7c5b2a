"""What waits for a person's look: why a recording does, and which students its own words, and its folder, suggest.

Suggestions are words, never faces: a name in the file's name, in its folder, its event or its caption, and who is named in
the recordings beside it. Nobody is recognised, and nothing is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dam_plugin.intake.roster_cache import roster_of
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset, Unit
from dam_tagging.depicted import faces_beside
from dam_tagging.facts import Region
from dam_tagging.match_students import RosterIndex

_WHY = ("tagging", "unidentified_people", "open_word", "people", "missing_voice")
# What stands for a space in the name of a file.
_SEPARATORS = str.maketrans("_-/.", "    ")
MOST_BESIDE = 100
"""So many recordings of a folder are asked who is in them."""
MOST_WORDS = 20
"""So many words of one recording are compared; a file may hold a hundred thousand."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Students whom a word of a recording may mean: the word as written, and its property or place."""

    word: str
    source: str
    students: tuple[str, ...]


def why_waiting(stored: StoredAsset) -> tuple[str, ...]:
    """Return why a recording waits for a look, in sentences, which may hold pseudonyms."""
    findings = [f.why for f in stored.tagging.findings if f.tag in _WHY and f.value != "complete"]
    if stored.former is not None and stored.former.tagging is not None:
        findings.append(f"held more strictly because of {', '.join(stored.former.comes_from)}")
    return tuple(dict.fromkeys(findings)) or ("nobody has said who is in it",)


def students_meant(services: Services, unit: Unit, stored: StoredAsset) -> tuple[Meant, ...]:
    """Return whom the words of a recording may mean: its open words first, then whole names in what it says of itself."""
    found = [Meant(each.word, each.source, each.students) for each in stored.tagging.open_words[:MOST_WORDS]]
    index = roster_of(services, unit).index
    for text, source in _texts(stored):
        students = tuple(dict.fromkeys(_named_in(text, index)))[:MOST_WORDS]
        if students:
            found.append(Meant(text, source, students))
    return tuple(each for each in found if each.students)


def named_beside(unit: Unit, stored: StoredAsset) -> tuple[str, ...]:
    """Return who is named as seen in recordings of the same folder, the most often named first."""
    folder, _slash, _name = stored.asset.key.rpartition("/")
    start = f"{folder}/" if folder else ""
    keys = unit.assets.current_keys(stored.asset.key, MOST_BESIDE, start)
    if len(keys) < MOST_BESIDE:
        keys += unit.assets.current_keys("", MOST_BESIDE - len(keys), start)
    inside = {each for each in keys if "/" not in each[len(start) :] and each != stored.asset.key}
    counts = Counter(
        seen.student for each in unit.assets.current_of(inside).values() for seen in each.tagging.appearances
    )
    return tuple(student for student, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def faces_to_name(stored: StoredAsset) -> tuple[Region, ...]:
    """Return the faces that a detector found where nobody is named yet; none where no detector looked."""
    named = [region for each in stored.tagging.appearances for region in each.regions]
    return faces_beside(stored.tagging.faces or (), named)


def _named_in(text: str, index: RosterIndex) -> Iterable[str]:
    for _name, match in index.mentioned(text):
        if match.student is not None:
            yield match.student


def _texts(stored: StoredAsset) -> Iterable[tuple[str, str]]:
    """Yield what a recording says of itself in words, and where."""
    folder, _slash, name = stored.asset.key.rpartition("/")
    for text, source in ((name.rpartition(".")[0] or name, "file name"), (folder, "folder")):
        yield text.translate(_SEPARATORS), source
    if stored.about is not None:
        for event in stored.about.events:
            yield event, "event"
        if stored.about.caption:
            yield stored.about.caption, "caption"
