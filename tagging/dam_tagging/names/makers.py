"""Finds opted-out students among those who made a recording: creator, by-line, credit and rights. No I/O.

Who took a picture may have taken it of themselves: a person has to look. Only a whole name counts, that is two parts of one
student's name beside each other, or a name of one word. The credits of everybody else settle and hold nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from dam_tagging.facts import Facts, Keyword, OpenWord
from dam_tagging.match_students import RosterIndex
from dam_tagging.names.find_names import by_lines, texts
from dam_tagging.names.name_parts import LONGEST_PART, PARTICLES, NameParts
from dam_tagging.names.ordinary import AND
from dam_tagging.names.visible_text import Word, fold, legible, words_in

CREATOR = "creator"
"""The source of a maker of whom the file's property is not known."""

SHORTEST_TOGETHER = 5
SHORTEST_TOGETHER_ELSEWHERE = 2
"""Fewest letters of a name written together, in Latin letters and in others."""

MOST_WORDS_OF_A_NAME = 4
"""In a longer text only words with a capital letter are a name."""

MOST_WORDS = 2_000
"""Most words of one text that are searched."""


def maker_texts(facts: Facts) -> Iterator[Keyword]:
    """Yield the texts about makers and owners, as a reader sees them, each once; of captions, the names in by-lines."""
    told = [*facts.rights, *(Keyword(each, CREATOR) for each in (facts.owner or "").split(";"))]
    for caption in texts(facts):
        told += (Keyword(caption.text[start:end], caption.source) for start, end, _ in by_lines(caption.text))
    known = set[str]()
    for each in told:
        text = legible(each.text).strip()
        if text and text not in known:
            known.add(text)
            yield Keyword(text, each.source)


def maker_words(text: str) -> list[Word]:
    """Return the words of a text about makers in which a name is searched."""
    words = (word for word in words_in(text) if not word.is_number)
    return [word for word, _ in zip(words, range(MOST_WORDS), strict=False)]


def makers(facts: Facts, roster: RosterIndex, denied: Collection[str]) -> Iterator[OpenWord]:
    """Yield the whole names of opted-out students among the makers of a recording."""
    for text in maker_texts(facts) if denied else ():
        words = maker_words(text.text)
        for one, other, students in _named(words, roster):
            if meant := tuple(dict.fromkeys(each for each in students if each in denied)):
                yield OpenWord(text.text[one.start : other.end], text.source, meant)


def _named(words: list[Word], roster: RosterIndex) -> Iterator[tuple[Word, Word, Iterable[str]]]:
    """Yield the first and the last word of each possible name, and the students who may be meant."""
    index, is_short = roster.parts, len(words) <= MOST_WORDS_OF_A_NAME
    names = [word for word in words if (word.capital or is_short) and word.folded not in AND]
    if len(words) == 1:
        yield words[0], words[0], called_so_alone(words[0].folded, roster)
    for word in names:
        yield word, word, written_together(word.folded, index)
    # "Ana de la Cruz", "Rosalind M. Achebe", "Achebe, Rosalind".
    names = [word for word in names if len(word.folded) > 1 and word.folded not in PARTICLES]
    for at, one in enumerate(names):
        for other in names[at + 1 : at + 3]:
            yield one, other, index.of_both(one.folded, other.folded)


def called_so_alone(word: str, roster: RosterIndex) -> Iterator[str]:
    """Yield the students with a name that is this one folded word."""
    return (who for who in roster.parts.bearers(word) if word in map(fold, roster.names_of(who)))


def written_together(word: str, index: NameParts) -> Iterator[str]:
    """Yield the students of whose name two parts are this word: `rosalindachebe`."""
    shortest = SHORTEST_TOGETHER if word.isascii() else SHORTEST_TOGETHER_ELSEWHERE
    for at in range(1, len(word)) if shortest <= len(word) <= 2 * LONGEST_PART else ():
        if word[:at] in index and word[at:] in index:
            yield from index.of_both(word[:at], word[at:])
