"""What a turn costs: what is billed is counted as it leaves the processes, and priced (`make bench-cost`)."""
