// Streams of events, through connections that end, break, stall and refuse.
#include <rondeau/client/event_source.h>

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/response/sse.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/async_generator.h>
#include <rondeau/test/cancel_everywhere.h>
#include <rondeau/time/timeout.h>

#include "scripted_peer.h"

using namespace peers;
using client::EventSource;
using client::EventSourceBuilder;
using client::ReceivedEvent;
using client::Reconnect;

namespace {

const std::string kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const std::string kChunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kNoContent = "HTTP/1.1 204 No Content\r\n\r\n";
const Script kEnd{receive(), send(kNoContent), stay()};

std::string describe_item(const std::optional<Result<ReceivedEvent, client::Error>>& item) {
  if (!item) return "end";
  if (!*item) return peers::describe(item->error());
  const ReceivedEvent& event = **item;
  return (event.type == "message" ? "" : event.type + ":") + event.data +
         (event.last_event_id.empty() ? "" : "#" + event.last_event_id);
}

/// "a#1|b#2|end": as many items as there are, at most `most`.
Task<std::string> read(EventSource source, std::size_t most = 20) {
  std::string told;
  for (std::size_t i = 0; i < most; ++i) {
    const auto item = co_await source.next();
    if (!told.empty()) told += '|';
    told += describe_item(item);
    if (!item) break;
  }
  co_return told;
}

using Tweak = std::function<EventSourceBuilder(EventSourceBuilder)>;

Played hear(std::vector<Script> scripts, Tweak tweak = [](EventSourceBuilder made) { return made; }) {
  return play(std::move(scripts), [tweak](client::Client asks) -> Task<std::string> {
    co_return co_await read(tweak(asks.events("http://server/feed")).open());
  });
}

std::string field(const std::string& head, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = head.find(start);
  if (at == std::string::npos) return "none";
  const std::size_t begin = at + start.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

template <class F>
auto without_network(F program) {
  auto runtime = rondeau::runtime::Builder::current_thread().start_paused(true).build().value();
  return runtime.block_on(program());
}

rondeau::task::AsyncGenerator<rondeau::SseEvent> count(int from) {
  for (int id = from + 1; id <= from + 3; ++id) {
    co_await rondeau::sleep_for(10s);
    co_yield rondeau::SseEvent().event("number").id(std::to_string(id)).data(std::to_string(id));
  }
}

/// Three events for each connection.
client::Client counting() {
  rondeau::Router<> app;
  app.get<"/feed">([](rondeau::LastEventId last) {
    int seen = 0;
    std::from_chars(last->data(), last->data() + last->size(), seen);
    return rondeau::Sse(count(seen));
  });
  return client::Client::in_process(app.build().value());
}

}  // namespace

TEST_CASE("client events: what the request says, and what comes") {
  const Played played = hear({{receive(), send(kHead + "data: a\n\nid: 7\nevent: x\ndata: b\n\n"), finish(), stay()}, kEnd});
  CHECK(played.result == "a|x:b#7|end");
  REQUIRE(played.seen.requests.size() == 2);
  CHECK(field(played.seen.requests[0], "Accept") == "text/event-stream");
  CHECK(field(played.seen.requests[0], "Cache-Control") == "no-store");
  CHECK(field(played.seen.requests[0], "Last-Event-ID") == "none");
  CHECK(field(played.seen.requests[1], "Last-Event-ID") == "7");
}

TEST_CASE("client events: lines end as they like, in chunks and in single bytes") {
  const std::string stream = "id: 1\rdata: a\r\rid: 2\r\ndata: b\r\ndata: c\r\n\r\nid: 3\ndata: d\n\n";
  std::string chunks;
  for (const char c : stream) chunks += std::string("1\r\n") + c + "\r\n";
  CHECK(hear({{receive(), send(kChunked + chunks + "0\r\n\r\n"), stay()}, kEnd}).result == "a#1|b\nc#2|d#3|end");
  CHECK(hear({{receive(), drip(kHead + stream, 1ms), finish(), stay()}, kEnd}).result == "a#1|b\nc#2|d#3|end");
}

TEST_CASE("client events: an event that is cut comes again, whole") {
  const std::string first = "id: 1\ndata: a\n\nid: 2\nevent: x\ndata: ";
  const Script second{receive(), send(kHead + "id: 2\ndata: b\n\n"), finish(), stay()};
  for (std::size_t cut = 15; cut <= first.size(); ++cut) {
    INFO(cut);
    const Played played = hear({{receive(), send(kHead + first.substr(0, cut)), finish(), stay()}, second, kEnd});
    CHECK(played.result == "a#1|b#2|end");
    CHECK(field(played.seen.requests[1], "Last-Event-ID") == "1");
  }
  const Played reset_within = hear({{receive(), send(kHead + first), wait(1s), reset()}, second, kEnd});
  CHECK(reset_within.result == "a#1|b#2|end");
  const Played chunk = hear({{receive(), send(kChunked + "f\r\nid: 1\ndata: a\n\n\r\n9\r\nid:"), finish(), stay()}, second, kEnd});
  CHECK(chunk.result == "a#1|b#2|end");
}

TEST_CASE("client events: the id goes on where the next connection says none") {
  const Played played = hear({{receive(), send(kHead + "id: 5\ndata: a\n\n"), finish(), stay()},
                              {receive(), send(kHead + "data: b\n\n"), finish(), stay()},
                              {receive(), send(kHead + "id\ndata: c\n\n"), finish(), stay()},
                              kEnd});
  CHECK(played.result == "a#5|b#5|c|end");
  REQUIRE(played.seen.requests.size() == 4);
  CHECK(field(played.seen.requests[2], "Last-Event-ID") == "5");
  CHECK(field(played.seen.requests[3], "Last-Event-ID") == "none");
}

TEST_CASE("client events: it can begin behind an event") {
  const Played played = hear({{receive(), send(kHead + "data: b\n\n"), finish(), stay()}, kEnd},
                             [](EventSourceBuilder made) { return std::move(made).last_event_id("41"); });
  CHECK(played.result == "b#41|end");
  CHECK(field(played.seen.requests[0], "Last-Event-ID") == "41");
}

TEST_CASE("client events: an id that no field can say is an error, not a gap") {
  const Played played = hear({{receive(), send(kHead + "id: a\x01z\ndata: a\n\n"), finish(), stay()}, kEnd});
  CHECK(played.result == "a#a\x01z|invalid_request sent=no request|end");
}

TEST_CASE("client events: the next connection comes after 1 to 2 s, or when the server has said, and a little more") {
  const auto took = [](std::string_view retry) {
    const std::string events = "data: a\n" + (retry.empty() ? "" : "retry: " + std::string(retry) + "\n") + "\n";
    const Played played = hear({{receive(), send(kHead + events), finish(), stay()}, kEnd});
    CHECK(played.result == "a|end");
    return played.took;
  };
  CHECK(took("") >= 1s);
  CHECK(took("") < 2100ms);
  CHECK(took("10000") >= 10s);
  CHECK(took("10000") < 15100ms);
  CHECK(took("0") >= 50ms);
  CHECK(took("0") < 500ms);
  CHECK(took("soon") < 2100ms);
}

TEST_CASE("client events: attempts that come to nothing are made for ever, or as often as was said") {
  const Script good{receive(), send(kHead + "data: a\n\n"), finish(), stay()};
  std::vector<Script> scripts(12, Script{receive(), reset()});
  scripts.push_back(good);
  scripts.push_back(kEnd);
  const Played patient = hear(scripts);
  CHECK(patient.result == "a|end");
  CHECK(patient.seen.connections == 14);
  CHECK(patient.took >= 12s);
  CHECK(patient.took < 80s);
  const Played bounded = hear(scripts, [](EventSourceBuilder made) { return std::move(made).reconnect({.attempts = 3}); });
  CHECK(bounded.result == "connect sent=yes waiting for the answer|end");
  CHECK(bounded.seen.connections == 4);
  // What has brought something begins to count anew.
  const Script cut{receive(), reset()};
  const Played mixed = hear({cut, cut, good, cut, cut, good, kEnd},
                            [](EventSourceBuilder made) { return std::move(made).reconnect({.attempts = 3}); });
  CHECK(mixed.result == "a|a|end");
}

TEST_CASE("client events: 204 is the end, and stays it") {
  const Played played = play({kEnd}, [](client::Client asks) -> Task<std::string> {
    EventSource source = asks.events("http://server/").open();
    for (int i = 0; i < 3; ++i) CHECK_FALSE((co_await source.next()).has_value());
    co_return std::to_string(source.connections());
  });
  CHECK(played.result == "0");
  CHECK(played.seen.requests.size() == 1);
}

TEST_CASE("client events: other answers are errors, behind which it is over") {
  const auto answered = [](std::string answer) { return hear({{receive(), send(std::move(answer)), finish(), stay()}}).result; };
  const std::string status = "status sent=yes waiting for the answer|end";
  const std::string decode = "decode sent=yes waiting for the answer|end";
  CHECK(answered("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") == status);
  CHECK(answered("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n") == status);
  CHECK(answered("HTTP/1.1 201 Created\r\nContent-Type: text/event-stream\r\n\r\ndata: a\n\n") == status);
  CHECK(answered(ok("data: a\n\n")) == decode);
  CHECK(answered(ok("data: a\n\n", "Content-Type: text/html\r\n")) == decode);
  CHECK(answered(ok("data: a\n\n", "Content-Type: text/event-stream2\r\n")) == decode);
  CHECK(answered("SSH-2.0-x\r\n") == "protocol sent=yes waiting for the answer|end");
  CHECK(hear({{receive(), send(ok("data: a\n\n", "Content-Type: Text/Event-Stream ; charset=utf-8\r\n")), stay()}, kEnd}).result ==
        "a|end");
}

TEST_CASE("client events: a server that is not ready is asked again, not before it has said") {
  const Script good{receive(), send(kHead + "data: a\n\n"), finish(), stay()};
  for (const std::string code : {"408", "425", "429", "500", "502", "503", "504", "507"}) {
    const std::string busy = "HTTP/1.1 " + code + " X\r\nContent-Length: 0\r\n";
    INFO(code);
    CHECK(hear({{receive(), send(busy + "\r\n"), stay()}, good, kEnd}).result == "a|end");
    const Played later = hear({{receive(), send(busy + "Retry-After: 90\r\n\r\n"), stay()}, good, kEnd});
    CHECK(later.result == "a|end");
    CHECK(later.took >= 90s);
  }
}

TEST_CASE("client events: a line or an event above its limit is an error, in bounded memory") {
  const auto small = [](EventSourceBuilder made) { return std::move(made).limits({.max_line = 100, .max_event = 150}); };
  const std::string line(90, 'x');
  CHECK(hear({{receive(), send(kHead + "data: a\n\ndata: " + std::string(200, 'x')), stay()}}, small).result ==
        "a|too_large sent=yes reading the answer|end");
  CHECK(hear({{receive(), send(kHead + "data: " + line + "\ndata: " + line + "\n\n"), stay()}}, small).result ==
        "too_large sent=yes reading the answer|end");
  CHECK(hear({{receive(), send(kHead + "data: " + line + "\n\n"), finish(), stay()}, kEnd}, small).result == line + "|end");
}

TEST_CASE("client events: a connection on which nothing comes is given up; comments keep it") {
  const auto half_a_minute = [](EventSourceBuilder made) { return std::move(made).idle_timeout(30s); };
  const Played silent = hear({{receive(), send(kHead + "data: a\n\n"), stay()}, kEnd}, half_a_minute);
  CHECK(silent.result == "a|end");
  CHECK(silent.took >= 31s);
  CHECK(silent.took < 33s);
  const Script comments{receive(), send(kHead + "data: a\n\n"), wait(20s), send(":\n\n"), wait(20s), send(":\n\n"),
                        wait(20s), send("data: b\n\n"), finish(), stay()};
  const Played kept = hear({comments, kEnd}, half_a_minute);
  CHECK(kept.result == "a|b|end");
  CHECK(kept.seen.connections == 2);
  // Unless something else is said a silence of minutes is none, whatever the client's Timeouts::read.
  const Script slow{receive(), send(kHead), wait(4min), send("data: a\n\n"), finish(), stay()};
  CHECK(hear({slow, kEnd}).seen.connections == 2);
  const Script slower{receive(), send(kHead), wait(50min), send("data: a\n\n"), finish(), stay()};
  CHECK(hear({slower, kEnd}, [](EventSourceBuilder made) { return std::move(made).idle_timeout(std::nullopt); }).result == "a|end");
}

TEST_CASE("client events: who gives up a wait loses neither events nor the connection") {
  const Script slow{receive(), send(kHead), wait(5s), send("id: 1\nda"), wait(5s), send("ta: a\n\nid: 2\ndata: b\n\n"), finish(), stay()};
  const Played played = play({slow, kEnd}, [](client::Client asks) -> Task<std::string> {
    EventSource source = asks.events("http://server/").open();
    std::string told;
    for (;;) {
      const auto item = co_await rondeau::timeout(2s, source.next());
      if (!item) {
        told += '-';
        continue;
      }
      if (*item && !**item && (*item)->error() == client::ErrorKind::TotalTimeout) {
        told += '.';
        continue;
      }
      told += describe_item(*item) + '|';
      if (!*item) break;
    }
    co_return told;
  });
  CHECK(played.seen.connections == 2);
  std::string told = played.result;
  std::erase_if(told, [](char c) { return c == '.' || c == '-'; });
  CHECK(told == "a#1|b#2|end|");
  CHECK(played.result.size() >= told.size() + 4);
}

TEST_CASE("client events: in process, under a clock that jumps, it goes on where it was") {
  const auto told = without_network([]() -> Task<std::string> {
    EventSource source = counting().events("http://api/feed").last_event_id("10").open();
    std::string seen;
    for (int i = 0; i < 8; ++i) seen += describe_item(co_await source.next()) + '|';
    CHECK(source.connections() == 3);
    CHECK(source.last_event_id() == "18");
    REQUIRE(source.last_error() != nullptr);
    CHECK(*source.last_error() == client::ErrorKind::BodyTruncated);
    co_return seen;
  });
  CHECK(told == "number:11#11|number:12#12|number:13#13|number:14#14|number:15#15|number:16#16|number:17#17|number:18#18|");
}

TEST_CASE("client events: what a server says about the time is held to an hour")  {
  const auto waited = without_network([]() -> Task<Duration> {
    client::Client asks = client::Client::mock([](rondeau::Request) -> Task<Result<rondeau::Response>> {
      co_return rondeau::Response::bytes(Bytes("retry: 99999999999999\ndata: a\n\n"), "text/event-stream");
    });
    EventSource source = asks.events("http://api/").open();
    static_cast<void>(co_await source.next());
    const Instant begun = Instant::now();
    static_cast<void>(co_await source.next());
    co_return begun.elapsed();
  });
  CHECK(waited >= 1h);
  CHECK(waited < 61min);
}

TEST_CASE("client events: in process a silence counts, too") {
  const auto told = without_network([]() -> Task<std::string> {
    co_return co_await read(counting().events("http://api/feed").idle_timeout(5s).reconnect({.attempts = 2}).open());
  });
  CHECK(told == "read_timeout sent=yes reading the answer|end");
}

TEST_CASE("client events: the answer to a POST is read once; its end is the end, its break an error") {
  const auto ask = [](Script script) {
    return play({std::move(script)}, [](client::Client asks) -> Task<std::string> {
      co_return co_await read(EventSourceBuilder(asks.post("http://server/").body("question")).open());
    });
  };
  const Played whole = ask({receive(), send(kHead + "data: a\n\ndata: b\n\n"), finish(), stay()});
  CHECK(whole.result == "a|b|end");
  CHECK(whole.seen.connections == 1);
  CHECK(whole.seen.bodies[0] == "question");
  const Played cut = ask({receive(), send(kChunked + "9\r\ndata: a\n\n\r\n9\r\nda"), finish(), stay()});
  CHECK(cut.result == "a|body_truncated sent=yes reading the answer|end");
  CHECK(cut.seen.connections == 1);
  CHECK(ask({receive(), reset()}).result == "connect sent=yes waiting for the answer|end");
}

TEST_CASE("client events: what is wrong with the call is its first result") {
  const Played played = play({kEnd}, [](client::Client asks) -> Task<std::string> {
    co_return co_await read(asks.events("ftp://server/").open()) + " " +
        co_await read(asks.events("http://server/").header("Connection", "x").open());
  });
  CHECK(played.result == "invalid_url sent=no request|end invalid_request sent=no request|end");
  CHECK(played.seen.connections == 0);
}

TEST_CASE("client events: next can be destroyed at each of its suspensions") {
  without_network([]() -> Task<void> {
    client::Client asks = client::Client::mock([](rondeau::Request) -> Task<Result<rondeau::Response>> {
      co_await rondeau::task::yield_now();
      co_return rondeau::Response::bytes(Bytes("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), "text/event-stream");
    });
    std::optional<EventSource> source;
    const auto report = co_await rondeau::test::CancelEverywhere{
        [&] {
          source.emplace(asks.events("http://api/").open());
          return source->next().task();
        },
        [&](std::optional<std::optional<Result<ReceivedEvent, client::Error>>> item) -> Task<bool> {
          if (item) CHECK(describe_item(*item) == "a#1");
          if (!item) CHECK(describe_item(co_await source->next()) == "a#1");
          CHECK(describe_item(co_await source->next()) == "b#2");
          source.reset();
          co_return true;
        }}.run();
    CHECK(report.suspensions >= 1);
    CHECK(report.problems.empty());
  });
}
