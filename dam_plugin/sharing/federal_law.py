"""Reads the federal law on which somebody is handed a student's record who has no exception of the procedure. Pure.

FERPA gives way to a federal law (a party's adviser in a Title IX grievance, 34 CFR 106.45) and to its own exceptions for
authorities (34 CFR 99.31(a)(3) to (7), 99.35) and for a suit between a family and the district (99.31(a)(9)(iii)), and to no
law of a state alone. What the district's procedure has an exception for goes by that.
"""

from __future__ import annotations

import re

from dam_plugin.errors import InputError
from dam_plugin.procedure.clauses import TRANSFER
from dam_plugin.procedure.exceptions import EXCEPTIONS

_CITED = re.compile(
    r"(\d{1,2}) ?(U\.? ?S\.? ?C\.?|C\.? ?F\.? ?R\.?) ?(?:§+ ?|sec(?:tion|\.) ?)?(\d[\w.()-]*)", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*(?:[,;]|\band\b)\s*", re.IGNORECASE)
_FERPA = re.compile(r"34 CFR ([^;]+)")
_OF_TRANSFER = ("99.31(a)(2)", "99.34")
# To the court of a suit between the family and the district there goes what is relevant, without an order.
_OWN_SUIT = "99.31(a)(9)(iii)"
# What recruiters are given by law: names, addresses and telephone listings.
_LISTS = {("20", "USC"): "7908", ("10", "USC"): "503(c)"}
# What a college alone may do: a victim and others hear of its findings, parents of its rules on alcohol (34 CFR 99.39).
_COLLEGES = {
    ("34", "CFR"): ("99.31(a)(13)", "99.31(a)(14)", "99.31(a)(15)", "99.39"),
    ("20", "USC"): ("1232g(b)(6)", "1232g(i)"),
}
# Who may be handed something by federal law; every other role has exceptions of its own.
BY_FEDERAL_LAW = ("agency", "court", "public")


def check_federal_law(text: str) -> None:
    """Raise InputError for a text that cites no federal law, or one that the procedure has an exception for."""
    before = ""
    for part in _BETWEEN.split(text.strip()):
        # "34 CFR 99.31(a)(3), 99.35": the second section is of the same title.
        cited = _CITED.fullmatch(part) or _CITED.fullmatch(f"{before} {part.lstrip('§ ')}")
        if cited is None:
            raise InputError(
                "--law cites federal laws, as '42 U.S.C. 15043(a)(2)(I)' or '34 CFR 99.31(a)(3), 34 CFR 99.35': a law of the "
                "state alone gives nobody a student's record (34 CFR 99.30). Words about it belong to --how"
            )
        title, code, section = cited[1], cited[2].upper().replace(".", "").replace(" ", ""), cited[3]
        before = f"{title} {code}"
        lists = _LISTS.get((title, code))
        if lists and section.startswith(lists):
            raise InputError(
                f"{title} U.S.C. {section} gives recruiters names, addresses and telephone listings of students, and no "
                "recording: they get one as anybody does, `dam-plugin share KEY --to public:NAME --purpose 'military "
                "recruiters'` or 'college recruiters'"
            )
        if section.casefold().startswith(_COLLEGES.get((title, code), ())):
            raise InputError(
                f"{cited[0]} lets a college tell of its own proceedings, and no school district: it is no ground here. "
                "What was handed over all the same is recorded with --basis MISTAKE"
            )
        own = _exception_of(section) if (title, code) == ("34", "CFR") else None
        if own is not None:
            raise InputError(f"34 CFR {section} is what {own} is about, which has its own rules: give --basis {own}")


def _exception_of(section: str) -> str | None:
    """Return the clause of the procedure's exception that rests on a section of 34 CFR, None where it has none."""
    if section.startswith(_OWN_SUIT):
        return None
    if section.startswith(_OF_TRANSFER):
        return TRANSFER
    cited = [
        (place, row.clause.id)
        for row in EXCEPTIONS
        for told in _FERPA.findall(row.clause.source)
        for place, each in enumerate(told.split(","))
        if section.startswith(each.strip())
    ]
    # The exception that is about it first, and not one that cites it besides.
    return min(cited)[1] if cited else None
