"""Where and when somebody is, as `tag --person` takes it and `tags` shows it.

`ID`, `ID@x,y,w,h`, `ID@x,y,w,h@TIME`, `ID@x,y,w,h@START-END`, `ID@START-END`, `ID@heard:START-END`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import typer

from dam_plugin.model import Appearance, Interval, Keyframe, Region
from dam_tagging.facts import Prominence

# A day: whoever writes more meant something else than seconds.
LATEST = 24 * 60 * 60
_SECONDS = r"\d{1,6}(?:\.\d{1,6})?"
_MOMENT = re.compile(_SECONDS)
_HEARD = "heard:"
_STRETCH = re.compile(rf"({_SECONDS})-({_SECONDS})")


def appearance_of(text: str, prominence: Prominence) -> Appearance:
    """Return who is where and when. Raises BadParameter, which says what is wrong with the text."""
    student, *where = (part.strip() for part in text.split("@"))
    seen = Appearance(student, prominence, source="a person's look")
    match where:
        case []:
            return seen
        case [place] if "," in place:
            return replace(seen, regions=(_box(place),))
        case [time] if time.startswith(_HEARD):
            return replace(seen, heard=(_stretch(time.removeprefix(_HEARD)),))
        case [time]:
            return replace(seen, intervals=(_stretch(time),))
        case [place, time]:
            return replace(seen, keyframes=(_keyframe(_box(place), time),))
    raise typer.BadParameter(f"'{text}' says too much: write ID@x,y,w,h@TIME, and repeat --person for more")


def told(seen: Appearance) -> Iterator[str]:
    """Yield where and when somebody is, as it would be written."""
    yield from (_told(region) for region in seen.regions)
    yield from (f"{each.start:g}-{each.end:g}" for each in seen.intervals)
    yield from (f"{_HEARD}{each.start:g}-{each.end:g}" for each in seen.heard)
    for each in seen.keyframes:
        until = "" if each.until is None else f"-{each.until:g}"
        yield f"{_told(each.region)}@{each.at:g}{until}"


def _told(region: Region) -> str:
    return f"{region.x:g},{region.y:g},{region.w:g},{region.h:g}"


def _keyframe(box: Region, time: str) -> Keyframe:
    if _MOMENT.fullmatch(time):
        return Keyframe(_second(time), box)
    stretch = _stretch(time)
    return Keyframe(stretch.start, box, stretch.end)


def _stretch(text: str) -> Interval:
    found = _STRETCH.fullmatch(text)
    if found is None:
        raise typer.BadParameter(
            f"'{text}' is neither a box nor a stretch of time: write x,y,w,h (0..1), or START-END in seconds, such as 10-20"
        )
    start, end = map(_second, found.groups())
    if start >= end:
        raise typer.BadParameter(f"the stretch '{text}' does not end after it starts")
    return Interval(start, end)


def _second(text: str) -> float:
    second = float(text)
    if second > LATEST:
        raise typer.BadParameter(f"'{text}' is more than a day: a time is seconds from the recording's start")
    return second


def _box(text: str) -> Region:
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no box; write x,y,w,h as fractions 0..1 of the upright picture"
        ) from None
    inside = 0 <= x < 1 and 0 <= y < 1 and 0 < w <= 1 and 0 < h <= 1 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9
    if not inside:
        raise typer.BadParameter(f"the box '{text}' is not inside the picture; x,y,w,h are fractions 0..1")
    return Region(x, y, w, h)
