"""What a person is shown before they sign: what a request calls, moves and gives away."""
