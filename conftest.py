"""The tests use the emulator's own pytest plugin, as its users do."""

pytest_plugins = ["pinecone_emulator.pytest_plugin"]
