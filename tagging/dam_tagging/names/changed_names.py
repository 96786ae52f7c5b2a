"""Says which recordings may be tagged otherwise once names, ids or families' choices have changed, by their kept words.

Each lookup in a roster by a word of a file (in `match_students`, `find_names`, `open_words`, `depicted`) has its line here: a
recording whose words meet no line gets the same answers before and after, and so the same tags. Too many recordings are
found rather than too few. No I/O.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations, product

from dam_tagging.match_students import Person, RosterIndex, normalise, without_suffix
from dam_tagging.names.find_names import LONGEST_SPLIT, cuts
from dam_tagging.names.kept_words import names_words, numbers_of
from dam_tagging.names.makers import written_together
from dam_tagging.names.name_parts import LONGEST_PART, MOST_BEGUN, PARTICLES, NameParts
from dam_tagging.names.open_words import KIN_BEFORE, SHORTEST_TOGETHER, mac, names_of_piece, pieces_of, stems
from dam_tagging.names.ordinary import KIN, ORDINARY, WORDS_AND_NAMES
from dam_tagging.names.pet_forms import PetForms
from dam_tagging.names.rearranged_names import first_token
from dam_tagging.names.recording_words import ALWAYS, BESIDE_KIN, WITHOUT_SPACES, Group, KeptWord, Wanted
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.written_names import UNSPACED

SHORTEST_CUT = 4
SHORTEST_TAG = 4
SHORTEST_HANDLE = 4
MOST_JOINED = 4
MOST_IN_A_GROUP = 400
"""Most words of a group. Of a larger one the smallest set counts alone, and so more recordings are found."""


class ChangedNames:
    """Students whose names or ids changed, or what their families said: as they were and as they are."""

    def __init__(
        self, before: RosterIndex, after: RosterIndex, persons: Iterable[Person], denied: Collection[str] = ()
    ) -> None:
        """Take these students, both before and after, and the whole rosters, which may be one.

        `denied`: of whom a part of a name counts by itself before or after, of the whole roster: the family said no, or may
        still answer.
        """
        self._before, self._after = before, after
        self._persons = _as_one(persons)
        every = RosterIndex(self._persons)
        no = RosterIndex(each for each in self._persons if each.id in denied)
        self._every, self._no = every.parts, no.parts
        # A part that a denied student has too: a word that may mean it lists all who have it.
        parted = {
            part for part in every.parts for index in (before, after) if _is_any_of(denied, index.parts.bearers(part))
        }
        self._doubted = NameParts(Person(part, (part,)) for part in sorted(parted))
        self._pets = PetForms(parted)
        # INVARIANT: `called_otherwise` is symmetric, so these are all the words for which `called` finds a part.
        self._parts, self._forms, self._doubted_forms = frozenset(every.parts), _forms(every.parts), _forms(parted)
        self._ours = self._parts | self._forms
        self._every_name_of = every.names_of
        self._names = {name for each in self._persons for name in every.names_of(each.id)}
        self._written = frozenset(_longest(_ends(name)) for name in self._names)
        runs = (run for name in self._names for run in names_words(name))
        self._letters = {each[0] for each in (*runs, *self._parts)}
        self._staff = before.staff_names() ^ after.staff_names()
        self._rosters = tuple({id(each): each for each in (before, after, every, no)}.values())

    def __bool__(self) -> bool:
        """Whether anything may be tagged otherwise."""
        return bool(self._names or any(self._ids()) or self._staff)

    def wanted(self, vocabulary: Iterable[KeptWord]) -> Wanted:
        """Return the recordings that may be tagged otherwise; `vocabulary` has every word that any recording has."""
        if not self:
            return Wanted()
        staff = {tuple(_runs_of(each)) for each in self._staff}
        if "" in self._written or () in staff or not all(map(names_words, self._ids())):
            return Wanted(everything=True)
        known, found = (
            _Vocabulary(self._before, self._after, self._rosters),
            {ALWAYS, *self._numbers(), *self._windows()},
        )
        makers = set[str]()
        for each in vocabulary:
            if each.kind == "word":
                known.add(each.word)
            elif each.kind == "maker":
                makers.add(each.word)
            elif self._is_met(each):
                found.add(each)
        groups, weak = {way for part in self._parts for way in known.joined(part)}, set[str]()
        groups.update(way for words in staff for way in known.all_of(words))
        groups.update(self._of_makers(makers))
        for word, pieces in known.pieces.items():
            if word in known.parted_otherwise or any(map(self._may_mean, pieces)):
                found.add(KeptWord("word", word))
            else:
                weak.update(filter(self._is_nearly, pieces))
        groups.update(way for word in weak for way in self._weak_groups(word, known))
        small = set(map(_as_small, groups))
        alone = (group[0] for group in small if len(group) == 1)
        return Wanted(frozenset(found.union(*alone)), frozenset(each for each in small if len(each) > 1))

    # -- one word ------------------------------------------------------------------------------------------------------

    def _is_met(self, kept: KeptWord) -> bool:
        """Whether a word of another kind than `word` finds its recordings."""
        told = kept.word
        match kept.kind:
            case "latin":
                return told in self._ours or bool(self._no.spelled_like(told))
            case "hump":
                # It stays one word if it is nearly anybody's name.
                return bool(self._every.spelled_like(told))
            case "digits":
                ends = ((at, end) for at in range(len(told)) for end in range(at + 2, len(told) + 1))
                return any(told[at:end] in self._parts for at, end in ends)
            case "initials":
                first, _, last = told.partition(" ")
                return bool(self._no.with_initials(first, last))
            case "mark":
                return kept == WITHOUT_SPACES and self._is_unspaced()
            case _:
                return False

    def _may_mean(self, told: str) -> bool:
        """Whether a word, or a piece of one, may mean one of these students, or decide what the words beside it mean."""
        if told in self._parts or told in self._written:
            return True
        is_ordinary = told in ORDINARY
        is_common = is_ordinary or told in WORDS_AND_NAMES
        if not is_ordinary and (
            told in self._forms
            or any(stems(told, self._parts))
            or bool(self._every.sounding(told))
            or self._is_tag(told)
            or self._is_pushed_out(told)
        ):
            return True
        if not is_common and (told[1:] in self._parts or told[:-1] in self._parts or self._is_of_several(told)):
            return True
        return self._may_mean_denied(told, is_ordinary=is_ordinary, is_common=is_common)

    def _may_mean_denied(self, told: str, *, is_ordinary: bool, is_common: bool) -> bool:
        """Whether a word may mean one whose family said no: in another form, with letters wrong, or cut short."""
        some = self._doubted
        if told in self._doubted_forms or self._pets.within(told):
            return True
        if not is_ordinary and bool(
            some.spelled_like(told) or self._no.near(told) or any(map(some.begun_by, (told, told[1:], told[:-1])))
        ):
            return True
        # A common word is another form of a name only where it is a name of the roster itself.
        is_name = not is_common or told in self._before.parts or told in self._after.parts
        return is_name and self._pets.may_meet(told)

    def _is_pushed_out(self, told: str) -> bool:
        """Whether one more name that begins with a word leaves no room for another one in the list of these."""
        return any(
            self._every.begun_by(each)
            and any(len(roster.parts.begun_by(each)) >= MOST_BEGUN - 1 for roster in (self._before, self._after))
            for each in (told, told[1:], told[:-1])
        )

    def _is_tag(self, told: str) -> bool:
        """Whether a word begins or ends with a part of a name: `#TeamJordan`."""
        lengths = range(SHORTEST_TAG, min(len(told) - 1, LONGEST_PART) + 1)
        return any(told[:length] in self._parts or told[-length:] in self._parts for length in lengths)

    def _is_of_several(self, told: str) -> bool:
        """Whether a word is several names or short forms of the roster, one of them of these students: `avaanddima`."""
        if not SHORTEST_TOGETHER <= len(told) <= LONGEST_PART or not told.isalpha():
            return False
        runs = (told[at:end] for at in range(len(told) - 2) for end in range(at + 3, len(told) + 1))
        if self._ours.isdisjoint(runs):
            return False
        return any(not self._ours.isdisjoint(each) for each in pieces_of(told, self._names_of_piece))

    def _names_of_piece(self, piece: str) -> tuple[str, ...]:
        return next(filter(None, (names_of_piece(piece, each.parts) for each in self._rosters)), ())

    # -- several words -------------------------------------------------------------------------------------------------

    def _is_nearly(self, told: str) -> bool:
        """Whether a word that says nothing by itself may be a name beside another word."""
        if told not in ORDINARY:
            return bool(self._every.near(told)) or self._is_pet_form(told)
        return bool(self._nearly_denied(told))

    def _is_pet_form(self, told: str) -> bool:
        """Whether a word that is also a name may be a form of a name of one who said no, beside an initial."""
        return told in WORDS_AND_NAMES and self._pets.may_meet(told)

    def _nearly_denied(self, told: str) -> set[str]:
        return {*self._no.near(told), *self._no.sounding(told), *stems(told, self._no)}

    def _weak_groups(self, told: str, known: _Vocabulary) -> Iterator[Group]:
        """Yield the words beside which a word may be nearly the name of one of these students."""
        here = known.with_piece(told)
        if told not in ORDINARY and self._is_pet_form(told):
            # "Rose A."
            yield here, frozenset(KeptWord("word", each) for each in self._letters)
        if told not in ORDINARY:
            if not self._every.near(told):
                return
            # "The Smithe twins". Where somebody is called so, a word for a family may be in any other word.
            yield (here,) if known.is_kin_a_name() else (here, frozenset({BESIDE_KIN}))
            return
        # "Bill O."
        letters = {
            each for part in self._nearly_denied(told) for each in self._letters if self._no.with_initial(part, each)
        }
        if letters:
            yield here, frozenset(KeptWord("word", each) for each in letters)

    def _of_makers(self, words: Collection[str]) -> Iterator[Group]:
        """Yield the words in creators and credits that together, or written together, are a name of one who said no."""
        parts: dict[str, list[str]] = defaultdict(list)
        for word in words:
            if any(written_together(word, self._no)) or self._no.of_both(word, word):
                yield (frozenset({KeptWord("maker", word)}),)
            for who in self._no.bearers(word):
                parts[who].append(word)
        for who, some in parts.items():
            if any(" " not in name for name in self._every_name_of(who)):
                yield (frozenset(KeptWord("maker", word) for word in some),)
            for pair in combinations(some, 2):
                yield tuple(frozenset({KeptWord("maker", word)}) for word in pair)

    # -- the whole -----------------------------------------------------------------------------------------------------

    def _ids(self) -> Iterator[str]:
        return (told for person in self._persons for told in person.external_ids if told.strip())

    def _numbers(self) -> Iterator[KeptWord]:
        """Yield the words of ids, and of names that are numbers."""
        for run in (*(_longest(names_words(told)) for told in self._ids()), *self._written):
            # Of an id of letters and digits its longest run is in each text that has it.
            yield from numbers_of(run) if run.isdecimal() else (KeptWord("word", run),)

    def _windows(self) -> Iterator[KeptWord]:
        """Yield the first words of names whose end is now looked for over more or fewer words than before."""
        for first in {first_token(name) for name in self._names}:
            if first and self._before.farthest(first) != self._after.farthest(first):
                run = _longest(names_words(first))
                yield from numbers_of(run) if run.isdecimal() else (KeptWord("word", run),)

    def _is_unspaced(self) -> bool:
        named = any(UNSPACED.search(name) for person in self._persons for name in person.names)
        return named or self._before.parts.runs != self._after.parts.runs


class _Vocabulary:
    """The words that are in recordings, each with the pieces into which one of the rosters parts it."""

    def __init__(self, before: RosterIndex, after: RosterIndex, rosters: Collection[RosterIndex]) -> None:
        self._before, self._after, self._rosters = before, after, rosters
        self.pieces: dict[str, tuple[str, ...]] = {}
        self.parted_otherwise: set[str] = set()
        self._parted: dict[str, set[str]] = defaultdict(set)

    def add(self, word: str) -> None:
        """Take one word."""
        pieces = {word: None}
        if SHORTEST_CUT <= len(word) <= LONGEST_SPLIT and word not in ORDINARY:
            parted = {id(roster): cuts(word, roster) for roster in self._rosters}
            if parted[id(self._before)] != parted[id(self._after)]:
                self.parted_otherwise.add(word)
            pieces |= {piece: None for each in parted.values() for piece in each}
        self.pieces[word] = tuple(pieces)
        for piece in tuple(pieces)[1:]:
            self._parted[piece].add(word)

    def with_piece(self, piece: str) -> frozenset[KeptWord]:
        """Return the words that are this piece, or are parted into it and others."""
        whole = self.pieces.keys() & {piece}
        return frozenset(KeptWord("word", each) for each in whole | self._parted.get(piece, set()))

    def is_kin_a_name(self) -> bool:
        """Whether somebody has a word for a family as a part of the name."""
        return any(each in roster.parts for roster in self._rosters for each in KIN | KIN_BEFORE)

    def all_of(self, words: Iterable[str]) -> Iterator[Group]:
        """Yield the words that together may be read as these words, each of them whole or joined from several."""
        ways = [[(self.with_piece(word),), *self.joined(word)] for word in words]
        for each in product(*ways):
            if all(some for way in each for some in way):
                yield tuple(some for way in each for some in way)

    def joined(self, word: str) -> Iterator[Group]:
        """Yield the words that may be joined to this one: two, or up to four behind a particle; Mc and Mac count as one."""
        splits: list[tuple[str, ...]] = [(word[:at], word[at:]) for at in range(1, len(word))]
        for one, other in (("mc", "mac"), ("mac", "mc")):
            if word.startswith(one) and mac(f"{other}{word.removeprefix(one)}") == word:
                splits.append((other, word.removeprefix(one)))
        for length in range(3, MOST_JOINED + 1):
            splits += [
                (first, *rest)
                for first in PARTICLES
                if word.startswith(first)
                for rest in _splits(word.removeprefix(first), length - 1)
            ]
        for split in splits:
            if all(some := tuple(map(self.with_piece, split))):
                yield some


def _splits(word: str, most: int) -> Iterator[tuple[str, ...]]:
    """Yield the ways to split a word into so many parts."""
    if most == 1:
        yield from ((word,),) if word else ()
        return
    for at in range(1, len(word)):
        yield from ((word[:at], *rest) for rest in _splits(word[at:], most - 1))


def _is_any_of(some: Collection[str], others: Iterable[str]) -> bool:
    return any(each in some for each in others)


def _forms(parts: Iterable[str]) -> frozenset[str]:
    return frozenset(form for part in parts for form in called_otherwise(part))


def _as_one(persons: Iterable[Person]) -> tuple[Person, ...]:
    """Return each student once, with every name and id of before and after."""
    found: dict[str, Person] = {}
    for each in persons:
        known = found.get(each.id, Person(each.id, ()))
        names, ids = (*known.names, *each.names), (*known.external_ids, *each.external_ids)
        found[each.id] = Person(each.id, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(ids)))
    return tuple(found.values())


def _ends(name: str) -> tuple[str, ...]:
    """Return the letters and digits of a name's first and last word, run by run: whatever has the name has these."""
    words = without_suffix(normalise(name)) or name.split()
    return tuple(run for word in (words[0], words[-1]) for run in names_words(word)) if words else ()


def _runs_of(words: Iterable[str]) -> Iterator[str]:
    """Yield the letters of several words, run by run."""
    return (run for word in words for run in names_words(word) if not run.isdecimal())


def _longest(runs: Collection[str]) -> str:
    return max(runs, key=len, default="")


def _as_small(group: Group) -> Group:
    """Return a group with the rarest set first, as far as that can be told, or that set alone."""
    some = sorted(set(group), key=lambda words: (len(words), -max(len(each.word) for each in words)))
    return tuple(some) if sum(map(len, some)) <= MOST_IN_A_GROUP else (some[0],)
