"""The agent's tools, and the layers between the LLM and a call."""
