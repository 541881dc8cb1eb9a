#include <rondeau/client/event_source.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/http/request.h>
#include <rondeau/http/response.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;
using client::ErrorKind;
using client::EventSource;

namespace {

/// A server that gives its answers one after the other, the last one for ever, and remembers what it was asked.
struct Server {
  std::deque<std::function<Result<http::Response>()>> answers;
  std::vector<std::string> ids;  // of Last-Event-ID
  std::vector<Duration> pauses;  // between the requests
  std::optional<Instant> last;

  Client client() {
    return Client::mock([this](http::Request request) -> Task<Result<http::Response>> {
      if (last) pauses.push_back(last->elapsed());
      last = Instant::now();
      ids.emplace_back(request.header(HeaderName::LastEventId).value_or("-"));
      CHECK(request.header(HeaderName::Accept) == "text/event-stream");
      const auto answer = answers.front();
      if (answers.size() > 1) answers.pop_front();
      co_return answer();
    });
  }
};

auto stream(std::string text, std::string_view type = "text/event-stream; charset=utf-8") {
  return [=]() -> Result<http::Response> { return http::Response::bytes(Bytes(text), type); };
}
auto status(StatusCode code) {
  return [=]() -> Result<http::Response> { return http::Response(code); };
}
auto failure(Errc code) {
  return [=]() -> Result<http::Response> { return rondeau::Error(code); };
}

/// Under a clock that jumps.
template <class F>
void play(F program) {
  runtime::Builder::current_thread().start_paused().build().value().block_on(program);
}

AsyncGenerator<Result<Bytes>> slow_events() {
  co_yield Bytes(std::string("data: a\n"));
  co_await time::sleep_for(10s);
  co_yield Bytes(std::string("\ndata: b\n\n"));
  co_await time::sleep_for(1h);
}

}  // namespace

TEST_CASE(
    "event source: it asks again where the connection ended, from where it was, after the time the server wants") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {stream("id: 1\ndata: a\n\ndata: cut"), stream("retry: 500\ndata: b\n\nid: 2\ndata: c\n\n"),
                      stream("data: d\n\n"), status(StatusCode::NoContent)};
    EventSource source(server.client(), "http://api/events");
    std::string seen;
    while (auto event = co_await source.next()) seen += (**event).data + (**event).last_event_id + " ";
    CHECK(seen == "a1 b1 c2 d2 ");
    CHECK(server.ids == std::vector<std::string>{"-", "1", "2", "2"});
    REQUIRE(server.pauses.size() == 3);
    CHECK(server.pauses[0] == 3s);
    CHECK(server.pauses[1] == 500ms);
    CHECK(server.pauses[2] == 500ms);
    CHECK(source.last_event_id() == "2");
    CHECK(!co_await source.next());
    CHECK(server.ids.size() == 4);
  });
}

TEST_CASE("event source: an id of before is where it begins") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {stream("data: a\n\n")};
    EventSource source(server.client(), "http://api/events", {.last_event_id = "41"});
    CHECK((co_await source.next()).value()->last_event_id == "41");
    CHECK(server.ids == std::vector<std::string>{"41"});
  });
}

TEST_CASE("event source: what passes is asked again, with pauses that grow to their bound") {
  play([]() -> Task<void> {
    Server server;
    for (int i = 0; i < 10; ++i) server.answers.emplace_back(status(StatusCode::ServiceUnavailable));
    server.answers.emplace_back(failure(Errc::ConnectionRefused));
    server.answers.emplace_back(status(StatusCode::TooManyRequests));
    server.answers.emplace_back(stream("data: a\n\n"));
    EventSource source(server.client(), "http://api/events", {.retry = 1s, .longest_retry = 20s});
    CHECK((co_await source.next()).value()->data == "a");
    REQUIRE(server.pauses.size() == 12);
    for (const Duration pause : server.pauses) CHECK((pause >= 1s && pause <= 20s));
    CHECK(server.pauses[0] <= 3s);
    // After what was heard, the pause is the short one again.
    co_await source.next();
    CHECK(server.pauses.back() == 1s);
  });
}

