"""A strict Slack and a strict OpenAI on loopback: product code on the other side of a socket, never imported by the app."""
