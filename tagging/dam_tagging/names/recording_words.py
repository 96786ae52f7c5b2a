"""The words by which recordings are found again when names change, and what is asked of them. No I/O.

`kept_words` reads them from a recording, `changed_names` says which of them matter, and a store keeps them.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

WORDS_VERSION = 2
"""The version of these words. It is raised with each change of how a text is split: a recording with earlier words is always
looked at."""

WordKind = Literal["word", "latin", "hump", "digits", "initials", "number", "maker", "mark"]
"""`latin`: a Cyrillic word in Latin letters. `hump`: a word like `LTaoya`. `digits`: letters with digits in their place.
`initials`: two letters with a space. `number`: see `numbers_of`.
`maker`: of a creator, a by-line, a credit or rights. `mark`: a fact about the whole recording."""


class KeptWord(NamedTuple):
    """One word of a recording."""

    kind: WordKind
    word: str


KEPT = KeptWord("mark", f"kept {WORDS_VERSION}")
"""Each recording has it whose words are kept. One without it is always looked at."""
ALWAYS = KeptWord("mark", "always")
"""Its words say too little: too many, too long, or a name spelled out letter by letter."""
BESIDE_KIN = KeptWord("mark", "kin")
WITHOUT_SPACES = KeptWord("mark", "unspaced")


Group: TypeAlias = tuple[frozenset[KeptWord], ...]
"""Sets of words. A recording has the group if it has a word of each set."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The recordings that may be tagged otherwise: those with any of the words, and those with a whole group.

    `everything`: a name or an id has no letter and no digit, so that no word finds it.
    """

    words: frozenset[KeptWord] = frozenset()
    groups: frozenset[Group] = frozenset()
    everything: bool = False

    def has(self, words: AbstractSet[KeptWord]) -> bool:
        """Whether a recording with these words is one of them."""
        if self.everything or not self.words.isdisjoint(words):
            return True
        return any(all(not some.isdisjoint(words) for some in group) for group in self.groups)
