"""A request for a job, the decision on it, and what a decision rests on."""
