"""Bad input through the command line: one clear sentence, the right exit code, a state that a second run puts right."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from case_builder import CaseBuilder
from commands import Commands, Ended
from databases import run_sql
from district import BROKEN, CROWD, INES, TEAM, District
from storage_proxy import Refusal, Request, StorageProxy
from use_cases import releases
from waiting import wait_until

from dam_plugin.cli.demo.samples import sample_folder
from dam_plugin.errors import OtherSchema
from dam_plugin.library.setup import prepare

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHARE = ("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication", "--json")
SCRIPT = Path(sys.executable).with_name("dam-plugin")
DONE, ERROR, USAGE, DENIED, REFERRED = range(5)


@pytest.fixture
def settled(aws_env: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings in the environment and a folder to be in: for what fails before a bucket or a database is needed."""
    for name in ("PSEUDONYM_KEY", "SIGNING_KEY"):
        monkeypatch.setenv(f"DAM_PLUGIN_{name}", "k" * 40)
    monkeypatch.setenv("DAM_PLUGIN_BUCKET", "photos-of-nobody")
    monkeypatch.setenv("DAM_PLUGIN_DATABASE_URL", f"sqlite:///{(tmp_path / 'dam-plugin.sqlite3').as_posix()}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(ended: Ended, words: str, code: int = ERROR) -> None:
    """Assert that a command failed with one sentence in these words, and with nothing that must not be told."""
    assert ended.code == code, ended
    assert ended.out == ""
    assert re.search(words, ended.sentence), ended.sentence
    for secret in ("plugin-secret", "delivery-secret", "k" * 40, "X-Amz-Signature", "Traceback"):
        assert secret not in ended.err


def misused(ended: Ended, words: str) -> None:
    """Assert that a command was called wrongly: how it is called, and the sentence at the end."""
    assert ended.code == USAGE, ended
    assert ended.out == ""
    usage, hint, _, sentence = ended.err.splitlines()
    assert (usage[:6], hint[:3]) == ("Usage:", "Try")
    assert re.search(words, sentence), sentence


def released(district: District, raw_s3: S3Client) -> dict[str, str]:
    """The release tag of every copy in the bucket, of every version."""
    bucket = district.services.library.bucket
    found = {}
    for each in raw_s3.list_object_versions(Bucket=bucket, Prefix="released/").get("Versions", []):
        tags = raw_s3.get_object_tagging(Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"])["TagSet"]
        found[each["Key"]] = next(tag["Value"] for tag in tags if tag["Key"] == "dam-release")
    return found


def shares_on_record(district: District) -> int:
    with district.services.store.reading() as unit:
        return len(district.services.ledger.show(unit, last=None, kind="share"))


# The storage


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"DAM_PLUGIN_BUCKET": "no-such-bucket"}, r"bucket no-such-bucket does not exist: .*`dam-plugin init`"),
        ({"AWS_ENDPOINT_URL": closed_port()}, r"127\.0\.0\.1:\d+ does not answer: check AWS_ENDPOINT_URL"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, r"AWS_ENDPOINT_URL is not a URL"),
        ({"AWS_ACCESS_KEY_ID": ""}, r"no AWS credentials were found: set AWS_ACCESS_KEY_ID"),
    ],
    ids=["missing bucket", "no answer", "no URL", "no credentials"],
)
def test_a_storage_that_cannot_be_used_is_named_and_nothing_is_released(
    district: District, commands: Commands, raw_s3: S3Client, variables: dict[str, str], words: str
) -> None:
    district.upload(TEAM)
    (district.folder / "new.jpg").write_bytes(b"a picture")
    for command in (SHARE, ("upload", "new.jpg"), ("reconcile",)):
        refused(commands.run(*command, environment=variables), words)
    assert commands.run("doctor", environment=variables).code == ERROR
    assert released(district, raw_s3) == {}
    assert commands.run("ledger", "verify").code == DONE
    assert commands.run(*SHARE).code == DONE


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal(403, "SignatureDoesNotMatch"), r"does not accept the credentials \(SignatureDoesNotMatch\): check"),
        (Refusal(403, "InvalidAccessKeyId"), r"does not accept the credentials \(InvalidAccessKeyId\): check"),
        (Refusal(403, "AccessDenied"), r"refuses this to the plugin's role \(AccessDenied\): check the role"),
    ],
    ids=lambda each: each.code if isinstance(each, Refusal) else "",
)
def test_wrong_credentials_are_told_from_a_role_that_may_not(
    district: District, commands: Commands, proxy: StorageProxy, raw_s3: S3Client, refusal: Refusal, words: str
) -> None:
    district.upload(TEAM)
    proxy.refuses = lambda _: refusal
    refused(commands.run(*SHARE, environment={"AWS_ENDPOINT_URL": proxy.url}), words)
    assert released(district, raw_s3) == {}
    assert commands.run(*SHARE).code == DONE


