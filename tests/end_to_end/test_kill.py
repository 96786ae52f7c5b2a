"""A command killed at any of its steps: nothing is readable without a record, and a second run puts everything right.

Each walk runs one command again and again and kills it (SIGKILL) one step later each time, until it completes: at its
requests to the storage (before the storage hears them, and before it answers) or at its transactions (before they are
committed, and after).
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from commands import Commands, Ended
from district import INES, SCIENCE_LAB, TEAM, District
from moto.sqs.models import sqs_backends
from storage_proxy import Request, StorageProxy
from use_cases import later

from dam_plugin.demo.samples import sample_folder
from dam_plugin.library.queue import Counts, Queue
from dam_plugin.library.setup import prepare
from dam_plugin.opening import open_link, revoke
from dam_plugin.reconcile import reconcile
from dam_plugin.sharing import recover
from dam_plugin.staging import UPLOAD_HOURS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SHARE = ("share", TEAM, "--to", "public", "--purpose", "website", "--kind", "publication", "--json")
KILLED = -signal.SIGKILL
UNFINISHED = ("preparing", "recorded", "closing")


@dataclass(frozen=True)
class Scene:
    """A district with its commands, and the bucket as anybody with its keys sees it."""

    district: District
    commands: Commands
    proxy: StorageProxy
    raw_s3: S3Client
    dies_at: str

    def run(self, *arguments: str) -> Ended:
        ended = self.commands.run(*arguments)
        assert ended.code == 0, ended
        return ended

    def deaths(
        self, *arguments: str | Callable[[], str], counted: Callable[[Request], bool] = lambda _: True
    ) -> Iterator[int]:
        """Yield after each death of the command, until it completes."""
        for border in itertools.count(1):
            given = [each if isinstance(each, str) else each() for each in arguments]
            ended = self._run_killed(given, border, counted)
            if ended.code == 0:
                return
            assert ended.code == KILLED, ended
            yield border

    def _run_killed(self, arguments: list[str], border: int, counted: Callable[[Request], bool]) -> Ended:
        at_proxy = {"AWS_ENDPOINT_URL": self.proxy.url}
        if self.dies_at == "transactions":
            return self.commands.run(*arguments, environment=at_proxy, killed_at_border=border)
        self.proxy.kill_at(border, counted)
        running = self.commands.start(*arguments, environment=at_proxy)
        self.proxy.victim(running.pid)
        return running.wait()

    def open_objects(self) -> set[str]:
        """The keys of which any version can be read by delivery."""
        bucket = self.district.services.library.bucket
        versions = self.raw_s3.list_object_versions(Bucket=bucket).get("Versions", [])
        tags = {
            (each["Key"], each["VersionId"]): self.raw_s3.get_object_tagging(
                Bucket=bucket, Key=each["Key"], VersionId=each["VersionId"]
            )["TagSet"]
            for each in versions
        }
        return {key for (key, _), pairs in tags.items() if {"Key": "dam-release", "Value": "open"} in pairs}

    def recorded_releases(self) -> set[str]:
        services = self.district.services
        with services.store.reading() as unit:
            entries = services.ledger.show(unit, last=None, kind="share")
        return {details["release"]["id"] for _, details in entries if details and details["release"]}

    def states(self) -> dict[str, str]:
        """The state of each release on record, by the key of its copy."""
        every = ("preparing", "recorded", "open", "closing", "closed", "undone")
        with self.district.services.store.reading() as unit:
            return {release.key: release.state for release in unit.shares.releases(every)}

    def assert_nothing_is_open_without_a_record(self) -> None:
        opened = self.open_objects()
        assert all(key.startswith("released/") for key in opened)
        # The name of a copy begins with the id of its release.
        assert {key.split("/")[1] for key in opened} <= self.recorded_releases()
        services = self.district.services
        with services.store.reading() as unit:
            assert services.ledger.verify(unit).ok

    def assert_everything_is_right(self) -> None:
        self.assert_nothing_is_open_without_a_record()
        # A copy that was staged is left alone as long as somebody may be at work on it.
        recover(later(self.district.services, hours=UPLOAD_HOURS))
        states = self.states()
        assert not set(states.values()) & set(UNFINISHED)
        assert self.open_objects() == {key for key, state in states.items() if state == "open"}
        copies = {listed.key for listed in self.district.services.library.list("released/")}
        assert copies <= {key for key, state in states.items() if state != "undone"}

    def assert_the_plugin_says_so(self) -> None:
        self.run("ledger", "verify")
        checks = {check["check"]: check["state"] for check in self.run("doctor", "--json").objects()}
        assert checks["releases"] == checks["ledger"] == "ok"

    def opens(self, token: str) -> bool:
        return open_link(self.district.services, token).url is not None


@pytest.fixture(params=["requests", "transactions"])
def scene(
    district: District, commands: Commands, proxy: StorageProxy, raw_s3: S3Client, request: pytest.FixtureRequest
) -> Scene:
    return Scene(district, commands, proxy, raw_s3, request.param)


def token_of(shared: Ended) -> str:
    [answer] = shared.objects()
    token: str = answer["token"]
    return token


def test_a_share_killed_at_any_step_releases_nothing_unrecorded(scene: Scene) -> None:
    scene.district.upload(TEAM)
    deaths = 0
    for deaths in scene.deaths(*SHARE):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        scene.run("reconcile")
        assert scene.opens(token_of(scene.run(*SHARE)))
        scene.assert_everything_is_right()
        # So that the next share makes its own copy.
        revoke(scene.district.services, key=TEAM)
    # The source looked up and its tags; the source, the copy, its tags read, written and read again; the copy staged,
    # recorded and opened.
    assert deaths == {"requests": 14, "transactions": 6}[scene.dies_at]
    scene.assert_the_plugin_says_so()


@pytest.mark.parametrize("scene", ["transactions"], indirect=True)
def test_a_share_killed_at_any_step_can_be_asked_again_at_once(scene: Scene) -> None:
    scene.district.upload(TEAM)
    for _ in scene.deaths(*SHARE):
        assert scene.opens(token_of(scene.run(*SHARE)))
        scene.assert_nothing_is_open_without_a_record()
        reconcile(scene.district.services)
        scene.assert_everything_is_right()
        revoke(scene.district.services, key=TEAM)
    scene.assert_the_plugin_says_so()


def test_an_opening_killed_at_any_step_can_be_tried_again(scene: Scene) -> None:
    scene.district.upload(TEAM)
    token = token_of(scene.run(*SHARE))
    deaths = 0
    for deaths in scene.deaths("open", token):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        scene.run("reconcile")
        scene.run("open", token)
        scene.assert_everything_is_right()
    assert deaths == {"requests": 4, "transactions": 2}[scene.dies_at]
    scene.assert_the_plugin_says_so()


def test_a_revocation_killed_at_any_step_is_carried_out_by_a_second_run(scene: Scene) -> None:
    scene.district.upload(TEAM)
    tokens: list[str] = []

    def fresh_link() -> str:
        tokens.append(token_of(scene.run(*SHARE)))
        return TEAM

    deaths = 0
    for deaths in scene.deaths("revoke", fresh_link):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        if scene.dies_at == "requests":
            # The link is closed before the storage is asked for anything.
            assert not scene.opens(tokens[-1])
        scene.run("reconcile")
        scene.run("revoke", TEAM)
        assert not scene.opens(tokens[-1])
        assert scene.open_objects() == set()
        scene.assert_everything_is_right()
    # Its tags read, written and read again; the link closed, the copy closing, and closed.
    assert deaths == 6
    scene.assert_the_plugin_says_so()


@pytest.mark.parametrize("scene", ["transactions"], indirect=True)
def test_an_opt_out_killed_at_any_step_lets_no_link_pass_once_it_is_kept(scene: Scene) -> None:
    scene.district.upload(TEAM)
    student = scene.district.student(INES)
    tokens: list[str] = []

    def fresh_link() -> str:
        if tokens:
            scene.run("student", "opt-in", student)
        tokens.append(token_of(scene.run(*SHARE)))
        return student

    deaths = 0
    for deaths in scene.deaths("student", "opt-out", fresh_link):  # noqa: B007 - counted
        scene.assert_nothing_is_open_without_a_record()
        assert scene.opens(tokens[-1]) is not is_opted_out(scene.district, student)
        scene.run("reconcile")
        scene.run("student", "opt-out", student)
        assert not scene.opens(tokens[-1])
        scene.assert_everything_is_right()
    # As a revocation, once the opt-out is kept.
    assert deaths == 8
    scene.assert_the_plugin_says_so()


def test_an_upload_whose_worker_is_killed_at_any_step_is_tagged_by_a_second_run(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = scene.district.services.library
    _, queue_url = prepare(library.bucket, f"{library.bucket}-events", dry_run=False, create_bucket=False)
    assert queue_url
    monkeypatch.setenv("DAM_PLUGIN_QUEUE_URL", scene.proxy.url + urlsplit(queue_url).path)

    def fresh_upload() -> str:
        library.put(SCIENCE_LAB, (sample_folder() / SCIENCE_LAB).read_bytes(), media_type="image/jpeg")
        return "worker"

    deaths = 0
    for deaths in scene.deaths(fresh_upload, "--until-empty", counted=is_change):  # noqa: B007 - counted
        assert scene.open_objects() == set()
        scene.proxy.kill_at(None)
        _pass_the_time(queue_url)
        scene.run("worker", "--until-empty")
        head = library.head(SCIENCE_LAB)
        with scene.district.services.store.reading() as unit:
            stored = unit.assets.current(SCIENCE_LAB)
        assert stored is not None
        assert stored.asset.version_id == head.version_id
        assert library.tags(SCIENCE_LAB, head.version_id)["dam-release"] == stored.release_tag
        with Queue.connect(queue_url) as queue:
            assert queue.counts() == Counts(visible=0, in_flight=0, dead=0)
    # Its object tagged, the message acknowledged; links that ran out settled, the asset kept.
    assert deaths == {"requests": 4, "transactions": 4}[scene.dies_at]


def is_change(request: Request) -> bool:
    """Whether a request of the worker leaves anything changed."""
    return request.action == "DeleteMessage" or request.method == "PUT"


def is_opted_out(district: District, student: str) -> bool:
    with district.services.store.reading() as unit:
        return any(each.ended is None for each in unit.people.opt_outs(student))


def _pass_the_time(queue_url: str) -> None:
    """Let the server take the time for passed during which a message is hidden from other receivers."""
    backends: Any = sqs_backends
    account, name = urlsplit(queue_url).path.strip("/").split("/")
    for message in backends[account]["us-east-1"].queues[name]._messages:
        message.change_visibility(0)
