// GET /rooms, and under /rooms/{room}: messages, presence.
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "app.h"

namespace chat {

using namespace rondeau;

namespace {

struct RoomsBody {
  std::vector<RoomInfo> rooms;
};
struct MessagesBody {
  std::string room;
  std::vector<out::Message> messages;  ///< the oldest first
};
struct PresenceBody {
  std::string room;
  std::vector<std::string> members;
  std::int64_t last_id = 0;
};

struct IsText {
  static constexpr std::string_view expected = "must be 1 to 4096 bytes";
  static bool holds(const std::string& text) { return why_not_text(text).empty(); }
};
struct NewMessage {
  Checked<std::string, IsText> text;
  std::optional<Name> from;  ///< default: "bot"
};
struct PageQuery {
  Ranged<std::int64_t, 1, std::numeric_limits<std::int64_t>::max()> before = std::numeric_limits<std::int64_t>::max();
  Ranged<std::int64_t, 1, 100> limit = std::int64_t{50};
};

Problem problem_of(Refusal refusal) {
  auto later = problem(StatusCode::ServiceUnavailable, refusal == Refusal::Unavailable ? "history is not to be had"
                                                       : refusal == Refusal::Closing   ? "the service ends"
                                                                                       : "too busy");
  return std::move(later).header(HeaderName::RetryAfter, "1");
}

Json<RoomsBody> list_rooms(State<App> app) {
  return Json{RoomsBody{app->rooms->list()}};
}

Task<Result<Json<MessagesBody>, Problem>> list_messages(State<App> app, Path<"room", RoomName> room,
                                                        Query<PageQuery> page) {
  RONDEAU_TRY(auto messages, co_await app->history.before(**room, *page->before, *page->limit));
  co_return Json{MessagesBody{**room, std::move(messages)}};
}

Task<Result<Created<Json<out::Message>>, Problem>> post_message(State<App> app, Path<"room", RoomName> name,
                                                                Json<NewMessage> in) {
  const Answer<RoomHandle> room = app->rooms->open(**name);
  if (!room) co_return problem_of(room.error());
  auto stored = co_await room->post(in->from ? **in->from : "bot", *in->text);
  if (!stored) co_return problem_of(stored.error());
  const std::string location = "/rooms/" + **name + "/messages?limit=1&before=" + std::to_string(stored->id + 1);
  co_return Created{Json{*std::move(stored)}, location};
}

/// Asking does not open a room.
Task<Result<Json<PresenceBody>, Problem>> show_presence(State<App> app, Path<"room", RoomName> name) {
  if (const auto room = app->rooms->find(**name)) {
    auto presence = co_await room->presence();
    if (!presence) co_return problem_of(presence.error());
    co_return Json{PresenceBody{**name, std::move(presence->members), presence->last_id}};
  }
  RONDEAU_TRY(const std::int64_t last_id, co_await app->history.last_id(**name));
  co_return Json{PresenceBody{**name, {}, last_id}};
}

}  // namespace

void add_room_routes(Router<App>& router) {
  router.get<"/rooms">(list_rooms).summary("List the rooms that are open").tag("rooms");
  router.get<"/rooms/{room}/messages">(list_messages)
      .summary("List what was said, the last page unless `before` an id")
      .tag("messages");
  router.post<"/rooms/{room}/messages">(post_message)
      .summary("Say something without joining")
      .tag("messages")
      .also(StatusCode::ServiceUnavailable);
  router.get<"/rooms/{room}/presence">(show_presence)
      .summary("Tell who is in a room")
      .tag("rooms")
      .also(StatusCode::ServiceUnavailable);
}

}  // namespace chat
