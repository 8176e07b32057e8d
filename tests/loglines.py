"""Collects everything that is logged, as it would be written."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from forge.observability import error_fields

_NOT_WRITTEN = {"exc_info", "exc_text", "stack_info"}


class LogLines(logging.Handler):
    """Of each record all fields; of an error its type and places, which is what our handler writes of it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = {name: value for name, value in record.__dict__.items() if name not in _NOT_WRITTEN}
        error = record.exc_info and record.exc_info[1]
        self.lines.append(f"{record.getMessage()} {fields} {error_fields(error) if error else ''}")

    def naming(self, text: str) -> list[str]:
        return [line for line in self.lines if text in line]

    @classmethod
    @contextmanager
    def of(cls, *names: str) -> Generator[LogLines]:
        """Of the loggers with these names, down to what is logged for developers only."""
        lines, loggers = cls(), [logging.getLogger(name) for name in names]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.addHandler(lines)
            logger.setLevel(logging.DEBUG)
        try:
            yield lines
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.removeHandler(lines)
                logger.setLevel(level)
