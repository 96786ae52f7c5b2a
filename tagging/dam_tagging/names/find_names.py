"""Finds the roster's names and ids in the keywords, texts and path of a file. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dam_tagging.facts import Facts, Keyword, parts
from dam_tagging.match_students import AMBIGUOUS, Match, RosterIndex
from dam_tagging.names.ordinary import ORDINARY
from dam_tagging.names.visible_text import Word, fold, humps, legible, words_in
from dam_tagging.names.written_names import SUFFIXES

SHORTEST_ID = 5
"""Fewest characters of an id; a shorter keyword may be a year, a room or a number on a shirt."""

LONGEST_TURNED = 4

_CHUNK = re.compile(r"\S+")
_JOINER = re.compile(r"[\w)][-_.+~/#@&=]+[\w(]|[#@]\w|[^\W\d_]\d|\d[^\W\d_]|[^\W_a-z][a-z]+[A-Z]", re.UNICODE)
"""Signs or capital letters within a word, as in file names, handles and hashtags."""

_PLAIN = re.compile(r"[^\W\d_]{6,40}")
"""A word that may be a name written together, if it is a whole keyword or the whole name of a file; in a text it stays
open."""

_WORD = r"[^\W\d_a-z][\w'\u2019-]*\.?"
_WHO = rf"(?-i:{_WORD}(?:[ \u00a0](?:(?:de|la|del|van|von|der|al|el|bin)[ ]){{0,2}}{_WORD}){{0,3}})"
_ENDS = r"(?=\s*(?:$|[).|/;\n\]]|[-\u2013\u2014]\s))"
_ENDS_OR_GOES_ON = _ENDS.replace(".|", ".,|")
_PHOTO = r"(?:photos?|photography|photographs?|fotos?|fotograf[i\u00ed]as?)"
_PICTURE = rf"(?:{_PHOTO}|pics?|pictures?|images?|video)"
_MAKES = re.compile(
    r"\bby\b|photo|pic|image|video|foto|courtesy|credit|copyright|\(c\)|[\u00a9\U0001f4f7\U0001f4f8]", re.IGNORECASE
)
_MADE_BY = re.compile(
    rf"(?:\b{_PHOTO}\s*(?:/\s*|:\s*)?(?:(?:was |were )?(?:taken|shot|made)\s+)?"
    r"(?:by|courtesy(?: of)?|credits?|por|tomada por|cortes[i\u00ed]a de)\b[:\s]*"
    r"|\b(?:photographed|(?:picture|photo|image) taken) by\s+"
    rf"|(?:\bcopyright|\(c\)|\u00a9)\s*(?:\d{{4}}\s*)?)(?P<who>{_WHO}){_ENDS_OR_GOES_ON}",
    re.IGNORECASE,
)
_MAY_BE_MADE_BY = re.compile(
    rf"(?:(?:^|[\n.!?;(|\[-]\s{{0,3}}){_PICTURE}\s*(?::|/|\bde\b|-|\u2013|\u2014)\s*"
    rf"|[\U0001f4f7\U0001f4f8]\ufe0f?\s*:?\s*)(?P<who>{_WHO}){_ENDS}"
    rf"|(?:^|[\s,.(/|-])by\s+(?P<whose>{_WHO})[ ]?[.)]?\s{{0,9}}$",
    re.IGNORECASE,
)
"""The beginning of a by-line: after it comes a name, and then the end of a sentence."""

LONGEST_ID = 10
_DIGITS = re.compile(r"\d{5,}")
_ID = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_OF_SONY = re.compile(r"dsc\d{5}", re.IGNORECASE)


def texts(facts: Facts) -> Iterable[Keyword]:
    """Return the texts that may name people who are not in the picture: captions, titles, event, places, notes."""
    events = [Keyword(text, "event") for text in (facts.event, *facts.more_events) if text]
    places = [Keyword(text, "location") for text in facts.locations]
    return dict.fromkeys([*facts.captions, *events, *places, *facts.official_markers, *facts.texts])


def names_in(text: str, roster: RosterIndex) -> Iterable[tuple[str, Match]]:
    """Yield the keyword itself if it is a name or id, or else the names between its `;` or `,` and the full names in it."""
    text = legible(text)
    match = _as_whole(text, roster)
    if match.kind != "unknown":
        yield from _settled([(text, match)], text, roster, plain=True)
        return
    for part in _parts_of_parts(text):
        if (match := _as_whole(part, roster)).kind != "unknown":
            yield from _settled([(part, match)], part, roster, plain=True)
    yield from mentioned_in(text, roster, plain=True)


def mentioned_in(text: str, roster: RosterIndex, *, plain: bool = False) -> Iterable[tuple[str, Match]]:
    """Yield the full names in a text, written as usual or together (handles, hashtags, names of files)."""
    if not plain:
        text = without_makers(text)
    legibly = legible(text)
    found = list(roster.mentioned(text if legibly.casefold() == text.casefold() else legibly))
    if not found and legibly != text:
        found = list(roster.mentioned(text))
    yield from _settled(found, legibly, roster, plain=plain)


def without_makers(text: str) -> str:
    """Return a text without the names in its by-lines: the maker of a picture is not in the picture."""
    kept, at = list[str](), 0
    for start, end, _ in by_lines(text):
        kept.append(text[at:start])
        at = end
    return "; ".join((*kept, text[at:])) if kept else text


def by_lines(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the places of makers' names in a text, and whether the words before a name always mean a maker.

    "Photo: Ben Roe" and "by Ben Roe" at the very end may name a maker, or the person in the picture.
    """
    found: dict[tuple[int, int], bool] = {}
    for pattern, is_sure in ((_MADE_BY, True), (_MAY_BE_MADE_BY, False)) if _MAKES.search(text) else ():
        for each in pattern.finditer(text):
            found.setdefault(next(each.span(name) for name in each.groupdict() if each[name]), is_sure)
    taken = 0
    for (start, end), is_sure in sorted(found.items()):
        if start >= taken:
            taken = end
            yield start, end, is_sure