# A full disk at the moment of publishing


def is_publishing(request: Request) -> bool:
    return request.method == "PUT" and "/released/" in request.path and "?tagging" not in request.path


def is_opening(request: Request) -> bool:
    return request.method == "PUT" and "/released/" in request.path and "?tagging" in request.path


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (Refusal(507, "XMinioStorageFull"), r"has no space left for bucket \S+ \(XMinioStorageFull\): free some"),
        (Refusal(503, "SlowDown"), r"cannot answer for bucket \S+ just now \(SlowDown\): try again"),
    ],
    ids=["full", "overloaded"],
)
def test_a_storage_that_takes_no_copy_leaves_nothing_behind(
    district: District, commands: Commands, proxy: StorageProxy, raw_s3: S3Client, refusal: Refusal, words: str
) -> None:
    district.upload(TEAM)
    proxy.refuses = lambda request: refusal if is_publishing(request) else None
    refused(commands.run(*SHARE, environment={"AWS_ENDPOINT_URL": proxy.url}), words)
    assert released(district, raw_s3) == {}
    assert shares_on_record(district) == 0
    assert commands.run("reconcile", "--json").objects()[0]["undone"] == 0
    assert commands.run(*SHARE).code == DONE
    assert list(released(district, raw_s3).values()) == ["open"]


def test_a_recorded_copy_that_could_not_be_opened_is_opened_by_reconcile(
    district: District, commands: Commands, proxy: StorageProxy, raw_s3: S3Client
) -> None:
    district.upload(TEAM)
    proxy.refuses = lambda request: Refusal(507, "XMinioStorageFull") if is_opening(request) else None
    refused(commands.run(*SHARE, environment={"AWS_ENDPOINT_URL": proxy.url}), "has no space left")
    assert list(released(district, raw_s3).values()) == ["hold"]
    assert shares_on_record(district) == 1
    assert commands.run("reconcile", "--json").objects()[0]["finished"] == 1
    assert list(released(district, raw_s3).values()) == ["open"]
    assert commands.run(*SHARE).code == DONE


def test_a_database_that_cannot_grow_at_any_step_of_a_share_releases_nothing_unrecorded(
    district: District, commands: Commands, raw_s3: S3Client
) -> None:
    """The system refuses the file to grow (RLIMIT_FSIZE), a little later each time, until the share goes through."""
    district.upload(TEAM)
    log = district.folder / "dam-plugin.sqlite3-wal"
    # The limit holds for every file of the command: the log is to be longer than the picture, which goes to a file too.
    for statement in ("CREATE TABLE filler AS SELECT zeroblob(300000)", "DROP TABLE filler"):
        run_sql(district.services.store, statement)
    assert log.stat().st_size > len((sample_folder() / TEAM).read_bytes())
    begun = set()
    for room in range(0, 1_000_000, 12_288):
        recorded = shares_on_record(district)
        ended = commands.run(*SHARE, largest_file=log.stat().st_size + room)
        if ended.code == DONE:
            break
        refused(ended, r"(disk of the database failed|database or its disk is full).*\(nothing was changed\)")
        opened = [tag for tag in released(district, raw_s3).values() if tag == "open"]
        assert len(opened) <= shares_on_record(district) - recorded
        begun.add(bool(releases(district.services, "preparing", "undone")))
        assert commands.run("reconcile").code == DONE
        assert commands.run("revoke", TEAM).code == DONE
        assert "open" not in released(district, raw_s3).values()
    assert room < 1_000_000
    # Refused before the copy was put into the bucket, and after.
    assert begun == {False, True}
    assert commands.run("ledger", "verify").code == DONE
    assert list(released(district, raw_s3).values()).count("open") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_under_the_output_is_told(district: District, commands: Commands) -> None:
    refused(commands.run("doctor", out="/dev/full"), "no space left on device")


