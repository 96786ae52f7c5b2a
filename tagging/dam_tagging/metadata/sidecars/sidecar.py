"""Finds sidecars (the files beside a recording that describe it) by name, and reads their facts. See `FORMATS`.

Names or keys are compared within one folder, ignoring case. If the folder can be listed, `chosen` picks the sidecars from
the list. Otherwise `names` returns the names to try. Google does not document Takeout's JSON: this module reads the
fields that were found in exports. `picasa` parses Picasa's file.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import PurePosixPath
from typing import BinaryIO, TypeAlias

from dam_tagging.metadata.containers.blocks import MAX_BLOCK, Damaged
from dam_tagging.metadata.facts_builder import FactsBuilder
from dam_tagging.metadata.fields import xmp, xmp_people
from dam_tagging.metadata.fields.texts import may_be_words, runs
from dam_tagging.metadata.sidecars import picasa

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | None"
MOST_NESTED = 50
CONTROLS = 0.02
"""Largest share of control characters in a text. Bytes with a larger share are no text."""
PEOPLE = "Takeout people"
SILENT = frozenset(
    {"url", "formatted", "timestamp", "devicetype", "appsource", "packagename", "access", "localfoldername", "date"}
    | {"contentownername", "etag", "kind", "mimetype", "id"}
)
"""Keys (lower case) of addresses, times, programs, and of the people who own or shared the file."""
_PROGRAMS_KEY = re.compile(r"[a-z][A-Za-z0-9_]*|[A-Z0-9_]+")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OTHER_LETTERS = re.compile(rb"[\xc0-\xff]{3}|[\x80-\xff]{4}|[\x81\x8d\x8f\x90\x9d]")
"""Bytes that are no character in cp1252, or more accented letters in a row than any language has."""
_TYPOGRAPHY = b"\x85\x91\x92\x93\x94\x95\x96\x97\xa0\xa1\xab\xbb\xbf"
FEWEST_ACCENTS, MOST_ACCENTS = 3, 0.4
"""Largest share of accented letters in a text, if there are at least FEWEST_ACCENTS of them."""
_TIMES = re.compile(r"^[\d\s:.,]*(?:-->[^\n]*)?$\n?|^WEBVTT\b", re.MULTILINE)
_MARKS = re.compile(r"<[^<>\n]{0,1000}>|\{\\[^{}\n]{0,1000}\}")
Siblings = Callable[[str], BinaryIO | None]
Reader = Callable[[bytes, str, FactsBuilder], None]
_DUPLICATE = re.compile(r"(?<=[^/])_[0-9]{2,4}(?=\.[^./]*$)")
_LANGUAGE = re.compile(r"\.(?:[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*|forced|sdh|cc|default)$")
_NUMBER = re.compile(r"\([0-9]{1,4}\)$")
_EDITED = re.compile(
    r"-(?:edited|bearbeitet|modifi[ée]|editado|editada|modificato|bewerkt|edytowane|redigerad)(?=(?:\([0-9]{1,4}\))?\.[^.]*$)"
)
SUPPLEMENT = ".supplemental-metadata"
LONGEST = 46
"""Characters at which Google cuts the name before `.json`; some exports cut earlier."""
SHORTEST_CUT = 40
MOVIES, STILLS = (".mp4", ".mov"), (".heic", ".jpg", ".jpeg")
"""The JSON of a live photo's picture is also that of its video."""
PICTURES = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos"),
    *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".srw", ".x3f", ".avif"),
    *(".gif", ".heic", ".heif", ".hif", ".jp2", ".jpe", ".jpeg", ".jpg", ".jxl", ".png", ".psd", ".tif"),
    *(".tiff", ".webp"),
)  # fmt: skip
"""Endings of the files of one shot: as taken, developed, exported."""
XMP, PICASA, TAKEOUT, ALBUM, NOTE, SUBTITLES, SETTINGS = (
    "XMP",
    "Picasa",
    "Takeout",
    "Takeout album",
    "note",
    "subtitles",
    "settings",
)


def text_of(data: bytes) -> str:
    """Return a text in UTF-8, UTF-16 or cp1252; raise `Damaged` for other data, or for too much data."""
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
    """Whether bytes that are not UTF-8 are in an encoding other than cp1252."""
    if _OTHER_LETTERS.search(data):
        return True
    letters = data.translate(None, _TYPOGRAPHY + b" \t\r\n")
    accented = sum(byte >= 0x80 for byte in letters)
    return accented >= FEWEST_ACCENTS and accented > MOST_ACCENTS * len(letters)


