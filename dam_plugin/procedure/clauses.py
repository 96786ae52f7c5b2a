"""Every clause: its id, title, source, remedy, and the sentences shown to people. Those of the exceptions are in their rows.

A clause speaks differently when it lets a recording through than when it stands in the way: so it has a second sentence.
`reason()` fills in `{students}`, `{purpose}` and the like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dam_plugin.model import Reason
from dam_plugin.procedure.exception_row import Clause, Telling
from dam_plugin.procedure.exceptions import (
    AGENCY,
    AS_RULED,
    EXCEPTIONS,
    LACKING,
    OTHER_SCHOOL,
    PROCEDURE,
    QUESTIONS,
)
from dam_plugin.procedure.order_day import (
    CONFIRM_FIRST,
    LIFT_FIRST,
    day_waited_for,
    is_stayed,
    is_unconfirmed,
    remedy_until,
)
from dam_plugin.procedure.outside_words import (
    ABOUT_SOMEBODY,
    GIVEN_BY_MISTAKE,
    LOOK_FIRST,
    LOOKED_AT,
    LOOKED_AT_AGENCY,
    LOOKED_AT_TRANSFER,
    NO_CONSENT,
    NO_SAFE_COPY,
    NOT_DIRECTORY,
    NOT_IN_SET,
    NOT_YET,
    NOT_YET_YOURS,
    OF_UNIT,
    OPEN_RECORD,
    PROTECTED_BY_LAW,
    WITH_GUARDIAN,
    Outside,
    about_you,
    kept_back,
)
from dam_plugin.procedure.purposes import STARTER_PACK

# Who holds the rights and can sign a consent (34 CFR 99.5).
SIGNERS = "a parent (or the student, once 18)"
# The end of what is said of the meaning where one student is all that a recording shows.
SHOWN_ALONE = "It shows this student alone: of a copy that hides them little or nothing would be left."
FAIL_CLOSED = "The plugin's own rule: in doubt nothing is released"


_ALL = (
    Clause(
        "SCOPE",
        "Not a record of the district",
        "This recording is not maintained by the district, so the procedure does not cover it.",
        f"{PROCEDURE}, scope; 34 CFR 99.3 (education records)",
        outside=Outside(
            "This is not a record of the district.",
            "Esto no es un registro del distrito.",
            "34 CFR 99.3",
            withholds=False,
        ),
    ),
    Clause(
        "OPEN",
        "No identifiable student",
        "No identifiable student is in this recording; it is an open record.",
        f"{PROCEDURE}, general rule; RSMo 610.011, 610.023",
        outside=OPEN_RECORD,
    ),
    Clause(
        "OPEN-UNRELATED",
        "Directly related to nobody",
        "The students in it ({students}) are only incidental: the recording is not directly related to any of them.",
        f"{PROCEDURE}, directly related; 34 CFR 99.3; RSMo 610.011",
        outside=OPEN_RECORD,
    ),
    Clause(
        "EX4-CROWD",
        "Opted out, but only in the crowd",
        "{students} opted out, but an opt-out does not reach someone merely pictured in a crowd.",
        f"{PROCEDURE}, exception 4 (crowd at a public event)",
        outside=OPEN_RECORD,
    ),
    *(row.clause for row in EXCEPTIONS),
    Clause(
        "NOTIFY-CUSTODIAN",
        "Tell the custodian now",
        "Nothing stands in the way of an emergency; tell the records custodian at once, who reviews it afterwards.",
        f"{PROCEDURE}, requests go to the custodian; 34 CFR 99.36",
        "Call the records custodian or a designee.",
        outside=Outside(
            "The district's records office looks at this afterwards.",
            "La oficina de registros del distrito lo revisa después.",
            "34 CFR 99.36",
            withholds=False,
        ),
    ),
    Clause(
        "CUSTODIAN",
        "The custodian answers requests",
        "Somebody asked for this recording, and requests are answered by the records custodian or a designee.",
        f"{PROCEDURE}, requests; RSMo 610.023",
        "Pass the request to the records custodian or a designee.",
        otherwise="Somebody asked for this recording and states a threat: the records custodian or a designee can release "
        "it without delay, so pass it on at once.",
        outside=Outside(
            "The district's records office answers requests, and looks at this one first.",
            "La oficina de registros del distrito contesta las solicitudes, y revisa esta primero.",
            "RSMo 610.023",
            withholds=False,
        ),
    ),
    Clause(
        "HOLD-UNTAGGED",
        "Nobody has said yet who is in it",
        "It is not known yet who is in this recording.",
        f"{PROCEDURE}, personally identifiable; 34 CFR 99.3",
        "Look at the recording and tag who is in it.",
        outside=LOOK_FIRST,
    ),
    Clause(
        "HOLD-UNKNOWN-PERSON",
        "Someone in it is not named",
        "Someone in this recording is not named by any tag (people not named: {count}).",
        f"{PROCEDURE}, personally identifiable; 34 CFR 99.3",
        "Look at the recording and tag the people who are not named.",
        outside=LOOK_FIRST,
    ),
    Clause(
        "COPY-FIRST",
        "A copy could hide the others",
        "An exception would release the whole recording, and a copy that hides {students} could be made: the records custodian "
        "considers that first.",
        f"{PROCEDURE}, isolate or redact; RSMo 610.024",
        "Consider a copy that hides them; where the whole recording is needed, record in the evidence that it was considered "
        "as `copy_considered`.",
        ruled="exceptions-before-redaction",
        outside=Outside(
            "We first look whether a copy can hide the students whom this is not about.",
            "Primero vemos si una copia puede ocultar a los estudiantes de los que no se trata.",
            "RSMo 610.024",
            withholds=False,
        ),
    ),
    Clause(
        "LEGALITY",
        "A question for the attorney",
        "The recording is confidential under another law ({why}), and someone has a right or a consent of their own.",
        f"{PROCEDURE}, confidential records, closed records; RSMo 610.021",
        "Ask the district's attorney, and record the answer; if the law allows it, the custodian hands it over by hand and "
        "records that.",
        otherwise="The recording is a closed record ({why}), and everybody shown has consented; but a consent does not open "
        "what the Sunshine Law closes.",
        outside=Outside(
            "The district's attorney first looks whether the law lets us give this out.",
            "El abogado del distrito revisa primero si la ley nos permite dar esta grabación.",
            "RSMo 610.021, 610.023.3",
            withholds=False,
        ),
    ),
    Clause(
        "CLOSED",
        "Closed record",
        "The recording is a closed record: {why}.",
        f"{PROCEDURE}, closed records; RSMo 610.021",
        "Ask the records custodian whether the reason for closing it still holds; if not, or with the consents of all who are "
        "shown, two people may reopen it.",
        outside=Outside(
            "The recording is a closed record under the Missouri Sunshine Law.",
            "La grabación es un registro cerrado según la Ley de Transparencia de Missouri (Sunshine Law).",
            "RSMo 610.021",
        ),
    ),
    Clause(
        "CONFIDENTIAL",
        "Confidential under another law",
        "The recording is confidential under another law: {why}.",
        f"{PROCEDURE}, confidential records; RSMo 610.021(14)",
        "Ask the district's attorney whether that law still covers it; if not, two people end it "
        "(`dam-plugin custodian reopen --confidential`).",
        outside=Outside(
            "Another law says that the recording is confidential.",
            "Otra ley dice que la grabación es confidencial.",
            PROTECTED_BY_LAW,
        ),
    ),
    Clause(
        "REDACT",
        "Released with everyone hidden",
        "Only a copy in which {students} can no longer be identified may be released.",
        f"{PROCEDURE}, isolate or redact; RSMo 610.024",
        outside=Outside(
            "Students can be recognized in the recording, and the law protects them.",
            "En la grabación se puede reconocer a estudiantes, y la ley los protege.",
            kept_back("RSMo 610.024; 34 CFR 99.30"),
        ),
    ),
    Clause(
        "EX4-NOTICE",
        "No current annual notice",
        "The annual notice of directory information has not been given within the last year ({students}).",
        f"{PROCEDURE}, exception 4; 34 CFR 99.37(a)",
        "Give the annual notice and record its day in the settings.",
        outside=Outside(
            "The district may give recordings of students to anybody only after this year's notice to families. That "
            "notice has not been given yet.",
            "El distrito solo puede dar grabaciones de estudiantes a cualquier persona después del aviso anual a las "
            "familias. Ese aviso todavía no se ha dado.",
            kept_back("34 CFR 99.37(a)"),
        ),
    ),
    Clause(
        "EX4-WINDOW",
        "Parents may still answer the notice",
        "Parents may still answer this year's notice ({students}).",
        f"{PROCEDURE}, exception 4; 34 CFR 99.37(a)(3)",
        "Wait until the opt-out window is over, or record this year's window in the settings. Where the family of a new "
        "student has answered, the custodian enters it: `dam-plugin student answered STUDENT --why TEXT --as custodian:NAME`.",
        otherwise="The opt-out window on file ended before this year's notice was given: it is last year's ({students}).",
        outside=Outside(
            "Families may still answer this year's notice. Until their time is over we may not give out recordings of "
            "students.",
            "Las familias todavía pueden responder al aviso de este año. Hasta que termine ese plazo no podemos dar "
            "grabaciones de estudiantes.",
            kept_back("34 CFR 99.37(a)(3)"),
        ),
    ),
    Clause(
        "EX4-DEFINITION",
        "Images are not directory information here",
        "The district's definition of directory information does not name images and recordings ({students}).",
        f"{PROCEDURE}, exception 4; policy JO; 34 CFR 99.3 (directory information)",
        "If the definition does name them, set `directory_includes_images = true` under `[district]` in the settings. Only the "
        "board can change the definition; obtain consents instead.",
        outside=Outside(
            "The district's policy does not let us give recordings of students to anybody who asks.",
            "La política del distrito no nos permite dar grabaciones de estudiantes a cualquier persona que las pida.",
            kept_back("34 CFR 99.3"),
        ),
    ),
    Clause(
        "EX4-LIMITED",
        "Not among the purposes of the directory policy",
        "The district's directory policy is limited, and '{purpose}' is not among its purposes ({students}).",
        f"{PROCEDURE}, exception 4; 34 CFR 99.37(d)",
        "Obtain a consent for {purpose}, or share for a purpose that the policy names.",
        outside=Outside(
            "The district's policy lets us give out recordings of students for some purposes only. Yours is not one of "
            "them.",
            "La política del distrito nos permite dar grabaciones de estudiantes solo para algunos fines. El suyo no es "
            "uno de ellos.",
            kept_back("34 CFR 99.37(d)"),
        ),
    ),
    Clause(
        "EX4-DISCIPLINE",
        "Used for discipline",
        "The recording is used for discipline, so it is not directory information ({students}).",
        f"{PROCEDURE}, exception 4 (discipline); 34 CFR 99.3",
        "Obtain consents; a discipline record never becomes directory information.",
        outside=NOT_DIRECTORY,
    ),
    Clause(
        "EX4-NOT-DIRECTORY",
        "Not marked as directory information",
        "The recording is marked as not being directory information ({students}).",
        f"{PROCEDURE}, exception 4; 34 CFR 99.3 (directory information)",
        "Where it is directory information after all, mark it as that (what the custodian said, only the custodian changes), "
        "or obtain consents for {purpose}.",
        otherwise="Nobody has said yet whether the recording is directory information ({students}).",
        outside=NOT_DIRECTORY,
    ),
    Clause(
        "PROTECTED",
        "Not to be shown",
        "{students} may not be shown, not in the background either; the records custodian knows why.",
        f"{PROCEDURE}, exception 4",
        "Share a copy that hides them, or ask the records custodian, who alone changes that.",
        otherwise="{students} may not be shown, not in the background either, so the copy hides them; the records custodian "
        "knows why.",
        outside=NO_CONSENT,
    ),
    Clause(
        "EX4-OPTOUT",
        "Opted out",
        "A parent of {students} (or the student, once 18) has opted out and has not consented to '{purpose}'.",
        f"{PROCEDURE}, exception 4; 34 CFR 99.37(a)(2)",
        "Obtain a consent to {purpose} for each of them, or share a copy that hides them.",
        otherwise="A parent of {students} (or the student, once 18) has opted out; the copy hides them.",
        outside=NO_CONSENT,
    ),
    Clause(
        "EX3-MISSING",
        "No consent on file",
        "No written consent is on file for {students}.",
        f"{PROCEDURE}, exception 3; 34 CFR 99.30",
        "Obtain a written consent to {purpose} that names {party}, signed by {signers}.",
        outside=NO_CONSENT,
    ),
    Clause(
        "EX3-FORM",
        "A consent that does not hold",
        "The consent on file does not cover this: {why}.",
        f"{PROCEDURE}, exception 3; 34 CFR 99.30(b), 99.5",
        "Obtain a written consent to {purpose} that names {party}, signed by {signers}.",
        outside=NO_CONSENT,
    ),
    Clause(
        "REDACT-UNABLE",
        "Cannot be redacted",
        "We cannot hide {students}: {why}.",
        f"{PROCEDURE}, technology and ability to redact; 34 CFR 99.12(a)",
        "Hand in a format that can be redacted, mark where they appear, or ask the custodian to look again, whichever stands "
        "in the way; of whom a caption alone names and who is not in it, the custodian says so by a look.",
        otherwise="A copy that hides {students} could not be made: {why}.",
        outside=Outside(
            "We cannot make a copy in which nobody can be recognized who has to be protected.",
            "No podemos hacer una copia en la que no se reconozca a quienes hay que proteger.",
            kept_back("34 CFR 99.12(a)"),
        ),
    ),
    Clause(
        "REDACT-NAMED",
        "Asked for by name",
        "Asked for by name, so that hiding would hide nothing: {students}.",
        f"{PROCEDURE}, personally identifiable; 34 CFR 99.3 (targeted request)",
        "Obtain a written consent to {purpose} from each of them, signed by {signers}; asking again without the "
        "names does not change the answer.",
        otherwise="Asked for by name beside a student of their own, so that hiding would hide nothing: {students}.",
        outside=ABOUT_SOMEBODY,
    ),
    Clause(
        "REDACT-MEANING",
        "Redaction and the meaning",
        "Hiding {students} does not leave what the recording means: a custodian found that it is {meaning}.",
        f"{PROCEDURE}, without changing or destroying the meaning; 34 CFR 99.12(a)",
        "Pass the request on to the custodian, who reviews what redaction does to the meaning.",
        otherwise="Nobody has reviewed yet what hiding {students} does to what the recording means.",
        outside=Outside(
            "If we hid the students, the recording might not mean the same any more.",
            "Si ocultáramos a los estudiantes, es posible que la grabación ya no significara lo mismo.",
            kept_back("34 CFR 99.12(a)"),
        ),
    ),
    Clause(
        "NAMED-IN-CROWD",
        "Asked for by name, in the background, opted out",
        "The request asks by name for {students}, who can be seen in the background only and opted out, or whose family "
        "may still answer the notice: a person has to look at it.",
        f"{PROCEDURE}, exception 4 (crowd at a public event); 34 CFR 99.3 (targeted request)",
        "The custodian decides whether who asked may see it.",
        outside=ABOUT_SOMEBODY,
    ),
    *(question.clause for question in QUESTIONS),
    Clause(
        "HOLD-UNCLASSIFIED",
        "Nobody has said whether it is directory information",
        "If the recording were marked as directory information, more could be released.",
        f"{PROCEDURE}, exception 4; 34 CFR 99.3 (directory information)",
        "Ask the custodian to mark whether it is directory information.",
        outside=Outside(
            "The district has not said yet whether the recording is information that it may give to anybody.",
            "El distrito todavía no ha dicho si la grabación es información que puede dar a cualquier persona.",
            "RSMo 610.023.3; 34 CFR 99.3",
            withholds=False,
        ),
    ),
    Clause(
        "CONSENT-DOUBTFUL",
        "A consent, and a later opt-out",
        "For {students} a consent was signed, and the family opted out afterwards or on the same day: only the family can say "
        "which of the two it meant.",
        f"{PROCEDURE}, exceptions 3 and 4; 34 CFR 99.30, 99.37",
        "Ask both parents which of the two the family means (a student who holds the rights, alone), and have the consent "
        "signed anew, or revoked.",
        outside=NO_CONSENT,
    ),
    Clause(
        "CLOSED-CONSENT",
        "Closed, and everybody shown has consented",
        "It is a closed record, and everybody shown has consented: the custodian may reopen it.",
        f"{PROCEDURE}, closed records; RSMo 610.021",
        "Ask the records custodian whether the reason for closing it still holds.",
        outside=Outside(
            "The records office looks again whether the recording has to stay a closed record.",
            "La oficina de registros revisa de nuevo si la grabación tiene que seguir siendo un registro cerrado.",
            "RSMo 610.021",
            withholds=False,
        ),
    ),
    Clause(
        "EX2-RELATION",
        "Who this person is",
        "Whether this person holds a parent's rights here, or is the student, is to be verified first.",
        f"{PROCEDURE}, exception 2; 34 CFR 99.31(c), 99.10",
        "Verify who they are, and record whose parent or which student they are, or which parent's signed authority they bring "
        "(`dam-plugin student guardian represent`); then it is decided again. What else there is to look at, `dam-plugin queue "
        "show ID --as custodian:NAME` tells the custodian.",
        # Of a guardian who is on file nobody asks for a proof.
        otherwise="Before this goes to this person, who is on file, the records custodian looks at it.",
        outside=Outside(
            "We have not been able to make sure yet that you may see this student's record. Please bring or send to the "
            "records office something that shows who you are. A parent or guardian also brings a paper that shows it, such "
            "as a birth certificate or an order of a court, and whoever comes for a parent what that parent has signed.",
            "Todavía no hemos podido comprobar que usted pueda ver el registro de este estudiante. Por favor, lleve o envíe "
            "a la oficina de registros algo que muestre quién es usted. Un padre, una madre o un tutor lleva también un "
            "documento que lo muestre, como un acta de nacimiento o una orden de un tribunal, y quien venga en "
            "nombre del padre o de la madre, la autorización que estos hayan firmado.",
            kept_back("34 CFR 99.31(c), 99.10"),
        ),
    ),
    *(lacking.clause for lacking in LACKING.values()),
)

# Why the custodian hands a student's record to another school, or to an agency, and what it is recorded as.
TRANSFER = "TRANSFER"
FEDERAL_LAW = "LAW"
# What was given out and nothing permits: it is on the record of disclosures all the same (34 CFR 99.32(a)(1)).
MISTAKE = "MISTAKE"
# What the custodian chose to give a student of their own record, while the rights are the parents' (34 CFR 99.31(a)(12)).
TO_STUDENT = "TO-STUDENT"
# What the custodian hands over although no exception of the procedure is about its role: the clause of each such role.
HANDED_OVER: Mapping[str, str] = {OTHER_SCHOOL.id: TRANSFER, AGENCY.id: FEDERAL_LAW}
# The id of the clause that an adult asks for their own record whose rights a court gave to a guardian.
RIGHTS_OF_WARD = "RIGHTS-WARD"
# Who this person is; of a guardian who is on file its other sentence, after which nobody asks for a proof.
RELATION = "EX2-RELATION"
NAMED = "REDACT-NAMED"
# The id of the clause that a parent got a copy that hides their own child, as anybody does.
CHILD_HIDDEN = "CHILD-HIDDEN"
# The id of the clause that a link by which a request was answered was closed before anybody opened it.
LINK_UNSEEN = "LINK-UNSEEN"
# The id of the clause that somebody asked by name for a student in the background, and waits or was not given it.
ASKED_BY_NAME = "ASKED-BY-NAME"

# The id of the clause that what the district publishes does not carry a family's statement.
STATEMENT = "STATEMENT"
# The id of the clause that a family wants a recording of several students for more than to inspect it.
INSPECTED_ONLY = "INSPECTED-ONLY"
# The id of the clause that a school official asks for a purpose that is their own, and not the school's.
OWN_MATTER = "OWN-MATTER"
# The id of the clause that a recording is a law-enforcement unit's, whose own records custodian decides.
UNIT = "UNIT-RECORD"

# What the plugin says besides: no clauses of the procedure, and they only ever make an answer stricter.
_BESIDES = (
    Clause(
        "ERROR",
        "The decision could not be made",
        "The decision could not be made (error {error}).",
        FAIL_CLOSED,
        "Ask the records custodian, and tell the administrator the error's number.",
        outside=NOT_YET,
    ),
    Clause(
        "THIRD-PARTY",
        "Another plugin's voice",
        "The plugin '{plugin}' says: {why}",
        FAIL_CLOSED,
        "Ask whoever runs that plugin.",
        outside=NOT_YET,
    ),
    Clause(
        "THIRD-PARTY-DOWN",
        "Another plugin failed",
        "The plugin '{plugin}' failed (error {error}), and a missing voice is not a yes.",
        FAIL_CLOSED,
        "Try again once that plugin works; the administrator finds the error's number in the log.",
        outside=NOT_YET,
    ),
    Clause(
        "ROSTER-STALE",
        "The roster is too old",
        "The roster is older than {days} days, so opt-outs may be missing.",
        FAIL_CLOSED,
        "Import the roster again; the administrator sees its age in `dam-plugin doctor`.",
        otherwise="No roster is known to have been imported, so opt-outs may be missing.",
        outside=NOT_YET,
    ),
    Clause(
        "CHOICES-UNKNOWN",
        "Where families' opt-outs come from is not known",
        "Nobody has said where this district's opt-outs come from, so opt-outs may be missing.",
        FAIL_CLOSED,
        "Import the roster with the file of opt-outs; or, where families' answers are entered by hand, the custodian states "
        "it: `dam-plugin roster choices none --why TEXT --as custodian:NAME`.",
        otherwise="The records custodian has stated that families' opt-outs are still to come, so opt-outs may be missing.",
        outside=NOT_YET,
    ),
    Clause(
        "RELEASE-UNABLE",
        "No safe copy can be made",
        "No copy without the original's metadata can be made: {why}.",
        FAIL_CLOSED,
        "Share a JPEG, PNG or MP4 of it, or ask the records custodian to hand it over in another way.",
        outside=NO_SAFE_COPY,
    ),
    Clause(
        "RIGHTS-PARENTS",
        "The rights are the parents' until 18",
        "{students} asks for their own record and is a minor: the rights are the parents' until the 18th birthday, on {why}.",
        "The plugin's own rule, for 34 CFR 99.3, 99.5(b)",
        "Tell the student that a parent may ask now; the student's own request counts from the birthday on. Where a paper "
        "shows that the student is 18 already, correct the birth date in the roster, and import it. Where the student attends "
        "a college (34 CFR 99.3), and the district has not ruled `postsecondary = by-age`, the custodian says so, "
        "`dam-plugin student college S-… --seen TEXT`, and the student asks again. The law also lets the district give the "
        "student their own record, and does not make it (34 CFR 99.31(a)(12)): a custodian who decides so hides the others, "
        "hands it over, and closes it with `dam-plugin queue close ID --disclosed-to eligible_student:S-… --basis TO-STUDENT "
        "--students S-… --why TEXT`.",
        otherwise="{students} asks for their own record, and no date of birth is on file: the rights are the parents' until "
        "18.",
        outside=NOT_YET_YOURS,
    ),
    Clause(
        CHILD_HIDDEN,
        "The copy hides this person's own child",
        "The copy that went out hides this person's own child, which answers no inspection.",
        "The plugin's own rule, for 34 CFR 99.4, 99.10",
        "Read the paper that limits this person's rights, decide what it leaves, tell them, and close the request with that "
        "(`dam-plugin queue close`).",
        outside=LOOKED_AT,
    ),
    Clause(
        RIGHTS_OF_WARD,
        "The rights are with a guardian whom a court appointed",
        "{students} asks for their own record, and a court gave the rights over it to a guardian.",
        "The plugin's own rule, for 34 CFR 99.5; RSMo 475.080, 475.120",
        "Read in the letters of guardianship what the court left to the student. Where it is the right to this record, state "
        "that with a copy of them, `dam-plugin queue finding ID retained --seen TEXT --file COPY`. Where it is nothing of "
        "this, tell the student that the guardian may ask.",
        outside=WITH_GUARDIAN,
    ),
    Clause(
        "COPY-REVIEW",
        "Whether a copy is enough for the family",
        "A family's own record went out as a copy, and nobody has reviewed yet what hiding the others does to what the "
        "recording means.",
        "The plugin's own rule, for 34 CFR 99.10, 99.12(a)",
        "Look at the recording and at the copy, and state what hiding the others does to the meaning: `preserved`, the copy "
        "is enough; `destroyed`, each family may see the whole recording.",
        outside=NOT_YET,
    ),
    Clause(
        LINK_UNSEEN,
        "A link was closed before anybody opened it",
        "Whoever asked was given a link, and it was closed before anybody opened it: that answers nothing.",
        "The plugin's own rule, for 34 CFR 99.10(a), (e), 99.31(a)(9), RSMo 610.023.3",
        "Decide the request again, `dam-plugin queue finding ID reviewed`: what may go out today goes out by a new link. Then "
        "tell whoever asked. On an order the family of each student who was found since is told first.",
        outside=NOT_YET,
    ),
    Clause(
        "CLOSED-REVIEW",
        "Closed for another reason than the student",
        "A family asks for its own record, which is closed by {why}: that may be for somebody else than the student, or "
        "because another law protects it. The family keeps its right to the record, and the custodian looks at it before it "
        "goes out.",
        "The plugin's own rule, for 34 CFR 99.10 and RSMo 610.021(1), (3), (5), (8), (13), (14), (16), (24)",
        "Look at the recording, ask the district's attorney about a legal action or another law, and state `reviewed`: then it "
        "goes to the family as the procedure decides.",
        outside=LOOKED_AT,
    ),
    Clause(
        UNIT,
        "A record of the law-enforcement unit",
        "This is a record of the law-enforcement unit and no education record: the unit made it, for law enforcement, and "
        "keeps it. The records custodian of the unit decides (RSMo 610.100), and nothing goes out from here.",
        "34 CFR 99.8; 20 U.S.C. 1232g(a)(4)(B)(ii); RSMo 610.100",
        "Send whoever asks to the records custodian of the unit, ask the district's attorney where it is not clear who that "
        "is, and close it: `dam-plugin queue close ID --why TEXT`. Hand the file back to the unit. Where the "
        "school keeps the copy, as for discipline, it is an education record: two people say so (`dam-plugin custodian reopen "
        "--confidential`), and it is decided anew.",
        outside=OF_UNIT,
    ),
    Clause(
        ASKED_BY_NAME,
        "Somebody asked for it by name",
        "Somebody asked for {students} by name, who can be seen in the background only, and that request waits or was not "
        "granted: this may be the same person, or somebody who asks for them and leaves the name out.",
        "The plugin's own rule, for 34 CFR 99.3 (targeted request)",
        "Find out who asks, and for whom. Where it is another person, who does not act for the first, state it: `dam-plugin "
        "queue finding ID reviewed TEXT`. Where it is the same, or a colleague, the answer to the request by name counts for "
        "this one: close it.",
        outside=NOT_YET,
    ),
    Clause(
        STATEMENT,
        "A family's statement goes with it",
        "A family contests this record, and its statement ({students}) is disclosed whenever the record is: what the district "
        "publishes or prints does not carry it.",
        "34 CFR 99.21(c)(2)",
        "Choose another picture for a book. Where it is published with the statement beside it, say so: `dam-plugin queue "
        "finding ID reviewed TEXT`. Where the record was amended, let the statement go with it no more: `dam-plugin custodian "
        "statement-end ID --why TEXT`.",
        outside=NOT_YET,
    ),
    Clause(
        INSPECTED_ONLY,
        "A family may inspect it, and may not pass on the others",
        "A family asks for a recording of several students for {purpose}. Nobody can be hidden in it, so each family may "
        "inspect it, and may not pass on the others in it ({students}).",
        "34 CFR 99.12(a), 99.33(a)(1) and (2)",
        "Tell the family so. If it wants to inspect the recording, share it with `--purpose inspection`; close this one with "
        "`dam-plugin queue close ID --why TEXT`.",
        outside=LOOKED_AT,
    ),
    Clause(
        OWN_MATTER,
        "A school official may ask for a matter of their own",
        "A school official asks for {purpose}. What somebody on the staff needs for a suit, a claim or a grievance of their "
        "own, or for themselves, is no legitimate educational interest: the custodian looks whose matter it is.",
        "34 CFR 99.31(a)(1)",
        "Ask whose matter it is. Where it is the district's, as for its counsel or its insurer, say so: `dam-plugin queue "
        "finding ID reviewed TEXT`; so it is where they need it for their own class or office. Where it is their own, close "
        "this one with `dam-plugin queue close ID --why TEXT`: they ask as anybody does, with a subpoena or a consent, "
        "`dam-plugin share KEY --to public:NAME --purpose TEXT`, or as a family, `dam-plugin share KEY --to parent:G-… "
        "--purpose TEXT`.",
        otherwise="By the name, who asks as a school official may be of the family of somebody in it. A family has the rights "
        "of a family, and what somebody on the staff needs for themselves is no legitimate educational interest: the custodian "
        "looks whose matter it is.",
        outside=NOT_YET,
    ),
    Clause(
        TRANSFER,
        "A transfer to another school",
        "Another school asks for it. Where a student seeks to enroll or is enrolled there, the custodian hands over that "
        "student's record for the transfer; no link is handed out.",
        "34 CFR 99.31(a)(2), 99.34; RSMo 167.020.7",
        "Call the school at a number that you found yourself, not one that came with the request, and verify that the student "
        "seeks to enroll or is enrolled there. Hide the other students (`dam-plugin redact`), hand it over yourself, and close "
        "it with `dam-plugin queue close ID --disclosed-to other_school:NAME --basis TRANSFER --students S-… --enrolled TEXT`. "
        "Tell the parent, or the student once 18, unless they asked for it or your annual notice says that you forward records "
        "(34 CFR 99.34(a)), and give them a copy if they ask.",
        otherwise="Handed over to another school, where the student seeks to enroll or is enrolled ({students}).",
        outside=LOOKED_AT_TRANSFER,
    ),
    Clause(
        FEDERAL_LAW,
        "An agency with a right by federal law",
        "An agency says that a federal law gives it student records. The custodian has that law read, and hands over what it "
        "asks for; no link is handed out.",
        "34 CFR 99.31(a)(3) to (7), 99.35; such as 42 U.S.C. 15043(a)(2)(I)",
        "Verify who asks, and have the district's attorney read the law that the agency cites. Hide the students whom the law "
        "does not reach (`dam-plugin redact`), hand it over yourself, and close it with `dam-plugin queue close ID "
        "--disclosed-to agency:NAME --basis LAW --law '42 U.S.C. …' --file COPY --students S-…`. Where no federal law gives it "
        "to them, the agency needs a written consent or a court's order.",
        otherwise="Handed over since a federal law gives this record to whoever received it ({students}): {law}.",
        outside=LOOKED_AT_AGENCY,
    ),
    Clause(
        TO_STUDENT,
        "Given to the student by the district's choice",
        "The custodian chose to give {students} their own record, although the rights are the parents'.",
        "34 CFR 99.31(a)(12)",
        "Give the student nothing that is about another student.",
        outside=about_you("34 CFR 99.12, 99.31(a)(12)"),
    ),
    Clause(
        MISTAKE,
        "Given out by mistake",
        "This was given out by mistake, and nothing permits it ({students}).",
        "34 CFR 99.30, 99.32(a)(1)",
        "Ask for it back, and tell the family and the district's attorney.",
        outside=GIVEN_BY_MISTAKE,
    ),
    Clause(
        "LINK",
        "A link that opens nothing",
        "This link does not open anything now; ask the person who sent it for a new one.",
        FAIL_CLOSED,
        "Ask the person who sent it for a new one.",
        outside=Outside(
            "This link does not open anything now. Ask for a new one.",
            "Este enlace no abre nada ahora. Pida uno nuevo.",
            "34 CFR 99.31(c)",
            withholds=False,
        ),
    ),
    Clause(
        "LINK-CHANGED",
        "Something changed since the link was handed out",
        "Since this link was handed out, {why}.",
        FAIL_CLOSED,
        "Share it again: a new copy gets a new link.",
        outside=Outside(
            "Something has changed since this link was handed out, so we have to look again.",
            "Algo ha cambiado desde que se entregó este enlace, y tenemos que revisarlo de nuevo.",
            "RSMo 610.023.3; 34 CFR 99.30",
            withholds=False,
        ),
    ),
    Clause(
        "EXPORT-REDACT",
        "The set takes no redacted copies",
        "Only a copy that hides {students} may go into the set, and it takes no redacted copies.",
        FAIL_CLOSED,
        "Make the set with `--redact allow`, or obtain a written consent to {purpose} that names {party}, signed by "
        "{signers}.",
        outside=NOT_IN_SET,
    ),
    Clause(
        "EXPORT-PORTRAIT",
        "A portrait of somebody who may not be named",
        "This is the portrait of {students}, and nothing lets the set show and name them.",
        FAIL_CLOSED,
        "Obtain a written consent to {purpose} that names {party}, signed by {signers}; where it is somebody else's portrait, "
        "correct who is in it.",
        outside=NOT_IN_SET,
    ),
    Clause(
        "EXPORT-EMPTY",
        "Nobody would be left in it",
        "Only a copy that hides everybody whom it is about could leave ({students}): nothing of it is for a book.",
        FAIL_CLOSED,
        "Obtain a written consent to {purpose} that names {party}, signed by {signers}.",
        outside=NOT_IN_SET,
    ),
    Clause(
        "EXPORT-RETAKE",
        "An older portrait",
        "A newer portrait of {students} may go into the set, which takes one of each student.",
        FAIL_CLOSED,
        "Nothing is missing; to have this one instead, take the newer one out of the library.",
        outside=NOT_IN_SET,
    ),
    Clause(
        "EXPORT-UNABLE",
        "No safe copy can be made",
        "No copy for the set can be made: {why}.",
        FAIL_CLOSED,
        "Upload it anew, as a JPEG or PNG that opens; where it is tagged with a student who is not on the roster, import a "
        "roster that has the student.",
        otherwise="What is on file about it does not make a case that can be decided: {why}.",
        outside=NO_SAFE_COPY,
    ),
    Clause(
        "EXPORT-GONE",
        "Changed while the set was made",
        "It left the library, was replaced, or was decided otherwise, while the set was made.",
        FAIL_CLOSED,
        "Make the set again; upload the recording anew where it went by mistake.",
        outside=NOT_IN_SET,
    ),
    Clause(
        "EXPORT-CHANGED",
        "Something changed since the set was made",
        "Since the set was made, {why}.",
        FAIL_CLOSED,
        "Make the set again; what is printed already is on the recall list of `dam-plugin export recall`.",
        outside=NOT_IN_SET,
    ),
)

# Why a consent does not hold, as `EX3-FORM` says it (34 CFR 99.30(b): signed, dated, purpose, parties; 99.5: by whom).
CONSENT_FAULTS: Mapping[str, str] = {
    "unsigned": "it is not signed",
    "unauthenticated": "its electronic signature is not authenticated",
    "undated": "it is not dated",
    "dated-later": "it is dated after this day",
    "not-a-parent": "it is not signed by a parent",
    "not-the-student": "the student holds the rights now and has not signed it",
    "signed-as-minor": "the student signed it as a minor",
    "purpose": "it is for another purpose",
    "party": "it does not name this party",
    "asset": "it is for other recordings",
    "expired": "it has expired",
    "revoked": "it was revoked",
    "doubtful": "the family opted out after it was signed, or on that day",
    "protected": "no consent lets the student be shown",
}

# Why a student cannot be hidden, as `REDACT-UNABLE` says it.
UNABLE_FORMAT = "this format cannot be redacted"
UNABLE_PLACE = "it is not known where they appear"
UNABLE_FOUND = "the custodian found that it cannot reasonably be redacted"

CLAUSES: Mapping[str, Clause] = {clause.id: clause for clause in _ALL}
VOICES: Mapping[str, Clause] = {voice.id: voice for voice in _BESIDES}
_TOLD = {**CLAUSES, **VOICES}
# The custodian looks first, whatever the procedure decides: a denial waits for that, too. The recipient is not told why.
LOOKS_FIRST = frozenset({"CLOSED-REVIEW", UNIT, *HANDED_OVER.values()})
# The beginnings of the clauses that say who is hidden or has to consent: what the custodian hands over needs neither.
_OF_COPY_OR_CONSENT = ("PROTECTED", "CONSENT-", "EX3-", "EX4-", "REDACT")


# What stands in a researcher's way who asks for a study; its remedy names the agreement by which a study for the district goes.
_OF_A_STUDY = frozenset({"EX1-EVIDENCE", "EX3-FORM", "EX3-MISSING", FEDERAL_LAW})
_STUDY = "research"
STUDY = (
    "A study for the district itself, to improve instruction or on tests or student aid (34 CFR 99.31(a)(6)), needs no consent "
    "but a written agreement between the district and the organization that does it (34 CFR 99.31(a)(6)(iii)(C)): its "
    "purpose, scope and length, the records, that these serve nothing else and identify nobody to others, and by when they "
    "are destroyed. The organization signs it, and for the district whom the board authorized in writing (RSMo 432.070). The "
    "procedure has no exception for it: once the district's attorney read it, the custodian hands it over, `dam-plugin queue "
    "close ID --disclosed-to public:NAME --basis LAW --law '34 CFR 99.31(a)(6)' --file AGREEMENT --students S-…`."
)


def without_copy_and_consent(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return the reasons that hold for a role of `HANDED_OVER`: without who has to be hidden, and whose consent is missing."""
    return tuple(each for each in reasons if not each.clause.startswith(_OF_COPY_OR_CONSENT))


