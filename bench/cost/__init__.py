"""The cost of a turn: billed requests are counted as they leave the processes, and priced (`make bench-cost`)."""
