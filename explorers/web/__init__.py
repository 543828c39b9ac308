"""Websites through Playwright and Chromium."""

from explorers.web.environment import WebConfig as WebConfig
from explorers.web.environment import WebEnvironment as WebEnvironment
