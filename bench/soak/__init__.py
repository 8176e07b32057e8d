"""The whole system as real processes, with injected faults and a checker of its guarantees."""
