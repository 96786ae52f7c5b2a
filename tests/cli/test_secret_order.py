"""An order that forbids telling the family, from the command line: everything else looks as if there were none."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from command_line import Called, call
from court_orders import AS, BEN, by_order, claimed, confirmed, order, paper, stated_secret, told_of_order
from databases import run_sql
from district import CUSTODIAN, HALLWAY, SCIENCE_LAB, TEAM, District
from use_cases import Voice, kept, ledger_holds, on, with_voice

from dam_plugin.custodian import work
from dam_plugin.custodian.sealed_book import SealedMatters, sealed_matters
from dam_plugin.errors import InputError
from dam_plugin.intake.events import take_in
from dam_plugin.model import AssetEvent, Outcome, Recipient, Review
from dam_plugin.sharing.due_dates import is_weekend
from dam_plugin.sharing.held import holdings_on, refusal
from dam_plugin.store import SystemUser

GROUND = ("--secret-by", "law_enforcement")
SECRET = {
    "order": {"kind": "subpoena", "verified": True, "notice_required": False, "secret_by": "grand_jury"},
}
FBI = Recipient("law_enforcement", "fbi-221")
ADA = SystemUser("1000", "ada")


def student_of(district: District, key: str = SCIENCE_LAB) -> str:
    return min(kept(district.services, key).tagging.students)


def everything(student: str) -> dict[str, object]:
    """All that the program tells of what was shared and what waits, to anybody but the custodian who asks for it."""
    commands: dict[str, tuple[str, ...]] = {
        "the ledger": ("ledger", "show", "--as", "custodian:records-office", "--json"),
        "its last entry": ("ledger", "show", "--as", "custodian:records-office", "--last", "1", "--json"),
        "the chain": ("ledger", "verify", "--json"),
        "the export": ("ledger", "export", "--out", "-"),
        "the record": ("ledger", "student", student, "--keys", "--json"),
        "the table of the record": ("ledger", "student", student),
        "what 99.32 requires": ("ledger", "student", student, "--required", "--json"),
        "the report": ("report", "--json"),
        "links": ("links", "--json"),
        "open links": ("links", "--open", "--json"),
        "the queue": ("queue", "list", "--json"),
        "the whole queue": ("queue", "list", "--all", "--json"),
        "holds": ("hold", "list", "--json"),
        "what is overdue": ("queue", "list", "--overdue", "--json"),
        "an owner's work": ("queue", "list", "--owner", "ms-lopez", "--json"),
        "recordings to look at": ("audit", "names", "--json"),
        "tags": ("tags", SCIENCE_LAB, "--json"),
        "review": ("review", "--json"),
    }
    told: dict[str, object] = {name: (ended := call(*words)).out + ended.err for name, words in commands.items()}
    call("ledger", "student", student, "--csv", "record.csv", "--page", "record.html")
    told["files"] = Path("record.csv").read_text("utf-8"), Path("record.html").read_text("utf-8")
    health = [line for line in call("doctor").out.splitlines() if "queue" in line or "referral" in line]
    # What waits for the custodian is counted there, and no more is told of it.
    told["health"] = [line for line in health if "sealed" not in line]
    return told


def unchanged(student: str, before: dict[str, object], *, but: Collection[str] = ()) -> None:
    now = everything(student)
    assert {name: value for name, value in now.items() if value != before[name] and name not in but} == {}
    assert "fbi" not in json.dumps(now)


# What was written before an order came to light keeps its place in the chain: its number and its hash.
PLACES = ("the chain", "the export")


# Nothing tells of it


@pytest.fixture
def lab(district: District) -> str:
    """A picture of the lab with something on record already; a student in it."""
    district.upload(SCIENCE_LAB)
    district.ask(SCIENCE_LAB, Recipient("court", "circuit"), "legal request")
    return student_of(district)


def test_a_release_under_it_is_opened_and_closed_and_nothing_tells(district: District, lab: str) -> None:
    before = everything(lab)
    made = by_order()
    assert (made["outcome"], made["basis"]) == ("allow", {lab: "EX7"})
    unchanged(lab, before)
    assert call("open", made["token"], "--json").code == 0
    unchanged(lab, before)
    closed = call("revoke", SCIENCE_LAB, "--json").object()
    assert (closed["closed"], closed["opened"]) == ([], [])
    assert closed["copies"] == {"held": 0, "waiting": 0, "purging": 0}
    assert call("open", made["token"], "--json").code != 0
    unchanged(lab, before)
    assert ledger_holds(district.services)


def test_a_request_that_staff_pass_on_waits_where_the_custodian_alone_looks(district: District, lab: str) -> None:
    before = everything(lab)
    made = claimed(role=("--as", "media_staff:desk"))
    assert made.code == 4
    (referral,) = made.object()["referrals"]
    unchanged(lab, before)
    (waits,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert (waits["id"], waits["to"]) == (referral["id"], "law_enforcement:fbi-221")
    assert call("queue", "show", referral["id"]).err == call("queue", "show", "rf-none").err
    assert call("queue", "show", referral["id"], "--sealed", *AS).code == 0
    assert call("queue", "assign", referral["id"], "--to", "ms-lopez", *AS).code == 0
    unchanged(lab, before)
    assert confirmed(referral["id"])["outcome"] == "allow"
    unchanged(lab, before)
    (closed,) = call("queue", "list", "--all", "--sealed", *AS, "--json").objects()
    assert closed["closing"].startswith("answered: allow")
    assert ledger_holds(district.services)


def test_what_is_handed_over_or_shown_under_it_is_sealed_too(district: District, lab: str) -> None:
    before = everything(lab)
    referral = claimed().object()["referrals"][0]["id"]
    options = ("--disclosed-to", "law_enforcement:fbi-221", "--basis", "EX7", "--before-notice", "--students", lab)
    assert call("queue", "disclosed", referral, "--to", *options[1:], *AS).code == 0
    unchanged(lab, before)
    confirmed(referral)
    words = ("--for", "law_enforcement:fbi-221", "--purpose", "legal request", "--evidence", str(order()))
    assert call("view", SCIENCE_LAB, "--in-office", *words, *AS).code == 0
    unchanged(lab, before)
    lines = call("ledger", "student", lab, "--sealed", *AS, "--json").objects()
    assert [line["what"] for line in lines if line["what"] != "finding"][-4:] == [
        "asked",
        "handed over",
        "asked",
        "viewed",
    ]
    assert ledger_holds(district.services)


def test_a_refusal_under_it_tells_nothing_either(district: District, lab: str) -> None:
    before = everything(lab)
    order("{kind: subpoena, verified: false, notice_required: false, secret_by: law_enforcement}")
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request", "--evidence", "order.yaml")
    assert call("share", SCIENCE_LAB, *words, *AS).code in (3, 4)
    unchanged(lab, before)


def test_a_recording_that_is_replaced_closes_the_link_without_a_word(district: District, lab: str) -> None:
    token = by_order()["token"]
    before = call("ledger", "show", "--as", "custodian:records-office", "--kind", "close", "--json").out
    district.services.library.put(SCIENCE_LAB, (Path(__file__)).read_bytes(), media_type="image/jpeg")
    take_in(district.services, AssetEvent(SCIENCE_LAB))
    assert call("open", token).code != 0
    assert call("ledger", "show", "--as", "custodian:records-office", "--kind", "close", "--json").out == before
    assert ledger_holds(district.services)


def test_no_plugin_hears_of_it_but_that_something_waits(district: District) -> None:
    district.upload(SCIENCE_LAB)
    voice = Voice(review_decision=None, notify=True)
    listening = with_voice(district, voice)
    referral = listening.share(
        SCIENCE_LAB, kind="request", purpose="legal request", recipient=FBI, evidence=SECRET
    ).referrals[0]
    work.assign_referral(listening.services, referral.id, "ms-lopez", CUSTODIAN)
    listening.ask(SCIENCE_LAB, FBI, "legal request", evidence=SECRET)
    ((hook, told),) = voice.told
    assert (hook, "A sealed matter waits" in str(told)) == ("notify", True)
    assert not any(each in str(told) for each in ("fbi", "rf-", "sh-", "lab", "subpoena"))


def test_a_plugin_cannot_stop_what_an_order_releases_and_stops_the_rest(district: District) -> None:
    district.upload(SCIENCE_LAB)
    heard: list[dict[str, Any]] = []

    class Strict(Voice):
        def review_decision(self, share: Any, decision: Any) -> Any:
            heard.append(dict(share.evidence))
            return super().review_decision(share, decision)

    strict = with_voice(district, Strict(review_decision=Review(Outcome.DENY, "no")))
    first = strict.ask(SCIENCE_LAB, FBI, "legal request", evidence=SECRET).referrals[0].id
    confirmed(first)
    assert strict.ask(SCIENCE_LAB, FBI, "legal request", evidence=SECRET).decision.outcome == Outcome.ALLOW
    assert heard == []
    official = Recipient("school_official", "nurse")
    both = {**SECRET, "legitimate_interest": True, "records_authorized": True}
    refused = strict.ask(SCIENCE_LAB, official, "legal request", evidence=both)
    assert (refused.decision.outcome, heard) == (Outcome.DENY, [{}])


def test_an_emergency_is_recorded_whatever_order_comes_with_it(district: District) -> None:
    district.upload(SCIENCE_LAB)
    threat = {"emergency": {"threat": "a missing child", "recipient_needs_it": True}}
    answer = district.ask(SCIENCE_LAB, FBI, "emergency", evidence={**SECRET, **threat})
    assert not answer.share.secret
    assert [each["what"] for each in call("ledger", "student", student_of(district), "--json").objects()] == ["asked"]


def test_the_districts_own_publication_is_under_no_order(district: District) -> None:
    district.upload(TEAM)
    assert not district.share(TEAM, evidence=SECRET).share.secret


def test_what_a_host_says_of_secrecy_counts_for_nothing(district: District) -> None:
    district.upload(TEAM)
    assert not district.share(TEAM, secret=True).share.secret


def test_the_register_of_requests_has_nothing_of_it(district: District, lab: str) -> None:
    words = ("--from", "law_enforcement:fbi-221", "--channel", "letter", "--want", "copy", "--purpose", "legal request")
    today = str(district.services.now().date())
    added = call("request", "add", SCIENCE_LAB, *words, "--received", today, *AS, "--json")
    assert added.code == 0, added.text
    register = call("request", "show", "RQ-000001", "--json").out
    refused = claimed(SCIENCE_LAB, "--request", "RQ-000001")
    assert (refused.code, "share without --request" in refused.err) == (1, True)
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    assert call("request", "join", "RQ-000001", referral, *AS).code == 1
    confirmed(referral)
    assert call("request", "show", "RQ-000001", "--json").out == register


def test_no_letter_is_kept_about_it(district: District, lab: str) -> None:
    before = everything(lab)
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    refused = call("letter", "write", "acknowledgement", "--referral", referral, *AS)
    assert (refused.code, "no letter is kept here" in refused.err) == (1, True)
    unchanged(lab, before)


def test_a_recording_that_waits_under_it_is_kept_and_the_refusal_names_no_request(district: District) -> None:
    district.upload(SCIENCE_LAB)
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    with district.services.store.reading() as unit:
        (holding,) = holdings_on(unit, SCIENCE_LAB, district.services.now().date())
    assert refusal([holding], "it is not deleted") == ("it is not deleted: it is held; ask the records custodian")
    assert referral not in call("hold", "list").text


# An order that comes to light later


@pytest.fixture
def without(district: District) -> dict[str, object]:
    """All that the program tells before the FBI asks."""
    district.upload(SCIENCE_LAB)
    return everything(student_of(district))


@pytest.fixture
def later(district: District, without: dict[str, object]) -> tuple[str, str]:
    """The FBI asks without a word of an order, twice; the order is stated as a finding. A student, the first referral."""
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")
    first = call("share", SCIENCE_LAB, *words, *AS, "--json").object()["referrals"][0]["id"]
    assert call("share", SCIENCE_LAB, *words, *AS, "--json").object()["referrals"][0]["id"] == first
    return student_of(district), first


def test_the_request_before_it_leaves_every_page(
    district: District, without: dict[str, object], later: tuple[str, str]
) -> None:
    student, first = later
    assert len(call("ledger", "student", student, "--json").objects()) == 2
    done = confirmed(first)
    assert (done["outcome"], done["referral"]["id"]) == ("allow", first)
    unchanged(student, without, but=PLACES)
    exported = call("ledger", "export", "--out", "-").out
    assert not any(word in exported for word in (first, "sh-", "legal request"))
    Path("export.jsonl").write_text(exported, "utf-8")
    assert call("ledger", "verify", "--export", "export.jsonl").code == 0
    lines = call("ledger", "student", student, "--sealed", *AS, "--json").objects()
    assert [(line["what"], line["outcome"]) for line in lines] == [
        ("asked", "refer"),
        ("asked", "refer"),
        ("finding", "pending"),
        ("asked", "allow"),
    ]
    assert all("forbids telling" in line["remark"] for line in lines)
    assert ledger_holds(district.services)


def test_the_custodian_who_shares_with_the_order_takes_the_request_before_it_out_of_sight(
    district: District, without: dict[str, object], later: tuple[str, str]
) -> None:
    student, _ = later
    assert by_order()["outcome"] == "allow"
    unchanged(student, without, but=PLACES)
    (sealed,) = call("queue", "list", "--all", "--sealed", *AS, "--json").objects()
    assert sealed["closing"].startswith("answered: allow")
    assert ledger_holds(district.services)


def test_a_closed_request_that_released_nothing_is_sealed_with_the_order_and_a_release_stays(
    district: District,
) -> None:
    district.upload(SCIENCE_LAB)
    student = student_of(district)
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")
    first = call("share", SCIENCE_LAB, *words, *AS, "--json").object()["referrals"][0]["id"]
    call("queue", "close", first, "--why", "nothing was given", *AS)
    order(f"{{kind: subpoena, verified: true, notice_required: true, notified: [{student}]}}")
    waits = call("share", SCIENCE_LAB, *words, "--evidence", "order.yaml", *AS, "--json").object()["referrals"][0]["id"]
    told_of_order(waits, [student])
    assert call("share", SCIENCE_LAB, *words, "--evidence", "order.yaml", *AS).code == 0
    by_order()
    lines = call("ledger", "student", student, "--json").objects()
    assert [each["outcome"] for each in lines if each["what"] == "asked"][-1:] == ["allow"]
    assert [each["id"] for each in call("queue", "list", "--all", "--json").objects()] == [waits]
    assert ledger_holds(district.services)


@pytest.mark.parametrize("families", ["not told yet", "told"])
def test_what_waits_for_another_order_of_which_families_are_told_stays_in_the_open(
    district: District, lab: str, families: str
) -> None:
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")
    of_it = call("share", SCIENCE_LAB, *words, *AS, "--json").object()["referrals"][0]["id"]
    told = order("{kind: subpoena, verified: true, notice_required: true}")
    assert call("queue", "finding", of_it, "evidence", "--evidence", str(told), "--file", str(paper()), *AS).code == 4
    if families == "told":
        told_of_order(of_it, [lab], "told.yaml")
    before = everything(lab)

    answer = by_order()
    assert (answer["outcome"], answer["referral"]["id"] != of_it) == ("allow", True)
    assert {name: said for name, said in everything(lab).items() if said != before[name]} == {}
    assert call("queue", "show", of_it, "--json", *AS).object()["id"] == of_it
    assert ledger_holds(district.services)


def asks_by_letter(district: District, *paper: str) -> str:
    """Enter a request of the FBI for the picture of the lab; return its number."""
    came = ("--from", "law_enforcement:fbi-221", "--channel", "letter", "--want", "copy", "--purpose", "legal request")
    day = str(district.services.now().date())
    return str(call("request", "add", SCIENCE_LAB, *came, "--received", day, *paper, *AS, "--json").object()["id"])


@pytest.mark.parametrize("first", ["plain", "verified in the register"])
def test_what_answers_another_request_of_the_register_stays_in_the_open(
    district: District, lab: str, first: str
) -> None:
    day = str(district.services.now().date() + timedelta(days=14))
    subpoena = ("--paper", "subpoena", "--return", day)
    ordinary = asks_by_letter(district, *(subpoena if first != "plain" else ()))
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")
    waits = call("share", SCIENCE_LAB, *words, "--request", ordinary, *AS, "--json").object()["referrals"][0]["id"]
    if first != "plain":
        assert call("request", "order", ordinary, "--verified", "counsel called the FBI", *AS).code == 0
    secret = asks_by_letter(district)
    sealed(secret)
    assert as_ben("request", "seal", secret, *GROUND).code == 0
    before = everything(lab)

    of_secret = ("--request", secret) if first == "plain" else ()
    answer = claimed(SCIENCE_LAB, *of_secret)
    assert answer.code == 4, answer.text
    done = confirmed(str(answer.object()["referrals"][0]["id"]))
    assert (done["outcome"], done["referral"]["id"] != waits) == ("allow", True)
    assert {name: said for name, said in everything(lab).items() if said != before[name]} == {}
    assert call("request", "show", ordinary, *AS).code == 0
    assert [each["id"] for each in call("queue", "list", "--json").objects() if each["id"] == waits] == [waits]
    assert ledger_holds(district.services)


FBI_ASKS = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")


@pytest.fixture
def registered(district: District) -> str:
    """The FBI's request RQ-000001 for two recordings, without a word of an order; today's date."""
    district.upload(TEAM)
    district.upload(SCIENCE_LAB)
    today = str(district.services.now().date())
    words = ("--from", "law_enforcement:fbi-221", "--channel", "letter", "--want", "copy", "--purpose", "legal request")
    assert call("request", "add", TEAM, SCIENCE_LAB, *words, "--received", today, *AS).code == 0
    return today


def sealed(request: str = "RQ-000001", *more: str) -> Called:
    """Seal a request of the register on the custodian's word, with the paper: a claim."""
    return call("request", "seal", request, *GROUND, "--file", str(paper()), *AS, *more)


