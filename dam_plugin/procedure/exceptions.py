"""The exceptions of the procedure, one row each, with the evidence that each asks for. Pure.

Steps, questions, `explain`, coverage, recordation, the JSON Schema and the custodian's findings derive from these rows; what
a cell means is in `exception_row.py`. Another exception is one more row, its evidence one more field of `Evidence`. It also
needs its told cases (`tests/procedure/cases`), its lines in the second reading of the tests (`tests/support/second_reading.py`
and `second_terms.py`) and `make blocks`. A denial tells what a row's `Lacking` asks for; only a `Question`, in the row and in
`QUESTIONS`, makes it a referral. "Referred without its evidence" needs both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, get_args, get_type_hints

from pydantic import ConfigDict

from dam_plugin.fields import CLOSED, FlagOff, FlagOn, IsoDate, Limit, Text
from dam_plugin.procedure.exception_row import (
    Asked,
    Check,
    Clause,
    Concerns,
    Eligible,
    ExceptionRow,
    Lacking,
    MissingCell,
    NamesStudents,
    Near,
    Question,
    Role,
    Says,
    StudentIds,
    Telling,
    Whole,
    check_cells,
)
from dam_plugin.procedure.outside_words import Outside, about_you, kept_back, papers_lacking

if TYPE_CHECKING:
    from dam_plugin.procedure.case import Case
    from dam_plugin.procedure.decide import Trace
    from dam_plugin.procedure.switches import Rulings
    from dam_plugin.procedure.terms import Students, Terms

PROCEDURE = "Procedure JO-1-AP(2)"
FAMILY = ("parent", "eligible_student")
# Step 2: who may be told in an emergency whoever the actor is.
RESPONDERS = ("emergency", "law_enforcement")
# What a clause says where its exception asks for more by a switch.
AS_RULED: Telling = "as ruled"


# Evidence: what is on file for a share

_CONFIRMED = "The administrator who confirmed it, or the call back to the agency on file"


@dataclass(frozen=True, slots=True)
class PreAdjudication:
    """The juvenile authorities need the recording to serve these students before adjudication (34 CFR 99.38)."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    students: Annotated[StudentIds, Says("Ids of students in `students` whom it is about.")] = ()
    certified: FlagOff = False


# Whose order may forbid telling the family: a federal grand jury's subpoena, another subpoena of law enforcement, an ex parte
# order in a terrorism case (34 CFR 99.31(a)(9)(ii)(A) to (C)).
SecretBy = Literal["grand_jury", "law_enforcement", "ex_parte"]