# Recordings and rosters


def test_a_file_that_is_no_picture_is_held_until_a_picture_takes_its_place(
    district: District, commands: Commands
) -> None:
    Path("team.jpg").write_text("no picture at all")
    assert commands.run("upload", "team.jpg").code == DONE
    assert commands.run("reconcile").code == DONE
    shared = ("share", "team.jpg", *SHARE[2:])
    assert commands.run(*shared).code == REFERRED
    [tags] = commands.run("tags", "team.jpg", "--json").objects()
    assert (tags["state"], tags["object_tags"]["dam-release"]) == ("failed", "hold")
    Path("team.jpg").write_bytes((sample_folder() / TEAM).read_bytes())
    assert commands.run("upload", "team.jpg").code == DONE
    assert commands.run("reconcile").code == DONE
    assert commands.run(*shared).code == DONE


def test_a_broken_picture_is_referred_and_nothing_is_released(
    district: District, commands: Commands, raw_s3: S3Client
) -> None:
    district.upload(BROKEN)
    for _ in range(2):
        assert commands.run("share", BROKEN, *SHARE[2:]).code == REFERRED
    assert released(district, raw_s3) == {}


def test_a_roster_row_without_an_id_is_named_and_nothing_of_the_roster_is_imported(
    district: District, commands: Commands
) -> None:
    roster = district.folder / "new-roster"
    roster.mkdir()
    rows = ["student_id,given_name,family_name", "900001,Ada,Newcomer", ",Bela,Nameless"]
    (roster / "students.csv").write_text("\n".join(rows))
    ended = commands.run("roster", "import", "new-roster")
    refused(ended, r"^students\.csv:3: has no student_id: every student needs one$")
    assert "Bela" not in ended.err
    assert commands.run("student", "find", "newcomer", "--json").objects() == []
    (roster / "students.csv").write_text("\n".join(rows).replace(",Bela", "900002,Bela"))
    assert commands.run("roster", "import", "new-roster", "--confirm").code == DONE
    assert len(commands.run("student", "find", "newcomer", "--json").objects()) == 1


UPLOADS = [
    (["nope.jpg"], r"'nope\.jpg' is no file; nothing was uploaded"),
    (["good.jpg", "nope.jpg"], r"'nope\.jpg' is no file; nothing was uploaded"),
    (["."], r"'\.' is no file"),
    (["a\nb.jpg"], r"^'a\\nb\.jpg': a key has no control characters"),
    (["caf\udce9.jpg"], r"^'caf\\udce9\.jpg': .* is UTF-8 text"),
    (["--folder", "..", "good.jpg"], r"^'good\.jpg': a key has no empty part, '\.' or '\.\.'"),
    (["--folder", "a/../released", "good.jpg"], r"has no empty part, '\.' or '\.\.'"),
    (["--folder", "a//b", "good.jpg"], "has no empty part"),
    (["--folder", "released", "good.jpg"], r"'released/' is for the plugin's own copies"),
    (["--folder", "/released/x/", "good.jpg"], r"'released/' is for the plugin's own copies"),
    (["--folder", "x" * 1020, "good.jpg"], r"at most 1024 bytes"),
]


@pytest.mark.parametrize(("arguments", "words"), UPLOADS, ids=lambda each: ascii(each)[:40])
def test_an_upload_under_a_wrong_name_uploads_nothing(
    settled: Path, commands: Commands, proxy: StorageProxy, arguments: list[str], words: str
) -> None:
    for name in ("good.jpg", "a\nb.jpg", "caf\udce9.jpg"):
        (settled / name).write_bytes(b"a picture")
    refused(commands.run("upload", *arguments, environment={"AWS_ENDPOINT_URL": proxy.url}), words)
    assert proxy.seen == []


@pytest.mark.parametrize("name", ["-x.jpg", "..jpg", "a b+c%41.jpg", "é\u202f#?.jpg", "'; drop.jpg"])
def test_an_upload_under_an_odd_name_keeps_the_name(bucket: str, settled: Path, commands: Commands, name: str) -> None:
    (settled / name).write_bytes(b"a picture")
    arguments = ("upload", "--folder", "odd", "--json", "--", name)
    [uploaded] = commands.run(*arguments, environment={"DAM_PLUGIN_BUCKET": bucket}).objects()
    assert uploaded["key"] == f"odd/{name}"


