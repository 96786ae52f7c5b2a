"""Finds words of a file that may mean a student: nicknames, initials, a letter wrong, half a name. No I/O.

`match_students` finds students who are named in full. This module only finds out that a person has to look. It does not
say who is in a picture.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from rapidfuzz.distance import OSA

from dam_tagging.facts import Facts, Finding, OpenWord
from dam_tagging.match_students import RosterIndex
from dam_tagging.names.find_names import (
    apart,
    by_lines,
    cuts,
    ids_in,
    mentioned_in,
    named_by_path,
    names_in,
    with_other_zeros,
)
from dam_tagging.names.makers import makers
from dam_tagging.names.name_parts import LONGEST_PART, PARTICLES, SHORTEST_NEAR, NameParts, is_cyrillic, latin_of
from dam_tagging.names.ordinary import (
    AND,
    DOES,
    KIN,
    KNOWN,
    OF_PLACES,
    ORDINARY,
    PLACES,
    TIMES,
    TITLES,
    TOWNS,
    WORDS_AND_NAMES,
)
from dam_tagging.names.searched_texts import Kind, SearchedText, path_parts, searched_texts
from dam_tagging.names.short_forms import called_otherwise
from dam_tagging.names.visible_text import Word, fold, legible, parted_by_unseen, unspaced_runs, words_in

MOST_OPEN = 50
"""Most open words of one file. With more, a person has to look anyway."""

MOST_LETTERS = 400_000
"""Most letters of one file that are searched. The rest is reported as open."""

MOST_MEANT = 8
"""Most students that one open word lists."""

LONGEST_WORD = 80

SHORTEST_TOGETHER = 6
MOST_PIECES = 3
_TOGETHER = ("and", "y", "n")
"""Most names in one word, and the signs that may be between them."""

MOST_OF_A_MAKER = 3
"""This many words after "Photo by" are the photographer's name."""

MUCH_ALIKE = 0.6
MOST_COMPARED = 100
"""A word beside one part of a name counts as the other part with letters wrong if it is this much alike (of 1)."""

ENDINGS = frozenset(
    """
s es ies n en in nin a u y i e o em om ie iem owi ovi ego ego emu ym im ej ow ova ove ova ovou ou ka ki ku ke
lla lle lta ssa sta ksi na nak nek val vel tol rol hoz ban ben la ta ito ita itos itas cito cita sche schen
""".split()
) | frozenset("а у ом ем е ы и ой ым ого ому ой ую ин".split())
"""Endings of names in several languages: of cases, and of diminutives."""

MOST_OF_STAFF = 5
"""Most words of the name of a member of staff."""

WORDS_BESIDE_STAFF = 3
"""So many words before and after the name of a member of staff may be none of a student's: "Emma and Karen Olson"."""

_JOINING = ("-", "'", "\u2019", "\u2010", "\u2011")

SHORTEST_SHORT_FORM = 2
SHORTEST_STEM = 4
SHORTEST_STEM_ALONE = 5
_LONGEST_ENDING = 4
LETTERS_FOR_DIGITS = str.maketrans("013457@$", "oleastas")
ALSO_FOR_DIGITS = str.maketrans("013457@$", "oieastas")


def open_words(
    facts: Facts,
    key: str,
    roster: RosterIndex,
    denied: Collection[str],
    named: Collection[str] | None = None,
) -> tuple[OpenWord, ...]:
    """Return the words of a file and its key that may mean a student.

    `denied`: the pseudonyms of students who are opted out or protected. A part of their name is an open word in every
    place. `named`: the students named in the file, if they are known already. A word that can only mean one of these
    students is settled, unless a denied student has the same name.
    """
    denied = denied if isinstance(denied, (set, frozenset)) else frozenset(denied)
    named = frozenset(named) if named is not None else _named(facts, key, roster)
    found: dict[tuple[str, str], OpenWord] = {}
    for one in islice(_makers(facts, roster, denied, named), MOST_OPEN):
        found.setdefault((one.word.casefold(), one.source), one)
    left = MOST_LETTERS
    for text in _texts(facts, key, roster):
        left -= len(text.text)
        if left < 0:
            found["", text.source] = OpenWord("\u2026", text.source)
            break
        for one in _Search(text, roster, denied, named).found():
            word = one.word[:LONGEST_WORD]
            found.setdefault((word.casefold(), one.source), OpenWord(word, one.source, one.students[:MOST_MEANT]))
            if len(found) >= MOST_OPEN:
                break
        if len(found) >= MOST_OPEN:
            break
    return tuple(found.values())[:MOST_OPEN]


def _makers(facts: Facts, roster: RosterIndex, denied: Collection[str], named: Collection[str]) -> Iterator[OpenWord]:
    """Yield the makers who are opted-out students and are not named as being in the recording."""
    for one in makers(facts, roster, denied):
        if others := tuple(each for each in one.students if each not in named):
            yield OpenWord(one.word[:LONGEST_WORD], one.source, others[:MOST_MEANT])


def open_word_finding(word: OpenWord) -> Finding:
    """Return an open word as a finding. The finding has pseudonyms and not the word itself."""
    meant = ", ".join(word.students)
    may_be = f"may be {meant}" if meant else "speaks of people without a name"
    return Finding("open_word", "1", f"a word in {word.source} {may_be}; a person has to look", word.source)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as a reader sees it. `mentions`: the full names in it. `bounds`: where each name of a path begins."""

    text: str
    source: str
    kind: Kind
    mentions: tuple[str, ...]
    bounds: tuple[tuple[int, str], ...] = ()


def _texts(facts: Facts, key: str, roster: RosterIndex) -> Iterator[_Text]:
    for said in searched_texts(facts):
        yield from _said(said, roster)
    yield from _path(key, roster)


def _said(said: SearchedText, roster: RosterIndex) -> Iterator[_Text]:
    read = names_in if said.kind == "keyword" else mentioned_in
    mentions = tuple(name for name, _ in read(said.text, roster))
    for text in as_read(said.text):
        yield _Text(text, said.source, said.kind, mentions)


def as_read(told: str) -> Iterator[str]:
    """Yield a text in the ways in which its words are read."""
    text = legible(_CAMERA.sub("Photo: ", told))
    yield text
    # An invisible character may separate words or be within a word.
    if (parted := parted_by_unseen(told)) != told and len(parted) != len(text):
        yield parted


def _path(key: str, roster: RosterIndex) -> Iterator[_Text]:
    path, bounds = path_as_read(key)
    if path:
        named = tuple(mention for name, _ in path_parts(key) for mention, _ in named_by_path(name, roster))
        yield _Text(path, bounds[-1][1], "path", named, bounds)


def path_as_read(key: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """Return the names of a key's folders and file as one text, and where each begins, with its place."""
    path, bounds = "", list[tuple[int, str]]()
    for name, place in path_parts(key):
        bounds.append((len(path), place))
        path += f"{legible(name)} / "
    return path, tuple(bounds)


def _named(facts: Facts, key: str, roster: RosterIndex) -> frozenset[str]:
    """Return the students named in the file."""
    matches = [roster.match(legible(each.name), each.id, each.more_ids) for each in facts.persons]
    matches += [roster.match(legible(each.name)) for each in facts.regions if each.name]
    for said in searched_texts(facts):
        read = names_in if said.kind == "keyword" else mentioned_in
        matches += [match for _, match in read(said.text, roster)]
    for name, _ in path_parts(key):
        matches += [match for _, match in named_by_path(name, roster)]
    return frozenset(match.student for match in matches if match.student is not None)


