// Carrier: an end of a connection of a TestApp, beneath TLS. It knows the other end.
//
// A socket delivers when its system comes to it, and a clock that stands still would jump meanwhile. So an operation of
// a Carrier returns when the other end's socket has what was sent, or what it has room for, and a read in vain when what
// is still under way has come; then over sockets all happens in the order in which it does in memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <rondeau/io/any_stream.h>
#include <rondeau/server/listener.h>

#include "testing/chance.h"

namespace rondeau::testing {

/// What the two ends know of each other. Thread safety: one thread.
struct Line {
  struct End {
    int socket = -1;  ///< while it lives
    std::uint64_t read = 0;
    std::uint64_t written = 0;
  };
  std::array<End, 2> ends;
};

class Carrier final : public io::Stream {
 public:
  /// Without a line the two are connected in memory. `kind` is that of `inner`, or null.
  struct Parts {
    io::AnyStream inner;
    const server::StreamKind* kind = nullptr;
    std::shared_ptr<Line> line = nullptr;
    std::size_t side = 0;
    std::optional<Chance> chance = std::nullopt;
  };
  explicit Carrier(Parts parts) noexcept;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;
  ~Carrier() override;

  /// That of a Carrier around a socket.
  static const server::StreamKind kKind;

  Result<std::size_t> try_read(std::span<std::byte> out) noexcept override;
  Result<std::size_t> try_write(std::span<const std::byte> bytes) noexcept override;
  Result<std::size_t> try_write_vectored(std::span<const io::ConstBuffer> buffers) noexcept override;
  Result<void> try_flush() noexcept override { return parts_.inner->try_flush(); }
  void forget_write() noexcept override { parts_.inner->forget_write(); }
  Result<void> try_shutdown(io::How how) noexcept override;
  bool start_wait(io::Waiter& waiter) noexcept override { return parts_.inner->start_wait(waiter); }
  void end_wait(io::Waiter& waiter) noexcept override { parts_.inner->end_wait(waiter); }
  int described_descriptor() const noexcept override {
    return static_cast<const io::Reader&>(*parts_.inner).described_descriptor();
  }

 private:
  static void reset_on_close(io::Stream& stream);
  static Result<std::uint64_t> bytes_arrived(const io::Stream& stream);
  static Result<std::size_t> send_file(io::Stream& stream, int file, std::uint64_t offset, std::size_t count);

  Result<std::size_t> sent(Result<std::size_t> count) noexcept;
  void deliver_bytes() const noexcept;
  void await_bytes() const noexcept;
  void deliver_end() const noexcept;

  Parts parts_;
};

}  // namespace rondeau::testing
