#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/sync/mpsc.h>
#include <rondeau/testing/contract.h>
#include <rondeau/testing/test_app.h>

#include "app.h"
#include "import.h"
#include "map_store.h"

using namespace rondeau;
using namespace shortlink;
using namespace std::chrono_literals;
using testing::TestResponse;

namespace {

/// Each answer of these tests is held against the document; what of it none of them met is told at the end.
const std::shared_ptr<Contract>& contract() {
  struct Telling {
    std::shared_ptr<Contract> contract = Contract::of(routes(App{}));
    ~Telling() {
      for (const std::string& one : contract->unmet()) std::printf("not met by any test: %s\n", one.c_str());
    }
  };
  static const Telling telling;
  return telling.contract;
}

struct Shortener {
  explicit Shortener(std::size_t capacity = 100, bool base_from_host = false)
      : Shortener(sync::mpsc<Click>(capacity), base_from_host) {}
  Shortener(std::pair<sync::Sender<Click>, sync::Receiver<Click>> channel, bool base_from_host)
      : received(std::move(channel.second)),
        app(routes(App{store, std::make_shared<ClickQueue>(std::move(channel.first), counts), "https://sho.rt",
                       base_from_host}),
            {.contract = contract()}) {}

  TestResponse create(std::string json) {
    return app.post("/links").header("content-type", "application/json").body(std::move(json)).send();
  }
  TestResponse import(std::string csv, std::string_view type = "text/csv") {
    return app.post("/links/import").header("content-type", type).body(std::move(csv)).send();
  }
  std::size_t clicks() {
    std::size_t count = 0;
    while (received.try_recv()) ++count;
    return count;
  }

  std::shared_ptr<MapStore> store = std::make_shared<MapStore>();
  std::shared_ptr<ClickCounts> counts = std::make_shared<ClickCounts>();
  sync::Receiver<Click> received;
  TestApp app;
};

int status(const TestResponse& response) {
  return static_cast<int>(response.status());
}

}  // namespace

