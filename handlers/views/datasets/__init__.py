"""What people see of datasets."""
