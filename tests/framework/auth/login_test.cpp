#include <rondeau/auth/login.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/auth/require_auth.h>
#include <rondeau/rondeau.h>
#include <rondeau/store/memory_store.h>
#include <rondeau/testing/test_app.h>
#include <rondeau/time/sleep.h>

using namespace rondeau;
using namespace std::chrono_literals;
using testing::TestResponse;

namespace {

struct Account {
  std::string name;
  bool admin = false;
};

/// Answers every call with an error, as long as it is told to.
class BrokenStore final : public Store {
 public:
  explicit BrokenStore(bool& broken) : broken_(broken) {}

  Task<Result<std::optional<Bytes>>> get(std::string key) override {
    if (broken_) co_return Error(Errc::ConnectionReset, "store");
    co_return co_await inside_.get(std::move(key));
  }
  Task<Result<void>> put(std::string key, Bytes value, Duration ttl) override {
    if (broken_) co_return Error(Errc::ConnectionReset, "store");
    co_return co_await inside_.put(std::move(key), std::move(value), ttl);
  }
  Task<Result<bool>> put_if_absent(std::string key, Bytes value, Duration ttl) override {
    co_return co_await inside_.put_if_absent(std::move(key), std::move(value), ttl);
  }
  Task<Result<bool>> compare_and_put(std::string key, Bytes expected, Bytes value, Duration ttl) override {
    if (broken_) co_return Error(Errc::ConnectionReset, "store");
    co_return co_await inside_.compare_and_put(std::move(key), std::move(expected), std::move(value), ttl);
  }
  Task<Result<bool>> erase(std::string key) override {
    if (broken_) co_return Error(Errc::ConnectionReset, "store");
    co_return co_await inside_.erase(std::move(key));
  }
  Task<Result<bool>> compare_and_erase(std::string key, Bytes expected) override {
    co_return co_await inside_.compare_and_erase(std::move(key), std::move(expected));
  }

 private:
  bool& broken_;
  MemoryStore inside_;
};

template <class Layer>
Router<> routes(Layer layer) {
  Router<> router;
  router.layer(std::move(layer));
  router.post<"/login/{name}">([](Path<"name", std::string> name, Login<Account> login) {
    login.log_in({*name, *name == "root"});
    return "in";
  });
  router.post<"/logout">([](Login<Account> login) {
    login.log_out();
    return "out";
  });
  router.post<"/rotate">([](Login<Account> login) {
    login.rotate();
    return login ? login->name : "nobody";
  });
  router.get<"/who">([](LoggedIn<Account> account) { return account->name; });
  router.get<"/maybe">([](std::optional<LoggedIn<Account>> account) { return account ? (*account)->name : "nobody"; });
  return router;
}

/// What a browser would send back; empty for a cookie that is taken away.
std::string cookie_of(const TestResponse& answer) {
  const std::string line(answer.header("set-cookie").value_or(""));
  const std::string pair = line.substr(0, line.find(';'));
  return pair.ends_with('=') ? "" : pair;
}

struct Browser {
  TestApp& app;
  std::string cookie = {};

  TestResponse post(std::string_view path) { return keep(sent(app.post(path)).send()); }
  TestResponse get(std::string_view path) { return keep(sent(app.get(path)).send()); }
  std::string who() { return get("/maybe").body(); }

 private:
  testing::TestRequest sent(testing::TestRequest request) {
    if (!cookie.empty()) request.header("cookie", cookie);
    return request;
  }
  TestResponse keep(TestResponse answer) {
    if (answer.header("set-cookie")) cookie = cookie_of(answer);
    return answer;
  }
};

KeyRing keys() {
  return KeyRing(crypto::Key::from_bytes(std::string(32, 'k')).value());
}

}  // namespace

