"""Who acts as a parent in the place of one: a surrogate, a foster parent, an individual in a parent's absence.

Each holds a parent's rights over the record (34 CFR 99.3, "parent"; 300.30). One row says by which words of `--relation` the
custodian means them, what proves it, and how a letter names them. Whoever is called otherwise, and is no parent or guardian by
their word (`people.role_table`), as a stepfather or a grandmother, is an individual who acts as a parent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from dam_plugin.errors import InputError
from dam_plugin.model import Guardianship, StudentRecord
from dam_plugin.people.role_table import is_parent_or_guardian
from dam_plugin.procedure.outside_words import Language
from dam_plugin.store.people import folded


@dataclass(frozen=True, slots=True)
class ActingParent:
    """One way to act as a parent: its words, the law, what proves it, and how a letter names who does.

    `on_paper`: it rests on a paper alone, of which a copy is kept. `in_absence`: nothing but the absence of every parent and
    guardian makes them one, so where one is on file the custodian has to say it.
    """

    words: tuple[str, ...]
    law: str
    proof: str
    told: Mapping[Language, str]
    on_paper: bool = False
    in_absence: bool = False


ACTING_PARENTS = (
    ActingParent(
        (
            "surrogate parent", "surrogate", "educational surrogate", "educational surrogate parent", "IDEA surrogate",
            "padre sustituto", "madre sustituta", "sustituto",
        ),
        "34 CFR 300.519, 300.30(a)(5)",
        "the written appointment by the agency or a court",
        {"en": "as surrogate parent (34 CFR 300.519)", "es": "en calidad de madre o padre sustituto (34 CFR 300.519)"},
        on_paper=True,
    ),
    ActingParent(
        (
            "foster parent", "foster mother", "foster father", "foster carer", "padre de crianza", "madre de crianza",
            "padre de acogida", "madre de acogida",
        ),
        "34 CFR 99.3, 300.30(a)(2)",
        "the placement, and that no law or contract keeps a foster parent from acting as a parent",
        {"en": "as foster parent (34 CFR 99.3)", "es": "en calidad de madre o padre de crianza (34 CFR 99.3)"},
    ),
    ActingParent(
        (
            "acting as a parent", "acting as parent", "acting parent", "person acting as a parent",
            "individual acting as a parent", "in loco parentis", "caregiver", "kinship caregiver", "actúa como padre",
            "actúa como madre", "cuidador", "cuidadora",
        ),
        "34 CFR 99.3, 300.30(a)(4), (b)(1)",
        "that the student lives with them, or that they are legally responsible, and that no parent or guardian is there",
        {"en": "acting as a parent (34 CFR 99.3)", "es": "en calidad de quien actúa como madre o padre (34 CFR 99.3)"},
        in_absence=True,
    ),
)  # fmt: skip
_BY_WORD = {folded(word): each for each in ACTING_PARENTS for word in each.words}
_INDIVIDUAL = next(each for each in ACTING_PARENTS if each.in_absence)
# How what was seen says that no parent or guardian is there.
_ABSENT = "no parent or guardian is there: "
_OTHERS_HOLD_RIGHTS = (
    "a step- or grandparent, another relative, a partner and whoever else is no parent or guardian holds a parent's rights "
    "only in the absence of a parent or guardian ({law}), and of {student} these are on file with them: {others}. Nothing was "
    "kept. While one is there, that one asks and signs. Where none is, say how that is known and what was seen: `dam-plugin "
    "student guardian add … --absence TEXT`. Who adopted the student is --relation 'adoptive father', and whom a court made "
    "the guardian is --relation guardian"
)


def acting_parent(relation: str | None) -> ActingParent | None:
    """Return as what a relation lets somebody act as a parent; None for a parent, a guardian, and without a relation."""
    if not relation or is_parent_or_guardian(relation):
        return None
    return _BY_WORD.get(folded(relation.replace("-", " ")), _INDIVIDUAL)


def seen_in_absence(seen: str, relation: str | None, absence: str | None) -> str:
    """Return what was seen, with how it is known that no parent or guardian is there (None: nobody said it).

    Raises InputError for a blank text, and for somebody who holds a parent's rights without it.
    """
    if absence is None:
        return seen
    if acting_parent(relation) is None:
        raise InputError(
            "--absence goes with the --relation of who acts as a parent: of a parent or a guardian leave it out"
        )
    if not absence.strip():
        raise InputError("say how it is known that no parent or guardian is there, and what was seen: --absence TEXT")
    return f"{seen.rstrip()}; {_ABSENT}{absence.strip()}"


def says_absence(stated: Guardianship) -> bool:
    """Whether it was said, with what was seen, that no parent or guardian is there."""
    return _ABSENT in stated.seen


def check_absence(record: StudentRecord, new: Guardianship, replaced: Collection[str], on: date) -> None:
    """Raise InputError for who acts as a parent in an absence that nobody stated, while others hold a parent's rights.

    `replaced`: the guardians in whose place they come.
    """
    theirs = [each for each in record.guardianships
              if (each.guardian, each.what) == (new.guardian, "guardian") and each.is_in_force(on)]  # fmt: skip
    relations = [new.relation] if new.relation else [each.relation for each in theirs]
    acting = next((each for each in map(acting_parent, relations) if each is not None and each.in_absence), None)
    there = [each for each in _parents_and_guardians(record, on) if each not in (new.guardian, *replaced)]
    if acting is None or not there or any(map(says_absence, (new, *theirs))):
        return
    raise InputError(_OTHERS_HOLD_RIGHTS.format(law=acting.law, student=record.id, others=", ".join(there)))


def acting_beside_others(record: StudentRecord, on: date) -> tuple[str, ...]:
    """Return who acts as a parent by hand while a parent or guardian holds the rights, and nobody said why they count."""
    holders, there = record.guardians_on(on), _parents_and_guardians(record, on)
    said = {each.guardian for each in record.guardianships if each.is_in_force(on) and says_absence(each)}
    return tuple(each for each in holders if there and each not in (*there, *said))


def _parents_and_guardians(record: StudentRecord, on: date) -> list[str]:
    """Return who holds a parent's rights on a day without needing the absence of another."""
    acting = {each: acts_as(record, each, on) for each in record.guardians_on(on)}
    return [each for each, acts in acting.items() if each in record.guardians or acts is None or not acts.in_absence]


def acts_as(record: StudentRecord, person: str, on: date) -> ActingParent | None:
    """Return as what a person acts as a student's parent on a day, by what was stated by hand; None where they do not."""
    stated = (each for each in record.guardianships if (each.guardian, each.what) == (person, "guardian"))
    found = (acting_parent(each.relation) for each in stated if each.is_in_force(on))
    return next((each for each in found if each is not None), None)
