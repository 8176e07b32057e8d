"""The LLM: which one is used, how its streams are read, and what its errors mean."""
