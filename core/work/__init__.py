"""Carrying a plan out: look, decide, act, and say so. Nothing here imports a client library."""
