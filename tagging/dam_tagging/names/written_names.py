"""Splits and folds names in free text: words, parts of names, words written together. Pure; finds no students."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

# Letters with their accents, or digits. All else, also an underscore, separates words.
WORD = re.compile("(?:[^\\W\\d_][\u0300-\u036f]*)+|\\d+")
# Words between the parts of one name.
BETWEEN = re.compile(r"[\s.,'\u2019_+/-]*")
_HYPHENS = re.compile(r"[\u058a\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
# Scripts that are written without a space between words.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+")
LETTERS = str.maketrans(
    {
        "\u00f8": "o",
        "\u0142": "l",
        "\u0111": "d",
        "\u00f0": "d",
        "\u00fe": "th",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u0131": "i",
        "\u0127": "h",
        "\u0167": "t",
        "\u014b": "n",
    }
)
"""Letters that Unicode does not decompose (o and l with a stroke, the dotless i, ...), with the plain letters in their
place."""

MOST_PARTS = 8
SHORTEST_NUMBER = 3
# Letters of other alphabets that look like Latin ones.
_ALIKE = str.maketrans(
    "\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445\u0456\u0458\u0455\u0501"
    "\u03b1\u03b2\u03b5\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7\u0131",
    "abekmhopctyxijsdabeikvoptuxi",
)
# Words of sentences that are also names. Without a capital letter they count as the word.
EVERYDAY = frozenset({
    "an", "art", "ash", "autumn", "bay", "best", "bill", "black", "blue", "bond", "brown", "carol", "chance",
    "christian", "cook", "cross", "daisy", "dawn", "day", "do", "dean", "dick", "don", "drew", "eve", "faith",
    "field", "fisher", "ford", "frank", "gene", "grace", "grant", "gray", "green", "hall", "hand", "heart", "hill",
    "holly", "hope", "hunter", "ivy", "jack", "jade", "joy", "king", "lake", "lance", "law", "lee", "long", "love",
    "mark", "mason", "may", "miles", "mo", "moon", "more", "my", "no", "page", "park", "penny", "pierce", "pike",
    "police", "price", "rain", "ray", "rich", "river", "robin", "rose", "rush", "sage", "sandy", "see", "short",
    "sky", "so", "star", "stone", "storm", "summer", "sun", "sunny", "sue", "to", "van", "victor", "violet", "wade",
    "wall", "ward", "water", "way", "west", "white", "will", "winter", "wise", "wolf", "wood", "worth", "yi",
    "young", "you",
})  # fmt: skip


def plain(text: str) -> str:
    """Return a text without invisible signs and with one form of hyphen."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", _HYPHENS.sub("-", text))
    return "".join(each for each in composed if unicodedata.category(each) != "Cf")


def alone(name: str) -> set[str]:
    """Return the words of a name that count alone: each part, and parts joined by a hyphen or apostrophe as one."""
    joined = {"".join(parts(chunk)) for chunk in name.split()}
    return {part for part in (*parts(name), *joined) if len(part) > 1}


def parts(name: str) -> tuple[str, ...]:
    """Return the words of a name, folded."""
    if name.isascii():
        return tuple(WORD.findall(name.lower()))
    return tuple(folded(word) for word in WORD.findall(plain(name)))


def orders(words: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the words of a name in each usual order: unchanged, reversed, and with the last word first."""
    return words, words[::-1], (*words[-1:], *words[:-1])


def singular(words: Sequence[str]) -> tuple[str, ...]:
    """Return folded words, with the last one without its s of a plural or of possession."""
    *others, last = words
    return (*others, last[:-1] if last.endswith("s") and len(last) > SHORTEST_NUMBER else last)


def within(word: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each word in a joined word (`CalebFight`); nothing for a single word."""
    starts = [0, *_humps(word), len(word)]
    yield from pairwise(starts if len(starts) > 2 else ())


def is_meant(part: str, word: str) -> bool:
    """Whether a word, as it is written, is meant as this folded part of a name and not as a word of sentences."""
    return part not in EVERYDAY or word[:1].isupper()


def unspaced(name: str) -> set[str]:
    """Return the forms of a name in a script without spaces: each run of such a script, and the whole name."""
    whole = "".join(plain(name).split())
    return {run for run in UNSPACED.findall(plain(name)) if len(run) > 1} | (
        {whole} if UNSPACED.fullmatch(whole) else set()
    )


def any_of(texts: set[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of these texts, the longest first; None if there are none."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True)))) if texts else None


@lru_cache(maxsize=4_096)
def folded(word: str) -> str:
    """Return a word in one form for every case, every accent and every letter that looks alike."""
    return folded_anew(word)


def folded_anew(word: str) -> str:
    """Return the same without keeping it: for words of which few come again."""
    if word.isascii():
        return word.lower()
    apart = unicodedata.normalize("NFKD", word).casefold()
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(LETTERS).translate(_ALIKE)


def _humps(word: str) -> Iterator[int]:
    """Yield the places where a capital letter begins another word within a word."""
    for at in range(1, len(word)):
        ends = word[at - 1].isupper() and at + 1 < len(word) and word[at + 1].islower()
        if word[at].isupper() and (word[at - 1].islower() or ends):
            yield at


SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
"""Suffixes that tell namesakes of one family apart; not `junior` and `senior`, which are grades in a school's captions."""


def parted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words of a name without the suffixes at the end, and the suffixes."""
    end = len(words)
    while end and words[end - 1] in SUFFIXES:
        end -= 1
    return list(words[:end]), list(words[end:])
