"""The official OpenAPI files: where they are, and what is said when they are not."""

import os
from functools import cache
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PLANES = ("db_control", "db_data", "inference", "admin", "oauth")
VERSIONS = ("2025-04", "2025-10", "2026-04", "2026-07")
NEWEST = VERSIONS[-1]
METHODS = ("get", "post", "put", "patch", "delete")


def folder():
    return Path(os.environ.get("PINECONE_API_SPECS") or ROOT.parent / "shared" / "pinecone-api")


def path_of(plane, version):
    return folder() / f"{plane}_{version}.oas.yaml"


def told(plane, version):
    """The file that requests are made after and answers held against.

    The official one, or what was written down of it; inference, admin and OAuth did not change in 2026-07.
    """
    written = HERE / f"written_{plane}_{version}.yaml"
    if path_of(plane, version).is_file() or version != NEWEST:
        return path_of(plane, version)
    return written if written.is_file() else path_of(plane, VERSIONS[-2])


def told_pairs():
    """The (plane, version) pairs for which there is such a file."""
    return [(plane, version) for version in VERSIONS for plane in PLANES if told(plane, version).is_file()]


def available():
    """The (plane, version) pairs whose specification is there."""
    return [(plane, version) for version in VERSIONS for plane in PLANES if path_of(plane, version).is_file()]


def need():
    """Skip aloud where there are no specifications; fail where they must be."""
    if not available():
        message = f"No OpenAPI files in {folder()} (set PINECONE_API_SPECS): THE SPECS WERE NOT TESTED"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)


@cache
def operations(plane, version):
    """What a version offers: (method, path, operation id), in its order."""
    if not path_of(plane, version).is_file():
        # 2026-07 is not among those handed around; what it offers was written down.
        lines = (line.split() for line in (HERE / f"operations_{version}.txt").read_text().splitlines())
        return [tuple(rest) for of, *rest in lines if of == plane]
    paths = yaml.load(path_of(plane, version).read_text(), yaml.CSafeLoader)["paths"]
    return [
        (method.upper(), path, item[method]["operationId"])
        for path, item in paths.items()
        for method in METHODS
        if method in item
    ]
