// TestApp: a service in a test – no waiting, and the time of day is yours.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/base/assert.h>
#include <rondeau/base/instant.h>
#include <rondeau/handler/depends.h>
#include <rondeau/http/headers.h>
#include <rondeau/http/limits.h>
#include <rondeau/http/method.h>
#include <rondeau/json/json.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/router.h>
#include <rondeau/testing/contract.h>
#include <rondeau/testing/test_options.h>
#include <rondeau/testing/test_response.h>
#include <rondeau/testing/test_stream.h>
#include <rondeau/testing/test_websocket.h>
#include <rondeau/testing/wire.h>

namespace rondeau::testing {

class TestApp;

template <auto F, class G, class Taken>
struct OverrideBy;
template <auto F, class G, class... A>
struct OverrideBy<F, G, handler::Parameters<A...>> final : handler::Override<F> {
  using Call = handler::DependencyCall<typename handler::Signature<G>::Result, A...>;
  using Outcome = typename handler::Dependency<F>::Outcome;

  explicit OverrideBy(G function) : function(std::move(function)) {}
  Outcome run(extract::Context& context) const override {
    if constexpr (!Call::kWaits) return Call::template run<void>(function, context);
    base::fail("override<f>(g): g waits and f does not");
  }
  Task<Outcome> wait(http::RequestBlock& block) const override {
    return Call::template wait<void>(function, block, nullptr);
  }
  G function;
};

template <auto F, class G>
consteval bool check_override() {
  using S = handler::Signature<G>;
  if constexpr (!handler::Dependency<F>::kKnown || !S::kKnown) {
    static_assert(S::kKnown, "rondeau: override<f>(g) takes a function or a lambda whose parameters all have a type");
    return false;
  } else {
    using Given = handler::DependencyResult<typename handler::ResultOf<typename S::Result>::type>;
    constexpr bool kSame = std::is_same_v<typename Given::Value, typename handler::Dependency<F>::Value>;
    static_assert(kSame, "rondeau: override<f>(g) takes a g that gives what f gives");
    constexpr bool kWaits = OverrideBy<F, G, typename S::Taken>::Call::kWaits && !handler::Dependency<F>::kWaits;
    static_assert(!kWaits, "rondeau: override<f>(g) takes a g that waits only where f does");
    return kSame && !kWaits && handler::check_parameters<handler::AnyPattern, routing::NoState>(
                                   static_cast<typename S::Taken*>(nullptr));
  }
}

/// One request in the making. `app.post("/links").json(link).send()`
class TestRequest {
 public:
  TestRequest& header(std::string_view name, std::string_view value) &;
  TestRequest&& header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }
  /// The body, with a Content-Length.
  TestRequest& body(std::string content) &;
  TestRequest&& body(std::string content) && { return std::move(body(std::move(content))); }
  /// A body of type application/json.
  template <class T>
  TestRequest& json(const T& value) & {
    return header("content-type", "application/json").body(rondeau::json::to_string(value).value());
  }
  template <class T>
  TestRequest&& json(const T& value) && {
    return std::move(json(value));
  }

  /// Runs the service until the answer is complete; the clock jumps over what everybody waits for.
  ///
  /// Throws std::runtime_error where the answer breaks off, where it is not complete when `patience` has passed on the
  /// clock, where it has more than 256 MiB – one without an end is for stream() – and where it is none that
  /// TestOptions::contract allows.
  TestResponse send(Duration patience = std::chrono::hours(24));
  /// Runs the service until the head of the answer is there; its body is read as it comes: `app.get("/events").stream()`.
  ///
  /// Throws std::runtime_error where there is none when `patience` has passed on the clock.
  TestStream stream(Duration patience = std::chrono::hours(24));
  /// Asks for a WebSocket. Throws std::runtime_error where the answer is another than 101.
  TestWebSocket websocket();

 private:
  friend class TestApp;
  TestRequest(TestApp& app, http::Method method, std::string_view target);

  /// As messages call it.
  std::string name() const;
  std::string message() const;

  TestApp& app_;
  Asked asked_;
  std::string head_;
  std::optional<std::string> body_;
};

