// A pair of connected TCP streams in one hand-turned runtime.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <rondeau/net/tcp_listener.h>

#include "support/hand_runtime.h"

namespace support {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Connected {
  explicit Connected(rondeau::base::Driver& driver = rondeau::base::kernel_driver()) : runtime(driver) {
    listener.emplace(rondeau::net::TcpListener::bind("127.0.0.1:0").value());
    runtime.block_on([this]() -> rondeau::Task<void> {
      near.emplace((co_await rondeau::net::TcpStream::connect(listener->local_addr().value())).value());
      far.emplace((co_await listener->accept()).value());
    });
  }
  /// Tasks end before the streams they wait at.
  ~Connected() { runtime.end_tasks(); }

  /// Reads from `stream` until it has `count` bytes or the end comes.
  std::string read(rondeau::io::Reader& stream, std::size_t count) {
    return runtime.block_on([&stream, count]() -> rondeau::Task<std::string> {
      std::string text;
      while (text.size() < count) {
        char buffer[4096];
        auto got = co_await stream.read_some(std::as_writable_bytes(std::span(buffer)));
        if (!got || *got == 0) break;
        text.append(buffer, *got);
      }
      co_return text;
    });
  }

  HandRuntime runtime;
  std::optional<rondeau::net::TcpListener> listener;
  std::optional<rondeau::net::TcpStream> near;
  std::optional<rondeau::net::TcpStream> far;
};

}  // namespace support
