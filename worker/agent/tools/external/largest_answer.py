"""The largest answer that is read from a third-party server, by either transport.

What the LLM gets of it is cut by `worker/agent/tools/result_size.py`.
"""

LARGEST_ANSWER = 32 << 20
"""Maximum bytes of one message of a server. A larger one is not read, because it would fill the worker's memory."""
