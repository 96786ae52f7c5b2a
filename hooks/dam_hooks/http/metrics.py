"""`/metrics` for Prometheus: the figures of `dam_hooks.figures`, for whoever has the token."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from http import HTTPStatus

import anyio
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from dam_hooks.figures import FIGURES, Figures
from dam_hooks.http.bearer import has_token
from dam_hooks.http.problems import RETRY_SECONDS, Refused, response
from dam_plugin.errors import DamPluginError

PATH = "/metrics"
LOOK_SECONDS = 20.0
WHO_READS = (
    "what is measured is told to whoever has the token: Authorization: Bearer …, the one of DAM_PLUGIN_METRICS_TOKEN"
)
TOO_SLOW = "the database takes too long to count: ask again in a moment"

log = logging.getLogger(__name__)


class Told(Collector):
    """The figures of a process, as the client of Prometheus takes them."""

    def __init__(self, figures: Figures) -> None:
        """Take the figures; nothing is looked up yet."""
        self._figures = figures

    def describe(self) -> Iterator[Metric]:
        """Yield nothing, so that nothing is counted when the service starts."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield every figure that has a value, with its values."""
        samples = self._figures.all()
        for figure in FIGURES:
            found = [each for each in samples if each.figure == figure]
            if not found and figure.labels == ():
                continue
            kind = CounterMetricFamily if figure.rises else GaugeMetricFamily
            family = kind(figure.name, figure.told, labels=figure.labels)
            for each in found:
                family.add_metric(each.labels, each.value)
            yield family


def metrics_routes(figures: Figures, token: str) -> APIRouter:
    """Return the route of `/metrics`, for whoever has the token."""
    api, registry = APIRouter(), CollectorRegistry()
    registry.register(Told(figures))
    # A database that hangs must not use up the threads that others wait for.
    limiter = CapacityLimiter(1)

    @api.get(PATH, include_in_schema=False)
    async def told(request: Request) -> Response:
        if not has_token(request, token):
            told_how = {"WWW-Authenticate": "Bearer"}
            return response(Refused(HTTPStatus.UNAUTHORIZED, WHO_READS, headers=told_how))
        with anyio.move_on_after(LOOK_SECONDS):
            content = await to_thread.run_sync(partial(_told, registry), limiter=limiter, abandon_on_cancel=True)
            if content is not None:
                return Response(content, headers=_HEADERS)
        return response(Refused(HTTPStatus.SERVICE_UNAVAILABLE, TOO_SLOW, retry_after=RETRY_SECONDS))

    return api


_HEADERS: Mapping[str, str] = {"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"}


def _told(registry: CollectorRegistry) -> bytes | None:
    try:
        return generate_latest(registry)
    except DamPluginError as error:
        log.warning("nothing could be measured: %s", error)
        return None
