"""One student's record (34 CFR 99.32) as its family reads it: sentences in English or Spanish, and small pictures.

The lines come from `ledger/student`, which has left out other families already. Pages, CSV and JSON have the rows made here
(`ledger.student.COLUMNS`). A picture is shown only as the family would be given it; making it records nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

from dam_plugin.custodian.letter_words import PARTIES, Said, is_common_purpose, moment_in_words, purpose_in_words
from dam_plugin.errors import CannotRedact, InputError, NotProven, StorageError, UnknownThing
from dam_plugin.ledger.student import (
    AFTERWARDS,
    AGAINST_A_NO,
    ANOTHER_FAMILY,
    COLUMNS,
    DELETED,
    ELSEWHERE,
    ELSEWHERE_ASKED,
    FOR_ANOTHER_FAMILY,
    FOUND_LATER,
    GIVEN_ON,
    HIDDEN,
    LOST,
    NEVER_GIVEN,
    NEVER_HELD,
    NO_DANGER,
    NO_SUCH_RECORD,
    NOT_IN_IT,
    NOT_REACHED,
    NOT_TO_TELL,
    PARTY,
    REFUSED_ON,
    REOPENED,
    REPLACED_ON,
    REPLACES,
    REPORT,
    RIGHTS_PASSED,
    SAME_DAY,
    TAKEN_BACK_BEFORE,
    TOLD_EARLIER,
    TOLD_IN_TIME,
    TOLD_THAT_DAY,
    TRUE_RECIPIENT,
    WITHDRAWN,
    WITHDRAWN_ORDER,
    WITHOUT_RIGHT,
    WITHOUT_THEM,
    WRONG_RECIPIENT,
    WRONG_STUDENT,
    Line,
    is_of_school,
    titles,
)
from dam_plugin.model import CUSTODIANS, Actor, Decision, Guardianship, Outcome, Recipient, Share, StudentRecord
from dam_plugin.procedure.clauses import FEDERAL_LAW, HANDED_OVER, MISTAKE, TO_STUDENT, TRANSFER, outside_of
from dam_plugin.procedure.exceptions import FAMILY, ON_REPORTS
from dam_plugin.procedure.in_words import sentence
from dam_plugin.procedure.outside_words import PROTECTED_BY_LAW, Language, day_in_words
from dam_plugin.procedure.protection import may_be_against
from dam_plugin.procedure.switches import Rulings
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import REQUEST, guardian_ids_in
from dam_plugin.services import Services
from dam_plugin.sharing.make_copy import LARGEST_PICTURE, copy_recipe, make_proven_copy
from dam_plugin.sharing.share import basis_of_share
from dam_plugin.sharing.third_parties import reviewed_by_third_parties
from dam_plugin.store import StoredAsset, Unit
from dam_plugin.yearbook.contact_sheet import thumbnail

Section = Literal["given", "refused", "answered", "other"]
SECTIONS: Mapping[Section, Said] = {
    "given": Said("Given out or shown", "Entregado o mostrado"),
    "refused": Said("Asked and refused", "Pedido y negado"),
    "answered": Said("Asked and answered", "Pedido y contestado"),
    "other": Said("Still waiting, and what else happened", "Pendiente, y qué más pasó"),
}
# What stands on the page besides the rows.
PAGE_WORDS: Mapping[str, Said] = {
    "title": Said("Record of requests and disclosures", "Registro de solicitudes y entregas"),
    "of": Said("The record of", "El registro de"),
    "printed": Said("Printed on", "Impreso el"),
    "statement": Said(
        "A school district keeps a record of each request for a student's school records, and of each time they were given "
        "out: who asked or received, and why. A parent may see it, and so may the student from 18 on (34 CFR 99.32).",
        "El distrito escolar lleva un registro de cada solicitud de los registros escolares de un estudiante, y de cada vez "
        "que se entregaron: quién los pidió o los recibió, y por qué. Lo pueden ver los padres, y también el estudiante a "
        "partir de los 18 años (34 CFR 99.32).",
    ),
    "required": Said(
        "This page shows only what the law asks us to record.",
        "Esta página muestra solo lo que la ley nos pide registrar.",
    ),
    "all": Said(
        "What the law asks us to record says so; the rest is shown besides.",
        "Lo que la ley nos pide registrar está marcado; lo demás se muestra también.",
    ),
    "pictures": Said(
        "A small picture is shown where you may have the picture yourself; other people may be hidden in it.",
        "Se muestra una imagen pequeña cuando usted mismo puede recibir la imagen; en ella puede haber personas ocultas.",
    ),
    "questions": Said("Questions? Please ask", "¿Preguntas? Pregunte a"),
    "without_places": Said(
        "Names of who received something, and notes, are left out here where they could tell where the student lives or goes "
        "to school: the law or a court order asks for that.",
        "Aquí no aparecen los nombres de quienes recibieron algo, ni las notas, si podrían indicar dónde vive o estudia el "
        "alumno: así lo pide la ley o una orden judicial.",
    ),
    "nothing": Said("Nothing is on record.", "No hay nada en el registro."),
    "none": Said("Nothing.", "Nada."),
    "must": Said("The law asks us to record this.", "La ley nos pide registrar esto."),
    "sealed": Said(
        "This record has sealed lines: it is for the custodian alone. Do not hand it out.",
        "Este registro tiene líneas selladas: es solo para el custodio. No lo entregue.",
    ),
    # Settings that nobody has set.
    "the school district": Said("the school district", "el distrito escolar"),
    "the district's records custodian": Said(
        "the district's records custodian", "el custodio de registros del distrito"
    ),
}
_RELEASED = ("allow", "redact")
# The id of a request that is only tried, for a picture: no share has it.
_NOT_KEPT = "sh-picture"
_WIDEST = 240


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose record it is: the student's pseudonym and name, and the names of their own guardians by id in small letters.

    `representing` says of those who ever inspected in the place of one of them, or of the student, from when on and how
    long. `kept_from`: the guardian whom it is told, and from whom it is or may be kept where the student can be found; null
    for anybody else. `parents` are the ids of all who are or were their guardians, in small letters, `never` of those who never
    were one.
    """

    student: str
    name: str
    guardians: Mapping[str, str] = field(default_factory=dict, repr=False)
    representing: tuple[Guardianship, ...] = field(default=(), repr=False)
    kept_from: str | None = None
    parents: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def representative(self, person: str, day: date) -> Guardianship | None:
        """Return the statement by which a person (an id in small letters) represented somebody on a day; None without one."""
        on_day = (each for each in self.representing if each.guardian.casefold() == person and each.has_held(day))
        return next(on_day, None)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the record with its words by the name of their column; `picture` is a `data:` URL, null for none."""

    line: Line
    section: Section
    words: Mapping[str, str]
    picture: str | None = field(default=None, repr=False)

    def values(self, *, with_keys: bool) -> dict[str, Any]:
        """Return what CSV and JSON have of it, by its title."""
        names = {column.name for column in COLUMNS}
        return {
            title: self.words[title] if title in names else getattr(self.line, title)
            for title in titles(with_keys=with_keys)
        }


def whose_record(own: StudentRecord) -> Whose:
    """Return whose record it is."""
    named = {each.casefold(): name for each, name in own.named_guardians}
    representing = tuple(each for each in own.guardianships if each.represents and each.name)
    parents = frozenset(each.casefold() for each in own.ever_guardians)
    never = frozenset(each.guardian.casefold() for each in own.guardianships if own.never_was(each.guardian))
    return Whose(own.id, own.names[0] if own.names else own.id, named, representing, parents=parents, never=never)


def check_reader(own: StudentRecord, day: date, by: Actor) -> None:
    """Raise InputError where another than the custodian asks for a record that not every parent may be handed.

    At the counter stands a person whom nobody has verified, perhaps the one from whom the student's new school is kept
    (34 CFR 99.4, 99.31(c); RSMo 589.664).
    INVARIANT: a protection, a court order and an opt-out from everything are answered with one sentence.
    """
    if by.role not in CUSTODIANS and (own.says_no(day) or _is_kept_from_somebody(own, day)):
        raise InputError("ask the records custodian, who prints this record")


def whom_to_hand(own: StudentRecord, day: date, rulings: Rulings) -> str | None:
    """Return what the custodian alone is told beside a record: what is on file, and to whom it may be handed. None: nothing is.

    The whole of it goes to the guardians from whom no place is or may be kept, by an order or by a protection.
    """
    if not _is_kept_from_somebody(own, day):
        return None
    is_protected, kept_from = own.will_be_protected(day), own.kept_from(day)
    without_place = [each for each in own.guardians_on(day) if own.is_shown_without_place(each, day)]
    named = dict(own.named_guardians)
    whom = [f"{named[each]} ({each})" if each in named else each
            for each in own.guardians_on(day) if each not in (*without_place, *kept_from)]  # fmt: skip
    is_own = has_rights(own, day, rulings)
    if is_own:
        whom = ["the student, who holds the rights"]
    on_file = ["a protection of the student"] if is_protected else []
    kept = {each.what for each in own.limits_from(day)}
    on_file += ["a court order that limits a guardian's rights"] if "limited" in kept else []
    on_file += ["a note that the place is kept from a guardian"] if "whereabouts" in kept else []
    to = f"only to {' or '.join(whom)}, once you know who it is" if whom else "to nobody as it is"
    law = "34 CFR 99.4, 99.31(c); RSMo 589.664"
    note = f"note for the custodian alone: {' and '.join(on_file)} is on file; hand this record {to} ({law})"
    if without_place and not is_own:
        note += "; for whom the place is or may be kept back, print a page that tells no place: --page FILE --for ID"
    return note


def whose_to_hand(own: StudentRecord, day: date, rulings: Rulings) -> str:
    """Return, in words, to whom a record may be handed of which nothing is kept from anybody (34 CFR 99.5, 99.10)."""
    if not has_rights(own, day, rulings):
        who = "guardian whom a court appointed" if own.appointed_on(day) else "family"
        return f"only to the {who}, once you know who it is"
    if own.has_died(day):
        return "to nobody before the district's attorney has said to whom: the student held the rights, and has died"
    return "to the student alone, who holds the rights, once you know who it is"


def leaves_places_out(own: StudentRecord, guardian: str, day: date, rulings: Rulings) -> bool:
    """Whether a guardian may be handed this record only without what could tell where the student can be found.

    Of a protected student it is first said whether the place is kept from this guardian, so that nobody prints the page for
    the wrong one. Raises InputError for one who may not be handed it at all (34 CFR 99.4, 99.5, 99.31(c); RSMo 452.375,
    589.664). On a protected student's record, what one person stated of a guardian gives nobody anything.
    """
    limits = {each.what for each in own.limits_from(day) if guardian in own.met_by(each, day)}
    if "limited" in limits:
        raise InputError("a court order limits this guardian's rights over the record: do not hand it to them")
    is_protected = own.will_be_protected(day)
    if guardian not in own.guardians_on(day, by_two=is_protected and "whereabouts" not in limits):
        raise InputError(_BY_ONE if guardian in own.guardians_on(day) else _NO_GUARDIAN)
    if has_rights(own, day, rulings):
        raise InputError("the student holds the rights over this record: it is handed to the student")
    is_said = "whereabouts" in limits or guardian in own.stated_on(day, "guardian", by_two=True)
    if is_protected and not is_said and not own.is_not_against(guardian, day):
        raise InputError(may_be_against(own.id, guardian))
    return own.is_shown_without_place(guardian, day)


_NO_GUARDIAN = "no guardian of this student has the id given: see `dam-plugin student show`"
_BY_ONE = (
    "this student is protected, and one person alone stated that this is a guardian: it counts once another user of this "
    "system states the same"
)


def _is_kept_from_somebody(own: StudentRecord, day: date) -> bool:
    return own.will_be_protected(day) or bool(own.kept_from(day))


def rows_of(
    whose: Whose,
    lines: Iterable[Line],
    language: Language,
    *,
    zone: tzinfo | None,
    called: Mapping[str, str],
    contacts: Mapping[str, str] | None = None,
    pictures: Mapping[str, str] | None = None,
) -> list[Row]:
    """Return lines in words. `called` are recordings by id, `contacts` the parties' names by share, for a page alone."""
    lines = list(lines)
    telling = _Telling(whose, language, zone, called, contacts or {}, frozenset(each.share for each in lines))
    return [telling.row(line, (pictures or {}).get(line.recording or "")) for line in lines]