class _Search:
    """Looks through one text."""

    def __init__(self, text: _Text, roster: RosterIndex, denied: Collection[str], named: Collection[str]) -> None:
        self._of, self._text, self._roster, self._index = text, text.text, roster, roster.parts
        self._denied, self._named = denied, named
        self._words = apart(self._as_written(), self._text, roster)
        self._join()
        self._strong = [self._certain(word) for word in self._words]
        self._weak: dict[int, tuple[str, ...]] = {}
        self._covered = [False] * len(self._words)
        self._cover()
        self._taken = list(self._covered)

    def _as_written(self) -> list[Word]:
        """Return the words of the text. In a path, each name is judged by itself: whether it uses capital letters."""
        words, bounds = list(words_in(self._text)), [start for start, _ in self._of.bounds]
        for start, end in pairwise((*bounds, len(self._text))) if bounds else ():
            if not any(map(str.isupper, self._text[start:end])):
                for word in words:
                    word.capital |= start <= word.start < end
        return words

    def found(self) -> Iterator[OpenWord]:
        """Yield the open words; pairs of words come first."""
        yield from self._pairs()
        yield from self._shared()
        yield from self._alone()
        yield from self._runs()
        yield from self._ids()
        yield from self._monograms()
        yield from self._in_another_alphabet()
        yield from self._phrases()

    # -- what a word may be ------------------------------------------------------------------------------------------

    def _certain(self, word: Word) -> tuple[str, ...]:
        """Return the parts of names that a word surely is, as written or without its ending."""
        told, index = word.folded, self._index
        if told in index:
            return (told,)
        if len(told) < SHORTEST_STEM or word.is_number or told in ORDINARY:
            return ()
        return tuple(stems(told, index)) or index.sounding(told)

    def _perhaps(self, at: int) -> tuple[str, ...]:
        """Return the parts of names that a word may be: by a nickname, with one letter wrong, or in another alphabet."""
        if at not in self._weak:
            word, index = self._words[at], self._index
            told = word.folded
            parts: dict[str, None] = {}
            if not word.is_number and len(told) > 1 and not self._is_and(at) and self._is_name_like(at):
                parts.update(dict.fromkeys(index.called(told)))
                parts.update(dict.fromkeys(index.near(told)))
                parts.update(dict.fromkeys(index.sounding(told)))
                if told not in index:
                    parts.update(dict.fromkeys(stems(told, index)))
            self._weak[at] = tuple(parts)
        return self._weak[at]

    def _is_name_like(self, at: int) -> bool:
        """Whether a word may be part of a name. A word of sentences needs a capital letter."""
        word = self._words[at]
        return word.capital or (word.folded not in ORDINARY and word.folded not in WORDS_AND_NAMES)

    def _is_and(self, at: int) -> bool:
        """Whether a word only joins two others ("and"). A capital Y among small letters is an initial."""
        word = self._words[at]
        if word.folded not in AND:
            return False
        return len(word.folded) > 1 or not (self._text[word.start : word.end].isupper() and not self._text.isupper())

    def _is_initial(self, at: int) -> bool:
        word = self._words[at]
        return len(word.folded) == 1 and word.folded.isalpha() and word.capital and not word.is_number

    # -- preparing ---------------------------------------------------------------------------------------------------

    def _join(self) -> None:
        """Make one word of pieces that are one part of a name: `Mc Donald`, `de la Cruz`, `Mei-Ling`, `J0rdan`."""
        words, joined = self._words, list[Word]()
        at = 0
        while at < len(words):
            if letters := self._spelled_out(words, at):
                told = "".join(word.folded for word in words[at : at + letters])
                joined += self._spelled(told, words[at].start, words[at + letters - 1].end)
                at += letters
                continue
            made = self._joined_from(words, at)
            joined.append(made or words[at])
            at += self._length if made else 1
        self._words = joined

    def _spelled(self, told: str, start: int, end: int) -> Iterator[Word]:
        """Yield the parts of names that single letters spell (`J o r d a n`)."""
        parts = [told] if told in self._index else cuts(told, self._roster)
        for part in parts or [told]:
            yield Word(part, start, end, capital=True, inner=True)

    _length = 1

    def _joined_from(self, words: Sequence[Word], at: int) -> Word | None:
        first = words[at]
        longest = 6 if any(word.is_number for word in words[at : at + 2]) else 4
        for end in range(min(at + longest, len(words)), at + 1, -1):
            group = words[at:end]
            told = "".join(word.folded for word in group)
            if len(told) > LONGEST_PART:
                continue
            between = self._text[first.start : group[-1].end]
            together = not any(map(str.isspace, between))
            if any(word.is_number for word in group):
                made = self._without_digits(told) if together and not first.is_number else None
            elif first.folded in ("mc", "mac") and len(group) == 2 and (other := mac(told)) in self._index:
                made = other
            elif (
                self._of.kind == "path"
                and len(group) == 2
                and told in self._index
                and between.count(" ") == 1
                and not all(word.folded in self._index for word in group)
                and self._is_denied((told,))
            ) or (
                (first.folded in PARTICLES or (len(group) == 2 and (together or group[1].capital == first.capital)))
                and (told in self._index and not all(word.folded in self._index for word in group))
            ):
                made = told
            else:
                made = None
            if made:
                self._length = len(group)
                capital = first.capital or any(word.is_number for word in group)
                return Word(made, first.start, group[-1].end, capital, group[-1].owned)
        return None

    def _spelled_out(self, words: Sequence[Word], at: int) -> int:
        """Return the number of single letters in a row, if there are enough for a name."""
        end = at
        while end < len(words) and len(words[end].folded) == 1 and not words[end].is_number:
            if end > at and "/" in self._text[words[end - 1].end : words[end].start]:
                break
            end += 1
        return end - at if end - at >= SHORTEST_STEM else 0

    def _without_digits(self, told: str) -> str | None:
        """Return the part of a name that a word is, with digits in place of letters."""
        for table in (LETTERS_FOR_DIGITS, ALSO_FOR_DIGITS):
            plain = told.translate(table)
            if plain != told and plain.isalpha() and plain in self._index:
                return plain
        return None

    def _cover(self) -> None:
        """Mark the words of full names in the text, and the name of the picture's maker."""
        told = [word.folded for word in self._words]
        for mention in dict.fromkeys(self._of.mentions):
            name = [word.folded for word in words_in(legible(mention))]
            orders = [name[at:] + name[:at] for at in range(len(name))]
            for at in range(len(told) - len(name) + 1):
                if name and told[at : at + len(name)] in orders:
                    self._covered[at : at + len(name)] = [True] * len(name)
        self._in_full = list(self._covered)
        self._cover_staff(told)
        for at, word in enumerate(told):
            for known in _KNOWN.get(word, ()):
                if tuple(told[at : at + len(known)]) == known:
                    self._covered[at : at + len(known)] = [True] * len(known)
        for found in _BY_LINE.finditer(self._text):
            self._cover_name_after(found.end())
        self._cover_makers()

    def _cover_staff(self, told: Sequence[str]) -> None:
        """Mark the whole names of staff, unless a word of one is a denied student's, or a student's name is beside it."""
        for at in range(len(told)):
            for end in range(at + MOST_OF_STAFF, at + 1, -1):
                if self._roster.is_staff(told[at:end]) and self._stands_alone(at, end):
                    self._covered[at:end] = [True] * (end - at)
                    break

    def _stands_alone(self, at: int, end: int) -> bool:
        """Whether words are written as one name, none of them is a denied student's, and no student's name may join it."""
        words = self._words[at:end]
        gaps = [self._text[one.end : two.start] for one, two in pairwise(words)]
        if any(gap.strip(" ") or not gap for gap in gaps) or self._text[words[-1].end : words[-1].end + 1] in _JOINING:
            return False
        if any(self._is_denied(parts) for parts in self._strong[at:end] if parts):
            return False
        beside = (
            *range(max(at - WORDS_BESIDE_STAFF, 0), at),
            *range(end, min(end + WORDS_BESIDE_STAFF, len(self._words))),
        )
        return all(self._in_full[each] or not self._strong[each] for each in beside)

    def _cover_makers(self) -> None:
        """Mark the names in by-lines. If it may be no by-line, mark it only if it names permitted students in full."""
        at = 0
        for start, end, is_sure in by_lines(self._text) if self._of.kind == "caption" else ():
            named = (
                {match.student for _, match in self._roster.mentioned(self._text[start:end])} if not is_sure else set()
            )
            is_made = is_sure or (bool(named) and None not in named and named.isdisjoint(self._denied))
            while at < len(self._words) and self._words[at].start < end:
                self._covered[at] |= is_made and self._words[at].start >= start
                at += 1

    def _cover_name_after(self, start: int) -> None:
        """Mark the name that begins at a place: a few words with capitals, and only spaces and initials' full stops between."""
        first = next((at for at, word in enumerate(self._words) if word.start >= start), len(self._words))
        end = start
        for at in range(first, min(first + MOST_OF_A_MAKER, len(self._words))):
            word = self._words[at]
            between = self._text[end : word.start]
            is_new = at > first and "." in between and len(self._words[at - 1].folded) > 1
            if not word.capital or self._is_and(at) or between.strip(" .") or is_new or word.owned:
                return
            self._covered[at] = True
            end = word.end

    # -- two words of one student ------------------------------------------------------------------------------------

    def _pairs(self) -> Iterator[OpenWord]:
        words = self._words
        for at in range(len(words)):
            if self._covered[at] or words[at].is_number:
                continue
            for other in self._after(at):
                students = self._of_two(at, other)
                if students:
                    self._taken[at] = self._taken[other] = True
                    yield from self._open(words[at].start, words[other].end, students)

    def _after(self, at: int) -> Iterator[int]:
        """Yield the words that may form one name with this word: the next word, or the word after a middle name."""
        passed = 0
        for other in range(at + 1, min(at + 5, len(self._words))):
            word = self._words[other]
            if self._covered[other]:
                return
            passing = word.is_number or self._is_and(other) or (word.folded in PARTICLES and len(word.folded) > 1)
            if passing and (word.folded not in self._index or not word.capital):
                continue
            yield other
            passed += 1
            if passed == 2:
                return

    def _of_two(self, one: int, other: int) -> Sequence[str]:
        """Return the students that two words may mean."""
        strong, index, near = self._strong, self._index, other == one + 1
        sure = self._is_name_like(one) and self._is_name_like(other)
        if sure and (both := [who for a in strong[one] for b in strong[other] for who in index.of_both(a, b)]):
            return both
        for name, rest in ((one, other), (other, one)):
            if strong[name] and self._is_name_like(name) and (found := self._beside_a_name(name, rest, near=near)):
                return found
        return self._of_two_weak(one, other) if near else ()

    def _beside_a_name(self, name: int, rest: int, *, near: bool) -> Sequence[str]:
        """Return the students with one word as a part of their name and the word beside it as a possible other part."""
        index, parts = self._index, self._strong[name]
        if self._is_initial(rest):
            letter = self._words[rest].folded
            found = [who for part in parts for who in index.with_initial(part, letter)] if near else []
            return found if self._is_written_initial(name, rest) else [who for who in found if who in self._denied]
        found = [who for part in parts for other in self._perhaps(rest) for who in index.of_both(part, other)]
        return found or (list(self._with_beginning(name, rest)) if near else [])

    def _of_two_weak(self, one: int, other: int) -> Sequence[str]:
        """Return the opted-out students that a short form and an initial, or two words nearly right, may mean."""
        index, denied = self._index, self._denied
        for name, rest in ((one, other), (other, one)):
            told = self._words[name].folded
            ends = self._text[self._words[rest].end :][:1] in (".", "") and self._words[name].capital and name < rest
            if self._is_initial(rest) and (ends or (told not in WORDS_AND_NAMES and told not in ORDINARY)):
                letter = self._words[rest].folded
                parts = (*self._perhaps(name), *self._pet_forms_of(name))
                if found := [s for part in parts for s in index.with_initial(part, letter) if s in denied]:
                    return list(dict.fromkeys(found))
        words = self._words[one], self._words[other]
        is_path = self._of.kind == "path"
        if not all((word.capital or is_path) and word.folded not in ORDINARY for word in words):
            return ()
        loose = [(*self._strong[at], *self._loosely(at)) for at in (one, other)]
        return [s for a in loose[0] for b in loose[1] for s in index.of_both(a, b) if s in denied]

    def _pet_forms_of(self, at: int) -> tuple[str, ...]:
        """Return the first names of opted-out students that a word may be a form of by its letters: "Rosie A."."""
        told = self._words[at].folded
        raw = self._text[self._words[at].start : self._words[at].end]
        # "Canon EOS R" is no pet name and an initial.
        is_abbreviation = raw.isupper() and not self._text.isupper()
        if len(told) < SHORTEST_NEAR or is_abbreviation or not self._is_name_like(at):
            return ()
        forms = self._index.pet_forms(self._denied, self._roster.names_of)
        return forms.within(told) if told in ORDINARY else forms.of(told)

    def _loosely(self, at: int) -> tuple[str, ...]:
        """Return the parts that a word may be, with more letters wrong or cut short."""
        told = self._words[at].folded
        if self._is_initial(at) or len(told) < SHORTEST_NEAR or told in self._index:
            return self._perhaps(at)
        return (*self._perhaps(at), *self._index.spelled_like(told), *self._index.begun_by(told))

    def _with_beginning(self, name: int, beginning: int) -> Iterator[str]:
        """Yield the students with one word as part of a name and another part that begins with the other word: "Jord Lee"."""
        word = self._words[beginning]
        told = word.folded
        if not word.capital or len(told) < SHORTEST_NEAR or word.is_number or told in ORDINARY or told in self._index:
            return
        for part in self._strong[name]:
            for who in self._index.with_initial(part, told[0])[:MOST_COMPARED]:
                words = {fold(each) for one in self._roster.names_of(who) for each in one.split()}
                if any(each.startswith(told) for each in words):
                    yield who

    def _is_written_initial(self, name: int, initial: int) -> bool:
        """Whether a single letter beside a word is an initial. A letter that is also a word ("a") needs a full stop."""
        word, letter = self._words[name], self._words[initial]
        between = self._text[min(word.end, letter.end) : max(word.start, letter.start)]
        if any(sign in between for sign in "\n;:!?()|"):
            return False
        if letter.folded not in ("a", "i") and word.folded not in ORDINARY:
            return True
        after = self._text[letter.end : letter.end + 1]
        return word.capital and (
            after in (".", ",", ";", "_", "") or letter.inner or self._text[letter.end :].isspace()
        )

    def _shared(self) -> Iterator[OpenWord]:
        """Yield students with the family name of the person named after them: "Jordy and Ava Lee"."""
        words = self._words
        for at, (word, following) in enumerate(pairwise(words)):
            if self._taken[at] or word.is_number or not word.capital:
                continue
            joins = self._is_and(at + 1)
            if not joins and self._of.kind == "path" and "/" in self._text[word.end : following.start]:
                continue
            if not joins and not _LISTED.search(self._text[word.end : following.start]):
                continue
            start = at + 1 + joins
            if start < len(words) and self._covered[start]:
                end = start
                while end + 1 < len(words) and self._covered[end + 1]:
                    end += 1
                parts = (*self._strong[at], *self._perhaps(at))
                families = self._strong[end]
                found = [s for a in parts for b in families for s in self._index.of_both(a, b)]
                if found:
                    self._taken[at] = True
                    yield from self._open(word.start, words[end].end, found)

    # -- one word ----------------------------------------------------------------------------------------------------

    def _alone(self) -> Iterator[OpenWord]:
        for at, word in enumerate(self._words):
            kin = not self._covered[at] and self._beside_kin(at)
            if self._taken[at] and not kin:
                continue
            parts = self._strong[at]
            if kin and not parts and word.capital and word.folded not in ORDINARY:
                parts = self._perhaps(at)
            if not parts and (called := self._meant_by_form(at)):
                yield from self._open_part(word, called)
                continue
            if not parts or word.is_number or (len(word.folded) < 2 and word.folded.isascii()):
                if not word.inner and (found := list(self._joined_initial_of(at)) or list(self._handle_of(at))):
                    yield from self._open(word.start, word.end, found)
                elif together := self._together(at):
                    yield from self._open_part(word, together)
                elif tagged := self._within_tag(at):
                    yield from self._open_part(word, tagged)
                continue
            if self._counts(at, parts, kin=kin):
                yield from self._open_part(word, parts, several=kin)

    def _meant_by_form(self, at: int) -> tuple[str, ...]:
        """Return the parts of opted-out students' names that a word may be another form of."""
        return self._of_denied(self._called(at)) or self._misspelled(at) or self._begun(at) or self._pet_form(at)

    def _pet_form(self, at: int) -> tuple[str, ...]:
        """Return the first names of opted-out students that a word may be a form of by its letters: "Ava Kim and Lexi"."""
        word, listed = self._words[at], self._is_listed(at)
        told = word.folded
        if (told in WORDS_AND_NAMES or told in TOWNS) and not listed:
            return ()
        if not (listed or self._does(at) or self._is_a_whole_name(at) or (word.capital and self._of.kind == "path")):
            return ()
        if not self._is_written_as_name(at) or (len(told) < SHORTEST_NEAR and not (listed and self._is_title_case(at))):
            return ()
        forms = self._index.pet_forms(self._denied, self._roster.names_of)
        if told in ORDINARY or told in WORDS_AND_NAMES:
            return forms.within(told) if listed else ()
        return forms.of(told)

    def _is_title_case(self, at: int) -> bool:
        """Whether a word has small letters after a capital one: "Ty", and not "PE"."""
        word = self._words[at]
        return self._text[word.start : word.end].istitle()

    def _called(self, at: int) -> tuple[str, ...]:
        """Return the parts that a short form by itself may mean, if it is written like a name."""
        word = self._words[at]
        common = word.folded in ORDINARY or word.folded in WORDS_AND_NAMES or len(word.folded) < SHORTEST_NEAR
        if not self._is_written_as_name(at) or len(word.folded) < SHORTEST_SHORT_FORM:
            return ()
        if common and not self._is_short_form_here(at):
            return ()
        return self._index.called(word.folded)

    def _is_short_form_here(self, at: int) -> bool:
        """Whether a short form that is also a word of sentences means a person here: "Will scores", "Ava and Mo"."""
        if self._words[at].folded in AND or self._is_dated(at):
            return False
        whole = self._of.kind == "path" and self._is_a_whole_name(at)
        return (
            whole
            or self._is_capital_within(at)
            or self._is_listed(at)
            or (self._does(at) and self._begins_a_sentence(at))
        )

    def _begins_a_sentence(self, at: int) -> bool:
        before = self._text[: self._words[at].start].rstrip("\"' ([")
        return not before or before[-1] in ".!?:;\n"

    def _is_written_as_name(self, at: int) -> bool:
        """Whether a word may be a name by itself, and is not the name of an adult, a place or a stranger."""
        word = self._words[at]
        if word.is_number or not (word.capital or self._of.kind == "path") or self._covered[at]:
            return False
        if self._is_titled(at) or self._is_of_a_place(at) or self._is_opponent(at):
            return False
        return not self._is_of_another(at) or self._is_listed(at)

    def _misspelled(self, at: int) -> tuple[str, ...]:
        """Return the parts of opted-out students' names that a word may be with letters wrong, if the word may be a name."""
        told = self._words[at].folded
        is_common = told in WORDS_AND_NAMES or told in TOWNS
        if (told in ORDINARY and not is_common) or not told.isalpha():
            return ()
        parts = self._of_denied(self._index.spelled_like(told))
        if not parts or not (self._words[at].capital or self._of.kind == "path"):
            return ()
        # "Fisher" for a Fischer, "Brown" for a Browne: it counts where the word itself would.
        if is_common and (self._of.kind == "location" or not self._is_meant_as_name(at, is_denied=True)):
            return ()
        return parts if self._is_written_as_name(at) or self._is_nearly_theirs(at, parts) else ()

    def _begun(self, at: int) -> tuple[str, ...]:
        """Return the parts of opted-out students' names that begin with a word, among names of people: "Ava Kim & Xio"."""
        told = self._words[at].folded
        if told in ORDINARY or told in WORDS_AND_NAMES or not self._is_written_as_name(at):
            return ()
        here = self._is_listed(at) or self._does(at) or self._is_a_whole_name(at)
        return self._of_denied(self._index.begun_by(told)) if here else ()

    def _is_a_whole_name(self, at: int) -> bool:
        """Whether a word is a whole keyword, or the whole name of a folder or file."""
        word, text = self._words[at], self._text
        if self._of.kind != "path":
            return self._of.kind in ("keyword", "caption") and self._is_whole(at)
        before, after = text[: word.start].rstrip(_AROUND), text[word.end :].lstrip(_AROUND)
        return (not before or before[-1] == "/") and after.startswith("/")

    def _of_denied(self, parts: Iterable[str]) -> tuple[str, ...]:
        """Return the parts that are in an opted-out student's name."""
        return tuple(part for part in parts if self._is_denied((part,)))

    def _within_tag(self, at: int) -> tuple[str, ...]:
        """Return the part of an opted-out student's name that a hashtag begins or ends with: `#TeamJordan`."""
        word = self._words[at]
        told = word.folded
        if self._text[word.start - 1 : word.start] not in ("#", "@") or told in ORDINARY:
            return ()
        cut = [told[:end] for end in range(SHORTEST_STEM, len(told))] + [
            told[start:] for start in range(1, len(told) - 3)
        ]
        parts = tuple(
            each for each in cut if each in self._index and each not in ORDINARY and each not in WORDS_AND_NAMES
        )
        return parts if self._is_denied(parts) else ()

    def _is_denied(self, parts: Iterable[str]) -> bool:
        """Whether one of these parts is in an opted-out student's name."""
        return any(who in self._denied for part in parts for who in self._index.bearers(part))

    def _joined_initial_of(self, at: int) -> Iterator[str]:
        """Yield the students that an initial and a name, written together, may mean (`jlee14`, `jordanl`)."""
        word = self._words[at]
        told = word.folded
        if not 3 <= len(told) <= LONGEST_PART or told in ORDINARY or told in WORDS_AND_NAMES:
            return
        ways = ((told[1:], told[0]), (told[:-1], told[-1]))
        meant = [
            who for part, initial in ways if part in self._index for who in self._index.with_initial(part, initial)
        ]
        # A plain word may mean many things. It counts only for an opted-out student.
        yield from meant if self._is_handle(at) else (who for who in meant if who in self._denied and len(told) > 3)

    def _handle_of(self, at: int) -> Iterator[str]:
        """Yield the opted-out students that a handle may mean.

        A handle is an initial, also of a short form, followed by a name cut short (`@bthorn`).
        """
        word = self._words[at]
        told = word.folded
        if self._text[word.start - 1 : word.start] != "@" or told in ORDINARY or not told.isalpha():
            return
        for first, rest in ((told[0], told[1:]), (told[-1], told[:-1])):
            for part in (rest, *self._index.begun_by(rest)) if len(rest) >= SHORTEST_STEM else ():
                for who in islice(self._index.bearers(part), MOST_COMPARED):
                    words = {fold(each) for name in self._roster.names_of(who) for each in name.split()} - {part}
                    firsts = {each[0] for one in words for each in (one, *called_otherwise(one)) if each}
                    if who in self._denied and first in firsts:
                        yield who

    def _together(self, at: int) -> tuple[str, ...]:
        """Return the parts of opted-out students' names in a word of several names: `avaanddima`, `kimvolkov`."""
        word = self._words[at]
        told = word.folded
        if not SHORTEST_TOGETHER <= len(told) <= LONGEST_PART or told in ORDINARY or told in WORDS_AND_NAMES:
            return ()
        if not told.isalpha() or not self._is_handle(at):
            return ()
        for pieces in pieces_of(told, self._names_of_piece):
            meant = [part for piece in pieces for part in self._names_of_piece(piece)]
            if denied := self._of_denied(meant):
                return denied
        return ()

    def _names_of_piece(self, piece: str) -> tuple[str, ...]:
        return names_of_piece(piece, self._index)

    def _is_handle(self, at: int) -> bool:
        """Whether a word is written like the name of a user or file: beside a digit, after @ or #, or alone."""
        word, text = self._words[at], self._text
        raw = text[word.start : word.end]
        if raw[:2].isupper() and not raw.isupper():
            return True
        before, after = text[word.start - 1 : word.start], text[word.end : word.end + 1]
        if (
            ("" not in (before, after) and (after in "_@" or before in "_@#"))
            or before in ("@", "#")
            or after.isdigit()
            or before.isdigit()
        ):
            return True
        return self._of.kind == "path" or self._is_whole(at)

    def _is_whole(self, at: int) -> bool:
        """Whether a word is a whole keyword, or all the text between two of its commas."""
        word, text = self._words[at], self._text
        before, after = text[: word.start].rstrip(_AROUND), text[word.end :].lstrip(_AROUND)
        if self._of.kind == "keyword":
            return (not before or before[-1] in ",;|/#@") and (not after or after[0] in ",;|/")
        return not before.strip("#@\"'(") and not after.strip(".!\"')")

    def _counts(self, at: int, parts: Sequence[str], *, kin: bool) -> bool:
        """Whether a part of a name by itself may mean a person here."""
        word, told = self._words[at], self._words[at].folded
        if kin:
            return word.capital
        if self._is_of_a_place(at) or self._is_titled(at) or self._is_opponent(at) or not self._is_name_like(at):
            return False
        if told not in self._index and not self._is_ending(word, parts):
            return False
        common = told in WORDS_AND_NAMES or told in ORDINARY
        # "JJ" is short for nothing else: where it is an opted-out student's, it counts as any other name.
        is_theirs = word.capital and told not in _ABBREVIATIONS and self._is_denied(parts)
        common = common or (self._is_abbreviation(word) and not is_theirs)
        if common or (self._of.kind == "location" and told in TOWNS):
            return self._is_meant_as_name(at, is_denied=self._is_denied(parts))
        if self._is_of_another(at) and not self._is_nearly_theirs(at, parts):
            return False
        whole = self._of.kind == "keyword" and self._is_whole(at)
        return whole or self._is_denied(parts) or self._is_listed(at) or self._does(at)

    def _is_meant_as_name(self, at: int, *, is_denied: bool) -> bool:
        """Whether a word of sentences that is also a name means a person here."""
        if self._is_dated(at) or self._is_before_a_word(at):
            return False
        is_all = self._is_a_whole_name(at) and (self._of.kind != "path" or self._words[at].folded not in TIMES)
        if is_denied and (is_all or self._is_capital_within(at) or self._opens_a_caption(at)):
            return True
        return self._words[at].capital and (self._is_listed(at) or self._does(at))

    def _is_capital_within(self, at: int) -> bool:
        """Whether a word has a capital letter without beginning a sentence: "a good day for Grace"."""
        words, text = self._words, self._text
        word = words[at]
        if not at or self._of.kind != "caption" or word.folded in TIMES or not any(map(str.islower, text)):
            return False
        before = words[at - 1]
        between = text[before.end : word.start]
        return (
            between == " "
            and not before.capital
            and not before.is_number
            and before.folded not in ("the", "a", "an", "our", "of")
        )

    def _opens_a_caption(self, at: int) -> bool:
        """Whether a word with a capital letter is what a sentence is about: "Grace at the fair", "Hunter (grade 7)"."""
        word = self._words[at]
        if self._of.kind != "caption" or not word.capital or word.folded in TIMES or not self._begins_a_sentence(at):
            return False
        rest = self._text[word.end :].lstrip(" ")
        return rest[:1] in _ENDS_A_SUBJECT or (
            at + 1 < len(self._words) and self._words[at + 1].folded in _AFTER_A_SUBJECT
        )

    def _is_abbreviation(self, word: Word) -> bool:
        """Whether two capital letters among words in small letters are an abbreviation: OH is a state."""
        raw = self._text[word.start : word.end]
        return len(raw) < 3 and raw.isascii() and (raw.isupper() or not word.capital) and self._text.strip() != raw

    def _is_ending(self, word: Word, parts: Sequence[str]) -> bool:
        """Whether a name with an ending counts by itself: the ending shows a possession, or the name is long."""
        if word.folded in ORDINARY or word.folded in WORDS_AND_NAMES or not word.capital:
            return False
        return any(word.folded == f"{part}s" or len(part) >= SHORTEST_STEM_ALONE for part in parts)

    def _beside_kin(self, at: int) -> bool:
        """Whether a word names a family: "the Smithe twins", "los hermanos Lee", "the Lees"."""
        words = self._words
        after = words[at + 1].folded if at + 1 < len(words) else ""
        before = words[at - 1].folded if at else ""
        if after in KIN and words[at].capital and not self._is_of_a_place(at + 1) and words[at].folded not in ORDINARY:
            return True
        if before in KIN_BEFORE and words[at].folded not in ORDINARY:
            return True
        told = words[at].folded
        return (
            before in ("the", "los")
            and told not in self._index
            and told.endswith("s")
            and told not in ORDINARY
            and (told not in WORDS_AND_NAMES and bool(self._strong[at]))
        )

    def _is_of_a_place(self, at: int) -> bool:
        """Whether the next words make the name of a place, a company or a prize: "Lee Street", "Garcia Field"."""
        words, text = self._words, self._text
        for ahead in (1, 2):
            if at + ahead >= len(words):
                return False
            after = words[at + ahead]
            between = text[words[at + ahead - 1].end : after.start]
            if not (after.capital or self._of.kind == "path") or between.strip(" _-&\u2019'"):
                return False
            if after.folded in PLACES and not words[at].owned:
                return True
            if after.folded not in OF_PLACES:
                return False
        return False

    def _is_opponent(self, at: int) -> bool:
        """Whether a word is the school that a team plays: "Varsity Soccer vs. Jackson", not "Jordan vs. Ava"."""
        if at < 2 or self._words[at - 1].folded not in ("vs", "versus"):
            return False
        team = self._words[at - 2]
        return not self._covered[at - 2] and (team.folded in ORDINARY or team.is_number)

    def _is_titled(self, at: int) -> bool:
        """Whether a word is a grown-up's name after a title: "Coach Lee"."""
        if not at:
            return False
        words = self._words
        if words[at - 1].folded in TITLES:
            return True
        # "Coach Maria Lee" is one person.
        return (
            at > 1 and words[at - 2].folded in TITLES and words[at - 1].capital and words[at - 1].folded not in ORDINARY
        )

    def _is_of_another(self, at: int) -> bool:
        """Whether a word is in the full name of a person who is not on the roster: "Maria Delgado"."""
        words, text = self._words, self._text
        if self._of.kind == "path" or words[at].owned:
            return False
        for other, first, last in ((at + 1, at, at + 1), (at - 1, at - 1, at)):
            if not 0 <= other < len(words) or self._covered[other]:
                continue
            word = words[other]
            between = text[words[first].end : words[last].start]
            if between != " " or not word.capital or len(word.folded) < 3 or word.is_number or word.owned:
                continue
            told = word.folded
            if told in ORDINARY or told in DOES or told in KIN or told in AND or told in TITLES:
                continue
            if text.isupper() or not any(map(str.islower, text)):
                continue
            # Before a family name, only a known first name counts.
            if other < at and not (told in self._index or self._index.called(told)):
                continue
            return True
        return False

    def _is_nearly_theirs(self, at: int, parts: Sequence[str]) -> bool:
        """Whether an opted-out student has this word in the name, and the word beside it is much like another part."""
        beside = [self._words[other].folded for other in (at - 1, at + 1) if 0 <= other < len(self._words)]
        bearers = (who for part in parts for who in self._index.bearers(part) if who in self._denied)
        for who in islice(bearers, MOST_COMPARED):
            others = {fold(word) for name in self._roster.names_of(who) for word in name.split()} - set(parts)
            if any(OSA.normalized_similarity(one, other) >= MUCH_ALIKE for one in beside for other in others):
                return True
        return False

    def _is_dated(self, at: int) -> bool:
        """Whether a number is beside a month or a season: "May 5", "Summer 2026"."""
        if self._words[at].folded not in TIMES:
            return False
        near = [other for other in (at - 1, at + 1) if 0 <= other < len(self._words)]
        return any(self._words[other].is_number for other in near)

    def _is_before_a_word(self, at: int) -> bool:
        """Whether another word with a capital letter follows and belongs to it: "Art Club", "May Day", "Grace Lutheran"."""
        if at + 1 >= len(self._words):
            return False
        after = self._words[at + 1]
        between = self._text[self._words[at].end : after.start]
        goes_on = after.folded not in AND and after.folded not in DOES and after.folded not in KIN
        return between == " " and after.capital and goes_on and not after.is_number and not self._covered[at + 1]

    def _is_listed(self, at: int) -> bool:
        """Whether a word is in a list of people: joined to a name by a comma or an `and`."""
        return any(self._joins_a_name(at, step) for step in (-1, 1))

    def _joins_a_name(self, at: int, step: int) -> bool:
        words, text = self._words, self._text
        other, joined = at + step, False
        while 0 <= other < len(words) and self._is_and(other):
            joined = True
            other += step
        if not 0 <= other < len(words):
            return False
        first, last = (at, other) if step > 0 else (other, at)
        between = text[words[first].end : words[last].start]
        if not joined and not _LISTED.search(between):
            return False
        if "/ " in between and self._of.kind == "path":
            return False
        if self._covered[other]:
            return True
        word = words[other]
        plain = word.folded not in ORDINARY and word.folded not in WORDS_AND_NAMES
        return word.capital and plain and word.folded in self._index and not self._is_titled(other)

    def _does(self, at: int) -> bool:
        """Whether a word means a person who does something, or who owns something."""
        word = self._words[at]
        if word.owned and word.capital:
            return True
        if at + 1 >= len(self._words) or self._of.kind in ("path", "location"):
            return False
        after = self._words[at + 1]
        return word.capital and after.folded in DOES and (self._text[word.end : after.start] == " ")

    # -- what is no word between spaces ------------------------------------------------------------------------------

    def _runs(self) -> Iterator[OpenWord]:
        """Yield parts of names in a text of a script without spaces."""
        longest = self._index.runs
        if not longest:
            return
        full = {fold(mention.replace(" ", "")) for mention in self._of.mentions}
        for start, run in unspaced_runs(self._text):
            told = "".join(run)
            at = 0
            while at < len(told) - 1:
                step = 1
                for length in range(min(longest, len(told) - at), 1, -1):
                    part = fold(told[at : at + length])
                    if part in self._index:
                        students = list(self._index.bearers(part))
                        inside = any(part in each or each in part for each in full)
                        if not inside and (
                            any(each in self._denied for each in students) or self._is_a_whole(part, run)
                        ):
                            yield from self._open(start + at, start + at + length, students)
                        step = length
                        break
                at += step

    def _is_a_whole(self, part: str, run: str) -> bool:
        return part == fold(run)

    def _ids(self) -> Iterator[OpenWord]:
        """Yield the numbers that are a student's id. A short number counts only as a whole text."""
        for told, start, end in ids_in(self._text, self._roster):
            yield from self._open(start, end, sorted(self._roster.has_id(told)))
        # The roster may have lost the zeros, too, or the sign within an id: `0004217` for 4217, `AB-4218` for AB4218.
        for found in _ZEROS_BEFORE.finditer(self._text):
            yield from self._open(*found.span(), sorted(self._with_number(found[0], SHORTEST_NUMBER)))
        for found in _LETTERS_AND_NUMBER.finditer(self._text):
            yield from self._open(*found.span(), sorted(self._roster.has_id(found["letters"] + found["digits"])))
        for found in _SHORT_NUMBER.finditer(self._text) if self._of.kind != "location" else ():
            told = found[0]
            students = frozenset() if _YEAR.fullmatch(told) else self._with_number(told, SHORTEST_NUMBER)
            whole = told == self._text.strip(" #/.")
            if students and self._of.kind == "path":
                whole = f" / {self._text}".endswith(f" / {told} / ") and any(each in self._denied for each in students)
            if students and whole:
                yield from self._open(found.start(), found.end(), sorted(students))
        for found in _NUMBERED.finditer(self._text) if any(map(str.isdigit, self._text)) else ():
            yield from self._numbered(found)

    def _numbered(self, found: re.Match[str]) -> Iterator[OpenWord]:
        """Yield the number behind a word, or in a path, if it is a student's id."""
        head, number = (found["head"] or "").casefold(), found["number"]
        if not (head or self._of.kind == "path") or head in _OF_CAMERAS:
            return
        is_said = _SAYS_ID.fullmatch(head) is not None
        is_marked = is_said or _NUMBER_SIGN.fullmatch(head) is not None
        if not is_marked and not _ENDS_NUMBER.match(self._text, found.end()):
            return
        # A camera counts its pictures in four digits, too: without its zeros a number counts only where it is marked as one.
        is_free = not is_said and (_YEAR.fullmatch(number) or not (is_marked or self._is_of_a_class(found)))
        fewest = SHORTEST_SAID_NUMBER if is_said else SHORTEST_NUMBER
        students = self._roster.has_id(number) if is_free else self._with_number(number, fewest)
        if is_said or (len(number) >= SHORTEST_NUMBER and any(each in self._denied for each in students)):
            yield from self._open(found.start(), found.end(), sorted(students)) if students else ()

    def _is_of_a_class(self, found: re.Match[str]) -> bool:
        """Whether a number is behind a class (`7B_4217`), or is the whole name of a folder or file, with the number of a copy."""
        if found["head"]:
            return _CLASS.fullmatch(found["head"]) is not None
        before, after = self._text[: found.start()], self._text[found.end() :]
        return (not before or before.endswith("/ ")) and _ENDS_NAME.match(after) is not None

    def _with_number(self, told: str, fewest: int) -> frozenset[str]:
        """Return the students with this id, whatever zeros it begins with, if it has so many other digits."""
        if not told.isdecimal() or len(told.lstrip("0")) < fewest:
            return self._roster.has_id(told)
        return frozenset().union(*map(self._roster.has_id, with_other_zeros(told)))

    def _monograms(self) -> Iterator[OpenWord]:
        """Yield the initials of opted-out students: with full stops, in a list of people, or beside a side of the picture."""
        text = self._text
        if self._of.kind == "location":
            return
        for found in MONOGRAM.finditer(text):
            first, last = fold(found["first"]), fold(found["last"])
            dotted = "." in found[0]
            if not (found["first"] + (found["middle"] or "") + found["last"]).isupper():
                continue
            is_short_for_more = bool(found["middle"]) or first + last in (ABBREVIATED if dotted else _ABBREVIATIONS)
            if is_short_for_more and not self._is_joined(found.start(), found.end(), _JOINS_PEOPLE):
                continue
            students = [each for each in self._index.with_initials(first, last) if each in self._denied]
            if students and (dotted or (not text.isupper() and self._is_where_people_are(found.start(), found.end()))):
                yield from self._open(found.start(), found.end(), students)

    def _is_where_people_are(self, start: int, end: int) -> bool:
        """Whether a side of the picture follows a stretch of the text, or the stretch is joined to a named person."""
        if _SIDE.match(self._text, end):
            return True
        if self._of.kind == "path":
            return self._text[:start].endswith(("", " / ")[start > 0]) and self._text.startswith(" / ", end)
        return self._is_joined(start, end, _JOINS)

    def _is_joined(self, start: int, end: int, joins: re.Pattern[str]) -> bool:
        """Whether a stretch of the text is joined to a named person, as `joins` says."""
        for at, word in enumerate(self._words):
            if self._covered[at]:
                between = self._text[word.end : start] if word.end <= start else self._text[end : word.start]
                if len(between) <= FARTHEST_JOINED and joins.fullmatch(between):
                    return True
        return False

    def _in_another_alphabet(self) -> Iterator[OpenWord]:
        """Yield words in other alphabets than Latin that are no name of the roster: they cannot be compared."""
        text = self._text
        if text.isascii():
            return
        full = {fold(word) for mention in self._of.mentions for word in (*mention.split(), mention.replace(" ", ""))}
        turned = {fold("".join(reversed(mention.split()))) for mention in self._of.mentions}
        for found in ANOTHER_ALPHABET.finditer(text):
            # Capital letters of Georgian are not in use.
            cased = any(map(str.isupper, found[0]))
            words = [word for word in found[0].split() if len(word) > 1 and not (cased and word[0].islower())]
            rest = [word for word in words if fold(word) not in full and fold(word) not in turned]
            if not rest or all(fold(word) in AND_ELSEWHERE for word in rest):
                continue
            start = found.start() + found[0].index(rest[0])
            end = found.start() + found[0].rindex(rest[-1]) + len(rest[-1])
            yield OpenWord(text[start:end], self._place_of(start), tuple(self._spoken_like(rest)))

    def _spoken_like(self, words: Iterable[str]) -> Iterator[str]:
        """Yield the opted-out students whose names, in Latin letters, Cyrillic words may be."""
        for word in words:
            told = latin_of(word) if is_cyrillic(word) else ""
            parts = (told, *self._index.called(told), *self._index.spelled_like(told)) if told else ()
            for part in parts:
                yield from islice((who for who in self._index.bearers(part) if who in self._denied), MOST_MEANT)

    def _phrases(self) -> Iterator[OpenWord]:
        """Yield words about people without their names: "and three teammates", `#12`, an unresolved code.

        "Not pictured" means that no face here belongs to that name. So each face may be any person's.
        """
        text = self._text
        if self._of.kind == "path":
            text = text.replace("_", " ")
        taken = list[tuple[int, int]]()
        for pattern in (_COMPANIONS, _UNNAMED, _ABSENT, _CODE):
            for found in pattern.finditer(text):
                if not any(start < found.end() and found.start() < end for start, end in taken):
                    yield OpenWord(found[0].strip(" ,"), self._place_of(found.start()))
                    taken.append(found.span())
        yield from self._instead() if self._of.mentions and self._of.kind != "path" else ()
        for found in _COUNTED.finditer(text):
            is_new = not any(start < found.end() and found.start() < end for start, end in taken)
            is_new = is_new and not (self._of.kind == "path" and found["count"].isdecimal())
            if is_new and _number_of(found["count"]) > len(self._named):
                yield OpenWord(found[0].strip(), self._place_of(found.start()))
        for found in _JERSEY.finditer(text) if any(map(str.isdigit, text)) else ():
            worn = _WEARS.search(text, max(found.start() - FARTHEST_JOINED, 0), found.start())
            start = worn.start() if worn else found.start()
            if not self._is_beside_a_name(start, found.end()):
                yield OpenWord(found[0].strip(), self._place_of(found.start()))

    def _instead(self) -> Iterator[OpenWord]:
        """Yield the words that mean that a named person is absent, or made the picture."""
        starts = [word.start for word, covered in zip(self._words, self._in_full, strict=True) if covered]
        ends = [word.end for word, covered in zip(self._words, self._in_full, strict=True) if covered]
        for pattern, spots, before, after in (
            (_INSTEAD_OF, starts, 0, FARTHEST_JOINED),
            (_MAKES_PICTURE, ends, -2, 2),
        ):
            for found in pattern.finditer(self._text):
                at = found.end() if spots is starts else found.start()
                first = bisect_left(spots, at + before)
                if first < len(spots) and spots[first] <= at + after:
                    yield OpenWord(found[0].strip(), self._place_of(found.start()))

    def _is_beside_a_name(self, start: int, end: int) -> bool:
        """Whether a number on a shirt is beside the full name of a person."""
        for at, word in enumerate(self._words):
            if self._covered[at] and (0 <= start - word.end <= 3 or 0 <= word.start - end <= 3):
                return True
        return False

    def _open(self, start: int, end: int, students: Iterable[str]) -> Iterator[OpenWord]:
        """Yield a word, unless a named student explains it and it can mean no other denied student."""
        meant = list(dict.fromkeys(students))
        others = [each for each in meant if each not in self._named]
        if not meant:
            return
        explained = len(others) < len(meant)
        if explained and not any(each in self._denied for each in others):
            return
        first = sorted(others or meant, key=lambda each: each not in self._denied)
        yield OpenWord(self._text[start:end], self._place_of(start), tuple(first))

    def _open_part(self, word: Word, parts: Sequence[str], *, several: bool = False) -> Iterator[OpenWord]:
        """Yield a word that is a part of names, unless it is explained, without visiting all students with a common name."""
        index = self._index
        explained = not several and any(index.bears(who, part) for who in self._named for part in parts)
        others = (who for part in parts for who in index.bearers(part) if who not in self._named)
        if several:
            others = (who for part in parts for who in index.bearers(part))
        denied, first = list[str](), list[str]()
        for who in others:
            if who in self._denied:
                denied.append(who)
                if len(denied) >= MOST_MEANT:
                    break
            elif len(first) < MOST_MEANT:
                first.append(who)
        if denied or not explained:
            yield OpenWord(self._text[word.start : word.end], self._place_of(word.start), (*denied, *first))

    def _place_of(self, start: int) -> str:
        """Return the place of a stretch of the text."""
        place = self._of.source
        for begins, name in self._of.bounds:
            if begins <= start:
                place = name
        return place


