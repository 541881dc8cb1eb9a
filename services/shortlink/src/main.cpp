// shortlink: a link shortener that counts clicks. See README.md.
#include <rondeau/base/socket_address.h>
#include <rondeau/observe/log.h>
#include <rondeau/service/service.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/interval.h>

#include "app.h"

namespace shortlink {
namespace {

using namespace rondeau;

struct DatabaseSettings {
  std::string url = "sqlite:shortlink.db";
};
struct IsBaseUrl {
  static constexpr std::string_view expected = "must be http:// or https://, a host, and no query or fragment";
  static bool holds(const std::string& text) { return parse_base_url(text).has_value(); }
};
struct LinksSettings {
  std::optional<Checked<std::string, IsBaseUrl>> base_url;  ///< of short links; default: where clients find us
};
struct Settings {
  DatabaseSettings database;
  LinksSettings links;
};

constexpr std::size_t kClickQueue = 10'000;

/// Once a minute, a thousand rows at a time: expiry is checked on each read, so this only frees the space.
Task<void> sweep(std::shared_ptr<Store> store) {
  auto minute = time::interval(std::chrono::minutes(1));
  for (;;) {
    co_await minute.tick();
    const auto gone = co_await store->delete_expired(now(), 1000);
    if (!gone) log::warn("cannot delete expired links", {{"error", gone.error().message()}});
  }
}

/// Whether a client can use the address as it stands; else it knows us by what its Host field says.
bool is_for_clients(const std::string& listen) {
  const auto address = SocketAddress::parse(listen);
  return address && address->is_ip() && address->port() != 0 && !address->ip().is_unspecified();
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY(auto opened, co_await open_store(settings.database.url));
  const std::shared_ptr<Store> store = std::move(opened);
  context.readiness("database", [store] { return store->ping(); });

  auto [sender, receiver] = sync::mpsc<Click>(kClickQueue);
  const auto counts = std::make_shared<ClickCounts>();
  const auto clicks = std::make_shared<ClickQueue>(std::move(sender), counts);
  const auto batcher = std::make_shared<JoinHandle<void>>(spawn(batch_clicks(std::move(receiver), store, counts)));
  context.on_stop("clicks", [clicks, batcher, counts]() -> Task<void> {
    clicks->close();
    static_cast<void>(co_await *batcher);
    if (counts->all() == 0) co_return;
    log::info("clicks", {{"written", counts->written.load(std::memory_order_relaxed)},
                         {"dropped", counts->dropped.load(std::memory_order_relaxed)},
                         {"orphaned", counts->orphaned.load(std::memory_order_relaxed)},
                         {"failed", counts->failed.load(std::memory_order_relaxed)}});
  });

  const auto sweeper = std::make_shared<JoinHandle<void>>(spawn(sweep(store)));
  context.on_stop("sweep", [sweeper]() -> Task<void> {
    sweeper->abort();
    static_cast<void>(co_await *sweeper);
  });

  const std::string& listen = context.settings().server.listen;
  if (!settings.links.base_url) co_return routes(App{store, clicks, "http://" + listen, !is_for_clients(listen)});
  co_return routes(App{store, clicks, parse_base_url(**settings.links.base_url).value(), false});
}

}  // namespace
}  // namespace shortlink

int main(int argc, char** argv) {
  return rondeau::Service("shortlink").run<shortlink::Settings>(argc, argv, shortlink::set_up);
}