def as_ben(*words: str) -> Called:
    """What a second person, another user of the system, says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dam_plugin.cli.context.system_user", lambda: BEN)
        return call(*words, "--as", "designee:principal")


def sealed_by_two() -> None:
    assert sealed().code == 0
    assert as_ben("request", "seal", "RQ-000001", *GROUND).code == 0


def register() -> str:
    """All that the program tells of requests and letters, to anybody but the custodian who asks for it."""
    commands = (
        ("request", "list", "--all", "--json"),
        ("request", "show", "RQ-000001"),
        ("request", "log", "RQ-000001"),
        ("request", "log", "RQ-000001", "--exemptions", "--csv"),
        ("letter", "list", "--json"),
        ("hold", "list", "--json"),
        ("links", "--json"),
        ("queue", "list", "--all", "--json"),
        ("ledger", "show", "--as", "custodian:records-office", "--json"),
        ("ledger", "export", "--out", "-"),
    )
    return "".join((ended := call(*words)).out + ended.err for words in commands)


def test_the_register_and_all_that_answers_a_request_are_sealed_with_its_referral(
    district: District, registered: str
) -> None:
    own = call("share", TEAM, *FBI_ASKS, "--request", "RQ-000001", *AS, "--json").object()
    other = call("share", TEAM, "--to", "public:reporter-7", "--purpose", "news", *AS, "--json").object()
    assert (own["outcome"], other["outcome"]) == ("redact", "redact")
    assert call("open", own["token"]).code == 0
    assert len(call("revoke", TEAM, "--json").object()["closed"]) == 2
    waits = call("share", SCIENCE_LAB, *FBI_ASKS, "--request", "RQ-000001", *AS, "--json").object()["referrals"][0][
        "id"
    ]
    letter = call("letter", "write", "acknowledgement", "--request", "RQ-000001", *AS, "--json").object()["id"]
    seen = register()
    assert all(each in seen for each in (own["share"], own["link"], waits, letter, "fbi-221"))
    assert confirmed(waits)["outcome"] == "allow"
    assert not any(each in register() for each in (own["share"], own["link"], waits, letter, "fbi-221"))
    (closing,) = call("ledger", "show", "--as", "custodian:records-office", "--kind", "close", "--json").objects()
    assert closing["details"]["links"] == [other["link"]]
    (request,) = call("request", "list", "--sealed", *AS, "--json").objects()
    assert request["id"] == "RQ-000001"
    assert own["link"] in call("links", "--sealed", *AS, "--json").out
    assert letter in call("letter", "list", "--sealed", *AS, "--json").out
    assert ledger_holds(district.services)


def test_the_second_person_brings_no_paper(district: District, registered: str) -> None:
    assert sealed().code == 0
    twice = as_ben("request", "seal", "RQ-000001", *GROUND, "--file", str(paper()))
    assert (twice.code, "leave --file out" in twice.err) == (1, True)
    assert as_ben("request", "seal", "RQ-000001", *GROUND).code == 0


def test_a_request_of_the_register_is_sealed_by_the_custodian(district: District, registered: str) -> None:
    call("letter", "write", "acknowledgement", "--request", "RQ-000001", *AS)
    refused = call("request", "seal", "RQ-000001", *GROUND, "--as", "media_staff:desk")
    assert (refused.code, "only the custodian or a designee" in refused.err) == (1, True)
    for none in ((), ("--secret-by", "the sheriff")):
        ungrounded = call("request", "seal", "RQ-000001", *none, *AS)
        assert (ungrounded.code, "grand_jury|law_enforcement|ex_parte" in ungrounded.err) == (1, True)
        assert "fbi" in register()
    unproved = call("request", "seal", "RQ-000001", *GROUND, *AS)
    assert (unproved.code, "without the paper" in unproved.err) == (1, True)
    assert "fbi" in register()
    done = sealed()
    assert (done.code, "no list shows it" in done.out) == (0, True)
    assert "fbi" not in register()
    assert as_ben("request", "seal", "RQ-000001", *GROUND).code == 0
    assert sealed().code == 1
    assert call("letter", "write", "acknowledgement", "--request", "RQ-000001", *AS).code == 1
    for words in (("request", "show", "RQ-000001"), ("request", "log", "RQ-000001"), ("request", "list")):
        assert "fbi-221" in (call(*words, "--sealed", *AS, "--json").out) or words[1] == "log"
        assert "only the custodian" in call(*words, "--sealed").err
    assert call("share", TEAM, *FBI_ASKS, "--request", "RQ-000001", *AS).code == 0
    assert call("request", "withdraw", "RQ-000001", "--why", "taken back", *AS).code == 0
    assert "fbi" not in register()
    book = call("ledger", "show", "--sealed", *AS, "--json").objects()
    assert [each["details"].get("secret_by") for each in book if each["kind"] == "queue"] == ["law_enforcement"]
    kinds = [each["kind"] for each in book]
    seal = ["queue", "request", "request"]
    assert kinds == ["request", "letter", *seal, "share", "request", "request", "request", "looked into"]
    assert ledger_holds(district.services)


def test_a_sealed_request_keeps_its_recordings_and_the_refusal_does_not_name_it(
    district: District, registered: str
) -> None:
    sealed()
    with district.services.store.reading() as unit:
        (holding,) = holdings_on(unit, TEAM, district.services.now().date())
    assert "RQ-" not in refusal([holding], "it is not deleted")


def test_what_is_released_at_once_answers_no_sealed_request(district: District, registered: str) -> None:
    sealed()
    threat = {"emergency": {"threat": "a missing child", "recipient_needs_it": True}}
    with pytest.raises(InputError, match="without --request"):
        district.ask(SCIENCE_LAB, FBI, "legal request", evidence=threat, answers="RQ-000001")


def test_a_family_s_request_is_not_sealed(district: District) -> None:
    district.upload(TEAM)
    today = str(district.services.now().date())
    words = ("--from", "parent:p1", "--channel", "letter", "--purpose", "inspection", "--received", today)
    assert call("request", "add", TEAM, *words, *AS).code == 0
    refused = sealed()
    assert (refused.code, "a family's own request" in refused.err) == (1, True)


# A claim on a request of the register, and its end


def test_one_persons_claim_on_a_request_ends_at_one_persons_word_and_all_is_back(
    district: District, registered: str
) -> None:
    own = call("share", TEAM, *FBI_ASKS, "--request", "RQ-000001", *AS, "--json").object()
    letter = call("letter", "write", "acknowledgement", "--request", "RQ-000001", *AS, "--json").object()["id"]
    call("share", SCIENCE_LAB, *FBI_ASKS, "--request", "RQ-000001", *AS)
    student = student_of(district)
    before = call("ledger", "student", student, "--json").objects()
    assert any(each["who"] == "law_enforcement:fbi-221" for each in before)
    assert sealed().code == 0
    assert "waits" not in register()
    assert "a claim, until another" in call("request", "show", "RQ-000001", "--sealed", *AS).out
    assert call("ledger", "student", student, "--json").objects() != before
    assert call("request", "unseal", "RQ-000001", "--why", "a wrong number", "--as", "media_staff:desk").code == 1
    back = call("request", "unseal", "RQ-000001", "--why", "a wrong number", *AS)
    assert (back.code, "on every page again" in back.out) == (0, True)
    seen = register()
    assert all(each in seen for each in (own["share"], own["link"], letter, "fbi-221", "a wrong number"))
    after = call("ledger", "student", student, "--json").objects()
    assert [(each["at"], each["who"]) for each in after] == [(each["at"], each["who"]) for each in before]
    assert call("request", "show", "RQ-000001", "--json").object()["received_at"].startswith(registered)
    assert call("request", "list", "--sealed", *AS, "--json").objects() == []
    twice = call("request", "unseal", "RQ-000001", "--why", "again", *AS)
    assert (twice.code, "is not sealed" in twice.err) == (1, True)
    assert sealed().code == 0
    assert ledger_holds(district.services)


def test_a_claim_on_a_request_is_confirmed_by_another_person_on_the_same_ground(
    district: District, registered: str
) -> None:
    assert sealed().code == 0
    same = call("request", "seal", "RQ-000001", *GROUND, "--as", "designee:principal")
    assert (same.code, "this takes two people" in same.err) == (1, True)
    other = as_ben("request", "seal", "RQ-000001", "--secret-by", "grand_jury")
    assert (other.code, "another ground, 'law_enforcement'" in other.err) == (1, True)
    for words in (("withdraw",), ("close", "--outcome", "denied", "--provision", "RSMo 610.021(14)")):
        refused = call("request", words[0], "RQ-000001", *words[1:], "--why", "done", *AS)
        assert (refused.code, "not closed out of sight" in refused.err) == (1, True)
    assert as_ben("request", "seal", "RQ-000001", *GROUND).code == 0
    assert "confirmed by principal" in call("request", "show", "RQ-000001", "--sealed", *AS).out
    assert call("request", "withdraw", "RQ-000001", "--why", "done", *AS).code == 0
    assert "fbi" not in register()


def test_what_two_people_sealed_takes_two_to_come_back(district: District, registered: str) -> None:
    sealed_by_two()
    end = ("request", "unseal", "RQ-000001", "--why", "the jury rose")
    assert call(*end, *AS).code == 0
    assert "another one has to want it too" in call("request", "show", "RQ-000001", "--sealed", *AS).out
    again = call(*end, "--as", "designee:principal")
    assert (again.code, "this takes two people" in again.err) == (1, True)
    assert "fbi" not in register()
    assert as_ben(*end).code == 0
    assert "fbi-221" in register()
    assert ledger_holds(district.services)


def entered_for(district: District, who: str, purpose: str, key: str = TEAM) -> str:
    today = str(district.services.now().date())
    words = ("--from", who, "--channel", "letter", "--purpose", purpose, "--received", today)
    made = call("request", "add", key, *words, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


@pytest.mark.parametrize(
    ("who", "purpose"),
    [("public:reporter-7", "news"), ("other_school:west", "transfer")],
)
def test_who_serves_no_order_is_not_hidden_by_one(district: District, who: str, purpose: str) -> None:
    district.upload(TEAM)
    request = entered_for(district, who, purpose)
    refused = sealed(request)
    assert (refused.code, "serves no order that forbids telling" in refused.err) == (1, True)
    assert request in register()


def test_a_newspaper_s_share_is_not_hidden_with_a_court_s_request(district: District, registered: str) -> None:
    news = entered_for(district, "public:reporter-7", "news")
    words = ("--to", "public:reporter-7", "--purpose", "news", "--request", news)
    share = call("share", TEAM, *words, *AS, "--json").object()["share"]
    assert call("request", "join", "RQ-000001", share, *AS).code == 0
    refused = sealed()
    assert (refused.code, "serves no order that forbids telling" in refused.err) == (1, True)
    assert share in register()


def test_a_part_that_is_sealed_for_itself_is_settled_first(district: District, registered: str) -> None:
    assert sealed().code == 0
    waits = claimed(SCIENCE_LAB, "--request", "RQ-000001").object()["referrals"][0]["id"]
    end = ("request", "unseal", "RQ-000001", "--why", "a wrong number", *AS)
    refused = call(*end)
    assert (refused.code, "is sealed for itself" in refused.err) == (1, True)
    assert "fbi" not in register()
    assert call("queue", "close", waits, "--why", "no order was shown", *AS).code == 0
    assert "fbi-221" in register()


def test_a_claim_on_a_closed_request_waits_for_the_second_person(district: District, registered: str) -> None:
    assert call("request", "withdraw", "RQ-000001", "--why", "taken back", *AS).code == 0
    assert sealed_check()[0] == "ok"
    assert sealed().code == 0
    assert sealed_check()[0] != "ok"
    assert as_ben("request", "seal", "RQ-000001", *GROUND).code == 0
    assert sealed_check()[0] == "ok"


def test_what_a_finding_for_a_sealed_referral_says_of_a_guardian_is_sealed(
    district: District, later: tuple[str, str]
) -> None:
    student, first = later
    Path("paper.pdf").write_bytes(b"%PDF-1.4\n% an order\n")
    with district.services.store.reading() as unit:
        guardian = unit.people.need(student).guardians[0]
    said = ("--student", student, "--guardian", guardian, "--seen", "order of the circuit court", "--file", "paper.pdf")
    by_grand_jury = order("{kind: subpoena, notice_required: false, secret_by: grand_jury}")
    call("queue", "finding", first, "evidence", "--evidence", str(by_grand_jury), "--file", "paper.pdf", *AS)
    done = call("queue", "finding", first, "rights_limited", *said, *AS)
    assert done.code == 4, done.text
    assert (
        call("ledger", "show", "--as", "custodian:records-office", "--kind", "guardianship", "--json").objects() == []
    )
    (stated,) = [
        each for each in call("ledger", "show", "--sealed", *AS, "--json").objects() if each["kind"] == "guardianship"
    ]
    ended = call("student", "guardian", "end", stated["subject"], "--why", "the order was lifted", *AS)
    assert ended.code == 0, ended.text
    assert (
        call("ledger", "show", "--as", "custodian:records-office", "--kind", "guardianship", "--json").objects() == []
    )
    assert ledger_holds(district.services)


def test_staff_who_write_the_order_down_hide_nothing_from_the_custodian(
    district: District, later: tuple[str, str]
) -> None:
    _, first = later
    claimed(role=("--as", "media_staff:desk"))
    assert [each["id"] for each in call("queue", "list", "--json").objects()] == [first]
    (sealed,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    confirmed(sealed["id"])
    assert call("queue", "list", "--json").objects() == []


def test_what_was_found_before_still_counts(district: District, later: tuple[str, str]) -> None:
    _, first = later
    call("queue", "finding", first, "attorney", "we have to", *AS)
    goes_on = confirmed(first)["referral"]
    shown = call("queue", "show", goes_on["id"], "--sealed", *AS, "--json").object()
    assert [each["kind"] for each in shown["findings"]] == ["attorney", "evidence"]


def test_a_person_is_told_where_it_goes_on(district: District, later: tuple[str, str]) -> None:
    _, first = later
    told = call("share", SCIENCE_LAB, *FBI_ASKS, "--evidence", str(order()), *AS).out
    assert "The family is not to be told" in told
    assert "sees it, with --sealed" in told
    stated = call("queue", "finding", first, "evidence", "--evidence", "order.yaml", "--file", str(paper()), *AS).out
    assert "takes two people" in stated


# The custodian's own


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "student", "S-1"),
        ("ledger", "show"),
        ("queue", "list"),
        ("queue", "show", "rf-1"),
        ("links",),
    ],
    ids=" ".join,
)
def test_only_the_custodian_sees_what_is_sealed(district: District, words: tuple[str, ...]) -> None:
    for who in ((), ("--as", "media_staff:desk")):
        refused = call(*words, "--sealed", *who)
        assert (refused.code, "only the custodian or a designee sees what is sealed" in refused.err) == (1, True)
    # These tell the custodian more than others, also where nothing is sealed.
    if words == ("links",):
        assert "--as belongs to --sealed" in call(*words, *AS).err


def test_the_record_with_what_is_sealed_says_so_and_the_look_is_on_record(
    district: District, lab: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dam_plugin.cli.ledger.system_user", lambda: ADA)
    by_order()
    before = everything(lab)
    *_, line = call("ledger", "student", lab, "--sealed", *AS, "--json").objects()
    assert (line["who"], line["required"]) == ("law_enforcement:fbi-221", True)
    assert "show this line to nobody" in line["remark"]
    call("ledger", "student", lab, "--sealed", *AS, "--page", "own.html")
    assert "The police (Fbi 221) asked" in Path("own.html").read_text("utf-8")
    unchanged(lab, before)
    book = call("ledger", "show", "--sealed", *AS, "--json").objects()
    under_it = ["share", "queue", "queue", "queue", "share", "hold", "queue"]
    assert [each["kind"] for each in book] == [*under_it, "looked into", "looked into", "looked into"]
    assert [each["seq"] for each in book] == list(range(1, 11))
    assert book[7]["details"] == {
        "by": {"role": "custodian", "id": "records-office"},
        "system_user": {"id": "1000", "name": "ada"},
        "student": lab,
    }
    assert call("ledger", "show", "--sealed", "--last", "1", "--kind", "share", *AS, "--json").objects()[0]["seq"] == 5


def test_its_links_are_listed_for_the_custodian_and_closed_by_their_id(district: District, lab: str) -> None:
    made = by_order()
    call("open", made["token"])
    (link,) = call("links", "--sealed", *AS, "--json").objects()
    assert (link["link"], link["to"]) == (made["link"], "law_enforcement:fbi-221")
    closed = call("revoke", made["link"], "--json").object()
    assert closed["closed"] == [made["link"]]
    assert closed["opened"][0]["to"] == "law_enforcement:fbi-221"


def test_another_order_is_recorded_as_before(district: District, lab: str) -> None:
    order(f"{{kind: subpoena, verified: true, notice_required: true, notified: [{lab}]}}")
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request", "--evidence", "order.yaml")
    waits = call("share", SCIENCE_LAB, *words, *AS, "--json").object()["referrals"][0]["id"]
    told_of_order(waits, [lab])
    assert call("share", SCIENCE_LAB, *words, *AS).code == 0
    *_, line = call("ledger", "student", lab, "--json").objects()
    assert (line["who"], line["required"]) == ("law_enforcement:fbi-221", True)


def test_a_limited_link_counts_its_openings(district: District, lab: str) -> None:
    made = by_order(SCIENCE_LAB, "--openings", "2")
    assert [call("open", made["token"]).code for _ in range(3)] == [0, 0, 3]
    assert ledger_holds(district.services)
    run_sql(district.services.store, "UPDATE links SET openings = 0")
    assert call("open", made["token"]).code == 3


# A claim that nobody has confirmed


def test_one_persons_claim_of_secrecy_releases_nothing_and_says_what_is_missing(district: District, lab: str) -> None:
    asked = claimed()
    assert (asked.code, asked.object()["outcome"]) == (4, "refer")
    told = call("share", SCIENCE_LAB, *FBI_ASKS, "--evidence", str(order()), *AS).out
    assert "secret_by" in told
    referral = asked.object()["referrals"][0]["id"]
    no_paper = call("queue", "finding", referral, "evidence", "--evidence", str(order()), *AS)
    assert (no_paper.code, "--file PAPER" in no_paper.err) == (1, True)
    assert stated_secret(referral).object()["state"] == "pending"


@pytest.mark.parametrize("ground", ["", ", secret_by: ex_parte"], ids=["none", "another paper's"])
def test_a_civil_subpoena_is_not_stated_as_secret(district: District, lab: str, ground: str) -> None:
    referral = claimed().object()["referrals"][0]["id"]
    said = order(f"{{kind: subpoena, verified: true, notice_required: false{ground}}}")
    refused = call("queue", "finding", referral, "evidence", "--evidence", str(said), "--file", str(paper()), *AS)
    assert (refused.code, "99.31(a)(9)(ii)" in refused.err) == (1, True)


@pytest.mark.parametrize("ground", ["", ", secret_by: ex_parte"], ids=["none", "another paper's"])
def test_a_claim_of_secrecy_without_a_ground_hides_nothing_and_says_what_is_needed(
    district: District, lab: str, ground: str
) -> None:
    before = everything(lab)
    order(f"{{kind: subpoena, verified: true, notice_required: false{ground}}}")
    for words in (("share", SCIENCE_LAB, *FBI_ASKS), ("view", SCIENCE_LAB, "--in-office", "--for", *FBI_ASKS[1:])):
        refused = call(*words, "--evidence", "order.yaml", "--as", "media_staff:desk", "--json")
        assert (refused.code, "`secret_by: grand_jury`" in refused.err) == (1, True), refused.text
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []
    unchanged(lab, before)


def test_an_emergency_waits_for_no_ground(district: District, lab: str) -> None:
    Path("threat.yaml").write_text(
        "order: {kind: subpoena, notice_required: false}\nemergency: {threat: a missing child, recipient_needs_it: true}\n",
        "utf-8",
    )
    assert call("share", SCIENCE_LAB, *FBI_ASKS, "--evidence", "threat.yaml", *AS).code == 0


def sealed_check() -> tuple[str, str]:
    (check,) = [each for each in call("doctor", "--json").objects() if each["check"] == "sealed"]
    return check["state"], check["detail"]


def test_doctor_says_how_many_sealed_matters_wait_and_nothing_of_what_they_are(district: District, lab: str) -> None:
    assert sealed_check() == ("ok", "no sealed matter waits for the custodian")
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    state, detail = sealed_check()
    today = district.services.now().date()
    assert (state, f"1 sealed matter(s) wait for the custodian, the oldest since {today}:" in detail) == (
        "warning",
        True,
    )
    assert not any(each in detail for each in ("fbi", referral, "lab", "grand_jury"))
    confirmed(referral)
    assert sealed_check()[0] == "ok"


def test_a_sealed_matter_is_louder_after_a_business_day(district: District, lab: str) -> None:
    claimed(role=("--as", "media_staff:desk"))
    since = district.services.now().date()
    in_time = next(days for days in range(1, 9) if not is_weekend(since + timedelta(days)))
    for days, state in ((in_time, False), (in_time + 1, True)):
        assert sealed_matters(on(district.services, district.services.now() + timedelta(days))) == SealedMatters(
            1, since, state
        )


def test_a_sealed_request_of_the_register_waits_too(district: District, registered: str) -> None:
    sealed_by_two()
    assert sealed_check()[0] != "ok"
    call("request", "withdraw", "RQ-000001", "--why", "taken back", *AS)
    assert sealed_check()[0] == "ok"


def told_of(student: str) -> list[str]:
    """The referrals on the list of everybody, and what the student's record has of the FBI."""
    lines = call("ledger", "student", student, "--json").objects()
    waiting = [each["id"] for each in call("queue", "list", "--all", "--json").objects()]
    return [*waiting, *(each["what"] for each in lines if each["who"] == "law_enforcement:fbi-221")]


