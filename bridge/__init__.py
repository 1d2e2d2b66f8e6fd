"""The bridge: watches Pinecone, stores what happened, delivers it, and runs the actions others ask for."""

__version__ = "0.1.0"
