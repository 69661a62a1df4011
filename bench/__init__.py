"""What a login, a start and a running broker cost: ``python -m bench``. No test: nothing here passes or fails.

The figures of a shared machine move by a factor of two between a quiet and a busy minute, so read ratios inside
one run. That is why the floor is measured in the same rounds as the logins.
"""

import sys
from pathlib import Path

# The service provider and the browser of the tests are the driver here.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
