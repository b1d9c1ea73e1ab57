"""moto's way of writing EC2's answers, quick enough for lists of thousands.

moto works out anew for every single value under which names an object may keep it, and writes XML through a
general converter: a page of a thousand subnets took half a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from moto.core.common_types import TYPE_RESPONSE
from moto.core.model import Shape
from moto.core.responses import ActionContext, ActionResult
from moto.core.serialize import AttributePickerContext, EC2Serializer
from moto.core.utils import get_value

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_MISSING = object()
_Way = tuple[tuple[str, ...], Callable[[Any], Any]]


class QuickResult(ActionResult):
    """An answer that is written by the serializer here."""

    def execute_result(self, context: ActionContext) -> TYPE_RESPONSE:
        return super().execute_result(replace(context, serializer_class=QuickSerializer))


class QuickSerializer(EC2Serializer):
    """For one answer. Objects of one class keep the same member under the same names: these are worked out once."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._ways: dict[tuple[Shape, type], _Way] = {}

    def get_value(self, value: Any, key: str, shape: Shape) -> Any:
        way = self._ways.get((shape, type(value)))
        if way is None:
            way = self._ways[shape, type(value)] = self._way(value, key, shape)
        names, transform = way
        for name in names:
            found = get_value(value, name, _MISSING)
            if found is not _MISSING:
                return transform(found)
        return transform(None)

    def _way(self, value: Any, key: str, shape: Shape) -> _Way:
        path = ".".join(self.path)
        picker = self._value_picker
        names = picker.get_possible_keys(AttributePickerContext(value, key, shape, key_path=path))
        transforms = picker.response_transformers.items()
        transform = next((change for end, change in transforms if f"{path}.{key}".endswith(end)), _unchanged)
        return tuple(dict.fromkeys(names)), transform

    def _serialize_body(self, body: Mapping[str, Any]) -> str:
        pieces = [_DECLARATION]
        _write(pieces.append, body)
        return "".join(pieces)


def _unchanged(value: Any) -> Any:
    return value


def _write(out: Callable[[str], object], members: Mapping[str, Any]) -> None:
    """Elements, in lists one after the other; a name with @ is the attribute of the element around it."""
    for name, value in members.items():
        if name.startswith("@"):
            continue
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, dict):
                out(f"<{name}{_attributes(one)}>")
                _write(out, one)
                out(f"</{name}>")
            else:
                out(f"<{name}>{escape(str(one))}</{name}>")


def _attributes(members: Mapping[str, Any]) -> str:
    return "".join(f" {name[1:]}={quoteattr(value)}" for name, value in members.items() if name.startswith("@"))
