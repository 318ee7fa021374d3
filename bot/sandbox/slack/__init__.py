"""The sandbox's Slack: one workspace behind Slack's own interfaces; knows nothing of the app it serves."""