_CAMERA = re.compile("[\U0001f4f7\U0001f4f8]\ufe0f?\\s*:?")
_KNOWN = {first: [name for name in KNOWN if name[0] == first] for first in {name[0] for name in KNOWN}}
_AROUND = " 0123456789()[]'\"#@._-!"
_LISTED = re.compile(r"[,;&+/|]")
_ENDS_A_SUBJECT = ("", *"([,;:-\u2013\u2014.!?")
_AFTER_A_SUBJECT = frozenset("at in on with during after before from en con durante".split())
"""What comes after the person that a caption is about: "Grace (grade 7)", "Grace at the fair"."""
KIN_BEFORE = frozenset(
    {"hermanos", "hermanas", "gemelos", "gemelas", "mellizos", "familia", "family", "twins", "siblings"}
)
_SHORT_NUMBER = re.compile(r"(?<![^\W_])(?=[A-Za-z]*\d)[0-9A-Za-z]{1,4}(?![^\W_])")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BY_LINE = re.compile(
    r"\b(?:photos?|photography|photographs?|fotos?)\s*"
    r"(?:/\s*|:\s*)?(?:by|courtesy(?: of)?|credit)\b[:\s]*|\b(?:copyright|\(c\)|\u00a9)\s*(?:\d{4}\s*)?",
    re.IGNORECASE,
)
_COUNT = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|a dozen|several|some|many|a few|other|another|one|more|fellow|dos|tres|cuatro|cinco|seis|var[io][oa]s|otr[oa]s?|algun[oa]s|un[oa]?)"
_COMPANIONS = re.compile(
    r"(?:\b(?:and|with|plus|alongside|beside|y|e|con|junto a|und|mit)\b|[&+,])\s*"
    r"(?:"
    rf"(?:(?:his|her|their|the|my|our|a|an|sus?|los|las|mis?|l[oa]s dem[aá]s|{_COUNT})\s+){{0,4}}"
    r"(?:team-?mates?|friends?|classmates?|class-?mates|others|schoolmates?|buddies|pals|twins?|besties?|bffs?|freund(?:e|in|innen)?|siblings?|brothers?|sisters?|cousins?"
    r"|lab partners?|amig[oa]s?|compa[nñ]er[oa]s?|herman[oa]s?|prim[oa]s?|otr[oa]s|dem[aá]s|gemel[oa]s)\b"
    rf"|(?:(?:his|her|their|the)\s+)?{_COUNT}\s+(?:\w+\s+)?"
    r"(?:students?|kids?|child(?:ren)?|girls?|boys?|players?|peers?|teens?|people|persons?|freshmen|sophomores|juniors|seniors"
    r"|estudiantes?|alumn[oa]s?|ni[nñ][oa]s?|j[oó]venes|chic[oa]s|personas?)\b"
    r"|et al\b)"
    r"(?!\s+(?:team|soccer|basketball|volleyball|varsity|jv|track|club|day|night))"
    r"|\bun(?:identified|named|known) (?:student|girl|boy|child|kid|player|person|people|students|man|woman|teen)\b"
    r"|['\u2019]s (?:\w+ )?(?:sons?|daughters?|kids?|child(?:ren)?|twins?|niece|nephew)\b|\bhij[oa]s? del?\b"
    r"|\bet al\b\.?|\b(?:plus|and|y)\s+(?:\d{1,2}|one|two|three|four|five|dos|tres)\s+(?:more|others?|m[a\u00e1]s)\b"
    r"|\bplus\s+\d{1,2}$|(?<![^\s])\+\s?\d{1,2}$",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\bnot (?:pictured|shown|seen here|in (?:the|this) (?:photo|picture|shot|image))\b|\babsent from (?:the|this) (?:photo|picture)\b"
    r"|\b(?:was|were|is|are) (?:absent|(?:out |home )?sick|ill|missing (?:from|today|here)|not (?:here|there|present))\b(?! of\b)|(?:^|[.;\n(]\s?)(?:absent|missing|sick)\s?:"
    r"|\bmissing (?:from|in) (?:(?:the|this) )?(?:photo|picture|shot|image)\b|\b(?:couldn['\u2019]t|could not|unable to) (?:be there|make it|attend)\b"
    r"|\b(?:no aparecen?|no sale[n]?|ausentes?)\s?:|(?:^|[.;\n(]\s?)faltan?\s|\best(?:aba|uvo|\u00e1) (?:ausente|enferm[oa])\b"
    r"|\bno (?:aparece|aparecen|sale|salen|est[a\u00e1]n?) en (?:la|esta) (?:foto|imagen)\b",
    re.IGNORECASE,
)
_JERSEY = re.compile(
    r"(?<![\w#&])(?<!room )(?<!bus )(?<!game )(?<!lane )(?<!week )(?<!day )(?<!heat )(?<!locker )(?<!we're )(?<!school )(?<!part )"
    r"(?<!take )(?<!issue )(?<!page )(?<!is )(?<!ranked )(?<!seed )(?<!gate )(?<!lab )(?<!court )(?<!field )(?<!hall )(?<!class )"
    r"(?:#\s?\d{1,2}|(?<![a-z])(?:No\.|N[\u00ba\u00b0]\.?|n\u00fam(?:ero)?\.?|number|players?|jugador[a]?|jersey|dorsal)\s?#?\d{1,2}|(?<![a-z])(?-i:No|Nr)\.?\s\d{1,2}(?=\s+(?:in|and|of|with|on)\b|$))(?![\w/-])(?! (?:ranked|seed|team|in the|fan|school|bus|singles|doubles|overall|ranking))",
    re.IGNORECASE,
)
_WEARS = re.compile(r"\b(?:wears?|wearing|wore) (?:the |a |his |her |jersey )?$", re.IGNORECASE)
_NAMES_OF_MANY = (
    r"(?:students?|kids?|child(?:ren)?|girls?|boys?|players?|peers?|teens?|people|persons?|freshmen|freshman|sophomores?|athletes?|friends"
    r"|seniors?|juniors?|runners?|swimmers?|dancers?|singers?|wrestlers?|cheerleaders?|team-?mates?|classmates?|graders?|pupils?|unidentified"
    r"|estudiantes?|alumn[oa]s?|ni[n\u00f1][oa]s?|j[o\u00f3]venes|chic[oa]s|personas?|jugador[ae]?s?|amig[oa]s)"
)
_COUNTS = {
    word: number
    for number, words in enumerate(
        (
            "one un una",
            "two dos both",
            "three tres",
            "four cuatro",
            "five cinco",
            "six seis",
            "seven siete",
            "eight ocho",
            "nine nueve",
            "ten diez",
        ),
        1,
    )
    for word in words.split()
}
_COUNTED = re.compile(
    rf"(?<!\bof )(?<!\bonly )(?<!\bfor )(?<!\bby )(?<!\bfirst )(?<!\bthan )(?<!\bbeat )(?<!\bbeats )(?<!\bover )(?<!\bamong )(?<![\w$.,/:-])(?P<count>\d{{1,2}}|{'|'.join(_COUNTS)}|several|a group of|un grupo de)\s+(?:other\s+|of (?:the|our|her|his)\s+)?"
    rf"(?:(?!of\b|and\b)[\w-]+\s+)?{_NAMES_OF_MANY}\b(?!['\u2019])(?! (?:team|soccer|basketball|volleyball|varsity|jv|track|club|day|night|council|section|of the (?:month|week|year)))",
    re.IGNORECASE,
)
_UNNAMED = re.compile(
    r"(?:\b(?:and|with|plus|y|con)\b|[&+,])\s*\(?\?+(?!\w)|\bnames? (?:is |are |was )?(?:withheld|unknown|not given|redacted)\b|\bnombre (?:omitido|reservado)\b"
    r"|(?:\b(?:and|with|plus|y|con)\b|[&+])\s+(?:another|an? ?other|others|one other|otr[oa]s?|unknown|unidentified|someone(?: else)?|somebody|guests?|desconocid[oa])\s*(?=$|[.,;!)(/\n]|(?:at|in|on|from|during)\b)"
    r"|[,(]\s*(?:unknown|unidentified|unnamed|anonymous|n\.? ?n\.?|desconocid[oa])\s*(?=$|[.,;)\n])"
    r"|(?:\b(?:and|with|plus|y|con)\b|[&+])\s+(?:(?:the|her|his|their|la|el) )?(?:whole |rest of the )?(?:gang|crew|squad|bunch|company|co\.|posse|pandilla|guys|girls|boys)\b(?! (?:manager|team|soccer|basketball|volleyball|varsity|jv|track|cross|golf|tennis|swim))"
    r"|(?:\b(?:and|with|y|con)\b|[&+])\s+(?:(?:the|a|an|her|his|la|el|una?) )?(?:opposing |opponent )?(?:goalkeeper|goalie|keeper|opponent|defender|pitcher|catcher|quarterback|partner|team-?mate|captain|drummer|portero|portera)\b(?!\s+(?:(?-i:[A-Z])|coach|manager|of the (?:week|month|year)))"
    r"|\b(?:team|class|players?|students?|kids?|girls?|boys?|others?|people|children|everyone|someone|somebody|teammates?|classmates?|friends?) (?:\w+ )?(?:behind|beside|next to|around|with) (?:them|her|him)\b"
    r"|\b(?:team|players?|students?|kids?|girls?|boys?|others?|people|children|someone|teammates?|classmates?|friends?) in the background\b"
    r"|['\u2019]s (?:\w+ ){0,2}(?:brothers?|sisters?|siblings?|cousins?|friends?|bestie|team-?mates?|classmates?|buddy|buddies|stepbrother|stepsister)\b",
    re.IGNORECASE,
)
_INSTEAD_OF = re.compile(
    r"\b(?:in (?:loving )?memory of|en memoria de|in place of|on behalf of|behind the camera|not here|courtesy of|miss you"
    r"|(?:substitut(?:es?|ed|ing)|filling in|fills in|subbing|subs|standing in|stands in|stand-in) for"
    r"|(?:jersey|shirt|uniform|number|helmet|hat|mask) of|cortes[i\u00ed]a de|(?:sent|submitted|provided|shared) by"
    r"|missing (?:is|are)|(?:missing|absent|excused|out)\s?:)(?!\w)",
    re.IGNORECASE,
)
"""Words before a name which mean that this person is not the one in the picture."""

