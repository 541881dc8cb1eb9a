// chat: rooms over WebSocket. See README.md.
#include <rondeau/service/service.h>

#include "app.h"
#include "database.h"
#ifdef CHAT_REDIS
#include "redis_exchange.h"
#endif

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
struct RedisSettings {
  std::optional<Secret<std::string>> url;  ///< of several instances on one PostgreSQL
};
struct Settings {
  DatabaseSettings database;
  LimitSettings limits;
  HistorySettings history;
  RedisSettings redis;
};

/// What `redis.url` asks for; null where it is not set.
Result<std::shared_ptr<Exchange>> exchange_of(service::Context& context, const RedisSettings& settings,
                                              const sql::Database& database) {
  if (!settings.url) return std::shared_ptr<Exchange>();
  if (database.system() == "sqlite") {
    return Error(Errc::InvalidArgument,
                 "redis.url: several instances share one history, so database.url has to be of PostgreSQL");
  }
#ifdef CHAT_REDIS
  observe::Counter& dropped =
      context.metrics()
          ->counter("chat_unpublished_events_total", "Events that other instances were not told of")
          .with({});
  auto exchange = RedisExchange::start(std::string(settings.url->reveal()), dropped);
  if (!exchange) return Error(Errc::InvalidArgument, "redis.url: " + std::string(exchange.error().message()));
  context.on_stop("redis", [exchange = *exchange] { return exchange->close(); });
  return std::shared_ptr<Exchange>(*std::move(exchange));
#else
  static_cast<void>(context);
  return Error(Errc::InvalidArgument, "redis.url: this service was built without Redis");
#endif
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY(const sql::Database database, co_await open_database(settings.database.url));
  context.readiness("database", [database] { return ping(database); });
  const History history(database, *settings.history.keep);
  const Counts counts(*context.metrics());
  RONDEAU_TRY(std::shared_ptr<Exchange> exchange, exchange_of(context, settings.redis, database));
  const auto rooms = std::make_shared<Rooms>(
      history, counts, RoomLimits{*settings.limits.rooms, *settings.limits.members}, std::move(exchange));
  context.on_stop("rooms", [rooms] { return rooms->close(); });
  co_return routes(App{history, rooms, counts, std::make_shared<sync::Semaphore>(*settings.limits.connections)});
}

}  // namespace
}  // namespace chat

int main(int argc, char** argv) {
  return rondeau::Service("chat").run<chat::Settings>(argc, argv, chat::set_up);
}
