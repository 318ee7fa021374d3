"""What people see: pure functions from domain values to Slack blocks; no I/O, no clock, no client."""
