"""Whether two written names of people are, or may be, of one person. No I/O.

Which students a text names is found elsewhere (`find_names`, `open_words`); here both sides are a person's whole name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import permutations

from dam_tagging.names.short_forms import called_otherwise

# What stands before a name and is none.
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "sr", "sra", "senor", "senora", "herr", "frau"))

# A single word may be anybody's.
_LEAST_WORDS = 2


def words_of_name(name: str) -> tuple[str, ...]:
    """Return the words of a name in alphabetical order, without case, accents, signs and titles."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each) and unicodedata.category(each) != "Cf")
    words = "".join(each if each.isalnum() else " " for each in letters).split()
    return tuple(sorted(each for each in words if each not in _TITLES))


def is_same_name(one: str, other: str) -> bool:
    """Whether two texts are the same name, in any order of its words, without case, accents, signs and titles."""
    return words_of_name(one) == words_of_name(other)


@lru_cache(maxsize=1_024)
def may_be_same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: each word of the shorter is in the other, or an initial or a short form is.

    `Robert Q. Doe` may be `Bob Doe` and `R. Doe`. One word of each at least has to be the same, and a blank name is nobody's.
    """
    shorter, longer = sorted((words_of_name(one), words_of_name(other)), key=len)
    return not set(shorter).isdisjoint(longer) and _all_fit(shorter, longer)


def is_named_in(name: str, text: str) -> bool:
    """Whether a text that may say more, as an address or an office, names somebody: by two words of the name at least."""
    theirs, written = words_of_name(name), words_of_name(text)
    if len(theirs) < _LEAST_WORDS:
        return False
    return set(theirs) <= set(written) or (len(written) >= _LEAST_WORDS and may_be_same_name(name, text))


def is_login_of(name: str, text: str) -> bool:
    """Whether a word of a text is two words of a name without a space, or one with an initial: `jroe`, `janeroe`, `roej`."""
    pairs = permutations(words_of_name(name), 2)
    logins = {
        login for one, other in pairs if len(other) > 1 for login in (one + other, one[0] + other, other + one[0])
    }
    return not logins.isdisjoint(words_of_name(text))


def _all_fit(shorter: Sequence[str], longer: Sequence[str]) -> bool:
    """Whether each word of one name fits a word of its own of another: a matching of both (Kuhn's algorithm)."""
    taken: dict[int, int] = {}

    def finds_place(word: int, tried: set[int]) -> bool:
        for place in range(len(longer)):
            if place in tried or not _fits(shorter[word], longer[place]):
                continue
            tried.add(place)
            if place not in taken or finds_place(taken[place], tried):
                taken[place] = word
                return True
        return False

    return all(finds_place(word, set()) for word in range(len(shorter)))


def _fits(one: str, other: str) -> bool:
    is_initial = 1 in (len(one), len(other)) and one[0] == other[0]
    return one == other or is_initial or other in called_otherwise(one) or one in called_otherwise(other)
