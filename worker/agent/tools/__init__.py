"""The tools that the agent has, and what stands between the LLM and a call."""
