// Shows a whole server on the runtime alone: a small Redis. Run it: build/examples/mini_redis --port 6379
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/dump.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/signal/signal.h>
#include <rondeau/task/builder.h>
#include <rondeau/task/select.h>
#include <rondeau/task/task_tracker.h>
#include <rondeau/time/sleep.h>

#include "server.h"

namespace mini_redis {
namespace {

using namespace rondeau;
using namespace std::chrono_literals;

/// After the signal, clients have so long to take their answers.
constexpr Duration kShutdownLimit = 10s;

struct Settings {
  std::string bind = "127.0.0.1";
  std::uint16_t port = 6379;
  std::size_t max_clients = 10'000;
};

constexpr std::string_view kUsage =
    "Usage: mini_redis [--port N] [--bind ADDRESS] [--max-clients N]\n"
    "\n"
    "  --port N          default 6379; 0 lets the system choose\n"
    "  --bind ADDRESS    default 127.0.0.1\n"
    "  --max-clients N   default 10000; who comes after them is told so\n"
    "  --help            this text\n"
    "\n"
    "Ctrl-C and SIGTERM end it in order, a second one at once. Ctrl-\\ shows what every task waits for.\n";

/// Takes clients until the listener fails for good.
Task<Result<void>> take_clients(net::TcpListener& listener, std::shared_ptr<Server> server, const TaskTracker& clients,
                                std::shared_ptr<Semaphore> places) {
  for (;;) {
    Result<net::TcpStream> stream = co_await listener.accept();
    if (!stream) {
      if (stream.error() == Errc::ShuttingDown) co_return stream.error();
      // No descriptors or no memory: the connection waits in the queue, and clients that go make room.
      std::fprintf(stderr, "mini_redis: %s\n", stream.error().message().c_str());
      co_await sleep_for(100ms);
      continue;
    }
    Result<OwnedSemaphorePermit> place = Semaphore::try_acquire_owned(places);
    if (!place) {
      constexpr std::string_view kFull = "-ERR max number of clients reached\r\n";
      static_cast<void>(stream->try_write(std::as_bytes(std::span(kFull))));
      continue;
    }
    task::Builder{}
        .name("client")
        .spawn(clients.track(serve_client(server, *std::move(stream), *std::move(place))))
        .detach();
  }
}

Task<Result<void>> serve(Settings settings) {
  // Before anybody is told where we are: the signal may come at once.
  RONDEAU_TRY(auto interrupt, signal::signal(SignalKind::interrupt()));
  RONDEAU_TRY(auto terminate, signal::signal(SignalKind::terminate()));
  RONDEAU_TRY_VOID(runtime::dump_on_signal(SIGQUIT));
  RONDEAU_TRY(auto listener, co_await net::TcpListener::bind(settings.bind, settings.port, {.nodelay = true}));
  RONDEAU_TRY(const auto address, listener.local_addr());
  std::printf("mini_redis: listening on %s\n", address.to_string().c_str());
  std::fflush(stdout);

  const auto server = std::make_shared<Server>();
  const auto places = std::make_shared<Semaphore>(settings.max_clients);
  const TaskTracker clients;
  // Ends with the runtime, and keeps the server as long as it runs.
  task::Builder{}.name("expire").spawn([server]() { return server->database.expire(); }).detach();

  auto ended =
      co_await select(losing(take_clients(listener, server, clients, places)), interrupt.recv(), terminate.recv());
  if (ended.is<0>()) co_return std::move(ended).get<0>();

  { const net::TcpListener closed = std::move(listener); }
  server->stop.cancel("shutdown");
  clients.close();
  std::fprintf(stderr, "mini_redis: %zu clients to finish\n", clients.len());
  static_cast<void>(co_await select(clients.wait(), sleep_for(kShutdownLimit), interrupt.recv(), terminate.recv()));
  co_return {};
}

std::optional<std::size_t> number_up_to(std::string_view digits, std::size_t most) {
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure != std::errc() || end != digits.data() + digits.size() || number > most) return std::nullopt;
  return number;
}

int refuse_usage(const std::string& sentence) {
  std::fprintf(stderr, "mini_redis: %s\n%s", sentence.c_str(), kUsage.data());
  return 2;
}

int main_with(const std::vector<std::string_view>& flags) {
  Settings settings;
  for (std::size_t i = 0; i < flags.size(); i += 2) {
    const std::string flag(flags[i]);
    if (flag == "--help") {
      std::fputs(kUsage.data(), stdout);
      return 0;
    }
    if (flag != "--port" && flag != "--bind" && flag != "--max-clients")
      return refuse_usage("there is no flag " + flag);
    if (i + 1 == flags.size()) return refuse_usage(flag + " needs a value");
    if (flag == "--bind") {
      settings.bind = flags[i + 1];
      continue;
    }
    const auto number = number_up_to(flags[i + 1], flag == "--port" ? 65'535 : Semaphore::kMaxPermits);
    if (!number) return refuse_usage(flag + " needs a number");
    if (flag == "--port") settings.port = static_cast<std::uint16_t>(*number);
    if (flag == "--max-clients") settings.max_clients = *number;
  }
  return run(serve(std::move(settings)));
}

}  // namespace
}  // namespace mini_redis

int main(int count, char** arguments) {
  return mini_redis::main_with({arguments + 1, arguments + count});
}
