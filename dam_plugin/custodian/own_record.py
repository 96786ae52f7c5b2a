"""Whether somebody asks for a record that is their own to inspect, and the check before it is withheld from them.

Also whether somebody who is filed as one of the public may be such a person. A closing, written reasons and the letters ask
here. Which provisions withhold such a record is in `family_grounds.py`.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dam_plugin.custodian.family_grounds import COURT_ORDER, STUDENT, reach_of
from dam_plugin.custodian.named_recordings import keys_matching
from dam_plugin.errors import InputError
from dam_plugin.model import Recipient, StudentRecord, Tagging
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.procedure.terms import has_rights
from dam_plugin.pseudonyms import REQUEST, guardian_ids_in
from dam_plugin.services import Services
from dam_plugin.sharing.gather_case import shown_in
from dam_plugin.sharing.same_person import guardians_met
from dam_plugin.sharing.share import staff_ids
from dam_plugin.store import StoredRequest, Unit
from dam_tagging.names.same_name import is_named_in, words_of_name

_MOST_TOLD = 5
# The last answers by which a recording was decided on. What waited, and was closed without being given, was not.
_DECIDED = ("allow", "redact", "deny")
_LEAST_LETTERS = 3
_MOST_WORDS = 20
_MAY_BE = (
    "Who asks as one of the public may be {who}, by the name, who may inspect the record of {student}. Ask them whether they "
    "ask as a family, and compare who they are with a paper. If so, withdraw what was entered (`request withdraw`) and use "
    "{who} in `request add --from` and `share --to`: a family's request is due within 45 days, its copy hides only others, and "
    "a denial says where to complain (34 CFR 99.10, 99.12(a), 99.63). Tell nobody else who is on file."
)
_MAY_BE_GUARDIAN = (
    "Who asks as {0} may be {1}, a guardian of {2}, by the id or the name: whose matter is it? A parent asks as one, `--to "
    "parent:{1}`, and has what that gives (34 CFR 99.4, 99.10); an office gives a parent nothing for themselves (34 CFR "
    "99.31(a)(1)). Where it is for their own class or office, or it is somebody else of that name, let it go: `dam-plugin "
    "queue finding ID reviewed TEXT`; else close it. Tell nobody else who is on file."
)


# How what waits of a parent whom nobody has on file becomes theirs; the id is the one by which it was asked.
_UNKNOWN = (
    "Nobody has {0} on file. Where you saw whose parent this is, `dam-plugin student guardian verify S-… {1} --seen TEXT "
    "--as custodian:NAME` puts this id on file, also of somebody who is on file under another id, and {2} is theirs from the "
    "day on which it came. An advocate or a lawyer who asks for a parent is no parent: `dam-plugin student guardian represent "
    "S-… {1} --for G-… --seen TEXT --file COPY`. It is answered as a stranger's until then"
)
KEEPS_THE_RIGHT = (
    "{0} was a guardian of {1}, or asked for one, and is on file as none today. A parent keeps the right until a court's paper "
    "ends it (34 CFR 99.4): where there is none, as where a contact was deleted, `dam-plugin student guardian verify {1} {0} "
    "--seen TEXT --as custodian:NAME`, and answer it as a parent's. Where they never were one, as by a slip: `dam-plugin "
    "student guardian never-was {1} {0} --why TEXT --seen WHAT`"
)
_NO_ID = (
    "Nobody knows which parent asks: {0} has no id. Where you saw whose parent this is, enter it again with the day on which "
    "it came, `dam-plugin request add --from parent:G-… --received {1}`, and withdraw this one"
)
_THEIRS = "`dam-plugin student guardian verify {} {} --seen TEXT --as custodian:NAME`"


@dataclass(frozen=True, slots=True)
class FamilyAsks:
    """What somebody asks for in the request or referral `called` so: the recordings by key, and students in words.

    `answers` are the last answers by key, without links that were closed unopened. `not_about` are the recordings (`R-…`) and
    students (`S-…`) of which the custodian said that it is not about them. `named`: whoever asks gave the students.
    """

    called: str
    to: Recipient
    keys: Collection[str]
    answers: Mapping[str, str]
    students: frozenset[str] = frozenset()
    named: bool = False
    not_about: Collection[str] = ()


def own_by_right(services: Services, unit: Unit, to: Recipient) -> list[StudentRecord]:
    """Return the students whose record somebody has the right to inspect today (34 CFR 99.4, 99.5, 99.10).

    They are a grown student's own; those of a parent, a surrogate or whoever else holds a parent's rights; and those for whom
    somebody represents one of them. Neither whom a court order limits, nor the parent of a grown student, has it.
    """
    if to.role not in FAMILY or to.id is None:
        return []
    today = services.now().date()
    theirs = unit.people.family_of(to.id, today)
    return [each for each in theirs if to.id in _holders(services, each, to.role)]


def _holders(services: Services, record: StudentRecord, role: str) -> tuple[str, ...]:
    """Return who, in a role, has the right to a student's record today."""
    today = services.now().date()
    # Not of a grown student whose rights a court gave to a guardian: then that guardian is among the guardians.
    is_grown = has_rights(record, today, services.rulings)
    if role == STUDENT:
        return (record.id,) if is_grown and not record.has_died(today) else ()
    if is_grown:
        return (*record.appointed_on(today), *record.own_representatives_on(today))
    return (*record.guardians_on(today), *record.representatives_on(today))


