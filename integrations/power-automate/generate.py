"""`python -m integrations.power-automate.generate [--check]`: writes the Power Automate connector.

apiDefinition.swagger.json is an excerpt of what every Pinehook serves as /swagger.json; apiProperties.json says what a
connection asks for and how it is used. Both as paconn takes them (learn.microsoft.com/connectors/custom-connectors).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from integrations import schemas
from integrations.schemas import JSON

HERE = Path(__file__).parent
PLACEHOLDER = "https://pinehook.example.com"
"""The address in the file; a connection says the real one."""
SHOWN = {
    "list_events": ("List events", "What happened, newest first; of some types, or of one thing."),
    "get_run": ("Get a run", "How a run in the background is doing; waits for its end when asked to."),
}
TRIGGER = "create_endpoint"
HIDDEN = {
    "remove_endpoint": ("Unsubscribe", "How a flow that is turned off leaves."),
    "list_options": ("List choices", "What the drop-downs offer."),
}
"""What the designer and the trigger call."""


def definition() -> JSON:
    """Return the excerpt of the Swagger document, with what is not for people hidden and the key left to the policy."""
    names = ",".join([*schemas.actions(), *SHOWN, TRIGGER, *HIDDEN])
    command = [sys.executable, "-m", "bridge", "openapi", "--swagger", "--actions", names]
    told: JSON = json.loads(
        subprocess.run(  # noqa: S603 - the bridge's own command line
            command,
            cwd=schemas.SCHEMAS.parent,
            env={**os.environ, "PINEHOOK_PUBLIC_URL": PLACEHOLDER},
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )
    for methods in told["paths"].values():
        for method, operation in methods.items():
            if method.startswith("x-"):
                continue
            name = operation["operationId"]
            operation.pop("security", None)
            if name in SHOWN | HIDDEN:
                operation["summary"], operation["description"] = (SHOWN | HIDDEN)[name]
            if name in HIDDEN:
                operation["x-ms-visibility"] = "internal"
    del told["security"], told["securityDefinitions"]
    return told


def properties() -> JSON:
    """Return what a connection asks for, and what is done with it: whose host it is, and the key as a header."""
    return {
        "properties": {
            "connectionParameters": {
                "host": asked(
                    "string",
                    "Host",
                    "Where your Pinehook is, without https:// and without a path: pinehook.example.com",
                ),
                "api_key": asked(
                    "securestring",
                    "API Key",
                    "A Pinehook API key (phk_…), not a Pinecone one, and without the word Bearer.",
                ),
            },
            "iconBrandColor": "#1f6f43",
            "capabilities": [],
            "policyTemplateInstances": [
                {
                    "templateId": "dynamichosturl",
                    "title": "The host of the connection",
                    "parameters": {
                        "x-ms-apimTemplateParameter.urlTemplate": "https://@connectionParameters('host')"
                    },
                },
                {
                    "templateId": "setheader",
                    "title": "The key of the connection",
                    "parameters": {
                        "x-ms-apimTemplateParameter.name": "Authorization",
                        "x-ms-apimTemplateParameter.value": "Bearer @connectionParameters('api_key')",
                        "x-ms-apimTemplateParameter.existsAction": "override",
                        "x-ms-apimTemplate-policySection": "Request",
                    },
                },
            ],
        }
    }


def asked(kind: str, name: str, text: str) -> JSON:
    """Return something that a connection asks for."""
    shown = {"displayName": name, "description": text, "tooltip": text, "constraints": {"required": "true"}}
    return {"type": kind, "uiDefinition": shown}


def laid_out(content: JSON) -> str:
    """Return a file's text."""
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    schemas.settle(
        {
            HERE / "apiDefinition.swagger.json": laid_out(definition()),
            HERE / "apiProperties.json": laid_out(properties()),
        }
    )
