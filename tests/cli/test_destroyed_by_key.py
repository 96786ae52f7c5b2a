"""A family asks by key or folder, and a recording of these was destroyed while it waited: nothing that is said hides it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call, said
from destroyed_while_asked import AS, CLOSINGS, LAW, RULES, a_day_later, closed, days_later, deleted, destroyed, letter
from district import HANNAH, HANNAH_MOTHER, PORTRAIT, TEAM, District
from use_cases import looked

FOLDER = TEAM.partition("/")[0] + "/"
WAYS = {"key": (TEAM, PORTRAIT), "folder": (FOLDER, PORTRAIT), "glob": (f"{FOLDER}*", PORTRAIT)}
OWNS = "so it should not have been destroyed"


@pytest.fixture
def with_rules(district: District, monkeypatch: pytest.MonkeyPatch) -> District:
    Path("retention.toml").write_text(RULES, "utf-8")
    monkeypatch.setenv("DAM_PLUGIN_RETENTION", "retention.toml")
    for key in (TEAM, PORTRAIT):
        district.upload(key)
    return district


def asked(district: District, *names: str, who: str = "", purpose: str = "inspection", days: int = 0) -> str:
    """Enter a request that names recordings, of the mother or of `who`; return its number."""
    asker = who or f"parent:{district.guardian(HANNAH_MOTHER)}"
    came = ("--received", str(TODAY + timedelta(days=days)), "--channel", "letter", "--purpose", purpose)
    made = call("request", "add", *names, "--from", asker, *came, *AS, "--json")
    assert made.code == 0, made.text
    return str(made.object()["id"])


def withdrawn(request: str) -> None:
    assert call("request", "withdraw", request, "--why", "a caller withdrew by telephone", *AS).code == 0


def reopened(request: str, *more: str) -> None:
    assert call("request", "reopen", request, "--why", "she never withdrew it", *more, *AS).code == 0


def given(district: District, request: str, key: str = PORTRAIT) -> None:
    """Share a recording with the mother in answer to her request, and let her open it."""
    mother = f"parent:{district.guardian(HANNAH_MOTHER)}"
    share = call("share", key, "--to", mother, "--purpose", "inspection", "--request", request, *AS, "--json")
    assert share.code == 0, share.text
    assert call("open", share.object()["token"]).code == 0


def destroyed_while_closed(monkeypatch: pytest.MonkeyPatch, request: str, *again: str) -> str:
    """Withdraw a request by mistake, destroy on another day, open it again on a third; return the id in the log."""
    days_later(monkeypatch, 1)
    withdrawn(request)
    days_later(monkeypatch, 2)
    done = destroyed()
    days_later(monkeypatch, 3)
    reopened(request, *again)
    return done


def none_left(district: District, *outcome: str) -> tuple[str, ...]:
    """Return what is said beside an outcome that says nothing of the other recording, which the library has."""
    is_none = outcome[0] in ("no-such-record", "referred-elsewhere")
    return ("--not-about", district.services.pseudonyms.outside(PORTRAIT)) if is_none else ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("outcome", CLOSINGS)
def test_what_a_request_names_and_was_destroyed_while_it_was_pending_is_not_passed_over(
    with_rules: District, monkeypatch: pytest.MonkeyPatch, outcome: str, way: str
) -> None:
    request = asked(with_rules, *WAYS[way])
    if outcome in ("granted", "partly"):
        given(with_rules, request)
    done = destroyed_while_closed(monkeypatch, request)
    shown = said(call("request", "show", request, *AS))
    assert (
        f"Destroyed on {TODAY + timedelta(days=2)} by the schedule ({done})" in shown,
        "it was pending" in shown,
    ) == (
        True,
        True,
    )
    assert [each["in_request"] for each in call("request", "show", request, "--json").object()["destroyed"]] == [True]
    more = none_left(with_rules, outcome)
    refused = closed(request, outcome, *more)
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, True), refused.text
    ended = closed(request, outcome, *more, why=f"told of {done}")
    assert ended.code == 0, ended.text


@pytest.mark.parametrize("kind", ["no-such-record", "denial", "redacted-release"])
def test_the_letter_tells_what_was_destroyed_of_what_a_request_names(
    with_rules: District, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    request = asked(with_rules, TEAM, PORTRAIT)
    if kind == "redacted-release":
        given(with_rules, request)
    done = destroyed_while_closed(monkeypatch, request)
    more = none_left(with_rules, kind) if kind == "no-such-record" else ()
    cited = ("--provision", "34 CFR 99.4") if kind == "denial" else ()
    written = letter(request, "en", *more, *cited, kind=kind)
    assert ("It was destroyed on" in written, OWNS in written, "schedule" in written) == (True, True, False), written
    assert "no such recording" not in written
    assert "no se debió destruir" in letter(request, "es", *more, *cited, kind=kind)
    after = said(call("letter", "write", kind, "--request", request, *more, *cited, *AS))
    assert f"; {done}'" in after, after


def test_what_is_named_by_key_in_words_is_named_by_its_id_too_before_a_closing_passes(with_rules: District) -> None:
    done = destroyed()
    mother = f"parent:{with_rules.guardian(HANNAH_MOTHER)}"
    came = ("--received", str(TODAY - timedelta(days=3)), "--channel", "letter", "--purpose", "inspection")

    def in_words(text: str) -> str:
        return str(call("request", "add", "--described", text, "--from", mother, *came, *AS, "--json").object()["id"])

    of_child = ("--not-about", with_rules.services.pseudonyms.outside(PORTRAIT))
    request = in_words(f"the picture {TEAM}")
    refused = closed(request, "denied", *of_child)
    assert (refused.code, done in said(refused)) == (1, True), refused.text
    assert closed(in_words(f"the recording of {done}"), "denied", *of_child).code == 0


def test_what_was_destroyed_before_anew_or_after_the_answer_is_no_matter_of_the_request(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ("--asked-again", str(TODAY + timedelta(days=3)))
    request = asked(with_rules, TEAM, PORTRAIT)
    destroyed_while_closed(monkeypatch, request, *again)
    assert "it was pending" not in said(call("request", "show", request, *AS))
    more = none_left(with_rules, "no-such-record")
    assert closed(request, "no-such-record", *more).code == 0
    assert "as our records schedule says: the district's own schedule." in letter(request)


def test_what_was_given_before_it_was_destroyed_is_passed_over(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(with_rules, TEAM, PORTRAIT)
    for key in (TEAM, PORTRAIT):
        given(with_rules, request, key)
    destroyed_while_closed(monkeypatch, request)
    assert "it was pending" not in said(call("request", "show", request, *AS))
    assert closed(request, "granted").code == 0


def test_a_newer_file_under_the_key_is_not_what_was_destroyed(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """She is given the newer file; the older one, for which she asked, was destroyed."""
    request = asked(with_rules, TEAM)
    portrait = with_rules.services.library.read(PORTRAIT, limit=10**8)
    done = destroyed_while_closed(monkeypatch, request)
    with_rules.upload(TEAM, portrait)
    looked(with_rules, TEAM, HANNAH)
    given(with_rules, request, TEAM)
    refused = closed(request, "granted")
    assert (refused.code, done in said(refused)) == (1, True), refused.text
    assert closed(request, "granted", why=f"told of {done}").code == 0


def test_of_an_older_file_that_was_destroyed_before_the_request_nothing_is_said(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    destroyed()
    with_rules.upload(TEAM, b"another file")
    a_day_later(monkeypatch)
    request = asked(with_rules, TEAM, days=1)
    assert call("request", "show", request, "--json").object()["destroyed"] == []


def test_what_was_moved_before_it_was_destroyed_is_what_the_request_names(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, body = f"{FOLDER}archive/moved.jpg", with_rules.services.library.read(TEAM, limit=10**8)
    request = asked(with_rules, TEAM)
    days_later(monkeypatch, 1)
    withdrawn(request)
    with_rules.upload(moved, body)
    deleted(with_rules)
    days_later(monkeypatch, 2)
    done = destroyed(moved)
    days_later(monkeypatch, 3)
    reopened(request)
    for outcome in CLOSINGS:
        refused = closed(request, outcome)
        assert (refused.code, done in said(refused)) == (1, True), refused.text
    assert "It was destroyed on" in letter(request)
    assert closed(request, "no-such-record", why=f"told of {done}").code == 0


def test_what_the_office_knows_not_to_be_meant_is_left_out(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(with_rules, FOLDER, PORTRAIT)
    given(with_rules, request)
    done = destroyed_while_closed(monkeypatch, request)
    wrong = closed(request, "granted", "--not-about", "ds-00000000")
    assert "ds-00000000 destroyed nothing that showed a student" in said(wrong)
    assert closed(request, "granted", "--not-about", done).code == 0


def test_what_was_confidential_is_told_by_no_letter_before_the_attorney_has_said_so(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(with_rules, TEAM)
    assert call("custodian", "close", TEAM, "--law", "RSMo 210.150", "--why", "a report", *AS).code == 0
    done = destroyed_while_closed(monkeypatch, request)
    refused = call("letter", "write", "no-such-record", "--request", request, *AS)
    assert (refused.code, f"{done} destroyed on" in said(refused), "attorney" in said(refused)) == (1, True, True)
    assert closed(request, "no-such-record", why=f"the attorney agreed; {done}").code == 0
    assert "It was destroyed on" in letter(request)


def test_the_public_is_told_without_the_law_of_families(with_rules: District, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(with_rules, TEAM, who="public:eye", purpose="news")
    done = destroyed_while_closed(monkeypatch, request)
    refused = closed(request, "no-such-record")
    assert (refused.code, done in said(refused), LAW in said(refused)) == (1, True, False), refused.text
    written = letter(request)
    assert ("It was destroyed on" in written, OWNS in written) == (True, False)


def test_a_stranger_who_asks_by_name_is_told_of_nothing_that_was_destroyed(
    with_rules: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(with_rules, TEAM, "--student", with_rules.student(HANNAH), who="public:eye", purpose="news")
    done = destroyed_while_closed(monkeypatch, request)
    refused = closed(request, "denied")
    assert (refused.code, done in said(refused), "tell nobody else of it" in said(refused)) == (1, True, True)
    assert closed(request, "denied", why=f"destroyed; {done}").code == 0
    assert "destroyed" not in letter(request, kind="denial")
