"""What people see of jobs."""
