"""The full-screen chat (needs textual)."""
