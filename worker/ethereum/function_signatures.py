"""Function signatures as people write them, parsed to ABI types.

`transfer(address,uint256)`, `function swap((address token, uint24 fee)[] path, uint amount) payable returns (bool)`:
names, modifiers, a final semicolon, the short forms `uint`, `int` and Solidity's `contract X` and `enum X` are
accepted; tuples and arrays nest to any depth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from eth_hash.auto import keccak

from worker.tool_outcomes import ToolRefused

LONGEST = 2_000
DEEPEST = 16
_TOKEN = re.compile(r"\s*([A-Za-z_$][A-Za-z0-9_$]*|[0-9]+|[(),\[\].])")
_SHORT_FORMS = {"uint": "uint256", "int": "int256", "byte": "bytes1", "function": "bytes24"}
_DECLARED = {"contract": "address", "interface": "address", "enum": "uint8"}
"""How the ABI encodes a type that is declared by name (Solidity documentation, "Mapping Solidity to ABI types")."""
_TYPE = re.compile(r"(uint|int)([0-9]+)|bytes([0-9]*)|address|bool|string")
_LOCATIONS = {"memory", "calldata", "storage", "indexed", "payable"}


@dataclass(frozen=True, slots=True)
class AbiType:
    """The type of one value."""

    base: str
    """The elementary type in its canonical form, such as `uint256`, or `tuple`."""
    name: str = ""
    """The parameter's name; empty if there is none."""
    components: tuple[AbiType, ...] = ()
    """The types within a tuple; empty for every other type."""
    sizes: tuple[int | None, ...] = ()
    """The array dimensions from the inside out, None for any length; empty if this is no array."""

    def canonical(self) -> str:
        inner = ",".join(c.canonical() for c in self.components)
        base = f"({inner})" if self.base == "tuple" else self.base
        return base + "".join(f"[{'' if size is None else size}]" for size in self.sizes)

    def item(self) -> AbiType:
        """Return the type of an array's elements."""
        return AbiType(self.base, "", self.components, self.sizes[:-1])


@dataclass(frozen=True, slots=True)
class FunctionSignature:
    name: str
    """The function's name."""
    inputs: tuple[AbiType, ...]
    """The types of the arguments, in order."""

    def canonical(self) -> str:
        return f"{self.name}({','.join(t.canonical() for t in self.inputs)})"

    def selector(self) -> bytes:
        """The first four bytes of the call data (Solidity ABI specification)."""
        return keccak(self.canonical().encode())[:4]


def parse_signature(text: str) -> FunctionSignature:
    tokens = _Tokens(text.rstrip("; \n"))
    if tokens.peek() in {"function", "error"}:
        tokens.take()
    name = tokens.take()
    if not re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_$]*", name):
        raise tokens.error("it must begin with the function's name")
    signature = FunctionSignature(name, tokens.tuple_components(0))
    while tokens.peek():  # modifiers and return types are not part of the selector
        tokens.take()
    return signature


def parse_types(text: str) -> tuple[AbiType, ...]:
    """Parse `(uint256,address)` or `uint256,address`, the types that a call returns."""
    text = text.strip().removesuffix(";").removeprefix("returns").strip()
    tokens = _Tokens(text if text.startswith("(") and _is_one_group(text) else f"({text})")
    types = tokens.tuple_components(0)
    if tokens.peek():
        raise tokens.error("there is text after the last type")
    return types


def _is_one_group(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        if len(text) > LONGEST:
            raise ToolRefused(f"The signature is longer than {LONGEST} characters.")

    def error(self, reason: str) -> ToolRefused:
        return ToolRefused(
            f"Cannot read the signature {self._text[:100]!r}: {reason}. Write it like transfer(address,uint256)."
        )

    def peek(self) -> str:
        match = _TOKEN.match(self._text, self._position)
        if match is None and self._text[self._position :].strip():
            raise self.error(f"unexpected {self._text[self._position :].strip()[0]!r}")
        return match[1] if match else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        match = _TOKEN.match(self._text, self._position)
        if match is None or (expected and token != expected):
            raise self.error(f"expected {expected or 'a name'!r} at {token or 'the end'!r}")
        self._position = match.end()
        return token

    def tuple_components(self, depth: int) -> tuple[AbiType, ...]:
        if depth > DEEPEST:
            raise self.error(f"tuples nest deeper than {DEEPEST}")
        self.take("(")
        components: list[AbiType] = []
        while self.peek() != ")":
            if components:
                self.take(",")
            components.append(self._parameter(depth))
        self.take(")")
        if depth and not components:
            raise self.error("a tuple is empty")
        return tuple(components)

    def _parameter(self, depth: int) -> AbiType:
        if self.peek() == "tuple":
            self.take()
        is_tuple = self.peek() == "("
        inner = self.tuple_components(depth + 1) if is_tuple else ()
        base = "tuple" if is_tuple else self._declared() or self._base(self.take())
        sizes = tuple(self._array_sizes())
        while self.peek() in _LOCATIONS:
            self.take()
        name = self.take() if self.peek() not in {"", ",", ")"} else ""
        return AbiType(base, name, inner, sizes)

    def _declared(self) -> str | None:
        """Parse `contract IERC20` or `enum Pool.Kind`; None for any other type."""
        if (encoded := _DECLARED.get(self.peek())) is None:
            return None
        self.take()
        if self.peek() in {"", ",", ")", "["}:
            raise self.error("a name is missing after contract, interface or enum")
        self.take()
        while self.peek() == ".":
            self.take(".")
            self.take()
        return encoded

    def _array_sizes(self) -> list[int | None]:
        sizes: list[int | None] = []
        while self.peek() == "[":
            self.take("[")
            size = self.take() if self.peek().isdigit() else None
            if size is not None and (len(size) > 9 or not int(size)):
                raise self.error("an array's size must be between 1 and 999999999")
            sizes.append(None if size is None else int(size))
            self.take("]")
        return sizes

    def _base(self, word: str) -> str:
        word = _SHORT_FORMS.get(word, word)
        match = _TYPE.fullmatch(word)
        bits, size = (match[2], match[3]) if match else (None, None)
        bad_bits = bits is not None and not (8 <= int(bits) <= 256 and int(bits) % 8 == 0)
        bad_size = bool(size) and not 1 <= int(size or 0) <= 32
        if match is None or bad_bits or bad_size:
            raise self.error(
                f"{word!r} is not an ABI type; a contract is an address, an enum a uint8, a struct a tuple such as "
                "(uint256,address)"
            )
        return word
