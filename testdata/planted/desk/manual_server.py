"""Manuals as MCP tools, started by the agent itself over standard input and output."""

from pathlib import Path

from mcp.server.fastmcp import FastMCP

mcp = FastMCP("manuals")


@mcp.tool()
def read_page(name: str) -> str:
    """Read one page of a manual."""
    return (Path("manuals") / Path(name).name).read_text()


if __name__ == "__main__":
    mcp.run(transport="stdio")
