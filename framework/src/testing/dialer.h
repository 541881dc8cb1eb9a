// Dialer: makes the connections of a TestApp, over whatever lies between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/base/socket_address.h>
#include <rondeau/base/unique_fd.h>
#include <rondeau/io/any_stream.h>
#include <rondeau/runtime/runtime.h>
#include <rondeau/server/listener.h>
#include <rondeau/testing/test_options.h>

namespace rondeau::testing {

/// Throws std::runtime_error where the system refuses. Thread safety, lifetime: as TestApp's runtime.
class Dialer {
 public:
  struct Connected {
    io::AnyStream client;
    server::Accepted service;
  };

  Dialer(runtime::Runtime& runtime, Transport transport, std::optional<std::uint64_t> seed)
      : runtime_(runtime), transport_(transport), seed_(seed) {}

  /// `buffered`: bytes under way each way before a writer waits, where memory lies between.
  Connected dial(std::size_t buffered);
  /// The client's part of what has to be said before all else, as in TLS. One that fails shows in what follows.
  void greet(io::Stream& client);

 private:
  Connected dial_memory(std::size_t buffered);
  Connected dial_socket();
  void listen();

  runtime::Runtime& runtime_;
  Transport transport_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t dialed_ = 0;
  std::optional<server::Listener> listener_;
  int listening_ = -1;  ///< its socket
};

}  // namespace rondeau::testing
