"""The contents of `template.yaml` as values."""
