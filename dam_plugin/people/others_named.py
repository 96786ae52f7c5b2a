"""Finds which other students some texts may name, by the store's index of names: without reading the roster."""

from __future__ import annotations

from collections.abc import Iterable

from dam_plugin.model import StudentRecord
from dam_plugin.people.names_in_text import OtherStudents
from dam_plugin.store.people import People


def others_named_in(people: People, own: StudentRecord, texts: Iterable[str | None]) -> OtherStudents:
    """Return what tells these texts as the `OtherStudents` of the whole roster would; it knows too few for other texts."""
    asked = [each for each in dict.fromkeys(texts) if each]
    others, found = OtherStudents(own, ()), list[StudentRecord]()
    if begun := {run for text in asked for run in others.runs_asked(text)}:
        found = people.with_runs(begun, own.id)
        # What they leave out stands between other words then.
        others = OtherStudents(own, found)
    decide = [others.asked(text) for text in asked]
    words = {word for each in decide for word in each.words}
    wholes = {whole for each in decide for whole in each.wholes}
    return OtherStudents(own, [*found, *people.named_by(words, wholes, own.id)])
