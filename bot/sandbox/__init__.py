"""A strict Slack and a strict OpenAI on loopback: product code behind a socket, never imported by the app."""
