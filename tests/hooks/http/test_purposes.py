"""A family's no to one purpose, and the words that a host or staff may type for it: through every entry point."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from command_line import Called, call
from district import CUSTODIAN, HANNAH, HANNAH_MOTHER, MEDIA_STAFF, PORTRAIT, PUBLIC, TEAM, District
from http_host import Host, publication

from dam_plugin.custodian import choices
from dam_plugin.errors import InputError
from dam_plugin.gate.open_link import open_link
from dam_plugin.model import Consent, OptOut, Outcome, Share
from dam_plugin.people.roster import RosterImport
from dam_plugin.procedure.purposes import STARTER_PACK
from dam_plugin.procedure.switches import BUILT_IN
from dam_plugin.sharing.gather_case import CaseGatherer
from dam_plugin.store.seals import CONSENTS, SHARES, STUDENTS, Kind

# What is said with an opt-in and with a consent, which nobody but the custodian or a designee records.
IN_WRITING = ("--why", "a letter of the mother's", "--as", "custodian:records-office")
PROVEN = ("--proof", "folder 7", "--as", "custodian:records-office")
WEBSITE = ["website", "Web Site", "WEBSITE ", "homepage", "p\u00e1gina web", "web_page", "blog"]
SOCIAL = ["social media", "facebook", "FaceBook page", "redes-sociales", "X", "tiktok"]
NEARLY = {
    "webiste": "'webiste' is not a purpose of this district; did you mean 'website'?",
    "flurb": "is not a purpose of this district; `dam-plugin purposes` lists them",
    "our website and facebook": "names 2 purposes, 'website' and 'social media': name one at a time",
    "internet": "'internet' is no single purpose",
}


def opted_out_of(district: District, *purposes: str) -> str:
    """Let the sample's opted-out student be opted out of these purposes alone, as staff type them; return who that is."""
    student = district.student(HANNAH)
    assert call("student", "opt-in", student, *IN_WRITING).code == 0
    options = [option for each in purposes for option in ("--purpose", each)]
    assert call("student", "opt-out", student, *options).code == 0
    return student


def on_file(district: District, kind: Kind, row_id: str, statement: str, *values: Any) -> None:
    """Write what an older version kept, into a row or what is sealed with it: it was sealed as it stood."""
    with district.services.store.writing() as unit:
        unit.seals.before(kind, [row_id])
        unit._session.connection().exec_driver_sql(statement, values)


def shared(key: str, purpose: str) -> Called:
    return call("share", key, "--to", "public", "--purpose", purpose, "--kind", "publication", "--json")


def decided(ended: Called) -> tuple[str, list[Any]]:
    told = ended.object()
    return told["outcome"], [(each["clause"], each["students"]) for each in told["reasons"]]


@pytest.mark.parametrize("filed", ["website", "P\u00e1gina Web", "blog"])
def test_a_no_to_the_website_is_one_by_every_word_for_it_on_the_command_line(district: District, filed: str) -> None:
    student = opted_out_of(district, filed)
    assert call("student", "show", student, "--json").object()["opt_outs"][-1]["purposes"] == ["website"]
    for key in (PORTRAIT, TEAM):
        district.upload(key)
        found = {typed: decided(shared(key, typed)) for typed in WEBSITE}
        assert set(map(str, found.values())) == {str(found["website"])}
        assert found["website"][0] == {PORTRAIT: "deny", TEAM: "redact"}[key]
        assert decided(shared(key, "news"))[0] == "allow"


def test_a_no_to_the_website_is_one_by_every_word_for_it_over_http(host: Host) -> None:
    opted_out_of(host.district, "website")
    host.district.upload(PORTRAIT)
    host.district.upload(TEAM)
    for typed in WEBSITE:
        assert host.share(PORTRAIT, {"purpose": typed}).status_code == 403
        answer = host.share(TEAM, {"purpose": typed})
        assert (answer.status_code, answer.json()["outcome"]) == (201, "redact")
        told = host.post("/v1/explanations", "decision.explained", publication(PORTRAIT) | {"purpose": typed})
        assert told.json()["decision"]["outcome"] == "deny"
    assert host.share(PORTRAIT, {"purpose": "press"}).status_code == 201