def test_a_rejected_claim_is_back_on_every_page(district: District, lab: str) -> None:
    before = told_of(lab)
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    finding = stated_secret(referral).object()["finding"]
    assert told_of(lab) == before
    assert call("queue", "reject", finding, "--why", "a lawyer's subpoena", *AS).code == 0
    back = told_of(lab)
    assert referral in back
    assert back.count("asked") == 1
    assert call("queue", "list", "--sealed", *AS, "--json").objects() == []
    assert call("letter", "write", "acknowledgement", "--referral", referral, *AS).code in (0, 1)
    assert ledger_holds(district.services)
    student = call("ledger", "student", lab, "--sealed", *AS, "--json").objects()
    assert [each["what"] for each in student].count("asked") == back.count("asked") + 1


def test_an_order_that_tells_families_ends_a_claim_of_secrecy(district: District, lab: str) -> None:
    referral = claimed(role=("--as", "media_staff:desk")).object()["referrals"][0]["id"]
    civil = order(f"{{kind: subpoena, verified: true, notified: [{lab}]}}")
    asked = call("queue", "finding", referral, "evidence", "--evidence", str(civil), *AS, "--json")
    assert (asked.code, asked.object()["answer"]["outcome"]) == (4, "refer")
    told_of_order(referral, [lab])
    done = call("queue", "finding", referral, "evidence", "--evidence", "order.yaml", *AS, "--json")
    assert (done.code, done.object()["answer"]["outcome"]) == (0, "allow")
    assert [each for each in told_of(lab) if each in ("asked", referral)] == [referral, "asked", "asked", "asked"]
    *_, line = call("ledger", "student", lab, "--json").objects()
    assert (line["outcome"], line["required"]) == ("allow", True)
    assert ledger_holds(district.services)


