"""The `roadmap` group, its review, and `why`."""
