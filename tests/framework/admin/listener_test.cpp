// The admin listener over a real socket, beside a runtime of the kind that a service has.
#include "admin/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <string_view>
#include <thread>

#include <doctest/doctest.h>

#include <rondeau/base/unique_fd.h>
#include <rondeau/observe/log.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/spawn.h>

#include "admin/pages.h"

#include "support/sanitized.h"

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

struct Answer {
  int status = 0;
  std::string body;
};

/// Over a connection of its own.
Answer ask(const std::string& address, const std::string& method, const std::string& path, const std::string& more = {}) {
  const auto parsed = SocketAddress::parse(address).value();
  sockaddr_storage raw{};
  const socklen_t size = parsed.to_system(raw);
  const base::UniqueFd wire(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(wire.get(), reinterpret_cast<const sockaddr*>(&raw), size) == 0);
  const timeval patience{20, 0};
  ::setsockopt(wire.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n";
  text += more.empty() ? "\r\n" : more;
  REQUIRE(::send(wire.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  std::string all;
  char bytes[4096];
  for (ssize_t n = 0; (n = ::recv(wire.get(), bytes, sizeof bytes, 0)) > 0;) all.append(bytes, static_cast<std::size_t>(n));
  Answer answer;
  if (all.size() > 12) answer.status = std::stoi(all.substr(9, 3));
  if (const std::size_t end = all.find("\r\n\r\n"); end != std::string::npos) answer.body = all.substr(end + 4);
  return answer;
}

std::string body_of(std::string_view text) {
  return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + std::string(text);
}

bool has(const Answer& answer, std::string_view text) {
  return answer.body.find(text) != std::string::npos;
}

/// Until it holds, ten seconds at most.
template <class F>
bool until(F holds) {
  for (int i = 0; i < 1000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

constexpr admin::Liveness::Times kQuick{.round = 20ms, .fresh = 300ms};

/// A service's runtime and its admin listener.
struct Operated {
  explicit Operated(admin::Terms terms = {SocketAddress::parse("127.0.0.1:0").value(), service::AdminScope::full, {}, {}},
                    std::size_t workers = 2)
      : runtime(runtime::Builder::multi_thread().worker_threads(workers).watchdog(0ms).build().value()),
        health(std::make_shared<admin::Health>()),
        liveness(std::make_shared<admin::Liveness>(runtime.handle(), kQuick)),
        beating(runtime.spawn(admin::Liveness::beat(liveness))) {
    const auto desk = std::make_shared<admin::Desk>(admin::Desk{
        .name = "shop",
        .version = "1.2.3",
        .runtime = runtime.handle(),
        .metrics = std::make_shared<observe::Registry>(),
        .health = health,
        .liveness = liveness,
        .server = std::make_shared<server::Overview>(),
        .settings = {{"server.listen", "\"127.0.0.1:80\"", "--port"}, {"admin.token", "\"***\"", "SHOP__ADMIN__TOKEN"}},
        .routes = [this] { return routes; },
        .drain = [this] { ++drains; },
        .reload = [this]() -> Task<Result<std::string>> {
          if (!reloads) co_return Error(Errc::Unsupported, "nothing to reload");
          co_return "certificates";
        }});
    desk->metrics->counter("orders_total", "Orders.").with({}).add(3);
    listener = admin::Listener::start(terms, std::nullopt, admin::pages(desk, terms).build().value()).value();
  }
  ~Operated() {
    listener.reset();
    runtime.block_on([this]() -> Task<void> {
      beating.abort();
      static_cast<void>(co_await beating);
    });
  }

  Answer get(const std::string& path) const { return ask(listener->address(), "GET", path); }

  runtime::Runtime runtime;
  std::shared_ptr<const routing::Dispatcher> routes;
  std::atomic<int> drains{0};
  std::atomic<bool> reloads{false};
  std::shared_ptr<admin::Health> health;
  std::shared_ptr<admin::Liveness> liveness;
  JoinHandle<Result<void>> beating;
  std::unique_ptr<admin::Listener> listener;
};

Task<void> wait_for_parcel(std::shared_ptr<Notify> parcel) {
  co_await parcel->notified();
}

/// Holds up the worker that runs it.
struct Hold {
  std::atomic<bool> go{false};
  std::latch held;
  explicit Hold(std::ptrdiff_t workers) : held(workers) {}
  Task<void> run() {
    held.count_down();
    while (!go.load()) std::this_thread::sleep_for(1ms);
    co_return;
  }
};

}  // namespace

TEST_CASE("admin: a task that is stuck is in the dump, with its name, where it was spawned and where it waits") {
  Operated operated;
  const auto parcel = std::make_shared<Notify>();
  auto stuck = task::Builder{}.name("porter").on(operated.runtime.handle()).spawn(wait_for_parcel, parcel);
  const int spawned = __LINE__ - 1;
  Answer text;
  CHECK(until([&] { return has(text = operated.get("/admin/tasks"), "Notify"); }));
  CAPTURE(text.body);
  CHECK(text.status == 200);
  CHECK(has(text, "\"porter\": waiting"));
  CHECK(has(text, "spawned at listener_test.cpp:" + std::to_string(spawned)));
  CHECK(has(text, "wait_for_parcel at listener_test.cpp:"));

  const Answer json = operated.get("/admin/tasks?format=json");
  CHECK(json.body.starts_with("{\"total\":"));
  CHECK(has(json, "\"name\":\"porter\""));
  CHECK(has(json, "wait_for_parcel"));
  CHECK(operated.get("/admin/tasks?format=xml").status == 400);

  parcel->notify_one();
  static_cast<void>(operated.runtime.block_on([&]() -> Task<void> { static_cast<void>(co_await stuck); }));
}

TEST_CASE("admin: one worker that is held up is a warning that names its task; liveness stays") {
  Operated operated;
  Hold hold(1);
  auto holding = task::Builder{}.name("hog").on(operated.runtime.handle()).spawn([&hold] { return hold.run(); });
  hold.held.wait();
  Answer answer;
  CHECK(until([&] { return has(answer = operated.get("/healthz"), "\"hog\""); }));
  CAPTURE(answer.body);
  CHECK(answer.status == 200);
  CHECK(answer.body.starts_with("ok\n"));
  // What runs is looked at by a signal, which the thread sanitizer puts off.
  if (!support::kThreadSanitized) CHECK(has(answer, "spawned at listener_test.cpp:"));
  CHECK(operated.liveness->is_alive());
  hold.go = true;
  CHECK(until([&] { return operated.get("/healthz").body == "ok\n"; }));
  operated.runtime.block_on([&]() -> Task<void> { static_cast<void>(co_await holding); });
}

TEST_CASE("admin: where every worker is held up, liveness is 503 and the listener answers all the same") {
  Operated operated;
  CHECK(operated.get("/healthz").status == 200);
  operated.health->set_started();
  Hold hold(2);
  std::vector<JoinHandle<void>> holding;
  for (int i = 0; i < 2; ++i) holding.push_back(operated.runtime.spawn([&hold] { return hold.run(); }));
  hold.held.wait();
  Answer answer;
  // Each of the signs has a time of its own at which it is too old.
  CHECK(until([&] {
    answer = operated.get("/healthz");
    return answer.status == 503 && has(answer, "a timer fired last more than ") &&
           has(answer, "a task was run last more than ");
  }));
  CAPTURE(answer.body);
  CHECK_FALSE(operated.liveness->is_alive());
  CHECK(has(operated.get("/admin/tasks"), "running on worker"));
  CHECK(operated.get("/metrics").status == 200);
  CHECK(operated.get("/readyz").status == 503);
  hold.go = true;
  CHECK(until([&] { return operated.get("/healthz").status == 200; }));
  operated.runtime.block_on([&]() -> Task<void> {
    for (auto& each : holding) static_cast<void>(co_await each);
  });
}

TEST_CASE("admin: pages tell what there is, before the service is set up and after") {
  Operated operated;
  CHECK(operated.get("/startupz").status == 503);
  CHECK(operated.get("/readyz").status == 503);
  CHECK(operated.get("/admin/routes").status == 503);
  CHECK(operated.get("/metrics").body.find("orders_total 3\n") != std::string::npos);
  Router<> router;
  router.get<"/books/{id}">([](Path<"id", int> id) { return std::to_string(*id); });
  operated.routes = router.build().value();
  operated.health->set_started();
  CHECK(operated.get("/startupz").body == "started\n");
  CHECK(operated.get("/readyz").body == "ready\n");
  CHECK(has(operated.get("/admin/routes"), "/books/{id}"));
  CHECK(has(operated.get("/admin/routes?format=json"), "\"pattern\":\"/books/{id}\""));
  CHECK(has(operated.get("/openapi.json"), "\"title\": \"shop\""));
  CHECK(operated.get("/admin/config").body ==
        "server.listen = \"127.0.0.1:80\"  (--port)\nadmin.token = \"***\"  (SHOP__ADMIN__TOKEN)\n");
  CHECK(has(operated.get("/admin/config?format=json"), "{\"key\":\"admin.token\",\"value\":\"***\","));
  CHECK(has(operated.get("/admin/runtime"), "workers: 2\n"));
  CHECK(has(operated.get("/admin/runtime?format=json"), "\"workers\":2"));
  CHECK(operated.get("/admin/connections").body == "0 connections\n");
  CHECK(operated.get("/admin/nothing").status == 404);
}

TEST_CASE("admin: draining, reloading and log levels are changes, which GET does not make") {
  Operated operated;
  const std::string address = operated.listener->address();
  CHECK(operated.get("/admin/drain").status == 405);
  CHECK(operated.drains == 0);
  CHECK(ask(address, "POST", "/admin/drain").status == 202);
  CHECK(operated.drains == 1);
  const Answer none = ask(address, "POST", "/admin/reload");
  CHECK(none.status == 409);
  CHECK(has(none, "nothing to reload"));
  operated.reloads = true;
  CHECK(ask(address, "POST", "/admin/reload").body == "certificates\n");

  const std::string before = log::levels();
  CHECK(ask(address, "PUT", "/admin/log-level", body_of(" warn,sql=debug\n")).body == "warn,sql=debug\n");
  CHECK(operated.get("/admin/log-level").body == "warn,sql=debug\n");
  CHECK(log::is_enabled(log::Level::Debug, "sql"));
  CHECK_FALSE(log::is_enabled(log::Level::Info, "http"));
  const Answer wrong = ask(address, "PUT", "/admin/log-level", body_of("loud"));
  CHECK(wrong.status == 400);
  CHECK(has(wrong, "trace, debug, info, warn, error or off"));
  CHECK(ask(address, "PUT", "/admin/log-level", body_of(std::string(5000, 'x'))).status == 413);
  CHECK(log::levels() == "warn,sql=debug");
  CHECK(log::set_levels(before).has_value());
}

TEST_CASE("admin: with scope read, and without the token, health and metrics are all there is") {
  const auto address = SocketAddress::parse("127.0.0.1:0").value();
  for (const auto& [terms, refusal] : {std::pair(admin::Terms{address, service::AdminScope::read, {}, {}}, 403),
                                       std::pair(admin::Terms{address, service::AdminScope::full, Secret(std::string("k")), {}}, 401)}) {
    Operated operated(terms);
    operated.health->set_started();
    for (const char* open : {"/healthz", "/readyz", "/startupz", "/metrics"}) CHECK(operated.get(open).status == 200);
    for (const char* kept : {"/admin/tasks", "/admin/runtime", "/admin/connections", "/admin/config", "/admin/routes",
                             "/admin/log-level", "/openapi.json"}) {
      CAPTURE(kept);
      CHECK(operated.get(kept).status == refusal);
    }
    CHECK(ask(operated.listener->address(), "POST", "/admin/drain").status == refusal);
    CHECK(operated.drains == 0);
    if (refusal == 401) {
      CHECK(ask(operated.listener->address(), "POST", "/admin/drain", "Authorization: Bearer k\r\n\r\n").status == 202);
    }
  }
}

TEST_CASE("admin: a port in use is an error that names it") {
  Operated operated;
  const auto address = SocketAddress::parse(operated.listener->address()).value();
  const admin::Terms terms{address, service::AdminScope::full, {}, {}};
  const auto second = admin::Listener::start(terms, std::nullopt, nullptr);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error() == Errc::AddressInUse);
  CHECK(second.error().message().find("admin.listen") != std::string::npos);
  CHECK(second.error().message().find(operated.listener->address()) != std::string::npos);
}