@dataclass(frozen=True, slots=True)
class Order:
    """A judicial order or subpoena (34 CFR 99.31(a)(9)), the students whose families were told, the recordings it reaches.

    A documented effort to tell a family that cannot be reached counts as told (34 CFR 99.31(a)(9)(ii)).
    """

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    kind: Literal["judicial_order", "subpoena"] | None = None
    verified: FlagOff = False
    notice_required: FlagOn = True
    notified: Annotated[
        StudentIds,
        Says("Ids of students in `students` whose families were told, or could not be told after a documented effort."),
    ] = ()
    assets: Annotated[Limit, Says("Ids of the recordings that it reaches; null = any.")] = None
    issued_by: Annotated[Text | None, Says("The court or agency that issued it; null = not on file.")] = None
    verified_by: Annotated[Text | None, Says("The counsel who verified it; null = not on file.")] = None
    secret_by: Annotated[
        SecretBy | None, Says("Why nobody is told: 34 CFR 99.31(a)(9)(ii)(A), (B) or (C); null = not on file.")
    ] = None
    answer_on: Annotated[
        IsoDate | None, Says("The day on which it is answered, as the families were told; null = none was told.")
    ] = None
    return_on: Annotated[IsoDate | None, Says("Its return date: the last day to answer it; null = not on file.")] = None
    at_once: Annotated[
        Text | None,
        Says(
            "What the paper says by which it is answered on the day that the families are told; null = no such words."
        ),
    ] = None
    proceeding: Annotated[
        Text | None,
        Says(
            "The number of the court proceeding about child abuse, neglect or dependency in which it was issued; null = of "
            "none."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class ChildWelfare:
    """What the Children's Division brings: a mandated report, or legal responsibility for students."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    ground: Literal["mandated_report", "legal_responsibility"] | None = None
    students: Annotated[StudentIds, Says("Ids of students in `students` for whom the Division is responsible.")] = ()
    confirmed_by: Annotated[Text | None, Says(f"{_CONFIRMED}, for either ground; null = not on file.")] = None
    report: Annotated[Text | None, Says("The number of a mandated report; null = not on file.")] = None
    reported_on: Annotated[IsoDate | None, Says("The day on which a report was made; null = not on file.")] = None
    placement: Annotated[
        Text | None,
        Says(
            "The court order or placement that makes the Division responsible: its number, or where it is kept; null = not "
            "on file."
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """An articulable and significant threat, and that the recipient needs the recording (34 CFR 99.36)."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    threat: Text | None = None
    recipient_needs_it: FlagOff = False
    confirmed_by: Annotated[Text | None, Says(f"{_CONFIRMED}; null = not on file.")] = None


@dataclass(frozen=True, slots=True)
class Dependent:
    """Students who are dependents of this parent for tax, as the custodian has seen (34 CFR 99.31(a)(8))."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    students: Annotated[
        StudentIds, Says("Ids of students in `students` who are dependents of this parent for tax.")
    ] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is on file for this share."""

    __pydantic_config__: ClassVar[ConfigDict] = CLOSED

    legitimate_interest: FlagOff = False
    records_authorized: FlagOff = False
    pre_adjudication: PreAdjudication | None = None
    order: Order | None = None
    child_welfare: ChildWelfare | None = None
    emergency: Emergency | None = None
    dependent: Dependent | None = None
    # Whether the custodian considered a copy that hides whom the exception is not about, and the whole is needed.
    copy_considered: FlagOff = False


NO_EVIDENCE = Evidence()


# Where a clause was near a case and did not apply


def was_asked(check: str) -> Near:
    """Return whether a question was put."""
    return lambda way: way.answer(check) is not None


def was_true(check: str) -> Near:
    """Return whether a question was put and answered with yes."""
    return lambda way: way.answer(check)


def _came_from(*roles: str) -> Near:
    """Return whether the recording is the district's and the recipient one of these."""
    return lambda way: way.answer("other") is False and way.case.share.recipient.role in roles


def _looked_at_for(*roles: str) -> Near:
    """Return whether the answer rests on who is in it, and the recipient is one of these."""
    return lambda way: way.looked_at_people and way.case.share.recipient.role in roles


def had_consents(way: Trace) -> bool:
    """Whether the answer rests on consents, and one is on file for a student who can be identified."""
    return way.looked_at_consents and any(consent.student in way.terms.identifiable for consent in way.case.consents)


def _order_on_file(way: Trace) -> bool:
    return bool(way.answer("order")) or (way.is_refused and way.terms.evidence.order is not None)


def _student_served(way: Trace) -> bool:
    return (way.answer("juvenile") is not None or way.is_refused) and bool(way.terms.preadjudication)


def _emergency_on_file(way: Trace) -> bool:
    return way.answer("other") is False and way.terms.evidence.emergency is not None


# What switches ask before an exception releases a whole recording


def _asked_first(clause: str, step: int) -> tuple[Check, ...]:
    return (
        Check(
            f"{clause}-unnamed",
            step,
            "Is there somebody in it whom no tag names, so that a person looks first?",
            passed=None,
            ruled="anybody-unnamed",
        ),
        Check(
            f"{clause}-copy",
            step,
            "Could a copy hide those whom the exception is not about, and has the custodian not considered it yet?",
            passed=None,
            ruled="exceptions-before-redaction",
        ),
    )


# Exception 1: school officials


def official_with_need(case: Case, terms: Terms, asked: Asked) -> bool:
    """Step 3: whether a school official has a legitimate interest and is authorized (`EX1`)."""
    # RULING officials-at-once: staff answer an official without the custodian, whose requests are those of outsiders.
    # RULING official-sees-all: it gives access to what an official needs; nobody redacts for staff with a need to know.
    return (
        asked("official", case.share.recipient.role == "school_official")
        and asked("official-interest", terms.evidence.legitimate_interest)
        and asked("official-authorized", terms.evidence.records_authorized)
    )


def lacks_need(case: Case, terms: Terms) -> bool | None:
    """Whether `EX1` lacks its evidence."""
    official = case.share.recipient.role == "school_official"
    both = terms.evidence.legitimate_interest and terms.evidence.records_authorized
    return False if official and not both else None


def _with_need(_: Case, terms: Terms) -> Evidence:
    return replace(terms.evidence, legitimate_interest=True, records_authorized=True)


EX1 = ExceptionRow(
    clause=Clause(
        "EX1",
        "School official",
        "The recipient is a school official with a legitimate educational interest, authorized to see student records.",
        f"{PROCEDURE}, exception 1; 34 CFR 99.31(a)(1)",
        outside=Outside(
            "The law lets school officials see what their work asks for.",
            "La ley permite que los funcionarios escolares vean lo que su trabajo exige.",
            "34 CFR 99.31(a)(1)",
            withholds=False,
        ),
    ),
    concerns="own roles",
    near=was_true("official"),
    roles=(Role(id="school_official", audience="a school official", said_for=("school",), refusal_recorded=False),),
    evidence=("legitimate_interest", "records_authorized", "copy_considered"),
    whole=Whole(
        step=3,
        says="a school official with a legitimate educational interest who is authorized to see student records sees all of "
        "it (exception 1)",
        in_short="officials",
        checks=(
            Check("official", 3, "Is the recipient a school official?", "The recipient is not a school official."),
            Check(
                "official-interest",
                3,
                "Is a legitimate educational interest on file?",
                "The recipient is a school official, but no legitimate educational interest is on file.",
            ),
            Check(
                "official-authorized",
                3,
                "Is the official authorized to see student records?",
                "The recipient is a school official with a legitimate educational interest, but no authorization to see "
                "student records is on file.",
            ),
            *_asked_first("EX1", 3),
        ),
        applies=official_with_need,
    ),
    own=None,
    lacking=Lacking(
        clause=Clause(
            "EX1-EVIDENCE",
            "School official: what is lacking",
            "The recipient is a school official, but a legitimate educational interest and the authorization to see "
            "student records are not both on file.",
            f"{PROCEDURE}, exception 1; 34 CFR 99.31(a)(1)",
            "Record the legitimate interest and the authorization.",
            outside=Outside(
                "A school official needs a reason to see these records that belongs to the job, and permission. We do not "
                "have both.",
                "Un funcionario escolar necesita una razón propia de su trabajo para ver estos registros, y un permiso. No "
                "tenemos ambas cosas.",
                kept_back("34 CFR 99.31(a)(1)"),
            ),
        ),
        says="for a school official",
        concerns="own roles",
        near=_came_from("school_official"),
        stands=lacks_need,
        bring=_with_need,
        answered_by="evidence",
    ),
    question=None,
    recorded=False,
    may_pass_on=False,
)


# Exception 2: parents and eligible students


def own_record(case: Case, _: Evidence, eligible: Eligible) -> Iterable[str]:
    """Return the students whose record is a parent's or an eligible student's to see (`EX2`)."""
    recipient = case.share.recipient
    if recipient.role == "parent":
        return [s.id for s in case.students if recipient.id in s.guardians and not eligible(s, case.at)]
    return [s.id for s in case.students if s.id == recipient.id and eligible(s, case.at)]


def represented_record(case: Case, _: Evidence, eligible: Eligible) -> Iterable[str]:
    """Return the students whose guardian the recipient represents, or who named them (`EX2-REPRESENTATIVE`)."""
    # RULING representative: a representative inspects what the parent or the student may inspect, and no more.
    who = case.share.recipient.id
    return [
        s.id
        for s in case.students
        if (
            who in s.own_representatives
            if eligible(s, case.at)
            else who in s.representatives and who not in s.guardians
        )
    ]


def own_dependents(case: Case, evidence: Evidence, eligible: Eligible) -> Iterable[str] | None:
    """Return the eligible students whom a parent has shown to be dependents for tax (`EX2-DEPENDENT`)."""
    # RULING dependent-student: the district may let such a parent see the record, and does once it was shown.
    if evidence.dependent is None:
        return None
    listed, parent = evidence.dependent.students, case.share.recipient.id
    return [s.id for s in case.students if s.id in listed and parent in s.guardians and eligible(s, case.at)]


def rights_transferred(case: Case, terms: Terms) -> tuple[Students, bool] | None:
    """Whether the rights of a parent's child passed to the child (`RIGHTS-TRANSFERRED`); `otherwise` where the child died."""
    # The rights are the student's now: the custodian says what is left to a parent who has shown nothing yet.
    if case.share.recipient.role != "parent" or terms.own or not (grown := terms.grown_children(case)):
        return None
    return grown, grown.issubset([s.id for s in case.students if s.died is not None and s.died <= case.at])


def _shown_to_depend(case: Case, terms: Terms) -> Evidence:
    on_file = terms.evidence.dependent.students if terms.evidence.dependent else ()
    return replace(terms.evidence, dependent=Dependent(tuple(sorted(terms.grown_children(case).union(on_file)))))


TRANSFERRED = Question(
    clause=Clause(
        "RIGHTS-TRANSFERRED",
        "The rights are the student's now",
        "The rights to the record of {students} are the student's own now (18, or in college); whether a parent may see it, "
        "the custodian says.",
        f"{PROCEDURE}, eligible student; 34 CFR 99.5, 99.31(a)(8)",
        "Ask the student for consent, or show the custodian that the student is the parent's dependent for tax, or that a "
        "court made the parent an adult's guardian. That a student younger than 18 has left the college the custodian says by "
        "`dam-plugin student left-college S-… --why TEXT`, and that a student died before 18, so that the parents keep the "
        "rights, by `dam-plugin student died S-… --on DAY --seen TEXT`.",
        otherwise="The rights to the record of {students} had become the student's own (18, or in college), and the student "
        "has died; whether a parent may see it, the custodian says.",
        outside=Outside(
            "Once a student is 18, or in college, the rights over school records are the student's. Then a parent needs "
            "the student's consent, or has to show that the student is a dependent for tax.",
            "Cuando un estudiante tiene 18 años o ya está en la universidad, los derechos sobre los registros escolares "
            "son suyos. Entonces el padre o la madre necesita el consentimiento del estudiante, o tiene que mostrar que es "
            "su dependiente para los impuestos.",
            kept_back("34 CFR 99.5, 99.31(a)(8)"),
        ),
    ),
    concerns=("parent",),
    near=_looked_at_for("parent"),
    stands=rights_transferred,
    bring=_shown_to_depend,
    answered_by="dependent",
)
EX2 = ExceptionRow(
    clause=Clause(
        "EX2",
        "Parent or eligible student",
        "A parent or eligible student may inspect the record of {students}.",
        f"{PROCEDURE}, exception 2; 34 CFR 99.10, 99.12",
        otherwise="A parent or eligible student may inspect their own record; the copy hides {students}.",
        outside=about_you("34 CFR 99.10, 99.12"),
    ),
    concerns="own roles",
    near=_looked_at_for(*FAMILY),
    roles=(
        Role(id="parent", audience="a parent", refusal_recorded=False),
        Role(id="eligible_student", audience="an eligible student", said_for=("student",), refusal_recorded=False),
    ),
    evidence=(),
    whole=None,
    own=own_record,
    lacking=None,
    question=TRANSFERRED,
    recorded=False,
    may_pass_on=True,
)
EX2_DEPENDENT = ExceptionRow(
    clause=Clause(
        "EX2-DEPENDENT",
        "Parent of a dependent student",
        "The parent may see {students}: the rights are the student's, but the student is a dependent of this parent for "
        "tax.",
        f"{PROCEDURE}, exception 2; 34 CFR 99.31(a)(8)",
        otherwise="The parent may see a student who is a dependent for tax; the copy hides {students}.",
        outside=about_you("34 CFR 99.31(a)(8)"),
    ),
    concerns=("parent",),
    near=lambda way: way.looked_at_people and bool(way.terms.grown_children(way.case)),
    roles=(),
    evidence=("dependent",),
    whole=None,
    own=own_dependents,
    own_for=("parent",),
    # It is asked for as an open question, whoever brings nothing.
    lacking=None,
    question=TRANSFERRED,
    recorded=True,
    # 34 CFR 99.33(c) takes a disclosure to a dependent's parent out, by its number: 99.31(a)(8).
    may_pass_on=True,
)
EX2_REPRESENTATIVE = ExceptionRow(
    clause=Clause(
        "EX2-REPRESENTATIVE",
        "Representative of a parent or eligible student",
        "A representative, by signed authority, may inspect what the parent, or the student once 18, may inspect: the record "
        "of {students}.",
        f"{PROCEDURE}, exception 2; 34 CFR 99.5, 99.10, 99.30; 34 CFR 300.613(b)(3)",
        otherwise="A representative may inspect what the parent, or the student once 18, may inspect; the copy hides "
        "{students}.",
        outside=Outside(
            "Somebody who has the signed authority of a parent, or of a student who is 18, may see what that person may see. "
            "The law protects other students.",
            "Quien tiene una autorización firmada por el padre o la madre, o por el estudiante que ya tiene 18 años, puede ver "
            "lo que esa persona puede ver. La ley protege a los demás estudiantes.",
            kept_back("34 CFR 99.5, 99.10, 99.12, 99.30, 300.613(b)(3)"),
        ),
    ),
    concerns=("parent",),
    near=lambda way: (
        way.looked_at_people
        and any(
            way.case.share.recipient.id in (*each.representatives, *each.own_representatives)
            for each in way.case.students
        )
    ),
    roles=(),
    evidence=(),
    whole=None,
    own=represented_record,
    own_for=("parent",),
    lacking=None,
    question=None,
    # 34 CFR 300.614: the record of access leaves out parents alone.
    recorded=True,
    may_pass_on=False,
)
# Step 11 asks for it: nobody has this exception who has no right of their own.
EX2_MULTI = ExceptionRow(
    clause=Clause(
        "EX2-MULTI",
        "One recording of several students",
        "Hiding the others would destroy what the recording means, so it goes to all parents and eligible students it "
        "directly relates to: those of {students}.",
        f"{PROCEDURE}, exception 2 (several students); 34 CFR 99.12(a)",
        otherwise="The others cannot reasonably be hidden, so it goes to all parents and eligible students it directly "
        "relates to: those of {students}.",
        outside=Outside(
            "The recording is about several students, and the law lets all of their families see it.",
            "La grabación trata de varios estudiantes, y la ley permite que la vean las familias de todos.",
            "34 CFR 99.12(a)",
            withholds=False,
        ),
    ),
    concerns=FAMILY,
    near=was_true("family"),
    roles=(),
    evidence=(),
    whole=None,
    own=None,
    lacking=None,
    question=None,
    recorded=True,
    # Who gets a recording of several students sees others' children, and is told so, and to whom it may be shown all the same.
    may_pass_on=False,
    followed_by="offered",
)


# Exceptions 3 and 4: written consent, directory information. The terms and the plans of redaction say when they apply.

EX3 = ExceptionRow(
    clause=Clause(
        "EX3",
        "Written consent",
        "Written consents to '{purpose}' are on file for {students}.",
        f"{PROCEDURE}, exception 3; 34 CFR 99.30",
        otherwise="Written consents to '{purpose}' are on file for those who are shown; the copy hides {students}.",
        outside=Outside(
            "The law lets us show the students for whom we have written consent, and nobody else.",
            "La ley nos permite mostrar a los estudiantes para los que tenemos un consentimiento por escrito, y a nadie "
            "más.",
            kept_back("34 CFR 99.30"),
        ),
    ),
    concerns="anybody",
    near=had_consents,
    roles=(),
    evidence=(),
    whole=None,
    own=None,
    lacking=None,
    question=None,
    recorded=False,
    may_pass_on=False,
)
EX4 = ExceptionRow(
    clause=Clause(
        "EX4",
        "Directory information",
        "This is directory information for {students}, who have not opted out.",
        f"{PROCEDURE}, exception 4; 34 CFR 99.31(a)(11), 99.37",
        outside=Outside(
            "The recording is directory information, which the district may give to anybody.",
            "La grabación es información del directorio, que el distrito puede dar a cualquier persona.",
            "34 CFR 99.31(a)(11), 99.37",
            withholds=False,
        ),
    ),
    concerns="anybody",
    near=was_asked("plan-a"),
    roles=(),
    evidence=(),
    whole=None,
    own=None,
    lacking=None,
    question=None,
    recorded=False,
    may_pass_on=True,
)


# Exceptions 5 and 6: the juvenile office and the police, before adjudication


def juvenile_certified(case: Case, terms: Terms, asked: Asked) -> bool:
    """Step 5: whether the juvenile office certified that it serves a student in the recording (`EX5`)."""
    before_adjudication, sees_all = terms.evidence.pre_adjudication, juvenile_sees_all(terms.rulings)
    return (
        asked("juvenile", case.share.recipient.role == "juvenile_office")
        and asked("juvenile-listed", bool(terms.preadjudication))
        and asked("juvenile-certified", before_adjudication is not None and before_adjudication.certified)
        and (sees_all or asked("juvenile-others", sees_all))
    )


def juvenile_sees_all(rulings: Rulings) -> bool:
    """Whether the juvenile office sees everybody in a recording in which it serves a student."""
    # RULING juvenile-whole: exception 5 says "a student in the image": the recording goes to the juvenile office whole.
    return not rulings.juvenile_own_only


def students_served(_: Case, evidence: Evidence, __: Eligible) -> Iterable[str] | None:
    """Return the students whom the police, or the juvenile office, certified that they serve (`EX6`, `EX5` as ruled)."""
    # RULING police-own-only: the exception opens the record of the students it lists, nobody else's.
    before_adjudication = evidence.pre_adjudication
    return before_adjudication.students if before_adjudication and before_adjudication.certified else None


def juvenile_lacks_certification(case: Case, terms: Terms) -> Telling | None:
    """Whether `EX5` lacks its evidence; `otherwise` where what is certified names nobody in the recording.

    As ruled, where it names nobody whom the recording is about.
    """
    certified = _is_certified(terms.evidence)
    if case.share.recipient.role != "juvenile_office":
        return None
    if not (terms.preadjudication and certified):
        return certified
    return None if juvenile_sees_all(terms.rulings) or terms.own else AS_RULED


def police_lack_certification(case: Case, terms: Terms) -> bool | None:
    """Whether `EX6` lacks its evidence; `otherwise` where what is certified names nobody whom the recording is about."""
    lacks = case.share.recipient.role == "law_enforcement" and not terms.own
    return _is_certified(terms.evidence) if lacks else None


def certification_missing(case: Case, terms: Terms) -> tuple[Students, bool] | None:
    """Whether the authorities serve a student of the recording and have not certified it (`PREADJ-CERTIFICATION`)."""
    before_adjudication, role = terms.evidence.pre_adjudication, case.share.recipient.role
    if before_adjudication is None or before_adjudication.certified or not terms.preadjudication:
        return None
    if role == "juvenile_office" and juvenile_sees_all(terms.rulings):
        return terms.preadjudication, False
    asks = role in ("juvenile_office", "law_enforcement") and terms.preadjudication & terms.related
    return (terms.preadjudication, False) if asks else None


def _is_certified(evidence: Evidence) -> bool:
    return evidence.pre_adjudication is not None and evidence.pre_adjudication.certified


def _certified(_: Case, terms: Terms) -> Evidence:
    """Certify what is on file: it names the same students as before."""
    on_file = terms.evidence.pre_adjudication or PreAdjudication()
    return replace(terms.evidence, pre_adjudication=replace(on_file, certified=True))


def _certified_for_depicted(_: Case, terms: Terms) -> Evidence:
    return _certified_for(terms.evidence, terms.identifiable)


def _certified_for_related(_: Case, terms: Terms) -> Evidence:
    return _certified_for(terms.evidence, terms.related)


def _certified_for(evidence: Evidence, students: Students) -> Evidence:
    named = evidence.pre_adjudication.students if evidence.pre_adjudication else ()
    everybody = tuple(sorted(students.union(named)))
    return replace(evidence, pre_adjudication=PreAdjudication(everybody, certified=True))


CERTIFICATION = Question(
    clause=Clause(
        "PREADJ-CERTIFICATION",
        "Certification is missing",
        "The authorities say that they serve {students} before adjudication, but have not certified in writing that they "
        "pass the recording on to nobody except as state law allows.",
        f"{PROCEDURE}, exceptions 5 and 6; 34 CFR 99.38(b)",
        "Ask the authorities for the written certification.",
        outside=papers_lacking("34 CFR 99.38(b)"),
    ),
    concerns=("juvenile_office", "law_enforcement"),
    near=_student_served,
    stands=certification_missing,
    bring=_certified,
    answered_by="evidence",
)
EX5 = ExceptionRow(
    clause=Clause(
        "EX5",
        "Juvenile office, before adjudication",
        "The juvenile office serves a student in this recording before adjudication, and has certified in writing that it "
        "passes the recording on to nobody except as state law allows.",
        f"{PROCEDURE}, exception 5; 34 CFR 99.31(a)(5), 99.38",
        otherwise="The juvenile office may see the students whom it serves before adjudication; the copy hides {students}.",
        outside=Outside(
            "The law lets the juvenile office see what is about the students whom it serves. It protects other students.",
            "La ley permite que la oficina de menores (juvenile office) vea lo que trata de los estudiantes a los que "
            "atiende. También protege a los demás estudiantes.",
            kept_back("34 CFR 99.31(a)(5), 99.38"),
        ),
    ),
    concerns="own roles",
    near=was_true("juvenile"),
    roles=(Role(id="juvenile_office", audience="the juvenile office", said_for=("juvenile",), refusal_recorded=True),),
    evidence=("pre_adjudication", "copy_considered"),
    whole=Whole(
        step=5,
        says="the juvenile office, with the certification for a student in it (exception 5)",
        in_short="the juvenile office",
        checks=(
            Check("juvenile", 5, "Is the juvenile office the recipient?", "The recipient is not the juvenile office."),
            Check(
                "juvenile-listed",
                5,
                "Does it serve a student who can be identified in the recording?",
                "The recipient is the juvenile office, but it is not on file that it serves a student who can be "
                "identified in the recording.",
            ),
            Check(
                "juvenile-certified",
                5,
                "Has it certified that in writing?",
                "The recipient is the juvenile office, which serves a student in the recording, but its written "
                "certification is not on file.",
            ),
            Check(
                "juvenile-others",
                5,
                "Does the juvenile office see the other students, too?",
                "The district shows the juvenile office only the students whom it serves, one by one.",
                ruled="juvenile-whole",
            ),
            *_asked_first("EX5", 5),
        ),
        applies=juvenile_certified,
        about=lambda terms: terms.preadjudication,
    ),
    own=students_served,
    own_unless=juvenile_sees_all,
    lacking=Lacking(
        clause=Clause(
            "EX5-EVIDENCE",
            "Juvenile office: what is lacking",
            "The juvenile office's written certification, for a student whom it serves before adjudication, is not on file.",
            f"{PROCEDURE}, exception 5; 34 CFR 99.38(b)",
            "Ask the juvenile office for the certification that names a student of this recording.",
            otherwise="The juvenile office's certification on file names nobody who is known to be in this recording.",
            as_ruled="The juvenile office's certification on file names nobody whom this recording is known to be about.",
            outside=papers_lacking("34 CFR 99.38(b)"),
        ),
        says="for the juvenile office",
        concerns="own roles",
        near=_came_from("juvenile_office"),
        stands=juvenile_lacks_certification,
        # Exception 5 asks for a student in the recording, exception 6 for one whom it is about.
        bring=_certified_for_depicted,
        answered_by="evidence",
    ),
    question=CERTIFICATION,
    recorded=True,
    may_pass_on=False,
)
EX6 = ExceptionRow(
    clause=Clause(
        "EX6",
        "Police, before adjudication",
        "The police serve {students} before adjudication, and have certified in writing that they pass the recording on "
        "to nobody except as state law allows.",
        f"{PROCEDURE}, exception 6; 34 CFR 99.31(a)(5), 99.38",
        otherwise="The police may see the students whom they serve before adjudication; the copy hides {students}.",
        outside=Outside(
            "The law lets the police see what is about the students whom they serve. It protects other students.",
            "La ley permite que la policía vea lo que trata de los estudiantes a los que atiende. También protege a los "
            "demás estudiantes.",
            kept_back("34 CFR 99.31(a)(5), 99.38"),
        ),
    ),
    concerns="own roles",
    near=_looked_at_for("law_enforcement"),
    roles=(
        Role(
            id="law_enforcement",
            audience="police",
            asking="the police",
            released_to="law enforcement",
            said_for=("police",),
            refusal_recorded=True,
        ),
    ),
    evidence=("pre_adjudication",),
    whole=None,
    own=students_served,
    lacking=Lacking(
        clause=Clause(
            "EX6-EVIDENCE",
            "Police: what is lacking",
            "The written certification of the police, for a student whom they serve before adjudication, is not on file.",
            f"{PROCEDURE}, exception 6; 34 CFR 99.38(b)",
            "Ask the police for the certification that names a student whom the recording is about, or for an order.",
            otherwise="The certification of the police on file names nobody whom this recording is known to be about.",
            outside=papers_lacking("34 CFR 99.38(b)"),
        ),
        says="for the police without a right of their own here",
        concerns="own roles",
        near=_came_from("law_enforcement"),
        stands=police_lack_certification,
        bring=_certified_for_related,
        answered_by="evidence",
    ),
    question=CERTIFICATION,
    recorded=True,
    may_pass_on=False,
)


# Exception 7: judicial orders and subpoenas


def order_allows(case: Case, terms: Terms, asked: Asked) -> bool:
    """Step 5: whether a verified order releases the recording (`EX7`): families told, or no notice required."""
    order = terms.evidence.order
    return (
        asked("order", order is not None)
        and order is not None
        and asked("order-request", case.share.kind == "request")
        and asked("order-verified", order.verified)
        and (not asks_for_papers(terms.rulings) or asked("order-complete", has_papers(order)))
        and asked("order-reaches", reaches(order, case))
        and (
            asked("order-unannounced", not order.notice_required)
            # RULING notice-to-all: nobody can be told whom we do not know.
            or (asked("order-known", terms.known) and asked("order-told", terms.related.issubset(order.notified)))
        )
    )


def counts(order: Order, rulings: Rulings) -> bool:
    """Whether an order is one that the district follows: counsel has verified it."""
    return order.verified and (has_papers(order) or not asks_for_papers(rulings))


def asks_for_papers(rulings: Rulings) -> bool:
    """Whether an order has to say who issued it, which counsel verified it and what it reaches."""
    # RULING order-from-anyone: a lawyer's subpoena counts: the order decides, not who brings it, nor of which kind it is.
    return rulings.order_complete


def has_papers(order: Order) -> bool:
    """Whether it is on file who issued an order, which counsel verified it, and which recordings it reaches."""
    return order.issued_by is not None and order.verified_by is not None and order.assets is not None


def reaches(order: Order, case: Case) -> bool:
    """Whether an order reaches the recording of a case: it names none, or this one."""
    return order.assets is None or case.asset.id in order.assets


def lacks_order(case: Case, terms: Terms) -> Telling | None:
    """Whether `EX7` lacks its evidence: an order is not verified, or a court brings none.

    `otherwise` where a verified order does not reach this recording; as ruled, where it does not say all that is asked for.
    """
    order = terms.evidence.order
    if order is not None and order.verified:
        if not reaches(order, case):
            return True
        return None if counts(order, terms.rulings) else AS_RULED
    return False if order is not None or case.share.recipient.role == "court" else None


def families_not_told(case: Case, terms: Terms) -> tuple[Students, bool] | None:
    """Whether a verified order waits for families to be told (`EX7-NOTICE`); `otherwise` where it is not known whose."""
    order = terms.evidence.order
    if order is None or not counts(order, terms.rulings) or not reaches(order, case) or case.share.kind != "request":
        return None
    told = not order.notice_required or (terms.known and terms.related.issubset(order.notified))
    return None if told else (terms.related.difference(order.notified), not terms.known)


def _left_to_tell(terms: Terms) -> Students | None:
    """Return the students whose families an order, once it is verified, asks to be told first."""
    order = terms.evidence.order or Order()
    untold = terms.related.difference(order.notified)
    return untold if order.notice_required and (untold or not terms.known) else None


def _announced(case: Case, terms: Terms) -> Evidence:
    """Have an order for this recording verified, and those told whom it asks to be told."""
    order = terms.evidence.order or Order()
    whole = replace(
        order,
        verified=True,
        notified=tuple(sorted(terms.related)),
        assets=(case.asset.id,),
        issued_by=order.issued_by or "the court or agency that issued it",
        verified_by=order.verified_by or "counsel",
    )
    return replace(terms.evidence, order=whole)


NOTICE = Question(
    clause=Clause(
        "EX7-NOTICE",
        "Families not told of the order",
        "A verified order is on file, but not every parent (or student, once 18) has been told in advance ({students}).",
        f"{PROCEDURE}, exception 7; 34 CFR 99.31(a)(9)(ii)",
        "Say who is in it and tell their parents (or the students, once 18).",
        otherwise="A verified order is on file, but it is not known yet whose parents must be told in advance.",
        outside=Outside(
            "The law asks us to tell the families first, so that they can go to court. We answer once all of them were told "
            "and the day has come of which we told them.",
            "La ley nos pide avisar primero a las familias, para que puedan acudir al tribunal. Respondemos cuando se haya "
            "avisado a todas y haya llegado el día que les dijimos.",
            kept_back("34 CFR 99.31(a)(9)(ii)"),
        ),
    ),
    concerns="requests",
    near=_order_on_file,
    stands=families_not_told,
    bring=_announced,
    answered_by="evidence",
)
EX7 = ExceptionRow(
    clause=Clause(
        "EX7",
        "Judicial order or subpoena",
        "A verified judicial order or lawfully issued subpoena asks for this recording.",
        f"{PROCEDURE}, exception 7; 34 CFR 99.31(a)(9)",
        outside=Outside(
            "A court order or a subpoena asks for this recording.",
            "Una orden judicial o una citación (subpoena) pide esta grabación.",
            "34 CFR 99.31(a)(9)",
            withholds=False,
        ),
    ),
    concerns="requests",
    near=was_true("order"),
    roles=(Role(id="court", audience="a court", refusal_recorded=True),),
    evidence=("order", "copy_considered"),
    whole=Whole(
        step=5,
        turn=1,
        says="a verified judicial order or subpoena in a request, once every family was told or the order forbids telling "
        "them (exception 7)",
        in_short="orders",
        checks=(
            Check(
                "order",
                5,
                "Is a judicial order or a subpoena on file?",
                "No judicial order or subpoena is on file.",
            ),
            Check(
                "order-request",
                5,
                "Does somebody ask for the recording with it?",
                "A judicial order or subpoena is on file, but nobody asks for the recording with it.",
            ),
            Check(
                "order-verified",
                5,
                "Has counsel verified the order?",
                "A judicial order or subpoena is on file, but counsel has not verified it.",
            ),
            Check(
                "order-complete",
                5,
                "Are the court or agency that issued it, the counsel who verified it and its recordings on file?",
                "A verified order is on file, but not the court or agency that issued it, the counsel who verified it and its "
                "recordings, which the district asks for.",
                ruled="order-from-anyone",
            ),
            Check(
                "order-reaches",
                5,
                "Does the order reach this recording?",
                "A verified order is on file, but it does not reach this recording.",
            ),
            Check("order-unannounced", 5, "Does the order forbid, or not require, telling the families?", passed=None),
            Check(
                "order-known",
                5,
                "Is it known who is in the recording, so that their families can be told?",
                "A verified order is on file, but the families have to be told first, and it is not known whose.",
            ),
            Check(
                "order-told",
                5,
                "Was the family of every directly related student told in advance?",
                "A verified order is on file, but not every family has been told in advance.",
            ),
            *_asked_first("EX7", 5),
        ),
        applies=order_allows,
    ),
    own=None,
    lacking=Lacking(
        clause=Clause(
            "EX7-EVIDENCE",
            "Order: what is lacking",
            "No judicial order or subpoena has been verified.",
            f"{PROCEDURE}, exception 7; 34 CFR 99.31(a)(9)",
            "Have counsel verify an order that reaches this recording and binds the district (what a court or lawyer of "
            "another state issued may not), and record that.",
            otherwise="The verified order on file names its recordings, and this is none of them.",
            as_ruled="A verified order is on file, but the court or agency that issued it, the counsel who verified it and the "
            "recordings that it reaches are not all on file, and the district asks for each.",
            outside=Outside(
                "We do not have a court order or a subpoena for this recording that we could verify.",
                "No tenemos una orden judicial ni una citación (subpoena) para esta grabación que hayamos podido verificar.",
                kept_back("34 CFR 99.31(a)(9)"),
            ),
        ),
        says="for a court, or an order that is not verified or does not reach this recording",
        concerns="anybody",
        near=_order_on_file,
        stands=lacks_order,
        bring=_announced,
        answered_by="evidence",
        leaves=_left_to_tell,
    ),
    question=NOTICE,
    recorded=True,
    may_pass_on=True,
)


# Exception 8: the Children's Division


def report_mandated(case: Case, terms: Terms, asked: Asked) -> bool:
    """Step 2: whether the Children's Division has a mandated report (`EX8`)."""
    welfare = terms.evidence.child_welfare
    return (
        asked("division", case.share.recipient.role == "childrens_division")
        and asked("mandated-report", welfare is not None and welfare.ground == "mandated_report")
        and welfare is not None
        and (case.share.by_custodian or staff_may_act(terms, welfare.confirmed_by, asked, "report-confirmed"))
    )


def students_in_care(_: Case, evidence: Evidence, __: Eligible) -> Iterable[str] | None:
    """Return the students for whom the Children's Division is legally responsible (`EX8`)."""
    # RULING custody-own-only: the exception opens the record of the students it lists, nobody else's.
    return evidence.child_welfare.students if evidence.child_welfare and _is_responsible(evidence) else None


def staff_may_act(terms: Terms, confirmed_by: str | None, asked: Asked, check: str) -> bool:
    """Whether staff who are neither custodian nor designee may release in an emergency, or for a mandated report."""
    # RULING staff-on-the-spot: a life may depend on it: they may act for responders; the custodian is told, and reviews it.
    return not terms.rulings.staff_confirmed or asked(check, confirmed_by is not None)


def division_lacks_ground(case: Case, terms: Terms) -> Telling | None:
    """Whether `EX8` lacks its evidence; `otherwise` where the recording is about nobody whom the Division lists.

    As ruled, where nobody has confirmed a mandated report for staff.
    """
    if case.share.recipient.role != "childrens_division" or terms.own:
        return None
    # Step 2 releases for any other report.
    return AS_RULED if _is_mandated(terms.evidence) else _is_responsible(terms.evidence)


def _is_mandated(evidence: Evidence) -> bool:
    return evidence.child_welfare is not None and evidence.child_welfare.ground == "mandated_report"


# The law on reports of abuse or neglect: where the Division has a student in its care, it is not what lets us answer.
ON_REPORTS = "RSMo 210.115"


def _is_responsible(evidence: Evidence) -> bool:
    return evidence.child_welfare is not None and evidence.child_welfare.ground == "legal_responsibility"


def _reported(_: Case, terms: Terms) -> Evidence:
    return replace(terms.evidence, child_welfare=ChildWelfare("mandated_report", confirmed_by="an administrator"))


EX8 = ExceptionRow(
    clause=Clause(
        "EX8",
        "Children's Division",
        "The Children's Division may see this recording for the care and protection of a student.",
        f"{PROCEDURE}, exception 8; {ON_REPORTS}; 20 U.S.C. 1232g(b)(1)(L)",
        otherwise="The Children's Division may see the students it is responsible for; the copy hides {students}.",
        outside=Outside(
            "The law lets the Children's Division see what its work for a student asks for. It protects other students.",
            "La ley permite que la División de Menores (Children's Division) vea lo que su trabajo por un estudiante "
            "exige. También protege a los demás estudiantes.",
            kept_back(f"{ON_REPORTS}; 20 U.S.C. 1232g(b)(1)(L)"),
        ),
    ),
    concerns="own roles",
    near=was_true("division"),
    roles=(Role(id="childrens_division", audience="the Children's Division", said_for=("cd",), refusal_recorded=True),),
    evidence=("child_welfare",),
    whole=Whole(
        step=2,
        turn=1,
        says="a mandated report to the Children's Division (exception 8), whoever acts",
        # "emergencies" says what step 2 releases for.
        in_short=None,
        checks=(
            Check(
                "division",
                2,
                "Is the Children's Division the recipient?",
                "The Children's Division is not the recipient.",
            ),
            Check(
                "mandated-report",
                2,
                "Is it for a mandated report?",
                "The Children's Division is the recipient, but no mandated report is on file.",
            ),
            Check(
                "report-confirmed",
                2,
                "Has an administrator, or a call back to the agency, confirmed the report?",
                "A mandated report is on file, but neither does the records custodian or a designee act, nor has an "
                "administrator or a call back confirmed it, which the district asks for.",
                ruled="staff-on-the-spot",
            ),
        ),
        applies=report_mandated,
        whoever_acts=("childrens_division",),
    ),
    own=students_in_care,
    lacking=Lacking(
        clause=Clause(
            "EX8-EVIDENCE",
            "Children's Division: what is lacking",
            "Neither a mandated report nor legal responsibility for a student is on file.",
            f"{PROCEDURE}, exception 8; {ON_REPORTS}; 20 U.S.C. 1232g(b)(1)(L)",
            "Ask the Children's Division which of the two it is, and for which student; record who verified the agency, with "
            "the report's number or day, or the court order or placement.",
            otherwise="The students whom the Children's Division is responsible for are not known to be whom this recording "
            "is about.",
            as_ruled="A mandated report is on file, but no administrator and no call back to the agency has confirmed it: the "
            "district asks for that before staff may act.",
            outside=papers_lacking(f"{ON_REPORTS}; 20 U.S.C. 1232g(b)(1)(L)"),
        ),
        says="for the Children's Division without a right of its own here",
        concerns="own roles",
        near=_came_from("childrens_division"),
        stands=division_lacks_ground,
        bring=_reported,
        answered_by="evidence",
    ),
    question=None,
    recorded=True,
    may_pass_on=False,
    followed_by="reviewed",
    # A mandated report releases at once, or not at all.
    can_wait=lambda block: block.get("ground") != "mandated_report",
)


# Exception 9: emergencies


def emergency_stated(case: Case, terms: Terms, asked: Asked) -> bool:
    """Step 2: whether somebody asks in an emergency, with the threat stated and a need for the recording (`EX9`)."""
    emergency = terms.evidence.emergency
    return (
        asked("emergency-request", case.share.kind == "request")
        and asked("emergency-threat", emergency is not None and emergency.threat is not None)
        and emergency is not None
        and asked("emergency-needs", emergency.recipient_needs_it)
        and (
            asked("emergency-custodian", case.share.by_custodian)
            or (
                asked("emergency-responder", case.share.recipient.role in RESPONDERS)
                and staff_may_act(terms, emergency.confirmed_by, asked, "emergency-confirmed")
            )
        )
    )


def lacks_threat(case: Case, terms: Terms) -> Telling | None:
    """Whether `EX9` lacks its evidence: emergency personnel ask without it, or it is on file in part.

    As ruled, where nobody has confirmed it for staff.
    """
    emergency, role = terms.evidence.emergency, case.share.recipient.role
    if is_complete(emergency):
        # Step 2 releases to a responder who asks with anything else.
        return AS_RULED if role in RESPONDERS else None
    return False if role == "emergency" or emergency is not None else None


def is_complete(emergency: Emergency | None) -> bool:
    """Whether an emergency states the threat, and that the recipient needs the recording."""
    return emergency is not None and emergency.threat is not None and emergency.recipient_needs_it


def _threatened(_: Case, terms: Terms) -> Evidence:
    known = terms.evidence.emergency or Emergency()
    threat, confirmed_by = known.threat or "a threat", known.confirmed_by or "an administrator"
    return replace(terms.evidence, emergency=Emergency(threat, recipient_needs_it=True, confirmed_by=confirmed_by))


EX9 = ExceptionRow(
    clause=Clause(
        "EX9",
        "Health or safety emergency",
        "A threat to health or safety was stated, and that the recipient needs the recording to protect someone: it is taken "
        "as stated, and reviewed afterwards.",
        f"{PROCEDURE}, exception 9; 34 CFR 99.31(a)(10), 99.36",
        outside=Outside(
            "In an emergency the law lets us give this out, so that somebody can be protected.",
            "En una emergencia, la ley nos permite dar esta grabación para proteger a alguien.",
            "34 CFR 99.31(a)(10), 99.36",
            withholds=False,
        ),
    ),
    concerns="requests",
    near=_emergency_on_file,
    roles=(Role(id="emergency", audience="emergency personnel", refusal_recorded=True),),
    evidence=("emergency",),
    whole=Whole(
        step=2,
        says="a request in a health or safety emergency, with the threat stated and a recipient who needs the recording "
        "(exception 9): to anybody if the custodian or a designee acts, and to emergency personnel or the police whoever "
        "acts",
        in_short="emergencies",
        checks=(
            Check(
                "emergency-request",
                2,
                "Does somebody ask for it?",
                "Nobody asks for it in an emergency: it is the district's own publication.",
            ),
            Check(
                "emergency-threat",
                2,
                "Is an articulable and significant threat on file?",
                "No threat to health or safety is on file.",
            ),
            Check(
                "emergency-needs",
                2,
                "Does the recipient need the recording to protect someone?",
                "A threat is on file, but not that the recipient needs the recording to protect someone.",
            ),
            Check("emergency-custodian", 2, "Does the records custodian or a designee act?", passed=None),
            Check(
                "emergency-responder",
                2,
                "Are police or emergency personnel the recipient?",
                "An emergency is on file, but neither does the records custodian or a designee act, nor do police or "
                "emergency personnel ask.",
            ),
            Check(
                "emergency-confirmed",
                2,
                "Has an administrator, or a call back to the agency, confirmed the emergency?",
                "Responders ask in an emergency, but neither does the records custodian or a designee act, nor has an "
                "administrator or a call back confirmed it, which the district asks for.",
                ruled="staff-on-the-spot",
            ),
        ),
        applies=emergency_stated,
        whoever_acts=RESPONDERS,
    ),
    own=None,
    lacking=Lacking(
        clause=Clause(
            "EX9-EVIDENCE",
            "Emergency: what is lacking",
            "An emergency needs the threat in words, and that this recipient needs the recording to protect someone.",
            f"{PROCEDURE}, exception 9; 34 CFR 99.36",
            "Record the threat, that the recipient needs it, and where staff act who confirmed it.",
            as_ruled="The emergency is on file, but no administrator and no call back to the agency has confirmed it: the "
            "district asks for that before staff may act.",
            outside=Outside(
                "In an emergency we need to know the danger, and why you need the recording. We do not know both.",
                "En una emergencia necesitamos saber cuál es el peligro y por qué usted necesita la grabación. No sabemos "
                "ambas cosas.",
                kept_back("34 CFR 99.36"),
            ),
        ),
        says="for emergency personnel, or an emergency that is not complete",
        concerns="anybody",
        near=_emergency_on_file,
        stands=lacks_threat,
        bring=_threatened,
        # It is stated by a share of its own, which nothing holds up.
        answered_by="",
    ),
    question=None,
    recorded=True,
    may_pass_on=False,
    followed_by="reviewed",
    # An emergency releases at once, or not at all.
    can_wait=lambda _: False,
)


# The table, in the order of the procedure, and what derives from it

EXCEPTIONS = (EX1, EX2, EX2_DEPENDENT, EX2_REPRESENTATIVE, EX2_MULTI, EX3, EX4, EX5, EX6, EX7, EX8, EX9)
# The open questions about evidence, in the procedure's order.
QUESTIONS = (NOTICE, CERTIFICATION, TRANSFERRED)
PUBLIC = Role(
    id="public",
    audience="anybody",
    asking="a member of the public",
    released_to="a member of the public",
    # Recruiters have a right to lists of names and addresses, and to no recording (20 U.S.C. 7908; 10 U.S.C. 503(c)).
    said_for=(
        "media",
        "press",
        "recruiter",
        "recruiters",
        "military",
        "military_recruiter",
        "army",
        "college",
        "university",
    ),
    refusal_recorded=True,
)

# A school where a student goes, or seeks to enroll (34 CFR 99.31(a)(2)): no exception of the procedure opens anything to it,
# and the custodian hands it over (`CaseGatherer.first_look`).
OTHER_SCHOOL = Role(
    id="other_school",
    audience="another school",
    said_for=("transfer",),
    refusal_recorded=True,
)
# An agency that a federal law gives student records beside the procedure, such as the state's protection and advocacy system
# (42 U.S.C. 15043(a)(2)(I)) or an education authority that audits a program (34 CFR 99.31(a)(3), 99.35): handed over too.
AGENCY = Role(
    id="agency",
    audience="an agency with a right by federal law",
    said_for=("advocacy", "auditor", "monitor"),
    refusal_recorded=True,
)
# The roles that no exception is about.
_OTHERS = (OTHER_SCHOOL, AGENCY, PUBLIC)

ROLES: Mapping[str, Role] = {role.id: role for role in (*(r for row in EXCEPTIONS for r in row.roles), *_OTHERS)}
BY_CLAUSE: Mapping[str, ExceptionRow] = {row.clause.id: row for row in EXCEPTIONS}
LACKING: Mapping[str, Lacking] = {row.lacking.clause.id: row.lacking for row in EXCEPTIONS if row.lacking}
QUESTION_OF: Mapping[str, Question] = {question.clause.id: question for question in QUESTIONS}
# Everything about evidence that somebody can bring or settle, by its clause.
ASKS: Mapping[str, Lacking | Question] = {**LACKING, **QUESTION_OF}
# The exceptions that cover a whole recording, and those of which 34 CFR 99.32 has the disclosures recorded.
WHOLE = tuple(row.clause.id for row in EXCEPTIONS if row.whole)
RECORDED = frozenset(row.clause.id for row in EXCEPTIONS if row.recorded)
RECORDED_WHOLE = RECORDED.intersection(WHOLE)
# What proves one thing stands together: a finding verifies one of them, so that a paper covers no more than it says.
PROVEN_TOGETHER = tuple(dict.fromkeys(frozenset(row.evidence) for row in EXCEPTIONS if row.evidence))
# What opens the recipient's own students, one by one: by the recipient's role, in the order of the table.
OWN_BY_ROLE = {
    role: tuple(
        (row.own, row.clause.id, row.own_unless)
        for row in EXCEPTIONS
        if row.own and role in (*(each.id for each in row.roles), *row.own_for)
    )
    for role in ROLES
}
LACKING_BY_ROLE: Mapping[str, tuple[Lacking, ...]] = {
    role: tuple(
        row.lacking
        for row in EXCEPTIONS
        if row.lacking and (row.lacking.concerns != "own roles" or role in [each.id for each in row.roles])
    )
    for role in ROLES
}


def of_step(step: int) -> tuple[tuple[ExceptionRow, Whole], ...]:
    """Return the exceptions that a step asks for, in the order in which it asks."""
    asked = [(row, row.whole) for row in EXCEPTIONS if row.whole and row.whole.step == step]
    return tuple(sorted(asked, key=lambda each: each[1].turn))


def checks_of(step: int) -> tuple[Check, ...]:
    """Return the questions of the exceptions that a step asks for."""
    return tuple(check for _, whole in of_step(step) for check in whole.checks)


def says_of(step: int, between: str) -> str:
    """Return what a step says of its exceptions, as sentences or parts of one."""
    says = [whole.says for _, whole in of_step(step)]
    says = [each[:1].upper() + each[1:] for each in says] if between == ". " else says
    told = between.join(says)
    return told[:1].upper() + told[1:]


def number_of(row: ExceptionRow) -> int:
    """Return the number that the procedure gives an exception: 2 for `EX2-MULTI`."""
    return int(row.clause.id.removeprefix("EX").partition("-")[0])


def concerned(concerns: Concerns, row: ExceptionRow | None = None) -> tuple[str, ...] | None:
    """Return the recipients' roles that a clause can concern; None = all of them, and a publication too."""
    if concerns == "requests":
        return tuple(ROLES)
    if concerns == "own roles":
        return tuple(role.id for role in row.roles) if row else ()
    return None if concerns == "anybody" else tuple(concerns)


def can_wait(name: str, block: object) -> bool:
    """Whether one field of the evidence may wait for a second person; what releases at once may not."""
    plain = block if isinstance(block, Mapping) else {}
    return all(row.can_wait(plain) for row in EXCEPTIONS if name in row.evidence)


def settled_by(finding: str) -> tuple[str, ...]:
    """Return the clauses that a custodian settles by a finding of this kind."""
    followed = [row.clause.id for row in EXCEPTIONS if row.followed_by == finding]
    return (*followed, *(clause for clause, asks in ASKS.items() if asks.answered_by == finding))


def students_named(evidence: Evidence | None) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Yield the students whom each field of the evidence names, with the path of the field within the evidence."""
    for name, inner in STUDENT_FIELDS:
        block = getattr(evidence, name, None)
        if block is not None:
            yield (name, inner), getattr(block, inner)


def _blocks() -> Iterator[tuple[str, type]]:
    for name, hint in get_type_hints(Evidence).items():
        yield from ((name, part) for part in (hint, *get_args(hint)) if isinstance(part, type) and is_dataclass(part))


def _fields_with(mark: type) -> Iterator[tuple[str, str, object]]:
    """Yield each field of the evidence that carries a mark: its block, its name, the mark."""
    for block, of in BLOCKS.items():
        for name, hint in get_type_hints(of, include_extras=True).items():
            yield from ((block, name, each) for each in getattr(hint, "__metadata__", ()) if isinstance(each, mark))


def check_table(rows: Iterable[ExceptionRow], questions: Iterable[Question]) -> None:
    """Refuse a table whose rows do not fit together. Raises MissingCell."""
    rows, questions, known = tuple(rows), tuple(questions), {each.name for each in fields(Evidence)}
    check_cells(OTHER_SCHOOL, OTHER_SCHOOL.id)
    check_cells(AGENCY, AGENCY.id)
    check_cells(PUBLIC, PUBLIC.id)
    for name in sorted(known.difference(*(row.evidence for row in rows))):
        raise MissingCell(f"no exception reads the evidence '{name}': name it in the cell 'evidence' of its row")
    for row in rows:
        clause, roles = row.clause.id, {role.id for role in row.roles}
        if not known.issuperset(row.evidence):
            raise MissingCell(f"{clause}: the cell 'evidence' names what is no field of Evidence")
        if row.question is not None and row.question not in questions:
            raise MissingCell(f"{clause}: the cell 'question' is not among QUESTIONS, which holds their order")
        for question in questions:
            # "requests" and the like say nothing of one row.
            of_row = isinstance(question.concerns, tuple) and roles.intersection(question.concerns)
            if of_row and row.question != question:
                raise MissingCell(f"{clause}: the cell 'question' is missing: {question.clause.id} concerns its roles")
    for question in questions:
        if question not in [row.question for row in rows]:
            raise MissingCell(f"{question.clause.id}: it is among QUESTIONS, but in no row's cell 'question'")
    named = [
        *(row.clause.id for row in rows),
        *(role.id for row in rows for role in row.roles),
        *(role.id for role in _OTHERS),
    ]
    if len(set(named)) < len(named):
        raise MissingCell("a clause or a role stands in two rows of the table: each has one row")


# The evidence that is a mapping of fields, the fields that name students, and what a field means in the JSON Schema.
BLOCKS: Mapping[str, type] = dict(_blocks())
STUDENT_FIELDS = tuple((block, name) for block, name, _ in _fields_with(NamesStudents))
DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    of.__name__: {name: says.text for at, name, says in _fields_with(Says) if at == block and isinstance(says, Says)}
    for block, of in BLOCKS.items()
}
check_table(EXCEPTIONS, QUESTIONS)
