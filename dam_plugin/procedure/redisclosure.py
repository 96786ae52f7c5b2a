"""The redisclosure notice: which releases carry it, and what it says (34 CFR 99.33). Pure.

34 CFR 99.33(d) asks for the notice except where 99.33(c) takes a disclosure out: to a dependent's parent (99.31(a)(8)), for
a court's order or a subpoena ((a)(9)), of directory information ((a)(11)), and to parents or students of their own record
((a)(12)). The others that it takes out, (a)(14) to (16), are no exception of the procedure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from dam_plugin.model import Decision, Outcome, Share
from dam_plugin.procedure.clauses import VOICES
from dam_plugin.procedure.exceptions import EXCEPTIONS, ROLES

# What a recipient may pass on (34 CFR 99.33(c)): what is their own or their dependent's, directory information, what a
# court asked for, and what is no record of a student, or no longer one of a student who can be told.
MAY_PASS_ON = frozenset(
    (
        *(row.clause.id for row in EXCEPTIONS if row.may_pass_on),
        "EX4-OPTOUT",
        # As an opt-out: a notice that another copy does not carry would tell who is protected.
        "PROTECTED",
        "SCOPE",
        "OPEN",
        "OPEN-UNRELATED",
        "REDACT",
    )
)

NOTICE = (
    "This recording comes from student records. Whoever received it may use it only for the purpose for which it was "
    "released, and may not pass it on to anybody else without the written consent of a parent of each student in it, "
    "or of the student once 18 (34 CFR 99.33)."
)
FAMILY_NOTICE = (
    "This recording comes from student records, and shows students of other families too. You may show it to your attorney, "
    "to a hearing officer or a court. You may not pass it on to anybody else without the written consent of a parent of each "
    "of the other students in it, or of the student once 18 (34 CFR 99.33)."
)
"""The same to a family that gets a recording of several students (`EX2-MULTI`): it has to be able to use it for its child."""
REPRESENTATIVE_NOTICE = (
    "This recording comes from student records. You inspect it for the parent or student who gave you the authority, and may "
    "show it to them, to a hearing officer or a court. You may not pass it on to anybody else without the written consent of a "
    "parent of each student in it, or of the student once 18 (34 CFR 99.33)."
)
"""The same to the representative of a parent or student (`EX2-REPRESENTATIVE`), also where it shows other families."""
EMERGENCY_NOTICE = (
    "This recording comes from student records. It was released so that somebody can be protected in an emergency (34 CFR "
    "99.36). Use it for that and nothing else: as far as protecting them asks for it, you may show it to others, and broadcast "
    "or publish it where you were given it for that. Beyond that, and once the emergency is over, whoever has it may not pass "
    "it on to anybody else without the written consent of a parent of each student in it, or of the student once 18 (34 CFR "
    "99.33)."
)
"""The same of a release in a health or safety emergency (`EX9`): 34 CFR 99.33(a)(2) lets it be used for what it was released
for, and (b)(1) lets it go on to whoever has to know of it on the district's behalf, as a missing child's picture on television.
"""
CARE_NOTICE = (
    "This recording comes from student records. It was released to the child welfare agency that is responsible for the "
    "student. It may be passed on only to those who address the student's education needs and whom the agency authorized to "
    "receive it, as the laws on the confidentiality of school records allow (20 U.S.C. 1232g(b)(1)(L)), and to anybody else "
    "only with the written consent of a parent of each student in it, or of the student once 18 (34 CFR 99.33)."
)
"""The same to a child welfare agency that is responsible for a student (`EX8`): 20 U.S.C. 1232g(b)(1)(L) lets it go on so."""
SET_NOTICE = (
    "The district hands these pictures over to print the yearbook, and for nothing else: do not pass them on. They come from "
    "student records, and some may not be passed on by law without the written consent of a parent of each student in them, "
    "or of the student once 18 (34 CFR 99.33)."
)
"""The same of a set that is handed over as a whole: it stands in the set once, and says of no picture which it is."""
LONGEST = 200
"""Characters of a purpose or an id that a notice repeats; of a longer one the beginning, up to a word's end."""

