"""Draw the sample assets again: pictures, a sound, a film, a broken copy, with metadata as cameras write it.

`python sample_assets/make.py [--out DIR]` writes the same bytes each time with the same Pillow. What each
file is for stands in `README.md`; names come from `roster/students.csv`, and no file name holds one.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from drawing import clip, concert, corridor, events, school
from drawing.canvas import Picture
from drawing.metadata import ROTATED, Face, Record, exif, jpeg, segment, xmp

HERE = Path(__file__).resolve().parent
SCHOOL = "Cedar Ridge High School"
CONCERT = "Fall Concert 2026"

Maker = Callable[["Names"], bytes]


class Names:
    """The roster's names by student id."""

    def __init__(self, roster: Path) -> None:
        """Read `students.csv`."""
        with roster.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._full = {row["student_id"]: f"{row['given_name']} {row['family_name']}" for row in rows}
        self._aliases = {row["student_id"]: row["aliases"].split(";") for row in rows if row["aliases"]}

    def full(self, *students: str) -> tuple[str, ...]:
        """Return given and family names."""
        return tuple(self._full[student] for student in students)

    def alias(self, student: str) -> str:
        """Return a student's first alias."""
        return self._aliases[student][0]

    def faces(self, picture: Picture, **other: str) -> tuple[Face, ...]:
        """Return a region for each face drawn, named where it is a student's; `other` renames, as `s104203`."""
        names = {**self._full, **{key[1:]: name for key, name in other.items()}}
        return tuple(Face(names.get(who), box) for who, box in picture.faces.items())


def draw_concert(names: Names) -> bytes:
    """Draw a crowd at a public event: two of the many are named, and small."""
    picture = concert.concert()
    known = tuple(face for face in names.faces(picture) if face.name)
    record = Record(
        title="Fall Concert, the crowd",
        caption=f"The crowd at the {SCHOOL} Fall Concert, open to the public.",
        taken="2026-10-02T19:41:08",
        keywords=("Fall Concert", "Crowd", "Public event"),
        hierarchy=("Events|Fall Concert",),
        event=CONCERT,
        people=tuple(face.name for face in known if face.name),
        faces=known,
    )
    return jpeg(picture, record)


def draw_team(names: Names) -> bytes:
    """Draw a team photo: three players, all named, one by her nickname; with a thumbnail."""
    picture = events.team()
    nickname = names.alias("104203")
    record = Record(
        title="Varsity volleyball",
        caption=f"The {SCHOOL} volleyball team before the season's first home match.",
        taken="2026-09-04T15:20:33",
        keywords=("Athletics", "Volleyball", "Team photo"),
        hierarchy=("Events|Athletics|Volleyball",),
        event="Volleyball season 2026",
        people=(nickname, *names.full("104211", "104217")),
        faces=names.faces(picture, s104203=nickname),
        thumbnail=True,
    )
    return jpeg(picture, record)


def draw_pep_rally(names: Names) -> bytes:
    """Draw five faces in regions of which two have names."""
    picture = events.pep_rally()
    record = Record(
        title="Homecoming pep rally",
        caption="Students cheer at the homecoming pep rally.",
        taken="2026-09-18T14:05:51",
        keywords=("Athletics", "Pep rally", "Homecoming"),
        hierarchy=("Events|Athletics|Pep rally",),
        event="Homecoming pep rally",
        people=names.full("104251", "104256"),
        faces=names.faces(picture),
    )
    return jpeg(picture, record)


def draw_graduation(names: Names) -> bytes:
    """Draw three graduates, stored on its side: MWG regions in the stored frame, Microsoft's in the displayed one."""
    picture = events.graduation()
    record = Record(
        title="Graduation",
        caption=f"Three graduates before the portico of {SCHOOL}.",
        taken="2026-11-13T11:12:46",
        keywords=("Graduation", "Seniors"),
        hierarchy=("Events|Graduation",),
        event="Graduation",
        people=names.full(*picture.faces),
        faces=names.faces(picture),
        microsoft=True,
        orientation=ROTATED,
    )
    return jpeg(picture, record)