def section_of(line: Line) -> Section:
    """Return under which heading a line stands: a refusal is no disclosure, and neither is a copy that hides the student."""
    if line.what in ("closed", "finding") or (_is_hidden(line) and line.what != "handed over"):
        return "other"
    if line.what in ("handed over", "viewed", "received"):
        return "given"
    if line.outcome in _RELEASED or (line.what == "opened" and line.outcome is None):
        return "given"
    if line.outcome == "deny":
        return "refused"
    return "answered" if _is_answered(line) else "other"


def _is_answered(line: Line) -> bool:
    """Whether a request that waited for the records office was answered by then, as its remark says."""
    return line.what == "asked" and line.outcome == "refer" and "answered on" in (line.remark or "")


def _is_hidden(line: Line) -> bool:
    return HIDDEN in (line.remark or "").replace(ELSEWHERE, "")


# Parties

# One person of a role, where a consent's party is all of them.
_ROLES: Mapping[str, Said] = {
    **PARTIES,
    "school_official": Said("a school official", "un funcionario escolar"),
    "parent": Said("a parent", "un padre o una madre"),
    "eligible_student": Said("a student who is 18 or older", "un estudiante de 18 años o más"),
    "public": Said("a member of the public", "una persona del público"),
}
_PRESS = Said("the press", "la prensa")
_EVERYBODY = Said("everybody", "todo el mundo")
_THE_STUDENT = Said("the student", "el propio estudiante")
_NO_PARENT = Said(
    "somebody who was on file as a parent by mistake", "una persona que estaba anotada por error como padre o madre"
)
_OTHER_PARENT = Said("a parent of another student", "el padre o la madre de otro estudiante")
_REPRESENTATIVE = Said(
    "a parent's representative ({name})", "una persona que representa al padre o a la madre ({name})"
)
_SOMEBODY_FOR = Said("a parent's representative", "una persona que representa al padre o a la madre")
_OWN_REPRESENTATIVE = Said("the student's representative ({name})", "una persona que representa al estudiante ({name})")
_OTHER_REPRESENTATIVE = Said(
    "the representative of another student's family", "una persona que representa a la familia de otro estudiante"
)
_OTHER_STUDENT = Said("another student", "otro estudiante")
_SOMEBODY = Said("somebody", "alguien")
_OF_THE_PRESS = ("news", "broadcast")
_OPAQUE = re.compile(r"[SGT]-[0-9A-HJKMNP-TV-Z]{12}", re.IGNORECASE)

