// A TCP server: as many clients as there is room for, none waited for without a limit, an orderly end.
// Run: build/examples/echo_tcp 7007     and in another terminal: nc localhost 7007
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/sync/cancellation_token.h>
#include <rondeau/sync/semaphore.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

using namespace rondeau;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kClients = 1000;
constexpr Duration kSilence = 60s;  ///< a client that says nothing, or takes nothing, for so long is given up
constexpr Duration kFarewell = 5s;  ///< for what is under way at the end

/// Its errors are the client's affair: one that breaks off is nobody's failure. The place is given back by its
/// destructor.
Task<Result<void>> echo(net::TcpStream stream, OwnedSemaphorePermit, CancellationToken stop) {
  std::array<std::byte, 4096> buffer;
  for (;;) {
    // A read that loses has taken nothing. Only here is the end looked at: what was read is answered first.
    auto first = co_await select(timeout(kSilence, stream.read_some(buffer)), stop.cancelled());
    if (first.is<1>()) co_return {};
    RONDEAU_TRY(const std::size_t count, std::move(first).get<0>());
    if (count == 0) co_return {};
    RONDEAU_TRY_VOID(co_await timeout(kSilence, stream.write_all(std::span(buffer).first(count))));
  }
}

Task<Result<void>> accept_all(net::TcpListener& listener, TaskTracker clients, CancellationToken stop) {
  const auto places = std::make_shared<Semaphore>(kClients);
  for (;;) {
    // A place first: those who find none wait in the system's queue.
    RONDEAU_TRY(auto place, co_await Semaphore::acquire_owned(places));
    auto stream = co_await listener.accept();
    if (stream) {
      clients.spawn(echo(*std::move(stream), std::move(place), stop)).detach();
    } else if (stream.error() == Errc::ShuttingDown) {
      co_return std::move(stream).error();
    } else {
      // No descriptors or no memory: the connection waits, and clients that go make room.
      std::fprintf(stderr, "echo_tcp: %s\n", stream.error().message().c_str());
      co_await sleep_for(100ms);
    }
  }
}

Task<Result<void>> serve(std::uint16_t port) {
  // Before anybody is told where we are: the signal may come at once.
  RONDEAU_TRY(auto interrupt, signal::signal(SignalKind::interrupt()));
  RONDEAU_TRY(auto terminate, signal::signal(SignalKind::terminate()));
  RONDEAU_TRY(auto listener, co_await net::TcpListener::bind("127.0.0.1", port));
  RONDEAU_TRY(const auto address, listener.local_addr());
  std::printf("listening on %s\n", address.to_string().c_str());
  std::fflush(stdout);

  const TaskTracker clients;
  const CancellationToken stop;
  auto ended = co_await select(losing(accept_all(listener, clients, stop)), interrupt.recv(), terminate.recv());
  if (ended.is<0>()) co_return std::move(ended).get<0>();

  {
    const net::TcpListener closed = std::move(listener);
  }
  stop.cancel("shutdown");
  clients.close();
  static_cast<void>(co_await select(clients.wait(), sleep_for(kFarewell)));  // who is left is cancelled by the runtime
  co_return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view text = argc == 2 ? argv[1] : "";
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    std::fprintf(stderr, "usage: echo_tcp PORT\n");
    return 2;
  }
  return run(serve(port));
}
