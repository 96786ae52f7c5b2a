"""Lawful deletion of personal details from the ledger and the shares in it; the chain of hashes stays whole.

Details that 34 CFR 99.32(a)(2) requires stay as long as the recording is in the library. Tags of recordings, the
custodian's findings, the roster, opt-outs and consents are elsewhere and not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dam_plugin.errors import Held, InputError
from dam_plugin.ledger.chain import DESTRUCTION, FORGET, NOTICE_EFFORT
from dam_plugin.ledger.corrected import (
    CONSENT_MISTAKE,
    CORRECTION,
    NEVER_GIVEN_ASKED,
    never_given,
    never_held,
    true_recipients,
)
from dam_plugin.ledger.referred import ends_of, is_exempt, waited
from dam_plugin.ledger.student import (
    CONSENT,
    ON_A_RIGHT,
    had_begun,
    is_required_of,
    was_given_against_a_no,
    was_given_without_right,
    was_taken_back_before,
)
from dam_plugin.model import CUSTODIANS, Actor, Consent, LedgerEntry, Recipient
from dam_plugin.procedure.exceptions import FAMILY
from dam_plugin.services import Services
from dam_plugin.sharing.held import Holding, holdings_of, refusal, shown
from dam_plugin.store import StoredRequest, Unit
from dam_plugin.store.ledger_subjects import ShareTrace
from dam_plugin.store.share_counts import FORGOTTEN

LONGEST_WHY = 2_000
KEPT_FOREVER = frozenset({FORGET, DESTRUCTION, CORRECTION, CONSENT_MISTAKE})
_MOST = 2**31 - 1
Entry = tuple[LedgerEntry, dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many entries lost their details, in how many shares, and how many were kept for which reason.

    `of_others`: they concern others too; `required`: 34 CFR 99.32 asks to keep them; `in_use`: a link or a referral still
    rests on them; `held`: their recording is held, by `holds` (ids).
    """

    deleted: int
    shares: int
    of_others: int = 0
    required: int = 0
    in_use: int = 0
    held: int = 0
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _About:
    """The subjects of entries: the shares of each, by number, and the numbers of entries that must stay.

    `held`: the holds on the recording of an entry, by the entry's number.
    """

    shares: Mapping[str, ShareTrace]
    required: Collection[int]
    in_use: Collection[int]
    held: Mapping[int, tuple[Holding, ...]]


def forget(
    services: Services,
    by: Actor,
    why: str,
    *,
    student: str | None = None,
    seqs: Collection[int] = (),
    also_required: bool = False,
) -> Forgotten:
    """Delete the details of the entries about a student alone, or of these entries, and record the deletion.

    `also_required` deletes what 34 CFR 99.32 requires to keep, too. Raises InputError for a role that is not the custodian
    or a designee, without a reason, and where both or neither is given; Held for entries named by number that are about a
    held recording; UnknownThing for an unknown student.
    """
    _check(by, why, student, seqs)
    with services.store.writing() as unit:
        entries = _meant(services, unit, student, seqs)
        # Who names an entry by its number has looked at it.
        others = _of_others(unit, entries) | _of_found_later(unit, entries, student) if student is not None else set()
        alone = [entry for entry in entries if entry[0].seq not in others]
        about = _about(services, unit, alone)
        if about.held and student is None:
            raise Held(refusal(next(iter(about.held.values())), "nothing is deleted"))
        required = set(about.required) - set(about.in_use) - set(about.held) if not also_required else set()
        left = [each for each in alone if each[0].seq not in required | set(about.in_use) | set(about.held)]
        going = [entry for entry, _ in left]
        ids = [entry.subject for entry in going if entry.kind == "share"]
        openings = _openings(services, unit, ids, student, {entry.seq for entry, _ in alone})
        numbers = sorted({*(entry.seq for entry in going), *openings})
        unit.exports.forget_decisions(_unneeded(unit, left))
        deleted = services.ledger.forget(unit, numbers)
        shares = _forget_shares(unit, about, ids)
        holds = tuple(sorted({each.id for holdings in about.held.values() for each in shown(holdings)}))
        done = Forgotten(deleted, shares, len(others), len(required), len(about.in_use), len(about.held), holds)
        _record(services, unit, by, why, done, numbers)
    return done


