"""The WSGI door: what granian, or any other WSGI server, serves."""

import sys

from bridge.config import Settings
from bridge.errors import SetupError
from bridge.web import create_app

try:
    app = create_app(Settings.from_env())
except SetupError as error:
    sys.exit(f"Error: {error}")
