"""The folded words of a recording by which it is found again when names change; `changed_names` says which of them matter.

They are the words as `find_names` and `open_words` read them, before any roster: a recording has too many rather than too
few of them. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dam_tagging.facts import Facts
from dam_tagging.match_students import plain_text
from dam_tagging.names.find_names import without_makers
from dam_tagging.names.makers import maker_texts, maker_words
from dam_tagging.names.name_parts import is_cyrillic, latin_of
from dam_tagging.names.open_words import (
    ALSO_FOR_DIGITS,
    ANOTHER_ALPHABET,
    KIN_BEFORE,
    LETTERS_FOR_DIGITS,
    MONOGRAM,
    MOST_LETTERS,
    SHORTEST_STEM,
    as_read,
    path_as_read,
)
from dam_tagging.names.ordinary import KIN
from dam_tagging.names.recording_words import ALWAYS, BESIDE_KIN, KEPT, WITHOUT_SPACES, KeptWord
from dam_tagging.names.searched_texts import path_parts, searched_texts
from dam_tagging.names.visible_text import Word, fold, humps, legible, parted_by_unseen, words_in
from dam_tagging.names.written_names import UNSPACED, folded

LONGEST_KEPT = 60
"""Most letters of a word that is kept. A recording with a longer one is always looked at."""

MOST_PIECES_JOINED = 4
SHORTEST_FILLED_ID = 5
"""Fewest digits of a number that may be an id without its leading zeros."""

_RUN = re.compile(r"[^\W\d_]+|\d+")
_CHUNK = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_KIN = re.compile("|".join(sorted(KIN | KIN_BEFORE)))


def kept_words(facts: Facts, key: str) -> frozenset[KeptWord]:
    """Return the words of a recording's texts, of the names in its lists, of its makers, and of its key."""
    texts = [each.text for each in searched_texts(facts)]
    listed = [*(each.name for each in facts.persons), *(each.name for each in facts.regions if each.name)]
    ids = [one for each in facts.persons for one in (each.id, *each.more_ids) if one]
    path, _ = path_as_read(key)
    found = {KEPT}
    if sum(map(len, texts)) > MOST_LETTERS:
        found.add(ALWAYS)
    for text in dict.fromkeys((*texts, *listed, *ids, *(name for name, _ in path_parts(key)))):
        for reading in _readings(text):
            found |= _words_of(reading)
    for made in maker_texts(facts):
        found |= {KeptWord("maker", word.folded) for word in maker_words(made.text)}
    return frozenset(_short(found | _words_of(path)))


def names_words(name: str) -> tuple[str, ...]:
    """Return the letters and digits of a name or an id, run by run: a text that has the whole name has each of them."""
    return tuple(folded(run) for run in _RUN.findall(plain_text(name)))


def numbers_of(digits: str) -> tuple[KeptWord, ...]:
    """Return the words under which a recording is kept that may have this number as an id, with any leading zeros."""
    plain = digits.lstrip("0")
    short = dict.fromkeys((digits, *(plain.zfill(length) for length in range(len(plain), SHORTEST_FILLED_ID))))
    kept = (each for each in short if len(each) < SHORTEST_FILLED_ID)
    return (*(KeptWord("number", each) for each in kept), KeptWord("number", f"+{plain}"))


def _readings(text: str) -> Iterable[str]:
    """Return a text in every form in which it is searched."""
    made = without_makers(text)
    forms = (text, legible(text), parted_by_unseen(text), *as_read(text), made, legible(made), parted_by_unseen(made))
    return dict.fromkeys(forms)


def _words_of(text: str) -> set[KeptWord]:
    words = list(words_in(text))
    told = dict.fromkeys((*(each for word in words for each in _with_pieces(word, text)), *names_words(text)))
    found = {_number(each) if each.isdecimal() else KeptWord("word", each) for each in told if each}
    found |= {
        KeptWord("hump", word.folded) for word in words if any(len(each.folded) < 2 for each in humps(word, text))
    }
    found |= {KeptWord("digits", each) for each in _with_digits(text)}
    found |= {KeptWord("initials", f"{fold(each['first'])} {fold(each['last'])}") for each in MONOGRAM.finditer(text)}
    found |= {KeptWord("latin", each) for each in _latin(text)}
    if _KIN.search(" ".join(told)):
        found.add(BESIDE_KIN)
    if not text.isascii() and UNSPACED.search(text):
        found.add(WITHOUT_SPACES)
    if _is_spelled_out(words, text):
        found.add(ALWAYS)
    return found


def _with_pieces(word: Word, text: str) -> Iterator[str]:
    """Yield a word, and the pieces that begin with its capitals, alone and joined again."""
    yield word.folded
    pieces = [each.folded for each in humps(word, text)]
    for at in range(len(pieces)):
        for end in range(at + 1, min(at + MOST_PIECES_JOINED, len(pieces)) + 1):
            yield "".join(pieces[at:end])


def _number(digits: str) -> KeptWord:
    return KeptWord("number", digits if len(digits) < SHORTEST_FILLED_ID else f"+{digits.lstrip('0')}")


def _with_digits(text: str) -> Iterator[str]:
    """Yield the runs of letters in which digits stand for some of them: `j0rdan`."""
    if not any(map(str.isdigit, text)):
        return
    for chunk in _CHUNK.findall(text):
        words = list(words_in(chunk))
        whole = "".join(word.folded for word in words)
        for told in {whole, "".join(fold(chunk[word.start : word.end]) for word in words)}:
            for table in (LETTERS_FOR_DIGITS, ALSO_FOR_DIGITS):
                plain = told.translate(table)
                for run in _LETTERS.finditer(plain):
                    here = told[run.start() : run.end()]
                    if here != run[0] and any(map(str.isalpha, here)):
                        yield run[0]


def _latin(text: str) -> Iterator[str]:
    for found in () if text.isascii() else ANOTHER_ALPHABET.finditer(text):
        yield from (latin_of(word) for word in found[0].split() if is_cyrillic(word))


def _is_spelled_out(words: Iterable[Word], text: str) -> bool:
    """Whether single letters stand in a row: `J o r d a n`."""
    pieces = [each for word in words for each in (humps(word, text) or [word])]
    in_a_row = 0
    for word in pieces:
        in_a_row = in_a_row + 1 if len(word.folded) == 1 and not word.is_number else 0
        if in_a_row >= SHORTEST_STEM:
            return True
    return False


def _short(words: Iterable[KeptWord]) -> Iterator[KeptWord]:
    for each in words:
        yield each if len(each.word) <= LONGEST_KEPT else ALWAYS
