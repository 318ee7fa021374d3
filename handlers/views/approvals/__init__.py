"""What people see of requests for jobs."""