def named_by_path(name: str, roster: RosterIndex) -> Iterable[tuple[str, Match]]:
    """Yield the students that the name of a file or folder names, in full or by an id."""
    text = legible(name)
    match = roster.match(text)
    if match.kind == "unknown":
        spaced = text.replace("_", " ")
        match = roster.match(spaced)
    if match.kind != "unknown":
        yield text, match
        return
    yield from mentioned_in(text, roster, plain=True)
    for told, _, _ in ids_in(text, roster):
        if (match := roster.match("", told)).student is not None:
            yield told, match


def ids_in(text: str, roster: RosterIndex) -> Iterator[tuple[str, int, int]]:
    """Yield the ids of students in a text, whole or as the digits of a longer word, and their places."""
    for found in _ID.finditer(text.replace("_", " ")):
        whole = found[0]
        if len(whole) < SHORTEST_ID or not any(map(str.isdigit, whole)):
            continue
        if roster.has_id(whole):
            yield whole, found.start(), found.end()
            continue
        for digits in _DIGITS.finditer(whole):
            # Sony's cameras count in five digits: `DSC04217` is no id 0004217.
            told_so = (digits[0],) if _OF_SONY.fullmatch(whole) else _with_zeros(digits[0])
            if told := next(filter(roster.has_id, told_so), ""):
                yield told, found.start() + digits.start(), found.start() + digits.end()


def _with_zeros(told: str) -> Iterator[str]:
    """Yield a number unchanged, and with the leading zeros that a spreadsheet drops."""
    yield told
    for length in range(len(told) + 1, LONGEST_ID + 1):
        yield told.zfill(length)


def with_other_zeros(told: str) -> Iterator[str]:
    """Yield a number with every count of leading zeros: a spreadsheet drops them, on either side."""
    digits = told.lstrip("0")
    for length in range(len(digits), max(LONGEST_ID, len(told)) + 1) if digits else ():
        yield digits.zfill(length)


def _settled(
    found: list[tuple[str, Match]], text: str, roster: RosterIndex, *, plain: bool
) -> Iterator[tuple[str, Match]]:
    """Yield the matches, and the students whose full name is a run without spaces: these settle ambiguous matches."""
    spread = dict(_written_together(text, roster, plain=plain))
    known = {match.student for match in spread.values()}
    for name, match in found:
        if match == AMBIGUOUS and spread and _is_of(name, spread):
            continue
        yield name, match
    named = {match.student for _, match in found}
    for name, match in spread.items():
        if match.student not in named and known:
            yield name, match


def _is_of(name: str, spread: dict[str, Match]) -> bool:
    words = sorted(word.folded for word in words_in(legible(name)))
    return any(words == sorted(word.folded for word in words_in(other)) for other in spread)


def _written_together(text: str, roster: RosterIndex, *, plain: bool) -> Iterator[tuple[str, Match]]:
    """Yield the only student whose full name, in either order, is in a run without spaces, with any characters around it."""
    for chunk in _CHUNK.finditer(text):
        run = chunk[0]
        joined = _JOINER.search(run) or (plain and _PLAIN.fullmatch(run))
        if len(run) < LONGEST_TURNED or not joined or run.casefold() in ORDINARY:
            continue
        words = [word for word in apart(list(words_in(run)), run, roster) if not word.is_number]
        if len(words) < 2:
            continue
        told = [run[word.start : word.end - 2 * word.owned] for word in words]
        parts = [word.folded for word in words]
        at = 0
        while at < len(told) - 1:
            for length in range(min(LONGEST_TURNED, len(told) - at), 1, -1):
                match = _in_some_order(told[at : at + length], roster) or _by_parts(parts[at : at + length], roster)
                if match is not None:
                    yield match
                    at += length - 1
                    break
            at += 1


