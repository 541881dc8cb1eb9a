#include "routes/rooms.h"

#include <string>
#include <utility>

namespace {{ns}} {
namespace {

using namespace rondeau;

struct Heard {
  std::size_t by = 0;
};

Task<void> join(State<App> app, Path<"room", std::string> name, WebSocket<Said> socket) {
  const std::shared_ptr<Room> room = app->rooms->enter(*name);
  if (!room) {
    co_await socket.close(CloseCode::TryAgainLater, "there are too many rooms");
    co_return;
  }
  auto [reader, writer] = std::move(socket).split();
  const auto subscription = room->subscribe(writer);
  while (auto said = co_await reader.recv()) {
    if (!*said) {
      co_await writer.close(CloseCode::InvalidData, said->error().message());
      co_return;
    }
    static_cast<void>(room->publish(**said));
  }
}

Json<std::vector<RoomInfo>> list_rooms(State<App> app) {
  return Json{app->rooms->list()};
}

Result<Json<Heard>, Problem> say(State<App> app, Path<"room", std::string> name, Json<Said> said) {
  const auto room = app->rooms->find(*name);
  if (!room) return problem(StatusCode::NotFound, "nobody is in that room");
  RONDEAU_TRY_PLAIN(const std::size_t heard, room->publish(*said));
  return Json{Heard{heard}};
}

}  // namespace

void add_rooms(Router<App>& router) {
  router.ws<"/rooms/{room}">(join).summary("Meets in a room");
  router.get<"/rooms", list_rooms>().summary("Lists rooms and how many are in them");
  router.post<"/rooms/{room}/messages", say>().summary("Says something in a room").also(StatusCode::NotFound);
}

}  // namespace {{ns}}
