"""The language: search text -> syntax tree, and back."""
