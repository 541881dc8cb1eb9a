#include <deque>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include <rondeau/http/body.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>

using namespace rondeau;

namespace {

/// Gives its pieces, then its error or the end.
class ScriptedSource final : public http::BodySource {
 public:
  explicit ScriptedSource(std::deque<std::string> pieces, Errc failure = Errc::Ok)
      : pieces_(std::move(pieces)), failure_(failure) {}

  Task<Result<Bytes>> next() override {
    if (!pieces_.empty()) {
      Bytes piece(std::move(pieces_.front()));
      pieces_.pop_front();
      co_return piece;
    }
    if (failure_ != Errc::Ok) co_return Error(failure_);
    co_return Bytes();
  }
  std::optional<std::uint64_t> remaining() const noexcept override { return announced; }
  const Headers& trailers() const noexcept override { return fields; }

  std::optional<std::uint64_t> announced;
  Headers fields;

 private:
  std::deque<std::string> pieces_;
  Errc failure_;
};

template <class F>
auto run(F function) {
  auto owner = runtime::Builder::current_thread().build();
  REQUIRE(owner);
  return owner->block_on(std::move(function));
}

}  // namespace

TEST_CASE("body: pieces become one buffered body that can be read again") {
  ScriptedSource source({"ab", "cde", "f"});
  REQUIRE(source.fields.append("X-Sum", "6"));
  Body body(source);
  CHECK_FALSE(body.is_buffered());
  auto outcome = run([&]() -> Task<Result<void>> { co_return co_await body.buffer(6); });
  REQUIRE(outcome);
  CHECK(body.is_buffered());
  CHECK(body.buffered() == "abcdef");
  CHECK(body.trailers().get("x-sum") == "6");
  auto again = run([&]() -> Task<Result<Bytes>> { co_return co_await body.next(); });
  CHECK(again->view() == "abcdef");
  CHECK(run([&]() -> Task<Result<Bytes>> { co_return co_await body.next(); })->empty());
  CHECK(body.buffered() == "abcdef");
}

TEST_CASE("body: a body above the limit is too large, announced or found out") {
  for (std::optional<std::uint64_t> announced : {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(6)}) {
    ScriptedSource source({"ab", "cde", "f"});
    source.announced = announced;
    Body body(source);
    auto outcome = run([&]() -> Task<Result<void>> { co_return co_await body.buffer(5); });
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == Errc::TooLarge);
    CHECK(http::status_of_body_error(outcome.error()) == StatusCode::ContentTooLarge);
  }
  Body whole(Bytes(std::string("abc")));
  CHECK_FALSE(run([&]() -> Task<Result<void>> { co_return co_await whole.buffer(2); }));
  CHECK(run([&]() -> Task<Result<void>> { co_return co_await whole.buffer(3); }));
}

TEST_CASE("body: an error in the middle is never a short body") {
  ScriptedSource source({"ab"}, Errc::UnexpectedEof);
  Body body(source);
  auto outcome = run([&]() -> Task<Result<void>> { co_return co_await body.buffer(100); });
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error() == Errc::UnexpectedEof);
  CHECK(http::status_of_body_error(outcome.error()) == StatusCode::BadRequest);
  CHECK(http::status_of_body_error(Error(Errc::TimedOut)) == StatusCode::RequestTimeout);
}

TEST_CASE("body: a borrowed body is copied when it is given out") {
  std::string memory = "borrowed";
  Body body = Body::borrow(memory);
  Bytes kept = body.buffered_bytes();
  memory.assign(memory.size(), '-');
  CHECK(kept.view() == "borrowed");
  CHECK(body.remaining() == memory.size());
  CHECK(Body().buffered().empty());
}
