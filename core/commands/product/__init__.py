"""The `product`, `goal` and `metric` groups."""
