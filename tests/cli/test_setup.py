"""`init`, `db upgrade` and the settings file."""

from __future__ import annotations

import stat
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from command_line import call

from dam_plugin.cli.setup import write_settings
from dam_plugin.errors import SettingsError
from dam_plugin.settings import Settings

SETTINGS = Path("dam-plugin.toml")
COMMENTED = """\
# The district's settings.
rules = "rules"  # ours

# Decided by the board in June.
[district]
directory_notice = 2026-08-20  # mailed
"""


@pytest.fixture
def fresh(aws_env: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty folder, and the name of a bucket that is not there yet."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    return f"photos-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def sqs(aws_env: str) -> Iterator[Any]:
    client = boto3.client("sqs")
    yield client
    client.close()


def init(bucket: str, *more: str) -> dict[str, str]:
    ended = call("init", "--bucket", bucket, "--create-bucket", "--json", *more)
    assert ended.code == 0, ended.err
    return {each["step"]: each["state"] for each in ended.objects()}


def test_init_makes_everything_ready_and_a_second_run_changes_nothing(fresh: str) -> None:
    assert set(init(fresh).values()) == {"changed"}
    before = SETTINGS.read_bytes()
    assert set(init(fresh).values()) == {"done"}
    assert SETTINGS.read_bytes() == before


def test_init_tells_its_steps_in_a_table(fresh: str) -> None:
    ended = call("init", "--bucket", fresh, "--create-bucket")
    assert ended.code == 0
    for word in ("Init", "versioning", "settings", "store", "changed"):
        assert word in ended.out


def test_a_dry_run_changes_nothing_at_all(fresh: str, raw_s3: Any, sqs: Any) -> None:
    before = sorted(Path().rglob("*"))
    assert set(init(fresh, "--dry-run").values()) == {"to do"}
    assert sorted(Path().rglob("*")) == before
    assert fresh not in [each["Name"] for each in raw_s3.list_buckets()["Buckets"]]
    assert not sqs.list_queues(QueueNamePrefix=fresh).get("QueueUrls")


def test_a_dry_run_of_a_bucket_that_is_there_changes_nothing_of_it(fresh: str, raw_s3: Any, sqs: Any) -> None:
    raw_s3.create_bucket(Bucket=fresh)
    steps = init(fresh, "--dry-run")
    assert (steps["bucket"], steps["settings"], steps["store"]) == ("done", "to do", "to do")
    assert "Status" not in raw_s3.get_bucket_versioning(Bucket=fresh)
    assert "QueueConfigurations" not in raw_s3.get_bucket_notification_configuration(Bucket=fresh)
    assert not sqs.list_queues(QueueNamePrefix=fresh).get("QueueUrls")


def test_the_settings_file_is_for_its_owner_alone(fresh: str) -> None:
    SETTINGS.write_text(COMMENTED, encoding="utf-8")
    SETTINGS.chmod(0o644)
    init(fresh)
    assert stat.S_IMODE(SETTINGS.stat().st_mode) == 0o600


def test_keys_are_made_once_and_kept(fresh: str) -> None:
    init(fresh)
    first = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    SETTINGS.write_text(SETTINGS.read_text(encoding="utf-8").replace("queue_url", "# queue_url"), encoding="utf-8")
    assert init(fresh)["settings"] == "changed"
    second = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    assert second == first
    assert len(first["pseudonym_key"]) >= 32
    assert len({first[name] for name in ("pseudonym_key", "signing_key", "export_key")}) == 3
    assert Settings.load(environ={}).export_key is not None


def test_a_key_of_the_environment_is_not_written_down(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAM_PLUGIN_PSEUDONYM_KEY", "p" * 40)
    init(fresh)
    assert "pseudonym_key" not in SETTINGS.read_text(encoding="utf-8")


def test_no_key_is_printed(fresh: str) -> None:
    out = call("init", "--bucket", fresh, "--create-bucket").text
    kept = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    assert kept["pseudonym_key"] not in out
    assert kept["signing_key"] not in out
    assert kept["export_key"] not in out


def test_comments_and_the_districts_table_survive(fresh: str) -> None:
    SETTINGS.write_text(COMMENTED, encoding="utf-8")
    init(fresh)
    text = SETTINGS.read_text(encoding="utf-8")
    for line in COMMENTED.splitlines():
        assert line in text
    kept = tomllib.loads(text)
    assert kept["bucket"] == fresh
    assert set(kept["district"]) == {"directory_notice"}


@pytest.mark.parametrize(
    "text",
    ["", "# only a comment\n", "[district]\nholidays = []\n", 'bucket = "old"  # the old one\n', COMMENTED],
    ids=["empty", "comment", "table first", "replaced", "all"],
)
def test_written_settings_are_read_back(tmp_path: Path, text: str) -> None:
    (tmp_path / SETTINGS).write_text(text, encoding="utf-8")
    write_settings({"bucket": "new", "queue_url": "http://q"}, tmp_path)
    kept = tomllib.loads((tmp_path / SETTINGS).read_text(encoding="utf-8"))
    assert kept == tomllib.loads(text) | {"bucket": "new", "queue_url": "http://q"}
    assert [path.name for path in tmp_path.iterdir()] == [SETTINGS.name]


@pytest.mark.parametrize("content", [b"= no\n", b"\xff\xfe"], ids=["no TOML", "no UTF-8"])
def test_a_settings_file_that_cannot_be_read_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SETTINGS).write_bytes(content)
    with pytest.raises(SettingsError, match="mend it first"):
        write_settings({"bucket": "new"}, tmp_path)
    assert (tmp_path / SETTINGS).read_bytes() == content


def test_init_needs_a_bucket(fresh: str) -> None:
    ended = call("init")
    assert (ended.code, ended.out) == (1, "")
    assert "say --bucket NAME, or set DAM_PLUGIN_BUCKET" in ended.err


def test_init_makes_no_bucket_unasked(fresh: str) -> None:
    ended = call("init", "--bucket", fresh)
    assert ended.code == 1
    assert "--create-bucket" in ended.err
    assert not SETTINGS.exists()


def test_the_queue_can_be_named(fresh: str, sqs: Any) -> None:
    init(fresh, "--queue", f"{fresh}-events")
    assert len(sqs.list_queues(QueueNamePrefix=f"{fresh}-events")["QueueUrls"]) == 2
    assert tomllib.loads(SETTINGS.read_text(encoding="utf-8"))["queue_url"].endswith(f"{fresh}-events")


def test_the_database_is_upgraded_by_itself(fresh: str) -> None:
    made = call("db", "upgrade", "--json")
    assert made.code == 0
    assert call("db", "upgrade").out == f"the database is at revision {made.object()['revision']}\n"


# Without a queue


def test_init_for_a_server_without_a_queue_names_its_mode_and_doctor_knows_it(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = init(fresh, "--events", "listing")
    assert "queue" not in steps
    assert {steps[name] for name in ("versions", "object tags", "conditions", "listing of versions")} == {"done"}
    assert 'events = "listing"' in Path("dam-plugin.toml").read_text()
    # The mode is remembered.
    assert set(init(fresh).values()) == {"done"}
    told = doctor_on("queue")
    assert (told["state"], told["detail"]) == (
        "warning",
        "no listing ended yet: run `dam-plugin reconcile --every 5m` all the time",
    )
    assert call("reconcile").code == 0
    assert (doctor_on("queue")["state"], doctor_on("queue")["detail"]) == ("ok", "the last listing ended 0 min ago")
    assert doctor_on("bucket settings")["state"] == "ok"


def test_init_for_a_server_that_posts_makes_the_token_with_which_it_does(fresh: str) -> None:
    init(fresh, "--events", "webhook")
    written = tomllib.loads(Path("dam-plugin.toml").read_text())
    assert (written["events"], len(written["events_token"])) == ("webhook", 43)
    assert doctor_on("queue")["detail"].startswith("no notification came yet; no listing ended yet: run")
    assert call("init", "--bucket", fresh, "--events", "webhook", "--queue", "q").code == 2


def doctor_on(check: str) -> dict[str, str]:
    return next(each for each in call("doctor", "--json").objects() if each["check"] == check)
