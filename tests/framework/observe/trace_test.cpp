#include <rondeau/observe/trace.h>

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/observe/log.h>

using namespace rondeau;

TEST_CASE("observe: a traceparent is read as Trace Context says, and nothing that only looks like one") {
  struct Case {
    std::string_view text;
    bool good;
    int flags;
  };
  const Case table[] = {
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true, 1},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", true, 3},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", true, 3},  // flags nobody has defined
      {"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true, 1},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-holds", true, 1},
      {"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false, 0},
      {"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, 0},
      {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false, 0},
      {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333A-01", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", false, 0},
      {"00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01", false, 0},
      {"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, 0},
      {"0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, 0},
      {" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, 0},
      {"00", false, 0},
      {"", false, 0},
  };
  for (const Case& row : table) {
    CAPTURE(row.text);
    const auto trace = observe::parse_traceparent(row.text);
    REQUIRE(trace.has_value() == row.good);
    if (!trace) continue;
    CHECK(trace->flags == row.flags);
    CHECK(observe::trace_id_text(*trace) == row.text.substr(3, 32));
    CHECK(observe::span_id_text(*trace) == row.text.substr(36, 16));
    CHECK(observe::parse_traceparent(observe::format_traceparent(*trace)) == trace);
  }
}

TEST_CASE("observe: a tracestate is a short list of keys and values") {
  std::string many;
  for (int i = 0; i < 32; ++i) many += "k" + std::to_string(i) + "=v,";
  struct Case {
    std::string text;
    bool good;
  };
  const Case table[] = {
      {"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true},
      {"a=1, b=2\t,\tc=3", true},
      {"a=1,,b=2", true},
      {"fw529a3039@dt=FfG", true},
      {"1a-*/_=x y", true},
      {many, true},
      {many + "last=1", false},
      {"a=1,a=2", false},
      {"A=1", false},
      {"=1", false},
      {"a=", false},
      {"a", false},
      {"a=b=c", false},
      {"@a=1", false},
      {"a@=1", false},
      {"a@b@c=1", false},
      {"a=\x7f", false},
      {"", false},
      {",", false},
      {"a=" + std::string(257, 'x'), false},
      {"a=" + std::string(250, 'x') + ",b=" + std::string(250, 'x'), true},
      {"a=" + std::string(256, 'x') + ",b=" + std::string(256, 'x'), false},
  };
  for (const Case& row : table) {
    CAPTURE(row.text);
    CHECK(observe::is_valid_tracestate(row.text) == row.good);
  }
}

TEST_CASE("observe: a new span is of the same trace, a new trace is of none") {
  const auto first = observe::begin_trace(true);
  const auto span = observe::begin_span(first);
  CHECK(span.trace_id == first.trace_id);
  CHECK(span.span_id != first.span_id);
  CHECK(span.flags == first.flags);
  CHECK((first.flags & 1) == 1);
  const auto second = observe::begin_trace(false);
  CHECK(second.trace_id != first.trace_id);
  CHECK((second.flags & 1) == 0);
}

TEST_CASE("observe: a log line from within a trace says so") {
  const auto trace = *observe::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CHECK(log::render(log::Format::Text, log::Level::Info, "app", "m", {{"a", 1}}, 0, trace) ==
        "1970-01-01T00:00:00.000000Z info app: m a=1 trace_id=0af7651916cd43dd8448eb211c80319c span_id=b7ad6b7169203331");
}