def reason(clause_id: str, students: Iterable[str] = (), *, otherwise: Telling = False, **words: object) -> Reason:
    """Return the reason of a clause for these students (sorted), its sentence filled in.

    `otherwise` takes the clause's other sentence, or the one for a switch; `words` fill `{purpose}`, `{why}`, `{count}`,
    `{meaning}`.
    """
    clause, named = _TOLD[clause_id], tuple(sorted(students))
    other = clause.as_ruled if otherwise == AS_RULED else clause.otherwise if otherwise else ""
    template = other or clause.sentence
    return Reason(clause_id, template.format(students=listed(named), **words), named)


def remedy(
    clause_id: str,
    *,
    purpose: str | None = None,
    party: str | None = None,
    signers: str = SIGNERS,
    said: str = "",
) -> str:
    """Return what a person can do about a clause, in one sentence; "" when nothing is to be done or it is not ours.

    Of a study it also says by what agreement one for the district goes.

    `purpose` and `party` are a share's, and quoted; without them it speaks of any share. `signers` says who can sign for
    the students of the reason, where the case tells. `said` is the reason's own text, which may say more.
    """
    if told := _remedy_of_text(clause_id, said, signers):
        return told
    clause = _TOLD.get(clause_id)
    if clause is None:
        return ""
    of_share = "the purpose of the share" if purpose is None else f"'{purpose}'"
    recipient = "the recipient" if party is None else f"'{party}'"
    told = clause.remedy.format(purpose=of_share, party=recipient, signers=signers)
    is_study = clause_id in _OF_A_STUDY and purpose is not None and STARTER_PACK.word(purpose) == _STUDY
    return f"{told} {STUDY}" if is_study else told


