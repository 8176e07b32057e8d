"""The LLM: which one, how its streams are read, and what went wrong."""
