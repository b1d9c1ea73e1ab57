"""All that leaves the process, one door each."""
