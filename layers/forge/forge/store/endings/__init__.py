"""The ways in which a session ends: it expires, is deleted alone or with its account, or is given to another owner."""
