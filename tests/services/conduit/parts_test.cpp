#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/runtime/runtime.h>
#include <rondeau/task/join_handle.h>
#include <rondeau/task/spawn.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

#include "login_limit.h"
#include "passwords.h"
#include "slug.h"
#include "timestamp.h"
#include "tokens.h"

using namespace conduit;
using namespace rondeau;
using namespace std::chrono_literals;

namespace {

/// Time jumps to whatever is waited for.
template <class Body>
void on_paused_clock(Body body) {
  test::run(std::move(body), {.start_paused = true});
}

}  // namespace

TEST_CASE("conduit: a slug has letters, digits and single dashes between them, at most 80 bytes") {
  struct Case {
    std::string title;
    std::string slug;
  };
  for (const Case& row : std::vector<Case>{
           {"How to train your dragon", "how-to-train-your-dragon"},
           {"  C++ & Rust, 2024!  ", "c-rust-2024"},
           {"\xc3\x84pfel", "pfel"},
           {"???", ""},
           {"", ""},
           {std::string(100, 'x'), std::string(80, 'x')},
           {std::string(79, 'x') + " y", std::string(79, 'x')},
       }) {
    CAPTURE(row.title);
    CHECK(slug_of(row.title) == row.slug);
  }
  CHECK(is_reserved(""));
  CHECK(is_reserved("feed"));
  CHECK_FALSE(is_reserved("feeds"));
}