def _check(by: Actor, why: str, student: str | None, seqs: Collection[int]) -> None:
    if by.role not in CUSTODIANS:
        raise InputError("only the custodian or a designee deletes details of the ledger: add --as custodian:NAME")
    if not why.strip() or len(why) > LONGEST_WHY or not why.isprintable():
        raise InputError(
            f"a deletion needs its reason in one line of at most {LONGEST_WHY} characters: give --why TEXT"
        )
    if (student is None) == (not seqs):
        raise InputError("say whose details are to be deleted, or of which entries: --student ID or --entry NUMBER")


def _meant(services: Services, unit: Unit, student: str | None, seqs: Collection[int]) -> list[Entry]:
    if student is not None:
        unit.people.need(student)
        found = services.ledger.student(unit, student)
    else:
        # A subject without a column has no entry either.
        found = services.ledger.numbered(unit, [each for each in seqs if 0 < each <= _MOST])
        if missing := sorted(set(seqs) - {entry.seq for entry, _ in found}):
            raise InputError(f"the ledger has no entry {missing[0]}: `dam-plugin ledger show` lists them")
    # Entries of deletions and of the log of destructions are kept forever.
    return [(entry, details) for entry, details in found if details is not None and entry.kind not in KEPT_FOREVER]


def _of_others(unit: Unit, entries: Iterable[Entry]) -> set[int]:
    """Return the numbers of those entries that concern more than one student."""
    known = unit.entries.students_of([entry.seq for entry, _ in entries])
    return {seq for seq, students in known.items() if len(students) > 1}


def _of_found_later(unit: Unit, entries: Sequence[Entry], student: str) -> set[int]:
    """Return the numbers of those entries that tell of a release of what is known by now to show another student.

    They were listed under this student alone, who was tagged by mistake or beside the other: it is the other one's record of
    disclosures (34 CFR 99.32(a)(2)).
    """
    shares_of = _shares_of(unit, entries)
    released = {
        each: row
        for each, row in unit.entries.subjects.shares(ids=set().union(*shares_of.values())).items()
        if row.is_released and row.asset_id
    }
    shown = {row.asset_id: unit.assets.by_id(str(row.asset_id)) for row in released.values()}
    of_another = {
        each
        for each, row in released.items()
        if (stored := shown[row.asset_id]) is not None and stored.tagging.students - {student}
    }
    return {seq for seq, ids in shares_of.items() if ids & of_another}


def _about(services: Services, unit: Unit, entries: Sequence[Entry]) -> _About:
    traces = unit.entries.subjects
    shares_of = _shares_of(unit, entries)
    shares = traces.shares(ids=set().union(*shares_of.values()))
    looked_at = {entry.seq: entry.subject for entry, _ in entries if entry.kind == "look"}
    # What somebody else received than was entered, or was given on what never held, is on record as given by mistake.
    recorded = _recorded(services, unit, shares.values())
    recorded |= true_recipients(unit, services.ledger, shares, secret=True).keys()
    recorded |= never_held(unit, services.ledger, shares, secret=True).keys()
    disclosed = _disclosed_versions(services, unit, set(looked_at.values()))
    open_links = traces.links(shares, open_at=services.now()).values()
    in_use = {*open_links, *traces.awaited(shares)}
    required = {seq for seq, ids in shares_of.items() if ids & recorded}
    # Only a look says that a copy released before showed the student.
    required |= {seq for seq, version in looked_at.items() if version in disclosed}
    rest_on = {seq for seq, ids in shares_of.items() if ids & in_use}
    of_requests = [(entry, details or {}) for entry, details in entries if entry.kind == "request"]
    rest_on |= {entry.seq for entry, _ in of_requests if unit.requests.is_waiting(entry.subject)}
    registered = unit.requests.requests_of({entry.subject for entry, _ in of_requests})
    required |= {
        entry.seq
        for entry, told in of_requests
        # How it ended is on record with it.
        if told.get("done") in ("received", "closed")
        and _is_required(unit, entry, _recipient_of(told, registered.get(entry.subject)))
    }
    required |= _referred(services, unit, entries)
    # What was done to tell a family of an order is the proof of 34 CFR 99.31(a)(9)(ii).
    told_of = {
        entry.seq: str((details or {}).get("referral")) for entry, details in entries if entry.kind == NOTICE_EFFORT
    }
    required |= set(told_of)
    # So is the letter that told them, while the order waits.
    told_of |= {
        entry.seq: str(details["about"]["referral_id"])
        for entry, details in entries
        if entry.kind == "letter" and details and details["about"].get("referral_id")
    }
    waiting = {seq: unit.referrals.referral(each) for seq, each in told_of.items()}
    rest_on |= {seq for seq, referral in waiting.items() if referral is not None and referral.is_open}
    refused = {each for each, row in shares.items() if not row.is_released and row.share.recipient.role in FAMILY}
    required |= {
        entry.seq
        for entry, _ in entries
        if entry.subject in refused and _is_required(unit, entry, asdict(shares[entry.subject].share.recipient))
    }
    held = _held(services, unit, shares, shares_of, looked_at)
    return _About(shares, required, rest_on, {seq: holdings for seq, holdings in held.items() if seq not in rest_on})


