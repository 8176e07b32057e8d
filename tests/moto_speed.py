"""Ways around what moto does again and again: a fifth of its work is left, and its answers are the same.

Most tests of the store, the functions and the worker wait for moto 5.2. `tests/test_moto_speed.py` compares both ways.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import moto.core.responses
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

_serialize_structure: Callable[..., None] = ResponseSerializer._serialize_type_structure


def work_once() -> None:
    """For every test of this process."""
    for validator in (ActionCountValidator, OverlappingPathsValidator):
        validator.traverse = _of_the_whole  # type: ignore[method-assign]
    DepthFirstTraverser.traverse = _traverse  # type: ignore[method-assign]
    UpdateExpressionParser.make = functools.cache(UpdateExpressionParser.make)  # type: ignore[method-assign]
    responses: Any = moto.core.responses
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    ResponseSerializer._serialize_type_structure = _serialize_members_that_are_there  # type: ignore[method-assign]


def _of_the_whole(self: Any, node: Any) -> Any:
    """An expression holds the next one, and so on: what the first finds holds for those within it."""
    for check in self._processing_map().values():
        check(node)
    return node


def _traverse(self: Any, node: Any) -> Any:
    """moto asks for the kinds of nodes to be processed at each node."""
    kinds = self.nodes_to_be_processed()
    self.nodes_to_be_processed = lambda: kinds
    return self.traverse_node_recursively(node)


def _serialize_members_that_are_there(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """moto looks for each member that a structure may have, under each of its names: an attribute has one of ten."""
    is_named_as_its_shape = type(value) is dict and value.keys() <= shape.members.keys()
    if not is_named_as_its_shape or self._value_picker.response_transformers:
        _serialize_structure(self, serialized, value, shape, key)
        return
    wrapper = self.MAP_TYPE() if key else serialized
    for member, member_shape in shape.members.items():
        if value.get(member) is not None:
            member_shape.parent = shape
            self._serialize(wrapper, value[member], member_shape, member)
    if key:
        self._default_serialize(serialized, wrapper, shape, key)
