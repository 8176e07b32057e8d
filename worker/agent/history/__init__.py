"""The LLM's history: how it is stored, healed and sent again."""