def note(data: bytes, _name: str, found: FactsBuilder) -> None:
    """Add the text of a note."""
    found.free_text(text_of(data), "note beside the file")


def subtitles(data: bytes, _name: str, found: FactsBuilder) -> None:
    """Add the text of subtitles, without their times and marks."""
    found.free_text(_MARKS.sub(" ", _TIMES.sub("", unescape(text_of(data)))), "subtitles beside the file")


def settings(data: bytes, _name: str, found: FactsBuilder) -> None:
    """Add the texts of a program's settings. These also hold keywords and captions."""
    if len(data) > MAX_BLOCK:
        raise Damaged(f"the settings beside the file are larger than {MAX_BLOCK // 1024 // 1024} MB")
    for text in runs(data):
        found.free_text(unescape(text), "settings beside the file")


def takeout(data: bytes, _name: str, found: FactsBuilder) -> None:
    """Add the people in a picture by Google Photos, its description, and every other text of the JSON."""
    value = _json(data)
    if isinstance(value, dict):
        people = value.get("people")
        listed = [each.get("name") for each in people if isinstance(each, dict)] if isinstance(people, list) else []
        found.persons_of(((name, ()) for name in listed if isinstance(name, str)), PEOPLE)
        if isinstance(described := value.get("description"), str):
            found.caption(described, f"{TAKEOUT} description")
        if isinstance(title := value.get("title"), str):
            # The file's name in Google Photos.
            found.free_text(title, f"{TAKEOUT} title")
    _rest(value, TAKEOUT, found)


def album(data: bytes, _name: str, found: FactsBuilder) -> None:
    """Add the title of an album as the event of its files, and every other text of the JSON."""
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


def _rest(value: Json, source: str, found: FactsBuilder) -> None:
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
                    # A key may be a name if a program counts or groups by it.
                    if not _PROGRAMS_KEY.fullmatch(key):
                        yield key
                    yield from _leaves(each, depth + 1)


def stem(name: str) -> str:
    """Return a name or key without its last ending."""
    dot = name.rfind(".")
    return name[:dot] if dot > name.rfind("/") + 1 else name


def _anything(_data: bytes) -> bool:
    return True


def _of_xmp(own: str, whole: str) -> bool:
    """Whether it is `x.xmp` (Adobe), `x.jpg.xmp` (digiKam, darktable), `x_01.jpg.xmp` (darktable) or of the same shot."""
    return own in {whole, stem(whole)} or _DUPLICATE.sub("", own) == whole or _of_same_shot(own, whole)


def _start_of_xmp(own: str) -> str:
    number = _DUPLICATE.search(own)
    return own[: number.start()] if number else stem(own)


def _of_same_shot(own: str, whole: str) -> bool:
    """Whether it is `x.nef` or `x.jpeg` for `x.jpg`: the picture was developed, or saved under another ending."""
    return own.endswith(PICTURES) and whole.endswith(PICTURES) and stem(own) == stem(whole)


def _of_text(own: str, whole: str) -> bool:
    """Whether it is `x.txt`, `x.jpg.txt`, or `x.en.srt` with a language."""
    return own in {whole, stem(whole)} or _LANGUAGE.sub("", own) in {whole, stem(whole)}


def _of_settings(own: str, whole: str) -> bool:
    return own in {whole, stem(whole)} or _of_same_shot(own, whole)


def _of_takeout(own: str, whole: str) -> bool:
    """Whether it is `x.jpg.json`, `x.jpg.supplemental-metadata.json` or that name cut, or `x.jpg(1).json` of `x(1).jpg`."""
    number = _NUMBER.search(own)
    bare = own[: number.start()] if number else own
    titles = [(whole, "")]
    plain = _EDITED.sub("", whole)
    counted = _NUMBER.search(stem(plain))
    titles.append((plain, ""))
    if counted:
        titles.append((stem(plain)[: counted.start()] + plain[len(stem(plain)) :], counted.group()))
    return any(
        _is_titled(own if not of else bare, title) and (of == (number.group() if number else "") or not of)
        for title, of in titles
    )


def _start_of_takeout(own: str) -> str:
    bare = _NUMBER.sub("", own)
    own = own if not bare or bare.endswith("/") else bare
    title = own.rpartition("/")[2]
    cut = own.find(".", len(own) - len(title))
    # Google may cut the name at any place in the title.
    return own[:cut] if cut > len(own) - len(title) else own


