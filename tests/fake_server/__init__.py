"""A small forge-mcp server without AWS, for tests of the page and of the Python client.

Its sessions, frames and answers are those of `forge.models`, so a client's test checks the real protocol. A test
scripts the agent behind it and can make it fail: frames get lost, come twice or late; sockets are refused or cut;
answers get lost.
"""
