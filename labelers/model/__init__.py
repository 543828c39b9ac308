"""Asking a chat model through an OpenAI-compatible interface: many requests at once, in batches, or one in a chat.

client, batch, chat ──> sending, budget, pace ──> answers, prices, requests ──> pictures
"""
