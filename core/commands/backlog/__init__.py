"""The `backlog` group, `link` and the definitions of ready and done."""
