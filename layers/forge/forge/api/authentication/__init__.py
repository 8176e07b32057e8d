"""Who calls: tokens, tickets, and the sessions that a caller may use."""
