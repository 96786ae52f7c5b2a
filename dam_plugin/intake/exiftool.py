"""Uses exiftool as a further source of metadata, if a district has it and switches it on: it writes an XMP packet.

The plugin's own reader walks the packet, so that regions come out in its frame. The file goes in by standard input, from
a copy without a name: a file name cannot be taken for an option, and a kill leaves nothing behind.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from dam_tagging.facts import Facts, Keyword, NamedPerson, NamedRegion, Region
from dam_tagging.metadata.containers.blocks import Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.fields.frame import Frame
from dam_tagging.metadata.read import READERS

SOURCE = "exiftool"
LARGEST = 64 * 1024 * 1024
"""exiftool gets the whole file; a larger one is left to our own readers."""

SAME_PLACE = 0.005
"""Two places that differ by less, as fractions of the picture, are one: exiftool rounds."""

_CHUNK = 1024 * 1024
_NOTHING_FOUND = b"Nothing to write"
# Everything that is XMP already, then what other standards say in its words.
_COPIED = (
    "-xmp:all",
    "-xmp-dc:subject+<iptc:keywords",
    "-xmp-dc:subject+<itemlist:keyword",
    "-xmp-dc:subject+<keys:keywords",
    "-xmp-dc:subject+<id3:keywords",
    "-xmp-dc:description<exif:imagedescription",
    "-xmp-dc:description<iptc:caption-abstract",
    "-xmp-photoshop:headline<iptc:headline",
    "-xmp-iptcext:personinimage+<id3:artist",
    "-xmp-iptcext:personinimage+<itemlist:artist",
    "-xmp-iptcext:personinimage+<keys:artist",
    "-xmp-iptcext:personinimage+<vorbis:artist",
    "-xmp-iptcext:personinimage+<vorbis:performer",
    "-xmp-iptcext:personinimage+<riff:artist",
    "-xmp-iptcext:personinimage+<matroska:artist",
    "-xmp-tiff:imagewidth<file:imagewidth",
    "-xmp-tiff:imageheight<file:imageheight",
)
# `-config ""` comes first: a `.ExifTool_config` in the current folder is a program.
_ARGUMENTS = ("-config", "", "-m", "-q", "-q", "-tagsfromfile", "-", *_COPIED, "-o", "-.xmp")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of exiftool: its packet (empty if the file holds nothing), or a problem."""

    packet: bytes = b""
    problem: str | None = None


def exiftool_path(wanted: str) -> str | None:
    """Return the program's path, `wanted` being a path or a name to look for; None if it is not installed."""
    return shutil.which(wanted)


def ask(program: str, file: BinaryIO, size: int, seconds: int) -> Answer:
    """Return what exiftool finds in a file of `size` bytes; it raises nothing but what reading the file raises."""
    if size > LARGEST:
        return Answer(problem=f"exiftool was not asked: the file has more than {LARGEST // 1024 // 1024} MB")
    with tempfile.TemporaryFile() as copy:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            copy.write(chunk)
        copy.seek(0)
        try:
            ended = subprocess.run(  # noqa: S603 - the program is the district's own setting
                [program, *_ARGUMENTS], stdin=copy, capture_output=True, timeout=seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Answer(problem=f"exiftool did not answer ({type(error).__name__})")
    # Its complaints may quote the file; finding nothing is no complaint.
    if ended.returncode == 0 or _NOTHING_FOUND in ended.stderr:
        return Answer(packet=ended.stdout)
    return Answer(problem=f"exiftool could not read the file (exit code {ended.returncode})")


def with_packet(facts: Facts, answer: Answer) -> Facts:
    """Return our reading with what exiftool found beyond it, under the source `exiftool`.

    A file of a type that our readers do not know is `partial` then: what exiftool may have missed is not known.
    """
    properties: xmp.Struct = {}
    problems = [answer.problem] if answer.problem else []
    if answer.packet:
        try:
            properties = xmp.parse(answer.packet)
        except Damaged as error:
            problems.append(f"in what exiftool answered, {error}")
    found = FactsBuilder(frame=_frame(facts, properties))
    xmp_people.collect(properties, found)
    theirs = found.facts(facts.media_type, facts.orientation)
    return replace(
        facts,
        state="partial" if properties and facts.media_type not in READERS else facts.state,
        image_size=facts.image_size or theirs.image_size,
        persons=(*facts.persons, *_new_persons(facts, theirs)),
        regions=(*facts.regions, *_new_regions(facts, theirs)),
        keywords=(*facts.keywords, *_new_texts(facts.keywords, theirs.keywords)),
        hierarchies=tuple(dict.fromkeys((*facts.hierarchies, *theirs.hierarchies))),
        captions=(*facts.captions, *_new_texts(facts.captions, theirs.captions)),
        event=facts.event or theirs.event,
        more_events=tuple(
            dict.fromkeys(
                text
                for text in (*facts.more_events, theirs.event, *theirs.more_events)
                if text and text != (facts.event or theirs.event)
            )
        ),
        locations=tuple(dict.fromkeys((*facts.locations, *theirs.locations))),
        owner=facts.owner or theirs.owner,
        taken=facts.taken or theirs.taken,
        official_markers=(*facts.official_markers, *_new_texts(facts.official_markers, theirs.official_markers)),
        texts=(*facts.texts, *_new_texts(facts.texts, theirs.texts)),
        rights=(*facts.rights, *_new_texts(facts.rights, theirs.rights)),
        problems=tuple(dict.fromkeys((*facts.problems, *problems, *theirs.problems))),
    )


def _frame(facts: Facts, properties: xmp.Struct) -> Frame:
    """Return the frame of the picture as stored: ours, or for a type that we do not know exiftool's."""
    turn = facts.orientation or 1
    if facts.image_size is not None:
        upright = Frame(facts.image_size, turn).upright
        return Frame(upright, turn)
    try:
        turn = int(xmp.first(properties.get("tiff:Orientation")) or turn)
        width, height = (int(xmp.first(properties.get(f"tiff:Image{side}"))) for side in ("Width", "Height"))
    except ValueError:
        return Frame(None, turn)
    return Frame((width, height) if width > 0 and height > 0 else None, turn if 0 < turn < 9 else 1)


def _new_persons(facts: Facts, theirs: Facts) -> Iterator[NamedPerson]:
    known = {each.name for each in facts.persons} | {each.name for each in facts.regions}
    for each in theirs.persons:
        if each.name not in known:
            yield replace(each, source=SOURCE)


def _new_regions(facts: Facts, theirs: Facts) -> Iterator[NamedRegion]:
    for each in theirs.regions:
        if not any(other.name == each.name and _close(other.region, each.region) for other in facts.regions):
            yield replace(each, source=SOURCE)


def _close(one: Region, other: Region) -> bool:
    pairs = ((one.x, other.x), (one.y, other.y), (one.w, other.w), (one.h, other.h))
    return all(abs(a - b) < SAME_PLACE for a, b in pairs)


def _new_texts(ours: Sequence[Keyword], theirs: Sequence[Keyword]) -> Iterator[Keyword]:
    known = {each.text for each in ours}
    for each in theirs:
        if each.text not in known:
            yield Keyword(each.text, SOURCE)
