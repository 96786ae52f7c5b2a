"""Letters of the records custodian: previewed, written, kept and found again.

What a letter may say comes from `letter_sources.py`, its words from a template (`letter_templates.py`). The ledger has an
entry of each letter, with digests and without its text.
"""

from __future__ import annotations

import hashlib
import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from dam_plugin.custodian.letter_facts import KINDS
from dam_plugin.custodian.letter_samples import samples
from dam_plugin.custodian.letter_sources import Prepared, Typed, check_text, prepare
from dam_plugin.custodian.letter_templates import (
    LONGEST_LETTER,
    Letter,
    Templates,
    built_in,
    of_district,
    shipped,
    template_name,
    tidied,
    wrapped,
)
from dam_plugin.custodian.mail import checked_address, send
from dam_plugin.custodian.named_recordings import excepted
from dam_plugin.custodian.order_notice import Effort, add_effort, check_effort
from dam_plugin.custodian.queue_checks import require_custodian
from dam_plugin.custodian.request_register import get_request, note_efforts, note_hearing_told
from dam_plugin.custodian.requests import WITHHELD, Outcome
from dam_plugin.errors import InputError, TemplateProblems
from dam_plugin.model import Actor
from dam_plugin.people.names_in_text import names_of
from dam_plugin.procedure.outside_words import Language
from dam_plugin.pseudonyms import person_id
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing.evidence_counts import NOTICE_KIND
from dam_plugin.store import LetterAbout, StoredLetter, SystemUser
from dam_plugin.store.letters import BY_HAND

