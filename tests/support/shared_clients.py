"""What boto3's clients parse and put together is shared by all of a process: most of what it costs to make one."""

from __future__ import annotations

import functools
import os
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import boto3
import botocore.compat
import botocore.hooks
import botocore.regions
import botocore.session
from botocore.client import ClientCreator
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import _MIDDLE, EventAliaser, NodeList, _PrefixTrie

from dam_plugin.library import clients

if TYPE_CHECKING:
    import pytest


def share_clients(patch: pytest.MonkeyPatch) -> None:
    """Let clients share what botocore parses of its own files, and those of one environment their session.

    They also share what it knows of a service and the rules of its endpoints.
    """
    patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
    patch.setattr(clients, "_session", _session_of_environment)
    patch.setattr(ClientCreator, "_load_service_model", _model_of_session)
    patch.setattr(ClientCreator, "_create_client_class", _class_of_session)
    patch.setattr(botocore.regions, "EndpointProvider", _provider_of_rules)
    patch.setattr(botocore.hooks, "accepts_kwargs", _acceptance_of_function)
    patch.setattr(EventAliaser, "_alias_event_name", _alias_of_run)
    patch.setattr(_PrefixTrie, "__copy__", _with_same_nodes)
    patch.setattr(_PrefixTrie, "append_item", _append_to_own_nodes)
    patch.setattr(_PrefixTrie, "remove_item", _remove_from_own_nodes)


_SESSIONS: dict[tuple[tuple[str, str], ...], boto3.session.Session] = {}
_ONE_AT_A_TIME = threading.Lock()
_new_session = clients._session


def _session_of_environment() -> boto3.session.Session:
    environment = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("AWS_")))
    with _ONE_AT_A_TIME:
        if environment not in _SESSIONS:
            _SESSIONS[environment] = _new_session()
        return _SESSIONS[environment]


_MODELS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
_CLASSES: WeakKeyDictionary[Any, dict[str, type]] = WeakKeyDictionary()
_PROVIDERS: dict[int, tuple[Any, EndpointProvider]] = {}
_ALIASES: dict[str, str] = {}
_remove = _PrefixTrie.remove_item
_new_alias = EventAliaser._alias_event_name
_new_model = ClientCreator._load_service_model
_new_class = ClientCreator._create_client_class


def _model_of_session(self: ClientCreator, service_name: str, api_version: Any) -> Any:
    models = _MODELS.setdefault(self._event_emitter, {})
    if service_name not in models:
        models[service_name] = _new_model(self, service_name, api_version)
    return models[service_name]


def _class_of_session(self: ClientCreator, service_name: str, service_model: Any) -> type:
    # What listens to a session has a say in the class.
    classes = _CLASSES.setdefault(self._event_emitter, {})
    if service_name not in classes:
        classes[service_name] = _new_class(self, service_name, service_model)
    return classes[service_name]


def _provider_of_rules(ruleset_data: Any, **more: Any) -> EndpointProvider:
    # The rules are kept with what was made of them, so that no others are ever at their place in memory.
    if id(ruleset_data) not in _PROVIDERS:
        _PROVIDERS[id(ruleset_data)] = (ruleset_data, EndpointProvider(ruleset_data=ruleset_data, **more))
    return _PROVIDERS[id(ruleset_data)][1]


def _acceptance_of_function(given: Any) -> bool:
    # A method of each client is a new object; its function is always the same one.
    return _takes_any_keyword(getattr(given, "__func__", given))


@functools.cache
def _takes_any_keyword(function: Any) -> bool:
    return botocore.compat.accepts_kwargs(function)  # type: ignore[no-any-return]


def _alias_of_run(self: EventAliaser, event_name: str) -> str:
    if event_name not in _ALIASES:
        _ALIASES[event_name] = _new_alias(self, event_name)
    return _ALIASES[event_name]


def _with_same_nodes(self: _PrefixTrie) -> _PrefixTrie:
    """Each client starts with its session's handlers for some 400 events, and adds a few: no node of theirs is ever changed."""
    copied = type(self)()
    copied._root = self._root
    return copied


def _append_to_own_nodes(self: _PrefixTrie, key: str, value: Any, section: int = _MIDDLE) -> None:
    self._root = node = dict(self._root)
    for part in key.split("."):
        node["children"] = children = dict(node["children"])
        children[part] = node = dict(children.get(part) or {"chunk": part, "values": None, "children": {}})
    node["values"] = NodeList(*map(list, node["values"] or ([], [], [])))
    node["values"][section].append(value)


def _remove_from_own_nodes(self: _PrefixTrie, key: str, value: Any) -> None:
    self._root = self._recursive_copy(self._root)
    _remove(self, key, value)