# Roles, purposes, evidence, looks


def test_misspelt_words_are_refused_with_what_is_meant(settled: Path, commands: Commands) -> None:
    share = ("share", "a.jpg", "--purpose", "website", "--to")
    box = "--person=S-1@"
    for arguments, words in {
        (*share, "parrent:G-1"): "'parrent' is no role here; did you mean 'parent'",
        (*share, "public", "--as", "custodain:x"): "'custodain' is no role here; did you mean 'custodian'",
        (*share, "public", "--kind", "gift"): "'gift' is neither request nor publication",
        (*share, "parent:G-1", "--kind", "publication"): "a publication goes to 'public'",
        (*share[:3], " ", "--to", "public"): "--purpose must not be blank",
        ("break-glass", "a.jpg", "--to", "emergency:x", "--threat", " "): "--threat must say what the threat is",
        ("shrae", "a.jpg"): "No such command 'shrae'",
        ("revoke",): "name a link or a key",
        ("tag", "a.jpg"): "say what you saw",
        ("tag", "a.jpg", "--nobody", "--person", "S-1"): "--nobody and people in it exclude each other",
        ("tag", "a.jpg", "--nobody", "--prominence", "big"): "'big' is not one of focus, incidental, unknown",
        ("tag", "a.jpg", "--official", "disciplin"): "'disciplin' is not one of discipline",
        ("tag", "a.jpg", "--closed", " "): "--closed must say why",
        ("tag", "a.jpg", "--unidentified", "-1"): "greater than or equal to 0",
        ("tag", "a.jpg", box + "0.1,0.2,0.3"): "is no box; write x,y,w,h",
        ("tag", "a.jpg", box + "left,0,1,1"): "is no box; write x,y,w,h",
        ("tag", "a.jpg", box + "0.5,0.5,0.6,0.6"): "is not inside the picture",
        ("tag", "a.jpg", box + "nan,0,1,1"): "is not inside the picture",
        ("tag", "a.jpg", box + "0,0,0,1"): "is not inside the picture",
        ("student", "opt-out", "S-1", "--since", "2026-13-40"): "'2026-13-40' is not a day; write it as YYYY-MM-DD",
    }.items():
        misused(commands.run(*arguments), words)


def test_a_purpose_that_is_none_of_the_districts_is_refused(district: District, commands: Commands) -> None:
    district.upload(TEAM)
    ended = commands.run("share", TEAM, "--to", "public", "--purpose", "websiet", "--json")
    refused(ended, "'websiet' is not a purpose of this district; did you mean 'website'")
    assert commands.run(*SHARE).err == ""


EVIDENCE = {
    b"- 1\n": "must hold a mapping",
    b"": "must hold a mapping",
    b"caf\xe9: 1\n": "is not UTF-8 text",
    b"\0": "holds characters that YAML does not allow",
    b"a: [\n": r"evidence\.yaml:2:1: this is not YAML",
    b"a: 1\na: 2\n": "the field 'a' stands twice",
    b"warrant: 1\n": r"share\.evidence\.warrant: is not known here",
    b"emergency: yes\n": r"share\.evidence\.emergency: must be a mapping",
}


def test_evidence_that_cannot_be_read_is_refused_and_not_recorded(district: District, commands: Commands) -> None:
    district.upload(TEAM)
    evidence = district.folder / "evidence.yaml"
    for content, words in EVIDENCE.items():
        evidence.write_bytes(content)
        refused(commands.run(*SHARE, "--evidence", "evidence.yaml"), words)
    refused(commands.run(*SHARE, "--evidence", "nope.yaml"), r"nope\.yaml: no such file")
    refused(commands.run(*SHARE, "--evidence", "."), r"\.: is a directory")
    assert shares_on_record(district) == 0


