"""The WSGI door: what granian, or any other WSGI server, serves."""

from bridge.config import Settings
from bridge.web import create_app

app = create_app(Settings.from_env())