_MAKES_PICTURE = re.compile(
    r"\b(?:took|snapped|shot|captured|tom[o\u00f3]) (?:this|the|la|esta) (?:\w+ )?(?:picture|photo|shot|selfie|image|video|foto)\b"
    r"|\b(?:is|was|fue)? ?(?:behind the camera|not here)\b|['\u2019]s (?:phone|camera|cell|cellphone|iphone|gopro)\b",
    re.IGNORECASE,
)
"""Words behind a name which mean that this person made the picture."""

MONOGRAM = re.compile(
    r"(?<![\w.&@#'\u2019-])(?P<first>[^\W\d_a-z])\.?[ ]?(?:(?P<middle>[^\W\d_a-z])\.?[ ]?)?(?P<last>[^\W\d_a-z])(?:\.|(?![\w&'\u2019]))"
)
_SIDE = re.compile(r"\s*[(,]\s*(?:l|r|c|left|right|cent(?:er|re)|middle|izq|der)\b", re.IGNORECASE)
_JOINS = re.compile(
    r"\s*(?:\((?:l|r|c|left|right|center|centre|middle)\)\s*)?(?:[,;&+/|]|,?\s*(?:and|y|with|con)\s)\s*", re.IGNORECASE
)
FARTHEST_JOINED = 20
# By a comma there follow states and positions, too: "Ava Kim, MO", "Ava Kim, QB".
_JOINS_PEOPLE = re.compile(r",?\s*(?:and|y|e|with|con|[&+])\s*", re.IGNORECASE)

