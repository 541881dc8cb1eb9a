#include <rondeau/testing/test_app.h>

#include <exception>

#include <rondeau/base/assert.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/runtime/test_clock.h>
#include <rondeau/task/select.h>
#include <rondeau/time/timeout.h>

#include "http2/built_in.h"
#include "server/connection.h"
#include "testing/asking.h"
#include "testing/dialer.h"

namespace rondeau::testing {
namespace {

runtime::Runtime make_runtime() {
  auto made = runtime::Builder::current_thread().start_paused().build();
  if (!made) throw std::runtime_error("TestApp: no runtime: " + made.error().message());
  return *std::move(made);
}

task::Task<void> move_clock(Duration span) {
  co_await runtime::test::advance(span);
}

task::Task<Instant> show_clock() {
  co_return Instant::now();
}

task::Task<bool> readable(io::Stream& stream, Duration patience) {
  co_return (co_await time::timeout(patience, stream.readable())).has_value();
}

task::Task<bool> ready(io::Stream& stream, Duration patience) {
  co_return (co_await time::timeout(patience, task::select(stream.readable(), stream.writable()))).has_value();
}

/// A body of which a test wants to see the end.
constexpr std::size_t kMostBody = 256 * 1024 * 1024;

}  // namespace

struct TestApp::Inside {
  Inside(const TestOptions& options, std::shared_ptr<const routing::Dispatcher> dispatcher)
      : server(std::make_shared<server::Shared>(options.limits, std::move(dispatcher))),
        runtime(make_runtime()),
        dialer(runtime, options.transport, options.seed),
        contract(options.contract),
        is_bound(contract != nullptr) {}

  std::shared_ptr<server::Shared> server;
  runtime::Runtime runtime;
  Dialer dialer;
  std::shared_ptr<Contract> contract;
  bool is_bound;  ///< each answer has to keep to the contract
  std::optional<task::JoinHandle<void>> sweeper;  ///< while draining: ends connections that have become idle
  int exceptions = std::uncaught_exceptions();
};

TestApp::TestApp(std::shared_ptr<const routing::Dispatcher> dispatcher, const http::Limits& limits)
    : TestApp(std::move(dispatcher), TestOptions{.limits = limits}) {}
TestApp::TestApp(std::shared_ptr<const routing::Dispatcher> dispatcher, TestOptions options)
    : inside_(std::make_unique<Inside>(options, std::move(dispatcher))) {}

TestApp::~TestApp() {
  if (std::uncaught_exceptions() > inside_->exceptions) return;  // the test has failed already
  settle();
  // So long a handler may go on whose WebSocket is over.
  if (live_tasks() > 0) advance(inside_->server->limits.websocket.close_handshake);
  if (live_tasks() > 0) base::fail("TestApp: tasks are left at the end; end what handlers spawn, and drop all wires");
}

std::shared_ptr<const routing::Dispatcher> TestApp::built(Result<std::shared_ptr<const routing::Dispatcher>> result) {
  if (!result) throw std::runtime_error("TestApp: " + result.error().message());
  return *std::move(result);
}

Wire TestApp::connect(std::size_t buffered) {
  Dialer::Connected connected = inside_->dialer.dial(buffered);
  auto connection = std::make_unique<server::Connection>(inside_->server, std::move(connected.service));
  if (connection->enter()) inside_->runtime.spawn(server::serve_connection(std::move(connection), false)).detach();
  connection.reset();
  inside_->dialer.greet(*connected.client);
  return Wire(*this, std::move(connected.client));
}

std::string TestApp::wire(std::string_view bytes) {
  Wire wire = connect();
  wire.send(bytes);
  wire.finish();
  return wire.received();
}

http::Extensions& TestApp::overrides() noexcept {
  return inside_->server->overrides;
}

Contract& TestApp::openapi() {
  if (!inside_->contract) {
    inside_->contract = std::make_shared<Contract>(inside_->server->dispatcher->operations());
  }
  return *inside_->contract;
}

void TestApp::judge(const TestResponse& response) const {
  if (!inside_->is_bound) return;
  const Contract::Verdict verdict = inside_->contract->allows(response);
  if (!verdict) throw std::runtime_error("TestApp: " + verdict.objection);
}

void TestApp::allow_http2() noexcept {
  inside_->server->http2_prior_knowledge = http2::kIsBuiltIn;
}

Instant TestApp::now() const {
  return inside_->runtime.block_on(show_clock());
}

void TestApp::advance(Duration span) {
  inside_->runtime.block_on(move_clock(span));
}

void TestApp::settle() {
  advance(Duration::zero());
}

bool TestApp::wait_for(Wire& wire, Duration patience) {
  // What closed() has met is not in the stream any more.
  return wire.has_received() || inside_->runtime.block_on(readable(wire.stream(), patience));
}

bool TestApp::wait_for_room(Wire& wire, Duration patience) {
  return inside_->runtime.block_on(ready(wire.stream(), patience));
}

void TestApp::begin_drain() {
  inside_->server->begin_drain();
  inside_->server->connections.close_idle();
  inside_->sweeper = inside_->runtime.spawn(
      [](std::shared_ptr<server::Shared> server) -> task::Task<void> {
        const Instant deadline = Instant::now() + server->limits.shutdown;
        co_await server->connections.wait_until_none(deadline);
      },
      inside_->server);
}

std::size_t TestApp::live_tasks() const {
  const bool sweeps = inside_->sweeper && !inside_->sweeper->is_finished();
  return inside_->runtime.metrics().num_alive_tasks() - (sweeps ? 1 : 0);
}

TestRequest::TestRequest(TestApp& app, http::Method method, std::string_view target)
    : app_(app), asked_{method, std::string(target)} {
  head_.append(to_string(method)).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
}

TestRequest& TestRequest::header(std::string_view name, std::string_view value) & {
  head_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

TestRequest& TestRequest::body(std::string content) & {
  body_ = std::move(content);
  return *this;
}

std::string TestRequest::name() const {
  return std::string(to_string(asked_.method)) + " " + asked_.target;
}

std::string TestRequest::message() const {
  std::string bytes = head_;
  if (body_) bytes.append("Content-Length: ").append(std::to_string(body_->size())).append("\r\n");
  return bytes.append("\r\n").append(body_.value_or(""));
}

TestResponse TestRequest::send(Duration patience) {
  Asking asking(app_, asked_.method, name(), message());
  const Instant end = app_.now() + patience;
  for (;;) {
    const TestResponse* begun = asking.look();
    if (asking.is_complete()) {
      TestResponse response = asking.take();
      response.asked_ = asked_;
      app_.judge(response);
      return response;
    }
    if (asking.is_cut()) asking.fail_as_cut();
    if (begun != nullptr && begun->body().size() > kMostBody) {
      throw std::runtime_error("TestApp: more than 256 MiB answer " + name() + ", and more come; read them by stream()");
    }
    if (!asking.wait_until(end)) {
      if (begun == nullptr) throw std::runtime_error("TestApp: no answer to " + name() + " in " + in_seconds(patience));
      throw std::runtime_error("TestApp: the answer to " + name() + " goes on after " + in_seconds(patience) +
                               "; one without an end is read by stream()");
    }
  }
}

}  // namespace rondeau::testing
