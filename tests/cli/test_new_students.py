"""A student who enrolled after the annual notice counts as opted out until the family was told and its time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from clock import TODAY, on_day
from command_line import call
from district import PRIYA, District
from new_students import AS, fresh_district, imported

PICTURE = "portraits/portrait-0422.jpg"
MOTHER = "G-2451"
DAYS = 14
LAST = TODAY + timedelta(days=DAYS)
NOTICE = TODAY - timedelta(days=90)
WHY = ("--why", "the form in the office")


@pytest.fixture
def grown(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    """A district whose second roster has Priya, and its first did not."""
    found = fresh_district(district, monkeypatch)
    imported(found, without=[PRIYA])
    imported(found)
    found.upload(PICTURE)
    return found


def published(purpose: str = "website") -> tuple[str, list[str]]:
    told = call("share", PICTURE, "--to", "public", "--purpose", purpose, "--kind", "publication", "--json").object()
    return told["outcome"], [each["clause"] for each in told["reasons"]]


def ran(*words: str) -> str:
    ended = call(*words)
    assert ended.code == 0, ended.text
    return " ".join(ended.text.split())


def shown(district: District) -> str:
    return ran("student", "show", district.student(PRIYA), *AS)


def test_a_new_student_is_not_published_until_the_day_after_the_last_one_to_answer(
    grown: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, clauses = published()
    assert outcome in ("refer", "deny")
    assert "EX4-WINDOW" in clauses
    on_day(monkeypatch, DAYS)
    assert published()[0] == outcome
    on_day(monkeypatch, DAYS + 1)
    assert published() == ("allow", ["EX4"])


def test_everybody_of_the_first_import_has_the_districts_window(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fresh_district(district, monkeypatch)
    imported(found)
    found.upload(PICTURE)
    assert published() == ("allow", ["EX4"])
    assert "Counts as opted out" not in shown(found)


def test_who_is_missing_from_one_roster_and_back_in_the_next_had_the_notice(district: District) -> None:
    imported(district, "--confirm", without=[PRIYA])
    imported(district)
    district.upload(PICTURE)
    assert published() == ("allow", ["EX4"])


def test_who_was_away_on_the_day_of_the_notice_has_not_had_it(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(district, "--confirm", without=[PRIYA])
    on_day(monkeypatch, 20)
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE", str(TODAY + timedelta(days=10)))
    monkeypatch.delenv("DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS")
    imported(district)
    district.upload(PICTURE)
    assert "EX4-WINDOW" in published()[1]
    assert f"through {TODAY + timedelta(days=20 + DAYS)}" in shown(district)


def test_a_student_under_another_number_is_no_new_student(district: District) -> None:
    imported(district, "--confirm", numbers={PRIYA: "9104245"})
    waits = ran("student", "show", district.student(PRIYA), *AS)
    assert "Counts as opted out" not in waits


def test_a_new_student_under_another_number_is_still_one(grown: District, monkeypatch: pytest.MonkeyPatch) -> None:
    on_day(monkeypatch, 5)
    imported(grown, "--confirm", numbers={PRIYA: "9104245"})
    waits = ran("student", "show", grown.student(PRIYA), *AS)
    assert f"Counts as opted out through {LAST}" in waits


def test_a_new_student_whose_row_changes_or_who_is_missing_for_a_while_stays_one(
    grown: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(grown)
    on_day(monkeypatch, 3)
    imported(grown, "--confirm", without=[PRIYA])
    on_day(monkeypatch, 4)
    imported(grown)
    assert f"Counts as opted out through {LAST}" in shown(grown)


def test_the_setting_in_lets_a_new_student_be_shown(grown: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__UNANSWERED", "in")
    assert published() == ("allow", ["EX4"])
    assert "Counts as opted out" not in shown(grown)


def test_the_days_are_a_setting(grown: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__UNANSWERED_DAYS", "30")
    assert f"through {TODAY + timedelta(days=30)}" in shown(grown)


def test_a_family_that_has_answered_waits_no_longer(grown: District) -> None:
    told = ran("student", "answered", grown.student(PRIYA), *WHY, *AS)
    assert "may be in the yearbook, and shown as directory information for every other purpose" in told
    assert published() == ("allow", ["EX4"])


def test_an_answer_that_was_another_childs_is_taken_back(grown: District, monkeypatch: pytest.MonkeyPatch) -> None:
    priya = grown.student(PRIYA)
    never = ("student", "answered", priya, "--never", "--why", "her cousin's form")
    assert "no answer of the family" in " ".join(call(*never, *AS).err.split())
    ran("student", "answered", priya, *WHY, *AS)
    assert published() == ("allow", ["EX4"])
    on_day(monkeypatch, 1)
    told = ran(*never, *AS)
    assert "1 link(s) closed" in told
    assert "1 recording(s) that show" in told
    assert "EX4-WINDOW" in published()[1]
    assert call(*never, "--as", "media_staff:jo").code == 1
    assert call(*never, *AS, "--on", str(TODAY)).code == 2


def test_a_family_that_answered_and_refused_one_purpose_is_shown_for_the_others(grown: District) -> None:
    ran("student", "opt-out", grown.student(PRIYA), "--purpose", "website")
    assert "EX4-OPTOUT" in published()[1]
    assert "EX4-WINDOW" in published("news")[1]
    ran("student", "answered", grown.student(PRIYA), *WHY, *AS)
    assert "EX4-OPTOUT" in published()[1]
    assert published("news") == ("allow", ["EX4"])


def test_the_time_runs_from_the_day_on_which_the_family_was_given_the_notice(
    grown: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_day(monkeypatch, DAYS + 1)
    made = call("share", PICTURE, "--to", "public", "--purpose", "website", "--kind", "publication", "--json").object()
    assert made["outcome"] == "allow"
    told = call("student", "notified", grown.student(PRIYA), *WHY, *AS, "--json").object()
    # The link that was right until it was known that the family had not been told closes.
    assert len(told["closed"]) == 1
    assert "through " + str(TODAY + timedelta(days=2 * DAYS + 1)) in told["choices"]
    assert "EX4-WINDOW" in published()[1]


def test_all_who_wait_can_be_said_to_have_had_the_annual_notice(grown: District) -> None:
    told = ran("roster", "notified", "--on", str(NOTICE), *WHY, *AS)
    assert "0 student(s) still count as opted out" in told
    assert published() == ("allow", ["EX4"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--why", "a call"), "only the records custodian or a designee", id="by media staff"),
        pytest.param(("--why", " ", *AS), "say what was seen", id="without a ground"),
        pytest.param((*WHY, "--on", str(TODAY + timedelta(days=1)), *AS), "is not between", id="tomorrow"),
        pytest.param((*WHY, "--on", str(NOTICE - timedelta(days=1)), *AS), "is not between", id="before the notice"),
    ],
)
@pytest.mark.parametrize("what", ["answered", "notified"])
def test_what_cannot_be_so_is_refused(grown: District, what: str, words: tuple[str, ...], said: str) -> None:
    ended = call("student", what, grown.student(PRIYA), *words)
    assert ended.code != 0
    assert said in " ".join(ended.text.split())
    assert "Counts as opted out" in shown(grown)


def test_a_written_consent_shows_a_new_student(grown: District) -> None:
    signed = ("--signed-by", grown.guardian(MOTHER), "--signed-on", str(TODAY), "--proof", "binder 4")
    ran("consent", "add", grown.student(PRIYA), "--purpose", "website", "--party", "public", *signed, *AS)
    assert published() == ("allow", ["EX3"])


def test_an_import_says_how_many_wait_and_what_ends_it(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fresh_district(district, monkeypatch)
    assert "came after the notice" not in imported(found, without=[PRIYA]).text
    rehearsed = " ".join(imported(found, "--dry-run", "--names").text.split())
    done = " ".join(imported(found).text.split())
    for told in (rehearsed, done):
        assert f"1 student(s) came after the notice of {NOTICE}" in told
        assert "`dam-plugin student answered`" in told
    assert f"through {LAST}: the family is new since the notice, and may still answer it" in rehearsed


@pytest.mark.parametrize(
    ("answer", "outcome"), [("y", "allow"), ("n", "deny"), ("", "deny")], ids=["permitted", "opted out", "blank"]
)
def test_an_answer_in_a_column_counts_at_once_and_a_blank_is_none(
    district: District, monkeypatch: pytest.MonkeyPatch, answer: str, outcome: str
) -> None:
    found = fresh_district(district, monkeypatch)
    mapping = found.folder / "mapping.yaml"
    mapping.write_text(
        "opt_outs:\n  file: answers.csv\n  student_id: ID\n  not_listed: permitted\n  columns:\n"
        "    - {column: Media, opted_out: [n], permitted: [y], blank: permitted}\n",
        encoding="utf-8",
    )
    (found.folder / "roster" / "opt_outs.csv").unlink()
    answers = found.folder / "answers.csv"
    answers.write_text("ID,Media\n104203,y\n", encoding="utf-8")
    imported(found, "--mapping", str(mapping), without=[PRIYA])
    answers.write_text(f"ID,Media\n104203,y\n{PRIYA},{answer}\n", encoding="utf-8")
    imported(found, "--mapping", str(mapping))
    found.upload(PICTURE)
    assert published()[0] == outcome
    imported(found, "--mapping", str(mapping))
    assert published()[0] == outcome


def test_a_link_opens_by_the_state_of_the_day_on_which_it_is_opened(
    grown: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__UNANSWERED", "in")
    made = call("share", PICTURE, "--to", "public", "--purpose", "website", "--kind", "publication", "--json").object()

    def opens() -> bool:
        return call("open", made["token"], "--json").object()["outcome"] == "allow"

    assert opens()
    monkeypatch.delenv("DAM_PLUGIN_DISTRICT__UNANSWERED")
    assert not opens()
    # As by an opt-out, it is closed for good; what is shared anew opens.
    on_day(monkeypatch, DAYS + 1)
    assert not opens()
    assert published() == ("allow", ["EX4"])


def test_a_link_from_before_a_student_was_away_on_the_day_of_the_notice_closes_when_they_are_back(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    district.upload(PICTURE)
    made = call("share", PICTURE, "--to", "public", "--purpose", "website", "--kind", "publication", "--json").object()
    imported(district, "--confirm", without=[PRIYA])
    on_day(monkeypatch, 20)
    monkeypatch.setenv("DAM_PLUGIN_DISTRICT__DIRECTORY_NOTICE", str(TODAY + timedelta(days=10)))
    monkeypatch.delenv("DAM_PLUGIN_DISTRICT__OPT_OUT_WINDOW_ENDS")
    assert "closed links: 1" in imported(district).text
    assert call("open", made["token"], "--json").object()["outcome"] != "allow"
