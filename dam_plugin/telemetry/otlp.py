"""Sends spans and figures to a collector by OTLP over HTTP, where the extra `otel` is installed and an endpoint is set.

OpenTelemetry's own variables say where to and how (`OTEL_EXPORTER_OTLP_…`). INVARIANT: nothing is instrumented but what
`spans` names: SQL, requests and URLs hold names. Source: OpenTelemetry's specification, "Environment Variable Specification".
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from dam_plugin.errors import DamPluginError, SettingsError
from dam_plugin.telemetry.samples import Figure, Sample
from dam_plugin.telemetry.spans import Attributes, SpanName, collected_by

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Observation
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

NEEDED = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
NAME = "dam-plugin"
PREFIX = "dam."
"""The beginning of each attribute's name."""
TRACEPARENT = "traceparent"
"""The header by which one process tells another of a trace. Source: W3C Recommendation "Trace Context", 3.2."""
END_SECONDS = 5.0
"""For how long the end of a process waits for a collector that does not answer."""
FRESH_SECONDS = 5.0
"""For how long figures that were looked up are told: those of one report are looked up together."""

log = logging.getLogger(__name__)


def is_installed() -> bool:
    """Whether the extra `otel` is installed."""
    try:
        return all(find_spec(each) is not None for each in NEEDED)
    except ModuleNotFoundError:
        return False


@contextmanager
def sending(figures: Sequence[Figure], look: Callable[[], Iterable[Sample]]) -> Iterator[None]:
    """Send spans, and these figures as `look` tells them, until the block ends. Needs the extra.

    `OTEL_TRACES_EXPORTER=none` and `OTEL_METRICS_EXPORTER=none` leave out the one or the other. Raises SettingsError.
    """
    ends: list[Callable[[], object]] = []
    collecting: AbstractContextManager[None] = nullcontext()
    try:
        resource = _resource()
        if os.environ.get("OTEL_METRICS_EXPORTER") != "none":
            ends.append(_meter(resource, figures, _Looked(look)).shutdown)
        if os.environ.get("OTEL_TRACES_EXPORTER") != "none":
            tracer = _tracer(resource)
            ends.append(tracer.shutdown)
            collecting = collected_by(_Spans(tracer.get_tracer(NAME, version(NAME))))
    except (ValueError, OSError) as error:
        raise SettingsError(
            f"OpenTelemetry does not take its settings ({type(error).__name__}): check the OTEL_ variables, or unset them"
        ) from error
    try:
        with collecting:
            yield
    finally:
        _end(ends)


def _end(ends: Iterable[Callable[[], object]]) -> None:
    """Send what is left, side by side; what a collector does not take in time is lost."""
    threads = [threading.Thread(target=each, name="telemetry-end", daemon=True) for each in ends]
    until = time.monotonic() + END_SECONDS
    for each in threads:
        each.start()
    for each in threads:
        each.join(max(0.0, until - time.monotonic()))


def _resource() -> Resource:
    from opentelemetry.sdk.resources import (  # noqa: PLC0415 - an extra, and slow to load
        SERVICE_NAME,
        SERVICE_VERSION,
        OTELResourceDetector,
        Resource,
    )

    # Other detectors would tell this machine's name, and the arguments of the command: a student's number may be one.
    return Resource({SERVICE_NAME: NAME, SERVICE_VERSION: version(NAME)}).merge(OTELResourceDetector().detect())


def _tracer(resource: Resource) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _meter(resource: Resource, figures: Sequence[Figure], looked: _Looked) -> MeterProvider:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    provider = MeterProvider([reader], resource, shutdown_on_exit=False)
    meter = provider.get_meter(NAME, version(NAME))
    for each in figures:
        observe = meter.create_observable_counter if each.rises else meter.create_observable_gauge
        observe(each.name, [looked.observer(each)], description=each.told)
    return provider


class _Looked:
    """The figures as they were looked up last, so that one look serves all of a report."""

    def __init__(self, look: Callable[[], Iterable[Sample]]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._until = 0.0
        self._samples: tuple[Sample, ...] = ()

    def observer(self, figure: Figure) -> Callable[[CallbackOptions], Iterable[Observation]]:
        """Return what tells a figure to OpenTelemetry."""
        from opentelemetry.metrics import Observation  # noqa: PLC0415

        def observe(_: CallbackOptions) -> Iterable[Observation]:
            found = [each for each in self._all() if each.figure == figure]
            return [Observation(each.value, dict(zip(figure.labels, each.labels, strict=True))) for each in found]

        return observe

    def _all(self) -> tuple[Sample, ...]:
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._samples = tuple(self._look())
                except DamPluginError as error:
                    self._samples = ()
                    log.warning("nothing could be measured: %s", error)
                self._until = time.monotonic() + FRESH_SECONDS
            return self._samples


class _Spans:
    """Makes OpenTelemetry's spans of ours (`spans.Collector`)."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: SpanName) -> Iterator[Callable[[Attributes | None], None]]:
        from opentelemetry.trace import use_span  # noqa: PLC0415

        made = self._tracer.start_span(name)
        told: list[Attributes] = []

        def end(attributes: Attributes | None) -> None:
            told.extend([attributes] if attributes is not None else [])

        # An exception's text is never taken along: its type is among the attributes.
        with use_span(made, record_exception=False, set_status_on_exception=False):
            try:
                yield end
            finally:
                # A span that does not end is not sent.
                for each in told:
                    _say(made, each)
                    made.end()

    def ended(self, name: SpanName, began: int, attributes: Attributes) -> None:
        made = self._tracer.start_span(name, start_time=began)
        _say(made, attributes)
        made.end()

    def traceparent(self) -> str | None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        told: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(told)
        return told.get(TRACEPARENT)

    @contextmanager
    def continuing(self, traceparent: str) -> Iterator[None]:
        from opentelemetry.context import Context, attach, detach  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        token = attach(TraceContextTextMapPropagator().extract({TRACEPARENT: traceparent}, Context()))
        try:
            yield
        finally:
            detach(token)


def _say(made: Span, attributes: Attributes) -> None:
    from opentelemetry.trace import StatusCode  # noqa: PLC0415

    made.set_attributes(
        {f"{PREFIX}{name}": value for name, value in attributes.items() if isinstance(value, str | int)}
    )
    if "error" in attributes:
        made.set_status(StatusCode.ERROR)