def test_facebook_meets_the_no_to_social_media(host: Host) -> None:
    opted_out_of(host.district, "social media")
    host.district.upload(PORTRAIT)
    for typed in SOCIAL:
        assert shared(PORTRAIT, typed).code == 3
        assert host.share(PORTRAIT, {"purpose": typed}).status_code == 403
    assert shared(PORTRAIT, "website").code == 0


@pytest.mark.parametrize(("typed", "sentence"), NEARLY.items(), ids=NEARLY)
def test_another_word_is_refused_at_every_entry_point(host: Host, typed: str, sentence: str) -> None:
    district = host.district
    district.upload(PORTRAIT)
    student, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    signed = ("--signed-by", mother, "--signed-on", "2026-01-05", "--party", "public")
    for arguments in (
        ("share", PORTRAIT, "--to", "public", "--purpose", typed),
        ("student", "opt-out", student, "--purpose", typed),
        ("student", "opt-in", student, "--purpose", typed, *IN_WRITING),
        ("consent", "add", student, "--purpose", typed, *signed, *PROVEN),
    ):
        ended = call(*arguments)
        assert (ended.code, ended.out) == (1, ""), arguments
        assert sentence in ended.err, arguments
    for answer in (
        host.share(PORTRAIT, {"purpose": typed}),
        host.post("/v1/explanations", "decision.explained", publication(PORTRAIT) | {"purpose": typed}),
    ):
        assert answer.status_code == 422
        assert sentence in answer.json()["detail"]
    request = Share("", PORTRAIT, "publication", typed, MEDIA_STAFF, PUBLIC)
    with pytest.raises(InputError, match="purpose"):
        district.pm.hook.share_requested(share=request)


def test_a_part_of_a_purpose_neither_permits_nor_ends_all_of_it(district: District) -> None:
    student = opted_out_of(district, "facebook")
    signed = ("--signed-by", district.guardian(HANNAH_MOTHER), "--signed-on", "2026-01-05", "--party", "public")
    for arguments in (
        ("student", "opt-in", student, "--purpose", "facebook", *IN_WRITING),
        ("consent", "add", student, "--purpose", "facebook", *signed, *PROVEN),
    ):
        ended = call(*arguments)
        assert ended.code == 1
        assert "'facebook' is only a part of the purpose 'social media'" in ended.err
    assert call("student", "opt-in", student, "--purpose", "redes sociales", *IN_WRITING).code == 0


def roster_of(district: District, opt_outs: str = "", consents: str = "") -> str:
    folder = district.folder / "roster"
    folder.mkdir(exist_ok=True)
    with district.services.store.reading() as unit:
        names = {each.roster_id: each.names[0] for each in unit.people.students()}
    rows = "".join(f"{number},{name},\n" for number, name in names.items())
    (folder / "students.csv").write_text("student_id,given_name,family_name\n" + rows, "utf-8")
    (folder / "opt_outs.csv").write_text("student_id,since,ended,purposes\n" + opt_outs, "utf-8")
    (folder / "consents.csv").write_text(
        "student_id,signed_by,signed_on,signature,purpose,parties,revoked_on\n" + consents, "utf-8"
    )
    return "roster"


@pytest.mark.parametrize("typed", [*WEBSITE, "p\u00e1gina-web"])
def test_a_roster_tells_opt_outs_and_consents_by_any_word(district: District, typed: str) -> None:
    opted_out_of(district, "yearbook")
    signed = f"{HANNAH},G-2171,2026-01-05,ink,{typed.replace('blog', 'website')},public,\n"
    folder = roster_of(district, f"{HANNAH},2026-01-05,,news; {typed}\n", signed)
    assert call("roster", "import", folder, "--confirm").code == 0
    shown = call("student", "show", district.student(HANNAH), "--json").object()
    assert ["news", "website"] in [each["purposes"] for each in shown["opt_outs"]]
    assert [each["purpose"] for each in shown["consents"]] == ["website"]
    again = call("roster", "import", folder, "--confirm", "--json").object()
    assert (again["opt_outs"], again["consents"]) == (0, 0)


def test_a_roster_with_another_word_is_refused_with_its_line_and_without_the_word(district: District) -> None:
    folder = roster_of(
        district, f"{HANNAH},2026-01-05,,webiste\n", f"{HANNAH},G-2171,2026-01-05,ink,facebook,public,\n"
    )
    refused = call("roster", "import", folder)
    assert refused.code == 1
    assert (
        "opt_outs.csv:2: has in purposes what is not a purpose of this district; did you mean 'website'?" in refused.err
    )
    assert "consents.csv:2: has in purpose what is only a part of the purpose 'social media'" in refused.err
    assert "webiste" not in refused.err
    assert call("roster", "import", folder, "--dry-run").code == 1
    alone = call("consent", "import", "roster/consents.csv")
    assert (alone.code, "consents.csv:2: has in purpose what is only a part" in alone.err) == (1, True)


