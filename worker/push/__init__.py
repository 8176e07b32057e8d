"""Pushing frames to a session's clients."""
