"""What `steward chat` is made of: cards as rich draws them, forms as prompts, and the hands that type."""
