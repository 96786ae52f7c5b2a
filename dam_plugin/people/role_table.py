"""What each role and relationship of the roster formats means, in one table that a district changes in its mapping file.

Sources: 1EdTech OneRoster 1.1 and 1.2 (roles of users); Microsoft School Data Sync, default list of values (roles in an
organisation, contact relationships) and parent contact file format; Clever's contacts (types and relationships).
A parent's rights are those of a parent, a guardian, or a person acting as one (34 CFR 99.3, "parent"). A word that says
less than that holds none, until the district says so here or states it by hand.

Which words name a parent or a guardian is said here once, for a roster and for what a custodian states by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Reading = Literal["holds_rights", "no_rights", "staff", "student"]
READINGS: tuple[Reading, ...] = ("holds_rights", "no_rights", "staff", "student")
EXTENSION = "ext:"
_BETWEEN = re.compile(r"[\s_-]+")
_OF_BIRTH_OR_ADOPTION = ("", "natural ", "birth ", "biological ", "adoptive ", "adopting ", "legal ")
# Who is a natural parent or a guardian (34 CFR 99.3, "parent"), in English and Spanish. Whoever is called otherwise, a
# step- or grandparent too, is one only as who acts as a parent. "tutor" alone is no such word: in English it is a teacher.
PARENTS_AND_GUARDIANS: tuple[str, ...] = (
    *(f"{kind}{word}" for kind in _OF_BIRTH_OR_ADOPTION for word in ("parent", "mother", "father")),
    "mom", "mum", "mommy", "mama", "dad", "daddy", "papa", "custodial parent", "noncustodial parent", "custodial mother",
    "custodial father", "noncustodial mother", "noncustodial father",
    "guardian", "parent/guardian", "parent or guardian", "co-guardian", "legal guardian", "court guardian",
    "court-appointed guardian", "court appointed guardian", "appointed guardian", "permanent guardian",
    "public administrator",
    "madre", "padre", "mamá", "papá", "madre biológica", "padre biológico", "madre adoptiva", "padre adoptivo",
    "madre de familia", "padre de familia", "tutor legal", "tutora legal", "tutor judicial", "tutora judicial",
    "guardián", "guardiana", "guardián legal", "guardiana legal", "administrador público", "administradora pública",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Role:
    """One word: its reading as a user's role, as a relationship to a student, and the formats that have it.

    A reading is None where no format uses the word so.
    """

    word: str
    of_user: Reading | None
    of_contact: Reading | None
    formats: str


def _staff(word: str, formats: str) -> Role:
    return Role(word, "staff", None, formats)


def _relation(word: str, of_user: Reading | None, formats: str) -> Role:
    """Return the row of a word for a relation: a parent's and a guardian's hold a parent's rights, no other."""
    return Role(word, of_user, "holds_rights" if is_parent_or_guardian(word) else "no_rights", formats)


def folded(word: str) -> str:
    """Return a role for comparison: case, blanks, underscores and hyphens do not count."""
    return _BETWEEN.sub("", word.casefold())


def is_parent_or_guardian(relation: str) -> bool:
    """Whether a word for what somebody is to a student is that of a parent or a guardian; accents do not count, either."""
    return _unaccented(relation) in _PARENTS_AND_GUARDIANS


def _unaccented(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word)
    return folded("".join(each for each in letters if not unicodedata.combining(each)))


