"""Each remedy can be done: a share hears a clause, somebody does what its remedy says, and the answer changes.

`REMEDIES` holds a function for every clause that has a remedy. It runs the commands of the program on a real store and
bucket, and returns the answer before and after. Where nothing that anybody does is an answer at once, it returns the work
that a person was given instead.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call, holder
from court_orders import revoking, told_of_order
from district import (
    CALEB,
    CALEB_FATHER,
    CROWD,
    GRADUATION,
    HALLWAY,
    HANNAH,
    HANNAH_MOTHER,
    INES,
    NOAH,
    OWEN,
    PEP_RALLY,
    PORTRAIT,
    PRIYA,
    SCIENCE_LAB,
    SOFIA,
    SOFIA_MOTHER,
    TEAM,
    THERESA,
    UNTITLED,
    District,
)
from new_students import imported
from PIL import Image
from use_cases import FAILED, Voice, later, raising
from yearbook_exports import put, put_candid, put_portrait
from yearbook_plans import seen

import dam_hooks
from dam_hooks.plugin import OURS, DamPlugin
from dam_plugin.cli import checks, context
from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.model import Outcome, Review
from dam_plugin.procedure.clauses import CLAUSES, MISTAKE, TO_STUDENT, VOICES
from dam_plugin.services import Services
from dam_plugin.settings import Settings
from dam_plugin.sharing import share as sharing
from dam_plugin.store import Portrait, SystemUser
from dam_plugin.yearbook import plan

AS = ("--as", "custodian:records-office")
THERESA_MOTHER = "G-2031"
NEWS = ("--to", "public:herald", "--purpose", "news")
DAY = TODAY.isoformat()
Told = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A district, and the commands by which its people work."""

    district: District
    monkeypatch: pytest.MonkeyPatch
    caplog: pytest.LogCaptureFixture

    # People

    def is_now(self, user: str) -> None:
        """Let another user of the system run the commands: two people are two of them."""
        numbers = {"ada": "1000", "ben": "1001"}
        self.monkeypatch.setattr(context, "system_user", lambda: SystemUser(numbers[user], user))

    def student(self, roster_id: str) -> str:
        return self.district.student(roster_id)

    def guardian(self, roster_id: str) -> str:
        return self.district.guardian(roster_id)

    # Surroundings

    def setting(self, name: str, value: object) -> None:
        """Set a setting of the district's policy, as the administrator does."""
        self.monkeypatch.setenv(f"DAM_PLUGIN_DISTRICT__{name}", value if isinstance(value, str) else json.dumps(value))

    def services(self, change: Callable[[Services], Services]) -> None:
        """Run every command with services that were changed: another clock, another plugin's voice."""

        def changed(settings: Settings | None = None) -> Any:
            pm = MANAGER(settings)
            services = change(dam_hooks.services_of(pm))
            pm.unregister(name=OURS)
            pm.register(DamPlugin(services), name=OURS)
            return pm

        self._attach(changed)

    def as_before(self) -> None:
        self._attach(MANAGER)

    def _attach(self, manager: Callable[..., Any]) -> None:
        """`checks` binds the function when it is first imported, which another test may have done."""
        for module in (dam_hooks, checks):
            self.monkeypatch.setattr(module, "manager", manager)

    # Commands

    def share(self, key: str, *how: str) -> Told:
        """Ask the custodian for a recording, or publish it; return the answer."""
        told: Told = call("share", key, *(how or NEWS), *(() if "--as" in how else AS), "--json").object()
        return told

    def publish(self, key: str, *who: str, purpose: str = "website") -> Told:
        told: Told = call(
            "share", key, "--to", "public", "--purpose", purpose, "--kind", "publication", *who, "--json"
        ).object()
        return told

    def ask(self, key: str, to: str, evidence: Mapping[str, Any] | None = None, purpose: str = "inspection") -> Told:
        """Ask for a recording with what is on file for it."""
        given = () if evidence is None else ("--evidence", self.file("evidence.json", json.dumps(evidence)))
        return self.share(key, "--to", to, "--purpose", purpose, *given, *AS)

    def finding(self, before: Told, *words: str, approved: bool = False) -> Told:
        """State a finding about the work that a share left; a second person approves it where it takes two."""
        (referral,) = [each["id"] for each in before["referrals"]][:1]
        made = done("queue", "finding", referral, *words, *AS, "--json").object()
        if approved:
            assert made["state"] == "pending"
            self.is_now("ben")
            made = done("queue", "approve", made["finding"], *AS, "--json").object()
        told: Told = made["answer"]
        return told

    def consent(self, roster_id: str, signer: str, purpose: str = "news", party: str = "public", **more: str) -> None:
        """Record a written consent, with its paper."""
        given = {"signed-on": DAY, **more}
        options = [word for name, value in given.items() for word in (f"--{name}", value)]
        words = ("--purpose", purpose, "--party", party, "--signed-by", signer, "--proof", "binder 4", *options, *AS)
        done("consent", "add", self.student(roster_id), *words)

    def tag(self, key: str, *words: str) -> None:
        done("tag", key, *words, *AS)

    def close(self, key: str, *words: str) -> None:
        done("custodian", "close", key, *(words or ("--subdivision", "610.021(18)")), "--why", "a plan of doors", *AS)

    def reopen(self, key: str, *more: str) -> None:
        """Reopen a recording: two people say so."""
        for user, role in (("ada", "custodian:records-office"), ("ben", "designee:second-desk")):
            self.is_now(user)
            done("custodian", "reopen", key, *more, "--why", "it holds no longer", "--as", role)

    def file(self, name: str, text: str) -> str:
        (self.district.folder / name).write_text(text, "utf-8")
        return name

    def export(self, *more: str) -> list[str]:
        """Make a yearbook set; return the clauses by which recordings stayed out."""
        call("export", "yearbook", "--out", f"SET{len(list(Path().glob('SET*.zip')))}.zip", *SIZES, *more, "--json")
        newest = max(Path().glob("SET*.exclusions.json"), key=lambda each: each.stat().st_mtime_ns)
        left = json.loads(newest.read_text())["left_out"]
        return [each["clause"] for one in left for each in one["reasons"]]


MANAGER = dam_hooks.manager
SIZES = ("--size", "80x100")


@dataclass(frozen=True)
class Changed:
    """What a remedy did: the answer before and after, the outcome that it promised."""

    before: Told
    after: Told
    outcome: str


@dataclass(frozen=True)
class PersonTold:
    """The answer, and the work in the custodian's queue that somebody does."""

    before: Told
    waits: str


@dataclass(frozen=True)
class Closed:
    """The answer, the work that it left to a person, and the command by which that person ends it."""

    before: Told
    referral: str
    ends: tuple[str, ...]


@dataclass(frozen=True)
class Gone:
    """What is not a share: the clauses that were told before and after."""

    before: list[str]
    after: list[str]


TOLD = {**CLAUSES, **VOICES}
Remedied = Changed | PersonTold | Closed | Gone
Remedy = Callable[[Place], Remedied]
# Each way that a remedy's sentence names, by the clause.
REMEDIES: dict[str, list[Remedy]] = {}


def remedy_of(clause: str, says: str) -> Callable[[Remedy], Remedy]:
    """Put a function into the table: it does what the clause's remedy `says`."""
    assert says in TOLD[clause].remedy, f"the remedy of {clause} does not say any more: {says}"

    def kept(remedy: Remedy) -> Remedy:
        REMEDIES.setdefault(clause, []).append(remedy)
        return remedy

    return kept