TEST_CASE("event source: a server that accepts and says nothing is given time") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {stream("retry: 0\n\n"), stream(""), stream(""), stream(""), stream("data: a\n\n")};
    EventSource source(server.client(), "http://api/events");
    CHECK((co_await source.next()).value()->data == "a");
    REQUIRE(server.pauses.size() == 4);
    CHECK(server.pauses[0] == 0s);
  });
}

TEST_CASE("event source: what does not pass ends it with an error, and then there is nothing") {
  struct Case {
    std::function<Result<http::Response>()> answer;
    ErrorKind kind;
  };
  const Case table[] = {
      {status(StatusCode::NotFound), ErrorKind::Status},
      {status(StatusCode::Unauthorized), ErrorKind::Status},
      {stream("data: a\n\n", "text/html"), ErrorKind::Decode},
      {stream("data: a\n\n", "text/event-streams"), ErrorKind::Decode},
      {status(StatusCode::Ok), ErrorKind::Decode},
      {status(StatusCode::Accepted), ErrorKind::Decode},
      {stream(std::string(70'000, 'x')), ErrorKind::TooLarge},
  };
  for (const Case& row : table) {
    play([&]() -> Task<void> {
      Server server;
      server.answers = {row.answer};
      EventSource source(server.client(), "http://api/events?key=s3cret");
      const auto event = co_await source.next();
      REQUIRE((event && !*event));
      CHECK(client::to_string(event->error().kind()) == client::to_string(row.kind));
      CHECK(event->error().message().find("s3cret") == std::string::npos);
      CHECK(!co_await source.next());
      CHECK(server.ids.size() == 1);
    });
  }
  play([]() -> Task<void> {
    EventSource source(Server().client(), "ftp://api/events");
    CHECK((co_await source.next()).value().error().kind() == ErrorKind::InvalidUrl);
    CHECK(!co_await source.next());
  });
}

TEST_CASE("event source: attempts are counted where that is asked for") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {status(StatusCode::BadGateway)};
    EventSource source(server.client(), "http://api/events", {.attempts = 3});
    CHECK((co_await source.next()).value().error().kind() == ErrorKind::Status);
    CHECK(server.ids.size() == 3);
  });
}

TEST_CASE("event source: a wait that is given up loses no event, and no connection") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {
        [] { return Result<http::Response>(http::Response::stream(slow_events(), "text/event-stream")); }};
    EventSource source(server.client(), "http://api/events");
    for (int i = 0; i < 9; ++i) {
      const auto won = co_await select(losing(source.next()), time::sleep_for(1s));
      CHECK(won.index() == 1);
    }
    CHECK((co_await source.next()).value()->data == "a");
    CHECK((co_await source.next()).value()->data == "b");
    CHECK(server.ids.size() == 1);
  });
}

TEST_CASE("event source: a deadline ends the wait, and the next one asks again") {
  play([]() -> Task<void> {
    Server server;
    server.answers = {
        [] { return Result<http::Response>(http::Response::stream(slow_events(), "text/event-stream")); }};
    EventSource source(server.client(), "http://api/events");
    const auto late = [&](Duration time) -> Task<bool> {
      const Instant begin = Instant::now();
      const auto event = co_await time::timeout(time, source.next());
      CHECK(begin.elapsed() == time);
      co_return !event || (*event && (**event).error().kind() == ErrorKind::TotalTimeout);
    };
    CHECK(co_await late(1s));  // while it reads
    CHECK(co_await late(1s));  // while it waits to ask again
    CHECK(server.ids.size() == 1);
    CHECK((co_await source.next()).value()->data == "a");
    CHECK(server.ids.size() == 2);
  });
}
