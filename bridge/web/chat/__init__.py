"""The chat doors: one file a platform, its signatures and its messages; what is asked and answered is the verbs'."""

from __future__ import annotations

from bridge.web.chat import discord, slack, teams, telegram

ROOMS = tuple(module.room for module in (slack, discord, teams, telegram))
