"""Episodes of one explorer, one after another: what benchmarks and tests need of a run."""

import secrets
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from explorers.core.experience import Experience
from explorers.core.rollout import DEFAULT, EpisodeSummary, ExploreConfig, run_episode
from explorers.core.safety import Safety
from schemas.protocols import Environment, Policy


def explore(
    environment: Environment, policy: Policy, traces: Path, config: ExploreConfig, *, safety: Safety = DEFAULT
) -> Iterator[EpisodeSummary]:
    """Records episodes one after another, and yields each when it is sealed; closes the environment at the end."""
    run = partial(run_episode, run_id=config.run_id or secrets.token_hex(16), safety=safety, experience=Experience())
    traces.mkdir(parents=True, exist_ok=True)
    try:
        for episode in range(config.episodes):
            yield run(environment, policy, traces, config, episode=episode)
    finally:
        environment.close()
