// conduit: the RealWorld blog API. See README.md.
#include <array>
#include <chrono>

#include <rondeau/base/current_driver.h>
#include <rondeau/observe/log.h>
#include <rondeau/service/service.h>
#include <rondeau/sync/mpsc.h>
#include <rondeau/task/spawn.h>

#include "app.h"
#include "database.h"

namespace conduit {
namespace {

using namespace rondeau;

struct DatabaseSettings {
  std::string url = "sqlite:conduit.db";
};
struct AuthSettings {
  std::optional<Secret<std::string>> secret;  ///< that signs tokens, at least 32 bytes; in dev random at each start
  std::chrono::seconds token_ttl = Tokens::kUsualLifetime;
  Ranged<std::uint32_t, 1, 20> scrypt_log_n = std::uint32_t{15};  ///< each step doubles time and memory of a login
  Ranged<std::uint32_t, 1, 1'000'000> logins_per_minute = std::uint32_t{10};  ///< for each email and address
};
struct CorsSettings {
  std::optional<std::vector<std::string>> origins;  ///< whose pages may use the API; none named: all
};
struct Settings {
  DatabaseSettings database;
  AuthSettings auth;
  CorsSettings cors;
};

/// From the settings; random where none is needed, so that a restart logs everybody out.
Result<Secret<std::string>> signing_secret(const AuthSettings& auth, service::Profile profile) {
  if (auth.secret) return *auth.secret;
  if (profile == service::Profile::Prod) {
    return Error(Errc::InvalidArgument,
                 "auth.secret: is required in the profile prod, at least 32 bytes that nobody "
                 "can guess: openssl rand -base64 32");
  }
  std::array<std::byte, 32> bytes;
  base::current_driver().random(bytes);
  std::string secret(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return Secret(std::move(secret));
}

Result<Tokens> tokens_of(const AuthSettings& auth, service::Profile profile) {
  if (auth.token_ttl < std::chrono::seconds(1))
    return Error(Errc::InvalidArgument, "auth.token_ttl: must be at least 1s");
  RONDEAU_TRY_PLAIN(const Secret<std::string> secret, signing_secret(auth, profile));
  auto tokens = Tokens::make(secret.reveal(), auth.token_ttl);
  if (!tokens) return Error(Errc::InvalidArgument, "auth.secret: must be at least 32 bytes");
  return tokens;
}

Task<Result<Router<App>>> set_up(service::Context& context, const Settings& settings) {
  RONDEAU_TRY(Tokens tokens, tokens_of(settings.auth, context.profile()));
  RONDEAU_TRY(const sql::Database database, co_await open_database(settings.database.url));
  context.readiness("database", [database] { return ping(database); });
  const UserStore users(database);

  auto [sender, receiver] = sync::mpsc<FeedEvent>(kFeedQueue);
  const auto cache = std::make_shared<FeedCache>();
  const auto feeds =
      std::make_shared<Feeds>(cache, std::move(sender),
                              context.metrics()
                                  ->counter("conduit_feed_events_dropped_total",
                                            "Changes that the feed cache was not told of, its queue being full")
                                  .with({}));
  const auto keeper = std::make_shared<JoinHandle<void>>(spawn(keep_feeds_true(std::move(receiver), cache, users)));
  context.on_stop("feeds", [feeds, keeper]() -> Task<void> {
    feeds->close();
    static_cast<void>(co_await *keeper);
  });

  co_return routes(
      App{.users = users,
          .articles = ArticleStore(database),
          .comments = CommentStore(database),
          .tokens = std::move(tokens),
          .passwords = std::make_shared<PasswordHasher>(crypto::ScryptCost{*settings.auth.scrypt_log_n, 8, 3}),
          .logins = std::make_shared<LoginLimit>(*settings.auth.logins_per_minute),
          .feeds = feeds,
          .origins = settings.cors.origins.value_or(std::vector<std::string>())});
}

}  // namespace
}  // namespace conduit

int main(int argc, char** argv) {
  return rondeau::Service("conduit").run<conduit::Settings>(argc, argv, conduit::set_up);
}
