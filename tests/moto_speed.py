"""Shortcuts around work that moto repeats: a tenth of its work remains, and its answers are the same.

Most tests of the store, the functions and the worker wait for moto 5.2. `tests/test_moto_speed.py` compares both.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import moto.core.responses
import moto.sqs.models
from botocore.awsrequest import AWSPreparedRequest
from moto.backend_index import backend_url_patterns
from moto.backends import get_backend
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.request import normalize_request
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser, OpDefault
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.parsing.ast_nodes import (
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpressionFunction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator
from werkzeug.exceptions import HTTPException

ITEM_BYTES = 405_000
"""moto's own limit of an item."""

REGION = "us-east-1"
Answered = tuple[int, Mapping[str, str], bytes]
"""Status, header fields, body."""
answered_elsewhere: dict[str, Callable[[AWSPreparedRequest], Answered]] = {}
"""By its name, a service whose requests another program answers now."""
_SHORT = {"dynamodb", "sqs"}
_whole_way: Callable[..., Any] = BotocoreStubber.process_request
_serialize_structure: Callable[..., None] = ResponseSerializer._serialize_type_structure
_parse_condition: Callable[..., Any] = ConditionExpressionParser.parse
_make_operand: Callable[..., Any] = ConditionExpressionParser._make_operand
_no_preparation = DepthFirstTraverser.pre_processing_of_child


def work_once() -> None:
    """For every test of this process."""
    for validator in (ActionCountValidator, OverlappingPathsValidator):
        validator.traverse = _of_the_whole  # type: ignore[method-assign]
    DepthFirstTraverser.traverse = _traverse  # type: ignore[method-assign]
    Node.find_clauses = _find_clauses  # type: ignore[method-assign]
    Node.__deepcopy__ = _copied
    ReservedKeywords.KEYWORDS = frozenset(ReservedKeywords.get_reserved_keywords())  # type: ignore[assignment]
    UpdateExpressionParser.make = functools.cache(UpdateExpressionParser.make)  # type: ignore[method-assign]
    ConditionExpressionParser.parse = _parsed_condition  # type: ignore[method-assign]
    ConditionExpressionParser._make_operand = _operand  # type: ignore[method-assign]
    DynamoType.size = _size  # type: ignore[method-assign]
    LimitedSizeDict.__setitem__ = _set_within_limit  # type: ignore[method-assign]
    Item.__init__ = _make_item  # type: ignore[method-assign]
    responses: Any = moto.core.responses
    queues: Any = moto.sqs.models
    for module in (responses, queues):
        module.camelcase_to_underscores = functools.cache(module.camelcase_to_underscores)
    BotocoreStubber.process_request = _process_request  # type: ignore[method-assign]
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    ResponseSerializer._serialize_type_structure = _serialize_members_that_are_there  # type: ignore[method-assign]


def _process_request(self: BotocoreStubber, request: AWSPreparedRequest) -> Any:
    """moto compares the address with those of all its services, and makes a table of each service's, every time."""
    url = request.url.partition("?")[0]
    if answer := answered_elsewhere.get(_service(url)):
        return answer(request)
    if (answering := _answering(url)) is None:
        return _whole_way(self, request)
    normalized = normalize_request(request)
    try:
        return answering(normalized, normalized.raw_url, normalized.headers)
    except HTTPException as error:
        return error.code, error.get_headers(), error.get_body()


@functools.cache
def _answering(url: str) -> Callable[..., Any] | None:
    if (service := _service(url)) not in _SHORT:
        return None
    urls = get_backend(service)[DEFAULT_ACCOUNT_ID][REGION].urls  # type: ignore[call-overload]
    return next((answering for pattern, answering in urls.items() if re.match(pattern, url)), None)


@functools.cache
def _service(url: str) -> str:
    return next((name for name, pattern in backend_url_patterns if pattern.match(url)), "")


def _of_the_whole(self: Any, node: Any) -> Any:
    """An expression holds the next one, and so on: what the first finds holds for those within it."""
    for check in self._processing_map().values():
        check(node)
    return node


