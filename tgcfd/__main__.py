"""``python -m tgcfd``."""

import sys

from tgcfd.cli import main

sys.exit(main())