def test_a_program_imports_by_the_districts_words_or_not_at_all(district: District) -> None:
    with district.services.store.reading() as unit:
        known = unit.people.students()
    out = OptOut(district.services.now().date(), purposes=("Sitio Web", "homepage"))
    told = tuple(replace(each, opt_outs=(out,) if each.roster_id == HANNAH else ()) for each in known)
    choices.import_roster(district.services, RosterImport(told), CUSTODIAN)
    with district.services.store.reading() as unit:
        kept = unit.people.need(district.student(HANNAH)).opt_outs
    assert {each.purposes for each in kept} == {None, ("website",)}
    wrong = tuple(replace(each, opt_outs=(replace(out, purposes=("flurb",)),)) for each in known)
    with pytest.raises(InputError, match="is not a purpose of this district"):
        choices.import_roster(district.services, RosterImport(wrong), CUSTODIAN)
    signed = Consent(district.student(HANNAH), "G-1", out.since, "ink", purpose="flurb", parties=("public",))
    for import_ in (
        lambda: choices.import_consents(district.services, (signed,), (None,), CUSTODIAN),
        lambda: choices.add_consent(district.services, signed, "on paper", CUSTODIAN),
    ):
        with pytest.raises(InputError, match="is not a purpose of this district"):
            import_()


# What is on file from before


def test_an_opt_out_on_file_under_another_word_counts_for_its_purpose(district: District) -> None:
    student = opted_out_of(district, "website")
    district.upload(PORTRAIT)
    on_file(
        district,
        STUDENTS,
        student,
        "UPDATE opt_outs SET purposes = ? WHERE ended IS NULL AND student_id = ?",
        '["Web  Site"]',
        student,
    )
    assert shared(PORTRAIT, "homepage").code == 3
    assert shared(PORTRAIT, "news").code == 0
    assert call("doctor", "--json").objects()
    assert purposes_checked()["state"] == "ok"
    assert call("student", "opt-in", student, "--purpose", "website", *IN_WRITING).code == 0
    assert shared(PORTRAIT, "homepage").code == 0


def test_an_opt_out_on_file_under_an_unknown_word_counts_for_every_purpose_and_doctor_tells(district: District) -> None:
    student = opted_out_of(district, "website")
    district.upload(PORTRAIT)
    on_file(
        district,
        STUDENTS,
        student,
        "UPDATE opt_outs SET purposes = ? WHERE ended IS NULL AND student_id = ?",
        '["flurb"]',
        student,
    )
    for purpose in ("website", "news", "marketing"):
        assert shared(PORTRAIT, purpose).code == 3
    told = purposes_checked()
    assert told["state"] == "warning"
    assert (
        f"1 opt-out(s) in force have a purpose that the district's list does not know, and count for every purpose ({student})"
        in (told["detail"])
    )
    assert "flurb" not in told["detail"]


def test_a_consent_on_file_under_an_unknown_word_permits_nothing_and_doctor_tells(district: District) -> None:
    student, mother = district.student(HANNAH), district.guardian(HANNAH_MOTHER)
    district.upload(PORTRAIT)
    signed = ("--signed-by", mother, "--signed-on", "2026-01-05", "--party", "public")
    consent = call("consent", "add", student, "--purpose", "Home page", *signed, *PROVEN, "--json").object()["consent"]
    assert shared(PORTRAIT, "website").code == 0
    with sqlite3.connect(district.folder / "dam-plugin.sqlite3") as database:
        [(kept,)] = database.execute("SELECT consent FROM consents WHERE id = ?", (consent,))
    changed = json.dumps(json.loads(kept) | {"purpose": "flurb"})
    on_file(district, CONSENTS, consent, "UPDATE consents SET consent = ? WHERE id = ?", changed, consent)
    assert shared(PORTRAIT, "website").code == 3
    told = purposes_checked()
    assert told["state"] == "warning"
    assert (
        f"1 consent(s) have a purpose that the list does not know, or only a part of one, and permit nothing ({student})"
        in (told["detail"])
    )
    assert call("consent", "revoke", consent).code == 0
    assert purposes_checked()["state"] == "ok"


