"""Who acts as a parent in the place of one: a surrogate, a foster parent, an individual in a parent's absence.

Each holds a parent's rights over the record (34 CFR 99.3, "parent"; 300.30). One row says by which words of `--relation` the
custodian means them, what proves it, and how a letter names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from dam_plugin.model import StudentRecord
from dam_plugin.procedure.outside_words import Language
from dam_plugin.store.people import folded


@dataclass(frozen=True, slots=True)
class ActingParent:
    """One way to act as a parent: its words, the law, what proves it, and how a letter names who does.

    `on_paper`: it rests on a paper alone, of which a copy is kept.
    """

    words: tuple[str, ...]
    law: str
    proof: str
    told: Mapping[Language, str]
    on_paper: bool = False


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
        "34 CFR 99.3, 300.30(a)(4)",
        "that the student lives with them, or that they are legally responsible, and that no parent or guardian is there",
        {"en": "acting as a parent (34 CFR 99.3)", "es": "en calidad de quien actúa como madre o padre (34 CFR 99.3)"},
    ),
)  # fmt: skip
_BY_WORD = {folded(word): each for each in ACTING_PARENTS for word in each.words}


def acting_parent(relation: str | None) -> ActingParent | None:
    """Return as what a relation lets somebody act as a parent; None for a parent, a guardian and any other relation."""
    return _BY_WORD.get(folded((relation or "").replace("-", " ")))


def acts_as(record: StudentRecord, person: str, on: date) -> ActingParent | None:
    """Return as what a person acts as a student's parent on a day, by what was stated by hand; None where they do not."""
    stated = (each for each in record.guardianships if (each.guardian, each.what) == (person, "guardian"))
    found = (acting_parent(each.relation) for each in stated if each.is_in_force(on))
    return next((each for each in found if each is not None), None)