def test_a_claim_that_the_custodian_closes_unconfirmed_is_on_every_page(district: District, lab: str) -> None:
    order("{kind: subpoena, verified: false, notice_required: false, secret_by: law_enforcement}")
    made = call("share", SCIENCE_LAB, *FBI_ASKS, "--evidence", "order.yaml", *AS, "--json").object()
    assert call("queue", "list", "--all", "--json").objects()[1:] == []
    (referral,) = made["referrals"]
    assert call("queue", "close", referral["id"], "--why", "counsel says it is none", *AS).code == 0
    assert referral["id"] in told_of(lab)
    assert ledger_holds(district.services)


# It is verified like the rest


def tampered(district: District, statement: str) -> Called:
    run_sql(district.services.store, statement)
    return call("ledger", "verify")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE secret_entries SET details = replace(details, 'fbi-221', 'nobody') WHERE kind = 'share'",
        "UPDATE secret_entries SET details = 'nothing' WHERE seq = 1",
        "UPDATE secret_entries SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 1",
        "DELETE FROM secret_entries WHERE seq = (SELECT max(seq) FROM secret_entries)",
        "DELETE FROM secret_entries",
        "UPDATE shares SET secret = 0 WHERE secret",
        "UPDATE links SET openings = 0",
        "UPDATE links SET secret = 0",
    ],
    ids=["details", "no details", "time", "the end", "all", "a share's seal", "a link's count", "a link's kind"],
)
def test_what_is_changed_in_it_is_found(district: District, lab: str, statement: str) -> None:
    token = by_order()["token"]
    call("open", token)
    assert call("ledger", "verify").code == 0
    ended = tampered(district, statement)
    assert ended.code == 1
    assert "fbi" not in ended.text