def may_be_family(services: Services, records: Iterable[StudentRecord], texts: Iterable[str | None]) -> Iterator[str]:
    """Yield for the custodian alone who of those with a right to these records somebody of the public may be, by these texts.

    The texts are who asks, and the contact: a name of two words at least that fits, or an id.
    """
    said = [each for each in texts if each]
    for record in records:
        for role in FAMILY:
            for person in _holders(services, record, role):
                names = record.names if role == STUDENT else (dict(record.named_guardians).get(person, ""),)
                if any(
                    person in guardian_ids_in(text) or any(is_named_in(name, text) for name in names) for text in said
                ):
                    yield _MAY_BE.format(who=f"{role}:{person}", student=record.id)


def may_be_guardian(role: str, guardian: str, student: str) -> str:
    """Return for the custodian alone that who asks under a role of no family may be a guardian of a student."""
    return _MAY_BE_GUARDIAN.format(role, guardian, student)


def unknown_told(request: StoredRequest) -> str:
    """Return for the custodian alone how a request of a parent whom nobody has on file becomes that parent's."""
    who = request.recipient
    if who.id is None:
        return _NO_ID.format(request.id, request.received_at.date())
    return _UNKNOWN.format(_asker(request), shlex.quote(who.id), request.id)


def waiting_told(waiting: Iterable[StoredRequest], student: str, name: str | None) -> Iterator[str]:
    """Yield for the custodian alone which of these requests may be a new guardian's of this name, and how they become theirs.

    `waiting` are those of parents whom nobody has on file. By the id or the contact one may be the guardian's; else nobody
    but the custodian knows.
    """
    others = []
    for each in waiting:
        who = each.recipient.id
        if who is None or name is None or not any(is_named_in(name, text) for text in (who, each.contact) if text):
            others.append(each)
            continue
        yield (
            f"{each.id} may be this person's, by the name: {_asker(each)} asked, whom nobody has on file. Where it is, "
            f"{_THEIRS.format(student, shlex.quote(who))} puts that id on file too, and {each.id} is theirs from the day on "
            "which it came. It is answered as a stranger's until then"
        )
    if others:
        yield (
            f"Requests wait of parents whom nobody has on file: {_few([f'{each.id} ({_asker(each)})' for each in others])}. "
            f"Where one is this person's, {_THEIRS.format(student, 'ID')} with the id by which it was asked makes it theirs "
            "from the day on which it came; it is answered as a stranger's until then"
        )


def _asker(request: StoredRequest) -> str:
    who = request.recipient
    return shlex.quote(f"{who.role}:{who.id}") if who.id is not None else "without an id"


def family_who_asks(services: Services, request: StoredRequest) -> tuple[str, ...]:
    """Return for the custodian alone whether who asks under a role of no family may ask for a record of their own.

    By the recordings that the request names, the students whom it is about, or where it names none, by the whole roster.
    """
    who, today = request.recipient, services.now().date()
    if who.role in FAMILY:
        return ()
    with services.store.reading() as unit:
        staff = unit.people.staff_of(staff_ids(services, who))
        texts = (who.id, request.contact, *(name for each in staff for name in each.names))
        keys = {*request.recordings, *keys_matching(unit, request.patterns)}
        concerned = {*request.students, *(each for key in keys for each in shown_in(unit, key))}
        if request.asks_in_words and not request.students:
            concerned = {each for text in filter(None, texts) for each in _of_names_in(unit, text)}
        found = unit.people.students_of(concerned)
        records = [found[each] for each in sorted(found)]
        if who.role == "public":
            return tuple(dict.fromkeys(may_be_family(services, records, texts)))
        said = [each for each in texts if each]
        return tuple(
            may_be_guardian(who.role, each, record.id)
            for record in records
            for each in guardians_met(record, said, today)
        )


def _of_names_in(unit: Unit, text: str) -> Iterator[str]:
    """Yield the students of whom a text may name a guardian, or the student."""
    words = [each for each in words_of_name(text) if len(each) >= _LEAST_LETTERS]
    for word in words[:_MOST_WORDS]:
        yield from unit.people.find_by_guardian(word)
        yield from (each.id for each in unit.people.find(word))


