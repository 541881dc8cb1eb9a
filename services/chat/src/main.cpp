// chat: rooms over WebSocket. See README.md.
#include <rondeau/service/service.h>

#include "app.h"
#include "database.h"

namespace chat {
namespace {

using namespace rondeau;

struct DatabaseSettings {
  std::string url = "sqlite:chat.db";
};
struct LimitSettings {
  Ranged<std::uint32_t, 1, 1'000'000> connections = std::uint32_t{10'000};
  Ranged<std::uint32_t, 1, 1'000'000> rooms = std::uint32_t{10'000};  ///< open at once
  Ranged<std::uint32_t, 1, 1'000'000> members = std::uint32_t{500};   ///< connections to one room
};
struct HistorySettings {
  Ranged<std::uint32_t, 1, 1'000'000'000> keep = std::uint32_t{10'000};  ///< messages of each room
};
struct Settings {
  DatabaseSettings database;
  LimitSettings limits;
  HistorySettings history;
};

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY(const sql::Database database, co_await open_database(settings.database.url));
  context.readiness("database", [database] { return ping(database); });
  const History history(database, *settings.history.keep);
  const Counts counts(*context.metrics());
  const auto rooms =
      std::make_shared<Rooms>(history, counts, RoomLimits{*settings.limits.rooms, *settings.limits.members});
  context.on_stop("rooms", [rooms] { return rooms->close(); });
  co_return routes(App{history, rooms, counts, std::make_shared<sync::Semaphore>(*settings.limits.connections)});
}

}  // namespace
}  // namespace chat

int main(int argc, char** argv) {
  return rondeau::Service("chat").run<chat::Settings>(argc, argv, chat::set_up);
}
