// Sockets on a runtime with several workers.
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include <rondeau/detail/scheduler.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/runtime/builder.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/task/spawn.h>

#include "reactor/reactor.h"
#include "support/open_descriptors.h"

namespace {

using namespace rondeau;

runtime::Runtime make_runtime(std::size_t workers) {
  return runtime::Builder::multi_thread().worker_threads(workers).build().value();
}

/// As many as the system lets this process have, at most `wanted`.
std::size_t connections_allowed(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return std::min(wanted, (static_cast<std::size_t>(limit.rlim_cur) - 100) / 2);
}

Task<void> echo(net::TcpStream stream) {
  std::array<std::byte, 256> buffer;
  while (true) {
    auto count = co_await stream.read_some(buffer);
    if (!count || *count == 0) co_return;
    if (!co_await stream.write_all(std::span(buffer).first(*count))) co_return;
  }
}

Task<void> serve(net::TcpListener listener) {
  while (true) {
    auto stream = co_await listener.accept();
    if (!stream) co_return;
    spawn(echo(*std::move(stream))).detach();
  }
}

Task<bool> talk(SocketAddress address, int trips) {
  auto stream = co_await net::TcpStream::connect(address);
  if (!stream) co_return false;
  for (int i = 0; i < trips; ++i) {
    const auto sent = static_cast<std::byte>(i);
    std::array<std::byte, 64> bytes;
    bytes.fill(sent);
    if (!co_await stream->write_all(bytes)) co_return false;
    bytes.fill(std::byte{0xff});
    if (!co_await stream->read_exact(bytes)) co_return false;
    if (std::ranges::count(bytes, sent) != std::ssize(bytes)) co_return false;
  }
  co_return true;
}

TEST_CASE("net: many connections echo on every number of workers") {
  for (std::size_t workers : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    CAPTURE(workers);
    auto runtime = make_runtime(workers);
    const int failed = runtime.block_on([]() -> Task<int> {
      net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
      const SocketAddress address = listener.local_addr().value();
      auto serving = spawn(serve(std::move(listener)));
      std::vector<JoinHandle<bool>> clients;
      for (int i = 0; i < 30; ++i) clients.push_back(spawn(talk(address, 50)));
      int bad = 0;
      for (auto& client : clients) {
        auto talked = co_await client;
        if (!talked || !*talked) ++bad;
      }
      serving.abort();
      co_return bad;
    }());
    CHECK(failed == 0);
  }
}

TEST_CASE("net: connections are dropped and aborted while they are under way, and nothing leaks") {
  const auto before = support::open_descriptors();
  {
    auto runtime = make_runtime(2);
    runtime.block_on([]() -> Task<void> {
      net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
      const SocketAddress address = listener.local_addr().value();
      auto serving = spawn(serve(std::move(listener)));
      for (int round = 0; round < 20; ++round) {
        std::vector<JoinHandle<bool>> clients;
        for (int i = 0; i < 10; ++i) clients.push_back(spawn(talk(address, 20)));
        for (std::size_t i = 0; i < clients.size(); i += 2) clients[i].abort();
        for (auto& client : clients) static_cast<void>(co_await client);
      }
      serving.abort();
    }());
  }
  CHECK(support::open_descriptors() == before);
}

TEST_CASE("net: the sockets of one accept loop are spread over the workers' reactors") {
  const std::size_t count = connections_allowed(10'000);
  auto runtime = make_runtime(4);
  std::vector<std::uint64_t> shards;
  runtime.block_on([](std::size_t wanted, std::vector<std::uint64_t>& result) -> Task<void> {
    net::TcpListener listener = net::TcpListener::bind("127.0.0.1:0").value();
    const SocketAddress address = listener.local_addr().value();
    std::vector<net::TcpStream> streams;
    while (streams.size() < 2 * wanted) {
      auto connecting =
          spawn([address]() -> Task<net::TcpStream> { co_return (co_await net::TcpStream::connect(address)).value(); });
      streams.push_back((co_await listener.accept()).value());
      streams.push_back((co_await connecting).value());
    }
    std::set<const reactor::Reactor*> reactors;
    for (int i = 0; i < 1000; ++i) reactors.insert(&detail::require_scheduler().reactor());
    for (const reactor::Reactor* shard : reactors) result.push_back(shard->registered());
  }(count, shards));
  MESSAGE("sockets: ", 2 * count);
  REQUIRE(shards.size() > 1);
  std::uint64_t sum = 0;
  for (std::uint64_t shard : shards) sum += shard;
  const double mean = static_cast<double>(sum) / static_cast<double>(shards.size());
  CHECK(static_cast<double>(std::ranges::max(shards)) <= 1.25 * mean);
}

}  // namespace
