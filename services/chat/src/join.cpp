// GET /rooms/{room}/ws: a WebSocket to a room.
#include <limits>
#include <optional>
#include <utility>

#include "app.h"
#include "member.h"

namespace chat {

using namespace rondeau;

namespace {

struct JoinQuery {
  Name name;
  std::optional<Ranged<std::int64_t, 0, std::numeric_limits<std::int64_t>::max()>> after;
};

/// Counts a connection while it lives.
class Connected {
 public:
  explicit Connected(observe::Gauge& gauge) noexcept : gauge_(gauge) { gauge_.add(1); }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;
  ~Connected() { gauge_.add(-1); }

 private:
  observe::Gauge& gauge_;
};

void turn_away(WebSocket<>& socket, Refusal refusal) {
  switch (refusal) {
    case Refusal::Full:
      return socket.begin_close(CloseCode::TryAgainLater, "the room is full");
    case Refusal::Busy:
      return socket.begin_close(CloseCode::TryAgainLater, "too busy");
    case Refusal::Unavailable:
      return socket.begin_close(CloseCode::InternalError, "history cannot be read");
    case Refusal::Closing:
      return socket.begin_close(CloseCode::GoingAway);
  }
}

Task<void> join(State<App> app, Path<"room", RoomName> name, Query<JoinQuery> query, WebSocket<> socket) {
  const auto permit = sync::Semaphore::try_acquire_owned(app->connections);
  if (!permit) co_return socket.begin_close(CloseCode::TryAgainLater, "too many connections");
  const Connected counted(app->counts.connections);

  const Answer<RoomHandle> room = app->rooms->open(**name);
  if (!room) co_return turn_away(socket, room.error());
  Answer<Welcome> welcome = co_await room->join(*query->name);
  if (!welcome) co_return turn_away(socket, welcome.error());
  MemberParts parts{*room, *std::move(welcome), *query->name, {}, app->history, app->counts};
  if (query->after) parts.after = **query->after;
  co_await run_member(std::move(parts), std::move(socket));
}

websocket::Options options() {
  websocket::Options options;
  // A message is made once for a whole room; compressing it for each member would cost more than it saves.
  options.compression = std::nullopt;
  options.limits = http::WebSocketLimits{
      .max_message = kMostFrame,
      .ping = std::chrono::seconds(20),
      .dead = std::chrono::seconds(60),  // the pongs to two pings are missing
      .max_unsent = 256 * 1024,
  };
  return options;
}

}  // namespace

void add_join(Router<App>& router) {
  router.ws<"/rooms/{room}/ws">(join, options()).summary("Join a room: a WebSocket of JSON text frames").tag("rooms");
}

}  // namespace chat
