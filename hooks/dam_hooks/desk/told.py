"""A recording as pages tell of it: its state in words, its name as a person would say it, and who is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dam_plugin.model import Appearance, Region, StudentRecord
from dam_plugin.pseudonyms import students_within
from dam_plugin.sharing.whereabouts import has_time
from dam_plugin.store import StoredAsset, Unit


@dataclass(frozen=True, slots=True)
class Card:
    """A recording in a list. `color` is green, amber or red; the words say the same."""

    asset: str
    title: str
    folder: str
    color: str
    state: str
    is_picture: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A student in a recording: the name for people, and where in the picture, in percent of its sides."""

    student: str
    name: str
    grade: str | None
    prominence: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a picture, in percent of its sides."""

    left: float
    top: float
    width: float
    height: float
    name: str


def card(stored: StoredAsset) -> Card:
    """Return a recording as lists tell of it."""
    folder, _slash, title = stored.asset.key.rpartition("/")
    color, state = state_of(stored)
    return Card(stored.asset.id, title, folder, color, state, stored.asset.media_type.startswith("image/"))


def state_of(stored: StoredAsset) -> tuple[str, str]:
    """Return the color of a recording, and in words what it waits for."""
    tagging = stored.tagging
    if tagging.state == "pending":
        return "red", _("Nobody has said yet who is in it")
    if tagging.unidentified_people:
        return "amber", _("Somebody in it has no name yet")
    if stored.release_tag == "hold":
        return "amber", _("On hold")
    return "green", _("It is known who is in it")


def seen_in(unit: Unit, stored: StoredAsset) -> tuple[Seen, ...]:
    """Return the students of a recording by the names that people call them, those in focus first."""
    records = unit.people.students_of(stored.tagging.students)
    shown = [
        Seen(
            each.student,
            name_of(records, each.student),
            records[each.student].grade if each.student in records else None,
            each.prominence,
            tuple(_box(region, name_of(records, each.student)) for region in _regions(each, stored)),
        )
        for each in stored.tagging.appearances
    ]
    return tuple(sorted(shown, key=lambda each: (each.prominence != "focus", each.name)))


def name_of(records: Mapping[str, StudentRecord], student: str) -> str:
    """Return what a student is called; the id where no roster knows the student any more."""
    record = records.get(student)
    return record.names[0] if record is not None and record.names else student


def with_names(unit: Unit, texts: Iterable[str]) -> list[str]:
    """Return sentences of ours with the names of students in the place of their pseudonyms."""
    texts = list(texts)
    records = unit.people.students_of({each for text in texts for each in students_within(text)})
    return [_named(text, records) for text in texts]


def _named(text: str, records: Mapping[str, StudentRecord]) -> str:
    for each in set(students_within(text)):
        text = text.replace(each, name_of(records, each))
    return text


def _regions(each: Appearance, stored: StoredAsset) -> tuple[Region, ...]:
    return () if has_time(stored.asset.media_type) else each.regions


def _box(region: Region, name: str) -> Box:
    left, top, width, height = (round(part * 100, 3) for part in (region.x, region.y, region.w, region.h))
    return Box(left, top, width, height, name)
