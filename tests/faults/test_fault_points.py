"""Every await of a run for another process has a fault test; a new one without a test fails here."""

from __future__ import annotations

import ast
import json

import pytest

from bench.soak import damages
from bench.soak.crossings import named
from bench.soak.matrix import KINDS, POINTS, cells
from local_dev.repository import ROOT
from tests.faults.awaits import crossings

CROSSINGS = {
    "agent/tools/call_ledger._run: super().call_tool": "tool.pay",
    "agent/tools/session_network.call_tool: super().call_tool": "tool.pay",
    "agent/history/persist_history.wrap_model_request: handler": "llm.request",
    "push/audiences._find_late_readers: self._blocking.retry(self._controls.read)": "controls.read",
    "push/audiences.is_gone: self._blocking(forget_unless_opening)": "controls.disconnect",
    "push/signed_connections.post: self._pool.post": "connections.post",
    "runs/claim_or_wait._claim: self.blocking(self.runs.claim)": "runs.claim",
    "runs/claim_or_wait._control: self.blocking(self.controls.read)": "controls.read",
    "runs/queue_calls.delete: self._blocking.retry(self._queue.delete)": "queue.delete",
    "runs/consumer._next_batch: self._blocking(self._queue.receive)": "queue.receive",
    "runs/delivery_after_run._pause: self._blocking.retry(self._controls.read)": "controls.read",
    "runs/queue_calls.release: self._blocking.retry(self._queue.extend)": "queue.release",
    "runs/queue_calls.dead_letter: self._blocking.retry(self._queue.dead_letter)": "queue.dead_letter",
    "runs/run_deliveries._executed: self._blocking(self._runs.release)": "runs.release",
    "runs/answering.missing_tools: self.publisher.others_can_answer": "catalog.get",
    "runs/execution.show: self._blocking(self._sessions.get)": "sessions.get",
    "runs/message_visibility._extend: blocking(queue.extend_all)": "queue.extend",
    "runs/leased_record.append: self._renew(self._runs.append)": "runs.append",
    "runs/leased_record.begin_call: self._persist(self._journal.begin_call)": "journal.begin_call",
    "runs/leased_record.call_record: self._persist(self._journal.call_record)": "journal.call_record",
    "runs/leased_record.finish: self._persist(self._runs.finish)": "runs.finish",
    "runs/leased_record.finish_call: self._persist(self._journal.finish_call)": "journal.finish_call",
    "runs/leased_record.history: self._persist(self._journal.history)": "journal.history",
    "runs/leased_record.keep: self._renew(self._runs.flush)": "runs.flush",
    "runs/leased_record.keep: self._renew(self._runs.renew)": "runs.renew",
    "runs/leased_record._renew_before: self._renew(self._runs.renew)": "runs.renew",
    "runs/leased_record.put_back: self._persist(self._runs.put_back)": "runs.put_back",
    "runs/leased_record.release: self._persist(self._runs.release)": "runs.release",
    "runs/leased_record.clear: self._blocking.retry(self._runs.clear)": "runs.clear",
    "runs/leased_record.set_network: self._renew(self._runs.set_network)": "runs.set_network",
    "runs/leased_record._charge: self._renew(self._spendings.charge)": "spendings.charge",
    "runs/leased_record.give_back: self._renew(self._spendings.give_back)": "spendings.give_back",
    "runs/leased_record.spend: self._persist(self._spendings.begin)": "spendings.begin",
    "runs/leased_record._cancel: self._persist(self._spendings.cancel)": "spendings.cancel",
    "runs/leased_record.tokens_left: self._persist(self._runs.tokens_left)": "runs.tokens_left",
    "runs/control_poll._look: self._blocking(self._controls.read)": "controls.read",
}
"""Where a run waits for another process, and the fault point that stands for it."""

BESIDE_RUNS = {
    "agent/agent._open: open_run",
    "agent/tools/mounted_server.call: self.toolset.direct_call_tool",
    "agent/tools/mounted_server.list_tools: stack.enter_async_context",
    "agent/tools/toolbox.close: self._stack.aclose",
    "runs/consumer._answer_command: self._commands.answer",
    "runs/queue_calls.resend: self._blocking.retry(self._resend)",
    "runs/consumer._run_command: within self._command_places",
    "runs/consumer._settle_fault: self._failed.settle",
    "runs/leased_record._persist: within limit",
    "runs/delivery_after_run._taken_up_again: self._blocking.retry(self._sessions.get)",
    "runs/run_deliveries._give_up_unreadable: self._blocking.retry(self._recovery.stop_unreadable)",
}
"""No run waits here for storage: tools outside of conversations, connecting to MCP servers, the run's opening,
whose own waits are the wallet's and stand in its tests, the end of a session that cannot be read, and what becomes of a
delivery after an exception (tests/worker/test_failed_deliveries.py). The limit of `record._persist` is around the
writes named above.
"""

