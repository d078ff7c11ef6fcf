"""``/api/watermark``: the image that the plugin ``mark`` puts over pictures."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tgcfd.api.authentication import account_of
from tgcfd.api.body import read_bytes
from tgcfd.api.contract import operations
from tgcfd.api.query import read_query
from tgcfd.config.store import ConfigStore
from tgcfd.config.watermark import Image
from tgcfd.errors import ImageUnusable, NotFound


class WatermarkRoutes:
    """Shows and changes the image. What tgcf, or anything else, has left in its place is held to be no image first."""

    def __init__(self, configs: ConfigStore) -> None:
        self._configs = configs

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be added to the application."""
        return [
            web.get("/api/watermark", self.get, allow_head=False),
            web.put("/api/watermark", self.store),
            web.delete("/api/watermark", self.remove),
            web.get("/api/watermark/about", self.about, allow_head=False),
        ]

    async def get(self, request: web.Request) -> web.Response:
        """The image itself."""
        read_query(request, operations()["GET", "/api/watermark"])
        try:
            image = await self._configs.watermark(account_of(request).slug)
        except ImageUnusable as error:
            raise NotFound(error.detail) from None
        if image is None:
            raise NotFound("There is no image for the watermark. Upload one.")
        return web.Response(body=image.data, content_type="image/png")

    async def about(self, request: web.Request) -> web.Response:
        """Whether there is one: for pages, to which a 404 of an image would be an error on the console."""
        try:
            image = await self._configs.watermark(account_of(request).slug)
        except ImageUnusable as error:
            return web.json_response({"image": None, "unusable": error.detail})
        return web.json_response({"image": told(image) if image else None, "unusable": None})

    async def store(self, request: web.Request) -> web.Response:
        """Take an image over."""
        data = await read_bytes(request, operations()["PUT", "/api/watermark"])
        return web.json_response(told(await self._configs.store_watermark(account_of(request).slug, data)))

    async def remove(self, request: web.Request) -> web.Response:
        """Have none any more."""
        await self._configs.remove_watermark(account_of(request).slug)
        return web.Response(status=204)


def told(image: Image) -> dict[str, Any]:
    """What the API says of an image."""
    return {"etag": image.etag, "bytes": len(image.data), "width": image.width, "height": image.height}