def done(*arguments: str) -> Called:
    """Run a command, which has to succeed or to answer."""
    ended = call(*arguments)
    assert ended.code in (0, 3, 4), ended.text
    return ended


def clauses(told: Told) -> list[str]:
    return [each["clause"] for each in told["reasons"]]


def waiting() -> list[str]:
    """What waits in the custodian's queue."""
    return [each["id"] for each in call("queue", "list", "--json").objects()]


def test_every_clause_with_a_remedy_has_its_test() -> None:
    # What was given out by mistake is asked back by word of mouth: no command undoes it.
    assert set(REMEDIES) == {each.id for each in TOLD.values() if each.remedy} - {MISTAKE, TO_STUDENT}


COMMANDS = re.findall(r"`dam-plugin ([a-z -]+)`", " ".join(each.remedy for each in TOLD.values()))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_a_remedy_names_is_there(command: str) -> None:
    words = command.split()
    shown = done(*(each for each in words if not each.startswith("-")), "--help").out
    assert all(each in shown for each in words if each.startswith("-"))


@pytest.fixture
def place(district: District, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Place:
    made = Place(district, monkeypatch, caplog)
    made.is_now("ada")
    return made


# Everything below, one test for each clause.


def test_a_remedy_changes_the_answer_or_a_person_is_told(place: Place, clause: str, remedy: Remedy) -> None:
    match remedy(place):
        case Changed(before, after, outcome):
            assert clause in clauses(before)
            # A copy that hides whom a clause is about gives that clause as its ground.
            assert clause not in clauses(after) or outcome == "redact"
            assert after["outcome"] == outcome != before["outcome"]
        case PersonTold(before, waits):
            assert clause in clauses(before)
            assert waits in waiting()
        case Closed(before, referral, ends):
            assert clause in clauses(before)
            assert referral in waiting()
            done(*ends)
            assert referral not in waiting()
        case Gone(before, after):
            assert clause in before
            assert clause not in after


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each remedy, once the table is whole."""
    if "remedy" in metafunc.fixturenames:
        ways = [(clause, remedy) for clause, remedies in sorted(REMEDIES.items()) for remedy in remedies]
        metafunc.parametrize(("clause", "remedy"), ways, ids=[f"{clause}: {way.__name__}" for clause, way in ways])


# Requests


@remedy_of("CUSTODIAN", "Pass the request to the records custodian")
def pass_it_to_the_custodian(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    before = place.share(GRADUATION, *NEWS, "--as", "media_staff:media-desk")
    return Changed(before, place.finding(before, "reviewed"), "allow")


@remedy_of("NOTIFY-CUSTODIAN", "Call the records custodian")
def call_the_custodian(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = call("break-glass", HALLWAY, "--to", "emergency:medics", "--threat", "a fire", "--json").object()
    (review,) = before["referrals"]
    assert review["kind"] == "review"
    return PersonTold(before, review["id"])


# Who is in it


@remedy_of("HOLD-UNTAGGED", "tag who is in it")
def tag_who_is_in_it(place: Place) -> Remedied:
    place.district.upload(UNTITLED)
    before = place.publish(UNTITLED)
    place.tag(UNTITLED, "--person", place.student(NOAH), "--directory", "eligible")
    return Changed(before, place.publish(UNTITLED), "allow")


@remedy_of("HOLD-UNKNOWN-PERSON", "tag the people who are not named")
def tag_who_is_not_named(place: Place) -> Remedied:
    place.district.upload(PEP_RALLY)
    before = place.publish(PEP_RALLY)
    people = [word for each in (NOAH, THERESA, INES) for word in ("--person", place.student(each))]
    place.tag(PEP_RALLY, *people, "--unidentified", "0")
    return Changed(before, place.publish(PEP_RALLY), "allow")


# Closed and confidential


@remedy_of("CLOSED", "two people may reopen it")
def reopen_what_needs_not_stay_closed(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.close(GRADUATION)
    before = place.share(GRADUATION)
    place.reopen(GRADUATION)
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("CLOSED", "with the consents of all who are shown")
@remedy_of("CLOSED-CONSENT", "whether the reason for closing it still holds")
def reopen_what_everybody_shown_has_consented_to(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER))
    place.close(PORTRAIT)
    before = place.share(PORTRAIT)
    return Changed(before, place.finding(before, "reopened", "--why", "it holds no longer", approved=True), "allow")


@remedy_of("CONFIDENTIAL", "custodian reopen --confidential")
def reopen_what_the_law_covers_no_longer(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.close(GRADUATION, "--law", "RSMo 210.150")
    before = place.share(GRADUATION)
    place.reopen(GRADUATION, "--confidential")
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("LEGALITY", "Ask the district's attorney, and record the answer")
def ask_the_attorney(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.consent(NOAH, place.guardian("G-2701"))
    place.close(GRADUATION, "--law", "RSMo 210.150")
    before = place.share(GRADUATION)
    (referral,) = [each["id"] for each in before["referrals"]]
    done("queue", "finding", referral, "attorney", *AS)
    done("queue", "finding", referral, "attorney", "with this consent it may be given out", *AS)
    handed_over = ("--disclosed-to", "public:herald", "--basis", "EX3", "--students", place.student(NOAH))
    return Closed(before, referral, ("queue", "close", referral, *handed_over, "--why", "the attorney allows it", *AS))


# Directory information


@remedy_of("EX4-NOTICE", "Give the annual notice and record its day")
def give_the_annual_notice(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("DIRECTORY_NOTICE", (TODAY - timedelta(days=500)).isoformat())
    place.monkeypatch.delenv("DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS")
    before = place.publish(GRADUATION)
    place.setting("DIRECTORY_NOTICE", DAY)
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-WINDOW", "record this year's window")
def record_this_years_window(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("OPT_OUT_WINDOW_ENDS", (TODAY + timedelta(days=5)).isoformat())
    before = place.publish(GRADUATION)
    place.setting("OPT_OUT_WINDOW_ENDS", (TODAY - timedelta(days=1)).isoformat())
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-DEFINITION", "obtain consents instead")
def obtain_consents_instead_of_another_definition(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.setting("DIRECTORY_INCLUDES_IMAGES", value="false")
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER))
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("EX4-DEFINITION", "set `directory_includes_images = true`")
def say_that_the_definition_names_images(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("DIRECTORY_INCLUDES_IMAGES", value="false")
    before = place.publish(GRADUATION)
    place.setting("DIRECTORY_INCLUDES_IMAGES", value="true")
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-LIMITED", "share for a purpose that the policy names")
def share_for_a_purpose_of_the_policy(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("DIRECTORY_LIMITED_TO", ["yearbook"])
    before = place.publish(GRADUATION)
    return Changed(before, place.publish(GRADUATION, purpose="yearbook"), "allow")


@remedy_of("EX4-DISCIPLINE", "Obtain consents")
def obtain_consents_to_show_discipline(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.publish(HALLWAY, purpose="news")
    place.consent(CALEB, place.guardian(CALEB_FATHER))
    place.consent(OWEN, place.guardian("G-2381"))
    return Changed(before, place.publish(HALLWAY, purpose="news"), "allow")


@remedy_of("EX4-NOT-DIRECTORY", "mark it as that")
def mark_it_as_directory_information(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    done("tag", GRADUATION, "--directory", "not_eligible")
    before = place.share(GRADUATION)
    done("tag", GRADUATION, "--directory", "eligible")
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("HOLD-UNCLASSIFIED", "Ask the custodian to mark whether")
def say_whether_it_is_directory_information(place: Place) -> Remedied:
    place.district.upload(SCIENCE_LAB)
    before = place.share(SCIENCE_LAB)
    return Changed(before, place.finding(before, "directory", "eligible"), "allow")


# Choices of families


@remedy_of("PROTECTED", "who alone changes that")
def end_the_protection(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    roster = place.district.folder / "roster"
    students = roster / "students.csv"
    protected(students, NOAH, "yes")
    done("roster", "import", str(roster), *AS)
    before = place.share(GRADUATION)
    protected(students, NOAH, "no")
    assert call("roster", "import", str(roster), *AS).code == 1
    assert "only the records custodian or a designee" in call("roster", "import", str(roster), "--confirm").err
    done("roster", "import", str(roster), "--confirm", *AS)
    return Changed(before, place.share(GRADUATION), "allow")


def protected(file: Path, roster_id: str, word: str) -> None:
    """Say in the roster whether a student is protected."""
    head, *rows = file.read_text("utf-8").splitlines()
    columns = head.split(",")
    if "protected" not in columns:
        head, rows = f"{head},protected", [f"{each},no" for each in rows]
    rows = [f"{each.rpartition(',')[0]},{word}" if each.startswith(roster_id) else each for each in rows]
    file.write_text("\n".join([head, *rows]) + "\n", "utf-8")


@remedy_of("RIGHTS-PARENTS", "a parent may ask now")
def let_a_parent_ask(place: Place) -> Remedied:
    place.district.upload(TEAM)
    ask = ("share", TEAM, "--purpose", "inspection", "--as", "custodian:records-office", "--json", "--to")
    before = done(*ask, f"eligible_student:{place.student(HANNAH)}").object()
    return Changed(before, done(*ask, f"parent:{place.guardian(HANNAH_MOTHER)}").object(), "allow")


@remedy_of("RIGHTS-PARENTS", "`dam-plugin student college S-… --seen TEXT`")
def say_that_she_attends_a_college(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.tag(PORTRAIT, "--directory", "not_eligible")
    hannah = place.student(HANNAH)
    before = place.ask(PORTRAIT, f"eligible_student:{hannah}")
    done("student", "college", hannah, "--seen", "enrolment letter", *AS)
    return Changed(before, place.ask(PORTRAIT, f"eligible_student:{hannah}"), "allow")


@remedy_of("RIGHTS-PARENTS", "--basis TO-STUDENT")
def give_it_to_the_student(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.tag(PORTRAIT, "--directory", "not_eligible")
    hannah = place.student(HANNAH)
    before = place.ask(PORTRAIT, f"eligible_student:{hannah}")
    referral = before["referrals"][0]["id"]
    words = ("--basis", "TO-STUDENT", "--students", hannah, "--why", "she wants it for her portfolio", *AS)
    return Closed(
        before, referral, ("queue", "close", referral, "--disclosed-to", f"eligible_student:{hannah}", *words)
    )


def appoint_a_guardian(place: Place) -> str:
    """Put on file that a court made Sofia's mother her guardian; return the mother."""
    place.district.upload(GRADUATION)
    done("tag", GRADUATION, "--directory", "not_eligible", *AS)
    mother = place.guardian(SOFIA_MOTHER)
    Path("letters.pdf").write_bytes(b"%PDF-1.7 letters of guardianship")
    words = (
        "student",
        "guardian",
        "appointed",
        place.student(SOFIA),
        mother,
        "--seen",
        "letters",
        "--file",
        "letters.pdf",
    )
    for user in ("ada", "ben"):
        place.is_now(user)
        done(*words, *AS)
    return mother


@remedy_of("RIGHTS-WARD", "tell the student that the guardian may ask")
def let_the_guardian_ask(place: Place) -> Remedied:
    mother = appoint_a_guardian(place)
    before = place.ask(GRADUATION, f"eligible_student:{place.student(SOFIA)}")
    return Changed(before, place.ask(GRADUATION, f"parent:{mother}"), "redact")


@remedy_of("RIGHTS-WARD", "queue finding ID retained")
def state_what_the_letters_leave(place: Place) -> Remedied:
    appoint_a_guardian(place)
    before = place.ask(GRADUATION, f"eligible_student:{place.student(SOFIA)}")
    words = ("retained", "--seen", "letters, section 3", "--file", "letters.pdf", *AS, "--json")
    found = done("queue", "finding", before["referrals"][0]["id"], *words).object()
    return Changed(before, found["answer"], "redact")


@remedy_of("EX4-OPTOUT", "Obtain a consent to")
def obtain_a_consent_after_an_opt_out(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), party="herald")
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("EX3-MISSING", "that names {party}")
def obtain_a_consent_that_names_the_party(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.tag(PORTRAIT, "--directory", "not_eligible")
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), party="herald")
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("EX3-FORM", "Obtain a written consent to {purpose}")
def obtain_a_consent_that_holds(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="newsletter")
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), party="herald")
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("CONSENT-DOUBTFUL", "Ask both parents which of the two the family means")
def ask_the_family_which_it_meant(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), **{"signed-on": "2020-01-01"})
    before = place.share(PORTRAIT)
    answer = ("asked_family", "stands", "--student", place.student(HANNAH), "--how", "letter of the mother")
    return Changed(before, place.finding(before, *answer), "allow")