ELSEWHERE = {
    "catalog.get": "test_a_worker_without_a_key_answers_for_itself_when_it_cannot_see_the_others",
    "controls.disconnect": "test_a_connection_that_cannot_be_forgotten_costs_the_run_nothing",
    "journal.call_record": "test_a_result_that_is_recorded_is_told_although_the_storage_fails",
    "queue.dead_letter": "test_a_given_up_run_comes_to_the_dead_letters_although_the_queue_fails",
    "queue.release": "test_a_stopped_worker_hands_its_run_over_even_when_that_fails",
    "runs.clear": "test_what_a_deleted_session_left_is_deleted_although_the_storage_fails",
    "runs.put_back": "test_a_run_that_is_put_back_has_lost_no_attempt",
    "runs.release": "test_a_stopped_worker_hands_its_run_over_even_when_that_fails",
    "spendings.begin": "test_a_transaction_is_counted_although_the_storage_fails",
    "spendings.cancel": "test_a_transaction_is_counted_although_the_storage_fails",
    "spendings.charge": "test_what_the_agent_spends_is_counted_once",
    "spendings.give_back": "test_what_the_agent_spends_is_counted_once",
    "runs.tokens_left": "test_the_tokens_left_are_asked_for_again",
    "sessions.get": "test_a_session_that_cannot_be_read_for_showing_it_costs_the_next_run_nothing",
    "runs.set_network": "test_the_session_changes_its_network_once",
}
"""Crossings off the usual path, and the test that fires faults there."""


def test_every_wait_for_another_process_has_a_fault_point() -> None:
    assert crossings() == set(CROSSINGS) | BESIDE_RUNS


def test_every_crossing_is_in_the_matrix_or_has_a_test_of_its_own() -> None:
    points = {point.crossing for point in POINTS}
    assert set(CROSSINGS.values()) <= points | set(ELSEWHERE)
    for crossing, test in ELSEWHERE.items():
        assert crossing.partition(".")[2] in _source_of(test) or crossing in _source_of(test)


def _source_of(test: str) -> str:
    """Of a test that fires faults; empty when there is none of that name."""
    for folder in ("faults", "worker"):
        for file in (ROOT / "tests" / folder).rglob("test_*.py"):
            for function in ast.walk(ast.parse(source := file.read_text())):
                if isinstance(function, ast.AsyncFunctionDef) and function.name == test:
                    text = ast.get_source_segment(source, function) or ""
                    decorators = "".join(map(ast.unparse, function.decorator_list))
                    return decorators + text if "Fault(" in text or "Failing(" in text else ""
    return ""


def test_the_matrix_has_every_kind_of_fault_at_every_point() -> None:
    combined = {(cell.point, cell.kind) for cell in cells()}
    assert combined == {(point, kind) for point in POINTS for kind in KINDS}


def test_every_kind_of_a_session_s_items_is_damaged_at_every_place() -> None:
    """What exists from a session's beginning; tool calls exist later."""
    damaged = {(cell.damage.sort_key, cell.place) for cell in damages.cells()}
    kinds = ("session", "control", "message#", "entry#")
    assert damaged >= {(kind, place) for kind in kinds for place in damages.PLACES}
    assert len({cell.name for cell in damages.cells()}) == len(damages.cells())


@pytest.mark.parametrize("operation", ["CreateTable", "Scan"])
def test_an_operation_that_nobody_has_named_is_told_apart(operation: str) -> None:
    call = named("worker-1", "POST", "/", {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}, b"{}")
    assert call.crossing == "?"


def test_an_end_after_which_nothing_is_left_to_be_logged_is_an_end() -> None:
    """The store then needs no transaction (`commit._write`)."""
    update = {"Key": {"sk": {"S": "session"}}, "UpdateExpression": "SET recent = :recent, rev = rev + :one"}
    headers = {"X-Amz-Target": "DynamoDB_20120810.UpdateItem"}
    assert named("worker-1", "POST", "/", headers, json.dumps(update).encode()).crossing == "runs.finish"