def _traverse(self: Any, node: Any) -> Any:
    """moto asks at each node for the kinds to be processed, and whether an abstract base class has it."""
    processors = self._processing_map()
    kinds = tuple(processors)
    handled: dict[type, Any] = {}
    prepares = type(self).pre_processing_of_child is not _no_preparation

    def visit(node: Any, at: int) -> Any:
        parent = node.parent
        for position, child in enumerate(node.children or ()):
            if prepares:
                self.pre_processing_of_child(node, position)
            if _is_node(type(child)):
                visit(child, position)
        own = type(node)
        if own not in handled:
            handled[own] = processors.get(_first_of(own, kinds))
        if process := handled[own]:
            node = process(node)
            node.parent = parent
            if parent:
                parent.children[at] = node
        return node

    return visit(node, -1)


@functools.cache
def _is_node(kind: type) -> bool:
    return issubclass(kind, Node)


@functools.cache
def _first_of(kind: type, kinds: Iterable[type]) -> type | None:
    return next((each for each in kinds if issubclass(kind, each)), None)


def _find_clauses(self: Any, clause_types: list[type]) -> list[Any]:
    found: list[Any] = []
    for child in self.children or ():
        if type(child) in clause_types:
            found.append(child)
        elif _first_of(type(child), (Expression, UpdateExpressionFunction)):
            found += child.find_clauses(clause_types)
    return found


def _copied(self: Any, memo: Any) -> Any:
    """Of an expression that was only parsed: its leaves are texts and numbers."""
    copied = object.__new__(type(self))
    copied.__dict__.update(self.__dict__)
    if self.children is not None:
        copied.children = [_copied(each, memo) if hasattr(each, "parent") else each for each in self.children]
        for child in copied.children:
            if hasattr(child, "parent"):
                child.parent = copied
    return copied


def _parsed_condition(self: ConditionExpressionParser) -> Any:
    """The tree of an expression depends on its values' names only: `_operand` looks their values up."""
    if not (condition := self.condition_expression):
        return OpDefault(None, None)  # type: ignore[arg-type]
    names = frozenset((self.expression_attribute_names or {}).items())
    tree, found = _tree(condition, names, frozenset(self.expression_attribute_values or ()))
    self.expr_attr_names_found += found[0]
    self.expr_attr_values_found += found[1]
    return self._make_op_condition(tree)


@functools.cache
def _tree(condition: str, names: frozenset[tuple[str, str]], values: frozenset[str]) -> tuple[Any, Any]:
    parser = ConditionExpressionParser(condition, dict(names), {name: {} for name in values})
    found: list[Any] = []
    parser._make_op_condition = found.append  # type: ignore[method-assign, assignment]
    _parse_condition(parser)
    return found[0], (parser.expr_attr_names_found, parser.expr_attr_values_found)


def _operand(self: ConditionExpressionParser, node: Any) -> Any:
    if node.kind != self.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        return _make_operand(self, node)
    return AttributeValue(self._lookup_expression_attribute_value(node.text))


def _size(self: DynamoType) -> int:
    kind, value = self.type, self.value
    if kind == "L":
        return sum(map(_size, value))
    if kind == "M":
        return sum(_bytes(name) + _size(each) for name, each in value.items())
    if kind in ("N", "NS"):
        return sum(len(str(each)) for each in (value if kind == "NS" else [value]))
    if kind in ("SS", "BS"):
        return sum(map(_bytes, value))
    return 1 if isinstance(value, bool) else _bytes(value)


def _bytes(value: str | bytes) -> int:
    return len(value) if isinstance(value, bytes) or value.isascii() else len(value.encode())


def _make_item(self: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """moto adds up the attributes so far for each one that it adds: the whole item is too large if any part is."""
    self.hash_key, self.range_key, self.attrs = hash_key, range_key, LimitedSizeDict()
    dict.update(self.attrs, {key: DynamoType(value) for key, value in attrs.items()})
    if sum(_bytes(key) + _size_of(value) for key, value in self.attrs.items()) > ITEM_BYTES:
        raise ItemSizeTooLarge


def _set_within_limit(self: LimitedSizeDict, key: str, value: Any) -> None:
    """moto makes lists of all names and values, for each attribute of an item that is made."""
    size = sum(_bytes(name) + _size_of(each) for name, each in self.items())
    if size + _bytes(key) + _size_of(value) > ITEM_BYTES:
        raise ItemSizeTooLarge
    dict.__setitem__(self, key, value)


def _size_of(value: Any) -> int:
    return _size(value) if type(value) is DynamoType else _bytes(str(value))


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
