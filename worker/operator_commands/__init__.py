"""Programs with which an operator of a deployment looks at it and decides."""
