"""The subdivisions of RSMo 610.021, one of which a custodian names to close a record. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from dam_plugin.errors import InputError
from dam_plugin.procedure.case_problems import Hints
from dam_plugin.procedure.outside_words import kept_back

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
# Subdivisions by which a record may be closed for somebody else than the student, or by another law's command: a family's
# right to its own record stands (34 CFR 99.10), and the custodian looks before it goes out.
LOOKED_AT_FIRST = (1, 3, 5, 8, 13, 14, 16, 24)
# Of these, the one that names another law than itself. It waits unless that law is FERPA alone, which is the family's own.
BY_ANOTHER_LAW = 14
FERPA = "FERPA, 20 U.S.C. 1232g and 34 CFR Part 99, alone"
_CITED = re.compile(r"610\.021(?:\.1)?\s*\.?\s*\((\d{1,2})\)")
_FERPA = re.compile(
    r"\bFERPA\b|\b34\s*C\.?F\.?R\.?\s*(?:Part|\u00a7)?\s*99\b|\b20\s*U\.?S\.?C\.?\s*\u00a7?\s*1232g", re.IGNORECASE
)
# A section of RSMo that is not the Sunshine Law's, the federal law that is not FERPA's, and a constitution; HIPAA and IDEA by
# their names.
_OTHER_LAW = re.compile(
    r"(?<![\d.])(?!610\.)\d{1,3}\.\d{3}(?!\d)"
    r"|\b(?!34\s*C)\d+\s*C\.?F\.?R\b|\b34\s*C\.?F\.?R\.?\s*(?:Part|\u00a7)?\s*(?!99\b)\d"
    r"|\b(?!20\s*U)\d+\s*U\.?S\.?C\b|\b20\s*U\.?S\.?C\.?\s*\u00a7?\s*(?!1232g)\d"
    r"|\bHIPAA\b|\bIDEA\b|\bConst(?:itution\b|\.)"
)
_KNOWN = tuple(f"{SECTION}({number})" for number in SUBDIVISIONS)

# How what the custodian says of a record of a law-enforcement unit begins; it is kept as confidential under another law.
UNIT_RECORD = "a record of a law-enforcement unit (34 CFR 99.8; RSMo 610.100)"


def unit_record(created_by: str, purpose: str, kept_by: str, why: str) -> str:
    """Return what is kept of a law-enforcement unit's record: who made it, for what, who keeps it, why."""
    return f"{UNIT_RECORD}: made by {created_by} for {purpose}, kept by {kept_by}: {why}"


def is_unit_record(why: str | None) -> bool:
    """Whether one of the reasons why a recording is confidential is that it is a law-enforcement unit's record."""
    return UNIT_RECORD in (why or "")


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


def is_by_another_law(text: str) -> bool:
    """Whether a subdivision as it is cited is the one of records that another law protects. Raises InputError as above."""
    return subdivision(text).startswith(f"RSMo {SECTION}({BY_ANOTHER_LAW})")


def is_ferpa_alone(law: str) -> bool:
    """Whether a text names FERPA and no other law."""
    return bool(_FERPA.search(law)) and not _OTHER_LAW.search(law)


def closing(text: str, law: str | None, why: str) -> str:
    """Return why a record is closed, as it is kept: the subdivision as it is cited, FERPA where that alone protects it, why."""
    cited = subdivision(text) if law is None else f"{subdivision(text)} ({FERPA})"
    return f"{cited}: {why}"


def closed_apart(why: str | None) -> tuple[str, ...]:
    """Return the subdivisions that a closure cites and by which the custodian looks first, as `RSMo 610.021(1)`, each once.

    Another law protects it (14) where the closure names one, or the custodian closed it by (14) without naming FERPA; a rule
    that cites (14) without a law, or with FERPA alone, closes a student's ordinary record.
    """
    text = why or ""
    cited = dict.fromkeys(int(number) for number in _CITED.findall(text))
    asked = [each for each in cited if each in LOOKED_AT_FIRST and (each != BY_ANOTHER_LAW or _names_another_law(text))]
    return tuple(f"RSMo {SECTION}({number})" for number in asked)


def check_names_law(provisions: Collection[str]) -> None:
    """Raise InputError where 610.021(14) is cited and no law is named that protects the record, FERPA or another.

    RSMo 610.023.4: a denial cites the specific provision of law, and (14) is only that there is one.
    """
    if any(map(lacks_law, provisions)) and not any(map(names_law, provisions)):
        raise InputError(
            f"RSMo {SECTION}({BY_ANOTHER_LAW}) says only that another law protects the record: name that law beside it, "
            "--provision 'RSMo 210.150', or --provision '34 CFR 99.30' where it is FERPA"
        )


def names_law(text: str) -> bool:
    """Whether a text names a law that protects a record: FERPA, or another than the Sunshine Law."""
    return bool(_FERPA.search(text) or _OTHER_LAW.search(text))


def with_closing_law(provision: str) -> str:
    """Return a provision of FERPA alone with 610.021(14), which closes what FERPA protects; any other as it is."""
    return kept_back(provision) if is_ferpa_alone(provision) and SECTION not in provision else provision


def is_by_ferpa(provision: str) -> bool:
    """Whether a provision is FERPA's or 610.021(14), and says of a record only that it is a student's."""
    others = [each for each in _CITED.findall(provision) if each != str(BY_ANOTHER_LAW)]
    return not others and (is_ferpa_alone(provision) or lacks_law(provision))


def lacks_law(provision: str) -> bool:
    """Whether a provision is 610.021(14) without a law that protects the record."""
    return str(BY_ANOTHER_LAW) in _CITED.findall(provision) and not names_law(provision)


def _names_another_law(text: str) -> bool:
    by_custodian = f"RSMo {SECTION}({BY_ANOTHER_LAW}), {SUBDIVISIONS[BY_ANOTHER_LAW]}:" in text
    return by_custodian or bool(_OTHER_LAW.search(text))
