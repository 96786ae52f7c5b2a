"""Whose portrait an image is, as the index of a portrait volume says: kept with the roster, asked by an object's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dam_plugin.store.statements import chunks
from dam_plugin.store.tables import PortraitRow

_Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Portrait:
    """One line of an index: the volume, the image within it (`folder/file`), and the student's pseudonym.

    The rest is as the index writes it, empty where it says nothing; `teacher` is a name. Kept, volume and image are in
    lower case.
    """

    volume: str
    image: str
    student: str
    home_room: str = ""
    period: str = ""
    teacher: str = ""
    track: str = ""
    department: str = ""
    title: str = ""


# What an index says besides; the columns bear the names of the fields.
_TOLD = tuple(field.name for field in fields(Portrait))[3:]


def keep_portraits(session: Session, portraits: Sequence[Portrait]) -> int:
    """Keep the portraits; an image that was somebody else's before is theirs now. Return how many are news."""
    wanted = {(each.volume.casefold(), each.image.casefold()): each for each in portraits}
    kept: dict[_Place, dict[str, Any]] = {}
    for chunk in chunks(volume for volume, _ in wanted):
        for row in session.execute(select(PortraitRow).where(PortraitRow.volume.in_(chunk))).scalars():
            kept[row.volume, row.image] = _values((row.volume, row.image), _portrait(row))
    values = {place: _values(place, each) for place, each in wanted.items()}
    news = {place: row for place, row in values.items() if kept.get(place) != row}
    for volume, image in news.keys() & kept.keys():
        session.execute(delete(PortraitRow).where(PortraitRow.volume == volume, PortraitRow.image == image))
    if news:
        session.connection().execute(insert(PortraitRow.__table__), list(news.values()))  # type: ignore[arg-type]  # a Table
    return len(news)


def portrait_at(session: Session, key: str) -> Portrait | None:
    """Return the portrait that a key ends in, None where no image does or several volumes disagree whose it is.

    Every volume numbers its images alike, and so do cameras: an image counts only below a folder that is its volume,
    at the place that the index gives it within the volume.
    """
    folded = key.casefold()
    query = select(PortraitRow).where(PortraitRow.file == folded.rpartition("/")[2])
    rows = [row for row in session.scalars(query) if row.volume and f"/{folded}".endswith(f"/{row.volume}/{row.image}")]
    if len({row.student_id for row in rows}) != 1:
        return None
    # Of several volumes that agree, the one with the longest name says most of where it is.
    return _portrait(max(rows, key=lambda row: (len(row.volume), row.volume)))


def _portrait(row: PortraitRow) -> Portrait:
    return Portrait(row.volume, row.image, row.student_id, **{name: getattr(row, name) for name in _TOLD})


def _values(place: _Place, portrait: Portrait) -> dict[str, Any]:
    volume, image = place
    told = {name: getattr(portrait, name) for name in _TOLD}
    file = image.rpartition("/")[2]
    return {"volume": volume, "image": image, "file": file, "student_id": portrait.student, **told}