def draw_portrait(names: Names) -> bytes:
    """Draw a studio portrait, named by both kinds of regions; with a thumbnail."""
    picture = school.portrait()
    record = Record(
        title="Portrait 0417",
        caption="Studio portrait, fall session.",
        taken="2026-09-09T09:31:20",
        camera=("Larkfield", "LF-90 Studio"),
        keywords=("Portrait", "Studio"),
        hierarchy=("Portraits|Fall 2026",),
        people=names.full("104217"),
        faces=names.faces(picture),
        microsoft=True,
        thumbnail=True,
    )
    return jpeg(picture, record, quality=88)


def draw_hallway(names: Names) -> bytes:
    """Draw a frame of a hallway camera, kept as a discipline record: two students, both named."""
    picture = corridor.hallway()
    record = Record(
        title="CAM 04 2026-10-14 10:42:17",
        caption="Still of the north hall camera, kept with an incident report.",
        taken="2026-10-14T10:42:17",
        camera=("Corrivue", "CV-220 Dome"),
        keywords=("Hallway camera", "Discipline"),
        hierarchy=("Cameras|North hall",),
        people=names.full("104230", "104238"),
        faces=names.faces(picture),
    )
    return jpeg(picture, record, quality=82)


def draw_lab(names: Names) -> bytes:
    """Draw a lesson whose keywords alone name a student."""
    record = Record(
        title="Science lab",
        caption="Acids and bases in the chemistry lab.",
        taken="2026-10-21T13:15:02",
        keywords=("Science", "Classroom", *names.full("104245")),
        hierarchy=("Classroom|Science",),
    )
    return jpeg(school.science_lab(), record)


def draw_untitled(_names: Names) -> bytes:
    """Draw two people whose file says nothing at all."""
    return jpeg(school.courtyard(), None)


def draw_broken(names: Names) -> bytes:
    """Write a copy that failed inside the XMP packet, just before the names."""
    record = Record(
        title="Field day",
        caption="Relay race on field day.",
        taken="2026-10-08T10:02:11",
        keywords=("Field day", "Athletics"),
        hierarchy=("Events|Field day",),
        event="Field day",
        people=names.full("104222"),
    )
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(record, (1500, 1000)))
    return (
        b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + exif(record)) + packet[: packet.index(b"<Iptc4xmpExt:PersonInImage>")]
    )


def record_choir(_names: Names) -> bytes:
    """Write a choir's sound: the event is named, nobody in it."""
    title, artist, taken = "Fall Concert, choir", f"{SCHOOL} Choir", "2026-10-02T19:12:30"
    record = Record(
        title,
        "The choir at the Fall Concert.",
        taken,
        keywords=("Fall Concert", "Choir", "Public event"),
        event=CONCERT,
    )
    return clip.wave(title, artist, taken[:10], xmp(record, (0, 0)))


def film_stage(names: Names) -> bytes:
    """Write a clip of the stage with its soloist's name."""
    record = Record(
        title="Fall Concert, on stage",
        caption="A solo at the Fall Concert.",
        taken="2026-10-02T19:38:44",
        keywords=("Fall Concert", "Public event"),
        event=CONCERT,
        people=names.full("104284"),
    )
    return clip.movie(record.title, xmp(record, clip.FRAME_SIZE))


ASSETS: dict[str, Maker] = {
    "cameras/hallway/hallway-1042.jpg": draw_hallway,
    "classroom/science-lab.jpg": draw_lab,
    "events/athletics/pep-rally.jpg": draw_pep_rally,
    "events/athletics/team-photo.jpg": draw_team,
    "events/fall-concert/choir-recording.wav": record_choir,
    "events/fall-concert/concert-crowd.jpg": draw_concert,
    "events/fall-concert/stage-clip.mov": film_stage,
    "events/graduation/graduation.jpg": draw_graduation,
    "inbox/broken.jpg": draw_broken,
    "inbox/untitled-0031.jpg": draw_untitled,
    "portraits/portrait-0417.jpg": draw_portrait,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw every asset under `--out`."""
    parser = argparse.ArgumentParser(description="Draw the sample assets again.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to (default: this script's)")
    out: Path = parser.parse_args(arguments).out
    names = Names(HERE / "roster" / "students.csv")
    for name, maker in ASSETS.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = maker(names)
        path.write_bytes(body)
        print(f"{name}: {len(body) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
