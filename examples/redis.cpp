// A count that all instances of a service share, in Redis: one vote a minute from each address, decided in one step.
// Run: build/examples/redis --port 8080 --set redis=redis://127.0.0.1:6379
//   curl -X POST localhost:8080/votes/tea
//   curl localhost:8080/votes
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <rondeau/redis/client.h>
#include <rondeau/redis/options.h>
#include <rondeau/rondeau.h>
#include <rondeau/service/service.h>

using namespace rondeau;
using namespace std::chrono_literals;

struct Settings {
  std::string redis = "redis://127.0.0.1:6379";
};
struct App {
  redis::Client redis;
};

using Drink = Matches<"^(tea|coffee|water)$">;  // what else clients name never becomes a key

struct Count {
  std::int64_t votes = 0;
};

/// Runs in the server, so that nobody comes between the look and the count. 0: voted already.
const redis::Script vote_once(R"(
  if not redis.call('SET', KEYS[1], '1', 'NX', 'EX', 60) then return 0 end
  return redis.call('HINCRBY', KEYS[2], ARGV[1], 1)
)");

/// A Redis that is away is nobody's mistake but ours. Why is for the log: of a 5xx clients are told no detail.
Problem unavailable(const redis::Error& error) {
  return problem(StatusCode::ServiceUnavailable, error.message());
}

/// The address is the peer's, or what a trusted proxy says (server.trusted_proxies).
Task<Result<Json<Count>, Problem>> vote(State<App> app, Path<"drink", Drink> drink, ClientIp voter) {
  const auto votes =
      co_await app->redis.eval<std::int64_t>(vote_once, {"voted:" + voter->to_string(), "votes"}, **drink);
  if (!votes) co_return unavailable(votes.error());
  if (*votes == 0) co_return problem(StatusCode::TooManyRequests, "one vote a minute");
  co_return Json{Count{*votes}};
}

Task<Result<Json<std::map<std::string, std::int64_t>>, Problem>> votes(State<App> app) {
  auto counts = co_await app->redis.command<std::map<std::string, std::int64_t>>("HGETALL", "votes");
  if (!counts) co_return unavailable(counts.error());
  co_return Json{*std::move(counts)};
}

Task<Result<Router<App>>> set_up(service::Context& life, const Settings& settings) {
  RONDEAU_TRY(redis::Options options, redis::Options::from_url(settings.redis));
  options.while_down = redis::WhileDown::FailFast;  // a 503 at once is better than one in a second
  RONDEAU_TRY(const redis::Client redis, redis::Client::open(std::move(options)));
  // It connects by itself, again and again; a server that is not there yet is no reason not to start.
  life.readiness("redis", [redis]() -> Task<Result<void>> {
    RONDEAU_TRY_VOID(co_await redis.command<std::string>("PING"));
    co_return {};
  });
  life.on_stop("redis", [redis] { return redis.close(1s); });

  Router<App> router(App{redis});
  router.post<"/votes/{drink}">(vote).summary("Votes").also(StatusCode::TooManyRequests);
  router.get<"/votes">(votes).summary("How the votes stand");
  co_return router;
}

int main(int argc, char** argv) {
  return Service("redis").run<Settings>(argc, argv, set_up);
}
