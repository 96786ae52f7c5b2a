"""Sets up the demo: its folder, moto's S3 and SQS server, and a bucket, database and settings like a district's.

The servers and the plugin's own service speak real HTTP. All of them end with the demo.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from dam_hooks import Manager, manager, services_of
from dam_plugin.cli.demo.yearbook import FILES
from dam_plugin.errors import InputError, SettingsError
from dam_plugin.library.setup import prepare
from dam_plugin.services import Services, local_now
from dam_plugin.settings import District, Settings

BUCKET = "district-media"
MARKER = ".dam-plugin-demo"
DATABASE = "dam-plugin.sqlite3"
# What a run leaves in its folder, besides the database and its side files.
MADE = frozenset({MARKER, "dam-plugin.toml", "roster", "cases", "copies", "report.html"}) | FILES
# moto checks no credentials; delivery's are others than the plugin's, as they are in use.
PLUGIN_KEYS = {"AWS_ACCESS_KEY_ID": "demo-plugin", "AWS_SECRET_ACCESS_KEY": "demo-plugin-secret"}
DELIVERY_KEYS = ("demo-delivery", "demo-delivery-secret")
_NO_EXTRA = "the demo needs its extra: pip install 'dam-plugin[demo]'"


def make_ready(out: Path) -> None:
    """Make the folder, and delete an earlier run's files in it. Raises InputError if it holds other files."""
    out.mkdir(parents=True, exist_ok=True)
    held = sorted(out.iterdir())
    others = [path.name for path in held if path.name not in MADE and not path.name.startswith(DATABASE)]
    if others or (held and not (out / MARKER).exists()):
        raise InputError(
            f"'{out}' holds other files ({(others or [held[0].name])[0]}); name an empty folder with --out"
        )
    for path in held:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    (out / MARKER).write_text("made by dam-plugin demo; made anew at each run\n", encoding="utf-8")


def set_up(out: Path, **more: object) -> tuple[Services, Manager, Settings]:
    """Make bucket, queue, database and settings, like a district's; return the services, the manager and the settings.

    `more` are further settings, or others than the demo's.
    """
    today = local_now().date()
    _, queue_url = prepare(BUCKET, f"{BUCKET}-events", dry_run=False, create_bucket=True)
    values: dict[str, Any] = {
        "bucket": BUCKET,
        "database_url": f"sqlite:///{(out / DATABASE).resolve().as_posix()}",
        "queue_url": queue_url,
        "pseudonym_key": secrets.token_urlsafe(32),
        "signing_key": secrets.token_urlsafe(32),
        "export_key": secrets.token_urlsafe(32),
        # Where `dam-plugin serve` listens unless it is told otherwise.
        "public_url": "http://127.0.0.1:8000",
        "delivery_access_key_id": DELIVERY_KEYS[0],
        "delivery_secret_access_key": DELIVERY_KEYS[1],
        **more,
    }
    district = {
        "name": "Riverbend School District",
        "contact": "Records office, Riverbend School District, telephone 573-555-0142",
        "directory_notice": (today - timedelta(days=90)).isoformat(),
        "opt_out_window_ends": (today - timedelta(days=75)).isoformat(),
        "directory_includes_images": True,
    }
    _write_settings(out / "dam-plugin.toml", values, district)
    settings = Settings(**values, district=District(**district))
    pm = manager(settings)
    services = services_of(pm)
    services.store.upgrade()
    return services, pm, settings


@contextmanager
def local_storage(port: int = 0) -> Iterator[dict[str, str]]:
    """Run the storage server; yields the AWS variables that point to it. They are also set for this process."""
    try:
        from moto.server import ThreadedMotoServer
    except ImportError as error:
        raise SettingsError(_NO_EXTRA) from error
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    host, bound = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{bound}",
        "AWS_DEFAULT_REGION": "us-east-1",
        **PLUGIN_KEYS,
        # A school's proxy does not know this machine's own server. Some libraries read one of these names, some the other.
        "NO_PROXY": host,
        "no_proxy": host,
    }
    try:
        with _environment(variables):
            yield variables
    finally:
        server.stop()


def local_service(pm: Manager, port: int = 0) -> AbstractContextManager[str]:
    """Return a context manager that runs the plugin's HTTP service on a local port (0: a free one) and yields its address.

    Raises SettingsError if the extra `http` is not installed.
    """
    try:
        from dam_hooks.http.serve import served
    except ImportError as error:
        raise SettingsError(_NO_EXTRA) from error
    return served(pm, port)


def _write_settings(path: Path, values: dict[str, Any], district: dict[str, Any]) -> None:
    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value)}"

    lines = [line(key, value) for key, value in values.items()]
    lines += ["", "[district]", *(line(key, value) for key, value in district.items())]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the demo alone; settings and AWS profiles of the machine stay out of it."""
    ours = {k: v for k, v in os.environ.items() if k.startswith(("AWS_", "DAM_PLUGIN_")) or k in variables}
    for name in ours:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(ours)
