"""Jobs, from the decision to their end."""
