"""`export` and what belongs to it: what each command says in words and as JSON, its exit code, and what is refused."""

from __future__ import annotations

import base64
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from clock import TODAY
from command_line import Called, call
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from district import CALEB, CUSTODIAN, EXPORT_KEY, HANNAH, INES, THERESA, District
from jpeg_samples import encode, picture
from made_files import bag, mwg, packet, xmp_segment
from rich.progress import Progress
from use_cases import entries
from yearbook_exports import files_on_record, names_of, put, put_candid, put_portrait, read_back
from yearbook_plans import rename, seen

from dam_plugin.cli.yearbook_sets import Rate
from dam_plugin.custodian import choices
from dam_plugin.model import OptOut
from dam_plugin.yearbook.profiles import load
from dam_plugin.yearbook.targets import FileDraft
from dam_tagging.facts import About

DANCE = About(events=("Spring Dance",), taken="2026:03:04")
FOR_NOBODY = ("export", "yearbook", "--out", "SET.zip", "--redact", "allow", "--size", "80x100")
ALL = (*FOR_NOBODY, "--to", "heron-press")
CUSTODIANS = ("--as", "custodian:records-office")


@pytest.fixture
def filled(district: District) -> District:
    """Two portraits that may go in and one that may not; a candid as it is, and one that hides Hannah."""
    for each in (THERESA, INES, HANNAH):
        put_portrait(district, each)
    put_candid(district, "events/dance/alone.jpg", CALEB, about=DANCE)
    put_candid(district, "events/dance/both.jpg", INES, HANNAH, about=DANCE)
    return district


def succeeds(*arguments: str, **more: Any) -> Called:
    ended = call(*arguments, **more)
    assert ended.code == 0, ended
    return ended


def fails(*arguments: str, code: int = 1) -> str:
    """The one sentence of a command that fails."""
    ended = call(*arguments)
    assert ended.code == code, ended
    if code == 1:
        assert ended.out == ""
        (sentence,) = ended.err.splitlines()
        return sentence.removeprefix("dam-plugin: ")
    return " ".join(ended.text.replace("│", " ").split())


def opts_out(district: District, roster_id: str) -> None:
    choices.opt_out(district.services, district.student(roster_id), OptOut(TODAY), CUSTODIAN)


def made(*options: str) -> dict[str, Any]:
    """Make a set, and return what it is."""
    told: dict[str, Any] = succeeds(*ALL, *options, "--json").object()
    return told


# yearbook


def test_a_set_is_told_with_what_it_holds_and_what_stayed_out(filled: District) -> None:
    ended = succeeds(*ALL)
    assert "SET.zip: 2 portrait(s), 2 candid(s), of which 1 hide somebody; 1 left out" in ended.out
    assert "EX4-OPTOUT" in ended.out
    assert "SET.exclusions.json (for your eyes alone)" in ended.text
    assert "dam-plugin export recheck SET.zip --lock" in ended.out
    assert not any(name in ended.text for name in names_of(filled, [THERESA, INES, HANNAH, CALEB]))
    read_back(filled).verified(filled)


def test_a_set_as_json_says_everything(filled: District) -> None:
    told = made()
    counts = {name: told[name] for name in ("portraits", "candids", "redacted", "left_out", "reused", "state")}
    assert counts == {
        "portraits": 2, "candids": 2, "redacted": 1, "left_out": 1, "reused": 0, "state": "made",
    }  # fmt: skip
    assert told["set"].startswith("x-")
    assert (told["day"], told["set_file"], told["exclusions"]) == (TODAY.isoformat(), "SET.zip", "SET.exclusions.json")
    assert told["manifest"] == read_back(filled).verified(filled).manifest_sha256
    assert told["altered"] == []
    assert Path(told["asks"]).is_file()
    assert told["bytes"] == Path("SET.zip").stat().st_size


def test_the_list_of_what_stayed_out_is_the_owners_alone_and_names_nobody(filled: District) -> None:
    made()
    path, table = Path("SET.exclusions.json"), Path("SET.exclusions.csv")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(table.stat().st_mode) == 0o600
    assert not any(name in table.read_text() for name in names_of(filled, [HANNAH]))
    told = json.loads(path.read_text())
    # A key may hold a name, as that of a portrait does.
    assert [(each["source"], each["students"]) for each in told["left_out"]] == [(None, [filled.student(HANNAH)])]
    assert not any(name in path.read_text() for name in names_of(filled, [HANNAH]))


def test_names_are_written_for_the_custodian_alone(filled: District) -> None:
    assert "add --as custodian:ID" in fails(*ALL, "--names", code=2)
    assert not Path("SET.zip").exists()
    assert "for the custodian's eyes: it has names" in succeeds(*ALL, "--names", *CUSTODIANS).out
    assert "Hannah Lindqvist" in Path("SET.exclusions.json").read_text()
    assert "Hannah Lindqvist" in Path("SET.exclusions.csv").read_text()


