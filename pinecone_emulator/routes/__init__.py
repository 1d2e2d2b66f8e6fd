"""Owns the HTTP doors of the emulator, one blueprint a room; a view translates and calls one verb."""