def check_reaches_family(
    services: Services, unit: Unit, asked: FamilyAsks, provisions: Collection[str], advised: str, *, is_denial: bool
) -> None:
    """Raise InputError where a family would be denied its own record, by no share and by no provision that withholds it.

    `advised` is what the district's attorney said, for a ground that asks for it. `is_denial`: nothing at all is given. Where
    all that is withheld is the family's own, each provision has to reach it: the letter cites each.
    """
    own = own_by_right(services, unit, asked.to)
    if not own:
        return
    theirs = {each.asset.key for record in own for each in unit.assets.of_student(record.id)}
    in_words = set(_asked_in_words(services, unit, asked, own))
    decided = {key for key, answer in asked.answers.items() if answer in _DECIDED}
    left = sorted(((theirs & {*asked.keys}) | in_words) - decided)
    others = [key for key in asked.keys if key not in theirs and key not in decided]
    unseen = [key for key, kept in unit.assets.current_of(others).items() if is_unseen(kept.tagging)]
    in_words_alone = is_denial and asked.named and not asked.students.isdisjoint(each.id for each in own)
    if not (left or unseen or (in_words_alone and not decided)):
        return
    outside = services.pseudonyms.outside
    reach = reach_of(provisions, asked.to.role)
    if not reach.by_right and not (reach.advised and advised):
        if reach.advised:
            raise InputError(
                f"whether {_listed(reach.advised)} keeps a record from the family that asks for its own is the district's "
                f"attorney's to say (34 CFR 99.10). Where the attorney said so: `dam-plugin request close {_request(asked)} … "
                "--advised 'what was advised, and when'`; the letter is written after that"
            )
        raise InputError(_nothing_withholds([*map(outside, left)], [*map(outside, unseen)], asked, provisions))
    if reach.advised and not advised:
        raise InputError(
            f"{_listed(reach.advised)} is cited to a family on the attorney's advice alone: add --advised TEXT to the closing, "
            "or leave it out"
        )
    of_others = {key for key in others if key not in unseen} | (asked.students - {each.id for each in own})
    if reach.nobody and not of_others:
        raise InputError(
            f"{_listed(reach.nobody)} withholds nothing from a family that asks for its own record (34 CFR 99.10), and the "
            "letter would cite it: leave it out"
        )


def _asked_in_words(services: Services, unit: Unit, asked: FamilyAsks, own: Iterable[StudentRecord]) -> Iterator[str]:
    """Yield the keys of what shows the family's students, where it asks about them in words, but for what it is not about."""
    for record in own:
        if record.id in asked.students and record.id not in asked.not_about:
            for each in unit.assets.of_student(record.id):
                if services.pseudonyms.outside(each.asset.key) not in asked.not_about:
                    yield each.asset.key


def is_unseen(tagging: Tagging) -> bool:
    """Whether it is not known yet who is in a recording: the family's own child may be."""
    return tagging.state != "complete" or tagging.unidentified_people > 0


def _nothing_withholds(left: list[str], unseen: list[str], asked: FamilyAsks, provisions: Collection[str]) -> str:
    """Return what is said to who would deny a family its own record."""
    whose = "of who asks" if asked.to.role == STUDENT else "of the child of who asks, or for whom they ask"
    shows = "shows or mentions" if len(left) == 1 else "show or mention"
    shown = f"{_few(left)} {shows} the student: it is the record {whose}, " if left else ""
    if not left and unseen:
        shown = f"who is in {_few(unseen)} is not known yet: it may be the record {whose}, "
    if not left and not unseen:
        shown = f"{asked.called} asks for the record {whose}, "
    cited_so = _listed(f"'{each}'" for each in provisions)
    cited = f"and {cited_so} withholds nothing from them" if provisions else "and no share has denied it"
    looked = " (of what is not what it asks for say so: --not-about R-…)" if asked.students and left else ""
    nothing = "" if left or unseen else "; where you looked and there is none, close it as 'no-such-record'"
    return (
        f"{shown}{cited} (34 CFR 99.10, 99.12(a)). Answer each by a share, which hides the others: `dam-plugin share KEY … "
        f"--request {_request(asked)}` (`request show` has the command); an answer that is there already is joined by `request "
        f"join`{looked}{nothing}. Where something withholds it from the family too, cite that, as {COURT_ORDER.cited} where "
        'a court order limits a parent: docs/requests.md, "What withholds a record from its family", has the table'
    )


def _request(asked: FamilyAsks) -> str:
    return asked.called if asked.called.startswith(REQUEST) else "RQ-…"


def _few(ids: list[str]) -> str:
    more = len(ids) - _MOST_TOLD
    return f"{', '.join(ids[:_MOST_TOLD])}{f' and {more:,} more' if more > 0 else ''}"


def _listed(provisions: Iterable[str]) -> str:
    return " and ".join(provisions)
