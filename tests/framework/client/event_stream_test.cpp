#include <rondeau/client/event_stream.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/response/sse_event.h>

using namespace rondeau;
using namespace std::chrono_literals;
using client::EventStreamParser;
using client::ReceivedEvent;
using std::string_view_literals::operator""sv;

namespace {

std::vector<ReceivedEvent> events(std::string_view stream, std::size_t piece) {
  EventStreamParser parser;
  std::vector<ReceivedEvent> all;
  while (!stream.empty()) {
    REQUIRE(parser.feed(stream.substr(0, piece)));
    stream.remove_prefix(std::min(piece, stream.size()));
    while (auto event = parser.next()) all.push_back(*std::move(event));
  }
  return all;
}

}  // namespace

TEST_CASE("event stream: fields become events, however the stream is cut") {
  struct Case {
    std::string_view stream;
    std::vector<ReceivedEvent> events;
  };
  const Case table[] = {
      {"data: a\n\n", {{"message", "a", ""}}},
      {"data:a\n\n", {{"message", "a", ""}}},
      {"data:  a \n\n", {{"message", " a ", ""}}},
      {"data: a\ndata: b\ndata\ndata:\n\n", {{"message", "a\nb\n\n", ""}}},
      {"data\n\n", {{"message", "", ""}}},
      {"data: a\n", {}},  // cut
      {"data: a", {}},
      {"data: a\n\ndata: b\n", {{"message", "a", ""}}},
      {"event: x\ndata: a\n\ndata: b\n\n", {{"x", "a", ""}, {"message", "b", ""}}},
      {"event: x\n\ndata: b\n\n", {{"message", "b", ""}}},
      {"event: x\nevent: y\nevent\ndata: a\n\n", {{"message", "a", ""}}},
      {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
       {{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", ""}}},
      {"id: 1\n\ndata: a\n\n", {{"message", "a", "1"}}},
      {"id: 1\ndata: a\n\nid: 2\0 3\ndata: b\n\n"sv, {{"message", "a", "1"}, {"message", "b", "1"}}},
      {": comment\n:\ndata: a\n: more\n\n", {{"message", "a", ""}}},
      {"Data: a\n data: b\ndata : c\nother: d\nnothing\n\n", {}},
      {"data: a\rdata: b\r\r", {{"message", "a\nb", ""}}},
      {"data: a\r\ndata: b\r\n\r\n", {{"message", "a\nb", ""}}},
      {"data: a\n\rdata: b\r\n\n", {{"message", "a", ""}, {"message", "b", ""}}},
      {"data: a\r\r\ndata: b\n\n", {{"message", "a", ""}, {"message", "b", ""}}},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       {{"message", "a", ""}}},
      {"\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n",
       {}},
      {"\n\xEF\xBB\xBF"
       "data: a\n\n",
       {}},
      {"data: \xEF\xBB\xBF\n\n", {{"message", "\xEF\xBB\xBF", ""}}},
      {"data: é€😀\n\n", {{"message", "é€😀", ""}}},
      {"data: \xFFx\xE2\x82\n\n", {{"message", "�x�", ""}}},
      {"data: a:b: c\n\n", {{"message", "a:b: c", ""}}},
      {"data: \0\n\n"sv, {{"message", std::string(1, '\0'), ""}}},
      {"\n\n\r\n", {}},
      {"", {}},
  };
  for (const Case& row : table) {
    CAPTURE(row.stream);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
      CHECK(events(row.stream, piece) == row.events);
    }
  }
}

TEST_CASE("event stream: an id counts once its event is complete, a retry at once") {
  EventStreamParser parser;
  CHECK(parser.last_event_id().empty());
  CHECK(!parser.retry());
  REQUIRE(parser.feed("id: 1\nretry: 1500\ndata: a\n"));
  CHECK(parser.last_event_id().empty());
  CHECK(parser.retry() == 1500ms);
  REQUIRE(parser.feed("\nid: 2\n"));
  CHECK(parser.last_event_id() == "1");
  REQUIRE(parser.feed("\n"));
  CHECK(parser.last_event_id() == "2");
  for (const std::string_view bad :
       {"retry\n", "retry:\n", "retry: -1\n", "retry: 1.5\n", "retry: 1s\n", "retry:  1\n"}) {
    REQUIRE(parser.feed(bad));
    CHECK(parser.retry() == 1500ms);
  }
  REQUIRE(parser.feed("retry:0\n"));
  CHECK(parser.retry() == 0ms);
  REQUIRE(parser.feed("retry: 99999999999999999999999999\n"));
  CHECK(*parser.retry() > std::chrono::hours(24) * 365);
}

TEST_CASE("event stream: one that goes on with another keeps its place until an event says a new one") {
  EventStreamParser parser({}, "41");
  CHECK(parser.last_event_id() == "41");
  REQUIRE(parser.feed("data: a\n\nid: 42\ndata: b\n\n"));
  CHECK(parser.next() == ReceivedEvent{"message", "a", "41"});
  CHECK(parser.next() == ReceivedEvent{"message", "b", "42"});
}

TEST_CASE("event stream: what our server writes is read as it was meant") {
  std::string stream;
  stream += SseEvent().event("price").id("17").data("4.20\n\n4.21").retry(2s).comment("so").encode().value();
  stream += SseEvent().data("").encode().value();
  const auto got = events(stream, 5);
  REQUIRE(got.size() == 2);
  CHECK(got[0] == ReceivedEvent{"price", "4.20\n\n4.21", "17"});
  CHECK(got[1] == ReceivedEvent{"message", "", "17"});
}

TEST_CASE("event stream: lines and events have an end") {
  EventStreamParser fits({.max_line = 10, .max_event = 9});
  REQUIRE(fits.feed("data: 1234\ndata:678\n\n"));
  CHECK(fits.next().value().data == "1234\n678");
  CHECK(fits.feed("data:12345").has_value());
  CHECK(fits.feed("6").error().code() == Errc::TooLarge);
  CHECK(fits.feed("\n").error().code() == Errc::TooLarge);
  CHECK(fits.feed("").error().code() == Errc::TooLarge);
  CHECK(!fits.next());

  EventStreamParser event({.max_line = 10, .max_event = 9});
  CHECK(event.feed("data: 1234\ndata:6789\n").error().code() == Errc::TooLarge);
  EventStreamParser comment({.max_line = 10});
  CHECK(comment.feed(":" + std::string(10, 'x')).error().code() == Errc::TooLarge);
  EventStreamParser kept({.max_line = 10});
  CHECK(kept.feed("data: a\n\n" + std::string(11, 'x')).error().code() == Errc::TooLarge);
  CHECK(kept.next().value().data == "a");
}
