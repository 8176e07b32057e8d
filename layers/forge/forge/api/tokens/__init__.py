"""Access tokens: their claims, their kind, their signature and the issuer's keys."""
