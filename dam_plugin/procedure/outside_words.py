"""What somebody outside of the district is told about a clause, in English and Spanish, with the provision of law. Pure.

A sentence tells no name, no pseudonym, no count, and nothing that a record says of somebody: not that a family opted out, not
that a student is protected. Clauses that must not be told apart share one sentence and one provision. Which clause has
which sentence is in the clause's own row. Spanish addresses the reader as `usted`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Language = Literal["en", "es"]
LANGUAGES: tuple[Language, ...] = ("en", "es")
MONTHS: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip
# By which chapter 610 closes what FERPA protects: "records which are protected from disclosure by law".
PROTECTED_BY_LAW = "RSMo 610.021(14)"
_LAW = re.compile(r"(RSMo|CFR|U\.S\.C\.) \d")


class MissingOutside(TypeError):
    """A sentence for the outside that lacks a language or its provision, or that would fill in facts of a case."""


@dataclass(frozen=True, slots=True)
class Outside:
    """One sentence or two for the outside, and the provision of law that they rest on.

    `withholds`: by this clause something is kept back for good, so that a denial and an exemption log cite it. Else it lets
    something through, or a person has to act first.
    """

    en: str
    es: str
    provision: str
    withholds: bool = True

    def __post_init__(self) -> None:
        """Refuse a sentence that lacks something. Raises MissingOutside."""
        for told in (self.en, self.es):
            if not told.endswith(".") or "{" in told:
                raise MissingOutside(f"a sentence for the outside ends with a full stop and fills in nothing: '{told}'")
        if not _LAW.search(self.provision):
            raise MissingOutside(f"a sentence for the outside names a provision of RSMo or CFR: '{self.en}'")

    def in_(self, language: Language) -> str:
        """Return it in one of the languages."""
        return self.es if language == "es" else self.en


def day_in_words(day: date, language: Language) -> str:
    """Return a day as `October 5, 2026` or `5 de octubre de 2026`."""
    month = MONTHS[language][day.month - 1]
    return f"{day.day} de {month} de {day.year}" if language == "es" else f"{month} {day.day}, {day.year}"


def kept_back(provision: str) -> str:
    """Return a provision of FERPA together with that of chapter 610 which closes what FERPA protects."""
    return f"{provision}; {PROTECTED_BY_LAW}"


# Whom the law protects, and why: each of these is told alike, so that nobody learns which of them it is.

# INVARIANT: an opt-out, a protected student, a doubtful consent and a missing one cannot be told apart.
NO_CONSENT = Outside(
    "The law asks for written consent before we give this out. We do not have all the consent that is needed.",
    "La ley exige un consentimiento por escrito antes de dar esta grabación. No tenemos todo el consentimiento necesario.",
    kept_back("34 CFR 99.30"),
)
ABOUT_SOMEBODY = Outside(
    "You asked about a certain person. The law does not let us give out school records about a certain student without "
    "written consent. It does not let us say whether there are any.",
    "Usted preguntó por una persona en particular. Sin un consentimiento por escrito, la ley no nos permite dar registros "
    "escolares de un estudiante en particular, ni decir si los hay.",
    kept_back("34 CFR 99.3"),
)
# Of somebody who asked so and was given something: it says of nothing else whether it is there.
NOTHING_ELSE = Outside(
    "You asked about a certain person. We give you what the law lets us give you. Without written consent, it does not let us "
    "give out anything else about a certain student. It does not let us say whether there is anything else.",
    "Usted preguntó por una persona en particular. Le damos lo que la ley nos permite darle. Sin un consentimiento por "
    "escrito, la ley no nos permite dar nada más sobre un estudiante en particular, ni decir si hay algo más.",
    ABOUT_SOMEBODY.provision,
)
# Of a parent or an eligible student who named somebody else beside their own child, or beside themselves.
BESIDE_OWN = Outside(
    "You asked about your own child, or about yourself, and about another student. The law lets you see what is about your own "
    "child or yourself, and we look at how. What is about another student we may not show you without written consent.",
    "Usted preguntó por su propio hijo o hija, o por usted, y por otro estudiante. La ley le permite ver lo que trata de su "
    "propio hijo o hija, o de usted, y estamos viendo cómo. Sin un consentimiento por escrito no podemos mostrarle lo que "
    "trata de otro estudiante.",
    kept_back("34 CFR 99.10, 99.12(a), 99.3"),
)
NOT_DIRECTORY = Outside(
    "The recording is part of students' school records. It is not directory information, which the district may give to "
    "anybody.",
    "La grabación es parte de los registros escolares de estudiantes. No es información del directorio, que el distrito "
    "puede dar a cualquier persona.",
    kept_back("34 CFR 99.3"),
)


def left_out_of_copies(*, family: bool) -> Outside:
    """Return what is told of the metadata of a file, which no copy has; to a family by what protects other students."""
    return Outside(
        "What a file keeps about itself, such as names, places and the device, is left out of every copy. It can tell which "
        "students are in the recording, and where.",
        "Lo que un archivo guarda sobre sí mismo, como nombres, lugares y el aparato, se quita de toda copia. Puede decir qué "
        "estudiantes están en la grabación, y dónde.",
        kept_back(f"{'34 CFR 99.12(a)' if family else '34 CFR 99.3'}; RSMo 610.024"),
    )


def about_you(provision: str) -> Outside:
    """Return what somebody is told who sees their own or their child's record; the copy hides the others."""
    return Outside(
        "The law lets you see what is about you or your child. It protects other students.",
        "La ley le permite ver lo que trata de usted, o de su hijo o hija. También protege a los demás estudiantes.",
        kept_back(provision),
    )


