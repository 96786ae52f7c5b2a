"""One referral told in full: its case, what is missing with what can be done, the findings, whom an offer goes to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dam_plugin.cli.appearances import told as where
from dam_plugin.cli.output import print_table, say
from dam_plugin.errors import DamPluginError
from dam_plugin.model import Student
from dam_plugin.procedure.case import Case, plain_case
from dam_plugin.procedure.clauses import remedy
from dam_plugin.procedure.terms import is_eligible
from dam_plugin.sharing.file_referral import KINDS
from dam_plugin.sharing.finding_kinds import ANSWERED_BY, PersonIdentified, decides, read_finding
from dam_plugin.sharing.share import case_for

if TYPE_CHECKING:
    from dam_plugin.custodian.work import Work
    from dam_plugin.intake.loosening import Compared
    from dam_plugin.model import Appearance, Decision, Referral
    from dam_plugin.services import Services
    from dam_plugin.store import StoredFinding


def told(services: Services, work: Work, *, names: bool) -> dict[str, Any]:
    """Return what is told of a referral besides the row of the list, as plain data."""
    case = _case(services, work)
    shown = _names(services, work, case) if names else {}
    return {
        "asked": {"share": work.share.id, "at": work.share.at, "by": asdict(work.share.actor)},
        "names": [shown.get(each, each) for each in work.share.names],
        "evidence": dict(work.on_file),
        "needed": [
            {"clause": clause, "text": text, "remedy": can, "finding": answered or None}
            for clause, text, can, answered in _missing(services, work)
        ],
        "case": plain_case(case) if case else None,
        "findings": [_plain_finding(each, work.compared.get(each.id)) for each in work.findings],
        "offer": [
            {"person": shown.get(person, person), "command": command} for person, command in _offered_to(services, work)
        ],
    }


def print_work(services: Services, work: Work, *, names: bool) -> None:
    """Print one referral for a person."""
    case = _case(services, work)
    shown = _names(services, work, case) if names else {}
    _print_head(services, work, shown)
    if case is None:
        say("The recording is not in the library any more, or what is on file makes no case: close it, and say why.")
    else:
        _print_people(case, shown)
    print_table(
        "What is missing",
        ("clause", "reason", "what can be done", "finding"),
        [(clause, _named(text, shown), can, answered) for clause, text, can, answered in _missing(services, work)],
    )
    if work.findings:
        rows = [
            (each.id, each.at, each.by.id, _found(each, shown), _state(each, work.referral)) for each in work.findings
        ]
        print_table("What was found", ("id", "when", "by", "what", "state"), rows)
    for each in work.pending:
        _print_approval(each, work.compared.get(each.id), shown)
        say(f"Another person approves it: dam-plugin queue approve {each.id} --as custodian:NAME", "yellow")
    if work.referral.kind == "offer":
        offered = [(shown.get(person, person), command) for person, command in _offered_to(services, work)]
        print_table("Whom to offer it to, and how each gets it", ("person", "command"), offered)
        say(f"Then: dam-plugin queue finding {work.referral.id} offered --how TEXT --as custodian:NAME")


def _print_approval(finding: StoredFinding, told: Compared | None, shown: Mapping[str, str]) -> None:
    """Print what letting a finding take effect comes to, as whoever approves it has to know."""
    evidence = _words(finding.evidence) if finding.evidence else "none"
    say(_named(f"{finding.id} decides on this evidence: {evidence}", shown))
    if told is None:
        say(f"{finding.id} can no longer be decided: approving it says why.")
    else:
        say(_named(f"The decision without it: {_decision(told.before)}; with it: {_decision(told.after)}", shown))


def _decision(decision: Decision) -> str:
    clauses = ", ".join(dict.fromkeys(each.clause for each in decision.reasons))
    shows = ", ".join(f"{student} ({clause})" for student, clause in decision.basis.items())
    hides = ", ".join(decision.redact)
    parts = (clauses, f"shows {shows}" if shows else "", f"hides {hides}" if hides else "")
    return f"{decision.outcome.word} [{'; '.join(filter(None, parts))}]"


def _print_head(services: Services, work: Work, shown: Mapping[str, str]) -> None:
    referral, share, zone = work.referral, work.share, services.now().tzinfo
    say(f"{referral.id}: {KINDS[referral.kind]}, for {_named(work.to, shown)}", "bold")
    late = " OVERDUE" if work.is_overdue else ""
    say(f"Recording: {referral.asset_key}, for '{share.purpose}'")
    say(
        f"Came {referral.opened_at.astimezone(zone):%Y-%m-%d}, due {referral.due}{late}; owner: {referral.owner or 'nobody'}"
    )
    asked = f"{share.at.astimezone(zone):%Y-%m-%d %H:%M}" if share.at else "before"
    say(f"Asked last {asked} by {share.actor.role}{f' {share.actor.id}' if share.actor.id else ''} ({share.id})")
    if share.names:
        say(f"Students asked for by name: {', '.join(shown.get(each, each) for each in share.names)}")
    if work.on_file:
        say(f"Written down as evidence, verified by `reviewed`: {_named(_words(work.on_file), shown)}")
    if referral.closed_at is not None:
        say(f"Closed {referral.closed_at.astimezone(zone):%Y-%m-%d} by {referral.closed_by}: {referral.closing}")


def _print_people(case: Case, shown: Mapping[str, str]) -> None:
    asset = case.asset
    uses = ", ".join(dict.fromkeys(each.purpose for each in asset.official_uses)) or "none"
    say(
        f"Tagging {asset.tagging}, {asset.unidentified_people} not named; official use: {uses}; directory information: "
        f"{asset.directory_status}; meaning: {asset.meaning}"
    )
    rows = [
        (shown.get(each.student, each.student), each.prominence, "yes" if each.located else "no")
        for each in asset.appearances
    ]
    print_table("Who is in it", ("student", "prominence", "place known"), rows)


def _case(services: Services, work: Work) -> Case | None:
    """Return the case as it would be decided today; None where the recording is gone or what is on file makes none."""
    try:
        return case_for(services, work.share).case
    except DamPluginError:
        return None


def _missing(services: Services, work: Work) -> list[tuple[str, str, str, str]]:
    """Return each reason of the last decision: clause, sentence, what can be done, and the finding that answers it."""
    with services.store.reading() as unit:
        kept = unit.shares.share(work.referral.share_id)
    if work.referral.kind == "review":
        return [
            (
                "EMERGENCY",
                "a recording was released in an emergency",
                "say whether it was one, and who has the recording now; `dam-plugin revoke` takes the link back",
                "reviewed",
            )
        ]
    party = work.share.recipient.id or work.share.recipient.role
    wanted = set(work.referral.missing)
    return [
        (
            each["clause"],
            each["text"],
            remedy(each["clause"], purpose=work.share.purpose, party=party),
            ANSWERED_BY.get(each["clause"], ""),
        )
        for each in (kept.decision["reasons"] if kept else ())
        if each["clause"] in wanted
    ]


def _offered_to(services: Services, work: Work) -> list[tuple[str, str]]:
    """Return who of an offer's family holds the rights, and the command by which each gets the recording."""
    if work.referral.kind != "offer":
        return []
    with services.store.reading() as unit:
        records = [record for each in work.referral.students if (record := unit.people.student(each))]
    today = services.now().date()
    holders: dict[str, str] = {}
    for record in records:
        if is_eligible(Student(record.id, record.born, record.postsecondary), today):
            holders[record.id] = f"eligible_student:{record.id}"
        else:
            holders |= {guardian: f"parent:{guardian}" for guardian in record.guardians}
    key = shlex.quote(work.referral.asset_key)
    asks = "dam-plugin share {} --to {} --purpose inspection --as custodian:NAME"
    return [(person, asks.format(key, to)) for person, to in sorted(holders.items())]