# What happened. {party} asked or received, {what} is the recording, {name} the student.

_THIS: Mapping[str, Said] = {
    "image": Said("this photo", "esta foto"),
    "video": Said("this video", "este video"),
    "audio": Said("this sound recording", "esta grabación de sonido"),
    "": Said("this recording", "esta grabación"),
}
_AGAIN = Said(
    "It was asked for, or looked at, on these days too: {0}.", "También se pidió, o se revisó, estos días: {0}."
)
_RECORDINGS = Said("recordings", "grabaciones")
_ASKED: Mapping[str, Said] = {
    "allow": Said("{party} asked for {what} and was given it.", "{party} pidió {what}, y se le entregó."),
    "redact": Said(
        "{party} asked for {what} and was given a copy in which other people are hidden.",
        "{party} pidió {what}, y se le entregó una copia en la que otras personas están ocultas.",
    ),
    "hidden": Said(
        "{party} asked for {what} and was given a copy in which {name} is hidden.",
        "{party} pidió {what}, y se le entregó una copia en la que no se ve a {name}.",
    ),
    "refer": Said(
        "{party} asked for {what}. It was not given: the records office had to look at it first.",
        "{party} pidió {what}. No se entregó: la oficina de registros tenía que revisarlo primero.",
    ),
    "answered": Said(
        "{party} asked for {what}. The records office looked at it first.",
        "{party} pidió {what}. La oficina de registros lo revisó primero.",
    ),
    "deny": Said("{party} asked for {what} and was refused.", "{party} pidió {what}, y se le negó."),
    "": Said("{party} asked for {what}.", "{party} pidió {what}."),
}
_PUBLISHED: Mapping[str, Said] = {
    "allow": Said("The district published {what}.", "El distrito publicó {what}."),
    "redact": Said(
        "The district published a copy of {what} in which other people are hidden.",
        "El distrito publicó una copia de {what} en la que otras personas están ocultas.",
    ),
    "hidden": Said(
        "The district published a copy of {what} in which {name} is hidden.",
        "El distrito publicó una copia de {what} en la que no se ve a {name}.",
    ),
    "refer": Said(
        "The district's staff wanted to publish {what}. It was not published: the records office had to look at it first.",
        "El personal del distrito quería publicar {what}. No se publicó: la oficina de registros tenía que revisarlo primero.",
    ),
    "deny": Said(
        "The district's staff wanted to publish {what}. That was refused, and it was not published.",
        "El personal del distrito quería publicar {what}. Se negó, y no se publicó.",
    ),
    "": Said("The district's staff wanted to publish {what}.", "El personal del distrito quería publicar {what}."),
}
_OPENED = Said(
    "{party} opened the link to {what} and received it.", "{party} abrió el enlace a {what} y recibió el contenido."
)
_OPENED_IN_VAIN = Said(
    "{party} opened the link to {what}, and it showed nothing any more.",
    "{party} abrió el enlace a {what}, y ya no mostró nada.",
)
_HANDED_OVER = Said("{what} was handed over to {party} by hand.", "{what} se entregó en mano a {party}.")
_VIEWED = Said("{party} saw or heard {what} in the office.", "{party} vio o escuchó {what} en la oficina.")
_VIEWED_COPY = Said(
    "{party} saw or heard a copy of {what} in the office, in which others are hidden.",
    "{party} vio o escuchó en la oficina una copia de {what}, en la que otras personas están ocultas.",
)
_VIEWED_HIDDEN = Said(
    "{party} saw or heard a copy of {what} in the office, in which {name} is hidden.",
    "{party} vio o escuchó en la oficina una copia de {what}, en la que no se muestra a {name}.",
)
_RECEIVED = Said("{party} received {what}.", "{party} recibió {what}.")
_CLOSED = Said("The link of {party} to {what} was closed.", "Se cerró el enlace de {party} a {what}.")
_FOUND = Said(
    "The records office looked into the request of {party} for {what}.",
    "La oficina de registros revisó la solicitud de {party} de {what}.",
)
_DONE: Mapping[str, Said] = {
    "handed over": _HANDED_OVER,
    "received": _RECEIVED,
    "closed": _CLOSED,
    "finding": _FOUND,
}
_REMARKS: Mapping[str, Said] = {
    ELSEWHERE: Said(
        "The copy hides {name} where we knew {name} to be. {name} was found at another place in it later, and may have been "
        "shown.",
        "La copia no muestra a {name} donde sabíamos que estaba. Después se le encontró en otro lugar, y es posible que se "
        "haya mostrado.",
    ),
    FOUND_LATER: Said(
        "{name} was found in a later version of it: this one may have shown {name}.",
        "Se encontró a {name} en una versión posterior: es posible que esta también mostrara a {name}.",
    ),
    TAKEN_BACK_BEFORE: Said(
        "By what we know now, the consent on which we gave it out had been taken back before that day.",
        "Por lo que sabemos ahora, el consentimiento con el que se entregó ya se había retirado antes de ese día.",
    ),
    AGAINST_A_NO: Said(
        "By what we know now, the family had said no to this by that day.",
        "Por lo que sabemos ahora, la familia ya había dicho que no a esto para ese día.",
    ),
    WITHOUT_RIGHT: Said(
        "By what we know now, the parent who got this, or who consented to it, did not hold the rights over the record on "
        "that day.",
        "Por lo que sabemos ahora, quien lo recibió, o quien dio el consentimiento, no tenía ese día los derechos sobre el "
        "registro.",
    ),
    AFTERWARDS: Said(
        "We found only afterwards that {name} is in it.", "Solo después supimos que {name} aparece en la grabación."
    ),
    NOT_IN_IT: Said(
        "We found later that {name} is not in it.", "Después supimos que {name} no aparece en la grabación."
    ),
    DELETED: Said("The details were deleted.", "Los detalles se borraron."),
    SAME_DAY: Said(
        "The family was told of the order on the same day, before it was answered, or we tried to reach them.",
        "Se avisó a la familia de la orden el mismo día, antes de que se contestara, o intentamos localizarla.",
    ),
    TOLD_EARLIER: Said(
        "The family had been told of the order, or we had tried to reach them, but this was before the day of the answer.",
        "Ya se había avisado a la familia de la orden, o se había intentado, pero esto fue antes del día de la respuesta.",
    ),
    TOLD_IN_TIME: Said(
        "The family had been told of the order in advance, or we had tried to reach them.",
        "Se había avisado antes a la familia de la orden, o se había intentado.",
    ),
    TOLD_THAT_DAY: Said(
        "The family was told of the order only on the same day, or we tried to reach them.",
        "Se avisó a la familia de la orden solo el mismo día, o intentamos localizarla.",
    ),
    PARTY: Said(
        "A parent is a party to the court proceeding in which the order was issued, so the law asks for no further notice.",
        "Uno de los padres es parte en el procedimiento judicial en el que se dictó la orden, por lo que la ley no pide otro "
        "aviso.",
    ),
    NOT_TO_TELL: Said(
        "Under an order that forbids telling the family: show this line to nobody.",
        "Bajo una orden que prohíbe informar a la familia: no muestre esta línea a nadie.",
    ),
    REPORT: Said(
        "A report to the Children's Division is confidential (RSMo 210.150): show this line to nobody.",
        "Un informe a la División de Menores es confidencial (RSMo 210.150): no muestre esta línea a nadie.",
    ),
    WITHDRAWN_ORDER: Said(
        "It was withdrawn, or the court quashed it.", "Fue retirada, o el tribunal la dejó sin efecto."
    ),
    WITHDRAWN: Said("It was withdrawn.", "Fue retirada."),
    NO_SUCH_RECORD: Said(
        "The answer was that there is no such record.", "La respuesta fue que no existe tal registro."
    ),
    LOST: Said("The answer was that it was lost.", "La respuesta fue que se perdió."),
    RIGHTS_PASSED: Said(
        "The answer was that the rights are the student's now.",
        "La respuesta fue que los derechos son ahora del estudiante.",
    ),
    ELSEWHERE_ASKED: Said(
        "Whoever asked was told to ask another office.", "A quien la pidió se le indicó que preguntara en otra oficina."
    ),
    # The sentence says it already.
    HIDDEN: Said("", ""),
    "revoked": Said("The district took it back.", "El distrito lo retiró."),
}


