"""The exit statuses of commands that are other programs' convention."""

INTERRUPTED = 130
"""The exit status that shells expect after Ctrl-C."""
