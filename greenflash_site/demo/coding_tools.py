"""The tools of the coding agent as scenario steps, with answers in the shape its harness gives; the coding_* modules use them."""

from greenflash_site.demo.script import Called, broken_tool, tool


def read(path: str, text: str) -> Called:
    """A file is read."""
    return tool("read_file", {"path": path}, {"path": path, "content": text})


def missing(path: str) -> Called:
    """A file is read that does not exist."""
    return broken_tool(
        "read_file", {"path": path}, {"error": "ENOENT", "message": f"no such file or directory: {path}"}
    )


def grep(pattern: str, *matches: str) -> Called:
    """The repository is searched; each match reads `path:line: text`."""
    return tool("grep", {"pattern": pattern}, {"count": len(matches), "matches": list(matches)})


def edit(path: str, old: str, new: str) -> Called:
    """A piece of a file is replaced."""
    return tool("edit_file", {"path": path, "old": old, "new": new}, {"path": path, "replaced": 1})


def edit_fails(path: str, old: str, new: str) -> Called:
    """A piece of a file should be replaced, but is not there (any more)."""
    return broken_tool(
        "edit_file",
        {"path": path, "old": old, "new": new},
        {"error": "no_match", "message": f"old text not found in {path}"},
    )


def write(path: str, text: str) -> Called:
    """A new file is written."""
    return tool("write_file", {"path": path, "content": text}, {"path": path, "bytes": len(text.encode())})


def shell(command: str, stdout: str, *, code: int = 0) -> Called:
    """A command is run."""
    return tool("shell", {"command": command}, {"exitCode": code, "stdout": stdout})


def shell_fails(command: str, stderr: str, *, code: int = 1) -> Called:
    """A command is run and cannot do its work."""
    return broken_tool("shell", {"command": command}, {"exitCode": code, "stderr": stderr})


def run_tests(command: str, output: str, *, code: int = 0) -> Called:
    """The tests are run; red ones are an answer too, not a tool error."""
    return tool("run_tests", {"command": command}, {"exitCode": code, "output": output})
