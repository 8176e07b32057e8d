"""How sessions end: they expire, are deleted, go with their account, or to another owner."""
