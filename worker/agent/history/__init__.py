"""What the LLM has heard and said: stored, healed and sent again."""
