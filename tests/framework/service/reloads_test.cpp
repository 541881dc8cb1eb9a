// What SIGHUP and the admin listener have read again.
#include "service/reloads.h"

#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/task/join.h>
#include <rondeau/test/run.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using service::Reloads;

namespace {

constexpr test::Options kPaused{.start_paused = true};

}  // namespace

TEST_CASE("service: all that can be read again is, in order, and each failure keeps to itself") {
  test::run([]() -> Task<void> {
    const auto reloads = std::make_shared<Reloads>();
    const auto nothing = co_await Reloads::run(reloads);
    REQUIRE_FALSE(nothing.has_value());
    CHECK(nothing.error() == Errc::Unsupported);

    std::string seen;
    bool broken = true;
    reloads->add("rates", [&]() -> Task<Result<void>> {
      seen += "rates ";
      if (broken) co_return Error(Errc::InvalidArgument, "no number");
      co_return Result<void>();
    });
    reloads->add("words", [&]() -> Task<Result<void>> {
      seen += "words ";
      co_return Result<void>();
    });
    const auto failed = co_await Reloads::run(reloads);
    REQUIRE_FALSE(failed.has_value());
    CHECK(failed.error().message().find("rates") != std::string::npos);
    CHECK(failed.error().message().find("no number") != std::string::npos);
    CHECK(seen == "rates words ");
    broken = false;
    CHECK((co_await Reloads::run(reloads)).value() == "rates, words");
  });
}

TEST_CASE("service: nothing is read again twice at once") {
  test::run([]() -> Task<void> {
    const auto reloads = std::make_shared<Reloads>();
    int at_once = 0;
    int rounds = 0;
    reloads->add("slow", [&]() -> Task<Result<void>> {
      CHECK(++at_once == 1);
      co_await sleep_for(1s);
      --at_once;
      ++rounds;
      co_return Result<void>();
    });
    static_cast<void>(co_await task::join(Reloads::run(reloads), Reloads::run(reloads), Reloads::run(reloads)));
    CHECK(rounds == 3);
  }, kPaused);
}