_PARENTS_AND_GUARDIANS = frozenset(map(_unaccented, PARENTS_AND_GUARDIANS))
_SDS, _ROSTER, _CLEVER = "School Data Sync", "OneRoster", "Clever"
ROLES: tuple[Role, ...] = (
    Role("student", "student", "no_rights", f"{_ROSTER}, {_SDS}"),
    Role("learner", "student", None, _ROSTER),
    _relation("parent", "holds_rights", f"{_ROSTER}, {_SDS}, {_CLEVER}"),
    _relation("guardian", "holds_rights", f"{_ROSTER}, {_SDS}, {_CLEVER}"),
    *(_relation(word, None, _CLEVER) for word in ("parent/guardian", "mother", "father")),
    _relation("relative", "no_rights", f"{_ROSTER}, {_SDS}"),
    _relation("other", "no_rights", f"{_SDS}, {_CLEVER}"),
    Role("child", None, "no_rights", _SDS),
    Role("doctor", None, "no_rights", _SDS),
    Role("emergency", None, "no_rights", _CLEVER),
    *(_relation(word, None, _CLEVER) for word in ("grandparent", "aunt/uncle", "sibling")),
    Role("self", None, "no_rights", _CLEVER),
    Role("aide", "staff", "no_rights", f"{_ROSTER}, {_SDS}"),
    Role("administrator", "staff", "no_rights", f"{_ROSTER}, {_SDS}"),
    Role("alumni", "no_rights", None, _SDS),
    Role("user", "no_rights", None, _ROSTER),
    Role("mentor", "no_rights", None, _ROSTER),
    *(_staff(word, f"{_ROSTER}, {_SDS}") for word in ("teacher", "proctor", "principal")),
    *(
        _staff(word, _ROSTER)
        for word in ("counselor", "districtadministrator", "siteadministrator", "systemadministrator")
    ),
    *(
        _staff(word, _SDS)
        for word in (
            "chair", "professor", "researcher", "adjunct", "affiliate", "occupationaltherapist", "physicaltherapist",
            "speechtherapist", "visiontherapist", "paraprofessional", "specialservices", "advisor", "nurse",
            "officestaff", "lecturer", "itadmin", "faculty", "staff", "teacherassistant", "assistant", "instructor",
            "substitute", "coach",
        )
    ),
)  # fmt: skip
# Contact types of Clever that say nothing by themselves: the relationship beside them decides.
BESIDE = ("primary", "secondary", "family")

_BY_WORD: Mapping[str, Role] = {folded(role.word): role for role in ROLES}
KNOWN: tuple[str, ...] = tuple(role.word for role in ROLES)
OF_USERS: tuple[str, ...] = tuple(role.word for role in ROLES if role.of_user is not None)


def staff_word_in(word: str) -> str | None:
    """Return the word for staff with which a role ends, which says what it is: a `teachersAide` is an `aide`."""
    ends = (role.word for role in ROLES if role.of_user == "staff" and folded(word).endswith(role.word))
    return max(ends, key=len, default=None)


@dataclass(frozen=True, slots=True)
class RoleTable:
    """The table with a district's changes: its own readings by word, which count for users and contacts alike."""

    changed: Mapping[str, Reading] = field(default_factory=dict)

    def of_user(self, word: str) -> Reading | None:
        """Return the reading of a user's role, None for a word that is no role of a format."""
        role = _BY_WORD.get(folded(word))
        told = self._changed(word) or (role.of_user if role else None)
        return told or ("no_rights" if role or folded(word).startswith(EXTENSION) else None)

    def of_contact(self, word: str) -> Reading | None:
        """Return the reading of a relationship to a student, None for a word that no format has."""
        role = _BY_WORD.get(folded(word))
        return self._changed(word) or ((role.of_contact or "no_rights") if role else None)

    def holds_rights(self, kind: str, relationship: str) -> bool:
        """Whether a contact of a type and a relationship holds a parent's rights; the stricter of two words counts."""
        words = [each for each in (kind, relationship) if each and (folded(each) not in BESIDE or self._changed(each))]
        return bool(words) and all(self.of_contact(each) == "holds_rights" for each in words)

    def users_with(self, reading: Reading) -> frozenset[str]:
        """Return the words, folded, that have a reading as a user's role."""
        words = {*_BY_WORD, *map(folded, self.changed)}
        return frozenset(each for each in words if self.of_user(each) == reading)

    def _changed(self, word: str) -> Reading | None:
        return next((reading for each, reading in self.changed.items() if folded(each) == folded(word)), None)
