"""Fixtures: Ceph's object gateway, a real S3 server that heeds bucket policies, with a user for each role and a stranger.

One process without a cluster (its `dbstore` keeps everything in SQLite files), up in less than a second. Tests that use
it are marked `rgw` and skipped where Debian's `radosgw` is not installed; where it is and does not start, they fail.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from command_line import Called, call
from moto_server import AMBIENT, REGION

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROGRAMS = ("radosgw", "radosgw-admin")
ROLES = ("plugin", "host", "delivery")
USERS = (*ROLES, "stranger")
START_SECONDS = 60
ADMIN_SECONDS = 1
ROOM = 50 * 1024 * 1024

CONFIGURATION = """\
[global]
auth_supported = none
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
log_file = {folder}/rgw.log
admin_socket = {folder}/rgw.asok
run_dir = {folder}
pid_file = {folder}/rgw.pid
[client.rgw]
rgw_backend_store = dbstore
rgw_config_store = dbstore
dbstore_db_dir = {folder}
dbstore_config_uri = file:{folder}/config.db
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
"""


@dataclass(frozen=True)
class Rgw:
    """A running gateway."""

    url: str

    @cached_property
    def clients(self) -> dict[str, S3Client]:
        """A client of each user, and of `anybody` without credentials."""
        return {**{user: self.client(user) for user in USERS}, "anybody": self.client(None)}

    def bucket(self, owner: str = "plugin", *, is_versioned: bool = True) -> str:
        """Make an empty bucket; its name."""
        name = f"photos-{uuid.uuid4().hex[:12]}"
        self.clients[owner].create_bucket(Bucket=name)
        if is_versioned:
            self.clients[owner].put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    @contextmanager
    def environment(self, user: str) -> Iterator[None]:
        """Set the ordinary AWS variables to the gateway and a user's keys, and nothing else."""
        with pytest.MonkeyPatch.context() as patch:
            for name in AMBIENT:
                patch.delenv(name, raising=False)
            for name, value in {
                "AWS_ENDPOINT_URL": self.url,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": keys_of(user)[0],
                "AWS_SECRET_ACCESS_KEY": keys_of(user)[1],
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "NO_PROXY": "127.0.0.1",
            }.items():
                patch.setenv(name, value)
            yield

    def client(self, user: str | None) -> S3Client:
        """Make a client of a user with connections of its own; None is somebody without credentials."""
        access_key, secret = keys_of(user) if user else (None, None)
        config = Config(
            signature_version="s3v4" if user else UNSIGNED,
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=20,
            proxies={},
        )
        session = boto3.session.Session(access_key, secret, region_name=REGION)
        return session.client("s3", endpoint_url=self.url, config=config)


def keys_of(user: str) -> tuple[str, str]:
    """A user's access key and secret."""
    return f"{user.upper()}0000000001", f"{user}-secret"


def arn_of(user: str) -> str:
    """A user's ARN."""
    return f"arn:aws:iam:::user/{user}"


ROLE_OPTIONS = [word for role in ROLES for word in (f"--{role}", arn_of(role))]


class Refused(Exception):
    """The server said 403, or 401 to somebody whom it does not know."""


def played(attack: Callable[[], object]) -> object:
    """What an attack got; raises Refused where the server forbids it, and whatever else goes wrong."""
    try:
        return attack()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            raise Refused from None
        raise


def generous(bucket: str, *principals: str) -> dict[str, Any]:
    """Return a statement of somebody else that allows users everything."""
    places = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    named = "*" if "*" in principals else {"AWS": [arn_of(each) for each in principals]}
    return {"Sid": "Generous", "Effect": "Allow", "Principal": named, "Action": "s3:*", "Resource": places}


def set_policy(rgw: Rgw, bucket: str, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    rgw.clients["plugin"].put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def applied(rgw: Rgw, bucket: str, *options: str, user: str = "plugin") -> Called:
    with rgw.environment(user):
        return call("policy", "apply", "--bucket", bucket, *ROLE_OPTIONS, *options)


def checked(rgw: Rgw, bucket: str, user: str = "plugin") -> Called:
    with rgw.environment(user):
        return call("policy", "check", "--bucket", bucket, *ROLE_OPTIONS, "--json")


@pytest.fixture(scope="session")
def rgw() -> Iterator[Rgw]:
    """Run a gateway for as long as this process has tests."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: Debian's package is radosgw")
    # In memory where that is to be had: the gateway waits for the disk at every request that writes.
    memory = Path("/dev/shm")  # noqa: S108
    has_room = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    with TemporaryDirectory(dir=memory if has_room else None, prefix="rgw-") as folder:
        yield from _running(Path(folder))


def _running(folder: Path) -> Iterator[Rgw]:
    port = _free_port()
    (folder / "ceph.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
    options = ["-c", str(folder / "ceph.conf"), "-n", "client.rgw", "--no-mon-config"]
    for user in USERS:
        _make(user, options)
    with (folder / "output").open("wb") as output:
        server = subprocess.Popen(["radosgw", *options, "-f"], stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(server, port, folder)
            running = Rgw(f"http://127.0.0.1:{port}")
            yield running
            for client in running.clients.values():
                client.close()
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _make(user: str, options: list[str]) -> None:
    access_key, secret = keys_of(user)
    words = ["user", "create", f"--uid={user}", f"--display-name={user}"]
    keys = [f"--access-key={access_key}", f"--secret={secret}"]
    with (
        TemporaryFile() as said,
        subprocess.Popen(
            ["radosgw-admin", *options, *words, *keys], stdout=subprocess.PIPE, stderr=said, text=True
        ) as admin,
    ):
        assert admin.stdout
        late = threading.Timer(START_SECONDS, admin.kill)
        late.start()
        # The program sometimes does its work, tells of it, and never ends.
        told = "".join(_until_closed(admin.stdout))
        late.cancel()
        try:
            admin.wait(ADMIN_SECONDS)
        except subprocess.TimeoutExpired:
            admin.kill()
        said.seek(0)
        errors = said.read().decode(errors="replace")[-1000:]
    try:
        made = json.loads(told)["user_id"]
    except ValueError:
        pytest.fail(f"radosgw-admin makes no user: {errors}")
    assert made == user


def _until_closed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of an object that is written over several, up to its last brace."""
    for line in lines:
        yield line
        if line.rstrip() == "}":
            return


def _wait(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    told = (folder / "output").read_text(errors="replace")[-1000:]
    pytest.fail(f"radosgw is installed and does not start: {told}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