def _recipient_of(told: Mapping[str, Any], request: StoredRequest | None) -> Mapping[str, Any]:
    """Return who asked by an entry of the register; the entry of the closing says it no more."""
    return told.get("recipient") or (asdict(request.recipient) if request is not None else {})


def _referred(services: Services, unit: Unit, entries: Sequence[Entry]) -> set[int]:
    """Return the numbers of the entries that tell of a request that was referred, or of how that ended.

    34 CFR 99.32(a)(1) asks for each request, however the office closed it, as long as the recording is in the library. Of a
    family's own request see `refused` in `_about`.
    """
    traces = unit.entries.subjects
    of_work = {entry.seq: entry.subject for entry, _ in entries if entry.kind == "queue"}
    work = {each: unit.referrals.referral(each) for each in set(of_work.values())}
    of_share = {entry.seq: entry.subject for entry, _ in entries if entry.kind == "share"}
    of_share |= {seq: found.share_id for seq, each in of_work.items() if (found := work[each]) is not None}
    rows = {
        each: row
        for each, row in traces.shares(ids=set(of_share.values())).items()
        if waited(row) and row.share.recipient.role not in FAMILY
    }
    ends = ends_of(unit, services.ledger, rows)
    answers = traces.shares(ids={each for ended in ends.values() for each in ended.by})
    kept = {
        each
        for each, found in traces.recordings({row.asset_id for row in rows.values() if row.asset_id}).items()
        if not found.deleted
    }
    required = set()
    for entry, _ in entries:
        row = rows.get(of_share.get(entry.seq, ""))
        if row is None or row.asset_id not in kept or not _is_required(unit, entry, asdict(row.share.recipient)):
            continue
        students = unit.entries.students_of([entry.seq]).get(entry.seq, frozenset())
        about = {
            each: bool(row.decision.get("record_disclosure"))
            for each, row in answers.items()
            if students <= {*row.decision["basis"], *row.decision["redact"]}
        }
        if not is_exempt(ends[row.share.id], about):
            required.add(entry.seq)
    return required


def _is_required(unit: Unit, entry: LedgerEntry, recipient: Mapping[str, Any]) -> bool:
    """Whether 34 CFR 99.32 asks to keep the request of this recipient for a student whom the entry concerns."""
    students = sorted(unit.entries.students_of([entry.seq]).get(entry.seq, ()))
    day = entry.at.astimezone().date()
    if not students:
        return is_required_of(unit, recipient, [""], day)
    return any(is_required_of(unit, recipient, [each, *students], day) for each in students)


