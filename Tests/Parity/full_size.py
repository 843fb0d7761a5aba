"""One comparison over models of full size: what the scripts for a precision have in common."""

import argparse
import os
import pathlib
import sys


def over_models(description, compare, usual):
    """Calls `compare(tool, folder)`, which returns what is beyond the rule, for the models that the command line names, else for the usual ones, and ends the program."""
    from models import build
    from sam_models import build as build_sam

    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spaniel", required=True, help="the tool")
    parser.add_argument("--models", default=os.path.expanduser("~/.cache/spaniel/parity"), help="where random models are kept")
    parser.add_argument("--name", action="append", help="only this one")
    parser.add_argument("--model", action="append", help="a model folder, only that")
    options = parser.parse_args()
    keep = pathlib.Path(options.models)
    folders = [pathlib.Path(folder) for folder in options.model or []]
    failures = []
    for folder in folders:
        failures += compare(options.spaniel, folder)
    for name in options.name or ([] if folders else usual):
        failures += compare(options.spaniel, build_sam(keep, "base") if name.startswith("sam-vit") else build(keep, name))
    print("\n".join(["all within the rule"] if not failures else ["", "beyond the rule:"] + failures))
    sys.exit(bool(failures))