def _is_titled(own: str, title: str) -> bool:
    full = title + SUPPLEMENT
    name = own.rpartition("/")[2]
    if own in {title, stem(title)} or (own.startswith(title) and full.startswith(own)):
        return True
    if title.endswith(MOVIES) and own.startswith(f"{stem(title)}.") and own[len(stem(title)) :].startswith(STILLS):
        return any(f"{stem(title)}{still}{SUPPLEMENT}".startswith(own) for still in STILLS)
    return len(name) >= SHORTEST_CUT and full.startswith(own)


def _read_xmp(data: bytes, _name: str, found: FactsBuilder) -> None:
    xmp_people.collect(xmp.parse(data), found)


def _read_picasa(data: bytes, name: str, found: FactsBuilder) -> None:
    if len(data) > MAX_BLOCK:
        raise Damaged(f"Picasa's file is larger than {MAX_BLOCK // 1024 // 1024} MB")
    of_this = picasa.packet(data, PurePosixPath(name).name)
    if of_this is not None:
        _read_xmp(of_this, name, found)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of sidecar: its reader, and its names beside one file (`endings`, `of`) or in a folder (`in_folder`).

    `of`: whether a sidecar's name, without its ending, belongs to a file. `start`: the common beginning of the names of
    its files. `knows`: whether the content is of this format. If several formats fit by name, the first one that knows
    the content reads it; if `knows` raises Damaged, its format reads the content and reports the damage. `certain`: the
    name alone makes a file a sidecar; otherwise it is a sidecar only beside its file. `blind`: endings to try in a folder
    that cannot be listed. `numbered`: `x_01.jpg.xmp` belongs to `x.jpg`, unless there is an `x_01.jpg`. `after`: the
    folder's file counts only for files that have a sidecar of that format.
    """

    read: Reader
    endings: tuple[str, ...] = ()
    of: Callable[[str, str], bool] = _of_settings
    start: Callable[[str], str] = stem
    knows: Callable[[bytes], bool] = _anything
    in_folder: tuple[str, ...] = ()
    certain: bool = False
    blind: tuple[str, ...] = ()
    numbered: bool = False
    after: str = ""

    def is_of(self, sidecar: str, name: str) -> bool:
        """Whether a file of this name or key is a sidecar of this format for `name`."""
        lower = sidecar.casefold()
        return any(lower.endswith(end) and self.of(lower[: -len(end)], name.casefold()) for end in self.endings)

    def claims(self, data: bytes) -> bool:
        """Whether this format reads a content: the format knows it, or it is too damaged to know."""
        try:
            return self.knows(data)
        except Damaged:
            return True


FORMATS: dict[str, Format] = {
    XMP: Format(_read_xmp, (".xmp",), _of_xmp, _start_of_xmp, certain=True, blind=(".xmp", ".XMP"), numbered=True),
    PICASA: Format(_read_picasa, in_folder=picasa.NAMES_OF_FILE, certain=True),
    TAKEOUT: Format(takeout, (".json",), _of_takeout, _start_of_takeout),
    ALBUM: Format(
        album,
        in_folder=(
            *("metadata.json", "Metadaten.json", "metadatos.json", "métadonnées.json"),
            *("metadati.json", "metadados.json", "metagegevens.json"),
        ),
        after=TAKEOUT,
    ),
    NOTE: Format(note, (".txt",), _of_text),
    SUBTITLES: Format(subtitles, (".srt", ".vtt", ".sub", ".sbv", ".ass", ".ssa", ".lrc", ".smi", ".ttml"), _of_text),
    # Capture One, RawTherapee, DxO, ON1, Nikon, Apple.
    SETTINGS: Format(settings, (".cos", ".cop", ".cot", ".pp3", ".dop", ".on1", ".nksc", ".aae")),
}
"""All formats of sidecars. A new format is a new row, before the formats with the same names."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One opened sidecar: its bytes (one more than the limit if it is too large) and its reader."""

    data: bytes
    reader: Reader
    name: str

    def read(self, found: FactsBuilder) -> None:
        """Add its facts about the file; raise `Damaged` if it cannot be read."""
        self.reader(self.data, self.name, found)


def no_siblings(_name: str) -> None:
    """Return None: there is no other file beside this one."""


def names(name: str) -> tuple[str, ...]:
    """Return the names to try for sidecars of `name` without a listing, in the form of `name` (a key keeps its folders)."""
    path = PurePosixPath(name)
    if not path.name or may_be_sidecar(name):
        return ()
    blind = (ending for each in FORMATS.values() for ending in each.blind)
    return tuple(dict.fromkeys(f"{own}{ending}" for ending in blind for own in (path.with_suffix(""), name)))