def _held(
    services: Services,
    unit: Unit,
    shares: Mapping[str, ShareTrace],
    shares_of: Mapping[int, set[str]],
    looked_at: Mapping[int, str],
) -> dict[int, tuple[Holding, ...]]:
    """Return the holds on the recordings of entries, by the entries' numbers."""
    keys_of_looks = {
        version: known.key for version, known in unit.entries.subjects.recordings(set(looked_at.values())).items()
    }
    keys = {seq: {shares[each].share.asset_key for each in ids if each in shares} for seq, ids in shares_of.items()}
    for seq, version in looked_at.items():
        keys.setdefault(seq, set()).update({keys_of_looks[version]} if version in keys_of_looks else set())
    found = holdings_of(unit, sorted({key for theirs in keys.values() for key in theirs}), services.now().date())
    held = {seq: [found[key] for key in sorted(theirs) if key in found] for seq, theirs in keys.items()}
    return {seq: holdings[0] for seq, holdings in held.items() if holdings}


def _shares_of(unit: Unit, entries: Sequence[Entry]) -> dict[int, set[str]]:
    """Return the shares that entries are about, by number: their own, one that they name, or those of closed links."""
    links = {entry.seq: (details or {}).get("links") or () for entry, details in entries if entry.kind == "close"}
    share_of = unit.entries.subjects.shares_of_links(each for ids in links.values() for each in ids)
    found: dict[int, set[str]] = {}
    for entry, details in entries:
        if entry.kind == "share":
            found[entry.seq] = {entry.subject}
        elif entry.kind == "close":
            found[entry.seq] = {share_of[each] for each in links[entry.seq] if each in share_of}
        elif share := (details or {}).get("share"):
            found[entry.seq] = {str(share)}
    return found


def _recorded(services: Services, unit: Unit, shares: Collection[ShareTrace]) -> set[str]:
    """Return which of these shares 34 CFR 99.32 asks to record, of recordings that are in the library still."""
    without_right = _given_without_right(services, unit, shares)
    disclosures = [
        each
        for each in shares
        if each.decision.get("record_disclosure")
        or each.share.id in without_right
        or _was_given_against_a_no(unit, each)
    ]
    recordings = unit.entries.subjects.recordings({each.asset_id for each in disclosures if each.asset_id})
    return {
        each.share.id
        for each in disclosures
        if (recording := recordings.get(each.asset_id or "")) is not None and not recording.deleted
    }


def _was_given_against_a_no(unit: Unit, share: ShareTrace) -> bool:
    """Whether a release showed, as is known by now, a student whose family had said no (34 CFR 99.32(d)(4), 99.37(a)(2)).

    Or one who was found only afterwards, where it stood on the consent of another's family (34 CFR 99.30).
    """
    role = share.share.recipient.role
    stored = unit.assets.by_id(share.asset_id) if share.is_released and share.asset_id else None
    if stored is None or role in FAMILY or role == "school_official":
        return False
    # A crowd's background is no record of whoever stands in it.
    shown = {each.student for each in stored.tagging.appearances if each.prominence != "incidental"}
    records = unit.people.students_of({*shown, *stored.tagging.record_pii}).values()
    day, purpose = share.at.astimezone().date(), share.share.purpose
    basis, hidden = share.decision.get("basis") or {}, {*(share.decision.get("redact") or ())}
    is_on_others = CONSENT in basis.values() and any(each.id not in basis and each.id not in hidden for each in records)
    return is_on_others or any(was_given_against_a_no(each, share.decision, purpose, day) for each in records)


