"""Which process of `make test` runs which file of tests.

A process keeps to the folder that it has begun. What the files of a folder share is then made once or twice, not once
in each process: a browser, a test chain, the imports of a library.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadFileScheduling

SHARE_A_STACK = {
    "login": {"test_accounts", "test_login"},
    "operator": {
        "test_installed_clients",
        "test_many_sessions",
        "test_one_sending",
        "test_protocol_examples",
        "test_python_client",
        "test_scene",
        "test_strangers_pages",
        "test_terminal_chat",
    },
    "scripted": {"test_bad_input", "test_http_oddities", "test_older_clients", "test_turns"},
}
"""Files of `end_to_end` by the application that their tests share; one that is missing costs a start."""


class ByFolder(LoadFileScheduling):
    """A process gets a file at a time, of the folder of its last one while there is any."""

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        self._folders: dict[Any, str] = {}

    def _split_scope(self, nodeid: str) -> str:
        """Files that share a running application are one here."""
        file = Path(super()._split_scope(nodeid))
        if file.parent.name != "end_to_end":
            return str(file)
        group = next((name for name, files in SHARE_A_STACK.items() if file.stem in files), file.stem)
        return str(file.with_name(group))

    def _assign_work_unit(self, node: Any) -> None:
        scope = next_scope([*self.workqueue], self._folders.pop(node, ""), [*self._folders.values()])
        self._folders[node] = folder_of(scope)
        self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: Any) -> str | None:
        self._folders.pop(node, "")
        return super().remove_node(node)


def next_scope(waiting: list[str], folder: str, taken: list[str]) -> str:
    """The first one that waits of `folder`, else of the folder at which the fewest others are."""
    others = Counter(taken)
    return min(waiting, key=lambda scope: (folder_of(scope) != folder, others[folder_of(scope)]))


def folder_of(scope: str) -> str:
    """The folder of `tests`, or the file itself."""
    return Path(scope).parts[:2][-1]
