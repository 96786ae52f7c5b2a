"""What lies beside a file and is no XMP: Google Takeout's JSON, notes, subtitles, and settings of programs, as texts.

Google describes Takeout's JSON nowhere: its fields are those of exports.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from html import unescape
from typing import TypeAlias

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.fields.words import may_be_words, runs
from dam_tagging.metadata.found import Found

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | None"

MOST_NESTED = 50
CONTROLS = 0.02
"""So few of a text's signs are control characters: other bytes are no text."""

TAKEOUT, PEOPLE, ALBUM = "Takeout", "Takeout people", "Takeout album"
SILENT = frozenset(
    {"url", "formatted", "timestamp", "devicetype", "appsource", "packagename", "access", "localfoldername", "date"}
    | {"contentownername", "etag", "kind", "mimetype", "id"}
)
"""Keys, in lower case, of addresses, times, programs, and who owns or shared."""

_PROGRAMS_KEY = re.compile(r"[a-z][A-Za-z0-9_]*|[A-Z0-9_]+")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OTHER_LETTERS = re.compile(rb"[\xc0-\xff]{3}|[\x80-\xff]{4}|[\x81\x8d\x8f\x90\x9d]")
"""Bytes that cp1252 has no letters for, or so many accented ones in a row as no language writes with it."""

_TYPOGRAPHY = b"\x85\x91\x92\x93\x94\x95\x96\x97\xa0\xa1\xab\xbb\xbf"
FEWEST_ACCENTS, MOST_ACCENTS = 3, 0.4
"""Which part of a text's letters may have accents, where these are not few."""

_TIMES = re.compile(r"^[\d\s:.,]*(?:-->[^\n]*)?$\n?|^WEBVTT\b", re.MULTILINE)
_MARKS = re.compile(r"<[^<>\n]{0,1000}>|\{\\[^{}\n]{0,1000}\}")


def text_of(data: bytes) -> str:
    """Return a text in UTF-8, UTF-16 or cp1252; raise `Damaged` where it is in none of them, no text, or too large."""
    if len(data) > MAX_BLOCK:
        raise Damaged(f"a text beside the file is larger than {MAX_BLOCK // 1024 // 1024} MB")
    text = _decoded(data)
    odd = sum(not (sign.isprintable() or sign.isspace()) for sign in text)
    if odd > CONTROLS * len(text) + 1:
        raise Damaged("what lies beside the file under the name of a text is none, and may name somebody")
    return text


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for encoding, zeros, others in (("utf-16-le", data[1::2], data[::2]), ("utf-16-be", data[::2], data[1::2])):
        if len(data) >= 4 and zeros.count(0) > 0.5 * len(zeros) and others.count(0) < 0.1 * len(others):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        if _is_of_other_letters(data):
            raise Damaged("a text beside the file is in an encoding that is not known, and may name somebody") from None
        return data.decode("cp1252", "replace")


def _is_of_other_letters(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 are no cp1252 either."""
    if _OTHER_LETTERS.search(data):
        return True
    letters = data.translate(None, _TYPOGRAPHY + b" \t\r\n")
    accented = sum(byte >= 0x80 for byte in letters)
    return accented >= FEWEST_ACCENTS and accented > MOST_ACCENTS * len(letters)


def note(data: bytes, _name: str, found: Found) -> None:
    """Add a note as it stands."""
    found.free_text(text_of(data), "note beside the file")


def subtitles(data: bytes, _name: str, found: Found) -> None:
    """Add what subtitles say, without their times and marks."""
    found.free_text(_MARKS.sub(" ", _TIMES.sub("", unescape(text_of(data)))), "subtitles beside the file")


def settings(data: bytes, _name: str, found: Found) -> None:
    """Add the texts of a program's settings, which hold keywords and captions too."""
    if len(data) > MAX_BLOCK:
        raise Damaged(f"the settings beside the file are larger than {MAX_BLOCK // 1024 // 1024} MB")
    for text in runs(data):
        found.free_text(unescape(text), "settings beside the file")


def takeout(data: bytes, _name: str, found: Found) -> None:
    """Add whom Google Photos knows in a picture, its description, and every other text of the JSON."""
    value = _json(data)
    if isinstance(value, dict):
        people = value.get("people")
        listed = [each.get("name") for each in people if isinstance(each, dict)] if isinstance(people, list) else []
        found.persons_of(((name, ()) for name in listed if isinstance(name, str)), PEOPLE)
        if isinstance(described := value.get("description"), str):
            found.caption(described, f"{TAKEOUT} description")
        if isinstance(title := value.get("title"), str):
            # The name that the file had in Google Photos.
            found.free_text(title, f"{TAKEOUT} title")
    _rest(value, TAKEOUT, found)


def album(data: bytes, _name: str, found: Found) -> None:
    """Add the title of an album as the event of what lies in it, and every other text of the JSON."""
    value = _json(data)
    if isinstance(value, dict):
        inner = value.get("albumData")
        for holder in (value, inner if isinstance(inner, dict) else {}):
            if isinstance(title := holder.get("title"), str):
                found.event(title, ALBUM)
    _rest(value, ALBUM, found)


def _json(data: bytes) -> Json:
    try:
        value: Json = json.loads(text_of(data), strict=False)
    except (ValueError, RecursionError) as error:
        raise Damaged("a JSON file beside the file is damaged, and may name somebody") from error
    return value


def _rest(value: Json, source: str, found: Found) -> None:
    known = found.held()
    for text in _leaves(value, 0):
        if text.strip() not in known and may_be_words(text):
            known.add(text.strip())
            found.free_text(text, source)


def _leaves(value: Json, depth: int) -> Iterator[str]:
    if depth > MOST_NESTED:
        raise Damaged("a JSON file beside the file is nested too deep")
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _leaves(each, depth + 1)
        case dict():
            for key, each in value.items():
                if key.casefold() not in SILENT:
                    # A key may be a name as well, where a program counts or groups by it.
                    if not _PROGRAMS_KEY.fullmatch(key):
                        yield key
                    yield from _leaves(each, depth + 1)
