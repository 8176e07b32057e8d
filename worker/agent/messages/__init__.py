"""Messages of the LLM library: their stored form, and the parts that hold tool results."""