def test_what_was_changed_is_shown_to_nobody(district: District, lab: str) -> None:
    by_order()
    tampered(district, "UPDATE secret_entries SET details = replace(details, 'fbi-221', 'nobody')")
    ended = call("ledger", "show", "--sealed", *AS)
    assert (ended.code, "changed beside the program" in ended.err) == (1, True)


def test_a_finding_that_waits_for_a_second_person_is_approved_unseen(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    words = ("--to", "law_enforcement:fbi-221", "--purpose", "legal request")
    first = call("share", HALLWAY, *words, *AS, "--json").object()["referrals"][0]["id"]
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: ADA)
    waits = stated_secret(first).object()
    assert waits["state"] == "pending"
    assert call("queue", "list", "--all", "--json").objects() == []
    assert "approval" not in call("doctor").out
    (sealed,) = call("queue", "list", "--sealed", *AS, "--json").objects()
    assert (sealed["id"], sealed["pending"]) == (waits["referral"]["id"], [waits["finding"]])
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: SystemUser("1001", "ben"))
    done = call("queue", "approve", waits["finding"], "--as", "designee:principal", "--json")
    assert (done.code, done.object()["answer"]["outcome"]) == (0, "allow")
    assert call("links", "--json").objects() == []
    assert ledger_holds(district.services)


def test_what_is_accepted_says_nothing_of_it(district: District, lab: str) -> None:
    by_order()
    run_sql(district.services.store, "UPDATE seals SET seal = 'x' WHERE of_table = 'secret_entries'")
    assert call("ledger", "accept", "--why", "restored", *AS).code == 0
    assert call("ledger", "verify").code == 0
    (entry,) = call("ledger", "show", "--as", "custodian:records-office", "--kind", "accept", "--json").objects()
    assert "sealed book" not in json.dumps(entry)


def test_a_broken_book_is_not_accepted(district: District, lab: str) -> None:
    by_order()
    run_sql(district.services.store, "UPDATE secret_entries SET details = replace(details, 'fbi-221', 'nobody')")
    refused = call("ledger", "accept", "--why", "restored", *AS)
    assert (refused.code, "the sealed book is broken" in refused.err) == (1, True)
