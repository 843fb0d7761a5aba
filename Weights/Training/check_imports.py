"""Fails where files of this folder import each other in a circle, inside functions too: python check_imports.py [FOLDER]

Needs nothing but Python.
"""

import ast
import sys
from pathlib import Path


def imports(folder):
    """For each file of the folder, by its name, the names of the others that it imports."""
    trees = {path.stem: ast.parse(path.read_text(encoding="utf-8"), str(path)) for path in sorted(folder.glob("*.py"))}
    out = {}
    for name, tree in trees.items():
        found = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module)
        out[name] = sorted(found & trees.keys())
    return out


def circle(graph):
    """The names along one circle, the first again at its end; None where there is none."""
    done = set()

    def follow(name, path):
        if name in path:
            return path[path.index(name) :] + [name]
        if name in done:
            return None
        for other in graph[name]:
            if found := follow(other, [*path, name]):
                return found
        done.add(name)
        return None

    return next((found for name in graph if (found := follow(name, []))), None)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    graph = imports(folder)
    if not graph:
        sys.exit(f"{folder} holds no Python file")
    if found := circle(graph):
        sys.exit(f"{folder}: a circle of imports, {' -> '.join(found)}; move what they share into a file of its own")
    print(f"{folder}: {len(graph)} files, no circle of imports")


if __name__ == "__main__":
    main()
