"""Made-up facts for each kind of letter: `letter check` and the documents fill templates with them. Pure.

Each kind has one sample with all that it can have and one with as little as it can have, for a family and for anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from dam_plugin.custodian.acting_parents import ACTING_PARENTS
from dam_plugin.custodian.exemption_log import by_name_words
from dam_plugin.custodian.letter_facts import (
    KINDS,
    LINE,
    Addressee,
    AmendmentTold,
    AskedFor,
    Child,
    ConsentTold,
    Deadline,
    DestroyedTold,
    DistrictTold,
    Extension,
    FeeLineTold,
    FeeTold,
    Ground,
    HearingTold,
    LetterFacts,
    LossTold,
    Money,
    NoticeTold,
    OptOutTold,
    OrderTold,
    Recording,
    Withheld,
)
from dam_plugin.custodian.letter_words import (
    CLOCK_WORDS,
    FEE_WORDS,
    STRANGER_CAUSE,
    STRANGER_WORDS,
    Said,
    counted_in_words,
    greeting_for,
    grounds_of,
    how_much,
    metadata_ground,
    party_in_words,
    place_in_words,
    purpose_in_words,
    recording_told,
)
from dam_plugin.procedure.order_day import WAITS_FOR_COURT
from dam_plugin.procedure.outside import joined_provisions
from dam_plugin.procedure.outside_words import Language

_RECEIVED = date(2026, 10, 8)
_DISTRICT = DistrictTold(
    "Riverbend R-II School District", "Records Office, 400 School Street, Riverbend, MO 65999, 555-0142"
)
_CAUSE = Said(
    "the recordings of four days have to be looked through one by one",
    "hay que revisar una por una las grabaciones de cuatro días",
)
_HOW = Said("a disk of the storage failed", "falló un disco del almacenamiento")
_TRIED = Said(
    "we looked for older versions, and in both backups",
    "buscamos versiones anteriores, y en las dos copias de seguridad",
)
_PLACE = Said("the Records Office", "la oficina de registros")
_REASON = Said(
    "we looked at the recording, and the caption names the right day",
    "miramos la grabación, y el pie de foto dice el día correcto",
)
_NO_RECORD = Said("the morning bell of October 5, 2026", "el timbre de la mañana del 5 de octubre de 2026")
_TYPES = (Said("name", "nombre"), Said("grade", "grado"), Said("honors and awards", "honores y premios"))


def samples(kind: str, language: Language) -> Iterator[LetterFacts]:
    """Yield facts for letters of a kind: all that it can have first, then as little as it can have."""
    row = KINDS[kind]
    full = LetterFacts(language=language, day=date(2026, 10, 9), district=_DISTRICT)
    parts: dict[str, Any] = {part: _part(part, language) for part in (*row.has, *row.may)}
    full = replace(full, **parts)
    left_out: dict[str, Any] = {
        part: type(parts[part])() if part in _EMPTY else None for part in row.may if part != _ONE_OF_TWO
    }
    bare = replace(full, **left_out)
    if bare.request is not None:
        bare = replace(bare, request=replace(bare.request, format="", deadlines=(), wants_copy=False))
    readers = tuple(_readers(kind, language))
    for reader in readers:
        asked = full.request and replace(full.request, asks_who=reader.is_family)
        yield replace(full, to=reader, request=asked)
        yield replace(full, to=reader, request=full.request and replace(full.request, asks_authority=True))
        stayed = WAITS_FOR_COURT.in_(language)
        yield replace(full, to=reader, request=full.request and replace(full.request, stayed=stayed))
        grown = full.request and replace(full.request, rights_passed=True)
        if full.request is not None and reader.is_family:
            before = replace(full.request, before_rights=True)
            yield replace(full, to=reader, request=before if reader.is_student else grown)
        greeting = greeting_for(LINE, language)
        yield replace(bare, to=replace(reader, name=LINE, greeting=greeting, lines=()))
        if full.order is not None:
            yield replace(
                full, to=reader, order=replace(full.order, number="", is_juvenile=True, was_due=date(2026, 10, 7))
            )
            given = replace(
                full.order, given_on=date(2026, 10, 8), given_to=party_in_words("law_enforcement", language)
            )
            yield replace(full, to=reader, order=given)
            yield replace(full, to=reader, order=replace(given, was_secret=True))
        if full.no_record:
            yield replace(full, to=reader, grounds=(), withheld=())
            yield replace(full, to=reader, grounds=(), withheld=(), no_record=())
            yield replace(full, to=reader, grounds=(), withheld=(), no_record=(), destroyed=(), request=grown)
            granted = full.request and replace(full.request, granted=True)
            yield replace(full, to=reader, request=granted, destroyed=())
            yield replace(full, to=reader, request=granted, no_record=())
        passed = [full.request] if full.request is not None and kind == "rights-passed" else []
        yield from (replace(full, to=reader, request=replace(each, for_parent=True)) for each in passed)
        may_amend = full.amendment or full.hearing or kind in ("acknowledgement", "rights-passed")
        if full.request is not None and reader.is_family and may_amend:
            # As a request to amend a record, and as one that a parent began and the student goes on with.
            amends = replace(full.request, amends=True)
            yield replace(full, to=reader, request=amends)
            yield replace(full, to=reader, request=replace(amends, by_parent=True))
        yield from _mistakes(kind, replace(full, to=reader))
        if full.amendment is not None:
            yield replace(full, to=reader, amendment=replace(full.amendment, is_amended=True))
        if full.student is not None and reader.is_family and not reader.is_student:
            yield replace(full, to=reader, student=replace(full.student, died=True))
            yield replace(full, to=reader, student=replace(full.student, died=True, held_rights=True))
            yield replace(full, to=reader, student=replace(full.student, died=True, several=True))
    if kind in TO_STRANGERS:
        of_named = sample_by_name(kind, language)
        yield from (replace(of_named, to=reader) for reader in readers)


def _mistakes(kind: str, full: LetterFacts) -> Iterator[LetterFacts]:
    """Yield a letter on what the office noted by mistake, as which nobody in the family had said it."""
    yield from (replace(full, ended=()) for _ in full.mistaken)
    if kind == "consent-ended" and full.consent is not None:
        yield replace(full, consent=replace(full.consent, never_given=date(2026, 10, 8)))


# The letters that go to a stranger who asked for a student by name.
TO_STRANGERS = ("acknowledgement", "extension", "denial", "redacted-release")


def sample_by_name(kind: str, language: Language) -> LetterFacts:
    """Return facts for one of the letters to a stranger who asked for a student by name."""
    words = by_name_words(given=kind == "redacted-release")
    facts, told = sample(kind, language), Ground(words.in_(language), words.provision)
    if facts.extension is not None:
        facts = replace(
            facts, extension=replace(facts.extension, cause=STRANGER_CAUSE.in_(language), place=_DISTRICT.office)
        )
    if facts.fee is not None and kind == "acknowledgement":
        facts = replace(facts, fee=None)
    request = facts.request
    if request is not None:
        answered = {CLOCK_WORDS[clock].in_(language): said.in_(language) for clock, said in STRANGER_WORDS.items()}
        told_days = tuple(replace(each, what=answered.get(each.what, each.what)) for each in request.deadlines)
        request = replace(request, by_name=True, by_stranger=True, deadlines=told_days[:1], asks_who=False)
    nothing: dict[str, Any] = dict.fromkeys(("recordings", "withheld", "no_record", "destroyed", "child_destroyed"), ())
    grounds = (told,) if KINDS[kind].needs_grounds else ()
    return replace(facts, request=request, grounds=grounds, more_recordings=0, unlooked=0, student=None, **nothing)


def sample(kind: str, language: Language) -> LetterFacts:
    """Return one set of facts for a kind of letter."""
    return next(samples(kind, language))


def _readers(kind: str, language: Language) -> Iterator[Addressee]:
    lines = ("12 Elm Street", "Riverbend, MO 65999")
    if not KINDS[kind].for_family:
        name = Said("Ms. Jordan Reyes", "Sra. Jordan Reyes").in_(language)
        yield Addressee(name, greeting_for(name, language), lines)
    name = Said("Ms. Ana López", "Sra. Ana López").in_(language)
    greeting = Said("Dear Ms. López", "Estimada Sra. López").in_(language)
    yield Addressee(name, greeting, lines, is_family=True)
    yield Addressee("Luis López", greeting_for("Luis López", language), lines, is_family=True, is_student=True)
    if not KINDS[kind].for_family:
        name = "Jane Doe"
        yield Addressee(name, greeting_for(name, language), lines, is_family=True, acts_for="Ana López")
        told = ACTING_PARENTS[0].told[language]
        yield Addressee(name, greeting_for(name, language), lines, is_family=True, acts_as=told)


# Without it there is a mistake to tell: the letter has one of the two.
_ONE_OF_TWO = "ended"
_EMPTY = (
    "no_record",
    "destroyed",
    "child_destroyed",
    "recordings",
    "withheld",
    "grounds",
    "opt_outs",
    "mistaken",
    "opened",
    "published",
    "in_print",
    "more_recordings",
    "unlooked",
)


# Before it was due: nobody said who asked; a parent did; the student with the rights did.
_AT_REQUEST = (
    DestroyedTold(date(2026, 9, 7), "", by_parents=True),
    DestroyedTold(date(2026, 9, 8), "", by_parents=True, asked_by="parent"),
    DestroyedTold(date(2026, 9, 9), "", by_parents=True, asked_by="eligible_student"),
)


def _part(part: str, language: Language) -> Any:  # noqa: ANN401 - a field of any type
    recordings = _recordings(language)
    grounds = tuple(
        grounds_of([{"clause": "EX4-OPTOUT"}, {"clause": "REDACT"}], named=False, secret_order=False, language=language)
    )
    parts: dict[str, Any] = {
        "request": _request(language),
        "recordings": recordings,
        "more_recordings": 3,
        "unlooked": 2,
        "destroyed": (DestroyedTold(date(2026, 8, 3), "Missouri Local Records Retention Schedule"), *_AT_REQUEST),
        "no_record": (_NO_RECORD.in_(language),),
        "child_destroyed": (
            DestroyedTold(date(2026, 8, 3), "Missouri Local Records Retention Schedule", count=2),
            DestroyedTold(date(2026, 10, 5), "Missouri Local Records Retention Schedule", while_asked=True),
            *_AT_REQUEST,
        ),
        "loss": LossTold(
            date(2026, 10, 12), _HOW.in_(language), _TRIED.in_(language), date(2026, 10, 11), recordings[:1]
        ),
        "student": Child("Luis López"),
        "extension": Extension(_CAUSE.in_(language), _PLACE.in_(language), datetime(2026, 10, 20, 9, 0)),  # noqa: DTZ001 - a made-up day
        "grounds": grounds,
        "metadata": metadata_ground(language, family=False),
        "withheld": (
            Withheld(recordings[0], is_whole=True, provisions=(grounds[0].provision,)),
            Withheld(
                recordings[1],
                where=(
                    place_in_words({"box": [0.3, 0.2, 0.1, 0.2], "from": 12.0, "to": 15.5}, language),
                    place_in_words({"from": 40.0, "to": 42.0}, language),
                ),
                provisions=(joined_provisions(each.provision for each in grounds),),
            ),
        ),
        "fee": FeeTold(
            lines=(
                FeeLineTold(
                    FEE_WORDS["copying, minutes"].in_(language),
                    30,
                    Money(900),
                    how_much("copying, minutes", 30, language),
                ),
                FeeLineTold(FEE_WORDS["pages up to 9 by 14 inches"].in_(language), 12, Money(120), "12"),
            ),
            total=Money(1020),
            owed=Money(1020),
            deposit=Money(500),
        ),
        "order": OrderTold(
            is_subpoena=True,
            answer_on=date(2026, 10, 30),
            court="Circuit Court of Riverbend County",
            number="26RB-CV00417",
        ),
        "opt_outs": (
            OptOutTold(date(2026, 8, 25), (purpose_in_words("website", language), purpose_in_words("news", language))),
            OptOutTold(date(2026, 10, 1)),
        ),
        "ended": (
            OptOutTold(
                date(2026, 8, 25),
                (purpose_in_words("website", language), purpose_in_words("news", language)),
                date(2026, 10, 7),
            ),
            OptOutTold(date(2026, 10, 1), ended=date(2026, 10, 7)),
        ),
        "mistaken": (OptOutTold(date(2026, 9, 14), ended=date(2026, 10, 8)),),
        "opened": (
            ConsentTold(
                purpose_in_words("news", language),
                (party_in_words("public", language),),
                date(2026, 10, 5),
                date(2027, 6, 30),
                recordings=2,
            ),
            ConsentTold(purpose_in_words("newsletter", language), ("Jostens",), date(2026, 10, 6)),
        ),
        "published": (purpose_in_words("social_media", language), purpose_in_words("website", language)),
        "in_print": True,
        "hearing": HearingTold(datetime(2026, 10, 28, 16, 30, tzinfo=UTC), _PLACE.in_(language), "Grace Tomlin"),
        "amendment": AmendmentTold(_REASON.in_(language)),
        "consent": ConsentTold(
            purpose=purpose_in_words("yearbook", language),
            parties=("Jostens", party_in_words("public", language)),
            signed_on=date(2026, 9, 1),
            expires=date(2027, 6, 30),
            recordings=2,
            on_directory=True,
            revoked_on=date(2026, 10, 8),
            another=True,
            unsettled=True,
        ),
        "notice": NoticeTold(
            school_year="2026-2027",
            given=date(2026, 8, 20),
            until=date(2026, 9, 4),
            includes_images=True,
            limited_to=(purpose_in_words("yearbook", language), purpose_in_words("website", language)),
            types=tuple(each.in_(language) for each in _TYPES),
        ),
    }
    return parts[part]


def _recordings(language: Language) -> tuple[Recording, ...]:
    return (
        recording_told("R-4QW7ZK2N", "Fall Concert", date(2026, 10, 5), language),
        recording_told("R-9B3X5MTE", "", date(2026, 10, 6), language),
    )


def _request(language: Language) -> AskedFor:
    skipped = {date(2026, 10, 10): "Saturday", date(2026, 10, 11): "Sunday", date(2026, 10, 12): "holiday"}
    return AskedFor(
        number="RQ-000123",
        received=_RECEIVED,
        wants_copy=True,
        format="MP4",
        deadlines=(
            Deadline(
                CLOCK_WORDS["answer"].in_(language),
                date(2026, 10, 14),
                counted_in_words(3, "business days", _RECEIVED, skipped, language),
                "RSMo 610.023.3",
            ),
            Deadline(
                CLOCK_WORDS["inspection"].in_(language),
                date(2026, 11, 22),
                counted_in_words(45, "calendar days", _RECEIVED, {}, language),
                "34 CFR 99.10(b)",
            ),
        ),
    )
