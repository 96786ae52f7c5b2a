"""`student guardian add | remove`, and `student find` by a guardian: parents whom the roster does not have."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from court_orders import revoking
from district import HALLWAY, HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, TEAM, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
NOAH_MOTHER = "G-2701"
SEEN = ("--seen", "birth certificate")
MARIA = ("--name", "Maria Ortiz", "--relation", "mother")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def add(student: str, *words: str) -> Called:
    return call("student", "guardian", "add", student, *words, *SEEN, *CUSTODIAN)


def added(student: str, *words: str) -> Any:
    ended = add(student, *words, "--json")
    assert ended.code == 0, ended.text
    return ended.object()


def asks(key: str, who: str) -> Any:
    return call("share", key, "--to", who, "--purpose", "inspection", *CUSTODIAN, "--json").object()


def found(text: str, *who: str) -> list[tuple[str, list[str]]]:
    return [(each["id"], each["found_by"]) for each in call("student", "find", text, *who, "--json").objects()]


# Adding


def test_a_person_new_to_the_roster_gets_an_id_and_is_answered_as_a_parent(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    Path("certificate.pdf").write_bytes(b"%PDF-1.7\nborn\n")
    ended = add(hannah, *MARIA, "--file", "certificate.pdf")
    assert ended.code == 0, ended.text
    (stated,) = call("student", "show", hannah, "--json").object()["guardianships"]
    assert (stated["what"], stated["name"], stated["relation"]) == ("guardian", "Maria Ortiz", "mother")
    assert stated["paper"] == hashlib.sha256(b"%PDF-1.7\nborn\n").hexdigest()
    assert stated["guardian"].startswith("G-")
    assert f"the person asks as parent:{stated['guardian']}" in ended.out
    assert asks(PORTRAIT, f"parent:{stated['guardian']}")["basis"] == {hannah: "EX2"}
    shown = " ".join(call("student", "show", hannah).out.split())
    assert "Maria Ortiz" in shown
    assert "mother" in shown


def test_no_import_takes_the_guardian_away(district: District) -> None:
    hannah = district.student(HANNAH)
    maria = added(hannah, *MARIA)["guardian"]
    assert call("roster", "import", "roster", *CUSTODIAN).code == 0
    assert maria in call("student", "show", hannah, "--json").object()["guardians_today"]


def test_the_ledger_has_the_proof_as_a_hash_and_no_name(district: District) -> None:
    maria = added(district.student(HANNAH), *MARIA)
    (entry,) = call("ledger", "show", "--as", "custodian:records-office", "--kind", "guardianship", "--json").objects()
    details = entry["details"]
    assert (details["guardian"], details["relation"]) == (maria["guardian"], "mother")
    assert details["seen_sha256"] == hashlib.sha256(b"birth certificate").hexdigest()
    assert "Ortiz" not in str(entry)
    assert "birth certificate" not in str(entry)


def test_the_same_again_by_another_person_is_the_same_guardian_by_two(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah = district.student(HANNAH)
    first = added(hannah, *MARIA)
    assert not first["by_two"]
    run_as(monkeypatch, "1001", "ben")
    again = call(
        "student", "guardian", "add", hannah, "--name", "MARIA  ortiz", "--relation", "mother", *SEEN, *COUNSEL
    )
    assert again.code == 0, again.text
    (stated,) = call("student", "show", hannah, "--json").object()["guardianships"]
    assert (stated["id"], stated["by_two"]) == (first["id"], True)


def test_a_brothers_guardian_is_one_person_unless_it_is_said_otherwise(district: District) -> None:
    hannah, noah = district.student(HANNAH), district.student(NOAH)
    maria = added(hannah, *MARIA)["guardian"]
    refused = add(noah, *MARIA)
    assert (
        refused.code,
        f"a guardian of this name, or of one like it, is on file already: {maria}" in refused.err,
    ) == (1, True)
    assert added(noah, maria)["name"] == "Maria Ortiz"
    mother = district.guardian(HANNAH_MOTHER)
    refused = add(noah, "--name", "Karin Lindqvist", "--relation", "mother")
    assert f"on file already: {mother}" in refused.err
    other = added(noah, "--name", "Karin Lindqvist", "--relation", "mother", "--another-person")["guardian"]
    assert other != mother


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "say who the guardian is: --name and --relation"),
        (("--name", "Maria Ortiz"), "say who the guardian is: --name and --relation"),
        (("m-ortiz",), "'m-ortiz' is no guardian whom anybody knows yet"),
        (("--name", "x" * 121, "--relation", "mother"), "--name must be one line of at most 120 characters"),
    ],
)
def test_who_it_is_has_to_be_said(district: District, words: tuple[str, ...], told: str) -> None:
    hannah = district.student(HANNAH)
    refused = add(hannah, *words)
    assert (refused.code, refused.out, told in refused.err) == (1, "", True)
    assert call("student", "show", hannah, "--json").object()["guardianships"] == []


def test_a_mistyped_id_makes_nobody_a_guardian(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    typed = mother[:-1] + ("A" if mother[-1] != "A" else "B")
    assert "look for the person with `dam-plugin student find`" in add(hannah, typed).err


def test_only_the_custodian_adds_and_removes(district: District) -> None:
    hannah = district.student(HANNAH)
    maria = added(hannah, *MARIA)["guardian"]
    staff = ("--as", "media_staff:desk")
    for words in (("add", hannah, *MARIA, *SEEN), ("remove", hannah, maria, "--why", "it was another")):
        refused = call("student", "guardian", *words, *staff)
        assert (refused.code, "only the records custodian" in refused.err) == (1, True)


def test_on_a_discipline_recording_one_person_gives_nobody_anything(district: District) -> None:
    district.upload(HALLWAY)
    caleb = district.student("104230")
    maria = added(caleb, *MARIA)["guardian"]
    assert asks(HALLWAY, f"parent:{maria}")["outcome"] == "refer"


# Removing


def test_who_is_removed_is_a_stranger_again_whose_links_close(district: District) -> None:
    district.upload(PORTRAIT)
    hannah = district.student(HANNAH)
    maria = added(hannah, *MARIA)["guardian"]
    link = asks(PORTRAIT, f"parent:{maria}")["token"]
    ended = call("student", "guardian", "remove", hannah, maria, "--why", "set aside", *CUSTODIAN, "--json")
    assert len(ended.object()["closed"]) == 1
    assert call("open", link, "--json").object()["outcome"] != "allow"
    told = asks(PORTRAIT, f"parent:{maria}")
    assert (told["outcome"], "EX2-RELATION" in [each["clause"] for each in told["reasons"]]) == ("refer", True)
    again = call("student", "guardian", "remove", hannah, maria, "--why", "set aside", *CUSTODIAN)
    assert "nobody stated by hand" in again.err


def test_a_guardian_of_the_roster_is_removed_there_or_limited(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    refused = call("student", "guardian", "remove", hannah, mother, "--why", "it is another", *CUSTODIAN)
    assert refused.code == 1
    assert f"student guardian limit {hannah} {mother}" in refused.err
    assert mother in call("student", "show", hannah, "--json").object()["guardians_today"]


def test_a_court_order_is_no_guardian_that_is_removed(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    call("student", "guardian", "limit", hannah, mother, *SEEN, *revoking(), *CUSTODIAN)
    assert call("student", "guardian", "remove", hannah, mother, "--why", "it ended", *CUSTODIAN).code == 1
    assert mother not in call("student", "show", hannah, "--json").object()["guardians_today"]


# An adoption, or a guardianship's end


def test_an_adoptive_parent_in_the_place_of_a_foster_mother_closes_her_link_at_once(district: District) -> None:
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *CUSTODIAN).code == 0
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    foster = added(hannah, "--name", "Fay Foster", "--relation", "foster mother")["guardian"]
    hers, own = (asks(PORTRAIT, f"parent:{each}") for each in (foster, mother))
    adopted = added(hannah, *MARIA, "--in-place-of", foster)
    assert (adopted["closed"], adopted["ended_others"], adopted["standing"]) == ([hers["link"]], [foster], [mother])
    assert call("open", hers["token"]).code != 0
    assert call("open", own["token"]).code == 0
    assert asks(PORTRAIT, f"parent:{adopted['guardian']}")["basis"] == {hannah: "EX2"}
    assert asks(PORTRAIT, f"parent:{foster}")["outcome"] == "refer"
    ended = [
        each
        for each in call("ledger", "show", "--as", "custodian:records-office", "--json").objects()
        if each["details"].get("done") == "ended"
    ]
    assert [(each["details"]["guardian"], each["details"]["why"]) for each in ended] == [(foster, SEEN[1])]


def test_a_parent_of_the_roster_in_whose_place_somebody_adopts_is_limited_until_the_roster_is_right(
    district: District,
) -> None:
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *CUSTODIAN).code == 0
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    link = asks(PORTRAIT, f"parent:{mother}")["link"]
    assert "--file COPY" in add(hannah, *MARIA, "--in-place-of", mother).err
    ended = add(hannah, *MARIA, "--in-place-of", mother, *revoking())
    assert f"{mother} holds no parent's rights over {hannah} any more" in " ".join(ended.out.split())
    assert call("links", "--open", "--json").objects() == [], link
    assert asks(PORTRAIT, f"parent:{mother}")["outcome"] != "allow"
    told = call("student", "show", hannah, *CUSTODIAN, "--json").object()
    assert mother not in told["guardians_today"]
    assert [each["what"] for each in told["guardianships"] if each["guardian"] == mother] == ["limited"]


def test_an_adoption_by_who_was_a_guardian_before_rests_on_the_decree(district: District) -> None:
    """A foster mother adopts: the mother is cut off by the decree, and not by the placement letter."""
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    for name in ("placement", "decree"):
        Path(f"{name}.pdf").write_bytes(f"%PDF-1.7 {name}".encode())
    placed = (
        "--name",
        "Tanya Price",
        "--relation",
        "foster mother",
        "--file",
        "placement.pdf",
        "--seen",
        "placement letter",
    )
    aunt = call("student", "guardian", "add", hannah, *placed, *CUSTODIAN, "--json").object()["guardian"]
    link = asks(PORTRAIT, f"parent:{aunt}")["token"]
    decree = ("--in-place-of", mother, "--seen", "decree of adoption", "--file", "decree.pdf", "--relation", "mother")
    assert call("student", "guardian", "add", hannah, aunt, *decree, *CUSTODIAN).code == 0
    rows = call("student", "show", hannah, *CUSTODIAN, "--json").object()["guardianships"]
    papers = {each["what"]: (each["seen"], each["guardian"]) for each in rows if not each["ended"]}
    assert papers == {"guardian": ("decree of adoption", aunt), "limited": ("decree of adoption", mother)}
    assert len({each["paper"] for each in rows if not each["ended"]}) == 1
    assert call("open", link).code == 0


def test_who_is_merely_added_changes_nothing_and_the_custodian_is_told_who_stands_besides(district: District) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    foster = added(hannah, "--name", "Fay Foster", "--relation", "foster mother")["guardian"]
    tokens = [asks(PORTRAIT, f"parent:{each}")["token"] for each in (foster, mother)]
    for ended in (add(hannah, *MARIA), call("student", "guardian", "verify", hannah, mother, *SEEN, *CUSTODIAN)):
        told = " ".join(ended.out.split())
        assert "Look whether each still does: an adoption" in told
        assert f"{foster} (by hand): where they do not, `dam-plugin student guardian remove {hannah} {foster}" in told
    assert f"{mother} (the roster): where they do not, `dam-plugin student guardian limit {hannah}" in " ".join(
        add(hannah, "--name", "Otto Ward", "--relation", "guardian").out.split()
    )
    assert [call("open", each).code for each in tokens] == [0, 0]


def test_a_guardianship_that_ends_by_its_id_closes_what_was_given_on_it(district: District) -> None:
    district.upload(PORTRAIT)
    assert call("tag", PORTRAIT, "--directory", "not_eligible", *CUSTODIAN).code == 0
    hannah = district.student(HANNAH)
    foster = added(hannah, "--name", "Fay Foster", "--relation", "foster mother")
    link = asks(PORTRAIT, f"parent:{foster['guardian']}")["link"]
    done = call("student", "guardian", "end", foster["id"], "--why", "the placement ended", *CUSTODIAN, "--json")
    assert done.object()["closed"] == [link]


@pytest.mark.parametrize("whose", ["nobody's", "her own"])
def test_in_the_place_of_whom_has_to_be_a_guardian(district: District, whose: str) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    other = "G-NOBODY" if whose == "nobody's" else mother
    refused = add(hannah, mother, "--in-place-of", other)
    said = "is no guardian of" if whose == "nobody's" else "is the guardian whom you add"
    assert (refused.code, said in refused.err) == (1, True), refused.err
    assert call("student", "show", hannah, *CUSTODIAN, "--json").object()["guardianships"] == []


# Finding


@pytest.mark.parametrize("text", ["lorr", "BEGAYE", "G-2701"], ids=["part of a name", "family name", "the roster's id"])
def test_a_guardian_is_found_with_whose_they_are(district: District, text: str) -> None:
    assert found(text) == [(district.student(NOAH), [district.guardian(NOAH_MOTHER)])]


def test_a_guardian_is_found_by_the_beginning_of_the_plugins_id(district: District) -> None:
    mother = district.guardian(NOAH_MOTHER)
    assert found(mother[:8].lower()) == [(district.student(NOAH), [mother])]
    assert found(mother[3:9]) == []
    assert "Lorraine Begaye" in call("student", "find", mother).out


def test_who_was_added_is_found_and_who_was_removed_is_not(district: District) -> None:
    noah = district.student(NOAH)
    maria = added(noah, *MARIA)["guardian"]
    assert found("ortiz") == [(noah, [maria])]
    call("student", "guardian", "remove", noah, maria, "--why", "set aside", *CUSTODIAN)
    assert found("ortiz") == []


def test_by_a_guardians_name_only_the_custodian_finds_a_protected_student(district: District) -> None:
    noah, mother = district.student(NOAH), district.guardian(NOAH_MOTHER)
    assert found("Lorraine") == [(noah, [mother])]
    call("student", "protect", noah, "--kind", "other", *SEEN, *CUSTODIAN)
    assert found("Lorraine") == []
    assert found("Lorraine", *CUSTODIAN) == [(noah, [mother])]


def test_nobody_else_can_tell_by_it_who_is_protected_and_who_is_opted_out_of_everything(district: District) -> None:
    noah = district.student(NOAH)
    call("student", "opt-out", noah, "--purpose", "website")
    assert found("Lorraine") == [(noah, [district.guardian(NOAH_MOTHER)])]
    call("student", "opt-out", noah)
    assert found("Lorraine") == []
    # By the student's own name both are found, and the guardian stands there.
    assert found("Noah") == [(noah, [])]
    assert "Lorraine Begaye" in call("student", "find", "Noah").text


# Who asks and is not on the roster (34 CFR 99.10)


def who_asks(district: District) -> dict[str, str]:
    mother, hannah = district.guardian(HANNAH_MOTHER), district.student(HANNAH)
    return {
        "nobody": "parent:m-ortiz",
        "a name": "parent:Maria Ortiz",
        "mistyped parent": f"parent:{mother[:-1]}{'A' if mother[-1] != 'A' else 'B'}",
        "mistyped student": f"eligible_student:{hannah[:-1]}{'A' if hannah[-1] != 'A' else 'B'}",
        "roster's own id": f"parent:{HANNAH_MOTHER}",
    }


@pytest.mark.parametrize("key", [PORTRAIT, TEAM])
@pytest.mark.parametrize("who", ["nobody", "a name", "mistyped parent", "mistyped student", "roster's own id"])
def test_who_is_not_known_has_a_referral_with_a_day_and_never_a_bare_denial(
    district: District, key: str, who: str
) -> None:
    district.upload(key)
    told = asks(key, who_asks(district)[who])
    assert told["outcome"] != "deny"
    assert "EX2-RELATION" in [each["clause"] for each in told["reasons"]]
    (referral,) = told["referrals"]
    assert (referral["kind"], referral["due"]) == ("inspection", str(TODAY + timedelta(days=45)))
    outside = " ".join(each["text"] for each in told["outside"])
    assert "something that shows who you are" in outside
    assert "a birth certificate or an order of a court" in outside


@pytest.mark.parametrize(
    ("language", "told"), [("en", "whose parent or guardian you are"), ("es", "padre, madre o tutor")]
)
def test_the_letter_says_what_to_bring(district: District, language: str, told: str) -> None:
    district.upload(PORTRAIT)
    referral = asks(PORTRAIT, "parent:m-ortiz")["referrals"][0]["id"]
    letter = ("letter", "preview", "acknowledgement", "--lang", language)
    assert told in " ".join(call(*letter, "--referral", referral).text.split())
    hannah = district.student(HANNAH)
    known = ("request", "add", PORTRAIT, "--student", hannah, "--purpose", "inspection", "--channel", "counter")
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    number = call(*known, "--received", str(TODAY), "--from", mother, *CUSTODIAN, "--json").object()["id"]
    text = call(*letter, "--request", number).text
    assert number in text
    assert told not in " ".join(text.split())
    # Of a request of the register that nobody has answered yet, too.
    number = call(*known, "--received", str(TODAY), "--from", "parent:m-ruiz", *CUSTODIAN, "--json").object()["id"]
    assert told in " ".join(call(*letter, "--request", number).text.split())