def test_what_nobody_has_is_named_and_changes_nothing(district: District, commands: Commands) -> None:
    district.upload(CROWD)
    before = district.release_tag(CROWD), shares_on_record(district)
    student = district.student(INES)
    for arguments, words in {
        ("share", "nope.jpg", *SHARE[2:]): "is not in the library; upload it",
        ("share", CROWD, *SHARE[2:], "--name", "S-NOBODY"): "no student has the id",
        ("tags", "nope.jpg"): "is not in the library",
        ("tag", CROWD, "nope.jpg", "--closed", "sealed"): "is not in the library",
        ("tag", CROWD, "--person", "S-NOBODY"): "no student has the id",
        ("tag", CROWD, "--person", "@0,0,1,1"): "no student has the id",
        ("revoke", "l-no\nbody"): "no link and no recording in the library has this name",
        ("student", "show", "S-NOBODY"): "no student has the id",
        ("student", "opt-out", "S-NOBODY"): "no student has the id",
        ("student", "opt-in", student, "--why", "a letter", "--as", "custodian:c"): "no open opt-out",
        ("ledger", "student", "S-NOBODY"): "no student has the id",
        ("consent", "revoke", "c-nobody"): "no consent has the id",
        ("review", "--sheet", "nowhere/sheet.html"): r"'nowhere/sheet\.html' cannot be written: no such file",
    }.items():
        refused(commands.run(*arguments), words)
    assert commands.run("open", "a-token-that-nobody-has").code == DENIED
    assert (district.release_tag(CROWD), shares_on_record(district)) == before


# Cases


def test_a_bad_case_stops_no_other(settled: Path, commands: Commands) -> None:
    good = json.dumps(CaseBuilder().shows("s1").raw()).encode()
    bad = [b"{}", b"[]", b"no JSON", b"\xff\xfe", b"\0", b'{"id": NaN}', b"[" * 100_000, b'{"id": "a", "id": "a"}']
    ended = commands.run("decide", stdin=b"\n".join([good, *bad, b"", good]))
    answers = ended.objects()
    assert (ended.code, ended.err) == (ERROR, "")
    assert [answer.get("outcome") for answer in answers] == ["allow", *[None] * len(bad), "allow"]
    assert [answer["line"] for answer in answers[1:-1]] == list(range(2, 2 + len(bad)))
    assert all(answer["error"][0]["message"] for answer in answers[1:-1])


CASE_FILES = {
    "nope.yaml": (None, "cannot be read: no such file"),
    "folder.yaml": ("folder", "cannot be read: is a directory"),
    "folder.jsonl": ("folder", "cannot be read: is a directory"),
    "latin.yaml": (b"id: caf\xe9\n", "is not UTF-8 text"),
    "latin.jsonl": (b'{"id": "caf\xe9"}\n', "is not UTF-8 text"),
    "nul.yaml": (b"id: \0\n", "characters that YAML does not allow"),
    "nul.json": (b"{\0}", "nul.json:1:2: this is not JSON"),
    "large.yaml": (b"#" * (4 * 1024 * 1024 + 1), "larger than a case can be"),
    "empty.yaml": (b"", "must hold a mapping"),
}


def test_case_files_that_cannot_be_read_are_named_in_the_answers(settled: Path, commands: Commands) -> None:
    for name, (content, _) in CASE_FILES.items():
        if content == "folder":
            (settled / name).mkdir()
        elif isinstance(content, bytes):
            (settled / name).write_bytes(content)
    ended = commands.run("decide", *CASE_FILES)
    assert (ended.code, ended.err) == (ERROR, "")
    for answer, (_, words) in zip(ended.objects(), CASE_FILES.values(), strict=True):
        assert words in answer["error"][0]["message"]


# Settings and databases


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"bucket = \n", r"^dam-plugin\.toml is not TOML: .*line 1"),
        (b"\xff\xfe", r"^dam-plugin\.toml is not UTF-8 text"),
        (b"bukcet = 'x'\n", r"'bukcet' in dam-plugin\.toml is not known here; did you mean 'bucket'\?"),
        (None, r"^dam-plugin\.toml is no file"),
    ],
    ids=["no TOML", "no UTF-8", "misspelt", "a folder"],
)
def test_a_settings_file_that_cannot_be_used_stops_every_command(
    settled: Path, commands: Commands, content: bytes | None, words: str
) -> None:
    path = settled / "dam-plugin.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    for command in (("ledger", "verify"), ("init",)):
        refused(commands.run(*command), words)


