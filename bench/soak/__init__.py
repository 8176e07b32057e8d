"""The whole system as real processes, faults fired into it, and a checker of what it promises."""
