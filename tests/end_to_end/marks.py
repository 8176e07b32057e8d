"""The marks of every module of this folder."""

import pytest

END_TO_END = [
    pytest.mark.end_to_end,
    pytest.mark.asyncio(loop_scope="session"),
    # The first test of a stack waits for its start.
    pytest.mark.timeout(300),
]