def is_sidecar(name: str) -> bool:
    """Whether a name or key alone shows that the file is a sidecar."""
    return any(each.certain and _is_named(name, each) for each in FORMATS.values())


def may_be_sidecar(name: str) -> bool:
    """Whether a file of this name or key is a sidecar if it lies beside the file that it describes."""
    return any(_is_named(name, each) for each in FORMATS.values())


def is_of_a_folder(name: str) -> bool:
    """Whether a file of this name or key is a sidecar of a whole folder."""
    return any(name.rpartition("/")[2] in each.in_folder for each in FORMATS.values())


def _is_named(name: str, of: Format) -> bool:
    return name.casefold().endswith(of.endings) or name.rpartition("/")[2] in of.in_folder


def describes(sidecar: str, name: str) -> bool:
    """Whether a sidecar belongs to the file `name`, by any program's naming, ignoring case; both are names or keys."""
    return not may_be_sidecar(name) and bool(_formats_of(sidecar, name))


def _formats_of(sidecar: str, name: str) -> list[str]:
    return [label for label, each in FORMATS.items() if each.is_of(sidecar, name)]


def common_start(sidecar: str) -> str:
    """Return the common beginning of the names of all files that a sidecar may describe."""
    lower = sidecar.casefold()
    found = (each.start(stem(sidecar)) for each in FORMATS.values() if each.endings and lower.endswith(each.endings))
    return min(found, key=len, default=stem(stem(sidecar)))


def starts(name: str) -> tuple[str, ...]:
    """Return prefixes for listing files: the name of each sidecar of `name` begins with one of them."""
    own = stem(name)
    short = own[: len(own) - len(PurePosixPath(own).name) + SHORTEST_CUT]
    plain = stem(_EDITED.sub("", name))
    found = {short: None, **({f"{plain}.": None} if plain != own else {})}
    if counted := _NUMBER.search(plain):
        found[f"{plain[: counted.start()]}."] = None
    return tuple(each for each in found if not any(other != each and each.startswith(other) for other in found))


def chosen(name: str, listed: Iterable[str]) -> tuple[str, ...]:
    """Return the sidecars of `name` among the listed files beside it, in the order of their names."""
    there = set(listed)
    # `a_01.jpg.xmp` belongs to a duplicate of `a.jpg`, unless there is an `a_01.jpg`.
    own = {stem(name), name}
    shot = stem(name).casefold()
    return tuple(
        each
        for each in sorted(there)
        if describes(each, name) and not (_is_duplicate(each, own, shot) and stem(each) in there)
    )


def of_folder(name: str, listed: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the folder's own sidecars that count for `name`, given the files listed beside it."""
    if may_be_sidecar(name):
        return ()
    kinds = {label for each in chosen(name, listed) for label in _formats_of(each, name)}
    folder = name[: name.rfind("/") + 1]
    counting = (each for each in FORMATS.values() if not each.after or each.after in kinds)
    return tuple(folder + one for each in counting for one in each.in_folder)


def _is_duplicate(sidecar: str, own: set[str], shot: str) -> bool:
    numbered = tuple(ending for each in FORMATS.values() if each.numbered for ending in each.endings)
    named = stem(sidecar)
    return sidecar.casefold().endswith(numbered) and named not in own and stem(named).casefold() != shot


def beside(name: str, siblings: Siblings, there: Iterable[str] | None = None) -> list[Beside]:
    """Return the opened sidecars of a file and of its folder. `there`: the file's sidecars as `chosen` returns them, if known.

    A sidecar that is too large is read to one byte more than the limit, so that its reader refuses it.
    """
    if not PurePosixPath(name).name or may_be_sidecar(name):
        return []
    found: list[Beside] = []
    kinds: set[str] = set()
    for sidecar in names(name) if there is None else there:
        labels = _formats_of(sidecar, name)
        if labels and (data := _opened(sidecar, siblings)) is not None:
            kinds.update(labels)
            found += [Beside(data, FORMATS[each].read, name) for each in labels if FORMATS[each].claims(data)][:1]
    folder = PurePosixPath(name)
    for each in FORMATS.values():
        beside_it = [str(folder.with_name(one)) for one in each.in_folder if not each.after or each.after in kinds]
        opened = (_opened(one, siblings) for one in beside_it)
        found += [Beside(data, each.read, name) for data in opened if data is not None]
    return found


def _opened(name: str, siblings: Siblings) -> bytes | None:
    file = siblings(name)
    if file is None:
        return None
    with file:
        return file.read(MAX_BLOCK + 1)
