// A server over real sockets on two workers, and a client for it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/rondeau.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/serve.h>
#include <rondeau/static_files/files.h>
#include <rondeau/sync/notify.h>
#include <rondeau/task/spawn.h>
#include <rondeau/testing/test_response.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace live {

using namespace rondeau;
using namespace std::chrono_literals;

struct Seen {
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
  std::atomic<int> finished{0};
  Notify changed;
};

struct OnEnd {
  Seen& seen;
  ~OnEnd() {
    ++seen.ended;
    seen.changed.notify_waiters();
  }
};

inline Task<Response> wait_long(State<Seen> seen) {
  const OnEnd end{*seen};
  ++seen->begun;
  seen->changed.notify_waiters();
  co_await sleep_for(1h);
  co_return Response::text("late");
}

inline Task<void> work_for_long(std::shared_ptr<Seen> seen, Duration time) {
  const OnEnd end{*seen};
  ++seen->begun;
  co_await sleep_for(time);
  ++seen->finished;
}

inline constexpr std::size_t kBig = 16 * 1024 * 1024;

/// A server of its own, with its runtime.
class Service {
 public:
  explicit Service(const Limits& limits = {}, void (*on_refused)(const Refused&) = nullptr, Router<> more = {}) {
    Router<Seen> router(seen);
    router.merge(std::move(more));
    router.get<"/">([] { return "hello"; });
    router.get<"/wait">(wait_long);
    router.get<"/soon">([]() -> Task<Response> {
      co_await sleep_for(20ms);
      co_return Response::text("soon");
    });
    router.get<"/after">([seen = seen] { return Response::text("done").after(work_for_long(seen, 50ms)); });
    router.get<"/after-long">([seen = seen] { return Response::text("done").after(work_for_long(seen, 1h)); });
    router.get<"/big">([] { return std::string(kBig, 'x'); });
    router.post<"/echo">([](Bytes body) { return Response::bytes(std::move(body)); });
    ServeOptions options{.limits = limits, .shutdown = stop, .on_refused = on_refused, .server_name = "mine/1"};
    server_ = runtime_.block_on([&]() -> Task<JoinHandle<Result<ServeReport>>> {
      auto listener = net::TcpListener::bind("127.0.0.1:0").value();
      address = listener.local_addr().value();
      co_return spawn(serve(std::move(listener), router, options));
    });
  }
  ~Service() {
    if (server_) static_cast<void>(end());
  }

  template <class F>
  auto run(F task) {
    return runtime_.block_on(std::move(task));
  }
  ServeReport end() {
    stop.cancel();
    return runtime_.block_on(join());
  }

  SocketAddress address;
  CancellationToken stop;
  std::shared_ptr<Seen> seen = std::make_shared<Seen>();

 private:
  Task<ServeReport> join() {
    auto handle = *std::move(server_);
    server_.reset();
    auto joined = co_await timeout(10s, handle);
    co_return joined.value().value().value();
  }

  runtime::Runtime runtime_ = runtime::Builder::multi_thread().worker_threads(2).build().value();
  std::optional<JoinHandle<Result<ServeReport>>> server_;
};

/// A client that keeps its connection.
class Client {
 public:
  static Task<Client> connect(const SocketAddress& address) {
    co_return Client((co_await net::TcpStream::connect(address)).value());
  }
  /// Empty where the connection ended without an answer.
  Task<std::optional<testing::TestResponse>> ask(std::string request) {
    if (!co_await stream_.write_all(request)) co_return std::nullopt;
    co_return co_await answer();
  }
  Task<std::optional<testing::TestResponse>> answer() {
    std::array<std::byte, 16 * 1024> buffer;
    for (;;) {
      if (auto response = answers_.next(Method::Get, false)) co_return response;
      const auto count = co_await stream_.read_some(buffer);
      if (!count || *count == 0) co_return std::nullopt;
      answers_.feed({reinterpret_cast<const char*>(buffer.data()), *count});
    }
  }
  net::TcpStream& stream() { return stream_; }

 private:
  explicit Client(net::TcpStream stream) : stream_(std::move(stream)) {}
  net::TcpStream stream_;
  testing::ResponseReader answers_;
};

inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

inline Task<void> until(Seen& seen, const std::atomic<int>& value, int wanted) {
  for (;;) {
    auto changed = seen.changed.notified();
    if (value.load() >= wanted) co_return;
    co_await changed;
  }
}

}  // namespace live
