"""Keyed pseudonyms: they replace a student, a guardian or an object's key where a name is not allowed.

HMAC-SHA256 (RFC 2104) under the district's PSEUDONYM_KEY, one domain per kind, written in Crockford's base 32.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar, cast

from dam_plugin.errors import InputError, SettingsError

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# 60 bits: among a million students two share a pseudonym with a chance of one in two million.
_PERSON_LENGTH = 12
# 80 bits: a store may hold a hundred million objects.
_ASSET_LENGTH = 16
# 40 bits: it tells the recordings of one letter apart.
_LETTER_LENGTH = 8
# 130 bits, too many for a collision: the pseudonym decides that a copy is used again.
_PLAN_LENGTH = 26

REQUEST, REFERRAL, SHARE = "RQ-", "rf-", "sh-"
"""How the ids of these begin, by which they are told apart where either may stand."""

T = TypeVar("T")
_PERSON = re.compile(r"[GS]-[0-9A-HJKMNP-TV-Z]{12}")
# Within another word, as of `coach-G-…`.
_GUARDIAN_WITHIN = re.compile(r"(?<![0-9A-Za-z])[Gg]-[0-9A-Za-z]{12}(?![0-9A-Za-z])")
_TYPED = re.compile(r"([GS])([- ]*)((?:[0-9A-Z][- ]*){12})")
_NEAR = re.compile(r"([GS])-([0-9A-Z]{11,13})")
# The ids of the plugin that somebody may type: of people and recordings, of requests, and all others.
_LETTERED = re.compile(r"A-[0-9A-HJKMNP-TV-Z]{16}|[GST]-[0-9A-HJKMNP-TV-Z]{12}")
_NUMBERED = re.compile(REQUEST + "[0-9]+")
_HEXADECIMAL = re.compile(
    r"(?:DS|HD|HL|RC)-[0-9A-F]{8}|(?:FI|LT|RF)-[0-9A-F]{12}|(?:L|SH|X)-[0-9A-F]{16}|(?:C|GS|PT)-[0-9A-F]{32}"
)
# Letters of other scripts that look like a Latin one, and the letters that Crockford's base 32 reads as a digit.
_LOOK_ALIKES = str.maketrans(
    "АВЕЗКМНОРСТХУЅԌΑΒΕΖΗΚΜΝΟΡΤΥΧ" + "OIL",  # noqa: RUF001 - they are meant
    "ABE3KMH0PCTXYSGABEZHKMN0PTYX" + "011",
)


def person_id(text: str) -> str:
    """Return the id of a guardian or a student as the plugin writes it, however it was typed; any other text as it is.

    Case, spaces, every kind of dash, look-alike letters and invisible characters make no difference. Without a dash it has
    to have a digit, so that no name is taken for an id.
    """
    if _PERSON.fullmatch(text):
        return text
    plain = _plain_dashes(text)
    typed = _TYPED.fullmatch(" ".join(plain.split()).upper().translate(_LOOK_ALIKES))
    if typed is None or not ("-" in typed[2] or re.search(r"[0-9]", plain)):
        return text
    made = f"{typed[1]}-{re.sub('[- ]', '', typed[3])}"
    return made if _PERSON.fullmatch(made) else text


def near_ids(text: str) -> frozenset[str]:
    """Return the ids of guardians and students that differ from one in a single character.

    It is another one, is missing or too many, or two neighbours are exchanged. Empty for a text that is written otherwise.
    """
    typed = _NEAR.fullmatch(" ".join(_plain_dashes(text).split()).upper())
    if typed is None:
        return frozenset()
    kind, body = typed[1], typed[2].translate(_LOOK_ALIKES)
    ends = [(body[:place], body[place:]) for place in range(len(body) + 1)]
    made = {before + after[1:] for before, after in ends if after}
    made |= {before + each + after[skip:] for before, after in ends for each in _ALPHABET for skip in (0, 1)}
    made |= {before + after[1::-1] + after[2:] for before, after in ends if len(after) > 1}
    return frozenset(f"{kind}-{each}" for each in made if len(each) == _PERSON_LENGTH and each != body)


def folded_id(text: str) -> str:
    """Return an id as it is compared: `reporter7`, `Reporter 7`, `REPORTER_7` and `reporter.7` are the same.

    Letters and digits alone count, without case and accents, and those that look alike are one.
    """
    upper = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).upper()
    return "".join(filter(str.isalnum, upper.translate(_LOOK_ALIKES)))


def own_id(text: str) -> str:
    """Return an id that the plugin made, of whatever kind, as the plugin writes it; any other text as it is.

    Unlike `person_id` it reads texts of which nobody knows that they are ids, so the dash has to be there and nothing be
    between the letters: no title or file name is taken for an id.
    """
    typed = _plain_dashes(text).strip().upper()
    if _NUMBERED.fullmatch(typed):
        return typed
    if _HEXADECIMAL.fullmatch(typed):
        return typed.lower()
    made = typed.translate(_LOOK_ALIKES)
    if not _LETTERED.fullmatch(made):
        return text
    return f"a{made[1:]}" if made.startswith("A") else made


def own_ids(value: T) -> T:
    """Return plain data (what JSON or YAML holds) with each text in it that is an id as the plugin writes it."""
    match value:
        case str():
            return cast("T", own_id(value))
        case Mapping():
            return cast("T", {name: own_ids(each) for name, each in value.items()})
        case list():
            return cast("T", [own_ids(each) for each in value])
    return value


def students_within(text: str) -> list[str]:
    """Return the students whom a text of ours names by pseudonym, each as often as it does."""
    return [each for each in _PERSON.findall(text) if each.startswith("S-")]


def persons_within(text: str) -> set[str]:
    """Return the students and guardians whom a text of ours names by pseudonym."""
    return set(_PERSON.findall(text))


def own_ids_within(text: str) -> str:
    """Return an argument of the command line with each id in it as the plugin writes it: `parent:ID`, `ID,ID`, `ID@…`."""
    return "".join(own_id(each) for each in re.split(r"([=:,@])", text))


def _plain_dashes(text: str) -> str:
    """Return a text without invisible characters, every kind of dash in it as `-`."""
    shown = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")
    return "".join("-" if unicodedata.category(each) in ("Pd", "Pc") or each == "\u2212" else each for each in shown)


def guardian_ids_in(text: str) -> tuple[str, ...]:
    """Return what a text has of the form of the plugin's ids of guardians (`G-…`), as the plugin writes it, each once."""
    written = (text, *re.split(r"[\s,;:()]+", text), *_GUARDIAN_WITHIN.findall(text))
    found = (person_id(each) for each in written)
    return tuple(dict.fromkeys(each for each in found if _PERSON.fullmatch(each) and each.startswith("G-")))


