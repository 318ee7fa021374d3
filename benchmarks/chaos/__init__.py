"""The faults that a job survives, tried one by one with real processes; the sandbox stands for the outside."""
