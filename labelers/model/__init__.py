"""Asking a chat model through an OpenAI-compatible interface: many requests at once, in batches, or one in a chat.

client, embedding, chat ──> caller ──> sending, budget ──> answers, prices, requests ──> pictures
batch ────────────────────────────────> sending
"""