ABBREVIATED = frozenset("us uk eu un dc pe pm am jv eg ie nj ny nc sc nd sd nm ri nh wv po pr tv hs".split())
"""Meanings of two letters with full stops."""

_ABBREVIATIONS = frozenset(
    """
    jv pe ap ib pta tv us uk eu un am pm id ok vs hs ms es la dc dj mc vp it hr pr ra rv cd dvd pc ai vr ar ps rn md jr sr dr mr st
    ad bc ph ny nj nh nc sc nd sd nm ri vt va wv wa wi wy tx tn ut or oh ok mo mt ne nv mn mi ma me md ks ky in ia il hi ga fl de ct
    co ca az ar ak al pa gt ls gm xc cc qb rb wr fb ss of lf rf cf
    """.split()
)
AND_ELSEWHERE = frozenset(fold(word) for word in "и та і και 和 与 與 跟 と 와 과 그리고 و और และ ու եւ და".split())
"""Words that join two names in other alphabets."""

_ANOTHER = "\u0370-\u03ff\u0400-\u058f\u0590-\u08ff\u0900-\u10ff\u1100-\u11ff\u1200-\u139f\u1780-\u18af\u1f00-\u1fff\u2d00-\u2d2f\u3040-\u30ff\u3105-\u318f\u3400-\u9fff\ua980-\uabff\uac00-\ud7af\uf900-\ufaff\ufb13-\ufdff\ufe70-\ufeff"
ANOTHER_ALPHABET = re.compile(f"(?<![A-Za-z])[{_ANOTHER}]{{2,}}(?:[\\s.\u00b7-]{{1,2}}[{_ANOTHER}]+)*(?![A-Za-z])")
SHORTEST_NUMBER = 4
SHORTEST_SAID_NUMBER = 3
"""Fewest digits of an id whose leading zeros may be missing; with a word before it that says that it is one."""

