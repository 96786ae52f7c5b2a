"""Which provisions withhold a record from the family that asks for its own. Pure.

`GROUNDS` is the one table; the table in docs/requests.md is made from it. A parent, or a student who holds the rights, inspects
the student's record (34 CFR 99.10, 99.12(a)): what closes it to strangers (chapter 610, 34 CFR 99.30, 99.37) closes nothing to
them. Whether somebody has that right, and what may be cited to them, is in `own_record.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.sharing.closed_records import BY_ANOTHER_LAW, LOOKED_AT_FIRST, SECTION, is_ferpa_alone, names_law

PARENT, STUDENT = FAMILY


@dataclass(frozen=True, slots=True)
class FamilyGround:
    """One ground by which a record is withheld from a family: how it is cited, from whom, and what has to be so.

    `sections` are its provisions, as `_sections` writes them. `advised`: whether it yields to a family's right is the
    district's attorney's to say, and the closing keeps what was advised.
    """

    cited: str
    reaches: tuple[str, ...]
    means: str
    sections: re.Pattern[str]
    advised: bool = False


_ASKED_FIRST = tuple(each for each in LOOKED_AT_FIRST if each != BY_ANOTHER_LAW)
COURT_ORDER = FamilyGround(
    "34 CFR 99.4; RSMo 452.375, 452.376",
    (PARENT,),
    "a court order, or another legally binding document, takes or limits the rights of this parent",
    re.compile(r"99\.4(\(.*)?|452\.37[56](\..*|\(.*)?"),
)
# Another law than FERPA and chapter 610: what is cited without a section of these two.
_ANOTHER_LAW = FamilyGround(
    "another law than FERPA and RSMo chapter 610, as RSMo 210.150",
    FAMILY,
    "that law keeps the record also from the family",
    re.compile(r"(?!99\.|610\.)\d+\.\d.*"),
    advised=True,
)
# The first that fits a section counts. What is in no row withholds nothing from a family.
GROUNDS = (
    COURT_ORDER,
    FamilyGround(
        "RSMo 475.080, 475.120",
        (STUDENT,),
        "a court gave the rights over the record of this grown student to a guardian",
        re.compile(r"475\.(080|120)(\..*|\(.*)?"),
    ),
    FamilyGround(
        "34 CFR 99.12(b)",
        (STUDENT,),
        "a college's record: the parents' finances, or a confidential letter",
        re.compile(r"99\.12\(b\).*"),
    ),
    FamilyGround(
        '34 CFR 99.3 "education records" (b)(1) to (b)(6)',
        FAMILY,
        "it is no education record, as an employee's own, or one that is made after the student left",
        re.compile(r"99\.3\(b\)\([1-6]\).*"),
    ),
    FamilyGround(
        "34 CFR 99.8; RSMo 610.100",
        FAMILY,
        "it is a record of the law-enforcement unit, made and kept by it for law enforcement",
        re.compile(r"99\.8(\(.*)?|610\.100(\..*|\(.*)?"),
    ),
    FamilyGround(
        "34 CFR 99.31(c)",
        FAMILY,
        "who asks has not shown who they are",
        re.compile(r"99\.31\(c\)"),
    ),
    FamilyGround(
        f"RSMo {SECTION}{', '.join(f'({each})' for each in _ASKED_FIRST)}",
        FAMILY,
        "the record is closed for somebody else than the student, as what the attorney wrote",
        re.compile(rf"{re.escape(SECTION)}(\.1)?\(({'|'.join(map(str, _ASKED_FIRST))})\).*"),
        advised=True,
    ),
    _ANOTHER_LAW,
)
_PARAGRAPHS = r"(?:[\s,]*(?:[\"“]?education records?[\"”]?)?[\s,]*\([0-9a-z]{1,4}\))*"
_SECTION = re.compile(rf"(?<![\d.])(\d{{1,3}}\.\d{{1,4}}(?:\.\d{{1,2}})?)(?!\d)({_PARAGRAPHS})", re.IGNORECASE)
_PARAGRAPH = re.compile(r"\([0-9a-z]{1,4}\)", re.IGNORECASE)
_RIGHTS_PASSED = re.compile(r"99\.(3|(5|30)(\(.*)?)")
# That another law protects it: by which one is cited beside it.
_ANOTHER_PROTECTS = re.compile(rf"{re.escape(SECTION)}(\.1)?\({BY_ANOTHER_LAW}\)")


@dataclass(frozen=True, slots=True)
class Reach:
    """What cited provisions do to a family: those that withhold, those that do on an attorney's advice, and the others."""

    by_right: tuple[str, ...]
    advised: tuple[str, ...]
    nobody: tuple[str, ...]


def reach_of(provisions: Iterable[str], role: str) -> Reach:
    """Return what provisions do to a family that asks in this role for its own record, each as it is cited."""
    by_right: list[str] = []
    advised: list[str] = []
    nobody: list[str] = []
    for text in provisions:
        sections = [each for each in _sections(text) if not _ANOTHER_PROTECTS.fullmatch(each)]
        for each in sections:
            ground = _ground_of(each, role)
            told = nobody if ground is None else advised if ground.advised else by_right
            told.append(f"'{text}'" if len(sections) == 1 else f"{each} in '{text}'")
    return Reach(tuple(by_right), tuple(advised), tuple(nobody))


def is_of_court_order(provision: str) -> bool:
    """Whether a provision is that of a court order which limits a parent's rights."""
    return any(COURT_ORDER.sections.fullmatch(each) for each in _sections(provision))


def is_of_rights_passed(provision: str) -> bool:
    """Whether a provision is cited for that the rights over a record are a grown student's own (34 CFR 99.3, 99.5, 99.30)."""
    sections = [each for each in _sections(provision) if not _ANOTHER_PROTECTS.fullmatch(each)]
    return bool(sections) and all(_RIGHTS_PASSED.fullmatch(each) for each in sections)


def _ground_of(section: str, role: str) -> FamilyGround | None:
    """Return the ground by which a section, or a law that is cited without one, withholds a record from a family's role."""
    found = next((each for each in GROUNDS if each.sections.fullmatch(section)), None)
    if found is None and not _SECTION.match(section) and names_law(section) and not is_ferpa_alone(section):
        found = _ANOTHER_LAW
    return found if found is not None and role in found.reaches else None


def _sections(provision: str) -> Iterator[str]:
    """Yield each section that a text cites, with its paragraphs alone, as `99.3(b)(5)`; a text without one as it is."""
    found = [f"{each[1]}{''.join(_PARAGRAPH.findall(each[2])).lower()}" for each in _SECTION.finditer(provision)]
    yield from found or [provision.strip()]
