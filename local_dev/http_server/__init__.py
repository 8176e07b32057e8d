"""HTTP on this computer, for the gateway and all other local servers."""