def _made_of(template: str) -> re.Pattern[str]:
    """Return the pattern of what the record makes of a template, with its days; without who corrected it, and why."""
    parts = re.split(r"\{\w*\}", template.partition("; corrected by ")[0])
    return re.compile(r"\b" + r"(\d{4}-\d\d-\d\d)".join(map(re.escape, parts)))


_PATTERNS: Sequence[tuple[re.Pattern[str], Said]] = (
    (
        _made_of(NOT_REACHED),
        Said(
            "On {0} the court struck this recording from its order: it asks for it no more.",
            "El {0} el tribunal excluyó esta grabación de su orden: ya no la pide.",
        ),
    ),
    (
        _made_of(NO_DANGER),
        Said(
            "The district reviewed this on {0}, and found that there was no such danger.",
            "El distrito lo revisó el {0}, y concluyó que no existía tal peligro.",
        ),
    ),
    (
        _made_of(NEVER_HELD),
        Said(
            "The paper or the statement on which we gave it out did not hold for it. The records office corrected that on {0}.",
            "El documento o la declaración por la que se entregó no valía para ello. La oficina de registros lo corrigió el "
            "{0}.",
        ),
    ),
    (
        _made_of(NEVER_GIVEN),
        Said(
            "We gave it out on a consent that nobody had given: it was noted here by mistake. The records office corrected "
            "that on {0}.",
            "Se entregó con base en un consentimiento que nadie dio: se anotó aquí por error. La oficina de registros lo "
            "corrigió el {0}.",
        ),
    ),
    (
        re.compile(r"published in the yearbook set \S+ as [^;]*?, page ([\d, ]+)"),
        Said("In the yearbook, page {0}.", "En el anuario, página {0}."),
    ),
    (re.compile(r"published in the yearbook set \S+ as [^;]*"), Said("In the yearbook.", "En el anuario.")),
    (re.compile(r"the request (RQ-\d+) of the register"), Said("It is request {0}.", "Es la solicitud {0}.")),
    (
        _made_of(REOPENED),
        Said(
            "It was refused on {0}, and the records office took it up again on {1}.",
            "Se negó el {0}, y la oficina de registros la retomó el {1}.",
        ),
    ),
    (
        _made_of(WITHOUT_THEM),
        Said(
            "It was answered on {0}. As the records office noted it, no record of this student was given.",
            "Se contestó el {0}. Según anotó la oficina de registros, no se entregó ningún registro de este estudiante.",
        ),
    ),
    (
        _made_of(GIVEN_ON),
        Said("It was answered on {0}{see}.", "Se contestó el {0}{see}."),
    ),
    (
        _made_of(REFUSED_ON),
        Said(
            "The records office looked at it first, and answered on {0}.",
            "La oficina de registros lo revisó primero, y contestó el {0}.",
        ),
    ),
    (re.compile(r"a finding of the custodian: \S+"), Said("", "")),
    (
        _made_of(WRONG_STUDENT),
        Said(
            "This line was entered for the wrong student. The records office corrected it on {0}.",
            "Esta línea se anotó por error a nombre de este estudiante. La oficina de registros la corrigió el {0}.",
        ),
    ),
    (
        _made_of(WRONG_RECIPIENT),
        Said(
            "It was not received by whom this line names. The records office corrected that on {0}{see}.",
            "No lo recibió quien se nombra en esta línea. La oficina de registros lo corrigió el {0}{see}.",
        ),
    ),
    (
        _made_of(TRUE_RECIPIENT),
        Said(
            "The records office had entered somebody else as having received it, and corrected that on {0}.",
            "La oficina de registros había anotado que lo recibió otra persona, y lo corrigió el {0}.",
        ),
    ),
    (
        _made_of(REPLACES),
        Said(
            "The records office had entered this otherwise before, and corrected it on {0}.",
            "La oficina de registros lo había anotado antes de otra manera, y lo corrigió el {0}.",
        ),
    ),
    (
        _made_of(REPLACED_ON),
        Said(
            "The records office entered this again on {0}, with a correction{see}.",
            "La oficina de registros lo anotó de nuevo el {0}, con una corrección{see}.",
        ),
    ),
)  # fmt: skip
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# Where the record has the line that says more.
_SEE = Said(": see that line", ": vea esa línea")
_NOTE = Said("Note of the office", "Nota de la oficina")
_IN_PERSON = re.compile(
    r"(?:by hand|in the office) on (\d{4}-\d\d-\d\d)(?:, (\d+) minutes)?(, before the families were told)?"
    r"(, with the family's statement)?(, without the family's statement, which is to be sent after)?"
    r"(?:, without the family's statement, sent after on (\d{4}-\d\d-\d\d))?(?:, under ([^:;]+))?"
)
_MINUTES = Said("It took {0} minutes.", "Duró {0} minutos.")
_BEFORE_NOTICE = Said(
    "This was before the families were told of the order.",
    "Esto fue antes de que se avisara a las familias de la orden.",
)
_WITH_STATEMENT = Said("Your statement went along with it.", "Su declaración se entregó junto con la grabación.")
_STATEMENT_TO_SEND = Said(
    "It went out without your statement, which is to be sent after.",
    "Se entregó sin su declaración, que se enviará después.",
)
_STATEMENT_SENT = Said(
    "It went out without your statement, which was sent after {0}.",
    "Se entregó sin su declaración, que se envió después, {0}.",
)
_UNDER = Said("The law: {0}.", "La ley: {0}.")
_PURPOSE = Said("For", "Para")
_THREAT = Said("The danger that was stated", "El peligro que se indicó")