# Copies


@remedy_of("REDACT-UNABLE", "mark where they appear")
def mark_where_they_appear(place: Place) -> Remedied:
    return hidden_once_it_is_known_where(place)


@remedy_of("REDACT-NAMED", "Obtain a written consent")
def obtain_the_consent_of_whom_they_named(place: Place) -> Remedied:
    place.district.upload(TEAM)
    before = place.share(TEAM, *NEWS, "--name", place.student(HANNAH))
    assert clauses(place.share(TEAM, *NEWS)) == clauses(before)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="news", party="herald")
    return Changed(before, place.share(TEAM, *NEWS), "allow")


@remedy_of("REDACT-MEANING", "reviews what redaction does to the meaning")
def review_what_hiding_does_to_the_meaning(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.share(HALLWAY)
    return Changed(before, place.finding(before, "meaning", "preserved", approved=True), "redact")


@remedy_of("COPY-FIRST", "record in the evidence that it was considered")
def record_that_a_copy_was_considered(place: Place) -> Remedied:
    place.district.upload(TEAM)
    ruled = 'ruled = "custodian-first"\nby = "district counsel"\non = 2025-11-02\nwhy = "so"\n'
    place.file("rulings.toml", f"[exceptions-before-redaction]\n{ruled}")
    need = {"legitimate_interest": True, "records_authorized": True}
    before = place.ask(TEAM, "school_official:teacher-12", need)
    return Changed(before, place.ask(TEAM, "school_official:teacher-12", {**need, "copy_considered": True}), "allow")


# Papers


@remedy_of("EX1-EVIDENCE", "Record the legitimate interest")
def record_the_interest(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "school_official:teacher-12")
    need = {"legitimate_interest": True, "records_authorized": True}
    return Changed(before, place.ask(HALLWAY, "school_official:teacher-12", need), "allow")


@remedy_of("EX2-RELATION", "record whose parent")
def verify_who_they_are(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "parent:m-ortiz")
    seen = ("parent_verified", "--student", place.student(OWEN), "--seen", "birth certificate")
    return Changed(before, place.finding(before, *seen, approved=True), "redact")


@remedy_of("COPY-REVIEW", "state what hiding the others does to the meaning")
def review_the_copy_of_a_family(place: Place) -> Remedied:
    place.district.upload(TEAM)
    mother = f"parent:{place.guardian(THERESA_MOTHER)}"
    assert place.ask(TEAM, mother)["outcome"] == "redact"
    referral = done("queue", "not-enough", TEAM, "--for", mother, "--why", "she cheers", *AS, "--json").object()
    seen = place.finding({"referrals": [referral]}, "meaning", "destroyed")
    assert seen["outcome"] == "allow"
    return Gone(referral["missing"], clauses(seen))


@remedy_of("CHILD-HIDDEN", "decide what it leaves, tell them, and close the request")
def close_the_inspection_of_a_parent_whom_an_order_limits(place: Place) -> Remedied:
    place.district.upload(TEAM)
    hannah, mother = place.student(HANNAH), place.guardian(HANNAH_MOTHER)
    done("student", "opt-out", hannah, *AS)
    done("student", "guardian", "limit", hannah, mother, "--seen", "a judgment", *revoking(), *AS)
    before = place.ask(TEAM, f"parent:{mother}")
    (referral,) = before["referrals"]
    assert (before["outcome"], referral["missing"]) == ("redact", ["CHILD-HIDDEN"])
    done("queue", "close", referral["id"], "--why", "told of the order", *AS)
    return Gone(referral["missing"], waiting())


@remedy_of("LINK-UNSEEN", "Decide the request again, `dam-plugin queue finding ID reviewed`")
def decide_again_what_nobody_opened(place: Place) -> Remedied:
    place.district.upload(TEAM)
    place.ask(TEAM, f"parent:{place.guardian(THERESA_MOTHER)}")
    with place.district.services.store.reading() as unit:
        others = unit.assets.need(TEAM).tagging.students - {place.student(THERESA)}
    for each in others:
        done("student", "opt-out", each, *AS)
    (referral,) = call("queue", "list", "--json").objects()
    done("queue", "finding", referral["id"], "reviewed", *AS)
    return Gone(referral["missing"], waiting())


@remedy_of("CLOSED-REVIEW", "Look at the recording, ask the district's attorney")
def look_at_what_is_closed_for_others(place: Place) -> Remedied:
    place.district.upload(TEAM)
    done("custodian", "close", TEAM, "--subdivision", "610.021(1)", "--why", "a claim", *AS)
    before = place.ask(TEAM, f"parent:{place.guardian(THERESA_MOTHER)}")
    return Changed(before, place.finding(before, "reviewed"), "redact")


def units(place: Place) -> Told:
    """A parent asks for what is the law-enforcement unit's record."""
    place.district.upload(PORTRAIT)
    made = (
        "--created-by",
        "the camera of officer 12",
        "--for-law-enforcement",
        "an assault",
        "--kept-by",
        "the unit's clerk",
    )
    done("custodian", "unit-record", PORTRAIT, *made, "--why", "uploaded by mistake", *AS)
    (mother,) = call("student", "show", place.student(HANNAH), "--json").object()["guardians"][:1]
    return place.ask(PORTRAIT, f"parent:{mother}")


@remedy_of("UNIT-RECORD", "Send whoever asks to the records custodian of the unit")
def send_them_to_the_unit(place: Place) -> Remedied:
    before = units(place)
    (referral,) = [each["id"] for each in before["referrals"]]
    return Closed(before, referral, ("queue", "close", referral, "--why", "sent to the unit's clerk", *AS))


@remedy_of("UNIT-RECORD", "custodian reopen --confidential")
def say_that_the_school_keeps_the_copy(place: Place) -> Remedied:
    before = units(place)
    place.reopen(PORTRAIT, "--confidential")
    (mother,) = call("student", "show", place.student(HANNAH), "--json").object()["guardians"][:1]
    return Changed(before, place.ask(PORTRAIT, f"parent:{mother}"), "allow")


@remedy_of("TRANSFER", "hand it over yourself, and close it with `dam-plugin queue close ID --disclosed-to")
def hand_it_over_to_the_other_school(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    before = place.ask(PORTRAIT, "other_school:lincoln-high")
    (referral,) = [each["id"] for each in before["referrals"]]
    enrolled = ("--enrolled", "their registrar, called back")
    given = ("--basis", "TRANSFER", "--students", place.student(HANNAH), *enrolled, "--why", "a disc by mail", *AS)
    return Closed(before, referral, ("queue", "close", referral, "--disclosed-to", "other_school:lincoln-high", *given))


@remedy_of("LAW", "--basis LAW --law '42 U.S.C. …' --file COPY")
def hand_it_over_by_federal_law(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    before = place.ask(PORTRAIT, "agency:moadvocacy")
    (referral,) = [each["id"] for each in before["referrals"]]
    Path("letter.pdf").write_bytes(b"%PDF-1.7 we investigate under the DD Act")
    law = ("--law", "42 U.S.C. 15043(a)(2)(I)", "--file", "letter.pdf")
    given = ("--basis", "LAW", *law, "--students", place.student(HANNAH), "--why", "seen in the office", *AS)
    return Closed(before, referral, ("queue", "close", referral, "--disclosed-to", "agency:moadvocacy", *given))


@remedy_of("RIGHTS-TRANSFERRED", "show the custodian that the student is the parent's dependent")
def ask_the_student_who_holds_the_rights(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.tag(GRADUATION, "--directory", "not_eligible")
    mother = place.guardian(SOFIA_MOTHER)
    before = place.ask(GRADUATION, f"parent:{mother}")
    shown = ("dependent", "--student", place.student(SOFIA), "--seen", "tax transcript 2025")
    return Changed(before, place.finding(before, *shown), "redact")


@remedy_of("PREADJ-CERTIFICATION", "Ask the authorities for the written certification")
def ask_for_the_certification(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    serves = {"students": [place.student(CALEB)], "certified": False}
    before = place.ask(HALLWAY, "juvenile_office:east", {"pre_adjudication": serves})
    certified = {"pre_adjudication": {**serves, "certified": True}}
    return Changed(before, evidence_found(place, before, certified), "allow")


@remedy_of("EX5-EVIDENCE", "certification that names a student of this recording")
def ask_the_juvenile_office_whom_it_serves(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "juvenile_office:east")
    serves = {"pre_adjudication": {"students": [place.student(CALEB)], "certified": True}}
    return Changed(before, evidence_found(place, before, serves), "allow")


@remedy_of("EX6-EVIDENCE", "certification that names a student")
def ask_the_police_whom_they_serve(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "law_enforcement:sheriff")
    both = [place.student(each) for each in (CALEB, OWEN)]
    serves = {"pre_adjudication": {"students": both, "certified": True}}
    return Changed(before, evidence_found(place, before, serves), "allow")


@remedy_of("EX7-EVIDENCE", "Have counsel verify an order")
def have_an_order_verified(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "court:circuit")
    both = [place.student(each) for each in (CALEB, OWEN)]
    order = {"order": {"kind": "judicial_order", "verified": True, "notified": both}}
    return Changed(before, evidence_found(place, before, order), "allow")


@remedy_of("EX7-NOTICE", "tell their parents")
def tell_the_families(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    order: dict[str, Any] = {"kind": "subpoena", "verified": True, "notified": []}
    before = place.ask(HALLWAY, "court:circuit", {"order": order})
    order["notified"] = [place.student(each) for each in (CALEB, OWEN)]
    return Changed(before, evidence_found(place, before, {"order": order}), "allow")


@remedy_of("EX8-EVIDENCE", "which of the two it is")
def ask_the_division_which_of_the_two(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "childrens_division:worker-3")
    report = {
        "child_welfare": {"ground": "mandated_report", "report": "2026-117", "confirmed_by": "the hotline, called back"}
    }
    return Changed(before, place.ask(HALLWAY, "childrens_division:worker-3", report), "allow")


@remedy_of("EX9-EVIDENCE", "Record the threat")
def record_the_threat(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "emergency:medics")
    after = call("break-glass", HALLWAY, "--to", "emergency:medics", "--threat", "a fire", *AS, "--json").object()
    return Changed(before, after, "allow")


def evidence_found(place: Place, before: Told, evidence: Mapping[str, Any]) -> Told:
    """State that evidence was verified, with its paper; on a discipline record a second person approves it."""
    file, paper = place.file("verified.json", json.dumps(evidence)), place.file("paper.pdf", "%PDF-1.4")
    return place.finding(before, "evidence", "--evidence", file, "--file", paper, approved=True)


# What the plugin says besides


@remedy_of("ERROR", "the error's number")
def tell_the_errors_number(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    with place.monkeypatch.context() as patch, place.caplog.at_level(logging.ERROR):
        patch.setattr(sharing, "decide", raising(ZeroDivisionError()))
        before = place.share(GRADUATION)
    number = place.caplog.messages[-1].rsplit(maxsplit=1)[-1]
    assert number in before["reasons"][0]["text"]
    return PersonTold(before, before["referrals"][0]["id"])


@remedy_of("THIRD-PARTY", "Ask whoever runs that plugin")
def ask_who_runs_the_plugin(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    strict = Voice(review_decision=Review(Outcome.REFER, "the web team looks first"))
    place.services(lambda services: replace(services, third_parties=strict))
    before = place.share(GRADUATION)
    place.as_before()
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("THIRD-PARTY-DOWN", "Try again once that plugin works")
def try_again_once_the_plugin_works(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.services(lambda services: replace(services, third_parties=Voice(review_decision=FAILED)))
    before = place.share(GRADUATION)
    place.as_before()
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("ROSTER-STALE", "Import the roster again")
def import_the_roster_again(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.services(lambda services: later(services, days=40))
    before = place.share(GRADUATION)
    (roster,) = (each for each in call("doctor", "--json").objects() if each["check"] == "roster")
    assert f"last imported on {DAY}" in roster["detail"]
    done("roster", "import", str(place.district.folder / "roster"), *AS)
    return Changed(before, place.share(GRADUATION), "allow")


def awaits_opt_outs(place: Place) -> Told:
    """Publish while the district's opt-outs are still to come."""
    place.district.upload(GRADUATION)
    done("roster", "choices", "later", "--why", "the forms come in September", *AS)
    return place.share(GRADUATION)


@remedy_of("CHOICES-UNKNOWN", "Import the roster with the file of opt-outs")
def import_the_roster_with_its_opt_outs(place: Place) -> Remedied:
    before = awaits_opt_outs(place)
    done("roster", "import", str(place.district.folder / "roster"), *AS)
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("CHOICES-UNKNOWN", "`dam-plugin roster choices none --why TEXT --as custodian:NAME`")
def state_that_opt_outs_are_entered_by_hand(place: Place) -> Remedied:
    before = awaits_opt_outs(place)
    done("roster", "choices", "none", "--why", "forms are kept in the office", *AS)
    return Changed(before, place.share(GRADUATION), "allow")


@remedy_of("RELEASE-UNABLE", "Share a JPEG, PNG or MP4")
def share_a_picture_of_another_format(place: Place) -> Remedied:
    for suffix in ("gif", "png"):
        drawn = io.BytesIO()
        Image.new("P" if suffix == "gif" else "RGB", (64, 48)).save(drawn, suffix)
        place.district.upload(f"events/field.{suffix}", drawn.getvalue())
        place.tag(f"events/field.{suffix}", "--nobody", "--directory", "eligible")
    return Changed(place.publish("events/field.gif"), place.publish("events/field.png"), "allow")


def opened(token: str) -> list[str]:
    return clauses(call("open", token, "--json").object())


@remedy_of("LINK", "for a new one")
def ask_for_a_new_link(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    shared = place.share(GRADUATION)
    done("revoke", shared["link"])
    return Gone(opened(shared["token"]), opened(place.share(GRADUATION)["token"]))


@remedy_of("LINK-CHANGED", "Share it again")
def share_it_again(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    token = place.share(GRADUATION)["token"]
    place.district.services.library.put(GRADUATION, (sample_folder() / TEAM).read_bytes(), media_type="image/jpeg")
    before = opened(token)
    place.district.upload(GRADUATION)
    return Gone(before, opened(place.share(GRADUATION)["token"]))


# Sets


@remedy_of("EXPORT-REDACT", "Make the set with `--redact allow`")
def allow_redacted_copies(place: Place) -> Remedied:
    put_candid(place.district, "events/dance/both.jpg", INES, HANNAH)
    before = place.export()
    return Gone(before, place.export("--redact", "allow"))


@remedy_of("EXPORT-PORTRAIT", "correct who is in it")
def correct_whose_portrait_it_is(place: Place) -> Remedied:
    with place.district.services.store.writing() as unit:
        unit.people.set_portraits([Portrait("studio", "7.jpg", place.student(NOAH))])
    put(place.district, "studio/7.jpg")
    before = place.export()
    place.tag("studio/7.jpg", "--person", place.student(NOAH), "--prominence", "focus")
    return Gone(before, place.export())


@remedy_of("EXPORT-EMPTY", "Obtain a written consent")
def obtain_a_consent_to_be_in_the_book(place: Place) -> Remedied:
    behind = seen(place.student(THERESA), 0.6, prominence="incidental")
    put(place.district, "events/dance/one.jpg", seen(place.student(HANNAH)), behind, meaning="preserved")
    before = place.export("--redact", "allow")
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="yearbook")
    return Gone(before, place.export("--redact", "allow"))


@remedy_of("EXPORT-RETAKE", "take the newer one out of the library")
def take_the_newer_portrait_out(place: Place) -> Remedied:
    put_portrait(place.district, INES, "first")
    newer = put_portrait(place.district, INES, "second")
    before = place.export()
    place.district.services.library.delete(newer.asset.key)
    done("reconcile")
    return Gone(before, place.export())


@remedy_of("EXPORT-UNABLE", "Upload it anew, as a JPEG or PNG that opens")
def upload_a_picture_that_opens(place: Place) -> Remedied:
    put_portrait(place.district, INES)
    put_candid(place.district, "events/dance/torn.jpg", INES, body=b"\xff\xd8\xff torn")
    before = place.export()
    put_candid(place.district, "events/dance/torn.jpg", INES)
    return Gone(before, place.export())


@remedy_of("EXPORT-GONE", "Make the set again")
def make_the_set_again(place: Place) -> Remedied:
    for each in (INES, THERESA):
        put_portrait(place.district, each)
    with place.monkeypatch.context() as patch:
        other = (sample_folder() / TEAM).read_bytes()
        patch.setattr(plan, "plan", planned_while(lambda: put_portrait(place.district, INES, body=other)))
        before = place.export()
    return Gone(before, place.export())


def planned_while(happens: Callable[[], object]) -> Callable[..., Iterator[int]]:
    """Have something happen once a set is planned, before its pictures are copied."""
    whole = plan.plan

    def planned(*given: Any, **more: Any) -> Iterator[int]:
        yield from whole(*given, **more)
        happens()

    return planned


@remedy_of("EXPORT-CHANGED", "Make the set again")
def make_the_changed_set_again(place: Place) -> Remedied:
    put_candid(place.district, "events/dance/both.jpg", CALEB, INES)
    place.export("--redact", "allow", "--to", "heron-press")
    done("student", "opt-out", place.student(INES), *AS)
    before = stopped("SET0.zip")
    place.export("--redact", "allow", "--to", "heron-press")
    return Gone(before, stopped("SET1.zip"))


def stopped(set_file: str) -> list[str]:
    found = done("export", "recheck", set_file, "--json").object()
    return [one["clause"] for each in found["stops"] for one in each["why"]]


# Other ways that a remedy names


@remedy_of("NOTIFY-CUSTODIAN", "Call the records custodian")
def the_custodian_reviews_it_afterwards(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = call("break-glass", HALLWAY, "--to", "emergency:medics", "--threat", "a fire", "--json").object()
    (review,) = [each["id"] for each in before["referrals"]]
    place.is_now("ben")
    return Closed(before, review, ("queue", "finding", review, "reviewed", "there was a fire", *AS))


@remedy_of("EX4-WINDOW", "Wait until the opt-out window is over")
def wait_until_the_window_is_over(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("OPT_OUT_WINDOW_ENDS", (TODAY + timedelta(days=5)).isoformat())
    before = place.publish(GRADUATION)
    place.services(lambda services: later(services, days=6))
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-WINDOW", "record this year's window")
def record_the_window_in_the_place_of_last_years(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("OPT_OUT_WINDOW_ENDS", (TODAY - timedelta(days=400)).isoformat())
    before = place.publish(GRADUATION)
    place.setting("OPT_OUT_WINDOW_ENDS", (TODAY - timedelta(days=60)).isoformat())
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-WINDOW", "`dam-plugin student answered STUDENT --why TEXT --as custodian:NAME`")
def enter_that_the_family_of_a_new_student_has_answered(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.setting("DIRECTORY_NOTICE", DAY)
    place.monkeypatch.delenv("DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS")
    imported(place.district, "--confirm", without=[NOAH])
    imported(place.district)
    before = place.publish(GRADUATION)
    done("student", "answered", place.district.student(NOAH), "--why", "the form", *AS)
    return Changed(before, place.publish(GRADUATION), "allow")


@remedy_of("EX4-LIMITED", "Obtain a consent for")
def obtain_a_consent_for_a_purpose_outside_of_the_policy(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.setting("DIRECTORY_LIMITED_TO", ["yearbook"])
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER))
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("EX4-NOT-DIRECTORY", "obtain consents for")
def obtain_a_consent_for_what_is_not_directory_information(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.tag(PORTRAIT, "--directory", "not_eligible")
    before = place.share(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER))
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("EX4-NOT-DIRECTORY", "only the custodian changes")
def ask_the_custodian_whose_finding_stands(place: Place) -> Remedied:
    place.district.upload(SCIENCE_LAB)
    before = place.finding(place.share(SCIENCE_LAB), "directory", "not_eligible")
    assert "only the custodian or a designee" in call("tag", SCIENCE_LAB, "--directory", "eligible").err
    passed_on = place.share(SCIENCE_LAB, *NEWS, "--as", "media_staff:media-desk")
    return Changed(before, place.finding(passed_on, "directory", "eligible"), "allow")


@remedy_of("PROTECTED", "Share a copy that hides them")
def hide_who_is_protected(place: Place) -> Remedied:
    students = place.district.folder / "roster" / "students.csv"
    protected(students, HANNAH, "yes")
    done("roster", "import", str(students.parent), *AS)
    # The custodian alone reads of a protection.
    return hidden_once_it_is_known_where(place, *AS)


@remedy_of("EX4-OPTOUT", "share a copy that hides them")
def hide_who_opted_out(place: Place) -> Remedied:
    return hidden_once_it_is_known_where(place)


def hidden_once_it_is_known_where(place: Place, *who: str) -> Changed:
    place.district.upload(UNTITLED)
    noah, hannah = place.student(NOAH), place.student(HANNAH)
    focus = ("--prominence", "focus", "--directory", "eligible")
    place.tag(UNTITLED, "--person", noah, "--person", hannah, *focus)
    before = place.publish(UNTITLED, *who)
    place.tag(UNTITLED, "--person", noah, "--person", f"{hannah}@0.5,0.2,0.3,0.5", *focus)
    return Changed(before, place.publish(UNTITLED, *who), "redact")


@remedy_of("CONSENT-DOUBTFUL", "have the consent signed anew")
def have_the_consent_signed_anew(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    mother = place.guardian(HANNAH_MOTHER)
    place.consent(HANNAH, mother, **{"signed-on": "2020-01-01"})
    before = place.share(PORTRAIT)
    place.consent(HANNAH, mother)
    return Changed(before, place.share(PORTRAIT), "allow")


@remedy_of("CONSENT-DOUBTFUL", "or revoked")
def the_family_revokes_the_consent(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), **{"signed-on": "2020-01-01"})
    before = place.publish(PORTRAIT, purpose="news")
    answer = ("asked_family", "revoked", "--student", place.student(HANNAH), "--how", "letter of the mother")
    return Changed(before, place.finding(before, *answer), "deny")


@remedy_of("REDACT-UNABLE", "Hand in a format that can be redacted")
def hand_in_a_format_that_can_be_redacted(place: Place) -> Remedied:
    answers = []
    for suffix in ("gif", "png"):
        drawn = io.BytesIO()
        Image.new("P" if suffix == "gif" else "RGB", (200, 200)).save(drawn, suffix)
        key, noah, hannah = f"events/two.{suffix}", place.student(NOAH), f"{place.student(HANNAH)}@0.5,0.2,0.3,0.5"
        place.district.upload(key, drawn.getvalue())
        place.tag(key, "--person", noah, "--person", hannah, "--prominence", "focus", "--directory", "eligible")
        answers.append(place.publish(key))
    return Changed(answers[0], answers[1], "redact")


@remedy_of("REDACT-UNABLE", "ask the custodian to look again")
def ask_the_custodian_to_look_for_a_way_again(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    none = ("means", "none", "--why", "x", "--inspection-offered", "telephone, 5 October")
    before = place.finding(place.share(HALLWAY), *none, approved=True)
    place.is_now("ada")
    passed_on = place.share(HALLWAY, *NEWS, "--as", "media_staff:media-desk")
    place.finding(passed_on, "means", "available", "--why", "a blur does it", approved=True)
    place.is_now("ada")
    waits = place.share(HALLWAY)
    return Changed(before, place.finding(waits, "meaning", "preserved", approved=True), "redact")


@remedy_of("REDACT-MEANING", "Pass the request on to the custodian")
def ask_for_another_look_at_the_meaning(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.finding(place.share(HALLWAY), "meaning", "destroyed", approved=True)
    place.is_now("ada")
    passed_on = place.share(HALLWAY, *NEWS, "--as", "media_staff:media-desk")
    return Changed(before, place.finding(passed_on, "meaning", "preserved", approved=True), "redact")


@remedy_of("NAMED-IN-CROWD", "The custodian decides whether")
def the_custodian_lets_them_see_it(place: Place) -> Remedied:
    place.district.upload(CROWD)
    before = place.share(CROWD, *NEWS, "--name", place.student(HANNAH))
    place.finding(before, "crowd", "release", "--why", "she sings the solo", approved=True)
    (referral,) = [each["id"] for each in before["referrals"]]
    given = ("--disclosed-to", "public:herald", "--basis", "EX4", "--students", place.student(HANNAH), "--why", "so")
    return Closed(before, referral, ("queue", "close", referral, *given, *AS))


@remedy_of("ASKED-BY-NAME", "Where it is another person, who does not act for the first, state it")
def the_custodian_finds_that_it_is_another_person(place: Place) -> Remedied:
    place.district.upload(CROWD)
    place.share(CROWD, *NEWS, "--name", place.student(HANNAH))
    before = place.share(CROWD, "--to", "public:tribune", "--purpose", "news")
    return Changed(before, place.finding(before, "reviewed", "called back"), "allow")


@remedy_of("INSPECTED-ONLY", "If it wants to inspect the recording, share it with `--purpose inspection`")
def share_it_for_inspection(place: Place) -> Remedied:
    place.district.upload(TEAM)
    done("custodian", "meaning", TEAM, "destroyed", "--why", "who hit whom", *AS)
    mother = f"parent:{place.guardian(THERESA_MOTHER)}"
    before = place.ask(TEAM, mother, purpose="news")
    return Changed(before, place.ask(TEAM, mother), "allow")


@remedy_of("INSPECTED-ONLY", "close this one")
def close_what_a_family_would_pass_on(place: Place) -> Remedied:
    place.district.upload(TEAM)
    done("custodian", "meaning", TEAM, "destroyed", "--why", "who hit whom", *AS)
    before = place.ask(TEAM, f"parent:{place.guardian(THERESA_MOTHER)}", purpose="news")
    referral = before["referrals"][0]["id"]
    return Closed(before, referral, ("queue", "close", referral, "--why", "they were told", *AS))


def own_matter(place: Place) -> Told:
    """A teacher asks for a lawsuit, with what the evidence says of the interest; the answer."""
    place.district.upload(PORTRAIT)
    on_file = {"legitimate_interest": True, "records_authorized": True}
    return place.ask(PORTRAIT, "school_official:ms-smith", on_file, purpose="lawsuit")


@remedy_of("OWN-MATTER", "Where it is the district's, as for its counsel or its insurer, say so")
def it_is_the_districts_matter(place: Place) -> Remedied:
    before = own_matter(place)
    return Changed(before, place.finding(before, "reviewed", "the district's counsel"), "allow")


@remedy_of("OWN-MATTER", "Where it is their own, close this one")
def it_is_their_own_matter(place: Place) -> Remedied:
    before = own_matter(place)
    referral = before["referrals"][0]["id"]
    return Closed(before, referral, ("queue", "close", referral, "--why", "her own suit", *AS))


@remedy_of("OWN-MATTER", "they ask as anybody does")
def they_ask_as_anybody_does(place: Place) -> Remedied:
    before = own_matter(place)
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="lawsuit", party="ms-smith")
    asked = place.share(PORTRAIT, "--to", "public:ms-smith", "--purpose", "lawsuit")
    return Changed(before, asked, "allow")


@remedy_of("OWN-MATTER", "so it is where they need it for their own class or office")
def a_teacher_needs_it_for_her_own_class(place: Place) -> Remedied:
    before = of_family(place)
    return Changed(before, place.finding(before, "reviewed", "she teaches this class"), "allow")


@remedy_of("OWN-MATTER", "or as a family")
def a_parent_asks_as_one(place: Place) -> Remedied:
    before = of_family(place)
    return Changed(before, place.ask(PORTRAIT, f"parent:{place.guardian(HANNAH_MOTHER)}"), "allow")


def of_family(place: Place) -> Told:
    """An official asks with the name of a guardian; the answer."""
    place.district.upload(PORTRAIT)
    on_file = {"legitimate_interest": True, "records_authorized": True}
    return place.ask(PORTRAIT, "school_official:karin-lindqvist", on_file, purpose="inspection")


def contested(place: Place) -> tuple[Told, str]:
    """A picture of the district's own that a family's statement goes with: the answer to publishing it, and the statement."""
    place.district.upload(GRADUATION)
    shown = next(iter(place.publish(GRADUATION)["basis"]))
    whose = ("--student", shown, "--by", holder(shown))
    placed = done("custodian", "statement", GRADUATION, *whose, "--text", "Not agreed.", *AS, "--json")
    return place.publish(GRADUATION, *AS), str(placed.object()["id"])


@remedy_of("STATEMENT", "Where it is published with the statement beside it, say so")
def publish_the_statement_too(place: Place) -> Remedied:
    before, _ = contested(place)
    return Changed(before, place.finding(before, "reviewed", "below the picture"), "allow")


@remedy_of("STATEMENT", "Where the record was amended, let the statement go with it no more")
def end_the_statement(place: Place) -> Remedied:
    before, statement = contested(place)
    done("custodian", "statement-end", statement, "--why", "a new caption", *AS)
    return Changed(before, place.publish(GRADUATION, *AS), "allow")


@remedy_of("STATEMENT", "Choose another picture for a book")
def choose_another_picture(place: Place) -> Remedied:
    contests = put_candid(place.district, "events/dance/one.jpg", INES)
    put_candid(place.district, "events/dance/two.jpg", INES)
    whose = ("--student", place.student(INES), "--by", holder(place.student(INES)))
    done("custodian", "statement", contests.asset.key, *whose, "--text", "Not agreed.", *AS)
    before = place.export()
    place.district.services.library.delete(contests.asset.key)
    done("reconcile")
    return Gone(before, place.export())


@remedy_of("EX7-NOTICE", "Say who is in it")
def say_who_is_in_it_first(place: Place) -> Remedied:
    place.district.upload(UNTITLED)
    noah, today = place.student(NOAH), place.district.services.now().date().isoformat()
    order: dict[str, Any] = {"kind": "subpoena", "verified": True, "notified": [noah], "answer_on": today}
    before = place.ask(UNTITLED, "court:circuit", {"order": order})
    place.tag(UNTITLED, "--person", noah)
    told_of_order(before["referrals"][0]["id"], [noah])
    return Changed(before, place.ask(UNTITLED, "court:circuit", {"order": order}), "allow")


@remedy_of("RIGHTS-TRANSFERRED", "Ask the student for consent")
def the_student_consents(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.tag(GRADUATION, "--directory", "not_eligible")
    mother, sofia = place.guardian(SOFIA_MOTHER), place.student(SOFIA)
    before = place.ask(GRADUATION, f"parent:{mother}")
    place.consent(SOFIA, sofia, purpose="inspection", party=mother)
    after = place.ask(GRADUATION, f"parent:{mother}")
    assert after["basis"] == {sofia: "EX3"}
    return Changed(before, after, "redact")


@remedy_of("RIGHTS-TRANSFERRED", "`dam-plugin student left-college S-… --why TEXT`")
def she_has_left_the_college(place: Place) -> Remedied:
    place.district.upload(PORTRAIT)
    place.tag(PORTRAIT, "--directory", "not_eligible")
    hannah, mother = place.student(HANNAH), place.guardian(HANNAH_MOTHER)
    done("student", "college", hannah, "--seen", "enrolment letter", *AS)
    before = place.ask(PORTRAIT, f"parent:{mother}")
    done("student", "left-college", hannah, "--why", "her letter of withdrawal", *AS)
    return Changed(before, place.ask(PORTRAIT, f"parent:{mother}"), "allow")


@remedy_of("RIGHTS-TRANSFERRED", "`dam-plugin student died S-… --on DAY --seen TEXT`")
def she_died_before_she_was_18(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.tag(GRADUATION, "--directory", "not_eligible")
    sofia, mother = place.student(SOFIA), place.guardian(SOFIA_MOTHER)
    before = place.ask(GRADUATION, f"parent:{mother}")
    died = TODAY - timedelta(days=2 * 365)
    done("student", "died", sofia, "--on", str(died), "--seen", "death certificate", *AS)
    return Changed(before, place.ask(GRADUATION, f"parent:{mother}"), "redact")


@remedy_of("EX6-EVIDENCE", "or for an order")
def or_an_order_for_the_police(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "law_enforcement:sheriff")
    both = [place.student(each) for each in (CALEB, OWEN)]
    order = {"order": {"kind": "subpoena", "verified": True, "notified": both}}
    return Changed(before, evidence_found(place, before, order), "allow")


@remedy_of("EX8-EVIDENCE", "for which student")
def the_division_is_responsible_for_a_student(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    before = place.ask(HALLWAY, "childrens_division:worker-3")
    both = [place.student(each) for each in (CALEB, OWEN)]
    paper = {"placement": "25JU-JV00117", "confirmed_by": "the county office, called back"}
    care = {"child_welfare": {"ground": "legal_responsibility", "students": both, **paper}}
    return Changed(before, place.ask(HALLWAY, "childrens_division:worker-3", care), "allow")


@remedy_of("EX9-EVIDENCE", "where staff act who confirmed it")
def record_who_confirmed_the_emergency(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    ruled = 'ruled = "confirmed"\nby = "district counsel"\non = 2025-11-02\nwhy = "so"\n'
    place.file("rulings.toml", f"[staff-on-the-spot]\n{ruled}")
    glass = ("break-glass", HALLWAY, "--to", "emergency:medics", "--threat", "a fire", "--json")
    before = call(*glass).object()
    return Changed(before, call(*glass, "--confirmed-by", "the principal").object(), "allow")


@remedy_of("ERROR", "Ask the records custodian")
def share_it_again_once_the_error_is_mended(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    with place.monkeypatch.context() as patch:
        patch.setattr(sharing, "decide", raising(ZeroDivisionError()))
        before = place.share(GRADUATION)
    return Changed(before, place.finding(before, "reviewed"), "allow")


@remedy_of("RELEASE-UNABLE", "hand it over in another way")
def the_custodian_hands_it_over_in_another_way(place: Place) -> Remedied:
    drawn = io.BytesIO()
    Image.new("P", (64, 48)).save(drawn, "gif")
    place.district.upload("events/field.gif", drawn.getvalue())
    place.tag("events/field.gif", "--person", place.student(NOAH), "--directory", "eligible")
    before = place.share("events/field.gif")
    (referral,) = [each["id"] for each in before["referrals"]]
    given = (
        "--disclosed-to",
        "public:herald",
        "--basis",
        "EX4",
        "--students",
        place.student(NOAH),
        "--why",
        "on a disc",
    )
    return Closed(before, referral, ("queue", "close", referral, *given, *AS))


@remedy_of("EXPORT-REDACT", "obtain a written consent")
def obtain_a_consent_to_be_shown_in_the_set(place: Place) -> Remedied:
    put_candid(place.district, "events/dance/both.jpg", INES, HANNAH)
    before = place.export()
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="yearbook")
    return Gone(before, place.export())


@remedy_of("EXPORT-UNABLE", "import a roster that has the student")
def import_a_roster_with_the_student(place: Place) -> Remedied:
    put_portrait(place.district, THERESA)
    put_candid(place.district, "events/dance/new.jpg", "104999")
    before = place.export()
    students = place.district.folder / "roster" / "students.csv"
    (row,) = [each for each in students.read_text("utf-8").splitlines() if each.startswith(NOAH)]
    students.write_text(
        f"{students.read_text('utf-8')}{row.replace(NOAH, '104999').replace('Noah', 'Ruth')}\n", "utf-8"
    )
    done("roster", "import", str(students.parent), *AS)
    return Gone(before, place.export())


@remedy_of("REDACT-UNABLE", "the custodian says so by a look")
def say_that_whom_the_caption_names_is_not_in_it(place: Place) -> Remedied:
    place.district.upload(SCIENCE_LAB)
    place.tag(SCIENCE_LAB, "--person", place.student(NOAH), "--prominence", "focus", "--directory", "eligible")
    done("student", "opt-out", place.student(PRIYA), *AS)
    before = place.publish(SCIENCE_LAB)
    place.tag(SCIENCE_LAB, "--person", place.student(NOAH), "--only")
    return Changed(before, place.publish(SCIENCE_LAB), "allow")


@remedy_of("EX2-RELATION", "or which student they are")
def verify_which_student_they_are(place: Place) -> Remedied:
    place.district.upload(GRADUATION)
    place.tag(GRADUATION, "--directory", "not_eligible")
    before = place.ask(GRADUATION, "eligible_student:s-petrova")
    seen_there = ("parent_verified", "--student", place.student(SOFIA), "--seen", "driver's licence")
    return Changed(before, place.finding(before, *seen_there), "redact")


@remedy_of("EX8-EVIDENCE", "record who verified the agency")
def record_who_confirmed_a_report(place: Place) -> Remedied:
    place.district.upload(HALLWAY)
    answers = []
    for confirmed in ({}, {"confirmed_by": "the hotline, called back"}):
        report = {"child_welfare": {"ground": "mandated_report", "report": "2026-117", **confirmed}}
        answers.append(place.ask(HALLWAY, "childrens_division:worker-3", report))
    return Changed(answers[0], answers[1], "allow")


@remedy_of("EXPORT-PORTRAIT", "Obtain a written consent to {purpose}")
def obtain_a_consent_to_be_shown_and_named(place: Place) -> Remedied:
    put_portrait(place.district, HANNAH, meaning="preserved")
    before = place.export("--redact", "allow")
    place.consent(HANNAH, place.guardian(HANNAH_MOTHER), purpose="yearbook")
    return Gone(before, place.export("--redact", "allow"))


@remedy_of("EXPORT-GONE", "upload the recording anew where it went by mistake")
def upload_anew_what_went(place: Place) -> Remedied:
    put_portrait(place.district, INES)
    lost = put_portrait(place.district, THERESA)
    body = place.district.services.library.read(lost.asset.key, limit=lost.asset.size)
    with place.monkeypatch.context() as patch:
        patch.setattr(plan, "plan", planned_while(lambda: deleted(place, lost.asset.key)))
        before = place.export()
    put_portrait(place.district, THERESA, body=body)
    return Gone(before, place.export())


def deleted(place: Place, key: str) -> None:
    place.district.services.library.delete(key)
    done("reconcile")


@remedy_of("EXPORT-CHANGED", "on the recall list of `dam-plugin export recall`")
def recall_what_is_printed_already(place: Place) -> Remedied:
    put_candid(place.district, "events/dance/both.jpg", CALEB, INES)
    place.export("--redact", "allow", "--to", "heron-press", "--lock")
    done("student", "opt-out", place.student(INES), *AS)
    listed = call("export", "recall", "--json").out
    assert place.student(INES) in listed
    return Gone(stopped("SET0.zip"), [])
