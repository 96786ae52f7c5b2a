"""`student protect` and `student unprotect`: it must not become known where a student is, and nobody is told why."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import Any

import clock
import pytest
from clock import TODAY
from command_line import Called, call
from databases import run_sql
from district import GRADUATION, HANNAH, HANNAH_MOTHER, NOAH, PORTRAIT, TEAM, District
from protected_students import verify_not_against
from sets_on_file import made_set

from dam_plugin.cli import context
from dam_plugin.store import SystemUser
from dam_plugin.yearbook.recheck import recheck

CUSTODIAN, COUNSEL = ("--as", "custodian:records-office"), ("--as", "designee:counsel")
SEEN = ("--seen", "card of the program")
PUBLICATION = ("--to", "public", "--purpose", "website", "--kind", "publication", "--json")
TOLD_NOBODY = ("protected", "protection", "confidentiality", "no-contact", "foster", "589.664")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, "1000", "ada")


def run_as(monkeypatch: pytest.MonkeyPatch, number: str, name: str) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser(number, name))


def protect(student: str, *words: str, kind: str = "address-confidentiality") -> Called:
    return call("student", "protect", student, "--kind", kind, *SEEN, *CUSTODIAN, *words)


def publish(key: str) -> Any:
    return call("share", key, *PUBLICATION).object()


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def roster(district: District, *words: str, **marks: str) -> Called:
    """Import the roster with the column `protected`, or without it where no student is marked."""
    path = district.folder / "roster" / "students.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.pop("protected", None)
        if marks:
            row["protected"] = marks.get(f"n{row['student_id']}", "")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return call("roster", "import", str(path.parent), *CUSTODIAN, *words)


def in_full(student: str) -> Any:
    return call("student", "show", student, *CUSTODIAN, "--json").object()


# By hand


def test_a_protection_closes_links_at_once_and_the_student_is_hidden_from_then_on(district: District) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    link = publish(GRADUATION)["token"]
    ended = protect(noah, "--json")
    assert ended.code == 0, ended.text
    assert len(ended.object()["closed"]) == 1
    assert call("open", link, "--json").object()["outcome"] != "allow"
    told = publish(GRADUATION)
    assert (told["outcome"], told["redact"]) == ("redact", [noah])


def test_a_consent_changes_nothing_of_it(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    district.upload(TEAM)
    signed = ("--purpose", "website", "--signed-by", mother, "--signed-on", str(TODAY), "--party", "public")
    assert call("consent", "add", hannah, *signed, "--proof", "folder 3", *CUSTODIAN).code == 0
    assert hannah not in publish(TEAM)["redact"]
    protect(hannah)
    assert hannah in publish(TEAM)["redact"]


def test_it_says_which_yearbook_shows_the_student_and_the_next_check_takes_them_out(district: District) -> None:
    hannah = district.student(HANNAH)
    district.upload(TEAM)
    signed = ("--purpose", "yearbook", "--signed-by", district.guardian(HANNAH_MOTHER), "--signed-on", str(TODAY))
    call("consent", "add", hannah, *signed, "--party", "public", "--proof", "folder 3", *CUSTODIAN)
    made = made_set(district)
    assert taken_out(district, made.id) == []
    ended = protect(hannah, "--json").object()
    assert [each["set"] for each in ended["in_sets"]] == [made.id]
    assert ended["consents_in_force"] == []
    assert taken_out(district, made.id) == [(hannah,)]


def test_a_yearbook_checked_on_the_day_on_which_a_protection_begins_leaves_the_student_out(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    hannah = district.student(HANNAH)
    district.upload(TEAM)
    call("student", "opt-in", hannah, "--why", "a letter", *CUSTODIAN)
    made = made_set(district)
    protect(hannah, "--since", day(1))
    assert taken_out(district, made.id) == []
    clock.on_day(monkeypatch, 1)
    assert taken_out(district, made.id) == [(hannah,)]


def taken_out(district: District, set_id: str) -> list[tuple[str, ...]]:
    """The students because of whom a check of a yearbook set stops a file of it."""
    return [each.students for each in recheck(district.services, set_id).stops]


@pytest.mark.parametrize("words", [("--as", "media_staff:desk"), ()], ids=["media staff", "nobody"])
def test_only_the_custodian_protects_and_ends_it(district: District, words: tuple[str, ...]) -> None:
    noah = district.student(NOAH)
    refused = call("student", "protect", noah, "--kind", "other", *SEEN, *words)
    assert (refused.code, "only the records custodian" in refused.err) == (1, True)
    protect(noah)
    refused = call("student", "unprotect", noah, "--why", "it ended", *words)
    assert (refused.code, "only the records custodian" in refused.err) == (1, True)
    assert in_full(noah)["protected"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--kind", "secret", *SEEN), "is no reason known here: address-confidentiality"),
        (("--kind", "other", "--seen", " "), "say what was seen"),
        (("--kind", "other", *SEEN, "--since", day(60)), "hold back nothing until then"),
        (("--kind", "other", *SEEN, "--until", day(-1)), "has passed"),
    ],
)
def test_what_cannot_be_meant_is_refused(district: District, words: tuple[str, ...], told: str) -> None:
    noah = district.student(NOAH)
    refused = call("student", "protect", noah, *words, *CUSTODIAN)
    assert refused.code != 0
    assert told in " ".join(refused.err.replace("│", " ").split())
    assert not in_full(noah)["protections"]


def test_the_kind_is_written_as_people_write_it(district: District) -> None:
    noah = district.student(NOAH)
    assert protect(noah, kind="No Contact_Order").code == 0
    assert [each["kind"] for each in in_full(noah)["protections"]] == ["no-contact-order"]


def test_who_set_it_when_and_why_is_shown_to_the_custodian(district: District) -> None:
    noah = district.student(NOAH)
    protect(noah, "--until", day(9))
    shown = " ".join(call("student", "show", noah, *CUSTODIAN).text.split())
    for word in ("Protected", "address-confidentiality", str(TODAY), day(9), "card of the program", "records-office"):
        assert word in shown


# Nobody is told why


def test_nothing_that_staff_read_tells_of_it(district: District) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    protect(noah)
    staff = ("--as", "media_staff:desk")
    # The clause of a decision is in an export whole, for whoever checks decisions; why it is so is not.
    told_nobody = TOLD_NOBODY[1:]
    for command in (
        ("student", "find", "270", *staff),
        ("student", "find", "Noah", *staff, "--json"),
        ("student", "show", noah, *staff),
        ("student", "show", noah, *staff, "--json"),
        ("share", GRADUATION, "--to", "public", "--purpose", "website", "--kind", "publication", *staff),
        ("ledger", "show"),
        ("ledger", "show", "--json"),
        ("ledger", "student", noah, "--json"),
        ("ledger", "export", "--out", "-"),
    ):
        text = call(*command).text.casefold().replace('"protected": false', "")
        assert not [word for word in (told_nobody if command[1] == "export" else TOLD_NOBODY) if word in text], command


def test_the_sealed_book_keeps_who_set_it_and_why(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    noah = district.student(NOAH)
    protect(noah, "--until", day(20))
    call("student", "unprotect", noah, "--why", "she left the program", *CUSTODIAN)
    run_as(monkeypatch, "1001", "ben")
    call("student", "unprotect", noah, "--why", "she left the program", *COUNSEL)
    book = call("ledger", "show", "--sealed", "--kind", "protection", *CUSTODIAN, "--json").objects()
    told = [each["details"] for each in book]
    assert [each["done"] for each in told] == ["stated", "asked to end", "ended"]
    first = told[0]
    assert (first["kind"], first["since"], first["until"]) == ("address-confidentiality", str(TODAY), day(20))
    assert (first["by"]["id"], first["system_user"]["name"], first["seen"]) == (
        "records-office",
        "ada",
        "card of the program",
    )
    assert call("ledger", "verify").code == 0


def test_a_removed_row_is_found_and_nothing_goes_out(district: District) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    protect(noah)
    run_sql(district.services.store, "DELETE FROM protections")
    assert call("ledger", "verify").code == 1
    assert publish(GRADUATION)["outcome"] == "refer"


# By the day


def test_one_that_is_to_begin_counts_from_its_day_on_without_a_command(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    link = publish(GRADUATION)["token"]
    assert protect(noah, "--since", day(2), "--json").object()["closed"] == []
    assert call("open", link, "--json").object()["outcome"] == "allow"
    assert publish(GRADUATION)["outcome"] == "allow"
    clock.on_day(monkeypatch, 2)
    assert call("open", link, "--json").object()["outcome"] != "allow"
    assert publish(GRADUATION)["redact"] == [noah]


def test_one_that_ends_by_its_day_counts_through_it_and_no_longer(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    district.upload(GRADUATION)
    protect(noah, "--until", day(2))
    clock.on_day(monkeypatch, 2)
    assert publish(GRADUATION)["redact"] == [noah]
    clock.on_day(monkeypatch, 3)
    assert publish(GRADUATION)["outcome"] == "allow"


# Two people


def test_two_people_lift_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    noah = district.student(NOAH)
    protect(noah)
    end = ("student", "unprotect", noah, "--why", "she left the program")
    assert "It takes two people" in call(*end, *CUSTODIAN).out
    again = call(*end, *COUNSEL)
    assert (again.code, "this takes two people" in again.err) == (1, True)
    assert in_full(noah)["protected"]
    run_as(monkeypatch, "1001", "ben")
    ended = call(*end, *COUNSEL)
    assert ended.code == 0, ended.text
    assert not in_full(noah)["protected"]
    nothing = call(*end, *COUNSEL)
    assert (nothing.code, "nobody stated this" in nothing.err) == (1, True)


def test_of_two_reasons_the_one_that_ends_is_named(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    noah = district.student(NOAH)
    protect(noah)
    protect(noah, kind="no-contact-order")
    end = ("student", "unprotect", noah, "--why", "the order was lifted")
    refused = call(*end, *CUSTODIAN)
    assert "--kind address-confidentiality, --kind no-contact-order" in refused.err
    call(*end, "--kind", "no-contact-order", *CUSTODIAN)
    run_as(monkeypatch, "1001", "ben")
    assert call(*end, "--kind", "no-contact-order", *COUNSEL).code == 0
    told = in_full(noah)
    assert told["protected"]
    assert [each["kind"] for each in told["protections"] if each["ended"] is None] == ["address-confidentiality"]


# The roster's column


def test_a_roster_with_the_column_or_without_never_ends_what_was_stated_by_hand(district: District) -> None:
    noah, hannah = district.student(NOAH), district.student(HANNAH)
    protect(noah)
    assert roster(district).code == 0
    assert roster(district, **{f"n{HANNAH}": "no contact order"}).code == 0
    assert in_full(noah)["protected"]
    assert in_full(hannah)["marked"] == "no-contact-order"

    refused = roster(district, n0="")
    assert "would not be protected any more" in refused.err
    assert roster(district, "--confirm", n0="").code == 0
    assert (in_full(hannah)["protected"], in_full(noah)["protected"]) == (False, True)


def test_what_the_roster_marks_is_ended_by_the_roster_alone(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    roster(district, **{f"n{NOAH}": "yes"})
    refused = call("student", "unprotect", noah, "--why", "it ended", *CUSTODIAN)
    assert (refused.code, "the roster marks this student" in refused.err) == (1, True)
    protect(noah)
    end = ("student", "unprotect", noah, "--why", "it ended")
    call(*end, *CUSTODIAN)
    run_as(monkeypatch, "1001", "ben")
    assert "the roster marks the student still" in call(*end, *COUNSEL).out
    assert in_full(noah)["protected"]


def test_the_custodian_is_shown_since_when_the_roster_marks_a_student(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    noah = district.student(NOAH)
    assert roster(district, **{f"n{NOAH}": "yes"}).code == 0
    clock.on_day(monkeypatch, 3)
    assert roster(district, **{f"n{NOAH}": "yes"}).code == 0
    assert in_full(noah)["marked_since"] == day(0)
    assert day(0) in call("student", "show", noah, *CUSTODIAN).out.partition("Protected")[2]
    # Another kind is another mark; and nobody else hears of either.
    assert roster(district, "--confirm", **{f"n{NOAH}": "no contact order"}).code == 0
    assert in_full(noah)["marked_since"] == day(3)
    assert "marked_since" not in call("student", "show", noah, "--json").object()


def test_the_sealed_book_says_which_roster_marked_whom(district: District) -> None:
    noah = district.student(NOAH)
    roster(district, **{f"n{NOAH}": "Safe at Home"})
    roster(district, "--confirm", n0="")
    book = call("ledger", "show", "--sealed", "--kind", "protection", *CUSTODIAN, "--json").objects()
    told = [(each["details"]["student"], each["details"]["done"], each["details"]["kind"]) for each in book]
    assert told == [
        (noah, "marked by the roster", "address-confidentiality"),
        (noah, "no longer marked by the roster", "address-confidentiality"),
    ]
    assert {each["details"]["from"] for each in book} == {"roster"}


def test_foster_care_protects_where_the_district_says_so(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    noah = district.student(NOAH)
    ended = roster(district, **{f"n{NOAH}": "foster care"})
    assert "1 student(s) are marked as in foster care" in ended.out
    assert not in_full(noah)["protected"]
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__FOSTER_CARE_IS_PROTECTED", "true")
    assert "foster care" not in roster(district, **{f"n{NOAH}": "foster care"}).text
    assert in_full(noah)["protected"]
    # Switched off again, the next roster would end it: a person confirms that.
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__FOSTER_CARE_IS_PROTECTED", "false")
    assert "would not be protected any more" in roster(district, **{f"n{NOAH}": "foster care"}).err
    # By hand the custodian says so for the district, student by student.
    hannah = district.student(HANNAH)
    protect(hannah, kind="foster-care")
    assert in_full(hannah)["protected"]


def test_a_districts_own_words_are_mapped(district: District) -> None:
    (district.folder / "list.csv").write_text(
        "Number,First,Last,SAH\n1,Ada,Quill,Enrolled\n2,Ben,Roe,N\n3,Cy,Poe,maybe\n"
    )
    (district.folder / "map.yaml").write_text(
        "students:\n  student_id: Number\n  given_name: First\n  family_name: Last\n"
        "  protected: {column: SAH, address_confidentiality: [Enrolled], none: [N]}\n"
    )
    words = ("roster", "import", "list.csv", "--mapping", "map.yaml", "--confirm", *CUSTODIAN)
    refused = call(*words)
    assert (refused.code, "list.csv:4" in refused.err) == (1, True)
    assert "SAH has a word that is not known here" in " ".join(refused.err.split())
    (district.folder / "list.csv").write_text("Number,First,Last,SAH\n1,Ada,Quill,Enrolled\n2,Ben,Roe,N\n")
    assert call(*words).code == 0
    assert in_full(district.student("1"))["marked"] == "address-confidentiality"
    assert not in_full(district.student("2"))["protected"]


@pytest.mark.parametrize("is_certain", [True, False])
def test_it_is_carried_over_to_a_new_number(district: District, *, is_certain: bool) -> None:
    noah = district.student(NOAH)
    protect(noah, kind="no-contact-order")
    path = district.folder / "roster" / "students.csv"
    for name in ("students.csv", "guardians.csv", "opt_outs.csv", "consents.csv"):
        file = path.with_name(name)
        if file.exists():
            file.write_text(file.read_text("utf-8").replace(NOAH, "777777"), "utf-8")
    if is_certain:
        assert call("roster", "import", "roster", *CUSTODIAN).code == 0
        assert [each["kind"] for each in in_full(noah)["protections"]] == ["no-contact-order"]
        return
    guardians = path.with_name("guardians.csv")
    guardians.write_text(guardians.read_text("utf-8").replace("G-2701,Lorraine Begaye", "G-1,Per Holm"), "utf-8")
    refused = call("roster", "import", "roster", *CUSTODIAN)
    assert "whose family said no" in refused.err
    assert call("roster", "import", "roster", "--carry-opt-outs", *CUSTODIAN).code == 0
    assert [each["kind"] for each in in_full(district.student("777777"))["protections"]] == ["no-contact-order"]


# The guardian


def test_it_says_which_guardian_is_answered_as_before(district: District) -> None:
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    assert "verified before" not in protect(hannah).out
    call("student", "guardian", "verify", hannah, mother, *SEEN, *CUSTODIAN)
    assert "answered as before" not in protect(hannah, kind="other").out
    assert verify_not_against(hannah, mother).code == 0
    told = protect(hannah, kind="no-contact-order")
    assert f"Of {mother} two people said before that no protection is against this person" in told.out
    assert f"dam-plugin student guardian limit {hannah} {mother}" in told.out


def test_a_guardian_is_answered_again_once_the_protection_has_ended_by_its_day(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PORTRAIT)
    hannah, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    asks = ("share", PORTRAIT, "--to", f"parent:{mother}", "--purpose", "inspection", *CUSTODIAN, "--json")
    protect(hannah, "--until", day(2))
    assert call(*asks).object()["outcome"] == "refer"
    clock.on_day(monkeypatch, 3)
    assert call(*asks).object()["outcome"] == "allow"