# The sentences of clauses for whom asks; here a family reads what others asked.

_FOR_A_FAMILY: Mapping[str, Said] = {
    "EX2": Said(
        "The law lets a family see what is about its own child. It protects other students.",
        "La ley permite que una familia vea lo que trata de su propio hijo o hija. Protege a los demás estudiantes.",
    ),
    "RIGHTS-PARENTS": Said(
        "The rights over school records are the parents' until the student is 18.",
        "Los derechos sobre los registros escolares son de los padres hasta que el estudiante cumple 18 años.",
    ),
    "RIGHTS-WARD": Said(
        "A court gave the rights over these school records to a guardian, who may ask for them at any time.",
        "Un tribunal dio los derechos sobre estos registros escolares a un tutor legal, que puede pedirlos cuando quiera.",
    ),
    "EX2-RELATION": Said(
        "We could not make sure yet that this person may see the student's record.",
        "Todavía no pudimos comprobar que esta persona puede ver el registro del estudiante.",
    ),
    "REDACT-NAMED": Said(
        "They asked for a certain student. The law does not let us give out school records about a certain student without "
        "written consent.",
        "Se preguntó por un estudiante en particular. Sin un consentimiento por escrito, la ley no nos permite dar registros "
        "escolares de un estudiante en particular.",
    ),
    "EX4-LIMITED": Said(
        "The district's policy lets us give out recordings of students for some purposes only. This is not one of them.",
        "La política del distrito solo permite dar grabaciones de estudiantes para algunos fines. Este no es uno de ellos.",
    ),
    "EX9-EVIDENCE": Said(
        "In an emergency we need to know the danger, and why the recording is needed. We did not know both.",
        "En una emergencia necesitamos saber cuál es el peligro y para qué se necesita la grabación. No sabíamos ambas "
        "cosas.",
    ),
    "RELEASE-UNABLE": Said(
        "We could not make a copy of it that is safe to hand out.",
        "No pudimos hacer una copia que sea seguro entregar.",
    ),
    "LINK": Said("The link does not open anything any more.", "El enlace ya no abre nada."),
    "UNIT-RECORD": Said(
        "It is a record of the law-enforcement unit, which decides on it.",
        "Es un registro de la unidad de policía, que decide sobre él.",
    ),
    "CLOSED-REVIEW": Said("The records office looks at the request.", "La oficina de registros revisa la solicitud."),
}
# Clauses with the same sentence for who asks have the same for a family.
_IN_PLACE = {outside_of(clause).en: said for clause, said in _FOR_A_FAMILY.items()} | {
    outside_of(clause).en: _FOR_A_FAMILY["CLOSED-REVIEW"] for clause in HANDED_OVER.values()
}

