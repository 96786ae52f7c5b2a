"""A protection and an opt-out cannot be told apart by anybody but the custodian: the same commands, the same words."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest
from clock import TODAY
from command_line import call
from district import GRADUATION, NOAH, District, beside, policy
from http_host import KEYS, Host, publication
from live_service import client_of, live_service

from dam_hooks import manager

PORTRAIT = "portraits/portrait-0426.jpg"
CUSTODIAN = ("--as", "custodian:records-office")
STAFF = ("--as", "media_staff:desk")
NOTICE = policy(TODAY)["directory_notice"]
# What is another one each time: ids, digests, moments, sizes.
_EACH_TIME = re.compile(
    r"\b(?:sh|rf|lk|fi|x|d|rq|a)-[0-9A-Za-z]{8,}\b|\b[0-9a-f]{12,64}\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^\s\"]*"
    r"|_hours\": [^,}]+|\"(?:seq|salt)\": \"?\w+\"?"
)
_TELLTALE = re.compile(
    r"PROTECTED|protected: |is protected|[Nn]ot to be shown|may not be shown, not in|589\.664|can be found|no consent lets"
)


def choose(district: District, student: str, *, protected: bool) -> None:
    """Import the roster: the student is protected, or opted out of everything on the day of the notice."""
    folder = district.folder / "roster"
    rows = _rows(folder / "students.csv")
    for row in rows:
        row["protected"] = "yes" if protected and row["student_id"] == student else ""
    _write(folder / "students.csv", rows)
    others = [each for each in _rows(folder / "opt_outs.csv") if each["student_id"] != student]
    mine = {**dict.fromkeys(others[0], ""), "student_id": student, "since": str(NOTICE)}
    _write(folder / "opt_outs.csv", [*others, *([] if protected else [mine])])
    assert call("roster", "import", str(folder), "--json", *CUSTODIAN).code == 0


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def read_by_staff(district: District) -> Iterator[tuple[str, str]]:
    """Yield the commands of staff after the same things happened, and what each printed."""
    noah = district.student(NOAH)

    def run(*words: str) -> tuple[str, str]:
        return " ".join(words), call(*words).text

    # The custodian's own attempts are read by staff, too.
    for who in (STAFF, CUSTODIAN):
        call("share", GRADUATION, "--to", "public:reporter-7", "--purpose", "news", "--name", noah, *who)
    call("share", PORTRAIT, "--to", "public", "--purpose", "website", "--kind", "publication", *CUSTODIAN)
    yield run("share", PORTRAIT, "--to", "public", "--purpose", "website", "--kind", "publication", *STAFF)
    yield run("share", GRADUATION, "--to", "public", "--purpose", "website", "--kind", "publication", "--json", *STAFF)
    yield run("ledger", "show")
    yield run("ledger", "show", "--kind", "opt-out", "--json")
    yield run("ledger", "show", "--kind", "protected", "--json")
    yield run("ledger", "show", "--kind", "share", "--json")
    yield run("report", "--json")
    yield run("report")
    yield run("queue", "list", "--all")
    yield run("queue", "list", "--all", "--json")
    referrals = [each["id"] for each in call("queue", "list", "--all", "--json", *CUSTODIAN).objects()]
    assert referrals
    for each in referrals:
        yield "queue show", call("queue", "show", each).text
        yield "queue show --json", call("queue", "show", each, "--json").text
        told = call("queue", "show", each, "--json").object()["case"]
        yield "explain the case that staff can read", call("explain", "-", stdin=json.dumps(told).encode()).text
    yield run("links")
    yield run("student", "find", "Begaye")
    yield run("student", "find", "Begaye", "--json")
    yield run("student", "show", noah)
    yield run("student", "show", noah, "--json", *STAFF)
    yield run("export", "yearbook", "--out", "SET.zip", *STAFF)
    beside_set = [each for each in sorted(district.folder.glob("SET*")) if each.suffix in (".json", ".csv")]
    assert beside_set
    for each in beside_set:
        yield each.name, each.read_text("utf-8")
        each.unlink()
    (district.folder / "SET.zip").unlink(missing_ok=True)
    yield from over_http(district)


def over_http(district: District) -> Iterator[tuple[str, str]]:
    with live_service(manager(services=district.services)) as address, client_of(address) as client:
        host = Host(district, client)
        yield "/v1/shares", host.share(PORTRAIT).text
        yield "/v1/explanations", host.post("/v1/explanations", "decision.explained", publication(PORTRAIT)).text
        yield (
            "/v1/explanations of a team",
            host.post("/v1/explanations", "decision.explained", publication(GRADUATION)).text,
        )
        yield "/v1/referrals", host.post("/v1/referrals", "referral.list", {"all": True}).text


def test_for_staff_a_protection_and_an_opt_out_cannot_be_told_apart(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_HTTP_KEYS", KEYS)
    read = []
    for protected in (False, True):
        at = beside(district, monkeypatch, f"one-{protected}")
        for key in (GRADUATION, PORTRAIT):
            at.upload(key)
        choose(at, NOAH, protected=protected)
        read.append([(name, _EACH_TIME.sub("…", text)) for name, text in read_by_staff(at)])
        at.services.store.close()
        at.services.library.close()
    differ = [
        "\n".join(
            (name, *unified_diff(one.splitlines(), other.splitlines(), "opt-out", "protection", lineterm="", n=0))
        )
        for (name, one), (_, other) in zip(*read, strict=True)
        if one != other
    ]
    assert not differ, "\n\n".join(differ)
    assert not [name for name, text in read[1] if _TELLTALE.search(text.replace('"protected": false', ""))]


def test_the_custodian_alone_reads_the_truth(district: District) -> None:
    for key in (GRADUATION, PORTRAIT):
        district.upload(key)
    choose(district, NOAH, protected=True)
    call("share", PORTRAIT, "--to", "public", "--purpose", "website", "--kind", "publication", *STAFF)
    for words in (("ledger", "show", "--json"), ("report", "--json"), ("report",)):
        assert "PROTECTED" in call(*words, *CUSTODIAN).out
        assert "PROTECTED" not in call(*words, *STAFF).out
        assert "PROTECTED" not in call(*words).out
    assert call("ledger", "verify").code == 0


def test_the_custodian_alone_reads_over_http_and_in_an_explanation_that_no_consent_is_asked_for(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAM_PLUGIN_HTTP_KEYS", KEYS)
    district = beside(district, monkeypatch, "served")
    district.upload(PORTRAIT)
    choose(district, NOAH, protected=True)
    hint = f"{district.student(NOAH)} is protected: ask nobody for a consent"
    read = {}
    with live_service(manager(services=district.services)) as address, client_of(address) as client:
        host = Host(district, client)
        for role in ("custodian", "media_staff"):
            asked = publication(PORTRAIT) | {"actor": {"role": role, "id": "one"}}
            shared = host.post("/v1/shares", "share.requested", asked)
            explained = host.post("/v1/explanations", "decision.explained", asked)
            read[role] = shared, explained
    shared, explained = (each.json() for each in read["custodian"])
    for notes in (shared["notes"], explained["explanation"]["notes"]):
        assert [each for each in notes if each.startswith(hint)]
    for reasons in (shared["reasons"], explained["decision"]["reasons"]):
        (remedy,) = [each["remedy"] for each in reasons if each["clause"] == "PROTECTED"]
        assert remedy.startswith("Ask nobody for a consent")
    shared, explained = (each.json() for each in read["media_staff"])
    assert (shared["notes"], explained["explanation"]["notes"]) == ([], [])
    assert not [each for each in read["media_staff"] if "sk nobody" in each.text]


def test_the_custodian_alone_reads_the_hint_at_the_command_line(district: District) -> None:
    district.upload(PORTRAIT)
    choose(district, NOAH, protected=True)
    share = ("share", PORTRAIT, "--to", "public:reporter-7", "--purpose", "news")
    hint = f"{district.student(NOAH)} is protected: ask nobody for a consent"
    referral = call(*share, *CUSTODIAN, "--json").object()
    assert [each for each in referral["notes"] if each.startswith(hint)]
    assert hint in " ".join(call(*share, *CUSTODIAN).out.split())
    assert "sk nobody" not in call(*share, *STAFF).text + call(*share, *STAFF, "--json").text


@pytest.mark.parametrize("prominence", ["focus", "incidental"])
def test_a_case_with_a_protected_student_is_explained_as_an_opt_out(prominence: str) -> None:
    case = {
        "id": "one", "at": str(TODAY),
        "district": {"directory_notice": str(NOTICE), "directory_includes_images": True},
        "asset": {"id": "a1", "tagging": "complete", "directory_status": "eligible", "redactable": True,
                  "appearances": [{"student": "s1", "prominence": prominence, "located": True},
                                  {"student": "s2", "prominence": "focus", "located": True}]},
        "students": [{"id": "s1", "guardians": ["p1"], "protected": True}, {"id": "s2", "guardians": ["p2"]}],
        "share": {"kind": "publication", "purpose": "website", "actor": {"role": "media_staff"},
                  "recipient": {"role": "public"}},
    }  # fmt: skip
    told = json.dumps(case).encode()
    for form in ((), ("--json",), ("--markdown",)):
        for_staff = call("explain", "-", *form, stdin=told)
        assert for_staff.code == 0
        assert not _TELLTALE.search(re.sub(r'"?protected"?: false', "", for_staff.out)), form
        full = " ".join(call("explain", "-", *form, *CUSTODIAN, stdin=told).out.split())
        assert _TELLTALE.search(full), form
        assert ("s1 is protected: ask nobody for a consent" in full, "ask nobody" in for_staff.out) == (True, False), (
            form
        )
    assert call("explain", "-", "--json", stdin=told).object()["reasons"][0]["clause"] == "EX4-OPTOUT"
