"""What `template.yaml` says, as values."""