# What was handed over, and not that the request is looked at.
_WAS_HANDED_OVER: Mapping[str, Said] = {
    TRANSFER: Said(
        "The law lets a school send a student's record to a school where the student seeks to enroll or is enrolled (34 CFR "
        "99.31(a)(2), 99.34).",
        "La ley permite que una escuela envíe el registro de un estudiante a la escuela en la que este busca inscribirse o "
        "está inscrito (34 CFR 99.31(a)(2), 99.34).",
    ),
    TO_STUDENT: Said(
        "The law lets a school give students their own record before they are 18 (34 CFR 99.31(a)(12)).",
        "La ley permite que una escuela entregue a los estudiantes su propio registro antes de los 18 años (34 CFR "
        "99.31(a)(12)).",
    ),
    MISTAKE: Said(
        "It was given out by mistake: the law did not permit it (34 CFR 99.30). Please ask the records office what was done.",
        "Se entregó por error: la ley no lo permitía (34 CFR 99.30). Pregunte a la oficina de registros qué se hizo.",
    ),
    FEDERAL_LAW: Said(
        "Federal law let us give the student's record to whoever received it.",
        "La ley federal nos permitía entregar el registro del estudiante a quien lo recibió.",
    ),
}


def ground_for_family(clause: str, language: Language, *, released: bool, of_report: bool = False) -> str:
    """Return a clause as a family reads it, with its provision. What is released is protected by no closing provision.

    Only a line `of_report` cites the law on reports: to a parent it says that somebody reported.
    INVARIANT: as `outside_words.NO_CONSENT`, an opt-out, a protected student, and a missing consent are told alike.
    """
    if released and clause in _WAS_HANDED_OVER:
        return _WAS_HANDED_OVER[clause].in_(language)
    outside = outside_of(clause)
    told = _IN_PLACE.get(outside.en, outside).in_(language)
    parts = [each.strip() for each in outside.provision.split(";")]
    left_out = {PROTECTED_BY_LAW} if released else set()
    left_out |= set() if of_report else {ON_REPORTS}
    kept = [each for each in parts if each not in left_out]
    return f"{told.removesuffix('.')} ({'; '.join(kept)})."


