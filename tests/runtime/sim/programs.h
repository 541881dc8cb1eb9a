// What the hosts of these tests run.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <rondeau/io/read.h>
#include <rondeau/net/tcp_listener.h>
#include <rondeau/sim/runtime.h>
#include <rondeau/task/spawn.h>

namespace programs {

using namespace std::chrono_literals;
using rondeau::Errc;
using rondeau::Instant;
using rondeau::Result;
using rondeau::Task;
using rondeau::net::TcpListener;
using rondeau::net::TcpStream;
namespace sim = rondeau::sim;

inline sim::Options plain() {
  return {.faults = sim::Faults::none(), .subset_of_faults = false};
}

/// Sends back what comes, on each connection, until the end.
inline Task<void> echo(TcpStream stream) {
  std::byte buffer[512];
  for (;;) {
    auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    if (!co_await stream.write_all(std::span(buffer).first(*got))) co_return;
  }
}
inline Task<void> serve_echo() {
  auto listener = TcpListener::bind("0.0.0.0:7").value();
  for (;;) {
    auto stream = co_await listener.accept();
    if (stream) rondeau::spawn(echo(*std::move(stream))).detach();
  }
}
inline Task<Result<std::string>> ask(std::string host, std::string text) {
  RONDEAU_TRY(TcpStream stream, co_await TcpStream::connect(std::move(host), 7));
  RONDEAU_TRY_VOID(co_await stream.write_all(text));
  std::string answer(text.size(), '\0');
  RONDEAU_TRY_VOID(co_await stream.read_exact(std::as_writable_bytes(std::span(answer))));
  co_return answer;
}

}  // namespace programs
