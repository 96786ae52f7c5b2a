"""Who never was a guardian: a slip in the roster, a certificate of another child (34 CFR 99.3, 99.4, 99.32(d)(1))."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY, on_day
from command_line import Called, call
from court_orders import BEN, revoking
from district import GRADUATION, HANNAH_MOTHER, INES, INES_MOTHER, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

AS, SECOND = ("--as", "custodian:records-office"), ("--as", "custodian:second")
SAID = ("--why", "her row in the roster was another child's", "--seen", "the birth certificate")
POST = ("share", GRADUATION, "--kind", "publication", "--purpose", "website", "--to", "public", *AS, "--json")


@pytest.fixture
def ines(district: District) -> str:
    """A student of fifteen in a picture of directory information, whose mother said no to everything."""
    student = district.student(INES)
    district.upload(GRADUATION)
    named = ("--person", student, "--only", "--unidentified", "0", "--directory", "eligible")
    ran("tag", GRADUATION, *named, *AS)
    return student


def ran(*words: str) -> Called:
    done = call(*words)
    assert done.code == 0, done.text
    return done


def words(called: Called) -> str:
    return " ".join(called.text.split())


def opts_out(district: District, student: str) -> None:
    ran("student", "opt-out", student, "--by", district.guardian(INES_MOTHER), *AS)


def posted() -> Any:
    return call(*POST).object()["outcome"]


def rows() -> str:
    return Path("roster/guardians.csv").read_text("utf-8")


def slips(district: District, way: str) -> str:
    """Put the mother of another child beside Ines; return her id."""
    stranger, student = district.guardian(HANNAH_MOTHER), district.student(INES)
    if way == "roster":
        row = next(each for each in rows().splitlines() if f",{HANNAH_MOTHER}," in each)
        number = next(each.split(",")[0] for each in rows().splitlines() if f",{INES_MOTHER}," in each)
        Path("roster/guardians.csv").write_text(f"{rows()}{number},{row.split(',', 1)[1]}\n", "utf-8")
        ran("roster", "import", "roster", *AS)
    else:
        ran("student", "guardian", "verify", student, stranger, "--seen", "birth certificate", *AS)
    return stranger


def is_corrected(district: District, way: str, stranger: str) -> Called:
    if way == "roster":
        Path("roster/guardians.csv").write_text("".join(rows().splitlines(keepends=True)[:-1]), "utf-8")
        return ran("roster", "import", "roster", *AS)
    return ran("student", "guardian", "remove", district.student(INES), stranger, "--why", "the wrong child", *AS)


def never(monkeypatch: pytest.MonkeyPatch, student: str, person: str) -> tuple[Called, Called]:
    """Let two people say that somebody never was a guardian; return what each was told."""
    said = ("student", "guardian", "never-was", student, person, *SAID)
    first = ran(*said, *AS)
    monkeypatch.setattr(context, "system_user", lambda: BEN)
    return first, ran(*said, *SECOND)


def required(student: str) -> list[dict[str, Any]]:
    return call("ledger", "student", student, "--required", *AS, "--json").objects()


def check_of(name: str) -> dict[str, Any]:
    return next(each for each in call("doctor", "--json").objects() if each["check"] == name)


WAYS = pytest.mark.parametrize("way", ["roster", "verified"])


@WAYS
def test_an_opt_out_that_who_never_was_a_guardian_ended_holds_again(
    district: District, ines: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opts_out(district, ines)
    stranger = slips(district, way)
    ran("student", "opt-in", ines, "--by", stranger, "--why", "her letter", *AS)
    assert posted() == "allow"
    on_day(monkeypatch, 20)
    noted = is_corrected(district, way, stranger)
    assert ("never-was" in words(noted), posted()) == (True, "allow")
    first, second = never(monkeypatch, ines, stranger)
    assert "another user of this system runs the same command" in words(first)
    assert "holds as if it had never ended" in words(second)
    assert posted() == "deny"
    down = [each["id"] for each in call("queue", "list", "--json").objects() if each["kind"] == "take_down"]
    assert (len(down), all(each in words(second) for each in down)) == (2, True)
    assert "never were a guardian" not in check_of("guardians")["detail"]


@WAYS
def test_what_they_were_shown_was_given_by_mistake(
    district: District, ines: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    stranger = slips(district, way)
    ran("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    is_corrected(district, way, stranger)
    assert required(ines) == []
    (shown,) = (each for each in call("ledger", "student", ines, *AS, "--json").objects() if each["outcome"] == "allow")
    refused = call("ledger", "correct", shown["share"], "--student", ines, "--why", "no parent of hers", *AS)
    told = (refused.code, "--never-held" in refused.err, f"never-was {ines} {stranger}" in words(refused))
    assert told == (1, False, True), refused.text
    never(monkeypatch, ines, stranger)
    (line,) = required(ines)
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]
    ran("ledger", "student", ines, "--page", "record.html", *AS)
    assert "by mistake" in Path("record.html").read_text("utf-8")


def test_a_consent_of_theirs_permits_nothing_and_what_stood_on_it_is_taken_down(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    stranger = slips(district, "verified")
    signed = ("--purpose", "website", "--signed-by", stranger, "--signed-on", str(TODAY), "--party", "public")
    ran("consent", "add", ines, *signed, "--proof", "binder 1", *AS)
    assert posted() == "allow"
    is_corrected(district, "verified", stranger)
    first, second = never(monkeypatch, ines, stranger)
    assert "1 consent(s) that this person signed permit nothing" in words(first)
    assert "1 consent(s) that this person signed permit nothing" in words(second)
    assert posted() != "allow"
    (down,) = (each for each in call("queue", "list", "--json").objects() if each["kind"] == "take_down")
    assert down["id"] in words(second)


@WAYS
def test_the_first_word_stops_new_answers_and_leaves_the_past(
    district: District, ines: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, way)
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    shown = ("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    ran(*shown)
    said = ("student", "guardian", "never-was", ines, stranger, *SAID)
    ran(*said, *AS)
    assert call(*shown).code != 0
    assert "A second system user says the same" in check_of("guardians")["detail"]
    again = call(*said, *AS)
    assert (again.code, "two people" in words(again)) == (1, True), again.text
    monkeypatch.setattr(context, "system_user", lambda: BEN)
    ran(*said, *SECOND)
    again = call(*said, *AS)
    assert (again.code, "two people said so" in words(again)) == (1, True), again.text


def test_a_roster_that_names_them_again_makes_them_no_guardian(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, "roster")
    never(monkeypatch, ines, stranger)
    told = ran("roster", "import", "roster", *AS)
    assert f"{stranger} of {ines}: this roster names them" in words(told)
    assert stranger not in ran("student", "show", ines, *AS, "--json").object()["guardians"]
    assert call("student", "opt-in", ines, "--by", stranger, "--why", "a letter", *AS).code != 0


def test_two_people_take_it_back(district: District, ines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = slips(district, "roster")
    _, second = never(monkeypatch, ines, stranger)
    stated = next(each for each in second.text.split() if each.startswith("gs-"))
    ended = ("student", "guardian", "end", stated, "--why", "she is the mother")
    assert "nothing ended yet" in words(ran(*ended, *SECOND))
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    ran(*ended, *AS)
    ran("roster", "import", "roster", *AS)
    assert stranger in ran("student", "show", ines, *AS, "--json").object()["guardians"]


def test_who_became_one_later_counts_by_the_word_of_two(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, "verified")
    never(monkeypatch, ines, stranger)
    verify = ("student", "guardian", "verify", ines, stranger, "--seen", "decree of adoption")
    assert "It counts once another user" in words(ran(*verify, *SECOND))
    ran("tag", GRADUATION, "--directory", "not_eligible", *SECOND)
    show = ("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    assert call(*show).code != 0
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))
    ran(*verify, *AS)
    ran(*show)


def test_what_two_people_stated_on_the_day_of_the_first_word_gives_no_more(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, "verified")
    monkeypatch.setattr(context, "system_user", lambda: BEN)
    ran("student", "guardian", "verify", ines, stranger, "--seen", "birth certificate", *SECOND)
    ran("tag", GRADUATION, "--directory", "not_eligible", *SECOND)
    show = ("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    ran(*show)
    ran("student", "guardian", "never-was", ines, stranger, *SAID, *AS)
    assert call(*show).code != 0


def test_what_was_stated_for_some_days_since_the_first_word_is_taken_back_after_them(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, "roster")
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    said = ("student", "guardian", "never-was", ines, stranger, *SAID)
    ran(*said, *AS)
    on_day(monkeypatch, 1)
    last = ("--until", str(TODAY + timedelta(days=1)))
    verify = ("student", "guardian", "verify", ines, stranger, "--seen", "a letter", *last)
    ran(*verify, *AS)
    monkeypatch.setattr(context, "system_user", lambda: BEN)
    ran(*verify, *SECOND)
    ran("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    on_day(monkeypatch, 3)
    ran(*said, *SECOND)
    (line,) = required(ines)
    assert "by mistake: the law did not permit it (34 CFR 99.30)" in line["why"]


def test_whom_an_order_limits_keeps_the_name_by_which_it_finds_them_again(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = slips(district, "roster")
    ran("student", "guardian", "limit", ines, stranger, "--seen", "the order", *revoking(), *AS)
    never(monkeypatch, ines, stranger)
    *others, slip = rows().splitlines()
    number, _, name = slip.split(",")
    shorter = f"{name[0]}. {name.split()[-1]}"
    Path("roster/guardians.csv").write_text("\n".join([*others, f"{number},G-7777,{shorter}", ""]), "utf-8")
    ran("roster", "import", "roster", *AS)
    again = district.guardian("G-7777")
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    show = ("view", GRADUATION, "--in-office", "--for", f"parent:{again}", "--minutes", "10", *AS)
    assert call(*show).code != 0


def test_a_request_of_theirs_is_a_strangers(district: District, ines: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = slips(district, "roster")
    came = ("--purpose", "inspection", "--received", str(TODAY), "--channel", "letter")
    request = ran("request", "add", GRADUATION, "--from", f"parent:{stranger}", *came, *AS, "--json").object()["id"]
    is_corrected(district, "roster", stranger)
    keeps = "A parent keeps the right until a court's paper ends it"
    assert keeps in words(ran("request", "show", request, *AS))
    never(monkeypatch, ines, stranger)
    assert keeps not in words(ran("request", "show", request, *AS))


def test_it_is_for_the_custodian_and_of_who_was_on_file(district: District, ines: str) -> None:
    stranger = district.guardian(HANNAH_MOTHER)
    nobody = call("student", "guardian", "never-was", ines, stranger, *SAID, *AS)
    assert (nobody.code, "nothing on file ever named" in words(nobody)) == (1, True), nobody.text
    staff = call("student", "guardian", "never-was", ines, stranger, *SAID, "--as", "media_staff:jo")
    assert (staff.code, "only the records custodian" in words(staff)) == (1, True), staff.text


def test_the_page_names_whom_it_was_and_calls_them_no_parent(
    district: District, ines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran("tag", GRADUATION, "--directory", "not_eligible", *AS)
    stranger = slips(district, "roster")
    name = rows().splitlines()[-1].split(",")[2]
    ran("view", GRADUATION, "--in-office", "--for", f"parent:{stranger}", "--minutes", "10", *AS)
    is_corrected(district, "roster", stranger)
    never(monkeypatch, ines, stranger)
    ran("ledger", "student", ines, "--page", "record.html", *AS)
    page = " ".join(Path("record.html").read_text("utf-8").split())
    assert f"omebody who was on file as a parent by mistake ({name})" in page
