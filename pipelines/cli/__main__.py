"""`python -m pipelines.cli` is `hindtrace`."""

import sys

from pipelines.cli import main

sys.exit(main())