def test_without_redaction_allowed_no_redacted_copy_is_in_it(filled: District) -> None:
    told = succeeds("export", "yearbook", "--out", "SET.zip", "--json").object()
    assert (told["candids"], told["redacted"], told["left_out"]) == (1, 0, 2)


def test_a_query_of_event_day_and_grade_is_taken(filled: District) -> None:
    put_candid(filled, "events/dance/early.jpg", CALEB, about=About(events=("Spring Dance",), taken="2026:01:04"))
    told = made("--event", "spring-dance", "--since", "2026-03-01", "--grade", "10", "--grade", "KG")
    assert (told["portraits"], told["candids"]) == (0, 2)


@pytest.mark.parametrize("publisher", ["pspa", "plain", "picaboo", "treering"])
def test_a_set_is_made_for_each_publisher(filled: District, publisher: str) -> None:
    told = succeeds(*FOR_NOBODY, "--publisher", publisher, "--json").object()
    assert told["portraits"] == 2
    found = read_back(filled).verified(filled)
    assert (found.publisher, found.recipient) == (publisher, publisher)


def test_a_set_is_made_by_a_profile_of_ones_own(filled: District) -> None:
    shipped = Path(load.__code__.co_filename).parent / "profiles" / "pspa.toml"
    Path("own.toml").write_text(shipped.read_text().replace('name = "pspa"', 'name = "own-press"'))
    made("--publisher", "own.toml", "--to", "acme-yearbooks", "--volume", "RIVER", "--size", "320x400")
    found = read_back(filled).verified(filled)
    assert (found.publisher, found.recipient) == ("own-press", "acme-yearbooks")
    assert read_back(filled).portraits[0] == "RIVER/IMAGES/P0000001.JPG"
    sheet = succeeds("export", "sheet", "SET.zip", "--out", "sheet.html", "--publisher", "own.toml")
    assert "sheet.html" in sheet.out
    assert "--publisher" not in sheet.out
    assert "add --publisher FILE.toml" in succeeds("export", "sheet", "SET.zip", "--out", "sheet.html").out
    assert "name not shown" in Path("sheet.html").read_text()


def test_what_an_encoding_cannot_hold_is_told(filled: District) -> None:
    rename(filled, filled.student(INES), given="Łucja", family="Đặng", names=("Łucja Đặng",))
    ended = succeeds(*ALL, "--encoding", "cp1252")
    assert re.search(r"In 1 place\(s\): Last Name: .*spelled", ended.text)
    assert "Łucja" not in ended.text
    told = json.loads(Path("SET.exclusions.json").read_text())["written_otherwise"]
    assert any(each["what"].startswith("Last Name") and each["rows"] == 1 for each in told)
    assert b"\tDang\tLucja\t" in read_back(filled).files["YEARBOOK/INDEX.TXT"]


def test_a_set_is_made_anew_and_its_copies_are_used_again(filled: District) -> None:
    made()
    Path("SET.zip").unlink()
    assert made()["reused"] == 3


def test_a_set_that_is_printed_from_at_once_is_locked(filled: District) -> None:
    ended = succeeds(*ALL, "--lock")
    assert "Locked, and the disclosure to heron-press recorded for 4 file(s)." in ended.out
    assert succeeds("export", "sets", "--json").object()["state"] == "locked"


