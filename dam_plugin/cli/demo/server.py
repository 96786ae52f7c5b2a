"""The demo's servers, over real HTTP and gone when it ends: moto's S3 and SQS server, and the plugin's own service."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from dam_hooks import Manager
from dam_plugin.errors import SettingsError

# moto checks no credentials; delivery's are others than the plugin's, as they are in use.
PLUGIN_KEYS = {"AWS_ACCESS_KEY_ID": "demo-plugin", "AWS_SECRET_ACCESS_KEY": "demo-plugin-secret"}
DELIVERY_KEYS = ("demo-delivery", "demo-delivery-secret")

_NO_EXTRA = "the demo needs its extra: pip install 'dam-plugin[demo]'"


@contextmanager
def local_storage(port: int = 0) -> Iterator[dict[str, str]]:
    """Run the server; yields the AWS variables that point to it, which are also set for this process."""
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
        # A school's proxy does not know this machine's own server; some libraries read the one name, some the other.
        "NO_PROXY": host,
        "no_proxy": host,
    }
    try:
        with _environment(variables):
            yield variables
    finally:
        server.stop()


def local_service(pm: Manager) -> AbstractContextManager[str]:
    """Return what runs the plugin's HTTP service on a free local port; it yields the address. Raises SettingsError."""
    try:
        from dam_hooks.http.serve import served
    except ImportError as error:
        raise SettingsError(_NO_EXTRA) from error
    return served(pm)


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
