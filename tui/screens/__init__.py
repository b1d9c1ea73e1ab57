"""One page a file, its style beside it; `PAGES` lists them in order."""
