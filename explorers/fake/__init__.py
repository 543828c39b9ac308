"""A small shop in memory that behaves like a website: for tests and notebooks, without a browser."""

from explorers.fake.environment import FakeEnvironment as FakeEnvironment
from explorers.fake.environment import Faults as Faults