def _given_without_right(services: Services, unit: Unit, shares: Iterable[ShareTrace]) -> set[str]:
    """Return which shares let out what rested, as is known by now, on a right or a consent that nobody had.

    34 CFR 99.32(d)(1) and (3) exempt what goes to who holds the rights, and on their consent.
    """
    rests = [
        (each, student)
        for each in shares
        if each.is_released
        for student, clause in (each.decision.get("basis") or {}).items()
        if clause in ON_A_RIGHT
    ]
    records = unit.people.students_of(student for _, student in rests)
    consents: dict[str, list[Consent]] = {}
    mistaken, never = never_given(unit, services.ledger, records), dict[str, list[Consent]]()
    asked = never_given(unit, services.ledger, records, NEVER_GIVEN_ASKED)
    for consent_id, kept in unit.people.consents(records):
        if consent_id not in asked:
            consents.setdefault(kept.student, []).append(kept)
        if consent_id in mistaken:
            never.setdefault(kept.student, []).append(kept)
    # Whether another consent permitted it is judged on reading.
    on_none = {
        each.share.id
        for each, student in rests
        if (each.decision.get("basis") or {})[student] == CONSENT
        and (
            any(had_begun(one, each.at.astimezone().date()) for one in never.get(student, ()))
            or any(was_taken_back_before(one, each.at.astimezone().date()) for one in consents.get(student, ()))
        )
    }
    return on_none | {
        each.share.id
        for each, student in rests
        if student in records
        and was_given_without_right(
            unit,
            records[student],
            consents.get(student, ()),
            each.decision,
            each.share.recipient,
            each.share.purpose,
            each.at,
            rulings=services.rulings,
        )
    }


def _disclosed_versions(services: Services, unit: Unit, versions: Collection[str]) -> set[str]:
    """Return those versions with a release (of them, or an earlier or later one) that is on record and has to stay there."""
    traces = unit.entries.subjects
    keys = {version: known.key for version, known in traces.recordings(versions).items()}
    lineage = traces.versions_of(set(keys.values()))
    shares = traces.shares(versions=set(lineage))
    recorded = _recorded(services, unit, shares.values())
    disclosed = {lineage[shares[each].asset_id or ""].key for each in recorded}
    return {version for version, key in keys.items() if key in disclosed}


def _openings(
    services: Services, unit: Unit, shares: Collection[str], student: str | None, known: Collection[int]
) -> set[int]:
    """Return the entries of openings of these shares, which say again who asked and why; with `student` theirs alone."""
    links = unit.entries.subjects.links(shares)
    opened = [(entry, details) for entry, details in services.ledger.about(unit, "open", links) if details is not None]
    if student is not None:
        concerned = unit.entries.students_of([entry.seq for entry, _ in opened])
        opened = [each for each in opened if concerned.get(each[0].seq, frozenset()) <= {student}]
    return {entry.seq for entry, _ in opened if entry.seq not in known}


def _unneeded(unit: Unit, going: Iterable[Entry]) -> set[str]:
    """Return the rows behind yearbook files that repeat what these entries say, and nothing of other students.

    Another file may have the same digest (in another set of the same day), and another entry may be about the same file
    (once it was handed to a second printer). Hidden students stay on record until the last entry about the copy goes.
    """
    printed = [(entry.seq, told) for entry, details in going if (told := (details or {}).get("set"))]
    seqs = {seq for seq, _ in printed}
    traces = unit.exports.traces
    borne = traces.bearers(str(told["digest"]) for _, told in printed)
    left = traces.entries_of(file for files in borne.values() for file in files)
    return {
        digest
        for digest in {str(told["digest"]) for _, told in printed}
        # A file that was not handed over yet has no entry, and still needs it.
        if all(is_locked and left.get(file, frozenset()) <= seqs for file, is_locked in borne.get(digest, {}).items())
    }


def _forget_shares(unit: Unit, about: _About, ids: Iterable[str]) -> int:
    """Leave of these shares their recording, kind, roles and outcome with its clauses; return how many there were."""
    count = 0
    for share_id in ids:
        trace = about.shares.get(share_id)
        if trace is None:
            continue
        share = replace(
            trace.share,
            purpose=FORGOTTEN,
            names=(),
            evidence={},
            recipient=Recipient(trace.share.recipient.role),
        )
        reasons = [{"clause": each["clause"], "text": "", "students": []} for each in trace.decision["reasons"]]
        unit.entries.subjects.replace_share(share, {**trace.decision, "redact": [], "basis": {}, "reasons": reasons})
        count += 1
    return count


def _record(services: Services, unit: Unit, by: Actor, why: str, done: Forgotten, seqs: list[int]) -> None:
    details = {"by": asdict(by), "why": why, **asdict(done), "entries": seqs}
    services.ledger.append(unit, at=services.now(), kind=FORGET, subject=FORGET, details=details)