@dataclass(frozen=True, slots=True)
class _Telling:
    """Puts the lines of one record into words of one language; `shares` are those that the record has lines of."""

    whose: Whose
    language: Language
    zone: tzinfo | None
    called: Mapping[str, str]
    contacts: Mapping[str, str]
    shares: frozenset[str]

    def row(self, line: Line, picture: str | None) -> Row:
        section = section_of(line)
        words = {
            "student": self.whose.name,
            "section": SECTIONS[section].in_(self.language),
            "when": moment_in_words(self._local(line.at), self.language),
            "called": self.called.get(line.recording or "", self._unknown(line)),
            "happened": " ".join(filter(None, (self._happened(line), self._again(line), *self._remarks(line)))),
            "party": self.party(line),
            "why": " ".join(self._why(line)),
            "recorded": PAGE_WORDS["must"].in_(self.language) if line.required else "",
        }
        return Row(line, section, words, picture)

    def party(self, line: Line) -> str:
        """Return who asked or received, as far as role and id tell; no other family by name or id."""
        role, _, person = (line.who or "").partition(":")
        contact = self.contacts.get(line.share, "")
        known = [each for each in (_id_in_words(person, role), contact) if each]
        if role == "public" and not known and line.what not in ("asked", "viewed", "received", "handed over"):
            return self._in(_EVERYBODY)
        if person == ANOTHER_FAMILY:
            if role in FAMILY or role not in _ROLES:
                return self._in(_OTHER_PARENT)
            known = [self._in(_OTHER_PARENT)]
        if person == FOR_ANOTHER_FAMILY:
            return self._in(_OTHER_REPRESENTATIVE)
        is_parent, called = role == "parent", person.casefold()
        is_guardian = called in self.whose.guardians or called in self.whose.parents
        represents = self.whose.representative(called, self._local(line.at).date())
        if is_parent and not is_guardian and represents is not None:
            said = _OWN_REPRESENTATIVE if represents.represents == self.whose.student else _REPRESENTATIVE
            named = self._in(said).replace("{name}", represents.name or "")
            return named if self._may_know(called) else self._in(_SOMEBODY_FOR)
        # A guardian who got it under another role is named all the same (34 CFR 99.32(a)(3)(i)).
        if (is_parent or guardian_ids_in(person)) and (name := self.whose.guardians.get(called)):
            known = [name]
        if role == "eligible_student" and person:
            own = person.casefold() == self.whose.student.casefold()
            return self._in(_THE_STUDENT if own else _OTHER_STUDENT)
        is_press = role == "public" and line.interest in _OF_THE_PRESS
        told = self._in(_PRESS if is_press else _ROLES[role]) if role in _ROLES else role
        if is_parent and called in self.whose.never:
            told = self._in(_NO_PARENT)
        # Of a school that is not named, nobody there is named either.
        is_unnamed = is_of_school(line.who) and not person
        if is_unnamed or (self.whose.kept_from is not None and not (is_parent and self._may_know(called))):
            known = []
        return f"{told} ({', '.join(known)})" if known else told or self._in(_SOMEBODY)

    def _may_know(self, guardian: str) -> bool:
        """Whether the reader may be told this guardian's name: the name of a foster parent tells where the student lives."""
        return self.whose.kept_from is None or self.whose.kept_from.casefold() == guardian

    def _happened(self, line: Line) -> str:
        party = self.party(line)
        what = _THIS.get((line.media_type or "").partition("/")[0], _THIS[""])
        if line.recording is None and line.share.startswith(REQUEST):
            # What the register has may be one recording, several, or words alone.
            what = _RECORDINGS
        said = self._in(_sentence_of(line))
        if party == self._in(_EVERYBODY) and line.what == "opened":
            party = self._in(_SOMEBODY)
        told = said.format(party=party, what=self._in(what), name=self.whose.name)
        if self.language == "es":
            told = told.replace(" a el ", " al ").replace(" de el ", " del ")
        return sentence(told)

    def _again(self, line: Line) -> str:
        """Return on which other days the same was asked for; "" where there is none."""
        days = dict.fromkeys(self._local(each).date() for each in line.again)
        told = [day_in_words(each, self.language) for each in days if each != self._local(line.at).date()]
        return self._in(_AGAIN).format("; ".join(told)) if told else ""

    def _remarks(self, line: Line) -> Iterator[str]:
        left, see = line.remark or "", "" if self.shares.isdisjoint(line.see) else self._in(_SEE)
        for known, said in _REMARKS.items():
            if known in left:
                left = left.replace(known, "", 1)
                yield self._in(said).replace("{name}", self.whose.name)
        for pattern, said in _PATTERNS:
            if found := pattern.search(left):
                left = left.replace(found[0], "", 1)
                yield self._in(said).format(*map(self._day_told, found.groups()), see=see)
        if found := _IN_PERSON.search(left):
            left = left.replace(found[0], "", 1)
            yield from self._in_person(found)
        rest = "; ".join(each.strip(" :") for each in left.split(";") if each.strip(" :"))
        if rest and self.whose.kept_from is None:
            yield f"{self._in(_NOTE)}: {rest}."

    def _day_told(self, text: str) -> str:
        """Return a day as the rest of the page writes days; another text as it is."""
        is_day = _DAY.fullmatch(text) is not None
        return day_in_words(date.fromisoformat(text), self.language) if is_day else text

    def _in_person(self, found: re.Match[str]) -> Iterator[str]:
        """Yield when it was handed over or seen, and what belongs to that."""
        on = moment_in_words(datetime.fromisoformat(found[1]), self.language)
        yield sentence(f"el {on}." if self.language == "es" else f"on {on}.")
        if found[2]:
            yield self._in(_MINUTES).format(found[2])
        if found[3]:
            yield self._in(_BEFORE_NOTICE)
        if found[4]:
            yield self._in(_WITH_STATEMENT)
        if found[5]:
            yield self._in(_STATEMENT_TO_SEND)
        if found[6]:
            sent = moment_in_words(datetime.fromisoformat(found[6]), self.language)
            yield self._in(_STATEMENT_SENT).format(f"el {sent}" if self.language == "es" else f"on {sent}")
        if found[7]:
            yield self._in(_UNDER).format(found[7])

    def _why(self, line: Line) -> Iterator[str]:
        if line.interest and (self.whose.kept_from is None or is_common_purpose(line.interest)):
            yield f"{self._in(_PURPOSE)}: {purpose_in_words(line.interest, self.language)}."
        if line.threat and self.whose.kept_from is None:
            yield f"{self._in(_THREAT)}: {line.threat.removesuffix('.')}."
        released = line.outcome in _RELEASED
        of_report = line.of_report
        yield from dict.fromkeys(
            ground_for_family(each, self.language, released=released, of_report=of_report) for each in line.clauses
        )

    def _unknown(self, line: Line) -> str:
        if line.recording is None:
            return ""
        return "ya no se conoce" if self.language == "es" else "not known any more"

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(second=0, microsecond=0)

    def _in(self, said: Said) -> str:
        return said.in_(self.language)


