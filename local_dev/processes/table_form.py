"""Whether a kept table can be used with this version's template: an index that it lacks can be added, and one that it
has in addition does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Shape = Mapping[str, Any]
"""The properties with which a table is created (`resource_names.shapes`), or those of its description."""
_INDEXES = "GlobalSecondaryIndexes"


def fits(kept: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> bool:
    """`kept`, `wanted`: tables by name. A table that is not kept yet is created, so it fits."""
    return all(_table_fits(kept[name], shape) for name, shape in wanted.items() if name in kept)


def missing_indexes(table: Shape, wanted: Shape) -> Iterator[dict[str, Any]]:
    """Yield the parameters of `UpdateTable` for each index that the table lacks: DynamoDB makes one at a time."""
    existing = _by_name(table)
    for name, index in _by_name(wanted).items():
        if name not in existing:
            yield {
                "AttributeDefinitions": wanted["AttributeDefinitions"],
                "GlobalSecondaryIndexUpdates": [{"Create": index}],
            }


def _table_fits(kept: Shape, wanted: Shape) -> bool:
    had, has = _by_name(kept), _by_name(wanted)
    were, are = _types(kept), _types(wanted)
    return (
        _keys(kept) == _keys(wanted)
        and all(had[name] == has[name] for name in had.keys() & has.keys())
        and all(were[name] == are[name] for name in were.keys() & are.keys())
    )


def _keys(shape: Shape) -> Any:
    return shape.get("KeySchema"), shape.get("LocalSecondaryIndexes")


def _by_name(shape: Shape) -> dict[str, Any]:
    return {index["IndexName"]: index for index in shape.get(_INDEXES, [])}


def _types(shape: Shape) -> dict[str, str]:
    return {each["AttributeName"]: each["AttributeType"] for each in shape.get("AttributeDefinitions", [])}
