"""A stand-in for the cloud on one computer, wired from `template.yaml` alone."""
