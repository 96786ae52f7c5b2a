"""Refuses what another school asks under another role, the police and courts as an agency, and all of these as our officials.

Another school's staff are no officials of ours (34 CFR 99.31(a)(1)). What it is given waits for the custodian, concerns the
student who transfers alone, and is recorded (99.31(a)(2), 99.34); what the police or a court are given takes an order, or an
emergency. Nor is whoever else has a way of their own an official of ours (`_OUTSIDERS`).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, Share
from dam_plugin.procedure.exceptions import AGENCY, FAMILY, OTHER_SCHOOL
from dam_plugin.procedure.purposes import PurposeList, words_of
from dam_plugin.services import Services
from dam_plugin.sharing.check_request import is_emergency
from dam_plugin.store import Unit
from dam_tagging.names.same_name import is_same_name

TRANSFER_PURPOSE = "transfer"
# Words by which a text names a school, or who keeps its records.
_OF_A_SCHOOL = ("registrar", "high school", "elementary", "middle school", "academy", "school district")
_OFFICIAL = "school_official"
# Words by which a text names the police, a prosecutor or a court.
_OF_THE_LAW = frozenset(
    [
        "police",
        "sheriff",
        "sheriffs",
        "deputy",
        "detective",
        "trooper",
        "marshal",
        "officer",
        "constable",
        "prosecutor",
        "prosecuting",
        "judge",
        "magistrate",
        "court",
        "courts",
        "policia",
        "fbi",
        "ice",
        "dea",
        "immigration",
        "customs",
        "homeland",
        "marshals",
        "jail",
    ]
)


@dataclass(frozen=True, slots=True)
class _Outsider:
    """Somebody outside of the district, who is no school official of ours, and the words by which an id names them.

    `law` says what gives them a record, `way` how to ask for them: `{id}` is the id. `unless` are words beside which it is
    somebody of ours.
    """

    called: str
    words: tuple[str, ...]
    law: str
    way: str
    unless: tuple[str, ...] = ()


_ON_ORDER = "public:{id}, whose order or the parent's signed authority goes along"
_OUTSIDERS = (
    # What these are given for an audit, an evaluation or an accreditation is recorded: nothing for our own officials is.
    _Outsider(
        "a state or federal authority",
        ("dese", "department of", "state board", "office for civil rights", "ocr", "sppo", "auditor", "medicaid"),
        "34 CFR 99.31(a)(3), 99.35",
        f"{AGENCY.id}:{{id}}",
    ),
    _Outsider(
        "an organization that accredits schools",
        ("cognia", "accreditation", "accrediting", "accreditor", "accreditors"),
        "34 CFR 99.31(a)(7), 99.32(a)",
        f"{AGENCY.id}:{{id}}",
    ),
    _Outsider(
        "somebody whom a court appointed for a child",
        ("guardian ad litem", "ad litem", "gal", "casa", "court appointed"),
        "34 CFR 99.30, 99.31(a)(9)",
        _ON_ORDER,
    ),
    _Outsider(
        "a lawyer",
        (
            "attorney", "attorneys", "lawyer", "lawyers", "esq", "esquire", "law firm", "law office", "law offices", "abogado",
            "abogada",
        ),
        "34 CFR 99.30, 99.31(a)(9)",
        f"{_ON_ORDER}; the district's own counsel is {_OFFICIAL}:counsel-NAME",
    ),
    _Outsider(
        "somebody who does a study",
        ("university", "study", "studies", "research", "researcher", "researchers"),
        "34 CFR 99.31(a)(6), which asks for a written agreement",
        "public:{id} --purpose research",
        unless=("social", "hall", "skills", "teacher", "adviser", "advisor"),
    ),
    _Outsider(
        "a recruiter",
        (
            "recruiter", "recruiters", "recruiting", "recruitment", "army", "navy", "marines", "marine corps", "air force",
            "coast guard", "national guard", "military", "armed forces",
        ),
        "20 U.S.C. 7908, which gives lists and no recording",
        "public:{id}",
        unless=("jrotc", "rotc"),
    ),
    _Outsider(
        "an insurance company",
        ("insurance", "adjuster", "adjusters", "underwriter", "claims"),
        "34 CFR 99.30, 99.31(a)(9)",
        f"{_ON_ORDER}; the district's own insurer is {_OFFICIAL}:insurer-NAME",
    ),
    _Outsider(
        "the press",
        (
            "post dispatch", "reporter", "reporters", "journalist", "journalists", "correspondent", "gazette", "tribune",
            "herald", "associated press", "news station", "news crew", "television", "periodista",
        ),
        "34 CFR 99.30, 99.31(a)(11)",
        "public:{id} --purpose news",
        unless=("adviser", "advisor", "teacher"),
    ),
)  # fmt: skip
# Who leads a school, and the words before it that name no other school.
_LEADS = ("principal", "superintendent", "headmaster")
_OF_OURS = frozenset(
    [
        "assistant",
        "asst",
        "associate",
        "vice",
        "deputy",
        "acting",
        "interim",
        "our",
        "the",
        "school",
        "building",
        "district",
    ]
)
# Roles whose recipients bring no papers of an agency.
_WITHOUT_PAPERS = (_OFFICIAL, "public", *FAMILY)
_LEAST_LETTERS = 4
_OURS = "Where it is one of your own staff, write the name or number that the roster has (`dam-plugin roster staff --names`)"
_NO_SCHOOL = "Where it is nobody of a school, write who it is without the school's words"


def check_role(services: Services, unit: Unit, request: Share) -> None:
    """Raise InputError where a request is for a transfer, or its recipient reads as another school, under another role.

    Also where a school official reads as the police, a prosecutor or a court.

    INVARIANT: nothing here delays an emergency.
    """
    if request.recipient.role == OTHER_SCHOOL.id or is_emergency(request):
        return
    shared = f"share {shlex.quote(request.asset_key)}"
    check_transfer(services.settings.purposes, request.recipient, request.purpose, shared, "--to")
    if request.kind == "request" and _reads_as_school(services, unit, request):
        way = _OURS if request.recipient.role == _OFFICIAL else _NO_SCHOOL
        raise InputError(
            f"this reads as another school, whose staff are no school officials of yours (34 CFR 99.31(a)(1), 99.34): did you "
            f"mean {_as_school(request.recipient)}? {way}"
        )

    check_police(services, unit, request.recipient)
    check_outsider(services, unit, request.recipient)


def check_transfer(purposes: PurposeList, who: Recipient, purpose: str, command: str, option: str) -> None:
    """Raise InputError for whoever asks for a transfer and is no other school; `command` asks as one, with this `option`."""
    if who.role != OTHER_SCHOOL.id and _is_transfer(purposes, purpose):
        raise InputError(
            f"'{TRANSFER_PURPOSE}' is for another school alone (34 CFR 99.31(a)(2), 99.34): `dam-plugin {command} "
            f"{option} {shlex.quote(_as_school(who))} --purpose {TRANSFER_PURPOSE}`"
        )


def _as_school(who: Recipient) -> str:
    return f"{OTHER_SCHOOL.id}:{who.id or 'NAME'}"


def check_outsider(services: Services, unit: Unit, who: Recipient) -> None:
    """Raise InputError for somebody outside of the district who is written as a school official.

    What they are given is recorded, or takes an order or a consent; of what is given to our own officials there is no record
    (34 CFR 99.31(a), 99.32(a), (d)(2)).
    """
    if who.role != _OFFICIAL:
        return
    words = words_of(who.id or "")
    found = next((each for each in _OUTSIDERS if _names(each, words)), None)
    if found is not None and not _is_our_staff(services, unit, who.id or ""):
        raise InputError(
            f"this reads as {found.called}, and such are no school officials of yours (34 CFR 99.31(a)(1); {found.law}): did "
            f"you mean {found.way.format(id=who.id)}? {_OURS}"
        )


def _names(outsider: _Outsider, words: Iterable[str]) -> bool:
    return _has_any(words, outsider.words) and not _has_any(words, outsider.unless)


def check_police(services: Services, unit: Unit, who: Recipient) -> None:
    """Raise InputError for the police, a prosecutor or a court who is written as a school official, or as an agency.

    To them a record goes on an order, in an emergency or by an exception of their own (34 CFR 99.31(a)(9), 99.36).
    """
    if who.role not in (_OFFICIAL, AGENCY.id) or _OF_THE_LAW.isdisjoint(words_of(who.id or "")):
        return
    if who.role == _OFFICIAL and _is_our_staff(services, unit, who.id or ""):
        return
    otherwise = _OURS if who.role == _OFFICIAL else "Where it is another agency, write who it is without these words"
    raise InputError(
        "this reads as the police, a prosecutor or a court: did you mean "
        f"law_enforcement:{who.id} or court:{who.id}? {otherwise}"
    )


def _has_any(words: Iterable[str], phrases: Iterable[str]) -> bool:
    text = f" {' '.join(words)} "
    return any(f" {each} " in text for each in phrases)


def _is_transfer(purposes: PurposeList, purpose: str) -> bool:
    word = purposes.word(TRANSFER_PURPOSE)
    return word is not None and purposes.word(purpose) == word


def _reads_as_school(services: Services, unit: Unit, request: Share) -> bool:
    role, person = request.recipient.role, request.recipient.id
    words = tuple(words_of(person or ""))
    if not words or person is None:
        return False
    known = {tuple(words_of(each)) for each in (*unit.shares.other_schools(), *unit.requests.asking(OTHER_SCHOOL.id))}
    if role not in _WITHOUT_PAPERS:
        return any("".join(each) == "".join(words) for each in known)
    is_led = role == _OFFICIAL and words[-1] in _LEADS and not _OF_OURS.issuperset(words[:-1])
    if not is_led and not _has_any(words, _OF_A_SCHOOL) and not any(_is_alike(words, each, role) for each in known):
        return False
    return role != _OFFICIAL or not _is_our_staff(services, unit, person)


def _is_alike(words: tuple[str, ...], school: tuple[str, ...], role: str) -> bool:
    """Whether one text is within the other; of somebody who is no official two words at least, as a town is called so too."""
    one, other = "".join(words), "".join(school)
    if one == other:
        return True
    shorter, least = min((words, school), key=len), 1 if role == _OFFICIAL else 2
    return min(len(one), len(other)) >= _LEAST_LETTERS and len(shorter) >= least and (one in other or other in one)


def _is_our_staff(services: Services, unit: Unit, person: str) -> bool:
    ids = (person, services.pseudonyms.staff(person))
    return any(
        each.id in ids or any(is_same_name(name, person) for name in each.names)
        for each in unit.people.staff(active_only=True)
    )