_WHOSE_ID = r"(?:student|pupil|stu|alumn[oa]|estudiante)"
_OF_A_NUMBER = r"(?:nos?|nr|num|number|n[\u00fau]mero|n[\u00ba\u00b0]|\u2116|#)"
_A_SIGN = r"[\s_.'\u2019-]{0,2}"
_AN_ID = (
    rf"(?:(?:{_WHOSE_ID}|school){_A_SIGN})?(?:ids?|sid|uid)(?:{_A_SIGN}{_OF_A_NUMBER})?"
    rf"|{_WHOSE_ID}(?:{_A_SIGN}{_OF_A_NUMBER})?|school{_A_SIGN}{_OF_A_NUMBER}|s"
)
_NUMBERED = re.compile(
    rf"(?<![^\W_])(?:(?P<head>{_AN_ID}|{_OF_A_NUMBER}|\d{{1,2}}[A-Za-z]|[A-Za-z]{{1,8}})[\s#:_.=\u2013-]{{0,3}})?"
    r"(?P<number>\d{1,10})(?![^\W_])",
    re.IGNORECASE,
)
_SAYS_ID = re.compile(_AN_ID, re.IGNORECASE)
_NUMBER_SIGN = re.compile(_OF_A_NUMBER, re.IGNORECASE)
_ZEROS_BEFORE = re.compile(r"(?<![^\W_])0\d{4,9}(?![^\W_])")
_LETTERS_AND_NUMBER = re.compile(
    r"(?<![^\W_])(?=[\w -]{6,})(?P<letters>[A-Za-z]{1,4})[ _-](?P<digits>\d{2,10})(?![^\W_])"
)
_CLASS = re.compile(r"\d{1,2}[A-CE-Za-ce-z]")
"""A class such as 7B. One with a D is the name of a camera, too."""
_ENDS_NUMBER = re.compile(r"_\d{1,4}(?!\w)|[^\w]|_?$")
_ENDS_NAME = re.compile(r"(?:[ _-]\(?\d{1,2}\)?)? /")
_OF_CAMERAS = frozenset(
    "img dsc dscf dscn pxl mvi gopr dji p mg vid photo foto scan untitled page room bus grade class week day".split()
)
_CODE = re.compile(r"(?<![\w:\\])\\(?:\d{1,3}[A-Za-z]{0,3}|[A-Za-z]{1,3}\d{1,3})\\(?!\w)")


