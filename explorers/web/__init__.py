"""Websites through Playwright and Chromium."""

from explorers.web.config import WebConfig as WebConfig
from explorers.web.environment import WebEnvironment as WebEnvironment
