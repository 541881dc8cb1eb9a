#include "otlp/encode.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>

using namespace rondeau;
using observe::SpanKind;
using observe::SpanRecord;

namespace {

SpanRecord record(std::string_view traceparent) {
  SpanRecord span;
  span.trace = *observe::parse_traceparent(traceparent);
  span.name = "GET /books/{id}";
  span.kind = SpanKind::Server;
  span.began = 1'544'712'660'000'000'000;
  span.ended = 1'544'712'661'000'000'000;
  return span;
}

}  // namespace

TEST_CASE("otlp: a batch is what the protocol's JSON form says, to the byte") {
  SpanRecord server = record("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01");
  server.parent = observe::parse_traceparent("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b173-01")->span_id;
  server.tracestate = "vendor=a";
  server.attributes = {{"http.request.method", std::string("GET")},
                       {"http.response.status_code", std::int64_t{503}},
                       {"big", std::numeric_limits<std::int64_t>::max()},
                       {"share", 0.5},
                       {"none", std::numeric_limits<double>::quiet_NaN()},
                       {"cached", true}};
  server.failed = true;
  server.why = "it is \"full\"";
  SpanRecord root = record("00-5b8efff798038103d269b633813fc60c-00000000000000ab-03");
  root.name = "tidy";
  root.kind = SpanKind::Internal;
  root.ended = root.began - 5;  // the wall clock was set back
  const SpanRecord spans[] = {server, root};
  CHECK(otlp::encode({{"service.name", "shop"}, {"service.version", "1.2"}}, spans) ==
        R"({"resourceSpans":[{"resource":{"attributes":[)"
        R"({"key":"service.name","value":{"stringValue":"shop"}},)"
        R"({"key":"service.version","value":{"stringValue":"1.2"}}]},)"
        R"("scopeSpans":[{"scope":{"name":"rondeau"},"spans":[)"
        R"({"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","traceState":"vendor=a",)"
        R"("parentSpanId":"eee19b7ec3c1b173","flags":1,"name":"GET /books/{id}","kind":2,)"
        R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000","attributes":[)"
        R"({"key":"http.request.method","value":{"stringValue":"GET"}},)"
        R"({"key":"http.response.status_code","value":{"intValue":"503"}},)"
        R"({"key":"big","value":{"intValue":"9223372036854775807"}},)"
        R"({"key":"share","value":{"doubleValue":0.5}},)"
        R"({"key":"cached","value":{"boolValue":true}}],"status":{"message":"it is \"full\"","code":2}},)"
        R"({"traceId":"5b8efff798038103d269b633813fc60c","spanId":"00000000000000ab","flags":3,"name":"tidy","kind":1,)"
        R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000000","attributes":[],"status":{}}]}]}]})");
}

TEST_CASE("otlp: text of a client that is no UTF-8 is still JSON") {
  SpanRecord span = record("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01");
  span.attributes = {{"user_agent.original", std::string("a\xff\"b\n")}};
  CHECK(otlp::encode({}, {&span, 1}).find("{\"stringValue\":\"a\xef\xbf\xbd\\\"b\\n\"}") != std::string::npos);
}
