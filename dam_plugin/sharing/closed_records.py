"""The subdivisions of RSMo 610.021, one of which a custodian names to close a record. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dam_plugin.errors import InputError
from dam_plugin.procedure.case_problems import Hints

SECTION = "610.021"
# As the section stands since 28 August 2025, each in a few words of our own.
SUBDIVISIONS: Mapping[int, str] = {
    1: "legal actions, and what attorneys are told and write",
    2: "leasing, purchase or sale of real estate",
    3: "hiring, firing, disciplining or promoting of particular employees",
    4: "the state militia or national guard",
    5: "mental or physical health proceedings of identifiable persons",
    6: "scholastic probation, expulsion or graduation of identifiable persons, and their test scores",
    7: "testing and examination materials",
    8: "welfare cases of identifiable persons",
    9: "preparation for negotiations with employee groups",
    10: "software codes for electronic data processing",
    11: "specifications for competitive bidding",
    12: "sealed bids, and proposals until a contract is executed",
    13: "personnel records of identifiable employees and applicants",
    14: "records that another law protects from disclosure",
    15: "scientific and technological innovations with an owner",
    16: "municipal hotlines for abuse and wrongdoing",
    17: "what an auditor is told and writes",
    18: "security measures, tip lines of schools, reports of suspicious activity, and response plans",
    19: "security systems and structural plans of public property",
    20: "security systems and access codes of real property",
    21: "the configuration of computers and networks",
    22: "credit card numbers, keys and access codes of transactions",
    23: "business plans given to public institutions of higher education",
    24: "foster home and kinship placements",
    25: "customers of a municipal utility",
    26: "visitors of state parks and historic sites",
    27: "minors in records of a city, town, village or park board",
    28: "where protected plants and animals are found",
}
_WRITTEN = re.compile(r"(?:RSMo\s*)?610\.021(?:\.1)?\s*\((\d{1,2})\)(?:\([a-d]\))?", re.IGNORECASE)
# Subdivisions that are about the district's own cases and its employees, and not about a student.
NOT_ABOUT_STUDENTS = (1, 3, 13)
_CITED = re.compile(r"610\.021(?:\.1)?\s*\.?\s*\((\d{1,2})\)")
_KNOWN = tuple(f"{SECTION}({number})" for number in SUBDIVISIONS)


def subdivision(text: str) -> str:
    """Return a subdivision as it is cited, with its title: `RSMo 610.021(18), security measures …`.

    Raises InputError where there is none such.
    """
    found = _WRITTEN.fullmatch(text.strip())
    number = int(found[1]) if found else 0
    if number not in SUBDIVISIONS:
        raise InputError(
            f"'{text}' is no subdivision by which a record may be closed{Hints().hint(text.strip(), _KNOWN)} (they are "
            f"{_KNOWN[0]} to {_KNOWN[-1]}: docs/queue.md lists them)"
        )
    return f"RSMo {SECTION}({number}), {SUBDIVISIONS[number]}"


def closed_apart(why: str | None) -> tuple[str, ...]:
    """Return the subdivisions that a closure cites and that are not about a student, as `RSMo 610.021(1)`, each once."""
    cited = dict.fromkeys(int(number) for number in _CITED.findall(why or ""))
    return tuple(f"RSMo {SECTION}({number})" for number in cited if number in NOT_ABOUT_STUDENTS)