TEST_CASE("conduit: a suffix is a dash and six base-32 characters, and finds room") {
  on_paused_clock([]() -> Task<void> {
    for (const std::string& slug :
         {std::string("x"), std::string(), std::string(80, 'y'), std::string(72, 'y') + "-zzzzzz"}) {
      CAPTURE(slug);
      const std::string longer = with_suffix(slug);
      CHECK(longer.size() <= 80);
      REQUIRE(longer.size() >= 7);
      CHECK(longer[longer.size() - 7] == '-');
      CHECK(longer.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", longer.size() - 6) == std::string::npos);
      CHECK(with_suffix(slug) != longer);
    }
    co_return;
  });
}

TEST_CASE("conduit: times have three fractional digits, also none") {
  CHECK(to_string(Timestamp{0}) == "1970-01-01T00:00:00.000Z");
  CHECK(to_string(Timestamp{1'455'765'776'637}) == "2016-02-18T03:22:56.637Z");
  CHECK(to_string(Timestamp{1'455'765'776'007}) == "2016-02-18T03:22:56.007Z");
  CHECK(to_string(Timestamp{-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(JsonFor<Timestamp>::from_json("2016-02-18T03:22:56.637Z").value().milliseconds == 1'455'765'776'637);
  CHECK_FALSE(JsonFor<Timestamp>::from_json("yesterday").has_value());
}

TEST_CASE("conduit: a minute has so many logins for each email and address, wherever it begins") {
  on_paused_clock([]() -> Task<void> {
    LoginLimit limit(2);
    CHECK_FALSE(limit.refuse("1.2.3.4", "a").has_value());
    co_await sleep_for(20s);
    CHECK_FALSE(limit.refuse("1.2.3.4", "a").has_value());
    CHECK(limit.refuse("1.2.3.4", "a") == 40s);
    CHECK_FALSE(limit.refuse("1.2.3.4", "b").has_value());
    CHECK_FALSE(limit.refuse("1.2.3.5", "a").has_value());
    co_await sleep_for(40s - 1ms);
    CHECK(limit.refuse("1.2.3.4", "a") == 1s);
    co_await sleep_for(1ms);
    CHECK_FALSE(limit.refuse("1.2.3.4", "a").has_value());
    CHECK(limit.refuse("1.2.3.4", "a") == 20s);
  });
}

TEST_CASE("conduit: the login limit remembers so many and no more, the latest of them") {
  on_paused_clock([]() -> Task<void> {
    LoginLimit limit(1, 2);
    CHECK_FALSE(limit.refuse("", "a").has_value());
    co_await sleep_for(1s);
    CHECK_FALSE(limit.refuse("", "b").has_value());
    co_await sleep_for(1s);
    CHECK_FALSE(limit.refuse("", "c").has_value());
    CHECK(limit.refuse("", "b").has_value());
    CHECK(limit.refuse("", "c").has_value());
    CHECK_FALSE(limit.refuse("", "a").has_value());
  });
}

TEST_CASE("conduit: a token is of its user until it has expired, with half a minute for clocks that differ") {
  on_paused_clock([]() -> Task<void> {
    const Tokens tokens = Tokens::make("0123456789abcdef0123456789abcdef", 60s).value();
    const std::string token = tokens.issue(42).value();
    CHECK(tokens.user_of(token) == 42);
    co_await sleep_for(89s);
    CHECK(tokens.user_of(token) == 42);
    co_await sleep_for(3s);
    CHECK_FALSE(tokens.user_of(token).has_value());
    CHECK_FALSE(Tokens::make("31 bytes are one too few, really").value().user_of(tokens.issue(42).value()).has_value());
    CHECK_FALSE(Tokens::make("too short").has_value());
  });
}

TEST_CASE("conduit: passwords are right or wrong, and without a hash wrong") {
  auto runtime = runtime::Builder::current_thread().build().value();
  PasswordHasher hasher({4, 1, 1});
  runtime.block_on([&]() -> Task<void> {
    const auto hash = co_await hasher.hash(Secret(std::string("password")));
    REQUIRE(hash.has_value());
    CHECK(hash->starts_with("$scrypt$ln=4,r=1,p=1$"));
    CHECK((co_await hasher.verify(Secret(std::string("password")), *hash)).value());
    CHECK_FALSE((co_await hasher.verify(Secret(std::string("Password")), *hash)).value());
    CHECK_FALSE((co_await hasher.verify(Secret(std::string("password")), std::nullopt)).value());
  });
}

TEST_CASE("conduit: an unknown email costs a hash like any other") {
  auto runtime = runtime::Builder::current_thread().build().value();
  PasswordHasher hasher({4, 1, 1});
  runtime.block_on([&]() -> Task<void> {
    CHECK(hasher.pool().threads() == 0);
    static_cast<void>(co_await hasher.verify(Secret(std::string("password")), std::nullopt));
    CHECK(hasher.pool().threads() == 1);
  });
  // At the same cost: a check against the dummy takes as long as one against a true hash.
  PasswordHasher costly({12, 8, 1});
  runtime.block_on([&]() -> Task<void> {
    const auto hash = (co_await costly.hash(Secret(std::string("password")))).value();
    const auto time_of = [&](std::optional<std::string> known) -> Task<Duration> {
      Duration least = 1h;
      for (int i = 0; i < 5; ++i) {
        const auto began = std::chrono::steady_clock::now();
        static_cast<void>(co_await costly.verify(Secret(std::string("wrong one")), known));
        least = std::min<Duration>(least, std::chrono::steady_clock::now() - began);
      }
      co_return least;
    };
    const Duration known = co_await time_of(hash);
    const Duration unknown = co_await time_of(std::nullopt);
    CHECK(unknown * 4 > known);
    CHECK(known * 4 > unknown);
  });
}

TEST_CASE("conduit: two passwords are hashed at once, 32 wait, and one more is refused at once with Retry-After") {
  auto runtime = runtime::Builder::current_thread().build().value();
  PasswordHasher hasher({14, 8, 1});
  runtime.block_on([&]() -> Task<void> {
    std::vector<JoinHandle<Result<std::string, Failure>>> all;
    // 2 may be taken before the last has come; the rest of 64 does not fit.
    for (int i = 0; i < 64; ++i) all.push_back(spawn(hasher.hash(Secret(std::string("password")))));
    int made = 0;
    int refused = 0;
    for (auto& one : all) {
      const auto result = (co_await std::move(one)).value();
      if (result) {
        ++made;
        continue;
      }
      ++refused;
      CHECK(result.error().problem.status() == StatusCode::ServiceUnavailable);
      CHECK(result.error().reason.empty());
    }
    CHECK(hasher.pool().threads() <= 2);
    CHECK(made >= 32);
    CHECK(refused >= 20);
  });
}
