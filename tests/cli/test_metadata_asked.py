"""No copy has the metadata of its file: log and letter say so with the provision, and whoever asks for them is told why."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from district import CROWD, GRADUATION, HANNAH, HANNAH_MOTHER, PORTRAIT, District

from dam_plugin.cli import context
from dam_plugin.store import SystemUser

ADA = ("--as", "custodian:ada")
LEFT_OUT = "What a file keeps about itself, such as names, places and the device, is left out of every copy."
SE_QUITA = "Lo que un archivo guarda sobre sí mismo, como nombres, lugares y el aparato, se quita de toda copia."
LAW = "34 CFR 99.3; RSMo 610.024; RSMo 610.021(14)"
OF_FAMILY = "34 CFR 99.12(a); RSMo 610.024; RSMo 610.021(14)"
ORIGINAL = ("--format", "the original file with its metadata")


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "system_user", lambda: SystemUser("1000", "ada"))


def answered(to: str, purpose: str, *words: str, key: str = CROWD) -> str:
    """Enter a request for a recording, and answer it with a copy in which nobody is hidden; return its number."""
    came = ("--received", str(TODAY), "--channel", "email")
    made = call("request", "add", key, "--from", to, "--purpose", purpose, *came, *words, *ADA, "--json")
    request = str(made.object()["id"])
    given = call("share", key, "--to", to, "--purpose", purpose, "--request", request, *ADA, "--json").object()
    assert given["outcome"] == "allow", given
    return request


def closes(request: str, outcome: str, *more: str) -> Called:
    return call("request", "close", request, "--outcome", outcome, "--why", "sent", *more, *ADA)


def log(request: str) -> Any:
    return call("request", "log", request, "--exemptions", "--json").object()


def letter(request: str, *more: str, kind: str = "redacted-release") -> str:
    written = call("letter", "preview", kind, "--request", request, *more, "--json")
    assert written.code == 0, written.text
    return " ".join(written.object()["text"].split())


def test_the_log_says_what_every_copy_leaves_out_and_by_which_provision(district: District) -> None:
    district.upload(CROWD)
    request = answered("public:gazette", "news")
    assert f"{LEFT_OUT} It can tell which" in call("request", "log", request, "--exemptions").out
    assert (log(request)["metadata"]["provision"], log(request)["metadata_asked"]) == (LAW, False)
    *_, last = csv.reader(io.StringIO(call("request", "log", request, "--exemptions", "--csv").out))
    assert (last[0], last[2], LAW in last[5]) == ("every copy", "metadata", True)
    assert closes(request, "granted").code == 0


def test_of_a_request_that_got_nothing_nothing_is_said_of_copies(district: District) -> None:
    came = ("--received", str(TODAY), "--channel", "email")
    words = ("--described", "the game", "--from", "public:gazette", "--purpose", "news")
    request = call("request", "add", *words, *came, *ADA, "--json").object()["id"]
    assert log(request)["metadata"] is None


@pytest.mark.parametrize("words", [ORIGINAL, ("--format", "con los metadatos"), ("--format", "JPEG and its EXIF data")])
def test_whoever_asks_for_the_metadata_is_granted_a_part(district: District, words: tuple[str, ...]) -> None:
    district.upload(CROWD)
    request = answered("public:gazette", "news", *words)
    refused = closes(request, "granted")
    assert (refused.code, "close it as 'partly'" in refused.err) == (1, True)
    assert closes(request, "partly").code == 0
    assert f"Withheld by: {LAW}" in call("request", "show", request).out
    assert call("request", "reasons", request, *ADA).code == 0
    text = letter(request)
    assert (f"{LEFT_OUT} It can tell" in text, f"The law does not let us give it out: {LAW}." in text) == (True, True)
    assert "We can give you a part of what you asked for." in text
    assert (SE_QUITA in (spanish := letter(request, "--lang", "es")), LAW in spanish) == (True, True)


@pytest.mark.parametrize(
    "words", ["MP4 without metadata", "a JPEG with no EXIF", "sin los metadatos", "a copy on a disk"]
)
def test_who_asks_for_no_metadata_is_granted_all(district: District, words: str) -> None:
    district.upload(CROWD)
    assert closes(answered("public:gazette", "news", "--format", words), "granted").code == 0


def test_a_family_is_told_the_rule_that_protects_the_others(district: District) -> None:
    district.upload(PORTRAIT)
    request = answered(f"parent:{district.guardian(HANNAH_MOTHER)}", "inspection", *ORIGINAL, key=PORTRAIT)
    assert closes(request, "granted").code == 1
    assert closes(request, "partly").code == 0
    assert OF_FAMILY in letter(request)


def test_what_is_withheld_by_a_typed_provision_alone_has_its_letter(district: District) -> None:
    district.upload(CROWD)
    request = answered("public:gazette", "news")
    refused = call("letter", "preview", "redacted-release", "--request", request)
    assert (refused.code, "it was answered 'allow'" in refused.err) == (1, True)
    words = ("letter", "write", "redacted-release", "--request", request, "--provision", "34 CFR 99.30", *ADA, "--json")
    close = call(*words).object()["next"]
    assert ("--outcome partly" in close, "--provision '34 CFR 99.30'" in close) == (True, True)
    assert closes(request, "partly", "--provision", "34 CFR 99.30").code == 0
    assert call("request", "reasons", request, *ADA).code == 0
    assert f"request reasons {request} --given" in call(*words).object()["next"]
    assert "The law does not let us give it out: 34 CFR 99.30; RSMo 610.021(14)." in letter(request)
    assert call("letter", "preview", "denial", "--request", request).code == 1


def test_who_names_a_student_reads_one_sentence_and_no_more(district: District) -> None:
    district.upload(GRADUATION)
    request = answered("public:gazette", "news", "--student", district.student(HANNAH), *ORIGINAL, key=GRADUATION)
    told = log(request)
    assert (told["metadata"], told["metadata_asked"]) == (None, False)
    assert LEFT_OUT not in call("request", "log", request, "--exemptions").out
    assert LEFT_OUT in call("request", "log", request, "--exemptions", "--for-office", *ADA).out
