"""`import` and `export`, and the work that goes on behind them."""