def stems(told: str, known: Container[str]) -> Iterator[str]:
    """Yield the known parts of names that a word is without its ending."""
    for length in range(1, min(_LONGEST_ENDING, len(told) - 2) + 1):
        if told[-length:] in ENDINGS:
            stem = told[:-length]
            plural = told.endswith("s") and length == 1 and len(stem) >= SHORTEST_NEAR
            if (len(stem) >= SHORTEST_STEM or plural) and stem in known:
                yield stem
            for vowel in "ao":
                if len(stem) >= SHORTEST_STEM - 1 and stem + vowel != told and stem + vowel in known:
                    yield stem + vowel


def pieces_of(told: str, names: Callable[[str], Collection[str]], most: int = MOST_PIECES) -> Iterator[tuple[str, ...]]:
    """Yield the ways to split letters into pieces that are `names`, with or without an `and` between them."""
    if most < MOST_PIECES and names(told):
        yield (told,)
    for length in range(SHORTEST_NEAR, len(told) - SHORTEST_NEAR + 1) if most > 1 else ():
        if not names(told[:length]):
            continue
        for joined in ("", *_TOGETHER):
            if told.startswith(joined, length):
                for rest in pieces_of(told[length + len(joined) :], names, most - 1):
                    yield told[:length], *rest


def names_of_piece(piece: str, index: NameParts) -> tuple[str, ...]:
    """Return the parts of names that a piece of a longer word is, or is short for."""
    if len(piece) < SHORTEST_NEAR or piece in ORDINARY:
        return ()
    return (piece,) if piece in index else index.called(piece)


def _number_of(told: str) -> int:
    """Return the number that a word says; for a group, more than any count."""
    return int(told) if told.isdecimal() else _COUNTS.get(told.casefold(), 1_000)


def mac(told: str) -> str:
    """Return a family name with Mc in place of Mac, or Mac in place of Mc."""
    return f"mac{told[2:]}" if not told.startswith("mac") else f"mc{told[3:]}"
