"""Export the JSON Schema of each layer, so that an editor completes and underlines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from config import load
from config.commands import saying
from config.refusal import write_new
from config.schema import Fleet, Rules, Unit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

_LAYERS: dict[str, type[Rules | Fleet | Unit]] = {"rules": Rules, "fleet": Fleet, "unit": Unit}


def main(argv: Sequence[str] | None = None) -> int:
    """0; print one layer's schema, or write all three into a folder."""
    parser = saying.parser("schema", __doc__)
    parser.add_argument("layer", choices=tuple(_LAYERS), nargs="?", default="rules")
    parser.add_argument("--to", type=Path, help="write LAYER.schema.json of all three here")
    return saying.run(parser, argv, _schema)


def _schema(args: argparse.Namespace) -> int:
    if args.to is None:
        print(schema_text(args.layer), end="")
        return saying.OK
    for layer in _LAYERS:
        path = args.to / f"{layer}.schema.json"
        write_new(path, schema_text(layer).encode())
        print(path)
    return saying.OK


def schema_text(layer: str) -> str:
    """Return a layer's schema as it is written."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Shilu {layer}.toml",
        **load.json_schema(_LAYERS[layer]),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