_RECIPIENTS = {role.id: role.released_to or role.audience for role in ROLES.values()}
# A student's pseudonym, whoever's: an id that the district alone can read has no place in a file that leaves it.
_STUDENT = re.compile(r"(?<![0-9a-z])s-[0-9a-z]{12}(?![0-9a-z])", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


def needs_notice(decision: Decision) -> bool:
    """Whether what a decision releases carries the notice; in doubt it does.

    The basis on which students are shown decides; where no student is shown, the deciding clause.
    """
    if decision.outcome > Outcome.REDACT:
        return False
    return not MAY_PASS_ON.issuperset(decision.basis.values() if decision.basis else _deciding(decision))


def words_of(decision: Decision) -> str | None:
    """Return the words of the notice for what a decision releases; None where it needs none."""
    if not needs_notice(decision):
        return None
    asks_for_it = set(decision.basis.values()) - MAY_PASS_ON
    if asks_for_it == {"EX2-MULTI"}:
        return FAMILY_NOTICE
    # Where nobody is tagged in it, the clause that decided says so.
    if (asks_for_it or set(_deciding(decision))) == {"EX9"}:
        return EMERGENCY_NOTICE
    for_a_parent = "EX2-REPRESENTATIVE" in asks_for_it and asks_for_it <= {"EX2-REPRESENTATIVE", "EX2-MULTI"}
    return REPRESENTATIVE_NOTICE if for_a_parent else NOTICE


def notice_of(decision: Decision, share: Share | None = None, secrets: Iterable[str] = ()) -> str | None:
    """Return the notice for what a decision releases, in any format; None where it needs none.

    For a share it adds recipient and purpose, unless they contain one of `secrets` (names and ids of students).
    """
    words = words_of(decision)
    if words is None:
        return None
    if share is not None and _is_in_care(decision, share):
        words = CARE_NOTICE
    return " ".join(
        filter(None, (words, particulars(share, secrets, represents=is_represented(decision)) if share else ""))
    )


def _is_in_care(decision: Decision, share: Share) -> bool:
    """Whether a release shows students to the agency that is responsible for them, and nobody else on another ground."""
    welfare = share.evidence.get("child_welfare")
    ground = welfare.get("ground") if isinstance(welfare, Mapping) else None
    asks_for_it = set(decision.basis.values()) - MAY_PASS_ON
    return asks_for_it == {"EX8"} and ground == "legal_responsibility"


def is_represented(decision: Decision) -> bool:
    """Whether what is released goes to the representative of a parent or student, who asks in the role of a parent."""
    return "EX2-REPRESENTATIVE" in decision.basis.values()


def particulars(share: Share, secrets: Iterable[str] = (), *, represents: bool = False) -> str:
    """Return recipient and purpose of a share in one line without control characters; "" where they name a student.

    `represents`: the recipient is a representative (`is_represented`).
    """
    recipient = share.recipient
    # An eligible student is the one whom the record is about: the id is a student's.
    party = _line(recipient.id or "") if recipient.role not in ("eligible_student", recipient.id) else ""
    purpose = _line(share.purpose.replace("_", " "))
    if not purpose or names_a_student(f"{party} {purpose}", secrets):
        return ""
    who = "the public" if (share.kind, recipient.role) == ("publication", "public") else _RECIPIENTS[recipient.role]
    if represents:
        who = "the representative of a parent or student"
    return f"Released to {who} ({party}) for: {purpose}" if party else f"Released to {who} for: {purpose}"


def names_a_student(text: str, secrets: Iterable[str]) -> bool:
    """Whether a name, a part of one or an id of `secrets`, or any student's pseudonym, stands in a text.

    Case, accents and hyphens make no difference. In doubt it does: a surname that is also a common word counts.
    """
    if _STUDENT.search(text):
        return True
    words = set(_words(text))
    run = "".join(_words(text))
    return any(_stands(secret, words, run) for secret in secrets)


def _stands(secret: str, words: set[str], run: str) -> bool:
    parts = list(_words(secret))
    whole = "".join(parts)
    # Scripts that write no spaces have no words to compare.
    return (len(whole) > 2 and whole in run) or any(
        part in words or (not part.isascii() and part in run) for part in parts if len(part) > 1 or not part.isascii()
    )


def _words(text: str) -> Iterator[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return (each.group() for each in _WORD.finditer(plain))


def _line(text: str) -> str:
    """Return a text that somebody typed as one short line: nothing in it changes how the rest is read."""
    kinds = ((each, unicodedata.category(each)) for each in text)
    line = " ".join("".join(" " if kind[0] in "CZ" else each for each, kind in kinds if kind != "Cf").split())
    if len(line) <= LONGEST:
        return line
    cut = line[:LONGEST]
    return (cut.rpartition(" ")[0] or cut) + " …"


def _deciding(decision: Decision) -> tuple[str, ...]:
    """Return the clause of the procedure that decided: third parties who made it stricter speak before it."""
    clauses = (each.clause for each in decision.reasons if each.clause not in VOICES)
    return (next(clauses, "none"),)
