"""Log lines on standard error: text for people, or one JSON object a line (`DAM_PLUGIN_LOG=json`), by structlog.

INVARIANT: of an exception only its type and place are told. In JSON the text of another's message is left out as well, since
it may have been made of a name or a URL: its template and its place are told.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal, TypeAlias

from dam_plugin.errors import place_of
from dam_plugin.telemetry.spans import ids_at_hand

LogForm: TypeAlias = Literal["text", "json"]
VARIABLE = "DAM_PLUGIN_LOG"
"""Read before the settings are, which have it as `log`: what goes wrong with them is logged, too."""
STEPS = 5
"""How many steps that led to an error are told."""
FIELDS = "fields"
"""The key of `extra` under which a line of ours brings fields of its own."""

# Whose messages are ours, or are known to be made of no request.
_TRUSTED = ("dam_plugin", "dam_hooks", "dam_tagging", "uvicorn.error")
_OTHERS = "a message of a library"

_Event: TypeAlias = MutableMapping[str, Any]
_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

log = logging.getLogger(__name__)
_form: LogForm = "text"
_handler: logging.Handler | None = None


def begin(form: str | None) -> None:
    """Log warnings and errors to standard error, in this form; what is none is refused by the settings later."""
    global _handler  # noqa: PLW0603 - one process has one standard error
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    _handler = handler
    use("json" if form == "json" else "text")


def use(form: LogForm) -> None:
    """Log in this form from now on. Does nothing in a program of which `begin` does not have the log."""
    global _form  # noqa: PLW0603 - as above
    if _handler is None or form == _form:
        return
    _form = form
    _handler.setFormatter(_json_formatter() if form == "json" else TextFormatter())
    logging.captureWarnings(form == "json")
    # A message that cannot be written would be shown with its arguments.
    logging.raiseExceptions = form != "json"
    threading.excepthook = _thread_failed if form == "json" else threading.__excepthook__


def is_json() -> bool:
    """Whether log lines are JSON: whoever has a sentence for standard error logs it then."""
    return _form == "json"


class TextFormatter(logging.Formatter):
    """Lines for people."""

    def __init__(self) -> None:
        """Begin each line with its level and its logger."""
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is logging's
        """Return the type and the place of an exception: its text might name somebody."""
        return f"{type(ei[1]).__name__} at {place_of(ei[1], STEPS)}" if ei[1] else ""


def _json_formatter() -> logging.Formatter:
    # Loaded only where it is used.
    import structlog  # noqa: PLC0415

    first: list[structlog.typing.Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _without_others_words,
        _with_fields,
        _with_place,
    ]
    rest: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.JSONRenderer(),
    ]
    return structlog.stdlib.ProcessorFormatter(processors=rest, foreign_pre_chain=first, pass_foreign_args=True)


def _without_others_words(_: object, __: str, event: _Event) -> _Event:
    record: logging.LogRecord = event["_record"]
    arguments = event.pop("positional_args", None)
    if any(record.name == each or record.name.startswith(f"{each}.") for each in _TRUSTED):
        return event
    template = str(record.msg)
    # Whose words have no arguments may be made of them already.
    event["event"] = template if arguments and template.strip() != "%s" else _OTHERS
    event["at"] = f"{record.filename}:{record.lineno}"
    return event


def _with_fields(_: object, __: str, event: _Event) -> _Event:
    event.update(ids_at_hand())
    event.update(getattr(event["_record"], FIELDS, {}))
    return event


def _with_place(_: object, __: str, event: _Event) -> _Event:
    event.pop("stack_info", None)
    found = event.pop("exc_info", None)
    if found and found[1] is not None:
        event["error"], event["at"] = type(found[1]).__name__, place_of(found[1], STEPS)
    return event


def _thread_failed(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None:
        told = type(failed.exc_value).__name__, place_of(failed.exc_value, STEPS)
        log.error("a thread ended, this is a bug", extra={FIELDS: dict(zip(("error", "at"), told, strict=True))})
