"""Runs: claimed, written by whoever holds the lease, and stopped or found without one."""
