"""By which version of procedure, rulings and settings a decision was taken: a short digest of each. Pure.

Two decisions with the same digests were taken by the same words and tables, the same switches and the same directory policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache, lru_cache
from typing import Any

from dam_plugin.procedure.case import District
from dam_plugin.procedure.clauses import CLAUSES, CONSENT_FAULTS
from dam_plugin.procedure.exceptions import EXCEPTIONS
from dam_plugin.procedure.questions import CHECKS, PLANS, STEPS
from dam_plugin.procedure.rulings import BEFORE_A_CASE, RULINGS
from dam_plugin.procedure.switches import SWITCHES, Rulings, digest_of, rulings_with

# The edition of the procedure that the code follows. It changes with each change of what is decided.
PROCEDURE = "JO-1-AP(2), 2026-10"


@cache
def procedure_digest() -> str:
    """Return a digest of the procedure's edition and of its tables: steps, questions, plans, clauses, exceptions, rulings."""
    rows = [
        [row.clause.id, row.evidence, [role.id for role in row.roles], row.own_for, row.recorded, row.may_pass_on]
        for row in EXCEPTIONS
    ]
    asked = [*map(asdict, STEPS), *map(asdict, CHECKS.values())]
    told = [*map(asdict, CLAUSES.values()), *map(asdict, RULINGS.values()), *map(asdict, BEFORE_A_CASE.values())]
    switches = [[each.ruling, each.value, each.says] for each in SWITCHES.values()]
    return digest_of([PROCEDURE, asked, told, dict(PLANS), dict(CONSENT_FAULTS), rows, switches])


def taken_by(district: District | None, rulings: Rulings) -> dict[str, Any]:
    """Return what a decision is kept with: a digest of procedure, rulings and settings, and the switches in force.

    The settings are the district's directory policy, as a case has it.
    """
    return {**_digests(district, rulings), "switches": rulings.plain}


@lru_cache(maxsize=16)
def _digests(district: District | None, rulings: Rulings) -> Mapping[str, str]:
    # Days are told in ISO.
    policy = {name: str(value) for name, value in asdict(district or District()).items()}
    return {"procedure": procedure_digest(), "rulings": rulings.digest, "settings": digest_of(policy)}


def rulings_taken_by(kept: object) -> Rulings:
    """Return the rulings by which a kept decision was taken; those built in where nothing is kept.

    Raises KeyError for a switch that this version of the program does not know.
    """
    switches = kept.get("switches") if isinstance(kept, dict) else None
    return rulings_with(switches or ())
