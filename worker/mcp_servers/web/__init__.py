"""HTTP to the outside world, for the servers that ask web APIs."""
