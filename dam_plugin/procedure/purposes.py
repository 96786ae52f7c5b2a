"""The closed list of a district's purposes for sharing, and the words for each: finds the purpose that a text names.

A purpose has synonyms, and parts (`facebook` is part of `social media`). INVARIANT: no wording permits more than was
meant. A part counts as the whole purpose in a share or an opt-out, and does not count in a consent. `purposes.toml` is
the list that every district starts with. `decide` does not use this module: its case holds the purposes already found.
"""

from __future__ import annotations

import difflib
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import Any, get_args

from dam_plugin.errors import InputError
from dam_plugin.model import ACTOR_ROLES, ActorRole

# What the plugin itself shares for: every district's list has them.
OWN_PURPOSES = frozenset({"yearbook", "emergency"})
STARTER_KEY = "starter_pack"
LONGEST = 60
_MOST_WORDS = 10
_LEAST_LIKE = 0.72
_WORDS_OF = ("synonyms", "parts")
# What the purpose was called before, and which roles share for it.
_WAS, _WHO = "was", "who"
# Whether it is the district's own publishing, for which nobody from outside asks.
_OURS = "ours"
_ROLES: Mapping[str, str] = {
    "media_staff": "media staff",
    "custodian": "the records custodian",
    "designee": "a designee",
}
# Texts that mean several purposes at once. If one were read as a single purpose, an opt-out would reach too little.
_MANY_AT_ONCE = (
    "all", "all purposes", "any", "any purpose", "everything", "anything", "every purpose", "directory information",
    "internet", "the internet", "web", "the web", "online", "media", "the media", "mass media", "public", "publicity",
    "publication", "publications", "publish", "photo", "photos", "picture", "pictures", "school photos", "school pictures",
    "image", "images", "video", "videos", "photo release", "photo and video",
    "live stream", "livestream", "live streaming", "streaming", "stream", "webcast", "live feed",
    "transmisión en vivo", "en vivo", "todo", "todos", "todas", "todo uso",
    "todos los usos", "cualquiera", "información de directorio", "información del directorio", "en línea", "la web",
    "media release", "media coverage", "medios de comunicación", "difusión", "divulgación",
    "medios", "los medios", "publicidad", "publicación", "publicaciones", "foto", "fotos", "fotografías", "imagen",
    "imágenes", "fotos escolares", "fotos y videos",
)  # fmt: skip
# Words of two purposes that families choose about one by one: by law a recruiter's lists are another choice for each
# (20 U.S.C. 7908(a)(2)). Each word names those of them that the district has.
RECRUITER_PURPOSES = ("military recruiters", "college recruiters")
_OF_TWO = (
    "recruiter", "recruiters", "recruiting", "recruitment", "reclutador", "reclutadores", "reclutamiento",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose: its word, the `synonyms` that say the same, and `parts` that are less than all of it.

    `who`: the only roles that share for it (empty: everyone who may share); the records custodian always does. `ours`: it is
    the district's own publishing, such as its website, and nothing that somebody from outside wants a recording for.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    who: tuple[ActorRole, ...] = ()
    ours: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that means it."""
        return (self.name, *self.synonyms, *self.parts)

    @property
    def shared_by(self) -> str:
        """Return in words who shares for it."""
        return " or ".join(_ROLES[each] for each in _ROLES if each in self.who) or "everyone who may share"


class WrongPurposes(ValueError):
    """A list of purposes that contradicts itself: `problems` is each as a phrase with its remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep the problems."""
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class PurposeList:
    """A district's purposes. Raises WrongPurposes where a word is blank, or means two of them."""

    purposes: tuple[Purpose, ...]
    _wholes: dict[str, str] = field(init=False, repr=False, compare=False)
    _all: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the list, and note what each folded word means."""
        wholes = {fold(word): each.name for each in self.purposes for word in (each.name, *each.synonyms)}
        parts = {fold(word): each.name for each in self.purposes for word in each.parts}
        object.__setattr__(self, "_wholes", wholes)
        object.__setattr__(self, "_all", parts | wholes)
        # Where a word stands for two purposes, `_of_two` would only repeat it.
        if problems := list(dict.fromkeys(self._problems())) or list(self._of_two()):
            raise WrongPurposes(problems)

    def word(self, text: str) -> str | None:
        """Return the purpose that a text names, also by a part of it; None where it names none, or several."""
        return self._all.get(fold(text))

    def whole(self, text: str) -> str | None:
        """Return the purpose that a text names in whole, as is needed to permit something; None for a part and the unknown."""
        return self._wholes.get(fold(text))

    def called(self, text: str) -> str:
        """Return the purpose that a text names, or the text itself where it names none, as an old text on file may."""
        return self.word(text) or text

    def need(self, text: str) -> str:
        """Return the purpose that a text names, also by a part of it. Raises InputError with the nearest."""
        found = self.word(text)
        if found is None:
            raise self._refusal(text)
        return found

    def need_whole(self, text: str) -> str:
        """Return the purpose that a text names in whole. Raises InputError with the nearest."""
        found = self.whole(text)
        if found is None:
            raise self._refusal(text)
        return found

    def check_who(self, text: str, role: ActorRole) -> None:
        """Raise InputError where the purpose that a text names is not for a role."""
        purpose = next((each for each in self.purposes if each.name == self.word(text)), None)
        if purpose is not None and purpose.who and role not in purpose.who:
            raise InputError(
                f"in this district only {purpose.shared_by} may share for '{purpose.name}': ask them, or share for another "
                "purpose (`dam-plugin purposes` shows who may share for which)"
            )

    def check_wanted(self, text: str) -> None:
        """Raise InputError where the purpose that a text names is the district's own publishing, and an outsider asks.

        In an opt-out `website` means the district's own, so a stranger's would pass by it (34 CFR 99.37(a), (d)).
        """
        named = self.word(text)
        if any(each.ours and each.name == named for each in self.purposes):
            others = ", ".join(each.name for each in self.purposes if not each.ours and each.name not in OWN_PURPOSES)
            raise InputError(
                f"'{named}' is the district's own {named}: ask what the recipient wants it for, and give that as the purpose "
                f"({others}); what the district publishes itself is shared with --kind publication"
            )

    def reaches(self, opted_out: Collection[str] | None, purpose: str) -> bool:
        """Whether an opt-out from these purposes (None: all) covers a purpose.

        A purpose that the list does not know, on either side, counts as every purpose.
        """
        asked = self.word(purpose)
        return opted_out is None or asked is None or any(self.word(each) in (None, asked) for each in opted_out)

    def permits(self, consented: str | None, purpose: str) -> bool:
        """Whether a consent to one purpose covers another. It does not where the list lacks either of them."""
        asked = self.word(purpose)
        return asked is not None and consented is not None and self.whole(consented) == asked

    def why_not(self, text: str) -> str:
        """Return why a text is no purpose, or only a part of one, as the end of a sentence that does not repeat it."""
        part = self.word(text)
        if part is not None:
            return (
                f"is only a part of the purpose '{part}': write '{part}' where all of it is meant, or let the district "
                "make the part a purpose of its own"
            )
        if fold(text) in _MANY:
            return "is no single purpose: an opt-out from every purpose names none, anything else names one at a time"
        named = self._named_in(text)
        if len(named) > 1:
            told = " and ".join(f"'{each}'" for each in named)
            return f"names {len(named)} purposes, {told}: name one at a time"
        close = named[0] if named else self._closest(text)
        hint = f"; did you mean '{close}'?" if close else "; `dam-plugin purposes` lists them"
        return f"is not a purpose of this district{hint}"

    def _refusal(self, text: str) -> InputError:
        # A text close to a word of the list is a typing error and is repeated. Any other may be a student's name.
        told = f"'{text}'" if self.word(text) or fold(text) in _MANY or self._closest(text) else "what is written there"
        return InputError(f"{told} {self.why_not(text)}")

    def _closest(self, text: str) -> str | None:
        close = difflib.get_close_matches(fold(text)[:LONGEST], self._all, n=1, cutoff=_LEAST_LIKE)
        return self._all[close[0]] if close else None

    def _named_in(self, text: str) -> list[str]:
        """Return the purposes that words within a text name, each once."""
        if fold(text) in map(fold, _OF_TWO):
            return [each for each in RECRUITER_PURPOSES if fold(each) in self._all]
        return list(dict.fromkeys(self._all[key] for key in _runs(text) if key in self._all))

    def _problems(self) -> Iterator[str]:
        names = [fold(each.name) for each in self.purposes]
        if len(names) != len(set(names)):
            yield "a purpose stands in it twice: keep it once"
        seen: dict[str, str] = {}
        for each in self.purposes:
            yield from self._blanks(each)
            both = {*map(fold, (each.name, *each.synonyms))} & {*map(fold, each.parts)}
            if both:
                yield f"{each.name!r} has a word both as a synonym and as a part: keep it in one of them"
            for word in filter(fold, each.words):
                other = seen.setdefault(fold(word), each.name)
                if other != each.name:
                    yield f"{word!r} stands for {other!r} and for {each.name!r}: keep it in one of them"

    def _blanks(self, purpose: Purpose) -> Iterator[str]:
        for word in purpose.words:
            if not fold(word):
                yield f"{purpose.name!r} has a word that is blank, or has no letter: take it out"
            elif not word.isprintable() or len(word) > LONGEST:
                yield f"{purpose.name!r} has a word that is no single line of at most {LONGEST} characters: shorten it"

    def _of_two(self) -> Iterator[str]:
        """Yield each word that contains another purpose's word: an opt-out from the other purpose would not reach it."""
        for each in self.purposes:
            for word in each.words:
                for other in self._named_in(word):
                    if other != each.name:
                        yield f"{word!r} of {each.name!r} names {other!r} too: take it out, or call it otherwise"


def fold(text: str) -> str:
    """Return the letters and digits of a text, without case, accents, width, spaces and signs: `Página  Web` is `paginaweb`."""
    return "".join(words_of(text))


def folded_event(name: str) -> str:
    """Return an event's name as it is compared, so that `Sports Day`, `sports-day` and `SPORTS_DAY` are the same."""
    return "_".join(unicodedata.normalize("NFKC", name).casefold().replace("-", " ").replace("_", " ").split())


def read_purposes(value: object) -> PurposeList:
    """Return the list that a district's table `[purposes]` makes of the starter pack. Raises WrongPurposes.

    Each key is a purpose, its value a list of synonyms, or a table of `synonyms` and `parts`. A purpose of the starter pack
    gets them besides its own. With `starter_pack = false` only what the plugin itself shares for is added. `was` names what
    the purpose was called before: it stands in the place of that purpose, with the words for it, and what is on file under
    the old word stays in force. `who` lists the only roles that share for it. `ours` says that it is the district's own
    publishing.
    """
    if not isinstance(value, Mapping):
        raise WrongPurposes(['must be a table of purposes, each with its synonyms: website = ["school pages"]'])
    keeps = value.get(STARTER_KEY, True)
    if not isinstance(keeps, bool):
        raise WrongPurposes([f"{STARTER_KEY} must be true or false"])
    problems: list[str] = []
    own = [_read(name, said, problems) for name, said in value.items() if name != STARTER_KEY]
    renamed = _renamed(own, value, problems, among=STARTER_PACK.purposes if keeps else ())
    own = [_with_words_of(each, renamed.get(each.name)) for each in own]
    if len({fold(each.name) for each in own}) < len(own):
        problems.append("a purpose stands in it twice: keep it once")
    if problems:
        raise WrongPurposes(problems)
    if keeps:
        more = {fold(each.name): each for each in own}
        gone = {each.name for each in renamed.values()}
        stays = [each for each in STARTER_PACK.purposes if each.name not in gone]
        merged = [_with(each, more.pop(fold(each.name), None)) for each in stays]
        return PurposeList((*merged, *more.values()))
    # What the plugin itself shares for keeps its name.
    needed = {fold(each.name): each for each in STARTER_PACK.purposes if each.name in OWN_PURPOSES}
    called = [replace(each, name=needed[key].name) if (key := fold(each.name)) in needed else each for each in own]
    missing = needed.keys() - {fold(each.name) for each in own}
    return PurposeList((*called, *(each for key, each in needed.items() if key in missing)))


def _read(name: object, said: object, problems: list[str]) -> Purpose:
    table = said if isinstance(said, Mapping) else {"synonyms": said}
    found: dict[str, tuple[str, ...]] = {}
    for key, words in table.items():
        if key == _OURS:
            if not isinstance(words, bool):
                problems.append(f"the ours of {name!r} must be true or false")
        elif key not in (*_WORDS_OF, _WAS, _WHO):
            problems.append(f"{name!r} has {key!r}, which is not known here: synonyms, parts, who, ours, or was")
        elif not isinstance(words, list | tuple) or not all(isinstance(each, str) for each in words):
            problems.append(f"the {key} of {name!r} must be a list of words")
        else:
            found[key] = tuple(words)
    # A former name says the same as the purpose: what was chosen under it is chosen for the purpose.
    former = found.pop(_WAS, ())
    synonyms = (*found.pop("synonyms", ()), *(each for each in former if fold(each) != fold(str(name))))
    who = _who(str(name), found.pop(_WHO, None), problems)
    return Purpose(str(name), synonyms=tuple(dict.fromkeys(synonyms)), who=who, ours=table.get(_OURS) is True, **found)


def _who(name: str, said: tuple[str, ...] | None, problems: list[str]) -> tuple[ActorRole, ...]:
    """Return the roles that share for a purpose; empty where nothing says so."""
    if said is None:
        return ()
    unknown = [each for each in said if each not in ACTOR_ROLES]
    if unknown:
        problems.append(f"who may share for {name!r} has {unknown[0]!r}, which is no role: {', '.join(ACTOR_ROLES)}")
    if not said:
        problems.append(f"who may share for {name!r} is empty: name a role, or leave it out for everyone")
    if fold(name) in map(fold, OWN_PURPOSES):
        problems.append(f"{name!r} is what the plugin itself shares for, whoever asks for it: leave its who out")
    # Whoever else may not, the records custodian answers for every share.
    return tuple(each for each in get_args(ActorRole) if each in (*said, "custodian"))


def _renamed(
    own: Sequence[Purpose], value: Mapping[Any, Any], problems: list[str], *, among: Sequence[Purpose]
) -> dict[str, Purpose]:
    """Return the purposes among these in whose place others stand, by the name of today.

    INVARIANT: a purpose has one past. Were two purposes one from now on, a consent to either would be one to both.
    """
    found: dict[str, Purpose] = {}
    for each in own:
        said = value.get(each.name)
        former = said.get(_WAS, ()) if isinstance(said, Mapping) else ()
        words = {fold(word) for word in former if isinstance(word, str)} if isinstance(former, list | tuple) else set()
        if len(words) > 1:
            problems.append(f"{each.name!r} was one purpose, and no more: a consent to one of them would be one to all")
        if words & set(map(fold, OWN_PURPOSES)) and fold(each.name) not in words:
            problems.append(
                f"{each.name!r} was what the plugin itself shares for: keep that name, and make it a synonym"
            )
        replaced = next((one for one in among if fold(one.name) in words and fold(one.name) != fold(each.name)), None)
        if replaced is None:
            continue
        if replaced in found.values():
            problems.append(f"two purposes were {replaced.name!r}: keep it in one of them")
        elif fold(each.name) in {fold(one.name) for one in among}:
            problems.append(f"{each.name!r} is there already, and so is {replaced.name!r}: the two stay apart")
        found[each.name] = replaced
    return found


def _with_words_of(purpose: Purpose, former: Purpose | None) -> Purpose:
    """Return a purpose, which has the former name, with the other words for it; what was only a part of it stays a part."""
    if former is None:
        return purpose
    wholes, parts = {fold(each) for each in (purpose.name, *purpose.synonyms)}, set(map(fold, purpose.parts))
    words = (each for each in former.synonyms if fold(each) not in wholes)
    more = (each for each in former.parts if fold(each) not in parts)
    who = purpose.who or former.who
    ours = purpose.ours or former.ours
    return replace(purpose, synonyms=(*purpose.synonyms, *words), parts=(*purpose.parts, *more), who=who, ours=ours)


def _with(shipped: Purpose, more: Purpose | None) -> Purpose:
    if more is None:
        return shipped
    synonyms, parts = (*shipped.synonyms, *more.synonyms), (*shipped.parts, *more.parts)
    ours = shipped.ours or more.ours
    return replace(shipped, synonyms=synonyms, parts=parts, who=more.who or shipped.who, ours=ours)


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: without case, accents, width and signs."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = (each for each in plain if not unicodedata.category(each).startswith(("M", "C")))
    return "".join(each if each.isalnum() else " " for each in bare).split()


def _runs(text: str) -> Iterable[str]:
    """Yield every run of words within a text, as they are compared."""
    words = words_of(text)
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _MOST_WORDS) + 1):
            yield "".join(words[start:end])


def _starter_pack() -> PurposeList:
    table: dict[str, Any] = tomllib.loads((files("dam_plugin.procedure") / "purposes.toml").read_text("utf-8"))
    problems: list[str] = []
    read = tuple(_read(name, said, problems) for name, said in table.items())
    if problems:
        raise WrongPurposes(problems)
    return PurposeList(read)


_MANY = frozenset(map(fold, _MANY_AT_ONCE))
STARTER_PACK = _starter_pack()
