"""A queue message becomes a run that has ended."""