TEST_CASE("shortlink: a link is created, told where it is, and followed") {
  Shortener shortener;
  const TestResponse made = shortener.create(R"({"url":"https://example.org/a"})");
  CHECK(status(made) == 201);
  const Link link = made.json<Link>();
  CHECK(link.id.size() == 7);
  CHECK(link.url == "https://example.org/a");
  CHECK(link.short_url == "https://sho.rt/" + link.id);
  CHECK(made.header("location") == "/" + link.id);
  CHECK(made.body().find(R"("expires_at":null,"clicks":0})") != std::string::npos);

  const TestResponse followed = shortener.app.get("/" + link.id).send();
  CHECK(status(followed) == 302);
  CHECK(followed.header("location") == "https://example.org/a");
  CHECK(followed.header("cache-control") == "private, max-age=0");

  const TestResponse shown = shortener.app.get("/links/" + link.id).send();
  CHECK(status(shown) == 200);
  CHECK(shown.json<Link>().created_at == link.created_at);
}

TEST_CASE("shortlink: an alias is taken once") {
  Shortener shortener;
  const TestResponse made = shortener.create(R"({"url":"https://example.org/a","alias":"hello"})");
  CHECK(status(made) == 201);
  CHECK(made.header("location") == "/hello");
  const TestResponse again = shortener.create(R"({"url":"https://example.org/b","alias":"hello"})");
  CHECK(status(again) == 409);
  CHECK(again.header("content-type") == "application/problem+json");
  CHECK(shortener.app.get("/hello").send().header("location") == "https://example.org/a");
}

TEST_CASE("shortlink: what cannot be a link is refused with the member that is wrong") {
  struct Case {
    const char* json;
    int status;
    std::string_view pointer;
  };
  for (const Case& row : {
           Case{R"({"url":"ftp://example.org"})", 422, "/url"},
           Case{R"({"url":"https://sho.rt/x"})", 422, "/url"},
           Case{R"({"url":"https://example.org","alias":"a b"})", 422, "/alias"},
           Case{R"({"url":"https://example.org","alias":"links"})", 422, "/alias"},
           Case{R"({"url":"https://example.org","ttl_s":0})", 422, "/ttl_s"},
           Case{R"({"url":7})", 422, "/url"},
           Case{R"({})", 422, "/url"},
           Case{R"({"url":)", 400, ""},
       }) {
    CAPTURE(row.json);
    Shortener shortener;
    const TestResponse refused = shortener.create(row.json);
    CHECK(status(refused) == row.status);
    CHECK(refused.header("content-type") == "application/problem+json");
    CHECK(refused.body().find(row.pointer) != std::string::npos);
    CHECK(shortener.store->links.empty());
  }
  Shortener shortener;
  CHECK(status(shortener.app.post("/links").header("content-type", "text/plain").body("x").send()) == 415);
}

TEST_CASE("shortlink: a base that nobody set is the Host of the request, and a link to that is refused") {
  Shortener shortener(100, true);
  const auto create = [&](std::string host, std::string alias, std::string url) {
    const std::string json = R"({"url":")" + url + R"(","alias":")" + alias + R"("})";
    return shortener.app.wire("POST /links HTTP/1.1\r\nHost:" + host +
                              "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) +
                              "\r\n\r\n" + json);
  };
  CHECK(create("links.example:81", "one", "https://example.org/").find(R"("http://links.example:81/one")") !=
        std::string::npos);
  CHECK(create("links.example:81", "two", "http://Links.Example:0081/x").starts_with("HTTP/1.1 422"));
  CHECK(create("", "two", "https://example.org/").find(R"("https://sho.rt/two")") != std::string::npos);
  CHECK(shortener.app.wire("GET /links/one HTTP/1.1\r\nHost: a.example\r\n\r\n").find(R"("http://a.example/one")") !=
        std::string::npos);
  // It sends Host: test.
  CHECK(shortener.import("http://test/\nhttp://sho.rt/\n").json<ImportResult>().created == 1);
}

TEST_CASE("shortlink: a database that is locked is 503 with Retry-After, one that fails 500") {
  Shortener shortener;
  shortener.store->locked = true;
  const TestResponse busy = shortener.create(R"({"url":"https://example.org/a"})");
  CHECK(status(busy) == 503);
  CHECK(busy.header("retry-after") == "1");
  shortener.store->locked = false;
  shortener.store->refuses = true;
  const TestResponse failed = shortener.create(R"({"url":"https://example.org/a"})");
  CHECK(status(failed) == 500);
  CHECK(failed.body().find("space") == std::string::npos);
}

TEST_CASE("shortlink: an unknown link is 404, an expired one 410") {
  Shortener shortener;
  CHECK(status(shortener.create(R"({"url":"https://example.org","alias":"brief","ttl_s":60})")) == 201);
  for (const char* path : {"/nobody", "/links/nobody", "/links/nobody/stats"}) {
    CAPTURE(path);
    CHECK(status(shortener.app.get(path).send()) == 404);
  }
  shortener.app.advance(59s);
  CHECK(status(shortener.app.get("/brief").send()) == 302);
  shortener.app.advance(2s);
  for (const char* path : {"/brief", "/links/brief", "/links/brief/stats"}) {
    CAPTURE(path);
    CHECK(status(shortener.app.get(path).send()) == 410);
  }
  CHECK(shortener.clicks() == 1);
}

TEST_CASE("shortlink: GET counts a click with its referrer's host, HEAD answers the same and counts nothing") {
  Shortener shortener;
  CHECK(status(shortener.create(R"({"url":"https://example.org/a","alias":"hello"})")) == 201);
  const TestResponse head = shortener.app.head("/hello").send();
  CHECK(status(head) == 302);
  CHECK(head.header("location") == "https://example.org/a");
  CHECK(shortener.clicks() == 0);
  CHECK(status(shortener.app.get("/hello").header("referer", "https://News.Example/story").send()) == 302);
  const auto click = shortener.received.try_recv();
  REQUIRE(click.has_value());
  CHECK(click->id == "hello");
  CHECK(click->referrer == "news.example");
  // One that cannot be read is none.
  CHECK(status(shortener.app.get("/hello").header("referer", "https://caf\xe9.example/").send()) == 302);
  CHECK(shortener.received.try_recv()->referrer.empty());
}

TEST_CASE("shortlink: a full queue of clicks still redirects, at once, and counts what it dropped") {
  Shortener shortener(2);
  CHECK(status(shortener.create(R"({"url":"https://example.org/a","alias":"hello"})")) == 201);
  for (int i = 0; i < 5; ++i) CHECK(status(shortener.app.get("/hello").send()) == 302);
  CHECK(shortener.counts->dropped == 3);
  CHECK(shortener.clicks() == 2);
}

TEST_CASE("shortlink: statistics refuse what cannot be answered") {
  Shortener shortener;
  CHECK(status(shortener.create(R"({"url":"https://example.org/a","alias":"hello"})")) == 201);
  shortener.store->links.at("hello").clicks = 3;
  const TestResponse all = shortener.app.get("/links/hello/stats").send();
  CHECK(status(all) == 200);
  CHECK(all.json<Stats>().total == 3);
  struct Case {
    const char* query;
    int status;
  };
  for (const Case& row : {
           Case{"?bucket=day", 200},
           Case{"?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", 200},
           Case{"?from=2026-01-01T00:00:00Z&to=2026-02-11T16:00:00Z", 200},  // 1,000 hours
           Case{"?from=2026-01-01T00:00:00Z&to=2026-02-11T16:00:01Z", 422},
           Case{"?from=2026-01-01T00:30:00Z&to=2026-02-11T16:30:00Z", 422},  // 1,001 touched
           Case{"?from=2024-01-01T12:00:00Z&to=2026-09-26T12:00:00Z&bucket=day", 200},
           Case{"?from=2024-01-01T12:00:00Z&to=2026-09-27T12:00:00Z&bucket=day", 422},
           Case{"?from=2026-01-01T00:00:00Z&to=2026-02-11T17:00:00Z&bucket=day", 200},
           Case{"?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 422},
           Case{"?bucket=week", 400},
           Case{"?from=yesterday", 400},
       }) {
    CAPTURE(row.query);
    CHECK(status(shortener.app.get("/links/hello/stats" + std::string(row.query)).send()) == row.status);
  }
}

TEST_CASE("shortlink: an import creates what it can and says of each other line why not") {
  Shortener shortener;
  const TestResponse done = shortener.import(
      "url,alias,ttl_s\r\n"
      "https://example.org/1\r\n"
      "https://example.org/2,two-two\r\n"
      "https://example.org/3,two-two\r\n"
      "ftp://example.org/\r\n"
      "https://example.org/4,x\r\n"
      "https://example.org/5,,soon\r\n"
      "https://example.org/6,,60\r\n"
      "a,b,c,d\r\n"
      "\"https://example.org/7\"\r\n");
  CHECK(status(done) == 200);
  const ImportResult result = done.json<ImportResult>();
  CHECK(result.created == 4);
  std::string told;
  for (const RejectedRow& row : result.rejected) told += std::to_string(row.line) + " " + row.reason + "\n";
  CHECK(told.find("4 alias is taken\n") != std::string::npos);
  CHECK(told.find("5 url must begin with http:// or https://\n") != std::string::npos);
  CHECK(told.find("6 alias must have 3 to 64 characters\n") != std::string::npos);
  CHECK(told.find("7 ttl_s must be a whole number of seconds\n") != std::string::npos);
  CHECK(told.find("9 has more than three fields\n") != std::string::npos);
  CHECK(result.rejected.size() == 5);
  CHECK(shortener.store->links.at("two-two").url == "https://example.org/2");
}

TEST_CASE("shortlink: an import of many pieces loses and doubles no row, and has its limits") {
  Shortener shortener;
  std::string csv;
  for (int i = 0; i < 5000; ++i) csv += "https://example.org/" + std::to_string(i) + ",id-" + std::to_string(i) + "\n";
  CHECK(shortener.import(csv).json<ImportResult>().created == 5000);
  CHECK(shortener.store->links.size() == 5000);
  CHECK(shortener.store->links.at("id-4999").url == "https://example.org/4999");
  CHECK(status(shortener.import("x", "application/json")) == 415);
  CHECK(status(shortener.app.post("/links/import").body("x").send()) == 415);
  CHECK(status(shortener.import("", "text/csv ; charset=utf-8")) == 200);
  CHECK(status(shortener.import("", "Text/CSV;charset=utf-8")) == 200);
  CHECK(
      shortener.app
          .wire(
              "POST /links/import HTTP/1.1\r\nHost: test\r\nContent-Type: text/csv\r\nContent-Length: 10485761\r\n\r\n")
          .starts_with("HTTP/1.1 413 "));
  CHECK(shortener.import("").json<ImportResult>().created == 0);
}