TEST_CASE("auth: a login lasts from its answer to the logout, in a store or in the cookie") {
  for (const bool stored : {true, false}) {
    CAPTURE(stored);
    TestApp app(routes(stored ? login<Account>(std::make_shared<MemoryStore>()) : login<Account>(keys())));
    Browser browser{app};
    CHECK(browser.who() == "nobody");
    const TestResponse refused = browser.get("/who");
    CHECK(refused.status() == StatusCode::Unauthorized);
    CHECK(refused.header("www-authenticate") == R"(Cookie cookie-name="__Host-login")");

    const TestResponse in = browser.post("/login/ann");
    CHECK(in.body() == "in");
    const std::string set(*in.header("set-cookie"));
    CHECK(set.starts_with("__Host-login="));
    for (const std::string_view part : {"; Max-Age=43200", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"}) {
      CAPTURE(part);
      CHECK(set.find(part) != std::string::npos);
    }
    CHECK(set.find("Domain") == std::string::npos);
    CHECK(set.find("ann") == std::string::npos);
    CHECK(in.header("cache-control") == "no-store");
    const TestResponse who = browser.get("/who");
    CHECK(who.body() == "ann");
    CHECK_FALSE(who.header("set-cookie"));

    const std::string before = browser.cookie;
    CHECK(browser.post("/logout").header("set-cookie"));
    CHECK(browser.cookie.empty());
    CHECK(browser.who() == "nobody");
    // Nothing is kept here of what is in a cookie: it is good until it is too old.
    CHECK(Browser{app, before}.who() == (stored ? "nobody" : "ann"));
  }
}

TEST_CASE("auth: a login is under a new id, whatever cookie there was, and ends the one before") {
  TestApp app(routes(login<Account>(std::make_shared<MemoryStore>())));
  Browser planted{app, "__Host-login=" + std::string(43, 'A')};
  planted.post("/login/ann");
  CHECK(planted.cookie != "__Host-login=" + std::string(43, 'A'));
  CHECK(Browser{app, "__Host-login=" + std::string(43, 'A')}.who() == "nobody");

  const std::string first = planted.cookie;
  planted.post("/login/bob");
  CHECK(planted.who() == "bob");
  CHECK(Browser{app, first}.who() == "nobody");

  const std::string second = planted.cookie;
  CHECK(planted.post("/rotate").body() == "bob");
  CHECK(planted.cookie != second);
  CHECK(planted.who() == "bob");
  CHECK(Browser{app, second}.who() == "nobody");
  Browser nobody{app};
  CHECK(nobody.post("/rotate").body() == "nobody");
  CHECK(nobody.cookie.empty());
}

TEST_CASE("auth: a login ends after 30 minutes without a request, and after 12 hours in all") {
  for (const bool stored : {true, false}) {
    CAPTURE(stored);
    TestApp app(routes(stored ? login<Account>(std::make_shared<MemoryStore>()) : login<Account>(keys())));
    Browser browser{app};
    browser.post("/login/ann");
    app.advance(29min);
    CHECK(browser.who() == "ann");
    app.advance(29min);
    CHECK(browser.who() == "ann");
    app.advance(30min);
    CHECK(browser.who() == "nobody");

    browser.post("/login/ann");
    for (int i = 0; i < 35; ++i) {
      app.advance(20min);
      CHECK(browser.who() == "ann");
    }
    browser.post("/rotate");  // does not make it longer
    app.advance(19min);
    CHECK(browser.who() == "ann");
    app.advance(1min);
    CHECK(browser.who() == "nobody");
  }
}

TEST_CASE("auth: a cookie that is not of our making is nobody's") {
  for (const bool stored : {true, false}) {
    CAPTURE(stored);
    TestApp app(routes(stored ? login<Account>(std::make_shared<MemoryStore>()) : login<Account>(keys())));
    Browser browser{app};
    browser.post("/login/ann");
    const std::string good = browser.cookie;
    std::string changed = good;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    for (const std::string& cookie :
         {changed, good + "A", good.substr(0, good.size() - 1), std::string("__Host-login="), good + "; " + good,
          "other" + good.substr(good.find('=')), good + "; \"", std::string("__Host-login=login")}) {
      CAPTURE(cookie);
      CHECK(Browser{app, cookie}.who() == "nobody");
    }
    CHECK(Browser{app, "x=1; " + good}.who() == "ann");
  }
}

TEST_CASE("auth: a request that was under way does not undo a logout") {
  auto store = std::make_shared<MemoryStore>();
  Router<> router = routes(login<Account>(store));
  router.get<"/slow">([](LoggedIn<Account> account) -> Task<std::string> {
    co_await time::sleep_for(20s);
    co_return account->name;
  });
  TestApp app(router);
  Browser browser{app};
  browser.post("/login/ann");
  app.advance(10min);
  auto slow = app.connect();
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\nCookie: " + browser.cookie + "\r\n\r\n");
  const std::string before = browser.cookie;
  browser.post("/logout");
  app.advance(30s);
  CHECK(slow.received().ends_with("ann"));
  CHECK(Browser{app, before}.who() == "nobody");
  CHECK(store->entries() == 0);
}

TEST_CASE("auth: where the store fails nobody is logged in or out, and the answer says so") {
  bool broken = false;
  TestApp app(routes(login<Account>(std::make_shared<BrokenStore>(broken))));
  Browser browser{app};
  browser.post("/login/ann");
  broken = true;
  CHECK(browser.get("/who").status() == StatusCode::ServiceUnavailable);
  CHECK(browser.post("/logout").status() == StatusCode::ServiceUnavailable);
  Browser other{app};
  const TestResponse in = other.post("/login/bob");
  CHECK(in.status() == StatusCode::ServiceUnavailable);
  CHECK_FALSE(in.header("set-cookie"));
  CHECK(other.get("/maybe").body() == "nobody");  // nothing is asked of the store without a cookie
  broken = false;
  CHECK(browser.who() == "ann");
}

TEST_CASE("auth: a login gives layers inside an identity") {
  Router<> router = routes(login<Account>(std::make_shared<MemoryStore>()).identified_by([](const Account& account) {
    return Identity{account.name, account.admin ? std::vector<std::string>{"admin"} : std::vector<std::string>{}};
  }));
  Router<> guarded;
  guarded.get<"/">([](LoggedIn<Account> account) { return account->name; });
  router.nest<"/admin">(guarded, require_role("admin"));
  TestApp app(router);
  Browser root{app};
  root.post("/login/root");
  CHECK(root.get("/admin").body() == "root");
  Browser ann{app};
  ann.post("/login/ann");
  CHECK(ann.get("/admin").status() == StatusCode::Forbidden);
  CHECK(Browser{app}.get("/admin").status() == StatusCode::Forbidden);
}

TEST_CASE("auth: a login whose user has another form now is none") {
  auto store = std::make_shared<MemoryStore>();
  TestApp before(routes(login<Account>(store)));
  Browser browser{before};
  browser.post("/login/ann");
  struct Other {
    int number;
  };
  Router<> router;
  router.layer(login<Other>(store));
  router.get<"/maybe">([](Login<Other> login) { return login ? "somebody" : "nobody"; });
  TestApp after(router);
  CHECK(Browser{after, browser.cookie}.who() == "nobody");
}

TEST_CASE("auth: a route that takes a login is refused where no layer keeps one") {
  Router<> router;
  router.get<"/who">([](LoggedIn<Account> account) { return account->name; });
  CHECK_FALSE(router.build());
}