MOST_LISTED = 1_000
SENT = "sent"
HEARING_NOTICE = "hearing-notice"
_WENT_OUT = {"mail": "the notice was sent by mail", "print": "the notice was printed and sent"}
_SUBJECTS: Mapping[str, str] = {"en": "A letter from", "es": "Una carta de"}
_LANGUAGES: tuple[Language, ...] = ("en", "es")
# How a request is closed that a letter answers.
OUTCOME_OF: Mapping[str, Outcome] = {
    "denial": "denied",
    "no-such-record": "no-such-record",
    "lost": "lost",
    "redacted-release": "partly",
    "rights-passed": "rights-passed",
    "amendment-refused": "not-amended",
    "no-right-to-amend": "denied",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would read. Nothing is kept of it."""

    text: str
    is_own: bool
    recordings: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is kept, and of what the custodian is cautioned before it is sent.

    `grants`: it withholds nothing from whoever asked.
    """

    letter: StoredLetter
    cautions: tuple[str, ...] = ()
    grants: bool = False


def templates_of(settings: Settings) -> Templates:
    """Return the templates in use. Raises InputError, TemplateProblems for the district's folder."""
    folder = settings.letters.folder
    return Templates(of_district(folder)) if folder else shipped()


def preview_letter(services: Services, kind: str, about: LetterAbout, language: Language, typed: Typed) -> Preview:
    """Return a letter as it would read now. Raises as `write_letter`."""
    prepared, letter = _composed(services, kind, about, language, typed)
    return Preview(letter.text, letter.is_own, prepared.recordings, prepared.cautions)


def write_letter(
    services: Services,
    kind: str,
    about: LetterAbout,
    language: Language,
    typed: Typed,
    by: Actor,
    user: SystemUser,
) -> Written:
    """Write a letter, keep it, and record it in the ledger, as the custodian or a designee.

    Raises InputError for another role and for what a letter may not say; TemplateProblems for a template with a mistake;
    UnknownThing. Nothing is kept then.
    """
    require_custodian(by)
    prepared, made = _composed(services, kind, about, language, typed)
    letter = StoredLetter(
        id=f"lt-{secrets.token_hex(6)}",
        at=services.now(),
        kind=kind,
        language=language,
        about=prepared.about,
        template=made.template,
        by=by,
        user=user,
        recordings=prepared.recordings,
        text=made.text,
        answer_on=typed.answer_on,
        guardian=person_id(typed.guardian) if typed.guardian else None,
    )
    details = {
        "letter": letter.id,
        "kind": kind,
        "language": language,
        # The student is named beside the details, where a deletion finds it.
        "about": {name: value for name, value in asdict(letter.about).items() if name != "student_id"},
        "recordings": [services.pseudonyms.asset(key) for _, key in letter.recordings],
        "template": letter.template,
        "text_sha256": hashlib.sha256(letter.text.encode()).hexdigest(),
        "changed_by_hand": letter.is_changed,
        "no_student_named": typed.no_student_named,
        "not_about": excepted(services.pseudonyms, typed.not_about),
        "by": asdict(by),
        "system_user": asdict(user),
    }
    with services.store.writing() as unit:
        unit.letters.add(letter)
        services.ledger.append(
            unit, at=letter.at, kind="letter", subject=letter.id, details=details, students=prepared.students
        )
    return Written(letter, prepared.cautions, _grants(prepared))


def _changed(services: Services, prepared: Prepared, made: Letter, kind: str, typed: Typed) -> Letter:
    """Return a letter with a text that somebody changed by hand, where that is not as it was.

    Raises InputError where it lacks a provision that it has to cite, has a pseudonym or a file name, or may name somebody
    whom ours does not; and for a letter to a stranger who asks for a student by name, which reads the same to each.
    """
    text = tidied(typed.text)
    if text == made.text:
        return made
    asked = prepared.facts.request
    if asked is not None and (asked.by_name or asked.by_stranger):
        raise InputError(
            "whoever asks names a student and is not the family: this letter reads the same whether there is a record or none "
            '(34 CFR 99.3, "personally identifiable information", (g)), so its words stay as they are'
        )
    if not text.strip() or len(text) > LONGEST_LETTER:
        raise InputError(f"a letter has 1 to {LONGEST_LETTER:,} characters: write it anew")
    if not text.replace("\n", "").isprintable():
        raise InputError("the text has control characters in it, which no letter shows: type it again")
    squeezed = " ".join(text.split())
    for each in KINDS[kind].must_cite(prepared.facts):
        if " ".join(each.split()) not in squeezed:
            raise InputError(f"the letter has to cite '{each}', and your text does not any more: put it back")
    check_text(text, prepared.recordings)
    lines = set(made.text.splitlines())
    written = [each for each in text.splitlines() if each not in lines]
    if not typed.no_student_named:
        with services.store.reading() as unit:
            own = names_of(unit.people.students_of(prepared.students).values())
        roster = prepared.roster()
        if any(roster.named_in(each, own) for each in written):
            raise InputError(
                "a line that you changed may name a student: write it without, or where the word means nobody on the roster, "
                "add --no-student-named"
            )
    return replace(made, text=text, template=f"{made.template}{BY_HAND}")


def _grants(prepared: Prepared) -> bool:
    """Whether a letter withholds nothing from whoever asked.

    What is not there is not withheld, nor others from a family, nor a grown student's record from a parent.
    """
    facts = prepared.facts
    is_none = facts.tells_of_missing or facts.tells_of_rights
    return facts.request is not None and (facts.request.granted or (is_none and not facts.provisions))


def next_step(services: Services, made: Written, typed: Typed) -> str | None:
    """Return what is left to do once a letter is sent that was made from what was `typed`, as a command; None: nothing."""
    letter = made.letter
    about, by = letter.about, f"--as {letter.by.role}:{letter.by.id or 'NAME'}"
    if letter.kind == NOTICE_KIND:
        return (
            f"dam-plugin letter effort --referral {about.referral_id} --student {about.student_id} --letter {letter.id} "
            f"--what 'sent by …' {by}"
        )
    if letter.kind == "offer":
        return f"dam-plugin queue finding {about.referral_id} offered --how 'letter {letter.id}' {by}"
    return _next_of_request(services, made, typed, about.request_id, by) if about.request_id is not None else None


def _next_of_request(services: Services, made: Written, typed: Typed, request_id: str, by: str) -> str | None:
    """Return how the register hears of what a letter says."""
    letter = made.letter
    view = get_request(services, request_id)
    status = view.status
    note = f"dam-plugin request {{}} {request_id}"
    if letter.kind in ("denial", "redacted-release") and any(each.name == "reasons" for each in status.running):
        return f"{note.format('reasons')} --given {by}"
    if letter.kind == "extension" and status.state == "open":
        return f"{note.format('extend')} --cause … --place … --earliest … {by}"
    if letter.kind == HEARING_NOTICE:
        return f"{note.format('hearing')} --told 'letter {letter.id}, by …' {by}"
    outcome = OUTCOME_OF.get(letter.kind)
    if outcome == "partly" and view.exemptions.says is not None and not view.exemptions.withholds:
        # To a stranger who names a student it is the same where nothing is withheld.
        outcome = "granted"
    if outcome == "partly" and made.grants:
        outcome = "granted"
    if outcome is None or not status.is_open:
        return None
    if outcome == "rights-passed" and view.amendment_right is not None and view.amendment_right.goes_on:
        # It goes on with the student.
        return None
    not_about = excepted(services.pseudonyms, typed.not_about)
    excepts = "".join(f"--not-about {each} " for each in not_about)
    tried = "--tried … " if outcome == "lost" else ""
    # Where no share has cited anything, the closing cites what the letter does; a stranger's closing has its own.
    is_uncited = outcome in WITHHELD and view.exemptions.says is None and not view.exemptions.cited
    typed_laws = typed.provisions if is_uncited else ()
    cites = "".join(f"--provision {shlex.quote(each)} " for each in typed_laws)
    pending = (
        each.id for each in view.destroyed if each.while_asked and not each.is_named and each.id not in not_about
    )
    why = "; ".join((f"letter {letter.id}", *pending))
    return f"{note.format('close')} --outcome {outcome} --why '{why}' {tried}{cites}{excepts}{by}"


def list_letters(services: Services, about: LetterAbout, limit: int, *, secret: bool = False) -> list[StoredLetter]:
    """Return the last letters about this, newest first. Raises InputError for a page that cannot be.

    `secret`: those about an order that forbids telling, and no others; without it, no such ones.
    """
    if not 1 <= limit <= MOST_LISTED:
        raise InputError(f"a page has 1 to {MOST_LISTED:,} letters: {limit:,} is not")
    with services.store.reading() as unit:
        return unit.letters.listed(about, limit=limit, secret=secret)


def get_letter(services: Services, letter_id: str, *, secret: bool = False) -> StoredLetter:
    """Return one letter; `secret`: also one about an order that forbids telling. Raises UnknownThing."""
    with services.store.reading() as unit:
        return unit.letters.need(letter_id, secret=secret)


# Sending


@dataclass(frozen=True, slots=True)
class Sending:
    """That a letter went out: when, by whom, and how, `mail` or `print`."""

    at: datetime
    by: Actor
    how: str


def sendings(services: Services, letter_id: str) -> tuple[Sending, ...]:
    """Return when a letter went out, oldest first, by the ledger; empty where nobody sent it."""
    with services.store.reading() as unit:
        return tuple(
            Sending(entry.at, Actor(**details["by"]), str(details["how"]))
            for entry, details in services.ledger.about(unit, "letter", [letter_id])
            if details and details.get("done") == SENT
        )


def mail_letter(services: Services, letter_id: str, to: str, by: Actor, user: SystemUser) -> StoredLetter:
    """Send a letter that is kept to one address by mail, and record it, as the custodian or a designee.

    The address is not kept. Raises SettingsError without a mail server, InputError for another role and for an address that
    is none, and for a notice of an order that would not count as telling the family; MailError where the server does not
    take it, UnknownThing: then nothing was sent, and nothing is recorded.
    """
    require_custodian(by)
    address = checked_address(to)
    letter = get_letter(services, letter_id)
    _check_tells_family(services, letter, "mail", by)
    number = f", {letter.about.request_id}" if letter.about.request_id else ""
    send(
        services,
        address,
        f"{_SUBJECTS[letter.language]} {services.settings.district.name}{number}",
        wrapped(letter.text),
    )
    _record_sent(services, letter, "mail", by, user)
    return letter


def note_printed(services: Services, letter_id: str, by: Actor, user: SystemUser) -> StoredLetter:
    """Record that a letter that is kept was printed and went out on paper, as the custodian or a designee.

    Raises InputError for another role, and for a notice of an order that would not count as telling the family; UnknownThing.
    """
    require_custodian(by)
    letter = get_letter(services, letter_id)
    _check_tells_family(services, letter, "print", by)
    _record_sent(services, letter, "print", by, user)
    return letter


def _record_sent(services: Services, letter: StoredLetter, how: str, by: Actor, user: SystemUser) -> None:
    """Record that a letter went out; of a notice of an order or of a hearing, also that this family was told.

    34 CFR 99.31(a)(9)(ii), 99.22(b).
    """
    details = {
        "letter": letter.id,
        "done": SENT,
        "how": how,
        "kind": letter.kind,
        "about": {name: value for name, value in asdict(letter.about).items() if name != "student_id"},
        "by": asdict(by),
        "system_user": asdict(user),
    }
    students = [letter.about.student_id] if letter.about.student_id is not None else []
    with services.store.writing() as unit:
        services.ledger.append(
            unit, at=services.now(), kind="letter", subject=letter.id, details=details, students=students
        )
    if letter.kind == HEARING_NOTICE and letter.about.request_id is not None:
        note_hearing_told(services, letter.about.request_id, letter.at, f"{_WENT_OUT[how]} ({letter.id})", by, user)
    effort = _effort_of(letter, how)
    if effort is not None:
        try:
            add_effort(services, effort, by, user)
        except InputError as error:
            raise InputError(
                f"the notice is on record as sent, and does not count as telling the family: {error}"
            ) from error
        note_efforts(services, effort.referral, by, user)


def _check_tells_family(services: Services, letter: StoredLetter, how: str, by: Actor) -> None:
    """Raise InputError for a notice of an order that would not count as telling the family, before it goes out."""
    effort = _effort_of(letter, how)
    if effort is None:
        return
    try:
        check_effort(services, effort, by)
    except InputError as error:
        raise InputError(
            f"the notice would not count as telling the family, so it is not on record as sent: {error}"
        ) from error


def _effort_of(letter: StoredLetter, how: str) -> Effort | None:
    """Return the effort to tell a family that sending a letter is; None for a letter that is no notice of an order."""
    about = letter.about
    if letter.kind != NOTICE_KIND or about.referral_id is None or about.student_id is None:
        return None
    return Effort(about.referral_id, about.student_id, _WENT_OUT[how], letter=letter.id)


# Templates


def check_templates(templates: Templates) -> int:
    """Fill each template with made-up facts; return how many letters that made. Raises TemplateProblems with every mistake."""
    problems = templates.problems()
    if problems:
        raise TemplateProblems(problems)
    made = 0
    for kind, language in _letters():
        for facts in samples(kind, language):
            try:
                templates.write(kind, facts)
            except TemplateProblems as error:
                problems += [each for each in error.problems if each not in problems]
            made += 1
    if problems:
        raise TemplateProblems(problems)
    return made


def export_templates(folder: Path) -> list[str]:
    """Write the built-in templates into a folder, to be changed there; return the names of those that were written.

    A file that is there already stays as it is. Raises InputError where the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, source in sorted(built_in().items()):
            try:
                with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                    file.write(source.text)
            except FileExistsError:
                continue
            written.append(name)
    except OSError as error:
        why = (error.strerror or "the system refused").lower()
        raise InputError(
            f"'{folder}' cannot be written ({why}): give --export a folder that you may write to"
        ) from error
    return written


def templates_in_use(templates: Templates) -> Iterator[tuple[str, Language, str, bool]]:
    """Yield each letter: its kind, language, file name, and whether the file is the district's."""
    own = set(templates.own)
    for kind, language in _letters():
        name = template_name(kind, language)
        yield kind, language, name, name in own


def _letters() -> Iterator[tuple[str, Language]]:
    return ((kind, language) for kind in KINDS for language in _LANGUAGES)


def _composed(
    services: Services, kind: str, about: LetterAbout, language: Language, typed: Typed
) -> tuple[Prepared, Letter]:
    templates = templates_of(services.settings)
    prepared = prepare(services, kind, about, language, typed)
    letter = templates.write(kind, prepared.facts)
    check_text(letter.text, prepared.recordings)
    return prepared, _changed(services, prepared, letter, kind, typed) if typed.text.strip() else letter
