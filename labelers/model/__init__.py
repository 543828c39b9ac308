"""Asking a chat model through an OpenAI-compatible interface: many requests at once, in batches, or one in a chat.

client, embedding ──> caller ──> sending, budget ──> answers, prices, requests ──> pictures
batch, chat ───────────────────> sending
"""