def papers_lacking(provision: str) -> Outside:
    """Return what an authority is told whose papers are not all there."""
    return Outside(
        "The law lets us give this out only with certain papers. We do not have them.",
        "La ley solo nos permite dar esta grabación con ciertos documentos. No los tenemos.",
        kept_back(provision),
    )


# The student's own request before 18; the day of the birthday follows where the request is the student's own.
NOT_YET_YOURS = Outside(
    "The rights over school records are the parents' until the student is 18. Your parents may ask for this now, and you "
    "yourself may ask from your 18th birthday on.",
    "Los derechos sobre los registros escolares son de los padres hasta que el estudiante cumple 18 años. Sus padres pueden "
    "pedir esto ahora, y usted puede pedirlo a partir del día en que cumpla 18 años.",
    kept_back("34 CFR 99.3, 99.5"),
)
WITH_GUARDIAN = Outside(
    "A court gave the rights over these school records to a guardian. We look at what you yourself may see, and your guardian "
    "may ask for it at any time.",
    "Un tribunal dio los derechos sobre estos registros escolares a un tutor. Revisamos lo que usted puede ver, y su tutor "
    "puede pedirlo en cualquier momento.",
    "34 CFR 99.5; RSMo 475.120",
    withholds=False,
)

# What lets something through.

# INVARIANT: a recording with somebody in its background who opted out is told as one with nobody.
OPEN_RECORD = Outside(
    "The recording is an open record: it is not about any student.",
    "La grabación es un registro abierto: no trata de ningún estudiante.",
    "RSMo 610.011, 610.023; 34 CFR 99.3",
    withholds=False,
)
# What is told of a release under an order that forbids telling of it (34 CFR 99.32(d)(5)).
MAY_BE_GIVEN = Outside(
    "The law lets us give this out.", "La ley nos permite dar esta grabación.", "34 CFR 99.31", withholds=False
)

# What waits for a person.

LOOK_FIRST = Outside(
    "It is not known yet who is in the recording, so a person has to look at it first.",
    "Todavía no se sabe quién aparece en la grabación, y una persona tiene que verla primero.",
    "RSMo 610.023.3; 34 CFR 99.3",
    withholds=False,
)
NOT_YET = Outside(
    "We have to look at this more closely before we can answer.",
    "Tenemos que verlo con más detalle antes de poder contestar.",
    "RSMo 610.023.3; 34 CFR 99.30",
    withholds=False,
)
LOOKED_AT_TRANSFER = Outside(
    "Your request is being looked at. You hear from the records office within five business days after it came.",
    "Estamos revisando su solicitud. La oficina de registros le contestará dentro de cinco días hábiles después de recibirla.",
    "RSMo 167.020.7",
    withholds=False,
)
GIVEN_BY_MISTAKE = Outside(
    "This was given out by mistake. Whoever has it is asked to give it back and to keep no copy.",
    "Esto se entregó por error. Se pide a quien lo tenga que lo devuelva y no guarde ninguna copia.",
    "34 CFR 99.30",
    withholds=False,
)
LOOKED_AT_AGENCY = Outside(
    "Your request is being looked at. Please send us the law that gives you these records, and a letter that shows who you "
    "are, if you have not done so.",
    "Estamos revisando su solicitud. Si aún no lo ha hecho, envíenos la ley que le da derecho a estos registros y una carta "
    "que muestre quién es usted.",
    "34 CFR 99.31(a)(3), 99.31(c), 99.35",
    withholds=False,
)
# In place of the words on rights that passed to a student, once that student has died: nobody is asked for a consent.
AFTER_DEATH_OF_GROWN = Outside(
    "The rights over these school records had become the student's own, at 18 or in college. Please talk with us about "
    "what we can do for you.",
    "Los derechos sobre estos registros escolares ya eran del propio estudiante, por tener 18 años o estar en la "
    "universidad. Por favor, hable con nosotros sobre lo que podemos hacer por usted.",
    kept_back("34 CFR 99.5, 99.31(a)(8)"),
)
LOOKED_AT = Outside(
    "Your request is being looked at. You hear from the records office no later than 45 days after it came, and before an IEP "
    "meeting or a hearing for which you ask: tell us its day.",
    "Estamos revisando su solicitud. La oficina de registros le contestará a más tardar 45 días después de haberla recibido, y "
    "antes de la reunión del IEP o de la audiencia para la que la pide: díganos la fecha.",
    "34 CFR 99.10(b), 300.613(a)",
    withholds=False,
)
OF_UNIT = Outside(
    "This is a record of the law-enforcement unit. Please ask the records custodian of the unit for it.",
    "Este es un registro de la unidad de policía. Solicítelo al encargado de los registros de esa unidad.",
    "RSMo 610.100; 34 CFR 99.8",
    withholds=False,
)
NO_SAFE_COPY = Outside(
    "We cannot make a copy of this recording that is safe to hand out. Ask the records office for another way to see it.",
    "No podemos hacer una copia de esta grabación que sea seguro entregar. Pregunte en la oficina de registros por otra "
    "manera de verla.",
    "RSMo 610.023.3; 34 CFR 99.30",
    withholds=False,
)
NOT_IN_SET = Outside(
    "The picture is not in this set.",
    "La imagen no está en este conjunto.",
    kept_back("34 CFR 99.30"),
    withholds=False,
)
