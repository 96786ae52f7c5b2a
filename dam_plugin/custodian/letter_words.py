"""The words of letters in English and Spanish that are no template's: days, money, grounds, deadlines, parties. Pure.

Spanish addresses the reader as `usted`. A ground is told to the outside: without a name, a pseudonym or a number.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dam_plugin.custodian.exemption_log import shares_of_crop
from dam_plugin.custodian.family_grounds import is_of_court_order
from dam_plugin.custodian.letter_facts import Ground, Money, Recording
from dam_plugin.procedure.clauses import outside_of
from dam_plugin.procedure.outside import tell_outside
from dam_plugin.procedure.outside_words import AFTER_DEATH_OF_GROWN, Language, day_in_words, left_out_of_copies
from dam_plugin.procedure.purposes import fold
from dam_plugin.redaction.plan_picture import clock
from dam_plugin.sharing.closed_records import with_closing_law

WEEKDAYS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """The same in both languages."""

    en: str
    es: str

    def in_(self, language: Language) -> str:
        """Return it in one of them."""
        return self.es if language == "es" else self.en


# Values as a letter writes them


def weekday_in_words(day: date, language: Language) -> str:
    """Return a day with the day of the week before it."""
    weekday = WEEKDAYS[language][day.weekday()]
    return (
        f"{weekday} {day_in_words(day, language)}" if language == "es" else f"{weekday}, {day_in_words(day, language)}"
    )


def moment_in_words(moment: datetime, language: Language) -> str:
    """Return a moment as `October 5, 2026, at 9:00 a.m.` or `5 de octubre de 2026, a las 9:00 a. m.`; midnight is a day."""
    day = day_in_words(moment.date(), language)
    if (moment.hour, moment.minute) == (0, 0):
        return day
    hour, half = moment.hour % 12 or 12, ("a", "p")[moment.hour >= 12]
    clock = f"{hour}:{moment.minute:02}"
    if language == "es":
        return f"{day}, a {'la' if hour == 1 else 'las'} {clock} {half}. m."
    return f"{day}, at {clock} {half}.m."


def money_in_words(money: Money) -> str:
    """Return an amount as `$12.05`."""
    return f"${money.cents // 100:,}.{money.cents % 100:02}"


def in_words(value: object, language: Language) -> str | None:
    """Return a value as a letter writes it; None for what no letter writes."""
    match value:
        case datetime():
            return moment_in_words(value, language)
        case date():
            return day_in_words(value, language)
        case Money():
            return money_in_words(value)
        case bool():
            return None
        case str() | int():
            return str(value)
    return None


# Recordings


def recording_told(short_id: str, event: str, day: date | None, language: Language) -> Recording:
    """Return a recording with what a letter calls it: its event and its day, as far as they are known, and its id."""
    if language == "es":
        called = f"«{event}»" if event else "una grabación"
        called += f"{',' if event else ''} del {day_in_words(day, language)}" if day else ""
        called += f" (grabación {short_id})"
    else:
        called = f'"{event}"' if event else "a recording"
        called += (
            f", {day_in_words(day, language)}" if event and day else f" of {day_in_words(day, language)}" if day else ""
        )
        called += f" (recording {short_id})"
    return Recording(called, short_id, event, day)


def greeting_for(name: str, language: Language) -> str:
    """Return how a letter begins, where the custodian typed no form of address."""
    return f"Estimado(a) {name}" if language == "es" else f"Dear {name}"


# Deadlines


def counted_in_words(days: int, counted: str, start: date, skipped: Mapping[date, str], language: Language) -> str:
    """Return how a last day came about, as a sentence.

    `counted` is the unit of a term (`due_dates.Term`); `skipped` are the days that do not count, each with why: a day of the
    week in English, or `holiday`.
    """
    spanish = language == "es"
    begun = day_in_words(start, language)
    match counted:
        case "the day itself":
            return "Es el día que le dimos." if spanish else "It is the day that we gave you."
        case "at once":
            return (
                "Lo hacemos de inmediato, antes de que empiece." if spanish else "We do it at once, before it begins."
            )
        case "calendar days":
            return (
                f"Son {days} días después del {begun}; los fines de semana y los feriados también cuentan."
                if spanish
                else f"That is {days} days after {begun}; weekends and holidays count too."
            )
        case "business days before":
            many = _business_days(days, language)
            en, es = ("the last business day", "Es el último día hábil") if days == 1 else (many, f"Son {many}")
            how = f"{es} antes del {begun}." if spanish else f"That is {en} before {begun}."
        case _:
            many = _business_days(days, language)
            how = (
                f"{'Es' if days == 1 else 'Son'} {many} después del {begun}."
                if spanish
                else f"That is {many} after {begun}."
            )
    left_out = [_skipped(day, why, language) for day, why in skipped.items()]
    if not left_out:
        return how
    return f"{how} {'No se cuentan' if spanish else 'Not counted'}: {'; '.join(left_out)}."


def _business_days(days: int, language: Language) -> str:
    number = {1: Said("one", "un"), 2: Said("two", "dos"), 3: Said("three", "tres"), 5: Said("five", "cinco")}.get(days)
    count = number.in_(language) if number else str(days)
    if language == "es":
        return f"{count} día hábil" if days == 1 else f"{count} días hábiles"
    return f"{count} business day" if days == 1 else f"{count} business days"


def _skipped(day: date, why: str, language: Language) -> str:
    told = weekday_in_words(day, language)
    return f"{told} ({'feriado' if language == 'es' else 'a holiday'})" if why == "holiday" else told


# What has to be done until a clock of a request ends, after "we have to" and "tenemos que".
CLOCK_WORDS: Mapping[str, Said] = {
    "answer": Said(
        "give you the records, tell you why not, or tell you why it takes longer",
        "darle los registros, decirle por qué no, o decirle por qué tardamos más",
    ),
    "division": Said("answer the Children's Division", "responder a la División de Menores (Children's Division)"),
    "availability": Said("have it ready for you", "tenerlo listo para usted"),
    "reasons": Said("give you the reasons in writing", "darle las razones por escrito"),
    "notice": Said("tell the families of it", "avisar a las familias"),
    "return": Said("answer the order", "responder a la orden"),
    "hearing": Said("let you see it, because of your hearing", "dejar que usted lo vea, por su audiencia"),
    "meeting": Said("let you see it, because of your meeting", "dejar que usted lo vea, por su reunión"),
    "amendment": Said("decide whether to amend the record", "decidir si corregimos el registro"),
    "amendment-hearing": Said("tell you when and where the hearing is", "decirle cuándo y dónde es la audiencia"),
    "amendment-decision": Said("decide in writing after the hearing", "decidir por escrito después de la audiencia"),
    "inspection": Said("let you see it", "dejar que usted lo vea"),
    "transfer": Said("answer your school", "responder a su escuela"),
}
# Of the return day of a subpoena or a court's order.
GIVEN_BY_PAPER = Said("It is the day that the paper gives.", "Es el día que indica el documento.")
# In place of what lets them see it, while it is open whether whoever asks may.
ANSWER_WORDS: Mapping[str, Said] = {
    "inspection": Said("answer you", "responderle"),
    "amendment": Said("answer you", "responderle"),
    "amendment-hearing": Said("answer you", "responderle"),
    "amendment-decision": Said("answer you", "responderle"),
    "hearing": Said("answer you, because of your hearing", "responderle, por su audiencia"),
    "meeting": Said("answer you, because of your meeting", "responderle, por su reunión"),
}

# The same for somebody who may not know whether there is anything to be given or had ready.
STRANGER_WORDS: Mapping[str, Said] = {
    **ANSWER_WORDS,
    "answer": Said("answer you, or tell you why it takes longer", "responderle, o decirle por qué tardamos más"),
    "availability": Said("answer you", "responderle"),
}
# Why an answer to them takes longer: the cause that staff keep may tell what there is.
STRANGER_CAUSE = Said(
    "you asked about a certain person, and we look at what the law lets us answer",
    "usted preguntó por una persona en particular, y vemos qué nos permite responder la ley",
)

# Places that a copy hides


def place_in_words(place: Mapping[str, Any], language: Language) -> str:
    """Return a place that a copy hides in words: a box in fractions of the picture (`x, y, w, h`), a crop, or a sound.

    `from` and `to` are seconds. What is none of these is said to be parts of the recording.
    """
    spanish = language == "es"
    when = ""
    if "from" in place:
        begin, end = (_short(clock(each)) for each in (place["from"], place["to"]))
        when = f", de {begin} a {end}" if spanish else f", from {begin} to {end}"
    if "box" in place:
        x, y, width, height = (round(each * 100) for each in place["box"])
        return (
            f"un recuadro a {x} % de la izquierda y {y} % de arriba, de {width} % de ancho y {height} % de alto{when}"
            if spanish
            else f"a box at {x} % from the left and {y} % from the top, {width} % wide and {height} % high{when}"
        )
    if "crop" in place:
        left, top, right, bottom = shares_of_crop(place)
        return (
            f"la imagen está recortada: todo menos del {left} al {right} % de su ancho y del {top} al {bottom} % de su alto"
            if spanish
            else f"the picture was cut: all but {left} to {right} % of its width and {top} to {bottom} % of its height"
        )
    if "from" in place:
        return f"el sonido{when}" if spanish else f"the sound{when}"
    return PARTS_OF_IT.in_(language)


def _short(moment: str) -> str:
    """Return a moment of a recording without the zeros at its end: `0:12`, `0:15.5`."""
    return moment.rstrip("0").rstrip(".") if "." in moment else moment


PARTS_OF_IT = Said("parts of it", "partes de ella")

# Fees

FEE_WORDS: Mapping[str, Said] = {
    "copying, minutes": Said("Making the copies", "Hacer las copias"),
    "research, minutes": Said("Looking for the records", "Buscar los registros"),
    "pages up to 9 by 14 inches": Said("Pages", "Páginas"),
    "other media, at cost": Said("Disks or drives, at cost", "Discos o memorias, al costo"),
}
_ONE_MINUTE, _MINUTES = Said("1 minute", "1 minuto"), Said("{0} minutes", "{0} minutos")


def how_much(what: str, count: int, language: Language) -> str:
    """Return how much of something is charged for, as people write it; "" where that is the amount itself."""
    if what == "other media, at cost":
        return ""
    if not what.endswith(", minutes"):
        return f"{count:,}"
    return (_ONE_MINUTE if count == 1 else _MINUTES).in_(language).format(f"{count:,}")


# Grounds: why something is not given out

_LAWS = ("CFR", "RSMo", "U.S.C.")
_REMARK = re.compile(r"\s+\([^()]*\)")


# What the family of a student who has died is told instead of a clause's own words, which speak of their child.
AFTER_A_DEATH: Mapping[str, Said] = {
    "EX2": Said(
        "The law lets you see what is about your family. It also protects other students.",
        "La ley le permite ver lo que trata de su familia. También protege a los demás estudiantes.",
    ),
    "RIGHTS-TRANSFERRED": Said(AFTER_DEATH_OF_GROWN.en, AFTER_DEATH_OF_GROWN.es),
}


def grounds_of(
    reasons: Collection[Mapping[str, object]],
    *,
    named: bool,
    secret_order: bool,
    language: Language,
    family: bool = False,
    died: bool = False,
) -> Iterator[Ground]:
    """Yield the grounds of a decision's reasons (`clause`, `text`), each once, in words for the outside.

    `named`: somebody who may not know it asked for a student by name; then nothing else is told. `secret_order`: an order is
    on file of which nobody is told, so that no ground speaks of one. `family`: a parent or a student asks. `died`: a student
    of the family has died.
    """
    words = {outside_of(clause).in_(language): each.in_(language) for clause, each in AFTER_A_DEATH.items() if died}
    said = ((str(each["clause"]), str(each.get("text", ""))) for each in reasons)
    told = tell_outside(
        said, named=named, secret_order=secret_order, family=family, withheld_only=True, own_day=True, language=language
    )
    return (Ground(words.get(each.text, each.text), each.provision) for each in told)


def cited_ground(provision: str, language: Language) -> Ground:
    """Return the ground of a provision that the custodian cited alone; of one that people ask about, with a sentence.

    What only FERPA protects is cited with RSMo 610.021(14) as well, which closes it.
    """
    says = _COURT_ORDER.in_(language) if is_of_court_order(provision) else ""
    return Ground(says, with_closing_law(provision))


def metadata_ground(language: Language, *, family: bool) -> Ground:
    """Return that every copy leaves the metadata of the file out, and by which provision."""
    words = left_out_of_copies(family=family)
    return Ground(words.in_(language), words.provision)


def passed_ground(language: Language) -> Ground:
    """Return that the rights over the records of a grown student are the student's, whatever there is."""
    return Ground(_PASSED.in_(language), with_closing_law("34 CFR 99.5(a)"))


