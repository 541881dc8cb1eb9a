#include <rondeau/base/result.h>

#include <source_location>
#include <string>

#include <doctest/doctest.h>

#include "support/aborts.h"
#include "support/sanitized.h"

using namespace rondeau;

namespace {

struct Silent {};

template <class R>
std::string thrown_by(const R& result, unsigned& line) {
  try {
    line = std::source_location::current().line() + 1;
    static_cast<void>(result.value());
  } catch (const base::BadResultAccess& thrown) {
    return thrown.what();
  }
  return {};
}

}  // namespace

TEST_CASE("base: value() of an error throws its text, and the place of the call") {
  const Result<int> refused = Error(Errc::ConnectionRefused, "connect 10.0.0.7:5432");
  const Result<void> nothing = Error(Errc::NotFound, "open settings");
  const Result<int, Silent> silent = Silent();
  unsigned line = 0;
  const auto place = [&line] { return "result_test.cpp:" + std::to_string(line) + ')'; };
  std::string said = thrown_by(refused, line);
  CHECK(said.starts_with("connect 10.0.0.7:5432: connection refused (value() at "));
  CHECK(said.ends_with(place()));
  said = thrown_by(nothing, line);
  CHECK(said.starts_with("open settings: not found (value() at "));
  CHECK(said.ends_with(place()));
  said = thrown_by(silent, line);
  CHECK(said.starts_with("it holds an error (value() at "));
  CHECK(thrown_by(Result<int>(4), line).empty());
}

#ifndef NDEBUG
TEST_CASE("base: reading a value that is not there aborts with the error's text" *
          doctest::skip(support::kThreadSanitized)) {
  const std::string said = support::said_at_abort([] {
    const Result<int> refused = Error(Errc::ConnectionRefused, "connect 10.0.0.7:5432");
    static_cast<void>(*refused);
  });
  CHECK(support::contains(said, "a Result without a value was read: connect 10.0.0.7:5432: connection refused"));
  const std::string member = support::said_at_abort([] {
    Result<std::string> none = Errc::NotFound;
    static_cast<void>(none->size());
  });
  CHECK(support::contains(member, "a Result without a value was read: not found"));
}
#endif
