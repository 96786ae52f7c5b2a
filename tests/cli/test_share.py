"""`share` and `break-glass`: the answer in words and as JSON, exit codes, the token, and what is refused as usage."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from command_line import Called, call
from district import CROWD, HALLWAY, HANNAH, INES, INES_MOTHER, PORTRAIT, TEAM, UNTITLED, District
from use_cases import entries, looked, releases

from dam_plugin.model import Region
from dam_plugin.procedure.redisclosure import EMERGENCY_NOTICE
from dam_plugin.store import SystemUser

PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication")
HOSTILE = "fire \x1b[31m[bold]upstairs[/bold]\u202e"


def test_a_redacted_share_exits_0_and_shows_reason_and_token(district: District) -> None:
    district.upload(TEAM)
    ended = call("share", TEAM, *PUBLICATION)
    assert ended.code == 0
    assert ended.out.startswith("redact\n")
    assert "EX4-OPTOUT" in ended.out
    assert district.student(HANNAH) in ended.out
    assert "what can be done" not in ended.out
    assert "Its token is shown this once" in ended.out


def test_the_token_is_shown_once_and_opens_the_copy(district: District) -> None:
    district.upload(TEAM)
    token = call("share", TEAM, *PUBLICATION, "--json").object()["token"]
    assert call("open", token).code == 0
    everything = [
        ("links", "--json"),
        ("ledger", "show", "--as", "custodian:records-office", "--json"),
        ("links",),
        ("tags", TEAM, "--json"),
    ]
    assert not any(token in call(*command).text for command in everything)
    database = (district.folder / "dam-plugin.sqlite3").read_bytes()
    assert token.encode() not in database


def test_a_share_as_json_says_everything(district: District) -> None:
    district.upload(TEAM)
    ended = call("share", TEAM, *PUBLICATION, "--json")
    made = ended.object()
    assert ended.code == 0
    assert (made["outcome"], made["key"], made["redact"]) == ("redact", TEAM, [district.student(HANNAH)])
    assert [(r["clause"], r["students"]) for r in made["reasons"]] == [("EX4-OPTOUT", [district.student(HANNAH)])]
    assert "34 CFR 99.37" in made["reasons"][0]["source"]
    assert made["link"].startswith("l-")
    assert made["release"]["key"].startswith("released/")
    assert made["expires_at"] > "2026"


def test_a_dry_run_says_what_would_come_of_it_and_does_nothing(district: District, tmp_path: Path) -> None:
    district.upload(TEAM)
    before, out = entries(district.services), tmp_path / "copy.jpg"
    asked = ("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication")
    ran = call(*asked, "--dry-run", "--out", str(out))
    assert ran.code == 0
    assert ran.out.startswith("redact")
    assert "Nothing was released, recorded or filed." in ran.out
    assert (entries(district.services), releases(district.services)) == (before, [])
    told = call(*asked, "--dry-run", "--json").object()
    assert (told["dry_run"], told["outcome"], told["link"], told["token"]) == (True, "redact", None, None)
    assert "share" not in told
    shared = call(*asked, "--json").object()
    assert {name: shared[name] for name in ("outcome", "redact", "basis", "reasons", "facts")} == {
        name: told[name] for name in ("outcome", "redact", "basis", "reasons", "facts")
    }
    assert sha256(out.read_bytes()).hexdigest() == shared["release"]["sha256"]


def test_a_dry_run_of_what_is_referred_files_nothing(district: District, tmp_path: Path) -> None:
    district.upload(UNTITLED)
    out = tmp_path / "copy.jpg"
    asked = ("share", UNTITLED, "--to", "public", "--purpose", "website", "--kind", "publication")
    ran = call(*asked, "--dry-run", "--out", str(out))
    assert ran.code == 4
    assert "It would be in the custodian's queue, due " in ran.out
    assert "There is no copy" in ran.out
    assert not out.exists()
    assert call("queue", "list", "--json").objects() == []
    (work,) = call(*asked, "--dry-run", "--json").object()["referrals"]
    assert work.keys() == {"kind", "due", "missing"}


def test_what_hiding_does_to_the_picture_is_told_for_the_question_of_its_meaning(district: District) -> None:
    district.upload(TEAM)
    looked(district, TEAM, INES, box=Region(0.4, 0.4, 0.2, 0.2))
    looked(district, TEAM, HANNAH, box=Region(0.45, 0.45, 0.2, 0.2))
    facts = call("share", TEAM, *PUBLICATION, "--json").object()["facts"]
    assert any(district.student(INES) in fact for fact in facts)
    told = " ".join(call("share", TEAM, *PUBLICATION).out.split())
    assert all(f"The copy: {' '.join(fact.split())}" in told for fact in facts)


def told(ended: Called) -> str:
    return " ".join(ended.out.split())


def test_what_the_recipient_has_to_be_told_is_told_with_the_link_and_at_each_opening(district: District) -> None:
    district.upload(HALLWAY)
    arguments = ("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire")
    made = call(*arguments, "--json").object()
    notice = f"{EMERGENCY_NOTICE} Released to emergency personnel (hospital) for: emergency"
    assert made["notice"] == notice
    assert call("open", made["token"], "--json").object()["notice"] == notice
    for ended in (call(*arguments), call("open", made["token"])):
        assert f"Tell the recipient: {notice}" in told(ended)


def test_a_broadcaster_that_gets_a_missing_childs_recording_is_not_told_to_keep_it(district: District) -> None:
    district.upload(HALLWAY)
    who = ("--to", "public:kmov", "--threat", "a child is missing since 4 pm; the station asks viewers", "--as")
    made = call("break-glass", HALLWAY, *who, "custodian:records-office", "--json").object()
    assert made["outcome"] == "allow"
    assert made["notice"].startswith(EMERGENCY_NOTICE)
    assert "broadcast or publish it" in made["notice"]


def test_where_nothing_has_to_be_told_nothing_is(district: District) -> None:
    district.upload(TEAM)
    made = call("share", TEAM, *PUBLICATION, "--json").object()
    assert (made["notice"], call("open", made["token"], "--json").object()["notice"]) == (None, None)
    assert "Tell the recipient" not in call("share", TEAM, *PUBLICATION).out + call("open", made["token"]).out


def test_a_refusal_has_no_copy_to_tell_of(district: District) -> None:
    district.upload(PORTRAIT)
    assert call("share", PORTRAIT, *PUBLICATION, "--json").object()["facts"] == []


@pytest.mark.parametrize(
    ("key", "arguments", "word", "code"),
    [
        (CROWD, ("--to", "public:herald", "--purpose", "news", "--as", "custodian:c"), "allow", 0),
        (TEAM, PUBLICATION, "redact", 0),
        (PORTRAIT, PUBLICATION, "deny", 3),
        (UNTITLED, PUBLICATION, "refer", 4),
    ],
    ids=["allow", "redact", "deny", "refer"],
)
@pytest.mark.parametrize("json", [True, False], ids=["json", "words"])
def test_exit_codes_tell_the_answer(
    district: District, key: str, arguments: tuple[str, ...], word: str, code: int, json: bool
) -> None:
    district.upload(key)
    ended = call("share", key, *arguments, *(["--json"] if json else []))
    assert ended.code == code
    assert (ended.object()["outcome"] if json else ended.out.splitlines()[0]) == word


def test_a_refusal_says_what_can_be_done_and_makes_no_link(district: District) -> None:
    district.upload(PORTRAIT)
    ended = call("share", PORTRAIT, *PUBLICATION)
    assert "what can be done" in ended.out
    assert "Obtain a consent to 'website'" in ended.out
    assert "token" not in ended.out
    made = call("share", PORTRAIT, *PUBLICATION, "--json").object()
    assert (made["token"], made["link"], made["release"], made["expires_at"]) == (None,) * 4
    assert call("links", "--json").objects() == []


def test_what_the_recipient_may_be_told_is_told_apart_and_names_nobody(district: District) -> None:
    district.upload(PORTRAIT)
    said = call("share", PORTRAIT, *PUBLICATION, "--json").object()["outside"]
    assert said
    assert not re.search(r"S-[0-9A-Z]{12}|opted", str(said))
    assert all("RSMo" in each["provision"] for each in said)
    in_words = told(call("share", PORTRAIT, *PUBLICATION, "--outside"))
    assert "What may be told outside" in in_words
    assert not re.search(r"S-[0-9A-Z]{12}|opted|EX4", in_words)


def test_a_parent_gets_a_copy_of_her_own_child(district: District) -> None:
    district.upload(TEAM)
    to = f"parent:{district.guardian(INES_MOTHER)}"
    made = call("share", TEAM, "--to", to, "--purpose", "inspection", "--as", "custodian:c", "--json").object()
    assert made["outcome"] == "redact"
    assert made["basis"][district.student(INES)] == "EX2"


def test_asking_for_a_student_by_name_changes_the_answer(district: District) -> None:
    district.upload(TEAM)
    arguments = ("share", TEAM, "--to", "public:herald", "--purpose", "news", "--as", "custodian:c", "--json")
    assert call(*arguments).object()["outcome"] == "redact"
    named = call(*arguments, "--name", district.student(HANNAH))
    assert (named.code, "REDACT-NAMED" in [r["clause"] for r in named.object()["reasons"]]) == (3, True)


def _asked(to: str, *more: str, key: str = TEAM) -> Called:
    return call("share", key, "--to", to, "--purpose", "news", "--as", "custodian:c", *more)


def test_asking_again_without_the_name_does_not_change_the_answer_of_the_same_person(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    assert _asked("public:herald", "--name", hannah).code == 3
    again = _asked("public: Herald ", "--json")
    assert (again.code, again.object()["named_before"]) == (3, [hannah])
    told = _asked("public:herald")
    assert (told.code, f"Decided as asked for by name, too: {hannah}." in told.out) == (3, True)
    assert "without the names does not change the answer" in told.out
    assert hannah not in _asked("public:herald", "--outside").out
    (other,) = [_asked("public:gazette", "--json").object()]
    assert (other["outcome"], other["named_before"]) == ("redact", [])
    shown = call("view", TEAM, "--for", "public:herald", "--purpose", "news", "--in-office", "--as", "custodian:c")
    assert (shown.code, hannah in shown.out) == (3, True)


def test_who_is_in_the_background_and_asked_for_by_name_waits_for_a_person_again_without_the_name(
    district: District,
) -> None:
    district.upload(CROWD)
    student = district.student(HANNAH)
    assert _asked("public:herald", key=CROWD).code == 0
    assert _asked("public:herald", "--name", student, key=CROWD).code == 4
    again = _asked("public:herald", "--json", key=CROWD)
    assert (again.code, again.object()["named_before"]) == (4, [student])


def test_the_students_of_the_request_in_the_register_count_as_asked_for_by_name(district: District) -> None:
    district.upload(TEAM)
    hannah = district.student(HANNAH)
    came = district.services.now().date().isoformat()
    entered = call("request", "add", TEAM, "--from", "public:tv9", "--purpose", "news", "--received", came, "--channel",
                   "email", "--student", hannah, "--json").object()  # fmt: skip
    answer = _asked("public:tv9", "--request", entered["id"], "--json")
    assert (answer.code, answer.object()["named_before"]) == (3, [hannah])
    assert _asked("public:tv9", "--json").code == 3


def test_a_family_is_told_no_rule_on_directory_information(district: District) -> None:
    district.upload(HALLWAY)
    told = {}
    for to in ("public:herald", f"parent:{district.guardian(INES_MOTHER)}"):
        share = call("share", HALLWAY, "--to", to, "--purpose", "inspection", "--as", "custodian:c", "--json").object()
        assert "EX4-DISCIPLINE" in [each["clause"] for each in share["reasons"]]
        told[to.partition(":")[0]] = " ".join(each["text"] for each in share["outside"])
    assert "directory information" in told["public"]
    assert "directory information" not in told["parent"]
    assert "Students can be recognized in the recording, and the law protects them." in told["parent"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("legitimate_interest: true\nrecords_authorized: true\n", "e.yaml"),
        ("evidence:\n  legitimate_interest: true\n  records_authorized: true\n", "e.yaml"),
        ('{"legitimate_interest": true, "records_authorized": true}', "e.json"),
    ],
    ids=["bare", "wrapped", "json"],
)
def test_evidence_comes_from_a_file(district: District, content: str, name: str) -> None:
    district.upload(HALLWAY)
    (district.folder / name).write_text(content, encoding="utf-8")
    arguments = ("share", HALLWAY, "--to", "school_official:t", "--purpose", "investigation", "--as", "custodian:c")
    assert call(*arguments).code != 0
    ended = call(*arguments, "--evidence", name, "--json")
    assert (ended.code, ended.object()["reasons"][0]["clause"]) == (0, "EX1")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"- a\n- b\n", "must hold a mapping, as the block `evidence` of a case does"),
        (b"a: [", "this is not YAML"),
        (b"caf\xe9: 1\n", "is not UTF-8 text"),
        (b"legitimate: true\n", "legitimate"),
        (None, "no such file"),
    ],
    ids=["list", "no YAML", "no UTF-8", "unknown field", "missing"],
)
def test_evidence_that_cannot_be_used_is_an_error(district: District, content: bytes | None, sentence: str) -> None:
    district.upload(HALLWAY)
    if content is not None:
        (district.folder / "e.yaml").write_bytes(content)
    ended = call("share", HALLWAY, "--to", "court:c", "--purpose", "court order", "--evidence", "e.yaml")
    assert (ended.code, ended.out) == (1, "")
    assert sentence in ended.err.lower() if content is None else sentence in ended.err
    assert call("ledger", "show", "--as", "custodian:records-office", "--kind", "share", "--json").objects() == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--to", "pubic", "--purpose", "news"), "did you mean 'public'?"),
        (("--to", "public", "--purpose", "news", "--as", "custodain:x"), "did you mean 'custodian'?"),
        (("--to", "janitor", "--purpose", "news"), "one of school_official, parent"),
        (("--to", "public", "--purpose", "  "), "--purpose must not be blank"),
        (("--to", "public", "--purpose", "news", "--kind", "gift"), "'gift' is neither request nor publication"),
        (("--to", "parent:p", "--purpose", "news", "--kind", "publication"), "a publication goes to 'public'"),
        (("--purpose", "news"), "--to"),
        (("--to", "public"), "--purpose"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(arguments: tuple[str, ...], sentence: str) -> None:
    ended = call("share", TEAM, *arguments)
    assert ended.code == 2
    assert sentence in ended.err


@pytest.mark.parametrize("command", ["share", "break-glass"])
def test_an_unknown_recording_is_an_error(district: District, command: str) -> None:
    more = ("--purpose", "news") if command == "share" else ("--threat", "fire")
    ended = call(command, "nowhere.jpg", "--to", "public", *more)
    assert ended.code == 1
    assert "is not in the library; upload it, or run `dam-plugin reconcile`" in ended.err


def test_a_purpose_that_is_none_of_the_districts_is_refused(district: District) -> None:
    district.upload(CROWD)
    ended = call("share", CROWD, "--to", "public", "--purpose", "websight")
    assert ended.code == 1
    assert ended.err == "dam-plugin: 'websight' is not a purpose of this district; did you mean 'website'?\n"
    assert "not a purpose" not in call("share", CROWD, "--to", "public", "--purpose", "news").err


@pytest.mark.parametrize("missing", ["DAM_PLUGIN_DELIVERY_ACCESS_KEY_ID", "DAM_PLUGIN_DELIVERY_SECRET_ACCESS_KEY"])
def test_without_delivery_nothing_is_released(
    district: District, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    district.upload(CROWD)
    monkeypatch.delenv(missing)
    ended = call("share", CROWD, *PUBLICATION)
    assert (ended.code, ended.out) == (1, "")
    assert missing in ended.err


def test_break_glass_releases_at_once_and_tells_the_custodian(district: District) -> None:
    district.upload(HALLWAY)
    ended = call("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire", "--json")
    assert ended.code == 0
    assert [r["clause"] for r in ended.object()["reasons"]] == ["EX9", "NOTIFY-CUSTODIAN"]


def test_break_glass_wants_the_threat_in_words(district: District) -> None:
    ended = call("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", " ")
    assert ended.code == 2
    assert "--threat must say what the threat is" in ended.err


def test_a_hostile_threat_is_recorded_and_shown_as_plain_text(district: District) -> None:
    stored = district.upload(HALLWAY)
    assert call("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", HOSTILE).code == 0
    student = stored.tagging.appearances[0].student
    shown = call("ledger", "student", "--as", "custodian:records-office", student)
    assert "threat: fire \ufffd[31m[bold]upstairs[/bold] " in shown.out
    line = call("ledger", "student", "--as", "custodian:records-office", student, "--json").object()
    # What turns the direction of a text is not to be seen, and is left out of a record.
    assert (line["interest"], line["threat"]) == ("emergency", HOSTILE.removesuffix("\u202e"))


def test_students_names_are_in_no_answer(district: District) -> None:
    for key in (TEAM, PORTRAIT, HALLWAY):
        district.upload(key)
        for form in ((), ("--json",)):
            assert "Hannah" not in call("share", key, *PUBLICATION, *form).text


def test_a_share_in_a_narrow_terminal_shows_every_id_whole(
    district: District, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    district.upload(PORTRAIT)
    monkeypatch.setenv("COLUMNS", "44")
    monkeypatch.setenv("TERM", "xterm")
    ended = call("share", PORTRAIT, *PUBLICATION, terminal=True)
    assert district.student(HANNAH) in ended.text
    assert max(len(line) for line in ended.text.splitlines()) <= 44


def test_where_the_gate_has_an_address_the_whole_link_is_shown(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(TEAM)
    made = call("share", TEAM, *PUBLICATION, "--json").object()
    assert (made["url"], made["word"], made["openings"]) == (None, None, None)
    assert "set DAM_PLUGIN_PUBLIC_URL to the address of `dam-plugin serve`" in call("share", TEAM, *PUBLICATION).out
    monkeypatch.setenv("DAM_PLUGIN_PUBLIC_URL", "https://media.example.org/")
    made = call("share", TEAM, *PUBLICATION, "--json").object()
    assert made["url"] == f"https://media.example.org/s/{made['token']}"
    assert "https://media.example.org/s/" in call("share", TEAM, *PUBLICATION).out


def test_a_link_has_the_days_openings_and_word_that_were_asked_for(district: District) -> None:
    district.upload(TEAM)
    options = ("--days", "2", "--openings", "1", "--word")
    made = call("share", TEAM, *PUBLICATION, *options, "--json").object()
    assert made["openings"] == 1
    days = datetime.fromisoformat(made["expires_at"]) - district.services.now()
    assert timedelta(days=1) < days <= timedelta(days=2)
    assert len(made["word"].replace("-", "")) == 12
    out = call("share", TEAM, *PUBLICATION, *options).out
    assert "for 1 opening(s)" in out
    assert "It opens only with the word " in out


@pytest.mark.parametrize("option", [("--days", "0"), ("--days", "367"), ("--openings", "0")])
def test_terms_that_make_no_link_are_an_error(district: District, option: tuple[str, str]) -> None:
    district.upload(TEAM)
    ended = call("share", TEAM, *PUBLICATION, *option)
    assert (ended.code, ended.out) == (1, "")
    assert "a link " in ended.err


def test_a_referral_says_what_waits_for_the_custodian_and_until_when(district: District) -> None:
    district.upload(UNTITLED)
    made = call("share", UNTITLED, *PUBLICATION, "--json").object()
    (referral,) = made["referrals"]
    assert referral["due"] > made["referrals"][0]["opened_at"][:10]
    assert made["told_by"] == []
    assert "In the custodian's queue, due " in call("share", UNTITLED, *PUBLICATION).out


def test_break_glass_says_who_tells_the_custodian_and_which_review_waits(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    arguments = ("break-glass", HALLWAY, "--to", "emergency:hospital", "--threat", "a fire")
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__CONTACT", "Records office, 555-0100")
    made = call(*arguments, "--json").object()
    assert [each["kind"] for each in made["referrals"]] == ["review"]
    assert (made["told_by"], made["told"]) == ([], 0)
    out = told(call(*arguments))
    assert "tell Records office, 555-0100 now, yourself" in out
    assert "In the custodian's queue, due " in out
    assert "review " in out


@pytest.mark.parametrize(
    ("who", "why_not"),
    [
        ("media_staff:Moss ", "Nobody certifies their own interest"),
        ("media_staff:MOSS.", "Nobody certifies their own interest"),
        ("custodian:moss", "Nobody certifies their own interest"),
        ("media_staff:desk", "the custodian decides which school official has an interest"),
        ("custodian:desk", None),
    ],
)
def test_a_school_official_does_not_certify_their_own_interest(
    district: District, who: str, why_not: str | None
) -> None:
    district.upload(HALLWAY)
    Path("interest.yaml").write_text("{legitimate_interest: true, records_authorized: true}", "utf-8")
    words = ("--to", "school_official:moss", "--purpose", "inspection", "--evidence", "interest.yaml")
    answer = call("share", HALLWAY, *words, "--as", who, "--json").object()
    assert answer["outcome"] == ("refer" if why_not else "allow")
    assert len(answer["why_not"]) == (1 if why_not else 0)
    assert (why_not or "") in " ".join(answer["why_not"])


def test_the_ledger_shows_who_ran_the_command_beside_the_custodian_who_was_typed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    Path("interest.yaml").write_text("{legitimate_interest: true, records_authorized: true}", "utf-8")
    words = ("--to", "school_official:moss", "--purpose", "inspection", "--evidence", "interest.yaml")
    answers = []
    for user in ("ada", "moss"):
        monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda user=user: SystemUser(user, user))
        answers.append(call("share", HALLWAY, *words, "--as", "custodian:rowe", "--json").object())
    assert [each["outcome"] for each in answers] == ["allow", "refer"]
    entries = [
        each["details"]
        for each in call("ledger", "show", "--as", "custodian:records-office", "--kind", "share", "--json").objects()
    ]
    assert [(each["case"]["share"]["actor"]["id"], each["user"]) for each in entries] == [
        ("rowe", "ada"),
        ("rowe", "moss"),
    ]
    assert "custodian:rowe (user ada)" in told(call("ledger", "show", "--as", "custodian:records-office"))
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: SystemUser("ben", "ben"))
    referral = answers[1]["referrals"][0]["id"]
    found = call("queue", "finding", referral, "reviewed", "--as", "custodian:rowe", "--json").object()
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: SystemUser("cy", "cy"))
    approved = call("queue", "approve", found["finding"], "--as", "custodian:ruiz", "--json").object()
    assert approved["answer"]["outcome"] == "allow"
    last = call("ledger", "show", "--as", "custodian:records-office", "--kind", "share", "--json").objects()[-1][
        "details"
    ]
    # The share that is decided again was not run by the official who asked.
    assert (last["decision"]["outcome"], "user" in last) == ("allow", False)


def test_a_school_official_does_not_certify_themselves_under_another_id_and_the_custodian_looks(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(HALLWAY)
    Path("interest.yaml").write_text("{legitimate_interest: true, records_authorized: true}", "utf-8")
    words = ("--to", "school_official:moss", "--purpose", "inspection", "--evidence", "interest.yaml")
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: SystemUser("1001", "moss"))
    asked = call("share", HALLWAY, *words, "--as", "media_staff:desk", "--json")
    assert asked.code == 4
    referral = asked.object()["referrals"][0]["id"]
    own = call("queue", "finding", referral, "reviewed", "--as", "custodian:rowe")
    assert (own.code, "does not certify their own interest" in own.err) == (1, True)
    monkeypatch.setattr("dam_plugin.cli.context.system_user", lambda: SystemUser("1000", "ada"))
    reviewed = call("queue", "finding", referral, "reviewed", "--as", "custodian:rowe", "--json").object()
    assert reviewed["state"] == "pending"