/// Answers requests through the whole server – connection loop, limits, routing – over streams in memory, on a runtime
/// of its own with one thread and a clock that stands still. The same test asks over sockets, or a bad network, where
/// TestOptions or the environment say so: `RONDEAU_TEST_TRANSPORT=tls RONDEAU_TEST_SEED=random build/my-test`.
///
/// Time moves by advance(), and by itself while send() waits and nothing else can happen: a handler that sleeps an hour
/// answers at once. When it is destroyed no task may be left; otherwise the process aborts with a sentence.
/// Thread safety: one thread. Lifetime: outlives its wires.
class TestApp {
 public:
  /// Throws std::runtime_error with the mistakes of the router.
  template <class App>
  explicit TestApp(const routing::Router<App>& router, const http::Limits& limits = {})
      : TestApp(built(router.build()), limits) {}
  template <class App>
  TestApp(const routing::Router<App>& router, TestOptions options)
      : TestApp(built(router.build()), std::move(options)) {}
  explicit TestApp(std::shared_ptr<const routing::Dispatcher> dispatcher, const http::Limits& limits = {});
  TestApp(std::shared_ptr<const routing::Dispatcher> dispatcher, TestOptions options);
  TestApp(const TestApp&) = delete;
  TestApp& operator=(const TestApp&) = delete;
  ~TestApp();

  TestRequest get(std::string_view target) { return request(http::Method::Get, target); }
  TestRequest post(std::string_view target) { return request(http::Method::Post, target); }
  TestRequest put(std::string_view target) { return request(http::Method::Put, target); }
  TestRequest patch(std::string_view target) { return request(http::Method::Patch, target); }
  TestRequest del(std::string_view target) { return request(http::Method::Delete, target); }
  TestRequest head(std::string_view target) { return request(http::Method::Head, target); }
  TestRequest options(std::string_view target) { return request(http::Method::Options, target); }
  TestRequest request(http::Method method, std::string_view target) { return {*this, method, target}; }

  TestWebSocket websocket(std::string_view target) { return get(target).websocket(); }

  /// A connection for bytes of your own. `buffered`: how many may be under way each way before a writer waits; sockets
  /// have their own mind about that. Throws std::runtime_error where the system refuses a socket.
  Wire connect(std::size_t buffered = 64 * 1024);
  /// Sends the bytes on a new connection, ends it, and returns what was answered. The clock does not move.
  std::string wire(std::string_view bytes);

  /// From now on G runs where Depends<F> is asked for: `app.override<current_user>([] { return User{7}; })`.
  ///
  /// G is written as F is and gives the same type, or a Result of it; it takes no state, and it waits only where F does.
  template <auto F, class G>
  TestApp& override(G function) {
    if constexpr (check_override<F, G>()) {
      overrides().insert(std::shared_ptr<const handler::Override<F>>(
          std::make_shared<const OverrideBy<F, G, typename handler::Signature<G>::Taken>>(std::move(function))));
    }
    return *this;
  }

  /// What the service's own document says: `CHECK(app.openapi().covers(response))`. That of TestOptions, where it was
  /// given; else made at the first call, which throws std::runtime_error where there can be none.
  Contract& openapi();

  /// Connections may begin with the preface of HTTP/2, as with ServeOptions::http2_prior_knowledge.
  void allow_http2() noexcept;

  /// What the clock shows.
  Instant now() const;
  /// Moves the clock; everything that is due on the way runs, in order.
  void advance(Duration span);
  /// Runs what can run without moving the clock.
  void settle();
  /// Waits until there is something to read, moving the clock where nothing else happens. False: nothing comes before
  /// `patience` has passed on it.
  bool wait_for(Wire& wire, Duration patience = std::chrono::hours(24 * 365));
  /// The same, or until the service takes more bytes.
  bool wait_for_room(Wire& wire, Duration patience = std::chrono::hours(24 * 365));

  /// From now on answers close their connections; those that wait for a request end at once, those whose answer began
  /// before soon after it.
  void begin_drain();
  /// Tasks that live: connections, and what handlers have spawned.
  std::size_t live_tasks() const;

 private:
  friend class TestRequest;
  static std::shared_ptr<const routing::Dispatcher> built(Result<std::shared_ptr<const routing::Dispatcher>> result);

  http::Extensions& overrides() noexcept;
  /// Throws for an answer that the contract does not allow.
  void judge(const TestResponse& response) const;

  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace rondeau::testing

namespace rondeau {
using testing::TestApp;
}  // namespace rondeau
