"""Pieces without rules of their own."""
