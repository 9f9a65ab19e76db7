"""Decide, question by question, whether a request meets a medical policy."""
