"""Steward driven by clients that none of us wrote: local-slack and the Microsoft 365 Agents Playground."""