def _in_some_order(words: list[str], roster: RosterIndex) -> tuple[str, Match] | None:
    straight = " ".join(words)
    match = roster.match(straight)
    if match.kind != "unknown":
        return (straight, match) if match.student else None
    for at in range(1, len(words)):
        turned = " ".join((*words[at:], *words[:at]))
        if (match := roster.match(turned)).student is not None:
            return turned, match
    return None


def apart(words: list[Word], text: str, roster: RosterIndex) -> list[Word]:
    """Return words, with joined words taken apart: at their capitals, or into parts of one name."""
    found: list[Word] = []
    for word in words:
        if word.is_number or word.folded in roster.parts:
            found.append(word)
        elif pieces := _joined_again(humps(word, text), roster):
            taken = [[piece] if piece.folded in roster.parts else _split(piece, roster) for piece in pieces]
            # No piece of `MacDonald` is a part of a name: it is one word, perhaps with a letter wrong. So is `LTaoya`, which
            # only looks like an initial and a name.
            is_one = not any(taken) and (
                all(len(piece.folded) > 1 for piece in pieces) or bool(roster.parts.spelled_like(word.folded))
            )
            found += (
                [word]
                if is_one
                else [each for piece, parts in zip(pieces, taken, strict=True) for each in parts or [piece]]
            )
        else:
            found += _split(word, roster) or [word]
    return found


def _by_parts(words: list[str], roster: RosterIndex) -> tuple[str, Match] | None:
    """Return the only student with these folded words as full name, without apostrophes and hyphens."""
    bearers = dict.fromkeys(roster.parts.of_both(words[0], words[-1]))
    orders = (words, [*words[1:], words[0]], [words[-1], *words[:-1]])
    found = {
        student: name
        for student in bearers
        for name in roster.names_of(student)
        if [fold(word) for word in name.replace("-", "").split()] in orders
    }
    if len(found) != 1:
        return None
    ((student, name),) = found.items()
    return name, Match("exact", student)


def _joined_again(pieces: list[Word], roster: RosterIndex) -> list[Word]:
    """Return the pieces, joined again if together they are one part of a name: `LaToya`, `McDonald`."""
    joined: list[Word] = []
    at = 0
    while at < len(pieces):
        ends = (end for end in range(min(at + 3, len(pieces)), at, -1))
        for end in ends:
            told = "".join(piece.folded for piece in pieces[at:end])
            if end == at + 1 or told in roster.parts:
                joined.append(Word(told, pieces[at].start, pieces[end - 1].end, capital=True, inner=True))
                at = end
                break
    return joined


LONGEST_SPLIT = 40
MOST_CUTS = 5


def _split(word: Word, roster: RosterIndex) -> list[Word]:
    """Return the parts of one student's name that are written together as this word; none if they are not."""
    told = word.folded
    # Folding may change the number of letters. Then the places of the parts are unknown.
    if not 4 <= len(told) <= LONGEST_SPLIT or told in ORDINARY:
        return []
    parts = cuts(told, roster)
    exact = len(told) == word.end - word.start
    pieces, at = [], 0
    for part in parts:
        start, end = (word.start + at, word.start + at + len(part)) if exact else (word.start, word.end)
        pieces.append(Word(part, start, end, capital=True, inner=True))
        at += len(part)
    return pieces


def cuts(told: str, roster: RosterIndex, most: int = MOST_CUTS) -> list[str]:
    """Return the parts of one student's name that these letters are, one after the other; none if they are not."""
    index = roster.parts
    for at in range(2, len(told) - 1):
        first, rest = told[:at], told[at:]
        if first not in index:
            continue
        if (rest in index and index.of_both(first, rest)) or (most < MOST_CUTS and rest in SUFFIXES):
            return [first, rest]
        if most > 2 and (more := cuts(rest, roster, most - 1)) and index.of_both(first, more[0]):
            return [first, *more]
    return []


def _as_whole(text: str, roster: RosterIndex) -> Match:
    match = roster.match(text)
    if match.kind == "unknown" and len(text.strip()) >= SHORTEST_ID:
        match = roster.match("", text)
    # `Example Ava` without a comma may be a student with the family name first, or a visitor: a person has to look.
    return Match("ambiguous") if match.kind == "unknown" and _may_be_turned(text, roster) else match


def _may_be_turned(text: str, roster: RosterIndex) -> bool:
    words = text.split()
    if not 2 <= len(words) <= LONGEST_TURNED:
        return False
    turned = (f"{' '.join(words[:at])}, {' '.join(words[at:])}" for at in range(1, len(words)))
    return any(roster.match(each).kind != "unknown" for each in turned)


def _parts_of_parts(text: str) -> Iterable[str]:
    """Yield the parts of a keyword between `;`, and the parts of these between `,`."""
    for part in parts(text):
        yield part
        yield from parts(part)
