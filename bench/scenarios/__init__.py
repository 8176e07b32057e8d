"""What `make bench` measures: each module is one scenario, `SCENARIO`. A new file here is measured too."""
