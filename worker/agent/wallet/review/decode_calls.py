"""Reads a request as the most lenient contract would: all calls within calls, and the rights that they give.

Reading takes processor time, which is limited in advance by the amount that may be read. The caller runs it in a
thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from eth_abi.abi import encode

from forge.models.counted_words import counted
from forge.models.wallet_review import ReviewWarning, Severity, WarningCode
from worker.agent.wallet.review.argument_paths import broadcast, raw_bytes, selected
from worker.agent.wallet.review.call_nodes import Node, Reading, Right
from worker.agent.wallet.review.inner_calls import inner_calls
from worker.agent.wallet.review.known_functions import Calls, Gives, Meaning, giving_selector, known_functions
from worker.agent.wallet.review.known_functions.wrappers import BATCHES
from worker.ethereum.addresses import checksummed
from worker.ethereum.lenient_decoding import Allotment, LenientReader, TooMuch, is_dynamic

MOST_BYTES = 45_000
"""Maximum bytes of the call data of one request."""
MOST_WORDS = 12_000
MOST_CALLS = 200
DEEPEST = 32
MOST_HINTS = 4
MOST_HINT_WORDS = 6_000
"""Maximum words that are read of one byte string in the search for possible calls."""
MOST_HINT_WORDS_IN_ALL = 2 * MOST_HINT_WORDS
"""Maximum of them for one request, whose calls may all point to the same bytes."""
_SELECTOR = 4
_OWED = "What arrives is owed with interest, and what the account has deposited can be sold to pay for it."


def decode_calls(calls: Iterable[tuple[str, int, bytes]]) -> Reading:
    """`calls`: for each call the address, the wei and the data."""
    reader = CallDecoder()
    for to, value, data in calls:
        node = Node(to, value, data, acts_as=to)
        reader.read(node, 0)
        reader.reading.calls.append(node)
    return reader.reading


class CallDecoder:
    """Reads calls until its allotment is used up, and notes where it stopped."""

    def __init__(self) -> None:
        self.reading = Reading()
        self._allotment = Allotment(MOST_WORDS)
        self._calls_left = MOST_CALLS
        self._hint_words = MOST_HINT_WORDS_IN_ALL

    def read(self, node: Node, depth: int) -> None:
        self._calls_left -= 1
        if depth > DEEPEST or self._calls_left < 0:
            self._give_up(
                node, "nested_too_deep", "Calls lie deeper within each other than can be read here."
            )
        elif node.command:
            self._read_known(node, node.command, 0, depth)
        elif node.note:
            self._give_up(node, "not_understood", node.note)
        elif not node.data:
            node.understood = True
        elif meaning := known_functions().get(node.data[:_SELECTOR].ljust(_SELECTOR, b"\0")):
            self._read_known(node, meaning, _SELECTOR, depth)
        else:
            what = f"Nobody can say what the call 0x{node.data[:4].hex()} of {node.to} does: it is not known here."
            self._give_up(node, "not_understood", what)

    def _read_known(self, node: Node, meaning: Meaning, start: int, depth: int) -> None:
        node.meaning, name = meaning, meaning.signature.name
        try:
            node.values = LenientReader(node.data, start, self._allotment).values(meaning.signature.inputs)
        except TooMuch:
            self._give_up(node, "too_large", f"The call {name} holds more values than can be read here.")
            return
        node.understood, node.note = True, meaning.note or None
        is_batch = any(each.packing == "multisend" for each in meaning.calls) and node.to.lower() in BATCHES
        if node.delegated and not is_batch:
            whose = checksummed(node.caller) if node.caller else "the sender"
            text = f"The code of {checksummed(node.to)} runs with all rights of {whose}."
            self._warn("delegated_code", "danger", text)
        if meaning.borrows:
            self._warn("loan", "caution", f"{name} takes a loan. {_OWED}")
        self._check_encoding(node, meaning, start)
        for gives in meaning.gives:
            self.reading.rights += _rights(node, gives, meaning, is_inner=depth > 0)
        for calls in meaning.calls:
            self._read_inner(node, meaning, calls, depth)
        known = [calls.data for calls in meaning.calls]
        for content in raw_bytes(meaning.signature.inputs, node.values, known):
            self._look_for_rights(content)

    def _check_encoding(self, node: Node, meaning: Meaning, start: int) -> None:
        """Many programs leave out the zeros after a byte string that ends the data; this hides nothing."""
        kinds, name = meaning.signature.inputs, meaning.signature.name
        usual = encode([kind.canonical() for kind in kinds], node.values)
        actual = node.data[start:]
        if any(is_dynamic(kind) for kind in kinds):
            actual = actual.ljust(-(-len(actual) // 32) * 32, b"\0")
        if actual == usual:
            return
        if actual.startswith(usual):
            beside = (
                f"After the arguments of {name} there is more, which a contract may read: "
                f"{counted(len(actual) - len(usual), 'byte')}."
            )
            self._warn("extra_data", "caution", beside)
        else:
            text = f"The arguments of {name} are not written as programs usually write them: they may hide something."
            self._warn("unusual_encoding", "danger", text)

    def _read_inner(self, node: Node, meaning: Meaning, calls: Calls, depth: int) -> None:
        """A loop over packed calls ends when the allotment of calls is used up, so the number of its steps is
        limited too.
        """
        try:
            inner = inner_calls(node, meaning, calls, self._allotment)
            if inner is None:
                self._give_up(
                    node, "not_understood", f"The form of the calls in {meaning.signature.name} is not known."
                )
                return
            for each in inner:
                node.inner.append(each)
                self.read(each, depth + 1)
                if self._calls_left < 0:
                    return
        except TooMuch:
            self._give_up(
                node, "too_large", f"{meaning.signature.name} holds more calls than can be read here."
            )

    def _give_up(self, node: Node, code: WarningCode, text: str) -> None:
        node.understood, node.note = False, text
        self._warn(code, "danger", text)
        self._look_for_rights(node.data)

    def _look_for_rights(self, content: bytes) -> None:
        """Search bytes that are not read as calls for the selectors of functions that give rights away.

        Every match counts, because somebody may have put harmless ones before the one that matters.
        """
        found: list[Right] = []
        most = min(MOST_HINT_WORDS, self._hint_words)
        allotment, is_whole = Allotment(most), True
        try:
            for place in giving_selector().finditer(content):
                allotment.spend(1)
                found += self._rights_at(content[place.start() :], allotment)
        except TooMuch:
            is_whole = False
        self._hint_words -= most - max(0, allotment.left)
        worst = sorted(dict.fromkeys(found), key=lambda right: (right.revokes, -_size(right)))
        if not is_whole or len(worst) > MOST_HINTS:
            self._warn("too_large", "danger", "It holds more of what may be calls than can be shown here.")
        self.reading.rights += worst[:MOST_HINTS]

    def _rights_at(self, content: bytes, allotment: Allotment) -> list[Right]:
        """Return the rights of a possible call. It is unknown whether the call is made, and by which contract."""
        meaning = known_functions()[content[:_SELECTOR]]
        node = Node("", 0, content, "", meaning=meaning)
        node.values = LenientReader(content, _SELECTOR, allotment).values(meaning.signature.inputs)
        rights = (right for gives in meaning.gives for right in _rights(node, gives, meaning, is_inner=True))
        return [replace(each, token=each.token or None) for each in rights]

    def _warn(self, code: WarningCode, severity: Severity, text: str) -> None:
        warning = ReviewWarning(code=code, severity=severity, text=text)
        if warning not in self.reading.warnings:
            self.reading.warnings.append(warning)


def _rights(node: Node, gives: Gives, meaning: Meaning, *, is_inner: bool) -> Iterator[Right]:
    paths = (gives.spender, gives.asset, gives.amount, gives.switch, gives.owner)
    columns = [selected(meaning.signature.inputs, node.values, path, node.to) for path in paths]
    plain = not any((gives.spender, gives.asset, gives.amount))
    for spender, token, amount, switch, owner in broadcast([*columns]) if not plain else [(None,) * 5]:
        if gives.at_once and amount == 0:
            continue
        yield Right(
            kind=gives.kind,
            token=token or node.to,
            spender=spender or "",
            amount=amount,
            owner=owner or node.caller,
            function=meaning.signature.name,
            is_inner=is_inner,
            adds=gives.adds,
            revokes=gives.takes or (switch is not None and not switch),
            single=gives.single,
            at_once=gives.at_once,
            words=gives.words,
        )


def _size(right: Right) -> int:
    """A right without a number covers everything."""
    return 2**256 if right.amount is None else right.amount
