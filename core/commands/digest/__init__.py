"""The `digest` group."""
