"""How we speak with Slack: the adapters to its API, and what all listeners share. No feature lives here."""