def test_a_set_that_was_altered_before_it_is_locked_is_not_locked(
    filled: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = FileDraft.commit

    def altered(draft: FileDraft) -> None:
        commit(draft)
        data = bytearray(Path("SET.zip").read_bytes())
        # In the first picture.
        data[300] ^= 1
        Path("SET.zip").write_bytes(data)

    monkeypatch.setattr(FileDraft, "commit", altered)
    assert "this is not the set as it was signed" in fails(*ALL, "--lock")
    assert succeeds("export", "sets", "--json").object()["state"] == "made"
    assert not [each for each, _ in entries(filled.services, "share")]


def test_progress_is_shown_in_a_terminal_and_nowhere_else(filled: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    # What the console of this process was made for is no terminal.
    monkeypatch.setattr("rich._console", None)
    ended = succeeds(*ALL, terminal=True)
    assert "\x1b[?25l" in ended.out
    assert "copying" in ended.out
    Path("SET.zip").unlink()
    assert "\x1b[?25l" not in succeeds(*ALL, "--json", terminal=True).out


def test_progress_has_how_many_pictures_a_second_are_done() -> None:
    now = 0.0
    bar = Progress(Rate(), get_time=lambda: now, disable=True)
    task = bar.add_task("copying", total=20_000)
    assert Rate().render(bar.tasks[0]).plain == ""
    for done in (25, 50, 75):
        now += 2
        bar.update(task, completed=done)
    assert Rate().render(bar.tasks[0]).plain == "12.5/s"


def test_a_set_goes_straight_into_the_bucket(filled: District) -> None:
    where = f"s3://{filled.services.library.bucket}/exports/fall.zip"
    told = succeeds("export", "yearbook", "--out", where, "--json").object()
    # Keys of two folders may end alike: the list has the set's id.
    assert (told["set_file"], told["exclusions"]) == (where, f"fall-{told['set']}.exclusions.json")
    assert Path(told["exclusions"]).exists()
    key = succeeds("export", "key", "--json").object()["public"]
    assert succeeds("export", "verify", where, "--key", key, "--json").object()["set_id"] == told["set"]
    assert succeeds("export", "recheck", where).code == 0
    assert "choose another key" in fails("export", "yearbook", "--out", where)
    assert not list(filled.folder.glob("*.zip*"))


def test_a_set_may_be_left_to_the_worker_and_its_omissions_written_after_it(filled: District) -> None:
    where = f"s3://{filled.services.library.bucket}/exports/fall.zip"
    left = (
        "export",
        "yearbook",
        "--out",
        where,
        "--redact",
        "allow",
        "--size",
        "80x100",
        "--to",
        "heron-press",
        "--detach",
    )
    job = succeeds(*left, "--json").object()
    assert (job["kind"], job["state"]) == ("yearbook set", "waiting")
    again = succeeds(*left)
    assert again.err == f"note: {job['id']} makes this set already\n"
    done = succeeds("jobs", "resume", str(job["id"]), "--json").object()
    assert done["result"] == {"portraits": 2, "candids": 2, "redacted": 1, "left_out": 1}
    (made_set,) = succeeds("export", "sets", "--json").objects()
    written = succeeds("export", "omissions", str(made_set["set"]), "--json").object()
    assert written["exclusions"] == f"fall-{made_set['set']}.exclusions.json"
    told = json.loads(Path(str(written["exclusions"])).read_text())
    assert [each["students"] for each in told["left_out"]] == [[filled.student(HANNAH)]]
    assert "EX4-OPTOUT" in succeeds("export", "omissions", str(made_set["set"])).out
    assert "--names is for the custodian" in fails("export", "omissions", str(made_set["set"]), "--names", code=2)
    for refused in ("--lock", "--names"):
        assert "leaves the set to the worker" in fails(*left, refused, code=2)
    assert "the worker may be on another machine" in fails(*ALL, "--detach")


def test_a_set_into_which_nothing_may_go_is_an_error_that_leaves_the_reasons(district: District) -> None:
    put_portrait(district, HANNAH)
    ended = call(*ALL)
    assert ended.code == 1
    assert "nothing of what was asked for may go into a set" in ended.err
    assert "EX4-OPTOUT" in ended.out
    assert not list(district.folder.glob("SET.zip*"))
    assert len(json.loads(Path("SET.exclusions.json").read_text())["left_out"]) == 1
    assert "the list of what was left out says why" in fails(*ALL, "--json")


def test_a_library_without_pictures_makes_no_set(district: District) -> None:
    assert "the library has no picture" in fails(*ALL, "--json")


@pytest.mark.parametrize("query", [("--event", "nosuch"), ("--grade", "twelfth"), ("--since", "2099-01-01")], ids=str)
def test_a_query_that_means_no_picture_leaves_no_set_and_no_list(filled: District, query: tuple[str, str]) -> None:
    before = set(filled.folder.iterdir())
    assert "check --event, --since and --grade" in fails(*ALL, *query)
    assert set(filled.folder.iterdir()) == before
    assert "none" in succeeds("export", "sets").out
    succeeds(*ALL)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--redact", "maybe"), "neither allow nor never"),
        (("--size", "640"), "write it as 640x800"),
        (("--size", "10x10"), "64 to 4096"),
        (("--size", "9999x640"), "64 to 4096"),
        (("--since", "last week"), "write it as YYYY-MM-DD"),
        (("--event", " "), "must not be blank"),
        (("--to", ""), "must not be blank"),
        (("--encoding", "utf-16"), "neither utf-8 nor cp1252"),
        (("--resume", "--anew"), "one of the two"),
        (("--as", "janitor:joe"), "no role here"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_an_option_that_cannot_be_is_a_usage_error(district: District, options: tuple[str, ...], told: str) -> None:
    assert told in fails(*ALL, *options, code=2)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--publisher", "picabo"), "did you mean 'picaboo'"),
        (("--publisher", "nowhere.toml"), "cannot be read"),
        (("--volume", "../up"), "the volume is a folder's name"),
        (("--volume", "candids"), "not 'candids'"),
        (("--to", "public"), "needs an id such as a publisher's name"),
        (("--to", "pspa", "--lock"), "say with --to who prints it"),
        (("--to", "lindqvist HANNAH"), "called as a student is"),
        (("--to", "for Hannah Lindqvist"), "called as a student is"),
        (("--to", "S-7H3K9QWERTY2"), "called as a student is"),
        (("--to", HANNAH), "called as a student is"),
        (("--out", "SET.tar"), "ends with .zip"),
        (("--out", "nowhere/SET.zip"), "is no folder"),
        (("--out", "s3://another/exports/a.zip"), "the plugin's own bucket alone"),
        (("--resume",), "leave --resume out"),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)
def test_an_order_that_cannot_be_is_told_in_one_sentence(filled: District, options: tuple[str, ...], told: str) -> None:
    assert told in fails(*ALL, *options)
    assert not list(filled.folder.glob("*.zip*"))


def test_every_mistake_of_a_profile_is_told_as_the_profiles(district: District) -> None:
    Path("own.toml").write_text('name = "A B"\ntitle = 3\n')
    ended = call(*ALL, "--publisher", "own.toml")
    assert ended.code == 1
    assert ended.err.startswith("dam-plugin: 13 problems in the profile:\n")


def test_a_set_that_is_there_is_not_written_over(filled: District) -> None:
    made()
    assert "a set is never overwritten" in fails(*ALL)
    assert "a set is never overwritten" in fails(*ALL, "--anew")


def test_without_a_key_it_says_how_to_get_one(filled: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAM_PLUGIN_EXPORT_KEY")
    assert "DAM_PLUGIN_EXPORT_KEY" in fails(*ALL)
    assert "DAM_PLUGIN_EXPORT_KEY" in fails("export", "key")


# sets, key, show


def test_sets_are_listed_with_where_they_are_and_whom_they_went_to(filled: District) -> None:
    assert "none" in succeeds("export", "sets").out
    told = made("--lock")
    (row,) = succeeds("export", "sets", "--json").objects()
    assert (row["set"], row["state"], row["to"], row["handed_to"]) == (
        told["set"],
        "locked",
        "heron-press",
        ["heron-press"],
    )
    assert row["where"] == str(filled.folder / "SET.zip")
    shown = succeeds("export", "sets").out
    assert told["set"] in shown
    assert "locked" in shown


def test_the_key_is_printed_as_pem_and_in_short(district: District) -> None:
    assert succeeds("export", "key").out.startswith("-----BEGIN PUBLIC KEY-----\n")
    told = succeeds("export", "key", "--json").object()
    assert (len(told["public"]), len(told["key"])) == (44, 16)
    assert told["pem"].strip() == succeeds("export", "key").out.strip()
    assert EXPORT_KEY not in succeeds("export", "key", "--json").out


def test_a_digest_of_the_manifest_is_told_to_the_district(filled: District) -> None:
    made()
    files = {each["path"]: each for each in read_back(filled).manifest["files"]}
    redacted = next(each for each in files.values() if each["redacted"])
    told = succeeds("export", "show", redacted["decision"], "--json").object()
    assert told["source"] == "events/dance/both.jpg"
    assert told["decision"]["redact"] == [filled.student(HANNAH)]
    assert [each["path"] for each in told["files"]] == [redacted["path"]]
    shown = succeeds("export", "show", redacted["decision"]).out
    assert "redact on" in shown
    assert filled.student(HANNAH) in shown
    assert "hidden" in shown


def test_a_digest_of_the_exclusion_report_and_the_one_of_a_manifest_are_told_alike(filled: District) -> None:
    told = made()
    (file, *_) = files_on_record(filled, told["set"])
    assert file.decision != file.digest
    both = [succeeds("export", "show", each or "", "--json").object() for each in (file.decision, file.digest)]
    assert both[0] == {**both[1], "digest": file.decision}
    # The one of a manifest stands in that set alone.
    Path("SET.zip").rename("first.zip")
    made()
    for each, sets in ((file.decision, 1), (file.digest, 2)):
        assert len(succeeds("export", "show", each or "", "--json").object()["files"]) == sets


def test_a_digest_that_stands_for_what_could_not_be_decided_is_told_too(filled: District) -> None:
    put_candid(filled, "events/unknown.jpg", about=DANCE)
    put(filled, "events/nobody.jpg", seen("S-NOBODYATALL0"), about=DANCE)
    made()
    left = json.loads(Path("SET.exclusions.json").read_text())["left_out"]
    digest = next(each["decision"] for each in left if each["source"] == "events/nobody.jpg")
    assert succeeds("export", "show", digest, "--json").object()["source"] == "events/nobody.jpg"
    assert "events/nobody.jpg" in succeeds("export", "show", digest).out


@pytest.mark.parametrize("digest", ["d-none", "", "x" * 5000, "'; --"], ids=["unknown", "empty", "long", "quoted"])
def test_a_digest_that_nobody_gave_is_told(district: District, digest: str) -> None:
    assert "no decision has this digest" in fails("export", "show", digest)


# verify


@pytest.fixture
def public(district: District) -> str:
    """The district's public key as a file."""
    Path("public.pem").write_text(succeeds("export", "key").out)
    return "public.pem"


def test_a_set_is_verified_by_a_key_as_file_or_in_short(filled: District, public: str) -> None:
    told = made()
    short = succeeds("export", "key", "--json").object()["public"]
    for key in (public, short):
        ended = succeeds("export", "verify", "SET.zip", "--key", key)
        assert "It is, byte for byte, what was signed." in ended.text
        assert told["set"] in ended.text
        found = succeeds("export", "verify", "SET.zip", "--key", key, "--json").object()
        assert (found["verified"], found["files"], found["redacted"]) == (True, 9, 1)


def test_a_set_is_verified_without_any_settings(
    filled: District, public: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made()
    elsewhere = tmp_path / "at-the-publisher"
    elsewhere.mkdir()
    for name in ("SET.zip", public):
        (elsewhere / name).write_bytes(Path(name).read_bytes())
    monkeypatch.chdir(elsewhere)
    for name in filled.variables:
        monkeypatch.delenv(name)
    succeeds("export", "verify", "SET.zip", "--key", public)


def test_a_set_of_another_key_is_not_verified(filled: District, public: str) -> None:
    made()
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    told = fails("export", "verify", "SET.zip", "--key", base64.b64encode(other).decode())
    assert told.startswith("this is not the set as it was signed")
    assert fails("export", "verify", "SET.zip", "--key", base64.b64encode(other).decode(), "--json") == told


@pytest.mark.parametrize("at", [40, 3000, -40], ids=["beginning", "middle", "directory"])
def test_a_set_in_which_one_bit_changed_is_not_verified(filled: District, public: str, at: int) -> None:
    made()
    data = bytearray(Path("SET.zip").read_bytes())
    data[at] ^= 1
    Path("SET.zip").write_bytes(data)
    assert "this is not the set as it was signed" in fails("export", "verify", "SET.zip", "--key", public)
    assert "this is not the set as it was signed" in fails("export", "recheck", "SET.zip")


def test_a_private_key_is_refused_and_not_repeated(filled: District) -> None:
    made()
    secret = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path("private.pem").write_bytes(secret)
    told = fails("export", "verify", "SET.zip", "--key", "private.pem")
    assert "this is a private key" in told
    assert secret.splitlines()[1].decode() not in told


@pytest.mark.parametrize("command", ["verify", "recheck", "sheet", "handover"])
@pytest.mark.parametrize("what", ["nothing", "a folder", "no archive", "an empty file"])
def test_what_is_no_set_is_told(district: District, public: str, command: str, what: str) -> None:
    path = Path("SET.zip")
    if what == "a folder":
        path.mkdir()
    elif what != "nothing":
        path.write_bytes(b"" if what == "an empty file" else b"PK\3\4 and so on" * 20)
    more = {"verify": ("--key", public), "sheet": ("--out", "x.html"), "handover": ("--to", "x")}.get(command, ())
    fails("export", command, "SET.zip", *more)
    assert not Path("x.html").exists()


# recheck, handover, recall: what a set is verified by is the key on record


def page_list(district: District) -> str:
    """The publisher's list: each file on a page of its own, the last on none."""
    pictures = list(read_back(district).pictures)
    lines = [f"{number},{path}" for number, path in enumerate(pictures[:-1], 10)]
    Path("pages.csv").write_text("page,file\n" + "\n".join(lines) + "\n")
    return "pages.csv"


def test_a_set_that_nothing_changed_may_be_printed(filled: District) -> None:
    told = made()
    ended = succeeds("export", "recheck", "SET.zip")
    assert "Every file may be printed as it is." in ended.text
    found = succeeds("export", "recheck", "SET.zip", "--json").object()
    assert (found["set"], found["files"], found["may_be_printed"], found["stops"]) == (told["set"], 4, True, [])


def test_what_may_not_be_printed_is_told_by_page_and_exits_3(filled: District) -> None:
    made()
    opts_out(filled, THERESA)
    pages = page_list(filled)
    ended = call("export", "recheck", "SET.zip", "--pages", pages)
    assert ended.code == 3
    assert "May not be printed" in ended.text
    assert filled.student(THERESA) in ended.text
    assert "1 file(s) of the set are on no page of the list." in ended.text
    found = call("export", "recheck", "SET.zip", "--pages", pages, "--json")
    assert found.code == 3
    (stop,) = found.object()["stops"]
    assert stop["pages"] == ["11"]
    assert stop["students"] == [filled.student(THERESA)]
    assert found.object()["off_pages"] == ["candids/c0000002.jpg"]


def test_a_list_of_pages_that_names_other_files_exits_3_and_locks_nothing(filled: District) -> None:
    made()
    Path("pages.csv").write_text("page,file\n3,candids/c9999999.jpg\n")
    ended = call("export", "recheck", "SET.zip", "--pages", "pages.csv", "--lock")
    assert ended.code == 3
    assert "names no file of the set" in ended.text
    assert "Nothing was locked: correct the list of pages, then run it again." in ended.text
    assert succeeds("export", "sets", "--json").object()["state"] == "made"
    assert "no file" in fails("export", "recheck", "SET.zip", "--pages", "nowhere.csv")


def test_a_set_that_nothing_stops_is_locked_for_whom_it_goes_to(filled: District) -> None:
    made()
    ended = succeeds("export", "recheck", "SET.zip", "--lock", "--to", "acme-yearbooks", "--pages", page_list(filled))
    assert "Locked, and the disclosure to acme-yearbooks recorded for 4 file(s)." in ended.text
    (row,) = succeeds("export", "sets", "--json").objects()
    assert (row["state"], row["handed_to"]) == ("locked", ["acme-yearbooks"])
    assert "lock" in fails("export", "recheck", "SET.zip", "--lock")


def test_a_set_that_something_stops_is_not_locked(filled: District) -> None:
    made()
    opts_out(filled, THERESA)
    ended = call("export", "recheck", "SET.zip", "--lock")
    assert ended.code == 3
    assert "Nothing was locked: make the set again" in ended.text
    told = call("export", "recheck", "SET.zip", "--lock", "--json")
    assert (told.code, told.object()["locked_for"]) == (3, None)
    assert succeeds("export", "sets", "--json").object()["state"] == "made"


def test_a_set_that_was_made_for_a_form_is_locked_for_who_prints_it(filled: District) -> None:
    ended = succeeds(*FOR_NOBODY)
    assert "recheck SET.zip --lock --to ID" in ended.out
    assert "say with --to who prints it" in fails("export", "recheck", "SET.zip", "--lock")
    assert succeeds("export", "sets", "--json").object()["state"] == "made"
    succeeds("export", "recheck", "SET.zip", "--lock", "--to", "heron-press")


def test_a_set_is_handed_to_no_student(filled: District) -> None:
    made()
    for command in (("recheck", "SET.zip", "--lock"), ("handover", "SET.zip")):
        told = fails("export", *command, "--to", "Hannah Lindqvist")
        assert "called as a student is" in told
        assert "Hannah" not in told


def test_a_recipient_is_given_only_with_a_lock(filled: District) -> None:
    made()
    assert "add --lock" in fails("export", "recheck", "SET.zip", "--to", "x", code=2)


def test_an_earlier_making_of_a_place_is_still_its_own_set(filled: District) -> None:
    made()
    Path("SET.zip").rename("old.zip")
    made()
    succeeds("export", "recheck", "old.zip")
    assert len(succeeds("export", "sets", "--json").objects()) == 2


def test_a_set_that_another_database_knows_is_told(filled: District) -> None:
    told = made()
    with filled.services.store.writing() as unit:
        unit.exports.drop(told["set"])
    assert "set" in fails("export", "recheck", "SET.zip")


def test_a_locked_set_is_handed_over_to_others(filled: District) -> None:
    made()
    assert "lock it first" in fails("export", "handover", "SET.zip", "--to", "the-printer")
    succeeds("export", "recheck", "SET.zip", "--lock")
    ended = succeeds("export", "handover", "SET.zip", "--to", "the-printer")
    assert "went to the-printer" in ended.out
    told = succeeds("export", "handover", "SET.zip", "--to", "the-binder", "--json").object()
    assert (told["to"], told["files"]) == ("the-binder", 4)
    opts_out(filled, THERESA)
    ended = call("export", "handover", "SET.zip", "--to", "another")
    assert ended.code == 3
    assert "May not be printed" in ended.text
    assert call("export", "handover", "SET.zip", "--to", "another", "--json").code == 3


@pytest.mark.parametrize("key", ["another", "none"])
def test_a_set_is_rechecked_locked_handed_over_and_shown_by_the_key_that_signed_it(
    filled: District, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    made()
    old = succeeds("export", "key", "--json").object()
    if key == "none":
        monkeypatch.delenv("DAM_PLUGIN_EXPORT_KEY")
    else:
        monkeypatch.setenv("DAM_PLUGIN_EXPORT_KEY", base64.b64encode(b"another key of thirty-two bytes!").decode())
        assert succeeds("export", "key", "--json").object()["key"] != old["key"]
    succeeds("export", "recheck", "SET.zip")
    succeeds("export", "sheet", "SET.zip", "--out", "sheet.html")
    succeeds("export", "recheck", "SET.zip", "--lock")
    succeeds("export", "handover", "SET.zip", "--to", "the-printer")
    succeeds("export", "verify", "SET.zip", "--key", old["public"])
    told = {details["done"]: details["key"] for _, details in entries(filled.services, "export")}
    assert told == dict.fromkeys(("made", "locked", "handed over"), old["key"])


def test_a_set_of_a_key_that_never_signed_it_is_refused_whatever_it_says(filled: District) -> None:
    told = made()
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with filled.services.store.writing() as unit:
        unit.exports.change_set(told["set"], key=base64.b64encode(other).decode())
    for command in (("recheck", "SET.zip"), ("sheet", "SET.zip", "--out", "sheet.html")):
        assert "this is not the set as it was signed" in fails("export", *command)
    assert not Path("sheet.html").exists()


def test_what_a_family_chose_after_the_lock_is_recalled(filled: District) -> None:
    told = made()
    succeeds("export", "recheck", "SET.zip", "--lock", "--pages", page_list(filled))
    assert "none" in succeeds("export", "recall").out
    opts_out(filled, THERESA)
    ended = succeeds("export", "recall", told["set"], "--out", "recall.csv")
    assert filled.student(THERESA) in ended.text
    assert "recall.csv: 1 file(s) to take back" in ended.text
    (line,) = succeeds("export", "recall", "--json").objects()
    assert (line["set"], line["standing"], line["pages"]) == (told["set"], "recall", ["11"])
    assert line["since"] == TODAY.isoformat()
    assert [each["to"] for each in line["handed"]] == ["heron-press"]
    listed = Path("recall.csv").read_text()
    assert line["path"] in listed
    assert filled.student(THERESA) not in listed


def test_a_list_to_recall_is_written_for_one_of_several_who_got_the_set(filled: District) -> None:
    made("--lock")
    succeeds("export", "handover", "SET.zip", "--to", "the-printer")
    assert "nobody has" in fails("export", "recall", "--out", "recall.csv", "--to", "heron-press")
    opts_out(filled, THERESA)
    assert "say with --to for whom it is" in fails("export", "recall", "--out", "recall.csv")
    assert "those who have are heron-press, the-printer" in fails(
        "export", "recall", "--out", "recall.csv", "--to", "the-binder"
    )
    assert not Path("recall.csv").exists()
    assert "add --out" in fails("export", "recall", "--to", "heron-press", code=2)
    for to in ("heron-press", "the-printer"):
        assert "1 file(s) to take back" in succeeds("export", "recall", "--out", f"{to}.csv", "--to", to).out
        assert "heron" not in Path(f"{to}.csv").read_text()
        assert "printer" not in Path(f"{to}.csv").read_text()


def test_where_a_student_is_printed_is_told(filled: District) -> None:
    made("--lock")
    (line,) = succeeds("export", "recall", "--student", filled.student(CALEB), "--json").objects()
    assert line["standing"] == "still allowed"


@pytest.mark.parametrize("arguments", [("x-none",), ("--student", "S-NONE")], ids=str)
def test_whom_or_what_nobody_knows_is_not_recalled(district: District, arguments: tuple[str, ...]) -> None:
    fails("export", "recall", *arguments)


def test_a_set_that_is_not_locked_has_nothing_to_recall(filled: District) -> None:
    assert "recheck it instead" in fails("export", "recall", made()["set"])


# sheet


def test_a_contact_sheet_is_the_owners_and_one_page(filled: District) -> None:
    told = made()
    ended = succeeds("export", "sheet", "SET.zip", "--out", "sheet.html")
    assert f"the contact sheet of {told['set']}" in ended.text
    assert stat.S_IMODE(Path("sheet.html").stat().st_mode) == 0o600
    found = succeeds("export", "sheet", "SET.zip", "--out", "sheet.html", "--json").object()
    assert (found["set"], found["sheet"]) == (told["set"], "sheet.html")
    page = Path("sheet.html").read_text()
    assert page.count("<img") == 4
    assert "Hannah" not in page


def test_a_sheet_of_an_altered_set_is_not_written_and_what_stood_there_stays(filled: District) -> None:
    made()
    data = bytearray(Path("SET.zip").read_bytes())
    data[3000] ^= 1
    Path("SET.zip").write_bytes(data)
    Path("sheet.html").write_text("the last one")
    fails("export", "sheet", "SET.zip", "--out", "sheet.html")
    assert Path("sheet.html").read_text() == "the last one"
    assert list(filled.folder.glob(".sheet*")) == []


@pytest.mark.parametrize(
    ("command", "out"), [("sheet", "SET.zip"), ("sheet", "sheet.csv"), ("recall", "SET.ZIP"), ("recall", "recall")]
)
def test_what_is_written_of_a_set_takes_the_place_of_none(filled: District, command: str, out: str) -> None:
    made()
    before = Path("SET.zip").read_bytes()
    told = fails("export", command, *(["SET.zip"] if command == "sheet" else []), "--out", out)
    assert "give --out a name that ends with" in told
    assert Path("SET.zip").read_bytes() == before


def test_a_sheet_does_not_take_the_place_of_its_set_whatever_that_is_called(filled: District) -> None:
    made()
    Path("SET.zip").rename("set.html")
    assert "the set itself" in fails("export", "sheet", "set.html", "--out", "set.html")


def test_a_file_that_cannot_be_written_is_told(filled: District) -> None:
    made("--lock")
    assert "no such file or directory" in fails("export", "sheet", "SET.zip", "--out", "nowhere/sheet.html")
    assert "no such file or directory" in fails("export", "recall", "--out", "nowhere/recall.csv")


# Two of one name


NAMESAKE = "portraits/IMAGES/0001.jpg"


def namesakes(district: District, **changes: Any) -> bytes:
    """Have Ines bear Caleb's name, in another grade; return a portrait that names both, as a photographer's program does."""
    with district.services.store.reading() as unit:
        caleb = unit.people.need(district.student(CALEB))
    told = {"names": caleb.names, "given": caleb.given, "family": caleb.family, "grade": "9", **changes}
    rename(district, district.student(INES), **told)
    body = encode(picture(96, 128, seed=4))
    return body[:2] + xmp_segment(packet(bag("Iptc4xmpExt:PersonInImage", [caleb.names[0]]))) + body[2:]


def indexed(district: District, grade: str) -> None:
    name = names_of(district, [CALEB])
    first, last = next(each for each in name if " " in each).split(" ", 1)
    Path("INDEX.TXT").write_text(f"portraits\tIMAGES\t0001.jpg\t{grade}\t{last}\t{first}\tB7\n")
    succeeds("roster", "import", "INDEX.TXT")


@pytest.mark.parametrize("first", ["index", "upload"])
def test_an_index_and_the_name_in_a_file_settle_which_of_two_of_one_name_it_is(district: District, first: str) -> None:
    body = namesakes(district)
    steps = [lambda: indexed(district, "9"), lambda: district.upload(NAMESAKE, body)]
    for step in steps if first == "index" else reversed(steps):
        step()
    told = made()
    assert (told["portraits"], told["left_out"]) == (1, 0)
    (file,) = files_on_record(district, told["set"])
    assert (file.student, file.shows) == (district.student(INES), (district.student(INES),))
    assert "\tB7\t" in read_back(district).files["YEARBOOK/INDEX.TXT"].decode()


def test_an_index_that_does_not_say_which_of_two_of_one_name_leaves_the_portrait_out(district: District) -> None:
    district.upload(NAMESAKE, namesakes(district, grade="10"))
    Path("INDEX.TXT").write_text("portraits\tIMAGES\t0001.jpg\t10\tBrandt\tCaleb\tB7\n")
    assert "names nobody whose portrait could be told" in fails("roster", "import", "INDEX.TXT")
    assert "nothing of what was asked for may go into a set" in call(*ALL).err
    assert "HOLD-UNKNOWN-PERSON" in Path("SET.exclusions.json").read_text()


# Somebody who is named in a caption and is not in the picture


WIN = "events/games/win.jpg"


def test_a_caption_that_names_a_hidden_student_who_is_not_in_the_picture_goes_and_the_picture_stays(
    district: District,
) -> None:
    caleb, hannah = (next(each for each in names_of(district, [who]) if " " in each) for who in (CALEB, HANNAH))
    box = {"name": caleb, "kind": "Face", "box": (0.3, 0.4, 0.3, 0.3)}
    words = f"{caleb} wins against {hannah} in the final of chess"
    told = mwg([box], applied=(400, 300)) + bag("dc:description", [words], "Alt")
    body = encode(picture(400, 300, seed=4))
    district.upload(WIN, body[:2] + xmp_segment(packet(told)) + body[2:])
    look = ("tag", WIN, "--only", "--person", district.student(CALEB), "--directory", "eligible")
    assert "nothing of what was asked for may go into a set" in call(*ALL).err
    assert "of whom a caption alone names" in Path("SET.exclusions.json").read_text()
    assert "only the custodian can say that nobody else is in it" in fails(*look)
    succeeds(*look, *CUSTODIANS)
    told_set = made()
    read = read_back(district)
    assert (told_set["candids"], told_set["redacted"]) == (1, 0)
    assert read.captions == {"candids/c0000001.jpg": caleb}
    assert read.holds(*names_of(district, [HANNAH]), "final of chess") == []
    (file,) = files_on_record(district, told_set["set"])
    assert file.shows == (district.student(CALEB),)
    # Where the file says that he is stays known.
    (caleb_seen,) = succeeds("tags", WIN, "--json").object()["appearances"]
    assert (caleb_seen["student"], len(caleb_seen["regions"])) == (district.student(CALEB), 1)


def test_only_is_about_the_students_who_are_named_with_it(district: District) -> None:
    put_candid(district, "a.jpg", CALEB)
    assert "--only is about the students of --person" in fails("tag", "a.jpg", "--only", *CUSTODIANS, code=2)
