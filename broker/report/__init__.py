"""What the rules found, kept for each service provider, and the report that is made of it."""
