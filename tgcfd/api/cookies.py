"""The cookie of a browser's session, for aiohttp-session: it holds what only the browser knows, all else stays here."""

from __future__ import annotations

from aiohttp import web
from aiohttp_session import AbstractStorage, Session, get_session, new_session

from tgcfd.accounts.sessions import Begun, Sessions

COOKIE = "tgcfd_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""By HTTPS: browsers take a cookie of such a name from this very host alone, and by HTTPS alone (RFC 6265bis)."""

_SESSION_ID = "id"


class CookieStorage(AbstractStorage):  # type: ignore[misc]  # seen without types, see pyproject.toml
    """Finds the session of a request's cookie, and sets or clears the cookie.

    A session begins and ends in :class:`Sessions`, in the transaction that does more than that; see :func:`remember`
    and :func:`forget`.
    """

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(
            cookie_name=COOKIE,
            max_age=int(sessions.life.total_seconds()),
            path="/",
            httponly=True,
            # Not Strict: who follows a link to the page from a chat or a mail would look logged out.
            samesite="Lax",
        )
        self._sessions = sessions

    async def load_session(self, request: web.Request) -> Session:
        """Return the session of the request's cookie; a new, empty one if there is none that goes on."""
        cookie = request.cookies.get(_name(request))
        found = await self._sessions.by_cookie(cookie) if cookie else None
        if found is None:
            return Session(None, data=None, new=True, max_age=self.max_age)
        data = {"created": int(found.session.created.timestamp()), "session": {_SESSION_ID: found.session.id}}
        # Without max_age: it would be checked again, by another clock.
        return Session(cookie, data=data, new=False)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Set the cookie of a session that has begun, or clear that of one that has ended."""
        name = _name(request)
        if session.empty:
            response.del_cookie(name, path="/")
        else:
            response.set_cookie(name, session.identity, **{**self.cookie_params, "max_age": self.max_age})
        if request.secure:  # to clear it as well: browsers pass over a __Host- cookie without
            response.cookies[name]["secure"] = True


def _name(request: web.Request) -> str:
    return SECURE_COOKIE if request.secure else COOKIE


async def session_id_of(request: web.Request) -> str | None:
    """Return the id of the session that a request's cookie names, if it goes on."""
    session_id: str | None = (await get_session(request)).get(_SESSION_ID)
    return session_id


async def remember(request: web.Request, begun: Begun) -> None:
    """Have the answer set the cookie of a session that has just begun."""
    session = await new_session(request)
    session.set_new_identity(begun.secret)
    session[_SESSION_ID] = begun.session.id


async def forget(request: web.Request) -> None:
    """Have the answer clear the cookie."""
    (await get_session(request)).invalidate()
