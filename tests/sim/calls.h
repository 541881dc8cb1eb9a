// What the simulated programs have in common: questions and answers of a few numbers over TCP, and trouble.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/base/current_driver.h>
#include <rondeau/io/reader.h>
#include <rondeau/io/writer.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/sim/explore.h>
#include <rondeau/task/spawn.h>
#include <rondeau/time/sleep.h>
#include <rondeau/time/timeout.h>

namespace programs {

using namespace std::chrono_literals;
using rondeau::Duration;
using rondeau::Errc;
using rondeau::Instant;
using rondeau::Result;
using rondeau::Task;
using rondeau::net::TcpListener;
using rondeau::net::TcpStream;
namespace sim = rondeau::sim;

struct Message {
  std::uint64_t what = 0;
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  std::uint64_t nonce = 0;
};

inline Task<Result<Message>> receive(TcpStream& stream) {
  Message message;
  RONDEAU_TRY_VOID(co_await stream.read_exact(std::as_writable_bytes(std::span(&message, 1))));
  co_return message;
}
inline Task<Result<void>> send(TcpStream& stream, Message message) {
  co_return co_await stream.write_all(std::as_bytes(std::span(&message, 1)));
}

using Answerer = std::function<Task<Message>(Message)>;

inline Task<void> answer_all(TcpStream stream, Answerer answer) {
  for (;;) {
    const auto question = co_await receive(stream);
    if (!question) co_return;
    Message reply = co_await answer(*question);
    reply.nonce = question->nonce;
    if (!co_await send(stream, reply)) co_return;
  }
}

inline Task<void> serve(std::uint16_t port, Answerer answer) {
  TcpListener listener = TcpListener::bind(rondeau::SocketAddress(rondeau::IpAddress::any_v4(), port)).value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) {
      rondeau::spawn(answer_all(*std::move(stream), answer)).detach();
    } else {
      co_await rondeau::sleep_for(10ms);
    }
  }
}

/// On a connection that is there. The answer is to this question, or the run has failed.
inline Task<Result<Message>> ask_on(TcpStream& stream, Message question) {
  rondeau::base::current_driver().random(std::as_writable_bytes(std::span(&question.nonce, 1)));
  RONDEAU_TRY_VOID(co_await send(stream, question));
  RONDEAU_TRY(const Message answer, co_await receive(stream));
  if (answer.nonce != question.nonce) throw std::runtime_error("an answer came to another question");
  co_return answer;
}
inline Task<Result<Message>> ask(std::string host, std::uint16_t port, Message question) {
  RONDEAU_TRY(TcpStream stream, co_await TcpStream::connect(std::move(host), port));
  co_return co_await ask_on(stream, question);
}
/// One outcome, within the time.
inline Task<Result<Message>> ask_within(Duration limit, std::string host, std::uint16_t port, Message question) {
  co_return co_await rondeau::timeout(limit, ask(std::move(host), port, question));
}

/// For a while one thing after the other happens to the hosts and their links; then all is well again.
inline Task<void> trouble(sim::Runtime* world, std::vector<std::string> hosts, int how_often) {
  const auto one = [&] { return hosts[world->below(hosts.size())]; };
  const auto a_while = [&] { return rondeau::sleep_for(std::chrono::milliseconds(1 + world->below(300))); };
  for (int i = 0; i < how_often; ++i) {
    co_await a_while();
    const std::string host = one();
    const std::string other = one();
    switch (world->below(5)) {
      case 0:
        world->crash(host, world->chance(0.5) ? sim::Crash::Power : sim::Crash::Process);
        co_await a_while();
        world->restart(host);
        break;
      case 1:
        world->pause(host);
        co_await a_while();
        world->resume(host);
        break;
      case 2:
        if (host != other) world->partition(host, other);
        co_await a_while();
        world->heal();
        break;
      case 3:
        if (host != other) world->reset_connections(host, other);
        break;
      default:
        world->set_clock(host, std::chrono::hours(world->below(48)) - std::chrono::hours(24));
    }
  }
}

/// Faults of the network that a program with time-outs and retries survives.
inline sim::Options rough() {
  sim::Options options{.faults = sim::Faults::harsh()};
  options.time_limit = std::chrono::hours(2);
  return options;
}

}  // namespace programs