def _sentence_of(line: Line) -> Said:
    match line.what:
        case "opened":
            return _OPENED if line.outcome in (*_RELEASED, None) else _OPENED_IN_VAIN
        case "viewed":
            seen = _VIEWED_COPY if line.outcome == "redact" else _VIEWED
            return _VIEWED_HIDDEN if _is_hidden(line) else seen
        case "handed over" | "received" | "closed" | "finding":
            return _DONE[line.what]
    said = _ASKED if line.what == "asked" else _PUBLISHED
    if _is_answered(line):
        return said["answered"]
    hidden = line.outcome == "redact" and _is_hidden(line)
    return said.get("hidden" if hidden else line.outcome or "", said[""])


def _id_in_words(person: str, role: str) -> str:
    """Return an id as people write it: `officer-221` is `Officer 221`; a pseudonym, or the role again, tells nothing."""
    if person in ("", role, ANOTHER_FAMILY, FOR_ANOTHER_FAMILY) or _OPAQUE.fullmatch(person):
        return ""
    return person if "@" in person else sentence(re.sub(r"[-_]+", " ", person).strip())


# Pictures


def pictures_for(services: Services, student_id: str, recordings: Iterable[str]) -> dict[str, str]:
    """Return small pictures of recordings by id, as `data:` URLs: each as every one of the family would be given it now.

    There is none where a guardian of the student would be given none, or another copy; of a recording that is no picture,
    or was replaced or deleted; and where no proven copy could be made. Nothing is released or recorded.
    """
    with services.store.reading() as unit:
        own = unit.people.need(student_id)
        kept = {each: unit.assets.by_id(each) for each in recordings}
        current = {each: found for each, found in kept.items() if found is not None and _is_current(unit, found)}
    family = _family_of(services, own)
    made = ((each, _picture(services, stored, own, family)) for each, stored in current.items())
    return {each: picture for each, picture in made if picture is not None}


def _is_current(unit: Unit, stored: StoredAsset) -> bool:
    now = unit.assets.current(stored.asset.key)
    return now is not None and now.asset.id == stored.asset.id


def _family_of(services: Services, own: StudentRecord) -> list[Recipient]:
    """Return who may read the record: the student alone once the rights are theirs, else each guardian, also a limited one."""
    today = services.now().date()
    if has_rights(own, today, services.rulings):
        return [Recipient("eligible_student", own.id)]
    others = ("self", "college", "died", "representative", "retained", "not_against", "another", "never")
    stated = (each.guardian for each in own.guardianships if each.what not in others and each.is_in_force(today))
    readers = (each for each in dict.fromkeys((*own.guardians, *stated)) if not own.never_was(each, today))
    return [Recipient("parent", each) for each in readers]


def _picture(services: Services, stored: StoredAsset, own: StudentRecord, family: Sequence[Recipient]) -> str | None:
    asset = stored.asset
    if not family or not asset.media_type.startswith("image/") or asset.size > LARGEST_PICTURE:
        return None
    try:
        decided = [_decided(services, stored, own, each) for each in family]
        if len({(each.outcome, each.redact) for _, each in decided}) != 1 or decided[0][1].outcome > Outcome.REDACT:
            return None
        request, decision = decided[0]
        recipe = copy_recipe(services, stored, decision, urgent=False, request=request, is_told=False)
        with tempfile.TemporaryDirectory() as folder:
            copy = make_proven_copy(services, recipe, Path(folder))
            return thumbnail(copy.path.read_bytes(), _WIDEST)
    except (CannotRedact, NotProven, StorageError, UnknownThing):
        return None


def _decided(
    services: Services, stored: StoredAsset, own: StudentRecord, recipient: Recipient
) -> tuple[Share, Decision]:
    """Return the request of one of the family for a recording, with its answer as it would be today."""
    request = Share(_NOT_KEPT, stored.asset.key, "request", "inspection", Actor("custodian", "record"), recipient)
    basis = basis_of_share(services, request)
    decision = reviewed_by_third_parties(services, request, basis.case, basis.decision())
    if own.id in decision.redact:
        return request, Decision(Outcome.DENY, (), {}, ())
    return request, decision


def page_words(language: Language) -> Callable[[str], str]:
    """Return a function that tells in this language what stands on the page besides the rows; another text as it is."""
    return lambda name: PAGE_WORDS[name].in_(language) if name in PAGE_WORDS else name