def _remedy_of_text(clause_id: str, said: str, signers: str) -> str:
    """Return what can be done about a reason whose own text says more than its clause; "" for any other."""
    if day := day_waited_for(clause_id, said):
        return remedy_until(day)
    if is_stayed(clause_id, said):
        return LIFT_FIRST
    if is_unconfirmed(clause_id, said):
        return CONFIRM_FIRST
    if is_of_known(clause_id, said):
        return _OF_KNOWN
    if is_beside_own(clause_id, said):
        return _BESIDE_OWN.format(signers=signers)
    return _IS_ALONE if said.endswith(SHOWN_ALONE) else ""


_OF_KNOWN = (
    "Look at what the notes say of this person, `dam-plugin queue show ID --as custodian:NAME`; a proof of who they are is "
    "asked for only there."
)
_IS_ALONE = (
    "The custodian looks whether anything is left to give without this student. Where nothing is, it is denied: "
    "`dam-plugin queue finding ID meaning destroyed --as custodian:NAME`, then `dam-plugin letter write denial --referral ID`, "
    "which cites the law."
)
# A parent who names another child asks for the record of their own as well, and is owed that (34 CFR 99.10, 99.12(a)).
_BESIDE_OWN = (
    "The family has a right to what is about its own. Obtain the written consent of the others, signed by {signers}; or offer "
    "to see it in the office, and where the others can neither be hidden nor left out, say so: `dam-plugin queue finding ID "
    "means none --why TEXT --inspection-offered TEXT --as custodian:NAME`, or `… meaning destroyed`. Of a child of theirs who "
    "is 18: `… dependent`, where that was shown (34 CFR 99.31(a)(8))."
)


def is_beside_own(clause_id: str, said: str) -> bool:
    """Whether a reason says that a family named somebody else beside a student of its own."""
    return clause_id == NAMED and said.startswith(_TOLD[NAMED].otherwise.partition("{students}")[0])


def is_of_known(clause_id: str, said: str) -> bool:
    """Whether a reason says that the custodian looks before a guardian who is on file has something."""
    return clause_id == RELATION and said == _TOLD[RELATION].otherwise


def source(clause_id: str) -> str:
    """Return where a clause stands; "" for a voice that is not the procedure's."""
    clause = _TOLD.get(clause_id)
    return clause.source if clause else ""


def outside_of(clause_id: str) -> Outside:
    """Return what people outside of the district are told about a clause; of another plugin's reason that we look at it."""
    clause = _TOLD.get(clause_id)
    return clause.outside if clause else NOT_YET


def listed(students: tuple[str, ...]) -> str:
    """Return the students as words: `S-1, S-2 and S-3`, or `no student in particular`."""
    if not students:
        return "no student in particular"
    *head, last = students
    return f"{', '.join(head)} and {last}" if head else last