def _names(services: Services, work: Work, case: Case | None) -> dict[str, str]:
    """Return the names of the students and guardians in question, by pseudonym."""
    students = {*work.referral.students, *(each.id for each in (case.students if case else ()))}
    with services.store.reading() as unit:
        records = [record for each in students if (record := unit.people.student(each))]
    names = {each.id: each.names[0] for each in records if each.names}
    return names | {guardian: name for each in records for guardian, name in each.guardian_names}


def _named(text: str, shown: Mapping[str, str]) -> str:
    for pseudonym, name in shown.items():
        text = text.replace(pseudonym, name)
    return text


def _found(finding: StoredFinding, shown: Mapping[str, str]) -> str:
    content = finding.content
    match finding.kind:
        case "identified":
            persons = ", ".join(
                f"{each.student} ({each.prominence}; {'; '.join(where(each)) or 'not said where'})"
                for each in _persons(content)
            )
            unnamed = content["unidentified"]
            parts = (
                persons,
                "nobody" if content["nobody"] else "",
                "" if unnamed is None else f"{unnamed} nobody can name",
            )
            what = "; ".join(filter(None, parts))
        case "evidence":
            file = content["file"]
            copy = f"; copy {file['key']}" if file else "; no copy on file"
            what = f"{_words(content['evidence'])}{copy}"
        case _:
            what = "; ".join(str(each) for each in content.values() if each)
    return _named(f"{finding.kind}: {what}" if what else finding.kind, shown)


def _persons(content: Mapping[str, Any]) -> tuple[Appearance, ...]:
    found = read_finding("identified", content)
    return found.persons if isinstance(found, PersonIdentified) else ()


def _words(evidence: Mapping[str, Any]) -> str:
    """Return an evidence block on one line."""
    return "; ".join(f"{name} ({_part(value)})" if value is not True else name for name, value in evidence.items())


def _part(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{name}: {_part(each)}" for name, each in value.items())
        case list() | tuple():
            return " ".join(map(str, value)) or "nobody"
        case bool():
            return "yes" if value else "no"
    return str(value)


def _state(finding: StoredFinding, referral: Referral) -> str:
    who = f" by {finding.approver.name}" if finding.approver else ""
    if finding.state != "applied":
        return f"{finding.state}{who}"
    approved = f", approved{who}" if who else ""
    if finding.share_id:
        return f"decided {finding.share_id}{approved}"
    undecided = referral.is_open and decides(finding.kind, referral.kind)
    return f"{'not decided yet: `reviewed` does' if undecided else 'kept'}{approved}"


def _plain_finding(finding: StoredFinding, told: Compared | None) -> dict[str, Any]:
    plain = asdict(finding)
    # The tags before are the recording's: `tags` tells them.
    return {
        **{name: plain[name] for name in _FINDING},
        "without": _plain_decision(told.before) if told else None,
        "with": _plain_decision(told.after) if told else None,
    }


def _plain_decision(decision: Decision) -> dict[str, Any]:
    clauses = list(dict.fromkeys(each.clause for each in decision.reasons))
    return {
        "outcome": decision.outcome.word,
        "redact": list(decision.redact),
        "basis": decision.basis,
        "reasons": clauses,
    }


_FINDING: Sequence[str] = (
    "id", "at", "by", "user", "kind", "content", "evidence", "state", "settled_at", "approved_by", "approver", "share_id",
)  # fmt: skip