def test_a_consent_on_file_under_another_word_is_revoked_by_an_import(district: District) -> None:
    student = district.student(HANNAH)
    day = district.services.now().date() - timedelta(days=30)
    kept = Consent(student, district.guardian(HANNAH_MOTHER), day, "ink", purpose="Home Page", parties=("public",))
    with district.services.store.writing() as unit:
        ids = [
            unit.people.add_consent(replace(kept, purpose=each), None, district.services.now())
            for each in ("Home Page", "website")
        ]
    revoked = replace(kept, purpose="sitio web", revoked_on=day + timedelta(days=1))
    choices.import_consents(district.services, (revoked,), (None,), CUSTODIAN)
    with district.services.store.reading() as unit:
        on_record = dict(unit.people.consents([student]))
    assert set(on_record) == set(ids)
    assert all(each.revoked_on == day + timedelta(days=1) for each in on_record.values())


def test_an_open_link_for_another_spelling_is_decided_again_by_the_word(district: District) -> None:
    student = opted_out_of(district, "yearbook")
    district.upload(PORTRAIT)
    for written in ("Web Site", "flurb"):
        answer = district.share(PORTRAIT)
        assert answer.link is not None
        assert answer.token is not None
        on_file(
            district,
            SHARES,
            answer.share.id,
            "UPDATE shares SET share = json_set(share, '$.purpose', ?) WHERE id = ?",
            written,
            answer.share.id,
        )
        if written == "flurb":
            # Which word an older version let it be shared for, nobody knows now: it meets each no.
            assert open_link(district.services, answer.token).decision.outcome is Outcome.DENY
            continue
        assert open_link(district.services, answer.token).url
        assert len(call("student", "opt-out", student, "--purpose", "homepage", "--json").object()["closed"]) == 1
        assert open_link(district.services, answer.token).url is None
        assert call("student", "opt-in", student, "--purpose", "website", *IN_WRITING).code == 0


def test_an_emergency_waits_for_no_word(host: Host) -> None:
    host.district.upload(PORTRAIT)
    emergency = {"emergency": {"threat": "a gas leak", "recipient_needs_it": True}}
    police = {"kind": "request", "recipient": {"role": "law_enforcement", "id": "pd"}, "evidence": emergency}
    answer = host.share(PORTRAIT, {**police, "purpose": "flurb"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("each", STARTER_PACK.purposes, ids=[each.name for each in STARTER_PACK.purposes])
def test_every_word_of_every_purpose_finds_the_opt_out(district: District, each: Any) -> None:
    student = opted_out_of(district, each.words[-1])
    stored = district.upload(PORTRAIT)
    with district.services.store.reading() as unit:
        gathering = CaseGatherer(unit, district.services.settings, district.services.now().date(), rulings=BUILT_IN)
        for word in each.words:
            request = Share("sh-1", PORTRAIT, "publication", word.upper(), MEDIA_STAFF, PUBLIC)
            case = gathering.case(stored.asset, stored.tagging, request)
            [out] = [one.opted_out for one in case.students if one.id == student]
            assert out is not None
            assert out.purposes == (each.name,) == (case.share.purpose,)


def test_a_districts_own_list_stands_at_every_entry_point(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_PURPOSES", '{"starter_pack": false, "falcon wire": ["el cable"]}')
    opted_out_of(district, "Falcon Wire")
    district.upload(PORTRAIT)
    assert shared(PORTRAIT, "el cable").code == 3
    refused = shared(PORTRAIT, "website")
    assert (refused.code, "is not a purpose of this district" in refused.err) == (1, True)
    assert [each["name"] for each in call("purposes", "--json").object()["purposes"]] == [
        "falcon wire", "yearbook", "emergency",
    ]  # fmt: skip


def test_the_list_is_shown_as_a_table_as_json_and_as_settings(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "redes sociales" in call("purposes").out
    listed = call("purposes", "--json").object()["purposes"]
    assert {"name", "synonyms", "parts", "who", "ours"} == set(listed[0])
    (district.folder / "dam-plugin.toml").write_text(call("purposes", "--toml").out, "utf-8")
    assert call("purposes", "--json").object()["purposes"] == listed


def purposes_checked() -> dict[str, Any]:
    return next(each for each in call("doctor", "--json").objects() if each["check"] == "purposes")