def test_an_unknown_variable_is_refused_with_the_one_that_is_meant(settled: Path, commands: Commands) -> None:
    misspelt = {"DAM_PLUGIN_BUKCET": "x", "DAM_PLUGIN_SIGNING_KEY": "short"}
    words = (
        r"'DAM_PLUGIN_BUKCET' in the environment is not known here; did you mean 'DAM_PLUGIN_BUCKET'\?; DAM_PLUGIN_S"
    )
    refused(commands.run("ledger", "verify", environment=misspelt), words)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///new.sqlite3", "is not set up for this version: run `dam-plugin db upgrade`"),
        ("sqlite:///nowhere/new.sqlite3", "is not set up for this version"),
        ("sqlite:///.", "the database file cannot be opened"),
        ("sqlite:///junk.sqlite3", "is no SQLite database"),
        ("mysql://u:hidden@h/d", "is no database we know"),
        ("hidden nonsense", "is no database we know"),
        (f"postgresql://u:hidden@{closed_port().removeprefix('http://')}/d", "cannot be reached: check"),
    ],
    ids=["not migrated", "no folder", "a folder", "no database", "unknown kind", "no URL", "nobody answers"],
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(
    settled: Path, commands: Commands, url: str, words: str
) -> None:
    (settled / "junk.sqlite3").write_bytes(b"no database at all" * 100)
    if url.startswith("postgres"):
        pytest.importorskip("psycopg")
    ended = commands.run("ledger", "verify", environment={"DAM_PLUGIN_DATABASE_URL": url})
    refused(ended, words, OtherSchema.exit_code if "not set up" in words else ERROR)
    assert "hidden" not in ended.err
    assert not (settled / "new.sqlite3").exists()


def test_a_database_that_is_not_migrated_is_put_right_by_upgrade(settled: Path, commands: Commands) -> None:
    refused(commands.run("links"), "run `dam-plugin db upgrade`", OtherSchema.exit_code)
    assert commands.run("db", "upgrade").code == DONE
    assert commands.run("links").code == DONE
    nowhere = {"DAM_PLUGIN_DATABASE_URL": "sqlite:///nowhere/new.sqlite3"}
    refused(commands.run("db", "upgrade", environment=nowhere), r"nowhere/new\.sqlite3 cannot be made: No such file")


# Signals and pipes


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_worker_that_is_told_to_stop_ends_in_order(
    district: District, commands: Commands, proxy: StorageProxy, number: int
) -> None:
    library = district.services.library
    _, queue_url = prepare(library.bucket, f"{library.bucket}-events", dry_run=False, create_bucket=False)
    assert queue_url
    at_proxy = {"DAM_PLUGIN_QUEUE_URL": queue_url, "AWS_ENDPOINT_URL": proxy.url}
    library.put(TEAM, (sample_folder() / TEAM).read_bytes(), media_type="image/jpeg")
    running = commands.start("worker", "--json", environment=at_proxy)
    wait_until(lambda: any(request.method == "PUT" for request in list(proxy.seen)), "it did not begin to work")
    running.signal(number)
    # Were it waiting for a message already, it would wait for this one.
    library.put(CROWD, (sample_folder() / CROWD).read_bytes(), media_type="image/jpeg")
    ended = running.wait()
    assert (ended.code, ended.err) == (DONE, "")
    [summary] = ended.objects()
    assert summary["failed"] == 0
    assert district.release_tag(TEAM) == "staff"


def test_a_reader_that_goes_early_leaves_no_traceback(settled: Path) -> None:
    # In a new interpreter: what it says at its end, when it writes what is left, counts too.
    cases = b"{}\n" * 5000
    with subprocess.Popen(
        [SCRIPT, "decide"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as p:
        assert p.stdin
        assert p.stdout
        assert p.stderr
        p.stdout.close()
        p.stdin.write(cases)
        p.stdin.close()
        assert p.stderr.read() == b""
    assert p.returncode == ERROR


@pytest.mark.parametrize("descriptor", [0, 1], ids=["stdin", "stdout"])
def test_a_closed_standard_stream_is_told_before_anything_is_done(settled: Path, descriptor: int) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'exec "$0" decide {descriptor}>&-', SCRIPT], capture_output=True, text=True, check=False
    )
    refused(Ended(ended.returncode, ended.stdout, ended.stderr), "standard input or output is closed")


def test_an_argument_that_is_no_text_is_refused_before_anything_is_kept(district: District, commands: Commands) -> None:
    no_text = os.fsdecode(b"web\xff")
    student = district.student(INES)
    refused(commands.run("student", "opt-out", student, "--purpose", no_text), "not UTF-8 text")
    refused(commands.run("tag", CROWD, "--closed", no_text), "not UTF-8 text")
    with district.services.store.reading() as unit:
        assert unit.people.opt_outs(student) == []
