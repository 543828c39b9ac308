"""Asking a chat model through an OpenAI-compatible interface: requests, prices, budget, pace, the client.

client ──> pace, budget ──> prices ──> requests ──> pictures
"""
