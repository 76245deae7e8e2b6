"""Orders as MCP tools, for every agent in the building."""

import httpx
from mcp.server.fastmcp import Context, FastMCP

mcp = FastMCP("orders", host="0.0.0.0", port=8080)


@mcp.tool()
async def find_order(order_id: str, ctx: Context) -> str:
    """Find an order on behalf of whoever asks."""
    authorization = ctx.request_context.request.headers["authorization"]
    async with httpx.AsyncClient() as http:
        response = await http.get(
            f"https://orders.northwind.example/{order_id}",
            headers={"Authorization": authorization},
        )
    return response.text


if __name__ == "__main__":
    mcp.run(transport="streamable-http")
