"""Whose portrait an image is, as the index of a portrait volume says: kept with the roster, asked by an object's key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dam_plugin.store.statements import chunks
from dam_plugin.store.tables import PortraitRow


@dataclass(frozen=True, slots=True)
class Portrait:
    """One line of an index: the volume, the image within it (`folder/file`), and the student's pseudonym."""

    volume: str
    image: str
    student: str


def keep_portraits(session: Session, portraits: Sequence[Portrait]) -> int:
    """Keep the portraits; an image that was somebody else's before is theirs now. Return how many are news."""
    wanted = {(each.volume.casefold(), each.image.casefold()): each.student for each in portraits}
    kept: dict[tuple[str, str], str] = {}
    for chunk in chunks(volume for volume, _ in wanted):
        for row in session.execute(select(PortraitRow).where(PortraitRow.volume.in_(chunk))).scalars():
            kept[row.volume, row.image] = row.student_id
    news = {place: student for place, student in wanted.items() if kept.get(place) != student}
    for volume, image in news.keys() & kept.keys():
        session.execute(delete(PortraitRow).where(PortraitRow.volume == volume, PortraitRow.image == image))
    if news:
        values = [
            {"volume": volume, "image": image, "file": image.rpartition("/")[2], "student_id": student}
            for (volume, image), student in news.items()
        ]
        session.connection().execute(insert(PortraitRow.__table__), values)  # type: ignore[arg-type]  # a Table it is
    return len(news)


def portrait_of(session: Session, key: str) -> str | None:
    """Return whose portrait a key ends in, None where no image does or several volumes disagree.

    Every volume numbers its images alike, and so do cameras: an image counts only below a folder that is its volume,
    at the place that the index gives it within the volume.
    """
    folded = key.casefold()
    query = select(PortraitRow).where(PortraitRow.file == folded.rpartition("/")[2])
    rows = [row for row in session.scalars(query) if row.volume and f"/{folded}".endswith(f"/{row.volume}/{row.image}")]
    students = {row.student_id for row in rows}
    return students.pop() if len(students) == 1 else None
