"""The stored form of a session's items: how they are read leniently and repaired."""
