"""Builder for one conditional write: its clauses and the values that they name."""

from __future__ import annotations

from typing import Any, Self

from forge.dynamodb.codec import encode_item


class ConditionalWrite:
    """Collects an update and its condition. A clause names a value as `:name` and a map key as `#name`."""

    def __init__(self) -> None:
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._others: list[str] = []
        self._conditions: list[str] = []
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def set(self, **values: Any) -> Self:
        """`set(tat=5)` sets the attribute `tat` to 5."""
        for name in values:
            self._sets.append(f"{name} = :{name}")
        return self.given(**values)

    def assign(self, *clauses: str, **values: Any) -> Self:
        """`assign("rev = rev + :one", one=1)` adds a SET clause."""
        self._sets += clauses
        return self.given(**values)

    def remove(self, *paths: str) -> Self:
        self._removes += paths
        return self

    def add(self, name: str, value: Any) -> Self:
        """Add members to a set."""
        self._others.append(f"ADD {name} :{name}")
        return self.given(**{name: value})

    def discard(self, name: str, value: Any) -> Self:
        """Delete members from a set."""
        self._others.append(f"DELETE {name} :{name}")
        return self.given(**{name: value})

    def when(self, *conditions: str, **values: Any) -> Self:
        self._conditions += conditions
        return self.given(**values)

    def given(self, **values: Any) -> Self:
        for name, value in values.items():
            if self._values.setdefault(f":{name}", value) != value:
                raise ValueError(f"two values for :{name}")
        return self

    def named(self, **names: str) -> Self:
        self._names |= {f"#{short}": name for short, name in names.items()}
        return self

    def update(self) -> dict[str, Any]:
        """Return the parameters of an `Update`."""
        clauses = [f"SET {', '.join(self._sets)}"] if self._sets else []
        clauses += [f"REMOVE {', '.join(self._removes)}"] if self._removes else []
        return {"UpdateExpression": " ".join(clauses + self._others), **self.condition()}

    def condition(self) -> dict[str, Any]:
        """Return the parameters of a `Put`, a `Delete` or a `ConditionCheck`."""
        parameters: dict[str, Any] = {}
        if self._conditions:
            parameters["ConditionExpression"] = " AND ".join(map(_bracketed, self._conditions))
            parameters["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self._names:
            parameters["ExpressionAttributeNames"] = dict(self._names)
        if self._values:
            parameters["ExpressionAttributeValues"] = encode_item(self._values)
        return parameters


def _bracketed(condition: str) -> str:
    """Add parentheses only where they are needed, because DynamoDB refuses redundant ones."""
    return f"({condition})" if " OR " in condition else condition