_PASSED = Said(
    "The rights over the records of a student who is 18 or older, or goes to college, are the student's own.",
    "Los derechos sobre los registros de un estudiante que tiene 18 años o más, o que va a la universidad, son del propio "
    "estudiante.",
)
_COURT_ORDER = Said(
    "A court order limits what we may give you.", "Una orden de un tribunal limita lo que podemos darle."
)


def laws_in(provision: str) -> str:
    """Return the provisions of law in a text, without the procedure's own words; "" where it names none."""
    parts = (_REMARK.sub("", each).strip() for each in provision.split(";"))
    return "; ".join(each for each in parts if any(law in each for law in _LAWS))


# Purposes and parties

_PURPOSES: Mapping[str, str] = {
    fold(english): spanish
    for english, spanish in {
        "website": "el sitio web",
        "social media": "las redes sociales",
        "news": "la prensa",
        "broadcast": "la radio y la televisión",
        "film": "películas",
        "yearbook": "el anuario escolar",
        "newsletter": "el boletín escolar",
        "marketing": "material promocional",
        "display in school": "exhibición en la escuela",
        "exhibition": "exposiciones",
        "athletics program": "el programa deportivo",
        "printed program": "programas impresos",
        "event": "eventos escolares",
        "honor roll": "el cuadro de honor",
        "class pictures": "las fotos de la clase",
        "annual report": "el informe anual",
        "directory": "el directorio escolar",
        "military recruiters": "los reclutadores militares",
        "college recruiters": "los reclutadores universitarios",
        "fundraising": "la recaudación de fondos",
        "instruction": "la enseñanza",
        "training": "la capacitación del personal",
        "portfolio": "el portafolio del estudiante",
        "research": "estudios",
        "personal use": "uso personal",
        "inspection": "la revisión de registros",
        "transfer": "el cambio de escuela",
        "emergency": "una emergencia",
        "legal request": "una solicitud legal",
    }.items()
}
# A role as the party of a consent.
PARTIES: Mapping[str, Said] = {
    "public": Said("anybody", "cualquier persona"),
    "school_official": Said("school officials", "los funcionarios escolares"),
    "parent": Said("parents", "los padres de familia"),
    "eligible_student": Said("students who are 18 or older", "los estudiantes de 18 años o más"),
    "juvenile_office": Said("the juvenile office", "la oficina de menores (juvenile office)"),
    "law_enforcement": Said("the police", "la policía"),
    "other_school": Said("another school", "otra escuela"),
    "agency": Said("an agency with a right by federal law", "un organismo con derecho por una ley federal"),
    "court": Said("a court", "un tribunal"),
    "childrens_division": Said("the Children's Division", "la División de Menores (Children's Division)"),
    "emergency": Said("emergency personnel", "el personal de emergencia"),
}
_PSEUDONYM = re.compile(r"[SG]-[0-9A-HJKMNP-TV-Z]{12}", re.IGNORECASE)


def purpose_in_words(purpose: str, language: Language) -> str:
    """Return a purpose in the letter's language; a purpose of the district's own stays in its words."""
    return _PURPOSES.get(fold(purpose), purpose) if language == "es" else purpose


def is_common_purpose(purpose: str) -> bool:
    """Whether a purpose is one that every district has, so that its words tell nothing of the one who asked."""
    return fold(purpose) in _PURPOSES


def party_in_words(party: str, language: Language, *, named: bool = True) -> str:
    """Return a party of a consent: a role in words, an organization by its own name, a person without the pseudonym.

    Without `named` no organization has its name: it may tell where a student is.
    """
    if party in PARTIES:
        return PARTIES[party].in_(language)
    if _PSEUDONYM.search(party):
        return "una persona que el consentimiento nombra" if language == "es" else "a person whom the consent names"
    if not named:
        return "a quien el consentimiento nombra" if language == "es" else "whoever the consent names"
    return party
