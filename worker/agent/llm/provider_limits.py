"""The limits of each LLM provider for tools and files, as rows of data.

One tool that a provider refuses would make every message of every user fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

DEEPEST = 32
"""Maximum nesting of a schema. We chose this limit because libraries walk schemas recursively; no provider's limit
was looked up.
"""
_COMBINATORS = frozenset({"oneOf", "anyOf", "allOf", "not", "enum", "const", "if"})
_PROPERTY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SUBSCHEMAS = frozenset(
    {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"}
)
_LISTS = frozenset({"oneOf", "anyOf", "allOf", "prefixItems"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})

Schema = dict[str, Any]


def _is_object(schema: Schema) -> str | None:
    return None if schema.get("type") == "object" else "its input schema is not an object"


def _no_combinator_at_top(schema: Schema) -> str | None:
    found = sorted(_COMBINATORS & schema.keys())
    return f"its input schema has {found[0]} at the top" if found else None


def _not_too_deep(schema: Schema) -> str | None:
    return f"its input schema is deeper than {DEEPEST} levels" if _depth(schema) > DEEPEST else None


def _arrays_have_items(schema: Schema) -> str | None:
    for part in _parts(schema):
        kinds = part.get("type")
        is_array = kinds == "array" or (isinstance(kinds, list) and "array" in kinds)
        if is_array and not isinstance(part.get("items"), dict):
            return "an array in its input schema has no `items`"
    return None


def _enums_have_values(schema: Schema) -> str | None:
    is_empty = any(part.get("enum") == [] for part in _parts(schema))
    return "an `enum` in its input schema is empty" if is_empty else None


def _references_lead_somewhere(schema: Schema) -> str | None:
    for part in _parts(schema):
        reference = part.get("$ref")
        if reference is not None and not (isinstance(reference, str) and _resolves(schema, reference)):
            return "a `$ref` in its input schema leads nowhere"
    return None


def _property_names_are_plain(schema: Schema) -> str | None:
    for part in _parts(schema):
        names = part.get("properties")
        if isinstance(names, dict) and not all(map(_PROPERTY.fullmatch, cast("Schema", names))):
            return "a parameter's name must have 1 to 64 letters, digits, _, . and -"
    return None


Rule = Callable[[Schema], str | None]
EVERYWHERE: tuple[Rule, ...] = (_not_too_deep, _is_object, _references_lead_somewhere)
OPENAI_RULES: tuple[Rule, ...] = (*EVERYWHERE, _no_combinator_at_top, _arrays_have_items, _enums_have_values)
ANTHROPIC_RULES: tuple[Rule, ...] = (
    *EVERYWHERE,
    _no_combinator_at_top,
    _enums_have_values,
    _property_names_are_plain,
)

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PDF = frozenset({"application/pdf"})


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """What one provider accepts."""

    name: str
    """The provider's name, as in the LLM's name before the colon."""
    tools: int | None
    """The maximum number of tools; None without a known limit."""
    rules: tuple[Rule, ...]
    """The checks of a tool's input schema, each of which returns a reason to leave the tool out."""
    media: frozenset[str]
    """The MIME types of the files that the LLM can read."""
    source: str
    """Where the limits were read on 2026-11-26. An issue quotes the provider's own answer."""

    def fault(self, schema: Schema) -> str | None:
        """Return the reason for which the provider would refuse a tool with this input schema."""
        return next((fault for rule in self.rules if (fault := rule(schema))), None)


NONE = ProviderLimits(
    "none", None, EVERYWHERE, frozenset(), "the operators that are computed here read text only"
)
_OPENAI = (
    "128: OpenAI's error array_above_max_length in openai/openai-dotnet#317 and zed-industries/zed#32946; items: "
    "invalid_function_parameters in langgenius/dify#32894; top level: anomalyco/opencode#35516; empty enum and files: "
    "from memory, not looked up"
)
_ANTHROPIC = (
    "top level: anthropics/claude-code#40075; names: anthropics/claude-code#79418; number of tools, empty enum and "
    "files: from memory, not looked up"
)
ROWS: tuple[ProviderLimits, ...] = (
    ProviderLimits("openai", 128, OPENAI_RULES, PICTURES | PDF, _OPENAI),
    ProviderLimits(
        "openai-responses", 128, OPENAI_RULES, PICTURES | PDF, "as openai; not looked up for itself"
    ),
    # An unknown server may be able to read nothing but text; FORGE_LLM_MEDIA says what it can read.
    ProviderLimits(
        "openai-compatible",
        128,
        OPENAI_RULES,
        frozenset(),
        "128: caozhiyuan/copilot-api#188; others as openai, not looked up",
    ),
    ProviderLimits("anthropic", None, ANTHROPIC_RULES, PICTURES | PDF, _ANTHROPIC),
    ProviderLimits(
        "bedrock",
        None,
        ANTHROPIC_RULES,
        PICTURES,
        "ToolInputSchema, ToolConfiguration and ImageFormat in botocore's bedrock-runtime 2023-09-30; the other rules "
        "are those of Claude, not looked up for itself",
    ),
)
_BY_NAME = {row.name: row for row in ROWS}


def limits_of(llm: str, environment: Mapping[str, str]) -> ProviderLimits:
    """`llm` as in FORGE_LLM. FORGE_LLM_MEDIA, a comma-separated list of types, replaces the row's types."""
    name = llm.partition(":")[0]
    if name == "openai" and environment.get("OPENAI_BASE_URL"):
        name = "openai-compatible"
    row = _BY_NAME.get(name, NONE)
    if (media := environment.get("FORGE_LLM_MEDIA")) is None:
        return row
    types = frozenset(part.strip() for part in media.split(",") if part.strip())
    return ProviderLimits(row.name, row.tools, row.rules, types, row.source)


def _subschemas(schema: Schema) -> Iterator[Schema]:
    for key, value in schema.items():
        inner: list[Any] = []
        if key in _SUBSCHEMAS:
            inner = [value]
        elif key in _LISTS and isinstance(value, list):
            inner = cast("list[Any]", value)
        elif key in _MAPS and isinstance(value, dict):
            inner = list(cast("Schema", value).values())
        yield from (cast("Schema", each) for each in inner if isinstance(each, dict))


def _parts(schema: Schema) -> Iterator[Schema]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        yield part
        waiting += _subschemas(part)


def _depth(schema: Schema) -> int:
    """The nesting is counted level by level, so that no schema is too deep for the count itself."""
    depth, level = 0, [schema]
    while level and depth <= DEEPEST:
        depth, level = depth + 1, [inner for part in level for inner in _subschemas(part)]
    return depth


def _resolves(schema: Schema, reference: str) -> bool:
    """Providers only follow references within the schema (RFC 6901, as a fragment)."""
    if not reference.startswith("#"):
        return False
    place: Any = schema
    for step in reference[1:].split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(place, dict) or name not in place:
            return False
        place = cast("Schema", place)[name]
    return isinstance(place, dict)
