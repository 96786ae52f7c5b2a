"""Who may be meant in a waiting recording: by names that no student bears, read anew from the file, and by open words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from dam_plugin.errors import DamPluginError
from dam_plugin.intake.examine import read_metadata
from dam_plugin.services import Services
from dam_plugin.store import StoredAsset
from dam_tagging.depicted import unsettled_names
from dam_tagging.facts import OpenWord
from dam_tagging.people import Person, RosterIndex
from dam_tagging.suggest import Suggester, Suggestion

MOST_NAMES = 20
"""So many names of one recording are compared; a file may hold a hundred thousand."""


@dataclass(frozen=True, slots=True)
class Likely:
    """A name that leaves somebody unidentified, the property it stands in, and who may be meant."""

    name: str
    source: str
    students: tuple[Suggestion, ...]

    def plain(self, known: dict[str, str] | None) -> dict[str, Any]:
        """Return it as an object: students by pseudonym, or with `known` (pseudonym -> name) everybody by name, too."""
        students = [asdict(each) for each in self.students]
        if known is None:
            return {"source": self.source, "students": students}
        named = [{**each, "name": known.get(each["student"])} for each in students]
        return {"name": self.name, "source": self.source, "students": named}


def in_words(likely: Mapping[str, Any]) -> str:
    """Return in words what `Likely.plain` returned."""
    name = f"'{likely['name']}' in {likely['source']}" if "name" in likely else f"a name in {likely['source']}"
    students = ((each.get("name"), each["student"], each["score"]) for each in likely["students"])
    perhaps = ", ".join(f"{student if name is None else name} ({score})" for name, student, score in students)
    return f"{name}: perhaps {perhaps}" if perhaps else f"{name}: like nobody's"


class LikelyStudents:
    """The roster, ready to be compared with what recordings say."""

    def __init__(self, services: Services) -> None:
        """Read the roster."""
        with services.store.reading() as unit:
            students = unit.people.students(active_only=True)
            self._persons = [Person(each.id, each.all_names, (each.roster_id,)) for each in unit.people.students()]
        active = {each.id for each in students}
        self._services = services
        self._index = RosterIndex.of(self._persons)
        self._suggester = Suggester(each for each in self._persons if each.id in active)

    def of(self, stored: StoredAsset) -> tuple[Likely, ...]:
        """Return who may be meant by the open words of a recording, and by its names as far as it can be read now."""
        words = tuple(self._meant_by(word) for word in stored.tagging.open_words[:MOST_NAMES])
        if not _has_open_names(stored):
            return words
        try:
            names = self._names_in(stored)
        except DamPluginError:
            # What cannot be read now is listed all the same; who may be meant is a help, no more.
            return words
        told = {(word.word, word.source) for word in stored.tagging.open_words}
        named = (Likely(*each, self._suggester.closest(each[0])) for each in names[:MOST_NAMES] if each not in told)
        return (*words, *named)

    def _meant_by(self, word: OpenWord) -> Likely:
        return Likely(word.word, word.source, self._suggester.alike(word.word, word.students))

    def names(self, likely: Iterable[Likely]) -> dict[str, str]:
        """Return the names of the students who are suggested, by their pseudonyms."""
        wanted = {each.student for one in likely for each in one.students}
        return {each.id: each.names[0] for each in self._persons if each.id in wanted and each.names}

    def _names_in(self, stored: StoredAsset) -> Sequence[tuple[str, str]]:
        asset, library = stored.asset, self._services.library
        with library.open(asset.key, version_id=asset.version_id, etag=asset.etag, size=asset.size) as file:
            facts = read_metadata(self._services, file, asset.key, asset.size)
        return unsettled_names(facts, self._index, asset.key)


def _has_open_names(stored: StoredAsset) -> bool:
    """Whether more than a face left somebody unidentified when the recording was tagged."""
    return any(
        each.tag == "open_word" or (each.tag == "unidentified_people" and each.source != "regions")
        for each in stored.machine.findings
    )
