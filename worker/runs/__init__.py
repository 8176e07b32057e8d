"""From a queue message to an ended run."""
