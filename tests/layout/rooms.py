"""The order of the rooms: each may use those to its left; rooms of one group do not know each other."""

RUNTIME = [
    {"base"}, {"task", "detail"}, {"sync"}, {"io"}, {"time"}, {"net"}, {"tls", "fs", "process", "signal"}, {"runtime"},
    {"sim", "test"},
]
FRAMEWORK = [
    {"text"}, {"crypto", "coding", "store"}, {"url"}, {"reflect"}, {"connect"}, {"http", "json"}, {"sql", "redis"}, {"sqlite", "postgres"},
    {"schema", "observe"}, {"extract", "response"}, {"handler"}, {"routing", "auth"}, {"middleware", "static_files"},
    {"websocket"}, {"server", "client"}, {"openapi", "config"}, {"service"}, {"testing"},
]
# What templates in the headers of `task` must see: one room with it, and open to all of the runtime.
TOGETHER = [{"task", "detail"}]


def rank(order, room):
    return next((i for i, group in enumerate(order) if room in group), None)


def room_of(name):
    """rondeau/net/tcp_stream.h → net; None for what is not ours, and for rondeau/rondeau.h, which is everything."""
    parts = name.split("/")
    return parts[1] if parts[0] == "rondeau" and len(parts) > 2 else None


def library_of(name):
    if rank(FRAMEWORK, room_of(name)) is not None or name == "rondeau/rondeau.h":
        return "framework"
    return "runtime" if rank(RUNTIME, room_of(name)) is not None else None


def why_not(library, room, name):
    """Why a public header in `room` of `library` may not include `name`; None when it may."""
    other = room_of(name)
    if other is None or other == room:
        return None
    if room.endswith(".h"):  # rondeau/rondeau.h
        return None
    if {room, other} in TOGETHER:
        return None
    whole = RUNTIME if library == "runtime" else RUNTIME + FRAMEWORK
    mine, theirs = rank(whole, room), rank(whole, other)
    if mine is None:
        return f"there is no room {room} in the {library}"
    if theirs is None:
        return f"{name} is in no room that the {library} may use"
    if theirs > mine:
        return f"{room} may not use {other}, which stands to its right"
    if theirs == mine:
        return f"{room} may not use {other}, which stands beside it"
    return None
