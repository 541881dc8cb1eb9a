// Sleeping, cancelled timers, TCP echo, memory of a parked task.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include <rondeau/base/socket_address.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/net/tcp_stream.h>
#include <rondeau/task/select.h>
#include <rondeau/time/sleep.h>

#include "harness.h"

namespace micro {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Task<void> sleep_task(Duration span) { co_await sleep_for(span); }

Task<void> million_sleeps() {
  std::uint64_t state = 88172645463325252;
  const auto next = [&state] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  std::vector<JoinHandle<void>> handles;
  handles.reserve(1'000'000);
  for (int i = 0; i < 1'000'000; ++i) handles.push_back(spawn(sleep_task(microseconds(next() % 1'000'000))));
  for (auto& handle : handles) static_cast<void>(co_await handle);
}

Task<void> ready() { co_return; }

Task<void> million_cancelled_timers() {
  for (int i = 0; i < 1'000'000; ++i) {
    static_cast<void>(co_await select(sleep_for(milliseconds(1000 + (i & 1023))), losing(ready())).biased());
  }
}

Task<void> answer(net::TcpStream stream) {
  std::array<std::byte, 64> buffer;
  while (true) {
    auto n = co_await stream.read_some(buffer);
    if (!n || *n == 0) co_return;
    if (auto written = co_await stream.write_all(std::span(buffer).first(*n)); !written) co_return;
  }
}

Task<void> serve(net::TcpListener listener, int connections) {
  for (int i = 0; i < connections; ++i) {
    auto stream = co_await listener.accept();
    stream.value().set_nodelay(true).value();
    spawn(answer(std::move(stream).value())).detach();
  }
}

Task<void> ask(SocketAddress address, int times) {
  auto connected = co_await net::TcpStream::connect(address);
  net::TcpStream stream = std::move(connected).value();
  stream.set_nodelay(true).value();
  std::array<std::byte, 64> buffer{};
  for (int i = 0; i < times; ++i) {
    (co_await stream.write_all(buffer)).value();
    (co_await stream.read_exact(buffer)).value();
  }
}

Task<void> tcp_echo(int connections, int times) {
  auto listener = net::TcpListener::bind("127.0.0.1:0").value();
  const auto address = listener.local_addr().value();
  spawn(serve(std::move(listener), connections)).detach();
  std::vector<JoinHandle<void>> handles;
  for (int i = 0; i < connections; ++i) handles.push_back(spawn(ask(address, times)));
  for (auto& handle : handles) {
    if (auto result = co_await handle; !result) result.error().rethrow();
  }
}

/// RSS growth of a million tasks in a sleep of an hour. Ends the process: nobody waits for them.
void memory_of_parked_tasks(const Bench& bench) {
  const double before = resident_bytes();
  const auto entered = bench.runtime().enter();
  for (int i = 0; i < 1'000'000; ++i) spawn(sleep_task(std::chrono::hours(1))).detach();
  std::this_thread::sleep_for(milliseconds(1500));
  bench.print("mem_parked_task_bytes", (resident_bytes() - before) / 1e6);
  std::_Exit(0);
}

}  // namespace

void bench_timers_and_sockets(Bench& bench) {
  bench.value("sleep_1m_cpu", [&] {
    const double begin = cpu_nanoseconds();
    bench.inside(million_sleeps);
    return (cpu_nanoseconds() - begin) / 1e6;
  });
  bench.run("timer_cancel", 1e6, 3, [&] { bench.inside(million_cancelled_timers); });
  bench.run("tcp_echo_1", 20'000, 3, [&] { bench.inside([] { return tcp_echo(1, 20'000); }); });
  bench.run("tcp_echo_100", 40'000, 3, [&] { bench.inside([] { return tcp_echo(100, 400); }); });
  if (bench.asked_for("mem_parked_task")) memory_of_parked_tasks(bench);
}

}  // namespace micro