def is_outside_id(text: str) -> bool:
    """Whether a text has the form of the short id of a recording for the outside (`R-…`)."""
    return re.fullmatch(rf"R-[0-9A-Z]{{{_LETTER_LENGTH}}}", text) is not None


def is_destruction_id(text: str) -> bool:
    """Whether a text has the form of a destruction's id (`ds-…`)."""
    return re.fullmatch("ds-[0-9a-f]{8}", text) is not None


class Pseudonyms:
    """Turns ids into pseudonyms; the same key and id always give the same one, and without the key none can be made."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        """Take the district's key; raise SettingsError if it is empty."""
        if not key:
            raise SettingsError("DAM_PLUGIN_PSEUDONYM_KEY is empty: run `dam-plugin init`")
        self._key = key.encode("utf-8", "surrogatepass")

    def student(self, roster_id: str) -> str:
        """Return the pseudonym of a student, `S-` and 12 characters; raise InputError for an empty id."""
        return "S-" + self._digest("student", roster_id, _PERSON_LENGTH)

    def guardian(self, guardian_id: str) -> str:
        """Return the pseudonym of a guardian, `G-` and 12 characters; raise InputError for an empty id."""
        return "G-" + self._digest("guardian", guardian_id, _PERSON_LENGTH)

    def staff(self, staff_id: str) -> str:
        """Return the pseudonym of a member of staff, `T-` and 12 characters; raise InputError for an empty id."""
        return "T-" + self._digest("staff", staff_id, _PERSON_LENGTH)

    def outsider(self, name: str) -> str:
        """Return an id for somebody of the public, `w-` and 12 characters: one name has one id, in any case."""
        return "w-" + self._digest("outsider", " ".join(name.casefold().split()), _PERSON_LENGTH)

    def asset(self, key: str) -> str:
        """Return the pseudonym of an object's key, `a-` and 16 characters; file names often hold people's names."""
        return "a-" + self._digest("asset", key, _ASSET_LENGTH)

    def outside(self, key: str) -> str:
        """Return the short id of an object's key for the outside, `R-` and 8 characters: no other id of ours follows from it.

        Letters, and all else that is made for handing out, call a recording so.
        """
        return "R-" + self._digest("letter", key, _LETTER_LENGTH)

    def answers_id(self, kind: str, value: str) -> str:
        """Return the pseudonym of an id of a kind (`identifier`) by which a file of families' answers names a student."""
        return "I-" + self._digest(f"{kind} in a file of answers", value, _ASSET_LENGTH)

    def plan(self, text: str) -> str:
        """Return the pseudonym of the plan of a copy, `p-` and 26 characters; a plan is made from names and places."""
        return "p-" + self._digest("plan", text, _PLAN_LENGTH)

    def decision(self, text: str) -> str:
        """Return the pseudonym of a decision with its case, `d-` and 26 characters; the details stay with the district."""
        return "d-" + self._digest("decision", text, _PLAN_LENGTH)

    def state(self, text: str) -> str:
        """Return the pseudonym of a state of the roster or the rules, `f-` and 26 characters; changes with it."""
        return "f-" + self._digest("state", text, _PLAN_LENGTH)

    def _digest(self, domain: str, text: str, length: int) -> str:
        if not text:
            raise InputError(f"an empty {domain} id has no pseudonym: give the id")
        message = domain.encode() + b"\0" + text.encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, message, "sha256"), "big")
        return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(length))
