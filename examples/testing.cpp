// Tests a whole service in one process: no socket, no waiting, a clock that jumps, its contract, what it depends on
// replaced. In any test framework; here a line for each. Run: build/examples/testing
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/rondeau.h>
#include <rondeau/testing/contract.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

// ---- the service, as it would stand in files of its own

struct User {
  std::string name;
};
/// In earnest it asks the store of sessions.
Task<Result<User, Problem>> current_user(Cookie<"sid">) {
  co_await sleep_for(20ms);
  co_return problem(StatusCode::Unauthorized, "log in first");
}

struct Bid {
  Ranged<int, 1, 1'000'000> amount;
};
struct Standing {
  std::string leader;
  int amount = 0;
};
class Auction {
 public:
  explicit Auction(Instant ends) : ends_(ends) {}
  Result<Standing, Problem> bid(std::string who, int amount) {
    const std::lock_guard lock(mutex_);
    if (Instant::now() >= ends_) return problem(StatusCode::Gone, "it is over");
    if (amount <= standing_.amount) return problem(StatusCode::Conflict, "there is a higher bid");
    return standing_ = {std::move(who), amount};
  }

 private:
  const Instant ends_;
  std::mutex mutex_;  // guards standing_
  Standing standing_;
};

Result<Json<Standing>, Problem> bid(State<Auction> auction, Depends<current_user> user, Json<Bid> offer) {
  RONDEAU_TRY_PLAIN(Standing now, auction->bid(user->name, *offer->amount));
  return Json{std::move(now)};
}

Router<Auction> routes(std::shared_ptr<Auction> auction) {
  Router<Auction> router(std::move(auction));
  router.post<"/bids">(bid).summary("Bids").also(StatusCode::Conflict).also(StatusCode::Gone);
  return router;
}

// ---- its tests

int failed = 0;

void check(bool holds, std::string_view what) {
  std::printf("%s: %.*s\n", holds ? "ok" : "FAILED", static_cast<int>(what.size()), what.data());
  if (!holds) ++failed;
}

StatusCode send(TestApp& app, int amount) {
  return app.post("/bids")
      .header("cookie", "sid=1")
      .json(Bid{Ranged<int, 1, 1'000'000>::make_unchecked(amount)})
      .send()
      .status();
}

}  // namespace

int main() {
  const auto auction = std::make_shared<Auction>(Instant::now() + 1h);
  // Every answer is held against the document that the types promise; one that breaks it throws.
  const auto contract = Contract::of(routes(auction));
  TestApp app(routes(auction), {.contract = contract});

  check(send(app, 10) == StatusCode::Unauthorized, "a stranger is sent away");

  app.override<current_user>([] { return User{"ann"}; });  // instead of a store with sessions
  check(send(app, 10) == StatusCode::Ok, "a first bid stands");
  check(send(app, 10) == StatusCode::Conflict, "the same is not more");
  check(send(app, 0) == StatusCode::UnprocessableContent, "nothing is no bid");

  app.advance(2h);  // at once
  check(send(app, 20) == StatusCode::Gone, "after the end there is none");

  for (const std::string& one : contract->unmet()) std::printf("no test has met %s\n", one.c_str());
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
