"""HTTP requests to the outside, for the servers that use web APIs."""
