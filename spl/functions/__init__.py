"""Eval functions and statistical functions, one module for each category of the documentation."""
