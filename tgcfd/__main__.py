"""``python -m tgcfd``."""

import sys

try:
    from tgcfd.cli import main
except KeyboardInterrupt:  # which main() sees to later
    sys.exit("tgcfd: interrupted")

sys.exit(main())
