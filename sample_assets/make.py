"""Draw the sample assets again: pictures, a sound, a film, a broken copy, with metadata as cameras write it.

`python sample_assets/make.py [--out DIR] [--draft]` writes the same bytes each time with the same Pillow. What each
file is for stands in `README.md`; names come from `roster/students.csv`, and no file name holds one.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from drawing import candids, canvas, clip, concert, corridor, events, pitch, school, studio
from drawing.metadata import ROTATED, Record, exif, jpeg, segment, xmp
from drawing.names import Names
from drawing.studio import SITTINGS, Sitting

HERE = Path(__file__).resolve().parent
SCHOOL = "Cedar Ridge High School"
CONCERT = "Fall Concert 2026"

Maker = Callable[[Names], bytes]


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


def draw_portrait(names: Names, sitting: Sitting) -> bytes:
    """Draw a studio portrait, named by both kinds of regions; the first with a thumbnail."""
    picture = studio.portrait(sitting)
    first = sitting is SITTINGS[0]
    record = Record(
        title=f"Portrait {sitting.number:04}",
        caption="Studio portrait, day of retakes." if sitting is SITTINGS[-1] else "Studio portrait, fall session.",
        taken=sitting.taken,
        camera=("Larkfield", "LF-90 Studio"),
        keywords=("Portrait", "Studio"),
        hierarchy=("Portraits|Fall 2026",),
        people=names.full(sitting.student),
        faces=names.faces(picture),
        microsoft=True,
        thumbnail=first,
    )
    return jpeg(picture, record, quality=88 if first else 80)


def write_index(names: Names) -> bytes:
    """Write the photographer's index of the portraits: all that were taken, whatever the families chose since."""
    return studio.index((sitting, *names.listed(sitting.student)) for sitting in SITTINGS)


def draw_art_class(names: Names) -> bytes:
    """Draw three students at work, all named in regions and in the caption."""
    picture = candids.art_class()
    mei, theresa, amina = names.full("104256", "104203", "104278")
    record = Record(
        title="Still life",
        caption=f"{amina}, {mei} and {theresa} paint a still life in the art room.",
        taken="2026-10-06T10:24:40",
        keywords=("Yearbook", "Art"),
        hierarchy=("Yearbook|Arts",),
        people=names.full(*picture.faces),
        faces=names.faces(picture),
    )
    return jpeg(picture, record, quality=80)


def draw_library(names: Names) -> bytes:
    """Draw two readers: one has opted out, and the caption names her."""
    picture = candids.library()
    hannah, jonah = names.full("104217", "104222")
    record = Record(
        title="Book club",
        caption=f"{hannah} and {jonah} read ahead for the book club.",
        taken="2026-10-20T12:15:09",
        keywords=("Yearbook", "Library", "Book club"),
        hierarchy=("Yearbook|Clubs",),
        event="Book club",
        people=names.full(*picture.faces),
        faces=names.faces(picture),
    )
    return jpeg(picture, record, quality=80)


def draw_bake_sale(names: Names) -> bytes:
    """Draw two sellers: one is named as the roster has him, the other opted out and has but a nickname in the caption."""
    picture = candids.bake_sale()
    (elijah,) = names.full("104284")
    record = Record(
        title="Bake sale",
        caption=f"{elijah} and Hanni Lindqvist sell muffins for the band's trip.",
        taken="2026-10-29T11:32:18",
        keywords=("Band", "Bake sale"),
        hierarchy=("Events|Bake sale",),
        event="Bake Sale 2026",
        people=(elijah,),
        faces=tuple(face for face in names.faces(picture) if face.name == elijah),
    )
    return jpeg(picture, record, quality=80)


def draw_science_fair(names: Names) -> bytes:
    """Draw three exhibitors: one has opted out, and no text names her."""
    picture = candids.science_fair()
    record = Record(
        title="Science fair",
        caption=f"{names.full('104245')[0]} shows visitors of the science fair how fast water drains.",
        taken="2026-11-05T17:48:22",
        keywords=("Yearbook", "Science fair"),
        hierarchy=("Events|Science fair",),
        event="Science Fair 2026",
        people=names.full(*picture.faces),
        faces=names.faces(picture),
    )
    return jpeg(picture, record, quality=80)


def draw_soccer(names: Names) -> bytes:
    """Draw three players in a match, all named in regions; the caption has no names."""
    picture = pitch.soccer()
    record = Record(
        title="Varsity soccer",
        caption="The Herons wait for the ball in the second half of the home match.",
        taken="2026-09-25T16:52:37",
        keywords=("Athletics", "Soccer"),
        hierarchy=("Events|Athletics|Soccer",),
        event="Soccer season 2026",
        people=names.full(*picture.faces),
        faces=names.faces(picture),
    )
    return jpeg(picture, record, quality=80)


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
    """Write a choir's sound: the file names the event and no person."""
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
    "events/athletics/soccer-match.jpg": draw_soccer,
    "events/athletics/team-photo.jpg": draw_team,
    "events/bake-sale/bake-sale.jpg": draw_bake_sale,
    "events/fall-concert/choir-recording.wav": record_choir,
    "events/fall-concert/concert-crowd.jpg": draw_concert,
    "events/fall-concert/stage-clip.mov": film_stage,
    "events/graduation/graduation.jpg": draw_graduation,
    "events/science-fair/science-fair.jpg": draw_science_fair,
    "inbox/broken.jpg": draw_broken,
    "inbox/untitled-0031.jpg": draw_untitled,
    "portraits/INDEX.TXT": write_index,
    **{f"portraits/{sitting.file}": partial(draw_portrait, sitting=sitting) for sitting in SITTINGS},
    "yearbook/art-class.jpg": draw_art_class,
    "yearbook/library.jpg": draw_library,
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw every asset under `--out`."""
    parser = argparse.ArgumentParser(description="Draw the sample assets again.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to (default: this script's)")
    parser.add_argument(
        "--draft", action="store_true", help="draw coarsely, several times as fast: a look at the scenes"
    )
    chosen = parser.parse_args(arguments)
    if chosen.draft:
        canvas.SUPERSAMPLING = 1
    names = Names(HERE / "roster" / "students.csv")
    for name, maker in ASSETS.items():
        path = chosen.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = maker(names)
        path.write_bytes(body)
        print(f"{name}: {len(body) / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
